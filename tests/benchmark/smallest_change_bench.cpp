// How long the search for the smallest changes takes, for every kind of reason: smallest_change_bench [NODES]... [--pods N] [--to-the-end]
// Prints a table; each cluster has NODES Nodes (1000 and 5000) in three zones with N Pods each (20).
#include "core/scheduler/explanation/change_report.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <cstring>

using namespace kubarium::scheduler;

namespace {

ObjectPtr parse(const std::string& text) { return kubarium::api::Object::make(boost::json::parse(text).as_object()); }

// A Pod that waits for one reason, and what every Node has to do with it.
struct Case {
    const char* name;
    std::string spec;                                   // of the Pod, but for its container
    const char* cpu = "500m";
    std::function<void(json::object& node)> ofNodes;    // nothing: the Nodes are as they are
    std::string target;                                 // "" is any Node
    std::function<void(ClusterObjects& objects)> with;  // claims, volumes
};

json::object& specOf(json::object& node) { return kubarium::api::ensureObject(node, {"spec"}); }

std::string affinity(const char* kind, const char* app, const char* key) {
    return fmt::format(R"("affinity":{{"{}":{{"requiredDuringSchedulingIgnoredDuringExecution":[{{"labelSelector":{{"matchLabels":{{"app":"{}"}}}},"topologyKey":"{}"}}]}}}},)", kind, app, key);
}
std::string spread(const char* key) {
    return fmt::format(R"("topologySpreadConstraints":[{{"maxSkew":1,"topologyKey":"{}","whenUnsatisfiable":"DoNotSchedule","labelSelector":{{"matchLabels":{{"tier":"front"}}}}}}],)", key);
}

constexpr const char* usesData = R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}],)";

std::string claim(const char* name, const char* className, const char* volume) {
    return fmt::format(R"({{"metadata":{{"name":"{0}","namespace":"default","uid":"{0}"{3}}},"spec":{{"storageClassName":"{1}","accessModes":["ReadWriteOnce"],"resources":{{"requests":{{"storage":"10Gi"}}}}{2}}}}})", name,
                       className, *volume ? fmt::format(R"(,"volumeName":"{}")", volume) : "", *volume ? R"(,"annotations":{"pv.kubernetes.io/bind-completed":"yes"})" : "");
}

// A thousand volumes that are a little too small.
void unbound(ClusterObjects& objects) {
    objects.storageClasses["manual"] = parse(R"({"metadata":{"name":"manual"},"provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"Immediate"})");
    objects.claims["default/data"] = parse(claim("data", "manual", ""));
    for (int i = 0; i < 1000; ++i)
        objects.volumes[fmt::format("v{}", i)] = parse(fmt::format(
            R"({{"metadata":{{"name":"v{}"}},"spec":{{"storageClassName":"manual","accessModes":["ReadWriteOnce"],"capacity":{{"storage":"5Gi"}}}},"status":{{"phase":"Available"}}}})", i));
}

void elsewhere(ClusterObjects& objects) {
    objects.claims["default/data"] = parse(claim("data", "manual", "disk"));
    objects.volumes["disk"] = parse(R"({"metadata":{"name":"disk"},"spec":{"claimRef":{"namespace":"default","name":"data"},"capacity":{"storage":"10Gi"},"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"san","operator":"In","values":["x"]}]}]}}}})");
}

std::vector<Case> cases() {
    const auto cordoned = [](json::object& node) {
        specOf(node)["unschedulable"] = true;
        specOf(node)["taints"] = json::array{{{"key", "node.kubernetes.io/unschedulable"}, {"effect", "NoSchedule"}}};
    };
    const auto tainted = [](json::object& node) { specOf(node)["taints"] = json::array{{{"key", "team"}, {"value", "a"}, {"effect", "NoSchedule"}}}; };
    const auto fullZones = [](json::object& node) {
        if (node["metadata"].at("labels").at("zone") == "z0") specOf(node)["unschedulable"] = true;
    };
    return {{"cordon", "", "500m", cordoned, "", {}},
            {"taint", "", "500m", tainted, "", {}},
            {"nodeSelector", R"("nodeSelector":{"disk":"ssd"},)", "500m", {}, "", {}},
            {"node affinity",
             R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]}]}}},)", "500m", {}, "", {}},
            {"cpu", "", "3", {}, "", {}},
            {"too many Pods", "", "100m", [](json::object& node) { node["status"].as_object()["allocatable"].as_object()["pods"] = "20"; }, "", {}},
            {"host port", "", "500m", {}, "", {}},
            {"spread over zone", spread("zone"), "500m", fullZones, "", {}},
            {"spread, label missing", spread("rack"), "500m", {}, "", {}},
            {"anti-affinity over hostname", affinity("podAntiAffinity", "w", "kubernetes.io/hostname"), "500m", {}, "", {}},
            {"anti-affinity over zone", affinity("podAntiAffinity", "w", "zone"), "500m", {}, "", {}},
            {"anti-affinity of others", "", "500m", {}, "", {}},
            {"affinity to nobody", affinity("podAffinity", "nobody", "zone"), "500m", {}, "", {}},
            {"affinity, label missing", affinity("podAffinity", "w", "rack"), "500m", {}, "", {}},
            {"cpu, taint, nodeSelector", R"("nodeSelector":{"disk":"ssd"},)", "3", tainted, "", {}},
            {"cpu, anti-affinity over zone", affinity("podAntiAffinity", "w", "zone"), "3", {}, "", {}},
            {"cpu, taint on one given Node", "", "3", tainted, "n7", {}},
            {"claim without a volume", usesData, "500m", {}, "", unbound},
            {"volume out of reach", usesData, "500m", {}, "", elsewhere}};
}

// The one that others do not want near them, and that wants a port, differs from the rest.
ObjectPtr waiting(const Case& each) {
    const bool guarded = std::strcmp(each.name, "anti-affinity of others") == 0;
    const auto ports = std::strcmp(each.name, "host port") == 0 ? R"("ports":[{"containerPort":80,"hostPort":80}],)" : "";
    return parse(fmt::format(R"({{"metadata":{{"name":"w","namespace":"default","uid":"w","labels":{{"app":"{}","tier":"front"}}}},"spec":{{{}"containers":[{{"name":"c",{}"resources":{{"requests":{{"cpu":"{}"}}}}}}]}}}})",
                             guarded ? "intruder" : "w", each.spec, ports, each.cpu));
}

SnapshotPtr cluster(int nodeCount, int perNode) {
    std::vector<ObjectPtr> nodes, pods;
    for (int i = 0; i < nodeCount; ++i) {
        nodes.push_back(parse(fmt::format(R"({{"metadata":{{"name":"n{0}","labels":{{"kubernetes.io/hostname":"n{0}","zone":"z{1}","disk":"hdd"}}}},"spec":{{}},"status":{{"allocatable":{{"cpu":"4","memory":"16Gi","pods":"110"}}}}}})", i, i % 3)));
        for (int j = 0; j < perNode; ++j)
            pods.push_back(parse(fmt::format(
                R"({{"metadata":{{"name":"p{0}-{1}","namespace":"default","uid":"p{0}-{1}","labels":{{"app":"w"{5}}},"ownerReferences":[{{"kind":"ReplicaSet","apiVersion":"apps/v1","name":"r","controller":true}}]}},"spec":{{"nodeName":"n{0}",{3}"tolerations":[{{"operator":"Exists"}}],"containers":[{{"name":"c",{4}"resources":{{"requests":{{"cpu":"{2}m","memory":"128Mi"}}}}}}]}}}})",
                i, j, 3000 / perNode - (i * 7 + j) % 20, j == 0 ? affinity("podAntiAffinity", "intruder", "kubernetes.io/hostname") : "", j == 1 ? R"("ports":[{"containerPort":80,"hostPort":80}],)" : "", j == 0 && i % 3 != 0 ? R"(,"tier":"front")" : "")));
    }
    return makeSnapshot(nodes, pods, std::make_shared<const ClusterObjects>());
}

void measure(const Case& each, const Snapshot& base, bool toTheEnd) {
    Snapshot snapshot = base;
    if (each.ofNodes)
        for (std::size_t i = 0; i < base.nodes.size(); ++i) {
            auto tree = base.nodes[i]->object->tree();
            each.ofNodes(tree);
            setNode(snapshot, kubarium::api::Object::make(std::move(tree)));
        }
    if (each.with) {
        auto objects = std::make_shared<ClusterObjects>();
        each.with(*objects);
        snapshot.objects = std::move(objects);
    }
    const auto pod = PodInfo::make(waiting(each));
    const auto profile = Profile::makeDefault();
    SearchLimits limits;
    const auto start = std::chrono::steady_clock::now();
    if (!toTheEnd) limits.spent = spentOf(searchSeconds);
    const auto changes = smallestChanges(snapshot, pod, profile, each.target, limits);
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fmt::print("{:<30} {:>6} {:>9.1f} {:>7} {:>13} {:<13} {}\n", each.name, base.nodes.size(), seconds * 1000, changes.trials, changes.alternatives.size(), changes.stoppedEarly ? "stopped early" : "complete",
               changes.alternatives.empty() ? changes.fits.empty() ? "-" : "fits as it is" : changes.alternatives.front().edits.front().text.en);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<int> sizes;
    int perNode = 20;
    bool toTheEnd = false;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--to-the-end") == 0) toTheEnd = true;
        else if (std::strcmp(argv[i], "--pods") == 0 && i + 1 < argc) perNode = std::max(2, std::atoi(argv[++i]));
        else sizes.push_back(std::max(10, std::atoi(argv[i])));
    }
    if (sizes.empty()) sizes = {1000, 5000};
    fmt::print("{:<30} {:>6} {:>9} {:>7} {:>13} {:<13} {}\n", "REASON", "NODES", "MS", "TRIALS", "ALTERNATIVES", "SEARCH", "FIRST EDIT OF THE FIRST");
    for (const int size : sizes) {
        const auto base = cluster(size, perNode);
        for (const auto& each : cases()) measure(each, *base, toTheEnd);
    }
}
