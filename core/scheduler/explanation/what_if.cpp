#include "core/scheduler/explanation/what_if.h"

#include "core/api/defaults.h"
#include "core/api/object_decoder.h"
#include "core/scheduler/explanation/repairs.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::scheduler {
namespace {

constexpr std::string_view zoneLabel = "topology.kubernetes.io/zone", oldZoneLabel = "failure-domain.beta.kubernetes.io/zone";
constexpr std::int64_t mostReplicas = 1000;

bool inZone(const NodeInfo& node, const std::string& zone) {
    return std::ranges::any_of(node.labels, [&](const auto& label) { return (label.first == zoneLabel || label.first == oldZoneLabel) && label.second == zone; });
}

std::string ownerKindOf(const PodInfo& pod) {
    const auto* owner = controllerOf(*pod.object);
    return owner ? std::string(api::stringAt(*owner, {"kind"})) : std::string();
}

// The Pods of a Node that goes; those of DaemonSets and of the kubelet itself end with it.
void displace(const NodeInfo& node, Supposed& supposed, bool nodeStays) {
    for (const auto& pod : node.pods) {
        const auto owner = ownerKindOf(*pod);
        if (owner == "DaemonSet" || owner == "Node") continue;
        auto waiting = waitingWorld(Snapshot{}, pod).pod;
        (owner.empty() ? supposed.lost : supposed.displaced).push_back(std::move(waiting));
        if (nodeStays) removePod(supposed.snapshot, pod);
    }
}

Result<void> drain(const std::string& name, Supposed& supposed) {
    const auto index = supposed.snapshot.index(name);
    if (!index) return makeError(Reason::NotFound, fmt::format("there is no Node \"{}\" to drain", name));
    const auto node = supposed.snapshot.nodes[*index];
    displace(*node, supposed, true);
    auto tree = node->object->tree();
    api::ensureObject(tree, {"spec"})["unschedulable"] = true;
    setNode(supposed.snapshot, api::Object::make(std::move(tree)));
    return {};
}

Result<void> loseZone(const std::string& zone, Supposed& supposed) {
    Snapshot left = supposed.snapshot;
    left.nodes = {};
    std::unordered_map<std::string, std::size_t> names;
    for (const auto& node : supposed.snapshot.nodes) {
        if (inZone(*node, zone)) {
            displace(*node, supposed, false);
            continue;
        }
        names.emplace(node->name, left.nodes.size());
        left.nodes.push_back(node);
    }
    if (left.nodes.size() == supposed.snapshot.nodes.size()) return makeError(Reason::NotFound, fmt::format("no Node has the label {}={}", zoneLabel, zone));
    left.indexOf = std::make_shared<const std::unordered_map<std::string, std::size_t>>(std::move(names));
    supposed.snapshot = std::move(left);
    return {};
}

// The admission plugin Priority.
Result<void> setPriority(json::object& pod, const ObjectMap& classes) {
    auto& spec = api::ensureObject(pod, {"spec"});
    if (spec.contains("priority")) return {};
    const std::string name(api::stringAt(spec, {"priorityClassName"}));
    if (name == "system-cluster-critical" || name == "system-node-critical") {
        spec["priority"] = name == "system-cluster-critical" ? 2000000000 : 2000001000;
        return {};
    }
    ObjectPtr chosen;
    if (const auto it = classes.find(name); it != classes.end()) chosen = it->second;
    if (!name.empty() && !chosen) return badRequest(fmt::format("no PriorityClass with name {} was found", name));
    for (const auto& [key, each] : classes)
        if (const auto* global = each->find({"globalDefault"}); name.empty() && global && global->is_bool() && global->get_bool()) chosen = each;
    if (!chosen) return {};
    if (const auto* value = chosen->find({"value"})) spec["priority"] = *value;
    if (const auto policy = chosen->string({"preemptionPolicy"}); !policy.empty() && !spec.contains("preemptionPolicy")) spec["preemptionPolicy"] = policy;
    return {};
}

// The admission plugin DefaultTolerationSeconds.
void setTolerations(json::object& pod) {
    auto& list = api::ensureObject(pod, {"spec"})["tolerations"];
    if (!list.is_array()) list = json::array();
    for (const auto* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
        const Taint taint{key, "", "NoExecute"};
        const bool tolerated = std::ranges::any_of(list.get_array(), [&](const json::value& entry) {
            return Toleration{std::string(api::stringAt(entry, {"key"})), std::string(api::stringAt(entry, {"operator"})), std::string(api::stringAt(entry, {"value"})),
                              std::string(api::stringAt(entry, {"effect"}))}
                .tolerates(taint);
        });
        if (!tolerated) list.get_array().push_back({{"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}});
    }
}

Result<ObjectPtr> admitted(json::object pod, const ObjectMap& classes, const std::string& defaultNamespace, const std::string& where) {
    auto decoded = api::decodeObject(api::Schema::builtin(), {"", "v1", "Pod"}, json::value(std::move(pod)));
    if (!decoded) return badRequest(fmt::format("{}: {}", where, decoded.error().message));
    auto& object = decoded->object;
    auto& meta = api::ensureObject(object, {"metadata"});
    if (api::stringAt(meta, {"namespace"}).empty()) meta["namespace"] = defaultNamespace;
    if (api::stringAt(meta, {"name"}).empty()) {
        const auto generate = api::stringAt(meta, {"generateName"});
        if (generate.empty()) return badRequest(fmt::format("{}: metadata.name is missing", where));
        meta["name"] = std::string(generate) + "0";
    }
    auto& spec = api::ensureObject(object, {"spec"});
    if (const auto* containers = spec.if_contains("containers"); !containers || !containers->is_array() || containers->get_array().empty())
        return badRequest(fmt::format("{}: spec.containers: Required value", where));
    // What is asked is where it would go now.
    spec.erase("nodeName");
    object.erase("status");
    meta.erase("uid");
    meta.erase("deletionTimestamp");
    api::applyDefaults({"", "v1", "Pod"}, object);
    TRY(setPriority(object, classes));
    setTolerations(object);
    return api::Object::make(std::move(object));
}

std::int64_t replicasOf(const json::object& manifest, std::string_view kind) {
    const auto* count = api::findPath(manifest, kind == "Job" ? std::initializer_list<std::string_view>{"spec", "parallelism"} : std::initializer_list<std::string_view>{"spec", "replicas"});
    return count && count->is_number() ? std::clamp<std::int64_t>(count->to_number<std::int64_t>(), 0, mostReplicas) : 1;
}

Result<Placement> place(Snapshot& snapshot, const PodInfoPtr& pod, std::shared_ptr<const Configuration> configuration, std::size_t number) {
    if (!configuration->find(pod->schedulerName))
        return makeError(Reason::NotFound, fmt::format("no profile of the configuration has the schedulerName \"{}\" of Pod {}; another scheduler would place it", pod->schedulerName, pod->key()));
    Placement placement;
    auto& record = placement.record;
    record.cycle = number;
    record.pod = pod;
    record.snapshot = std::make_shared<const Snapshot>(snapshot);
    record.configuration = std::move(configuration);
    record.schedulerName = pod->schedulerName;
    const auto decision = decisionOf(record);
    record.selectedNode = decision.selectedNode;
    record.drawn = false;
    record.message = decision.message;
    record.result = decision.result == Decision::Result::Scheduled ? "Scheduled" : decision.error.empty() ? "Unschedulable" : "Error";
    placement.node = decision.selectedNode.empty() ? decision.preemption.nominatedNode : decision.selectedNode;
    placement.victims = decision.preemption.victims;
    for (const auto& victim : placement.victims) removePod(snapshot, victim);
    placePod(snapshot, pod, placement.node);
    return placement;
}

}  // namespace

Result<Supposed> suppose(const Snapshot& snapshot, const Supposition& supposition) {
    Supposed supposed{snapshot, {}, {}};
    for (const auto& node : supposition.addNodes) setNode(supposed.snapshot, node);
    for (const auto& zone : supposition.withoutZones) TRY(loseZone(zone, supposed));
    for (const auto& node : supposition.drainNodes) TRY(drain(node, supposed));
    return supposed;
}

namespace {

// The new ReplicaSet of a Deployment selects its own Pods only.
constexpr const char *templateHash = "pod-template-hash", *newTemplate = "new";

// A Service or a controller, its types checked.
Result<ObjectPtr> selectingBy(const json::object& manifest, const std::string& kind, const std::string& nameSpace, const std::string& where) {
    const bool isCore = kind == "Service" || kind == "ReplicationController";
    auto decoded = api::decodeObject(api::Schema::builtin(), {isCore ? "" : "apps", "v1", kind}, json::value(manifest));
    if (!decoded) return badRequest(fmt::format("{}: {}", where, decoded.error().message));
    auto& object = decoded->object;
    if (api::stringAt(object, {"metadata", "name"}).empty()) return badRequest(fmt::format("{}: metadata.name is missing", where));
    object["apiVersion"] = isCore ? "v1" : "apps/v1";
    object["kind"] = kind == "Deployment" ? "ReplicaSet" : kind;
    api::ensureObject(object, {"metadata"})["namespace"] = nameSpace;
    if (kind == "Deployment") api::ensureObject(object, {"spec", "selector", "matchLabels"})[templateHash] = newTemplate;
    return api::Object::make(std::move(object));
}

}  // namespace

Result<Brought> broughtBy(const json::object& manifest, const ObjectMap& classes, const std::string& defaultNamespace) {
    const std::string kind(api::stringAt(manifest, {"kind"})), name(api::stringAt(manifest, {"metadata", "name"}));
    const auto where = fmt::format("{} {}", kind.empty() ? "object" : kind, name.empty() ? "without a name" : name);
    auto nameSpace = std::string(api::stringAt(manifest, {"metadata", "namespace"}));
    if (nameSpace.empty()) nameSpace = defaultNamespace;
    Brought brought;
    if (kind == "Pod") {
        brought.pods.push_back(TRY(admitted(manifest, classes, defaultNamespace, where)));
        return brought;
    }
    if (kind == "Service") {
        brought.selecting = TRY(selectingBy(manifest, kind, nameSpace, where));
        return brought;
    }
    constexpr std::array workloads{"Deployment", "ReplicaSet", "StatefulSet", "ReplicationController", "Job"};
    if (std::ranges::find(workloads, kind) == workloads.end()) return badRequest(fmt::format("{}: no Pod comes from this kind; write Pods, Deployments, ReplicaSets, StatefulSets or Jobs, and Services", where));
    const auto* from = api::findPath(manifest, {"spec", "template"});
    if (!from || !from->is_object()) return badRequest(fmt::format("{}: spec.template is missing", where));
    // Of a Job the scheduler asks for no selector.
    if (kind != "Job") brought.selecting = TRY(selectingBy(manifest, kind, nameSpace, where));
    for (std::int64_t i = 0; i < replicasOf(manifest, kind); ++i) {
        auto pod = from->get_object();
        pod["apiVersion"] = "v1";
        pod["kind"] = "Pod";
        auto& meta = api::ensureObject(pod, {"metadata"});
        meta["name"] = fmt::format("{}-{}", name, i);
        meta["namespace"] = nameSpace;
        if (kind == "Deployment") api::ensureObject(meta, {"labels"})[templateHash] = newTemplate;
        if (brought.selecting)
            meta["ownerReferences"] = json::array{{{"apiVersion", brought.selecting->apiVersion()}, {"kind", brought.selecting->kind()}, {"name", name}, {"uid", ""}, {"controller", true}}};
        brought.pods.push_back(TRY(admitted(std::move(pod), classes, defaultNamespace, where)));
    }
    return brought;
}

Decision decisionOf(const DecisionRecord& record) {
    DecideOptions options;
    options.fullStory = true;
    options.sampling = false;
    return decide(*record.snapshot, *record.pod, *record.configuration, *record.configuration->find(record.schedulerName), options);
}

Result<Outcome> scheduleInOrder(Snapshot snapshot, std::vector<PodInfoPtr> pods, std::shared_ptr<const Configuration> configuration, const std::function<bool()>& givesUp) {
    std::ranges::stable_sort(pods, std::greater<>(), &PodInfo::priority);
    Outcome outcome{{}, std::move(snapshot)};
    for (const auto& pod : pods) {
        if (givesUp && givesUp())
            return makeError(Reason::Timeout, fmt::format("the review takes too long: {} of {} Pods have been scheduled; ask about fewer, or use 'kubarium schedule', which may take as long as it takes",
                                                          outcome.placements.size(), pods.size()));
        outcome.placements.push_back(TRY(place(outcome.after, pod, configuration, outcome.placements.size() + 1)));
    }
    return outcome;
}

}  // namespace kubarium::scheduler
