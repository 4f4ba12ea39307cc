// The Node's own last word on a Pod that was bound to it: whoever binds may be wrong (spec.nodeName written by hand, two
// schedulers, labels that changed). The Node checks its resources, the Pod's node affinity and selector, and host ports.
// A refused Pod fails for good. Pure function.
#pragma once

#include "core/api/types/pod.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::kubelet {

struct Refusal {
    std::string reason;   // OutOfcpu, NodeAffinity, ...
    std::string message;  // of the Event; the status puts "Pod was rejected: " before it
};

struct AdmissionInput {
    const api::Pod& pod;
    std::vector<const api::PodSpec*> others;            // of the Pods that are active on this Node
    std::map<std::string, std::int64_t> allocatable;    // cpu in millis, everything else whole; "pods" too
    std::map<std::string, std::string> nodeLabels;
    std::string nodeName;
};

std::optional<Refusal> refusalOf(const AdmissionInput&);
// The same for a Pod that is here already and asks for other resources (`others` without it): Infeasible if the Node could
// never give them, Deferred while others have them. Kubernetes: canResizePod in pkg/kubelet/allocation.
std::optional<Refusal> resizeRefusalOf(const AdmissionInput&);

}  // namespace kubarium::kubelet
