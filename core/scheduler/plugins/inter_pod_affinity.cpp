// InterPodAffinity (pkg/scheduler/framework/plugins/interpodaffinity).
//
// Terms of the incoming Pod match with *empty* namespace labels: the namespaces that a namespaceSelector selects are added by
// name beforehand, but the selector stays, so that NotIn and DoesNotExist match every namespace. Terms of Pods that are already
// placed are matched with the labels of the incoming Pod's namespace.
#include "core/scheduler/plugins/plugins.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

using Pair = std::pair<std::string, std::string>;  // topology key and value
using Counts = std::map<Pair, std::int64_t>;

const Labels noLabels;

void count(Counts& counts, const AffinityTerm& term, const NodeInfo& node, std::int64_t by) {
    const auto label = node.labels.find(term.topologyKey);
    if (label == node.labels.end()) return;
    const auto it = counts.try_emplace({term.topologyKey, label->second}, 0).first;
    it->second += by;
    if (it->second == 0) counts.erase(it);
}

bool matchesAll(const std::vector<AffinityTerm>& terms, const PodInfo& pod) {
    return !terms.empty() && std::ranges::all_of(terms, [&](const AffinityTerm& term) { return term.matches(pod.nameSpace, pod.labels, noLabels); });
}

class InterPodAffinity final : public Plugin {
public:
    std::string_view name() const override { return "InterPodAffinity"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<InterPodAffinity>(*this); }
    Reads reads() const override { return Reads::Tracked; }

    PreFilterResult preFilter(const Cycle& cycle) override {
        const auto& pod = cycle.pod;
        if (!pod.affinityErrors.empty()) return {Status::unresolvable(pod.affinityErrors.size() == 1 ? "parsing pod: " + pod.affinityErrors.front() : fmt::format("parsing pod: [{}]", fmt::join(pod.affinityErrors, ", "))), {}};
        prepare(cycle);
        required_ = withSelectedNamespaces(pod.requiredAffinity, *cycle.snapshot.objects);
        anti_ = withSelectedNamespaces(pod.requiredAntiAffinity, *cycle.snapshot.objects);
        for (const auto& node : cycle.snapshot.nodes) {
            for (const auto& existing : node->podsWithAntiAffinity) countExisting(cycle, *existing, *node, 1);
            if (required_.empty() && anti_.empty()) continue;
            // Counted first: the maps are looked into once per Node, not per Pod.
            if (const auto together = std::ranges::count_if(node->pods, [&](const auto& other) { return matchesAll(required_, *other); }); together > 0)
                for (const auto& term : required_) count(affinityCounts_, term, *node, together);
            for (const auto& term : anti_)
                if (const auto apart = std::ranges::count_if(node->pods, [&](const auto& other) { return term.matches(other->nameSpace, other->labels, noLabels); }); apart > 0)
                    count(antiCounts_, term, *node, apart);
        }
        if (existingAnti_.empty() && required_.empty() && anti_.empty()) return {Status::skip(), {}};
        prepared_ = true;
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (!prepared_) return Status::error("error reading \"PreFilterInterPodAffinity\" from cycleState: not found");
        if (!satisfiesAffinity(cycle, node)) return Status::unresolvable("node(s) didn't match pod affinity rules");
        for (const auto& term : anti_)
            if (const auto label = node.labels.find(term.topologyKey); label != node.labels.end())
                if (const auto it = antiCounts_.find({term.topologyKey, label->second}); it != antiCounts_.end() && it->second > 0)
                    return Status::unschedulable("node(s) didn't match pod anti-affinity rules");
        if (!existingAnti_.empty())
            for (const auto& [key, value] : node.labels)
                if (const auto it = existingAnti_.find({key, value}); it != existingAnti_.end() && it->second > 0)
                    return Status::unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");
        return {};
    }

    void addPod(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node) override { change(cycle, pod, node, 1); }
    void removePod(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node) override { change(cycle, pod, node, -1); }

    Status preScore(const Cycle& cycle, std::span<const NodeInfo* const>) override {
        const auto& pod = cycle.pod;
        const bool own = !pod.preferredAffinity.empty() || !pod.preferredAntiAffinity.empty();
        if (cycle.profile.ignorePreferredTermsOfExistingPods && !own) return Status::skip();
        prepare(cycle);
        const auto preferred = withSelectedNamespaces(pod.preferredAffinity, *cycle.snapshot.objects);
        const auto preferredAnti = withSelectedNamespaces(pod.preferredAntiAffinity, *cycle.snapshot.objects);
        for (const auto& node : cycle.snapshot.nodes) {
            if (node->labels.empty()) continue;
            for (const auto& existing : own ? node->pods : node->podsWithAffinity) {
                if (own) {
                    weigh(preferred, existing->nameSpace, existing->labels, noLabels, *node, 1);
                    weigh(preferredAnti, existing->nameSpace, existing->labels, noLabels, *node, -1);
                }
                if (!existing->hasPodAffinity()) continue;
                if (cycle.profile.hardPodAffinityWeight > 0)
                    for (const auto& term : existing->requiredAffinity)
                        if (term.matches(pod.nameSpace, pod.labels, *namespaceLabels_)) addScore(term, *node, cycle.profile.hardPodAffinityWeight);
                weigh(existing->preferredAffinity, pod.nameSpace, pod.labels, *namespaceLabels_, *node, 1);
                weigh(existing->preferredAntiAffinity, pod.nameSpace, pod.labels, *namespaceLabels_, *node, -1);
            }
        }
        if (scores_.empty()) return Status::skip();
        scorable_ = true;
        return {};
    }

    ScoreResult score(const Cycle&, const NodeInfo& node) override {
        if (!scorable_) return {0, Status::error("failed to read \"PreScoreInterPodAffinity\" from cycleState: not found")};
        std::int64_t sum = 0;
        for (const auto& [key, values] : scores_)
            if (const auto label = node.labels.find(key); label != node.labels.end())
                if (const auto it = values.find(label->second); it != values.end()) sum += it->second;
        return {sum, {}};
    }

    void normalize(const Cycle&, std::span<const NodeInfo* const>, std::span<std::int64_t> scores) override {
        if (scores_.empty() || scores.empty()) return;
        const auto [least, most] = std::ranges::minmax(scores);
        const auto range = most - least;
        for (auto& score : scores) {
            double value = 0;
            if (range > 0) value = static_cast<double>(maxNodeScore) * (static_cast<double>(score - least) / static_cast<double>(range));
            score = static_cast<std::int64_t>(value);
        }
    }

private:
    void prepare(const Cycle& cycle) {
        const auto it = cycle.snapshot.objects->namespaces.find(cycle.pod.nameSpace);
        namespaceLabels_ = it == cycle.snapshot.objects->namespaces.end() ? &noLabels : &it->second;
    }

    void countExisting(const Cycle& cycle, const PodInfo& existing, const NodeInfo& node, std::int64_t by) {
        for (const auto& term : existing.requiredAntiAffinity)
            if (term.matches(cycle.pod.nameSpace, cycle.pod.labels, *namespaceLabels_)) count(existingAnti_, term, node, by);
    }

    void change(const Cycle& cycle, const PodInfo& existing, const NodeInfo& node, std::int64_t by) {
        countExisting(cycle, existing, node, by);
        if (matchesAll(required_, existing))
            for (const auto& term : required_) count(affinityCounts_, term, node, by);
        for (const auto& term : anti_)
            if (term.matches(existing.nameSpace, existing.labels, noLabels)) count(antiCounts_, term, node, by);
    }

    bool satisfiesAffinity(const Cycle& cycle, const NodeInfo& node) const {
        bool podsExist = true;
        for (const auto& term : required_) {
            const auto label = node.labels.find(term.topologyKey);
            if (label == node.labels.end()) return false;
            const auto it = affinityCounts_.find({term.topologyKey, label->second});
            if (it == affinityCounts_.end() || it->second <= 0) podsExist = false;
        }
        // The first Pod of a group that wants to be together may go anywhere.
        return podsExist || (affinityCounts_.empty() && matchesAll(required_, cycle.pod));
    }

    void addScore(const AffinityTerm& term, const NodeInfo& node, std::int64_t weight) {
        if (const auto label = node.labels.find(term.topologyKey); label != node.labels.end()) scores_[term.topologyKey][label->second] += weight;
    }
    void weigh(const std::vector<AffinityTerm>& terms, const std::string& nameSpace, const Labels& labels, const Labels& nsLabels, const NodeInfo& node, std::int64_t sign) {
        for (const auto& term : terms)
            if (term.matches(nameSpace, labels, nsLabels)) addScore(term, node, sign * term.weight);
    }

    bool prepared_ = false, scorable_ = false;  // PreFilter, PreScore have run
    const Labels* namespaceLabels_ = &noLabels;
    std::vector<AffinityTerm> required_, anti_;
    Counts existingAnti_, affinityCounts_, antiCounts_;
    std::map<std::string, std::map<std::string, std::int64_t>> scores_;
};

}  // namespace

std::vector<AffinityTerm> withSelectedNamespaces(std::vector<AffinityTerm> terms, const ClusterObjects& objects) {
    for (auto& term : terms) {
        if (term.namespaceSelector.matchesEverything() || term.namespaceSelector.matchesNothing()) continue;
        for (const auto& [name, labels] : objects.namespaces)
            if (term.namespaceSelector.matches(labels)) term.namespaces.insert(name);
    }
    return terms;
}

std::unique_ptr<Plugin> makeInterPodAffinity() { return std::make_unique<InterPodAffinity>(); }

}  // namespace kubarium::scheduler
