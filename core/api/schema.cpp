#include "core/api/schema.h"

#include "core/api/json_read.h"
#include "core/base/result.h"

#include <boost/json.hpp>

#include <algorithm>
#include <deque>

namespace kubarium::api {

namespace {

constexpr std::string_view discoveryOrder[] = {
    "", "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
    "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io",
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "node.k8s.io",
    "discovery.k8s.io", "flowcontrol.apiserver.k8s.io"};

std::vector<std::string> texts(const json::object& object, std::string_view key) {
    std::vector<std::string> result;
    if (const auto* value = object.if_contains(key))
        if (const auto* list = value->if_array())
            for (const auto& element : *list) result.emplace_back(element.as_string());
    return result;
}

std::size_t groupRank(std::string_view group) {
    const auto* found = std::ranges::find(discoveryOrder, group);
    return static_cast<std::size_t>(found - std::begin(discoveryOrder));
}

// v2 before v1 before v1beta1: how Kubernetes prefers versions, as far as our groups need it.
bool prefersVersion(std::string_view a, std::string_view b) {
    const bool stableA = a.find("alpha") == a.npos && a.find("beta") == a.npos;
    const bool stableB = b.find("alpha") == b.npos && b.find("beta") == b.npos;
    return stableA != stableB ? stableA : a > b;
}

ValueKind scalarKind(std::string_view name) {
    if (name == "string" || name == "string:date-time") return ValueKind::String;
    if (name == "string:byte") return ValueKind::Bytes;
    if (name == "boolean") return ValueKind::Boolean;
    if (name == "integer:int32") return ValueKind::Int32;
    if (name == "integer:int64") return ValueKind::Int64;
    if (name == "number:double") return ValueKind::Double;
    if (name == "object") return ValueKind::FreeObject;
    if (name == "any") return ValueKind::Any;
    return ValueKind::Struct;
}

ValueKind aliasKind(std::string_view name, std::string_view declared) {
    if (name.ends_with(".Quantity")) return ValueKind::Quantity;
    if (name.ends_with(".MicroTime")) return ValueKind::MicroTime;
    if (name.ends_with(".v1.Time")) return ValueKind::Time;
    if (name.ends_with(".IntOrString")) return ValueKind::IntOrString;
    return scalarKind(declared);
}

}  // namespace

const Field* Type::field(std::string_view fieldName) const {
    const auto it = std::ranges::lower_bound(fields, fieldName, {}, &Field::name);
    return it != fields.end() && it->name == fieldName ? &*it : nullptr;
}

bool Resource::hasVerb(std::string_view verb) const { return std::ranges::find(verbs, verb) != verbs.end(); }

struct Schema::Tables {
    std::map<std::string, std::unique_ptr<Type>, std::less<>> types;
    std::deque<Shape> shapes;
    std::map<GroupVersionKind, const Type*> byKind;
    std::map<std::string, std::unique_ptr<Resource>, std::less<>> resources;  // "group/version/resource/subresource"
    std::map<GroupVersionKind, const Resource*> mainResource;
    std::vector<Group> groups;

    Type& typeNamed(std::string_view name);
    Shape shapeOf(std::string_view text);
    void readField(Type& owner, const std::string& name, const json::value& facts);
    void readEncoding(const json::object& encoding);
    void addGroupVersion(const std::string& group, const std::string& version);
};

Type& Schema::Tables::typeNamed(std::string_view name) {
    if (const auto it = types.find(name); it != types.end()) return *it->second;
    auto type = std::make_unique<Type>();
    type->name = name;
    const auto lastDot = name.rfind('.');
    type->shortName = lastDot == name.npos ? name : name.substr(lastDot + 1);
    const auto before = lastDot == name.npos ? name.npos : name.rfind('.', lastDot - 1);
    type->goName = before == name.npos ? name : name.substr(before + 1);
    return *types.emplace(std::string(name), std::move(type)).first->second;
}

Shape Schema::Tables::shapeOf(std::string_view declared) {
    const auto inner = [&](std::string_view prefix) { return declared.substr(prefix.size(), declared.size() - prefix.size() - 1); };
    Shape shape;
    if (declared.starts_with("array<") || declared.starts_with("map<")) {
        const bool list = declared.starts_with("array<");
        shape.kind = list ? ValueKind::List : ValueKind::Map;
        shape.element = &shapes.emplace_back(shapeOf(inner(list ? "array<" : "map<")));
        return shape;
    }
    shape.kind = scalarKind(declared);
    if (shape.kind != ValueKind::Struct) return shape;
    Type& type = typeNamed(declared);
    shape.type = &type;
    // A reference may come before the definition, so the well-known scalars are told by their names.
    if (type.alias == ValueKind::Struct) type.alias = aliasKind(declared, "struct");
    shape.kind = type.alias;
    return shape;
}

void Schema::Tables::readField(Type& owner, const std::string& name, const json::value& facts) {
    Field field;
    field.name = name;
    field.owner = &owner;
    if (const auto* declared = facts.if_string()) {
        field.shape = shapeOf(*declared);
    } else {
        const auto& object = facts.as_object();
        field.shape = shapeOf(textCopyAt(object, "type"));
        if (const auto* value = object.if_contains("default")) field.defaultValue = *value;
        const auto list = textCopyAt(object, "listType");
        field.listType = list == "map" ? ListType::Map : list == "set" ? ListType::Set : ListType::Atomic;
        field.listMapKeys = texts(object, "listMapKeys");
        field.atomicMap = textCopyAt(object, "mapType") == "atomic";
        field.patchMergeKey = textCopyAt(object, "patchMergeKey");
        const auto strategy = textCopyAt(object, "patchStrategy");
        field.patchMerge = strategy.find("merge") != strategy.npos;
        field.patchRetainKeys = strategy.find("retainKeys") != strategy.npos;
        field.patchReplace = strategy == "replace";
        field.description = textCopyAt(object, "description");
        field.pointer = flagAt(object, "pointer");
        field.omitEmpty = !flagAt(object, "always");
    }
    owner.fields.push_back(std::move(field));
}

// Facts of the Go types that OpenAPI does not tell: which fields are pointers, and which are written even when empty.
void Schema::Tables::readEncoding(const json::object& encoding) {
    for (const auto& [name, facts] : encoding) {
        const auto it = types.find(name);
        if (it == types.end()) continue;
        const auto each = [&](std::string_view key, auto apply) {
            for (const auto& fieldName : texts(facts.as_object(), key))
                for (auto& field : it->second->fields)
                    if (field.name == fieldName) apply(field);
        };
        each("pointer", [](Field& field) { field.pointer = true, field.embedded = false; });
        each("always", [](Field& field) { field.omitEmpty = false; });
        each("omitZero", [](Field& field) { field.embedded = false; });
        if (const auto* goTypes = facts.as_object().if_contains("goTypes"))
            for (auto& field : it->second->fields) field.goType = textCopyAt(goTypes->as_object(), field.name);
    }
}

void Schema::Tables::addGroupVersion(const std::string& group, const std::string& version) {
    auto it = std::ranges::find(groups, group, &Group::name);
    if (it == groups.end()) {
        const auto rank = groupRank(group);
        it = std::ranges::find_if(groups, [&](const Group& other) {
            const auto otherRank = groupRank(other.name);
            return otherRank > rank || (otherRank == rank && other.name > group);
        });
        it = groups.insert(it, Group{group, {}});
    }
    if (std::ranges::find(it->versions, version) != it->versions.end()) return;
    it->versions.push_back(version);
    std::ranges::sort(it->versions, prefersVersion);
}

Schema::Schema() : tables_(std::make_unique<Tables>()) {}
Schema::~Schema() = default;
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;

void Schema::addTypes(const json::object& types) {
    for (const auto& [name, value] : types) {
        const auto& facts = value.as_object();
        Type& type = tables_->typeNamed(name);
        type.description = textCopyAt(facts, "description");
        type.atomic = textCopyAt(facts, "mapType") == "atomic";
        type.keepUnknownFields = flagAt(facts, "preserveUnknownFields");
        // A text here ("every group version") marks types that belong to no version of their own.
        if (const auto* kinds = facts.if_contains("gvk"); kinds && kinds->is_array()) {
            for (const auto& kind : kinds->get_array()) {
                const auto& gvk = kind.as_object();
                type.kinds.push_back({textCopyAt(gvk, "group"), textCopyAt(gvk, "version"), textCopyAt(gvk, "kind")});
            }
        }
        const auto* fields = facts.if_contains("fields");
        if (!fields) {
            type.alias = aliasKind(name, textCopyAt(facts, "type"));
            continue;
        }
        for (const auto& [fieldName, fieldFacts] : fields->as_object()) tables_->readField(type, std::string(fieldName), fieldFacts);
        std::ranges::sort(type.fields, {}, &Field::name);
        for (const auto& required : texts(facts, "required"))
            for (auto& field : type.fields)
                if (field.name == required) field.required = true;
        for (const auto& gvk : type.kinds) tables_->byKind.emplace(gvk, &type);
    }
    // Only now is every alias known.
    const auto resolve = [](Shape& shape) {
        if (shape.type) shape.kind = shape.type->alias;
    };
    for (auto& shape : tables_->shapes) resolve(shape);
    for (auto& [name, type] : tables_->types) {
        for (auto& field : type->fields) {
            resolve(field.shape);
            const auto kind = field.shape.kind;
            field.embedded = !field.pointer && field.shape.type && kind != ValueKind::Any;
        }
    }
}

void Schema::addResources(const json::object& resources) {
    for (const auto& [groupVersion, list] : resources) {
        const auto [group, version] = splitApiVersion(groupVersion);
        tables_->addGroupVersion(group, version);
        for (const auto& entry : list.as_array()) {
            const auto& facts = entry.as_object();
            auto resource = std::make_unique<Resource>();
            const auto name = textCopyAt(facts, "name");
            const auto slash = name.find('/');
            resource->id = {group, version, name.substr(0, slash)};
            if (slash != name.npos) resource->subresource = name.substr(slash + 1);
            const bool otherGroup = facts.contains("version");
            resource->kind = {otherGroup ? textCopyAt(facts, "group") : group, otherGroup ? textCopyAt(facts, "version") : version, textCopyAt(facts, "kind")};
            resource->singularName = textCopyAt(facts, "singularName");
            resource->namespaced = flagAt(facts, "namespaced");
            resource->verbs = texts(facts, "verbs");
            resource->shortNames = texts(facts, "shortNames");
            resource->categories = texts(facts, "categories");
            resource->type = findType(resource->kind);
            if (resource->subresource.empty()) tables_->mainResource.emplace(resource->kind, resource.get());
            auto key = group + "/" + version + "/" + name;
            tables_->resources.insert_or_assign(std::move(key), std::move(resource));
        }
    }
    for (auto& [key, resource] : tables_->resources)
        if (resource->subresource.empty()) resource->hasStatus = tables_->resources.contains(key + "/status");
}

const Type* Schema::findType(std::string_view name) const {
    const auto it = tables_->types.find(name);
    return it == tables_->types.end() ? nullptr : it->second.get();
}

const Type* Schema::findType(const GroupVersionKind& kind) const {
    const auto it = tables_->byKind.find(kind);
    return it == tables_->byKind.end() ? nullptr : it->second;
}

std::vector<const Type*> Schema::types() const {
    std::vector<const Type*> result;
    for (const auto& [name, type] : tables_->types) result.push_back(type.get());
    return result;
}

const Resource* Schema::findResource(std::string_view group, std::string_view version, std::string_view resource,
                                     std::string_view subresource) const {
    std::string key;
    key.reserve(group.size() + version.size() + resource.size() + subresource.size() + 3);
    key.append(group).append("/").append(version).append("/").append(resource);
    if (!subresource.empty()) key.append("/").append(subresource);
    const auto it = tables_->resources.find(key);
    return it == tables_->resources.end() ? nullptr : it->second.get();
}

const Resource* Schema::findKind(const GroupVersionKind& kind) const {
    const auto it = tables_->mainResource.find(kind);
    return it == tables_->mainResource.end() ? nullptr : it->second;
}

std::vector<const Resource*> Schema::resources(std::string_view group, std::string_view version) const {
    const std::string prefix = std::string(group) + "/" + std::string(version) + "/";
    std::vector<const Resource*> result;
    for (auto it = tables_->resources.lower_bound(prefix); it != tables_->resources.end() && it->first.starts_with(prefix); ++it)
        result.push_back(it->second.get());
    return result;
}

std::vector<const Resource*> Schema::resources() const {
    std::vector<const Resource*> result;
    for (const auto& [key, resource] : tables_->resources) result.push_back(resource.get());
    return result;
}

const std::vector<Schema::Group>& Schema::groups() const { return tables_->groups; }

bool Schema::servesGroup(std::string_view group) const { return std::ranges::find(tables_->groups, group, &Group::name) != tables_->groups.end(); }

bool Schema::servesGroupVersion(std::string_view group, std::string_view version) const {
    const auto it = std::ranges::find(tables_->groups, group, &Group::name);
    return it != tables_->groups.end() && std::ranges::find(it->versions, version) != it->versions.end();
}

const Schema& Schema::builtin() {
    static const Schema schema = [] {
        Schema built;
        built.addTypes(json::parse(embeddedResource("types.json")).as_object());
        const auto own = json::parse(embeddedResource("kubarium.json"));
        built.addTypes(own.at("types").as_object());
        built.tables_->readEncoding(json::parse(embeddedResource("encoding.json")).as_object());
        built.addResources(json::parse(embeddedResource("resources.json")).as_object());
        built.addResources(own.at("resources").as_object());
        return built;
    }();
    return schema;
}

}  // namespace kubarium::api
