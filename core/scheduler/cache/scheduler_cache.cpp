#include "core/scheduler/cache/scheduler_cache.h"

#include <algorithm>

namespace kubarium::scheduler {

void SchedulerCache::change(const std::string& node, const std::function<void(NodeInfo&)>& edit) {
    const auto index = snapshot_.index(node);
    if (!index) return;
    auto copy = std::make_shared<NodeInfo>(*snapshot_.nodes[*index]);
    edit(*copy);
    snapshot_.nodes.set(*index, std::move(copy));
}

void SchedulerCache::countImages(const NodeInfo& node, int by) {
    if (node.images.empty()) return;
    auto images = *snapshot_.images;
    scheduler::countImages(images, node, by);
    snapshot_.images = std::make_shared<const ImageSpreads>(std::move(images));
}

void SchedulerCache::setNode(const ObjectPtr& object) {
    auto node = std::make_shared<NodeInfo>(NodeInfo::make(object));
    const auto index = snapshot_.index(node->name);
    const auto& before = index ? snapshot_.nodes[*index] : nullptr;
    if (before) {
        for (const auto& pod : before->pods) node->addPod(pod);
    } else if (const auto waiting = homeless_.find(node->name); waiting != homeless_.end()) {
        for (const auto& pod : waiting->second) node->addPod(pod);
        homeless_.erase(waiting);
    }
    if (!before || before->images != node->images) {
        if (before) countImages(*before, -1);
        countImages(*node, 1);
    }
    if (index) {
        snapshot_.nodes.set(*index, std::move(node));
        return;
    }
    // Copied only while a snapshot holds it: adding many Nodes in a row is not quadratic.
    if (indexOf_.use_count() > ownUses) snapshot_.indexOf = indexOf_ = std::make_shared<NodeIndex>(*indexOf_);
    indexOf_->emplace(node->name, snapshot_.nodes.size());
    snapshot_.nodes.push_back(std::move(node));
}

void SchedulerCache::removeNode(const std::string& name) {
    const auto gone = snapshot_.index(name);
    if (!gone) return;
    countImages(*snapshot_.nodes[*gone], -1);
    if (const auto& pods = snapshot_.nodes[*gone]->pods; !pods.empty()) homeless_[name] = pods;
    auto names = std::make_shared<NodeIndex>(*indexOf_);
    names->erase(name);
    for (auto& [each, index] : *names) index -= index > *gone;
    snapshot_.nodes.erase(*gone);
    snapshot_.indexOf = indexOf_ = std::move(names);
}

void SchedulerCache::setPod(const PodInfoPtr& pod) {
    snapshot_.withdrawNomination(pod->uid);
    if (const auto known = pods_.find(pod->uid); known != pods_.end() && known->second->nodeName == pod->nodeName && snapshot_.index(pod->nodeName)) {
        assumed_.erase(pod->uid);
        const auto before = std::exchange(known->second, pod);
        return change(pod->nodeName, [&](NodeInfo& node) { node.replacePod(before, pod); });
    }
    removePod(pod->uid);
    pods_[pod->uid] = pod;
    if (snapshot_.index(pod->nodeName)) change(pod->nodeName, [&](NodeInfo& node) { node.addPod(pod); });
    else homeless_[pod->nodeName].push_back(pod);
}

PodInfoPtr SchedulerCache::pod(const std::string& uid) const {
    const auto it = pods_.find(uid);
    return it == pods_.end() ? nullptr : it->second;
}

void SchedulerCache::removePod(const std::string& uid) {
    const auto it = pods_.find(uid);
    assumed_.erase(uid);
    if (it == pods_.end()) return;
    const auto pod = it->second;
    pods_.erase(it);
    if (const auto waiting = homeless_.find(pod->nodeName); waiting != homeless_.end()) std::erase(waiting->second, pod);
    change(pod->nodeName, [&](NodeInfo& node) { node.removePod(pod); });
}

void SchedulerCache::assume(const PodInfoPtr& pod, const std::string& node) {
    auto placed = std::make_shared<PodInfo>(*pod);
    placed->nodeName = node;
    setPod(placed);
    assumed_.insert(pod->uid);
}

void SchedulerCache::forget(const std::string& uid) {
    if (assumed_.contains(uid)) removePod(uid);
}

void SchedulerCache::setNominated(const PodInfoPtr& pod, const std::string& node) {
    snapshot_.withdrawNomination(pod->uid);
    if (!node.empty()) snapshot_.nominate(pod, node);
}

}  // namespace kubarium::scheduler
