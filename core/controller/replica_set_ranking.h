// Which Pods a ReplicaSet gives up first when it has too many (k8s.io/kubernetes/pkg/controller.ActivePodsWithRanks). In this
// order: not assigned to a Node; Pending before Unknown before Running; not ready; lower deletion cost; more siblings on its Node;
// ready for a shorter time; more restarts; younger. Times count in powers of two, so that what is about equally old is picked by uid.
#pragma once

#include "core/api/object.h"
#include "core/base/clock.h"

#include <vector>

namespace kubarium::controller {

// The first `count` of `pods` to delete. `related`: all Pods of the ReplicaSets under the same controller, which count as siblings.
std::vector<api::ObjectPtr> podsToDelete(std::vector<api::ObjectPtr> pods, const std::vector<api::ObjectPtr>& related, std::size_t count, WallTime now);

}  // namespace kubarium::controller
