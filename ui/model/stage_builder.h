// Reduces the cluster's objects to the picture on the Stage. Keeps what was worked out per Pod and Node until that object
// changes, so that a frame costs what changed, plus one pass over plain values. GUI thread.
#pragma once

#include "ui/model/cluster_objects.h"
#include "ui/scene/stage_model.h"

#include <QHash>

#include <optional>
#include <unordered_map>

namespace kubarium::model {

class StageBuilder {
public:
    StageBuilder(const ClusterObjects& objects, const ClusterTimes& times) : objects_(objects), times_(times) {}

    void apply(const Changes& changes);
    void setNodeUse(const QHash<QString, NodeUse>& use) { use_ = use; }
    // Whether the cluster answers. While it does not, its components are unknown and no timer is shown: nobody knows whether it runs.
    void setAnswering(bool answering) { answering_ = answering; }
    scene::StageModel build(const QString& clusterName, std::uint64_t revision);
    // True if the picture of now differs from the one built last although no object changed: a lease became late, a timer runs, a
    // removed endpoint is to be forgotten.
    bool isDue() const { return timed_ || times_.now() > nextLate_; }

private:
    struct PodEntry {
        ObjectPtr object;
        scene::StagePod pod;
        std::uint64_t order = 0;
    };
    struct NodeEntry {
        ObjectPtr object;
        scene::StageNode node;
        std::uint64_t order = 0;
    };
    struct RemovedEndpoint {
        scene::StageEndpoint endpoint;
        double at = 0;  // real seconds
    };
    scene::StagePod makePod(const api::Object& pod) const;
    scene::StageNode makeNode(const api::Object& node) const;
    std::optional<scene::Fuse> retryOf(const api::Object& pod) const;
    void addNodes(scene::StageModel& model);
    void addPods(scene::StageModel& model) const;
    void addServices(scene::StageModel& model);
    void addFuses(scene::StageNode& node, const api::Object& object) const;
    void addTolerationFuses(scene::StageNode& node, const api::Object& object) const;
    void addComponents(scene::StageModel& model, std::uint64_t revision) const;
    void noteRemoved(const Change& change);

    const ClusterObjects& objects_;
    const ClusterTimes& times_;
    std::unordered_map<std::string, PodEntry> pods_;
    std::unordered_map<std::string, NodeEntry> nodes_;
    std::unordered_map<std::string, std::vector<RemovedEndpoint>> removed_;  // by Service key
    QHash<QString, NodeUse> use_;
    std::uint64_t order_ = 0;
    bool timed_ = false, answering_ = true;
    double nextLate_ = 1e300;  // cluster seconds
};

// Whether a taint is tolerated; `seconds` is set to tolerationSeconds, or to -1 for ever.
bool tolerates(const api::Object& pod, const boost::json::value& taint, double& seconds);

}  // namespace kubarium::model
