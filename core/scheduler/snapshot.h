// The cluster at one moment, as one scheduling decision sees it. Immutable; Nodes that did not change are shared between
// snapshots, so keeping a thousand of them is cheap.
#pragma once

#include "core/scheduler/pod_info.h"
#include "core/scheduler/shared_map.h"

#include <unordered_map>

namespace kubarium::scheduler {

using ObjectMap = SharedMap<ObjectPtr>;

// What plugins look up beside Nodes and Pods, by "namespace/name" or name.
struct ClusterObjects {
    SharedMap<Labels> namespaces;
    ObjectMap services, replicationControllers, replicaSets, statefulSets, podDisruptionBudgets;
    ObjectMap claims, volumes, storageClasses, csiNodes, csiDrivers, csiStorageCapacities, volumeAttachments;
};

// A list of Nodes in chunks that are shared between its versions: replacing one Node of 5,000 copies 64 pointers.
class NodeList {
public:
    class Iterator {
    public:
        using value_type = NodeInfoPtr;
        using difference_type = std::ptrdiff_t;
        Iterator() = default;
        Iterator(const NodeList* list, std::size_t index) : list_(list), index_(index) {}
        const NodeInfoPtr& operator*() const { return (*list_)[index_]; }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        Iterator operator++(int) { return {list_, index_++}; }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const NodeList* list_ = nullptr;
        std::size_t index_ = 0;
    };

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const NodeInfoPtr& operator[](std::size_t index) const { return (*chunks_[index / chunkSize])[index % chunkSize]; }
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, size_}; }
    void push_back(NodeInfoPtr node);
    void set(std::size_t index, NodeInfoPtr node);
    void erase(std::size_t index);
    // Calls visit(index, of other, of this) where they differ; chunks that both share are not looked into. Both have the same size.
    template <class Visit>
    void eachDifference(const NodeList& other, Visit visit) const {
        for (std::size_t c = 0; c < chunks_.size(); ++c) {
            if (chunks_[c] == other.chunks_[c]) continue;
            for (std::size_t i = 0; i < chunks_[c]->size(); ++i)
                if ((*chunks_[c])[i] != (*other.chunks_[c])[i]) visit(c * chunkSize + i, (*other.chunks_[c])[i], (*chunks_[c])[i]);
        }
    }

private:
    static constexpr std::size_t chunkSize = 64;
    std::vector<std::shared_ptr<const std::vector<NodeInfoPtr>>> chunks_;
    std::size_t size_ = 0;
};

// Where an image is (ImageStateSummary): its size is what the first Node that had it said, whatever the others say.
struct ImageSpread {
    int nodes = 0;
    std::int64_t bytes = 0;

    friend bool operator==(const ImageSpread&, const ImageSpread&) = default;
};
using ImageSpreads = std::unordered_map<std::string, ImageSpread>;
// `by`: 1 for a Node that comes, -1 for one that goes.
void countImages(ImageSpreads& images, const NodeInfo& node, int by);

struct Snapshot {
    NodeList nodes;  // in the order in which they came
    std::shared_ptr<const std::unordered_map<std::string, std::size_t>> indexOf = std::make_shared<const std::unordered_map<std::string, std::size_t>>();
    std::shared_ptr<const ClusterObjects> objects = std::make_shared<const ClusterObjects>();
    // Pods that wait in the queue with a nominated Node, by that Node; and which Node that is, by the Pod's uid.
    SharedMap<std::vector<PodInfoPtr>> nominated;
    SharedMap<std::string> nominatedNodeOf;
    std::shared_ptr<const ImageSpreads> images = std::make_shared<const ImageSpreads>();

    std::optional<std::size_t> index(const std::string& name) const {
        const auto it = indexOf->find(name);
        return it == indexOf->end() ? std::nullopt : std::optional(it->second);
    }
    void nominate(const PodInfoPtr& pod, const std::string& node);
    void withdrawNomination(const std::string& uid);
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// From plain objects: for what-if, tests and recorded cases. Pods that are finished, or bound to a Node that is not there, are left out.
SnapshotPtr makeSnapshot(const std::vector<ObjectPtr>& nodes, const std::vector<ObjectPtr>& pods, std::shared_ptr<const ClusterObjects> objects);

}  // namespace kubarium::scheduler
