// What the API says, into the scheduler's cache and queue (pkg/scheduler/eventhandlers.go of Kubernetes 1.34).
#include "core/scheduler/scheduler.h"

#include "core/api/types/meta.h"

#include <algorithm>
#include <array>

namespace kubarium::scheduler {

namespace resources = api::resources;

namespace {

const api::GroupVersionResource replicationControllers{"", "v1", "replicationcontrollers"};
const api::GroupVersionResource csiNodes{"storage.k8s.io", "v1", "csinodes"};
const api::GroupVersionResource csiDrivers{"storage.k8s.io", "v1", "csidrivers"};
const api::GroupVersionResource csiStorageCapacities{"storage.k8s.io", "v1", "csistoragecapacities"};
const api::GroupVersionResource volumeAttachments{"storage.k8s.io", "v1", "volumeattachments"};

bool finished(const api::Object& pod) {
    const auto phase = pod.string({"status", "phase"});
    return phase == "Succeeded" || phase == "Failed";
}

std::string uidOf(const api::Object& pod) { return pod.uid().empty() ? pod.key() : std::string(pod.uid()); }

ClusterEvent podEvent(EventAction action, PodInfoPtr before, PodInfoPtr after) {
    ClusterEvent event;
    event.resource = EventResource::AssignedPod;
    event.action = action;
    event.podBefore = std::move(before);
    event.podAfter = std::move(after);
    return event;
}

}  // namespace

void Scheduler::watchNodes() {
    auto& nodes = informers_.informer(resources::nodes);
    watched_.push_back(&nodes);
    const auto wake = [this](EventAction action, const ObjectPtr& before, const ObjectPtr& after) {
        ClusterEvent event;
        event.resource = EventResource::Node;
        event.action = action;
        if (before) event.nodeBefore = std::make_shared<const NodeInfo>(NodeInfo::make(before));
        if (after) event.nodeAfter = std::make_shared<const NodeInfo>(NodeInfo::make(after));
        queue_.wake(event);
    };
    nodes.addHandler({
        [this, wake](const ObjectPtr& node) {
            cache_.setNode(node);
            wake(EventAction::Add, nullptr, node);
        },
        [this](const ObjectPtr& before, const ObjectPtr& after) {
            cache_.setNode(after);
            for (const auto& event : nodeUpdateEvents(before, after)) queue_.wake(event);
        },
        [this, wake](const ObjectPtr& last) {
            cache_.removeNode(std::string(last->name()));
            wake(EventAction::Delete, last, nullptr);
        },
    });
}

void Scheduler::follow(const api::GroupVersionResource& resource, std::optional<EventResource> as, SetObject set) {
    const auto changed = [this, as, set = std::move(set)](EventAction action, const ObjectPtr& before, const ObjectPtr& after) {
        set(after ? after->key() : before->key(), after);
        objectsStale_ = true;
        if (!as) return;
        ClusterEvent event;
        event.resource = *as;
        event.action = action;
        event.before = before;
        event.after = after;
        queue_.wake(event);
        if (!bindingVolumes_.empty()) checkVolumes();
    };
    auto& informer = informers_.informer(resource);
    watched_.push_back(&informer);
    informer.addHandler({[changed](const ObjectPtr& added) { changed(EventAction::Add, nullptr, added); },
                         [changed](const ObjectPtr& before, const ObjectPtr& after) { changed(EventAction::Update, before, after); },
                         [changed](const ObjectPtr& last) { changed(EventAction::Delete, last, nullptr); }});
}

void Scheduler::watchOthers() {
    const auto in = [](ObjectMap& map) {
        return [&map](const std::string& key, const ObjectPtr& now) {
            if (now) map[key] = now;
            else map.erase(key);
        };
    };
    follow(resources::namespaces, std::nullopt, [this](const std::string& key, const ObjectPtr& now) {
        if (now) objects_.namespaces[key] = api::metaOf(*now).labels;
        else objects_.namespaces.erase(key);
    });
    follow(resources::services, std::nullopt, in(objects_.services));
    follow(replicationControllers, std::nullopt, in(objects_.replicationControllers));
    follow(resources::replicaSets, std::nullopt, in(objects_.replicaSets));
    follow(resources::statefulSets, std::nullopt, in(objects_.statefulSets));
    follow(resources::podDisruptionBudgets, std::nullopt, in(objects_.podDisruptionBudgets));
    follow(resources::persistentVolumeClaims, EventResource::PersistentVolumeClaim, in(objects_.claims));
    follow(resources::persistentVolumes, EventResource::PersistentVolume, in(objects_.volumes));
    follow(resources::storageClasses, EventResource::StorageClass, in(objects_.storageClasses));
    follow(csiNodes, EventResource::CSINode, in(objects_.csiNodes));
    follow(csiDrivers, EventResource::CSIDriver, in(objects_.csiDrivers));
    follow(csiStorageCapacities, EventResource::CSIStorageCapacity, in(objects_.csiStorageCapacities));
    follow(volumeAttachments, EventResource::VolumeAttachment, in(objects_.volumeAttachments));
}

void Scheduler::refreshObjects() {
    if (!std::exchange(objectsStale_, false)) return;
    auto objects = std::make_shared<ClusterObjects>(objects_);
    overlayAssumed(*objects);
    cache_.setObjects(std::move(objects));
}

// The assume cache: a reserved volume or claim stands for what the API says until that is newer.
void Scheduler::overlayAssumed(ClusterObjects& objects) {
    const auto overlay = [](std::map<std::string, ObjectPtr>& assumed, ObjectMap& known) {
        std::erase_if(assumed, [&](const auto& entry) {
            const auto it = known.find(entry.first);
            if (it == known.end() || it->second->revision() > entry.second->revision()) return true;
            known[entry.first] = entry.second;
            return false;
        });
    };
    overlay(assumedVolumes_, objects.volumes);
    overlay(assumedClaims_, objects.claims);
}

void Scheduler::watchPods() {
    auto& pods = informers_.informer(resources::pods);
    watched_.push_back(&pods);
    pods.addHandler({
        [this](const ObjectPtr& pod) { podChanged(nullptr, pod); },
        [this](const ObjectPtr& before, const ObjectPtr& after) { podChanged(before, after); },
        [this](const ObjectPtr& last) { podGone(last); },
    });
}

bool Scheduler::ours(const api::Object& pod) const {
    const auto name = pod.string({"spec", "schedulerName"});
    return configuration_->find(name.empty() ? "default-scheduler" : std::string(name)) != nullptr;
}

std::string Scheduler::gatedBy(const PodInfo& pod) const {
    const auto* profile = configuration_->find(pod.schedulerName);
    if (!profile) return {};
    for (const auto& name : profile->preEnqueue)
        if (const auto plugin = makePlugin(name, *profile); plugin && !plugin->preEnqueue(pod).success()) return name;
    return {};
}

void Scheduler::podChanged(const ObjectPtr& before, const ObjectPtr& object) {
    if (finished(*object)) return podGone(object);
    const auto known = cache_.pod(uidOf(*object));
    const auto pod = lastRead_ = PodInfo::make(object, known ? known : lastRead_);
    if (!pod->nodeName.empty()) {
        queue_.remove(pod->uid);
        cache_.setPod(pod);
        if (!before || before->string({"spec", "nodeName"}).empty()) return queue_.wake(podEvent(EventAction::Add, nullptr, pod));
        for (const auto& event : podUpdateEvents(PodInfo::make(before, pod), pod)) queue_.wake(event);
        return;
    }
    if (!ours(*object) || cache_.isAssumed(pod->uid) || (held_ && held_->pod.pod->uid == pod->uid)) return;
    if (object->deleting()) return queue_.remove(pod->uid);
    cache_.setNominated(pod, pod->nominatedNode);
    queue_.add(pod);
    if (!before && gatedBy(*pod) == "DynamicResources") sayThatItNeverComes(pod);
}

// kube-scheduler says nothing while a PreEnqueue plugin holds a Pod; what this one waits for is absent here, so it is told at once.
void Scheduler::sayThatItNeverComes(const PodInfoPtr& pod) {
    const auto* profile = configuration_->find(pod->schedulerName);
    const auto why = makePlugin("DynamicResources", *profile)->preEnqueue(*pod).message();
    recorderOf(pod->schedulerName).record(*pod->object, "Warning", "FailedScheduling", why);
    writeCondition(pod, "Unschedulable", why, nullptr);
}

void Scheduler::podGone(const ObjectPtr& last) {
    const auto uid = uidOf(*last);
    queue_.remove(uid);
    cache_.clearNominated(uid);
    if (held_ && held_->pod.pod->uid == uid) {
        auto& record = held_->record;
        record.phase = "Done";
        record.veiled = false;
        record.selectedNode.clear();
        record.result = "Error";
        record.message = "the Pod was deleted while its cycle was held";
        ring_.put(record);
        held_.reset();
        queue_.done();
        if (onHeld) onHeld("", "");
        pumpSoon();
    }
    if (!bindingVolumes_.empty()) checkVolumes();
    const auto pod = PodInfo::make(last, lastRead_);
    if (pod->nodeName.empty()) {
        // The room that was kept for it is free.
        if (!pod->nominatedNode.empty()) queue_.wake(podEvent(EventAction::Delete, pod, nullptr));
        return;
    }
    cache_.removePod(uid);
    queue_.wake(podEvent(EventAction::Delete, pod, nullptr));
}

}  // namespace kubarium::scheduler
