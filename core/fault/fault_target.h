// What a fault can be done to: the Nodes and containers of this cluster. Implemented by core/cluster on the kubelets that it runs.
#pragma once

#include "core/base/result.h"

#include <functional>
#include <string>

namespace kubarium::fault {

class FaultTarget {
public:
    virtual ~FaultTarget() = default;
    using Done = std::move_only_function<void(Result<void>)>;

    // SIGKILL to the container's processes. `container` "" is the first one. `done` is called once, later.
    virtual void killContainer(const std::string& nameSpace, const std::string& pod, const std::string& container, Done done) = 0;
    // As if the plug were pulled: every process of the Node ends at once, its kubelet is silent. NotFound if there is no such Node.
    virtual Result<void> powerOff(const std::string& node) = 0;
    // Boots it again. Of a Node that is on, or gone: nothing.
    virtual void powerOn(const std::string& node) = 0;
    // Its kubelet no longer reaches the API server, nor its Pods other Nodes; what runs on it runs on. NotFound as above.
    virtual Result<void> partition(const std::string& node) = 0;
    // Of a Node that is connected, or gone: nothing.
    virtual void heal(const std::string& node) = 0;
};

}  // namespace kubarium::fault
