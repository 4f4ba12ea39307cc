// The smallest changes as the API and people see them: sentences, and the API writes and kubectl commands that make them. Pure.
//
// Most fields of a Pod are immutable, so an alternative says how it is really done: the template of the workload that the Pod
// belongs to is patched, or the Pod is deleted and made again.
#pragma once

#include "core/scheduler/explanation/smallest_change.h"

#include <boost/json/object.hpp>

namespace kubarium::scheduler {

// {fits, alternatives: [{node, invasiveness, explanation, edits, podPatch, operations}], stoppedEarly, trials, explanation}; see
// ARCHITECTURE.md, SchedulingDecision. `snapshot` and `pod` are those that the changes were looked for in.
json::object reportChanges(const SmallestChanges& changes, const Snapshot& snapshot, const PodInfoPtr& pod);

// The search takes no longer than this; a cluster of 1,000 Nodes is searched in less.
inline constexpr double searchSeconds = 0.08;
// Looks for the changes, for at most searchSeconds, and reports them.
json::object findChanges(const Snapshot& snapshot, const PodInfoPtr& pod, const Profile& profile, const std::string& targetNode = "");

}  // namespace kubarium::scheduler
