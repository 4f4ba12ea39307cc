// Adoption and release: a controller owns what its selector matches and nobody else controls, and lets go of what it owns but no
// longer matches (k8s.io/kubernetes/pkg/controller.BaseControllerRefManager).
#pragma once

#include "core/controller/controller.h"
#include "core/controller/labels.h"

#include <vector>

namespace kubarium::controller {

struct Claimant {
    ObjectPtr owner;                 // as cached
    GroupVersionResource resource;   // of the owner
    std::string apiVersion, kind;    // of the owner
    api::LabelSelector selector;
};

// Of `candidates` (all of `resource`, in the owner's namespace), those that the owner controls after adopting and releasing.
// Before the first adoption the owner is read afresh: one that is being deleted adopts nothing.
Async<Result<std::vector<ObjectPtr>>> claim(Calls& calls, Claimant claimant, GroupVersionResource resource, std::vector<ObjectPtr> candidates);

}  // namespace kubarium::controller
