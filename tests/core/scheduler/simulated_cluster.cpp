#include "tests/core/scheduler/simulated_cluster.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::testing {

namespace json = boost::json;
using api::Object;
using api::ObjectPtr;

namespace {

void nameIt(json::object& metadata, const std::string& name) {
    metadata["name"] = name;
    metadata["uid"] = name;
}

}  // namespace

SimulatedCluster::SimulatedCluster(std::uint64_t seed, std::size_t nodes, std::size_t templates) : random_(seed) {
    objects_.namespaces["default"] = {{"team", "a"}};
    objects_.namespaces["other"] = {{"team", "b"}};
    cache_.setObjects(std::make_shared<const ClusterObjects>(objects_));
    for (std::size_t i = 0; i < nodes; ++i) {
        nodeNames_.push_back(fmt::format("node-{}", ++serial_));
        cache_.setNode(makeNode(nodeNames_.back()));
    }
    for (std::size_t i = 0; i < templates; ++i) templates_.push_back(makeTemplate());
}

ObjectPtr SimulatedCluster::makeNode(const std::string& name) {
    json::object labels{{"disk", oneOf({"ssd", "hdd"})}};
    if (!chance(5)) labels["kubernetes.io/hostname"] = name;
    if (!chance(10)) labels["topology.kubernetes.io/zone"] = oneOf({"a", "b", "c"});
    if (chance(3)) labels["topology.kubernetes.io/zone"] = "";
    json::array taints;
    if (chance(15)) taints.push_back({{"key", "dedicated"}, {"value", oneOf({"x", "y"})}, {"effect", oneOf({"NoSchedule", "NoExecute"})}});
    if (chance(20)) taints.push_back({{"key", "slow"}, {"value", ""}, {"effect", "PreferNoSchedule"}});
    json::object spec;
    if (chance(4)) spec["unschedulable"] = true;
    if (!taints.empty()) spec["taints"] = std::move(taints);
    json::object allocatable{{"cpu", oneOf({"1", "2", "4"})}, {"memory", oneOf({"2Gi", "4Gi", "8Gi"})}, {"pods", oneOf({"3", "8", "20"})}};
    if (chance(20)) allocatable["example.com/gpu"] = oneOf({"1", "2"});
    json::array images;
    if (chance(30)) images.push_back({{"names", {"registry/app:1"}}, {"sizeBytes", static_cast<std::int64_t>(below(2)) * 300000000 + 100000000}});
    return Object::make({{"apiVersion", "v1"},
                         {"kind", "Node"},
                         {"metadata", {{"name", name}, {"labels", std::move(labels)}}},
                         {"spec", std::move(spec)},
                         {"status", {{"allocatable", std::move(allocatable)}, {"images", std::move(images)}}}});
}

json::object SimulatedCluster::selector() {
    if (chance(20)) return {{"matchExpressions", {{{"key", "app"}, {"operator", oneOf({"Exists", "DoesNotExist"})}}}}};
    return {{"matchLabels", {{"app", oneOf({"web", "db", "cache"})}}}};
}

json::object SimulatedCluster::affinityTerm() {
    json::object term{{"topologyKey", oneOf({"kubernetes.io/hostname", "topology.kubernetes.io/zone", "disk"})}, {"labelSelector", selector()}};
    if (chance(15)) term["namespaces"] = json::array{"other"};
    if (chance(15)) term["namespaceSelector"] = json::object{{"matchLabels", {{"team", oneOf({"a", "b"})}}}};
    return term;
}

json::object SimulatedCluster::affinity() {
    json::object affinity;
    const auto pods = [&](const char* kind, int required, int preferred) {
        json::object terms;
        if (chance(required)) terms["requiredDuringSchedulingIgnoredDuringExecution"] = json::array{affinityTerm()};
        if (chance(preferred))
            terms["preferredDuringSchedulingIgnoredDuringExecution"] = json::array{json::object{{"weight", static_cast<std::int64_t>(below(100)) + 1}, {"podAffinityTerm", affinityTerm()}}};
        if (!terms.empty()) affinity[kind] = std::move(terms);
    };
    pods("podAffinity", 12, 20);
    pods("podAntiAffinity", 12, 20);
    json::object nodes;
    const auto term = [&] { return json::object{{"matchExpressions", {{{"key", "disk"}, {"operator", oneOf({"In", "NotIn"})}, {"values", {"ssd"}}}}}}; };
    if (chance(15)) nodes["requiredDuringSchedulingIgnoredDuringExecution"] = json::object{{"nodeSelectorTerms", json::array{term()}}};
    if (chance(25)) nodes["preferredDuringSchedulingIgnoredDuringExecution"] = json::array{json::object{{"weight", static_cast<std::int64_t>(below(100)) + 1}, {"preference", term()}}};
    if (!nodes.empty()) affinity["nodeAffinity"] = std::move(nodes);
    return affinity;
}

void SimulatedCluster::addConstraints(json::object& spec) {
    json::array constraints;
    for (int i = 0; i < 2; ++i) {
        if (!chance(25)) continue;
        json::object constraint{{"maxSkew", static_cast<std::int64_t>(below(3)) + 1}, {"topologyKey", oneOf({"kubernetes.io/hostname", "topology.kubernetes.io/zone"})},
                                {"whenUnsatisfiable", oneOf({"DoNotSchedule", "ScheduleAnyway"})}, {"labelSelector", selector()}};
        if (chance(20)) constraint["minDomains"] = 3;
        if (chance(30)) constraint["nodeTaintsPolicy"] = "Honor";
        if (chance(30)) constraint["nodeAffinityPolicy"] = "Ignore";
        constraints.push_back(std::move(constraint));
    }
    if (!constraints.empty()) spec["topologySpreadConstraints"] = std::move(constraints);
}

json::object SimulatedCluster::makeTemplate() {
    json::object requests;
    if (!chance(15)) requests["cpu"] = oneOf({"100m", "250m", "700m", "3"});
    if (!chance(15)) requests["memory"] = oneOf({"100Mi", "500Mi", "1Gi"});
    if (chance(6)) requests["example.com/gpu"] = "1";
    json::object container{{"name", "c"}, {"image", oneOf({"registry/app:1", "busybox"})}, {"resources", {{"requests", std::move(requests)}}}};
    if (chance(8)) container["ports"] = json::array{json::object{{"containerPort", 80}, {"hostPort", 8080}}};
    json::object spec{{"containers", json::array{std::move(container)}}};
    if (chance(40)) spec["affinity"] = affinity();
    if (chance(35)) addConstraints(spec);
    if (chance(20)) spec["tolerations"] = json::array{json::object{{"key", "dedicated"}, {"operator", "Exists"}}};
    if (chance(10)) spec["nodeSelector"] = json::object{{"disk", "ssd"}};
    if (chance(30)) spec["priority"] = static_cast<std::int64_t>(below(3)) * 10;
    if (chance(5)) spec["preemptionPolicy"] = "Never";
    json::object metadata{{"namespace", chance(80) ? "default" : "other"}, {"labels", {{"app", oneOf({"web", "db", "cache"})}}}};
    return {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}};
}

PodInfoPtr SimulatedCluster::pendingPod() {
    auto tree = templates_[below(templates_.size())];
    auto& metadata = tree["metadata"].as_object();
    nameIt(metadata, fmt::format("pod-{}", ++serial_));
    if (chance(3)) tree["status"] = json::object{{"nominatedNodeName", nodeNames_[below(nodeNames_.size())]}};
    return lastRead_ = PodInfo::make(Object::make(std::move(tree)), lastRead_);
}

void SimulatedCluster::place(const PodInfoPtr& pod, const std::string& node) {
    auto tree = pod->object->tree();
    tree["spec"].as_object()["nodeName"] = node;
    const auto bound = PodInfo::make(Object::make(std::move(tree)), pod);
    cache_.assume(pod, node);
    // Most bindings are confirmed by the watch before the next change, some are not yet.
    if (!chance(10)) cache_.setPod(bound);
    placed_.push_back(bound);
}

void SimulatedCluster::evict(const PodInfoPtr& pod) {
    cache_.removePod(pod->uid);
    std::erase_if(placed_, [&](const PodInfoPtr& other) { return other->uid == pod->uid; });
}

void SimulatedCluster::removeSomePod() {
    if (placed_.empty()) return;
    evict(placed_[below(placed_.size())]);
}

void SimulatedCluster::changeNode() {
    const auto at = below(nodeNames_.size());
    switch (below(10)) {
        case 0:
            nodeNames_.push_back(fmt::format("node-{}", ++serial_));
            cache_.setNode(makeNode(nodeNames_.back()));
            break;
        case 1:
            if (nodeNames_.size() < 3) break;
            cache_.removeNode(nodeNames_[at]);
            nodeNames_.erase(nodeNames_.begin() + static_cast<std::ptrdiff_t>(at));
            break;
        default: cache_.setNode(makeNode(nodeNames_[at]));
    }
}

// Labels and the beginning of its end.
void SimulatedCluster::changePod() {
    if (placed_.empty()) return;
    auto& pod = placed_[below(placed_.size())];
    auto tree = pod->object->tree();
    auto& metadata = tree["metadata"].as_object();
    if (chance(50)) metadata["labels"] = json::object{{"app", oneOf({"web", "db", "cache"})}};
    else metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    pod = PodInfo::make(Object::make(std::move(tree)), pod);
    cache_.setPod(pod);
}

void SimulatedCluster::changeObjects() {
    if (chance(30)) {
        objects_.namespaces["other"] = {{"team", oneOf({"a", "b"})}};
    } else if (chance(50)) {
        objects_.services.clear();
    } else {
        objects_.services["default/s"] = Object::make({{"apiVersion", "v1"}, {"kind", "Service"}, {"metadata", {{"name", "s"}, {"namespace", "default"}}},
                                                       {"spec", {{"selector", {{"app", oneOf({"web", "db"})}}}}}});
    }
    cache_.setObjects(std::make_shared<const ClusterObjects>(objects_));
}

void SimulatedCluster::change() {
    const auto what = below(100);
    if (what < 35) removeSomePod();
    else if (what < 50) changePod();
    else if (what < 70 && nodesChange) changeNode();
    else if (what < 78) changeObjects();
    else if (what < 82 && nodesChange) {
        auto tree = templates_[below(templates_.size())];
        nameIt(tree["metadata"].as_object(), fmt::format("nominated-{}", ++serial_));
        nominated_.push_back(PodInfo::make(Object::make(std::move(tree))));
        cache_.setNominated(nominated_.back(), nodeNames_[below(nodeNames_.size())]);
    } else if (!nominated_.empty()) {
        cache_.clearNominated(nominated_.back()->uid);
        nominated_.pop_back();
    }
}

}  // namespace kubarium::testing
