// The clusters and Pods that the scheduler is measured on, after the workloads of Kubernetes' test/integration/scheduler_perf
// (misc, affinity, topology_spreading, taints...): the same Nodes (4 CPU, 32Gi, 110 Pods) and the same requests.
#pragma once

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::benchmark {

namespace json = boost::json;

struct Workload {
    std::string name;
    std::function<json::object(int index)> node;
    std::function<json::object(int index)> initialPod;  // empty: none
    std::function<int(int nodes)> initialPods;
    std::function<json::object(int index)> pod;         // measured
    std::function<int(int nodes)> mostPods;             // how many measured ones have a place
    // What comes between the measured Pods (upstream's operation "churn"): another Pod at each tick; or, where it recreates, a Pod, a Node
    // and a Service at one tick, which go at the next.
    std::function<json::object(int index)> between;  // empty: nothing
    bool recreates = false;
    int tickEvery = 0;                                  // measured Pods from one tick to the next
    // Whether the name is that of a Pod that comes between.
    static bool isBetween(std::string_view name) { return name.starts_with("between-"); }
};

std::vector<Workload> workloads();

// Makes a Pod one of a kind, so that nothing worked out for another one can be used for it.
void makeUnique(json::object& pod, int index);
// A Service that selects nothing that exists: for churn.
json::object churnService(int index);

}  // namespace kubarium::benchmark
