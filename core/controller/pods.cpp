#include "core/controller/pods.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kubarium::controller {

const api::Condition* findCondition(const std::vector<api::Condition>& conditions, std::string_view type) {
    const auto it = std::ranges::find(conditions, type, &api::Condition::type);
    return it == conditions.end() ? nullptr : &*it;
}

bool isPodReady(const api::Pod& pod) {
    const auto* ready = findCondition(pod.status.conditions, "Ready");
    return ready && ready->status == "True";
}

bool isPodFinished(const api::Pod& pod) { return pod.status.phase == "Succeeded" || pod.status.phase == "Failed"; }

bool isPodActive(const api::Object& pod) {
    const auto phase = pod.string({"status", "phase"});
    return !pod.deleting() && phase != "Succeeded" && phase != "Failed";
}

std::optional<Duration> untilAvailable(const api::Pod& pod, Duration minReady, const Clock& clock) {
    const auto* ready = findCondition(pod.status.conditions, "Ready");
    if (!ready || ready->status != "True" || minReady == Duration{}) return std::nullopt;
    const auto since = parseTime(ready->lastTransitionTime);
    if (!since) return minReady;
    const auto left = minReady - clock.clusterElapsedSince(*since);
    return left > Duration{} ? std::optional(left) : std::nullopt;
}

bool isPodAvailable(const api::Pod& pod, Duration minReady, const Clock& clock) {
    return isPodReady(pod) && !untilAvailable(pod, minReady, clock);
}

json::object controllerReference(const api::Object& owner, std::string_view apiVersion, std::string_view kind) {
    return {{"apiVersion", apiVersion},      {"kind", kind},       {"name", owner.name()}, {"uid", owner.uid()},
            {"controller", true}, {"blockOwnerDeletion", true}};
}

json::object podFromTemplate(const json::value& podTemplate, std::string_view ownerName, json::object reference) {
    json::object metadata{{"generateName", std::string(ownerName) + "-"}};
    for (const auto* field : {"labels", "annotations", "finalizers"})
        if (const auto* value = api::findPath(podTemplate, {"metadata", field})) metadata[field] = *value;
    metadata["ownerReferences"] = json::array{std::move(reference)};
    json::object pod{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", std::move(metadata)}};
    if (const auto* spec = api::findPath(podTemplate, {"spec"})) pod["spec"] = *spec;
    return pod;
}

bool setPodCondition(json::object& status, json::object condition, WallTime now) {
    auto& list = status["conditions"];
    if (!list.is_array()) list.emplace_array();
    auto& conditions = list.get_array();
    const auto type = condition["type"];
    const auto it = std::ranges::find_if(conditions, [&](const json::value& entry) {
        const auto* known = api::findPath(entry, {"type"});
        return known && *known == type;
    });
    if (it == conditions.end()) {
        condition["lastTransitionTime"] = formatTime(now);
        conditions.push_back(std::move(condition));
        return true;
    }
    auto& existing = it->as_object();
    const bool sameStatus = existing["status"] == condition["status"];
    condition["lastTransitionTime"] = sameStatus && existing.contains("lastTransitionTime") ? existing["lastTransitionTime"] : json::value(formatTime(now));
    for (const auto* kept : {"lastProbeTime"})
        if (existing.contains(kept) && !condition.contains(kept)) condition[kept] = existing[kept];
    if (existing == condition) return false;
    existing = std::move(condition);
    return true;
}

}  // namespace kubarium::controller
