// The inside of one decision: the plugins of a profile run in order over a Pod and Nodes. Shared by decide() and preemption.
#pragma once

#include "core/scheduler/decision.h"

#include <utility>

namespace kubarium::scheduler {

// The plugins of one cycle, in the order of the profile's extension points. A copy carries its own state; plugins that look at one
// Node alone have none and are shared.
class PluginSet {
public:
    explicit PluginSet(const Profile& profile);
    PluginSet(const PluginSet& other);
    PluginSet& operator=(const PluginSet&) = delete;

    Status runPreFilter(const Cycle& cycle, Decision& decision);
    // Whether PreFilter of that plugin has run (it may be disabled, or another one may have ended the cycle before).
    bool preFilterRan(std::string_view plugin) const { return ranPreFilter_.contains(plugin); }
    bool hasScorePlugins() const { return !profile_.score.empty(); }
    // First refusal, without nominated Pods.
    Status runFilter(const Cycle& cycle, const NodeInfo& node);
    // Each plugin that refuses the Node on its own, in their order; without nominated Pods. PreFilter has succeeded.
    std::vector<Status> runEveryFilter(const Cycle& cycle, const NodeInfo& node);
    // As runFilter, and with the nominated Pods of equal or higher priority on that Node.
    Status runFilterWithNominated(const Cycle& cycle, const NodeInfo& node);
    void addPod(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node);
    void removePod(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node);
    // Scores into the verdicts of `feasible`; an error status ends it.
    Status runScore(const Cycle& cycle, std::span<const NodeInfo* const> feasible, std::span<NodeVerdict* const> verdicts, std::vector<std::string>& skipped);

private:
    using Plugins = std::map<std::string, std::unique_ptr<Plugin>>;
    Plugin* find(const std::string& name) const;
    static Status runOneFilter(Plugin& plugin, const Cycle& cycle, const NodeInfo& node);
    std::shared_ptr<const Plugins> plugins_;
    std::vector<std::unique_ptr<Plugin>> own_;  // of a copy, instead of those of the same name
    std::vector<Plugin*> filters_;              // those that PreFilter did not skip
    std::vector<Plugin*> following_;            // those of them that addPod() and removePod() concern
    const Profile& profile_;
    std::vector<std::string> skippedFilters_;
    std::set<std::string, std::less<>> ranPreFilter_;
};

// What preemption goes by where several Nodes would do, in this order (pickOneNodeForPreemption).
struct Price {
    int pdbViolations = 0;
    std::int64_t highestPriority = 0, sumOfPriorities = 0;
    std::size_t victims = 0;
    std::string_view earliestStart;  // among the most important victims, which hold it; "" (now) is the latest
};

// What it would take to make room on one Node; success: the candidate.
struct DryRun {
    Status status;
    Candidate candidate;
    Price price;
};
// By Node: what is known from an earlier Pod of the same template and is still so. Without Nodes to which the Pod itself is nominated:
// what is true of them is true of no other Pod of the template.
class DryRuns {
public:
    enum class Known : std::uint8_t { Nothing, Refused, Harmful, Harmless };  // Harmful: a candidate that violates disruption budgets

    void resize(std::size_t nodes) {
        known_.resize(nodes);
        all_.resize(nodes);
    }
    void clear() {
        known_.clear();
        all_.clear();
    }
    void forget(std::size_t node) {
        if (node >= known_.size() || std::exchange(known_[node], Known::Nothing) == Known::Nothing) return;
        all_[node] = {};
    }
    Known known(std::size_t node) const { return known_[node]; }
    const DryRun& operator[](std::size_t node) const { return all_[node]; }
    void set(std::size_t node, DryRun dry) {
        known_[node] = of(dry);
        all_[node] = std::move(dry);
    }
    static Known of(const DryRun& dry) { return !dry.status.success() ? Known::Refused : dry.candidate.pdbViolations > 0 ? Known::Harmful : Known::Harmless; }

private:
    std::vector<Known> known_;  // apart: a search looks at thousands of Nodes, and into few of them
    std::vector<DryRun> all_;
};

// How preemption looks for candidates. Where sampling is on: only for as many as the profile's minCandidateNodes say, from a drawn place
// on. With `kept`, dry runs are taken from there and put there, and what is told of other Nodes than the chosen one stays empty.
struct PreemptionSearch {
    const DecideOptions& options;
    DryRuns* kept = nullptr;
};

// The PostFilter plugins of the profile, DefaultPreemption among them (pkg/scheduler/framework/preemption). `statuses`: why each
// Node, in snapshot order, was refused.
void runPostFilter(const Cycle& cycle, const PluginSet& plugins, std::span<const Status* const> statuses, const PreemptionSearch& how, PreemptionResult& result);

// Evaluator.Preempt, DefaultPreemption alone: what was found goes into `result`.
struct PostFilterStatus {
    Code code = Code::Unschedulable;
    std::string message;
};
PostFilterStatus preempt(const Cycle& cycle, const PluginSet& plugins, std::span<const Status* const> statuses, const PreemptionSearch& how, PreemptionResult& result);

// What the PostFilter plugins of the default profile say where no Node has a Pod of lower priority; `refusals`: how many Nodes said what.
PreemptionResult preemptionWithoutVictims(const Cycle& cycle, const DecideOptions& options, const std::vector<std::pair<Status, std::size_t>>& refusals);

std::string fitErrorMessage(std::size_t allNodes, const std::vector<std::pair<Status, std::size_t>>& statuses, const std::string& preFilterMessage,
                            const std::string& postFilterMessage);

}  // namespace kubarium::scheduler
