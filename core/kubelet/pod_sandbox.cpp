// The sandbox of a Pod: its volumes first, then what the RuntimeClass asks for, then the sandbox itself.
#include "core/kubelet/object_fetcher.h"
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/pod_worker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace kubarium::kubelet {

namespace {

const api::GroupVersionResource runtimeClasses{"node.k8s.io", "v1", "runtimeclasses"};

}  // namespace

void PodWorker::createSandbox() {
    if (std::exchange(hadSandbox_, false)) event("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    volumes_.setUp(pod_, addresses(), [weak = weak_from_this()](VolumeSetUp outcome) {
        const auto self = weak.lock();
        if (!self) return;
        if (self->stage_ != Stage::Running) return self->endSteps();
        self->tellOfVolumes(outcome);
        if (outcome.complete) {
            if (self->probingSince_ == ClusterTime{}) self->probingSince_ = self->context_.clock.clusterNow();
            return self->chooseHandler();
        }
        self->failed_ = !outcome.unprocessed.empty();
        self->endSteps();
        if (outcome.retryAfter) self->retryLater(*outcome.retryAfter);
    });
}

void PodWorker::tellOfVolumes(const VolumeSetUp& outcome) {
    for (const auto& error : outcome.failed)
        event("Warning", "FailedMount", fmt::format("MountVolume.SetUp failed for volume \"{}\" : {}", error.volume, error.message));
    if (outcome.unprocessed.empty()) return;
    std::set<std::string> unmounted, unprocessed;
    std::vector<std::string> reasons;
    for (const auto* list : {&outcome.failed, &outcome.unprocessed})
        for (const auto& error : *list) unmounted.insert(error.volume);
    for (const auto& error : outcome.unprocessed) {
        unprocessed.insert(error.volume);
        reasons.push_back(error.message);
    }
    event("Warning", "FailedMount", fmt::format("Unable to attach or mount volumes: unmounted volumes=[{}], unattached volumes=[], failed to process volumes=[{}]: {}",
                                                fmt::join(unmounted, " "), fmt::join(unprocessed, " "), fmt::join(reasons, "; ")));
}

// Kubernetes: pkg/kubelet/runtimeclass. The words of a handler that is not there are containerd's.
void PodWorker::chooseHandler() {
    const auto& name = spec().spec.runtimeClassName;
    if (name.empty()) return startSandbox({});
    fetchObjects(context_, {{runtimeClasses, "", name}}, [weak = weak_from_this(), name](FetchedObjects found) {
        const auto self = weak.lock();
        if (!self) return;
        if (self->stage_ != Stage::Running) return self->endSteps();
        const auto object = found.begin()->second;
        if (!object) return self->onSandbox(makeError(Reason::NotFound, fmt::format("runtimeclass.node.k8s.io \"{}\" not found", name)));
        const auto handler = object->string({"handler"});
        if (!self->context_.runtime.hasHandler(handler))
            return self->onSandbox(internalError(
                fmt::format("rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for \"{}\" is configured", handler)));
        self->startSandbox(std::string(handler));
    });
}

// What the kubelet finds wrong before it asks the runtime: pkg/kubelet/util GetNodenameForKernel, pkg/kubelet/userns. The runtime here
// names no handlers, and so none that knows user namespaces.
std::optional<Error> PodWorker::sandboxRefusal(const std::string& handler) const {
    constexpr std::size_t mostOfName = 64;  // that the kernel takes
    if (const auto name = hostname(); name.size() > mostOfName && spec().spec.setHostnameAsFQDN.value_or(false))
        return badRequest(fmt::format("failed to construct FQDN from pod hostname and cluster domain, FQDN {} is too long ({} characters is the max, {} characters requested)",
                                      name, mostOfName, name.size()));
    if (spec().spec.hostUsers.value_or(true)) return std::nullopt;
    const auto who = handler.empty() ? std::string("runtime") : fmt::format("RuntimeClass handler \"{}\"", handler);
    return badRequest(fmt::format("can't set `spec.hostUsers: false`, {} does not support user namespaces: the handler \"{}\" is not known", who, handler));
}

void PodWorker::startSandbox(const std::string& handler) {
    if (auto refusal = sandboxRefusal(handler)) return onSandbox(std::move(*refusal));
    SandboxSpec sandbox;
    const auto& pod = spec();
    sandbox.podUid = pod.metadata.uid;
    sandbox.nameSpace = pod.metadata.nameSpace;
    sandbox.podName = pod.metadata.name;
    sandbox.hostname = hostname();
    sandbox.hostNetwork = pod.spec.hostNetwork.value_or(false);
    sandbox.hostProcesses = pod.spec.hostPID.value_or(false);
    sandbox.hostIpc = pod.spec.hostIPC.value_or(false);
    const auto qos = qosClassOf(pod.spec);
    sandbox.qosClass = qos == QosClass::BestEffort ? "besteffort" : qos == QosClass::Burstable ? "burstable" : "";
    sandbox.shareProcessNamespace = pod.spec.shareProcessNamespace.value_or(false);
    sandbox.limits = podLimits(pod.spec);
    if (pod.spec.securityContext)
        for (const auto& sysctl : pod.spec.securityContext->sysctls) sandbox.sysctls[dottedSysctl(sysctl.name)] = sysctl.value;
    for (const auto& container : pod.spec.containers)
        for (const auto& port : container.ports)
            if (port.hostPort.value_or(0) > 0 && !sandbox.hostNetwork)
                sandbox.hostPorts.push_back({*port.hostPort, port.containerPort, port.protocol.empty() ? "TCP" : port.protocol, port.hostIP});
    for (const auto& [name, value] : pod.metadata.annotations)
        if (name.starts_with("simulated.kubarium.dev/")) sandbox.annotations[name] = value;
    context_.runtime.createSandbox(std::move(sandbox), [weak = weak_from_this()](Result<SandboxInfo> result) {
        if (const auto alive = weak.lock()) alive->onSandbox(std::move(result));
    });
}

void PodWorker::onSandbox(Result<SandboxInfo> result) {
    if (!result) {
        event("Warning", "FailedCreatePodSandBox", "Failed to create pod sandbox: " + result.error().message);
        failed_ = true;
        return endSteps();
    }
    actual_.sandboxId = result->id;
    actual_.ip = spec().spec.hostNetwork.value_or(false) ? context_.options.nodeIP : result->ip;
    actual_.initialized = false;
    ++actual_.sandboxAttempts;
    sandboxReady_ = true;
    changed_ = true;
    if (stage_ != Stage::Running) return endSteps();
    volumes_.writePodFiles(spec(), addresses(), hostname());
    const auto actions = computePodActions(spec().spec, actual_);
    steps_.assign(actions.start.begin(), actions.start.end());
    nextStep();
}

}  // namespace kubarium::kubelet
