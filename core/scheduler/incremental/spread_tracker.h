// PodTopologySpread for one Pod template, kept current while Pods come and go: the matching Pods per domain of each constraint.
#pragma once

#include "core/scheduler/framework/plugin.h"
#include "core/scheduler/incremental/affinity_tracker.h"

#include <limits>
#include <map>

namespace kubarium::scheduler {

class SpreadTracker {
public:
    // `scores`: whether soft constraints are scored.
    SpreadTracker(const Cycle& cycle, std::shared_ptr<TopologyIndex> index, bool filters, bool scores);

    void podChanged(const PodInfo& pod, std::uint32_t node, int by, Touched& touched);
    // Whether the constraints would still be these: they may come from Services and controllers.
    bool sameConstraints(const Cycle& cycle) const;
    bool usesTaints() const;
    bool filterActive() const { return !hard_.empty(); }
    bool scoreActive() const { return !soft_.empty(); }
    // nullptr: the Pod may go there.
    const Status* filter(std::uint32_t node) const;
    // Raw scores of the feasible Nodes of a cycle, in their order: they depend on how many domains these have. A Node without the
    // labels is not scored; it gets `ignoredScore`.
    static constexpr std::int64_t ignoredScore = std::numeric_limits<std::int64_t>::min();
    void score(std::span<const std::uint32_t> feasible, std::vector<std::int64_t>& raw) const;

private:
    struct Constraint {
        SpreadConstraint spec;
        bool host = false;             // by Node: counted where it is scored
        const TopologyKey* key = nullptr;
        std::vector<std::int64_t> counts;       // by domain; one more for Nodes without the label
        std::vector<std::int64_t> onNode;       // host: by Node
        std::vector<bool> counted;              // by Node: whether its Pods count
        std::vector<bool> exists;               // by domain: some Node in it counts
        std::map<std::int64_t, std::int64_t> tally;  // count -> how many existing domains have it
        std::int64_t existing = 0;              // domains
        std::int64_t self = 0, least = 0;
        std::size_t domain(std::uint32_t node) const;
        bool refuses(std::size_t domain) const { return counts[domain] + self - least > spec.maxSkew; }
        std::int64_t leastNow() const;
    };
    Constraint make(const Cycle& cycle, const SpreadConstraint& spec, const std::vector<SpreadConstraint>& all, bool requireAll) const;
    bool matches(const SpreadConstraint& spec, const PodInfo& pod) const;
    static void countHard(Constraint& constraint, std::size_t domain, int by, Touched& touched);
    std::vector<double> weightsFor(std::span<const std::uint32_t> feasible) const;

    std::string nameSpace_;
    std::shared_ptr<TopologyIndex> index_;
    bool filters_, scores_, requireAll_ = false;
    std::vector<SpreadConstraint> hardSpecs_, softSpecs_;
    std::vector<Constraint> hard_, soft_;
    std::vector<bool> ignored_;  // by Node
    mutable std::vector<std::uint32_t> seen_;
    mutable std::uint32_t round_ = 0;
};

}  // namespace kubarium::scheduler
