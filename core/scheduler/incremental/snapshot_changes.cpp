#include "core/scheduler/incremental/snapshot_changes.h"

namespace kubarium::scheduler {

std::optional<std::vector<NodeChange>> changesBetween(const Snapshot& before, const Snapshot& after) {
    if (before.indexOf != after.indexOf || before.nodes.size() != after.nodes.size()) return std::nullopt;
    std::vector<NodeChange> changes;
    after.nodes.eachDifference(before.nodes, [&](std::size_t index, const NodeInfoPtr& old, const NodeInfoPtr& now) {
        changes.push_back({static_cast<std::uint32_t>(index), old.get(), now.get()});
    });
    return changes;
}

}  // namespace kubarium::scheduler
