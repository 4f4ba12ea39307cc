// The probes of one running container instance: startup first and alone, then liveness and readiness, each in its own period
// of cluster time. A result counts after failureThreshold (successThreshold) equal outcomes in a row.
#pragma once

#include "core/api/types/pod.h"
#include "core/kubelet/handler_runner.h"

#include <functional>
#include <memory>

namespace kubarium::kubelet {

enum class ProbeKind : std::uint8_t { Startup, Liveness, Readiness };

class Prober {
public:
    struct Handlers {
        std::function<void(ProbeKind, bool success)> onResult;                    // a counted result that differs from the one before
        std::function<void(std::string reason, std::string message)> onEvent;     // Unhealthy, ProbeWarning
    };

    // `container` is copied as far as needed. Probes begin when initialDelaySeconds have passed since now.
    Prober(const KubeletContext&, HandlerTarget, const api::Container&, Handlers);
    ~Prober();
    Prober(const Prober&) = delete;
    Prober& operator=(const Prober&) = delete;

    // Of a Pod that is being deleted: only readiness goes on.
    void stopLivenessAndStartup();

private:
    struct Work;
    void schedule(Work&, Duration wait);
    void run(Work&);
    void onOutcome(Work&, HandlerOutcome);
    void begin(ProbeKind);

    const KubeletContext& context_;
    HandlerTarget target_;
    api::Container container_;
    Handlers handlers_;
    ClusterTime startedAt_;
    bool startupPassed_;
    std::vector<std::unique_ptr<Work>> works_;
};

}  // namespace kubarium::kubelet
