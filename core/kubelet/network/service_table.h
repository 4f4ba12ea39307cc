// What Services mean to the network: for each port of each Service where connections go. Built from Service and EndpointSlice
// objects by NetworkController; rendered for a Node by nft_rules, answered to names by DnsZone. Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace kubarium::kubelet {

struct ServiceEndpoint {
    std::string ip;
    int port = 0;
    std::string node;  // "" if unknown
    friend bool operator==(const ServiceEndpoint&, const ServiceEndpoint&) = default;
};

struct ServicePortRoute {
    std::string nameSpace, service, portName;
    std::string protocol = "tcp";  // tcp, udp
    std::string clusterIp;
    int port = 0;
    int nodePort = 0;  // 0: none
    std::optional<int> affinitySeconds;  // sessionAffinity ClientIP
    bool internalLocal = false, externalLocal = false;  // internalTrafficPolicy, externalTrafficPolicy
    std::vector<ServiceEndpoint> endpoints;  // those that get connections
    friend bool operator==(const ServicePortRoute&, const ServicePortRoute&) = default;
};

struct ServiceTable {
    std::vector<ServicePortRoute> routes;
    friend bool operator==(const ServiceTable&, const ServiceTable&) = default;
};

}  // namespace kubarium::kubelet
