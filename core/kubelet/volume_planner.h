// From the volumes of a Pod to what has to be made for them (volume_plan.h). Pure functions.
// Kubernetes: pkg/volume/{configmap,secret,downwardapi,projected,emptydir}; secrets, the downward API and projected volumes are
// memory, ConfigMaps are not.
#pragma once

#include "core/api/types/pod.h"
#include "core/kubelet/field_reference.h"
#include "core/kubelet/object_fetcher.h"
#include "core/kubelet/volume_plan.h"

#include <map>
#include <set>

namespace kubarium::kubelet {

// A serviceAccountToken of a projected volume, by which it is cached.
struct TokenKey {
    std::string volume, path, audience;
    std::int64_t seconds = 3600;
    friend auto operator<=>(const TokenKey&, const TokenKey&) = default;
};
// The token, or why there is none.
using Tokens = std::map<TokenKey, Result<std::string>>;

// What the volumes of a Pod refer to; the volumes that its claims are bound to are not known yet.
std::set<ObjectId> volumeReferences(const api::Pod&);
std::set<TokenKey> tokensOf(const api::Pod&);

struct VolumePlanInput {
    const api::Pod& pod;
    const FetchedObjects& objects;
    const Tokens& tokens;
    const PodAddresses& addresses;
    const NodeAllocatable& node;
    std::string directory;         // of the Pod
    std::string volumesDirectory;  // of provisioned volumes
};

// Of an error: the claim leads to no volume (yet); nothing was tried.
constexpr const char* unprocessedKind = "unprocessed";

// Those that a container mounts; nothing is done about others.
std::vector<const api::Volume*> usedVolumes(const api::PodSpec&);

// Error: the text of FailedMount.
Result<VolumePlan> planVolume(const VolumePlanInput&, const api::Volume&);

}  // namespace kubarium::kubelet
