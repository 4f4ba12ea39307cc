#include "core/kubelet/pod_status.h"

#include "core/kubelet/pod_actions.h"
#include "core/kubelet/pod_resources.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace kubarium::kubelet {
namespace {

const std::set<std::string_view> ownConditions{"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
                                                "PodResizePending", "PodResizeInProgress"};

bool terminalPhase(std::string_view phase) { return phase == "Succeeded" || phase == "Failed"; }

std::string containerId(const PodStatusInput& input, const std::string& id) { return id.empty() ? id : input.runtimeType + "://" + id; }

api::ContainerState endedState(const PodStatusInput& input, const ContainerInstance& instance) {
    api::ContainerState state;
    auto& terminated = state.terminated.emplace();
    terminated.containerID = containerId(input, instance.id);
    terminated.exitCode = instance.exitCode;
    terminated.reason = instance.exitReason;
    terminated.message = instance.exitMessage;
    if (instance.startedAt != WallTime{}) terminated.startedAt = formatTime(instance.startedAt);
    if (instance.finishedAt != WallTime{}) terminated.finishedAt = formatTime(instance.finishedAt);
    return state;
}

api::ContainerState waitingState(std::string reason, std::string message) {
    api::ContainerState state;
    state.waiting = api::ContainerStateWaiting{std::move(message), std::move(reason)};
    return state;
}

void addMounts(const api::Container& container, api::ContainerStatus& status) {
    for (const auto& mount : container.volumeMounts) {
        api::VolumeMountStatus shown;
        shown.name = mount.name;
        shown.mountPath = mount.mountPath;
        if (mount.readOnly.value_or(false)) {
            shown.readOnly = true;
            shown.recursiveReadOnly = mount.recursiveReadOnly.empty() ? "Disabled" : mount.recursiveReadOnly;
        }
        status.volumeMounts.push_back(std::move(shown));
    }
}

void addCurrent(const PodStatusInput& input, const api::Container& container, ContainerKind kind, const ContainerActual& actual,
                api::ContainerStatus& status) {
    const auto& current = *actual.current;
    status.containerID = containerId(input, current.id);
    status.imageID = current.imageId;
    status.restartCount = current.attempt;
    if (!current.image.empty()) status.image = json::value(json::string(current.image));
    // Between the stop of a Pod and that of its sandbox the kubelet does not ask what has ended meanwhile.
    const bool unnoticed = input.ending && !input.ended && input.sandboxReady && current.state == InstanceState::Exited && current.finishedAt > input.endingSince;
    // Nor is it said of one that is killed and started again in one go.
    const bool replaced = actual.restart && !input.ending;
    if (current.state == InstanceState::Running || unnoticed || replaced) {
        status.state.emplace().running = api::ContainerStateRunning{formatTime(current.startedAt)};
        status.started = actual.started || (kind == ContainerKind::Init && !isSidecar(container));
        status.ready = actual.ready && (kind == ContainerKind::App || isSidecar(container));
    } else {
        status.state = endedState(input, current);
        status.ready = kind == ContainerKind::Init && !isSidecar(container) && current.exitCode == 0;
    }
    // A kubelet removes dead containers of a Pod that ends within a second or so; only what has just ended still has a past.
    const bool forgetsLast = input.ending && !unnoticed && current.state == InstanceState::Exited &&
                             (current.finishedAt <= input.endingSince || input.now - current.finishedAt >= std::chrono::seconds{1});
    if (actual.previous && actual.previous->state == InstanceState::Exited && !forgetsLast) status.lastState = endedState(input, *actual.previous);
    if (container.resources && !(container.resources->requests.empty() && container.resources->limits.empty())) {
        status.allocatedResources = container.resources->requests;
        status.resources = container.resources;
        status.resources->claims.clear();
        if (current.state == InstanceState::Running)
            status.resources = reportedResources(input.pod.spec, current.actuated ? *current.actuated : *container.resources);
    }
}

api::ContainerStatus containerStatus(const PodStatusInput& input, const api::Container& container, ContainerKind kind) {
    api::ContainerStatus status;
    status.name = container.name;
    status.image = container.image;
    if (kind != ContainerKind::Ephemeral) status.started = false;
    addMounts(container, status);
    const auto* actual = input.actual.find(container.name);
    const auto initializing = !input.pod.spec.initContainers.empty() && kind != ContainerKind::Ephemeral;
    if (actual && actual->current) addCurrent(input, container, kind, *actual, status);
    if (kind == ContainerKind::Ephemeral) status.started.reset();
    if (!status.state) status.state = waitingState(initializing ? "PodInitializing" : "ContainerCreating", "");
    if (actual && !actual->waitingReason.empty() && !actual->running() && !input.ending) {
        const bool again = !actual->current || restarts(input.pod.spec, container, kind, actual->current->exitCode);
        if (again) {
            if (status.state->terminated) status.lastState = status.state;
            status.state = waitingState(actual->waitingReason, actual->waitingMessage);
        }
    }
    return status;
}

struct Counts {
    int waiting = 0, running = 0, stopped = 0, succeeded = 0;
};

Counts countApps(const std::vector<api::ContainerStatus>& statuses) {
    Counts counts;
    for (const auto& status : statuses) {
        if (status.state->running) {
            ++counts.running;
        } else if (status.state->terminated) {
            ++counts.stopped;
            if (status.state->terminated->exitCode == 0) ++counts.succeeded;
        } else if (status.lastState && status.lastState->terminated) {
            ++counts.stopped;
        } else {
            ++counts.waiting;
        }
    }
    return counts;
}

bool initFailed(const api::PodSpec& spec, const std::vector<api::ContainerStatus>& statuses) {
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        if (isSidecar(spec.initContainers[i])) continue;
        const auto& ended = statuses[i].state->terminated;
        if (ended && ended->exitCode != 0) return true;
        const auto& last = statuses[i].lastState;
        if (statuses[i].state->waiting && last && last->terminated && last->terminated->exitCode != 0) return true;
    }
    return false;
}

std::string phaseOf(const PodStatusInput& input, const api::PodStatus& status) {
    const auto& spec = input.pod.spec;
    const bool terminal = input.ended && input.actual.initialized;
    if (initFailed(spec, status.initContainerStatuses) && (spec.restartPolicy == "Never" || terminal)) return "Failed";
    const auto counts = countApps(status.containerStatuses);
    if (!terminal && !initialized(spec, input.actual)) return "Pending";
    if (counts.waiting > 0) return "Pending";
    if (counts.running > 0) return "Running";
    if (counts.stopped == 0) return "Pending";
    if (terminal) return counts.stopped == counts.succeeded ? "Succeeded" : "Failed";
    if (spec.restartPolicy == "Always" || spec.restartPolicy.empty()) return "Running";
    for (std::size_t i = 0; i < status.initContainerStatuses.size(); ++i)
        if (isSidecar(spec.initContainers[i]) && status.initContainerStatuses[i].state->running) return "Running";
    if (counts.stopped == counts.succeeded) return "Succeeded";
    return spec.restartPolicy == "Never" ? "Failed" : "Running";
}

struct Verdict {
    bool isTrue = false;
    std::string reason, message;
};

Verdict containersReady(const PodStatusInput& input, const api::PodStatus& status, std::string_view phase) {
    if (phase == "Succeeded") return {false, "PodCompleted", ""};
    if (phase == "Failed") return {false, "PodFailed", ""};
    std::vector<std::string> unready;
    for (std::size_t i = 0; i < status.initContainerStatuses.size(); ++i)
        if (isSidecar(input.pod.spec.initContainers[i]) && !status.initContainerStatuses[i].ready) unready.push_back(status.initContainerStatuses[i].name);
    for (const auto& container : status.containerStatuses)
        if (!container.ready) unready.push_back(container.name);
    if (unready.empty()) return {true, "", ""};
    return {false, "ContainersNotReady", fmt::format("containers with unready status: [{}]", fmt::join(unready, " "))};
}

Verdict podReady(const PodStatusInput& input, const Verdict& containers) {
    if (!containers.isTrue) return containers;
    std::vector<std::string> messages;
    for (const auto& gate : input.pod.spec.readinessGates) {
        const auto& conditions = input.pod.status.conditions;
        const auto it = std::find_if(conditions.begin(), conditions.end(), [&](const auto& c) { return c.type == gate.conditionType; });
        if (it == conditions.end())
            messages.push_back(fmt::format("corresponding condition of pod readiness gate \"{}\" does not exist.", gate.conditionType));
        else if (it->status != "True")
            messages.push_back(fmt::format("the status of pod readiness gate \"{}\" is not \"True\", but {}", gate.conditionType, it->status));
    }
    if (messages.empty()) return containers;
    return {false, "ReadinessGatesNotReady", fmt::format("{}", fmt::join(messages, ", "))};
}

Verdict initializedVerdict(const PodStatusInput& input, const api::PodStatus& status, std::string_view phase) {
    std::vector<std::string> incomplete;
    if (!input.actual.initialized)
        for (std::size_t i = 0; i < status.initContainerStatuses.size(); ++i) {
            const auto& container = status.initContainerStatuses[i];
            const bool done = isSidecar(input.pod.spec.initContainers[i]) ? container.started.value_or(false) : container.ready;
            if (!done) incomplete.push_back(container.name);
        }
    if (phase == "Succeeded") return {true, "PodCompleted", ""};
    if (incomplete.empty()) return {true, "", ""};
    return {false, "ContainersNotInitialized", fmt::format("containers with incomplete status: [{}]", fmt::join(incomplete, " "))};
}

void addConditions(const PodStatusInput& input, std::string_view phase, api::PodStatus& status) {
    const auto& before = input.pod.status.conditions;
    const auto add = [&](std::string type, const Verdict& verdict, std::int64_t generation = 0) {
        api::Condition condition;
        condition.type = std::move(type);
        condition.status = verdict.isTrue ? "True" : "False";
        condition.reason = verdict.reason;
        condition.message = verdict.message;
        condition.observedGeneration = generation != 0 ? generation : input.pod.metadata.generation;
        const auto it = std::find_if(before.begin(), before.end(), [&](const auto& c) { return c.type == condition.type; });
        condition.lastTransitionTime = it != before.end() && it->status == condition.status && !it->lastTransitionTime.empty()
                                           ? it->lastTransitionTime
                                           : formatTime(input.now);
        status.conditions.push_back(std::move(condition));
    };
    // Those of others come first, as they were.
    for (const auto& condition : before)
        if (!ownConditions.contains(condition.type)) status.conditions.push_back(condition);
    if (!input.ended)
        for (const auto& condition : input.resize) add(condition.type, {true, condition.reason, condition.message}, condition.generation);
    const auto containers = containersReady(input, status, phase);
    add("PodReadyToStartContainers", {input.sandboxReady, "", ""});
    add("Initialized", initializedVerdict(input, status, phase));
    add("Ready", podReady(input, containers));
    add("ContainersReady", containers);
    add("PodScheduled", {true, "", ""});
}

void markLost(api::ContainerStatus& status) {
    if (status.state->terminated) return;
    api::ContainerState unknown;
    auto& terminated = unknown.terminated.emplace();
    terminated.reason = "ContainerStatusUnknown";
    terminated.message = "The container could not be located when the pod was terminated";
    terminated.exitCode = 137;
    status.state = std::move(unknown);
    status.ready = false;
}

// A Pod that has ended for good has no waiting containers, except those whose turn had not come yet.
void markLostContainers(const PodStatusInput& input, api::PodStatus& status) {
    const auto& inits = input.pod.spec.initContainers;
    bool through = true;
    for (std::size_t i = 0; i < inits.size(); ++i) {
        const auto* actual = input.actual.find(inits[i].name);
        through = through && actual && actual->current &&
                  (isSidecar(inits[i]) || (actual->exited() && actual->current->exitCode == 0 && actual->current->finishedAt < input.endingSince));
    }
    if (through || input.actual.initialized)
        for (auto& container : status.containerStatuses) markLost(container);
    std::size_t begun = 0;
    for (std::size_t i = 0; i < status.initContainerStatuses.size(); ++i)
        if (!status.initContainerStatuses[i].state->waiting || status.initContainerStatuses[i].lastState) begun = i + 1;
    for (std::size_t i = 0; i < begun; ++i) markLost(status.initContainerStatuses[i]);
}

}  // namespace

api::PodStatus makePodStatus(const PodStatusInput& input) {
    const auto& old = input.pod.status;
    api::PodStatus status;
    status.observedGeneration = input.pod.metadata.generation;
    status.qosClass = old.qosClass.empty() ? std::string(toString(qosClassOf(input.pod.spec))) : old.qosClass;
    status.nominatedNodeName = old.nominatedNodeName;
    status.resize = old.resize;
    status.resourceClaimStatuses = old.resourceClaimStatuses;
    status.startTime = old.startTime.empty() ? formatTime(input.now) : old.startTime;
    status.hostIP = input.hostIP;
    if (!input.hostIP.empty()) status.hostIPs.push_back({input.hostIP});
    const auto ip = input.actual.ip.empty() ? old.podIP : input.actual.ip;
    if (!ip.empty()) status.podIP = ip, status.podIPs.push_back({ip});
    for (const auto& container : input.pod.spec.initContainers)
        status.initContainerStatuses.push_back(containerStatus(input, container, ContainerKind::Init));
    for (const auto& container : input.pod.spec.containers)
        status.containerStatuses.push_back(containerStatus(input, container, ContainerKind::App));
    for (const auto& container : input.pod.spec.ephemeralContainers)
        status.ephemeralContainerStatuses.push_back(containerStatus(input, container, ContainerKind::Ephemeral));
    status.phase = phaseOf(input, status);
    if (!input.reason.empty()) {
        status.phase = "Failed";
        status.reason = input.reason;
        status.message = input.message;
    }
    if (terminalPhase(old.phase)) status.phase = old.phase, status.reason = old.reason, status.message = old.message;
    addConditions(input, status.phase, status);
    if (terminalPhase(status.phase) && !input.ended && !terminalPhase(old.phase)) {
        status.phase = old.phase.empty() ? "Pending" : old.phase;
        status.reason = old.reason;
        status.message = old.message;
    }
    if (input.final) {
        markLostContainers(input, status);
        if (!terminalPhase(status.phase)) status.phase = "Failed";
    }
    // As the kubelet lists them: init containers in the order of their run, the others by name.
    std::ranges::sort(status.containerStatuses, {}, &api::ContainerStatus::name);
    std::ranges::sort(status.ephemeralContainerStatuses, {}, &api::ContainerStatus::name);
    return status;
}

api::PodStatus rejectedPodStatus(const api::Pod& pod, std::string reason, std::string message, WallTime now) {
    api::PodStatus status;
    status.phase = "Failed";
    status.reason = std::move(reason);
    status.message = std::move(message);
    status.qosClass = pod.status.qosClass.empty() ? std::string(toString(qosClassOf(pod.spec))) : pod.status.qosClass;
    status.observedGeneration = pod.metadata.generation;
    status.startTime = formatTime(now);
    return status;
}

json::object encodePodStatus(const api::PodStatus& status) {
    auto tree = api::encode(status);
    if (auto* conditions = tree.if_contains("conditions"))
        for (auto& condition : conditions->get_array()) condition.get_object().emplace("lastProbeTime", nullptr);
    for (const auto* list : {"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"})
        if (auto* statuses = tree.if_contains(list))
            for (auto& container : statuses->get_array()) {
                auto& object = container.get_object();
                // Go writes these without omitempty.
                for (const auto* key : {"image", "imageID"})
                    if (!object.contains(key)) object[key] = "";
                if (!object.contains("lastState")) object["lastState"].emplace_object();
            }
    return tree;
}

}  // namespace kubarium::kubelet
