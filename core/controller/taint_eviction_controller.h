// Evicts Pods from Nodes that carry a NoExecute taint which they do not tolerate, or no longer after tolerationSeconds
// (kube-controller-manager's taint-eviction-controller). The time runs from the moment at which this controller sees the taint;
// when the taint goes away in time, the eviction is cancelled. Every Pod has a default toleration of 300 s for Nodes that are not
// ready or unreachable: that is why a dead Node keeps its Pods for so long.
#pragma once

#include "core/api/types/node.h"
#include "core/controller/controller.h"

#include <map>

namespace kubarium::controller {

// How long a Pod may stay on a Node with these NoExecute taints: nullopt for ever, 0 not at all.
struct TolerationTime {
    bool forever = false;
    std::chrono::seconds wait{0};
};
TolerationTime tolerationTime(const std::vector<api::Taint>& noExecuteTaints, const std::vector<api::Toleration>& tolerations);

class TaintEvictionController final : public Controller {
public:
    explicit TaintEvictionController(ControllerContext context);

private:
    struct Eviction {
        ClusterTime created;
        Timer timer;
        bool done = false;  // deleted once; not again until the Pod is gone
    };
    Async<Result<void>> reconcileNode(std::string name);
    Async<Result<void>> reconcilePod(std::string key);
    void processPod(const ObjectPtr& pod, const std::vector<api::Taint>& taints);
    void cancel(const ObjectPtr& pod, const std::string& key);
    Async<Result<void>> evict(std::string key, std::string uid);

    client::Informer& nodes_;
    client::Informer& pods_;
    client::WorkQueue& nodeQueue_;
    client::WorkQueue& podQueue_;
    std::map<std::string, Eviction> evictions_;  // by Pod
};

}  // namespace kubarium::controller
