#include "core/api/openapi_protobuf.h"

#include <boost/json.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace kubarium::api {

namespace json = boost::json;

namespace {

// The numbers are those of OpenAPIv2.proto.
class Message {
public:
    void text(std::uint32_t number, std::string_view value) {
        tag(number, delimited);
        varint(value.size());
        bytes_ += value;
    }
    void flag(std::uint32_t number, bool value) {
        if (!value) return;
        tag(number, 0);
        varint(1);
    }
    void message(std::uint32_t number, const Message& value) { text(number, value.bytes_); }
    std::string take() { return std::move(bytes_); }

private:
    static constexpr std::uint32_t delimited = 2;
    void tag(std::uint32_t number, std::uint32_t type) { varint(number << 3 | type); }
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }
    std::string bytes_;
};

struct TextField {
    std::string_view key;
    std::uint32_t number;
};

void texts(Message& into, const json::object& from, std::span<const TextField> fields) {
    for (const auto& [key, number] : fields)
        if (const auto* value = from.if_contains(key); value && value->is_string()) into.text(number, value->get_string());
}

void textList(Message& into, const json::object& from, std::string_view key, std::uint32_t number) {
    const auto* list = from.if_contains(key);
    if (!list || !list->is_array()) return;
    for (const auto& each : list->get_array())
        if (each.is_string()) into.text(number, each.get_string());
}

// Any value as YAML, of which JSON is a part.
Message any(const json::value& value) {
    Message made;
    made.text(2, json::serialize(value) + "\n");
    return made;
}

void extensions(Message& into, const json::object& from, std::uint32_t number) {
    for (const auto& [key, value] : from) {
        if (!std::string_view(key).starts_with("x-")) continue;
        Message named;
        named.text(1, key);
        named.message(2, any(value));
        into.message(number, named);
    }
}

template <class Encode>
void named(Message& into, const json::object& members, std::uint32_t number, Encode encode) {
    for (const auto& [key, value] : members) {
        if (!value.is_object()) continue;
        Message entry;
        entry.text(1, key);
        entry.message(2, encode(value.get_object()));
        into.message(number, entry);
    }
}

const json::object* objectIn(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value ? value->if_object() : nullptr;
}

Message schema(const json::object& from) {
    static constexpr std::array<TextField, 4> plain{{{"$ref", 1}, {"format", 2}, {"title", 3}, {"description", 4}}};
    Message made;
    texts(made, from, plain);
    if (const auto* value = from.if_contains("default")) made.message(5, any(*value));
    textList(made, from, "required", 19);
    if (const auto* values = from.if_contains("enum"); values && values->is_array())
        for (const auto& value : values->get_array()) made.message(20, any(value));
    if (const auto* value = objectIn(from, "additionalProperties")) {
        Message item;
        item.message(1, schema(*value));
        made.message(21, item);
    }
    if (const auto* type = from.if_contains("type"); type && type->is_string()) {
        Message item;
        item.text(1, type->get_string());
        made.message(22, item);
    }
    if (const auto* value = objectIn(from, "items")) {
        Message item;
        item.message(1, schema(*value));
        made.message(23, item);
    }
    if (const auto* value = objectIn(from, "properties")) {
        Message properties;
        named(properties, *value, 1, schema);
        made.message(25, properties);
    }
    extensions(made, from, 31);
    return made;
}

// Parameters of a body, a path or the query.
Message parameter(const json::object& from) {
    const auto* place = from.if_contains("in");
    const bool required = from.contains("required") && from.at("required") == json::value(true);
    Message made, outer;
    if (place && *place == json::value("body")) {
        static constexpr std::array<TextField, 3> plain{{{"description", 1}, {"name", 2}, {"in", 3}}};
        texts(made, from, plain);
        made.flag(4, required);
        if (const auto* value = objectIn(from, "schema")) made.message(5, schema(*value));
        outer.message(1, made);
    } else {
        const bool path = place && *place == json::value("path");
        static constexpr std::array<TextField, 5> ofPath{{{"in", 2}, {"description", 3}, {"name", 4}, {"type", 5}, {"format", 6}}};
        static constexpr std::array<TextField, 5> ofQuery{{{"in", 2}, {"description", 3}, {"name", 4}, {"type", 6}, {"format", 7}}};
        made.flag(1, required);
        texts(made, from, path ? ofPath : ofQuery);
        made.flag(path ? 19 : 20, from.contains("uniqueItems") && from.at("uniqueItems") == json::value(true));
        Message kind;
        kind.message(path ? 4 : 3, made);
        outer.message(2, kind);
    }
    Message item;
    item.message(1, outer);
    return item;
}

void parameters(Message& into, const json::object& from, std::uint32_t number) {
    const auto* list = from.if_contains("parameters");
    if (!list || !list->is_array()) return;
    for (const auto& each : list->get_array())
        if (each.is_object()) into.message(number, parameter(each.get_object()));
}

Message response(const json::object& from) {
    static constexpr std::array<TextField, 1> plain{{{"description", 1}}};
    Message made, value;
    texts(made, from, plain);
    if (const auto* body = objectIn(from, "schema")) {
        Message item;
        item.message(1, schema(*body));
        made.message(2, item);
    }
    value.message(1, made);
    return value;
}

Message operation(const json::object& from) {
    static constexpr std::array<TextField, 3> plain{{{"summary", 2}, {"description", 3}, {"operationId", 5}}};
    Message made;
    textList(made, from, "tags", 1);
    texts(made, from, plain);
    textList(made, from, "produces", 6);
    textList(made, from, "consumes", 7);
    parameters(made, from, 8);
    if (const auto* responses = objectIn(from, "responses")) {
        Message all;
        named(all, *responses, 1, response);
        made.message(9, all);
    }
    extensions(made, from, 13);
    return made;
}

Message pathItem(const json::object& from) {
    static constexpr std::array<TextField, 5> methods{{{"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}}};
    Message made;
    for (const auto& [method, number] : methods)
        if (const auto* value = objectIn(from, method)) made.message(number, operation(*value));
    parameters(made, from, 9);
    return made;
}

}  // namespace

std::string encodeOpenApiV2(const json::object& document) {
    static constexpr std::array<TextField, 1> plain{{{"swagger", 1}}};
    static constexpr std::array<TextField, 2> ofInfo{{{"title", 1}, {"version", 2}}};
    Message made;
    texts(made, document, plain);
    if (const auto* value = objectIn(document, "info")) {
        Message info;
        texts(info, *value, ofInfo);
        made.message(2, info);
    }
    if (const auto* value = objectIn(document, "paths")) {
        Message paths;
        named(paths, *value, 2, pathItem);
        made.message(8, paths);
    }
    if (const auto* value = objectIn(document, "definitions")) {
        Message definitions;
        named(definitions, *value, 1, schema);
        made.message(9, definitions);
    }
    return made.take();
}

}  // namespace kubarium::api
