// The probes of one container, over all its restarts: startup first and alone, then liveness and readiness, each in its own period
// of cluster time. A result counts after failureThreshold (successThreshold) equal outcomes in a row.
// Kubernetes: pkg/kubelet/prober/worker.go. Periods count from when the Pod began to be probed, not from the start of the
// container, and go on while it is restarted; only readiness is asked out of turn (lookAtReadiness). A probe that errs is tried
// three times before its Event, and then counts for nothing. Not taken over: the random wait of Pods that a kubelet finds when it starts.
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

    // `container` is copied as far as needed.
    Prober(const KubeletContext&, const api::Container&, ClusterTime since, Handlers);
    ~Prober();
    Prober(const Prober&) = delete;
    Prober& operator=(const Prober&) = delete;

    // An instance runs, now. HandlerTarget::container is not looked at.
    void containerStarted(HandlerTarget);
    // Nothing is asked until the next one runs.
    void containerEnded();
    // Somebody looks at the Pod and finds the container not ready: it is asked at once, and its period begins anew.
    void lookAtReadiness();
    // Of a container that is being stopped: only readiness goes on.
    void holdLivenessAndStartup();

private:
    struct Work;
    bool due(const Work&) const;
    void schedule(Work&);
    void run(Work&);
    void ask(Work&);
    void onOutcome(Work&, HandlerOutcome);

    const KubeletContext& context_;
    HandlerTarget target_;
    api::Container container_;
    Handlers handlers_;
    ClusterTime startedAt_;
    bool running_ = false, startupPassed_ = false;
    std::vector<std::unique_ptr<Work>> works_;
};

}  // namespace kubarium::kubelet
