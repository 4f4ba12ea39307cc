// The table of kinds. Everything that the API server knows about a kind is data: its types (fields, list and merge semantics),
// the resources that serve it, its defaults, columns and short names. The builtin table is compiled into the program from
// resources/api/*.json; a kind costs an entry there, not code, and the schema of a CustomResourceDefinition can be added to a
// Schema of one's own. Immutable after building: safe to read from any thread.
#pragma once

#include "core/api/object.h"
#include "core/api/resource.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kubarium::api {

struct Type;

// What a value may be.
enum class ValueKind : std::uint8_t {
    Any,          // apiextensions JSON: anything
    String,
    Bytes,        // base64 in JSON
    Boolean,
    Int32,
    Int64,
    Double,
    Time,         // RFC 3339, seconds
    MicroTime,    // RFC 3339, microseconds
    Quantity,     // "100m", or a number; canonical text once decoded
    IntOrString,
    FreeObject,   // an object without a schema (RawExtension, FieldsV1)
    Struct,       // an object with the fields of `type`
    List,         // of `element`
    Map,          // string keys to `element`
};

struct Shape {
    ValueKind kind = ValueKind::Any;
    const Type* type = nullptr;      // Struct
    const Shape* element = nullptr;  // List, Map
};

// x-kubernetes-list-type and x-kubernetes-map-type: how server-side apply merges.
enum class ListType : std::uint8_t { Atomic, Set, Map };

struct Field {
    std::string name;
    Shape shape;
    const Type* owner = nullptr;
    bool required = false;           // in OpenAPI's sense: always present in what the server writes
    bool omitEmpty = true;           // Go's omitempty: the zero value is left out
    bool pointer = false;            // a Go pointer: null and absent are one, an explicit zero is kept
    bool embedded = false;           // a Go struct (or Time, Quantity, IntOrString) by value: always present
    json::value defaultValue;        // OpenAPI's default; null if none
    ListType listType = ListType::Atomic;
    std::vector<std::string> listMapKeys;
    bool atomicMap = false;          // x-kubernetes-map-type: atomic
    std::string patchMergeKey;       // strategic merge patch
    bool patchMerge = false;
    bool patchRetainKeys = false;
    bool patchReplace = false;
    std::string goType;              // where Go's name of it is not plain from the shape: "v1.RestartPolicy"
    std::string description;         // short, ours
};

struct Type {
    std::string name;                // io.k8s.api.core.v1.Pod
    std::string shortName;           // Pod
    std::string goName;              // v1.Pod, as Go's decoder prints it
    std::string description;
    ValueKind alias = ValueKind::Struct;  // other than Struct for Time, Quantity, IntOrString, RawExtension, ...
    bool atomic = false;
    std::vector<Field> fields;       // by name
    std::vector<GroupVersionKind> kinds;
    bool keepUnknownFields = false;  // x-kubernetes-preserve-unknown-fields

    const Field* field(std::string_view fieldName) const;
};

// A resource or subresource ("pods", "pods/status") as discovery shows it.
struct Resource {
    GroupVersionResource id;         // id.resource is the plural name, without the subresource
    std::string subresource;         // "" or "status", "scale", "log", ...
    GroupVersionKind kind;           // of the body: autoscaling/v1 Scale for deployments/scale
    std::string singularName;
    bool namespaced = false;
    std::vector<std::string> verbs;
    std::vector<std::string> shortNames;
    std::vector<std::string> categories;
    const Type* type = nullptr;      // of `kind`; null for options kinds that have no body

    std::string nameWithSubresource() const { return subresource.empty() ? id.resource : id.resource + "/" + subresource; }
    bool hasVerb(std::string_view verb) const;
    bool hasStatus = false;          // has a status subresource
};

class Schema {
public:
    // All kinds of Kubernetes 1.34 that this program serves, and kubarium.dev.
    static const Schema& builtin();

    Schema();
    ~Schema();
    Schema(Schema&&) noexcept;
    Schema& operator=(Schema&&) noexcept;

    const Type* findType(std::string_view name) const;
    const Type* findType(const GroupVersionKind&) const;
    std::vector<const Type*> types() const;  // by name

    const Resource* findResource(std::string_view group, std::string_view version, std::string_view resource,
                                 std::string_view subresource = {}) const;
    const Resource* findResource(const GroupVersionResource& id, std::string_view subresource = {}) const {
        return findResource(id.group, id.version, id.resource, subresource);
    }
    // The main resource that serves a kind.
    const Resource* findKind(const GroupVersionKind&) const;
    // Every resource and subresource of one group version, by name; empty if it is not served.
    std::vector<const Resource*> resources(std::string_view group, std::string_view version) const;
    std::vector<const Resource*> resources() const;
    struct Group {
        std::string name;                   // "" is the core group
        std::vector<std::string> versions;  // preferred first
    };
    // In the order of discovery; the core group first.
    const std::vector<Group>& groups() const;
    bool servesGroup(std::string_view group) const;
    bool servesGroupVersion(std::string_view group, std::string_view version) const;

    // Adds types and resources in the format of resources/api/{types,resources}.json. Asserts on nonsense in the former:
    // callers validate what comes from users.
    void addTypes(const json::object& types);
    void addResources(const json::object& resources);

private:
    struct Tables;
    std::unique_ptr<Tables> tables_;
};

// The text of a file of resources/api that was compiled in, e.g. "types.json"; "" if there is none.
std::string_view embeddedResource(std::string_view name);

}  // namespace kubarium::api
