// What would happen: Pods scheduled one after the other on a snapshot that may first be changed in thought (Nodes that do not exist
// yet, a drain, a lost zone). Nothing is touched. Pure.
#pragma once

#include "core/scheduler/decision_report.h"
#include "core/scheduler/explanation/cluster_state.h"

namespace kubarium::scheduler {

struct Supposition {
    std::vector<ObjectPtr> addNodes;
    std::vector<std::string> drainNodes;    // cordoned; their Pods that a controller starts again come to the queue
    std::vector<std::string> withoutZones;  // all Nodes of the zone are gone
};

struct Supposed {
    Snapshot snapshot;
    std::vector<PodInfoPtr> displaced;  // Pods that lost their Node and that a controller makes anew
    std::vector<PodInfoPtr> lost;       // those that nobody makes anew
};
// NotFound if a Node or zone is not there.
Result<Supposed> suppose(const Snapshot& snapshot, const Supposition& supposition);

// What a manifest brings into the cluster, as admission would let it in. The Pods: themselves, or those of a Deployment, ReplicaSet,
// StatefulSet, ReplicationController or Job. `selecting`: what selects them and so counts for PodTopologySpread's default constraints, their
// controller (of a Deployment: its new ReplicaSet) or a Service; nullptr if there is none. BadRequest with the place for anything else.
struct Brought {
    std::vector<ObjectPtr> pods;
    ObjectPtr selecting;
};
Result<Brought> broughtBy(const json::object& manifest, const ObjectMap& priorityClasses, const std::string& defaultNamespace);

struct Placement {
    DecisionRecord record;            // as the scheduler would keep it; its report tells the whole story
    std::string node;                 // where it ends up; "" nowhere. After a preemption: the nominated Node
    std::vector<PodInfoPtr> victims;  // Pods that had to go for it
};

struct Outcome {
    std::vector<Placement> placements;
    Snapshot after;
};

// In the order of the queue: by priority, then as given. Every Node is looked at, and ties fall on the first Node, so that the
// answer is always the same. Scheduling gates are taken for open. NotFound if no profile has a Pod's schedulerName; Timeout if
// `givesUp`, asked between Pods, says so.
Result<Outcome> scheduleInOrder(Snapshot snapshot, std::vector<PodInfoPtr> pods, std::shared_ptr<const Configuration> configuration, const std::function<bool()>& givesUp = {});

// The decision of a placement once more, with every score.
Decision decisionOf(const DecisionRecord& record);

}  // namespace kubarium::scheduler
