#include "core/controller/deployment_plan.h"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace kubarium::controller {

int scaledValue(const json::value& intOrPercent, int total, bool roundUp, int fallback) {
    if (const auto* number = intOrPercent.if_int64()) return static_cast<int>(*number);
    if (const auto* number = intOrPercent.if_uint64()) return static_cast<int>(*number);
    const auto* text = intOrPercent.if_string();
    if (!text || !text->ends_with('%')) return fallback;
    int percent = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size() - 1, percent);
    if (error != std::errc{}) return fallback;
    const double value = static_cast<double>(percent) * total / 100.0;
    return static_cast<int>(roundUp ? std::ceil(value) : std::floor(value));
}

namespace {

int wantedReplicas(const api::Deployment& deployment) { return deployment.spec.replicas.value_or(1); }

bool isRolling(const api::Deployment& deployment) { return !deployment.spec.strategy || deployment.spec.strategy->type != "Recreate"; }

Bounds fenceposts(const api::Deployment& deployment) {
    const json::value quarter("25%");
    const auto* rolling = deployment.spec.strategy && deployment.spec.strategy->rollingUpdate ? &*deployment.spec.strategy->rollingUpdate : nullptr;
    const auto& surge = rolling && !rolling->maxSurge.is_null() ? rolling->maxSurge : quarter;
    const auto& unavailable = rolling && !rolling->maxUnavailable.is_null() ? rolling->maxUnavailable : quarter;
    Bounds bounds{scaledValue(surge, wantedReplicas(deployment), true, 0), scaledValue(unavailable, wantedReplicas(deployment), false, 0)};
    if (bounds.surge == 0 && bounds.unavailable == 0) bounds.unavailable = 1;
    return bounds;
}

int sum(const std::vector<SetSize>& sets, int SetSize::*field) {
    return std::accumulate(sets.begin(), sets.end(), 0, [&](int total, const SetSize& set) { return total + set.*field; });
}

// What a ReplicaSet's share of the change is: it keeps its proportion of the maximum that held before.
int share(const api::Deployment& deployment, const SetSize& set, int surge, int toAdd, int added) {
    if (set.replicas == 0 || toAdd == 0 || toAdd == added) return 0;
    int fraction = 0;
    if (wantedReplicas(deployment) == 0) {
        fraction = -set.replicas;
    } else {
        const int before = set.maxReplicas > 0 ? set.maxReplicas : deployment.status.replicas.value_or(0);
        if (before == 0) return 0;
        const double size = static_cast<double>(set.replicas) * (wantedReplicas(deployment) + surge) / before;
        fraction = static_cast<int>(std::lround(size)) - set.replicas;
    }
    const int allowed = toAdd - added;
    return toAdd > 0 ? std::min(fraction, allowed) : std::max(fraction, allowed);
}

}  // namespace

Bounds rollingBounds(const api::Deployment& deployment) {
    if (!isRolling(deployment)) return {};
    auto bounds = fenceposts(deployment);
    if (wantedReplicas(deployment) == 0) bounds.unavailable = 0;
    bounds.unavailable = std::min(bounds.unavailable, wantedReplicas(deployment));
    return bounds;
}

int newSetSize(const api::Deployment& deployment, int newSetReplicas, int allReplicas) {
    const int wanted = wantedReplicas(deployment);
    if (!isRolling(deployment)) return wanted;
    const int most = wanted + fenceposts(deployment).surge;
    if (allReplicas >= most) return newSetReplicas;
    return newSetReplicas + std::min(most - allReplicas, wanted - newSetReplicas);
}

std::vector<int> proportionalSizes(const api::Deployment& deployment, const std::vector<SetSize>& sets) {
    const int wanted = wantedReplicas(deployment), surge = rollingBounds(deployment).surge;
    const int toAdd = (wanted > 0 ? wanted + surge : 0) - sum(sets, &SetSize::replicas);
    std::vector<std::size_t> order(sets.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
        if (sets[a].replicas != sets[b].replicas) return sets[a].replicas > sets[b].replicas;
        if (sets[a].created == sets[b].created) return toAdd > 0 ? sets[a].name > sets[b].name : sets[a].name < sets[b].name;
        return toAdd > 0 ? sets[a].created > sets[b].created : sets[a].created < sets[b].created;
    });
    std::vector<int> sizes(sets.size());
    int added = 0;
    for (const auto index : order) {
        const int proportion = share(deployment, sets[index], surge, toAdd, added);
        sizes[index] = sets[index].replicas + proportion;
        added += proportion;
    }
    if (!order.empty() && toAdd != 0) sizes[order[0]] = std::max(0, sizes[order[0]] + toAdd - added);
    return sizes;
}

std::vector<int> shrinkOldSets(const api::Deployment& deployment, const std::vector<SetSize>& old, const SetSize& newSet) {
    std::vector<int> sizes;
    for (const auto& set : old) sizes.push_back(set.replicas);
    const int oldPods = sum(old, &SetSize::replicas);
    if (oldPods == 0) return sizes;
    const int minAvailable = wantedReplicas(deployment) - rollingBounds(deployment).unavailable;
    // Pods of the new ReplicaSet that are not available yet may still become so: they count as unavailable already.
    const int mostDown = oldPods + newSet.replicas - minAvailable - (newSet.replicas - newSet.available);
    if (mostDown <= 0) return sizes;
    // What does not work anyway goes first: that costs no availability.
    int down = 0;
    for (std::size_t i = 0; i < old.size() && down < mostDown; ++i) {
        const int unhealthy = std::min(mostDown - down, sizes[i] - old[i].available);
        if (sizes[i] == 0 || unhealthy <= 0) continue;
        sizes[i] -= unhealthy;
        down += unhealthy;
    }
    const int spare = sum(old, &SetSize::available) + newSet.available - minAvailable;
    for (int left = spare, i = 0; left > 0 && i < static_cast<int>(old.size()); ++i) {
        auto& size = sizes[static_cast<std::size_t>(i)];
        const int step = std::min(size, left);
        size -= step;
        left -= step;
    }
    return sizes;
}

}  // namespace kubarium::controller
