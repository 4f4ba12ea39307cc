// An API object: an immutable JSON tree, shared by everyone who reads it, from any thread. A component decodes what it needs
// into a small struct (core/api/types) with as<T>(), once per revision; the result is cached beside the tree.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>

namespace kubarium::api {

namespace json = boost::json;

class Object;
using ObjectPtr = std::shared_ptr<const Object>;

class Object {
public:
    explicit Object(json::object tree);
    ~Object();
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;

    static ObjectPtr make(json::object tree) { return std::make_shared<const Object>(std::move(tree)); }

    const json::object& tree() const { return tree_; }

    // The identifying metadata; "" where absent.
    std::string_view apiVersion() const { return apiVersion_; }
    std::string_view kind() const { return kind_; }
    std::string_view name() const { return name_; }
    std::string_view nameSpace() const { return nameSpace_; }
    std::string_view uid() const { return uid_; }
    // metadata.resourceVersion as text ("" if absent) and as the store's revision (0 if not a number).
    std::string_view resourceVersion() const { return resourceVersion_; }
    std::uint64_t revision() const { return revision_; }
    bool deleting() const { return deleting_; }
    // "namespace/name", or "name" for cluster-scoped objects: the key of informers and work queues.
    std::string key() const;

    // The value at a path of object keys ("spec", "nodeName"), or nullptr.
    const json::value* find(std::initializer_list<std::string_view> path) const;
    // The string there, or "".
    std::string_view string(std::initializer_list<std::string_view> path) const;
    std::string_view label(std::string_view key) const { return string({"metadata", "labels", key}); }
    std::string_view annotation(std::string_view key) const { return string({"metadata", "annotations", key}); }

    // The tree decoded as T (a described struct of core/api/types). Unknown fields are ignored and fields of a wrong type
    // left at their defaults, as the API server has validated what it stores. Cached; safe from any thread.
    template <class T>
    const T& as() const;

private:
    struct Decoded {
        std::type_index type;
        std::shared_ptr<const void> value;
        Decoded* next;
    };
    const void* findDecoded(std::type_index) const;
    const void* addDecoded(std::type_index, std::shared_ptr<const void>) const;

    json::object tree_;
    std::string_view apiVersion_, kind_, name_, nameSpace_, uid_, resourceVersion_;
    std::uint64_t revision_ = 0;
    bool deleting_ = false;
    mutable std::atomic<Decoded*> decoded_{nullptr};
};

// Defined and instantiated per type in core/api/types/*.cpp (see decode.h).
template <class T>
T decodeObjectAs(const json::object&);
// A described struct as JSON, with Go's omitempty (see decode.h).
template <class T>
json::object encode(const T&);

template <class T>
const T& Object::as() const {
    const std::type_index type(typeid(T));
    if (const void* known = findDecoded(type)) return *static_cast<const T*>(known);
    return *static_cast<const T*>(addDecoded(type, std::make_shared<const T>(decodeObjectAs<T>(tree_))));
}

// Lookups in any tree, for code that builds or edits JSON. nullptr / "" / fallback when absent or of another type.
const json::value* findPath(const json::value& root, std::initializer_list<std::string_view> path);
std::string_view stringAt(const json::value& root, std::initializer_list<std::string_view> path);
// The same from an object, so that none is copied into a temporary value whose parts would dangle.
const json::value* findPath(const json::object& root, std::initializer_list<std::string_view> path);
std::string_view stringAt(const json::object& root, std::initializer_list<std::string_view> path);
const json::value* findPath(json::value&&, std::initializer_list<std::string_view>) = delete;
std::string_view stringAt(json::value&&, std::initializer_list<std::string_view>) = delete;
// The object at `path`, created (with its parents) when absent or not an object.
json::object& ensureObject(json::object& root, std::initializer_list<std::string_view> path);

}  // namespace kubarium::api
