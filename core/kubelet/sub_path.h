// A part of a volume, mounted instead of the whole: subPath and subPathExpr of a volumeMount.
// Kubernetes: ExpandContainerVolumeMounts (pkg/kubelet/container/helpers.go), makeMounts (pkg/kubelet/kubelet_pods.go).
#pragma once

#include "core/kubelet/container_environment.h"
#include "core/kubelet/runtime/container_runtime.h"

#include <string>

namespace kubarium::kubelet {

// The path below the volume, "" for all of it. Error: the text of the container's CreateContainerConfigError.
Result<std::string> subPathOf(const api::VolumeMount&, const Environment&);

// Its absolute path; it is made with the permissions of the volume where it is not there yet. To be called where the volume is mounted. Error: it leads out of the
// volume, through a symbolic link, or cannot be made; the text tells nothing of the machine's file system.
Result<std::string> prepareSubPath(const SubPath&);

}  // namespace kubarium::kubelet
