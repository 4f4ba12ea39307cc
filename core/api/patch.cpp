#include "core/api/patch.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace kubarium::api {

namespace {

Error cannotApply() {
    return makeError(Reason::Invalid, "the server rejected our request due to an error in our request");
}

std::string_view kindName(const json::value& value) {
    switch (value.kind()) {
    case json::kind::object: return "object";
    case json::kind::array: return "array";
    case json::kind::string: return "string";
    case json::kind::bool_: return "bool";
    case json::kind::null: return "null";
    default: return "number";
    }
}

// RFC 6901: the reference tokens of a pointer, unescaped; nullopt if it is none.
std::optional<std::vector<std::string>> tokens(std::string_view pointer) {
    std::vector<std::string> result;
    if (pointer.empty()) return result;
    if (pointer.front() != '/') return std::nullopt;
    for (std::size_t start = 1;;) {
        const auto end = pointer.find('/', start);
        std::string token;
        const auto raw = pointer.substr(start, end == pointer.npos ? end : end - start);
        for (std::size_t i = 0; i < raw.size(); ++i) {
            if (raw[i] == '~' && i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1')) token += raw[++i] == '0' ? '~' : '/';
            else token += raw[i];
        }
        result.push_back(std::move(token));
        if (end == pointer.npos) return result;
        start = end + 1;
    }
}

std::optional<std::size_t> arrayIndex(std::string_view token, std::size_t size) {
    std::int64_t index = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
    if (index < 0) index += static_cast<std::int64_t>(size);
    if (index < 0 || index > static_cast<std::int64_t>(size)) return std::nullopt;
    return static_cast<std::size_t>(index);
}

class JsonPatcher {
public:
    explicit JsonPatcher(json::value& document) : document_(document) {}

    bool apply(const json::object& operation) {
        const auto op = member(operation, "op");
        const auto path = tokens(member(operation, "path"));
        if (!path) return false;
        const auto* value = operation.if_contains("value");
        if (op == "add") return value && add(*path, *value);
        if (op == "remove") return remove(*path);
        if (op == "replace") return value && replace(*path, *value);
        if (op == "test") {
            const auto* present = find(*path);
            if (!present) return !value || value->is_null();
            return value ? equal(*present, *value) : present->is_null();
        }
        if (op != "move" && op != "copy") return false;
        const auto from = tokens(member(operation, "from"));
        const auto* source = from ? find(*from) : nullptr;
        if (!source) return false;
        const json::value copy = *source;
        if (op == "move" && !remove(*from)) return false;
        return add(*path, copy);
    }

private:
    static std::string_view member(const json::object& operation, std::string_view key) {
        const auto* value = operation.if_contains(key);
        const auto* text = value ? value->if_string() : nullptr;
        return text ? std::string_view(*text) : std::string_view();
    }
    static bool equal(const json::value& a, const json::value& b) {
        if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
        return a == b;
    }
    json::value* find(std::span<const std::string> path) {
        json::value* current = &document_;
        for (const auto& token : path) {
            if (auto* object = current->if_object()) {
                current = object->if_contains(token);
                if (!current) return nullptr;
            } else if (auto* array = current->if_array()) {
                const auto index = arrayIndex(token, array->size());
                if (!index || *index >= array->size()) return nullptr;
                current = &(*array)[*index];
            } else {
                return nullptr;
            }
        }
        return current;
    }
    json::value* parent(const std::vector<std::string>& path) { return find(std::span(path).first(path.size() - 1)); }

    bool add(const std::vector<std::string>& path, const json::value& value) {
        if (path.empty()) {
            document_ = value;
            return true;
        }
        auto* container = parent(path);
        if (!container) return false;
        if (auto* object = container->if_object()) {
            object->insert_or_assign(path.back(), value);
            return true;
        }
        auto* array = container->if_array();
        if (!array) return false;
        const auto index = path.back() == "-" ? std::optional(array->size()) : arrayIndex(path.back(), array->size());
        if (!index) return false;
        array->insert(array->begin() + static_cast<std::ptrdiff_t>(*index), value);
        return true;
    }
    bool remove(const std::vector<std::string>& path) {
        if (path.empty()) return false;
        auto* container = parent(path);
        if (!container) return false;
        if (auto* object = container->if_object()) {
            const auto it = object->find(path.back());
            if (it == object->end()) return false;
            object->stable_erase(it);
            return true;
        }
        auto* array = container->if_array();
        const auto index = array ? arrayIndex(path.back(), array->size()) : std::nullopt;
        if (!index || *index >= array->size()) return false;
        array->erase(array->begin() + static_cast<std::ptrdiff_t>(*index));
        return true;
    }
    // The library of the API server lets replace add a key to an object that exists.
    bool replace(const std::vector<std::string>& path, const json::value& value) {
        if (path.empty()) {
            document_ = value;
            return true;
        }
        auto* container = parent(path);
        if (!container) return false;
        if (auto* object = container->if_object()) {
            object->insert_or_assign(path.back(), value);
            return true;
        }
        auto* array = container->if_array();
        const auto index = array ? arrayIndex(path.back(), array->size()) : std::nullopt;
        if (!index || *index >= array->size()) return false;
        (*array)[*index] = value;
        return true;
    }

    json::value& document_;
};

void merge(json::value& target, const json::value& patch) {
    const auto* members = patch.if_object();
    if (!members) {
        target = patch;
        return;
    }
    auto& object = target.is_object() ? target.get_object() : target.emplace_object();
    for (const auto& [key, value] : *members) {
        if (value.is_null()) {
            if (const auto it = object.find(key); it != object.end()) object.stable_erase(it);
        } else {
            merge(object[key], value);
        }
    }
}

}  // namespace

Result<json::value> applyJsonPatch(json::value document, const json::value& patch) {
    const auto* operations = patch.if_array();
    if (!operations) return badRequest(fmt::format("error decoding patch: json: cannot unmarshal {} into Go value of type []handlers.jsonPatchOp", kindName(patch)));
    if (operations->size() > 10000) {
        auto error = makeError(Reason::RequestEntityTooLarge, fmt::format("The allowed maximum operations in a JSON patch is 10000, got {}", operations->size()));
        return error;
    }
    JsonPatcher patcher(document);
    for (const auto& operation : *operations) {
        const auto* object = operation.if_object();
        if (!object) return badRequest(fmt::format("error decoding patch: json: cannot unmarshal {} into Go value of type handlers.jsonPatchOp", kindName(operation)));
        if (!patcher.apply(*object)) return cannotApply();
    }
    return document;
}

Result<json::value> applyMergePatch(json::value document, const json::value& patch) {
    if (!patch.is_object())
        return badRequest(fmt::format("error decoding patch: json: cannot unmarshal {} into Go value of type map[string]interface {{}}", kindName(patch)));
    merge(document, patch);
    return document;
}

}  // namespace kubarium::api
