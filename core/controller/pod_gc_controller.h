// Removes Pods that nobody else will (kube-controller-manager's pod-garbage-collector), every 20 s: those bound to a Node that has
// been gone for 40 s, and those that are being deleted but never got a Node. Finished Pods stay, up to 12500 of them.
#pragma once

#include "core/controller/controller.h"

#include <map>

namespace kubarium::controller {

class PodGcController final : public Controller {
public:
    explicit PodGcController(ControllerContext context);
    void start() override;

private:
    void schedule();
    Async<void> collect();
    Async<void> collectOrphans();
    Async<void> collectFinished();
    Async<Result<void>> remove(ObjectPtr pod, bool nodeGone);

    client::Informer& nodes_;
    client::Informer& pods_;
    std::map<std::string, ClusterTime> missing_;  // Nodes, and since when
    Timer timer_;
};

}  // namespace kubarium::controller
