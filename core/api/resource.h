// Names of things in the API: GroupVersionKind says what an object is, GroupVersionResource where it is served.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace kubarium::api {

struct GroupVersionKind {
    std::string group;  // "" is the core group
    std::string version;
    std::string kind;
    std::string apiVersion() const { return group.empty() ? version : group + "/" + version; }
    friend auto operator<=>(const GroupVersionKind&, const GroupVersionKind&) = default;
};

struct GroupVersionResource {
    std::string group;
    std::string version;
    std::string resource;  // plural: "pods"
    std::string apiVersion() const { return group.empty() ? version : group + "/" + version; }
    friend auto operator<=>(const GroupVersionResource&, const GroupVersionResource&) = default;
};

// Splits "apps/v1" into {"apps", "v1"} and "v1" into {"", "v1"}.
std::pair<std::string, std::string> splitApiVersion(std::string_view apiVersion);

// The resources that the engine's components read and write.
namespace resources {
inline const GroupVersionResource pods{"", "v1", "pods"};
inline const GroupVersionResource nodes{"", "v1", "nodes"};
inline const GroupVersionResource namespaces{"", "v1", "namespaces"};
inline const GroupVersionResource services{"", "v1", "services"};
inline const GroupVersionResource configMaps{"", "v1", "configmaps"};
inline const GroupVersionResource secrets{"", "v1", "secrets"};
inline const GroupVersionResource serviceAccounts{"", "v1", "serviceaccounts"};
inline const GroupVersionResource events{"", "v1", "events"};
inline const GroupVersionResource persistentVolumes{"", "v1", "persistentvolumes"};
inline const GroupVersionResource persistentVolumeClaims{"", "v1", "persistentvolumeclaims"};
inline const GroupVersionResource replicaSets{"apps", "v1", "replicasets"};
inline const GroupVersionResource deployments{"apps", "v1", "deployments"};
inline const GroupVersionResource statefulSets{"apps", "v1", "statefulsets"};
inline const GroupVersionResource daemonSets{"apps", "v1", "daemonsets"};
inline const GroupVersionResource endpointSlices{"discovery.k8s.io", "v1", "endpointslices"};
inline const GroupVersionResource leases{"coordination.k8s.io", "v1", "leases"};
inline const GroupVersionResource priorityClasses{"scheduling.k8s.io", "v1", "priorityclasses"};
inline const GroupVersionResource podDisruptionBudgets{"policy", "v1", "poddisruptionbudgets"};
inline const GroupVersionResource storageClasses{"storage.k8s.io", "v1", "storageclasses"};
inline const GroupVersionResource schedulingDecisions{"kubarium.dev", "v1alpha1", "schedulingdecisions"};
inline const GroupVersionResource faults{"kubarium.dev", "v1alpha1", "faults"};
inline const GroupVersionResource clocks{"kubarium.dev", "v1alpha1", "clocks"};
}  // namespace resources

}  // namespace kubarium::api
