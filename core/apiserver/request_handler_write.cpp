// create, update, patch, delete and deletecollection: from the body to the Registry.
#include "core/api/codec.h"
#include "core/api/defaults.h"
#include "core/api/go_text.h"
#include "core/api/object_decoder.h"
#include "core/api/patch.h"
#include "core/api/strategy.h"
#include "core/api/unstructured.h"
#include "core/api/validation.h"
#include "core/apiserver/protobuf.h"
#include "core/apiserver/request_handler.h"
#include "core/apiserver/reviews.h"
#include "core/apiserver/selection.h"
#include "core/apiserver/status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kubarium::apiserver {
namespace {

constexpr std::string_view jsonType = "application/json";
constexpr std::string_view yamlType = "application/yaml";
constexpr std::string_view applyType = "application/apply-patch+yaml";
constexpr std::string_view strategicType = "application/strategic-merge-patch+json";

std::string mediaTypeOf(std::string_view contentType) {
    auto type = contentType.substr(0, contentType.find(';'));
    while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
    std::string lower(type);
    for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower;
}

Error invalidOptions(std::string_view kind, Cause cause) {
    auto error = makeError(Reason::Invalid, fmt::format("{}.meta.k8s.io \"\" is invalid: {}: {}", kind, cause.field, cause.message));
    error.group = "meta.k8s.io";
    error.kind = kind;
    error.causes.push_back(std::move(cause));
    return error;
}

// The beginning of a body that could not be read, in hexadecimal where it is no text.
std::string shownBody(std::string_view body) {
    if (body.empty()) return "<empty>";
    const bool text = std::ranges::all_of(body.substr(0, 30), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f; });
    if (text) return body.size() > 30 ? std::string(body.substr(0, 30)) + " ..." : std::string(body);
    std::string hex;
    for (const char c : body.substr(0, 30)) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return body.size() > 30 ? hex + " ..." : hex;
}

Result<bool> dryRunOf(const std::vector<std::string>& values, std::string_view kind) {
    if (values.empty()) return false;
    for (const auto& value : values)
        if (value != "All") return invalidOptions(kind, {"FieldValueNotSupported", fmt::format("Unsupported value: [\"{}\"]: supported values: \"All\"", value), "dryRun"});
    return true;
}


}  // namespace

Result<WriteContext> RequestHandler::writeContext(Call& call, std::string_view optionsKind) const {
    WriteContext context;
    context.resource = call.resource;
    context.subresource = call.info.subresource;
    context.nameSpace = call.info.nameSpace;
    context.name = call.info.name;
    context.user = call.request.user;
    context.warnings = &call.warnings;
    context.dryRun = TRY(dryRunOf(call.query.all("dryRun"), optionsKind));
    context.manager.name = call.query.get("fieldManager");
    if (context.manager.name.size() > 128)
        return invalidOptions(optionsKind, {"FieldValueTooLong", "Too long: may not be more than 128 bytes", "fieldManager"});
    for (std::size_t i = 0; i < context.manager.name.size(); ++i)
        if (const auto byte = static_cast<unsigned char>(context.manager.name[i]); byte < 0x20 || byte == 0x7f)
            return invalidOptions(optionsKind, {"FieldValueInvalid", fmt::format("Invalid value: {}: invalid character U+{:04X} (at position {})", api::goQuote(context.manager.name), byte, i), "fieldManager"});
    if (context.manager.name.empty()) context.manager.name = api::defaultFieldManager(call.request.userAgent);
    context.manager.subresource = call.info.subresource;
    const auto validation = call.query.get("fieldValidation");
    if (!validation.empty() && validation != "Ignore" && validation != "Warn" && validation != "Strict")
        return invalidOptions(optionsKind, {"FieldValueNotSupported", fmt::format("Unsupported value: \"{}\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"", validation), "fieldValidation"});
    return context;
}

Result<json::object> RequestHandler::decodeBody(Call& call, const api::Resource& as) {
    auto& request = call.request;
    const auto type = mediaTypeOf(request.contentType);
    if (!request.tree && type == protobufType) {
        auto tree = decodeProtobuf(request.body);
        if (!tree)
            return badRequest(fmt::format("the object provided is unrecognized (must be of type {}): {} ({})", as.kind.kind, tree.error().message, shownBody(request.body)));
        request.tree = std::move(*tree);
    }
    if (!request.tree && !type.empty() && type != jsonType && type != yamlType)
        return makeError(Reason::UnsupportedMediaType,
                         "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, "
                         "application/vnd.kubernetes.protobuf");
    const auto* like = registry_.lastGiven(as);
    auto decoded = request.tree ? api::decodeObject(registry_.schema(), as.kind, std::move(*request.tree), {}, like)
                                : api::decodeObject(registry_.schema(), as.kind, request.body, type == yamlType ? api::MediaType::Yaml : api::MediaType::Json, like);
    if (!decoded) return std::move(decoded.error());
    const auto validation = call.query.get("fieldValidation");
    if (!decoded->strictErrors.empty()) {
        if (validation == "Strict") return api::strictDecodingError(as.kind, decoded->strictErrors);
        if (validation != "Ignore")
            for (const auto& each : decoded->strictErrors) call.warnings.push_back(each);
    }
    return std::move(decoded->object);
}

Result<Response> RequestHandler::create(Call& call) {
    auto context = TRY(writeContext(call, "CreateOptions"));
    auto object = TRY(decodeBody(call, *call.served));
    if (const auto reviewer = reviewers_.find(call.info.resource); reviewer != reviewers_.end()) {
        call.later = [&review = reviewer->second, object = std::move(object)](auto done) mutable {
            review(std::move(object), [done = std::move(done)](Result<json::object> reviewed) mutable {
                if (!reviewed) return done(std::move(reviewed.error()));
                Response response;
                response.code = 201;
                response.body = json::value(std::move(*reviewed));
                done(std::move(response));
            });
        };
        return Response{};
    }
    if (auto answered = answerReview(*call.resource, object, call.request.user, authorizer_, registry_.clock().now())) {
        Response response;
        response.code = 201;
        response.body = json::value(std::move(*answered));
        return response;
    }
    if (call.resource->namespaced) {
        const auto given = api::stringAt(object, {"metadata", "namespace"});
        if (!given.empty() && given != context.nameSpace)
            return badRequest("the namespace of the provided object does not match the namespace sent on the request");
    }
    Response response;
    response.code = 201;
    response.body = TRY(registry_.create(context, std::move(object)));
    return response;
}

Result<Response> RequestHandler::update(Call& call) {
    auto context = TRY(writeContext(call, "UpdateOptions"));
    auto object = TRY(decodeBody(call, *call.served));
    {
        const auto name = api::stringAt(object, {"metadata", "name"}), nameSpace = api::stringAt(object, {"metadata", "namespace"});
        if (!name.empty() && name != call.info.name)
            return badRequest(fmt::format("the name of the object ({}) does not match the name on the URL ({})", name, call.info.name));
        if (call.resource->namespaced && !nameSpace.empty() && nameSpace != call.info.nameSpace)
            return badRequest("the namespace of the provided object does not match the namespace sent on the request");
        if (name.empty()) api::ensureObject(object, {"metadata"})["name"] = call.info.name;
    }
    Registry::UpdateSettings settings;
    settings.mayCreate = call.info.subresource.empty() && api::allowsCreateOnUpdate(*call.resource);
    const auto written = TRY(registry_.update(context, [&](const json::object*) -> Result<json::object> { return std::move(object); }, settings));
    Response response;
    response.code = written.created ? 201 : 200;
    response.body = written.object;
    return response;
}

Result<Registry::Change> RequestHandler::patchChange(Call& call, const WriteContext& context, const std::string& mediaType, const json::value& body) {
    const auto& resource = *call.resource;
    if (mediaType == applyType) {
        const api::ApplyOptions options{context.manager, call.query.flag("force"), registry_.clock().now()};
        return Registry::Change([this, &resource, &body, options, &call](const json::object* live) -> Result<json::object> {
            if (api::stringAt(body, {"metadata", "name"}).empty())
                return badRequest(fmt::format("the name of the object ({} based on URL) was undeterminable: name must be provided", call.info.name));
            auto merged = TRY(api::applyServerSide(*resource.type, resource.kind, live, body, options));
            auto decoded = TRY(api::decodeObject(registry_.schema(), call.resource->kind, json::value(std::move(merged))));
            return std::move(decoded.object);
        });
    }
    return Registry::Change([this, &call, &resource, mediaType, &body](const json::object* live) -> Result<json::object> {
        // Not in the memory of the object, which values of other memory would have to be copied to and from.
        json::value document(*live, json::storage_ptr());
        json::value patched;
        if (mediaType == "application/json-patch+json")
            patched = TRY(api::applyJsonPatch(std::move(document), body));
        else if (mediaType == "application/merge-patch+json")
            patched = TRY(api::applyMergePatch(std::move(document), body));
        else
            patched = TRY(api::applyStrategicMergePatch(*resource.type, std::move(document), body));
        const auto refused = [&, text = mediaType == strategicType ? std::string() : api::toJson(patched)](std::string_view why) {
            return api::patchDecodingError(mediaType == strategicType ? api::goFormat(body) : text, why);
        };
        if (mediaType == strategicType)
            if (const auto problem = api::unstructuredProblem(*resource.type, patched, live)) return refused(*problem);
        auto decoded = api::decodeObject(registry_.schema(), resource.kind, std::move(patched), {}, live);
        if (!decoded) return refused(decoded.error().message);
        const auto validation = call.query.get("fieldValidation");
        if (!decoded->strictErrors.empty()) {
            if (validation == "Strict") return refused(api::strictDecodingReason(decoded->strictErrors));
            if (validation != "Ignore")
                for (const auto& each : decoded->strictErrors) call.warnings.push_back(each);
        }
        const auto* metadata = decoded->object.if_contains("metadata");
        const auto name = metadata ? api::stringAt(*metadata, {"name"}) : std::string_view();
        if (name.empty()) return badRequest(fmt::format("the name of the object ({} based on URL) was undeterminable: name must be provided", call.info.name));
        if (name != call.info.name) return badRequest(fmt::format("the name of the object ({}) does not match the name on the URL ({})", name, call.info.name));
        return std::move(decoded->object);
    });
}

Result<Response> RequestHandler::patch(Call& call) {
    const auto mediaType = mediaTypeOf(call.request.contentType);
    const bool apply = mediaType == applyType;
    const bool strategic = mediaType == strategicType;
    const bool custom = call.resource->type && call.resource->type->keepUnknownFields;
    if (!apply && mediaType != "application/json-patch+json" && mediaType != "application/merge-patch+json" && (!strategic || custom)) {
        if (custom)
            return makeError(Reason::UnsupportedMediaType,
                             "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                             "application/merge-patch+json, application/apply-patch+yaml");
        return makeError(Reason::UnsupportedMediaType, "415: Unsupported Media Type");
    }
    auto context = TRY(writeContext(call, "PatchOptions"));
    if (apply && call.query.get("fieldManager").empty())
        return invalidOptions("PatchOptions", {"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"});
    if (!apply && call.query.has("force"))
        return invalidOptions("PatchOptions", {"FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force"});
    json::value body;
    if (call.request.tree) {
        body = std::move(*call.request.tree);
    } else {
        auto parsed = apply ? api::parseYaml(call.request.body) : api::parseJson(call.request.body);
        if (!parsed) return apply ? badRequest("error decoding YAML: error converting YAML to JSON: " + parsed.error().message) : badRequest((mediaType == strategicType ? "" : "error decoding patch: ") + parsed.error().message);
        if (call.query.get("fieldValidation") != "Ignore")
            for (const auto& each : parsed->duplicates) call.warnings.push_back(apply ? each : fmt::format("duplicate field \"{}\"", each));
        body = std::move(parsed->value);
    }
    Registry::UpdateSettings settings;
    settings.applied = apply;
    settings.patched = true;
    settings.mayCreate = apply && call.info.subresource.empty();
    const auto change = TRY(patchChange(call, context, mediaType, body));
    const auto written = TRY(registry_.update(context, change, settings));
    Response response;
    response.code = written.created ? 201 : 200;
    response.body = written.object;
    return response;
}

Result<DeleteSettings> RequestHandler::deleteSettings(Call& call, bool& dryRun) const {
    DeleteSettings settings;
    constexpr std::string_view kind = "DeleteOptions";
    std::vector<std::string> dryRuns = call.query.all("dryRun");
    std::optional<bool> orphan;
    if (const auto text = call.query.get("gracePeriodSeconds"); !text.empty()) {
        std::int64_t number = 0;
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (code != std::errc{} || end != text.data() + text.size()) return badRequest(fmt::format("strconv.ParseInt: parsing \"{}\": invalid syntax", text));
        settings.gracePeriodSeconds = number;
    }
    settings.propagationPolicy = call.query.get("propagationPolicy");
    if (call.query.has("orphanDependents")) orphan = call.query.flag("orphanDependents");
    json::value body;
    if (call.request.tree) {
        body = *call.request.tree;
    } else if (!call.request.body.empty()) {
        const auto type = mediaTypeOf(call.request.contentType);
        if (type == protobufType) {
            auto tree = decodeProtobuf(call.request.body);
            if (!tree) return makeError(Reason::Unknown, tree.error().message);
            body = std::move(*tree);
        } else {
            auto parsed = type == yamlType ? api::parseYaml(call.request.body) : api::parseJson(call.request.body);
            if (!parsed) return makeError(Reason::Unknown, "couldn't get version/kind; json parse error: " + parsed.error().message);
            body = std::move(parsed->value);
        }
    }
    if (body.is_object()) {
        const auto bodyKind = api::stringAt(body, {"kind"});
        if (!bodyKind.empty() && bodyKind != kind)
            return makeError(Reason::Unknown, fmt::format("no kind \"{}\" is registered for version \"{}\" in scheme \"pkg/runtime/scheme.go:110\"", bodyKind, api::stringAt(body, {"apiVersion"})));
        if (const auto* grace = api::findPath(body, {"gracePeriodSeconds"}); grace && grace->is_number()) settings.gracePeriodSeconds = grace->to_number<std::int64_t>();
        if (const auto policy = api::stringAt(body, {"propagationPolicy"}); !policy.empty()) settings.propagationPolicy = policy;
        settings.uid = api::stringAt(body, {"preconditions", "uid"});
        settings.resourceVersion = api::stringAt(body, {"preconditions", "resourceVersion"});
        if (const auto* flag = api::findPath(body, {"orphanDependents"}); flag && flag->is_bool()) orphan = flag->get_bool();
        if (const auto* list = api::findPath(body, {"dryRun"}); list && list->is_array())
            for (const auto& each : list->get_array())
                if (each.is_string()) dryRuns.emplace_back(each.get_string());
    }
    dryRun = TRY(dryRunOf(dryRuns, kind));
    const auto& policy = settings.propagationPolicy;
    if (orphan && !policy.empty())
        return invalidOptions(kind, {"FieldValueInvalid", fmt::format("Invalid value: \"{}\": orphanDependents and deletionPropagation cannot be both set", policy), "propagationPolicy"});
    if (!policy.empty() && policy != "Foreground" && policy != "Background" && policy != "Orphan")
        return invalidOptions(kind, {"FieldValueNotSupported", fmt::format("Unsupported value: \"{}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"", policy), "propagationPolicy"});
    if (orphan) settings.propagationPolicy = *orphan ? "Orphan" : "Background";
    return settings;
}

namespace {

// These kinds answer a delete with the object, all others with a Status.
bool returnsDeletedObject(const api::Resource& resource) {
    constexpr std::array core{"pods", "services", "podtemplates", "persistentvolumes", "persistentvolumeclaims", "resourcequotas", "serviceaccounts", "namespaces"};
    constexpr std::array storage{"csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"};
    const auto& name = resource.id.resource;
    if (resource.id.group == "storage.k8s.io") return std::ranges::find(storage, name) != storage.end();
    return resource.id.group.empty() && std::ranges::find(core, name) != core.end();
}

json::object deletedStatus(const api::Resource& resource, const api::Object& object) {
    json::object details{{"name", object.name()}};
    if (!resource.id.group.empty()) details["group"] = resource.id.group;
    details["kind"] = resource.id.resource;
    details["uid"] = object.uid();
    return {{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", json::object()}, {"status", "Success"}, {"details", std::move(details)}};
}

}  // namespace

Result<Response> RequestHandler::remove(Call& call) {
    bool dryRun = false;
    const auto settings = TRY(deleteSettings(call, dryRun));
    WriteContext context;
    context.resource = call.resource;
    context.nameSpace = call.info.nameSpace;
    context.name = call.info.name;
    context.user = call.request.user;
    context.dryRun = dryRun;
    context.warnings = &call.warnings;
    const bool job = call.resource->id.group == "batch" && call.resource->id.resource == "jobs";
    if (job && settings.propagationPolicy.empty())
        call.warnings.emplace_back("child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning");
    const auto removed = TRY(registry_.remove(context, settings));
    Response response;
    if (removed.immediately && !returnsDeletedObject(*call.resource))
        response.body = json::value(deletedStatus(*call.resource, *removed.object));
    else
        response.body = removed.object;
    return response;
}

Result<Response> RequestHandler::removeCollection(Call& call) {
    bool dryRun = false;
    const auto settings = TRY(deleteSettings(call, dryRun));
    const auto selection = TRY(Selection::parse(*call.resource, call.query.get("labelSelector"), call.query.get("fieldSelector")));
    auto list = TRY(select(call, selection));
    for (const auto& item : list.items) {
        WriteContext context;
        context.resource = call.resource;
        context.nameSpace = std::string(item->nameSpace());
        context.name = std::string(item->name());
        context.user = call.request.user;
        context.dryRun = dryRun;
        auto removed = registry_.remove(context, settings);
        if (!removed && removed.error().reason != Reason::NotFound) return std::move(removed.error());
    }
    Response response;
    response.body = std::move(list);
    return response;
}

}  // namespace kubarium::apiserver
