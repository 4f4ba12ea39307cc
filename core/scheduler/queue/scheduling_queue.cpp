#include "core/scheduler/queue/scheduling_queue.h"

#include <algorithm>
#include <cmath>

namespace kubarium::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr auto longestUnschedulable = 5min;
constexpr auto flushPeriod = 30s;

}  // namespace

QueuedPod* SchedulingQueue::find(const std::string& uid) {
    if (const auto it = activeKeys_.find(uid); it != activeKeys_.end()) return &active_.at(it->second);
    if (const auto it = backingOff_.find(uid); it != backingOff_.end()) return &it->second.pod;
    if (const auto it = unschedulable_.find(uid); it != unschedulable_.end()) return &it->second;
    if (const auto it = gated_.find(uid); it != gated_.end()) return &it->second;
    return nullptr;
}

void SchedulingQueue::add(const PodInfoPtr& pod) {
    if (auto* known = find(pod->uid)) return update(*known, pod);
    QueuedPod queued;
    queued.pod = pod;
    queued.enqueuedAt = clock_.now();
    queued.since = clock_.clusterNow();
    queued.order = ++order_;
    makeActive(std::move(queued));
}

void SchedulingQueue::update(QueuedPod& known, const PodInfoPtr& pod) {
    const auto uid = pod->uid;
    const auto before = std::exchange(known.pod, pod);
    if (const auto it = activeKeys_.find(uid); it != activeKeys_.end()) {
        if (before->priority == pod->priority) return;
        auto queued = std::move(active_.extract(it->second).mapped());
        activeKeys_.erase(it);
        return makeActive(std::move(queued));
    }
    if (gated_.contains(uid)) {
        if (!rules_.gatedBy(*pod).empty()) return;
        auto queued = std::move(gated_.extract(uid).mapped());
        queued.wokenBy = "gates removed";
        return makeActive(std::move(queued));
    }
    if (!unschedulable_.contains(uid)) return;
    for (const auto& event : podUpdateEvents(before, pod)) {
        if (!worthTrying(known, event)) continue;
        auto queued = std::move(unschedulable_.extract(uid).mapped());
        queued.wokenBy = event.label();
        return backOff(std::move(queued));
    }
}

void SchedulingQueue::remove(const std::string& uid) {
    if (const auto it = activeKeys_.find(uid); it != activeKeys_.end()) {
        active_.erase(it->second);
        activeKeys_.erase(it);
    }
    if (backingOff_.contains(uid)) takeBackingOff(uid);
    unschedulable_.erase(uid);
    gated_.erase(uid);
}

void SchedulingQueue::makeActive(QueuedPod pod) {
    const auto uid = pod.pod->uid;
    pod.gatedBy = rules_.gatedBy(*pod.pod);
    if (!pod.gatedBy.empty()) {
        gated_[uid] = std::move(pod);
        return;
    }
    const ActiveKey key{-static_cast<std::int64_t>(pod.pod->priority), pod.order, uid};
    pod.since = clock_.clusterNow();
    activeKeys_[uid] = key;
    active_.emplace(key, std::move(pod));
    onActive_();
}

std::optional<QueuedPod> SchedulingQueue::pop() {
    QueuedPod pod;
    if (!active_.empty()) {
        pod = std::move(active_.extract(active_.begin()).mapped());
        activeKeys_.erase(pod.pod->uid);
    } else if (!endsOfBackoff_.empty()) {
        const auto uid = endsOfBackoff_.begin()->second;
        pod = takeBackingOff(uid);
    } else {
        return std::nullopt;
    }
    ++pod.attempts;
    inFlight_.emplace();
    return pod;
}

// backoffQueue.calculateBackoffDuration
Duration SchedulingQueue::backoffOf(const QueuedPod& pod) const {
    const auto count = pod.consecutiveErrors > 0 ? pod.consecutiveErrors : pod.unschedulableCount;
    if (count == 0) return {};
    const auto seconds = std::min(backoff_.maxSeconds, backoff_.initialSeconds * std::pow(2.0, std::min(count - 1, 30)));
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

QueuedPod SchedulingQueue::takeBackingOff(const std::string& uid) {
    auto waiting = std::move(backingOff_.extract(uid).mapped());
    endsOfBackoff_.erase({waiting.until, waiting.pod.pod->uid});
    return std::move(waiting.pod);
}

void SchedulingQueue::backOff(QueuedPod pod) {
    const auto length = backoffOf(pod);
    const auto left = length - (clock_.clusterNow() - pod.since);
    if (left <= Duration{}) return makeActive(std::move(pod));
    const auto uid = pod.pod->uid;
    const auto until = pod.since + length;
    const bool afterError = pod.consecutiveErrors > 0;
    backingOff_[uid] = {std::move(pod), until, clock_.after(left, [this, uid] {
                            const auto key = uid;  // erasing destroys this closure
                            if (backingOff_.contains(key)) makeActive(takeBackingOff(key));
                        })};
    if (afterError) return;
    endsOfBackoff_.emplace(until, uid);
    onActive_();
}

void SchedulingQueue::addUnschedulable(QueuedPod pod) {
    pod.since = clock_.clusterNow();
    if (pod.refusedBy.empty()) {
        ++pod.consecutiveErrors;
        return backOff(std::move(pod));
    }
    const auto events = std::exchange(inFlight_, std::nullopt).value_or(std::vector<ClusterEvent>());
    pod.consecutiveErrors = 0;
    ++pod.unschedulableCount;
    const auto helpful = std::ranges::find_if(events, [&](const ClusterEvent& event) { return worthTrying(pod, event); });
    if (helpful != events.end()) {
        pod.wokenBy = helpful->label();
        return backOff(std::move(pod));
    }
    unschedulable_[pod.pod->uid] = std::move(pod);
    if (!flush_) scheduleFlush();
}

// isPodWorthRequeuing
bool SchedulingQueue::worthTrying(const QueuedPod& pod, const ClusterEvent& event) const {
    if (pod.refusedBy.empty() || event.resource == EventResource::Wildcard) return true;
    return std::ranges::any_of(pod.refusedBy, [&](const std::string& plugin) { return rules_.mayHelp(plugin, event, *pod.pod); });
}

void SchedulingQueue::scheduleFlush() {
    flush_ = clock_.after(flushPeriod, [this] {
        std::vector<QueuedPod> old;
        for (auto it = unschedulable_.begin(); it != unschedulable_.end();) {
            if (clock_.clusterNow() - it->second.since < longestUnschedulable) {
                ++it;
                continue;
            }
            old.push_back(std::move(it->second));
            it = unschedulable_.erase(it);
        }
        std::ranges::sort(old, {}, &QueuedPod::order);
        for (auto& pod : old) {
            pod.wokenBy = "UnschedulableTimeout";
            backOff(std::move(pod));
        }
        flush_.reset();
        if (!unschedulable_.empty()) scheduleFlush();
    });
}

void SchedulingQueue::wake(const ClusterEvent& event, const std::string& except) {
    if (inFlight_) inFlight_->push_back(event);
    std::vector<QueuedPod> woken;
    for (auto it = unschedulable_.begin(); it != unschedulable_.end();) {
        if (it->first == except || !worthTrying(it->second, event)) {
            ++it;
            continue;
        }
        woken.push_back(std::move(it->second));
        it = unschedulable_.erase(it);
    }
    std::ranges::sort(woken, {}, &QueuedPod::order);
    for (auto& pod : woken) {
        pod.wokenBy = event.label();
        backOff(std::move(pod));
    }
}

void SchedulingQueue::activate(const std::string& uid, const std::string& why) {
    QueuedPod pod;
    if (auto node = unschedulable_.extract(uid); !node.empty()) pod = std::move(node.mapped());
    else if (backingOff_.contains(uid)) pod = takeBackingOff(uid);
    else return;
    pod.wokenBy = why;
    makeActive(std::move(pod));
}

void SchedulingQueue::reconsider(const std::string& why) {
    std::vector<QueuedPod> again;
    for (auto* from : {&unschedulable_, &gated_}) {
        for (auto& [uid, pod] : *from) again.push_back(std::move(pod));
        from->clear();
    }
    std::vector<std::string> waiting;
    for (const auto& [uid, entry] : backingOff_) waiting.push_back(uid);
    for (const auto& uid : waiting) again.push_back(takeBackingOff(uid));
    std::ranges::sort(again, {}, &QueuedPod::order);
    for (auto& pod : again) {
        pod.wokenBy = why;
        makeActive(std::move(pod));
    }
}

}  // namespace kubarium::scheduler
