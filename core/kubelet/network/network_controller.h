// What kube-proxy and CoreDNS do in a real cluster: follows Services and EndpointSlices and keeps every real Node's rules and
// the cluster's DNS in agreement with them. Changes are collected for 50 ms, so that a rollout costs each Node a few
// transactions instead of hundreds. The Service `kubernetes` leads to the API server of this engine.
// Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/client/informer.h"
#include "core/kubelet/network/dns_server.h"
#include "core/kubelet/network/nft_rules.h"
#include "core/kubelet/network/service_table.h"
#include "core/kubelet/network/tcp_forwarder.h"
#include "core/kubelet/runtime/substrate.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kubarium::kubelet {

// Connections that a Node has sent to an endpoint of a Service since the endpoint was added there.
struct EndpointTraffic {
    std::string node, nameSpace, service;
    int servicePort = 0;
    std::string endpointIp;
    int endpointPort = 0;
    std::int64_t connections = 0;
};

// The routes that these objects ask for. `apiEndpoint` replaces the endpoints of default/kubernetes if its ip is not "".
ServiceTable makeServiceTable(const std::vector<client::ObjectPtr>& services, const std::vector<client::ObjectPtr>& slices,
                              const ServiceEndpoint& apiEndpoint);
std::shared_ptr<const DnsZone> makeDnsZone(const std::vector<client::ObjectPtr>& services, const std::vector<client::ObjectPtr>& slices);

class NetworkController {
public:
    // Adds handlers to the factory's informers of services and endpointslices; start the factory afterwards.
    // `apiPort`: where the API server listens on the computer's 127.0.0.1; 0 for nowhere.
    NetworkController(Substrate& substrate, client::InformerFactory& informers, std::string dnsAddress, int apiPort);
    ~NetworkController();

    // A Node that the supervisor has, or is making (OciRuntime's constructor).
    void addNode(const std::string& name);
    void removeNode(const std::string& name);

    // Asks the kernel's counters on every Node; those that were ever used.
    void traffic(std::function<void(std::vector<EndpointTraffic>)> reply);

private:
    void changed();
    void sync();
    void syncNode(const std::string& name);

    struct Node {
        NftNames names;
        std::optional<ServiceTable> table;  // that its rules say
        bool busy = false;
    };
    Substrate& substrate_;
    client::Informer& services_;
    client::Informer& slices_;
    DnsServer dns_;
    std::unique_ptr<TcpForwarder> api_;
    ServiceEndpoint apiEndpoint_;
    ServiceTable table_;
    std::map<std::string, Node> nodes_;
    Timer pending_;
    bool waiting_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::kubelet
