// What the subresources of a Pod can change (pkg/registry/core/pod/strategy.go). Internal to core/api.
#pragma once

#include "core/api/object.h"

#include <string_view>

namespace kubarium::api {

// Puts back in `newPod` what a write through `subresource` ("status", "ephemeralcontainers" or "resize") does not reach. The metadata
// that such writes keep is handled by prepareForUpdate for "status".
void keepUnreachable(std::string_view subresource, const json::object& oldPod, json::object& newPod);
// podIP and podIPs[0] (hostIP and hostIPs[0]) are the same address; the singular decides where they differ.
void unifyAddresses(json::object& pod);

}  // namespace kubarium::api
