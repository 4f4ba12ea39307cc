// Reading JSON trees without ceremony: what is absent, null or of another type reads as nothing.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kubarium::api {

namespace json = boost::json;

const json::value* valueAt(const json::object& object, std::string_view key);
const json::object* objectAt(const json::object& object, std::string_view key);
const json::object& objectOrEmpty(const json::object& object, std::string_view key);
const json::array& arrayAt(const json::object& object, std::string_view key);
// "" if there is none. The view lives as long as the object does, the copy as long as it is kept.
std::string_view textAt(const json::object& object, std::string_view key);
std::string textCopyAt(const json::object& object, std::string_view key);
std::optional<std::int64_t> numberAt(const json::object& object, std::string_view key);
bool flagAt(const json::object& object, std::string_view key);
const json::object& asObject(const json::value& value);
std::string_view asString(const json::value& value);
bool sameAt(const json::object& a, const json::object& b, std::string_view key);
// "spec.template.spec" from the root of `object`.
const json::value* valueAtPath(const json::object& object, std::string_view dottedPath);

}  // namespace kubarium::api
