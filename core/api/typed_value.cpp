#include "core/api/typed_value.h"

#include "core/api/codec.h"
#include "core/api/go_text.h"
#include "core/api/identical.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace kubarium::api {

namespace {

// A place in a tree: its shape, and the field it is the value of (null for elements).
struct Place {
    const Shape* shape;
    const Field* field = nullptr;

    const Type* structType() const { return shape->kind == ValueKind::Struct ? shape->type : nullptr; }
    bool isStruct() const { return shape->kind == ValueKind::Struct && !shape->type->atomic && !(field && field->atomicMap); }
    bool isMap() const { return shape->kind == ValueKind::Map && !(field && field->atomicMap); }
    bool isKeyedList() const { return shape->kind == ValueKind::List && field && field->listType != ListType::Atomic; }
    bool isObject() const { return isStruct() || isMap(); }

    // The place of a key of an object, if the type knows it.
    const Field* fieldOf(std::string_view key) const { return isStruct() ? shape->type->field(key) : nullptr; }
    Place element() const { return {shape->element, nullptr}; }
};

Place placeOf(const Field& field) { return {&field.shape, &field}; }

std::string fieldKey(std::string_view name) { return "f:" + std::string(name); }

// "k:{...}" or "v:..." of a list element; "" with `missing` set if a key field is absent and has no default.
std::string elementKey(const Place& list, const json::value& element, std::string* missing = nullptr) {
    if (list.field->listType == ListType::Set) return "v:" + toJson(element);
    const auto* object = element.if_object();
    const Type* type = list.shape->element->kind == ValueKind::Struct ? list.shape->element->type : nullptr;
    json::object keys;
    std::vector<std::string> names = list.field->listMapKeys;
    std::ranges::sort(names);
    for (const auto& name : names) {
        const auto* value = object ? object->if_contains(name) : nullptr;
        const auto* field = type ? type->field(name) : nullptr;
        if (value && !value->is_null()) keys.emplace(name, *value);
        else if (field && !field->defaultValue.is_null()) keys.emplace(name, field->defaultValue);
        else if (missing) *missing = name;
    }
    return "k:" + toJson(keys);
}

std::string shownElement(const std::string& key) {
    if (key.starts_with("v:")) return "[=" + key.substr(2) + "]";
    std::string result;
    const auto keys = parseJson(key.substr(2));
    if (!keys || !keys->value.is_object()) return "[" + key.substr(2) + "]";
    for (const auto& [name, value] : keys->value.get_object()) result += fmt::format("{}{}={}", result.empty() ? "" : ",", std::string_view(name), toJson(value));
    return "[" + result + "]";
}

struct Elements {
    std::vector<std::string> order;
    std::map<std::string, const json::value*> byKey;
};

Elements elementsOf(const Place& list, const json::value* value) {
    Elements elements;
    const auto* array = value ? value->if_array() : nullptr;
    if (!array) return elements;
    for (const auto& element : *array) {
        auto key = elementKey(list, element);
        elements.byKey.emplace(key, &element);
        elements.order.push_back(std::move(key));
    }
    return elements;
}

bool emptyObject(const json::value* value) {
    const auto* object = value ? value->if_object() : nullptr;
    return !object || object->empty();
}

bool emptyArray(const json::value* value) {
    const auto* array = value ? value->if_array() : nullptr;
    return !array || array->empty();
}

// A decoded JSON value's type as %T prints it.
std::string_view goTypeOf(const json::value& value) {
    if (value.is_string()) return "string";
    if (value.is_bool()) return "bool";
    return value.is_array() ? "[]interface {}" : "map[string]interface {}";
}

// ---- Checking -------------------------------------------------------------------------------------------------------------

class Checker {
public:
    std::vector<std::string> errors;

    void check(const Place& place, const json::value& value, const std::string& path) {
        if (value.is_null()) return;
        const auto fail = [&](std::string_view expected) {
            errors.push_back(fmt::format("{}: expected {}, got &value.valueUnstructured{{Value:{}}}", path, expected, shown(value)));
        };
        switch (place.shape->kind) {
        case ValueKind::String:
        case ValueKind::Bytes:
        case ValueKind::Time:
        case ValueKind::MicroTime:
            if (!value.is_string()) fail("string");
            return;
        case ValueKind::Boolean:
            if (!value.is_bool()) fail("boolean");
            return;
        case ValueKind::Int32:
        case ValueKind::Int64:
        case ValueKind::Double:
            if (!value.is_number()) errors.push_back(fmt::format("{}: expected numeric (int or float), got {}", path, goTypeOf(value)));
            return;
        case ValueKind::Struct:
            if (!value.is_object()) return fail("map");
            return object(place, value.get_object(), path);
        case ValueKind::Map:
            if (!value.is_object()) return fail("map");
            for (const auto& [key, inner] : value.get_object()) check(place.element(), inner, path + "." + std::string(key));
            return;
        case ValueKind::List:
            if (!value.is_array()) return fail("list");
            return list(place, value.get_array(), path);
        default: return;
        }
    }

private:
    static std::string shown(const json::value& value) { return value.is_string() ? goQuote(value.get_string()) : goFormat(value); }

    void object(const Place& place, const json::object& object, const std::string& path) {
        for (const auto& [key, inner] : object) {
            const auto below = path + "." + std::string(key);
            const auto* field = place.structType()->field(key);
            if (field) check(placeOf(*field), inner, below);
            else if (!place.structType()->keepUnknownFields) errors.push_back(below + ": field not declared in schema");
        }
    }
    void list(const Place& place, const json::array& array, const std::string& path) {
        std::map<std::string, int> seen;
        for (std::size_t i = 0; i < array.size(); ++i) {
            if (!place.isKeyedList()) {
                check(place.element(), array[i], path + fmt::format("[{}]", i));
                continue;
            }
            if (array[i].is_null()) {
                errors.push_back(fmt::format("{}: element {}: associative list with keys may not have a null element", path, i));
                continue;
            }
            std::string missing;
            const auto key = elementKey(place, array[i], &missing);
            if (!missing.empty()) {
                errors.push_back(fmt::format("{}: element {}: associative list with keys has an element that omits key field \"{}\" (and doesn't have default value)", path, i, missing));
                continue;
            }
            if (++seen[key] == 2) errors.push_back(fmt::format("{}: duplicate entries for key {}", path, shownElement(key)));
            check(place.element(), array[i], path + shownElement(key));
        }
    }
};

// ---- Field sets -----------------------------------------------------------------------------------------------------------

void collect(const Place& place, const json::value& value, FieldSet& set) {
    if (place.isObject()) {
        const auto* object = value.if_object();
        if (!object) return;
        for (const auto& [key, inner] : *object) {
            const auto* field = place.fieldOf(key);
            auto& child = set.children[fieldKey(key)];
            if (field) collect(placeOf(*field), inner, child);
            else if (place.isMap()) collect(place.element(), inner, child);
            const bool nothing = inner.is_null() || (inner.is_object() && inner.get_object().empty());
            if (nothing || !field) child.member = true;
            if (child.empty()) set.children.erase(fieldKey(key));
        }
    } else if (place.isKeyedList()) {
        const auto* array = value.if_array();
        if (!array) return;
        for (const auto& element : *array) {
            auto& child = set.children[elementKey(place, element)];
            collect(place.element(), element, child);
            child.member = true;
        }
    } else {
        set.member = true;
    }
}

bool isLeaf(const Place& place, const json::value& value) {
    return place.isKeyedList() ? emptyArray(&value) : place.isObject() ? emptyObject(&value) : true;
}

// Everything of a tree that is there on one side only.
void addAll(const Place& place, const json::value& value, FieldSet& set) {
    set.member = true;
    if (isLeaf(place, value)) return;
    FieldSet::Children::sequence_type children;
    const auto add = [&](std::string key, const Place& below, const json::value& inner) {
        addAll(below, inner, children.emplace_back(std::move(key), FieldSet()).second);
    };
    if (place.isObject()) {
        children.reserve(value.get_object().size());
        for (const auto& [key, inner] : value.get_object()) {
            const auto* field = place.fieldOf(key);
            if (field || place.isMap()) add(fieldKey(key), field ? placeOf(*field) : place.element(), inner);
        }
    } else {
        for (const auto& element : value.get_array()) add(elementKey(place, element), place.element(), element);
    }
    // Of elements with the same key the first counts.
    std::ranges::stable_sort(children, {}, &FieldSet::Children::value_type::first);
    const auto same = std::ranges::unique(children, {}, &FieldSet::Children::value_type::first);
    children.erase(same.begin(), same.end());
    set.children.adopt_sequence(boost::container::ordered_unique_range, std::move(children));
}

class Comparer {
public:
    // The two sets are at the node of this place.
    void compare(const Place& place, const json::value* before, const json::value* after, FieldSet& changed, FieldSet& removed) {
        if (!before && !after) return;
        if (!before) return addAll(place, *after, changed);
        if (!after) return addAll(place, *before, removed);
        if (isLeaf(place, *before) && isLeaf(place, *after)) {
            if (*before != *after) changed.member = true;
            return;
        }
        if (place.isObject()) return compareFields(place, before->if_object(), after->if_object(), changed, removed);
        const auto left = elementsOf(place, before), right = elementsOf(place, after);
        const auto valueIn = [](const Elements& elements, const std::string& key) -> const json::value* {
            const auto it = elements.byKey.find(key);
            return it == elements.byKey.end() ? nullptr : it->second;
        };
        for (const auto& [key, value] : left.byKey) descend(place.element(), key, value, valueIn(right, key), changed, removed);
        for (const auto& [key, value] : right.byKey)
            if (!left.byKey.contains(key)) descend(place.element(), key, nullptr, value, changed, removed);
    }

    void compareFields(const Place& place, const json::object* before, const json::object* after, FieldSet& changed, FieldSet& removed) {
        const auto member = [](const json::object* of, std::string_view key) { return of ? of->if_contains(key) : nullptr; };
        const auto each = [&](const json::object* from, const json::object* except) {
            if (!from) return;
            for (const auto& inner : *from) {
                if (member(except, inner.key())) continue;
                const auto* field = place.fieldOf(inner.key());
                if (!field && !place.isMap()) continue;
                descend(field ? placeOf(*field) : place.element(), fieldKey(inner.key()), member(before, inner.key()), member(after, inner.key()), changed, removed);
            }
        };
        each(before, nullptr);
        each(after, before);
    }

private:
    void descend(const Place& place, std::string key, const json::value* before, const json::value* after, FieldSet& changed, FieldSet& removed) {
        if (before && after && identical(*before, *after)) return;
        FieldSet c, r;
        compare(place, before, after, c, r);
        if (!r.empty()) removed.children.emplace(key, std::move(r));
        if (!c.empty()) changed.children.emplace(std::move(key), std::move(c));
    }
};

// ---- Merging --------------------------------------------------------------------------------------------------------------

json::value merged(const Place& place, const json::value* live, const json::value* applied);

json::value mergedList(const Place& place, const json::value& live, const json::value& applied) {
    const auto left = elementsOf(place, &live), right = elementsOf(place, &applied);
    std::vector<std::string> shared;
    for (const auto& key : right.order)
        if (left.byKey.contains(key)) shared.push_back(key);
    std::size_t nextShared = 0, l = 0, r = 0;
    json::array out;
    while (l < left.order.size() || r < right.order.size()) {
        if (l < left.order.size() && r < right.order.size()) {
            const auto& key = left.order[l];
            if (key == right.order[r]) {
                out.push_back(merged(place.element(), left.byKey.at(key), right.byKey.at(key)));
                if (nextShared < shared.size() && shared[nextShared] == key) ++nextShared;
                ++l, ++r;
                continue;
            }
            if (right.byKey.contains(key) && nextShared < shared.size() && shared[nextShared] != key) {
                ++l;
                continue;
            }
        }
        if (l < left.order.size() && !right.byKey.contains(left.order[l])) {
            out.push_back(*left.byKey.at(left.order[l++]));
            continue;
        }
        if (r < right.order.size()) {
            const auto& key = right.order[r++];
            const auto it = left.byKey.find(key);
            out.push_back(merged(place.element(), it == left.byKey.end() ? nullptr : it->second, right.byKey.at(key)));
            if (nextShared < shared.size() && shared[nextShared] == key) ++nextShared;
        } else {
            ++l;
        }
    }
    return out;
}

json::value merged(const Place& place, const json::value* live, const json::value* applied) {
    if (!applied) return live ? *live : json::value();
    if (!live || live->is_null()) return *applied;
    if (place.isObject() && live->is_object() && applied->is_object()) {
        json::object out = live->get_object();
        for (const auto& [key, inner] : applied->get_object()) {
            const auto* field = place.fieldOf(key);
            const auto* before = out.if_contains(key);
            if (!before || (!field && !place.isMap())) out.insert_or_assign(key, inner);
            else out[key] = merged(field ? placeOf(*field) : place.element(), before, &inner);
        }
        return out;
    }
    if (place.isKeyedList() && live->is_array() && applied->is_array()) return mergedList(place, *live, *applied);
    return *applied;
}

json::value without(const Place& place, const json::value& value, const FieldSet& items) {
    if (place.isObject() && value.is_object()) {
        json::object out;
        for (const auto& [key, inner] : value.get_object()) {
            const auto it = items.children.find(fieldKey(key));
            if (it == items.children.end()) {
                out.emplace(key, inner);
            } else if (!it->second.member) {
                const auto* field = place.fieldOf(key);
                if (field || place.isMap()) out.emplace(key, without(field ? placeOf(*field) : place.element(), inner, it->second));
                else out.emplace(key, inner);
            }
        }
        return out;
    }
    if (place.isKeyedList() && value.is_array()) {
        json::array out;
        for (const auto& element : value.get_array()) {
            const auto it = items.children.find(elementKey(place, element));
            if (it == items.children.end()) out.push_back(element);
            else if (!it->second.member) out.push_back(without(place.element(), element, it->second));
        }
        return out;
    }
    return value;
}

FieldSet named(const Place& place, const FieldSet& set) {
    FieldSet result;
    result.member = set.member;
    for (const auto& [key, child] : set.children) {
        if (key.starts_with("f:") && place.isObject()) {
            const auto* field = place.fieldOf(std::string_view(key).substr(2));
            auto below = field ? named(placeOf(*field), child) : place.isMap() ? named(place.element(), child) : child;
            if (field) below.member = true;
            result.children.emplace(key, std::move(below));
        } else if (place.shape->kind == ValueKind::List) {
            result.children.emplace(key, named(place.element(), child));
        } else {
            result.children.emplace(key, child);
        }
    }
    return result;
}

Shape shapeOf(const Type& type) { return {ValueKind::Struct, &type, nullptr}; }

void addPaths(const FieldSet& set, const std::string& path, std::vector<std::string>& into) {
    const auto below = [&](const std::string& key) { return path + (key.starts_with("f:") ? "." + key.substr(2) : shownElement(key)); };
    for (const auto& [key, child] : set.children)
        if (child.member) into.push_back(below(key));
    for (const auto& [key, child] : set.children) addPaths(child, below(key), into);
}

}  // namespace

std::vector<std::string> checkTyped(const Type& type, const json::object& object) {
    const auto shape = shapeOf(type);
    Checker checker;
    checker.check({&shape}, json::value(object), "");
    return checker.errors;
}

FieldSet toFieldSet(const Type& type, const json::object& object) {
    const auto shape = shapeOf(type);
    FieldSet set;
    collect({&shape}, json::value(object), set);
    set.member = false;
    return set;
}

Comparison compareTyped(const Type& type, const json::object& before, const json::object& after) {
    const auto shape = shapeOf(type);
    Comparison result;
    Comparer().compareFields({&shape}, &before, &after, result.changed, result.removed);
    return result;
}

json::object mergeTyped(const Type& type, const json::object& live, const json::object& applied) {
    const auto shape = shapeOf(type);
    const json::value left(live), right(applied);
    return merged({&shape}, &left, &right).get_object();
}

json::object removeItems(const Type& type, const json::object& object, const FieldSet& items) {
    const auto shape = shapeOf(type);
    return without({&shape}, json::value(object), items).get_object();
}

FieldSet withNamedFields(const Type& type, const FieldSet& set) {
    const auto shape = shapeOf(type);
    return named({&shape}, set);
}

std::vector<std::string> pathsOf(const FieldSet& set) {
    std::vector<std::string> result;
    addPaths(set, "", result);
    return result;
}

}  // namespace kubarium::api
