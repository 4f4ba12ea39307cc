#include "core/kubelet/network/nft_rules.h"

#include <fmt/format.h>

namespace kubarium::kubelet {
namespace {

std::string routeName(const ServicePortRoute& route) {
    return fmt::format("{}/{}/{}/{}", route.nameSpace, route.service, route.protocol, route.port);
}

std::string affinitySet(const ServicePortRoute& route, const ServiceEndpoint& endpoint) {
    return "affinity" + endpointName(route, endpoint).substr(8);
}

// Collects the parts of the transaction.
struct Renderer {
    std::string declarations, rules;
    std::string addresses, nodePorts, refused;
    NftNames names;

    void declareChain(const std::string& name) {
        if (names.chains.insert(name).second) declarations += fmt::format("  chain {} {{\n  }}\n", name);
    }
    void chain(const std::string& name, const std::string& body) {
        declareChain(name);
        rules += fmt::format("  chain {} {{\n{}  }}\n", name, body);
    }

    void endpoint(const ServicePortRoute& route, const ServiceEndpoint& endpoint) {
        const auto name = endpointName(route, endpoint);
        if (names.chains.contains(name)) return;
        names.counters.insert(name);
        declarations += fmt::format("  counter {} {{\n  }}\n", name);
        std::string body = fmt::format("    counter name \"{}\"\n", name);
        if (route.affinitySeconds) {
            const auto set = affinitySet(route, endpoint);
            names.sets.insert(set);
            declarations += fmt::format("  set {} {{\n    type ipv4_addr\n    flags dynamic,timeout\n    timeout {}s\n  }}\n", set, *route.affinitySeconds);
            body += fmt::format("    update @{} {{ ip saddr }}\n", set);
        }
        // A Pod that reaches itself through its Service must see another source, or it would answer itself directly.
        body += fmt::format("    ip saddr {} meta mark set meta mark | 0x4000\n", endpoint.ip);
        body += fmt::format("    meta l4proto {} dnat to {}:{}\n", route.protocol, endpoint.ip, endpoint.port);
        chain(name, body);
    }

    // The chain that chooses among endpoints.
    void choose(const std::string& name, const ServicePortRoute& route, const std::vector<const ServiceEndpoint*>& endpoints, const std::string& first) {
        std::string body = first, choices;
        for (std::size_t i = 0; i < endpoints.size(); ++i) {
            endpoint(route, *endpoints[i]);
            if (route.affinitySeconds)
                body += fmt::format("    ip saddr @{} goto {}\n", affinitySet(route, *endpoints[i]), endpointName(route, *endpoints[i]));
            choices += fmt::format("{}{} : goto {}", i == 0 ? "" : ", ", i, endpointName(route, *endpoints[i]));
        }
        body += fmt::format("    numgen random mod {} vmap {{ {} }}\n", endpoints.size(), choices);
        chain(name, body);
    }

    void route(const ServicePortRoute& route, const std::string& node) {
        const auto select = [&](bool local) {
            std::vector<const ServiceEndpoint*> chosen;
            for (const auto& each : route.endpoints)
                if (!local || each.node == node) chosen.push_back(&each);
            return chosen;
        };
        const auto internal = select(route.internalLocal), external = select(route.externalLocal);
        const auto serviceChain = "service-" + routeName(route), externalChain = "external-" + routeName(route);
        const auto add = [](std::string& list, const std::string& element) { list += (list.empty() ? "" : ", ") + element; };
        if (!internal.empty()) choose(serviceChain, route, internal, "");
        if (!route.clusterIp.empty()) {
            const auto key = fmt::format("{} . {} . {}", route.clusterIp, route.protocol, route.port);
            if (!internal.empty()) add(addresses, key + " : goto " + serviceChain);
            // As kube-proxy: without any endpoint refuse at once; without a local one drop.
            else if (route.endpoints.empty()) add(refused, key + " : goto do-reject");
        }
        if (route.nodePort == 0) return;
        if (external.empty()) return;
        // From outside, the answer must come back through this Node; with policy Local it does, and the client's address stays.
        if (route.externalLocal) choose(externalChain, route, external, "");
        else choose(externalChain, route, external, "    meta mark set meta mark | 0x4000\n");
        add(nodePorts, fmt::format("{} . {} : goto {}", route.protocol, route.nodePort, externalChain));
    }
};

constexpr const char* fixedDeclarations = R"(  map service-ips {
    type ipv4_addr . inet_proto . inet_service : verdict
  }
  map service-nodeports {
    type inet_proto . inet_service : verdict
  }
  map no-endpoints {
    type ipv4_addr . inet_proto . inet_service : verdict
  }
  chain do-reject {
  }
  chain services {
  }
  chain nat-prerouting {
    type nat hook prerouting priority -100; policy accept;
  }
  chain nat-output {
    type nat hook output priority -100; policy accept;
  }
  chain nat-postrouting {
    type nat hook postrouting priority 100; policy accept;
  }
  chain filter-forward {
    type filter hook forward priority 0; policy accept;
  }
  chain filter-output {
    type filter hook output priority 0; policy accept;
  }
)";

constexpr const char* fixedRules = R"(  chain do-reject {
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports
  }
  chain nat-prerouting {
    jump services
  }
  chain nat-output {
    jump services
  }
  chain nat-postrouting {
    meta mark & 0x4000 == 0 return
    meta mark set meta mark ^ 0x4000
    masquerade fully-random
  }
  chain filter-forward {
    ct state new ip daddr . meta l4proto . th dport vmap @no-endpoints
  }
  chain filter-output {
    ct state new ip daddr . meta l4proto . th dport vmap @no-endpoints
  }
)";

void removeStale(std::string& text, const char* kind, const std::set<std::string>& before, const std::set<std::string>& now) {
    for (const auto& name : before)
        if (!now.contains(name)) text += fmt::format("delete {} ip kubarium {}\n", kind, name);
}

}  // namespace

std::string endpointName(const ServicePortRoute& route, const ServiceEndpoint& endpoint) {
    return fmt::format("endpoint-{}__{}/{}", routeName(route), endpoint.ip, endpoint.port);
}

NftRules renderServiceRules(const ServiceTable& table, const std::string& node, const NftNames& previous) {
    Renderer renderer;
    for (const auto& route : table.routes)
        if (route.protocol == "tcp" || route.protocol == "udp") renderer.route(route, node);
    NftRules rules;
    rules.text = fmt::format("table ip kubarium {{\n{}{}}}\n", fixedDeclarations, renderer.declarations);
    rules.text += "flush map ip kubarium service-ips\nflush map ip kubarium service-nodeports\nflush map ip kubarium no-endpoints\nflush table ip kubarium\n";
    removeStale(rules.text, "chain", previous.chains, renderer.names.chains);
    removeStale(rules.text, "set", previous.sets, renderer.names.sets);
    removeStale(rules.text, "counter", previous.counters, renderer.names.counters);
    rules.text += fmt::format("table ip kubarium {{\n{}{}}}\n", fixedRules, renderer.rules);
    const auto elements = [&](const char* map, const std::string& list) {
        if (!list.empty()) rules.text += fmt::format("add element ip kubarium {} {{ {} }}\n", map, list);
    };
    elements("service-ips", renderer.addresses);
    elements("service-nodeports", renderer.nodePorts);
    elements("no-endpoints", renderer.refused);
    rules.names = std::move(renderer.names);
    return rules;
}

}  // namespace kubarium::kubelet
