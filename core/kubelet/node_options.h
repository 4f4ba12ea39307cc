// What a Node is made of: chosen when the cluster is made.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace kubarium::kubelet {

struct NodeTaint {
    std::string key, value, effect;
};

struct NodeOptions {
    std::string name{};
    std::string cpu = "4", memory = "8Gi", ephemeralStorage = "20Gi";  // capacity, which is allocatable too
    std::map<std::string, std::string> extendedResources{};
    int maxPods = 110;
    std::map<std::string, std::string> labels{};  // beside the well-known ones
    std::vector<NodeTaint> taints{};
    std::string podCIDR{};
    std::string nodeIP{};
    std::string zone{}, region{};  // "": no such label
    bool simulated = false;
    int kubeletPort = 10250;
    // Where the directories of kubarium.dev/hostpath volumes are, one per handle; "": there are none.
    std::string volumesDirectory{};

    // What Pods' resolv.conf is made of.
    std::string clusterDNS{}, clusterDomain = "cluster.local";
    std::vector<std::string> nameservers{}, searches{}, resolverOptions{};  // the Node's own

    std::string kernelVersion = "unknown", osImage = "Kubarium", architecture = "amd64";
    std::string machineId{}, bootId{};
};

}  // namespace kubarium::kubelet
