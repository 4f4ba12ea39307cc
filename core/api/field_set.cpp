#include "core/api/managed_fields.h"

#include <boost/json.hpp>

namespace kubarium::api {

FieldSet FieldSet::fromJson(const json::object& fieldsV1) {
    FieldSet set;
    for (const auto& [key, value] : fieldsV1) {
        if (key == ".") {
            set.member = true;
            continue;
        }
        FieldSet child;
        if (const auto* nested = value.if_object(); nested && !nested->empty()) child = fromJson(*nested);
        else child.member = true;
        set.children.emplace(key, std::move(child));
    }
    return set;
}

json::object FieldSet::toJson() const {
    json::object object;
    object.reserve(children.size() + 1);
    if (member && !children.empty()) object.emplace(".", json::object());
    for (const auto& [key, child] : children) object.emplace(key, child.toJson());
    return object;
}

FieldSet FieldSet::unionWith(const FieldSet& other) const {
    FieldSet result = *this;
    result.member = member || other.member;
    for (const auto& [key, child] : other.children) {
        const auto [it, added] = result.children.emplace(key, child);
        if (!added) it->second = it->second.unionWith(child);
    }
    return result;
}

FieldSet FieldSet::minus(const FieldSet& other) const {
    FieldSet result;
    result.member = member && !other.member;
    for (const auto& [key, child] : children) {
        const auto it = other.children.find(key);
        auto rest = it == other.children.end() ? child : child.minus(it->second);
        if (!rest.empty()) result.children.emplace(key, std::move(rest));
    }
    return result;
}

void FieldSet::add(FieldSet&& other) {
    member |= other.member;
    if (children.empty()) return children.swap(other.children);
    for (auto& [key, child] : other.children) {
        // Moved only if the key is new.
        const auto [it, added] = children.try_emplace(key, std::move(child));
        if (!added) it->second.add(std::move(child));
    }
}

void FieldSet::subtract(const FieldSet& other) {
    member &= !other.member;
    for (const auto& [key, theirs] : other.children)
        if (const auto it = children.find(key); it != children.end()) {
            it->second.subtract(theirs);
            if (it->second.empty()) children.erase(it);
        }
}

FieldSet FieldSet::intersection(const FieldSet& other) const {
    FieldSet result;
    result.member = member && other.member;
    for (const auto& [key, child] : children) {
        const auto it = other.children.find(key);
        if (it == other.children.end()) continue;
        auto both = child.intersection(it->second);
        if (!both.empty()) result.children.emplace(key, std::move(both));
    }
    return result;
}

}  // namespace kubarium::api
