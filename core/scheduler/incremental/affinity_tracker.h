// InterPodAffinity for one Pod template, kept current while Pods come and go: the same counts per (label, value) as the plugin works
// out from all Pods in PreFilter and PreScore, with the Nodes that a change concerns.
#pragma once

#include "core/scheduler/framework/plugin.h"
#include "core/scheduler/incremental/topology_index.h"

namespace kubarium::scheduler {

// Nodes whose verdict may have changed.
struct Touched {
    bool all = false;
    std::vector<std::uint32_t> nodes;
};

class AffinityTracker {
public:
    AffinityTracker(const Cycle& cycle, std::shared_ptr<TopologyIndex> index, bool filters, bool scores);

    void podChanged(const PodInfo& pod, std::uint32_t node, int by, Touched& touched);
    // Whether only Pods with affinity of their own matter; then others need not be told.
    bool onlyPodsWithAffinity() const { return required_.empty() && anti_.empty() && preferred_.empty() && preferredAnti_.empty(); }
    // False where the plugin's PreFilter would skip: every Node passes.
    bool filterActive() const { return filters_ && (!required_.empty() || !anti_.empty() || existingPairs_ > 0); }
    // nullptr: the Pod may go there.
    const Status* filter(std::uint32_t node) const;
    // Whether it gives scores.
    bool weighs() const { return weighs_; }
    // Raw scores by Node.
    std::span<const std::int64_t> scores() const { return scores_; }
    // After a number of podChanged(): brings the scores up to date and names the Nodes whose score changed.
    std::vector<std::uint32_t> settleScores();

private:
    struct KeyCounts {
        std::string label;
        const TopologyKey* key = nullptr;
        std::vector<std::int64_t> existingAnti, affinity, anti, unsettled;  // by domain; unsettled: to be added to its Nodes' scores
    };
    struct Term {
        AffinityTerm term;
        std::size_t key;
    };
    std::size_t keyOf(const std::string& label);
    std::vector<Term> termsOf(const std::vector<AffinityTerm>& terms, const ClusterObjects& objects);
    bool matchesAllRequired(const std::string& nameSpace, const Labels& labels) const;
    void count(std::vector<std::int64_t> KeyCounts::* counts, std::size_t key, std::uint32_t node, int by, std::int64_t& pairs, Touched& touched);
    void addScore(std::size_t key, std::uint32_t node, std::int64_t weight);
    void weigh(const std::vector<AffinityTerm>& existing, std::uint32_t node, std::int64_t sign);

    PodInfoPtr pod_;
    std::shared_ptr<TopologyIndex> index_;
    bool filters_, weighs_;
    std::int64_t hardWeight_;
    Labels namespaceLabels_;
    std::vector<KeyCounts> keys_;
    std::vector<Term> required_, anti_, preferred_, preferredAnti_;
    bool matchesItself_ = false;
    std::int64_t existingPairs_ = 0, affinityPairs_ = 0, antiPairs_ = 0;  // with a count other than 0
    std::vector<std::int64_t> scores_;
    std::vector<std::pair<std::size_t, std::size_t>> unsettled_;  // (key, domain), perhaps several times
    std::size_t nodes_;
};

}  // namespace kubarium::scheduler
