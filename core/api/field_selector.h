// fieldSelector=spec.nodeName=a,status.phase!=Running: which fields a resource can be selected by, and whether an object matches.
#pragma once

#include "core/api/object.h"
#include "core/api/resource.h"
#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace kubarium::api {

struct FieldRequirement {
    std::string field;
    bool equal = true;
    std::string value;
};

struct FieldSelector {
    std::vector<FieldRequirement> requirements;  // all must hold
    bool empty() const { return requirements.empty(); }
    // The value that `field` must have, or "".
    std::string_view exact(std::string_view field) const;
};

// BadRequest for bad syntax and for fields that this resource cannot be selected by, in the server's words.
Result<FieldSelector> parseFieldSelector(const GroupVersionResource&, std::string_view kind, std::string_view text);
bool matches(const FieldSelector&, const GroupVersionResource&, const Object&);
// The value of one selectable field of an object.
std::string selectableField(const GroupVersionResource&, const Object&, std::string_view field);

}  // namespace kubarium::api
