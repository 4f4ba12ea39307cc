// ConfigMaps, Secrets and volumes that a Pod refers to: from the shared informers, or, when they have not heard of an object
// (it may be younger than the Pod's event), from the API server.
#pragma once

#include "core/kubelet/kubelet_context.h"

#include <map>
#include <set>

namespace kubarium::kubelet {

struct ObjectId {
    api::GroupVersionResource resource;
    std::string nameSpace, name;
    std::string key() const { return nameSpace.empty() ? name : nameSpace + "/" + name; }
    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

// Null for what does not exist (or cannot be reached).
using FetchedObjects = std::map<ObjectId, api::ObjectPtr>;

// The reply comes at once when everything is known already.
void fetchObjects(const KubeletContext&, const std::set<ObjectId>&, std::move_only_function<void(FetchedObjects)> reply);

}  // namespace kubarium::kubelet
