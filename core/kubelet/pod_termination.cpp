// Stopping containers and ending a Pod: preStop, the stop signal, grace, KILL; app containers first, then sidecars in the
// reverse order of their start. Grace is real time, since it limits what real processes do. Even a grace of 0 leaves a
// process two seconds after its stop signal.
#include "core/kubelet/pod_kill.h"
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/pod_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace kubarium::kubelet {

using namespace std::chrono_literals;
using api::resources::pods;

namespace {

constexpr Duration leastGrace = 2s;

int signalNumber(std::string name) {
    static const std::map<std::string, int> signals{{"HUP", SIGHUP}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
                                                    {"TERM", SIGTERM}, {"WINCH", SIGWINCH}, {"ABRT", SIGABRT}, {"PWR", SIGPWR}};
    if (name.starts_with("SIG")) name.erase(0, 3);
    const auto it = signals.find(name);
    if (it != signals.end()) return it->second;
    if (name.starts_with("RTMIN+")) return SIGRTMIN + std::atoi(name.c_str() + 6);
    const auto number = std::atoi(name.c_str());
    return number > 0 && number < 65 ? number : SIGTERM;
}

}  // namespace

const api::Container* PodWorker::findContainer(const std::string& name) const {
    const auto& podSpec = spec().spec;
    for (const auto* list : {&podSpec.containers, &podSpec.initContainers, &podSpec.ephemeralContainers})
        for (const auto& container : *list)
            if (container.name == name) return &container;
    return nullptr;
}

std::string PodWorker::fieldPathOf(const std::string& name) const {
    const auto holds = [&](const std::vector<api::Container>& list) {
        return std::any_of(list.begin(), list.end(), [&](const auto& container) { return container.name == name; });
    };
    const auto* list = holds(spec().spec.initContainers) ? "initContainers" : holds(spec().spec.ephemeralContainers) ? "ephemeralContainers" : "containers";
    return fmt::format("spec.{}{{{}}}", list, name);
}

std::int64_t PodWorker::graceSeconds() const {
    if (stopGrace_) return *stopGrace_;
    return spec().spec.terminationGracePeriodSeconds.value_or(30);
}

void PodWorker::beginKill(const std::string& name, const std::string& message, std::int64_t grace, bool inOrder, Step done) {
    auto& actual = actual_.containers[name];
    if (!actual.running()) {
        if (done) done();
        return;
    }
    auto& kill = kills_[name];
    if (kill) return;  // on its way already
    const auto* container = findContainer(name);
    if (!inOrder && container && !actual.failedProbe.empty()) {
        const auto& probe = actual.failedProbe == "startup" ? container->startupProbe : container->livenessProbe;
        if (probe && probe->terminationGracePeriodSeconds) grace = *probe->terminationGracePeriodSeconds;
    }
    kill = std::make_unique<Kill>();
    kill->name = name;
    kill->id = actual.current->id;
    kill->inOrder = inOrder;
    kill->begun = context_.clock.monotonic();
    kill->grace = std::chrono::seconds{grace};
    kill->done = std::move(done);
    actual.killing = true;
    if (const auto prober = probers_.find(name); prober != probers_.end()) prober->second->holdLivenessAndStartup();
    event("Normal", "Killing", message, fieldPathOf(name));
    killStopping(*kill);
}

void PodWorker::killStopping(Kill& kill) {
    const auto* container = findContainer(kill.name);
    if (!container || !container->lifecycle || !container->lifecycle->preStop || kill.grace <= Duration{}) {
        kill.step = Kill::Step::Turn;
        return killWaitTurn(kill);
    }
    const auto goOn = [this, name = kill.name] {
        const auto it = kills_.find(name);
        if (it == kills_.end() || it->second->step != Kill::Step::PreStop) return;
        it->second->hook.reset();
        it->second->timer.reset();
        it->second->step = Kill::Step::Turn;
        killWaitTurn(*it->second);
    };
    kill.timer = context_.clock.afterReal(kill.grace, goOn);
    kill.hook = runHandler(context_, {kill.id, actual_.ip, container}, handlerOf(*container->lifecycle->preStop), kill.grace + 1s,
                           [this, goOn, name = kill.name](HandlerOutcome outcome) {
                               if (outcome.verdict == HandlerVerdict::Failure || outcome.verdict == HandlerVerdict::Unknown)
                                   event("Warning", "FailedPreStopHook", "PreStopHook failed", fieldPathOf(name));
                               goOn();
                           });
}

// A sidecar waits until all app containers and the sidecars that started after it have ended, or its grace is over.
void PodWorker::killWaitTurn(Kill& kill) {
    if (kill.step != Kill::Step::Turn) return;
    const auto& inits = spec().spec.initContainers;
    const auto self = std::find_if(inits.begin(), inits.end(), [&](const auto& container) { return container.name == kill.name; });
    if (kill.inOrder && self != inits.end() && isSidecar(*self)) {
        const auto runs = [&](const api::Container& container) {
            const auto* actual = actual_.find(container.name);
            return actual && actual->running();
        };
        const bool waits = std::any_of(spec().spec.containers.begin(), spec().spec.containers.end(), runs) || std::any_of(std::next(self), inits.end(), runs);
        const auto left = kill.grace - (context_.clock.monotonic() - kill.begun);
        if (waits && left > Duration{}) {
            if (!kill.timer)
                kill.timer = context_.clock.afterReal(left, [this, name = kill.name] {
                    if (const auto it = kills_.find(name); it != kills_.end()) killSignal(*it->second);
                });
            return;
        }
    }
    killSignal(kill);
}

void PodWorker::killSignal(Kill& kill) {
    kill.step = Kill::Step::Signalled;
    const auto left = std::max(kill.grace - (context_.clock.monotonic() - kill.begun), leastGrace);
    const auto* container = findContainer(kill.name);
    std::string signal = container && container->lifecycle ? container->lifecycle->stopSignal : "";
    if (signal.empty())
        if (const auto image = container ? context_.runtime.findImage(imageName(*container)) : std::nullopt) signal = image->stopSignal;
    context_.runtime.signalContainer(kill.id, signal.empty() ? SIGTERM : signalNumber(signal), [](Result<void>) {});
    kill.timer = context_.clock.afterReal(left, [this, name = kill.name] {
        const auto it = kills_.find(name);
        if (it == kills_.end()) return;
        it->second->step = Kill::Step::Killed;
        context_.runtime.signalContainer(it->second->id, SIGKILL, [](Result<void>) {});
    });
}

void PodWorker::stop(std::string reason, std::string message, std::optional<std::int64_t> grace) {
    if (stage_ == Stage::Gone || stage_ == Stage::Ended) return;
    if (grace && (!stopGrace_ || *grace < *stopGrace_)) {
        stopGrace_ = grace;
        // A second, shorter grace applies to what is being stopped already.
        for (auto& [name, kill] : kills_) {
            kill->grace = std::min<Duration>(kill->grace, context_.clock.monotonic() - kill->begun + std::chrono::seconds{*grace});
            if (kill->step == Kill::Step::Signalled) killSignal(*kill);
        }
    }
    if (stage_ == Stage::Stopping) {
        writeStatus();
        return continueStopping();
    }
    stage_ = Stage::Stopping;
    stopSince_ = context_.clock.now();
    endReason_ = std::move(reason);
    endMessage_ = std::move(message);
    retryTimer_.reset();
    deadlineTimer_.reset();
    storageTimer_.reset();
    for (auto& [name, prober] : probers_) prober->holdLivenessAndStartup();
    writeStatus();
    if (hook_) {
        // A postStart that is still under way does not hold up the end.
        hook_.reset();
        return endSteps();
    }
    if (!stepping_) continueStopping();
}

void PodWorker::continueStopping() {
    if (stepping_) return;
    std::vector<std::string> running;
    for (const auto& [name, actual] : actual_.containers)
        if (actual.running()) running.push_back(name);
    if (running.empty()) return end();
    for (const auto& name : running) {
        if (const auto kill = kills_.find(name); kill != kills_.end()) {
            if (!std::exchange(kill->second->inOrder, true)) event("Normal", "Killing", "Stopping container " + name, fieldPathOf(name));
            continue;
        }
        beginKill(name, "Stopping container " + name, graceSeconds(), true);
    }
}

void PodWorker::end() {
    // The kubelet's runtime stops sidecars and sandbox of a Pod that finished before its worker says that the Pod has ended.
    if (std::exchange(finishedByItself_, false)) {
        sandboxReady_ = false;
        writeStatus();
    }
    // What was to be said before the end is said; onStatusWritten goes on. An API that cannot be reached does not hold it up.
    if (statusWanted_ && !statusTimer_ && !apiGone_) return;
    stage_ = Stage::Ended;
    kills_.clear();
    probers_.clear();
    sandboxReady_ = false;
    // First what is seen, then the last word (onStatusIdle); they differ for containers that were never started.
    writeStatus();
    onStatusIdle();
    if (actual_.sandboxId.empty()) return tearDownVolumes();
    context_.runtime.removeSandbox(actual_.sandboxId, [weak = weak_from_this()](Result<void>) {
        if (const auto self = weak.lock()) self->tearDownVolumes();
    });
}

// As kubelet's SyncTerminatedPod: volumes go when nothing of the Pod runs any more, whether it was deleted or has finished.
void PodWorker::tearDownVolumes() {
    volumes_.tearDown([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->sandboxGone_ = true;
        self->confirmDeletion();
    });
}

void PodWorker::onStatusIdle() {
    if (stage_ != Stage::Ended || statusBusy_ || statusWanted_ || statusTimer_) return;
    if (!std::exchange(final_, true)) writeStatus();
    confirmDeletion();
}

void PodWorker::confirmDeletion() {
    if (stage_ != Stage::Ended || !sandboxGone_) return;
    if (apiGone_) return vanish();
    if (!final_) return;
    if (!pod_->deleting() || statusBusy_ || statusWanted_ || statusTimer_ || confirming_) return;
    confirming_ = true;
    client::DeleteOptions options;
    options.gracePeriodSeconds = 0;
    options.uid = std::string(pod_->uid());
    context_.client.remove(pods, std::string(pod_->nameSpace()), std::string(pod_->name()), options, [weak = weak_from_this()](Result<json::value> result) {
        const auto self = weak.lock();
        if (!self) return;
        self->confirming_ = false;
        if (!result && result.error().reason != Reason::NotFound && result.error().reason != Reason::Conflict) {
            self->statusTimer_ = self->context_.clock.after(1s, [worker = self.get()] {
                worker->statusTimer_.reset();
                worker->confirmDeletion();
            });
            return;
        }
        // With finalizers of others the object stays for a while; nothing is left to do here either way.
        self->vanish();
    });
}

void PodWorker::vanish() {
    if (stage_ == Stage::Gone) return;
    stage_ = Stage::Gone;
    for (const auto& [name, actual] : actual_.containers)
        for (const auto* instance : {&actual.current, &actual.previous})
            if (*instance && !(*instance)->sandboxId.empty()) context_.runtime.removeContainer((*instance)->id, [](Result<void>) {});
    volumes_.remove();
    context_.executor.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->hooks_.gone(*self);
    });
}

}  // namespace kubarium::kubelet
