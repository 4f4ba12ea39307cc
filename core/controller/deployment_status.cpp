#include "core/controller/deployment_status.h"

#include "core/controller/deployment_plan.h"
#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace kubarium::controller {

using namespace std::chrono_literals;

api::Condition deploymentCondition(const Clock& clock, std::string type, std::string status, std::string reason, std::string message) {
    api::Condition condition;
    condition.type = std::move(type);
    condition.status = std::move(status);
    condition.lastUpdateTime = condition.lastTransitionTime = formatTime(clock.now());
    condition.reason = std::move(reason);
    condition.message = std::move(message);
    return condition;
}

void removeDeploymentCondition(api::DeploymentStatus& status, std::string_view type) {
    std::erase_if(status.conditions, [&](const api::Condition& condition) { return condition.type == type; });
}

void setDeploymentCondition(api::DeploymentStatus& status, api::Condition condition) {
    if (const auto* known = findCondition(status.conditions, condition.type)) {
        if (known->status == condition.status && known->reason == condition.reason) return;
        if (known->status == condition.status) condition.lastTransitionTime = known->lastTransitionTime;
    }
    removeDeploymentCondition(status, condition.type);
    status.conditions.push_back(std::move(condition));
}

bool hasProgressDeadline(const api::Deployment& deployment) {
    return deployment.spec.progressDeadlineSeconds && *deployment.spec.progressDeadlineSeconds != std::numeric_limits<std::int32_t>::max();
}

bool isComplete(const api::Deployment& deployment, const api::DeploymentStatus& status) {
    const int wanted = deployment.spec.replicas.value_or(1);
    return status.updatedReplicas.value_or(0) == wanted && status.replicas.value_or(0) == wanted && status.availableReplicas.value_or(0) == wanted &&
           status.observedGeneration.value_or(0) >= deployment.metadata.generation.value_or(0);
}

namespace {

bool hasProgressed(const api::DeploymentStatus& before, const api::DeploymentStatus& after) {
    const auto old = [](const api::DeploymentStatus& status) { return status.replicas.value_or(0) - status.updatedReplicas.value_or(0); };
    return after.updatedReplicas > before.updatedReplicas || old(after) < old(before) || after.readyReplicas.value_or(0) > before.readyReplicas.value_or(0) ||
           after.availableReplicas.value_or(0) > before.availableReplicas.value_or(0);
}

Duration sinceUpdate(const Clock& clock, const api::Condition& condition) {
    const auto at = parseTime(condition.lastUpdateTime);
    return at ? clock.clusterElapsedSince(*at) : Duration{};
}

bool isOverdue(const Clock& clock, const api::Deployment& deployment, const api::DeploymentStatus& status) {
    const auto* progressing = findCondition(status.conditions, "Progressing");
    if (!progressing || progressing->reason == "NewReplicaSetAvailable") return false;
    if (progressing->reason == "ProgressDeadlineExceeded") return true;
    return sinceUpdate(clock, *progressing) > std::chrono::seconds{*deployment.spec.progressDeadlineSeconds};
}

void updateProgressing(const Clock& clock, const api::Deployment& deployment, const api::ReplicaSet* newSet, api::DeploymentStatus& status) {
    if (!hasProgressDeadline(deployment)) return removeDeploymentCondition(status, "Progressing");
    const auto* current = findCondition(deployment.status.conditions, "Progressing");
    const bool done = status.replicas == status.updatedReplicas && current && current->reason == "NewReplicaSetAvailable";
    if (done) return;
    const auto who = newSet ? fmt::format("ReplicaSet \"{}\"", newSet->metadata.name) : fmt::format("Deployment \"{}\"", deployment.metadata.name);
    if (isComplete(deployment, status)) {
        setDeploymentCondition(status, deploymentCondition(clock, "Progressing", "True", "NewReplicaSetAvailable", who + " has successfully progressed."));
    } else if (hasProgressed(deployment.status, status)) {
        auto condition = deploymentCondition(clock, "Progressing", "True", "ReplicaSetUpdated", who + " is progressing.");
        // Each bit of progress restarts the deadline, which counts from lastUpdateTime.
        if (current && current->status == "True") condition.lastTransitionTime = current->lastTransitionTime;
        removeDeploymentCondition(status, "Progressing");
        setDeploymentCondition(status, std::move(condition));
    } else if (isOverdue(clock, deployment, status)) {
        setDeploymentCondition(status,
                               deploymentCondition(clock, "Progressing", "False", "ProgressDeadlineExceeded", who + " has timed out progressing."));
    }
}

const api::Condition* replicaFailure(const std::vector<const api::ReplicaSet*>& all, const api::ReplicaSet* newSet) {
    if (newSet)
        if (const auto* failure = findCondition(newSet->status.conditions, "ReplicaFailure")) return failure;
    for (const auto* set : all)
        if (const auto* failure = findCondition(set->status.conditions, "ReplicaFailure")) return failure;
    return nullptr;
}

}  // namespace

api::DeploymentStatus countedStatus(const Clock& clock, const api::Deployment& deployment, const std::vector<const api::ReplicaSet*>& all,
                                    const api::ReplicaSet* newSet) {
    int replicas = 0, ready = 0, available = 0, wanted = 0;
    for (const auto* set : all) {
        replicas += set->status.replicas;
        ready += set->status.readyReplicas.value_or(0);
        available += set->status.availableReplicas.value_or(0);
        wanted += set->spec.replicas.value_or(0);
    }
    const auto positive = [](int count) { return count > 0 ? std::optional<std::int32_t>(count) : std::nullopt; };
    api::DeploymentStatus status;
    status.observedGeneration = deployment.metadata.generation;
    status.replicas = positive(replicas);
    status.updatedReplicas = positive(newSet ? newSet->status.replicas : 0);
    status.readyReplicas = positive(ready);
    status.availableReplicas = positive(available);
    status.unavailableReplicas = positive(wanted - available);
    status.collisionCount = deployment.status.collisionCount;
    status.conditions = deployment.status.conditions;
    if (available >= deployment.spec.replicas.value_or(1) - rollingBounds(deployment).unavailable)
        setDeploymentCondition(status, deploymentCondition(clock, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."));
    else
        setDeploymentCondition(status, deploymentCondition(clock, "Available", "False", "MinimumReplicasUnavailable",
                                                           "Deployment does not have minimum availability."));
    return status;
}

api::DeploymentStatus rolloutStatus(const Clock& clock, const api::Deployment& deployment, const std::vector<const api::ReplicaSet*>& all,
                                    const api::ReplicaSet* newSet) {
    auto status = countedStatus(clock, deployment, all, newSet);
    updateProgressing(clock, deployment, newSet, status);
    if (const auto* failure = replicaFailure(all, newSet)) {
        auto condition = *failure;
        condition.lastUpdateTime = condition.lastTransitionTime;
        setDeploymentCondition(status, std::move(condition));
    } else {
        removeDeploymentCondition(status, "ReplicaFailure");
    }
    return status;
}

std::optional<Duration> untilDeadline(const Clock& clock, const api::Deployment& deployment, const api::DeploymentStatus& status) {
    const auto* progressing = findCondition(deployment.status.conditions, "Progressing");
    if (!hasProgressDeadline(deployment) || !progressing || isComplete(deployment, status) || progressing->reason == "ProgressDeadlineExceeded")
        return std::nullopt;
    const auto left = std::chrono::seconds{*deployment.spec.progressDeadlineSeconds} - sinceUpdate(clock, *progressing);
    return std::max<Duration>(left, 0s) + 1s;
}

}  // namespace kubarium::controller
