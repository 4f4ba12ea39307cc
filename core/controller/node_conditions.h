// What a Node's conditions mean: its taints, its zone, the state of a zone. Pure
// (k8s.io/kubernetes/pkg/controller/nodelifecycle and util/node).
#pragma once

#include "core/api/types/node.h"

#include <string>
#include <vector>

namespace kubarium::controller {

inline const std::string notReadyTaint = "node.kubernetes.io/not-ready";
inline const std::string unreachableTaint = "node.kubernetes.io/unreachable";

// "" if the Node has none, "region:\x00:zone" otherwise.
std::string zoneOf(const api::Node& node);
// The NoSchedule taints that conditions and spec.unschedulable call for; keys only.
std::vector<std::string> conditionTaints(const api::Node& node);
// Whether a key is one of those that conditions govern.
bool isConditionTaint(const std::string& key);
bool hasTaint(const api::Node& node, const std::string& key, const std::string& effect);

// `taints` with those of `effect` named in `remove` gone and those in `add` appended with timeAdded.
std::vector<api::Taint> swapTaints(std::vector<api::Taint> taints, const std::string& effect, const std::vector<std::string>& add,
                                   const std::vector<std::string>& remove, const std::string& timeAdded);

bool isFullyDisrupted(const std::vector<std::string>& readyStatuses);
bool isPartiallyDisrupted(const std::vector<std::string>& readyStatuses);

}  // namespace kubarium::controller
