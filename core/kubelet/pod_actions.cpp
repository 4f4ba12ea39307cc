#include "core/kubelet/pod_actions.h"

#include "core/kubelet/pod_resources.h"

#include <algorithm>
#include <functional>

namespace kubarium::kubelet {
namespace {

std::string imageOf(const api::Container& container) {
    const auto* image = container.image.if_string();
    return image ? std::string(image->c_str()) : std::string();
}

// Whether the way from these resources to those of the spec leads through a restart (resizePolicy).
bool resizeRestarts(const api::Container& container, const api::ResourceRequirements& actuated) {
    const auto& wanted = resourcesOf(container);
    const auto differs = [](const auto& a, const auto& b, const std::string& resource) {
        const auto left = a.find(resource), right = b.find(resource);
        if ((left == a.end()) != (right == b.end())) return true;
        return left != a.end() && left->second != right->second;
    };
    return std::ranges::any_of(container.resizePolicy, [&](const auto& policy) {
        return policy.restartPolicy == "RestartContainer" &&
               (differs(actuated.limits, wanted.limits, policy.resourceName) || differs(actuated.requests, wanted.requests, policy.resourceName));
    });
}

bool inThisSandbox(const PodActual& actual, const ContainerActual* container) {
    return container && container->current && !actual.sandboxId.empty() && container->current->sandboxId == actual.sandboxId;
}

// Kills a running container whose time has come. Of sidecars it is not said that they will be restarted.
void killIfCondemned(const api::PodSpec& spec, const api::Container& container, ContainerKind kind, const ContainerActual& state, PodActions& actions) {
    if (!state.running() || state.killing) return;
    const bool init = kind == ContainerKind::Init;
    const auto name = (init ? "Init container " : "Container ") + container.name;
    const auto kill = [&](const std::string& why, bool restart) {
        actions.kill.push_back({container.name, name + why + (restart && !init ? ", will be restarted" : ""), restart});
    };
    if (state.current->specHash != 0 && state.current->specHash != containerHash(container)) return kill(" definition changed", true);
    if (!state.failedProbe.empty()) return kill(" failed " + state.failedProbe + " probe", init || spec.restartPolicy != "Never");
    if (state.current->actuated && resizeRestarts(container, *state.current->actuated))
        actions.kill.push_back({container.name, "Container " + container.name + " resize requires restart", true});
}

struct InitVerdict {
    bool complete = false;
    bool failed = false;  // for good
};

// One init container: whether the next may go on.
bool passInit(const api::PodSpec& spec, std::size_t index, const PodActual& actual, PodActions& actions, InitVerdict& verdict) {
    const auto& container = spec.initContainers[index];
    const auto* state = actual.find(container.name);
    const bool here = inThisSandbox(actual, state);
    if (here && state->running()) {
        killIfCondemned(spec, container, ContainerKind::Init, *state, actions);
        return isSidecar(container) && state->started;
    }
    if (here && !isSidecar(container) && state->current->exitCode == 0) return true;
    if (here && !isSidecar(container) && spec.restartPolicy == "Never") {
        verdict.failed = true;
        return false;
    }
    actions.start.push_back({ContainerKind::Init, index});
    // A sidecar that had been up does not hold back those behind it while it restarts.
    return here && isSidecar(container) && state->started;
}

InitVerdict initActions(const api::PodSpec& spec, const PodActual& actual, PodActions& actions) {
    InitVerdict verdict;
    if (actual.initialized) {
        for (std::size_t i = 0; i < spec.initContainers.size(); ++i) {
            const auto& container = spec.initContainers[i];
            if (!isSidecar(container)) continue;
            const auto* state = actual.find(container.name);
            if (!inThisSandbox(actual, state) || state->exited())
                actions.start.push_back({ContainerKind::Init, i});
            else
                killIfCondemned(spec, container, ContainerKind::Init, *state, actions);
        }
        verdict.complete = true;
        return verdict;
    }
    for (std::size_t i = 0; i < spec.initContainers.size(); ++i)
        if (!passInit(spec, i, actual, actions, verdict)) return verdict;
    verdict.complete = true;
    return verdict;
}

}  // namespace

bool restarts(const api::PodSpec& spec, const api::Container& container, ContainerKind kind, int exitCode) {
    if (kind == ContainerKind::Ephemeral) return false;
    if (kind == ContainerKind::Init) return isSidecar(container) || (exitCode != 0 && spec.restartPolicy != "Never");
    if (spec.restartPolicy == "Never") return false;
    return spec.restartPolicy != "OnFailure" || exitCode != 0;
}

std::uint64_t containerHash(const api::Container& container) {
    const auto hash = std::hash<std::string>{}(container.name + '\n' + imageOf(container));
    return hash == 0 ? 1 : hash;
}

bool initialized(const api::PodSpec& spec, const PodActual& actual) {
    if (actual.initialized) return true;
    return std::all_of(spec.initContainers.begin(), spec.initContainers.end(), [&](const auto& container) {
        const auto* state = actual.find(container.name);
        if (!inThisSandbox(actual, state)) return false;
        return isSidecar(container) ? state->started : state->exited() && state->current->exitCode == 0;
    });
}

PodActions computePodActions(const api::PodSpec& spec, const PodActual& actual) {
    PodActions actions;
    const auto ended = [&](const api::Container& container) {
        const auto* state = actual.find(container.name);
        return state && state->exited() && !state->restart && !restarts(spec, container, ContainerKind::App, state->current->exitCode);
    };
    actions.finished = !spec.containers.empty() && std::all_of(spec.containers.begin(), spec.containers.end(), ended);
    if (actions.finished) return actions;
    if (actual.sandboxId.empty()) {
        actions.createSandbox = true;
        return actions;
    }
    for (std::size_t i = 0; i < spec.ephemeralContainers.size(); ++i) {
        const auto* state = actual.find(spec.ephemeralContainers[i].name);
        if (!state || !state->current) actions.start.push_back({ContainerKind::Ephemeral, i});
    }
    const auto init = initActions(spec, actual, actions);
    if (init.failed) {
        actions.finished = true;
        actions.start.clear();
        return actions;
    }
    if (!init.complete) return actions;
    for (std::size_t i = 0; i < spec.containers.size(); ++i) {
        const auto& container = spec.containers[i];
        const auto* state = actual.find(container.name);
        if (state && state->running()) {
            killIfCondemned(spec, container, ContainerKind::App, *state, actions);
            continue;
        }
        if (state && state->exited() && !state->restart && !restarts(spec, container, ContainerKind::App, state->current->exitCode)) continue;
        actions.start.push_back({ContainerKind::App, i});
    }
    return actions;
}

}  // namespace kubarium::kubelet
