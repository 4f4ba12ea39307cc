#include "core/scheduler/incremental/topology_index.h"

namespace kubarium::scheduler {

const TopologyKey& TopologyIndex::key(const std::string& label) {
    auto& slot = keys_[label];
    if (slot) return *slot;
    slot = std::make_unique<TopologyKey>();
    std::unordered_map<std::string_view, std::int32_t> known;
    const auto& nodes = snapshot_->nodes;
    slot->domainOf.assign(nodes.size(), TopologyKey::none);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto value = nodes[i]->labels.find(label);
        if (value == nodes[i]->labels.end()) continue;
        const auto [it, added] = known.try_emplace(value->second, static_cast<std::int32_t>(slot->nodes.size()));
        if (added) slot->nodes.emplace_back();
        if (value->second.empty()) slot->emptyValue = it->second;
        slot->domainOf[i] = it->second;
        slot->nodes[static_cast<std::size_t>(it->second)].push_back(static_cast<std::uint32_t>(i));
    }
    return *slot;
}

}  // namespace kubarium::scheduler
