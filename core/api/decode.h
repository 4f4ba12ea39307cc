// Between JSON trees and described structs. Include only from core/api/types/*.cpp and instantiate there with
// KUBARIUM_TYPE(T), since these templates are slow to compile.
//
// Members: std::string, bool, integers, double, json::value (kept as is), std::optional<M>, std::vector<M>,
// std::map<std::string, M>, nested described structs. A member named `nameSpace` stands for "namespace", and a trailing
// underscore is dropped (`default_`). Encoding is Go's omitempty: an absent optional, an empty string, vector or map and a
// null json::value are left out; plain bools and numbers are always written (use optional where Go would omit zero).
#pragma once

#include "core/api/object.h"

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>

#include <map>
#include <optional>
#include <vector>

namespace kubarium::api {

namespace detail {

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

constexpr std::string_view jsonName(std::string_view member) {
    if (member == "nameSpace") return "namespace";
    if (member.ends_with('_')) member.remove_suffix(1);
    return member;
}

inline void read(const json::value& from, std::string& to) {
    if (const auto* text = from.if_string()) to.assign(text->data(), text->size());
}
inline void read(const json::value& from, bool& to) {
    if (const auto* flag = from.if_bool()) to = *flag;
}
template <class T>
    requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
void read(const json::value& from, T& to) {
    boost::system::error_code error;
    if (const auto number = from.to_number<T>(error); !error) to = number;
}
inline void read(const json::value& from, json::value& to) { to = from; }
template <Described T>
void read(const json::value& from, T& to);
template <class T>
void read(const json::value& from, std::optional<T>& to);
template <class T>
void read(const json::value& from, std::vector<T>& to);
template <class T>
void read(const json::value& from, std::map<std::string, T>& to);

template <Described T>
void readObject(const json::object& from, T& to) {
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        if (const auto* value = from.if_contains(jsonName(member.name))) read(*value, to.*member.pointer);
    });
}
template <Described T>
void read(const json::value& from, T& to) {
    if (const auto* object = from.if_object()) readObject(*object, to);
}
template <class T>
void read(const json::value& from, std::optional<T>& to) {
    if (!from.is_null()) read(from, to.emplace());
}
template <class T>
void read(const json::value& from, std::vector<T>& to) {
    const auto* array = from.if_array();
    if (!array) return;
    to.reserve(array->size());
    for (const auto& element : *array) read(element, to.emplace_back());
}
template <class T>
void read(const json::value& from, std::map<std::string, T>& to) {
    const auto* object = from.if_object();
    if (!object) return;
    for (const auto& [key, value] : *object) read(value, to[std::string(key)]);
}

inline json::value write(const std::string& from) { return json::value(json::string(from)); }
inline json::value write(const json::value& from) { return from; }
template <class T>
    requires std::is_arithmetic_v<T>
json::value write(T from) {
    return json::value(from);
}
template <Described T>
json::object writeObject(const T& from);
template <Described T>
json::value write(const T& from) {
    return writeObject(from);
}
template <class T>
json::value write(const std::optional<T>& from) {
    return from ? write(*from) : json::value();
}
template <class T>
json::value write(const std::vector<T>& from) {
    json::array array;
    array.reserve(from.size());
    for (const auto& element : from) array.push_back(write(element));
    return array;
}
template <class T>
json::value write(const std::map<std::string, T>& from) {
    json::object object;
    for (const auto& [key, value] : from) object.emplace(key, write(value));
    return object;
}

template <class T>
bool omitted(const T&) {
    return false;
}
inline bool omitted(const std::string& value) { return value.empty(); }
inline bool omitted(const json::value& value) { return value.is_null(); }
template <class T>
bool omitted(const std::optional<T>& value) {
    return !value;
}
template <class T>
bool omitted(const std::vector<T>& value) {
    return value.empty();
}
template <class T>
bool omitted(const std::map<std::string, T>& value) {
    return value.empty();
}

template <Described T>
json::object writeObject(const T& from) {
    json::object object;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        const auto& value = from.*member.pointer;
        if (!omitted(value)) object.emplace(jsonName(member.name), write(value));
    });
    return object;
}

}  // namespace detail

// Instantiates decodeObjectAs<T>, decode<T> and encode<T> for one struct.
#define KUBARIUM_TYPE(T)                                     \
    template <>                                              \
    T decodeObjectAs<T>(const json::object& tree) {          \
        T value;                                             \
        detail::readObject(tree, value);                     \
        return value;                                        \
    }                                                        \
    template <>                                              \
    json::object encode<T>(const T& value) {                 \
        return detail::writeObject(value);                   \
    }

}  // namespace kubarium::api
