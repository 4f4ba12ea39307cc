#include "core/kubelet/network/network_controller.h"

#include "core/api/types/service.h"
#include "core/base/log.h"
#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kubarium::kubelet {
namespace {

using client::ObjectPtr;

constexpr auto collectFor = std::chrono::milliseconds(50);
constexpr int apiPortInCluster = 6443;
constexpr int defaultAffinitySeconds = 10800;
constexpr const char* serviceOfSlice = "kubernetes.io/service-name";

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

// Slices by the key of their Service.
std::map<std::string, std::vector<const api::EndpointSlice*>> slicesByService(const std::vector<ObjectPtr>& slices) {
    std::map<std::string, std::vector<const api::EndpointSlice*>> all;
    for (const auto& slice : slices) {
        const auto& decoded = slice->as<api::EndpointSlice>();
        const auto service = slice->label(serviceOfSlice);
        if (!service.empty() && (decoded.addressType.empty() || decoded.addressType == "IPv4"))
            all[std::string(slice->nameSpace()) + "/" + std::string(service)].push_back(&decoded);
    }
    return all;
}

// The endpoints of one port: those that are ready or, if none is, those that still serve while they end.
std::vector<ServiceEndpoint> endpointsOf(const std::vector<const api::EndpointSlice*>& slices, const std::string& portName) {
    std::vector<ServiceEndpoint> ready, serving;
    for (const auto* slice : slices)
        for (const auto& port : slice->ports) {
            if (port.name != portName || !port.port) continue;
            for (const auto& endpoint : slice->endpoints) {
                if (endpoint.addresses.empty()) continue;
                const ServiceEndpoint found{endpoint.addresses.front(), *port.port, endpoint.nodeName};
                const auto conditions = endpoint.conditions.value_or(api::EndpointConditions{});
                if (conditions.ready.value_or(true)) ready.push_back(found);
                else if (conditions.serving.value_or(false) && conditions.terminating.value_or(false)) serving.push_back(found);
            }
        }
    auto& chosen = ready.empty() ? serving : ready;
    const auto order = [](const ServiceEndpoint& a, const ServiceEndpoint& b) { return std::tie(a.ip, a.port) < std::tie(b.ip, b.port); };
    std::sort(chosen.begin(), chosen.end(), order);
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return std::move(chosen);
}

std::vector<ObjectPtr> objectsOf(const client::Informer& informer) {
    std::vector<ObjectPtr> all;
    for (const auto& [key, object] : informer.all()) all.push_back(object);
    return all;
}

std::string dashed(std::string ip) {
    std::replace(ip.begin(), ip.end(), '.', '-');
    return ip;
}

// A headless Service's names: all its endpoints, and each one by its hostname.
void addHeadless(DnsZone& zone, const std::string& name, const api::Service& service, const std::vector<const api::EndpointSlice*>& slices) {
    std::set<std::string> seen;
    for (const auto* slice : slices)
        for (const auto& endpoint : slice->endpoints) {
            const auto conditions = endpoint.conditions.value_or(api::EndpointConditions{});
            if (endpoint.addresses.empty() || (!conditions.ready.value_or(true) && !service.spec.publishNotReadyAddresses.value_or(false))) continue;
            const auto& ip = endpoint.addresses.front();
            const auto own = (endpoint.hostname.empty() ? dashed(ip) : endpoint.hostname) + "." + name;
            if (seen.insert(ip).second) {
                zone.addAddress(name, ip);
                zone.addAddress(own, ip);
                if (!endpoint.hostname.empty()) zone.addPointer(ip, own);
            }
            for (const auto& port : slice->ports)
                if (!port.name.empty() && port.port)
                    zone.addService(fmt::format("_{}._{}.{}", port.name, lower(port.protocol.empty() ? "TCP" : port.protocol), name), *port.port, own);
        }
}

}  // namespace

ServiceTable makeServiceTable(const std::vector<ObjectPtr>& services, const std::vector<ObjectPtr>& slices, const ServiceEndpoint& apiEndpoint) {
    ServiceTable table;
    const auto byService = slicesByService(slices);
    for (const auto& object : services) {
        const auto& service = object->as<api::Service>();
        if (service.spec.clusterIP.empty() || service.spec.clusterIP == "None" || service.spec.type == "ExternalName") continue;
        const auto found = byService.find(object->key());
        for (const auto& port : service.spec.ports) {
            ServicePortRoute route;
            route.nameSpace = object->nameSpace();
            route.service = object->name();
            route.portName = port.name;
            route.protocol = lower(port.protocol.empty() ? "TCP" : port.protocol);
            route.clusterIp = service.spec.clusterIP;
            route.port = port.port;
            route.nodePort = port.nodePort.value_or(0);
            route.internalLocal = service.spec.internalTrafficPolicy == "Local";
            route.externalLocal = service.spec.externalTrafficPolicy == "Local";
            if (service.spec.sessionAffinity == "ClientIP") {
                const auto& config = service.spec.sessionAffinityConfig;
                route.affinitySeconds = config && config->clientIP ? config->clientIP->timeoutSeconds.value_or(defaultAffinitySeconds) : defaultAffinitySeconds;
            }
            if (found != byService.end()) route.endpoints = endpointsOf(found->second, port.name);
            if (!apiEndpoint.ip.empty() && object->key() == "default/kubernetes") route.endpoints = {apiEndpoint};
            table.routes.push_back(std::move(route));
        }
    }
    return table;
}

std::shared_ptr<const DnsZone> makeDnsZone(const std::vector<ObjectPtr>& services, const std::vector<ObjectPtr>& slices) {
    auto zone = std::make_shared<DnsZone>();
    const auto byService = slicesByService(slices);
    for (const auto& object : services) {
        const auto& service = object->as<api::Service>();
        const auto name = fmt::format("{}.{}.svc.cluster.local", object->name(), object->nameSpace());
        if (service.spec.type == "ExternalName") {
            if (!service.spec.externalName.empty()) zone->addAlias(name, service.spec.externalName);
            continue;
        }
        if (service.spec.clusterIP == "None") {
            const auto found = byService.find(object->key());
            if (found != byService.end()) addHeadless(*zone, name, service, found->second);
            continue;
        }
        if (service.spec.clusterIP.empty()) continue;
        zone->addAddress(name, service.spec.clusterIP);
        zone->addPointer(service.spec.clusterIP, name);
        for (const auto& port : service.spec.ports)
            if (!port.name.empty())
                zone->addService(fmt::format("_{}._{}.{}", port.name, lower(port.protocol.empty() ? "TCP" : port.protocol), name), port.port, name);
    }
    return zone;
}

NetworkController::NetworkController(Substrate& substrate, client::InformerFactory& informers, std::string dnsAddress, int apiPort)
    : substrate_(substrate),
      services_(informers.informer(api::resources::services)),
      slices_(informers.informer(api::resources::endpointSlices)),
      dns_(substrate, std::move(dnsAddress)) {
    if (apiPort > 0) {
        const auto& address = substrate.options().switchAddress;
        api_ = TcpForwarder::intoHost(substrate, {}, address, apiPortInCluster, apiPort);
        apiEndpoint_ = {address, apiPortInCluster, ""};
    }
    for (auto* informer : {&services_, &slices_}) {
        const auto tell = [this, alive = std::weak_ptr<bool>(alive_)] {
            if (!alive.expired()) changed();
        };
        informer->addHandler({[tell](const ObjectPtr&) { tell(); }, [tell](const ObjectPtr&, const ObjectPtr&) { tell(); }, [tell](const ObjectPtr&) { tell(); }});
    }
}

NetworkController::~NetworkController() = default;

void NetworkController::addNode(const std::string& name) {
    nodes_.try_emplace(name);
    // The supervisor keeps the order of requests for a Node only among those that name it as their key: wait for the Node.
    substrate_.request({{"op", "nodeExists"}, {"node", name}}, [this, name, alive = std::weak_ptr<bool>(alive_)](Result<SupervisorReply> reply) {
        if (alive.expired() || !nodes_.contains(name)) return;
        if (!reply) {
            logWarn("network", "Node {}: {}", name, reply.error().message);
            return;
        }
        dns_.addNode(name);
        nodes_[name].table.reset();
        changed();
    });
}

void NetworkController::removeNode(const std::string& name) {
    nodes_.erase(name);
    dns_.removeNode(name);
}

void NetworkController::changed() {
    if (std::exchange(waiting_, true)) return;
    pending_ = substrate_.clock().afterReal(collectFor, [this] {
        waiting_ = false;
        sync();
    });
}

void NetworkController::sync() {
    if (!services_.synced() || !slices_.synced()) {
        changed();
        return;
    }
    const auto services = objectsOf(services_), slices = objectsOf(slices_);
    table_ = makeServiceTable(services, slices, apiEndpoint_);
    dns_.setZone(makeDnsZone(services, slices));
    for (const auto& [name, node] : nodes_) syncNode(name);
}

void NetworkController::syncNode(const std::string& name) {
    auto& node = nodes_[name];
    if (node.busy || node.table == table_) return;
    auto rules = renderServiceRules(table_, name, node.names);
    // If this transaction fails nothing of it happened, so the names that the kernel may have are those of before.
    auto names = std::make_shared<NftNames>(std::move(rules.names));
    node.busy = true;
    json::object request{{"op", "filter"}, {"filterNode", name}, {"rules", std::move(rules.text)}};
    substrate_.request(std::move(request), [this, name, names, table = table_, alive = std::weak_ptr<bool>(alive_)](Result<SupervisorReply> reply) {
        if (alive.expired() || !nodes_.contains(name)) return;
        auto& done = nodes_[name];
        done.busy = false;
        if (!reply) {
            logWarn("network", "the rules of Node {}: {}", name, reply.error().message);
            done.table = table;  // the next change tries again
            return;
        }
        done.names = std::move(*names);
        done.table = table;
        syncNode(name);
    });
}

void NetworkController::traffic(std::function<void(std::vector<EndpointTraffic>)> reply) {
    struct Collected {
        std::vector<EndpointTraffic> all;
        std::size_t missing = 0;
    };
    const auto collected = std::make_shared<Collected>();
    const auto shared = std::make_shared<std::function<void(std::vector<EndpointTraffic>)>>(std::move(reply));
    std::vector<std::string> ready;
    for (const auto& [name, node] : nodes_)
        if (node.table) ready.push_back(name);
    collected->missing = ready.size();
    if (ready.empty()) {
        substrate_.executor().post([shared] { (*shared)({}); });
        return;
    }
    for (const auto& name : ready) {
        json::object request{{"op", "filter"}, {"filterNode", name}, {"arguments", json::array{"-j", "list", "counters", "table", "ip", "kubarium"}}};
        substrate_.request(std::move(request), [this, name, collected, shared, alive = std::weak_ptr<bool>(alive_)](Result<SupervisorReply> answer) {
            if (alive.expired()) return;
            std::map<std::string, std::int64_t> packets;
            boost::system::error_code failure;
            const auto value = answer ? json::parse(wire::text(answer->body, "output"), failure) : json::value();
            if (!failure && value.is_object())
                if (const auto* list = value.get_object().if_contains("nftables"); list != nullptr && list->is_array())
                    for (const auto& entry : list->get_array())
                        if (const auto* counter = entry.is_object() ? entry.get_object().if_contains("counter") : nullptr; counter != nullptr && counter->is_object())
                            packets[wire::text(counter->get_object(), "name")] = wire::number(counter->get_object(), "packets");
            for (const auto& route : table_.routes)
                for (const auto& endpoint : route.endpoints)
                    if (const auto it = packets.find(endpointName(route, endpoint)); it != packets.end() && it->second > 0)
                        collected->all.push_back({name, route.nameSpace, route.service, route.port, endpoint.ip, endpoint.port, it->second});
            if (--collected->missing == 0) (*shared)(std::move(collected->all));
        });
    }
}

}  // namespace kubarium::kubelet
