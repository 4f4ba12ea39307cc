// PodStatus as kubelet reports it: what runs (PodActual) seen through the spec. Pure. The facts that surprise:
// a container whose start failed is shown as waiting with its last end in lastState; a Pod that has ended keeps its old phase
// until nothing of it runs any more, while its conditions say PodCompleted or PodFailed already.
#pragma once

#include "core/api/types/pod.h"
#include "core/base/clock.h"
#include "core/kubelet/pod_state.h"

#include <string>
#include <vector>

namespace kubarium::kubelet {

namespace json = boost::json;

// PodResizePending or PodResizeInProgress, since the Pod had that generation.
struct ResizeCondition {
    std::string type, reason, message;
    std::int64_t generation = 0;
};

struct PodStatusInput {
    const api::Pod& pod;  // the status in it is the one before
    const PodActual& actual;
    std::string runtimeType;  // "crun": of containerID
    std::string hostIP;
    WallTime now{};
    bool sandboxReady = false;
    bool ending = false;  // no container will be started again (deleted, finished, past its deadline)
    bool ended = false;   // and nothing runs any more
    bool final = false;   // and this is the last word: what was never started is said to be lost
    WallTime endingSince{};
    // Set when the kubelet ends the Pod: phase Failed.
    std::string reason, message;
    std::vector<ResizeCondition> resize;
};

api::PodStatus makePodStatus(const PodStatusInput&);
// Of a Pod that the Node refused: everything else is emptied.
api::PodStatus rejectedPodStatus(const api::Pod&, std::string reason, std::string message, WallTime now);

// As JSON, the way the API server returns it (lastProbeTime: null).
json::object encodePodStatus(const api::PodStatus&);

}  // namespace kubarium::kubelet
