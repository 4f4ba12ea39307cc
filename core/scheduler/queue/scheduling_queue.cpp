#include "core/scheduler/queue/scheduling_queue.h"

#include <algorithm>
#include <cmath>

namespace kubarium::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr auto longestUnschedulable = 5min;
constexpr auto flushPeriod = 30s;

// EventsToRegister of each plugin, by kind of event.
bool canHelp(ClusterEvent event, const std::string& plugin) {
    switch (event) {
        case ClusterEvent::NodeAdd:
        case ClusterEvent::NodeUpdate:
        case ClusterEvent::Flush:
        case ClusterEvent::Other: return true;
        case ClusterEvent::AssignedPodAdd: return plugin == "InterPodAffinity" || plugin == "PodTopologySpread";
        case ClusterEvent::AssignedPodUpdate: return plugin == "InterPodAffinity" || plugin == "PodTopologySpread" || plugin == "NodeResourcesFit";
        case ClusterEvent::AssignedPodDelete:
            return plugin == "NodeResourcesFit" || plugin == "NodePorts" || plugin == "InterPodAffinity" || plugin == "PodTopologySpread" || plugin == "VolumeRestrictions" ||
                   plugin == "NodeVolumeLimits" || plugin == "DefaultPreemption";
        case ClusterEvent::StorageChange: return plugin.starts_with("Volume") || plugin == "NodeVolumeLimits";
        case ClusterEvent::PodUpdate: return true;
    }
    return true;
}

}  // namespace

std::string_view toString(ClusterEvent event) {
    switch (event) {
        case ClusterEvent::NodeAdd: return "NodeAdd";
        case ClusterEvent::NodeUpdate: return "NodeUpdate";
        case ClusterEvent::AssignedPodAdd: return "AssignedPodAdd";
        case ClusterEvent::AssignedPodUpdate: return "AssignedPodUpdate";
        case ClusterEvent::AssignedPodDelete: return "AssignedPodDelete";
        case ClusterEvent::PodUpdate: return "PodUpdate";
        case ClusterEvent::StorageChange: return "StorageChange";
        case ClusterEvent::Flush: return "UnschedulableTimeout";
        case ClusterEvent::Other: return "Other";
    }
    return "";
}

QueuedPod* SchedulingQueue::find(const std::string& uid) {
    if (const auto it = activeKeys_.find(uid); it != activeKeys_.end()) return &active_.at(it->second);
    if (const auto it = backingOff_.find(uid); it != backingOff_.end()) return &it->second.pod;
    if (const auto it = unschedulable_.find(uid); it != unschedulable_.end()) return &it->second;
    if (const auto it = gated_.find(uid); it != gated_.end()) return &it->second;
    return nullptr;
}

void SchedulingQueue::add(const PodInfoPtr& pod, bool gated) {
    if (find(pod->uid)) return update(pod, gated);
    QueuedPod queued;
    queued.pod = pod;
    queued.enqueuedAt = clock_.now();
    queued.since = clock_.clusterNow();
    queued.order = ++order_;
    if (gated) gated_[pod->uid] = std::move(queued);
    else makeActive(std::move(queued));
}

void SchedulingQueue::update(const PodInfoPtr& pod, bool gated) {
    auto* known = find(pod->uid);
    if (!known) return;
    // What the scheduler itself wrote into the status changes nothing for it.
    const auto* before = known->pod->object->find({"spec"});
    const auto* after = pod->object->find({"spec"});
    const bool relevant = (before && after && *before != *after) || known->pod->labels != pod->labels;
    auto queued = *known;
    queued.pod = pod;
    if (const auto it = gated_.find(pod->uid); it != gated_.end()) {
        if (gated) {
            it->second = std::move(queued);
            return;
        }
        gated_.erase(it);
        queued.wokenBy = "gates removed";
        return makeActive(std::move(queued));
    }
    if (const auto it = unschedulable_.find(pod->uid); it != unschedulable_.end() && relevant) {
        unschedulable_.erase(it);
        queued.wokenBy = toString(ClusterEvent::PodUpdate);
        return backOff(std::move(queued));
    }
    if (activeKeys_.contains(pod->uid) && pod->priority != known->pod->priority) {
        remove(pod->uid);
        return makeActive(std::move(queued));
    }
    known->pod = pod;
}

void SchedulingQueue::remove(const std::string& uid) {
    if (const auto it = activeKeys_.find(uid); it != activeKeys_.end()) {
        active_.erase(it->second);
        activeKeys_.erase(it);
    }
    backingOff_.erase(uid);
    unschedulable_.erase(uid);
    gated_.erase(uid);
}

void SchedulingQueue::makeActive(QueuedPod pod) {
    const auto uid = pod.pod->uid;
    const ActiveKey key{-static_cast<std::int64_t>(pod.pod->priority), pod.order, uid};
    pod.since = clock_.clusterNow();
    activeKeys_[uid] = key;
    active_.emplace(key, std::move(pod));
    onActive_();
}

std::optional<QueuedPod> SchedulingQueue::pop() {
    if (active_.empty()) return std::nullopt;
    auto node = active_.extract(active_.begin());
    activeKeys_.erase(node.mapped().pod->uid);
    ++node.mapped().attempts;
    return std::move(node.mapped());
}

Duration SchedulingQueue::backoffOf(int attempts) const {
    const auto seconds = std::min(backoff_.maxSeconds, backoff_.initialSeconds * std::pow(2.0, std::max(0, attempts - 1)));
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void SchedulingQueue::backOff(QueuedPod pod) {
    const auto left = backoffOf(pod.attempts) - (clock_.clusterNow() - pod.since);
    if (left <= Duration{} || pod.attempts == 0) return makeActive(std::move(pod));
    const auto uid = pod.pod->uid;
    backingOff_[uid] = {std::move(pod), clock_.after(left, [this, uid] {
                            const auto key = uid;  // erasing destroys this closure
                            auto node = backingOff_.extract(key);
                            if (!node.empty()) makeActive(std::move(node.mapped().pod));
                        })};
}

void SchedulingQueue::addUnschedulable(QueuedPod pod, bool retrySoon) {
    pod.since = clock_.clusterNow();
    if (retrySoon) return backOff(std::move(pod));
    unschedulable_[pod.pod->uid] = std::move(pod);
    if (!flush_) scheduleFlush();
}

void SchedulingQueue::scheduleFlush() {
    flush_ = clock_.after(flushPeriod, [this] {
        std::vector<std::string> old;
        for (const auto& [uid, pod] : unschedulable_)
            if (clock_.clusterNow() - pod.since >= longestUnschedulable) old.push_back(uid);
        for (const auto& uid : old) activate(uid, std::string(toString(ClusterEvent::Flush)));
        flush_.reset();
        if (!unschedulable_.empty()) scheduleFlush();
    });
}

void SchedulingQueue::wake(ClusterEvent event) {
    ++events_;
    std::vector<QueuedPod> woken;
    for (auto it = unschedulable_.begin(); it != unschedulable_.end();) {
        const auto& refused = it->second.refusedBy;
        if (!refused.empty() && !std::ranges::any_of(refused, [&](const auto& plugin) { return canHelp(event, plugin); })) {
            ++it;
            continue;
        }
        woken.push_back(std::move(it->second));
        it = unschedulable_.erase(it);
    }
    std::ranges::sort(woken, {}, &QueuedPod::order);
    for (auto& pod : woken) {
        pod.wokenBy = toString(event);
        backOff(std::move(pod));
    }
}

void SchedulingQueue::activate(const std::string& uid, const std::string& why) {
    QueuedPod pod;
    if (auto node = unschedulable_.extract(uid); !node.empty()) pod = std::move(node.mapped());
    else if (auto waiting = backingOff_.extract(uid); !waiting.empty()) pod = std::move(waiting.mapped().pod);
    else return;
    pod.wokenBy = why;
    makeActive(std::move(pod));
}

}  // namespace kubarium::scheduler
