#include "core/kubelet/prober.h"

#include <fmt/format.h>

namespace kubarium::kubelet {

using std::chrono::seconds;

struct Prober::Work {
    ProbeKind kind;
    api::Probe probe;
    Timer timer;
    std::unique_ptr<HandlerRun> run;
    std::optional<bool> counted;  // the last counted result
    bool last = false;
    int inARow = 0;
    bool stopped = false;
};

namespace {

std::string_view nameOf(ProbeKind kind) {
    return kind == ProbeKind::Startup ? "Startup" : kind == ProbeKind::Liveness ? "Liveness" : "Readiness";
}

// Only what probing needs: a simulated cluster keeps thousands of these.
api::Container trimmed(const api::Container& container) {
    api::Container copy;
    copy.name = container.name;
    copy.ports = container.ports;
    return copy;
}

}  // namespace

Prober::Prober(const KubeletContext& context, HandlerTarget target, const api::Container& container, Handlers handlers)
    : context_(context), target_(std::move(target)), container_(trimmed(container)), handlers_(std::move(handlers)),
      startedAt_(context.clock.clusterNow()), startupPassed_(!container.startupProbe) {
    const auto add = [&](ProbeKind kind, const std::optional<api::Probe>& probe) {
        if (!probe) return;
        works_.push_back(std::make_unique<Work>());
        works_.back()->kind = kind;
        works_.back()->probe = *probe;
    };
    add(ProbeKind::Startup, container.startupProbe);
    add(ProbeKind::Liveness, container.livenessProbe);
    add(ProbeKind::Readiness, container.readinessProbe);
    if (startupPassed_) {
        begin(ProbeKind::Liveness);
        begin(ProbeKind::Readiness);
    } else {
        begin(ProbeKind::Startup);
    }
}

Prober::~Prober() = default;

void Prober::begin(ProbeKind kind) {
    for (auto& work : works_) {
        if (work->kind != kind) continue;
        const auto delay = seconds{work->probe.initialDelaySeconds.value_or(0)} - (context_.clock.clusterNow() - startedAt_);
        schedule(*work, std::max<Duration>(delay, Duration{}));
    }
}

void Prober::stopLivenessAndStartup() {
    for (auto& work : works_) {
        if (work->kind == ProbeKind::Readiness) continue;
        work->stopped = true;
        work->timer.reset();
        work->run.reset();
    }
}

void Prober::schedule(Work& work, Duration wait) {
    work.timer = context_.clock.after(wait, [this, &work] { run(work); });
}

void Prober::run(Work& work) {
    schedule(work, seconds{std::max(work.probe.periodSeconds.value_or(10), 1)});
    if (work.run) return;  // the last one is still under way; timeouts are real time while periods are cluster time
    auto target = target_;
    target.container = &container_;
    work.run = runHandler(context_, target, handlerOf(work.probe), seconds{std::max(work.probe.timeoutSeconds.value_or(1), 1)},
                          [this, &work](HandlerOutcome outcome) { onOutcome(work, std::move(outcome)); });
}

void Prober::onOutcome(Work& work, HandlerOutcome outcome) {
    const auto run = std::move(work.run);
    if (work.stopped) return;
    const auto success = outcome.verdict == HandlerVerdict::Success || outcome.verdict == HandlerVerdict::Warning;
    if (outcome.verdict == HandlerVerdict::Warning)
        handlers_.onEvent("ProbeWarning", fmt::format("{} probe warning: {}", nameOf(work.kind), outcome.output));
    else if (outcome.verdict == HandlerVerdict::Failure)
        handlers_.onEvent("Unhealthy", fmt::format("{} probe failed: {}", nameOf(work.kind), outcome.output));
    else if (outcome.verdict == HandlerVerdict::Unknown)
        handlers_.onEvent("Unhealthy", fmt::format("{} probe errored and resulted in unknown state: {}", nameOf(work.kind), outcome.output));
    // What is not known says nothing about the container.
    if (outcome.verdict == HandlerVerdict::Unknown) return;

    work.inARow = work.inARow > 0 && work.last == success ? work.inARow + 1 : 1;
    work.last = success;
    const auto threshold = success ? work.probe.successThreshold.value_or(1) : work.probe.failureThreshold.value_or(3);
    if (work.inARow < threshold || work.counted == success) return;
    work.counted = success;
    const auto kind = work.kind;
    if (kind == ProbeKind::Startup && success) {
        startupPassed_ = true;
        work.stopped = true;
        work.timer.reset();
        begin(ProbeKind::Liveness);
        begin(ProbeKind::Readiness);
    }
    if (kind != ProbeKind::Readiness && !success) {
        // Condemned: quiet until the container has been replaced.
        for (auto& other : works_)
            if (other->kind != ProbeKind::Readiness) other->stopped = true, other->timer.reset();
    }
    // Last: the owner may destroy this.
    handlers_.onResult(kind, success);
}

}  // namespace kubarium::kubelet
