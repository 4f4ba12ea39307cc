// Which Nodes share a value of a label: the domains of topology spread and Pod affinity as small numbers. Made on demand per label
// and shared by all templates while no Node comes, goes or changes a label.
#pragma once

#include "core/scheduler/snapshot.h"

#include <unordered_map>

namespace kubarium::scheduler {

struct TopologyKey {
    static constexpr std::int32_t none = -1;
    std::vector<std::int32_t> domainOf;              // by Node; none: the Node lacks the label
    std::vector<std::vector<std::uint32_t>> nodes;   // by domain, in snapshot order
    std::int32_t emptyValue = none;                  // the domain of Nodes whose label is ""
    std::size_t domains() const { return nodes.size(); }
};

class TopologyIndex {
public:
    // Keeps the snapshot: labels are read when a key is first asked for.
    explicit TopologyIndex(SnapshotPtr snapshot) : snapshot_(std::move(snapshot)) {}
    const TopologyKey& key(const std::string& label);

private:
    SnapshotPtr snapshot_;
    std::unordered_map<std::string, std::unique_ptr<TopologyKey>> keys_;
};

}  // namespace kubarium::scheduler
