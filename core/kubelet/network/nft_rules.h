// The rules that make Services work on one Node, as kube-proxy in its nftables mode writes them: a connection to a Service's
// address is sent to one of its endpoints, chosen at random, by changing its destination (DNAT); connection tracking takes
// care of every later packet and of the answers. `nft list ruleset` on the Node shows exactly this.
#pragma once

#include "core/kubelet/network/service_table.h"

#include <set>
#include <string>

namespace kubarium::kubelet {

// Names of what a rule set consists of beside its fixed parts: kept to remove what is no longer needed.
struct NftNames {
    std::set<std::string> chains, sets, counters;
};

struct NftRules {
    std::string text;  // one transaction for `nft -f -`
    NftNames names;
};

// Pure. Sets (session affinity) and counters that stay keep their contents across a change.
NftRules renderServiceRules(const ServiceTable& table, const std::string& node, const NftNames& previous);

// "endpoint-<namespace>/<service>/<protocol>/<port>__<ip>/<port>": the names of an endpoint's chain and counter.
std::string endpointName(const ServicePortRoute& route, const ServiceEndpoint& endpoint);

}  // namespace kubarium::kubelet
