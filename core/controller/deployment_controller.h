// Rolls a Deployment out through its ReplicaSets (kube-controller-manager's deployment-controller): one ReplicaSet per Pod
// template, the newest grows while the old ones shrink (deployment_plan.h), revisions are counted in annotations so that
// `kubectl rollout undo` can go back, and the conditions say how it goes (deployment_status.h).
#pragma once

#include "core/api/types/workloads.h"
#include "core/controller/controller.h"

namespace kubarium::controller {

class DeploymentController final : public Controller {
public:
    explicit DeploymentController(ControllerContext context);

private:
    // What one reconcile works on. Creating or annotating the new ReplicaSet and status writes replace what is in it by what the
    // server answered; changes of size do not.
    struct Rollout {
        ObjectPtr deployment;
        std::vector<ObjectPtr> sets;  // all that it controls
        ObjectPtr newSet;             // the one with the Deployment's template; null if none
        const api::Deployment& spec() const { return deployment->as<api::Deployment>(); }
        std::vector<ObjectPtr> oldSets() const;  // in order of creation
        void replace(const ObjectPtr& set);
    };

    Async<Result<void>> reconcile(std::string key);
    Async<Result<void>> reconcileRollout(Rollout& rollout);
    Async<Result<void>> notePaused(Rollout& rollout);
    Async<Result<void>> syncNewSet(Rollout& rollout, bool create);
    Async<Result<void>> refreshNewSet(Rollout& rollout, std::int64_t revision);
    Async<Result<void>> createNewSet(Rollout& rollout, std::int64_t revision);
    Async<Result<void>> onCreateFailed(Rollout& rollout, std::string name, Error error);
    Async<Result<void>> scaleOnly(Rollout& rollout);
    Async<Result<void>> rollingUpdate(Rollout& rollout);
    Async<Result<void>> recreate(Rollout& rollout);
    // The number says whether anything was scaled.
    Async<Result<int>> setReplicas(Rollout& rollout, ObjectPtr set, int replicas);
    Async<Result<void>> cleanUp(Rollout& rollout);
    Async<Result<void>> writeStatus(Rollout& rollout, api::DeploymentStatus status);
    Async<Result<void>> writeStatusAndRevision(Rollout& rollout, api::DeploymentStatus status, std::string revision);
    Async<Result<void>> syncStatus(Rollout& rollout);         // counts only
    Async<Result<void>> syncRolloutStatus(Rollout& rollout);  // and progress
    bool oldPodsRunning(const Rollout& rollout) const;
    ObjectPtr controllerOf(const api::Object& set) const;
    void onPodDeleted(const ObjectPtr& pod);

    client::Informer& deployments_;
    client::Informer& sets_;
    client::Informer& pods_;
    client::WorkQueue& queue_;
};

}  // namespace kubarium::controller
