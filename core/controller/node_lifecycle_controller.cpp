#include "core/controller/node_lifecycle_controller.h"

#include "core/api/types/config.h"
#include "core/base/log.h"
#include "core/controller/indexes.h"
#include "core/controller/node_conditions.h"
#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace resources = api::resources;

namespace {

constexpr auto monitorPeriod = 5s;
constexpr auto monitorGracePeriod = 50s;
constexpr auto startupGracePeriod = 60s;
constexpr double evictionRate = 0.1, secondaryEvictionRate = 0.01;
constexpr std::size_t largeCluster = 50;
constexpr std::array conditionTypes{"Ready", "MemoryPressure", "DiskPressure", "PIDPressure"};

const api::Node& nodeOf(const ObjectPtr& node) { return node->as<api::Node>(); }

std::string readyStatus(const std::vector<api::Condition>& conditions) {
    const auto* ready = findCondition(conditions, "Ready");
    return ready ? ready->status : "";
}

json::value taintsPatch(const api::Object& node, const std::vector<api::Taint>& taints) {
    json::array list;
    for (const auto& taint : taints) list.push_back(api::encode(taint));
    json::value value(std::move(list));
    if (taints.empty()) value = nullptr;
    return json::object{{"metadata", json::object{{"resourceVersion", node.resourceVersion()}}}, {"spec", json::object{{"taints", std::move(value)}}}};
}

json::object nodeReference(const api::Object& node) {
    // The Node's name stands for its uid in this controller's Events.
    return {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", node.name()}, {"uid", node.uid()}};
}

}  // namespace

NodeLifecycleController::NodeLifecycleController(ControllerContext context)
    : Controller(context, "node lifecycle", "node-controller"),
      nodes_(informer(resources::nodes)),
      leases_(informer(resources::leases)),
      pods_(informer(resources::pods)),
      queue_(addQueue([this](std::string name) { return reconcileNode(std::move(name)); })) {
    pods_.addIndex(byNode, nodeIndex);
    const auto enqueue = [this](const ObjectPtr& node) { queue_.add(node->key()); };
    nodes_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, nullptr});
    // A Pod that lands on a Node that is not ready (it was bound at the last moment) is not ready either.
    pods_.addHandler({[this](const ObjectPtr& pod) {
                          const auto node = pod->string({"spec", "nodeName"});
                          const auto it = node.empty() ? health_.end() : health_.find(std::string(node));
                          if (it != health_.end() && it->second.readyStatus == "Unknown")
                              spawn<Result<void>>(alive_, markPodNotReady(pod), [](Result<void>) {});
                      },
                      nullptr, nullptr});
}

void NodeLifecycleController::start() {
    spawn(alive_, monitor());
    scheduleMonitor();
}

void NodeLifecycleController::scheduleMonitor() {
    monitorTimer_ = clock().after(monitorPeriod, [this] {
        spawn(alive_, monitor());
        scheduleMonitor();
    });
}

void NodeLifecycleController::noteMembership() {
    for (const auto& [name, node] : nodes_.all()) {
        const auto it = known_.find(name);
        if (it != known_.end() && it->second->uid() == node->uid()) continue;
        if (it != known_.end()) health_.erase(name);
        known_[name] = node;
        events_.record(nodeReference(*node), "Normal", "RegisteredNode", fmt::format("Node {0} event: Registered Node {0} in Controller", name));
    }
    for (auto it = known_.begin(); it != known_.end();) {
        if (nodes_.get(it->first)) {
            ++it;
            continue;
        }
        const auto name = it->first;
        events_.record(nodeReference(*it->second), "Normal", "RemovingNode", fmt::format("Node {0} event: Removing Node {0} from Controller", name));
        health_.erase(name);
        for (auto& [key, zone] : zones_) std::erase(zone.waiting, name);
        it = known_.erase(it);
    }
}

Async<void> NodeLifecycleController::monitor() {
    noteMembership();
    std::map<std::string, std::vector<std::string>> readyByZone;
    std::vector<ObjectPtr> nodes;
    for (const auto& [name, node] : nodes_.all()) nodes.push_back(node);
    for (const auto& node : nodes) {
        zones_[zoneOf(nodeOf(node))];
        const auto ready = co_await checkNode(node);
        readyByZone[zoneOf(nodeOf(node))].push_back(ready);
        const auto current = nodes_.get(std::string(node->name()));
        if (!ready.empty() && current) co_await processTaints(current, ready);
    }
    co_await handleDisruption(std::move(readyByZone));
}

// A sign of life is a change of the Lease's renewTime or of a heartbeat in the status; their clocks are never compared with ours.
void NodeLifecycleController::observe(const api::Object& object, Health& health) {
    const auto& node = object.as<api::Node>();
    const auto *saved = findCondition(health.conditions, "Ready"), *current = findCondition(node.status.conditions, "Ready");
    const bool beat = (saved == nullptr) != (current == nullptr) || (saved && current && saved->lastHeartbeatTime != current->lastHeartbeatTime);
    if (beat) health.probed = now();
    health.conditions = node.status.conditions;
    const auto lease = leases_.get("kube-node-lease", node.metadata.name);
    if (!lease) return;
    const auto& renewed = lease->as<api::Lease>().spec.renewTime;
    if (renewed > health.leaseRenewTime) {
        health.leaseRenewTime = renewed;
        health.probed = now();
    }
}

Async<std::string> NodeLifecycleController::checkNode(ObjectPtr object) {
    const auto name = std::string(object->name());
    const auto& node = nodeOf(object);
    const bool everReported = findCondition(node.status.conditions, "Ready") != nullptr;
    auto [it, isNew] = health_.try_emplace(name);
    auto& health = it->second;
    if (isNew) {
        const auto created = parseTime(node.metadata.creationTimestamp);
        health.probed = everReported || !created ? now() : *created;
        health.conditions = node.status.conditions;
    }
    observe(*object, health);
    const auto before = readyStatus(node.status.conditions);
    const Duration grace = everReported ? Duration(monitorGracePeriod) : Duration(startupGracePeriod);
    health.readyStatus = before;
    if (clock().clusterElapsedSince(health.probed) > grace) {
        auto marked = co_await markUnknown(object, health);
        const auto again = health_.find(name);
        if (again == health_.end()) co_return "";
        if (!marked) co_return before;
        again->second.readyStatus = "Unknown";
        again->second.conditions = nodeOf(*marked).status.conditions;
    }
    const auto after = health_[name].readyStatus;
    if (after == "True") health_[name].podsMarked = false;
    if (after != "True" && before == "True") {
        events_.record(nodeReference(*object), "Normal", "NodeNotReady", fmt::format("Node {} status is now: NodeNotReady", name));
        note(name, "no heartbeat for 50 s: conditions Unknown, Pods not ready");
        co_await markPodsNotReady(object);
    }
    co_return after;
}

Async<Result<ObjectPtr>> NodeLifecycleController::markUnknown(ObjectPtr object, Health& health) {
    (void)health;
    auto tree = object->tree();
    auto& status = api::ensureObject(tree, {"status"});
    auto& list = status["conditions"];
    if (!list.is_array()) list.emplace_array();
    auto& conditions = list.get_array();
    const auto time = formatTime(now());
    bool changed = false;
    for (const std::string_view type : conditionTypes) {
        const auto it = std::ranges::find_if(conditions, [&](const json::value& entry) { return api::stringAt(entry, {"type"}) == type; });
        if (it == conditions.end()) {
            conditions.push_back(json::object{{"type", type}, {"status", "Unknown"}, {"lastHeartbeatTime", object->string({"metadata", "creationTimestamp"})},
                                              {"lastTransitionTime", time}, {"reason", "NodeStatusNeverUpdated"},
                                              {"message", "Kubelet never posted node status."}});
            changed = true;
        } else if (auto& condition = it->as_object(); condition["status"] != json::value("Unknown")) {
            condition["status"] = "Unknown";
            condition["reason"] = "NodeStatusUnknown";
            condition["message"] = "Kubelet stopped posting node status.";
            condition["lastTransitionTime"] = time;
            changed = true;
        }
    }
    if (!changed) co_return object;
    co_return co_await calls_.update(resources::nodes, std::move(tree), "status");
}

Async<void> NodeLifecycleController::markPodsNotReady(ObjectPtr node) {
    const auto pods = pods_.byIndex(byNode, std::string(node->name()));
    for (const auto& pod : pods) (void)co_await markPodNotReady(pod);
}

Async<Result<void>> NodeLifecycleController::markPodNotReady(ObjectPtr pod) {
    const auto* conditions = pod->find({"status", "conditions"});
    if (!conditions || !conditions->is_array()) co_return Result<void>();
    json::array edited = conditions->get_array();
    bool changed = false;
    for (auto& entry : edited) {
        auto& condition = entry.as_object();
        if (condition["type"] != json::value("Ready") || condition["status"] == json::value("False")) continue;
        condition["status"] = "False";
        condition["lastTransitionTime"] = formatTime(now());
        changed = true;
    }
    if (!changed) co_return Result<void>();
    json::value patch = json::object{{"metadata", json::object{{"resourceVersion", pod->resourceVersion()}}},
                                     {"status", json::object{{"conditions", std::move(edited)}}}};
    const auto name = std::string(pod->name()), nameSpace = std::string(pod->nameSpace());
    events_.record(*pod, "Warning", "NodeNotReady", "Node is not ready");
    auto patched = co_await calls_.patch(resources::pods, nameSpace, name, client::PatchType::Merge, std::move(patch), "status");
    if (!patched && patched.error().reason == Reason::Conflict) {
        // It changed meanwhile: look again at what it is now.
        auto fresh = co_await calls_.get(resources::pods, nameSpace, name);
        if (fresh) co_return co_await markPodNotReady(*fresh);
    }
    if (!patched && patched.error().reason != Reason::NotFound) co_return patched.error();
    co_return Result<void>();
}

void NodeLifecycleController::setZoneState(Zone& zone, std::size_t nodes, ZoneState state) {
    zone.state = state;
    zone.evictionsPerSecond = state != ZoneState::PartialDisruption ? evictionRate : nodes > largeCluster ? secondaryEvictionRate : 0;
}

Async<void> NodeLifecycleController::handleDisruption(std::map<std::string, std::vector<std::string>> readyByZone) {
    std::map<std::string, ZoneState> states;
    for (const auto& [zone, statuses] : readyByZone)
        states[zone] = isFullyDisrupted(statuses) ? ZoneState::FullDisruption : isPartiallyDisrupted(statuses) ? ZoneState::PartialDisruption : ZoneState::Normal;
    const auto full = [](ZoneState state) { return state == ZoneState::FullDisruption; };
    const bool allDown = !states.empty() && std::ranges::all_of(states, [&](const auto& entry) { return full(entry.second); });
    const bool wereAllDown = !zones_.empty() && std::ranges::all_of(zones_, [&](const auto& entry) { return full(entry.second.state); });
    if (allDown && !wereAllDown) {
        // Nobody reports: more likely this controller is cut off. Nothing is evicted.
        for (const auto& [name, node] : nodes_.all()) (void)co_await markReachable(node);
        for (auto& [key, zone] : zones_) {
            zone.state = ZoneState::FullDisruption;
            zone.evictionsPerSecond = 0;
            zone.waiting.clear();
        }
        co_return;
    }
    if (wereAllDown && !allDown)
        // Some are back: the others get their full grace period from now on.
        for (auto& [name, health] : health_) health.probed = now();
    for (auto& [key, zone] : zones_) {
        const auto it = states.find(key);
        if (it == states.end() || (allDown && wereAllDown) || zone.state == it->second) continue;
        setZoneState(zone, readyByZone[key].size(), it->second);
        pumpZone(key);
    }
}

Async<void> NodeLifecycleController::processTaints(ObjectPtr object, std::string ready) {
    const auto& node = nodeOf(object);
    const auto zoneKey = zoneOf(node);
    const auto& wanted = ready == "False" ? notReadyTaint : unreachableTaint;
    const auto& other = ready == "False" ? unreachableTaint : notReadyTaint;
    if (ready == "True") {
        std::erase(zones_[zoneKey].waiting, node.metadata.name);
        (void)co_await markReachable(object);
    } else if (hasTaint(node, other, "NoExecute")) {
        // Tainted already, for the other reason: that is no new eviction and needs no permission.
        auto taints = swapTaints(node.spec.taints, "NoExecute", {wanted}, {other}, formatTime(now()));
        (void)co_await calls_.patch(resources::nodes, "", node.metadata.name, client::PatchType::Merge, taintsPatch(*object, taints));
    } else if (!hasTaint(node, wanted, "NoExecute")) {
        queueForTainting(zoneKey, node.metadata.name);
    }
}

void NodeLifecycleController::queueForTainting(const std::string& zoneKey, const std::string& node) {
    auto& zone = zones_[zoneKey];
    if (std::ranges::find(zone.waiting, node) != zone.waiting.end()) return;
    zone.waiting.push_back(node);
    // Not before handleDisruption() has judged the zone with this Node in it.
    zone.timer = clock().after(100ms, [this, zoneKey] { pumpZone(zoneKey); });
}

void NodeLifecycleController::pumpZone(const std::string& zoneKey) {
    auto& zone = zones_[zoneKey];
    zone.timer.reset();
    if (zone.waiting.empty() || zone.evictionsPerSecond <= 0) return;
    const auto interval = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / zone.evictionsPerSecond));
    const auto time = clock().clusterNow();
    if (zone.lastEviction && time - *zone.lastEviction < interval) {
        zone.timer = clock().after(interval - (time - *zone.lastEviction), [this, zoneKey] { pumpZone(zoneKey); });
        return;
    }
    const auto node = zone.waiting.front();
    zone.waiting.pop_front();
    zone.lastEviction = time;
    spawn(alive_, taintNoExecute(zoneKey, node));
    if (!zone.waiting.empty()) zone.timer = clock().after(interval, [this, zoneKey] { pumpZone(zoneKey); });
}

Async<void> NodeLifecycleController::taintNoExecute(std::string zoneKey, std::string name) {
    const auto object = nodes_.get(name);
    if (!object) co_return;
    const auto& node = nodeOf(object);
    const auto ready = readyStatus(node.status.conditions);
    if (ready != "False" && ready != "Unknown") co_return;
    const auto& wanted = ready == "False" ? notReadyTaint : unreachableTaint;
    const auto& other = ready == "False" ? unreachableTaint : notReadyTaint;
    note(name, fmt::format("tainting {}:NoExecute", wanted));
    auto taints = swapTaints(node.spec.taints, "NoExecute", {wanted}, {other}, formatTime(now()));
    auto patched = co_await calls_.patch(resources::nodes, "", name, client::PatchType::Merge, taintsPatch(*object, taints));
    if (!patched && patched.error().reason == Reason::Conflict) {
        zones_[zoneKey].lastEviction.reset();  // nothing was done: the permission is still there
        queueForTainting(zoneKey, name);
    }
}

Async<Result<void>> NodeLifecycleController::markReachable(ObjectPtr object) {
    const auto& node = nodeOf(object);
    if (!hasTaint(node, notReadyTaint, "NoExecute") && !hasTaint(node, unreachableTaint, "NoExecute")) co_return Result<void>();
    note(node.metadata.name, "is back: removing NoExecute taints");
    auto taints = swapTaints(node.spec.taints, "NoExecute", {}, {notReadyTaint, unreachableTaint}, "");
    auto patched = co_await calls_.patch(resources::nodes, "", node.metadata.name, client::PatchType::Merge, taintsPatch(*object, taints));
    if (!patched) co_return patched.error();
    co_return Result<void>();
}

// One difference at a time: the change comes back through the cache and the next one follows.
Async<Result<void>> NodeLifecycleController::reconcileNode(std::string name) {
    const auto object = nodes_.get(name);
    if (!object) co_return Result<void>();
    auto patch = nodePatch(*object);
    if (patch.empty()) co_return Result<void>();
    auto patched = co_await calls_.patch(resources::nodes, "", name, client::PatchType::Merge, json::value(std::move(patch)));
    if (!patched && patched.error().reason != Reason::NotFound) co_return patched.error();
    co_return Result<void>();
}

// The annotation ttl; NoSchedule taints, which follow conditions and spec.unschedulable; the beta labels. Empty if all is well.
// A Node whose kubelet has not reported yet keeps the taint not-ready that admission gave it.
json::object NodeLifecycleController::nodePatch(const api::Object& object) const {
    const auto& node = object.as<api::Node>();
    json::object metadata{{"resourceVersion", object.resourceVersion()}};
    const char* const ttl = "node.alpha.kubernetes.io/ttl";
    if (object.annotation(ttl).empty()) {
        metadata["annotations"] = json::object{{ttl, "0"}};
        return {{"metadata", std::move(metadata)}};
    }
    if (node.status.conditions.empty() && !node.spec.unschedulable.value_or(false)) return {};
    const auto wanted = conditionTaints(node);
    std::vector<std::string> stale;
    for (const auto& taint : node.spec.taints)
        if (taint.effect == "NoSchedule" && isConditionTaint(taint.key) && std::ranges::find(wanted, taint.key) == wanted.end()) stale.push_back(taint.key);
    const auto taints = swapTaints(node.spec.taints, "NoSchedule", wanted, stale, formatTime(now()));
    if (!stale.empty() || taints.size() != node.spec.taints.size()) return taintsPatch(object, taints).get_object();
    json::object labels;
    for (const auto& [key, older] : {std::pair("kubernetes.io/os", "beta.kubernetes.io/os"), std::pair("kubernetes.io/arch", "beta.kubernetes.io/arch")})
        if (const auto it = node.metadata.labels.find(key); it != node.metadata.labels.end() && object.label(older) != it->second) labels[older] = it->second;
    if (labels.empty()) return {};
    metadata["labels"] = std::move(labels);
    return {{"metadata", std::move(metadata)}};
}

}  // namespace kubarium::controller
