#include "core/api/strategy_service.h"

#include <boost/json.hpp>

#include <algorithm>
#include <map>

namespace kubarium::api {

namespace {

json::object& specOf(json::object& service) { return ensureObject(service, {"spec"}); }

const json::object& specOf(const json::object& service) {
    static const json::object none;
    const auto* spec = service.if_contains("spec");
    return spec && spec->is_object() ? spec->get_object() : none;
}

bool hasType(const json::object& spec, std::initializer_list<std::string_view> types) {
    const auto type = stringAt(spec, {"type"});
    return std::ranges::find(types, type) != types.end();
}

bool needsClusterIp(const json::object& spec) { return hasType(spec, {"ClusterIP", "NodePort", "LoadBalancer"}); }
bool needsNodePort(const json::object& spec) {
    const auto* allocate = spec.if_contains("allocateLoadBalancerNodePorts");
    return hasType(spec, {"NodePort"}) || (hasType(spec, {"LoadBalancer"}) && !(allocate && *allocate == json::value(false)));
}
bool needsHealthCheckPort(const json::object& spec) { return hasType(spec, {"LoadBalancer"}) && stringAt(spec, {"externalTrafficPolicy"}) == "Local"; }
bool isExternallyAccessible(const json::object& spec) {
    const auto* addresses = spec.if_contains("externalIPs");
    return hasType(spec, {"NodePort", "LoadBalancer"}) || (hasType(spec, {"ClusterIP"}) && addresses && addresses->is_array() && !addresses->get_array().empty());
}

void dropIfSame(const json::object& before, json::object& after, std::string_view field) {
    const auto* old = before.if_contains(field);
    const auto* now = after.if_contains(field);
    if (old && now && *old == *now) after.erase(field);
}

std::map<std::string, std::int64_t> nodePorts(const json::object& spec) {
    std::map<std::string, std::int64_t> ports;
    const auto* list = spec.if_contains("ports");
    if (!list || !list->is_array()) return ports;
    for (const auto& port : list->get_array())
        if (const auto* number = findPath(port, {"nodePort"}); number && number->is_number()) ports[std::string(stringAt(port, {"name"}))] = number->to_number<std::int64_t>();
    return ports;
}

}  // namespace

void unifyClusterIps(const json::object& oldService, json::object& newService) {
    const auto& before = specOf(oldService);
    auto& after = specOf(newService);
    const auto old = stringAt(before, {"clusterIP"}), now = stringAt(after, {"clusterIP"});
    const auto* oldList = before.if_contains("clusterIPs");
    const auto* list = after.if_contains("clusterIPs");
    if (old == now || !oldList || !list || *oldList != *list) return;
    if (now.empty()) after.erase("clusterIPs");
    else after["clusterIPs"] = json::array{json::string(now)};
}

void dropTypeDependentFields(const json::object& oldService, json::object& newService) {
    const auto& before = specOf(oldService);
    auto& after = specOf(newService);
    if (needsClusterIp(before) && !needsClusterIp(after)) {
        const bool sameAddresses = stringAt(before, {"clusterIP"}) == stringAt(after, {"clusterIP"});
        for (const auto* field : {"ipFamilies", "ipFamilyPolicy"}) dropIfSame(before, after, field);
        if (sameAddresses)
            for (const auto* field : {"clusterIP", "clusterIPs"}) dropIfSame(before, after, field);
    }
    if (needsNodePort(before) && !needsNodePort(after) && nodePorts(before) == nodePorts(after)) {
        auto* ports = after.if_contains("ports");
        if (ports && ports->is_array())
            for (auto& port : ports->get_array())
                if (port.is_object()) port.get_object().erase("nodePort");
    }
    if (needsHealthCheckPort(before) && !needsHealthCheckPort(after)) dropIfSame(before, after, "healthCheckNodePort");
    if (hasType(before, {"LoadBalancer"}) && !hasType(after, {"LoadBalancer"})) {
        dropIfSame(before, after, "allocateLoadBalancerNodePorts");
        dropIfSame(before, after, "loadBalancerClass");
    }
    if (isExternallyAccessible(before) && !isExternallyAccessible(after)) dropIfSame(before, after, "externalTrafficPolicy");
    if (!hasType(after, {"LoadBalancer"})) ensureObject(newService, {"status"})["loadBalancer"] = json::object{};
}

}  // namespace kubarium::api
