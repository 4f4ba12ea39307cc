// What the kubelet knows about one Pod on its Node: the sandbox, and of each container the instance that exists now and the
// one before it. A container of the API ("web") is a sequence of instances (attempt 0, 1, 2, ...): a restart makes a new one.
// Plain data; the pure functions of pod_actions.h and pod_status.h read it.
#pragma once

#include "core/api/types/pod.h"
#include "core/base/clock.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace kubarium::kubelet {

enum class InstanceState : std::uint8_t { Running, Exited };

struct ContainerInstance {
    std::string id;  // 64 hex digits
    std::string sandboxId;
    std::string image, imageId;
    int attempt = 0;
    InstanceState state = InstanceState::Running;
    WallTime startedAt{}, finishedAt{};
    ClusterTime finishedCluster{};
    int exitCode = 0;
    std::string exitReason, exitMessage;  // "Completed", "Error", "OOMKilled", ...; the termination message
    std::uint64_t specHash = 0;           // of the container's spec: a change restarts it
    // What it runs with while that is not what the spec says (in-place resize); null otherwise.
    std::shared_ptr<const api::ResourceRequirements> actuated;
};

struct ContainerActual {
    std::optional<ContainerInstance> current, previous;
    // Why the last attempt to start it failed ("ErrImagePull", "CrashLoopBackOff", ...); empty when it did not.
    std::string waitingReason, waitingMessage;
    std::string nextReason, nextMessage;  // the same of the sync that is going on: reported by the next one
    bool started = false;        // startup probe and postStart are through
    bool ready = false;          // readiness probe (or none) says so; meaningful while running
    bool killing = false;        // being stopped
    std::string failedProbe;     // "liveness" or "startup": it has condemned the container
    bool restart = false;        // killed in order to be started again at once, whatever the Pod's policy

    bool running() const { return current && current->state == InstanceState::Running; }
    bool exited() const { return current && current->state == InstanceState::Exited; }
    int restartCount() const { return current ? current->attempt : previous ? previous->attempt : 0; }
};

struct PodActual {
    std::string sandboxId;  // "" while there is none
    std::string ip;
    int sandboxAttempts = 0;
    bool initialized = false;  // an app container has been started in this sandbox
    std::map<std::string, ContainerActual> containers;

    const ContainerActual* find(const std::string& name) const {
        const auto it = containers.find(name);
        return it == containers.end() ? nullptr : &it->second;
    }
};

}  // namespace kubarium::kubelet
