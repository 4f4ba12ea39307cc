// Keeps the Endpoints object of every Service with a selector in step with its Pods (kube-controller-manager's endpoint-controller),
// for those who still read Endpoints: kubectl before 1.31 describes a Service with them. Traffic goes by EndpointSlices.
// Unlike there, more than a thousand addresses are not cut off.
#pragma once

#include "core/api/types/service.h"
#include "core/controller/controller.h"
#include "core/controller/endpoint_slices.h"
#include "core/controller/service_pods.h"

namespace kubarium::controller {

// The subsets of a Service's Endpoints: ports that all of the same addresses offer stand together (endpoints.RepackSubsets). Pure.
json::array endpointSubsets(api::Service service, const std::vector<const api::Pod*>& pods);

class EndpointsController final : public Controller {
public:
    explicit EndpointsController(ControllerContext context);
    void start() override;

private:
    Async<Result<void>> reconcile(std::string key);

    client::Informer& services_;
    client::Informer& endpoints_;
    client::WorkQueue& queue_;
    ServicePods pods_;
    TriggerTimes triggers_;
};

}  // namespace kubarium::controller
