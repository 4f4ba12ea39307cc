// What requests and limits mean on a Node, as kubelet computes it: cpu requests become cgroup shares (a weight), cpu limits
// a quota per 100 ms, memory limits a hard limit; and the quality of service class that decides who is killed first.
// Pure functions.
#pragma once

#include "core/api/types/pod.h"
#include "core/kubelet/runtime/container_runtime.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kubarium::kubelet {

// "500m" as 500, "2" as 2000; rounded up; 0 if it is not a quantity.
std::int64_t milliQuantity(std::string_view text);
// "1Ki" as 1024; rounded up; 0 if it is not a quantity.
std::int64_t wholeQuantity(std::string_view text);

enum class QosClass { Guaranteed, Burstable, BestEffort };
QosClass qosClassOf(const api::PodSpec&);
std::string_view toString(QosClass);

bool isSidecar(const api::Container& initContainer);

// Empty ones if it has none.
const api::ResourceRequirements& resourcesOf(const api::Container&);

// What the Pod counts for on its Node: app containers and sidecars summed, or the largest init container if that is more,
// or what the Pod itself asks; plus overhead. Keys as in requests; cpu in millis, everything else whole.
std::map<std::string, std::int64_t> podRequests(const api::PodSpec&);

// A quota below 1000 us is raised to that, memory rounded to pages; a Pod's cgroup has a limit only if every container has.
ResourceLimits podLimits(const api::PodSpec&);
// `nodeMemoryBytes` sets the oom_score_adj of Burstable containers.
ResourceLimits containerLimits(const api::PodSpec&, const api::Container&, std::int64_t nodeMemoryBytes);

// What is reported of a running container with these resources: what the Pod's own limits give it shows as its own.
api::ResourceRequirements reportedResources(const api::PodSpec&, const api::ResourceRequirements& ofContainer);

}  // namespace kubarium::kubelet
