// The identity of ServiceTraffic (kubarium.dev/v1alpha1): what is measured of the connections to each Service.
#pragma once

#include "core/api/resource.h"

namespace kubarium::api::resources {

inline const GroupVersionResource serviceTraffics{"kubarium.dev", "v1alpha1", "servicetraffics"};

}  // namespace kubarium::api::resources
