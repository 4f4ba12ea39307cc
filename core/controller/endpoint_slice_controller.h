// Keeps the EndpointSlices of every Service with a selector in step with its Pods (kube-controller-manager's
// endpointslice-controller). What the slices should be is worked out by endpoint_slices.h.
#pragma once

#include "core/api/types/service.h"
#include "core/controller/controller.h"

#include <map>
#include <set>

namespace kubarium::controller {

class EndpointSliceController final : public Controller {
public:
    explicit EndpointSliceController(ControllerContext context);

private:
    // From which change the state was computed (annotation endpoints.kubernetes.io/last-change-trigger-time).
    struct Triggers {
        std::string service;
        std::map<std::string, std::string> pods;
    };
    Async<Result<void>> reconcile(std::string key);
    Async<Result<void>> write(std::string key, std::vector<api::EndpointSlice> create, std::vector<api::EndpointSlice> update,
                              std::vector<api::EndpointSlice> remove, std::string trigger);
    void enqueueServicesOf(const api::Object& pod);
    std::string triggerTime(const std::string& key, const api::Service& service, const std::vector<const api::Pod*>& pods);

    client::Informer& services_;
    client::Informer& pods_;
    client::Informer& slices_;
    client::Informer& nodes_;
    client::WorkQueue& queue_;
    std::map<std::string, Triggers> triggers_;
    std::map<std::string, std::set<std::string>> created_;  // by Service: slices that the cache does not show yet
};

}  // namespace kubarium::controller
