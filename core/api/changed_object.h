// A new version of an object of which little differs: the tree is copied once, into its final place, and changed there.
#pragma once

#include "core/api/object.h"

#include <functional>
#include <string_view>

namespace kubarium::api {

// `change` gets the copy. It may set what it likes in it, but for what `spec` and `metadata.managedFields` consist of: that is shared
// with others and can only be replaced (`spec.nodeName` can be set, `spec.containers[0].image` cannot). It must not move anything out,
// nor keep copies of API objects' trees that it makes meanwhile.
ObjectPtr makeChanged(const Object& base, const std::function<void(json::object&)>& change);
// The same of an object in the `spec` of which each text that is `from` is first replaced by `to`.
ObjectPtr makeRenamed(const Object& base, std::string_view from, std::string_view to, const std::function<void(json::object&)>& change);

}  // namespace kubarium::api
