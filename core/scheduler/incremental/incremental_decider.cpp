#include "core/scheduler/incremental/incremental_decider.h"

#include "core/scheduler/cycle.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {

void IncrementalDecider::countNode(const NodeInfo& node, int by) {
    for (const auto& pod : node.pods)
        if ((podsOfPriority_[pod->priority] += by) == 0) podsOfPriority_.erase(pod->priority);
}

void IncrementalDecider::noteAffinity(std::uint32_t node) {
    const auto at = std::ranges::lower_bound(nodesWithAffinity_, node);
    const bool known = at != nodesWithAffinity_.end() && *at == node;
    if (last_->nodes[node]->podsWithAffinity.empty() == !known) return;
    if (known) nodesWithAffinity_.erase(at);
    else nodesWithAffinity_.insert(at, node);
}

// Brings what is known about the whole cluster up to date.
void IncrementalDecider::follow(const SnapshotPtr& snapshot) {
    before_ = std::exchange(last_, snapshot);
    changes_.clear();
    auto changes = before_ ? changesBetween(*before_, *snapshot) : std::nullopt;
    if (!changes) {
        before_ = nullptr;
        index_ = std::make_shared<TopologyIndex>(snapshot);
        nodesWithAffinity_.clear();
        podsOfPriority_.clear();
        for (std::uint32_t node = 0; node < snapshot->nodes.size(); ++node) {
            countNode(*snapshot->nodes[node], 1);
            noteAffinity(node);
        }
        return;
    }
    changes_ = std::move(*changes);
    for (const auto& change : changes_) {
        eachPodChange(*change.before, *change.after, [&](const PodInfo& pod, int by) {
            if ((podsOfPriority_[pod.priority] += by) == 0) podsOfPriority_.erase(pod.priority);
        });
        noteAffinity(change.index);
        if (change.before->object != change.after->object && change.before->labels != change.after->labels) index_ = std::make_shared<TopologyIndex>(snapshot);
    }
}

std::unique_ptr<TemplateState> IncrementalDecider::make(const SnapshotPtr& snapshot, const PodInfoPtr& pod, const Profile& profile) {
    ++statistics_.templatesMade;
    return TemplateState::create({snapshot, pod, configuration_, &profile, index_, &nodesWithAffinity_});
}

TemplateState* IncrementalDecider::stateFor(const SnapshotPtr& snapshot, const PodInfoPtr& pod, const Profile& profile) {
    const auto& key = keys_.of(*pod);
    if (key.empty()) return nullptr;
    const auto found = byKey_.find(key);
    if (found == byKey_.end()) {
        entries_.push_front({key, &profile, make(snapshot, pod, profile)});
        byKey_.emplace(entries_.front().key, entries_.begin());
    } else {
        entries_.splice(entries_.begin(), entries_, found->second);
        auto& state = entries_.front().state;
        if (state && state->snapshot() != snapshot) {
            // Most often it is the last one's successor, and what changed is known.
            if (state->snapshot() == before_) {
                if (!state->advance(snapshot, changes_)) state = make(snapshot, pod, profile);
            } else {
                const auto held = state->snapshot();
                const auto changes = changesBetween(*held, *snapshot);
                if (!changes) {
                    const auto old = std::exchange(state, make(snapshot, pod, profile));
                    if (state) state->adopt(*old);
                } else if (!state->advance(snapshot, *changes)) {
                    state = make(snapshot, pod, profile);
                }
            }
        }
    }
    entries_.front().used = ++decisions_;
    while (entries_.size() > mostTemplates || entries_.back().used + longestUnused < decisions_) {
        byKey_.erase(entries_.back().key);
        entries_.pop_back();
    }
    return entries_.front().state.get();
}

// Tried first, and wins alone. nullopt where it is refused.
std::optional<Decision> IncrementalDecider::onNominatedNode(TemplateState& state, const PodInfo& pod, const DecideOptions& options) const {
    const auto index = pod.nominatedNode.empty() ? std::nullopt : last_->index(pod.nominatedNode);
    if (!index || !state.verdict(static_cast<std::uint32_t>(*index)).success() || state.failed()) return std::nullopt;
    Decision decision;
    decision.result = Decision::Result::Scheduled;
    decision.selectedNode = pod.nominatedNode;
    decision.nominatedNodeUsed = decision.scoringSkipped = true;
    decision.evaluated = decision.feasible = 1;
    decision.nextStart = options.startIndex;
    return decision;
}

std::optional<Decision> IncrementalDecider::unschedulable(TemplateState& state, const PodInfo& pod, const Profile& profile, const DecideOptions& options, Decision decision) const {
    const auto refusals = state.refusals();
    if (options.preempt && !profile.postFilter.empty()) {
        // Other lists have other words.
        static const std::vector<std::string> usual{"DynamicResources", "DefaultPreemption"};
        if (profile.postFilter != usual || std::ranges::find(profile.preFilter, usual.front()) == profile.preFilter.end()) return std::nullopt;
        const bool victims = !podsOfPriority_.empty() && podsOfPriority_.begin()->first < pod.priority;
        if (pod.preemptNever || !victims) decision.preemption = preemptionWithoutVictims({*last_, pod, profile}, options, refusals);
        else if (!state.filtersAreLocal()) return std::nullopt;
        else decision.preemption = state.preempt(pod, state.verdicts(), options);
    }
    for (const auto& [status, nodes] : refusals) decision.refusedBy.insert(status.plugin);
    decision.reason = "Unschedulable";
    decision.message = fitErrorMessage(last_->nodes.size(), refusals, "", decision.preemption.message);
    return decision;
}

std::optional<Decision> IncrementalDecider::tryIncremental(TemplateState& state, const PodInfo& pod, const Profile& profile, const DecideOptions& options) {
    if (!state.followNominated(pod)) return std::nullopt;
    if (auto decision = onNominatedNode(state, pod, options)) return decision;
    const auto nodes = last_->nodes.size();
    const auto sampled = options.sampling ? numFeasibleNodesToFind(profile.percentageOfNodesToScore, configuration_->percentageOfNodesToScore, nodes) : nodes;
    const auto choice = state.choose(options, profile.score.empty() ? 1 : sampled);
    if (state.failed()) return std::nullopt;
    Decision decision;
    decision.evaluated = static_cast<int>(choice.processed);
    decision.nextStart = choice.nextStart;
    if (!choice.node) return unschedulable(state, pod, profile, options, std::move(decision));
    decision.feasible = static_cast<int>(choice.feasible);
    decision.scoringSkipped = choice.feasible == 1;
    decision.selectedNode = last_->nodes[*choice.node]->name;
    decision.result = Decision::Result::Scheduled;
    return decision;
}

Decision IncrementalDecider::decide(const SnapshotPtr& snapshot, const PodInfoPtr& pod, const std::shared_ptr<const Configuration>& configuration, const Profile& profile,
                                    const DecideOptions& options) {
    if (configuration != configuration_) {
        configuration_ = configuration;
        byKey_.clear();
        entries_.clear();
    }
    if (last_ != snapshot) follow(snapshot);
    if (!options.fullStory && !snapshot->nodes.empty())
        if (auto* state = stateFor(snapshot, pod, profile))
            if (auto decision = tryIncremental(*state, *pod, profile, options)) {
                ++statistics_.incremental;
                return std::move(*decision);
            }
    ++statistics_.fromScratch;
    return scheduler::decide(*snapshot, *pod, *configuration, profile, options);
}

}  // namespace kubarium::scheduler
