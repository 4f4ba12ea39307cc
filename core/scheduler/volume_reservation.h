// Reserve of VolumeBinding: what a Pod that goes to a Node takes of the cluster's volumes, as the objects that will be written. Until
// the API has them, they stand in the snapshots of the next cycles in the place of what the API says (the assume cache).
// Follows AssumePodVolumes of pkg/scheduler/framework/plugins/volumebinding of Kubernetes 1.34. Pure.
#pragma once

#include "core/scheduler/decision.h"

namespace kubarium::scheduler {

struct VolumeReservation {
    struct Binding {
        ObjectPtr volume;  // with claimRef and the annotation pv.kubernetes.io/bound-by-controller
        ObjectPtr claim;
        bool changed = true;  // other than what the API has
    };
    Status status;                    // an error: the Pod cannot be placed in this cycle
    std::vector<Binding> bindings;
    std::vector<ObjectPtr> provisions;  // claims with the annotation volume.kubernetes.io/selected-node

    bool empty() const { return bindings.empty() && provisions.empty(); }
};

VolumeReservation reserveVolumes(const Snapshot& snapshot, const PodInfo& pod, const Profile& profile, const std::string& node);

// The cluster's objects with the reserved ones in their places.
void assumeVolumes(ClusterObjects& objects, const VolumeReservation& reservation);

}  // namespace kubarium::scheduler
