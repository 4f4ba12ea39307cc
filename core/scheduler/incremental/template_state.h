// One Pod template against the cluster: the verdict of the filters and the scores per Node, kept from one Pod of the template to the
// next and worked out again only for Nodes that changed. What looks beyond one Node (spread, Pod affinity) is followed by trackers.
//
// Nodes are evaluated when a cycle first looks at them. A bit per Node says whether the Pod fits; finding the Nodes of a sampled
// cycle is counting bits. Blocks of 64 Nodes know the best of their members, so that choosing among many Nodes looks at most blocks
// as a whole; only those that could hold the winner are looked into. Normalised scores depend on the extremes among the Nodes of the
// cycle, which the blocks know too.
//
// Gives the same choice as decide() from scratch: tests/core/scheduler/incremental_test.cpp.
#pragma once

#include "core/scheduler/cycle.h"
#include "core/scheduler/incremental/affinity_tracker.h"
#include "core/scheduler/incremental/snapshot_changes.h"
#include "core/scheduler/incremental/spread_tracker.h"

namespace kubarium::scheduler {

class TemplateState {
public:
    struct Given {
        SnapshotPtr snapshot;
        PodInfoPtr pod;  // any of the template
        std::shared_ptr<const Configuration> configuration;
        const Profile* profile;
        std::shared_ptr<TopologyIndex> index;
        const std::vector<std::uint32_t>* nodesWithAffinity;  // Nodes with Pods that have affinity of their own
    };
    // nullptr if the profile or the Pod uses something whose verdicts cannot be kept.
    static std::unique_ptr<TemplateState> create(const Given& given);

    const SnapshotPtr& snapshot() const { return cycleSnapshot_; }
    // Goes on to a later snapshot. False if too much has changed: then a new state must be made.
    bool advance(const SnapshotPtr& next, std::span<const NodeChange> changes);
    // Takes over what is known of Nodes that are the same in an earlier snapshot, after Nodes have come or gone. `old`: of the same template,
    // profile and configuration.
    void adopt(const TemplateState& old);
    // A filter had an error: what is kept is of no use.
    bool failed() const { return failed_; }
    // Whether every filter looks at one Node alone, so that a nominated Pod matters only to its Node.
    bool filtersAreLocal() const { return !(affinity_ && affinity_->filterActive()) && !(spread_ && spread_->filterActive()); }

    struct Choice {
        std::size_t feasible = 0, processed = 0, nextStart = 0;
        std::optional<std::uint32_t> node;  // nullopt: none is feasible
    };
    // Before a cycle of `pod`, one of the template: the verdicts are from now on those with the Pods that are nominated to a Node and are
    // not less important. False: that cannot be told here.
    bool followNominated(const PodInfo& pod);
    // `wanted`: how many feasible Nodes are enough.
    Choice choose(const DecideOptions& options, std::size_t wanted);
    // The verdict of the filters on one Node; success where the Pod fits.
    const Status& verdict(std::uint32_t node);
    // Of every Node, after a Choice without a Node.
    std::vector<const Status*> verdicts() const;
    // DefaultPreemption for a Pod of the template, where filtersAreLocal(). `pod` may differ from the template's first in name and uid.
    PreemptionResult preempt(const PodInfo& pod, std::span<const Status* const> statuses, const DecideOptions& options);
    // After a Choice without a Node: how many Nodes were refused for what.
    std::vector<std::pair<Status, std::size_t>> refusals() const;

private:
    static constexpr std::size_t blockSize = 64;
    using Refusal = std::uint16_t;  // index into statuses_; 0: the Pod fits
    struct NormalizedScore {
        Plugin* plugin;  // nullptr: Pod affinity, whose tracker has the raw scores
        Normalization how;
        std::int64_t weight;
        std::vector<std::int64_t> raw;  // by Node
    };
    struct Extremes {
        std::int64_t least = INT64_MAX, most = INT64_MIN;
        void add(std::int64_t value) {
            least = std::min(least, value);
            most = std::max(most, value);
        }
        void add(const Extremes& other) {
            least = std::min(least, other.least);
            most = std::max(most, other.most);
        }
    };
    // Of the feasible Nodes of a block.
    struct Block {
        std::int64_t most = INT64_MIN;  // of the fixed scores
        std::uint32_t count = 0;        // how many have it
        std::vector<Extremes> extremes;  // by normalised score
        bool stale = true;
    };
    struct Part {  // of a block that belongs to a cycle
        std::size_t block;
        std::uint64_t members;
        std::int64_t most = INT64_MIN;
        std::uint32_t count = 0;
    };
    TemplateState() = default;
    bool prepareFilters(std::set<std::string>& skipped);
    bool prepareScores();
    void prepareTrackers(bool scoresSpread, bool scoresAffinity);
    Cycle cycle() const { return {*cycleSnapshot_, *given_.pod, *given_.profile}; }
    bool stillTheSame(const Snapshot& next, std::span<const NodeChange> changes) const;
    Status filterLocally(const NodeInfo& node);
    void evaluate(std::uint32_t node);
    void evaluateBlock(std::size_t block);
    void nowKnown(std::uint32_t node);
    void forget(std::uint32_t node);
    void combine(std::uint32_t node);
    void settle(const Touched& touched);
    Refusal intern(const Status& status);
    std::uint64_t validBits(std::size_t block) const;
    bool known(std::uint32_t node) const { return known_[node / blockSize] >> node % blockSize & 1; }
    const Block& summary(std::size_t block);
    std::vector<Part> window(std::size_t start, std::size_t wanted, Choice& choice);
    void lookAtNominated(std::uint32_t node, const PodInfo& pod);
    std::int64_t raw(std::size_t score, std::uint32_t node) const { return normalized_[score].plugin ? normalized_[score].raw[node] : affinity_->scores()[node]; }
    void findExtremes(std::span<const Part> parts);
    void scoreSpread(std::span<const Part> parts);
    std::int64_t normalize(std::size_t score, std::int64_t raw) const;
    std::int64_t total(std::uint32_t node) const;
    std::int64_t bound(const Block& block, bool& exact) const;
    void rate(Part& part, std::int64_t best);
    std::uint32_t pick(std::span<Part> parts, const DecideOptions& options);

    Given given_;
    SnapshotPtr cycleSnapshot_;
    std::map<std::string, std::unique_ptr<Plugin>, std::less<>> plugins_;
    std::vector<Plugin*> filters_;
    std::vector<std::string> tracked_;  // filters that a tracker stands for, in order
    std::vector<std::pair<Plugin*, std::int64_t>> fixedScores_;
    std::vector<NormalizedScore> normalized_;
    std::int64_t spreadWeight_ = 0;
    std::optional<SpreadTracker> spread_;
    std::optional<AffinityTracker> affinity_;

    bool failed_ = false;  // a filter had an error

    std::vector<Status> statuses_;
    std::vector<std::pair<const Status*, Refusal>> internedTracked_;
    std::vector<std::size_t> refused_;  // by Refusal: how many evaluated Nodes
    std::vector<Refusal> local_, combined_;
    std::vector<std::int64_t> fixed_;
    std::vector<std::uint64_t> known_, feasible_;  // bits by Node
    std::vector<Block> blocks_;
    std::optional<PluginSet> preempting_;  // made when first needed
    DryRuns dryRuns_;
    // The nominated Pods as of the last cycle, and the Nodes that refuse the Pod with them, where it fits otherwise or is refused for
    // another reason. All Pods of the template have one priority.
    SharedMap<std::vector<PodInfoPtr>> nominated_;
    std::unordered_map<std::uint32_t, Refusal> refusedWithNominated_;
    std::vector<std::uint32_t> nominatedAgain_;  // to be looked at before the next cycle, whether or not the nominations change

    // Of the cycle that is under way.
    std::vector<Extremes> extremes_;  // by normalised score
    Extremes spreadExtremes_;
    std::vector<std::int64_t> spreadRaw_;  // by Node
};

}  // namespace kubarium::scheduler
