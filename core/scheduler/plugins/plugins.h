// What the plugins' sources share: factories per source, and the helpers of k8s.io/component-helpers/scheduling.
#pragma once

#include "core/scheduler/framework/plugin.h"

namespace kubarium::scheduler {

std::unique_ptr<Plugin> makeSimplePlugin(std::string_view name);
std::unique_ptr<Plugin> makeResourcePlugin(std::string_view name);
std::unique_ptr<Plugin> makeTopologyPlugin(std::string_view name);
std::unique_ptr<Plugin> makeInterPodAffinity();
std::unique_ptr<Plugin> makeVolumeRestrictions();
std::unique_ptr<Plugin> makeNodeVolumeLimits();
std::unique_ptr<Plugin> makeVolumeBinding();
std::unique_ptr<Plugin> makeVolumeZone();
std::unique_ptr<Plugin> makeDynamicResources();

// Whether two Pods hold volumes that one Node may not have twice (VolumeRestrictions).
bool volumesConflict(const PodInfo& mine, const PodInfo& theirs);

bool tolerates(std::span<const Toleration> tolerations, const Taint& taint);
// The first NoSchedule or NoExecute taint that is not tolerated.
const Taint* untoleratedTaint(const NodeInfo& node, std::span<const Toleration> tolerations);
bool matchesNodeSelectorAndAffinity(const PodInfo& pod, const NodeInfo& node);

// PodTopologySpread: the constraints of a cycle's Pod, its own or the profile's defaults; whether a Node's Pods count for one.
std::vector<SpreadConstraint> spreadConstraints(const Cycle& cycle, bool hard);
bool countsForSpread(const PodInfo& pod, const NodeInfo& node, const SpreadConstraint& constraint);
bool hasAllTopologyKeys(const Labels& labels, const std::vector<SpreadConstraint>& constraints);

// InterPodAffinity: the terms with the namespaces that their selectors select, by name.
std::vector<AffinityTerm> withSelectedNamespaces(std::vector<AffinityTerm> terms, const ClusterObjects& objects);

}  // namespace kubarium::scheduler
