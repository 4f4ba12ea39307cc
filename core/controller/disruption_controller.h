// Keeps the status of every PodDisruptionBudget: how many of the Pods that it selects are healthy, how many should be, and so how many
// evictions the API server may grant at the moment (kube-controller-manager's disruption controller). An eviction is noted in
// status.disruptedPods by the API server; such a Pod no longer counts as healthy, for at most two minutes.
// Only ReplicaSets and Deployments are asked for the number of Pods that is expected; Pods of others count as unmanaged.
#pragma once

#include "core/controller/controller.h"

#include <optional>

namespace kubarium::controller {

class DisruptionController final : public Controller {
public:
    explicit DisruptionController(ControllerContext context);

private:
    struct Expected {
        int count = 0, healthy = 0;
        std::vector<std::string> unmanaged;  // names of Pods
    };
    Async<Result<void>> reconcile(std::string key);
    void enqueueBudgetsOf(const api::Object& pod);
    Expected expected(const api::Object& budget, const std::vector<ObjectPtr>& pods) const;
    int expectedScale(const std::vector<ObjectPtr>& pods, std::vector<std::string>& unmanaged) const;
    // The Pods that were evicted and are still there, and when the first of them is given up on.
    json::object disrupted(const api::Object& budget, const std::vector<ObjectPtr>& pods, std::optional<Duration>& recheck);

    client::Informer& budgets_;
    client::Informer& pods_;
    client::Informer& sets_;
    client::Informer& deployments_;
    client::WorkQueue& queue_;
};

}  // namespace kubarium::controller
