// The clusters and Pods that the scheduler is measured on, after the workloads of Kubernetes' test/integration/scheduler_perf
// (misc, affinity, topology_spreading, taints...): the same Nodes (4 CPU, 32Gi, 110 Pods) and the same requests.
#pragma once

#include <boost/json/object.hpp>

#include <functional>
#include <string>
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
    bool preempts = false;                              // measured Pods drive out initial ones
    int blockedEvery = 0;                               // each so-manieth measured Pod fits nowhere
    bool churns = false;                                // Nodes, Pods and Services come and go meanwhile
    std::string reference;                              // of upstream's: test package / test case / workload at 5,000 Nodes
};

std::vector<Workload> workloads();

// Makes a Pod one of a kind, so that nothing worked out for another one can be used for it.
void makeUnique(json::object& pod, int index);
// A Service that selects nothing that exists: for churn.
json::object churnService(int index);
json::object blockedPod(int index);

}  // namespace kubarium::benchmark
