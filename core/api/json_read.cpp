#include "core/api/json_read.h"

#include <boost/json.hpp>

namespace kubarium::api {

const json::value* valueAt(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && !value->is_null() ? value : nullptr;
}

const json::object* objectAt(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value ? value->if_object() : nullptr;
}

const json::object& objectOrEmpty(const json::object& object, std::string_view key) {
    static const json::object none;
    const auto* found = objectAt(object, key);
    return found ? *found : none;
}

const json::array& arrayAt(const json::object& object, std::string_view key) {
    static const json::array none;
    const auto* value = object.if_contains(key);
    const auto* found = value ? value->if_array() : nullptr;
    return found ? *found : none;
}

std::string_view textAt(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    const auto* found = value ? value->if_string() : nullptr;
    return found ? std::string_view(*found) : std::string_view();
}

std::string textCopyAt(const json::object& object, std::string_view key) { return std::string(textAt(object, key)); }

std::optional<std::int64_t> numberAt(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (!value || !value->is_int64()) return std::nullopt;
    return value->get_int64();
}

bool flagAt(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

const json::object& asObject(const json::value& value) {
    static const json::object none;
    const auto* found = value.if_object();
    return found ? *found : none;
}

std::string_view asString(const json::value& value) {
    const auto* found = value.if_string();
    return found ? std::string_view(*found) : std::string_view();
}

bool sameAt(const json::object& a, const json::object& b, std::string_view key) {
    const auto* left = valueAt(a, key);
    const auto* right = valueAt(b, key);
    if (!left || !right) return left == right;
    return *left == *right;
}

const json::value* valueAtPath(const json::object& object, std::string_view dottedPath) {
    const auto dot = dottedPath.find('.');
    if (dot == dottedPath.npos) return valueAt(object, dottedPath);
    const auto* inner = objectAt(object, dottedPath.substr(0, dot));
    return inner ? valueAtPath(*inner, dottedPath.substr(dot + 1)) : nullptr;
}

}  // namespace kubarium::api
