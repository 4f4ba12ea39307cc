// Service (core/v1) and EndpointSlice (discovery.k8s.io/v1).
// Shapes: resources/api/types.json; a test proves that every field stands there with the same type.
#pragma once

#include "core/api/types/pod.h"

namespace kubarium::api {

struct ServicePort {
    std::string appProtocol;
    std::string name;
    std::optional<std::int32_t> nodePort;
    std::int32_t port = 0;
    std::string protocol;
    json::value targetPort;
};
BOOST_DESCRIBE_STRUCT(ServicePort, (), (appProtocol, name, nodePort, port, protocol, targetPort))

struct ClientIPConfig {
    std::optional<std::int32_t> timeoutSeconds;
};
BOOST_DESCRIBE_STRUCT(ClientIPConfig, (), (timeoutSeconds))

struct SessionAffinityConfig {
    std::optional<ClientIPConfig> clientIP;
};
BOOST_DESCRIBE_STRUCT(SessionAffinityConfig, (), (clientIP))

struct ServiceSpec {
    std::optional<bool> allocateLoadBalancerNodePorts;
    std::string clusterIP;
    std::vector<std::string> clusterIPs;
    std::vector<std::string> externalIPs;
    std::string externalName;
    std::string externalTrafficPolicy;
    std::optional<std::int32_t> healthCheckNodePort;
    std::string internalTrafficPolicy;
    std::vector<std::string> ipFamilies;
    std::string ipFamilyPolicy;
    std::string loadBalancerClass;
    std::string loadBalancerIP;
    std::vector<std::string> loadBalancerSourceRanges;
    std::vector<ServicePort> ports;
    std::optional<bool> publishNotReadyAddresses;
    std::map<std::string, std::string> selector;
    std::string sessionAffinity;
    std::optional<SessionAffinityConfig> sessionAffinityConfig;
    std::string trafficDistribution;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(ServiceSpec, (), (allocateLoadBalancerNodePorts, clusterIP, clusterIPs, externalIPs, externalName,
    externalTrafficPolicy, healthCheckNodePort, internalTrafficPolicy, ipFamilies, ipFamilyPolicy, loadBalancerClass, loadBalancerIP,
    loadBalancerSourceRanges, ports, publishNotReadyAddresses, selector, sessionAffinity, sessionAffinityConfig, trafficDistribution,
    type))

struct PortStatus {
    std::string error;
    std::int32_t port = 0;
    std::string protocol;
};
BOOST_DESCRIBE_STRUCT(PortStatus, (), (error, port, protocol))

struct LoadBalancerIngress {
    std::string hostname;
    std::string ip;
    std::string ipMode;
    std::vector<PortStatus> ports;
};
BOOST_DESCRIBE_STRUCT(LoadBalancerIngress, (), (hostname, ip, ipMode, ports))

struct LoadBalancerStatus {
    std::vector<LoadBalancerIngress> ingress;
};
BOOST_DESCRIBE_STRUCT(LoadBalancerStatus, (), (ingress))

struct ServiceStatus {
    std::vector<Condition> conditions;
    std::optional<LoadBalancerStatus> loadBalancer;
};
BOOST_DESCRIBE_STRUCT(ServiceStatus, (), (conditions, loadBalancer))

struct Service {
    ObjectMeta metadata;
    ServiceSpec spec;
    ServiceStatus status;
};
BOOST_DESCRIBE_STRUCT(Service, (), (metadata, spec, status))

struct EndpointConditions {
    std::optional<bool> ready;
    std::optional<bool> serving;
    std::optional<bool> terminating;
};
BOOST_DESCRIBE_STRUCT(EndpointConditions, (), (ready, serving, terminating))

struct ForNode {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(ForNode, (), (name))

struct ForZone {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(ForZone, (), (name))

struct EndpointHints {
    std::vector<ForNode> forNodes;
    std::vector<ForZone> forZones;
};
BOOST_DESCRIBE_STRUCT(EndpointHints, (), (forNodes, forZones))

struct ObjectReference {
    std::string apiVersion;
    std::string fieldPath;
    std::string kind;
    std::string name;
    std::string nameSpace;
    std::string resourceVersion;
    std::string uid;
};
BOOST_DESCRIBE_STRUCT(ObjectReference, (), (apiVersion, fieldPath, kind, name, nameSpace, resourceVersion, uid))

struct Endpoint {
    std::vector<std::string> addresses;
    std::optional<EndpointConditions> conditions;
    std::map<std::string, std::string> deprecatedTopology;
    std::optional<EndpointHints> hints;
    std::string hostname;
    std::string nodeName;
    std::optional<ObjectReference> targetRef;
    std::string zone;
};
BOOST_DESCRIBE_STRUCT(Endpoint, (), (addresses, conditions, deprecatedTopology, hints, hostname, nodeName, targetRef, zone))

struct EndpointPort {
    std::string appProtocol;
    std::string name;
    std::optional<std::int32_t> port;
    std::string protocol;
};
BOOST_DESCRIBE_STRUCT(EndpointPort, (), (appProtocol, name, port, protocol))

struct EndpointSlice {
    std::string addressType;
    std::vector<Endpoint> endpoints;
    ObjectMeta metadata;
    std::vector<EndpointPort> ports;
};
BOOST_DESCRIBE_STRUCT(EndpointSlice, (), (addressType, endpoints, metadata, ports))

}  // namespace kubarium::api
