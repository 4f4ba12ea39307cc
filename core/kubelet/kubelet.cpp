#include "core/kubelet/kubelet.h"

#include "core/base/log.h"
#include "core/client/event_recorder.h"
#include "core/kubelet/admission.h"
#include "core/kubelet/node_object.h"
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/pod_status.h"
#include "core/kubelet/pod_worker.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace kubarium::kubelet {

using namespace std::chrono_literals;
using namespace api::resources;

namespace {

constexpr Duration heartbeatPeriod = 10s, statusPeriod = 5min;

bool finished(const api::Object& pod) {
    const auto phase = pod.string({"status", "phase"});
    return phase == "Succeeded" || phase == "Failed";
}

}  // namespace

Kubelet::Kubelet(Executor& executor, Clock& clock, Random& random, client::Client& client, PodSource& source, ContainerRuntime& runtime,
                 NodeOptions options, EventSink events)
    : options_(std::move(options)), client_(client, executor), events_(std::move(events)),
      context_{executor, clock, random, client_, events_, runtime, source, options_, wholeQuantity(options_.memory)} {
    if (!events_) {
        recorder_ = std::make_unique<client::EventRecorder>(client_, clock, "kubelet", options_.name);
        events_ = [this](const api::Object& regarding, std::string type, std::string reason, std::string message, std::string fieldPath) {
            recorder_->record(regarding, std::move(type), std::move(reason), std::move(message), std::move(fieldPath));
        };
    }
    if (options_.machineId.empty()) options_.machineId = random.uuid();
    if (options_.bootId.empty()) options_.bootId = random.uuid();
    source.subscribe(options_.name, *this);
    runtime.setExitHandler([this](const std::string& id, const ExitInfo& exit) {
        const auto it = workerOfContainer_.find(id);
        if (powered_ && it != workerOfContainer_.end()) it->second->containerExited(id, exit);
    });
}

Kubelet::~Kubelet() {
    *alive_ = false;
    context_.source.unsubscribe(options_.name);
    context_.runtime.setExitHandler({});
    auto workers = std::exchange(workers_, {});
    workers.clear();
}

void Kubelet::start() {
    started_ = true;
    registerNode();
    takeUpPods();
    // A first beat at a random point of the period, so that a thousand Nodes do not beat together.
    heartbeatTimer_ = context_.clock.after(Duration{static_cast<Duration::rep>(context_.random.below(static_cast<std::uint64_t>(heartbeatPeriod.count())))},
                                           [this] { heartbeat(); });
}

void Kubelet::nodeEvent(std::string type, std::string reason, std::string message) {
    if (node_) context_.events(*node_, std::move(type), std::move(reason), std::move(message), "");
}

// One that begins anew is Ready anew, whatever is still stored of it.
void Kubelet::tellConditions(const std::vector<std::string>& reasons) {
    bool nowReady = !std::exchange(ready_, true);
    const auto tell = [this](const std::string& reason) { nodeEvent("Normal", reason, fmt::format("Node {} status is now: {}", options_.name, reason)); };
    for (const auto& reason : reasons) {
        if (reason == "NodeReady") nowReady = true;
        else tell(reason);
    }
    if (nowReady) tell("NodeReady");
}

void Kubelet::registerNode() {
    if (!powered_) return;
    auto body = makeNode(options_);
    auto status = makeNodeStatus(options_, context_.runtime, nullptr, context_.clock.now());
    auto told = conditionEvents(nullptr, status);
    body["status"] = std::move(status);
    client::WriteOptions write;
    write.fieldManager = "kubelet";
    context_.client.create(nodes, "", std::move(body), write, [this, alive = alive_, told = std::move(told)](Result<api::ObjectPtr> result) {
        if (*alive) onRegistered(std::move(result), told);
    });
}

void Kubelet::onRegistered(Result<api::ObjectPtr> result, const std::vector<std::string>& told) {
    if (result) return onNodeKnown(*result, told);
    if (result.error().reason == Reason::AlreadyExists) {
        context_.client.get(nodes, "", options_.name, [this, alive = alive_](Result<api::ObjectPtr> found) {
            if (*alive && found) onNodeKnown(*found, {});
        });
        return;
    }
    logDebug("kubelet", "{}: registering failed: {}", options_.name, result.error().message);
    retryTimer_ = context_.clock.after(1s, [this] { registerNode(); });
}

void Kubelet::onNodeKnown(const api::ObjectPtr& node, const std::vector<std::string>& told) {
    node_ = node;
    nodeEvent("Normal", "Starting", "Starting kubelet.");
    if (!told.empty()) tellConditions(told);
    renewLease();
    writeNodeStatus();
    client::WriteOptions write;
    write.fieldManager = "kubelet";
    // One of last time is as good.
    context_.client.create({"storage.k8s.io", "v1", "csinodes"}, "", makeCsiNode(options_, std::string(node->uid())), write, [](Result<api::ObjectPtr>) {});
}

void Kubelet::heartbeat() {
    heartbeatTimer_ = context_.clock.after(heartbeatPeriod, [this] { heartbeat(); });
    if (!powered_) return;
    if (!node_) return registerNode();
    renewLease();
    writeNodeStatus();
}

void Kubelet::renewLease() {
    if (leaseBusy_ || !powered_) return;
    leaseBusy_ = true;
    auto body = makeLease(options_, node_ ? std::string(node_->uid()) : "", context_.clock.now());
    const auto done = [this, alive = alive_](Result<api::ObjectPtr> result) {
        if (!*alive) return;
        leaseBusy_ = false;
        if (result) {
            lease_ = *result;
            return;
        }
        // Lost the race or deleted: begin anew from what is stored.
        const bool exists = result.error().reason == Reason::AlreadyExists || result.error().reason == Reason::Conflict;
        lease_ = nullptr;
        if (!exists) return;
        context_.client.get(leases, "kube-node-lease", options_.name, [this, alive](Result<api::ObjectPtr> found) {
            if (!*alive || !found) return;
            lease_ = *found;
            renewLease();
        });
    };
    client::WriteOptions write;
    write.fieldManager = "kubelet";
    if (!lease_) return context_.client.create(leases, "kube-node-lease", std::move(body), write, done);
    auto tree = lease_->tree();
    api::ensureObject(tree, {"spec"})["renewTime"] = formatMicroTime(context_.clock.now());
    tree["spec"].get_object()["holderIdentity"] = options_.name;
    if (!tree["metadata"].get_object().contains("ownerReferences") && body["metadata"].get_object().contains("ownerReferences"))
        tree["metadata"].get_object()["ownerReferences"] = body["metadata"].get_object()["ownerReferences"];
    context_.client.update(leases, "kube-node-lease", options_.name, std::move(tree), write, done);
}

void Kubelet::writeNodeStatus() {
    if (!node_ || statusBusy_ || !powered_) return;
    const auto* old = node_->find({"status"});
    const auto* before = old ? old->if_object() : nullptr;
    auto status = makeNodeStatus(options_, context_.runtime, before, context_.clock.now());
    const bool due = context_.clock.clusterNow() - statusWritten_ >= statusPeriod;
    auto told = conditionEvents(before, status);
    if (before && !due && !nodeStatusDiffers(*before, status)) return tellConditions(told);
    statusBusy_ = true;
    auto tree = node_->tree();
    tree["status"] = std::move(status);
    client::WriteOptions write;
    write.fieldManager = "kubelet";
    context_.client.update(nodes, "", options_.name, std::move(tree), write, [this, alive = alive_, told = std::move(told)](Result<api::ObjectPtr> result) {
        if (!*alive) return;
        statusBusy_ = false;
        if (result) {
            if (!node_ || (*result)->revision() > node_->revision()) node_ = *result;
            statusWritten_ = context_.clock.clusterNow();
            return tellConditions(told);
        }
        if (result.error().reason == Reason::NotFound) node_ = nullptr;
        if (result.error().reason != Reason::Conflict) return;
        context_.client.get(nodes, "", options_.name, [this, alive](Result<api::ObjectPtr> found) {
            if (!*alive || !found) return;
            node_ = *found;
            writeNodeStatus();
        });
    }, "status");
}

void Kubelet::nodeChanged(const api::ObjectPtr& node) {
    if (!powered_ || !reachable() || !started_) return;
    if (!node) {
        // A kubelet does not bring back a Node that was deleted until it is restarted.
        node_ = nullptr;
        heartbeatTimer_.reset();
        return;
    }
    if (!node_ || node->revision() > node_->revision()) node_ = node;
    if (!heartbeatTimer_) heartbeatTimer_ = context_.clock.after(heartbeatPeriod, [this] { heartbeat(); });
}

void Kubelet::takeUpPods() {
    auto pods = context_.source.podsOf(options_.name);
    std::stable_sort(pods.begin(), pods.end(), [](const auto& a, const auto& b) {
        return a->string({"metadata", "creationTimestamp"}) < b->string({"metadata", "creationTimestamp"});
    });
    for (const auto& pod : pods) podChanged(pod);
}

void Kubelet::setPowered(bool powered) {
    if (powered == powered_) return;
    powered_ = powered;
    if (!powered) {
        auto workers = std::exchange(workers_, {});
        workers.clear();
        workerOfContainer_.clear();
        heartbeatTimer_.reset();
        retryTimer_.reset();
        ready_ = false;
        return;
    }
    options_.bootId = context_.random.uuid();
    lease_ = nullptr;
    node_ = context_.source.node(options_.name);
    nodeEvent("Warning", "Rebooted", fmt::format("Node {} has been rebooted, boot id: {}", options_.name, options_.bootId));
    start();
}

void Kubelet::setReachable(bool reachable) {
    if (reachable == client_.open()) return;
    client_.setOpen(reachable);
    if (!reachable || !powered_) return;
    // What was missed meanwhile.
    if (auto node = context_.source.node(options_.name)) nodeChanged(node);
    heartbeat();
    std::vector<std::shared_ptr<PodWorker>> workers;
    for (const auto& [uid, worker] : workers_) workers.push_back(worker);
    for (const auto& worker : workers) {
        const auto current = context_.source.pod(worker->pod()->key());
        if (!current || current->uid() != worker->pod()->uid())
            worker->podRemoved();
        else
            worker->podChanged(current);
        worker->reconnected();
    }
    takeUpPods();
}

PodWorker* Kubelet::workerOf(const api::Object& pod) const {
    const auto it = workers_.find(std::string(pod.uid()));
    return it == workers_.end() ? nullptr : it->second.get();
}

void Kubelet::podChanged(const api::ObjectPtr& pod) {
    if (!powered_ || !started_ || !reachable()) return;
    if (auto* worker = workerOf(*pod)) return worker->podChanged(pod);
    if (!finished(*pod)) return adopt(pod);
    if (!pod->deleting()) return;
    client::DeleteOptions options;
    options.gracePeriodSeconds = 0;
    options.uid = std::string(pod->uid());
    context_.client.remove(pods, std::string(pod->nameSpace()), std::string(pod->name()), options, [](Result<json::value>) {});
}

void Kubelet::podRemoved(const api::ObjectPtr& last) {
    if (!powered_ || !reachable()) return;
    if (auto* worker = workerOf(*last)) worker->podRemoved();
}

void Kubelet::configurationChanged(const api::GroupVersionResource& resource, const std::string& key) {
    if (!powered_ || !reachable()) return;
    for (const auto& [uid, worker] : workers_) worker->configurationChanged(resource, key);
}

namespace {

bool machineHasAppArmor() {
    static const bool has = [] {
        std::ifstream file("/sys/module/apparmor/parameters/enabled");
        return file.get() == 'Y';
    }();
    return has;
}

}  // namespace

AdmissionInput Kubelet::admissionInput(const api::Pod& pod, const PodWorker* self) const {
    AdmissionInput input{pod, {}, nodeAllocatable(options_), nodeLabels(options_), options_.name, options_.simulated || machineHasAppArmor()};
    if (node_)
        for (const auto& [key, value] : api::metaOf(*node_).labels) input.nodeLabels[key] = value;
    for (const auto& [uid, worker] : workers_)
        if (worker.get() != self && worker->active()) input.others.push_back(&worker->allocated().spec);
    return input;
}

void Kubelet::adopt(const api::ObjectPtr& pod) {
    const auto& decoded = pod->as<api::Pod>();
    // What was admitted in an earlier life keeps its place.
    if (decoded.status.startTime.empty() && !pod->deleting())
        if (const auto refusal = refusalOf(admissionInput(decoded, nullptr))) return refuse(pod, refusal->reason, refusal->message);
    PodWorker::Hooks hooks;
    hooks.containerStarting = [this](const std::string& id, PodWorker& worker) { workerOfContainer_[id] = &worker; };
    hooks.containerForgotten = [this](const std::string& id) { workerOfContainer_.erase(id); };
    hooks.resizeRefusal = [this](const PodWorker& worker, const api::Pod& desired) { return resizeRefusalOf(admissionInput(desired, &worker)); };
    hooks.gone = [this](PodWorker& worker) {
        workers_.erase(std::string(worker.pod()->uid()));
        for (const auto& [uid, other] : workers_) other->retryResize();  // there is room now
    };
    const auto worker = std::make_shared<PodWorker>(context_, std::move(hooks), pod);
    workers_[std::string(pod->uid())] = worker;
    worker->begin();
}

void Kubelet::refuse(const api::ObjectPtr& pod, const std::string& reason, const std::string& message) {
    context_.events(*pod, "Warning", reason, message, "");
    auto tree = pod->tree();
    tree["status"] = encodePodStatus(rejectedPodStatus(pod->as<api::Pod>(), reason, "Pod was rejected: " + message, context_.clock.now()));
    client::WriteOptions write;
    write.fieldManager = "kubelet";
    context_.client.update(pods, std::string(pod->nameSpace()), std::string(pod->name()), std::move(tree), write,
                           [this, alive = alive_, key = pod->key()](Result<api::ObjectPtr> result) {
                               if (!*alive || result || result.error().reason != Reason::Conflict) return;
                               if (const auto fresh = context_.source.pod(key)) podChanged(fresh);
                           },
                           "status");
}

std::string Kubelet::containerId(const api::Object& pod, const std::string& container) const {
    const auto* worker = workerOf(pod);
    const auto* actual = worker ? worker->actual().find(container) : nullptr;
    return actual && actual->running() ? actual->current->id : std::string();
}

std::string Kubelet::sandboxId(const api::Object& pod) const {
    const auto* worker = workerOf(pod);
    return worker ? worker->actual().sandboxId : std::string();
}

}  // namespace kubarium::kubelet
