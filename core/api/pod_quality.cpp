#include "core/api/pod_quality.h"

#include "core/api/quantity.h"

#include <boost/json.hpp>

#include <map>
#include <string>

namespace kubarium::api {

namespace {

std::map<std::string, Quantity> computeResources(const json::value* list) {
    std::map<std::string, Quantity> result;
    const auto* object = list ? list->if_object() : nullptr;
    if (!object) return result;
    for (const auto& [name, value] : *object) {
        if (name != "cpu" && name != "memory") continue;
        const auto* text = value.if_string();
        if (!text) continue;
        if (const auto quantity = Quantity::parse(*text); quantity && !quantity->isZero()) result.emplace(name, *quantity);
    }
    return result;
}

}  // namespace

std::string_view podQualityOfService(const json::object& pod) {
    bool any = false, guaranteed = true;
    const auto* spec = pod.if_contains("spec");
    if (!spec) return "BestEffort";
    for (const std::string_view list : {"containers", "initContainers"}) {
        const auto* containers = findPath(*spec, {list});
        if (!containers || !containers->is_array()) continue;
        for (const auto& container : containers->get_array()) {
            const auto requests = computeResources(findPath(container, {"resources", "requests"}));
            const auto limits = computeResources(findPath(container, {"resources", "limits"}));
            any = any || !requests.empty() || !limits.empty();
            if (limits.size() != 2) guaranteed = false;
            for (const auto& [name, request] : requests) {
                const auto limit = limits.find(name);
                if (limit == limits.end() || !(limit->second == request)) guaranteed = false;
            }
        }
    }
    if (!any) return "BestEffort";
    return guaranteed ? "Guaranteed" : "Burstable";
}

}  // namespace kubarium::api
