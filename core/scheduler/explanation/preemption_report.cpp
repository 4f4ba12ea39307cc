#include "core/scheduler/explanation/preemption_report.h"

#include "core/scheduler/explanation/decision_sentence.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

json::object textOf(const Sentence& sentence) { return {{"en", sentence.en}, {"zh_CN", sentence.zh}}; }

// One that has not started counts as starting now, after all that have.
bool startsBefore(const std::string& a, const std::string& b) { return !a.empty() && (b.empty() || a < b); }
std::string startText(const std::string& start, bool chinese) { return !start.empty() ? start : chinese ? "尚未启动" : "not started yet"; }

std::string podsText(std::size_t count) { return fmt::format("{} Pod{}", count, count == 1 ? "" : "s"); }

json::array victimsOf(const std::vector<PodInfoPtr>& pods) {
    json::array victims;
    for (const auto& pod : pods) victims.push_back({{"namespace", pod->nameSpace}, {"name", pod->name}, {"priority", pod->priority}});
    return victims;
}

json::object priceObject(const PreemptionPrice& price, const Candidate& candidate) {
    // For people the plain sum says more than the one that is compared.
    std::int64_t sum = 0;
    for (const auto& victim : candidate.victims) sum += victim->priority;
    json::object object{{"pdbViolations", price.pdbViolations}, {"highestPriority", price.highestPriority}, {"sumOfPriorities", sum}, {"victims", price.victims}};
    if (!price.earliestStart.empty()) object["earliestStart"] = price.earliestStart;
    return object;
}

json::array candidatesOf(const PreemptionResult& preemption) {
    json::array list;
    const auto chosen = std::ranges::find(preemption.candidates, preemption.nominatedNode, &Candidate::node);
    for (const auto& candidate : preemption.candidates) {
        const auto price = priceOf(candidate);
        json::object entry{{"node", candidate.node}, {"victims", victimsOf(candidate.victims)}, {"pdbViolations", candidate.pdbViolations}, {"price", priceObject(price, candidate)}};
        if (chosen != preemption.candidates.end() && candidate.node == chosen->node) {
            entry["chosen"] = true;
        } else if (chosen != preemption.candidates.end()) {
            auto lost = lostBy(price, priceOf(*chosen));
            if (lost.en.empty()) lost = {"The price is the same; any of these Nodes may be taken.", "代价相同；任选其一。"};
            entry["explanation"] = textOf(lost);
        }
        list.push_back(std::move(entry));
    }
    return list;
}

// Why a Node is no candidate: what stands in the way there is no Pod, or no Pod that may be removed.
struct Helpless {
    std::vector<std::string> otherObstacles, nobodyLower, stillRefused;
};

Helpless helplessOf(const Decision& decision) {
    Helpless helpless;
    for (const auto& verdict : decision.nodes) {
        const auto dry = decision.preemption.notHelped.find(verdict.node);
        if (dry == decision.preemption.notHelped.end()) {
            if (verdict.filter.code == Code::UnschedulableAndUnresolvable) helpless.otherObstacles.push_back(verdict.node);
        } else {
            (dry->second.message().starts_with("No preemption victims") ? helpless.nobodyLower : helpless.stillRefused).push_back(verdict.node);
        }
    }
    return helpless;
}

Sentence whyNot(const Cycle& cycle, const Decision& decision) {
    const auto& pod = cycle.pod;
    if (std::ranges::find(cycle.profile.postFilter, "DefaultPreemption") == cycle.profile.postFilter.end())
        return {"This profile has DefaultPreemption disabled, so nobody has to make room.", "此调度配置禁用了 DefaultPreemption，因此不会有 Pod 让位。"};
    if (pod.preemptNever) return {fmt::format("{} may not preempt: its preemptionPolicy is Never.", pod.name), fmt::format("{} 不能抢占：它的 preemptionPolicy 为 Never。", pod.name)};
    if (decision.preemption.message.find("terminating pod on the nominated node") != std::string::npos)
        return {fmt::format("{} does not preempt again: on {} a Pod that made room for it is still terminating.", pod.name, pod.nominatedNode),
                fmt::format("{} 不再抢占：{} 上为它让位的 Pod 仍在终止。", pod.name, pod.nominatedNode)};
    if (!decision.preFilter.success() && decision.nodes.empty())
        return {fmt::format("Removing Pods cannot help: {}.", decision.preFilter.message()), fmt::format("移除 Pod 也无济于事：{}。", decision.preFilter.message())};
    const auto [others, nobody, still] = helplessOf(decision);
    std::vector<std::string> en, zh;
    const auto add = [&](const std::vector<std::string>& nodes, const std::string& english, const std::string& chinese) {
        if (nodes.empty()) return;
        const auto where = nodesText(nodes, decision.nodes.size());
        en.push_back(fmt::format("on {} {}", where.en, english));
        zh.push_back(fmt::format("在{}{} 上，{}", where.zh.starts_with("Node") ? " " : "", where.zh, chinese));
    };
    add(others, "the obstacle is the Node itself, not a Pod that could go", "障碍在于 Node 本身，而不是可以移走的 Pod");
    add(nobody, fmt::format("no Pod has a priority lower than {}", pod.priority), fmt::format("没有优先级低于 {} 的 Pod", pod.priority));
    add(still, "it would not fit even if every Pod of lower priority went", "即使移走所有优先级较低的 Pod 也放不下");
    if (en.empty()) return {"Preemption does not help.", "抢占无济于事。"};
    return {fmt::format("Preemption does not help: {}.", fmt::join(en, "; ")), fmt::format("抢占无济于事：{}。", fmt::join(zh, "；"))};
}

Sentence whatHappened(const Decision& decision) {
    const auto& preemption = decision.preemption;
    const auto& node = preemption.nominatedNode;
    const auto way = giveWayText(preemption.victims);
    const auto all = preemption.candidates.size();
    if (all == 1)
        return {fmt::format("On {} {}; it is the only Node where that helps.", node, way.en), fmt::format("{} 上有{}；只有在这个 Node 上抢占才有用。", node, way.zh)};
    const auto chosen = std::ranges::find(preemption.candidates, node, &Candidate::node);
    const auto price = priceOf(*chosen);
    // The rule that left the winner alone is the last by which anybody lost.
    const Candidate* last = nullptr;
    int lastRule = -1;
    const auto ruleOf = [&](const PreemptionPrice& other) {
        if (other.pdbViolations != price.pdbViolations) return 0;
        if (other.highestPriority != price.highestPriority) return 1;
        if (other.sumOfPriorities != price.sumOfPriorities) return 2;
        if (other.victims != price.victims) return 3;
        return other.earliestStart != price.earliestStart ? 4 : 5;
    };
    for (const auto& candidate : preemption.candidates)
        if (candidate.node != node)
            if (const auto rule = ruleOf(priceOf(candidate)); rule > lastRule) {
                lastRule = rule;
                last = &candidate;
            }
    auto why = lostBy(priceOf(*last), price);
    if (why.en.empty()) why = {"nothing, since no rule tells the cheapest apart.", "没有，最便宜的几个无法再用规则区分。"};
    return {fmt::format("On {} {}: the cheapest of {} candidates. What decided: {}", node, way.en, all, why.en),
            fmt::format("{} 上有{}：{} 个候选中代价最低。决定因素：{}", node, way.zh, all, why.zh)};
}

}  // namespace

PreemptionPrice priceOf(const Candidate& candidate) {
    PreemptionPrice price;
    price.pdbViolations = candidate.pdbViolations;
    price.victims = candidate.victims.size();
    if (candidate.victims.empty()) return price;
    price.highestPriority = candidate.victims.front()->priority;
    price.earliestStart = candidate.victims.front()->startTime;
    for (const auto& victim : candidate.victims) {
        price.sumOfPriorities += static_cast<std::int64_t>(victim->priority) + (std::int64_t{1} << 31);
        if (victim->priority == price.highestPriority && startsBefore(victim->startTime, price.earliestStart)) price.earliestStart = victim->startTime;
    }
    return price;
}

Sentence lostBy(const PreemptionPrice& loser, const PreemptionPrice& winner) {
    if (loser.pdbViolations != winner.pdbViolations)
        return {fmt::format("fewest PodDisruptionBudget violations ({} against {}).", winner.pdbViolations, loser.pdbViolations),
                fmt::format("违反 PodDisruptionBudget 最少（{} 对 {}）。", winner.pdbViolations, loser.pdbViolations)};
    if (loser.highestPriority != winner.highestPriority)
        return {fmt::format("lowest priority of the most important victim ({} against {}).", winner.highestPriority, loser.highestPriority),
                fmt::format("最重要的受害 Pod 优先级最低（{} 对 {}）。", winner.highestPriority, loser.highestPriority)};
    if (loser.sumOfPriorities != winner.sumOfPriorities) {
        const auto plain = [](const PreemptionPrice& price) { return price.sumOfPriorities - static_cast<std::int64_t>(price.victims) * (std::int64_t{1} << 31); };
        return {fmt::format("smallest sum of priorities, each counted from the lowest possible ({} from {} against {} from {}).", plain(winner), podsText(winner.victims), plain(loser), podsText(loser.victims)),
                fmt::format("优先级之和最小，每个都从最低可能值算起（{}（{} 个）对 {}（{} 个））。", plain(winner), winner.victims, plain(loser), loser.victims)};
    }
    if (loser.victims != winner.victims)
        return {fmt::format("fewest victims ({} against {}).", winner.victims, loser.victims), fmt::format("受害 Pod 最少（{} 对 {}）。", winner.victims, loser.victims)};
    if (loser.earliestStart != winner.earliestStart)
        return {fmt::format("latest start of the most important victim ({} against {}).", startText(winner.earliestStart, false), startText(loser.earliestStart, false)),
                fmt::format("最重要的受害 Pod 启动最晚（{} 对 {}）。", startText(winner.earliestStart, true), startText(loser.earliestStart, true))};
    return {};
}

json::object reportPreemption(const Cycle& cycle, const Decision& decision) {
    const auto& preemption = decision.preemption;
    json::object out;
    if (!preemption.nominatedNode.empty()) out["nominatedNode"] = preemption.nominatedNode;
    if (!preemption.victims.empty()) out["victims"] = victimsOf(preemption.victims);
    if (!preemption.message.empty()) out["message"] = preemption.message;
    if (!preemption.decidedBy.empty()) out["decidedBy"] = preemption.decidedBy;
    if (!preemption.candidates.empty()) out["candidates"] = candidatesOf(preemption);
    out["explanation"] = textOf(preemption.nominatedNode.empty() ? whyNot(cycle, decision) : whatHappened(decision));
    json::array notHelped;
    for (const auto& [node, status] : preemption.notHelped) notHelped.push_back({{"node", node}, {"reasons", json::array(status.reasons.begin(), status.reasons.end())}});
    if (!notHelped.empty()) out["notHelped"] = std::move(notHelped);
    return out;
}

}  // namespace kubarium::scheduler
