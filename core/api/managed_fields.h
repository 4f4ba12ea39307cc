// Who owns which field: metadata.managedFields and server-side apply (structured-merge-diff). Each manager has, per operation,
// API version and subresource, a set of field paths (FieldsV1: "f:" a field, "k:" a list element by keys, "v:" by value,
// "." the thing itself). Applying merges the manager's intent into the object, refuses to change what others own unless
// forced, and removes what the manager applied before, applies no longer, and nobody else owns.
#pragma once

#include "core/api/object.h"
#include "core/api/schema.h"
#include "core/base/clock.h"
#include "core/base/result.h"

#include <boost/container/flat_map.hpp>

#include <map>
#include <string>
#include <string_view>

namespace kubarium::api {

// A set of paths as a tree. Path elements are written as in FieldsV1 ("f:spec", "k:{\"name\":\"c\"}", "v:\"x\"").
class FieldSet {
public:
    bool member = false;                    // the thing at this path itself belongs to the set
    using Children = boost::container::flat_map<std::string, FieldSet>;
    Children children;

    bool empty() const { return !member && children.empty(); }
    static FieldSet fromJson(const json::object& fieldsV1);
    json::object toJson() const;

    FieldSet unionWith(const FieldSet&) const;
    FieldSet minus(const FieldSet&) const;        // paths of this that are not in the other
    FieldSet intersection(const FieldSet&) const;
    // In place: unionWith() and minus() without a copy.
    void add(FieldSet&& other);
    void subtract(const FieldSet& other);
    bool contains(const FieldSet& other) const { return other.minus(*this).empty(); }
    friend bool operator==(const FieldSet&, const FieldSet&) = default;
};

struct FieldManager {
    std::string name;         // fieldManager, or the first part of the User-Agent
    std::string subresource;  // "" or "status", "scale", ...
};

// The field manager of a request without one: the User-Agent up to the first '/', at most 128 bytes.
std::string defaultFieldManager(std::string_view userAgent);

// Sets metadata.managedFields of `newObject` after a create (`oldObject` null), update or patch that is not apply. Both are
// normalised and defaulted. The old list is taken from oldObject, unless newObject's list is empty on purpose ([] or [{}] resets).
void updateManagedFields(const Type&, const GroupVersionKind&, const json::object* oldObject, json::object& newObject,
                         const FieldManager&, WallTime now);

struct ApplyOptions {
    FieldManager manager;
    bool force = false;
    WallTime now;
};
// Server-side apply of `applied` (as sent, with apiVersion and kind; not normalised) to `live` (null: create). Returns the merged
// object with its managedFields, not yet defaulted; the caller then defaults, validates and stores it, or does nothing if
// sameButTimes(live, result). Errors: Conflict with a cause per field, 500 for a patch that does not fit the type.
Result<json::object> applyServerSide(const Type&, const GroupVersionKind&, const json::object* live, const json::value& applied,
                                     const ApplyOptions&);

// Equal but for the times in managedFields (and resourceVersion).
bool sameButTimes(const json::object& a, const json::object& b);

}  // namespace kubarium::api
