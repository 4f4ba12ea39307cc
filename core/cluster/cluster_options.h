// What a cluster is to be like: the options of `kubarium up`, or the `cluster` part of a lab.
#pragma once

#include "core/base/result.h"
#include "core/lab/lab.h"

#include <filesystem>
#include <string>
#include <vector>

namespace kubarium::cluster {

enum class Reality {
    Best,       // real containers where the machine allows them, simulated Nodes otherwise
    Simulated,  // no containers, whatever the machine allows
};

struct ClusterOptions {
    std::vector<lab::LabNode> nodes;
    double rate = 1;
    int port = 0;  // of the API on 127.0.0.1; 0 takes the one of last time, or a free one
    std::filesystem::path tokenAuthFile;
    std::filesystem::path schedulerConfig;
    bool scheduler = true;  // false: Pods wait for a scheduler from outside ('kubarium scheduler', a real kube-scheduler)
    Reality reality = Reality::Best;
    std::filesystem::path program;  // this program's path: the supervisor is the same binary
};

constexpr int maxRealNodes = 20;
constexpr int maxSimulatedNodes = 15'000;

// worker-a, worker-b, ... and sim-0001, ... with the given capacity each. BadRequest when a number or quantity is out of range.
Result<std::vector<lab::LabNode>> makeNodes(int real, const std::string& cpu, const std::string& memory, int simulated);
// The `nodes` of a YAML file: a list as in a lab's spec.cluster.nodes.
Result<std::vector<lab::LabNode>> readNodesFile(const std::filesystem::path& file);

// Nodes with their final names: a count becomes as many.
std::vector<lab::LabNode> expandNodes(const std::vector<lab::LabNode>& nodes);

}  // namespace kubarium::cluster
