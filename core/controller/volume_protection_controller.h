// Nothing that is in use is deleted: a claim keeps the finalizer kubernetes.io/pvc-protection until no scheduled Pod refers to it,
// a volume keeps kubernetes.io/pv-protection while it is bound (pkg/controller/volume/{pvc,pv}protection).
// Engine thread only.
#pragma once

#include "core/controller/controller.h"

namespace kubarium::controller {

class ClaimProtectionController final : public Controller {
public:
    explicit ClaimProtectionController(ControllerContext context);

private:
    Async<Result<void>> reconcile(std::string key);
    void podChanged(const ObjectPtr& pod, bool gone);

    client::Informer& claims_;
    client::Informer& pods_;
    client::WorkQueue& queue_;
};

class VolumeProtectionController final : public Controller {
public:
    explicit VolumeProtectionController(ControllerContext context);

private:
    Async<Result<void>> reconcile(std::string name);

    client::Informer& volumes_;
    client::WorkQueue& queue_;
};

}  // namespace kubarium::controller
