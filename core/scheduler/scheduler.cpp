#include "core/scheduler/scheduler.h"

#include "core/api/types/meta.h"
#include "core/base/log.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::scheduler {

namespace resources = api::resources;
using namespace std::chrono_literals;

namespace {

constexpr std::array<const char*, 4> phases{"Filter", "Score", "Select", "Bind"};

const api::GroupVersionResource replicationControllers{"", "v1", "replicationcontrollers"};
const api::GroupVersionResource csiNodes{"storage.k8s.io", "v1", "csinodes"};

bool finished(const api::Object& pod) {
    const auto phase = pod.string({"status", "phase"});
    return phase == "Succeeded" || phase == "Failed";
}

bool gated(const PodInfo& pod) { return !pod.gates.empty(); }

// Events are cut as the API demands; the condition keeps the whole.
std::string eventText(std::string message) {
    constexpr std::size_t longest = 1024;
    if (message.size() > longest) message = message.substr(0, longest - 4) + " ...";
    return message;
}

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
    const auto oldest = records_.front();
    records_.pop_front();
    auto gone = *oldest;
    gone.revision = ++revision_;
    if (onChange) onChange({client::WatchEventType::Deleted, std::make_shared<const DecisionRecord>(std::move(gone))});
}

Scheduler::Scheduler(Executor& executor, Clock& clock, Random& random, client::Client& client, client::InformerFactory& informers, Configuration configuration)
    : executor_(executor), clock_(clock), random_(random), client_(client), informers_(informers), events_(client, clock, "default-scheduler"),
      configuration_(std::make_shared<const Configuration>(std::move(configuration))), queue_(clock, [this] { pumpSoon(); }) {}

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
    queue_.wake(ClusterEvent::Other);
}

void Scheduler::watchNodes() {
    informers_.informer(resources::nodes).addHandler({
        [this](const ObjectPtr& node) {
            cache_.setNode(node);
            queue_.wake(ClusterEvent::NodeAdd);
        },
        [this](const ObjectPtr& before, const ObjectPtr& after) {
            cache_.setNode(after);
            const auto differs = [&](std::initializer_list<std::string_view> path) {
                const auto* a = before->find(path);
                const auto* b = after->find(path);
                return (a == nullptr) != (b == nullptr) || (a && *a != *b);
            };
            if (differs({"spec"}) || differs({"metadata", "labels"}) || differs({"status", "allocatable"})) queue_.wake(ClusterEvent::NodeUpdate);
        },
        [this](const ObjectPtr& last) { cache_.removeNode(std::string(last->name())); },
    });
}

void Scheduler::watchOthers() {
    const auto follow = [this](const api::GroupVersionResource& resource, ClusterEvent event) {
        const auto changed = [this, event] {
            objectsStale_ = true;
            if (event == ClusterEvent::StorageChange) queue_.wake(event);
        };
        informers_.informer(resource).addHandler({[changed](const auto&) { changed(); }, [changed](const auto&, const auto&) { changed(); }, [changed](const auto&) { changed(); }});
    };
    for (const auto& resource : {resources::namespaces, resources::services, replicationControllers, resources::replicaSets, resources::statefulSets, resources::podDisruptionBudgets})
        follow(resource, ClusterEvent::Other);
    for (const auto& resource : {resources::persistentVolumeClaims, resources::persistentVolumes, resources::storageClasses, csiNodes}) follow(resource, ClusterEvent::StorageChange);
}

void Scheduler::refreshObjects() {
    if (!std::exchange(objectsStale_, false)) return;
    auto objects = std::make_shared<ClusterObjects>();
    const auto fill = [&](const api::GroupVersionResource& resource, std::map<std::string, ObjectPtr>& into) { into = informers_.informer(resource).all(); };
    for (const auto& [name, object] : informers_.informer(resources::namespaces).all()) objects->namespaces[name] = api::metaOf(*object).labels;
    fill(resources::services, objects->services);
    fill(replicationControllers, objects->replicationControllers);
    fill(resources::replicaSets, objects->replicaSets);
    fill(resources::statefulSets, objects->statefulSets);
    fill(resources::podDisruptionBudgets, objects->podDisruptionBudgets);
    fill(resources::persistentVolumeClaims, objects->claims);
    fill(resources::persistentVolumes, objects->volumes);
    fill(resources::storageClasses, objects->storageClasses);
    fill(csiNodes, objects->csiNodes);
    cache_.setObjects(std::move(objects));
}

void Scheduler::watchPods() {
    informers_.informer(resources::pods).addHandler({
        [this](const ObjectPtr& pod) { podChanged(pod); },
        [this](const ObjectPtr&, const ObjectPtr& after) { podChanged(after); },
        [this](const ObjectPtr& last) { podGone(last); },
    });
}

bool Scheduler::ours(const api::Object& pod) const {
    const auto name = pod.string({"spec", "schedulerName"});
    return configuration_->find(name.empty() ? "default-scheduler" : std::string(name)) != nullptr;
}

void Scheduler::podChanged(const ObjectPtr& object) {
    if (finished(*object)) return podGone(object);
    const auto pod = PodInfo::make(object);
    if (!pod->nodeName.empty()) {
        const bool assumed = cache_.isAssumed(pod->uid);
        queue_.remove(pod->uid);
        cache_.setPod(pod);
        queue_.wake(assumed ? ClusterEvent::AssignedPodAdd : ClusterEvent::AssignedPodUpdate);
        return;
    }
    if (!ours(*object) || cache_.isAssumed(pod->uid) || (held_ && held_->pod.pod->uid == pod->uid)) return;
    if (object->deleting()) return queue_.remove(pod->uid);
    cache_.setNominated(pod, pod->nominatedNode);
    queue_.add(pod, gated(*pod));
}

void Scheduler::podGone(const ObjectPtr& last) {
    const auto uid = last->uid().empty() ? last->key() : std::string(last->uid());
    queue_.remove(uid);
    cache_.clearNominated(uid);
    if (held_ && held_->pod.pod->uid == uid) {
        held_.reset();
        if (onHeld) onHeld("", "");
        pumpSoon();
    }
    if (last->string({"spec", "nodeName"}).empty()) return;
    cache_.removePod(uid);
    queue_.wake(ClusterEvent::AssignedPodDelete);
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
    if (held_) return;
    // Deciding on half a picture would be wrong: wait for the caches.
    if (!informers_.informer(resources::pods).synced() || !informers_.informer(resources::nodes).synced()) {
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
    attempt->eventsBefore = queue_.eventCount();
    const auto started = clock_.monotonic();
    const auto* profile = configuration_->find(pod.pod->schedulerName);
    if (!profile) return;
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
    record.configuration = configuration_;
    record.schedulerName = pod.pod->schedulerName;
    record.selectedNode = attempt->decision.selectedNode;
    record.at = clock_.now();
    record.enqueuedAt = pod.enqueuedAt;
    record.waitedSeconds = std::chrono::duration<double>(clock_.clusterNow() - pod.since).count();
    record.wokenBy = pod.wokenBy;
    record.uid = random_.uuid();
    record.timings.emplace_back("Total", std::chrono::duration<double>(clock_.monotonic() - started).count());
    attempt->pod = std::move(pod);
    held_ = std::move(attempt);
    advance();
}

bool Scheduler::holdsBefore(const std::string& phase) const {
    if (paused_) return true;
    return std::ranges::any_of(holdPoints_, [&](const HoldPoint& point) { return point.phase == phase && (point.pod.empty() || point.pod == held_->pod.pod->key()); });
}

void Scheduler::advance() {
    // A refusal ends after Filter: there is nothing to score, select or bind.
    const int last = held_->decision.result == Decision::Result::Scheduled ? static_cast<int>(phases.size()) : 1;
    while (held_->phase < last) {
        const std::string phase = phases[static_cast<std::size_t>(held_->phase)];
        if (holdsBefore(phase)) {
            held_->record.phase = phase;
            ring_.put(held_->record);
            if (onHeld) onHeld(held_->pod.pod->key(), phase);
            return;
        }
        ++held_->phase;
    }
    finish();
}

bool Scheduler::step() {
    if (held_) {
        ++held_->phase;
        advance();
        return true;
    }
    if (queue_.counts().active == 0) return false;
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
    record.message = attempt->decision.message;
    record.result = attempt->decision.result == Decision::Result::Scheduled ? "Scheduled" : attempt->decision.error.empty() ? "Unschedulable" : "Error";
    ring_.put(record);
    if (attempt->decision.result == Decision::Result::Scheduled) placed(attempt);
    else refused(attempt);
    pumpSoon();
}

void Scheduler::placed(std::shared_ptr<Attempt> attempt) {
    const auto& pod = attempt->pod.pod;
    const auto& node = attempt->decision.selectedNode;
    cache_.assume(pod, node);
    json::object binding{{"apiVersion", "v1"}, {"kind", "Binding"}, {"metadata", {{"name", pod->name}, {"namespace", pod->nameSpace}, {"uid", pod->uid}}},
                         {"target", {{"kind", "Node"}, {"name", node}}}};
    client_.create(
        resources::pods, pod->nameSpace, std::move(binding), {.fieldManager = "kube-scheduler"},
        [this, alive = alive_, attempt](Result<ObjectPtr> bound) {
            if (!*alive) return;
            const auto& info = attempt->pod.pod;
            if (bound) {
                events_.record(*info->object, "Normal", "Scheduled", fmt::format("Successfully assigned {} to {}", info->key(), attempt->decision.selectedNode));
                return;
            }
            cache_.forget(info->uid);
            if (bound.error().reason == Reason::NotFound) return;
            logDebug("scheduler", "binding {} failed: {}", info->key(), bound.error().message);
            writeCondition(info, "SchedulerError", bound.error().message, nullptr);
            events_.record(*info->object, "Warning", "FailedScheduling", eventText(bound.error().message));
            queue_.addUnschedulable(attempt->pod, true);
        },
        pod->name, "binding");
}

void Scheduler::refused(std::shared_ptr<Attempt> attempt) {
    const auto& pod = attempt->pod.pod;
    const auto& decision = attempt->decision;
    auto& refusedBy = attempt->pod.refusedBy;
    refusedBy.clear();
    if (!decision.preFilter.plugin.empty()) refusedBy.insert(decision.preFilter.plugin);
    refusedBy.insert(decision.refusedBy.begin(), decision.refusedBy.end());
    const auto& nominated = decision.preemption.nominatedNode;
    const std::string none;
    const std::string* nomination = !nominated.empty() ? &nominated : decision.preemption.clearsNomination && !pod->nominatedNode.empty() ? &none : nullptr;
    if (!nominated.empty()) {
        refusedBy.insert("DefaultPreemption");
        cache_.setNominated(pod, nominated);
        for (const auto& victim : decision.preemption.victims) evict(victim, pod, nominated);
    }
    events_.record(*pod->object, "Warning", "FailedScheduling", eventText(decision.message));
    writeCondition(pod, decision.reason, decision.message, nomination);
    queue_.addUnschedulable(attempt->pod, !decision.error.empty() || queue_.eventCount() != attempt->eventsBefore);
}

void Scheduler::evict(const PodInfoPtr& victim, const PodInfoPtr& preemptor, const std::string& node) {
    events_.record(*victim->object, "Normal", "Preempted", fmt::format("Preempted by pod {} on node {}", preemptor->uid, node));
    json::value patch{{"status", {{"conditions", {{{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", "PreemptionByScheduler"},
                                                   {"message", fmt::format("{}: preempting to accommodate a higher priority pod", preemptor->schedulerName)},
                                                   {"lastTransitionTime", formatTime(clock_.now())}}}}}}};
    client_.patch(
        resources::pods, victim->nameSpace, victim->name, client::PatchType::StrategicMerge, std::move(patch), {.fieldManager = "kube-scheduler"},
        [this, alive = alive_, victim](auto) {
            if (!*alive) return;
            client::DeleteOptions options;
            options.uid = victim->uid;
            client_.remove(resources::pods, victim->nameSpace, victim->name, options, [victim](Result<json::value> gone) {
                if (!gone) logDebug("scheduler", "victim {} not deleted: {}", victim->key(), gone.error().message);
            });
        },
        "status");
}

void Scheduler::writeCondition(const PodInfoPtr& pod, const std::string& reason, const std::string& message, const std::string* nominatedNode) {
    const auto now = formatTime(clock_.now());
    json::object condition{{"type", "PodScheduled"}, {"status", "False"}, {"reason", reason}, {"message", message}, {"lastProbeTime", nullptr}};
    if (const auto* generation = pod->object->find({"metadata", "generation"})) condition["observedGeneration"] = *generation;
    std::string transition = now;
    bool same = false;
    if (const auto* conditions = pod->object->find({"status", "conditions"}); conditions && conditions->is_array())
        for (const auto& known : conditions->get_array())
            if (api::stringAt(known, {"type"}) == "PodScheduled" && api::stringAt(known, {"status"}) == "False") {
                transition = api::stringAt(known, {"lastTransitionTime"});
                same = api::stringAt(known, {"message"}) == message && api::stringAt(known, {"reason"}) == reason;
            }
    // Writing what already stands there would only make noise.
    if (same && !nominatedNode) return;
    condition["lastTransitionTime"] = transition;
    json::object status{{"conditions", json::array{std::move(condition)}}};
    if (nominatedNode) {
        if (nominatedNode->empty()) status["nominatedNodeName"] = nullptr;
        else status["nominatedNodeName"] = *nominatedNode;
    }
    client_.patch(resources::pods, pod->nameSpace, pod->name, client::PatchType::StrategicMerge, json::value{{"status", std::move(status)}}, {.fieldManager = "kube-scheduler"},
                  [key = pod->key()](Result<ObjectPtr> written) {
                      if (!written) logDebug("scheduler", "condition of {} not written: {}", key, written.error().message);
                  },
                  "status");
}

}  // namespace kubarium::scheduler
