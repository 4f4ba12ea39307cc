// The scheduler's picture of the cluster: Nodes with the Pods on them, kept from watches, plus Pods that it has assumed to be
// placed while their binding is under way. Gives immutable snapshots. Engine thread only.
#pragma once

#include "core/scheduler/snapshot.h"

#include <functional>

namespace kubarium::scheduler {

class SchedulerCache {
public:
    SchedulerCache() { snapshot_.indexOf = indexOf_; }
    void setNode(const ObjectPtr& node);
    void removeNode(const std::string& name);
    // A Pod that is bound, as the API says; replaces an assumed one.
    void setPod(const PodInfoPtr& pod);
    void removePod(const std::string& uid);
    void assume(const PodInfoPtr& pod, const std::string& node);
    void forget(const std::string& uid);
    // The bound or assumed Pod; nullptr if it is not known.
    PodInfoPtr pod(const std::string& uid) const;
    bool isAssumed(const std::string& uid) const { return assumed_.contains(uid); }

    void setNominated(const PodInfoPtr& pod, const std::string& node);
    void clearNominated(const std::string& uid) { snapshot_.withdrawNomination(uid); }

    const ClusterObjects& objects() const { return *snapshot_.objects; }
    void setObjects(std::shared_ptr<const ClusterObjects> objects) { snapshot_.objects = std::move(objects); }
    SnapshotPtr snapshot() const { return std::make_shared<const Snapshot>(snapshot_); }
    std::size_t nodeCount() const { return snapshot_.nodes.size(); }

private:
    void change(const std::string& node, const std::function<void(NodeInfo&)>& edit);
    void countImages(const NodeInfo& node, int by);

    using NodeIndex = std::unordered_map<std::string, std::size_t>;
    static constexpr long ownUses = 2;  // of the index: here and in snapshot_

    Snapshot snapshot_;
    std::shared_ptr<NodeIndex> indexOf_ = std::make_shared<NodeIndex>();  // snapshot_.indexOf
    std::unordered_map<std::string, PodInfoPtr> pods_;                   // by uid; nodeName says where
    std::unordered_map<std::string, std::vector<PodInfoPtr>> homeless_;  // bound to a Node that is not known yet
    std::set<std::string> assumed_;
};

}  // namespace kubarium::scheduler
