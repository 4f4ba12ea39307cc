// Indexes of informers that several controllers share. addIndex() of a known name keeps the first: the name stands for the function.
#pragma once

#include "core/api/types/meta.h"

#include <string>
#include <vector>

namespace kubarium::controller {

// By the uid of the controlling owner.
inline const std::string byController = "controller";
inline std::vector<std::string> controllerIndex(const api::Object& object) {
    const auto* owner = api::metaOf(object).controllerOwner();
    return owner ? std::vector<std::string>{owner->uid} : std::vector<std::string>{};
}

// Objects without a controlling owner, by namespace.
inline const std::string byOrphanNamespace = "orphanNamespace";
inline std::vector<std::string> orphanNamespaceIndex(const api::Object& object) {
    if (api::metaOf(object).controllerOwner()) return {};
    return {std::string(object.nameSpace())};
}

inline const std::string byNamespace = "namespace";
inline std::vector<std::string> namespaceIndex(const api::Object& object) { return {std::string(object.nameSpace())}; }

// Pods by their Node; not those without one.
inline const std::string byNode = "node";
inline std::vector<std::string> nodeIndex(const api::Object& pod) {
    const auto node = pod.string({"spec", "nodeName"});
    return node.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::string(node)};
}

// Pods by the claims of their volumes, "namespace/name" (claimsOfPod in volume_binding.h).
inline const std::string byVolumeClaim = "volumeClaim";

}  // namespace kubarium::controller
