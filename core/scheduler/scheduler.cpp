#include "core/scheduler/scheduler.h"

#include "core/scheduler/queue/queueing_hints.h"

#include <algorithm>
#include <array>

namespace kubarium::scheduler {

namespace resources = api::resources;
using namespace std::chrono_literals;

namespace {

constexpr std::array<const char*, 4> phases{"Filter", "Score", "Select", "Bind"};

}  // namespace

std::shared_ptr<const DecisionRecord> DecisionRing::find(const std::string& nameSpace, const std::string& name) const {
    for (auto it = records_.rbegin(); it != records_.rend(); ++it)
        if ((*it)->pod->nameSpace == nameSpace && (*it)->name() == name) return *it;
    return nullptr;
}

void DecisionRing::put(DecisionRecord record) {
    record.revision = ++revision_;
    auto shared = std::make_shared<const DecisionRecord>(std::move(record));
    // Cycles are put in order; one that was held is the latest.
    const bool known = !records_.empty() && records_.back()->cycle == shared->cycle;
    if (known) records_.back() = shared;
    else records_.push_back(shared);
    if (onChange) onChange({known ? client::WatchEventType::Modified : client::WatchEventType::Added, shared});
    if (records_.size() <= capacity) return;
    const auto oldest = std::move(records_.front());
    records_.pop_front();
    ++revision_;
    if (onChange) {
        auto gone = *oldest;
        gone.revision = revision_;
        onChange({client::WatchEventType::Deleted, std::make_shared<const DecisionRecord>(std::move(gone))});
    }
    if (!release) return;
    pushedOut_.push_back(oldest);
    if (pushedOut_.size() == releasedTogether) release(std::exchange(pushedOut_, {}));
}

Scheduler::Scheduler(Executor& executor, Clock& clock, Random& random, client::Client& client, client::InformerFactory& informers, Configuration configuration)
    : executor_(executor), clock_(clock), random_(random), client_(client), informers_(informers),
      configuration_(std::make_shared<const Configuration>(std::move(configuration))),
      queue_(clock,
             {[this](const PodInfo& pod) { return gatedBy(pod); },
              [this](const std::string& plugin, const ClusterEvent& event, const PodInfo& pod) {
                  const auto* profile = configuration_->find(pod.schedulerName);
                  if (!profile) return true;
                  refreshObjects();
                  return mayHelp(plugin, event, pod, *profile, cache_.objects());
              }},
             [this] { pumpSoon(); }) {
    ring_.release = [&executor](std::vector<std::shared_ptr<const DecisionRecord>> records) {
        executor.offloadTask([records = std::move(records)]() mutable -> Task {
            records.clear();
            return {};
        });
    };
}

Scheduler::~Scheduler() { *alive_ = false; }

void Scheduler::start() {
    queue_.setBackoff({configuration_->podInitialBackoffSeconds, configuration_->podMaxBackoffSeconds});
    watchNodes();
    watchOthers();
    watchPods();
    pumpSoon();
}

void Scheduler::setConfiguration(Configuration configuration) {
    configuration_ = std::make_shared<const Configuration>(std::move(configuration));
    queue_.setBackoff({configuration_->podInitialBackoffSeconds, configuration_->podMaxBackoffSeconds});
    // Pods of profiles that are gone wait no longer; those of new ones are waited for from now on.
    for (const auto& [key, object] : informers_.informer(resources::pods).all()) {
        if (!object->string({"spec", "nodeName"}).empty()) continue;
        if (ours(*object)) podChanged(nullptr, object);
        else queue_.remove(std::string(object->uid()));
    }
    queue_.reconsider("ConfigurationChange");
    pumpSoon();
}

SnapshotPtr Scheduler::snapshot() {
    refreshObjects();
    return cache_.snapshot();
}

void Scheduler::setActive(bool active) {
    active_ = active;
    if (active) pumpSoon();
}

void Scheduler::pumpSoon() {
    if (std::exchange(pumpPosted_, true)) return;
    executor_.post([this, alive = alive_] {
        if (!*alive) return;
        pumpPosted_ = false;
        pump();
    });
}

void Scheduler::pump() {
    if (held_ || !active_) return;
    // Deciding on half a picture would be wrong: wait for the caches.
    if (!std::ranges::all_of(watched_, [](const client::Informer* informer) { return informer->synced(); })) {
        syncTimer_ = clock_.afterReal(5ms, [this] { pump(); });
        return;
    }
    if (paused_ && steps_ == 0) return;
    // One attempt per task keeps the engine's other tasks going.
    auto next = queue_.pop();
    if (!next) return;
    if (paused_) --steps_;
    begin(std::move(*next));
    pumpSoon();
}

void Scheduler::begin(QueuedPod pod) {
    refreshObjects();
    auto attempt = std::make_shared<Attempt>();
    attempt->snapshot = cache_.snapshot();
    attempt->configuration = configuration_;
    const auto started = clock_.monotonic();
    const auto* profile = configuration_->find(pod.pod->schedulerName);
    if (!profile) return queue_.done();
    DecideOptions options;
    options.startIndex = attempt->snapshot->nodes.empty() ? 0 : nextStart_ % attempt->snapshot->nodes.size();
    options.draw = [this](std::size_t count) { return static_cast<std::size_t>(random_.below(count)); };
    attempt->decision = decider_.decide(attempt->snapshot, pod.pod, configuration_, *profile, options);
    nextStart_ = attempt->decision.nextStart;
    auto& record = attempt->record;
    record.cycle = ++cycle_;
    record.attempt = pod.attempts;
    record.pod = pod.pod;
    record.snapshot = attempt->snapshot;
    record.startIndex = options.startIndex;
    record.preemptionOffset = attempt->decision.preemption.offset;
    record.configuration = configuration_;
    record.schedulerName = pod.pod->schedulerName;
    record.evaluated = attempt->decision.evaluated;
    record.feasible = attempt->decision.feasible;
    record.nominatedNode = attempt->decision.preemption.nominatedNode;
    record.selectedNode = attempt->decision.selectedNode;
    record.at = clock_.now();
    record.enqueuedAt = pod.enqueuedAt;
    record.waitedSeconds = std::chrono::duration<double>(clock_.clusterNow() - pod.since).count();
    record.wokenBy = pod.wokenBy;
    record.uid = random_.uuid();
    record.took = clock_.monotonic() - started;
    attempt->pod = std::move(pod);
    held_ = std::move(attempt);
    advance();
}

// A point with a veil comes before one without.
const HoldPoint* Scheduler::holdPointBefore(const std::string& phase) const {
    const HoldPoint* found = nullptr;
    for (const auto& point : holdPoints_)
        if ((point.phase.empty() || point.phase == phase) && (point.pod.empty() || point.pod == held_->pod.pod->key()) && (!found || point.veil)) found = &point;
    return found;
}

// A refusal ends after Filter: there is nothing to score, select or bind.
int Scheduler::phaseCount() const { return held_->decision.result == Decision::Result::Scheduled ? static_cast<int>(phases.size()) : 1; }

void Scheduler::advance() {
    while (held_->phase < phaseCount()) {
        const std::string phase = phases[static_cast<std::size_t>(held_->phase)];
        if (paused_ || holdPointBefore(phase)) {
            hold();
            return;
        }
        ++held_->phase;
    }
    finish();
}

void Scheduler::hold() {
    held_->record.phase = phases[static_cast<std::size_t>(held_->phase)];
    const auto* point = holdPointBefore(held_->record.phase);
    held_->record.veiled = point && point->veil;
    ring_.put(held_->record);
    if (onHeld) onHeld(held_->pod.pod->key(), held_->record.phase);
}

void Scheduler::setHoldPoints(std::vector<HoldPoint> points) {
    holdPoints_ = std::move(points);
    if (!held_ || !held_->record.veiled) return;
    const auto* point = holdPointBefore(held_->record.phase);
    if (!point || !point->veil) hold();
}

bool Scheduler::back() {
    if (!held_ || held_->phase == 0) return false;
    --held_->phase;
    hold();
    return true;
}

bool Scheduler::step() {
    if (held_) {
        // One phase and no more, whether the pause holds it or a breakpoint; when neither holds any longer, all of them.
        const bool stepping = paused_ || !holdPoints_.empty();
        if (++held_->phase < phaseCount() && stepping) hold();
        else finish();
        return true;
    }
    if (!queue_.ready()) return false;
    ++steps_;
    pumpSoon();
    return true;
}

void Scheduler::setPaused(bool paused) {
    paused_ = paused;
    steps_ = 0;
    if (paused) return;
    if (held_) advance();
    pumpSoon();
}

void Scheduler::finish() {
    const auto attempt = std::exchange(held_, nullptr);
    if (attempt->record.phase != "Done" && onHeld) onHeld("", "");
    auto& record = attempt->record;
    record.phase = "Done";
    record.veiled = false;
    record.message = attempt->decision.message;
    record.result = attempt->decision.result == Decision::Result::Scheduled ? "Scheduled" : attempt->decision.error.empty() ? "Unschedulable" : "Error";
    ring_.put(record);
    if (attempt->decision.result == Decision::Result::Scheduled) placed(attempt);
    else refused(attempt);
    queue_.done();
    pumpSoon();
}

}  // namespace kubarium::scheduler
