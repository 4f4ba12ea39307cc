// Which Pods a Service selects, and which Services a change of a Pod concerns: what Endpoints and EndpointSlices are made from.
#pragma once

#include "core/api/types/service.h"
#include "core/api/types/pod.h"
#include "core/client/informer.h"

#include <functional>
#include <string>
#include <vector>

namespace kubarium::controller {

using api::ObjectPtr;

class ServicePods {
public:
    // Calls `concerned` with the key of each Service that selects, or selected, a Pod that comes, goes or changes as an endpoint.
    ServicePods(client::Informer& services, client::Informer& pods, std::function<void(const std::string& key)> concerned);
    ServicePods(const ServicePods&) = delete;
    ServicePods& operator=(const ServicePods&) = delete;

    struct Selected {
        std::vector<ObjectPtr> objects;  // keep the Pods
        std::vector<const api::Pod*> pods;
    };
    Selected of(const api::Service& service) const;

private:
    void tell(const api::Object& pod) const;

    client::Informer& services_;
    client::Informer& pods_;
    std::function<void(const std::string&)> concerned_;
};

}  // namespace kubarium::controller
