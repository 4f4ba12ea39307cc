// From a container of the API to the one that the runtime starts. Pure functions.
#pragma once

#include "core/api/types/pod.h"
#include "core/kubelet/container_environment.h"
#include "core/kubelet/runtime/container_runtime.h"

namespace kubarium::kubelet {

struct ContainerSpecInput {
    const api::Pod& pod;
    const api::Container& container;
    const ImageInfo& image;
    const Environment& environment;  // of the Pod's spec; the image's goes before it
    std::string id, sandboxId, hostname, logPath;
    int attempt = 0;
    std::vector<Mount> mounts;
    std::int64_t nodeMemoryBytes = 0;
};

// Error: no command anywhere.
Result<ContainerSpec> makeContainerSpec(ContainerSpecInput);
// Error: the text of CreateContainerConfigError when runAsNonRoot does not hold.
Result<void> verifyRunAsNonRoot(const api::Pod&, const api::Container&, const ImageInfo&);

// "busybox" is what a user means by docker.io/library/busybox:latest. Error: the text of InvalidImageName.
Result<std::string> normalizedImage(const std::string& name);
// The image of a container as text; "" if none.
std::string imageName(const api::Container&);
// IfNotPresent unless the tag is latest or absent.
std::string pullPolicy(const api::Container&);

}  // namespace kubarium::kubelet
