// Values seen through their type, as structured-merge-diff does: which parts of a tree are fields of their own, how two trees
// differ, how one is merged into the other. Lists with keys are walked by key, atomic ones are leaves.
#pragma once

#include "core/api/managed_fields.h"
#include "core/api/schema.h"

#include <string>
#include <vector>

namespace kubarium::api {

struct Comparison {
    FieldSet changed;  // what is new or differs
    FieldSet removed;
    bool same() const { return changed.empty() && removed.empty(); }
};

// What does not fit the type: `.spec.foo: field not declared in schema`.
std::vector<std::string> checkTyped(const Type&, const json::object&);
FieldSet toFieldSet(const Type&, const json::object&);
Comparison compareTyped(const Type&, const json::object& before, const json::object& after);
json::object mergeTyped(const Type&, const json::object& live, const json::object& applied);
// `object` without the list elements and fields that are members of `items`.
json::object removeItems(const Type&, const json::object& object, const FieldSet& items);
// The set with every field of a struct on the way to a member added.
FieldSet withNamedFields(const Type&, const FieldSet&);
// Every member as a path (".spec.ports[port=80]"): at each level the members first, then what is below.
std::vector<std::string> pathsOf(const FieldSet&);

}  // namespace kubarium::api
