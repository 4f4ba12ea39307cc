#include "core/scheduler/config/config_types.h"

#include <boost/json/parse.hpp>

namespace kubarium::scheduler {
namespace {

// k8s.io/kube-scheduler/config/v1 and k8s.io/component-base/config/v1alpha1. What is of core/v1 is decoded apart.
constexpr std::string_view types = R"({
"v1.KubeSchedulerConfiguration": {"fields": {
  "apiVersion": "string", "kind": "string",
  "parallelism": {"type": "integer:int32", "pointer": true},
  "leaderElection": {"type": "v1alpha1.LeaderElectionConfiguration", "pointer": true},
  "clientConnection": {"type": "v1alpha1.ClientConnectionConfiguration", "pointer": true},
  "enableProfiling": {"type": "boolean", "pointer": true}, "enableContentionProfiling": {"type": "boolean", "pointer": true},
  "percentageOfNodesToScore": {"type": "integer:int32", "pointer": true},
  "podInitialBackoffSeconds": {"type": "integer:int64", "pointer": true}, "podMaxBackoffSeconds": {"type": "integer:int64", "pointer": true},
  "profiles": "array<v1.KubeSchedulerProfile>", "extenders": "array<v1.Extender>", "delayCacheUntilActive": "boolean"}},
"v1.KubeSchedulerProfile": {"fields": {
  "schedulerName": {"type": "string", "pointer": true}, "percentageOfNodesToScore": {"type": "integer:int32", "pointer": true},
  "plugins": {"type": "v1.Plugins", "pointer": true}, "pluginConfig": "array<v1.PluginConfig>"}},
"v1.Plugins": {"fields": {
  "preEnqueue": "v1.PluginSet", "queueSort": "v1.PluginSet", "preFilter": "v1.PluginSet", "filter": "v1.PluginSet", "postFilter": "v1.PluginSet",
  "preScore": "v1.PluginSet", "score": "v1.PluginSet", "reserve": "v1.PluginSet", "permit": "v1.PluginSet", "preBind": "v1.PluginSet",
  "bind": "v1.PluginSet", "postBind": "v1.PluginSet", "multiPoint": "v1.PluginSet"}},
"v1.PluginSet": {"fields": {"enabled": "array<v1.Plugin>", "disabled": "array<v1.Plugin>"}},
"v1.Plugin": {"fields": {"name": {"type": "string", "always": true}, "weight": {"type": "integer:int32", "pointer": true}}},
"v1.PluginConfig": {"fields": {"name": {"type": "string", "always": true}, "args": {"type": "object", "pointer": true}}},
"v1.Extender": {"fields": {
  "urlPrefix": {"type": "string", "always": true}, "filterVerb": "string", "preemptVerb": "string", "prioritizeVerb": "string", "weight": "integer:int64",
  "bindVerb": "string", "enableHTTPS": "boolean", "tlsConfig": {"type": "v1.ExtenderTLSConfig", "pointer": true}, "httpTimeout": "string",
  "nodeCacheCapable": "boolean", "managedResources": "array<v1.ExtenderManagedResource>", "ignorable": "boolean"}},
"v1.ExtenderTLSConfig": {"fields": {
  "insecure": "boolean", "serverName": "string", "certFile": "string", "keyFile": "string", "caFile": "string", "certData": "string", "keyData": "string", "caData": "string"}},
"v1.ExtenderManagedResource": {"fields": {"name": {"type": "string", "always": true}, "ignoredByScheduler": "boolean"}},
"v1alpha1.LeaderElectionConfiguration": {"fields": {
  "leaderElect": {"type": "boolean", "pointer": true}, "leaseDuration": "string", "renewDeadline": "string", "retryPeriod": "string",
  "resourceLock": "string", "resourceName": "string", "resourceNamespace": "string"}},
"v1alpha1.ClientConnectionConfiguration": {"fields": {
  "kubeconfig": "string", "acceptContentTypes": "string", "contentType": "string", "qps": "number:double", "burst": "integer:int32"}},
"v1.DefaultPreemptionArgs": {"fields": {"apiVersion": "string", "kind": "string",
  "minCandidateNodesPercentage": {"type": "integer:int32", "pointer": true}, "minCandidateNodesAbsolute": {"type": "integer:int32", "pointer": true}}},
"v1.DynamicResourcesArgs": {"fields": {"apiVersion": "string", "kind": "string", "filterTimeout": {"type": "string", "pointer": true}}},
"v1.InterPodAffinityArgs": {"fields": {"apiVersion": "string", "kind": "string",
  "hardPodAffinityWeight": {"type": "integer:int32", "pointer": true}, "ignorePreferredTermsOfExistingPods": "boolean"}},
"v1.NodeAffinityArgs": {"fields": {"apiVersion": "string", "kind": "string", "addedAffinity": {"type": "object", "pointer": true}}},
"v1.NodeResourcesBalancedAllocationArgs": {"fields": {"apiVersion": "string", "kind": "string", "resources": "array<v1.ResourceSpec>"}},
"v1.NodeResourcesFitArgs": {"fields": {"apiVersion": "string", "kind": "string",
  "ignoredResources": "array<string>", "ignoredResourceGroups": "array<string>", "scoringStrategy": {"type": "v1.ScoringStrategy", "pointer": true}}},
"v1.PodTopologySpreadArgs": {"fields": {"apiVersion": "string", "kind": "string", "defaultConstraints": "array<object>", "defaultingType": "string"}},
"v1.VolumeBindingArgs": {"fields": {"apiVersion": "string", "kind": "string",
  "bindTimeoutSeconds": {"type": "integer:int64", "pointer": true}, "shape": "array<v1.UtilizationShapePoint>"}},
"v1.ScoringStrategy": {"fields": {"type": "string", "resources": "array<v1.ResourceSpec>",
  "requestedToCapacityRatio": {"type": "v1.RequestedToCapacityRatioParam", "pointer": true}}},
"v1.RequestedToCapacityRatioParam": {"fields": {"shape": "array<v1.UtilizationShapePoint>"}},
"v1.ResourceSpec": {"fields": {"name": {"type": "string", "always": true}, "weight": "integer:int64"}},
"v1.UtilizationShapePoint": {"fields": {"utilization": {"type": "integer:int32", "always": true}, "score": {"type": "integer:int32", "always": true}}}
})";

const api::Schema& schema() {
    static const api::Schema built = [] {
        api::Schema made;
        made.addTypes(boost::json::parse(types).as_object());
        return made;
    }();
    return built;
}

}  // namespace

const api::Type& configurationType() { return *schema().findType("v1.KubeSchedulerConfiguration"); }

const api::Type* pluginArgsType(std::string_view plugin) { return schema().findType("v1." + std::string(plugin) + "Args"); }

}  // namespace kubarium::scheduler
