// SchedulingReview: a question to the scheduler that changes nothing, as a SubjectAccessReview is one to the authorizer. What would
// become of these Pods, on this cluster, if ...; what would have to change for a Pod to go to a given Node; and the same under another
// configuration. The shapes are in ARCHITECTURE.md. Pure.
#pragma once

#include "core/scheduler/explanation/cluster_state.h"

namespace kubarium::scheduler {

// The cluster that is asked about.
struct ReviewedCluster {
    SnapshotPtr snapshot;
    std::shared_ptr<const Configuration> configuration;
    ObjectPtr pod;  // the one that spec.pod names; nullptr if there is none
    ObjectMap priorityClasses;
    // Asked between Pods: true ends the review with Timeout; none: it may take as long as it takes.
    std::function<bool()> givesUp;

    // For this spec. BadRequest if the configuration of the state is not valid.
    static Result<ReviewedCluster> of(const ClusterState& state, const json::object& spec);
};

// Namespace and name of spec.pod; empty if it names none.
std::pair<std::string, std::string> reviewedPod(const json::object& spec);

// The status for a spec. BadRequest and NotFound say what in the spec is wrong.
Result<json::object> answerSchedulingReview(const json::object& spec, const ReviewedCluster& cluster);

}  // namespace kubarium::scheduler
