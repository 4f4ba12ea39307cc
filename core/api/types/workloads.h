// ReplicaSet and Deployment (apps/v1). The Pod template stays a JSON tree: controllers copy it whole.
// Shapes: resources/api/types.json; a test proves that every field stands there with the same type.
#pragma once

#include "core/api/types/meta.h"

namespace kubarium::api {

struct ReplicaSetSpec {
    std::optional<std::int32_t> minReadySeconds;
    std::optional<std::int32_t> replicas;
    LabelSelector selector;
    json::value template_;
};
BOOST_DESCRIBE_STRUCT(ReplicaSetSpec, (), (minReadySeconds, replicas, selector, template_))

struct ReplicaSetStatus {
    std::optional<std::int32_t> availableReplicas;
    std::vector<Condition> conditions;
    std::optional<std::int32_t> fullyLabeledReplicas;
    std::optional<std::int64_t> observedGeneration;
    std::optional<std::int32_t> readyReplicas;
    std::int32_t replicas = 0;
    std::optional<std::int32_t> terminatingReplicas;
};
BOOST_DESCRIBE_STRUCT(ReplicaSetStatus, (), (availableReplicas, conditions, fullyLabeledReplicas, observedGeneration, readyReplicas,
    replicas, terminatingReplicas))

struct ReplicaSet {
    ObjectMeta metadata;
    ReplicaSetSpec spec;
    ReplicaSetStatus status;
};
BOOST_DESCRIBE_STRUCT(ReplicaSet, (), (metadata, spec, status))

struct RollingUpdateDeployment {
    json::value maxSurge;
    json::value maxUnavailable;
};
BOOST_DESCRIBE_STRUCT(RollingUpdateDeployment, (), (maxSurge, maxUnavailable))

struct DeploymentStrategy {
    std::optional<RollingUpdateDeployment> rollingUpdate;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(DeploymentStrategy, (), (rollingUpdate, type))

struct DeploymentSpec {
    std::optional<std::int32_t> minReadySeconds;
    std::optional<bool> paused;
    std::optional<std::int32_t> progressDeadlineSeconds;
    std::optional<std::int32_t> replicas;
    std::optional<std::int32_t> revisionHistoryLimit;
    LabelSelector selector;
    std::optional<DeploymentStrategy> strategy;
    json::value template_;
};
BOOST_DESCRIBE_STRUCT(DeploymentSpec, (), (minReadySeconds, paused, progressDeadlineSeconds, replicas, revisionHistoryLimit, selector,
    strategy, template_))

struct DeploymentStatus {
    std::optional<std::int32_t> availableReplicas;
    std::optional<std::int32_t> collisionCount;
    std::vector<Condition> conditions;
    std::optional<std::int64_t> observedGeneration;
    std::optional<std::int32_t> readyReplicas;
    std::optional<std::int32_t> replicas;
    std::optional<std::int32_t> terminatingReplicas;
    std::optional<std::int32_t> unavailableReplicas;
    std::optional<std::int32_t> updatedReplicas;
};
BOOST_DESCRIBE_STRUCT(DeploymentStatus, (), (availableReplicas, collisionCount, conditions, observedGeneration, readyReplicas, replicas,
    terminatingReplicas, unavailableReplicas, updatedReplicas))

struct Deployment {
    ObjectMeta metadata;
    DeploymentSpec spec;
    DeploymentStatus status;
};
BOOST_DESCRIBE_STRUCT(Deployment, (), (metadata, spec, status))

}  // namespace kubarium::api
