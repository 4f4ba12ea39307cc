#include "core/scheduler/explanation/decision_sentence.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace kubarium::scheduler {
namespace {

// Which Nodes can run it, up to the point where the scheduler stopped looking.
Sentence ableText(const Decision& decision, const std::string& pod) {
    const auto all = static_cast<int>(decision.nodes.size());
    if (decision.evaluated < all)
        return {fmt::format("{} of the {} Nodes that were looked at (there are {}) can run {}", decision.feasible, decision.evaluated, all, pod),
                fmt::format("共 {} 个 Node，检查了其中 {} 个，有 {} 个能运行 {}", all, decision.evaluated, decision.feasible, pod)};
    if (decision.feasible == all)
        return {all == 2 ? fmt::format("Both Nodes can run {}", pod) : fmt::format("All {} Nodes can run {}", all, pod), fmt::format("全部 {} 个 Node 都能运行 {}", all, pod)};
    return {fmt::format("{} of {} Nodes can run {}", decision.feasible, all, pod), fmt::format("{} 个 Node 中有 {} 个能运行 {}", all, decision.feasible, pod)};
}

Sentence scheduled(const Decision& decision, const std::string& pod, const std::string& selected, bool drawn) {
    if (decision.nominatedNodeUsed)
        return {fmt::format("{} was nominated for {} by an earlier preemption, and it fits there now.", selected, pod), fmt::format("{} 此前因抢占被提名给 {}，现在已经放得下。", selected, pod)};
    const auto all = decision.nodes.size();
    if (all == 1) return {fmt::format("{} is the only Node, and it can run {}.", selected, pod), fmt::format("{} 是唯一的 Node，它能运行 {}。", selected, pod)};
    if (decision.feasible == 1)
        return {fmt::format("{} is the only one of {} Nodes that can run {}, so there was nothing to score.", selected, all, pod), fmt::format("{} 个 Node 中只有 {} 能运行 {}，因此无需打分。", all, selected, pod)};
    std::int64_t won = 0, second = 0;
    bool any = false;
    for (const auto& verdict : decision.nodes) {
        if (!verdict.evaluated || !verdict.filter.success()) continue;
        if (verdict.node == selected) won = verdict.total;
        else if (!std::exchange(any, true) || verdict.total > second) second = verdict.total;
    }
    const auto able = ableText(decision, pod);
    const auto tied = static_cast<int>(decision.best.size());
    const auto chosen = drawn ? Sentence{"the draw fell on " + selected, "抽签选中 " + selected} : Sentence{selected + " is the first of them", "取其中的第一个 " + selected};
    if (tied > 1 && tied == decision.feasible)
        return {fmt::format("{}; {} have {} points, and {}.", able.en, tied == 2 ? "both" : "all of them", won, chosen.en), fmt::format("{}；它们同为 {} 分，{}。", able.zh, won, chosen.zh)};
    if (tied > 1)
        return {fmt::format("{}; {} of them lead with {} points each, and {}.", able.en, tied, won, chosen.en), fmt::format("{}；其中 {} 个以 {} 分并列第一，{}。", able.zh, tied, won, chosen.zh)};
    return {fmt::format("{}; {} leads with {} points, the next has {}.", able.en, selected, won, second), fmt::format("{}；{} 以 {} 分领先，其次是 {} 分。", able.zh, selected, won, second)};
}

// What most Nodes said.
Sentence refused(const Decision& decision, const std::string& pod) {
    std::map<std::string, std::size_t> counts;
    for (const auto& verdict : decision.nodes)
        for (const auto& reason : verdict.filter.reasons) ++counts[reason];
    const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
    const auto all = decision.nodes.size();
    if (most == counts.end()) return {fmt::format("No Node can run {}.", pod), fmt::format("没有 Node 能运行 {}。", pod)};
    if (all == 1) {
        const auto& verdict = decision.nodes.front();
        return {fmt::format("The only Node, {}, cannot run {}: {}.", verdict.node, pod, verdict.filter.message()), fmt::format("唯一的 Node {} 不能运行 {}：{}。", verdict.node, pod, verdict.filter.message())};
    }
    const auto none = all == 2 ? fmt::format("Neither of the 2 Nodes can run {}", pod) : fmt::format("None of the {} Nodes can run {}", all, pod);
    if (most->second == all)
        return {fmt::format("{}. The reason is the same on each of them: {}.", none, most->first), fmt::format("{} 个 Node 都不能运行 {}，原因都是：{}。", all, pod, most->first)};
    std::vector<std::string> alike;
    for (const auto& [reason, count] : counts)
        if (count == most->second) alike.push_back(reason);
    if (alike.size() > 1) {
        const auto reasons = fmt::format("{}", fmt::join(alike, "; ")), reasonsInChinese = fmt::format("{}", fmt::join(alike, "；"));
        if (most->second == 1 && alike.size() == all) return {fmt::format("{}, each for a reason of its own: {}.", none, reasons), fmt::format("{} 个 Node 都不能运行 {}，原因各不相同：{}。", all, pod, reasonsInChinese)};
        return {fmt::format("{}. The most frequent reasons, each on {} of them: {}.", none, most->second, reasons),
                fmt::format("{} 个 Node 都不能运行 {}。最常见的原因（各 {} 个）：{}。", all, pod, most->second, reasonsInChinese)};
    }
    return {fmt::format("{}. The most frequent reason, on {} of them: {}.", none, most->second, most->first),
            fmt::format("{} 个 Node 都不能运行 {}。最常见的原因（{} 个）：{}。", all, pod, most->second, most->first)};
}

}  // namespace

Sentence nodesText(const std::vector<std::string>& some, std::size_t all) {
    const auto count = some.size();
    if (count == all && all == 1) return {"the only Node", "唯一的 Node"};
    if (count == all && all == 2) return {"both Nodes", "两个 Node"};
    if (count == all) return {fmt::format("all {} Nodes", all), fmt::format("全部 {} 个 Node", all)};
    if (count == 1) return {"Node " + some.front(), "Node " + some.front()};
    return {fmt::format("{} Nodes", count), fmt::format("{} 个 Node", count)};
}

Sentence giveWayText(const std::vector<PodInfoPtr>& victims) {
    if (victims.size() == 1)
        return {fmt::format("Pod {} of lower priority gives way", victims.front()->key()), fmt::format("优先级较低的 Pod {} 让位", victims.front()->key())};
    return {fmt::format("{} Pods of lower priority give way", victims.size()), fmt::format("{} 个优先级较低的 Pod 让位", victims.size())};
}

Sentence sentenceOf(const Decision& decision, const std::string& pod, const std::string& selected, bool drawn) {
    if (decision.result == Decision::Result::Scheduled) return scheduled(decision, pod, selected, drawn);
    if (decision.result == Decision::Result::NoNodes) return {"There is no Node in this cluster.", "这个集群里没有 Node。"};
    if (!decision.error.empty()) return {fmt::format("The scheduler could not decide about {}: {}", pod, decision.error), fmt::format("调度器无法对 {} 作出决定：{}", pod, decision.error)};
    if (!decision.preFilter.success())
        return {fmt::format("No Node was looked at for {}: {}.", pod, decision.preFilter.message()), fmt::format("没有为 {} 检查任何 Node：{}。", pod, decision.preFilter.message())};
    const auto& preemption = decision.preemption;
    if (preemption.nominatedNode.empty()) return refused(decision, pod);
    const auto way = giveWayText(preemption.victims);
    return {fmt::format("No Node can run {} as things are, but on {} {} to it.", pod, preemption.nominatedNode, way.en),
            fmt::format("目前没有 Node 能运行 {}，但 {} 上有{}。", pod, preemption.nominatedNode, way.zh)};
}

}  // namespace kubarium::scheduler
