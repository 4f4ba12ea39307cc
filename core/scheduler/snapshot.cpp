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

void NodeList::erase(std::size_t index) {
    // Chunks before it stay; from there on each takes the first of the next.
    for (auto chunk = index / chunkSize; chunk < chunks_.size(); ++chunk) {
        auto changed = std::make_shared<std::vector<NodeInfoPtr>>(*chunks_[chunk]);
        changed->erase(changed->begin() + static_cast<std::ptrdiff_t>(chunk == index / chunkSize ? index % chunkSize : 0));
        if (chunk + 1 < chunks_.size()) changed->push_back(chunks_[chunk + 1]->front());
        chunks_[chunk] = std::move(changed);
    }
    if (chunks_.back()->empty()) chunks_.pop_back();
    --size_;
}

void Snapshot::nominate(const PodInfoPtr& pod, const std::string& node) {
    nominated[node].push_back(pod);
    nominatedNodeOf[pod->uid] = node;
}

void Snapshot::withdrawNomination(const std::string& uid) {
    const auto found = nominatedNodeOf.find(uid);
    if (found == nominatedNodeOf.end()) return;
    const auto node = found->second;
    auto& pods = nominated[node];
    std::erase_if(pods, [&](const PodInfoPtr& pod) { return pod->uid == uid; });
    if (pods.empty()) nominated.erase(node);
    nominatedNodeOf.erase(uid);
}

void countImages(ImageSpreads& images, const NodeInfo& node, int by) {
    for (const auto& [name, bytes] : node.images) {
        const auto image = images.emplace(name, ImageSpread{0, bytes}).first;
        if ((image->second.nodes += by) == 0) images.erase(image);
    }
}

SnapshotPtr makeSnapshot(const std::vector<ObjectPtr>& nodes, const std::vector<ObjectPtr>& pods, std::shared_ptr<const ClusterObjects> objects) {
    std::vector<NodeInfo> infos;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->objects = std::move(objects);
    std::unordered_map<std::string, std::size_t> indexOf;
    auto images = std::make_shared<ImageSpreads>();
    for (const auto& node : nodes) {
        indexOf.emplace(std::string(node->name()), infos.size());
        infos.push_back(NodeInfo::make(node));
        countImages(*images, infos.back(), 1);
    }
    for (const auto& pod : pods) {
        const auto phase = pod->string({"status", "phase"});
        if (phase == "Succeeded" || phase == "Failed") continue;
        const auto info = PodInfo::make(pod);
        if (info->nodeName.empty()) {
            if (!info->nominatedNode.empty()) snapshot->nominate(info, info->nominatedNode);
        } else if (const auto it = indexOf.find(info->nodeName); it != indexOf.end()) {
            infos[it->second].addPod(info);
        }
    }
    for (auto& info : infos) snapshot->nodes.push_back(std::make_shared<const NodeInfo>(std::move(info)));
    snapshot->indexOf = std::make_shared<const std::unordered_map<std::string, std::size_t>>(std::move(indexOf));
    snapshot->images = std::move(images);
    return snapshot;
}

}  // namespace kubarium::scheduler
