#include "core/scheduler/queue/cluster_event.h"

#include <algorithm>

namespace kubarium::scheduler {
namespace {

std::string_view toString(EventResource resource) {
    switch (resource) {
        case EventResource::Node: return "Node";
        case EventResource::AssignedPod: return "AssignedPod";
        case EventResource::UnscheduledPod: return "UnschedulablePod";
        case EventResource::PersistentVolume: return "PersistentVolume";
        case EventResource::PersistentVolumeClaim: return "PersistentVolumeClaim";
        case EventResource::StorageClass: return "StorageClass";
        case EventResource::CSINode: return "CSINode";
        case EventResource::CSIDriver: return "CSIDriver";
        case EventResource::CSIStorageCapacity: return "CSIStorageCapacity";
        case EventResource::VolumeAttachment: return "VolumeAttachment";
        case EventResource::Wildcard: return "*";
    }
    return "";
}

std::string_view toString(EventAction action) {
    switch (action) {
        case EventAction::Add: return "Add";
        case EventAction::Delete: return "Delete";
        case EventAction::Update: return "Update";
        case EventAction::UpdateNodeAllocatable: return "UpdateNodeAllocatable";
        case EventAction::UpdateNodeLabel: return "UpdateNodeLabel";
        case EventAction::UpdateNodeTaint: return "UpdateNodeTaint";
        case EventAction::UpdateNodeCondition: return "UpdateNodeCondition";
        case EventAction::UpdateNodeAnnotation: return "UpdateNodeAnnotation";
        case EventAction::UpdatePodLabel: return "UpdatePodLabel";
        case EventAction::UpdatePodScaleDown: return "UpdatePodScaleDown";
        case EventAction::UpdatePodToleration: return "UpdatePodToleration";
        case EventAction::UpdatePodSchedulingGatesEliminated: return "UpdatePodSchedulingGatesEliminated";
    }
    return "";
}

bool differs(const api::Object& a, const api::Object& b, std::initializer_list<std::string_view> path) {
    const auto* left = a.find(path);
    const auto* right = b.find(path);
    return (left == nullptr) != (right == nullptr) || (left && *left != *right);
}

bool scaledDown(const Resources& before, const Resources& after) {
    if (before.milliCpu > after.milliCpu || before.memory > after.memory || before.ephemeralStorage > after.ephemeralStorage) return true;
    return std::ranges::any_of(before.scalar, [&](const auto& entry) { return entry.second > after.get(entry.first); });
}

// A Node's conditions by their status: heartbeats are no change.
std::map<std::string, std::string> conditionsOf(const api::Object& node) {
    std::map<std::string, std::string> statuses;
    if (const auto* conditions = node.find({"status", "conditions"}); conditions && conditions->is_array())
        for (const auto& condition : conditions->get_array()) statuses.emplace(api::stringAt(condition, {"type"}), api::stringAt(condition, {"status"}));
    return statuses;
}

bool unschedulable(const api::Object& node) {
    const auto* value = node.find({"spec", "unschedulable"});
    return value && value->is_bool() && value->get_bool();
}

}  // namespace

std::string ClusterEvent::label() const { return resource == EventResource::Wildcard ? name : std::string(toString(resource)) + std::string(toString(action)); }

ClusterEvent wildcardEvent(std::string name) {
    ClusterEvent event;
    event.name = std::move(name);
    return event;
}

std::vector<ClusterEvent> podUpdateEvents(const PodInfoPtr& before, const PodInfoPtr& after) {
    std::vector<ClusterEvent> events;
    const auto add = [&](EventAction action) {
        ClusterEvent event;
        event.resource = after->nodeName.empty() ? EventResource::UnscheduledPod : EventResource::AssignedPod;
        event.action = action;
        event.podBefore = before;
        event.podAfter = after;
        events.push_back(std::move(event));
    };
    if (before->labels != after->labels) add(EventAction::UpdatePodLabel);
    if (scaledDown(before->requests, after->requests)) add(EventAction::UpdatePodScaleDown);
    if (after->gates.empty() && !before->gates.empty()) add(EventAction::UpdatePodSchedulingGatesEliminated);
    if (before->tolerations.size() != after->tolerations.size()) add(EventAction::UpdatePodToleration);
    if (events.empty()) add(EventAction::Update);
    return events;
}

std::vector<ClusterEvent> nodeUpdateEvents(const ObjectPtr& before, const ObjectPtr& after) {
    std::vector<EventAction> actions;
    if (unschedulable(*before) && !unschedulable(*after)) actions.push_back(EventAction::UpdateNodeTaint);
    if (differs(*before, *after, {"status", "allocatable"})) actions.push_back(EventAction::UpdateNodeAllocatable);
    if (differs(*before, *after, {"metadata", "labels"})) actions.push_back(EventAction::UpdateNodeLabel);
    if (differs(*before, *after, {"spec", "taints"})) actions.push_back(EventAction::UpdateNodeTaint);
    if (conditionsOf(*before) != conditionsOf(*after)) actions.push_back(EventAction::UpdateNodeCondition);
    if (differs(*before, *after, {"metadata", "annotations"})) actions.push_back(EventAction::UpdateNodeAnnotation);
    std::vector<ClusterEvent> events;
    if (actions.empty()) return events;
    const auto old = std::make_shared<const NodeInfo>(NodeInfo::make(before)), now = std::make_shared<const NodeInfo>(NodeInfo::make(after));
    for (const auto action : actions) {
        ClusterEvent event;
        event.resource = EventResource::Node;
        event.action = action;
        event.nodeBefore = old;
        event.nodeAfter = now;
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace kubarium::scheduler
