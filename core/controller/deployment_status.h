// What a Deployment says about itself: counts, the conditions Available and Progressing, and when a rollout is complete, moving or
// overdue (k8s.io/kubernetes/pkg/controller/deployment/progress.go). Pure, except that time comes from the Clock.
#pragma once

#include "core/api/types/workloads.h"
#include "core/base/clock.h"

#include <optional>
#include <string>
#include <vector>

namespace kubarium::controller {

// Replaces the condition of that type; keeps lastTransitionTime if the status is the same, and everything if the reason is, too.
void setDeploymentCondition(api::DeploymentStatus& status, api::Condition condition);
void removeDeploymentCondition(api::DeploymentStatus& status, std::string_view type);
api::Condition deploymentCondition(const Clock& clock, std::string type, std::string status, std::string reason, std::string message);

bool hasProgressDeadline(const api::Deployment& deployment);
bool isComplete(const api::Deployment& deployment, const api::DeploymentStatus& status);

// `newSet` may be null. Counts and Available.
api::DeploymentStatus countedStatus(const Clock& clock, const api::Deployment& deployment, const std::vector<const api::ReplicaSet*>& all,
                                    const api::ReplicaSet* newSet);
// The same with Progressing and ReplicaFailure brought up to date.
api::DeploymentStatus rolloutStatus(const Clock& clock, const api::Deployment& deployment, const std::vector<const api::ReplicaSet*>& all,
                                    const api::ReplicaSet* newSet);
// When to look again whether the deadline has passed, if it runs.
std::optional<Duration> untilDeadline(const Clock& clock, const api::Deployment& deployment, const api::DeploymentStatus& status);

}  // namespace kubarium::controller
