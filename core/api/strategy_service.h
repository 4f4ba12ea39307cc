// What a change of a Service's type takes with it (pkg/registry/core/service/strategy.go). Internal to core/api.
#pragma once

#include "core/api/object.h"

namespace kubarium::api {

// Removes from `newService` what its new type has no use for, if it is as it was: addresses, node ports, the traffic policy. What
// somebody changed in the same request stays, for validation to refuse.
void dropTypeDependentFields(const json::object& oldService, json::object& newService);

// clusterIP and clusterIPs[0] are one: who changed or cleared only the first meant both. Before dropTypeDependentFields().
void unifyClusterIps(const json::object& oldService, json::object& newService);

}  // namespace kubarium::api
