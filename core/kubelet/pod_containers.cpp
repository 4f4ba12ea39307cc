// Starting containers: the part of PodWorker that follows kubelet's startContainer (back-off, image, environment, create and
// start, postStart). Whatever fails becomes the container's waiting reason and a Failed Event.
#include "core/api/go_text.h"
#include "core/kubelet/pod_kill.h"
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/pod_worker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace kubarium::kubelet {

using namespace std::chrono_literals;

namespace {

constexpr Duration firstBackOff = 10s, longestBackOff = 300s;

std::string goDuration(Duration duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    return seconds < 60 ? fmt::format("{}s", seconds) : fmt::format("{}m{}s", seconds / 60, seconds % 60);
}

std::string randomId(Random& random) {
    std::string id;
    for (int i = 0; i < 4; ++i) id += fmt::format("{:016x}", random.next());
    return id;
}

// What a container has failed with counts no more once its image or its resources are others.
std::string backOffKey(const api::Container& container) {
    auto key = container.name + '\n' + imageName(container);
    for (const auto* amounts : {&resourcesOf(container).requests, &resourcesOf(container).limits})
        for (const auto& [resource, amount] : *amounts) key += fmt::format("\n{}={}", resource, amount);
    return key;
}

std::string fieldPath(ContainerKind kind, const std::string& name) {
    const auto* list = kind == ContainerKind::Init ? "initContainers" : kind == ContainerKind::App ? "containers" : "ephemeralContainers";
    return fmt::format("spec.{}{{{}}}", list, name);
}

}  // namespace

const api::Container& PodWorker::containerOf(const ContainerStart& start) const {
    const auto& podSpec = spec().spec;
    const auto& list = start.kind == ContainerKind::Init ? podSpec.initContainers : start.kind == ContainerKind::App ? podSpec.containers : podSpec.ephemeralContainers;
    return list.at(start.index);
}

void PodWorker::startFailed(const std::string& container, std::string reason, std::string message) {
    auto& actual = actual_.containers[container];
    actual.nextReason = std::move(reason);
    actual.nextMessage = std::move(message);
    failed_ = true;
    nextStep();
}

// Kubernetes: doBackOff (pkg/kubelet/kuberuntime), with the instance that had ended when the sync began.
bool PodWorker::inBackOff(const api::Container& container, const ContainerInstance* exited, const std::string& path) {
    if (!exited) return false;
    const auto now = context_.clock.clusterNow();
    const auto finished = exited->finishedCluster;
    auto& backOff = backOffs_[backOffKey(container)];
    const bool known = backOff.delay > Duration{} && finished - backOff.updated <= 2 * longestBackOff;
    if (known && now - finished < backOff.delay) {
        event("Warning", "BackOff", fmt::format("Back-off restarting failed container {} in pod {}_{}({})", container.name, spec().metadata.name,
                                                spec().metadata.nameSpace, spec().metadata.uid), path);
        return true;
    }
    backOff.delay = known ? std::min(backOff.delay * 2, longestBackOff) : firstBackOff;
    backOff.updated = now;
    return false;
}

Result<ImageInfo> PodWorker::ensureImage(const api::Container& container, const std::string& path) {
    const auto failure = [](std::string reason, std::string message) {
        auto error = makeError(Reason::NotFound, std::move(message));
        error.kind = std::move(reason);
        return error;
    };
    const auto image = imageName(container);
    const auto normalized = normalizedImage(image);
    if (!normalized) {
        event("Warning", "InspectFailed", normalized.error().message, path);
        event("Warning", "Failed", "Error: InvalidImageName", path);
        return failure("InvalidImageName", normalized.error().message);
    }
    const auto policy = pullPolicy(container);
    auto found = context_.runtime.findImage(image);
    if (found && policy != "Always") {
        event("Normal", "Pulled", fmt::format("Container image \"{}\" already present on machine", image), path);
        return std::move(*found);
    }
    if (!found && policy == "Never") {
        const auto message = fmt::format("Container image \"{}\" is not present with pull policy of Never", image);
        event("Warning", "ErrImageNeverPull", message, path);
        event("Warning", "Failed", "Error: ErrImageNeverPull", path);
        return failure("ErrImageNeverPull", message);
    }
    auto& backOff = backOffs_["image " + image];
    const auto pullError = fmt::format("rpc error: code = NotFound desc = failed to pull and unpack image \"{0}\": failed to resolve reference \"{0}\": {0}: not found", *normalized);
    const auto now = context_.clock.clusterNow();
    if (!found && backOff.delay > Duration{} && now - backOff.updated < backOff.delay) {
        const auto message = fmt::format("Back-off pulling image \"{}\"", image);
        event("Normal", "BackOff", message, path);
        event("Warning", "Failed", "Error: ImagePullBackOff", path);
        return failure("ImagePullBackOff", fmt::format("{}: ErrImagePull: {}", message, pullError));
    }
    event("Normal", "Pulling", fmt::format("Pulling image \"{}\"", image), path);
    if (found) {
        // Pulling from the image store of this machine is finding it there.
        event("Normal", "Pulled", fmt::format("Successfully pulled image \"{}\" in 1ms (1ms including waiting). Image size: {} bytes.", image, found->sizeBytes), path);
        backOffs_.erase("image " + image);
        return std::move(*found);
    }
    backOff.delay = backOff.delay == Duration{} || now - backOff.updated > 2 * longestBackOff ? firstBackOff : std::min(backOff.delay * 2, longestBackOff);
    backOff.updated = now;
    event("Warning", "Failed", fmt::format("Failed to pull image \"{}\": {}", image, pullError), path);
    event("Warning", "Failed", "Error: ErrImagePull", path);
    return failure("ErrImagePull", pullError);
}

void PodWorker::startContainer(ContainerStart start) {
    const auto& container = containerOf(start);
    auto& actual = actual_.containers[container.name];
    const auto path = fieldPath(start.kind, container.name);
    // The sync that killed it starts it again: for that one it had not ended.
    const bool atOnce = std::exchange(actual.restart, false);
    const auto& ended = atOnce ? actual.previous : actual.current;
    if (inBackOff(container, ended && ended->state == InstanceState::Exited ? &*ended : nullptr, path)) {
        if (atOnce) actual.started = actual.ready = false;
        settling_ = settling_ || atOnce;
        return startFailed(container.name, "CrashLoopBackOff",
                           fmt::format("back-off {} restarting failed container={} pod={}_{}({})", goDuration(backOffs_[backOffKey(container)].delay), container.name,
                                       spec().metadata.name, spec().metadata.nameSpace, spec().metadata.uid));
    }
    auto image = ensureImage(container, path);
    if (!image) return startFailed(container.name, image.error().kind, image.error().message);
    fetchObjects(context_, environmentReferences(spec().metadata.nameSpace, container),
                 [weak = weak_from_this(), start, info = std::move(*image)](FetchedObjects objects) {
                     const auto self = weak.lock();
                     if (!self) return;
                     if (self->stage_ != Stage::Running) return self->endSteps();
                     self->launch(start, info, objects);
                 });
}

void PodWorker::launch(ContainerStart start, const ImageInfo& image, const FetchedObjects& objects) {
    const auto& container = containerOf(start);
    auto& actual = actual_.containers[container.name];
    EnvironmentInput input{spec(), container, objects, {}, addresses(), {}};
    for (const auto& [key, service] : context_.source.services()) input.services.push_back(service);
    input.node = {milliQuantity(context_.options.cpu), wholeQuantity(context_.options.memory), wholeQuantity(context_.options.ephemeralStorage)};
    const auto environment = makeEnvironment(input);
    if (!environment) return refuseStart(start, "CreateContainerConfigError", environment.error().message);
    if (const auto nonRoot = verifyRunAsNonRoot(spec(), container, image); !nonRoot)
        return refuseStart(start, "CreateContainerConfigError", nonRoot.error().message);

    ContainerInstance instance;
    instance.id = randomId(context_.random);
    instance.sandboxId = actual_.sandboxId;
    instance.image = imageName(container);
    instance.imageId = image.id;
    instance.attempt = actual.current ? actual.current->attempt + 1 : 0;
    instance.specHash = containerHash(container);
    const auto id = instance.id;
    volumes_.mountsOf(container, id, *environment, [weak = weak_from_this(), start, image, environment = *environment, instance = std::move(instance)](Result<std::vector<Mount>> mounts) mutable {
        const auto self = weak.lock();
        if (!self) return;
        if (self->stage_ != Stage::Running) return self->endSteps();
        if (!mounts) return self->refuseStart(start, "CreateContainerConfigError", mounts.error().message);
        self->create(start, image, environment, std::move(instance), std::move(*mounts));
    });
}

void PodWorker::refuseStart(const ContainerStart& start, const char* reason, const std::string& message) {
    const auto& name = containerOf(start).name;
    event("Warning", "Failed", "Error: " + message, fieldPath(start.kind, name));
    startFailed(name, reason, message);
}

void PodWorker::create(ContainerStart start, const ImageInfo& image, const Environment& environment, ContainerInstance instance, std::vector<Mount> mounts) {
    const auto& container = containerOf(start);
    auto made = makeContainerSpec({spec(), container, image, environment, instance.id, actual_.sandboxId, hostname(),
                                   volumes_.logPath(container.name, instance.attempt), instance.attempt, std::move(mounts), context_.nodeMemoryBytes});
    if (!made) return refuseStart(start, "CreateContainerError", made.error().message);
    if (const auto target = actual_.containers.find(container.targetContainerName); target != actual_.containers.end() && target->second.current)
        made->processNamespaceOf = target->second.current->id;
    startingId_ = instance.id;
    hooks_.containerStarting(instance.id, *this);
    context_.runtime.startContainer(std::move(*made), [weak = weak_from_this(), start, instance = std::move(instance)](Result<WallTime> result) mutable {
        if (const auto self = weak.lock()) self->onLaunched(start, std::move(instance), std::move(result));
    });
}

void PodWorker::keepInstance(ContainerActual& actual, ContainerInstance instance) {
    if (actual.previous) forget(*actual.previous);
    actual.previous = std::move(actual.current);
    actual.current = std::move(instance);
    actual.started = actual.ready = actual.killing = false;
    actual.failedProbe.clear();
    actual.restart = false;
    for (auto* text : {&actual.waitingReason, &actual.waitingMessage, &actual.nextReason, &actual.nextMessage}) text->clear();
}

void PodWorker::forget(const ContainerInstance& instance) {
    hooks_.containerForgotten(instance.id);
    // What an earlier life left behind is unknown to the runtime: then this fails, which does not matter.
    context_.runtime.removeContainer(instance.id, [](Result<void>) {});
}

void PodWorker::onLaunched(ContainerStart start, ContainerInstance instance, Result<WallTime> result) {
    const auto& container = containerOf(start);
    const auto path = fieldPath(start.kind, container.name);
    auto& actual = actual_.containers[container.name];
    startingId_.clear();
    if (!result && result.error().kind == notCreatedKind) {
        hooks_.containerForgotten(instance.id);
        event("Warning", "Failed", "Error: " + result.error().message, path);
        return startFailed(container.name, notCreatedKind, result.error().message);
    }
    changed_ = true;
    event("Normal", "Created", "Created container: " + container.name, path);
    if (actual.previous) volumes_.forgetContainer(container.name, actual.previous->id, actual.previous->attempt);
    if (!result) {
        instance.state = InstanceState::Exited;
        instance.exitCode = 128;
        instance.exitReason = "StartError";
        instance.exitMessage = result.error().message;
        instance.finishedAt = context_.clock.now();
        instance.finishedCluster = context_.clock.clusterNow();
        keepInstance(actual, std::move(instance));
        event("Warning", "Failed", "Error: " + result.error().message, path);
        diedAtStart_ = true;
        return startFailed(container.name, "RunContainerError", result.error().message);
    }
    event("Normal", "Started", "Started container " + container.name, path);
    instance.startedAt = *result;
    keepInstance(actual, std::move(instance));
    if (start.kind == ContainerKind::App) actual_.initialized = true;
    if (const auto early = earlyExits_.extract(actual.current->id); !early.empty()) {
        noteExit(container.name, actual, early.mapped());
        return nextStep();
    }
    if (stage_ == Stage::Running && container.lifecycle && container.lifecycle->postStart) return postStart(start);
    containerUp(start);
    nextStep();
}

void PodWorker::postStart(ContainerStart start) {
    const auto& container = containerOf(start);
    hook_ = runHandler(context_, {actual_.containers[container.name].current->id, actual_.ip, &container}, handlerOf(*container.lifecycle->postStart), 24h,
                       [weak = weak_from_this(), start](HandlerOutcome outcome) {
                           if (const auto self = weak.lock()) self->onPostStart(start, outcome);
                       });
}

void PodWorker::onPostStart(ContainerStart start, const HandlerOutcome& outcome) {
    hook_.reset();
    const auto& container = containerOf(start);
    auto& actual = actual_.containers[container.name];
    if (!actual.running() || outcome.verdict == HandlerVerdict::Success || outcome.verdict == HandlerVerdict::Warning) {
        if (actual.running()) containerUp(start);
        return nextStep();
    }
    const auto path = fieldPath(start.kind, container.name);
    std::string message;
    if (const auto& hook = *container.lifecycle->postStart; hook.exec) {
        const auto command = fmt::format("{}", fmt::join(hook.exec->command, " "));
        message = fmt::format("Exec lifecycle hook ([{}]) for Container \"{}\" in Pod \"{}_{}({})\" failed - error: command '{}' exited with {}: {}, message: {}", command,
                              container.name, spec().metadata.name, spec().metadata.nameSpace, spec().metadata.uid, command, outcome.exitCode, outcome.output,
                              api::goQuote(outcome.output));
    } else if (hook.httpGet) {
        message = fmt::format("HTTP lifecycle hook ({}) for Container \"{}\" in Pod \"{}_{}({})\" failed - error: {}", hook.httpGet->path, container.name,
                              spec().metadata.name, spec().metadata.nameSpace, spec().metadata.uid, outcome.output);
    } else {
        message = "Cannot run handler: " + outcome.output;
    }
    event("Warning", "FailedPostStartHook", "PostStartHook failed", path);
    beginKill(container.name, "FailedPostStartHook", graceSeconds(), false, [this, name = container.name, message]() mutable {
        diedAtStart_ = true;
        startFailed(name, "PostStartHookError", std::move(message));
    });
}

void PodWorker::containerUp(ContainerStart start) {
    const auto& container = containerOf(start);
    auto& actual = actual_.containers[container.name];
    actual.started = !container.startupProbe;
    actual.ready = actual.started && !container.readinessProbe;
    const bool probed = container.startupProbe || container.livenessProbe || container.readinessProbe;
    if (!probed || start.kind == ContainerKind::Ephemeral || stage_ != Stage::Running) return;
    const auto& name = container.name;
    auto& prober = probers_[name];
    if (!prober)
        prober = std::make_unique<Prober>(context_, container, probingSince_,
            Prober::Handlers{[this, name](ProbeKind kind, bool success) { onProbe(name, kind, success); },
                             [this, path = fieldPath(start.kind, name)](std::string reason, std::string message) {
                                 event("Warning", std::move(reason), std::move(message), path);
                             }});
    prober->containerStarted({actual.current->id, actual_.ip, nullptr});
}

void PodWorker::onProbe(const std::string& name, ProbeKind kind, bool success) {
    auto& actual = actual_.containers[name];
    const auto* container = findContainer(name);
    if (!container || (!actual.running() && stage_ != Stage::Stopping)) return;
    switch (kind) {
        case ProbeKind::Startup:
            if (success) {
                actual.started = true;
                actual.ready = !container->readinessProbe;
            } else {
                actual.failedProbe = "startup";
            }
            break;
        case ProbeKind::Liveness:
            if (success) return;
            actual.failedProbe = "liveness";
            break;
        case ProbeKind::Readiness: actual.ready = success; break;
    }
    if (stage_ == Stage::Running)
        requestSync();
    else
        writeStatus();
}

void PodWorker::noteExit(const std::string& name, ContainerActual& actual, const ExitInfo& exit) {
    auto& instance = *actual.current;
    instance.state = InstanceState::Exited;
    instance.exitCode = exit.exitCode;
    instance.exitReason = exit.oomKilled ? "OOMKilled" : exit.exitCode == 0 ? "Completed" : "Error";
    if (exit.startedAt != WallTime{}) instance.startedAt = exit.startedAt;
    instance.finishedAt = exit.finishedAt == WallTime{} ? context_.clock.now() : exit.finishedAt;
    instance.finishedCluster = context_.clock.clusterNow();
    if (const auto* container = findContainer(name))
        instance.exitMessage = volumes_.terminationMessage(spec().spec, *container, instance.id, instance.attempt, exit.exitCode);
    actual.killing = false;
    // While its Pod is being stopped nobody looks: probing for readiness goes on, and the end is reported with that of the Pod.
    if (stage_ == Stage::Stopping) return;
    if (!actual.restart) actual.started = actual.ready = false;
    if (const auto prober = probers_.find(name); prober != probers_.end()) prober->second->containerEnded();
}

void PodWorker::containerExited(const std::string& id, const ExitInfo& exit) {
    if (id == startingId_) {
        earlyExits_[id] = exit;
        return;
    }
    for (auto& [name, actual] : actual_.containers) {
        if (!actual.running() || actual.current->id != id) continue;
        noteExit(name, actual, exit);
        Step done;
        if (const auto kill = kills_.find(name); kill != kills_.end()) {
            done = std::move(kill->second->done);
            kills_.erase(kill);
        }
        for (auto& [other, kill] : kills_) killWaitTurn(*kill);
        if (done) done();
        if (stage_ == Stage::Stopping) return continueStopping();
        return requestSync();
    }
}

}  // namespace kubarium::kubelet
