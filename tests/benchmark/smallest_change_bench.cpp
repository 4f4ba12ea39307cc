// Times the search for the smallest changes: smallest_change_bench [NODES] [PODS PER NODE]. Prints milliseconds per search.
#include "core/scheduler/explanation/change_report.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

using namespace kubarium::scheduler;

namespace {

ObjectPtr parse(const std::string& text) { return kubarium::api::Object::make(boost::json::parse(text).as_object()); }

void measure(const char* name, const Snapshot& snapshot, const std::string& spec, const std::string& target = "") {
    const auto pod = PodInfo::make(parse(R"({"metadata":{"name":"w","namespace":"default","uid":"w","labels":{"app":"w"}},"spec":{)" + spec + "}}"));
    const auto profile = Profile::makeDefault();
    for (const bool limited : {false, true}) {
        SearchLimits limits;
        if (limited) limits.expired = expiresIn(searchSeconds);
        const auto start = std::chrono::steady_clock::now();
        const auto changes = smallestChanges(snapshot, pod, profile, target, limits);
        const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        fmt::print("{:<34} {:<9} {:8.1f} ms  {} alternatives, {} trials{}\n", name, limited ? "limited" : "to the end", seconds * 1000, changes.alternatives.size(), changes.trials,
                   changes.stoppedEarly ? ", stopped early" : "");
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int count = argc > 1 ? std::atoi(argv[1]) : 1000, perNode = argc > 2 ? std::atoi(argv[2]) : 20;
    std::vector<ObjectPtr> nodes, pods;
    for (int i = 0; i < count; ++i) {
        nodes.push_back(parse(fmt::format(R"({{"metadata":{{"name":"n{0}","labels":{{"kubernetes.io/hostname":"n{0}","zone":"z{1}","disk":"hdd"}}}},"spec":{{"taints":[{{"key":"t","value":"{2}","effect":"NoSchedule"}}]}},"status":{{"allocatable":{{"cpu":"4","memory":"16Gi","pods":"110"}}}}}})", i, i % 3, i % 5)));
        for (int j = 0; j < perNode; ++j)
            pods.push_back(parse(fmt::format(R"({{"metadata":{{"name":"p{0}-{1}","namespace":"default","uid":"p{0}-{1}","labels":{{"app":"w"}},"ownerReferences":[{{"kind":"ReplicaSet","name":"r","controller":true}}]}},"spec":{{"nodeName":"n{0}","tolerations":[{{"operator":"Exists"}}],"containers":[{{"name":"c","resources":{{"requests":{{"cpu":"{2}m","memory":"128Mi"}}}}}}]}}}})", i, j, 3900 / perNode - (i * 7 + j) % 20)));
    }
    const auto snapshot = makeSnapshot(nodes, pods, std::make_shared<const ClusterObjects>());
    const std::string container = R"("containers":[{"name":"c","resources":{"requests":{"cpu":"2"}}}])", tolerant = R"("tolerations":[{"operator":"Exists"}],)";
    measure("cpu", *snapshot, tolerant + container);
    measure("cpu + taint", *snapshot, container);
    measure("cpu + taint + selector", *snapshot, R"("nodeSelector":{"disk":"ssd"},)" + container);
    measure("cpu + anti-affinity", *snapshot, tolerant + R"("affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchLabels":{"app":"w"}},"topologyKey":"zone"}]}},)" + container);
    measure("cpu + spread", *snapshot, tolerant + R"("topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"rack","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"w"}}}],)" + container);
    measure("one Node, all of it", *snapshot, R"("nodeSelector":{"disk":"ssd"},)" + container, "n7");
}
