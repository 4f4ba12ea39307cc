// The small kinds: ConfigMap, Secret, Namespace, ServiceAccount, Lease, PriorityClass, Event.
// Shapes: resources/api/types.json; a test proves that every field stands there with the same type.
#pragma once

#include "core/api/types/service.h"

namespace kubarium::api {

struct ConfigMap {
    std::map<std::string, std::string> binaryData;
    std::map<std::string, std::string> data;
    std::optional<bool> immutable;
    ObjectMeta metadata;
};
BOOST_DESCRIBE_STRUCT(ConfigMap, (), (binaryData, data, immutable, metadata))

struct Secret {
    std::map<std::string, std::string> data;
    std::optional<bool> immutable;
    ObjectMeta metadata;
    std::map<std::string, std::string> stringData;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(Secret, (), (data, immutable, metadata, stringData, type))

struct NamespaceSpec {
    std::vector<std::string> finalizers;
};
BOOST_DESCRIBE_STRUCT(NamespaceSpec, (), (finalizers))

struct NamespaceCondition {
    std::string lastTransitionTime;
    std::string message;
    std::string reason;
    std::string status;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(NamespaceCondition, (), (lastTransitionTime, message, reason, status, type))

struct NamespaceStatus {
    std::vector<NamespaceCondition> conditions;
    std::string phase;
};
BOOST_DESCRIBE_STRUCT(NamespaceStatus, (), (conditions, phase))

struct Namespace {
    ObjectMeta metadata;
    NamespaceSpec spec;
    NamespaceStatus status;
};
BOOST_DESCRIBE_STRUCT(Namespace, (), (metadata, spec, status))

struct ServiceAccount {
    std::optional<bool> automountServiceAccountToken;
    std::vector<LocalObjectReference> imagePullSecrets;
    ObjectMeta metadata;
    std::vector<ObjectReference> secrets;
};
BOOST_DESCRIBE_STRUCT(ServiceAccount, (), (automountServiceAccountToken, imagePullSecrets, metadata, secrets))

struct LeaseSpec {
    std::string acquireTime;
    std::string holderIdentity;
    std::optional<std::int32_t> leaseDurationSeconds;
    std::optional<std::int32_t> leaseTransitions;
    std::string preferredHolder;
    std::string renewTime;
    std::string strategy;
};
BOOST_DESCRIBE_STRUCT(LeaseSpec, (), (acquireTime, holderIdentity, leaseDurationSeconds, leaseTransitions, preferredHolder, renewTime,
    strategy))

struct Lease {
    ObjectMeta metadata;
    LeaseSpec spec;
};
BOOST_DESCRIBE_STRUCT(Lease, (), (metadata, spec))

struct PriorityClass {
    std::string description;
    std::optional<bool> globalDefault;
    ObjectMeta metadata;
    std::string preemptionPolicy;
    std::int32_t value = 0;
};
BOOST_DESCRIBE_STRUCT(PriorityClass, (), (description, globalDefault, metadata, preemptionPolicy, value))

struct EventSeries {
    std::optional<std::int32_t> count;
    std::string lastObservedTime;
};
BOOST_DESCRIBE_STRUCT(EventSeries, (), (count, lastObservedTime))

struct EventSource {
    std::string component;
    std::string host;
};
BOOST_DESCRIBE_STRUCT(EventSource, (), (component, host))

struct Event {
    std::string action;
    std::optional<std::int32_t> count;
    std::string eventTime;
    std::string firstTimestamp;
    ObjectReference involvedObject;
    std::string lastTimestamp;
    std::string message;
    ObjectMeta metadata;
    std::string reason;
    std::optional<ObjectReference> related;
    std::string reportingComponent;
    std::string reportingInstance;
    std::optional<EventSeries> series;
    std::optional<EventSource> source;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(Event, (), (action, count, eventTime, firstTimestamp, involvedObject, lastTimestamp, message, metadata, reason,
    related, reportingComponent, reportingInstance, series, source, type))

}  // namespace kubarium::api
