// kube-scheduler as a component: watches Pods and Nodes through a client, decides, binds through the API, and remembers the latest
// decisions. With a pause or a breakpoint it holds an attempt before a phase, so that a class can look at it.
// Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/client/event_recorder.h"
#include "core/client/informer.h"
#include "core/scheduler/cache/scheduler_cache.h"
#include "core/scheduler/decision_report.h"
#include "core/scheduler/incremental/incremental_decider.h"
#include "core/scheduler/queue/scheduling_queue.h"
#include "core/scheduler/volume_reservation.h"

#include <deque>
#include <memory>

namespace kubarium::scheduler {

// The latest decisions, oldest first.
class DecisionRing {
public:
    struct Change {
        client::WatchEventType type;  // Added, Modified (a held attempt went on), Deleted (pushed out)
        std::shared_ptr<const DecisionRecord> record;
    };
    static constexpr std::size_t capacity = 1000;

    const std::deque<std::shared_ptr<const DecisionRecord>>& all() const { return records_; }
    std::shared_ptr<const DecisionRecord> find(const std::string& nameSpace, const std::string& name) const;
    std::uint64_t revision() const { return revision_; }
    void put(DecisionRecord record);  // replaces the one of the same cycle
    // Called at every change; removed by an empty one.
    std::function<void(const Change&)> onChange;
    // Gets what was pushed out, many at a time: with a record ends what its snapshot alone held of the cluster, which takes longer than
    // to make one. Without it they end here.
    std::function<void(std::vector<std::shared_ptr<const DecisionRecord>>)> release;

private:
    static constexpr std::size_t releasedTogether = 64;
    std::deque<std::shared_ptr<const DecisionRecord>> records_;
    std::vector<std::shared_ptr<const DecisionRecord>> pushedOut_;
    std::uint64_t revision_ = 0;
};

struct HoldPoint {
    std::string phase;  // Filter, Score, Select, Bind; "" is each of them
    std::string pod;    // "namespace/name"; "" is any Pod
    bool veil = false;  // held here, the decision is told as far as it came before the phase
};

class Scheduler {
public:
    Scheduler(Executor& executor, Clock& clock, Random& random, client::Client& client, client::InformerFactory& informers, Configuration configuration);
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    // Before the informers start; deciding begins when they have synced.
    void start();
    const DecisionRing& decisions() const { return ring_; }
    DecisionRing& decisions() { return ring_; }
    SchedulingQueue::Counts waiting() const { return queue_.counts(); }
    // Takes effect with the next attempt.
    void setConfiguration(Configuration configuration);
    // Pods are watched and cached at all times, but decided about only while active: the one that leads. Active from the start.
    void setActive(bool active);
    // The cluster as the next attempt would see it.
    SnapshotPtr snapshot();
    std::shared_ptr<const Configuration> configuration() const { return configuration_; }

    // While paused every attempt is held before each phase.
    void setPaused(bool paused);
    // What is held stays held; a veil that is gone is taken from it.
    void setHoldPoints(std::vector<HoldPoint> points);
    // Lets the held attempt go on to its next phase and holds it there; to its end when neither a pause nor a hold point is left. False if none is held and no Pod waits.
    bool step();
    // Holds the held attempt before its previous phase again; nothing has been done yet that would have to be undone. False if none
    // is held or it is held before its first phase.
    bool back();
    // Told when an attempt is held before a phase, and ("", "") when it went on.
    std::function<void(const std::string& pod, const std::string& phase)> onHeld;

private:
    struct Attempt {
        QueuedPod pod;
        SnapshotPtr snapshot;
        std::shared_ptr<const Configuration> configuration;
        Decision decision;
        DecisionRecord record;
        int phase = 0;
        // Once it is placed: the volumes that it takes, and until when they may take to be bound.
        VolumeReservation volumes;
        Timer bindTimer;
        bool over = false;  // given up: what is still under way is of no consequence
    };
    using AttemptPtr = std::shared_ptr<Attempt>;
    // scheduler_watches.cpp: what the API says, into the cache and the queue.
    void watchPods();
    void watchNodes();
    void watchOthers();
    void podChanged(const ObjectPtr& before, const ObjectPtr& pod);
    void podGone(const ObjectPtr& last);
    void sayThatItNeverComes(const PodInfoPtr& pod);
    bool ours(const api::Object& pod) const;
    std::string gatedBy(const PodInfo& pod) const;
    // What is set when an object of the kind comes, changes (`now`) or goes (null).
    using SetObject = std::function<void(const std::string& key, const ObjectPtr& now)>;
    void follow(const api::GroupVersionResource& resource, std::optional<EventResource> as, SetObject set);
    void refreshObjects();
    void overlayAssumed(ClusterObjects& objects);
    void pump();
    void pumpSoon();
    void begin(QueuedPod pod);
    int phaseCount() const;
    void advance();
    void hold();
    const HoldPoint* holdPointBefore(const std::string& phase) const;
    void finish();
    // scheduler_binding.cpp: Reserve, PreBind, Bind, and what is told about a failure.
    void placed(AttemptPtr attempt);
    void writeVolumes(AttemptPtr attempt, std::size_t next);
    void awaitVolumes(AttemptPtr attempt);
    void checkVolumes();
    void bind(AttemptPtr attempt);
    void unreserve(const Attempt& attempt);
    void notPlaced(AttemptPtr attempt, const std::string& error);
    void refused(AttemptPtr attempt);
    void evict(const PodInfoPtr& victim, const PodInfoPtr& preemptor, const std::string& node);
    void clearLowerNominations(const PodInfo& pod, const std::string& node);
    void writeCondition(const PodInfoPtr& pod, const std::string& reason, const std::string& message, const std::string* nominatedNode);
    client::EventRecorder& recorderOf(const std::string& schedulerName);

    Executor& executor_;
    Clock& clock_;
    Random& random_;
    client::Client& client_;
    client::InformerFactory& informers_;
    std::map<std::string, std::unique_ptr<client::EventRecorder>> events_;  // by schedulerName
    std::shared_ptr<const Configuration> configuration_;
    SchedulerCache cache_;
    ClusterObjects objects_;  // as the API says; the cache has what is assumed laid over it
    IncrementalDecider decider_;
    SchedulingQueue queue_;
    PodInfoPtr lastRead_;  // the next Pod that the watch tells of is most often of the same template
    DecisionRing ring_;
    AttemptPtr held_;
    std::map<std::string, AttemptPtr> bindingVolumes_;            // by the Pod's uid: waiting for the binding controller
    std::map<std::string, ObjectPtr> assumedVolumes_, assumedClaims_;  // reserved, until the API has something newer
    std::vector<HoldPoint> holdPoints_;
    bool active_ = true, paused_ = false, pumpPosted_ = false, objectsStale_ = true;
    int steps_ = 0;
    std::size_t nextStart_ = 0;
    std::uint64_t cycle_ = 0;
    std::vector<client::Informer*> watched_;  // whose caches a decision needs
    Timer syncTimer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::scheduler
