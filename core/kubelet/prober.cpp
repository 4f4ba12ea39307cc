#include "core/kubelet/prober.h"

#include "core/kubelet/container_environment.h"

#include <fmt/format.h>

namespace kubarium::kubelet {

using std::chrono::seconds;

struct Prober::Work {
    ProbeKind kind;
    api::Probe probe;
    ClusterTime since;  // its ticks are whole periods later
    Timer timer;
    std::unique_ptr<HandlerRun> run;
    std::optional<bool> counted;  // the last counted result of this instance
    bool last = false;
    int inARow = 0;  // over restarts
    int tries = 0;   // of this probe, which erred each time
    bool held = false, missed = false;

    Duration period() const { return seconds{std::max(probe.periodSeconds.value_or(10), 1)}; }
};

namespace {

constexpr int maxProbeRetries = 3;  // tries in all

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

// Kubernetes: ExpandContainerCommandOnlyStatic; variables that come from elsewhere count as empty.
api::Probe expanded(api::Probe probe, const api::Container& container) {
    if (!probe.exec) return probe;
    Environment environment;
    for (const auto& variable : container.env) environment.emplace_back(variable.name, variable.value);
    for (auto& word : probe.exec->command) word = expand(word, environment);
    return probe;
}

}  // namespace

Prober::Prober(const KubeletContext& context, const api::Container& container, ClusterTime since, Handlers handlers)
    : context_(context), container_(trimmed(container)), handlers_(std::move(handlers)) {
    const auto add = [&](ProbeKind kind, const std::optional<api::Probe>& probe) {
        if (!probe) return;
        works_.push_back(std::make_unique<Work>());
        works_.back()->kind = kind;
        works_.back()->probe = expanded(*probe, container);
        works_.back()->since = since;
    };
    add(ProbeKind::Startup, container.startupProbe);
    add(ProbeKind::Liveness, container.livenessProbe);
    add(ProbeKind::Readiness, container.readinessProbe);
}

Prober::~Prober() = default;

void Prober::containerStarted(HandlerTarget target) {
    target_ = std::move(target);
    running_ = true;
    // Its start is known to the second only, and so it may be asked that much earlier.
    startedAt_ = context_.clock.clusterNow() + -(context_.clock.now().time_since_epoch() % seconds{1});
    startupPassed_ = works_.empty() || works_.front()->kind != ProbeKind::Startup;
    for (auto& work : works_) {
        work->held = work->missed = false;
        work->counted.reset();
        work->run.reset();
        schedule(*work);
    }
}

void Prober::containerEnded() {
    running_ = false;
    for (auto& work : works_) {
        work->timer.reset();
        work->run.reset();
    }
}

void Prober::lookAtReadiness() {
    for (auto& work : works_) {
        if (work->kind != ProbeKind::Readiness || !running_ || work->run) continue;
        work->since = context_.clock.clusterNow();
        schedule(*work);
        run(*work);
    }
}

void Prober::holdLivenessAndStartup() {
    for (auto& work : works_) {
        if (work->kind == ProbeKind::Readiness) continue;
        work->held = true;
        work->run.reset();
    }
}

bool Prober::due(const Work& work) const {
    if (!running_ || work.held || startupPassed_ == (work.kind == ProbeKind::Startup)) return false;
    return context_.clock.clusterNow() - startedAt_ >= seconds{work.probe.initialDelaySeconds.value_or(0)};
}

void Prober::schedule(Work& work) {
    const auto passed = context_.clock.clusterNow() - work.since;
    work.timer = context_.clock.after(work.period() - passed % work.period(), [this, &work] {
        if (work.held) return;  // until another instance runs
        schedule(work);
        run(work);
    });
}

void Prober::run(Work& work) {
    // A tick that comes while the last probe is still under way is made up for afterwards.
    work.missed = work.run != nullptr;
    if (work.run || !due(work)) return;
    work.tries = 0;
    ask(work);
}

void Prober::ask(Work& work) {
    auto target = target_;
    target.container = &container_;
    work.run = runHandler(context_, target, handlerOf(work.probe), seconds{std::max(work.probe.timeoutSeconds.value_or(1), 1)},
                          [this, &work](HandlerOutcome outcome) { onOutcome(work, std::move(outcome)); });
}

void Prober::onOutcome(Work& work, HandlerOutcome outcome) {
    const auto done = std::move(work.run);
    if (work.held) return;
    const auto erred = outcome.verdict == HandlerVerdict::Unknown || outcome.verdict == HandlerVerdict::Unread;
    if (erred && ++work.tries < maxProbeRetries) return ask(work);
    if (std::exchange(work.missed, false)) run(work);
    const auto success = outcome.verdict == HandlerVerdict::Success || outcome.verdict == HandlerVerdict::Warning;
    if (outcome.verdict == HandlerVerdict::Warning)
        handlers_.onEvent("ProbeWarning", fmt::format("{} probe warning: {}", nameOf(work.kind), outcome.output));
    else if (outcome.verdict == HandlerVerdict::Failure)
        handlers_.onEvent("Unhealthy", fmt::format("{} probe failed: {}", nameOf(work.kind), outcome.output));
    else if (erred)
        handlers_.onEvent("Unhealthy", fmt::format("{} probe errored and resulted in {} state: {}", nameOf(work.kind),
                                                   outcome.verdict == HandlerVerdict::Unread ? "failure" : "unknown", outcome.output));
    // An error says nothing about the container.
    if (erred) return;

    work.inARow = work.inARow > 0 && work.last == success ? work.inARow + 1 : 1;
    work.last = success;
    const auto threshold = success ? work.probe.successThreshold.value_or(1) : work.probe.failureThreshold.value_or(3);
    if (work.inARow < threshold) return;
    const auto kind = work.kind;
    if (kind == ProbeKind::Startup || (kind == ProbeKind::Liveness && !success)) {
        // Decided: quiet until there is another instance.
        work.held = true;
        work.inARow = 0;
        work.run.reset();
    }
    if (work.counted == success) return;
    work.counted = success;
    if (kind == ProbeKind::Startup) startupPassed_ = success;
    // Last: the owner may destroy this.
    handlers_.onResult(kind, success);
}

}  // namespace kubarium::kubelet
