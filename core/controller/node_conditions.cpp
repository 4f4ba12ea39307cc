#include "core/controller/node_conditions.h"

#include "core/controller/pods.h"

#include <algorithm>

namespace kubarium::controller {
namespace {

struct Rule {
    std::string_view condition, status, taint;
};
constexpr Rule rules[] = {
    {"Ready", "False", "node.kubernetes.io/not-ready"},
    {"Ready", "Unknown", "node.kubernetes.io/unreachable"},
    {"MemoryPressure", "True", "node.kubernetes.io/memory-pressure"},
    {"DiskPressure", "True", "node.kubernetes.io/disk-pressure"},
    {"NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"},
    {"PIDPressure", "True", "node.kubernetes.io/pid-pressure"},
};
constexpr std::string_view unschedulableTaint = "node.kubernetes.io/unschedulable";

std::string labelOf(const api::Node& node, const std::string& key, const std::string& older) {
    for (const auto& name : {key, older})
        if (const auto it = node.metadata.labels.find(name); it != node.metadata.labels.end()) return it->second;
    return "";
}

}  // namespace

std::string zoneOf(const api::Node& node) {
    const auto region = labelOf(node, "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region");
    const auto zone = labelOf(node, "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
    if (region.empty() && zone.empty()) return "";
    return region + std::string(":\0:", 3) + zone;
}

std::vector<std::string> conditionTaints(const api::Node& node) {
    std::vector<std::string> taints;
    for (const auto& rule : rules)
        if (const auto* condition = findCondition(node.status.conditions, rule.condition); condition && condition->status == rule.status)
            taints.emplace_back(rule.taint);
    if (node.spec.unschedulable.value_or(false)) taints.emplace_back(unschedulableTaint);
    return taints;
}

bool isConditionTaint(const std::string& key) {
    return key == unschedulableTaint || std::ranges::any_of(rules, [&](const Rule& rule) { return rule.taint == key; });
}

bool hasTaint(const api::Node& node, const std::string& key, const std::string& effect) {
    return std::ranges::any_of(node.spec.taints, [&](const api::Taint& taint) { return taint.key == key && taint.effect == effect; });
}

std::vector<api::Taint> swapTaints(std::vector<api::Taint> taints, const std::string& effect, const std::vector<std::string>& add,
                                   const std::vector<std::string>& remove, const std::string& timeAdded) {
    std::erase_if(taints, [&](const api::Taint& taint) { return taint.effect == effect && std::ranges::find(remove, taint.key) != remove.end(); });
    for (const auto& key : add) {
        const bool there = std::ranges::any_of(taints, [&](const api::Taint& taint) { return taint.key == key && taint.effect == effect; });
        if (!there) taints.push_back({effect, key, timeAdded, ""});
    }
    return taints;
}

bool isFullyDisrupted(const std::vector<std::string>& readyStatuses) {
    return !readyStatuses.empty() && std::ranges::find(readyStatuses, "True") == readyStatuses.end();
}

bool isPartiallyDisrupted(const std::vector<std::string>& readyStatuses) {
    const auto down = std::ranges::count_if(readyStatuses, [](const std::string& status) { return status != "True"; });
    return down > 2 && static_cast<double>(down) / static_cast<double>(readyStatuses.size()) >= 0.55;
}

}  // namespace kubarium::controller
