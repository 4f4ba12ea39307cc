// The provisioner kubarium.dev/hostpath: gives claims of its classes directories of this machine, as an external CSI provisioner
// does (sig-storage-lib-external-provisioner): it acts on claims that the binder has marked for it, makes the volume already bound
// to its claim, and deletes directory and volume once the volume is released and its policy is Delete.
//
// A volume says only its handle (spec.csi.volumeHandle, "pvc-<uid>"); kubelets look for a directory of that name below the cluster's
// own, so that no object can lead anywhere else. A volume that was made for a certain Node stays there (nodeAffinity).
// Capacity is recorded, not enforced. Engine thread only; the disk is touched off it.
#pragma once

#include "core/controller/controller.h"

#include <filesystem>

namespace kubarium::controller {

inline constexpr std::string_view hostpathProvisioner = "kubarium.dev/hostpath";
// The name in spec.csi.driver, which unlike a provisioner's must be a DNS subdomain.
inline constexpr std::string_view hostpathDriver = "hostpath.kubarium.dev";

class HostpathProvisioner final : public Controller {
public:
    // `directory`: where the volumes' directories live; "" if no container will ever see one (simulated Nodes).
    HostpathProvisioner(ControllerContext context, std::filesystem::path directory);
    void start() override;

private:
    Async<Result<void>> provision(std::string claimKey);
    Async<Result<void>> reclaim(std::string volumeName);
    Async<Result<void>> fail(ObjectPtr claim, std::string message, bool reschedule);
    Call<bool> makeDirectory(const std::string& handle);
    Call<bool> removeDirectory(const std::string& handle);
    void retryLater();

    std::filesystem::path directory_;
    client::Informer& claims_;
    client::Informer& volumes_;
    client::Informer& classes_;
    client::Informer& nodes_;
    client::WorkQueue& provisioning_;
    client::WorkQueue& reclaiming_;
    Timer resyncTimer_;
};

}  // namespace kubarium::controller
