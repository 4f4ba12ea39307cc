// Node (core/v1).
// Shapes: resources/api/types.json; a test proves that every field stands there with the same type.
#pragma once

#include "core/api/types/pod.h"

namespace kubarium::api {

struct ConfigMapNodeConfigSource {
    std::string kubeletConfigKey;
    std::string name;
    std::string nameSpace;
    std::string resourceVersion;
    std::string uid;
};
BOOST_DESCRIBE_STRUCT(ConfigMapNodeConfigSource, (), (kubeletConfigKey, name, nameSpace, resourceVersion, uid))

struct NodeConfigSource {
    std::optional<ConfigMapNodeConfigSource> configMap;
};
BOOST_DESCRIBE_STRUCT(NodeConfigSource, (), (configMap))

struct Taint {
    std::string effect;
    std::string key;
    std::string timeAdded;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(Taint, (), (effect, key, timeAdded, value))

struct NodeSpec {
    std::optional<NodeConfigSource> configSource;
    std::string externalID;
    std::string podCIDR;
    std::vector<std::string> podCIDRs;
    std::string providerID;
    std::vector<Taint> taints;
    std::optional<bool> unschedulable;
};
BOOST_DESCRIBE_STRUCT(NodeSpec, (), (configSource, externalID, podCIDR, podCIDRs, providerID, taints, unschedulable))

struct NodeAddress {
    std::string address;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(NodeAddress, (), (address, type))

struct NodeConfigStatus {
    std::optional<NodeConfigSource> active;
    std::optional<NodeConfigSource> assigned;
    std::string error;
    std::optional<NodeConfigSource> lastKnownGood;
};
BOOST_DESCRIBE_STRUCT(NodeConfigStatus, (), (active, assigned, error, lastKnownGood))

struct DaemonEndpoint {
    std::int32_t Port = 0;
};
BOOST_DESCRIBE_STRUCT(DaemonEndpoint, (), (Port))

struct NodeDaemonEndpoints {
    std::optional<DaemonEndpoint> kubeletEndpoint;
};
BOOST_DESCRIBE_STRUCT(NodeDaemonEndpoints, (), (kubeletEndpoint))

struct NodeFeatures {
    std::optional<bool> supplementalGroupsPolicy;
};
BOOST_DESCRIBE_STRUCT(NodeFeatures, (), (supplementalGroupsPolicy))

struct ContainerImage {
    std::vector<std::string> names;
    std::optional<std::int64_t> sizeBytes;
};
BOOST_DESCRIBE_STRUCT(ContainerImage, (), (names, sizeBytes))

struct NodeSwapStatus {
    std::optional<std::int64_t> capacity;
};
BOOST_DESCRIBE_STRUCT(NodeSwapStatus, (), (capacity))

struct NodeSystemInfo {
    std::string architecture;
    std::string bootID;
    std::string containerRuntimeVersion;
    std::string kernelVersion;
    std::string kubeProxyVersion;
    std::string kubeletVersion;
    std::string machineID;
    std::string operatingSystem;
    std::string osImage;
    std::optional<NodeSwapStatus> swap;
    std::string systemUUID;
};
BOOST_DESCRIBE_STRUCT(NodeSystemInfo, (), (architecture, bootID, containerRuntimeVersion, kernelVersion, kubeProxyVersion,
    kubeletVersion, machineID, operatingSystem, osImage, swap, systemUUID))

struct NodeRuntimeHandlerFeatures {
    std::optional<bool> recursiveReadOnlyMounts;
    std::optional<bool> userNamespaces;
};
BOOST_DESCRIBE_STRUCT(NodeRuntimeHandlerFeatures, (), (recursiveReadOnlyMounts, userNamespaces))

struct NodeRuntimeHandler {
    std::optional<NodeRuntimeHandlerFeatures> features;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(NodeRuntimeHandler, (), (features, name))

struct AttachedVolume {
    std::string devicePath;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(AttachedVolume, (), (devicePath, name))

struct NodeStatus {
    std::vector<NodeAddress> addresses;
    std::map<std::string, std::string> allocatable;
    std::map<std::string, std::string> capacity;
    std::vector<Condition> conditions;
    std::optional<NodeConfigStatus> config;
    std::optional<NodeDaemonEndpoints> daemonEndpoints;
    std::optional<NodeFeatures> features;
    std::vector<ContainerImage> images;
    std::optional<NodeSystemInfo> nodeInfo;
    std::string phase;
    std::vector<NodeRuntimeHandler> runtimeHandlers;
    std::vector<AttachedVolume> volumesAttached;
    std::vector<std::string> volumesInUse;
};
BOOST_DESCRIBE_STRUCT(NodeStatus, (), (addresses, allocatable, capacity, conditions, config, daemonEndpoints, features, images, nodeInfo,
    phase, runtimeHandlers, volumesAttached, volumesInUse))

struct Node {
    ObjectMeta metadata;
    NodeSpec spec;
    NodeStatus status;
};
BOOST_DESCRIBE_STRUCT(Node, (), (metadata, spec, status))

}  // namespace kubarium::api
