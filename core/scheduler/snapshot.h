// The cluster at one moment, as one scheduling decision sees it. Immutable; Nodes that did not change are shared between
// snapshots, so keeping a thousand of them is cheap.
#pragma once

#include "core/scheduler/pod_info.h"

#include <unordered_map>

namespace kubarium::scheduler {

// What plugins look up beside Nodes and Pods, by "namespace/name" or name. Rarely changes, so it is shared as a whole.
struct ClusterObjects {
    std::map<std::string, Labels> namespaces;
    std::map<std::string, ObjectPtr> services, replicationControllers, replicaSets, statefulSets, podDisruptionBudgets;
    std::map<std::string, ObjectPtr> claims, volumes, storageClasses, csiNodes, csiDrivers, csiStorageCapacities, volumeAttachments;
};

struct Snapshot {
    std::vector<NodeInfoPtr> nodes;  // in the order in which they came
    std::unordered_map<std::string, std::size_t> indexOf;
    std::shared_ptr<const ClusterObjects> objects = std::make_shared<const ClusterObjects>();
    // Pods that wait in the queue with a nominated Node, by that Node.
    std::map<std::string, std::vector<PodInfoPtr>> nominated;
    // How many Nodes have an image.
    std::shared_ptr<const std::unordered_map<std::string, int>> imageNodes = std::make_shared<const std::unordered_map<std::string, int>>();

    const NodeInfo* find(const std::string& name) const {
        const auto it = indexOf.find(name);
        return it == indexOf.end() ? nullptr : nodes[it->second].get();
    }
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// From plain objects: for what-if, tests and recorded cases. Pods that are finished, or bound to a Node that is not there, are left out.
SnapshotPtr makeSnapshot(const std::vector<ObjectPtr>& nodes, const std::vector<ObjectPtr>& pods, std::shared_ptr<const ClusterObjects> objects);

}  // namespace kubarium::scheduler
