// decide() for a scheduler that sees one Pod after another: the same decisions, at a cost that grows with what changed since the last
// Pod of the same template instead of with the number of Nodes. What it keeps is worked out again from the snapshot where it does
// not know how to keep it: a Pod with claims, a profile with a plugin that reads the whole cluster.
#pragma once

#include "core/scheduler/incremental/equivalence.h"
#include "core/scheduler/incremental/template_state.h"

#include <list>
#include <unordered_map>

namespace kubarium::scheduler {

class IncrementalDecider {
public:
    // As decide(), without the story: `nodes`, `best` and the scores stay empty (decide() with fullStory tells them from the
    // snapshot), the rest is the same, and `draw` is called with the same counts. Snapshots should be successive ones of one cluster.
    Decision decide(const SnapshotPtr& snapshot, const PodInfoPtr& pod, const std::shared_ptr<const Configuration>& configuration, const Profile& profile,
                    const DecideOptions& options);

    struct Statistics {
        std::uint64_t incremental = 0, fromScratch = 0, templatesMade = 0;
    };
    const Statistics& statistics() const { return statistics_; }

private:
    // Templates that are kept. Each holds some 50 bytes per Node and the snapshot of its last Pod.
    static constexpr std::size_t mostTemplates = 32;
    static constexpr std::uint64_t longestUnused = 4096;  // decisions
    struct Entry {
        std::string key;
        const Profile* profile;
        std::unique_ptr<TemplateState> state;  // nullptr: its verdicts cannot be kept
        std::uint64_t used = 0;
    };
    void follow(const SnapshotPtr& snapshot);
    void countNode(const NodeInfo& node, int by);
    void noteAffinity(std::uint32_t node);
    TemplateState* stateFor(const SnapshotPtr& snapshot, const PodInfoPtr& pod, const Profile& profile);
    std::unique_ptr<TemplateState> make(const SnapshotPtr& snapshot, const PodInfoPtr& pod, const Profile& profile);
    std::optional<Decision> tryIncremental(TemplateState& state, const PodInfo& pod, const Profile& profile, const DecideOptions& options);
    std::optional<Decision> onNominatedNode(TemplateState& state, const PodInfo& pod, const DecideOptions& options) const;
    std::optional<Decision> unschedulable(TemplateState& state, const PodInfo& pod, const Profile& profile, const DecideOptions& options, Decision decision) const;

    std::shared_ptr<const Configuration> configuration_;
    std::list<Entry> entries_;  // latest first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> byKey_;
    EquivalenceKeys keys_;
    std::uint64_t decisions_ = 0;
    Statistics statistics_;

    // The cluster as of the last decision.
    SnapshotPtr last_;
    std::vector<NodeChange> changes_;   // that led to it
    SnapshotPtr before_;                // from there
    std::shared_ptr<TopologyIndex> index_;
    std::vector<std::uint32_t> nodesWithAffinity_;
    std::map<std::int32_t, std::int64_t> podsOfPriority_;
};

}  // namespace kubarium::scheduler
