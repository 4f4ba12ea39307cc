#include "core/scheduler/incremental/affinity_tracker.h"

#include "core/scheduler/plugins/plugins.h"

#include <algorithm>

namespace kubarium::scheduler {
namespace {

const Labels noLabels;

const Status affinityRules{Code::UnschedulableAndUnresolvable, {"node(s) didn't match pod affinity rules"}, "InterPodAffinity"};
const Status antiAffinityRules{Code::Unschedulable, {"node(s) didn't match pod anti-affinity rules"}, "InterPodAffinity"};
const Status existingRules{Code::Unschedulable, {"node(s) didn't satisfy existing pods anti-affinity rules"}, "InterPodAffinity"};

}  // namespace

AffinityTracker::AffinityTracker(const Cycle& cycle, std::shared_ptr<TopologyIndex> index, bool filters, bool scores)
    : pod_(std::make_shared<const PodInfo>(cycle.pod)), index_(std::move(index)), filters_(filters), weighs_(scores), hardWeight_(cycle.profile.hardPodAffinityWeight),
      nodes_(cycle.snapshot.nodes.size()) {
    const auto& objects = *cycle.snapshot.objects;
    if (const auto labels = objects.namespaces.find(pod_->nameSpace); labels != objects.namespaces.end()) namespaceLabels_ = labels->second;
    if (filters_) {
        required_ = termsOf(pod_->requiredAffinity, objects);
        anti_ = termsOf(pod_->requiredAntiAffinity, objects);
        matchesItself_ = matchesAllRequired(pod_->nameSpace, pod_->labels);
    }
    const bool own = !pod_->preferredAffinity.empty() || !pod_->preferredAntiAffinity.empty();
    weighs_ = weighs_ && (own || !cycle.profile.ignorePreferredTermsOfExistingPods);
    if (weighs_) {
        preferred_ = termsOf(pod_->preferredAffinity, objects);
        preferredAnti_ = termsOf(pod_->preferredAntiAffinity, objects);
        scores_.assign(nodes_, 0);
    }
}

std::size_t AffinityTracker::keyOf(const std::string& label) {
    const auto it = std::ranges::find(keys_, label, &KeyCounts::label);
    if (it != keys_.end()) return static_cast<std::size_t>(it - keys_.begin());
    KeyCounts counts{label, &index_->key(label), {}, {}, {}, {}};
    for (auto* list : {&counts.existingAnti, &counts.affinity, &counts.anti, &counts.unsettled}) list->assign(counts.key->domains(), 0);
    keys_.push_back(std::move(counts));
    return keys_.size() - 1;
}

std::vector<AffinityTracker::Term> AffinityTracker::termsOf(const std::vector<AffinityTerm>& terms, const ClusterObjects& objects) {
    std::vector<Term> known;
    for (auto& term : withSelectedNamespaces(terms, objects)) {
        const auto key = keyOf(term.topologyKey);
        known.push_back({std::move(term), key});
    }
    return known;
}

bool AffinityTracker::matchesAllRequired(const std::string& nameSpace, const Labels& labels) const {
    return !required_.empty() && std::ranges::all_of(required_, [&](const Term& each) { return each.term.matches(nameSpace, labels, noLabels); });
}

void AffinityTracker::count(std::vector<std::int64_t> KeyCounts::* counts, std::size_t key, std::uint32_t node, int by, std::int64_t& pairs, Touched& touched) {
    const auto domain = keys_[key].key->domainOf[node];
    if (domain == TopologyKey::none) return;
    auto& value = (keys_[key].*counts)[static_cast<std::size_t>(domain)];
    const auto before = value;
    value += by;
    pairs += (value != 0) - (before != 0);
    if ((before > 0) == (value > 0)) return;
    const auto& concerned = keys_[key].key->nodes[static_cast<std::size_t>(domain)];
    touched.nodes.insert(touched.nodes.end(), concerned.begin(), concerned.end());
}

void AffinityTracker::addScore(std::size_t key, std::uint32_t node, std::int64_t weight) {
    const auto domain = keys_[key].key->domainOf[node];
    if (domain == TopologyKey::none || weight == 0) return;
    auto& unsettled = keys_[key].unsettled[static_cast<std::size_t>(domain)];
    if (unsettled == 0) unsettled_.emplace_back(key, domain);
    unsettled += weight;
}

std::vector<std::uint32_t> AffinityTracker::settleScores() {
    std::vector<std::uint32_t> rescored;
    for (const auto& [key, domain] : std::exchange(unsettled_, {})) {
        const auto weight = std::exchange(keys_[key].unsettled[domain], 0);
        if (weight == 0) continue;
        for (const auto node : keys_[key].key->nodes[domain]) {
            scores_[node] += weight;
            rescored.push_back(node);
        }
    }
    return rescored;
}

void AffinityTracker::weigh(const std::vector<AffinityTerm>& existing, std::uint32_t node, std::int64_t sign) {
    for (const auto& term : existing)
        if (term.matches(pod_->nameSpace, pod_->labels, namespaceLabels_)) addScore(keyOf(term.topologyKey), node, sign * term.weight);
}

void AffinityTracker::podChanged(const PodInfo& pod, std::uint32_t node, int by, Touched& touched) {
    if (filters_) {
        for (const auto& term : pod.requiredAntiAffinity)
            if (term.matches(pod_->nameSpace, pod_->labels, namespaceLabels_)) count(&KeyCounts::existingAnti, keyOf(term.topologyKey), node, by, existingPairs_, touched);
        const bool hadPairs = affinityPairs_ > 0;
        if (matchesAllRequired(pod.nameSpace, pod.labels))
            for (const auto& each : required_) count(&KeyCounts::affinity, each.key, node, by, affinityPairs_, touched);
        // The first Pod of a group may go anywhere, its followers may not.
        touched.all |= hadPairs != (affinityPairs_ > 0);
        for (const auto& each : anti_)
            if (each.term.matches(pod.nameSpace, pod.labels, noLabels)) count(&KeyCounts::anti, each.key, node, by, antiPairs_, touched);
    }
    if (!weighs_) return;
    for (const auto& each : preferred_)
        if (each.term.matches(pod.nameSpace, pod.labels, noLabels)) addScore(each.key, node, by * each.term.weight);
    for (const auto& each : preferredAnti_)
        if (each.term.matches(pod.nameSpace, pod.labels, noLabels)) addScore(each.key, node, -by * each.term.weight);
    if (!pod.hasPodAffinity()) return;
    if (hardWeight_ > 0)
        for (const auto& term : pod.requiredAffinity)
            if (term.matches(pod_->nameSpace, pod_->labels, namespaceLabels_)) addScore(keyOf(term.topologyKey), node, by * hardWeight_);
    weigh(pod.preferredAffinity, node, by);
    weigh(pod.preferredAntiAffinity, node, -by);
}

const Status* AffinityTracker::filter(std::uint32_t node) const {
    if (!filterActive()) return nullptr;
    bool podsExist = true;
    for (const auto& each : required_) {
        const auto domain = keys_[each.key].key->domainOf[node];
        if (domain == TopologyKey::none) return &affinityRules;
        podsExist &= keys_[each.key].affinity[static_cast<std::size_t>(domain)] > 0;
    }
    if (!podsExist && (affinityPairs_ > 0 || !matchesItself_)) return &affinityRules;
    const auto counted = [&](const KeyCounts& key, const std::vector<std::int64_t>& counts) {
        const auto domain = key.key->domainOf[node];
        return domain != TopologyKey::none && counts[static_cast<std::size_t>(domain)] > 0;
    };
    if (antiPairs_ > 0 && std::ranges::any_of(keys_, [&](const KeyCounts& key) { return counted(key, key.anti); })) return &antiAffinityRules;
    if (existingPairs_ > 0 && std::ranges::any_of(keys_, [&](const KeyCounts& key) { return counted(key, key.existingAnti); })) return &existingRules;
    return nullptr;
}

}  // namespace kubarium::scheduler
