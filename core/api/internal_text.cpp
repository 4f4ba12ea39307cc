#include "core/api/internal_text.h"

#include "core/api/go_text.h"
#include "core/api/schema.h"
#include "core/api/validation_rules.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::api {

namespace {

const json::object& types() {
    static const json::value parsed = json::parse(embeddedResource("internal.json"));
    return parsed.as_object();
}

std::string shown(std::string_view type, const json::value* value, const json::object& around);

std::string metadataMembers(const json::object& metadata) {
    json::object plain = metadata;
    std::string owners;
    if (const auto& list = arrayAt(metadata, "ownerReferences"); !list.empty())
        owners = "\"ownerReferences\":" + goList(list, [](const json::value& owner) { return goStruct(asObject(owner), {"apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"}); });
    for (auto it = plain.begin(); it != plain.end();) it = it->value().is_null() ? plain.stable_erase(it) : it + 1;
    const auto without = [](std::string text) { return text.substr(1, text.size() - 2); };
    std::string result;
    for (const auto& part : {without(goStruct(plain, {"name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations"})),
                             owners, without(goStruct(plain, {"finalizers"}))})
        if (!part.empty()) result += (result.empty() ? "" : ",") + part;
    return result;
}

// The members of a struct, without braces.
std::string members(std::string_view type, const json::object& object, const json::object& around) {
    std::string result;
    for (const auto& element : types().at(type).as_array()) {
        const auto& field = element.as_array();
        const std::string_view name = field[0].as_string(), key = field[1].as_string(), of = field[2].as_string();
        const auto* value = key.starts_with("../") ? valueAt(around, key.substr(3)) : valueAt(object, key);
        std::string text;
        if (of == "metadata") {
            // Its fields are those of the struct that it is part of.
            text = value && value->is_object() ? metadataMembers(value->get_object()) : "";
        } else {
            text = goQuote(name) + ":" + shown(of, value, object);
        }
        if (!text.empty()) result += (result.empty() ? "" : ",") + text;
    }
    return result;
}

std::string shown(std::string_view type, const json::value* value, const json::object& around) {
    if (type.starts_with("[]")) return value && value->is_array() ? goList(value->get_array(), [&](const json::value& one) { return shown(type.substr(2), &one, around); }) : "null";
    if (type.starts_with('*')) return value ? shown(type.substr(1), value, around) : "null";
    if (type == "selector") return shownSelector(value);
    if (types().contains(type)) return "{" + members(type, value ? asObject(*value) : json::object(), around) + "}";
    if (value) return goJson(*value);
    return type == "string" ? "\"\"" : type == "boolean" ? "false" : type == "number" ? "0" : type == "quantity" ? "\"0\"" : "null";
}

}  // namespace

std::string internalText(std::string_view type, const json::object& object) {
    static const json::object nothing;
    return "{" + members(type, object, nothing) + "}";
}

}  // namespace kubarium::api
