// After a decision: Reserve, PreBind (volumes), Bind, and what is told about a Pod that could not be placed
// (pkg/scheduler/schedule_one.go and plugins/volumebinding of Kubernetes 1.34).
#include "core/scheduler/scheduler.h"

#include "core/base/log.h"
#include "core/scheduler/plugins/in_tree_volumes.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {

namespace resources = api::resources;
using namespace std::chrono_literals;

namespace {

const api::GroupVersionResource csiNodes{"storage.k8s.io", "v1", "csinodes"};

// Events are cut as the API demands; the condition keeps the whole.
std::string eventText(std::string message) {
    constexpr std::size_t longest = 1024;
    if (message.size() > longest) message = message.substr(0, longest - 4) + " ...";
    return message;
}

bool fullyBound(const api::Object& claim) {
    return !claim.string({"spec", "volumeName"}).empty() && claim.find({"metadata", "annotations", "pv.kubernetes.io/bind-completed"});
}

struct BindingProgress {
    bool done = false;
    std::string error;
};

// volumeBinder.checkBindings: looks at what the API says, not at what was assumed.
class BindingCheck {
public:
    BindingCheck(client::InformerFactory& informers, const VolumeReservation& reserved, std::string node) : informers_(informers), reserved_(reserved), node_(std::move(node)) {}

    BindingProgress run() const {
        const auto node = informers_.informer(resources::nodes).get(node_);
        if (!node) return {false, fmt::format("failed to get node \"{0}\": node \"{0}\" not found", node_)};
        const auto info = NodeInfo::make(node);
        for (const auto& binding : reserved_.bindings)
            if (auto progress = ofBinding(binding, info); !progress.done) return progress;
        for (const auto& claim : reserved_.provisions)
            if (auto progress = ofProvision(*claim, info); !progress.done) return progress;
        return {true, {}};
    }

private:
    BindingProgress ofBinding(const VolumeReservation::Binding& binding, const NodeInfo& node) const {
        const auto volume = informers_.informer(resources::persistentVolumes).get(binding.volume->key());
        const auto claim = informers_.informer(resources::persistentVolumeClaims).get(binding.claim->key());
        if (!volume) return {false, fmt::format("failed to check binding: could not find v1.PersistentVolume \"{}\"", binding.volume->name())};
        if (!claim) return {false, fmt::format("failed to check binding: could not find v1.PersistentVolumeClaim \"{}\"", binding.claim->key())};
        if (volume->revision() < binding.volume->revision()) return {};
        if (auto error = unreachable(*volume, node); !error.empty()) return {false, std::move(error)};
        if (volume->string({"spec", "claimRef", "uid"}).empty()) return {false, fmt::format("ClaimRef got reset for pv \"{}\"", volume->name())};
        return {fullyBound(*claim), {}};
    }

    BindingProgress ofProvision(const api::Object& written, const NodeInfo& node) const {
        const auto claim = informers_.informer(resources::persistentVolumeClaims).get(written.key());
        if (!claim) return {false, fmt::format("failed to check provisioning pvc: could not find v1.PersistentVolumeClaim \"{}\"", written.key())};
        if (claim->revision() < written.revision()) return {};
        if (!claim->find({"metadata", "annotations"})) return {false, fmt::format("selectedNode annotation reset for PVC \"{}\"", claim->name())};
        // A provisioner that fails takes the annotation away.
        if (claim->annotation("volume.kubernetes.io/selected-node") != node_) return {false, fmt::format("provisioning failed for PVC \"{}\"", claim->name())};
        if (const auto name = claim->string({"spec", "volumeName"}); !name.empty()) {
            const auto volume = informers_.informer(resources::persistentVolumes).get(std::string(name));
            if (!volume) return {};
            if (auto error = unreachable(*volume, node); !error.empty()) return {false, std::move(error)};
        }
        return {fullyBound(*claim), {}};
    }

    // Why the volume cannot be reached from the Node; "" if it can.
    std::string unreachable(const api::Object& volume, const NodeInfo& node) const {
        const auto* spec = volume.find({"spec"});
        const auto* plugin = spec ? inTreePluginOf(*spec) : nullptr;
        const auto csiNode = plugin ? informers_.informer(csiNodes).get(node.name) : nullptr;
        auto reach = VolumeReach::of(volume);
        if (plugin && plugin->translated && migratedOn(*plugin, csiNode.get())) {
            auto translated = translatedReach(*plugin, volume);
            if (!translated) return "failed to translate pv to csi: could not translate pv: " + translated.error().message;
            reach = std::move(*translated);
        }
        return reach.from(node) ? std::string() : fmt::format("pv \"{}\" node affinity doesn't match node \"{}\": no matching NodeSelectorTerms", volume.name(), node.name);
    }

    client::InformerFactory& informers_;
    const VolumeReservation& reserved_;
    std::string node_;
};

}  // namespace

void Scheduler::placed(AttemptPtr attempt) {
    const auto& pod = attempt->pod.pod;
    const auto& node = attempt->decision.selectedNode;
    cache_.assume(pod, node);
    const auto* profile = attempt->configuration->find(pod->schedulerName);
    attempt->volumes = reserveVolumes(*attempt->snapshot, *pod, *profile, node);
    if (!attempt->volumes.status.success()) return notPlaced(attempt, attempt->volumes.status.message());
    if (attempt->volumes.empty() || std::ranges::find(profile->preBind, "VolumeBinding") == profile->preBind.end()) return bind(attempt);
    for (const auto& binding : attempt->volumes.bindings)
        if (binding.changed) assumedVolumes_[binding.volume->key()] = binding.volume;
    for (const auto& claim : attempt->volumes.provisions) assumedClaims_[claim->key()] = claim;
    objectsStale_ = true;
    attempt->bindTimer = clock_.after(profile->volumeBindTimeout, [this, uid = pod->uid] {
        const auto waiting = bindingVolumes_.find(uid);
        if (const auto late = waiting == bindingVolumes_.end() ? nullptr : waiting->second) notPlaced(late, "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded");
    });
    writeVolumes(attempt, 0);
}

// bindAPIUpdate: one write after the other, volumes first.
void Scheduler::writeVolumes(AttemptPtr attempt, std::size_t next) {
    auto& volumes = attempt->volumes;
    if (next == volumes.bindings.size() + volumes.provisions.size()) return awaitVolumes(attempt);
    const bool binding = next < volumes.bindings.size();
    const auto object = binding ? volumes.bindings[next].volume : volumes.provisions[next - volumes.bindings.size()];
    client_.update(binding ? resources::persistentVolumes : resources::persistentVolumeClaims, std::string(object->nameSpace()), std::string(object->name()), object->tree(),
                   {.fieldManager = "kube-scheduler"}, [this, alive = alive_, attempt, next, binding](Result<ObjectPtr> written) {
                       if (!*alive || attempt->over) return;
                       if (!written) return notPlaced(attempt, "running PreBind plugin \"VolumeBinding\": " + written.error().message);
                       auto& reserved = attempt->volumes;
                       (binding ? reserved.bindings[next].volume : reserved.provisions[next - reserved.bindings.size()]) = *written;
                       writeVolumes(attempt, next + 1);
                   });
}

void Scheduler::awaitVolumes(AttemptPtr attempt) {
    bindingVolumes_[attempt->pod.pod->uid] = attempt;
    checkVolumes();
}

void Scheduler::checkVolumes() {
    auto waiting = bindingVolumes_;
    for (const auto& [uid, attempt] : waiting) {
        const auto& pod = attempt->pod.pod;
        auto progress = BindingCheck(informers_, attempt->volumes, attempt->decision.selectedNode).run();
        if (const auto now = informers_.informer(resources::pods).get(pod->key()); !now || std::string(now->uid()) != uid)
            progress = {false, fmt::format("pod does not exist any more: pod \"{}\" not found", pod->name)};
        if (!progress.error.empty()) {
            notPlaced(attempt, "running PreBind plugin \"VolumeBinding\": binding volumes: " + progress.error);
        } else if (progress.done) {
            bindingVolumes_.erase(uid);
            attempt->bindTimer.reset();
            bind(attempt);
        }
    }
}

void Scheduler::bind(AttemptPtr attempt) {
    const auto& pod = attempt->pod.pod;
    json::object binding{{"apiVersion", "v1"}, {"kind", "Binding"}, {"metadata", {{"name", pod->name}, {"namespace", pod->nameSpace}, {"uid", pod->uid}}},
                         {"target", {{"kind", "Node"}, {"name", attempt->decision.selectedNode}}}};
    client_.create(
        resources::pods, pod->nameSpace, std::move(binding), {.fieldManager = "kube-scheduler"},
        [this, alive = alive_, attempt](Result<ObjectPtr> bound) {
            if (!*alive) return;
            const auto& info = *attempt->pod.pod;
            if (bound) return recorderOf(info.schedulerName).record(*info.object, "Normal", "Scheduled", fmt::format("Successfully assigned {} to {}", info.key(), attempt->decision.selectedNode));
            notPlaced(attempt, "running Bind plugin \"DefaultBinder\": " + bound.error().message);
        },
        pod->name, "binding");
}

// RunReservePluginsUnreserve: what was reserved is free again, as far as the API does not have it already.
void Scheduler::unreserve(const Attempt& attempt) {
    for (const auto& binding : attempt.volumes.bindings) assumedVolumes_.erase(binding.volume->key());
    for (const auto& claim : attempt.volumes.provisions) assumedClaims_.erase(claim->key());
    if (!attempt.volumes.empty()) objectsStale_ = true;
}

// handleBindingCycleError
void Scheduler::notPlaced(AttemptPtr attempt, const std::string& error) {
    const auto pod = attempt->pod.pod;
    attempt->over = true;
    bindingVolumes_.erase(pod->uid);
    attempt->bindTimer.reset();
    unreserve(*attempt);
    auto placed = std::make_shared<PodInfo>(*pod);
    placed->nodeName = attempt->decision.selectedNode;
    cache_.forget(pod->uid);
    ClusterEvent freed;
    freed.resource = EventResource::AssignedPod;
    freed.action = EventAction::Delete;
    freed.podBefore = std::move(placed);
    queue_.wake(freed, pod->uid);
    const auto now = informers_.informer(resources::pods).get(pod->key());
    if (!now || now->uid() != pod->object->uid() || now->deleting()) return;
    if (!now->string({"spec", "nodeName"}).empty()) return;
    logDebug("scheduler", "{} not placed: {}", pod->key(), error);
    attempt->pod.pod = PodInfo::make(now);
    recorderOf(pod->schedulerName).record(*pod->object, "Warning", "FailedScheduling", eventText(error));
    const std::string none;
    writeCondition(attempt->pod.pod, "SchedulerError", error, pod->nominatedNode.empty() ? nullptr : &none);
    attempt->pod.refusedBy.clear();
    queue_.addUnschedulable(std::move(attempt->pod));
}

void Scheduler::refused(AttemptPtr attempt) {
    const auto& pod = attempt->pod.pod;
    const auto& decision = attempt->decision;
    auto& refusedBy = attempt->pod.refusedBy;
    refusedBy.clear();
    if (decision.result == Decision::Result::Unschedulable) {
        refusedBy = decision.refusedBy;
        refusedBy.insert(decision.narrowedBy.begin(), decision.narrowedBy.end());
        if (!decision.preFilter.plugin.empty()) refusedBy.insert(decision.preFilter.plugin);
    }
    const auto& nominated = decision.preemption.nominatedNode;
    const std::string none;
    // Errors take a nomination back, as does a preemption that finds nobody.
    const bool clears = decision.result != Decision::Result::Unschedulable || decision.preemption.clearsNomination;
    const std::string* nomination = !nominated.empty() ? &nominated : clears && !pod->nominatedNode.empty() ? &none : nullptr;
    if (nomination) cache_.setNominated(pod, *nomination);
    if (!nominated.empty()) {
        clearLowerNominations(*pod, nominated);
        for (const auto& victim : decision.preemption.victims) evict(victim, pod, nominated);
    }
    recorderOf(pod->schedulerName).record(*pod->object, "Warning", "FailedScheduling", eventText(decision.message));
    writeCondition(pod, decision.reason, decision.message, nomination);
    queue_.addUnschedulable(attempt->pod);
}

// Pods of lower priority that were to go to that Node may not fit any more: they look again.
void Scheduler::clearLowerNominations(const PodInfo& pod, const std::string& node) {
    const auto snapshot = cache_.snapshot();
    const auto nominated = snapshot->nominated.find(node);
    if (nominated == snapshot->nominated.end()) return;
    for (const auto& other : nominated->second) {
        if (other->priority >= pod.priority || other->uid == pod.uid) continue;
        client_.patch(resources::pods, other->nameSpace, other->name, client::PatchType::StrategicMerge, json::value{{"status", {{"nominatedNodeName", nullptr}}}}, {.fieldManager = "kube-scheduler"},
                      [key = other->key()](Result<ObjectPtr> written) {
                          if (!written) logDebug("scheduler", "nomination of {} not taken back: {}", key, written.error().message);
                      },
                      "status");
    }
}

void Scheduler::evict(const PodInfoPtr& victim, const PodInfoPtr& preemptor, const std::string& node) {
    recorderOf(preemptor->schedulerName).record(*victim->object, "Normal", "Preempted", fmt::format("Preempted by pod {} on node {}", preemptor->uid, node));
    json::value patch{{"status", {{"conditions", {{{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", "PreemptionByScheduler"},
                                                   {"message", fmt::format("{}: preempting to accommodate a higher priority pod", preemptor->schedulerName)},
                                                   {"lastTransitionTime", formatTime(clock_.now())}}}}}}};
    client_.patch(
        resources::pods, victim->nameSpace, victim->name, client::PatchType::StrategicMerge, std::move(patch), {.fieldManager = "kube-scheduler"},
        [this, alive = alive_, victim, preemptor](auto) {
            if (!*alive) return;
            client::DeleteOptions options;
            options.uid = victim->uid;
            client_.remove(resources::pods, victim->nameSpace, victim->name, options, [this, alive, victim, preemptor](Result<json::value> gone) {
                if (gone || !*alive) return;
                logDebug("scheduler", "victim {} not deleted: {}", victim->key(), gone.error().message);
                // No event will come of it, so the Pod looks again by itself.
                queue_.activate(preemptor->uid, "ForceActivate");
            });
        },
        "status");
}

client::EventRecorder& Scheduler::recorderOf(const std::string& schedulerName) {
    auto& recorder = events_[schedulerName];
    if (!recorder) recorder = std::make_unique<client::EventRecorder>(client_, clock_, schedulerName);
    return *recorder;
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
