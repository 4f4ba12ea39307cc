// Which cluster event can help which Pod: EventsToRegister and the QueueingHintFn of each plugin (Kubernetes 1.34, with the feature
// SchedulerQueueingHints, which is on for good). Pure.
#pragma once

#include "core/scheduler/profile.h"
#include "core/scheduler/queue/cluster_event.h"
#include "core/scheduler/snapshot.h"

namespace kubarium::scheduler {

// Whether a Pod that `plugin` refused might be placed after `event`. A plugin that is not known here may be helped by anything.
bool mayHelp(std::string_view plugin, const ClusterEvent& event, const PodInfo& pod, const Profile& profile, const ClusterObjects& objects);

}  // namespace kubarium::scheduler
