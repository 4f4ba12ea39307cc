#include "core/scheduler/explanation/neighbourhood.h"

#include "core/scheduler/plugins/plugins.h"

#include <algorithm>

namespace kubarium::scheduler {
namespace {

const Labels noLabels;
const Neighbourhood::Pods nobody;

const std::string* labelOf(const NodeInfo& node, const std::string& key) {
    const auto it = node.labels.find(key);
    return it == node.labels.end() ? nullptr : &it->second;
}

void note(Neighbourhood::Pods& pods, const PodInfoPtr& pod) {
    if (pods.size() < Neighbourhood::most && std::ranges::find(pods, pod) == pods.end()) pods.push_back(pod);
}

bool sharesClaim(const PodInfo& a, const PodInfo& b) {
    return a.nameSpace == b.nameSpace && std::ranges::any_of(a.claims, [&](const auto& claim) { return std::ranges::find(b.claims, claim) != b.claims.end(); });
}

}  // namespace

const Neighbourhood::Pods& Neighbourhood::excluded(std::size_t index, const NodeInfo& asked) {
    const auto [entry, isNew] = excluded_.try_emplace(index);
    auto& domains = entry->second;
    const auto& key = world_.pod->requiredAntiAffinity.at(index).topologyKey;
    if (isNew) {
        const auto term = withSelectedNamespaces({world_.pod->requiredAntiAffinity.at(index)}, *world_.snapshot.objects).front();
        for (const auto& node : world_.snapshot.nodes) {
            const auto* value = labelOf(*node, key);
            if (!value) continue;
            auto& pods = domains[*value];
            for (const auto& pod : node->pods)
                if (pods.size() < most && term.matches(pod->nameSpace, pod->labels, noLabels)) note(pods, pod);
        }
    }
    const auto* value = labelOf(asked, key);
    const auto found = value ? domains.find(*value) : domains.end();
    return found == domains.end() ? nobody : found->second;
}

Neighbourhood::Pods Neighbourhood::excluding(const NodeInfo& asked) {
    if (!excluding_) {
        excluding_.emplace();
        const auto& pod = *world_.pod;
        const auto own = world_.snapshot.objects->namespaces.find(pod.nameSpace);
        const auto& labels = own == world_.snapshot.objects->namespaces.end() ? noLabels : own->second;
        for (const auto& node : world_.snapshot.nodes)
            for (const auto& existing : node->podsWithAntiAffinity)
                for (const auto& term : existing->requiredAntiAffinity)
                    if (const auto* value = labelOf(*node, term.topologyKey); value && term.matches(pod.nameSpace, pod.labels, labels)) note((*excluding_)[term.topologyKey][*value], existing);
    }
    Pods all;
    for (const auto& [key, domains] : *excluding_) {
        const auto* value = labelOf(asked, key);
        const auto found = value ? domains.find(*value) : domains.end();
        if (found == domains.end()) continue;
        for (const auto& pod : found->second) note(all, pod);
    }
    return all;
}

const std::string* Neighbourhood::home(std::size_t index) {
    const auto [entry, isNew] = homes_.try_emplace(index);
    auto& home = entry->second;
    const auto& term = world_.pod->requiredAffinity.at(index);
    for (std::size_t i = 0; isNew && !home && i < world_.snapshot.nodes.size(); ++i) {
        const auto& node = *world_.snapshot.nodes[i];
        const auto* value = labelOf(node, term.topologyKey);
        if (value && std::ranges::any_of(node.pods, [&](const auto& pod) { return term.matches(pod->nameSpace, pod->labels, noLabels); })) home = *value;
    }
    return home ? &*home : nullptr;
}

const std::map<std::string, std::int64_t>& Neighbourhood::spread(std::size_t index) {
    const auto [entry, isNew] = spread_.try_emplace(index);
    auto& domains = entry->second;
    if (!isNew) return domains;
    const auto& pod = *world_.pod;
    const auto& constraint = pod.spread.at(index);
    std::vector<SpreadConstraint> hard;
    std::ranges::copy_if(pod.spread, std::back_inserter(hard), &SpreadConstraint::hard);
    for (const auto& node : world_.snapshot.nodes) {
        if (!hasAllTopologyKeys(node->labels, hard) || !countsForSpread(pod, *node, constraint)) continue;
        auto& count = domains[node->labels.at(constraint.topologyKey)];
        if (constraint.selector.matchesEverything()) continue;
        count += std::ranges::count_if(node->pods, [&](const PodInfoPtr& other) { return !other->terminating && other->nameSpace == pod.nameSpace && constraint.selector.matches(other->labels); });
    }
    return domains;
}

const Neighbourhood::Pods& Neighbourhood::claimUsers() {
    if (claimUsers_) return *claimUsers_;
    claimUsers_.emplace();
    for (const auto& node : world_.snapshot.nodes)
        for (const auto& pod : node->pods)
            if (sharesClaim(*world_.pod, *pod)) note(*claimUsers_, pod);
    return *claimUsers_;
}

}  // namespace kubarium::scheduler
