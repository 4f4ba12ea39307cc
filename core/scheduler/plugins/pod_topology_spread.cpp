// PodTopologySpread (pkg/scheduler/framework/plugins/podtopologyspread): hard constraints filter by skew, soft ones score.
#include "core/scheduler/plugins/plugins.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>

namespace kubarium::scheduler {
namespace {

constexpr std::string_view hostnameLabel = "kubernetes.io/hostname";

Labels selectorLabels(const ObjectPtr& object) {
    Labels labels;
    if (const auto* selector = object->find({"spec", "selector"}); selector && selector->is_object())
        for (const auto& [key, value] : selector->get_object())
            if (value.is_string()) labels.emplace(key, value.get_string());
    return labels;
}

api::Selector fullSelector(const ObjectPtr& object) {
    api::LabelSelector selector;
    const auto* from = object->find({"spec", "selector"});
    const auto* map = from ? from->if_object() : nullptr;
    if (!map) return api::Selector::nothing();
    if (const auto* labels = map->if_contains("matchLabels"); labels && labels->is_object())
        for (const auto& [key, value] : labels->get_object()) selector.matchLabels.emplace(key, value.as_string());
    if (const auto* expressions = map->if_contains("matchExpressions"); expressions && expressions->is_array())
        for (const auto& entry : expressions->get_array()) {
            api::LabelSelectorRequirement requirement{std::string(api::stringAt(entry, {"key"})), std::string(api::stringAt(entry, {"operator"})), {}};
            if (const auto* values = api::findPath(entry, {"values"}); values && values->is_array())
                for (const auto& value : values->get_array()) requirement.values.emplace_back(value.as_string());
            selector.matchExpressions.push_back(std::move(requirement));
        }
    const auto parsed = api::Selector::from(selector);
    return parsed ? *parsed : api::Selector::nothing();
}

// helper.DefaultSelector: what the Services, and the controller, of a Pod select.
api::Selector defaultSelector(const PodInfo& pod, const ClusterObjects& objects) {
    Labels labels;
    for (const auto& [key, service] : objects.services) {
        if (service->nameSpace() != pod.nameSpace || !service->find({"spec", "selector"})) continue;
        const auto of = selectorLabels(service);
        const bool matches = !of.empty() && std::ranges::all_of(of, [&](const auto& entry) {
            const auto it = pod.labels.find(entry.first);
            return it != pod.labels.end() && it->second == entry.second;
        });
        if (matches) labels.insert(of.begin(), of.end());
    }
    auto selector = api::Selector::fromLabels(labels);
    const auto* owners = pod.object->find({"metadata", "ownerReferences"});
    if (!owners || !owners->is_array()) return selector;
    for (const auto& owner : owners->get_array()) {
        const auto* controller = api::findPath(owner, {"controller"});
        if (!controller || !controller->is_bool() || !controller->get_bool()) continue;
        const auto kind = api::stringAt(owner, {"kind"}), apiVersion = api::stringAt(owner, {"apiVersion"});
        const auto key = pod.nameSpace + "/" + std::string(api::stringAt(owner, {"name"}));
        if (kind == "ReplicationController" && apiVersion == "v1") {
            if (const auto it = objects.replicationControllers.find(key); it != objects.replicationControllers.end()) {
                const auto of = selectorLabels(it->second);
                for (const auto& [name, value] : of) labels[name] = value;
                selector = api::Selector::fromLabels(labels);
            }
            return selector;
        }
        const auto* from = kind == "ReplicaSet" && apiVersion == "apps/v1" ? &objects.replicaSets : kind == "StatefulSet" && apiVersion == "apps/v1" ? &objects.statefulSets : nullptr;
        if (!from) return selector;
        if (const auto it = from->find(key); it != from->end()) {
            const auto own = fullSelector(it->second);
            for (const auto& requirement : own.requirements()) selector.add(requirement);
        }
        return selector;
    }
    return selector;
}

std::int64_t countMatching(const NodeInfo& node, const api::Selector& selector, const std::string& nameSpace) {
    if (selector.matchesEverything()) return 0;
    return std::ranges::count_if(node.pods, [&](const PodInfoPtr& pod) { return !pod->terminating && pod->nameSpace == nameSpace && selector.matches(pod->labels); });
}

// The two least crowded domains: enough to know the minimum while one Pod comes or goes.
struct CriticalPaths {
    struct Path {
        std::string value;
        std::int64_t count = std::numeric_limits<std::int32_t>::max();
    };
    std::array<Path, 2> paths;

    void update(const std::string& value, std::int64_t count) {
        const int at = value == paths[0].value ? 0 : value == paths[1].value ? 1 : -1;
        if (at >= 0) {
            paths[static_cast<std::size_t>(at)].count = count;
            if (paths[0].count > paths[1].count) std::swap(paths[0], paths[1]);
        } else if (count < paths[0].count) {
            paths[1] = paths[0];
            paths[0] = {value, count};
        } else if (count < paths[1].count) {
            paths[1] = {value, count};
        }
    }
};

class PodTopologySpread final : public Plugin {
public:
    std::string_view name() const override { return "PodTopologySpread"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<PodTopologySpread>(*this); }
    Reads reads() const override { return Reads::Tracked; }

    PreFilterResult preFilter(const Cycle& cycle) override {
        if (const auto* error = errorOf(cycle.pod, true)) return {Status::error("get constraints from pod: obtaining pod's hard topology spread constraints: " + *error), {}};
        hard_ = spreadConstraints(cycle, true);
        if (hard_.empty()) return {Status::skip(), {}};
        prepared_ = true;
        domains_.resize(hard_.size());
        critical_.resize(hard_.size());
        for (const auto& node : cycle.snapshot.nodes) {
            if (!hasAllTopologyKeys(node->labels, hard_)) continue;
            for (std::size_t i = 0; i < hard_.size(); ++i)
                if (countsForSpread(cycle.pod, *node, hard_[i])) domains_[i][node->labels.at(hard_[i].topologyKey)] += countMatching(*node, hard_[i].selector, cycle.pod.nameSpace);
        }
        for (std::size_t i = 0; i < hard_.size(); ++i)
            for (const auto& [value, count] : domains_[i]) critical_[i].update(value, count);
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (!prepared_) return Status::error("reading \"PreFilterPodTopologySpread\" from cycleState: not found");
        for (std::size_t i = 0; i < hard_.size(); ++i) {
            const auto& constraint = hard_[i];
            const auto label = node.labels.find(constraint.topologyKey);
            if (label == node.labels.end()) return Status::unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
            const auto least = static_cast<std::int64_t>(domains_[i].size()) < constraint.minDomains ? 0 : critical_[i].paths[0].count;
            const auto self = constraint.selector.matches(cycle.pod.labels) ? 1 : 0;
            const auto it = domains_[i].find(label->second);
            const auto there = it == domains_[i].end() ? 0 : it->second;
            if (there + self - least > constraint.maxSkew) return Status::unschedulable("node(s) didn't match pod topology spread constraints");
        }
        return {};
    }

    void addPod(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node) override { change(cycle, pod, node, 1); }
    void removePod(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node) override { change(cycle, pod, node, -1); }

    Status preScore(const Cycle& cycle, std::span<const NodeInfo* const> nodes) override {
        if (const auto* error = errorOf(cycle.pod, false)) return Status::error("calculating preScoreState: obtaining pod's soft topology spread constraints: " + *error);
        const bool requireAll = !cycle.pod.spread.empty() || !cycle.profile.systemDefaultedSpread;
        soft_ = spreadConstraints(cycle, false);
        if (soft_.empty()) return Status::skip();
        scorable_ = true;
        counts_.assign(soft_.size(), {});
        for (const auto* node : nodes) {
            if (requireAll && !hasAllTopologyKeys(node->labels, soft_)) {
                ignored_.insert(node->name);
                continue;
            }
            for (std::size_t i = 0; i < soft_.size(); ++i)
                if (soft_[i].topologyKey != hostnameLabel) counts_[i].try_emplace(valueOf(*node, soft_[i].topologyKey), 0);
        }
        for (std::size_t i = 0; i < soft_.size(); ++i) {
            const auto domains = soft_[i].topologyKey == hostnameLabel ? nodes.size() - ignored_.size() : counts_[i].size();
            weights_.push_back(std::log(static_cast<double>(domains + 2)));
        }
        for (const auto& node : cycle.snapshot.nodes) {
            if (requireAll && !hasAllTopologyKeys(node->labels, soft_)) continue;
            for (std::size_t i = 0; i < soft_.size(); ++i) {
                if (!countsForSpread(cycle.pod, *node, soft_[i])) continue;
                if (const auto it = counts_[i].find(valueOf(*node, soft_[i].topologyKey)); it != counts_[i].end())
                    it->second += countMatching(*node, soft_[i].selector, cycle.pod.nameSpace);
            }
        }
        return {};
    }

    ScoreResult score(const Cycle& cycle, const NodeInfo& node) override {
        if (!scorable_) return {0, Status::error("error reading \"PreScorePodTopologySpread\" from cycleState: not found")};
        if (ignored_.contains(node.name)) return {};
        double sum = 0;
        for (std::size_t i = 0; i < soft_.size(); ++i) {
            const auto label = node.labels.find(soft_[i].topologyKey);
            if (label == node.labels.end()) continue;
            const auto count = soft_[i].topologyKey == hostnameLabel ? countMatching(node, soft_[i].selector, cycle.pod.nameSpace) : counts_[i].at(label->second);
            sum += static_cast<double>(count) * weights_[i] + static_cast<double>(soft_[i].maxSkew - 1);
        }
        return {static_cast<std::int64_t>(std::round(sum)), {}};
    }

    void normalize(const Cycle&, std::span<const NodeInfo* const> nodes, std::span<std::int64_t> scores) override {
        std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = std::numeric_limits<std::int64_t>::min();
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (ignored_.contains(nodes[i]->name)) continue;
            least = std::min(least, scores[i]);
            most = std::max(most, scores[i]);
        }
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (ignored_.contains(nodes[i]->name)) scores[i] = 0;
            else if (most == 0) scores[i] = maxNodeScore;
            else scores[i] = maxNodeScore * (most + least - scores[i]) / most;
        }
    }

private:
    static std::string valueOf(const NodeInfo& node, const std::string& key) {
        const auto it = node.labels.find(key);
        return it == node.labels.end() ? std::string() : it->second;
    }

    static const std::string* errorOf(const PodInfo& pod, bool hard) {
        const auto bad = std::ranges::find_if(pod.spread, [&](const SpreadConstraint& constraint) { return constraint.hard == hard && !constraint.error.empty(); });
        return bad == pod.spread.end() ? nullptr : &bad->error;
    }

    void change(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node, std::int64_t delta) {
        if (pod.nameSpace != cycle.pod.nameSpace || !hasAllTopologyKeys(node.labels, hard_)) return;
        for (std::size_t i = 0; i < hard_.size(); ++i) {
            if (!hard_[i].selector.matches(pod.labels) || !countsForSpread(cycle.pod, node, hard_[i])) continue;
            const auto& value = node.labels.at(hard_[i].topologyKey);
            auto& count = domains_[i][value];
            count += delta;
            critical_[i].update(value, count);
        }
    }

    bool prepared_ = false, scorable_ = false;  // PreFilter, PreScore have run
    std::vector<SpreadConstraint> hard_, soft_;
    std::vector<std::map<std::string, std::int64_t>> domains_, counts_;
    std::vector<CriticalPaths> critical_;
    std::vector<double> weights_;
    std::unordered_set<std::string> ignored_;
};

}  // namespace

bool hasAllTopologyKeys(const Labels& labels, const std::vector<SpreadConstraint>& constraints) {
    return std::ranges::all_of(constraints, [&](const auto& constraint) { return labels.contains(constraint.topologyKey); });
}

std::vector<SpreadConstraint> spreadConstraints(const Cycle& cycle, bool hard) {
    std::vector<SpreadConstraint> constraints;
    if (!cycle.pod.spread.empty()) {
        std::ranges::copy_if(cycle.pod.spread, std::back_inserter(constraints), [&](const auto& constraint) { return constraint.hard == hard; });
        return constraints;
    }
    auto defaults = cycle.profile.defaultSpread;
    if (cycle.profile.systemDefaultedSpread) {
        SpreadConstraint host, zone;
        host.topologyKey = hostnameLabel;
        host.maxSkew = 3;
        zone.topologyKey = "topology.kubernetes.io/zone";
        zone.maxSkew = 5;
        host.hard = zone.hard = false;
        defaults = {host, zone};
    }
    std::ranges::copy_if(defaults, std::back_inserter(constraints), [&](const auto& constraint) { return constraint.hard == hard; });
    if (constraints.empty()) return constraints;
    const auto selector = defaultSelector(cycle.pod, *cycle.snapshot.objects);
    if (selector.matchesEverything()) return {};
    for (auto& constraint : constraints) constraint.selector = selector;
    return constraints;
}

bool countsForSpread(const PodInfo& pod, const NodeInfo& node, const SpreadConstraint& constraint) {
    if (constraint.honorAffinity && !matchesNodeSelectorAndAffinity(pod, node)) return false;
    return !constraint.honorTaints || !untoleratedTaint(node, pod.tolerations);
}

std::unique_ptr<Plugin> makeTopologyPlugin(std::string_view name) {
    if (name == "PodTopologySpread") return std::make_unique<PodTopologySpread>();
    return nullptr;
}

}  // namespace kubarium::scheduler
