#include "ui/model/pod_state.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace kubarium::model {
namespace {

using boost::json::value;

bool isBackOff(const QString& reason) {
    return reason.endsWith(QLatin1String("BackOff")) || reason == QLatin1String("ErrImagePull") || reason == QLatin1String("InvalidImageName") ||
           reason == QLatin1String("CreateContainerConfigError") || reason == QLatin1String("CreateContainerError") || reason == QLatin1String("ErrImageNeverPull") ||
           reason == QLatin1String("RunContainerError");
}

// What one container contributes; false when it has nothing worth saying.
bool takeContainer(const value& status, bool init, PodState& state) {
    state.restarts += static_cast<int>(numberAt(status, {"restartCount"}));
    const auto waiting = at(status, {"state", "waiting", "reason"});
    const auto terminated = at(status, {"state", "terminated", "reason"});
    const int code = static_cast<int>(numberAt(status, {"state", "terminated", "exitCode"}));
    const bool ended = api::findPath(status, {"state", "terminated"}) != nullptr;
    if (!waiting.isEmpty() && waiting != QLatin1String("PodInitializing") && waiting != QLatin1String("ContainerCreating")) {
        state.word = init ? QStringLiteral("Init:") + waiting : waiting;
        state.message = at(status, {"state", "waiting", "message"});
        state.container = at(status, {"name"});
        if (isBackOff(waiting)) state.phase = scene::PodPhase::CrashLoop, state.tone = Tone::Broken;
        return true;
    }
    if (ended && (init ? code != 0 : true)) {
        state.word = (init ? QStringLiteral("Init:") : QString()) + (terminated.isEmpty() ? QStringLiteral("ExitCode:%1").arg(code) : terminated);
        state.message = at(status, {"state", "terminated", "message"});
        state.container = at(status, {"name"});
        state.tone = code == 0 ? Tone::Neutral : Tone::Broken;
        return true;
    }
    return false;
}

void fillRunning(const api::Object& pod, PodState& state) {
    bool anyRunning = false, anyWord = false;
    for (const auto& status : arrayAt(pod, {"status", "initContainerStatuses"})) anyWord = takeContainer(status, true, state) || anyWord;
    for (const auto& status : arrayAt(pod, {"status", "containerStatuses"})) {
        anyWord = takeContainer(status, false, state) || anyWord;
        anyRunning |= api::findPath(status, {"state", "running"}) != nullptr;
    }
    if (state.phase == scene::PodPhase::CrashLoop) return;
    if (state.ready) {
        state.phase = scene::PodPhase::Ready;
        state.tone = Tone::Ok;
        if (!anyWord) state.word = QStringLiteral("Running");
        return;
    }
    if (anyRunning) {
        // A Pod that lost its readiness is told from one that has not had it yet by the condition's reason and age.
        const auto* ready = condition(pod, "Ready");
        const bool lost = ready && api::stringAt(*ready, {"lastTransitionTime"}) > pod.string({"status", "startTime"}) && state.restarts > 0;
        state.phase = lost ? scene::PodPhase::NotReady : scene::PodPhase::Running;
        state.tone = Tone::Waiting;
        if (!anyWord) state.word = QStringLiteral("Running");
        return;
    }
    state.phase = anyWord && state.tone == Tone::Broken ? scene::PodPhase::CrashLoop : scene::PodPhase::Starting;
    if (state.tone == Tone::Neutral) state.tone = Tone::Waiting;
    if (!anyWord) state.word = QStringLiteral("ContainerCreating");
}

double requested(const api::Object& pod, std::string_view resource) {
    double sum = 0, largestInit = 0;
    for (const auto& container : arrayAt(pod, {"spec", "containers"})) sum += quantity(api::stringAt(container, {"resources", "requests", resource}));
    for (const auto& container : arrayAt(pod, {"spec", "initContainers"}))
        largestInit = std::max(largestInit, quantity(api::stringAt(container, {"resources", "requests", resource})));
    return std::max(sum, largestInit);
}

}  // namespace

PodState podState(const api::Object& pod) {
    PodState state;
    const auto phase = pod.string({"status", "phase"});
    const auto reason = at(pod, {"status", "reason"});
    state.ready = conditionIsTrue(pod, "Ready");
    state.message = at(pod, {"status", "message"});
    if (phase == "Succeeded") {
        state.phase = scene::PodPhase::Succeeded;
        state.word = QStringLiteral("Completed");
    } else if (phase == "Failed") {
        fillRunning(pod, state);
        state.phase = scene::PodPhase::Failed;
        state.tone = Tone::Broken;
        if (!reason.isEmpty()) state.word = reason;
        else if (state.word.isEmpty() || state.word == QLatin1String("ContainerCreating")) state.word = QStringLiteral("Error");
    } else if (pod.string({"spec", "nodeName"}).empty()) {
        state.phase = scene::PodPhase::Pending;
        state.word = arrayAt(pod, {"spec", "schedulingGates"}).empty() ? QStringLiteral("Pending") : QStringLiteral("SchedulingGated");
        state.tone = Tone::Waiting;
    } else {
        fillRunning(pod, state);
    }
    if (pod.deleting()) {
        state.phase = scene::PodPhase::Terminating;
        state.word = QStringLiteral("Terminating");
        state.tone = Tone::Waiting;
    }
    return state;
}

double requestedCores(const api::Object& pod) { return requested(pod, "cpu"); }
double requestedBytes(const api::Object& pod) { return requested(pod, "memory"); }

scene::NodeCondition nodeCondition(const api::Object& node) {
    const auto* ready = condition(node, "Ready");
    if (!ready) return scene::NodeCondition::Unknown;
    const auto status = api::stringAt(*ready, {"status"});
    return status == "True" ? scene::NodeCondition::Ready : status == "False" ? scene::NodeCondition::NotReady : scene::NodeCondition::Unknown;
}

bool isCordoned(const api::Object& node) { return boolAt(node, {"spec", "unschedulable"}); }

ObjectPtr activeFault(const ClusterObjects& objects, const QString& node, const QString& podKey) {
    for (const auto& [key, fault] : objects.all(Kind::Fault)) {
        const auto phase = fault->string({"status", "phase"});
        if (phase == "Reverted" || phase == "Failed" || fault->deleting()) continue;
        if (!node.isEmpty() && at(*fault, {"spec", "node"}) == node) return fault;
        if (!podKey.isEmpty() && at(*fault, {"spec", "pod", "namespace"}) + QLatin1Char('/') + at(*fault, {"spec", "pod", "name"}) == podKey) return fault;
    }
    return nullptr;
}

ObjectPtr latestDecision(const ClusterObjects& objects, const api::Object& pod) {
    // Decisions are called POD.CYCLE, so those of one Pod are neighbours in the map.
    const auto prefix = pod.key() + ".";
    const auto& decisions = objects.all(Kind::Decision);
    ObjectPtr latest;
    for (auto it = decisions.lower_bound(prefix); it != decisions.end() && it->first.starts_with(prefix); ++it) {
        const auto& decision = it->second;
        if (decision->string({"spec", "podName"}) != pod.name()) continue;
        const auto uid = decision->string({"spec", "podUID"});
        if (!uid.empty() && uid != pod.uid()) continue;
        if (!latest || numberAt(*decision, {"status", "cycle"}) > numberAt(*latest, {"status", "cycle"})) latest = decision;
    }
    return latest;
}

}  // namespace kubarium::model
