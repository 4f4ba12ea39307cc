// What the plugins' sources share: factories per source, and the helpers of k8s.io/component-helpers/scheduling.
#pragma once

#include "core/scheduler/framework/plugin.h"

namespace kubarium::scheduler {

std::unique_ptr<Plugin> makeSimplePlugin(std::string_view name);
std::unique_ptr<Plugin> makeResourcePlugin(std::string_view name);
std::unique_ptr<Plugin> makeTopologyPlugin(std::string_view name);
std::unique_ptr<Plugin> makeInterPodAffinity();
std::unique_ptr<Plugin> makeVolumePlugin(std::string_view name);

bool tolerates(std::span<const Toleration> tolerations, const Taint& taint);
// The first NoSchedule or NoExecute taint that is not tolerated.
const Taint* untoleratedTaint(const NodeInfo& node, std::span<const Toleration> tolerations);
bool matchesNodeSelectorAndAffinity(const PodInfo& pod, const NodeInfo& node);

}  // namespace kubarium::scheduler
