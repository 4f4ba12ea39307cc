#include "core/scheduler/decision_report.h"

#include "core/api/quantity.h"
#include "core/scheduler/explanation/decision_sentence.h"
#include "core/scheduler/explanation/preemption_report.h"
#include "core/scheduler/plugins/plugins.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace kubarium::scheduler {
namespace {

json::array stringsOf(const std::vector<std::string>& strings) { return json::array(strings.begin(), strings.end()); }

std::string cpuText(std::int64_t milli) { return api::Quantity::ofMilli(milli).toString(); }
std::string bytesText(std::int64_t bytes) {
    constexpr std::int64_t mebibyte = 1 << 20;
    if (bytes >= mebibyte || bytes <= -mebibyte) return fmt::format("{}Mi", bytes / mebibyte);
    return std::to_string(bytes);
}
std::string amountText(const std::string& resource, std::int64_t amount) {
    return resource == "cpu" ? cpuText(amount) : resource == "memory" || resource == "ephemeral-storage" ? bytesText(amount) : std::to_string(amount);
}

json::array filterVerdicts(const Cycle& cycle, const NodeInfo& node, const NodeVerdict& verdict, const std::vector<std::string>& skipped) {
    json::array filters;
    for (const auto& name : cycle.profile.filter) {
        if (std::ranges::find(skipped, name) != skipped.end()) continue;
        if (name != verdict.filter.plugin) {
            filters.push_back({{"plugin", name}, {"code", "Success"}});
            continue;
        }
        json::object refusal{{"plugin", name}, {"code", toString(verdict.filter.code)}, {"reasons", stringsOf(verdict.filter.reasons)}};
        if (const auto detail = refusalDetail(cycle.pod, node, verdict.filter); !detail.empty()) refusal["detail"] = detail;
        filters.push_back(std::move(refusal));
        break;  // the first refusal ends it
    }
    return filters;
}

json::array nodesOf(const Cycle& cycle, const Decision& decision) {
    json::array nodes;
    for (std::size_t i = 0; i < decision.nodes.size(); ++i) {
        const auto& verdict = decision.nodes[i];
        const auto& node = *cycle.snapshot.nodes[i];
        json::object entry{{"name", verdict.node}, {"feasible", verdict.evaluated && verdict.filter.success()}};
        if (!verdict.evaluated && verdict.filter.success()) {
            entry["evaluated"] = false;
        } else {
            entry["filters"] = filterVerdicts(cycle, node, verdict, decision.skippedFilter);
        }
        if (!verdict.filter.success()) {
            if (!verdict.filter.plugin.empty()) entry["plugin"] = verdict.filter.plugin;
            entry["code"] = toString(verdict.filter.code);
            entry["reasons"] = stringsOf(verdict.filter.reasons);
            if (const auto detail = refusalDetail(cycle.pod, node, verdict.filter); !detail.empty()) entry["detail"] = detail;
        }
        if (!verdict.scores.empty()) {
            json::array scores;
            for (const auto& score : verdict.scores)
                scores.push_back({{"plugin", score.plugin}, {"raw", score.raw}, {"normalized", score.normalized}, {"weight", score.weight}, {"weighted", score.weighted}});
            entry["scores"] = std::move(scores);
            entry["total"] = verdict.total;
        }
        nodes.push_back(std::move(entry));
    }
    return nodes;
}

json::array reasonCounts(const Decision& decision) {
    std::map<std::string, int> counts;
    for (const auto& verdict : decision.nodes)
        for (const auto& reason : verdict.filter.reasons) ++counts[reason];
    json::array list;
    for (const auto& [reason, count] : counts) list.push_back({{"reason", reason}, {"count", count}});
    return list;
}

// "350ns", "30.455µs", "1.5ms", "2.25s": as Go writes a Duration below a minute.
std::string durationText(std::chrono::nanoseconds duration) {
    const auto count = duration.count();
    if (count < 1'000) return fmt::format("{}ns", count);
    if (count < 1'000'000) return fmt::format("{}µs", static_cast<double>(count) / 1e3);
    if (count < 1'000'000'000) return fmt::format("{}ms", static_cast<double>(count) / 1e6);
    return fmt::format("{}s", static_cast<double>(count) / 1e9);
}

// How long each extension point took.
struct PointTimes {
    json::object spent;
    const char* point = nullptr;
    std::chrono::steady_clock::time_point since{};

    // The next one begins; nullptr: it is over.
    void enter(const char* next) {
        const auto now = std::chrono::steady_clock::now();
        if (point) spent[point] = durationText(now - since);
        point = next;
        since = now;
    }
};

json::object queueOf(const DecisionRecord& record) {
    return {{"enqueuedAt", formatMicroTime(record.enqueuedAt)}, {"attempts", record.attempt}, {"waitedSeconds", record.waitedSeconds}, {"wokenBy", record.wokenBy}};
}

// Of a status, what was known before the phase that the record is held at.
json::object veiledStatus(const DecisionRecord& record, json::object status) {
    std::set<std::string_view> known{"cycle", "attempt", "phase", "queue", "weights"};
    const bool filtered = record.phase != "Filter", scored = filtered && record.phase != "Score", selected = scored && record.phase != "Select";
    if (filtered) known.insert({"preFilter", "evaluatedNodes", "feasibleNodes", "nominatedNodeUsed", "skippedFilter", "reasonCounts", "nodes"});
    if (scored) known.insert({"scoringSkipped", "skippedScore"});
    if (selected) known.insert({"best", "draw", "selectedNode"});
    json::object told;
    for (auto& [key, value] : status)
        if (known.contains(key)) told[key] = std::move(value);
    if (auto* nodes = told.if_contains("nodes"); nodes && !scored)
        for (auto& node : nodes->get_array())
            for (const auto* key : {"scores", "total"}) node.get_object().erase(key);
    told["veiled"] = true;
    told["explanation"] = {{"en", fmt::format("{} is held before {}. Predict first: what comes of it is told when the cycle goes on.", record.pod->name, record.phase)},
                           {"zh_CN", fmt::format("{} 停在 {} 之前。请先预测：周期继续后才会显示结果。", record.pod->name, record.phase)}};
    return told;
}

json::object envelope(const DecisionRecord& record, json::object status) {
    if (record.veiled) status = veiledStatus(record, std::move(status));
    return {{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "SchedulingDecision"},
            {"metadata", {{"name", record.name()}, {"namespace", record.pod->nameSpace}, {"uid", record.uid}, {"resourceVersion", std::to_string(record.revision)},
                          {"creationTimestamp", formatTime(record.at)}}},
            {"spec", {{"podName", record.pod->name}, {"podUID", record.pod->uid}, {"schedulerName", record.schedulerName}}},
            {"status", std::move(status)}};
}

// What the record holds, without deciding once more.
json::object outlineOf(const DecisionRecord& record) {
    const auto nodes = record.snapshot->nodes.size();
    const auto& pod = record.pod->name;
    Sentence sentence{fmt::format("None of {} Nodes can run {}.", nodes, pod), fmt::format("{} 个 Node 都不能运行 {}。", nodes, pod)};
    if (!record.selectedNode.empty())
        sentence = {fmt::format("{} of the {} Nodes looked at can run {}; {} was chosen.", record.feasible, record.evaluated, pod, record.selectedNode),
                    fmt::format("检查过的 {} 个 Node 中有 {} 个能运行 {}；选中 {}。", record.evaluated, record.feasible, pod, record.selectedNode)};
    json::object status{{"cycle", record.cycle}, {"attempt", record.attempt}, {"phase", record.phase}, {"result", record.result}, {"message", record.message},
                        {"selectedNode", record.selectedNode}, {"evaluatedNodes", record.evaluated}, {"feasibleNodes", record.feasible},
                        {"explanation", {{"en", sentence.en}, {"zh_CN", sentence.zh}}}, {"timings", {{"Total", durationText(record.took)}}}, {"queue", queueOf(record)}};
    if (!record.nominatedNode.empty()) status["nominatedNode"] = record.nominatedNode;
    return status;
}

}  // namespace

std::string refusalDetail(const PodInfo& pod, const NodeInfo& node, const Status& status) {
    if (status.plugin == "TaintToleration") {
        const auto* taint = untoleratedTaint(node, pod.tolerations);
        return taint ? fmt::format("taint {}{}{}:{} is not tolerated", taint->key, taint->value.empty() ? "" : "=", taint->value, taint->effect) : "";
    }
    if (status.plugin == "NodeAffinity") {
        for (const auto& [key, value] : pod.nodeSelector) {
            const auto it = node.labels.find(key);
            if (it == node.labels.end()) return fmt::format("asked: {}={}, the Node has no label {}", key, value, key);
            if (it->second != value) return fmt::format("asked: {}={}, the Node has {}={}", key, value, key, it->second);
        }
        return "";
    }
    if (status.plugin != "NodeResourcesFit") return "";
    std::vector<std::string> parts;
    for (const auto& reason : status.reasons) {
        constexpr std::string_view prefix = "Insufficient ";
        if (reason == "Too many pods") parts.push_back(fmt::format("{} Pods of {}", node.pods.size(), node.allocatable.allowedPods));
        if (!reason.starts_with(prefix)) continue;
        const auto resource = reason.substr(prefix.size());
        parts.push_back(fmt::format("{}{} asked, {} free", status.reasons.size() > 1 ? resource + ": " : "", amountText(resource, pod.filterRequests.get(resource)),
                                    amountText(resource, node.allocatable.get(resource) - node.requested.get(resource))));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

json::object reportDecision(const DecisionRecord& record, Detail detail) {
    if (detail == Detail::Summary && record.snapshot->nodes.size() > mostNodesInLists) return envelope(record, outlineOf(record));
    const auto& profile = *record.configuration->find(record.schedulerName);
    DecideOptions options;
    options.startIndex = record.startIndex;
    options.preemptionOffset = record.preemptionOffset;
    options.sampling = true;
    options.fullStory = true;
    PointTimes times;
    options.onPoint = [&](const char* point) { times.enter(point); };
    const auto decision = decide(*record.snapshot, *record.pod, *record.configuration, profile, options);
    times.enter(nullptr);
    const Cycle cycle{*record.snapshot, *record.pod, profile};
    const auto draw = std::ranges::find(decision.best, record.selectedNode);
    json::object weights;
    for (const auto& [name, weight] : profile.score) weights[name] = weight;
    times.spent["Total"] = durationText(record.took);
    json::object preFilter{{"code", toString(decision.preFilter.code)}};
    if (!decision.preFilter.plugin.empty()) preFilter["plugin"] = decision.preFilter.plugin;
    if (!decision.preFilter.reasons.empty()) preFilter["reasons"] = stringsOf(decision.preFilter.reasons);
    if (decision.narrowedTo) preFilter["nodeNames"] = json::array(decision.narrowedTo->begin(), decision.narrowedTo->end());
    const auto sentence = sentenceOf(decision, record.pod->name, record.selectedNode, record.drawn);
    json::object status{{"cycle", record.cycle}, {"attempt", record.attempt}, {"phase", record.phase}, {"result", record.result}, {"message", record.message},
                        {"selectedNode", record.selectedNode}, {"preFilter", std::move(preFilter)}, {"evaluatedNodes", decision.evaluated}, {"feasibleNodes", decision.feasible},
                        {"scoringSkipped", decision.scoringSkipped}, {"skippedFilter", stringsOf(decision.skippedFilter)}, {"skippedScore", stringsOf(decision.skippedScore)},
                        {"weights", std::move(weights)}, {"best", stringsOf(decision.best)}, {"reasonCounts", reasonCounts(decision)},
                        {"explanation", {{"en", sentence.en}, {"zh_CN", sentence.zh}}}, {"timings", std::move(times.spent)}};
    status["queue"] = queueOf(record);
    if (!decision.preemption.nominatedNode.empty()) status["nominatedNode"] = decision.preemption.nominatedNode;
    if (decision.nominatedNodeUsed) status["nominatedNodeUsed"] = true;
    if (draw != decision.best.end()) status["draw"] = draw - decision.best.begin();
    if (decision.result == Decision::Result::Unschedulable) status["preemption"] = reportPreemption(cycle, decision);
    if (detail == Detail::Full || decision.nodes.size() <= mostNodesInLists) status["nodes"] = nodesOf(cycle, decision);
    return envelope(record, std::move(status));
}

}  // namespace kubarium::scheduler
