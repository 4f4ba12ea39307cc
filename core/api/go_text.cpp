#include "core/api/go_text.h"

#include "core/api/codec.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace kubarium::api {

std::string goQuote(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        switch (c) {
        case '"': result += "\\\""; break;
        case '\\': result += "\\\\"; break;
        case '\n': result += "\\n"; break;
        case '\t': result += "\\t"; break;
        case '\r': result += "\\r"; break;
        case '\a': result += "\\a"; break;
        case '\b': result += "\\b"; break;
        case '\f': result += "\\f"; break;
        case '\v': result += "\\v"; break;
        default:
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
            else result += c;
        }
    }
    return result + "\"";
}

namespace {

std::vector<const json::key_value_pair*> sortedMembers(const json::object& object) {
    std::vector<const json::key_value_pair*> members;
    for (const auto& member : object) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
    return members;
}

std::string goJsonText(const json::value& text) {
    std::string result;
    for (const char c : toJson(text)) {
        if (c == '<' || c == '>' || c == '&') result += fmt::format("\\u{:04x}", c);
        else result += c;
    }
    return result;
}

}  // namespace

std::string goJson(const json::value& value) {
    std::string result;
    if (const auto* object = value.if_object()) {
        for (const auto* member : sortedMembers(*object)) result += (result.empty() ? "" : ",") + goJsonText(member->key()) + ":" + goJson(member->value());
        return "{" + result + "}";
    }
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) result += (result.empty() ? "" : ",") + goJson(element);
        return "[" + result + "]";
    }
    return goJsonText(value);
}

std::string goStruct(const json::object& object, std::initializer_list<std::string_view> fields) {
    std::string result;
    for (const auto field : fields)
        if (const auto* value = object.if_contains(field)) result += (result.empty() ? "" : ",") + goQuote(field) + ":" + goJson(*value);
    return "{" + result + "}";
}

std::string goFormat(const json::value& value) {
    if (const auto* object = value.if_object()) {
        std::string result = "map[";
        for (const auto* member : sortedMembers(*object)) {
            if (result.size() > 4) result += ' ';
            result += std::string(member->key()) + ":" + goFormat(member->value());
        }
        return result + "]";
    }
    if (const auto* array = value.if_array()) {
        std::string result = "[";
        for (const auto& element : *array) {
            if (result.size() > 1) result += ' ';
            result += goFormat(element);
        }
        return result + "]";
    }
    if (const auto* text = value.if_string()) return std::string(*text);
    if (value.is_null()) return "<nil>";
    return toJson(value);
}

}  // namespace kubarium::api
