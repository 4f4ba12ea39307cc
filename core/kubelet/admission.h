// The Node's own last word on a Pod that was bound to it: whoever binds may be wrong (spec.nodeName written by hand, two
// schedulers, labels that changed). The Node checks sysctls, the operating system, its resources, the Pod's node affinity and
// selector, host ports and AppArmor, in this order (pkg/kubelet/kubelet.go). A refused Pod fails for good. Pure function.
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
    bool appArmor = true;  // the machine has it
};

std::optional<Refusal> refusalOf(const AdmissionInput&);
// "net/ipv4/x" as "net.ipv4.x"; where the first separator is a slash, dots and slashes change places.
std::string dottedSysctl(std::string name);
// The same for a Pod that is here already and asks for other resources (`others` without it): Infeasible if the Node could
// never give them, Deferred while others have them. Kubernetes: canResizePod in pkg/kubelet/allocation.
std::optional<Refusal> resizeRefusalOf(const AdmissionInput&);

}  // namespace kubarium::kubelet
