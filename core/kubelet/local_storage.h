// What a Pod may write on its Node: the sizeLimit of its emptyDirs and its containers' limits of ephemeral-storage. The Node
// looks every 10 s and evicts the Pod that has written more. Pure functions.
// Kubernetes: localStorageEviction in pkg/kubelet/eviction/eviction_manager.go.
#pragma once

#include "core/api/types/pod.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace kubarium::kubelet {

// Bytes on disk, by name. Containers: what they changed in their root file system, and their logs.
struct StorageUsage {
    std::map<std::string, std::int64_t> emptyDirs, containers;
};

// Whether anything of it is limited: otherwise nobody has to look.
bool limitsStorage(const api::PodSpec&);
// The message of the eviction; nothing if the Pod keeps within its limits.
std::optional<std::string> storageExcess(const api::PodSpec&, const StorageUsage&);

}  // namespace kubarium::kubelet
