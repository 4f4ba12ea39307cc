#include "core/scheduler/snapshot.h"

namespace kubarium::scheduler {

SnapshotPtr makeSnapshot(const std::vector<ObjectPtr>& nodes, const std::vector<ObjectPtr>& pods, std::shared_ptr<const ClusterObjects> objects) {
    std::vector<NodeInfo> infos;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->objects = std::move(objects);
    auto images = std::make_shared<std::unordered_map<std::string, int>>();
    for (const auto& node : nodes) {
        snapshot->indexOf.emplace(std::string(node->name()), infos.size());
        infos.push_back(NodeInfo::make(node));
        for (const auto& [image, size] : infos.back().images) ++(*images)[image];
    }
    for (const auto& pod : pods) {
        const auto phase = pod->string({"status", "phase"});
        if (phase == "Succeeded" || phase == "Failed") continue;
        const auto info = PodInfo::make(pod);
        if (info->nodeName.empty()) {
            if (!info->nominatedNode.empty()) snapshot->nominated[info->nominatedNode].push_back(info);
        } else if (const auto it = snapshot->indexOf.find(info->nodeName); it != snapshot->indexOf.end()) {
            infos[it->second].addPod(info);
        }
    }
    for (auto& info : infos) snapshot->nodes.push_back(std::make_shared<const NodeInfo>(std::move(info)));
    snapshot->imageNodes = std::move(images);
    return snapshot;
}

}  // namespace kubarium::scheduler
