// Binds claims to volumes and takes volumes back (pkg/controller/volume/persistentvolume). A binding is two halves: the volume's
// claimRef and the claim's volumeName. The volume is written first; whatever is interrupted is finished by the next look at
// either of the two, which every object gets again every 15 s of cluster time.
//
// A claim of a class with WaitForFirstConsumer is left to the scheduler, which names a Node in the annotation
// volume.kubernetes.io/selected-node (or binds a volume itself); then a provisioner is asked for a volume by annotation.
// Provisioners are outside (hostpath_provisioner.h is one); in-tree ones do not exist.
//
// Differs from Kubernetes: the policy Recycle fails as for a volume without a recycler, and a static hostPath volume with the
// policy Delete fails too, so that no directory of the machine that the cluster did not make is ever deleted.
// Engine thread only.
#pragma once

#include "core/controller/controller.h"

namespace kubarium::controller {

class VolumeBindingController final : public Controller {
public:
    explicit VolumeBindingController(ControllerContext context);
    void start() override;

private:
    using Done = Async<Result<void>>;

    void resync();
    Done reconcileClaim(std::string key);
    Done reconcileVolume(std::string name);

    Done syncUnboundClaim(ObjectPtr claim);
    Done syncClaimWithoutVolume(ObjectPtr claim);
    Done syncBoundClaim(ObjectPtr claim);
    Done syncClaimedVolume(ObjectPtr volume, ObjectPtr claim);
    Async<Result<ObjectPtr>> claimOf(ObjectPtr volume);
    Done releaseVolume(ObjectPtr volume);
    Done reclaim(ObjectPtr volume);

    Done bind(ObjectPtr volume, ObjectPtr claim);
    Done unbind(ObjectPtr volume);
    Done requestProvisioning(ObjectPtr claim);
    Async<Result<ObjectPtr>> setVolumePhase(ObjectPtr volume, std::string phase, std::string message);
    Done setClaimPhase(ObjectPtr claim, std::string phase, ObjectPtr volume);
    Done loseClaim(ObjectPtr claim, std::string reason, std::string message);
    void tellWhyDelayed(const ObjectPtr& claim);

    client::Informer& claims_;
    client::Informer& volumes_;
    client::Informer& classes_;
    client::Informer& pods_;
    client::WorkQueue& claimQueue_;
    client::WorkQueue& volumeQueue_;
    Timer resyncTimer_;
};

}  // namespace kubarium::controller
