// The downward API: what a container may ask about itself (fieldRef, resourceFieldRef). Pure functions.
#pragma once

#include "core/api/types/pod.h"
#include "core/base/result.h"

#include <cstdint>
#include <string>

namespace kubarium::kubelet {

struct NodeAllocatable {
    std::int64_t milliCpu = 0, memoryBytes = 0, ephemeralStorageBytes = 0;
};

struct PodAddresses {
    std::string podIP, hostIP;
};

// metadata.name, metadata.labels['x'], spec.nodeName, status.podIP, ...; whole maps (metadata.labels) as sorted key="value" lines.
Result<std::string> fieldValue(const api::Pod&, const PodAddresses&, std::string_view fieldPath);
// Rounded up to the divisor ("1" for none); what has no limit is limited by the Node.
Result<std::string> resourceValue(const api::Pod&, const api::ResourceFieldSelector&, const std::string& defaultContainer, const NodeAllocatable&);

}  // namespace kubarium::kubelet
