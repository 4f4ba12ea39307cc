// One container on its way out. Internal to PodWorker.
#pragma once

#include "core/kubelet/pod_worker.h"

namespace kubarium::kubelet {

struct PodWorker::Kill {
    enum class Step : std::uint8_t { PreStop, Turn, Signalled, Killed };
    std::string name, id;
    Step step = Step::PreStop;
    bool inOrder = false;
    Duration begun{};    // Clock::monotonic
    Duration grace{};    // in all, from then on
    std::unique_ptr<HandlerRun> hook;
    Timer timer;
    PodWorker::Step done;
};

}  // namespace kubarium::kubelet
