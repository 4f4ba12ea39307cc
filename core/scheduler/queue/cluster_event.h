// What happened in the cluster, as far as a waiting Pod may care (fwk.ClusterEvent and pkg/scheduler/framework/events.go of
// Kubernetes 1.34), with the object before and after.
#pragma once

#include "core/scheduler/pod_info.h"

#include <string>
#include <vector>

namespace kubarium::scheduler {

enum class EventResource : std::uint8_t {
    Node,
    AssignedPod,
    UnscheduledPod,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    CSINode,
    CSIDriver,
    CSIStorageCapacity,
    VolumeAttachment,
    Wildcard,  // anything may have changed
};

enum class EventAction : std::uint8_t {
    Add,
    Delete,
    Update,  // none of the following
    UpdateNodeAllocatable,
    UpdateNodeLabel,
    UpdateNodeTaint,  // spec.unschedulable becoming false is one too
    UpdateNodeCondition,
    UpdateNodeAnnotation,
    UpdatePodLabel,
    UpdatePodScaleDown,
    UpdatePodToleration,
    UpdatePodSchedulingGatesEliminated,
};

struct ClusterEvent {
    EventResource resource = EventResource::Wildcard;
    EventAction action = EventAction::Update;
    // Before and after, by the kind of resource; nullptr where there is none. Nodes carry no Pods.
    PodInfoPtr podBefore, podAfter;
    NodeInfoPtr nodeBefore, nodeAfter;
    ObjectPtr before, after;  // of every other resource
    std::string name;         // of a wildcard: "UnschedulableTimeout"

    // "NodeAdd", "AssignedPodDelete": as metrics and logs of the real one spell it.
    std::string label() const;
};

ClusterEvent wildcardEvent(std::string name);
// One event per kind of change, or one plain update.
std::vector<ClusterEvent> podUpdateEvents(const PodInfoPtr& before, const PodInfoPtr& after);
// One event per kind of change; none if nothing changed that a Pod could care about.
std::vector<ClusterEvent> nodeUpdateEvents(const ObjectPtr& before, const ObjectPtr& after);

}  // namespace kubarium::scheduler
