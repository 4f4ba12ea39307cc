#include "core/controller/replica_set_ranking.h"

#include "core/api/types/pod.h"
#include "core/controller/pods.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace kubarium::controller {
namespace {

struct Ranked {
    api::ObjectPtr object;
    const api::Pod* pod = nullptr;
    int siblings = 0;
    int phase = 0;
    bool ready = false;
    std::int32_t cost = 0;
    int restarts = 0;
    std::optional<WallTime> readySince, created;
};

std::int32_t deletionCost(const api::Pod& pod) {
    const auto it = pod.metadata.annotations.find("controller.kubernetes.io/pod-deletion-cost");
    if (it == pod.metadata.annotations.end()) return 0;
    std::int32_t cost = 0;
    const auto& text = it->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cost);
    return error == std::errc{} && end == text.data() + text.size() ? cost : 0;
}

int mostRestarts(const api::Pod& pod) {
    int most = 0;
    for (const auto& status : pod.status.containerStatuses) most = std::max(most, static_cast<int>(status.restartCount));
    return most;
}

Ranked rank(const api::ObjectPtr& object, const std::map<std::string, int>& onNode) {
    Ranked ranked;
    ranked.object = object;
    ranked.pod = &object->as<api::Pod>();
    const auto& pod = *ranked.pod;
    if (const auto it = onNode.find(pod.spec.nodeName); it != onNode.end()) ranked.siblings = it->second;
    ranked.phase = pod.status.phase == "Running" ? 2 : pod.status.phase == "Unknown" ? 1 : 0;
    ranked.ready = isPodReady(pod);
    ranked.cost = deletionCost(pod);
    ranked.restarts = mostRestarts(pod);
    if (ranked.ready) ranked.readySince = parseTime(findCondition(pod.status.conditions, "Ready")->lastTransitionTime);
    ranked.created = parseTime(pod.metadata.creationTimestamp);
    return ranked;
}

// Negative if `a` is younger by a power of two, 0 if they count as equally old.
std::int64_t ageDifference(WallTime a, WallTime b, WallTime now) {
    const auto scaled = [&](WallTime time) {
        const auto age = (now - time).count();
        return age > 0 ? static_cast<std::int64_t>(std::llround(std::log2(static_cast<double>(age)))) : -1;
    };
    return scaled(a) - scaled(b);
}

// Whether `a` goes before `b` by age; nullopt if both are the same instant.
std::optional<bool> younger(const Ranked& a, const Ranked& b, std::optional<WallTime> Ranked::*time, WallTime now) {
    const auto &left = a.*time, &right = b.*time;
    if (left == right) return std::nullopt;
    if (!left || !right) return !left;
    const auto difference = ageDifference(*left, *right, now);
    return difference == 0 ? a.object->uid() < b.object->uid() : difference < 0;
}

bool goesFirst(const Ranked& a, const Ranked& b, WallTime now) {
    const bool placedA = !a.pod->spec.nodeName.empty(), placedB = !b.pod->spec.nodeName.empty();
    if (placedA != placedB) return !placedA;
    if (a.phase != b.phase) return a.phase < b.phase;
    if (a.ready != b.ready) return !a.ready;
    if (a.cost != b.cost) return a.cost < b.cost;
    if (a.siblings != b.siblings) return a.siblings > b.siblings;
    if (a.ready)
        if (const auto first = younger(a, b, &Ranked::readySince, now)) return *first;
    if (a.restarts != b.restarts) return a.restarts > b.restarts;
    return younger(a, b, &Ranked::created, now).value_or(false);
}

}  // namespace

std::vector<api::ObjectPtr> podsToDelete(std::vector<api::ObjectPtr> pods, const std::vector<api::ObjectPtr>& related, std::size_t count, WallTime now) {
    if (count >= pods.size()) return pods;
    std::map<std::string, int> onNode;
    for (const auto& pod : related)
        if (isPodActive(*pod)) ++onNode[std::string(pod->string({"spec", "nodeName"}))];
    std::vector<Ranked> ranked;
    for (const auto& pod : pods) ranked.push_back(rank(pod, onNode));
    std::ranges::stable_sort(ranked, [&](const Ranked& a, const Ranked& b) { return goesFirst(a, b, now); });
    std::vector<api::ObjectPtr> chosen;
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(ranked[i].object);
    return chosen;
}

}  // namespace kubarium::controller
