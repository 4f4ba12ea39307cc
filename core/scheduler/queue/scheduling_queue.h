// Pods that wait to be placed (pkg/scheduler/backend/queue of Kubernetes 1.34): active ones in order of priority and age, those that
// back off after a failed attempt (1 s, doubling to 10 s), those that no Node can run until something changes, and gated ones. A
// cluster event wakes the unschedulable Pods that it may help, by the plugins that refused them. As with the feature
// SchedulerPopFromBackoffQ, an idle scheduler does not wait for the end of a back-off, except after errors.
// Waits are cluster time. Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/scheduler/queue/cluster_event.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

namespace kubarium::scheduler {

struct QueuedPod {
    PodInfoPtr pod;
    int attempts = 0;
    int unschedulableCount = 0, consecutiveErrors = 0;  // what the back-off grows with
    WallTime enqueuedAt{};            // first time
    ClusterTime since{};              // in its present place
    std::set<std::string> refusedBy;  // plugins; none: the attempt ended in an error
    std::string gatedBy;              // the PreEnqueue plugin that holds it
    std::string wokenBy = "created";
    std::uint64_t order = 0;
};

class SchedulingQueue {
public:
    struct Backoff {
        double initialSeconds = 1, maxSeconds = 10;
    };
    struct Rules {
        // The PreEnqueue plugin that keeps the Pod out of the active queue; "" if none does.
        std::function<std::string(const PodInfo&)> gatedBy;
        // Whether the event may help a Pod that the plugin refused.
        std::function<bool(const std::string& plugin, const ClusterEvent&, const PodInfo&)> mayHelp;
    };
    // `onActive` is called when there is a Pod to try.
    SchedulingQueue(Clock& clock, Rules rules, std::function<void()> onActive) : clock_(clock), rules_(std::move(rules)), onActive_(std::move(onActive)) {}

    void setBackoff(Backoff backoff) { backoff_ = backoff; }
    // New, or changed.
    void add(const PodInfoPtr& pod);
    void remove(const std::string& uid);
    // The next one to try; its attempts are counted. Until addUnschedulable() with the plugins that refused it, or done(), events
    // are kept for it.
    std::optional<QueuedPod> pop();
    void done() { inFlight_.reset(); }
    // Whether pop() has one to give.
    bool ready() const { return !active_.empty() || !endsOfBackoff_.empty(); }
    // After a failed attempt: waits for an event; backs off if one that may help came during the attempt, or if it was an error.
    void addUnschedulable(QueuedPod pod);
    // `except`: the uid of a Pod that the event does not wake.
    void wake(const ClusterEvent& event, const std::string& except = {});
    // At once, past its back-off.
    void activate(const std::string& uid, const std::string& why);
    // Everything again: the rules have changed.
    void reconsider(const std::string& why);

    struct Counts {
        std::size_t active, backoff, unschedulable, gated;
    };
    Counts counts() const { return {active_.size(), backingOff_.size(), unschedulable_.size(), gated_.size()}; }

private:
    using ActiveKey = std::tuple<std::int64_t, std::uint64_t, std::string>;  // -priority, order, uid
    struct Waiting {
        QueuedPod pod;
        ClusterTime until;
        Timer timer;
    };
    void update(QueuedPod& known, const PodInfoPtr& pod);
    void makeActive(QueuedPod pod);
    void backOff(QueuedPod pod);
    QueuedPod takeBackingOff(const std::string& uid);
    Duration backoffOf(const QueuedPod& pod) const;
    bool worthTrying(const QueuedPod& pod, const ClusterEvent& event) const;
    void scheduleFlush();
    QueuedPod* find(const std::string& uid);

    Clock& clock_;
    Rules rules_;
    std::function<void()> onActive_;
    Backoff backoff_;
    std::map<ActiveKey, QueuedPod> active_;
    std::unordered_map<std::string, ActiveKey> activeKeys_;
    std::unordered_map<std::string, Waiting> backingOff_;
    std::set<std::pair<ClusterTime, std::string>> endsOfBackoff_;  // without those after errors
    std::unordered_map<std::string, QueuedPod> unschedulable_, gated_;
    std::optional<std::vector<ClusterEvent>> inFlight_;  // since a Pod was popped
    Timer flush_;
    std::uint64_t order_ = 0;
};

}  // namespace kubarium::scheduler
