// Empties a namespace that is being deleted, then lets it go (kube-controller-manager's namespace-controller). Begins 5 s after
// the deletion so that writes that are under way can finish. Pods go first; everything else only once no Pod is left, so that
// nothing a Pod needs disappears under it. The conditions say what is still there and why.
#pragma once

#include "core/controller/controller.h"

#include <map>
#include <vector>

namespace kubarium::controller {

class NamespaceController final : public Controller {
public:
    NamespaceController(ControllerContext context, const std::vector<GroupVersionResource>& resources);

private:
    struct Remaining {
        std::map<std::string, int> byResource;   // "pods." -> count
        std::map<std::string, int> byFinalizer;
        std::vector<std::string> errors;
        int seconds = 0;                         // how long what is left may still take
    };
    Async<Result<void>> reconcile(std::string name);
    Async<Result<void>> deleteContent(std::string name, GroupVersionResource resource, Remaining& remaining);
    Async<Result<void>> writeConditions(ObjectPtr object, const Remaining& remaining);
    Async<Result<void>> finalize(ObjectPtr object);

    std::vector<GroupVersionResource> resources_;  // namespaced
    client::Informer& namespaces_;
    client::WorkQueue& queue_;
};

}  // namespace kubarium::controller
