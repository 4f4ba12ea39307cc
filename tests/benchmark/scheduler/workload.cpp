#include "tests/benchmark/scheduler/workload.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace kubarium::benchmark {
namespace {

constexpr const char* hostname = "kubernetes.io/hostname";
constexpr const char* zone = "topology.kubernetes.io/zone";

json::object makeNode(int index, int zones = 1) {
    const auto name = fmt::format("scheduler-perf-{:05}", index);
    return {{"apiVersion", "v1"},
            {"kind", "Node"},
            {"metadata", {{"name", name}, {"labels", {{hostname, name}, {zone, fmt::format("zone-{}", index % zones)}}}}},
            {"status",
             {{"capacity", {{"cpu", "4"}, {"memory", "32Gi"}, {"pods", "110"}}},
              {"allocatable", {{"cpu", "4"}, {"memory", "32Gi"}, {"pods", "110"}}},
              {"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}};
}

json::object makePod(const std::string& prefix, int index, const char* nameSpace = "default", const char* cpu = "100m", const char* memory = "500Mi") {
    const json::object amounts{{"cpu", cpu}, {"memory", memory}};
    const json::object container{{"name", "pause"}, {"image", "registry.k8s.io/pause:3.10.1"}, {"ports", {{{"containerPort", 80}}}}, {"resources", {{"limits", amounts}, {"requests", amounts}}}};
    return {{"apiVersion", "v1"},
            {"kind", "Pod"},
            {"metadata", {{"name", fmt::format("{}-{}", prefix, index)}, {"namespace", nameSpace}}},
            {"spec", {{"containers", json::array{container}}}}};
}

json::object& specOf(json::object& pod) { return pod["spec"].as_object(); }
json::object& metadataOf(json::object& pod) { return pod["metadata"].as_object(); }

json::object affinityTerm(const char* color, const char* key) {
    return {{"labelSelector", {{"matchLabels", {{"color", color}}}}}, {"topologyKey", key}, {"namespaces", {"sched-0", "sched-1"}}};
}

// `kind`: podAffinity or podAntiAffinity.
json::object withAffinity(json::object pod, const char* color, const char* kind, const char* key, bool required) {
    metadataOf(pod)["labels"] = json::object{{"color", color}, {"name", "test"}};
    json::object terms;
    if (required) terms["requiredDuringSchedulingIgnoredDuringExecution"] = json::array{affinityTerm(color, key)};
    else terms["preferredDuringSchedulingIgnoredDuringExecution"] = json::array{json::object{{"weight", 1}, {"podAffinityTerm", affinityTerm(color, key)}}};
    specOf(pod)["affinity"] = json::object{{kind, std::move(terms)}};
    return pod;
}

json::object withSpread(json::object pod, const char* whenUnsatisfiable) {
    metadataOf(pod)["labels"] = json::object{{"color", "blue"}};
    specOf(pod)["topologySpreadConstraints"] = json::array{
        json::object{{"maxSkew", 5}, {"topologyKey", zone}, {"whenUnsatisfiable", whenUnsatisfiable}, {"labelSelector", {{"matchLabels", {{"color", "blue"}}}}}}};
    return pod;
}

Workload workload(std::string name, std::function<json::object(int)> pod) {
    Workload made;
    made.name = std::move(name);
    made.node = [](int index) { return makeNode(index); };
    made.pod = std::move(pod);
    made.initialPod = [](int index) { return makePod("initial", index); };
    made.initialPods = [](int nodes) { return nodes / 5; };
    made.mostPods = [](int nodes) { return nodes * 30; };
    return made;
}

Workload affinityWorkload(std::string name, const char* color, const char* kind, const char* key, bool required) {
    const auto make = [=](const char* prefix, int index, const char* nameSpace) { return withAffinity(makePod(prefix, index, nameSpace), color, kind, key, required); };
    auto made = workload(std::move(name), [make](int index) { return make("pod", index, "sched-1"); });
    made.initialPod = [make](int index) { return make("initial", index, "sched-0"); };
    if (required && std::string_view(kind) == "podAntiAffinity") made.mostPods = [](int nodes) { return nodes - nodes / 5; };
    return made;
}

Workload taintWorkload() {
    auto made = workload("taints", [](int index) {
        auto pod = makePod("pod", index);
        specOf(pod)["tolerations"] = json::array{json::object{{"key", "dedicated"}, {"operator", "Equal"}, {"value", "batch"}, {"effect", "NoSchedule"}}};
        return pod;
    });
    made.node = [](int index) {
        auto node = makeNode(index);
        json::array taints;
        if (index % 2 == 0) taints.push_back({{"key", "dedicated"}, {"value", index % 4 == 0 ? "batch" : "other"}, {"effect", "NoSchedule"}});
        if (index % 3 == 0) taints.push_back({{"key", "slow"}, {"value", ""}, {"effect", "PreferNoSchedule"}});
        if (!taints.empty()) node["spec"] = json::object{{"taints", std::move(taints)}};
        return node;
    };
    return made;
}

json::object fillingPod(int index) {
    auto pod = makePod("initial", index, "default", "900m");
    specOf(pod)["terminationGracePeriodSeconds"] = 0;
    return pod;
}

// Of 3 CPU: three of fillingPod() have to go for it; of 9 it fits nowhere.
json::object importantPod(const char* prefix, int index, const char* cpu = "3000m") {
    auto pod = makePod(prefix, index, "default", cpu);
    specOf(pod)["priorityClassName"] = "high";
    specOf(pod)["priority"] = 1000000;
    return pod;
}

json::object blockedPod(int index) { return importantPod("between", index, "9"); }

// Nodes are full but for room for four small Pods each.
Workload fullNodes(std::string name, std::function<json::object(int)> pod) {
    auto made = workload(std::move(name), std::move(pod));
    made.initialPod = fillingPod;
    made.initialPods = [](int nodes) { return nodes * 4; };
    return made;
}

}  // namespace

std::vector<Workload> workloads() {
    std::vector<Workload> all;
    const auto basic = [](int index) { return makePod("pod", index); };
    all.push_back(workload("basic", basic));
    all.push_back(affinityWorkload("required anti-affinity", "green", "podAntiAffinity", hostname, true));
    all.push_back(affinityWorkload("required affinity", "blue", "podAffinity", zone, true));
    all.push_back(affinityWorkload("preferred affinity", "red", "podAffinity", hostname, false));
    all.push_back(affinityWorkload("preferred anti-affinity", "yellow", "podAntiAffinity", hostname, false));
    for (const auto& [name, action] : {std::pair("required spread", "DoNotSchedule"), std::pair("preferred spread", "ScheduleAnyway")}) {
        all.push_back(workload(name, [action](int index) { return withSpread(makePod("pod", index), action); }));
        all.back().node = [](int index) { return makeNode(index, 3); };
    }
    all.push_back(workload("node affinity", [](int index) {
        auto pod = makePod("pod", index);
        const json::object term{{"matchExpressions", {{{"key", zone}, {"operator", "In"}, {"values", {"zone-0", "zone-1"}}}}}};
        specOf(pod)["affinity"] = json::object{{"nodeAffinity", {{"requiredDuringSchedulingIgnoredDuringExecution", {{"nodeSelectorTerms", json::array{term}}}}}}};
        return pod;
    }));
    all.back().node = [](int index) { return makeNode(index, 4); };
    all.push_back(taintWorkload());
    // How often something comes between: five times a second, or once, at what kube-scheduler does there.
    all.push_back(fullNodes("preemption", [](int index) { return importantPod("pod", index); }));
    all.back().mostPods = [](int nodes) { return nodes; };
    all.push_back(fullNodes("preemption between others", basic));
    all.back().mostPods = [](int nodes) { return nodes * 4; };
    all.back().between = [](int index) { return importantPod("between", index); };
    all.back().tickEvery = 30;
    all.push_back(workload("unschedulable backlog", basic));
    all.back().between = blockedPod;
    all.back().tickEvery = 30;
    all.push_back(workload("mixed churn", basic));
    all.back().between = blockedPod;
    all.back().recreates = true;
    all.back().tickEvery = 100;
    return all;
}

void makeUnique(json::object& pod, int index) {
    auto& labels = metadataOf(pod).emplace("labels", json::object()).first->value().as_object();
    labels["index"] = std::to_string(index);
    for (auto& [kind, amounts] : specOf(pod)["containers"].as_array()[0].as_object()["resources"].as_object()) amounts.as_object()["memory"] = std::to_string((500LL << 20) + index);
}

json::object churnService(int index) {
    return {{"apiVersion", "v1"},
            {"kind", "Service"},
            {"metadata", {{"name", fmt::format("churn-{}", index)}, {"namespace", "default"}}},
            {"spec", {{"selector", {{"app", fmt::format("churn-{}", index)}}}, {"ports", {{{"port", 80}}}}}}};
}

}  // namespace kubarium::benchmark
