// What differs between two snapshots of one cluster: found by comparing pointers, chunk by chunk, as unchanged Nodes are shared.
#pragma once

#include "core/scheduler/snapshot.h"

namespace kubarium::scheduler {

struct NodeChange {
    std::uint32_t index;
    const NodeInfo* before;
    const NodeInfo* after;
};

// nullopt if Nodes came or went, so that indices mean something else. Both snapshots must outlive the result.
std::optional<std::vector<NodeChange>> changesBetween(const Snapshot& before, const Snapshot& after);

// Calls visit(pod, +1) for each Pod that came and visit(pod, -1) for each that went; one that was modified does both.
template <class Visit>
void eachPodChange(const NodeInfo& before, const NodeInfo& after, Visit visit) {
    const auto &a = before.pods, &b = after.pods;
    std::size_t same = 0;
    while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
    const auto absent = [same](const PodInfoPtr& pod, const std::vector<PodInfoPtr>& from) {
        for (auto i = same; i < from.size(); ++i)
            if (from[i] == pod) return false;
        return true;
    };
    for (auto i = same; i < a.size(); ++i)
        if (absent(a[i], b)) visit(*a[i], -1);
    for (auto i = same; i < b.size(); ++i)
        if (absent(b[i], a)) visit(*b[i], 1);
}

}  // namespace kubarium::scheduler
