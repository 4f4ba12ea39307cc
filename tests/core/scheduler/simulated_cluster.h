// A cluster that changes at random, from a seed: Nodes, Pods of a few templates, Services and namespaces come, go and change in a
// SchedulerCache, as watches would tell it. For tests that compare ways to decide.
#pragma once

#include "core/base/random.h"
#include "core/scheduler/cache/scheduler_cache.h"
#include "core/scheduler/profile.h"

#include <string>
#include <vector>

namespace kubarium::testing {

using scheduler::ClusterObjects;
using scheduler::PodInfo;
using scheduler::PodInfoPtr;
using scheduler::SchedulerCache;

class SimulatedCluster {
public:
    // `templates`: how many kinds of Pods there are.
    SimulatedCluster(std::uint64_t seed, std::size_t nodes, std::size_t templates);

    // One change of anything but the Pods that are placed by place().
    void change();
    // A new Pod of a random template that waits to be placed.
    PodInfoPtr pendingPod();
    void place(const PodInfoPtr& pod, const std::string& node);
    void removeSomePod();
    void evict(const PodInfoPtr& pod);

    SchedulerCache& cache() { return cache_; }
    SeededRandom& random() { return random_; }
    std::size_t podCount() const { return placed_.size(); }
    // What happens to Nodes; false: they stay as they are, so that what was placed keeps fitting.
    bool nodesChange = true;

private:
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_.below(bound)); }
    bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
    std::string oneOf(std::initializer_list<const char*> words) { return *(words.begin() + below(words.size())); }
    scheduler::ObjectPtr makeNode(const std::string& name);
    boost::json::object makeTemplate();
    boost::json::object selector();
    boost::json::object affinityTerm();
    boost::json::object affinity();
    void addConstraints(boost::json::object& spec);
    void changeNode();
    void changePod();
    void changeObjects();

    SeededRandom random_;
    SchedulerCache cache_;
    std::vector<boost::json::object> templates_;
    std::vector<std::string> nodeNames_;
    std::vector<PodInfoPtr> placed_, nominated_;
    PodInfoPtr lastRead_;
    ClusterObjects objects_;
    std::size_t serial_ = 0;
};

}  // namespace kubarium::testing
