// The arithmetic of a Deployment, apart from the API calls: how many Pods each of its ReplicaSets should have next. Pure functions
// on value structs (k8s.io/kubernetes/pkg/controller/deployment: sync.go, rolling.go, util/deployment_util.go).
//
// A rolling update keeps two bounds: never more than replicas + maxSurge Pods, never fewer than replicas - maxUnavailable
// available ones. The new ReplicaSet grows into the first bound, the old ones shrink down to the second.
#pragma once

#include "core/api/types/workloads.h"

#include <optional>
#include <string>
#include <vector>

namespace kubarium::controller {

namespace json = boost::json;

// An int or a percentage of `total`, rounded up or down; `fallback` if it is neither.
int scaledValue(const json::value& intOrPercent, int total, bool roundUp, int fallback);

struct Bounds {
    int surge = 0;
    int unavailable = 0;
};
// Both zero would never progress: then one Pod may be unavailable. Recreate has no bounds: both 0.
Bounds rollingBounds(const api::Deployment& deployment);

// One ReplicaSet as the arithmetic sees it.
struct SetSize {
    std::string name;
    std::string created;         // creationTimestamp
    int replicas = 0;            // spec
    int available = 0;           // status
    int maxReplicas = 0;         // deployment.kubernetes.io/max-replicas, 0 if unknown
};

// The size of the new ReplicaSet at the next step of a rolling update (or at once, of Recreate).
int newSetSize(const api::Deployment& deployment, int newSetReplicas, int allReplicas);

// Scaling in the middle of a rollout: every active ReplicaSet takes its share, the remainder goes to the largest. The new size of
// each of `sets`, in the same order. `newest`: when growing, of two equally large the newer is first; when shrinking, the older.
std::vector<int> proportionalSizes(const api::Deployment& deployment, const std::vector<SetSize>& sets);

// How far the old ReplicaSets shrink now; `old` in order of creation. The new size of each, in the same order.
std::vector<int> shrinkOldSets(const api::Deployment& deployment, const std::vector<SetSize>& old, const SetSize& newSet);

}  // namespace kubarium::controller
