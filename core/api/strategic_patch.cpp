// Strategic merge patch: a merge patch that knows from the type which lists are keyed ("containers" by "name"), so that a patch
// can change one element. Elements of the patch come first; $setElementOrder says otherwise. Numbers and wording of the
// failures are those of the API server: a patch that cannot be merged is its internal error.
#include "core/api/go_text.h"
#include "core/api/patch.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kubarium::api {

namespace {

constexpr std::string_view directive = "$patch";
constexpr std::string_view retainKeys = "$retainKeys";
constexpr std::string_view setElementOrder = "$setElementOrder/";
constexpr std::string_view deleteFromPrimitiveList = "$deleteFromPrimitiveList/";

Error mergeError(std::string message) {
    Error error = makeError(Reason::Unknown, std::move(message));
    error.code = 500;
    return error;
}

const json::value* member(const json::value& value, std::string_view key) {
    const auto* object = value.if_object();
    return object ? object->if_contains(key) : nullptr;
}

std::ptrdiff_t indexIn(const json::array& list, const json::value& item, const std::string& mergeKey) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (mergeKey.empty()) {
            if (list[i] == item) return static_cast<std::ptrdiff_t>(i);
        } else {
            const auto* a = member(list[i], mergeKey);
            const auto* b = member(item, mergeKey);
            if (a && b && *a == *b) return static_cast<std::ptrdiff_t>(i);
        }
    }
    return -1;
}

json::array sortedBy(json::array items, const json::array& order, const std::string& mergeKey) {
    std::ranges::stable_sort(items, {}, [&](const json::value& item) { return indexIn(order, item, mergeKey); });
    return items;
}

// Elements that the patch names come in its order, the others in the order that they have on the server, interleaved as far as
// the server's order allows.
json::array inOrder(const json::array& merged, const json::array& patchOrder, const json::array& serverOrder, const std::string& mergeKey) {
    json::array named, others;
    for (const auto& item : merged) (indexIn(patchOrder, item, mergeKey) >= 0 ? named : others).push_back(item);
    named = sortedBy(std::move(named), patchOrder, mergeKey);
    others = sortedBy(std::move(others), serverOrder, mergeKey);
    json::array result;
    std::size_t i = 0, j = 0;
    while (i < others.size() || j < named.size()) {
        bool takeOther = j >= named.size();
        if (i < others.size() && j < named.size()) {
            const auto left = indexIn(serverOrder, others[i], mergeKey);
            const auto right = indexIn(serverOrder, named[j], mergeKey);
            takeOther = left >= 0 && right >= 0 && left < right;
        }
        result.push_back(takeOther ? others[i++] : named[j++]);
    }
    return result;
}

// What is new in the object is taken from the patch without its directives. False: nothing is left to take.
bool dropDirectives(json::value& value) {
    if (auto* object = value.if_object()) {
        if (object->contains(directive)) return false;
        for (auto it = object->begin(); it != object->end();) {
            const std::string_view key = it->key();
            const bool isDirective = key == retainKeys || key.starts_with(setElementOrder) || key.starts_with(deleteFromPrimitiveList);
            if (isDirective || it->value().is_null() || !dropDirectives(it->value())) it = object->stable_erase(it);
            else ++it;
        }
    } else if (auto* array = value.if_array()) {
        json::array kept;
        for (auto& element : *array)
            if (dropDirectives(element)) kept.push_back(element);
        *array = std::move(kept);
    }
    return true;
}

class StrategicMerger {
public:
    // `type` null: a map without schema.
    Result<json::value> mergeObject(json::object original, json::object patch, const Type* type) {
        if (const auto* mode = patch.if_contains(directive)) {
            const auto* text = mode->if_string();
            if (text && *text == "delete") return json::value(json::object());
            if (text && *text == "replace") {
                patch.erase(directive);
                return json::value(std::move(patch));
            }
            return mergeError(fmt::format("unknown patch type: {} in map: {}", goFormat(*mode), goFormat(json::value(patch))));
        }
        TRY(keepOnly(original, patch));
        TRY(mergeOrderedLists(original, patch, type));
        for (auto& [patchKey, value] : patch) TRY(mergeMember(original, patchKey, value, type));
        return json::value(std::move(original));
    }

private:
    Result<void> keepOnly(json::object& original, json::object& patch) {
        const auto* list = patch.if_contains(retainKeys);
        if (!list) return {};
        const auto* names = list->if_array();
        if (!names) return mergeError("invalid patch format of $retainKeys");
        std::set<std::string> keep;
        for (const auto& name : *names)
            if (name.is_string()) keep.emplace(name.get_string());
        for (const auto& patchMember : patch) {
            const std::string_view key = patchMember.key();
            if (key == retainKeys || key.starts_with("$") || keep.contains(std::string(key)) || patchMember.value().is_null()) continue;
            return mergeError("unable to apply $retainKeys: the list does not contain all keys of the patch");
        }
        for (auto it = original.begin(); it != original.end();) it = keep.contains(std::string(it->key())) ? it + 1 : original.stable_erase(it);
        patch.erase(retainKeys);
        return {};
    }

    Result<void> mergeOrderedLists(json::object& original, json::object& patch, const Type* type) {
        std::vector<std::string> names;
        for (const auto& patchMember : patch)
            if (std::string_view(patchMember.key()).starts_with(setElementOrder)) names.emplace_back(std::string_view(patchMember.key()).substr(setElementOrder.size()));
        for (const auto& name : names) {
            const json::value order = patch.at(std::string(setElementOrder) + name);
            patch.erase(std::string(setElementOrder) + name);
            const auto* orderList = order.if_array();
            if (!orderList) return mergeError("invalid patch format of setElementOrder list");
            const auto* field = type ? type->field(name) : nullptr;
            if (!field) return mergeError(fmt::format("unable to find api field in struct {} for the json field \"{}\"", type ? type->shortName : "map", name));
            const auto* patchValue = patch.if_contains(name);
            const auto* originalValue = original.if_contains(name);
            const json::array before = originalValue && originalValue->is_array() ? originalValue->get_array() : json::array();
            json::array merged = before;
            if (patchValue && patchValue->is_array()) {
                json::value patchCopy = *patchValue;
                if (!originalValue) {
                    merged = dropDirectives(patchCopy) ? patchCopy.get_array() : json::array();
                } else if (field->patchMerge) {
                    merged = TRY(mergeList(before, patchCopy.get_array(), *field));
                } else {
                    merged = patchCopy.get_array();
                }
            } else if (!originalValue) {
                continue;
            }
            original[name] = inOrder(merged, *orderList, before, field->patchMergeKey);
            patch.erase(name);
        }
        return {};
    }

    Result<void> mergeMember(json::object& original, std::string_view patchKey, json::value& value, const Type* type) {
        const bool deletes = patchKey.starts_with(deleteFromPrimitiveList);
        const auto key = deletes ? patchKey.substr(deleteFromPrimitiveList.size()) : patchKey;
        auto* present = original.if_contains(key);
        if (value.is_null()) {
            if (const auto it = original.find(key); it != original.end()) original.stable_erase(it);
            return {};
        }
        if (!present) {
            if (!deletes && dropDirectives(value)) original.emplace(key, std::move(value));
            return {};
        }
        const auto* field = type ? type->field(key) : nullptr;
        if (present->is_object() && value.is_object()) {
            if (field && field->patchReplace) {
                *present = std::move(value);
                return {};
            }
            const Type* nested = field && field->shape.kind == ValueKind::Struct ? field->shape.type : nullptr;
            *present = TRY(mergeObject(std::move(present->get_object()), std::move(value.get_object()), nested));
            return {};
        }
        if (present->is_array() && value.is_array()) {
            if (deletes) {
                json::array kept;
                for (const auto& item : present->get_array())
                    if (indexIn(value.get_array(), item, {}) < 0) kept.push_back(item);
                *present = std::move(kept);
            } else if (field && field->patchMerge) {
                *present = TRY(mergeList(std::move(present->get_array()), std::move(value.get_array()), *field));
            } else {
                *present = std::move(value);
            }
            return {};
        }
        *present = std::move(value);
        return {};
    }

    Result<json::array> mergeList(json::array original, json::array patch, const Field& field) {
        if (original.empty() && patch.empty()) return original;
        const bool objects = std::ranges::any_of(patch, [](const auto& item) { return item.is_object(); }) ||
                             (patch.empty() && !original.empty() && original.front().is_object());
        if (!objects) {
            json::array both = original;
            for (const auto& item : patch)
                if (indexIn(both, item, {}) < 0) both.push_back(item);
            return inOrder(both, patch, original, {});
        }
        const auto& key = field.patchMergeKey;
        if (key.empty()) return mergeError(fmt::format("cannot merge lists without merge key for {}", field.name));
        json::array plain;
        bool replace = false;
        for (auto& item : patch) {
            if (!item.is_object()) return mergeError("lists of mixed types cannot be merged");
            const auto* mode = member(item, directive);
            if (!mode) {
                plain.push_back(item);
                continue;
            }
            if (mode->is_string() && mode->get_string() == "replace") {
                replace = true;
            } else if (mode->is_string() && mode->get_string() == "delete") {
                if (!member(item, key)) return noMergeKey(item, key);
                json::array kept;
                for (const auto& element : original)
                    if (indexIn(json::array{item}, element, key) < 0) kept.push_back(element);
                original = std::move(kept);
            } else if (mode->is_string() && mode->get_string() == "merge") {
                return mergeError("merging lists cannot yet be specified in the patch");
            } else {
                return mergeError(fmt::format("unknown patch type: {} in map: {}", goFormat(*mode), goFormat(item)));
            }
        }
        if (replace) return plain;
        const json::array before = original;
        const Type* elementType = field.shape.element && field.shape.element->kind == ValueKind::Struct ? field.shape.element->type : nullptr;
        for (auto& item : plain) {
            if (!member(item, key)) return noMergeKey(item, key);
            const auto index = indexIn(original, item, key);
            if (index < 0) {
                json::value added = item;
                if (dropDirectives(added)) original.push_back(std::move(added));
            } else {
                auto& element = original[static_cast<std::size_t>(index)];
                if (element.is_object()) element = TRY(mergeObject(std::move(element.get_object()), item.get_object(), elementType));
            }
        }
        for (const auto& element : original)
            if (!member(element, key)) return noMergeKey(element, key);
        return inOrder(original, plain, before, key);
    }
    static Error noMergeKey(const json::value& item, const std::string& key) {
        return mergeError(fmt::format("map: {} does not contain declared merge key: {}", goFormat(item), key));
    }
};

}  // namespace

Result<json::value> applyStrategicMergePatch(const Type& type, json::value document, const json::value& patch) {
    if (!patch.is_object()) return badRequest("error decoding patch: json: cannot unmarshal a value that is no object into Go value of type map[string]interface {}");
    json::object original = document.is_object() ? std::move(document.get_object()) : json::object();
    return StrategicMerger().mergeObject(std::move(original), patch.get_object(), &type);
}

}  // namespace kubarium::api
