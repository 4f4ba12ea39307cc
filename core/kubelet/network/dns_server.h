// Answers DNS on every real Node at the cluster's DNS address, over UDP and TCP, on the I/O thread. (CoreDNS is Pods in a
// real cluster; here it is part of the engine, reached through sockets that were made inside the Nodes' networks.)
// Engine thread only.
#pragma once

#include "core/kubelet/network/dns_zone.h"
#include "core/kubelet/runtime/substrate.h"

#include <memory>
#include <string>

namespace kubarium::kubelet {

class DnsServer {
public:
    DnsServer(Substrate& substrate, std::string address);
    ~DnsServer();
    DnsServer(const DnsServer&) = delete;

    // The Node must exist in the supervisor.
    void addNode(const std::string& node);
    void removeNode(const std::string& node);
    // Takes effect with the next query.
    void setZone(std::shared_ptr<const DnsZone> zone);

private:
    struct State;
    Substrate& substrate_;
    std::string address_;
    std::shared_ptr<State> state_;
};

}  // namespace kubarium::kubelet
