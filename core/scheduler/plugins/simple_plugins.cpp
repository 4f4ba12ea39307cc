// Plugins that need no state of the cluster: NodeUnschedulable, NodeName, TaintToleration, NodeAffinity, NodePorts, ImageLocality,
// SchedulingGates.
#include "core/scheduler/plugins/plugins.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

class SchedulingGates final : public Plugin {
public:
    std::string_view name() const override { return "SchedulingGates"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<SchedulingGates>(*this); }
    Status preEnqueue(const PodInfo& pod) override {
        if (pod.gates.empty()) return {};
        return Status::unresolvable(fmt::format("waiting for scheduling gates: [{}]", fmt::join(pod.gates, " ")));
    }
};

class NodeUnschedulable final : public Plugin {
public:
    std::string_view name() const override { return "NodeUnschedulable"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<NodeUnschedulable>(*this); }
    Reads reads() const override { return Reads::Node; }
    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (!node.unschedulable || tolerates(cycle.pod.tolerations, {"node.kubernetes.io/unschedulable", "", "NoSchedule"})) return {};
        return Status::unresolvable("node(s) were unschedulable");
    }
};

class NodeName final : public Plugin {
public:
    std::string_view name() const override { return "NodeName"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<NodeName>(*this); }
    Reads reads() const override { return Reads::Node; }
    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (cycle.pod.nodeName.empty() || cycle.pod.nodeName == node.name) return {};
        return Status::unresolvable("node(s) didn't match the requested node name");
    }
};

class TaintToleration final : public Plugin {
public:
    std::string_view name() const override { return "TaintToleration"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<TaintToleration>(*this); }
    Reads reads() const override { return Reads::Node; }
    Normalization normalization() const override { return Normalization::DefaultReversed; }
    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (!untoleratedTaint(node, cycle.pod.tolerations)) return {};
        return Status::unresolvable("node(s) had untolerated taint(s)");
    }
    Status preScore(const Cycle& cycle, std::span<const NodeInfo* const>) override {
        prepared_ = true;
        for (const auto& toleration : cycle.pod.tolerations)
            if (toleration.effect.empty() || toleration.effect == "PreferNoSchedule") soft_.push_back(toleration);
        return {};
    }
    ScoreResult score(const Cycle&, const NodeInfo& node) override {
        if (!prepared_) return {0, Status::error("failed to read \"PreScoreTaintToleration\" from cycleState: not found")};
        return {std::ranges::count_if(node.taints, [&](const Taint& taint) { return taint.effect == "PreferNoSchedule" && !tolerates(soft_, taint); }), {}};
    }
    void normalize(const Cycle&, std::span<const NodeInfo* const>, std::span<std::int64_t> scores) override { defaultNormalize(scores, true); }

private:
    bool prepared_ = false;
    std::vector<Toleration> soft_;  // that look at PreferNoSchedule
};

class NodeAffinityPlugin final : public Plugin {
public:
    std::string_view name() const override { return "NodeAffinity"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<NodeAffinityPlugin>(*this); }
    Reads reads() const override { return Reads::Node; }
    Normalization normalization() const override { return Normalization::Default; }

    PreFilterResult preFilter(const Cycle& cycle) override {
        const auto& pod = cycle.pod;
        const bool added = cycle.profile.hasAddedAffinity && cycle.profile.addedAffinity.hasRequired;
        if (!pod.nodeAffinity.hasRequired && !added && !pod.hasNodeSelector) return {Status::skip(), {}};
        if (!pod.nodeAffinity.hasRequired || pod.nodeAffinity.required.empty()) return {};
        std::set<std::string> names;
        for (const auto& term : pod.nodeAffinity.required) {
            std::optional<std::set<std::string>> ofTerm;
            for (const auto& field : term.fields) {
                if (field.key != "metadata.name" || field.op != api::SelectorOperator::In) continue;
                std::set<std::string> values(field.values.begin(), field.values.end());
                if (ofTerm) std::erase_if(*ofTerm, [&](const auto& value) { return !values.contains(value); });
                else ofTerm = std::move(values);
            }
            // One term that names nobody lets every Node in.
            if (!ofTerm) return {};
            names.insert(ofTerm->begin(), ofTerm->end());
        }
        if (names.empty()) return {Status::unresolvable("pod affinity terms conflict"), {}};
        return {{}, std::move(names)};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        const auto& added = cycle.profile.addedAffinity;
        if (cycle.profile.hasAddedAffinity && added.hasRequired &&
            !std::ranges::any_of(added.required, [&](const NodeTerm& term) { return term.matches(node.labels, node.name); }))
            return Status::unresolvable("node(s) didn't match scheduler-enforced node affinity");
        if (!matchesNodeSelectorAndAffinity(cycle.pod, node)) return Status::unresolvable("node(s) didn't match Pod's node affinity/selector");
        return {};
    }

    Status preScore(const Cycle& cycle, std::span<const NodeInfo* const>) override {
        prepared_ = true;
        if (auto status = readable(cycle.pod); !status.success()) return status;
        if (!cycle.pod.nodeAffinity.hasPreferred && (!cycle.profile.hasAddedAffinity || cycle.profile.addedAffinity.preferred.empty())) return Status::skip();
        return {};
    }
    ScoreResult score(const Cycle& cycle, const NodeInfo& node) override {
        // A profile may have this PreScore disabled.
        if (!prepared_)
            if (auto status = readable(cycle.pod); !status.success()) return {0, std::move(status)};
        std::int64_t sum = 0;
        for (const auto* preferred : {&cycle.profile.addedAffinity.preferred, &cycle.pod.nodeAffinity.preferred})
            for (const auto& [weight, term] : *preferred)
                if (term.matches(node.labels, node.name)) sum += weight;
        return {sum, {}};
    }
    void normalize(const Cycle&, std::span<const NodeInfo* const>, std::span<std::int64_t> scores) override { defaultNormalize(scores, false); }

private:
    static Status readable(const PodInfo& pod) {
        std::vector<std::string> errors;
        for (const auto& [weight, term] : pod.nodeAffinity.preferred)
            if (weight != 0) errors.insert(errors.end(), term.invalid.begin(), term.invalid.end());
        if (errors.empty()) return {};
        return Status::error(errors.size() == 1 ? errors.front() : fmt::format("[{}]", fmt::join(errors, ", ")));
    }

    bool prepared_ = false;
};

class NodePorts final : public Plugin {
public:
    std::string_view name() const override { return "NodePorts"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<NodePorts>(*this); }
    Reads reads() const override { return Reads::Node; }
    PreFilterResult preFilter(const Cycle& cycle) override {
        if (cycle.pod.hostPorts.empty()) return {Status::skip(), {}};
        prepared_ = true;
        return {};
    }
    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (!prepared_) return Status::error("reading \"PreFilterNodePorts\" from cycleState: not found");
        constexpr std::string_view any = "0.0.0.0";
        for (const auto& wanted : cycle.pod.hostPorts)
            for (const auto& used : node.usedPorts)
                if (wanted.port == used.port && wanted.protocol == used.protocol && (wanted.ip == used.ip || wanted.ip == any || used.ip == any))
                    return Status::unschedulable("node(s) didn't have free ports for the requested pod ports");
        return {};
    }

private:
    bool prepared_ = false;
};

class ImageLocality final : public Plugin {
public:
    std::string_view name() const override { return "ImageLocality"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<ImageLocality>(*this); }
    Reads reads() const override { return Reads::Node; }
    Normalization normalization() const override { return Normalization::None; }
    ScoreResult score(const Cycle& cycle, const NodeInfo& node) override {
        constexpr std::int64_t mebibyte = 1024 * 1024, least = 23 * mebibyte, mostPerContainer = 1000 * mebibyte;
        const auto allNodes = static_cast<double>(cycle.snapshot.nodes.size());
        std::int64_t sum = 0;
        for (const auto& image : cycle.pod.images) {
            if (!node.images.contains(image)) continue;
            const auto& spread = cycle.snapshot.images->at(image);
            sum += static_cast<std::int64_t>(static_cast<double>(spread.bytes) * (static_cast<double>(spread.nodes) / allNodes));
        }
        const auto most = mostPerContainer * static_cast<std::int64_t>(cycle.pod.imageCount);
        sum = sum < least ? least : sum > most ? most : sum;
        return {maxNodeScore * (sum - least) / (most - least), {}};
    }
};

}  // namespace

bool tolerates(std::span<const Toleration> tolerations, const Taint& taint) {
    return std::ranges::any_of(tolerations, [&](const Toleration& toleration) { return toleration.tolerates(taint); });
}

const Taint* untoleratedTaint(const NodeInfo& node, std::span<const Toleration> tolerations) {
    for (const auto& taint : node.taints)
        if ((taint.effect == "NoSchedule" || taint.effect == "NoExecute") && !tolerates(tolerations, taint)) return &taint;
    return nullptr;
}

bool matchesNodeSelectorAndAffinity(const PodInfo& pod, const NodeInfo& node) {
    for (const auto& [key, value] : pod.nodeSelector) {
        const auto it = node.labels.find(key);
        if (it == node.labels.end() || it->second != value) return false;
    }
    if (!pod.nodeAffinity.hasRequired) return true;
    return std::ranges::any_of(pod.nodeAffinity.required, [&](const NodeTerm& term) { return term.matches(node.labels, node.name); });
}

void defaultNormalize(std::span<std::int64_t> scores, bool reverse) {
    std::int64_t most = 0;
    for (const auto score : scores) most = std::max(most, score);
    for (auto& score : scores) {
        if (most == 0) {
            if (reverse) score = maxNodeScore;
            continue;
        }
        score = maxNodeScore * score / most;
        if (reverse) score = maxNodeScore - score;
    }
}

std::unique_ptr<Plugin> makeSimplePlugin(std::string_view name) {
    if (name == "SchedulingGates") return std::make_unique<SchedulingGates>();
    if (name == "NodeUnschedulable") return std::make_unique<NodeUnschedulable>();
    if (name == "NodeName") return std::make_unique<NodeName>();
    if (name == "TaintToleration") return std::make_unique<TaintToleration>();
    if (name == "NodeAffinity") return std::make_unique<NodeAffinityPlugin>();
    if (name == "NodePorts") return std::make_unique<NodePorts>();
    if (name == "ImageLocality") return std::make_unique<ImageLocality>();
    return nullptr;
}

}  // namespace kubarium::scheduler
