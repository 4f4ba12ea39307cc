#include "core/apiserver/bootstrap.h"

#include <boost/json.hpp>

namespace kubarium::apiserver {
namespace {

json::object namespaceObject(const char* name) {
    return {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}, {"labels", {{"kubernetes.io/metadata.name", name}}}}}, {"spec", {{"finalizers", json::array{"kubernetes"}}}}, {"status", {{"phase", "Active"}}}};
}

json::object priorityClass(const char* name, std::int64_t value, const char* description) {
    return {{"apiVersion", "scheduling.k8s.io/v1"}, {"kind", "PriorityClass"}, {"metadata", json::object{{"name", name}, {"generation", 1}}},
            {"value", value}, {"description", description}, {"preemptionPolicy", "PreemptLowerPriority"}};
}

json::object kubernetesService() {
    return {{"apiVersion", "v1"},
            {"kind", "Service"},
            {"metadata", json::object{{"name", "kubernetes"}, {"namespace", "default"}, {"labels", json::object{{"component", "apiserver"}, {"provider", "kubernetes"}}}}},
            {"spec", json::object{{"type", "ClusterIP"},
                                  {"clusterIP", "10.96.0.1"},
                                  {"clusterIPs", json::array{"10.96.0.1"}},
                                  {"ipFamilies", json::array{"IPv4"}},
                                  {"ipFamilyPolicy", "SingleStack"},
                                  {"internalTrafficPolicy", "Cluster"},
                                  {"sessionAffinity", "None"},
                                  {"ports", json::array{json::object{{"name", "https"}, {"protocol", "TCP"}, {"port", 443}, {"targetPort", 6443}}}}}},
            {"status", json::object{{"loadBalancer", json::object()}}}};
}

// The range that addresses of Services come from (admission.cpp).
json::object defaultServiceRange() {
    json::object ready{{"type", "Ready"}, {"status", "True"}, {"lastTransitionTime", nullptr}, {"reason", ""}, {"message", "Kubernetes default Service CIDR is ready"}};
    return {{"apiVersion", "networking.k8s.io/v1"},
            {"kind", "ServiceCIDR"},
            {"metadata", json::object{{"name", "kubernetes"}}},
            {"spec", json::object{{"cidrs", json::array{"10.96.0.0/16"}}}},
            {"status", json::object{{"conditions", json::array{std::move(ready)}}}}};
}

}  // namespace

void createInitialObjects(Registry& registry) {
    for (const auto* name : {"default", "kube-system", "kube-public", "kube-node-lease"}) registry.createInternally(namespaceObject(name));
    registry.createInternally(priorityClass("system-node-critical", 2000001000, "Used for system critical pods that must not be moved from their current node."));
    registry.createInternally(priorityClass("system-cluster-critical", 2000000000, "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."));
    registry.createInternally(kubernetesService());
    registry.createInternally(defaultServiceRange());
}

}  // namespace kubarium::apiserver
