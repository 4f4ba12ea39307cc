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
    std::function<ObjectPtr(std::string_view nameSpace, std::string_view name)> findPod;
    std::map<std::string, ObjectPtr> priorityClasses;

    // BadRequest if its configuration is not valid. The state must live as long as this is asked.
    static Result<ReviewedCluster> of(const ClusterState& state);
};

// The status for a spec. BadRequest and NotFound say what in the spec is wrong.
Result<json::object> answerSchedulingReview(const json::object& spec, const ReviewedCluster& cluster);

}  // namespace kubarium::scheduler
