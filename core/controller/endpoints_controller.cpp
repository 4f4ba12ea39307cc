#include "core/controller/endpoints_controller.h"


#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace kubarium::controller {

namespace resources = api::resources;

namespace {

constexpr const char* headless = "service.kubernetes.io/headless";

json::object addressOf(const api::Endpoint& endpoint) {
    json::object address{{"ip", endpoint.addresses.at(0)}};
    if (!endpoint.hostname.empty()) address["hostname"] = endpoint.hostname;
    if (!endpoint.nodeName.empty()) address["nodeName"] = endpoint.nodeName;
    if (endpoint.targetRef) address["targetRef"] = api::encode(*endpoint.targetRef);
    return address;
}

json::object portOf(const api::EndpointPort& port) {
    json::object tree{{"port", port.port.value_or(0)}, {"protocol", port.protocol}};
    if (!port.name.empty()) tree["name"] = port.name;
    if (!port.appProtocol.empty()) tree["appProtocol"] = port.appProtocol;
    return tree;
}

std::map<std::string, std::string> labelsFor(const api::Service& service) {
    auto labels = service.metadata.labels;
    if (service.spec.clusterIP.empty() || service.spec.clusterIP == "None") labels[headless] = "";
    else labels.erase(headless);
    labels["endpoints.kubernetes.io/managed-by"] = "endpoint-controller";
    return labels;
}

}  // namespace

json::array endpointSubsets(api::Service service, const std::vector<const api::Pod*>& pods) {
    // Endpoints are of one address family.
    if (service.spec.ipFamilies.size() > 1) service.spec.ipFamilies.resize(1);
    const bool all = service.spec.publishNotReadyAddresses.value_or(false);
    std::vector<const api::Pod*> counted;
    for (const auto* pod : pods)
        if (all || pod->metadata.deletionTimestamp.empty()) counted.push_back(pod);

    struct Offered {
        std::optional<api::EndpointPort> port;  // none: of a headless Service without ports
        std::map<std::string, std::pair<bool, json::object>> addresses;  // by IP: ready, as it is written
    };
    std::map<std::tuple<std::string, std::int32_t, std::string, std::string>, Offered> offers;
    for (const auto& group : desiredEndpoints(service, counted, [](const std::string&) { return std::string(); })) {
        const auto offer = [&](Offered& offered) {
            for (const auto& endpoint : group.endpoints)
                offered.addresses.emplace(endpoint.addresses.at(0), std::pair(endpoint.conditions->ready.value_or(false), addressOf(endpoint)));
        };
        if (service.spec.ports.empty() && service.spec.clusterIP == "None") offer(offers[{}]);
        for (const auto& port : group.ports) {
            auto& offered = offers[{port.name, port.port.value_or(0), port.protocol, port.appProtocol}];
            offered.port = port;
            offer(offered);
        }
    }
    std::vector<std::pair<const Offered*, json::array>> sets;
    for (const auto& [key, offered] : offers) {
        auto it = std::ranges::find_if(sets, [&](const auto& set) { return set.first->addresses == offered.addresses; });
        if (it == sets.end()) it = sets.insert(sets.end(), {&offered, {}});
        if (offered.port) it->second.push_back(portOf(*offered.port));
    }
    json::array subsets;
    for (auto& [offered, ports] : sets) {
        json::array ready, notReady;
        for (const auto& [ip, address] : offered->addresses) (address.first ? ready : notReady).push_back(address.second);
        json::object subset;
        if (!ready.empty()) subset["addresses"] = std::move(ready);
        if (!notReady.empty()) subset["notReadyAddresses"] = std::move(notReady);
        if (!ports.empty()) subset["ports"] = std::move(ports);
        if (subset.contains("addresses") || subset.contains("notReadyAddresses")) subsets.push_back(std::move(subset));
    }
    return subsets;
}

EndpointsController::EndpointsController(ControllerContext context)
    : Controller(context, "endpoint", "endpoint-controller"),
      services_(informer(resources::services)),
      endpoints_(informer(endpointsResource)),
      queue_(addQueue([this](std::string key) { return reconcile(std::move(key)); })),
      pods_(services_, informer(resources::pods), [this](const std::string& key) { queue_.add(key); }) {
    const auto enqueue = [this](const ObjectPtr& object) { queue_.add(object->key()); };
    services_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, enqueue});
    endpoints_.addHandler({nullptr, nullptr, enqueue});
}

// Those whose Service went while nobody looked.
void EndpointsController::start() {
    for (const auto& [key, endpoints] : endpoints_.all()) queue_.add(key);
}

Async<Result<void>> EndpointsController::reconcile(std::string key) {
    const auto object = services_.get(key);
    const auto present = endpoints_.get(key);
    if (!object) {
        triggers_.forget(key);
        // Its Service is gone. Those that elect a leader have none.
        if (!present || present->find({"metadata", "annotations", "control-plane.alpha.kubernetes.io/leader"})) co_return Result<void>();
        auto removed = co_await calls_.remove(endpointsResource, std::string(present->nameSpace()), std::string(present->name()));
        if (!removed && removed.error().reason != Reason::NotFound) co_return removed.error();
        co_return Result<void>();
    }
    const auto& service = object->as<api::Service>();
    if (service.spec.type == "ExternalName" || service.spec.selector.empty()) co_return Result<void>();
    const auto selected = pods_.of(service);
    const auto& pods = selected.pods;
    auto trigger = triggers_.of(key, service, pods);
    auto subsets = endpointSubsets(service, pods);
    const auto labels = labelsFor(service);
    const auto* before = present ? present->find({"subsets"}) : nullptr;
    const bool sameSubsets = before && before->is_array() ? before->get_array() == subsets : subsets.empty();
    if (present && sameSubsets && api::metaOf(*present).labels == labels) co_return Result<void>();

    auto tree = present ? present->tree() : json::object{{"apiVersion", "v1"}, {"kind", "Endpoints"}, {"metadata", {{"name", service.metadata.name}, {"namespace", service.metadata.nameSpace}}}};
    if (subsets.empty()) tree.erase("subsets");
    else tree["subsets"] = std::move(subsets);
    auto& metadata = api::ensureObject(tree, {"metadata"});
    json::object labelled;
    for (const auto& [name, value] : labels) labelled[name] = value;
    metadata["labels"] = std::move(labelled);
    auto& annotations = api::ensureObject(metadata, {"annotations"});
    annotations.erase(triggerAnnotation);
    if (!trigger.empty()) annotations[triggerAnnotation] = trigger;
    if (annotations.empty()) metadata.erase("annotations");
    note(key, present ? "endpoints changed" : "endpoints created");
    Result<ObjectPtr> written = present;
    if (present) written = co_await calls_.update(endpointsResource, std::move(tree));
    else written = co_await calls_.create(endpointsResource, service.metadata.nameSpace, std::move(tree));
    if (written) co_return Result<void>();
    // The namespace is going, or the cache has not seen what was written last.
    if (written.error().reason == Reason::Forbidden && !present) co_return Result<void>();
    co_return written.error();
}

}  // namespace kubarium::controller
