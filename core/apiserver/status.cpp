#include "core/apiserver/status.h"

#include "core/api/object.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::apiserver {

namespace json = boost::json;

namespace {

Error about(const api::GroupVersionResource& resource, std::string_view name, Reason reason, std::string message) {
    auto error = makeError(reason, std::move(message));
    error.group = resource.group;
    error.kind = resource.resource;
    error.name = name;
    return error;
}

// Errors that the client library of Kubernetes makes from a bare HTTP code have details, if empty ones.
bool alwaysHasDetails(const Error& error) {
    switch (error.reason) {
        case Reason::NotFound:
        case Reason::MethodNotAllowed:
        case Reason::Invalid:
        case Reason::Forbidden:
            return true;
        case Reason::NotAcceptable:
            return error.message.starts_with("406:");
        case Reason::UnsupportedMediaType:
            return error.message.starts_with("415:");
        default:
            return false;
    }
}

}  // namespace

json::object statusOf(const Error& error) {
    json::object status{{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", json::object()}, {"status", "Failure"}, {"message", error.message}};
    if (const auto reason = toString(error.reason); !reason.empty()) status["reason"] = json::string(reason);
    json::object details;
    if (!error.name.empty()) details["name"] = error.name;
    if (!error.group.empty()) details["group"] = error.group;
    if (!error.kind.empty()) details["kind"] = error.kind;
    if (!error.uid.empty()) details["uid"] = error.uid;
    if (!error.causes.empty()) {
        json::array causes;
        for (const auto& cause : error.causes) {
            json::object one;
            if (!cause.reason.empty()) one["reason"] = cause.reason;
            if (!cause.message.empty()) one["message"] = cause.message;
            if (!cause.field.empty()) one["field"] = cause.field;
            causes.push_back(std::move(one));
        }
        details["causes"] = std::move(causes);
    }
    if (error.retryAfterSeconds > 0) details["retryAfterSeconds"] = error.retryAfterSeconds;
    if (!details.empty() || alwaysHasDetails(error)) status["details"] = std::move(details);
    status["code"] = error.status();
    return status;
}

std::string qualifiedName(const api::GroupVersionResource& resource) {
    return resource.group.empty() ? resource.resource : resource.resource + "." + resource.group;
}

Error notFound(const api::GroupVersionResource& resource, std::string_view name) {
    return about(resource, name, Reason::NotFound, fmt::format("{} \"{}\" not found", qualifiedName(resource), name));
}
Error alreadyExists(const api::GroupVersionResource& resource, std::string_view name) {
    return about(resource, name, Reason::AlreadyExists, fmt::format("{} \"{}\" already exists", qualifiedName(resource), name));
}
Error conflict(const api::GroupVersionResource& resource, std::string_view name, std::string_view why) {
    return about(resource, name, Reason::Conflict, fmt::format("Operation cannot be fulfilled on {} \"{}\": {}", qualifiedName(resource), name, why));
}
Error forbidden(const api::GroupVersionResource& resource, std::string_view name, std::string_view why) {
    return about(resource, name, Reason::Forbidden,
                 name.empty() ? fmt::format("{} is forbidden: {}", qualifiedName(resource), why)
                              : fmt::format("{} \"{}\" is forbidden: {}", qualifiedName(resource), name, why));
}
Error methodNotAllowed() { return makeError(Reason::MethodNotAllowed, "the server does not allow this method on the requested resource"); }
Error noSuchPath() { return makeError(Reason::NotFound, "the server could not find the requested resource"); }

}  // namespace kubarium::apiserver
