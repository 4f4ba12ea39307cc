// Pod and what it is made of (core/v1).
// Shapes: resources/api/types.json; a test proves that every field stands there with the same type.
#pragma once

#include "core/api/types/meta.h"

namespace kubarium::api {

struct NodeSelectorTerm {
    std::vector<LabelSelectorRequirement> matchExpressions;
    std::vector<LabelSelectorRequirement> matchFields;
};
BOOST_DESCRIBE_STRUCT(NodeSelectorTerm, (), (matchExpressions, matchFields))

struct PreferredSchedulingTerm {
    NodeSelectorTerm preference;
    std::int32_t weight = 0;
};
BOOST_DESCRIBE_STRUCT(PreferredSchedulingTerm, (), (preference, weight))

struct NodeSelector {
    std::vector<NodeSelectorTerm> nodeSelectorTerms;
};
BOOST_DESCRIBE_STRUCT(NodeSelector, (), (nodeSelectorTerms))

struct NodeAffinity {
    std::vector<PreferredSchedulingTerm> preferredDuringSchedulingIgnoredDuringExecution;
    std::optional<NodeSelector> requiredDuringSchedulingIgnoredDuringExecution;
};
BOOST_DESCRIBE_STRUCT(NodeAffinity, (), (preferredDuringSchedulingIgnoredDuringExecution, requiredDuringSchedulingIgnoredDuringExecution))

struct PodAffinityTerm {
    std::optional<LabelSelector> labelSelector;
    std::vector<std::string> matchLabelKeys;
    std::vector<std::string> mismatchLabelKeys;
    std::optional<LabelSelector> namespaceSelector;
    std::vector<std::string> namespaces;
    std::string topologyKey;
};
BOOST_DESCRIBE_STRUCT(PodAffinityTerm, (), (labelSelector, matchLabelKeys, mismatchLabelKeys, namespaceSelector, namespaces, topologyKey))

struct WeightedPodAffinityTerm {
    PodAffinityTerm podAffinityTerm;
    std::int32_t weight = 0;
};
BOOST_DESCRIBE_STRUCT(WeightedPodAffinityTerm, (), (podAffinityTerm, weight))

struct PodAffinity {
    std::vector<WeightedPodAffinityTerm> preferredDuringSchedulingIgnoredDuringExecution;
    std::vector<PodAffinityTerm> requiredDuringSchedulingIgnoredDuringExecution;
};
BOOST_DESCRIBE_STRUCT(PodAffinity, (), (preferredDuringSchedulingIgnoredDuringExecution, requiredDuringSchedulingIgnoredDuringExecution))

struct PodAntiAffinity {
    std::vector<WeightedPodAffinityTerm> preferredDuringSchedulingIgnoredDuringExecution;
    std::vector<PodAffinityTerm> requiredDuringSchedulingIgnoredDuringExecution;
};
BOOST_DESCRIBE_STRUCT(PodAntiAffinity, (), (preferredDuringSchedulingIgnoredDuringExecution,
    requiredDuringSchedulingIgnoredDuringExecution))

struct Affinity {
    std::optional<NodeAffinity> nodeAffinity;
    std::optional<PodAffinity> podAffinity;
    std::optional<PodAntiAffinity> podAntiAffinity;
};
BOOST_DESCRIBE_STRUCT(Affinity, (), (nodeAffinity, podAffinity, podAntiAffinity))

struct ConfigMapKeySelector {
    std::string key;
    std::string name;
    std::optional<bool> optional;
};
BOOST_DESCRIBE_STRUCT(ConfigMapKeySelector, (), (key, name, optional))

struct ObjectFieldSelector {
    std::string apiVersion;
    std::string fieldPath;
};
BOOST_DESCRIBE_STRUCT(ObjectFieldSelector, (), (apiVersion, fieldPath))

struct FileKeySelector {
    std::string key;
    std::optional<bool> optional;
    std::string path;
    std::string volumeName;
};
BOOST_DESCRIBE_STRUCT(FileKeySelector, (), (key, optional, path, volumeName))

struct ResourceFieldSelector {
    std::string containerName;
    std::string divisor;
    std::string resource;
};
BOOST_DESCRIBE_STRUCT(ResourceFieldSelector, (), (containerName, divisor, resource))

struct SecretKeySelector {
    std::string key;
    std::string name;
    std::optional<bool> optional;
};
BOOST_DESCRIBE_STRUCT(SecretKeySelector, (), (key, name, optional))

struct EnvVarSource {
    std::optional<ConfigMapKeySelector> configMapKeyRef;
    std::optional<ObjectFieldSelector> fieldRef;
    std::optional<FileKeySelector> fileKeyRef;
    std::optional<ResourceFieldSelector> resourceFieldRef;
    std::optional<SecretKeySelector> secretKeyRef;
};
BOOST_DESCRIBE_STRUCT(EnvVarSource, (), (configMapKeyRef, fieldRef, fileKeyRef, resourceFieldRef, secretKeyRef))

struct EnvVar {
    std::string name;
    std::string value;
    std::optional<EnvVarSource> valueFrom;
};
BOOST_DESCRIBE_STRUCT(EnvVar, (), (name, value, valueFrom))

struct ConfigMapEnvSource {
    std::string name;
    std::optional<bool> optional;
};
BOOST_DESCRIBE_STRUCT(ConfigMapEnvSource, (), (name, optional))

struct SecretEnvSource {
    std::string name;
    std::optional<bool> optional;
};
BOOST_DESCRIBE_STRUCT(SecretEnvSource, (), (name, optional))

struct EnvFromSource {
    std::optional<ConfigMapEnvSource> configMapRef;
    std::string prefix;
    std::optional<SecretEnvSource> secretRef;
};
BOOST_DESCRIBE_STRUCT(EnvFromSource, (), (configMapRef, prefix, secretRef))

struct ExecAction {
    std::vector<std::string> command;
};
BOOST_DESCRIBE_STRUCT(ExecAction, (), (command))

struct HTTPHeader {
    std::string name;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(HTTPHeader, (), (name, value))

struct HTTPGetAction {
    std::string host;
    std::vector<HTTPHeader> httpHeaders;
    std::string path;
    json::value port;
    std::string scheme;
};
BOOST_DESCRIBE_STRUCT(HTTPGetAction, (), (host, httpHeaders, path, port, scheme))

struct SleepAction {
    std::int64_t seconds = 0;
};
BOOST_DESCRIBE_STRUCT(SleepAction, (), (seconds))

struct TCPSocketAction {
    std::string host;
    json::value port;
};
BOOST_DESCRIBE_STRUCT(TCPSocketAction, (), (host, port))

struct LifecycleHandler {
    std::optional<ExecAction> exec;
    std::optional<HTTPGetAction> httpGet;
    std::optional<SleepAction> sleep;
    std::optional<TCPSocketAction> tcpSocket;
};
BOOST_DESCRIBE_STRUCT(LifecycleHandler, (), (exec, httpGet, sleep, tcpSocket))

struct Lifecycle {
    std::optional<LifecycleHandler> postStart;
    std::optional<LifecycleHandler> preStop;
    std::string stopSignal;
};
BOOST_DESCRIBE_STRUCT(Lifecycle, (), (postStart, preStop, stopSignal))

struct GRPCAction {
    std::int32_t port = 0;
    std::string service;
};
BOOST_DESCRIBE_STRUCT(GRPCAction, (), (port, service))

struct Probe {
    std::optional<ExecAction> exec;
    std::optional<std::int32_t> failureThreshold;
    std::optional<GRPCAction> grpc;
    std::optional<HTTPGetAction> httpGet;
    std::optional<std::int32_t> initialDelaySeconds;
    std::optional<std::int32_t> periodSeconds;
    std::optional<std::int32_t> successThreshold;
    std::optional<TCPSocketAction> tcpSocket;
    std::optional<std::int64_t> terminationGracePeriodSeconds;
    std::optional<std::int32_t> timeoutSeconds;
};
BOOST_DESCRIBE_STRUCT(Probe, (), (exec, failureThreshold, grpc, httpGet, initialDelaySeconds, periodSeconds, successThreshold, tcpSocket,
    terminationGracePeriodSeconds, timeoutSeconds))

struct ContainerPort {
    std::int32_t containerPort = 0;
    std::string hostIP;
    std::optional<std::int32_t> hostPort;
    std::string name;
    std::string protocol;
};
BOOST_DESCRIBE_STRUCT(ContainerPort, (), (containerPort, hostIP, hostPort, name, protocol))

struct ContainerResizePolicy {
    std::string resourceName;
    std::string restartPolicy;
};
BOOST_DESCRIBE_STRUCT(ContainerResizePolicy, (), (resourceName, restartPolicy))

struct ResourceClaim {
    std::string name;
    std::string request;
};
BOOST_DESCRIBE_STRUCT(ResourceClaim, (), (name, request))

struct ResourceRequirements {
    std::vector<ResourceClaim> claims;
    std::map<std::string, std::string> limits;
    std::map<std::string, std::string> requests;
};
BOOST_DESCRIBE_STRUCT(ResourceRequirements, (), (claims, limits, requests))

struct ContainerRestartRuleOnExitCodes {
    std::string operator_;
    std::vector<std::int32_t> values;
};
BOOST_DESCRIBE_STRUCT(ContainerRestartRuleOnExitCodes, (), (operator_, values))

struct ContainerRestartRule {
    std::string action;
    std::optional<ContainerRestartRuleOnExitCodes> exitCodes;
};
BOOST_DESCRIBE_STRUCT(ContainerRestartRule, (), (action, exitCodes))

struct AppArmorProfile {
    std::string localhostProfile;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(AppArmorProfile, (), (localhostProfile, type))

struct Capabilities {
    std::vector<std::string> add;
    std::vector<std::string> drop;
};
BOOST_DESCRIBE_STRUCT(Capabilities, (), (add, drop))

struct SELinuxOptions {
    std::string level;
    std::string role;
    std::string type;
    std::string user;
};
BOOST_DESCRIBE_STRUCT(SELinuxOptions, (), (level, role, type, user))

struct SeccompProfile {
    std::string localhostProfile;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(SeccompProfile, (), (localhostProfile, type))

struct WindowsSecurityContextOptions {
    std::string gmsaCredentialSpec;
    std::string gmsaCredentialSpecName;
    std::optional<bool> hostProcess;
    std::string runAsUserName;
};
BOOST_DESCRIBE_STRUCT(WindowsSecurityContextOptions, (), (gmsaCredentialSpec, gmsaCredentialSpecName, hostProcess, runAsUserName))

struct SecurityContext {
    std::optional<bool> allowPrivilegeEscalation;
    std::optional<AppArmorProfile> appArmorProfile;
    std::optional<Capabilities> capabilities;
    std::optional<bool> privileged;
    std::string procMount;
    std::optional<bool> readOnlyRootFilesystem;
    std::optional<std::int64_t> runAsGroup;
    std::optional<bool> runAsNonRoot;
    std::optional<std::int64_t> runAsUser;
    std::optional<SELinuxOptions> seLinuxOptions;
    std::optional<SeccompProfile> seccompProfile;
    std::optional<WindowsSecurityContextOptions> windowsOptions;
};
BOOST_DESCRIBE_STRUCT(SecurityContext, (), (allowPrivilegeEscalation, appArmorProfile, capabilities, privileged, procMount,
    readOnlyRootFilesystem, runAsGroup, runAsNonRoot, runAsUser, seLinuxOptions, seccompProfile, windowsOptions))

struct VolumeDevice {
    std::string devicePath;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(VolumeDevice, (), (devicePath, name))

struct VolumeMount {
    std::string mountPath;
    std::string mountPropagation;
    std::string name;
    std::optional<bool> readOnly;
    std::string recursiveReadOnly;
    std::string subPath;
    std::string subPathExpr;
};
BOOST_DESCRIBE_STRUCT(VolumeMount, (), (mountPath, mountPropagation, name, readOnly, recursiveReadOnly, subPath, subPathExpr))

struct Container {
    std::vector<std::string> args;
    std::vector<std::string> command;
    std::vector<EnvVar> env;
    std::vector<EnvFromSource> envFrom;
    json::value image;
    std::string imagePullPolicy;
    std::optional<Lifecycle> lifecycle;
    std::optional<Probe> livenessProbe;
    std::string name;
    std::vector<ContainerPort> ports;
    std::optional<Probe> readinessProbe;
    std::vector<ContainerResizePolicy> resizePolicy;
    std::optional<ResourceRequirements> resources;
    std::string restartPolicy;
    std::vector<ContainerRestartRule> restartPolicyRules;
    std::optional<SecurityContext> securityContext;
    std::optional<Probe> startupProbe;
    std::optional<bool> stdin;
    std::optional<bool> stdinOnce;
    std::string terminationMessagePath;
    std::string terminationMessagePolicy;
    std::optional<bool> tty;
    std::vector<VolumeDevice> volumeDevices;
    std::vector<VolumeMount> volumeMounts;
    std::string workingDir;
    std::string targetContainerName;
};
BOOST_DESCRIBE_STRUCT(Container, (), (args, command, env, envFrom, image, imagePullPolicy, lifecycle, livenessProbe, name, ports,
    readinessProbe, resizePolicy, resources, restartPolicy, restartPolicyRules, securityContext, startupProbe, stdin, stdinOnce,
    terminationMessagePath, terminationMessagePolicy, tty, volumeDevices, volumeMounts, workingDir, targetContainerName))

struct PodDNSConfigOption {
    std::string name;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(PodDNSConfigOption, (), (name, value))

struct PodDNSConfig {
    std::vector<std::string> nameservers;
    std::vector<PodDNSConfigOption> options;
    std::vector<std::string> searches;
};
BOOST_DESCRIBE_STRUCT(PodDNSConfig, (), (nameservers, options, searches))

struct HostAlias {
    std::vector<std::string> hostnames;
    std::string ip;
};
BOOST_DESCRIBE_STRUCT(HostAlias, (), (hostnames, ip))

struct LocalObjectReference {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(LocalObjectReference, (), (name))

struct PodOS {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(PodOS, (), (name))

struct PodReadinessGate {
    std::string conditionType;
};
BOOST_DESCRIBE_STRUCT(PodReadinessGate, (), (conditionType))

struct PodResourceClaim {
    std::string name;
    std::string resourceClaimName;
    std::string resourceClaimTemplateName;
};
BOOST_DESCRIBE_STRUCT(PodResourceClaim, (), (name, resourceClaimName, resourceClaimTemplateName))

struct PodSchedulingGate {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(PodSchedulingGate, (), (name))

struct Sysctl {
    std::string name;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(Sysctl, (), (name, value))

struct PodSecurityContext {
    std::optional<AppArmorProfile> appArmorProfile;
    std::optional<std::int64_t> fsGroup;
    std::string fsGroupChangePolicy;
    std::optional<std::int64_t> runAsGroup;
    std::optional<bool> runAsNonRoot;
    std::optional<std::int64_t> runAsUser;
    std::string seLinuxChangePolicy;
    std::optional<SELinuxOptions> seLinuxOptions;
    std::optional<SeccompProfile> seccompProfile;
    std::vector<std::int64_t> supplementalGroups;
    std::string supplementalGroupsPolicy;
    std::vector<Sysctl> sysctls;
    std::optional<WindowsSecurityContextOptions> windowsOptions;
};
BOOST_DESCRIBE_STRUCT(PodSecurityContext, (), (appArmorProfile, fsGroup, fsGroupChangePolicy, runAsGroup, runAsNonRoot, runAsUser,
    seLinuxChangePolicy, seLinuxOptions, seccompProfile, supplementalGroups, supplementalGroupsPolicy, sysctls, windowsOptions))

struct Toleration {
    std::string effect;
    std::string key;
    std::string operator_;
    std::optional<std::int64_t> tolerationSeconds;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(Toleration, (), (effect, key, operator_, tolerationSeconds, value))

struct TopologySpreadConstraint {
    std::optional<LabelSelector> labelSelector;
    std::vector<std::string> matchLabelKeys;
    std::int32_t maxSkew = 0;
    std::optional<std::int32_t> minDomains;
    std::string nodeAffinityPolicy;
    std::string nodeTaintsPolicy;
    std::string topologyKey;
    std::string whenUnsatisfiable;
};
BOOST_DESCRIBE_STRUCT(TopologySpreadConstraint, (), (labelSelector, matchLabelKeys, maxSkew, minDomains, nodeAffinityPolicy,
    nodeTaintsPolicy, topologyKey, whenUnsatisfiable))

struct KeyToPath {
    std::string key;
    std::optional<std::int32_t> mode;
    std::string path;
};
BOOST_DESCRIBE_STRUCT(KeyToPath, (), (key, mode, path))

struct ConfigMapVolumeSource {
    std::optional<std::int32_t> defaultMode;
    std::vector<KeyToPath> items;
    std::string name;
    std::optional<bool> optional;
};
BOOST_DESCRIBE_STRUCT(ConfigMapVolumeSource, (), (defaultMode, items, name, optional))

struct DownwardAPIVolumeFile {
    std::optional<ObjectFieldSelector> fieldRef;
    std::optional<std::int32_t> mode;
    std::string path;
    std::optional<ResourceFieldSelector> resourceFieldRef;
};
BOOST_DESCRIBE_STRUCT(DownwardAPIVolumeFile, (), (fieldRef, mode, path, resourceFieldRef))

struct DownwardAPIVolumeSource {
    std::optional<std::int32_t> defaultMode;
    std::vector<DownwardAPIVolumeFile> items;
};
BOOST_DESCRIBE_STRUCT(DownwardAPIVolumeSource, (), (defaultMode, items))

struct EmptyDirVolumeSource {
    std::string medium;
    std::string sizeLimit;
};
BOOST_DESCRIBE_STRUCT(EmptyDirVolumeSource, (), (medium, sizeLimit))

struct HostPathVolumeSource {
    std::string path;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(HostPathVolumeSource, (), (path, type))

struct PersistentVolumeClaimVolumeSource {
    std::string claimName;
    std::optional<bool> readOnly;
};
BOOST_DESCRIBE_STRUCT(PersistentVolumeClaimVolumeSource, (), (claimName, readOnly))

struct PhotonPersistentDiskVolumeSource {
    std::string fsType;
    std::string pdID;
};
BOOST_DESCRIBE_STRUCT(PhotonPersistentDiskVolumeSource, (), (fsType, pdID))

struct ClusterTrustBundleProjection {
    std::optional<LabelSelector> labelSelector;
    std::string name;
    std::optional<bool> optional;
    std::string path;
    std::string signerName;
};
BOOST_DESCRIBE_STRUCT(ClusterTrustBundleProjection, (), (labelSelector, name, optional, path, signerName))

struct ConfigMapProjection {
    std::vector<KeyToPath> items;
    std::string name;
    std::optional<bool> optional;
};
BOOST_DESCRIBE_STRUCT(ConfigMapProjection, (), (items, name, optional))

struct DownwardAPIProjection {
    std::vector<DownwardAPIVolumeFile> items;
};
BOOST_DESCRIBE_STRUCT(DownwardAPIProjection, (), (items))

struct PodCertificateProjection {
    std::string certificateChainPath;
    std::string credentialBundlePath;
    std::string keyPath;
    std::string keyType;
    std::optional<std::int32_t> maxExpirationSeconds;
    std::string signerName;
};
BOOST_DESCRIBE_STRUCT(PodCertificateProjection, (), (certificateChainPath, credentialBundlePath, keyPath, keyType, maxExpirationSeconds,
    signerName))

struct SecretProjection {
    std::vector<KeyToPath> items;
    std::string name;
    std::optional<bool> optional;
};
BOOST_DESCRIBE_STRUCT(SecretProjection, (), (items, name, optional))

struct ServiceAccountTokenProjection {
    std::string audience;
    std::optional<std::int64_t> expirationSeconds;
    std::string path;
};
BOOST_DESCRIBE_STRUCT(ServiceAccountTokenProjection, (), (audience, expirationSeconds, path))

struct VolumeProjection {
    std::optional<ClusterTrustBundleProjection> clusterTrustBundle;
    std::optional<ConfigMapProjection> configMap;
    std::optional<DownwardAPIProjection> downwardAPI;
    std::optional<PodCertificateProjection> podCertificate;
    std::optional<SecretProjection> secret;
    std::optional<ServiceAccountTokenProjection> serviceAccountToken;
};
BOOST_DESCRIBE_STRUCT(VolumeProjection, (), (clusterTrustBundle, configMap, downwardAPI, podCertificate, secret, serviceAccountToken))

struct ProjectedVolumeSource {
    std::optional<std::int32_t> defaultMode;
    std::vector<VolumeProjection> sources;
};
BOOST_DESCRIBE_STRUCT(ProjectedVolumeSource, (), (defaultMode, sources))

struct SecretVolumeSource {
    std::optional<std::int32_t> defaultMode;
    std::vector<KeyToPath> items;
    std::optional<bool> optional;
    std::string secretName;
};
BOOST_DESCRIBE_STRUCT(SecretVolumeSource, (), (defaultMode, items, optional, secretName))

struct Volume {
    json::value awsElasticBlockStore;
    json::value azureDisk;
    json::value azureFile;
    json::value cephfs;
    json::value cinder;
    std::optional<ConfigMapVolumeSource> configMap;
    json::value csi;
    std::optional<DownwardAPIVolumeSource> downwardAPI;
    std::optional<EmptyDirVolumeSource> emptyDir;
    json::value ephemeral;
    json::value fc;
    json::value flexVolume;
    json::value flocker;
    json::value gcePersistentDisk;
    json::value gitRepo;
    json::value glusterfs;
    std::optional<HostPathVolumeSource> hostPath;
    json::value image;
    json::value iscsi;
    std::string name;
    json::value nfs;
    std::optional<PersistentVolumeClaimVolumeSource> persistentVolumeClaim;
    std::optional<PhotonPersistentDiskVolumeSource> photonPersistentDisk;
    json::value portworxVolume;
    std::optional<ProjectedVolumeSource> projected;
    json::value quobyte;
    json::value rbd;
    json::value scaleIO;
    std::optional<SecretVolumeSource> secret;
    json::value storageos;
    json::value vsphereVolume;
};
BOOST_DESCRIBE_STRUCT(Volume, (), (awsElasticBlockStore, azureDisk, azureFile, cephfs, cinder, configMap, csi, downwardAPI, emptyDir,
    ephemeral, fc, flexVolume, flocker, gcePersistentDisk, gitRepo, glusterfs, hostPath, image, iscsi, name, nfs, persistentVolumeClaim,
    photonPersistentDisk, portworxVolume, projected, quobyte, rbd, scaleIO, secret, storageos, vsphereVolume))

struct PodSpec {
    std::optional<std::int64_t> activeDeadlineSeconds;
    std::optional<Affinity> affinity;
    std::optional<bool> automountServiceAccountToken;
    std::vector<Container> containers;
    std::optional<PodDNSConfig> dnsConfig;
    std::string dnsPolicy;
    std::optional<bool> enableServiceLinks;
    std::vector<Container> ephemeralContainers;
    std::vector<HostAlias> hostAliases;
    std::optional<bool> hostIPC;
    std::optional<bool> hostNetwork;
    std::optional<bool> hostPID;
    std::optional<bool> hostUsers;
    std::string hostname;
    std::string hostnameOverride;
    std::vector<LocalObjectReference> imagePullSecrets;
    std::vector<Container> initContainers;
    std::string nodeName;
    std::map<std::string, std::string> nodeSelector;
    std::optional<PodOS> os;
    std::map<std::string, std::string> overhead;
    std::string preemptionPolicy;
    std::optional<std::int32_t> priority;
    std::string priorityClassName;
    std::vector<PodReadinessGate> readinessGates;
    std::vector<PodResourceClaim> resourceClaims;
    std::optional<ResourceRequirements> resources;
    std::string restartPolicy;
    std::string runtimeClassName;
    std::string schedulerName;
    std::vector<PodSchedulingGate> schedulingGates;
    std::optional<PodSecurityContext> securityContext;
    std::string serviceAccount;
    std::string serviceAccountName;
    std::optional<bool> setHostnameAsFQDN;
    std::optional<bool> shareProcessNamespace;
    std::string subdomain;
    std::optional<std::int64_t> terminationGracePeriodSeconds;
    std::vector<Toleration> tolerations;
    std::vector<TopologySpreadConstraint> topologySpreadConstraints;
    std::vector<Volume> volumes;
};
BOOST_DESCRIBE_STRUCT(PodSpec, (), (activeDeadlineSeconds, affinity, automountServiceAccountToken, containers, dnsConfig, dnsPolicy,
    enableServiceLinks, ephemeralContainers, hostAliases, hostIPC, hostNetwork, hostPID, hostUsers, hostname, hostnameOverride,
    imagePullSecrets, initContainers, nodeName, nodeSelector, os, overhead, preemptionPolicy, priority, priorityClassName,
    readinessGates, resourceClaims, resources, restartPolicy, runtimeClassName, schedulerName, schedulingGates, securityContext,
    serviceAccount, serviceAccountName, setHostnameAsFQDN, shareProcessNamespace, subdomain, terminationGracePeriodSeconds, tolerations,
    topologySpreadConstraints, volumes))

struct ResourceHealth {
    std::string health;
    std::string resourceID;
};
BOOST_DESCRIBE_STRUCT(ResourceHealth, (), (health, resourceID))

struct ResourceStatus {
    std::string name;
    std::vector<ResourceHealth> resources;
};
BOOST_DESCRIBE_STRUCT(ResourceStatus, (), (name, resources))

struct ContainerStateRunning {
    std::string startedAt;
};
BOOST_DESCRIBE_STRUCT(ContainerStateRunning, (), (startedAt))

struct ContainerStateTerminated {
    std::string containerID;
    std::int32_t exitCode = 0;
    std::string finishedAt;
    std::string message;
    std::string reason;
    std::optional<std::int32_t> signal;
    std::string startedAt;
};
BOOST_DESCRIBE_STRUCT(ContainerStateTerminated, (), (containerID, exitCode, finishedAt, message, reason, signal, startedAt))

struct ContainerStateWaiting {
    std::string message;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ContainerStateWaiting, (), (message, reason))

struct ContainerState {
    std::optional<ContainerStateRunning> running;
    std::optional<ContainerStateTerminated> terminated;
    std::optional<ContainerStateWaiting> waiting;
};
BOOST_DESCRIBE_STRUCT(ContainerState, (), (running, terminated, waiting))

struct LinuxContainerUser {
    std::int64_t gid = 0;
    std::vector<std::int64_t> supplementalGroups;
    std::int64_t uid = 0;
};
BOOST_DESCRIBE_STRUCT(LinuxContainerUser, (), (gid, supplementalGroups, uid))

struct ContainerUser {
    std::optional<LinuxContainerUser> linux;
};
BOOST_DESCRIBE_STRUCT(ContainerUser, (), (linux))

struct VolumeMountStatus {
    std::string mountPath;
    std::string name;
    std::optional<bool> readOnly;
    std::string recursiveReadOnly;
};
BOOST_DESCRIBE_STRUCT(VolumeMountStatus, (), (mountPath, name, readOnly, recursiveReadOnly))

struct ContainerStatus {
    std::map<std::string, std::string> allocatedResources;
    std::vector<ResourceStatus> allocatedResourcesStatus;
    std::string containerID;
    json::value image;
    std::string imageID;
    std::optional<ContainerState> lastState;
    std::string name;
    bool ready = false;
    std::optional<ResourceRequirements> resources;
    std::int32_t restartCount = 0;
    std::optional<bool> started;
    std::optional<ContainerState> state;
    std::string stopSignal;
    std::optional<ContainerUser> user;
    std::vector<VolumeMountStatus> volumeMounts;
};
BOOST_DESCRIBE_STRUCT(ContainerStatus, (), (allocatedResources, allocatedResourcesStatus, containerID, image, imageID, lastState, name,
    ready, resources, restartCount, started, state, stopSignal, user, volumeMounts))

struct ContainerExtendedResourceRequest {
    std::string containerName;
    std::string requestName;
    std::string resourceName;
};
BOOST_DESCRIBE_STRUCT(ContainerExtendedResourceRequest, (), (containerName, requestName, resourceName))

struct PodExtendedResourceClaimStatus {
    std::vector<ContainerExtendedResourceRequest> requestMappings;
    std::string resourceClaimName;
};
BOOST_DESCRIBE_STRUCT(PodExtendedResourceClaimStatus, (), (requestMappings, resourceClaimName))

struct HostIP {
    std::string ip;
};
BOOST_DESCRIBE_STRUCT(HostIP, (), (ip))

struct PodIP {
    std::string ip;
};
BOOST_DESCRIBE_STRUCT(PodIP, (), (ip))

struct PodResourceClaimStatus {
    std::string name;
    std::string resourceClaimName;
};
BOOST_DESCRIBE_STRUCT(PodResourceClaimStatus, (), (name, resourceClaimName))

struct PodStatus {
    std::vector<Condition> conditions;
    std::vector<ContainerStatus> containerStatuses;
    std::vector<ContainerStatus> ephemeralContainerStatuses;
    std::optional<PodExtendedResourceClaimStatus> extendedResourceClaimStatus;
    std::string hostIP;
    std::vector<HostIP> hostIPs;
    std::vector<ContainerStatus> initContainerStatuses;
    std::string message;
    std::string nominatedNodeName;
    std::optional<std::int64_t> observedGeneration;
    std::string phase;
    std::string podIP;
    std::vector<PodIP> podIPs;
    std::string qosClass;
    std::string reason;
    std::string resize;
    std::vector<PodResourceClaimStatus> resourceClaimStatuses;
    std::string startTime;
};
BOOST_DESCRIBE_STRUCT(PodStatus, (), (conditions, containerStatuses, ephemeralContainerStatuses, extendedResourceClaimStatus, hostIP,
    hostIPs, initContainerStatuses, message, nominatedNodeName, observedGeneration, phase, podIP, podIPs, qosClass, reason, resize,
    resourceClaimStatuses, startTime))

struct Pod {
    ObjectMeta metadata;
    PodSpec spec;
    PodStatus status;
};
BOOST_DESCRIBE_STRUCT(Pod, (), (metadata, spec, status))

}  // namespace kubarium::api
