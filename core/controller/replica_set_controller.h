// Keeps as many Pods as a ReplicaSet asks for (kube-controller-manager's replicaset-controller): creates in batches that double
// while all goes well, at most 500 at once; deletes in the order of replica_set_ranking.h; adopts and releases by label; and waits
// with its next decision until its cache shows what it did (expectations.h).
#pragma once

#include "core/api/types/workloads.h"
#include "core/controller/controller.h"
#include "core/controller/expectations.h"

namespace kubarium::controller {

class ReplicaSetController final : public Controller {
public:
    explicit ReplicaSetController(ControllerContext context);

private:
    Async<Result<void>> reconcile(std::string key);
    Async<Result<void>> manageReplicas(ObjectPtr set, std::vector<ObjectPtr> active);
    Async<Result<void>> createPods(ObjectPtr set, int count);
    Async<Result<void>> deletePods(ObjectPtr set, std::vector<ObjectPtr> pods);
    Async<Result<void>> updateStatus(ObjectPtr set, std::vector<ObjectPtr> active, std::optional<Error> failure);
    std::vector<ObjectPtr> candidates(const api::Object& set) const;
    std::vector<ObjectPtr> relatedPods(const api::Object& set) const;
    ObjectPtr controllerOf(const api::Object& pod) const;
    void onPodAdded(const ObjectPtr& pod);
    void onPodUpdated(const ObjectPtr& before, const ObjectPtr& after);
    void onPodDeleted(const ObjectPtr& pod);
    void enqueueMatching(const api::Object& orphan);

    client::Informer& sets_;
    client::Informer& pods_;
    client::WorkQueue& queue_;
    Expectations expectations_;
};

}  // namespace kubarium::controller
