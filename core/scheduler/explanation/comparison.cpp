#include "core/scheduler/explanation/comparison.h"

#include "core/scheduler/explanation/edit.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kubarium::scheduler {
namespace {

// Explaining costs two decisions each; beyond this many the reader has seen why.
constexpr std::size_t mostExplained = 50;

json::object textOf(const Sentence& sentence) { return {{"en", sentence.en}, {"zh_CN", sentence.zh}}; }

json::object utilization(const Snapshot& snapshot, const std::string& resource) {
    std::vector<double> shares;
    for (const auto& node : snapshot.nodes)
        if (const auto all = node->allocatable.get(resource); all > 0) shares.push_back(static_cast<double>(node->requested.get(resource)) / static_cast<double>(all));
    if (shares.empty()) return {{"mean", 0.0}, {"most", 0.0}, {"deviation", 0.0}};
    double sum = 0, squares = 0;
    for (const auto share : shares) sum += share;
    const auto mean = sum / static_cast<double>(shares.size());
    for (const auto share : shares) squares += (share - mean) * (share - mean);
    return {{"mean", mean}, {"most", std::ranges::max(shares)}, {"deviation", std::sqrt(squares / static_cast<double>(shares.size()))}};
}

json::object counted(const std::map<std::string, int>& counts) {
    json::object object;
    for (const auto& [name, count] : counts) object[name] = count;
    return object;
}

json::object figures(const Outcome& outcome) {
    std::map<std::string, int> nodes, zones;
    int placed = 0;
    std::size_t victims = 0;
    for (const auto& placement : outcome.placements) {
        victims += placement.victims.size();
        const auto index = outcome.after.index(placement.node);
        if (!index) continue;
        ++placed;
        ++nodes[placement.node];
        const auto& labels = outcome.after.nodes[*index]->labels;
        if (const auto zone = labels.find("topology.kubernetes.io/zone"); zone != labels.end()) ++zones[zone->second];
    }
    return {{"placed", placed}, {"unplaced", static_cast<int>(outcome.placements.size()) - placed}, {"nodesUsed", nodes.size()}, {"victims", victims}, {"nodes", counted(nodes)},
            {"zones", counted(zones)}, {"utilization", {{"cpu", utilization(outcome.after, "cpu")}, {"memory", utilization(outcome.after, "memory")}}}};
}

const NodeVerdict* verdictOf(const Decision& decision, const std::string& node) {
    const auto it = std::ranges::find(decision.nodes, node, &NodeVerdict::node);
    return it == decision.nodes.end() ? nullptr : &*it;
}

std::map<std::string, std::int64_t> weightedOf(const NodeVerdict& verdict) {
    std::map<std::string, std::int64_t> scores;
    for (const auto& score : verdict.scores) scores[score.plugin] = score.weighted;
    return scores;
}

// By plugin: how many points more `first` has than `second`.
std::map<std::string, std::int64_t> advantage(const NodeVerdict& first, const NodeVerdict& second) {
    auto scores = weightedOf(first);
    for (const auto& [plugin, points] : weightedOf(second)) scores[plugin] -= points;
    return scores;
}

// Where `other` could not be chosen in this run: why.
std::optional<Sentence> refusal(const char* run, const NodeVerdict* other, const std::string& node) {
    if (other && other->filter.success()) return std::nullopt;
    const auto reason = other ? fmt::format("{}: {}", other->filter.plugin, other->filter.message()) : std::string("it was not looked at");
    return Sentence{fmt::format("In {} {} cannot run it ({}).", run, node, reason), fmt::format("在 {} 中 {} 不能运行它（{}）。", run, node, reason)};
}

Sentence whyElsewhere(const Placement& a, const Placement& b) {
    const auto inA = decisionOf(a.record), inB = decisionOf(b.record);
    if (a.node.empty() || b.node.empty()) {
        const bool onlyB = a.node.empty();
        const auto& message = onlyB ? inA.message : inB.message;
        return {fmt::format("It fits only in {}; in {}: {}", onlyB ? "B" : "A", onlyB ? "A" : "B", message), fmt::format("只有 {} 放得下；在 {} 中：{}", onlyB ? "B" : "A", onlyB ? "A" : "B", message)};
    }
    const auto *ownA = verdictOf(inA, a.node), *otherA = verdictOf(inA, b.node), *ownB = verdictOf(inB, b.node), *otherB = verdictOf(inB, a.node);
    if (auto why = refusal("A", otherA, b.node)) return *why;
    if (auto why = refusal("B", otherB, a.node)) return *why;
    if (!ownA || !ownB) return {"A preemption decided.", "由抢占决定。"};
    if (ownA->total == otherA->total || ownB->total == otherB->total)
        return {fmt::format("In {} both Nodes have {} points: a tie.", ownA->total == otherA->total ? "A" : "B", ownA->total == otherA->total ? ownA->total : ownB->total),
                fmt::format("在 {} 中两个 Node 同为 {} 分，并列。", ownA->total == otherA->total ? "A" : "B", ownA->total == otherA->total ? ownA->total : ownB->total)};
    // The plugin whose opinion of the two Nodes differs most between the runs.
    auto before = advantage(*ownA, *otherA);
    const auto after = advantage(*otherB, *ownB);
    std::string plugin;
    std::int64_t most = -1;
    for (const auto& [name, points] : after) before.try_emplace(name, 0);
    for (const auto& [name, points] : before) {
        const auto it = after.find(name);
        const auto change = std::abs(points - (it == after.end() ? 0 : it->second));
        if (change > most) {
            most = change;
            plugin = name;
        }
    }
    const auto now = after.contains(plugin) ? after.at(plugin) : 0;
    return {fmt::format("A gives {} {} points and {} {}; B gives them {} and {}. Most of it is {}: {:+} for {} in A, {:+} in B.", a.node, ownA->total, b.node, otherA->total, otherB->total, ownB->total,
                        plugin, before.at(plugin), a.node, now),
            fmt::format("A 给 {} {} 分、给 {} {} 分；B 分别给 {} 和 {} 分。主要差别来自 {}：对 {}，A 中 {:+}，B 中 {:+}。", a.node, ownA->total, b.node, otherA->total, otherB->total, ownB->total, plugin, a.node,
                        before.at(plugin), now)};
}

}  // namespace

json::object compareOutcomes(const Outcome& a, const Outcome& b) {
    std::map<std::string, const Placement*> inB;
    for (const auto& placement : b.placements) inB[placement.record.pod->key()] = &placement;
    json::array differences;
    std::size_t elsewhere = 0;
    for (const auto& placement : a.placements) {
        const auto& pod = *placement.record.pod;
        const auto other = inB.find(pod.key());
        if (other == inB.end() || other->second->node == placement.node) continue;
        json::object entry{{"pod", {{"namespace", pod.nameSpace}, {"name", pod.name}}}, {"a", placement.node}, {"b", other->second->node}};
        if (++elsewhere <= mostExplained) entry["explanation"] = textOf(whyElsewhere(placement, *other->second));
        differences.push_back(std::move(entry));
    }
    auto figuresA = figures(a), figuresB = figures(b);
    const auto who = a.placements.size() == 1 ? std::string(elsewhere ? "The Pod lands elsewhere" : "The Pod lands on the same Node") : fmt::format("{} of {} Pods {} elsewhere", elsewhere, a.placements.size(), elsewhere == 1 ? "lands" : "land");
    const Sentence summary{fmt::format("{}. A places {}, B places {}.", who, figuresA.at("placed").to_number<int>(), figuresB.at("placed").to_number<int>()),
                           fmt::format("{1} 个 Pod 中有 {0} 个落在不同的 Node。A 放下 {2} 个，B 放下 {3} 个。", elsewhere, a.placements.size(), figuresA.at("placed").to_number<int>(),
                                       figuresB.at("placed").to_number<int>())};
    return {{"a", std::move(figuresA)}, {"b", std::move(figuresB)}, {"differences", std::move(differences)}, {"explanation", textOf(summary)}};
}

}  // namespace kubarium::scheduler
