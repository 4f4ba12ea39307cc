#include "ui/model/stage_builder.h"

#include "ui/model/explain.h"
#include "ui/model/pod_state.h"

#include <boost/json/array.hpp>

#include <QRegularExpression>

#include <algorithm>

namespace kubarium::model {

using namespace scene;

namespace {

constexpr double removedEndpointSeconds = 2;  // real ones: long enough to see which went, and no longer, whatever the Clock does
constexpr std::size_t shownTolerationFuses = 3;

QString label(const api::Object& object, std::string_view key) { return text(object.label(key)); }

// "back-off 40s restarting failed container": the length is in the message only.
double backOffSeconds(const QString& message) {
    static const QRegularExpression pattern(QStringLiteral("back-off (?:(\\d+)m)?(?:(\\d+)s)?"));
    const auto match = pattern.match(message);
    return match.hasMatch() ? match.captured(1).toDouble() * 60 + match.captured(2).toDouble() : 0;
}

}  // namespace

bool tolerates(const api::Object& pod, const boost::json::value& taint, double& seconds) {
    const auto key = api::stringAt(taint, {"key"}), effect = api::stringAt(taint, {"effect"}), wanted = api::stringAt(taint, {"value"});
    for (const auto& toleration : arrayAt(pod, {"spec", "tolerations"})) {
        const auto theirKey = api::stringAt(toleration, {"key"}), theirEffect = api::stringAt(toleration, {"effect"});
        if (!theirEffect.empty() && theirEffect != effect) continue;
        if (!theirKey.empty() && theirKey != key) continue;
        if (api::stringAt(toleration, {"operator"}) != "Exists" && api::stringAt(toleration, {"value"}) != wanted) continue;
        seconds = numberAt(toleration, {"tolerationSeconds"}, -1);
        return true;
    }
    return false;
}

void StageBuilder::apply(const Changes& changes) {
    bool ownersChanged = false;
    for (const auto& change : changes) {
        const auto key = change.any()->key();
        if (change.kind == Kind::Pod) {
            if (!change.after) {
                pods_.erase(key);
                continue;
            }
            auto& entry = pods_[key];
            if (entry.order == 0 || (change.before && change.before->uid() != change.after->uid())) entry.order = ++order_;
            entry.object = change.after;
            entry.pod = makePod(*change.after);
        } else if (change.kind == Kind::Node) {
            if (!change.after) {
                nodes_.erase(key);
                continue;
            }
            auto& entry = nodes_[key];
            if (entry.order == 0) entry.order = ++order_;
            entry.object = change.after;
            entry.node = makeNode(*change.after);
        } else if (change.kind == Kind::ReplicaSet) {
            ownersChanged |= !change.before;
        } else if (change.kind == Kind::EndpointSlice) {
            noteRemoved(change);
        }
    }
    if (ownersChanged)
        for (auto& [key, entry] : pods_) {
            const auto owner = workloadOf(*entry.object, objects_);
            entry.pod.owner = owner.kind + QLatin1Char('/') + owner.name;
            entry.pod.ownerName = owner.name;
        }
}

StagePod StageBuilder::makePod(const api::Object& pod) const {
    StagePod result;
    const auto state = podState(pod);
    const auto owner = workloadOf(pod, objects_);
    result.key = text(pod.uid());
    result.ns = text(pod.nameSpace());
    result.name = text(pod.name());
    result.owner = owner.kind + QLatin1Char('/') + owner.name;
    result.ownerName = owner.name;
    result.phase = state.phase;
    result.node = at(pod, {"spec", "nodeName"});
    result.cpu = requestedCores(pod);
    result.memory = requestedBytes(pod);
    result.restarts = state.restarts;
    result.evicted = conditionIsTrue(pod, "DisruptionTarget") || at(pod, {"status", "reason"}) == QLatin1String("Evicted");
    if (state.phase == PodPhase::Pending) {
        const auto* scheduled = condition(pod, "PodScheduled");
        result.reason = scheduled ? Explain::shortReason(at(*scheduled, {"message"})) : QString();
    } else if (state.tone != Tone::Ok) {
        result.reason = state.word;
    }
    if (const auto started = pod.string({"status", "startTime"}); !started.empty()) result.started = times_.at(started);
    result.retry = retryOf(pod);
    return result;
}

std::optional<Fuse> StageBuilder::retryOf(const api::Object& pod) const {
    for (const auto& status : arrayAt(pod, {"status", "containerStatuses"})) {
        if (api::stringAt(status, {"state", "waiting", "reason"}) != "CrashLoopBackOff") continue;
        const double length = backOffSeconds(at(status, {"state", "waiting", "message"}));
        const auto finished = api::stringAt(status, {"lastState", "terminated", "finishedAt"});
        if (length <= 0 || finished.empty()) return std::nullopt;
        const double start = times_.at(finished);
        return Fuse{FuseKind::Backoff, Explain::tr("restart of %1 · back-off %2").arg(text(pod.name()), Explain::seconds(length)), start, start + length};
    }
    return std::nullopt;
}

StageNode StageBuilder::makeNode(const api::Object& node) const {
    StageNode result;
    result.name = text(node.name());
    for (const auto* role : {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"})
        if (const auto* labels = node.find({"metadata", "labels"}); labels && labels->is_object() && labels->get_object().contains(role)) result.role = QStringLiteral("control-plane");
    result.zone = label(node, "topology.kubernetes.io/zone");
    result.pool = label(node, "pool").isEmpty() ? label(node, "cloud.google.com/gke-nodepool") : label(node, "pool");
    result.simulated = node.label("kubarium.dev/simulated") == "true" || node.label("type") == "kwok";
    result.condition = nodeCondition(node);
    if (const auto* ready = condition(node, "Ready")) result.conditionReason = at(*ready, {"message"});
    for (const auto* pressure : {"MemoryPressure", "DiskPressure", "PIDPressure"})
        if (conditionIsTrue(node, pressure)) result.pressures << QString::fromLatin1(pressure);
    result.cordoned = isCordoned(node);
    for (const auto& taint : arrayAt(node, {"spec", "taints"})) {
        const auto key = at(taint, {"key"}), value = at(taint, {"value"});
        if (key == QLatin1String("node.kubernetes.io/unschedulable")) continue;
        result.taints.push_back({value.isEmpty() ? key : key + QLatin1Char('=') + value, at(taint, {"effect"})});
    }
    result.cpu.capacity = quantity(node.string({"status", "allocatable", "cpu"}));
    result.memory.capacity = quantity(node.string({"status", "allocatable", "memory"}));
    return result;
}

StageModel StageBuilder::build(const QString& clusterName, std::uint64_t revision) {
    StageModel model;
    model.clusterName = clusterName;
    addComponents(model, revision);
    addNodes(model);
    addPods(model);
    addServices(model);
    if (!answering_) {
        for (auto& node : model.nodes) node.fuses.clear();
        for (auto& pod : model.pods) pod.retry.reset();
    }
    timed_ = std::any_of(removed_.begin(), removed_.end(), [](const auto& entry) { return !entry.second.empty(); });
    nextLate_ = 1e300;
    for (const auto& node : model.nodes) {
        timed_ |= !node.fuses.empty();
        if (answering_ && node.leaseRenewed && node.condition == NodeCondition::Ready && node.fuses.empty()) nextLate_ = std::min(nextLate_, *node.leaseRenewed + leaseLateSeconds);
    }
    return model;
}

void StageBuilder::addNodes(StageModel& model) {
    std::vector<const NodeEntry*> ordered;
    ordered.reserve(nodes_.size());
    for (const auto& [key, entry] : nodes_) ordered.push_back(&entry);
    std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
        const auto left = a->object->string({"metadata", "creationTimestamp"}), right = b->object->string({"metadata", "creationTimestamp"});
        return left != right ? left < right : a->object->name() < b->object->name();
    });
    QHash<QString, std::size_t> indexOf;
    for (const auto* entry : ordered) {
        indexOf.insert(entry->node.name, model.nodes.size());
        auto node = entry->node;
        const auto use = use_.value(node.name);
        node.cpu.used = use.cores;
        node.memory.used = use.bytes;
        addFuses(node, *entry->object);
        model.nodes.push_back(std::move(node));
    }
    for (const auto& [key, entry] : pods_) {
        const auto it = indexOf.constFind(entry.pod.node);
        if (it == indexOf.cend() || entry.pod.phase == PodPhase::Succeeded || entry.pod.phase == PodPhase::Failed) continue;
        model.nodes[*it].cpu.requested += entry.pod.cpu;
        model.nodes[*it].memory.requested += entry.pod.memory;
    }
}

void StageBuilder::addFuses(StageNode& node, const api::Object& object) const {
    const auto lease = objects_.get(Kind::Lease, "kube-node-lease/" + std::string(object.name()));
    if (lease)
        if (const auto renewed = lease->string({"spec", "renewTime"}); !renewed.empty()) node.leaseRenewed = times_.at(renewed);
    if (node.leaseRenewed && node.condition == NodeCondition::Ready && times_.now() - *node.leaseRenewed > leaseLateSeconds)
        node.fuses.push_back({FuseKind::Lease, Explain::tr("no lease renewal · node-monitor-grace-period %1 s").arg(leaseGraceSeconds), *node.leaseRenewed, *node.leaseRenewed + leaseGraceSeconds});
    if (const auto fault = activeFault(objects_, node.name)) {
        const auto type = fault->string({"spec", "type"});
        node.poweredOff = type == "NodePowerOff";
        node.partitioned = type == "NodePartition";
    }
    if (node.condition != NodeCondition::Ready) addTolerationFuses(node, object);
}

void StageBuilder::addTolerationFuses(StageNode& node, const api::Object& object) const {
    for (const auto& taint : arrayAt(object, {"spec", "taints"})) {
        if (api::stringAt(taint, {"effect"}) != "NoExecute") continue;
        const auto added = api::stringAt(taint, {"timeAdded"});
        if (added.empty()) continue;
        const double start = times_.at(added);
        for (const auto& [key, entry] : pods_) {
            if (node.fuses.size() >= shownTolerationFuses) return;
            double seconds = -1;
            if (entry.pod.node != node.name || entry.object->deleting() || !tolerates(*entry.object, taint, seconds) || seconds < 0) continue;
            node.fuses.push_back({FuseKind::Toleration, Explain::tr("eviction of %1 · tolerationSeconds %2 s").arg(entry.pod.name).arg(seconds), start, start + seconds});
        }
    }
}

void StageBuilder::addPods(StageModel& model) const {
    std::vector<const PodEntry*> ordered;
    ordered.reserve(pods_.size());
    for (const auto& [key, entry] : pods_) ordered.push_back(&entry);
    std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) { return a->order < b->order; });
    model.pods.reserve(ordered.size());
    for (const auto* entry : ordered) model.pods.push_back(entry->pod);
}

void StageBuilder::noteRemoved(const Change& change) {
    if (!change.before) return;
    const auto service = std::string(change.before->nameSpace()) + "/" + std::string(change.before->label("kubernetes.io/service-name"));
    QStringList kept;
    if (change.after)
        for (const auto& endpoint : arrayAt(*change.after, {"endpoints"})) kept << at(endpoint, {"targetRef", "uid"});
    for (const auto& endpoint : arrayAt(*change.before, {"endpoints"})) {
        const auto uid = at(endpoint, {"targetRef", "uid"});
        const auto& addresses = arrayAt(endpoint, {"addresses"});
        if (kept.contains(uid) || addresses.empty() || !addresses.front().is_string()) continue;
        StageEndpoint gone;
        gone.address = text(addresses.front().get_string());
        gone.node = at(endpoint, {"nodeName"});
        gone.podKey = uid;
        gone.ready = false;
        gone.removed = true;
        removed_[service].push_back({gone, times_.realNow()});
    }
}

void StageBuilder::addServices(StageModel& model) {
    std::unordered_map<std::string, StageService> services;
    for (const auto& [key, object] : objects_.all(Kind::Service)) {
        if (object->nameSpace() == "default" && object->name() == "kubernetes") continue;
        StageService service;
        service.ns = text(object->nameSpace());
        service.name = text(object->name());
        service.clusterIP = at(*object, {"spec", "clusterIP"});
        for (const auto& port : arrayAt(*object, {"spec", "ports"})) service.ports << QString::number(static_cast<int>(numberAt(port, {"port"})));
        services.emplace(key, std::move(service));
    }
    for (const auto& [key, slice] : objects_.all(Kind::EndpointSlice)) {
        const auto it = services.find(std::string(slice->nameSpace()) + "/" + std::string(slice->label("kubernetes.io/service-name")));
        if (it == services.end()) continue;
        for (const auto& endpoint : arrayAt(*slice, {"endpoints"})) {
            StageEndpoint shown;
            const auto& addresses = arrayAt(endpoint, {"addresses"});
            if (!addresses.empty() && addresses.front().is_string()) shown.address = text(addresses.front().get_string());
            shown.node = at(endpoint, {"nodeName"});
            shown.podKey = at(endpoint, {"targetRef", "uid"});
            const auto* ready = api::findPath(endpoint, {"conditions", "ready"});
            shown.ready = !ready || !ready->is_bool() || ready->get_bool();
            shown.terminating = boolAt(endpoint, {"conditions", "terminating"});
            it->second.endpoints.push_back(std::move(shown));
        }
    }
    for (const auto& [key, traffic] : objects_.all(Kind::Traffic)) {
        const auto it = services.find(key);
        if (it == services.end()) continue;
        it->second.rate = numberAt(*traffic, {"status", "connectionsPerSecond"});
        for (const auto& measured : arrayAt(*traffic, {"status", "endpoints"}))
            for (auto& endpoint : it->second.endpoints)
                if (endpoint.address == at(measured, {"ip"})) endpoint.rate = std::max(0.0, endpoint.rate) + numberAt(measured, {"connectionsPerSecond"});
    }
    for (auto& [key, gone] : removed_) {
        const auto it = services.find(key);
        // One that moved to another slice, or came back, is not gone.
        const auto isThere = [&](const StageEndpoint& endpoint) {
            return it != services.end() && std::ranges::any_of(it->second.endpoints, [&](const auto& each) { return each.podKey == endpoint.podKey && each.address == endpoint.address; });
        };
        std::erase_if(gone, [&](const auto& entry) { return times_.realNow() - entry.at > removedEndpointSeconds || isThere(entry.endpoint); });
        if (it == services.end()) continue;
        for (const auto& entry : gone) it->second.endpoints.push_back(entry.endpoint);
    }
    for (const auto& [key, object] : objects_.all(Kind::Service))
        if (const auto it = services.find(key); it != services.end()) model.services.push_back(std::move(it->second));
}

void StageBuilder::addComponents(StageModel& model, std::uint64_t revision) const {
    if (!answering_) {
        model.components.push_back({ComponentKind::ApiServer, ComponentState::Broken, Explain::tr("does not answer")});
        for (const auto kind : {ComponentKind::Scheduler, ComponentKind::Controllers}) model.components.push_back({kind, ComponentState::Unknown, Explain::tr("unknown")});
        return;
    }
    int waiting = 0, evicting = 0, missing = 0;
    for (const auto& [key, entry] : pods_) {
        waiting += entry.pod.phase == PodPhase::Pending;
        evicting += entry.pod.evicted && entry.pod.phase == PodPhase::Terminating;
    }
    for (const auto& [key, deployment] : objects_.all(Kind::Deployment))
        missing += static_cast<int>(numberAt(*deployment, {"spec", "replicas"}, 1) - numberAt(*deployment, {"status", "replicas"}) > 0);
    model.components.push_back({ComponentKind::ApiServer, ComponentState::Ok, Explain::tr("rev %L1").arg(revision)});
    const auto clock = objects_.get(Kind::Clock, std::string("cluster"));
    const auto held = clock ? at(*clock, {"status", "heldPhase"}) : QString();
    const auto scheduler = !held.isEmpty() ? Explain::tr("held at %1, %2 waiting").arg(held).arg(waiting)
                           : waiting > 0   ? Explain::tr("%n waiting", nullptr, waiting)
                                           : Explain::tr("idle");
    model.components.push_back({ComponentKind::Scheduler, waiting > 0 ? ComponentState::Waiting : ComponentState::Ok, scheduler});
    const auto controllers = evicting > 0 ? Explain::tr("evicting %n Pod(s)", nullptr, evicting) : missing > 0 ? Explain::tr("replacing Pods") : Explain::tr("idle");
    model.components.push_back({ComponentKind::Controllers, evicting + missing > 0 ? ComponentState::Busy : ComponentState::Ok, controllers});
}

}  // namespace kubarium::model
