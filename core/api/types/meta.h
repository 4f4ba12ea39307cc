// Structs of meta/v1 that more than one component reads. Shapes: resources/api/types.json.
#pragma once

#include "core/api/object.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::api {

struct OwnerReference {
    std::string apiVersion;
    std::string kind;
    std::string name;
    std::string uid;
    std::optional<bool> controller;
    std::optional<bool> blockOwnerDeletion;
};
BOOST_DESCRIBE_STRUCT(OwnerReference, (), (apiVersion, kind, name, uid, controller, blockOwnerDeletion))

struct ObjectMeta {
    std::string name;
    std::string generateName;
    std::string nameSpace;
    std::string uid;
    std::string resourceVersion;
    std::optional<std::int64_t> generation;
    std::string creationTimestamp;
    std::string deletionTimestamp;
    std::optional<std::int64_t> deletionGracePeriodSeconds;
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
    std::vector<OwnerReference> ownerReferences;
    std::vector<std::string> finalizers;

    // The owner with controller: true, or nullptr.
    const OwnerReference* controllerOwner() const;
};
BOOST_DESCRIBE_STRUCT(ObjectMeta, (), (name, generateName, nameSpace, uid, resourceVersion, generation, creationTimestamp,
    deletionTimestamp, deletionGracePeriodSeconds, labels, annotations, ownerReferences, finalizers))

// Of any object.
struct Metadata {
    ObjectMeta metadata;
};
BOOST_DESCRIBE_STRUCT(Metadata, (), (metadata))

struct LabelSelectorRequirement {
    std::string key;
    std::string operator_;  // In, NotIn, Exists, DoesNotExist; of Node selectors also Gt, Lt
    std::vector<std::string> values;
};
BOOST_DESCRIBE_STRUCT(LabelSelectorRequirement, (), (key, operator_, values))

struct LabelSelector {
    std::map<std::string, std::string> matchLabels;
    std::vector<LabelSelectorRequirement> matchExpressions;
};
BOOST_DESCRIBE_STRUCT(LabelSelector, (), (matchLabels, matchExpressions))

struct Condition {  // metav1.Condition and the older conditions of core and apps
    std::string type;
    std::string status;
    std::optional<std::int64_t> observedGeneration;
    std::string lastProbeTime;
    std::string lastUpdateTime;
    std::string lastHeartbeatTime;
    std::string lastTransitionTime;
    std::string reason;
    std::string message;
};
BOOST_DESCRIBE_STRUCT(Condition, (), (type, status, observedGeneration, lastProbeTime, lastUpdateTime, lastHeartbeatTime,
    lastTransitionTime, reason, message))

// The metadata of an object, decoded once per revision.
const ObjectMeta& metaOf(const Object&);

}  // namespace kubarium::api
