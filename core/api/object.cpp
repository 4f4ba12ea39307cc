#include "core/api/object.h"

#include "core/api/changed_object.h"
#include "core/api/tree_arena.h"

#include <charconv>
#include <new>

namespace kubarium::api {
namespace {

std::string_view stringOf(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    const auto* text = value ? value->if_string() : nullptr;
    return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

const json::value* findIn(const json::object& root, std::initializer_list<std::string_view> path) {
    const json::object* object = &root;
    const json::value* value = nullptr;
    for (const auto key : path) {
        if (!object) return nullptr;
        value = object->if_contains(key);
        if (!value) return nullptr;
        object = value->if_object();
    }
    return value;
}

// What makeChanged() asks of the constructor that it runs on this thread.
struct Changing {
    const Object* base = nullptr;
    const std::function<void(json::object&)>* change = nullptr;
    TreeArena::Renaming renaming{};

    json::object copyTo(TreeArena& arena, const TreeArena& owner) const {
        return renaming.from.empty() ? arena.copy(base->tree(), owner, base->kind(), *change) : arena.copy(base->tree(), owner, base->kind(), renaming, *change);
    }
};
thread_local Changing changing;

std::string_view stringOf(const json::value* value) {
    const auto* text = value ? value->if_string() : nullptr;
    return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

}  // namespace

Object::Object(json::object tree) {
    auto arena = std::make_shared<TreeArena>();
    std::destroy_at(&tree_);
    if (const auto changed = std::exchange(changing, {}); changed.base) ::new (&tree_) json::object(changed.copyTo(*arena, *static_cast<const TreeArena*>(changed.base->findDecoded(typeid(TreeArena)))));
    else ::new (&tree_) json::object(arena->copy(tree, stringOf(tree, "kind")));
    addDecoded(typeid(TreeArena), std::move(arena));
    apiVersion_ = stringOf(tree_, "apiVersion");
    kind_ = stringOf(tree_, "kind");
    const auto* metadata = tree_.if_contains("metadata");
    if (const auto* meta = metadata ? metadata->if_object() : nullptr) {
        name_ = stringOf(*meta, "name");
        nameSpace_ = stringOf(*meta, "namespace");
        uid_ = stringOf(*meta, "uid");
        resourceVersion_ = stringOf(*meta, "resourceVersion");
        deleting_ = !stringOf(*meta, "deletionTimestamp").empty();
        std::from_chars(resourceVersion_.data(), resourceVersion_.data() + resourceVersion_.size(), revision_);
    }
}

ObjectPtr makeChanged(const Object& base, const std::function<void(json::object&)>& change) {
    changing = {&base, &change};
    return Object::make({});
}

ObjectPtr makeRenamed(const Object& base, std::string_view from, std::string_view to, const std::function<void(json::object&)>& change) {
    changing = {&base, &change, {from, to}};
    return Object::make({});
}

Object::~Object() {
    // The tree goes with its arena.
    ::new (&tree_) json::object;
    for (auto* entry = decoded_.load(); entry;) delete std::exchange(entry, entry->next);
}

std::string Object::key() const {
    std::string key;
    if (!nameSpace_.empty()) key.append(nameSpace_).append("/");
    return key.append(name_);
}

const json::value* Object::find(std::initializer_list<std::string_view> path) const { return findIn(tree_, path); }
std::string_view Object::string(std::initializer_list<std::string_view> path) const { return stringOf(findIn(tree_, path)); }

const void* Object::findDecoded(std::type_index type) const {
    for (auto* entry = decoded_.load(std::memory_order_acquire); entry; entry = entry->next)
        if (entry->type == type) return entry->value.get();
    return nullptr;
}

const void* Object::addDecoded(std::type_index type, std::shared_ptr<const void> value) const {
    auto* entry = new Decoded{type, std::move(value), decoded_.load(std::memory_order_relaxed)};
    while (!decoded_.compare_exchange_weak(entry->next, entry, std::memory_order_release, std::memory_order_relaxed)) {
    }
    return entry->value.get();
}

const json::value* findPath(const json::value& root, std::initializer_list<std::string_view> path) {
    const auto* object = root.if_object();
    return object ? (path.size() == 0 ? &root : findIn(*object, path)) : (path.size() == 0 ? &root : nullptr);
}

std::string_view stringAt(const json::value& root, std::initializer_list<std::string_view> path) { return stringOf(findPath(root, path)); }
const json::value* findPath(const json::object& root, std::initializer_list<std::string_view> path) { return path.size() == 0 ? nullptr : findIn(root, path); }
std::string_view stringAt(const json::object& root, std::initializer_list<std::string_view> path) { return stringOf(findPath(root, path)); }

json::object& ensureObject(json::object& root, std::initializer_list<std::string_view> path) {
    auto* object = &root;
    for (const auto key : path) {
        auto& value = (*object)[key];
        if (!value.is_object()) value.emplace_object();
        object = &value.get_object();
    }
    return *object;
}

}  // namespace kubarium::api
