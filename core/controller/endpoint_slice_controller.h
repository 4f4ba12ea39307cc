// Keeps the EndpointSlices of every Service with a selector in step with its Pods (kube-controller-manager's
// endpointslice-controller). What the slices should be is worked out by endpoint_slices.h.
#pragma once

#include "core/api/types/service.h"
#include "core/controller/controller.h"
#include "core/controller/endpoint_slices.h"
#include "core/controller/service_pods.h"

#include <map>
#include <set>

namespace kubarium::controller {

class EndpointSliceController final : public Controller {
public:
    explicit EndpointSliceController(ControllerContext context);

private:
    Async<Result<void>> reconcile(std::string key);

    client::Informer& services_;
    client::Informer& slices_;
    client::Informer& nodes_;
    client::WorkQueue& queue_;
    ServicePods pods_;
    TriggerTimes triggers_;
    std::map<std::string, std::set<std::string>> created_;  // by Service: slices that the cache does not show yet
};

}  // namespace kubarium::controller
