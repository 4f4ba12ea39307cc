#include "core/kubelet/pod_worker.h"

#include "core/base/log.h"
#include "core/kubelet/pod_kill.h"
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/pod_status.h"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::kubelet {

using namespace std::chrono_literals;
using api::resources::pods;

namespace {

std::string withoutScheme(const std::string& containerId) {
    const auto scheme = containerId.find("://");
    return scheme == std::string::npos ? containerId : containerId.substr(scheme + 3);
}

// What the status of an earlier life says about a container. What ran then is dead: exit code 255, reason Unknown, as a
// container runtime reports what it lost in a reboot.
std::optional<ContainerInstance> lostInstance(const api::ContainerStatus& status, WallTime now, ClusterTime clusterNow) {
    const auto* ended = status.state && status.state->terminated ? &*status.state->terminated
                        : status.lastState && status.lastState->terminated && !(status.state && status.state->running) ? &*status.lastState->terminated
                                                                                                                        : nullptr;
    if (!ended && !(status.state && status.state->running)) return std::nullopt;
    ContainerInstance instance;
    instance.id = withoutScheme(status.containerID);
    if (const auto* image = status.image.if_string()) instance.image = image->c_str();
    instance.imageId = status.imageID;
    instance.attempt = status.restartCount;
    instance.state = InstanceState::Exited;
    instance.finishedCluster = clusterNow;
    if (ended) {
        instance.exitCode = ended->exitCode;
        instance.exitReason = ended->reason;
        instance.exitMessage = ended->message;
        instance.startedAt = parseTime(ended->startedAt).value_or(WallTime{});
        instance.finishedAt = parseTime(ended->finishedAt).value_or(WallTime{});
    } else {
        instance.exitCode = 255;
        instance.exitReason = "Unknown";
        instance.startedAt = parseTime(status.state->running->startedAt).value_or(now);
        instance.finishedAt = now;
    }
    return instance;
}

bool sameSpec(const api::Object& a, const api::Object& b) {
    const auto* before = a.find({"spec"});
    const auto* after = b.find({"spec"});
    return before && after && *before == *after;
}

const json::value* metadataPart(const api::Object& object, std::string_view part) { return object.find({"metadata", part}); }

bool sameMetadata(const api::Object& a, const api::Object& b) {
    for (const auto* part : {"labels", "annotations"}) {
        const auto *before = metadataPart(a, part), *after = metadataPart(b, part);
        if ((before == nullptr) != (after == nullptr) || (before && *before != *after)) return false;
    }
    return true;
}

}  // namespace

PodWorker::PodWorker(const KubeletContext& context, Hooks hooks, api::ObjectPtr pod)
    : context_(context), hooks_(std::move(hooks)), pod_(std::move(pod)), volumes_(context, std::string(pod_->uid())) {
    adoptHistory();
}

PodWorker::~PodWorker() {
    for (const auto& [name, container] : actual_.containers)
        for (const auto* instance : {&container.current, &container.previous})
            if (*instance) hooks_.containerForgotten((*instance)->id);
}

void PodWorker::adoptHistory() {
    const auto& status = spec().status;
    for (const auto* list : {&status.initContainerStatuses, &status.containerStatuses, &status.ephemeralContainerStatuses})
        for (const auto& container : *list)
            if (auto instance = lostInstance(container, context_.clock.now(), context_.clock.clusterNow())) {
                actual_.containers[container.name].current = std::move(*instance);
                hadSandbox_ = true;
            }
}

void PodWorker::begin() {
    armDeadline();
    watchStorage();
    if (pod_->deleting())
        stop();
    else
        requestSync();
}

void PodWorker::event(std::string type, std::string reason, std::string message, std::string fieldPath) {
    context_.events(*pod_, std::move(type), std::move(reason), std::move(message), std::move(fieldPath));
}

PodAddresses PodWorker::addresses() const { return {actual_.ip, context_.options.nodeIP}; }

std::string PodWorker::hostname() const {
    if (spec().spec.hostNetwork.value_or(false)) return context_.options.name;
    auto name = !spec().spec.hostnameOverride.empty() ? spec().spec.hostnameOverride
                : spec().spec.hostname.empty()        ? spec().metadata.name
                                                      : spec().spec.hostname;
    if (name.size() > 63) {
        name.resize(63);
        while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
    }
    if (spec().spec.setHostnameAsFQDN.value_or(false) && !spec().spec.subdomain.empty())
        return fmt::format("{}.{}.{}.svc.{}", name, spec().spec.subdomain, spec().metadata.nameSpace, context_.options.clusterDomain);
    return name;
}

void PodWorker::podChanged(api::ObjectPtr pod) {
    if (stage_ == Stage::Gone || pod->revision() < pod_->revision()) return;
    const auto granted = std::exchange(resize_.allocated, {});
    const auto before = std::exchange(pod_, std::move(pod));
    if (granted || !sameSpec(*before, *pod_)) allocate(granted ? *granted : before->as<api::Pod>());
    if (pod_->deleting()) {
        if (stage_ == Stage::Ended)
            confirmDeletion();
        else
            stop({}, {}, spec().metadata.deletionGracePeriodSeconds);
        return;
    }
    if (stage_ != Stage::Running) return;
    if (!sameSpec(*before, *pod_) || !sameMetadata(*before, *pod_)) {
        armDeadline();
        refreshVolumes();
        requestSync();
    } else if (!stepping_) {
        // Only the status changed (a readiness gate, or somebody else wrote it): report, but do not repeat what failed.
        writeStatus();
    }
}

void PodWorker::podRemoved() {
    apiGone_ = true;
    if (stage_ == Stage::Ended) return vanish();
    stop({}, {}, 1);
}

void PodWorker::reconnected() {
    statusFailures_ = 0;
    if (statusWanted_ && !statusBusy_) sendStatus();
    onStatusIdle();
}

void PodWorker::configurationChanged(const api::GroupVersionResource& resource, const std::string& key) {
    if (stage_ != Stage::Running || !volumes_.refersTo(spec(), resource, key) || refreshTimer_) return;
    // A kubelet looks at volumes in its periodic sync, 60 to 90 s apart.
    refreshTimer_ = context_.clock.after(std::chrono::milliseconds{context_.random.below(75'000)}, [this] {
        refreshTimer_.reset();
        refreshVolumes();
    });
}

void PodWorker::refreshVolumes() {
    if (actual_.sandboxId.empty() || stage_ != Stage::Running) return;
    volumes_.setUp(pod_, addresses(), [weak = weak_from_this()](VolumeSetUp outcome) {
        const auto self = weak.lock();
        if (!self || self->stage_ != Stage::Running) return;
        self->tellOfVolumes(outcome);
        if (outcome.retryAfter)
            self->refreshTimer_ = self->context_.clock.after(*outcome.retryAfter, [worker = self.get()] {
                worker->refreshTimer_.reset();
                worker->refreshVolumes();
            });
    });
}

void PodWorker::armDeadline() {
    const auto& seconds = spec().spec.activeDeadlineSeconds;
    if (!seconds || stage_ != Stage::Running) return;
    const auto started = parseTime(spec().status.startTime);
    const auto passed = started ? context_.clock.clusterElapsedSince(*started) : Duration{};
    deadlineTimer_ = context_.clock.after(std::max<Duration>(std::chrono::seconds{*seconds} - passed, Duration{}), [this] {
        const std::string message = "Pod was active on the node longer than the specified deadline";
        event("Normal", "DeadlineExceeded", message);
        stop("DeadlineExceeded", message);
    });
}

void PodWorker::requestSync() {
    if (syncPosted_) return;
    syncPosted_ = true;
    context_.executor.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->syncPosted_ = false;
            self->sync();
        }
    });
}

void PodWorker::sync() {
    if (stage_ != Stage::Running) return;
    if (stepping_) {
        syncAgain_ = true;
        return;
    }
    auto actions = computePodActions(spec().spec, actual_);
    if (actions.finished) {
        finishedByItself_ = std::ranges::any_of(actual_.containers, [](const auto& entry) { return entry.second.running(); });
        return stop();
    }
    for (auto& [name, container] : actual_.containers) {
        if (container.nextReason.empty()) continue;
        container.waitingReason = std::exchange(container.nextReason, {});
        container.waitingMessage = std::exchange(container.nextMessage, {});
    }
    writeStatus();
    for (const auto& [name, prober] : probers_)
        if (const auto& container = actual_.containers[name]; container.running() && container.started && !container.ready) prober->lookAtReadiness();
    for (auto& kill : actions.kill) {
        actual_.containers[kill.name].restart = kill.restart;
        beginKill(kill.name, kill.message, graceSeconds(), false);
    }
    actuateResize();
    runActions(std::move(actions));
}

void PodWorker::runActions(PodActions actions) {
    if (!actions.createSandbox && actions.start.empty()) return;
    retryTimer_.reset();
    stepping_ = true;
    steps_.assign(actions.start.begin(), actions.start.end());
    if (actions.createSandbox)
        createSandbox();
    else
        nextStep();
}

void PodWorker::nextStep() {
    if (stage_ != Stage::Running || steps_.empty()) return endSteps();
    const auto step = steps_.front();
    steps_.pop_front();
    startContainer(step);
}

void PodWorker::endSteps() {
    stepping_ = false;
    steps_.clear();
    const bool failed = std::exchange(failed_, false), changed = std::exchange(changed_, false), again = std::exchange(syncAgain_, false);
    const bool settling = std::exchange(settling_, false);
    if (stage_ == Stage::Stopping) return continueStopping();
    if (stage_ != Stage::Running) return;
    if (changed || again) {
        settling_ = diedAtStart_;
        return requestSync();
    }
    diedAtStart_ = false;
    // A container that died while it was started is noticed a second time, by the kubelet's relist of all containers.
    if (failed && settling) return retryLater(1s);
    // As kubelet's backOffPeriod with its jitter.
    if (failed) retryLater(std::chrono::milliseconds{10'000 + context_.random.below(5'000)});
}

void PodWorker::retryLater(Duration wait) {
    retryTimer_ = context_.clock.after(wait, [this] { sync(); });
}

void PodWorker::writeStatus() {
    if (apiGone_ || stage_ == Stage::Gone) return;
    const auto runtime = context_.runtime.name();
    const auto& current = spec();
    const auto status = makePodStatus({current, actual_, runtime.substr(0, runtime.find(':')), context_.options.nodeIP, context_.clock.now(),
                                       sandboxReady_, stage_ != Stage::Running, stage_ == Stage::Ended, final_, stopSince_, endReason_, endMessage_, resizeConditions()});
    auto encoded = encodePodStatus(status);
    // Compared by what both sides understand, so that a field that the server adds does not cause endless writing.
    if (encoded == encodePodStatus(current.status)) {
        statusWanted_ = statusBusy_;
        wantedStatus_ = std::move(encoded);
        return;
    }
    if (statusBusy_ && encoded == wantedStatus_) return;
    wantedStatus_ = std::move(encoded);
    statusWanted_ = true;
    if (!statusBusy_ && !statusTimer_) sendStatus();
}

void PodWorker::sendStatus() {
    statusBusy_ = true;
    statusWanted_ = false;
    auto body = pod_->tree();
    body["status"] = wantedStatus_;
    client::WriteOptions options;
    options.fieldManager = "kubelet";
    context_.client.update(pods, std::string(pod_->nameSpace()), std::string(pod_->name()), std::move(body), options,
                           [weak = weak_from_this()](Result<api::ObjectPtr> result) {
                               if (const auto self = weak.lock()) self->onStatusWritten(std::move(result));
                           },
                           "status");
}

void PodWorker::onStatusWritten(Result<api::ObjectPtr> result) {
    statusBusy_ = false;
    if (stage_ == Stage::Gone) return;
    if (result) {
        statusFailures_ = 0;
        if ((*result)->uid() == pod_->uid() && (*result)->revision() > pod_->revision()) podChanged(*result);
        if (statusWanted_ && !statusBusy_) writeStatus();
        if (stage_ == Stage::Stopping) continueStopping();
        onStatusIdle();
        return;
    }
    if (result.error().reason == Reason::NotFound) return podRemoved();
    statusWanted_ = true;
    if (result.error().reason == Reason::Conflict) {
        statusBusy_ = true;
        context_.client.get(pods, std::string(pod_->nameSpace()), std::string(pod_->name()), [weak = weak_from_this()](Result<api::ObjectPtr> fresh) {
            const auto self = weak.lock();
            if (!self) return;
            self->statusBusy_ = false;
            if (fresh && (*fresh)->uid() != self->pod_->uid()) return self->podRemoved();
            if (fresh && (*fresh)->revision() > self->pod_->revision()) self->podChanged(*fresh);
            if (self->statusWanted_ && !self->statusBusy_) self->writeStatus();
        });
        return;
    }
    const auto wait = std::min<Duration>(500ms * (1 << std::min(statusFailures_++, 5)), 10s);
    statusTimer_ = context_.clock.after(wait, [this] {
        statusTimer_.reset();
        writeStatus();
    });
    if (stage_ == Stage::Stopping) continueStopping();
}

}  // namespace kubarium::kubelet
