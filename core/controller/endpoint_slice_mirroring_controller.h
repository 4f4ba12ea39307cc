// Makes EndpointSlices, by which traffic goes, of the Endpoints that people write for Services without a selector: a database outside of
// the cluster, for example (kube-controller-manager's endpointslice-mirroring-controller).
#pragma once

#include "core/controller/controller.h"
#include "core/controller/endpoint_slices.h"

#include <map>
#include <set>

namespace kubarium::controller {

class EndpointSliceMirroringController final : public Controller {
public:
    explicit EndpointSliceMirroringController(ControllerContext context);

private:
    Async<Result<void>> reconcile(std::string key);

    client::Informer& services_;
    client::Informer& endpoints_;
    client::Informer& slices_;
    client::WorkQueue& queue_;
    std::map<std::string, std::set<std::string>> created_;  // by Endpoints: slices that the cache does not show yet
};

}  // namespace kubarium::controller
