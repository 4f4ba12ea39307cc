// The claims of one Pod as VolumeBinding sees them: bound ones, and ones that wait for their first consumer with the volumes that
// could be theirs. Worked out once per scheduling cycle; asked per Node.
// Follows pkg/scheduler/framework/plugins/volumebinding/binder.go of Kubernetes 1.34. Internal to the plugins.
#pragma once

#include "core/scheduler/plugins/in_tree_volumes.h"

namespace kubarium::scheduler {

// A claim that waits for its first consumer, with all that its Node does not change.
class WaitingClaim {
public:
    WaitingClaim(const ClusterObjects& objects, ObjectPtr claim);

    const ObjectPtr& claim() const { return claim_; }
    const api::Quantity& size() const { return size_; }
    // Where its provisioning was begun; nothing if it was not.
    const std::optional<std::string>& selectedNode() const { return selectedNode_; }
    // Why no volume can be looked for; "" if one can.
    const std::string& error() const { return error_; }

    // volume.FindMatchingVolume: its own volume, or the smallest that suits and is not `chosen` yet; nullptr if none is left.
    ObjectPtr match(const NodeInfo& node, const std::set<std::string>& chosen) const;
    bool provisionedOn(const NodeInfo& node) const { return provisioned_ && topologyAllows(node); }
    bool capacityLeft(const NodeInfo& node) const;

private:
    struct Candidate {
        ObjectPtr volume;
        bool own = false;  // made for this claim, or promised to it
        VolumeReach reach;
    };
    void findCandidates(const ClusterObjects& objects);
    void findProvisioner(const ClusterObjects& objects);
    bool suits(const api::Object& volume) const;
    bool offersModes(const api::Object& volume) const;
    bool topologyAllows(const NodeInfo& node) const;

    ObjectPtr claim_;
    api::Quantity size_;
    std::optional<std::string> selectedNode_;
    std::string error_;
    std::vector<Candidate> candidates_;  // its own first, then from the smallest
    bool provisioned_ = false;           // a provisioner can make a volume for it
    const json::value* topologies_ = nullptr;
    bool capacityTracked_ = false;
    std::vector<api::Selector> capacities_;  // of Nodes where enough storage is left
};

// A claim whose binding is complete.
struct BoundClaim {
    ObjectPtr volume;  // nullptr: it does not exist
    VolumeReach reach;
    const InTreePlugin* migrated = nullptr;  // read as a CSI volume where the Node's CSINode says so
};

// What a Pod's claims need on one Node (PodVolumes).
struct NodeVolumes {
    Status status;
    struct Match {
        ObjectPtr volume, claim;
    };
    std::vector<Match> matches;          // volumes that exist and would become the claims'
    std::vector<ObjectPtr> provisioned;  // claims for which a volume would be made
};

struct PodClaims {
    Status status;                 // of PreFilter
    bool any = false;              // whether the Pod has a claim at all
    std::vector<BoundClaim> bound;
    std::vector<WaitingClaim> waiting;  // small claims choose first, so that they take small volumes

    static PodClaims of(const ClusterObjects& objects, const PodInfo& pod);
    // FindPodVolumes
    NodeVolumes on(const ClusterObjects& objects, const NodeInfo& node) const;
};

// volume.IsVolumeBoundToClaim: whether the volume's claimRef speaks of this claim.
bool isBoundTo(const api::Object& volume, const api::Object& claim);

}  // namespace kubarium::scheduler
