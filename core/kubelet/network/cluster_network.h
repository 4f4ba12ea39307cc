// The cluster's network, all of it inside the supervisor's own network namespace tree, so that nothing can clash with the
// computer's: one namespace is the switch that connects the Nodes, one is each Node, one is each Pod.
//
//   switch: bridge sw0 (172.30.0.1) --n1-- eth0 (172.30.0.11) Node 1: bridge cni0 (10.244.1.1) --v7-- eth0 (10.244.1.2) Pod
//
// A Pod's address is a /32 and its only route leads to its Node, as with most CNI plugins, so that every packet passes the
// Node's Service rules. Nodes route to each other's podCIDRs. A link that is taken down is taken down at the switch: the
// Node keeps its routes and its Pods still reach each other.
// Part of the supervisor process; any thread.
#pragma once

#include "core/kubelet/network/netlink.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace kubarium::kubelet {

// Runs `work` on a short-lived thread inside a network namespace.
Result<void> inNetwork(int networkNamespace, const std::function<Result<void>()>& work);
// Writes a file below /proc/sys, as the calling thread's namespaces see it.
Result<void> writeSysctl(const std::string& name, const std::string& value);

struct NodeNetwork {
    std::string name, ip, podCidr;
    std::string dnsIp;  // answered on the Node; "" for none
};

struct PodNamespaces {
    Descriptor network, ipc, uts;  // network is absent for hostNetwork Pods
    std::string ip;
};

class ClusterNetwork {
public:
    // `address` of the switch, inside the Nodes' /24.
    static Result<std::unique_ptr<ClusterNetwork>> create(const std::string& address);

    Result<void> addNode(const NodeNetwork& node);
    void removeNode(const std::string& name);
    // Takes the Node's cable out of the switch, or puts it back.
    Result<void> setLink(const std::string& node, bool up);

    Result<PodNamespaces> addPod(const std::string& node, const std::string& hostname, bool hostNetwork,
                                 const std::map<std::string, std::string>& sysctls);
    // The namespaces are closed by their owner; this frees the address.
    void removePod(const std::string& node, const std::string& ip);

    // "" is the switch. NotFound when there is no such Node. Valid until the Node is removed.
    Result<int> namespaceOf(const std::string& node);

private:
    struct Node {
        NodeNetwork options;
        int index = 0;
        Descriptor network;
        std::unique_ptr<Netlink> netlink;
        std::uint32_t firstAddress = 0, addressCount = 0, next = 0;  // host byte order
        int prefixLength = 24;
        std::set<std::uint32_t> used;
        std::uint64_t links = 0;
    };
    Result<void> fillNode(Node& node);
    Result<std::uint32_t> takeAddress(Node& node);
    Result<void> fillPod(Node& node, int podNetwork, const std::string& ip, const std::string& link);

    std::mutex mutex_;
    std::string address_;
    Descriptor network_;
    std::unique_ptr<Netlink> netlink_;
    std::map<std::string, std::unique_ptr<Node>> nodes_;
    int lastIndex_ = 0;
};

}  // namespace kubarium::kubelet
