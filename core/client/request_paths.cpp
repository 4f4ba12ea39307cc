#include "core/client/request_paths.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cctype>

namespace kubarium::client {
namespace {

void add(std::string& query, std::string_view key, const std::string& value) {
    if (value.empty()) return;
    query += fmt::format("{}{}={}", query.empty() ? "" : "&", key, escapeQuery(value));
}

}  // namespace

std::string escapeQuery(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~')
            escaped += c;
        else
            escaped += fmt::format("%{:02X}", byte);
    }
    return escaped;
}

std::string resourcePath(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, const std::string& subresource) {
    auto path = resource.group.empty() ? "/api/" + resource.version : "/apis/" + resource.group + "/" + resource.version;
    if (!nameSpace.empty()) path += "/namespaces/" + escapeQuery(nameSpace);
    path += "/" + resource.resource;
    if (!name.empty()) path += "/" + escapeQuery(name);
    if (!subresource.empty()) path += "/" + subresource;
    return path;
}

std::string listQuery(const ListOptions& options) {
    std::string query;
    add(query, "labelSelector", options.labelSelector);
    add(query, "fieldSelector", options.fieldSelector);
    if (options.limit > 0) add(query, "limit", std::to_string(options.limit));
    add(query, "continue", options.continueToken);
    return query;
}

std::string watchQuery(const WatchOptions& options) {
    std::string query = "watch=true&allowWatchBookmarks=true";
    add(query, "resourceVersion", options.resourceVersion);
    add(query, "labelSelector", options.labelSelector);
    add(query, "fieldSelector", options.fieldSelector);
    return query;
}

std::string writeQuery(const WriteOptions& options, bool apply) {
    std::string query;
    add(query, "fieldManager", options.fieldManager);
    if (options.dryRun) add(query, "dryRun", "All");
    if (options.force && apply) add(query, "force", "true");
    add(query, "fieldValidation", options.fieldValidation);
    return query;
}

json::object deleteBody(const DeleteOptions& options) {
    json::object body{{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
    if (options.gracePeriodSeconds >= 0) body["gracePeriodSeconds"] = options.gracePeriodSeconds;
    if (!options.propagationPolicy.empty()) body["propagationPolicy"] = options.propagationPolicy;
    json::object preconditions;
    if (!options.uid.empty()) preconditions["uid"] = options.uid;
    if (!options.resourceVersion.empty()) preconditions["resourceVersion"] = options.resourceVersion;
    if (!preconditions.empty()) body["preconditions"] = std::move(preconditions);
    if (options.dryRun) body["dryRun"] = json::array{"All"};
    return body;
}

std::string patchMediaType(PatchType type) {
    switch (type) {
        case PatchType::Json: return "application/json-patch+json";
        case PatchType::Merge: return "application/merge-patch+json";
        case PatchType::StrategicMerge: return "application/strategic-merge-patch+json";
        case PatchType::Apply: return "application/apply-patch+yaml";
    }
    return {};
}

}  // namespace kubarium::client
