#include "core/api/openapi.h"

#include "core/api/codec.h"
#include "core/api/openapi_protobuf.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

namespace kubarium::api {

namespace {

std::string groupVersionPath(const std::string& group, const std::string& version) { return group.empty() ? "api/" + version : "apis/" + group + "/" + version; }

std::uint64_t fnv(std::string_view text) {
    std::uint64_t hash = 1469598103934665603u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash;
}

const json::object& descriptions() {
    static const json::object all = json::parse(embeddedResource("descriptions.json")).as_object();
    return all;
}

// Ours where there is one, else what can be said from the names.
std::string describe(const Type& type, const Field* field) {
    if (field && !field->description.empty()) return field->description;
    if (!field && !type.description.empty()) return type.description;
    const auto* texts = descriptions().if_contains(type.name);
    const auto* text = texts ? texts->as_object().if_contains(field ? std::string_view(field->name) : std::string_view("")) : nullptr;
    if (!text && field) {
        const auto* common = descriptions().if_contains("*");
        text = common ? common->as_object().if_contains(field->name) : nullptr;
    }
    if (text) return std::string(text->as_string());
    if (!field) return fmt::format("{} of the Kubernetes API.", type.shortName);
    if (field->shape.type && field->shape.kind == ValueKind::Struct) return fmt::format("The {} ({}).", field->name, field->shape.type->shortName);
    return fmt::format("The {} of this {}.", field->name, type.shortName);
}

// One writer for both versions, which differ in where definitions live and how a reference gets a default.
class Writer {
public:
    enum class Version { Two, Three };
    explicit Writer(Version version) : v3_(version == Version::Three) {}

    json::object definition(const Type& type) const {
        json::object result{{"description", describe(type, nullptr)}};
        switch (type.alias) {
        case ValueKind::Time:
        case ValueKind::MicroTime: result.emplace("type", "string"), result.emplace("format", "date-time"); return result;
        case ValueKind::Quantity:
            if (v3_) result.emplace("oneOf", json::array{json::object{{"type", "string"}}, json::object{{"type", "number"}}});
            else result.emplace("type", "string");
            return result;
        case ValueKind::IntOrString:
            if (v3_) result.emplace("oneOf", json::array{json::object{{"type", "integer"}}, json::object{{"type", "string"}}});
            else result.emplace("type", "string");
            result.emplace("format", "int-or-string");
            return result;
        case ValueKind::Any: return result;
        case ValueKind::FreeObject: result.emplace("type", "object"); return result;
        default: break;
        }
        result.emplace("type", "object");
        json::array required;
        for (const auto& field : type.fields)
            if (field.required) required.emplace_back(field.name);
        if (!required.empty()) result.emplace("required", std::move(required));
        json::object properties;
        for (const auto& field : type.fields) properties.emplace(field.name, property(type, field));
        if (!properties.empty()) result.emplace("properties", std::move(properties));
        if (type.atomic) result.emplace("x-kubernetes-map-type", "atomic");
        json::array kinds;
        for (const auto& kind : type.kinds) kinds.push_back(json::object{{"group", kind.group}, {"kind", kind.kind}, {"version", kind.version}});
        if (!kinds.empty()) result.emplace("x-kubernetes-group-version-kind", std::move(kinds));
        return result;
    }

    json::object reference(std::string_view name) const { return {{"$ref", (v3_ ? "#/components/schemas/" : "#/definitions/") + std::string(name)}}; }

    json::object shape(const Shape& shape) const {
        if (shape.type) return reference(shape.type->name);
        switch (shape.kind) {
        case ValueKind::String: return {{"type", "string"}};
        case ValueKind::Bytes: return {{"type", "string"}, {"format", "byte"}};
        case ValueKind::Boolean: return {{"type", "boolean"}};
        case ValueKind::Int32: return {{"type", "integer"}, {"format", "int32"}};
        case ValueKind::Int64: return {{"type", "integer"}, {"format", "int64"}};
        case ValueKind::Double: return {{"type", "number"}, {"format", "double"}};
        case ValueKind::List: return {{"type", "array"}, {"items", this->shape(*shape.element)}};
        case ValueKind::Map: return {{"type", "object"}, {"additionalProperties", this->shape(*shape.element)}};
        case ValueKind::FreeObject: return {{"type", "object"}};
        default: return {};
        }
    }

private:
    json::object property(const Type& type, const Field& field) const {
        json::object result{{"description", describe(type, &field)}};
        const auto facts = shape(field.shape);
        const bool reference = field.shape.type != nullptr;
        if (reference && v3_) result.emplace("allOf", json::array{facts});
        else
            for (const auto& member : facts) result.emplace(member.key(), member.value());
        if (v3_ && !field.defaultValue.is_null()) result.emplace("default", field.defaultValue);
        if (field.shape.kind == ValueKind::List) {
            if (field.listType == ListType::Map) {
                json::array keys;
                for (const auto& key : field.listMapKeys) keys.emplace_back(key);
                result.emplace("x-kubernetes-list-map-keys", std::move(keys));
            }
            if (field.listType != ListType::Atomic || field.patchMergeKey.empty())
                result.emplace("x-kubernetes-list-type", field.listType == ListType::Map ? "map" : field.listType == ListType::Set ? "set" : "atomic");
        }
        if (field.atomicMap) result.emplace("x-kubernetes-map-type", "atomic");
        if (!field.patchMergeKey.empty()) result.emplace("x-kubernetes-patch-merge-key", field.patchMergeKey);
        std::string strategy = field.patchMerge ? "merge" : "";
        if (field.patchRetainKeys) strategy += strategy.empty() ? "retainKeys" : ",retainKeys";
        if (field.patchReplace) strategy = "replace";
        if (!strategy.empty()) result.emplace("x-kubernetes-patch-strategy", strategy);
        return result;
    }

    bool v3_;
};

// ---- Paths ----------------------------------------------------------------------------------------------------------------

json::object queryParameter(std::string_view name, std::string_view description, bool v3, std::string_view type = "string") {
    json::object parameter{{"name", name}, {"in", "query"}, {"description", description}};
    if (v3) parameter.emplace("schema", json::object{{"type", type}, {"uniqueItems", true}});
    else parameter.emplace("type", type), parameter.emplace("uniqueItems", true);
    return parameter;
}

class Paths {
public:
    Paths(Writer::Version version, const Writer& writer) : v3_(version == Writer::Version::Three), writer_(writer) {}

    void add(const Resource& resource, json::object& paths) const {
        const auto& id = resource.id;
        const std::string base = "/" + groupVersionPath(id.group, id.version) + (resource.namespaced ? "/namespaces/{namespace}/" : "/") + id.resource;
        if (!resource.subresource.empty()) {
            put(resource, paths, base + "/{name}/" + resource.subresource, {{"get", "get"}, {"create", "post"}, {"update", "put"}, {"patch", "patch"}});
            return;
        }
        put(resource, paths, base, {{"list", "get"}, {"create", "post"}, {"deletecollection", "delete"}});
        put(resource, paths, base + "/{name}", {{"get", "get"}, {"update", "put"}, {"patch", "patch"}, {"delete", "delete"}});
        if (resource.namespaced && resource.hasVerb("list")) put(resource, paths, "/" + groupVersionPath(id.group, id.version) + "/" + id.resource, {{"list", "get"}});
    }

private:
    using Methods = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    void put(const Resource& resource, json::object& paths, const std::string& path, Methods methods) const {
        json::object item;
        for (const auto& [verb, method] : methods)
            if (resource.hasVerb(verb)) item.emplace(method, operation(resource, verb, path));
        if (item.empty()) return;
        json::array parameters;
        for (const std::string_view name : {"name", "namespace"}) {
            if (path.find("{" + std::string(name) + "}") == path.npos) continue;
            json::object parameter{{"name", name}, {"in", "path"}, {"description", name == "name" ? "Name of the object." : "Namespace of the object."}, {"required", true}};
            if (v3_) parameter.emplace("schema", json::object{{"type", "string"}, {"uniqueItems", true}});
            else parameter.emplace("type", "string"), parameter.emplace("uniqueItems", true);
            parameters.push_back(std::move(parameter));
        }
        if (!parameters.empty()) item.emplace("parameters", std::move(parameters));
        auto& existing = paths[path];
        if (!existing.is_object()) existing = std::move(item);
    }

    json::object operation(const Resource& resource, std::string_view verb, const std::string& path) const {
        const bool writes = verb == "create" || verb == "update" || verb == "patch";
        const std::string action = verb == "create" ? "post" : verb == "update" ? "put" : std::string(verb);
        std::string tag = resource.id.group.empty() ? "core" : resource.id.group.substr(0, resource.id.group.find('.'));
        json::object result{{"tags", json::array{tag + "_" + resource.id.version}},
                            {"description", fmt::format("{} of {}.", verb, resource.nameWithSubresource())},
                            {"operationId", operationId(resource, verb, path)}};
        json::array parameters;
        if (writes || verb == "delete" || verb == "deletecollection") parameters.push_back(queryParameter("dryRun", "All: process the request but persist nothing.", v3_));
        if (writes) {
            parameters.push_back(queryParameter("fieldManager", "Who makes these changes.", v3_));
            parameters.push_back(queryParameter("fieldValidation", "What to do with unknown and duplicate fields: Ignore, Warn or Strict.", v3_));
        }
        if (verb == "patch") parameters.push_back(queryParameter("force", "Take fields away from other managers (server-side apply only).", v3_, "boolean"));
        if (verb == "list") {
            for (const std::string_view name : {"labelSelector", "fieldSelector", "resourceVersion", "continue"}) parameters.push_back(queryParameter(name, "See the API conventions of lists.", v3_));
            parameters.push_back(queryParameter("limit", "At most this many objects.", v3_, "integer"));
            parameters.push_back(queryParameter("watch", "Watch for changes instead.", v3_, "boolean"));
        }
        static constexpr std::string_view patchName = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
        const auto body = verb == "patch" ? writer_.reference(patchName) : resource.type ? writer_.reference(resource.type->name) : json::object{{"type", "object"}};
        if (writes && v3_) {
            json::object content;
            if (verb == "patch") {
                for (const std::string_view type : {"application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"})
                    content.emplace(type, json::object{{"schema", body}});
            } else {
                content.emplace("*/*", json::object{{"schema", body}});
            }
            result.emplace("requestBody", json::object{{"content", std::move(content)}, {"required", true}});
        } else if (writes) {
            parameters.push_back(json::object{{"name", "body"}, {"in", "body"}, {"required", true}, {"schema", body}});
            result.emplace("consumes", json::array{"*/*"});
        }
        if (!parameters.empty()) result.emplace("parameters", std::move(parameters));
        const auto answer = resource.type ? writer_.reference(resource.type->name) : json::object{{"type", "string"}};
        json::object ok{{"description", "OK"}};
        if (v3_) ok.emplace("content", json::object{{"application/json", json::object{{"schema", answer}}}});
        else ok.emplace("schema", answer);
        result.emplace("responses", json::object{{"200", std::move(ok)}, {"401", json::object{{"description", "Unauthorized"}}}});
        result.emplace("x-kubernetes-action", action);
        result.emplace("x-kubernetes-group-version-kind", json::object{{"group", resource.kind.group}, {"version", resource.kind.version}, {"kind", resource.kind.kind}});
        return result;
    }

    static std::string operationId(const Resource& resource, std::string_view verb, const std::string& path) {
        const auto capital = [](std::string text) {
            if (!text.empty()) text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
            return text;
        };
        std::string id(verb == "get" ? "read" : verb == "update" ? "replace" : verb == "deletecollection" ? "deleteCollection" : verb);
        id += capital(resource.id.group.empty() ? "core" : resource.id.group.substr(0, resource.id.group.find('.'))) + capital(resource.id.version);
        if (path.find("{namespace}") != path.npos) id += "Namespaced";
        id += resource.kind.kind + capital(resource.subresource);
        if (verb == "list" && resource.namespaced && path.find("{namespace}") == path.npos) id += "ForAllNamespaces";
        return id;
    }

    bool v3_;
    const Writer& writer_;
};

void collect(const Shape& shape, std::set<const Type*>& into);

void collect(const Type& type, std::set<const Type*>& into) {
    if (!into.insert(&type).second) return;
    for (const auto& field : type.fields) collect(field.shape, into);
}

void collect(const Shape& shape, std::set<const Type*>& into) {
    const auto* current = &shape;
    while (current->element) current = current->element;
    if (current->type) collect(*current->type, into);
}

json::object info() { return {{"title", "Kubernetes"}, {"version", "1.34"}}; }

std::string buildV3(const Schema& schema, const std::string& group, const std::string& version) {
    const Writer writer(Writer::Version::Three);
    const Paths paths(Writer::Version::Three, writer);
    json::object pathItems;
    std::set<const Type*> used;
    for (const auto* resource : schema.resources(group, version)) {
        paths.add(*resource, pathItems);
        if (resource->type) collect(*resource->type, used);
        if (const auto* list = schema.findType(GroupVersionKind{resource->kind.group, resource->kind.version, resource->kind.kind + "List"})) collect(*list, used);
    }
    for (const std::string_view name : {"io.k8s.apimachinery.pkg.apis.meta.v1.Patch", "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", "io.k8s.apimachinery.pkg.apis.meta.v1.Status"})
        if (const auto* type = schema.findType(name)) collect(*type, used);
    std::map<std::string, const Type*> sorted;
    for (const auto* type : used) sorted.emplace(type->name, type);
    json::object schemas;
    for (const auto& [name, type] : sorted) schemas.emplace(name, writer.definition(*type));
    return json::serialize(json::object{{"openapi", "3.0.0"}, {"info", info()}, {"paths", std::move(pathItems)}, {"components", json::object{{"schemas", std::move(schemas)}}}});
}

json::object buildV2(const Schema& schema) {
    const Writer writer(Writer::Version::Two);
    const Paths paths(Writer::Version::Two, writer);
    json::object pathItems, definitions;
    for (const auto* resource : schema.resources()) paths.add(*resource, pathItems);
    for (const auto* type : schema.types()) definitions.emplace(type->name, writer.definition(*type));
    return {{"swagger", "2.0"}, {"info", info()}, {"paths", std::move(pathItems)}, {"definitions", std::move(definitions)}};
}

// Documents by schema: the builtin one, and in tests others.
class Cache {
public:
    // The lock covers the building, so that each document is built once.
    template <class Build>
    const std::string& get(const Schema& schema, const std::string& key, Build build) {
        const std::lock_guard lock(mutex_);
        auto& text = documents_[&schema][key];
        if (text.empty()) text = build();
        return text;
    }

private:
    std::mutex mutex_;
    std::map<const Schema*, std::map<std::string, std::string>> documents_;
};

Cache& cache() {
    static Cache instance;
    return instance;
}

}  // namespace

const std::string& openApiIndex(const Schema& schema) {
    return cache().get(schema, "index", [&] {
        json::object paths;
        for (const auto& group : schema.groups()) {
            for (const auto& version : group.versions) {
                const auto path = groupVersionPath(group.name, version);
                // The documents change with the program only, so its version is what identifies them.
                const auto hash = fnv(path + KUBARIUM_VERSION + std::to_string(embeddedResource("types.json").size()) + std::string(embeddedResource("kubarium.json")) +
                                      std::string(embeddedResource("descriptions.json")));
                paths.emplace(path, json::object{{"serverRelativeURL", fmt::format("/openapi/v3/{}?hash={:016X}", path, hash)}});
            }
        }
        return json::serialize(json::object{{"paths", std::move(paths)}});
    });
}

const std::string* openApiV3(const Schema& schema, std::string_view path) {
    for (const auto& group : schema.groups())
        for (const auto& version : group.versions)
            if (groupVersionPath(group.name, version) == path) return &cache().get(schema, std::string(path), [&] { return buildV3(schema, group.name, version); });
    return nullptr;
}

const std::string& openApiV2(const Schema& schema) {
    return cache().get(schema, "v2", [&] { return json::serialize(buildV2(schema)); });
}

const std::string& openApiV2Protobuf(const Schema& schema) {
    return cache().get(schema, "v2 protobuf", [&] { return encodeOpenApiV2(buildV2(schema)); });
}

}  // namespace kubarium::api
