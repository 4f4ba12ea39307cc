// Names of images as people write them, and in full: "busybox" is docker.io/library/busybox:latest.
#pragma once

#include <string>

namespace kubarium::kubelet {

// Adds the registry, "library/" and the tag that are left out. A digest ("name@sha256:...") is kept instead of a tag.
std::string fullImageName(const std::string& name);

}  // namespace kubarium::kubelet
