// What a sync of a Pod has to do: the difference between its spec and what runs, as kubelet's computePodActions sees it.
// Sandbox first, then init containers one after the other (sidecars stay and are restarted for ever), then the app
// containers together; a container that its probe condemned or whose image changed is killed, which restarts it.
// Pure: no side effects, the same input gives the same actions. Back-off is not its business: a start that is asked for may
// have to wait.
#pragma once

#include "core/api/types/pod.h"
#include "core/kubelet/pod_state.h"

#include <vector>

namespace kubarium::kubelet {

enum class ContainerKind : std::uint8_t { Init, App, Ephemeral };

struct ContainerStart {
    ContainerKind kind;
    std::size_t index;  // in the list of its kind
};

struct ContainerKill {
    std::string name;
    std::string message;  // of the Killing event
    bool restart;         // and then started again
};

struct PodActions {
    bool createSandbox = false;
    std::vector<ContainerKill> kill;
    std::vector<ContainerStart> start;  // in order
    // Nothing will run any more: all app containers have ended for good, or an init container has failed for good.
    bool finished = false;
};

PodActions computePodActions(const api::PodSpec&, const PodActual&);

// Whether a container that has ended is started again.
bool restarts(const api::PodSpec&, const api::Container&, ContainerKind, int exitCode);
// Identifies what a running container was made of: a change of it (the image) restarts the container.
std::uint64_t containerHash(const api::Container&);
// All init containers are through (sidecars started).
bool initialized(const api::PodSpec&, const PodActual&);

}  // namespace kubarium::kubelet
