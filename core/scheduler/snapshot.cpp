#include "core/scheduler/snapshot.h"

namespace kubarium::scheduler {

void NodeList::push_back(NodeInfoPtr node) {
    if (size_ % chunkSize == 0) {
        chunks_.push_back(std::make_shared<const std::vector<NodeInfoPtr>>(1, std::move(node)));
    } else {
        auto chunk = std::make_shared<std::vector<NodeInfoPtr>>(*chunks_.back());
        chunk->push_back(std::move(node));
        chunks_.back() = std::move(chunk);
    }
    ++size_;
}

void NodeList::set(std::size_t index, NodeInfoPtr node) {
    auto chunk = std::make_shared<std::vector<NodeInfoPtr>>(*chunks_[index / chunkSize]);
    (*chunk)[index % chunkSize] = std::move(node);
    chunks_[index / chunkSize] = std::move(chunk);
}

SnapshotPtr makeSnapshot(const std::vector<ObjectPtr>& nodes, const std::vector<ObjectPtr>& pods, std::shared_ptr<const ClusterObjects> objects) {
    std::vector<NodeInfo> infos;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->objects = std::move(objects);
    std::unordered_map<std::string, std::size_t> indexOf;
    auto images = std::make_shared<std::unordered_map<std::string, int>>();
    for (const auto& node : nodes) {
        indexOf.emplace(std::string(node->name()), infos.size());
        infos.push_back(NodeInfo::make(node));
        for (const auto& [image, size] : infos.back().images) ++(*images)[image];
    }
    for (const auto& pod : pods) {
        const auto phase = pod->string({"status", "phase"});
        if (phase == "Succeeded" || phase == "Failed") continue;
        const auto info = PodInfo::make(pod);
        if (info->nodeName.empty()) {
            if (!info->nominatedNode.empty()) snapshot->nominated[info->nominatedNode].push_back(info);
        } else if (const auto it = indexOf.find(info->nodeName); it != indexOf.end()) {
            infos[it->second].addPod(info);
        }
    }
    for (auto& info : infos) snapshot->nodes.push_back(std::make_shared<const NodeInfo>(std::move(info)));
    snapshot->indexOf = std::make_shared<const std::unordered_map<std::string, std::size_t>>(std::move(indexOf));
    snapshot->imageNodes = std::move(images);
    return snapshot;
}

}  // namespace kubarium::scheduler
