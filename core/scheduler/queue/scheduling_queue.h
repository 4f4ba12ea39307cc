// Pods that wait to be placed (pkg/scheduler/backend/queue): active ones in order of priority and age, those that back off
// after a failed attempt (1 s, doubling to 10 s), those that no Node can run until something changes, and those held by
// scheduling gates. A cluster event wakes the unschedulable Pods that it could help, by the plugins that refused them.
// Waits are cluster time. Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/scheduler/pod_info.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace kubarium::scheduler {

enum class ClusterEvent { NodeAdd, NodeUpdate, AssignedPodAdd, AssignedPodUpdate, AssignedPodDelete, PodUpdate, StorageChange, Flush, Other };
std::string_view toString(ClusterEvent);

struct QueuedPod {
    PodInfoPtr pod;
    int attempts = 0;
    WallTime enqueuedAt{};            // first time
    ClusterTime since{};              // in its present place
    std::set<std::string> refusedBy;  // plugins
    std::string wokenBy = "created";
    std::uint64_t order = 0;
};

class SchedulingQueue {
public:
    struct Backoff {
        double initialSeconds = 1, maxSeconds = 10;
    };
    // `onActive` is called when a Pod has become active.
    SchedulingQueue(Clock& clock, std::function<void()> onActive) : clock_(clock), onActive_(std::move(onActive)) {}

    void setBackoff(Backoff backoff) { backoff_ = backoff; }
    void add(const PodInfoPtr& pod, bool gated);
    void update(const PodInfoPtr& pod, bool gated);
    void remove(const std::string& uid);
    // The next one to try; its attempts are counted.
    std::optional<QueuedPod> pop();
    // After a failed attempt: waits for an event, or (something happened during the attempt, or it was an error) backs off.
    void addUnschedulable(QueuedPod pod, bool retrySoon);
    void wake(ClusterEvent event);
    // At once, past its back-off (a Pod that preempted and whose victims are gone).
    void activate(const std::string& uid, const std::string& why);
    // Changes with every event: tells whether something happened during an attempt.
    std::uint64_t eventCount() const { return events_; }

    struct Counts {
        std::size_t active, backoff, unschedulable, gated;
    };
    Counts counts() const { return {active_.size(), backingOff_.size(), unschedulable_.size(), gated_.size()}; }

private:
    using ActiveKey = std::tuple<std::int64_t, std::uint64_t, std::string>;  // -priority, order, uid
    void makeActive(QueuedPod pod);
    void backOff(QueuedPod pod);
    Duration backoffOf(int attempts) const;
    void scheduleFlush();
    QueuedPod* find(const std::string& uid);

    Clock& clock_;
    std::function<void()> onActive_;
    Backoff backoff_;
    std::map<ActiveKey, QueuedPod> active_;
    std::unordered_map<std::string, ActiveKey> activeKeys_;
    struct Waiting {
        QueuedPod pod;
        Timer timer;
    };
    std::unordered_map<std::string, Waiting> backingOff_;
    std::unordered_map<std::string, QueuedPod> unschedulable_, gated_;
    Timer flush_;
    std::uint64_t order_ = 0, events_ = 0;
};

}  // namespace kubarium::scheduler
