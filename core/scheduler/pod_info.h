// Pods and Nodes as the scheduler sees them: decoded once per revision into compact structs, so that tens of thousands of
// Pods stay cheap. Follows pkg/scheduler/framework/types.go of Kubernetes 1.34. Immutable once made; shared between snapshots.
#pragma once

#include "core/api/object.h"
#include "core/api/selector.h"

#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kubarium::scheduler {

namespace json = boost::json;
using api::Labels;
using api::ObjectPtr;

// Go's int64 arithmetic wraps; amounts near 2^63 make that visible.
inline std::int64_t wrappingMultiply(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b)); }
inline std::int64_t wrappingAdd(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b)); }
inline std::int64_t wrappingSubtract(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)); }

// Amounts of what a Pod asks for or a Node has. CPU in millicores, memory and storage in bytes.
struct Resources {
    std::int64_t milliCpu = 0, memory = 0, ephemeralStorage = 0;
    std::int64_t allowedPods = 0;
    std::map<std::string, std::int64_t> scalar;  // extended resources and huge pages

    void add(const Resources& other, std::int64_t sign = 1);
    std::int64_t get(const std::string& name) const;
};

struct Taint {
    std::string key, value, effect;
};

struct Toleration {
    std::string key, op, value, effect;
    bool tolerates(const Taint& taint) const;
};

// One term of a required Node affinity: all requirements must hold; fields know only metadata.name.
struct NodeTerm {
    std::vector<api::Requirement> expressions;
    std::vector<api::Requirement> fields;
    std::vector<std::string> invalid;  // why a term can never be evaluated; such a term matches nothing
    bool empty() const { return expressions.empty() && fields.empty() && invalid.empty(); }
    bool matches(const Labels& labels, const std::string& nodeName) const;
    // As matches(), of something that has labels alone: fields are not looked at.
    bool matchesLabels(const Labels& labels) const;
};

struct PreferredNodeTerm {
    std::int64_t weight = 0;
    NodeTerm term;
};

struct NodeAffinity {
    bool hasRequired = false, hasPreferred = false;  // present, be it empty
    std::vector<NodeTerm> required;
    std::vector<PreferredNodeTerm> preferred;
    // What is not valid is said with its path below the list of terms ("[0].matchExpressions[0].values[0][arch]: Invalid value: ...").
    static NodeAffinity parse(const json::value* affinity);
};

struct AffinityTerm {
    std::set<std::string> namespaces;
    api::Selector selector;
    std::string topologyKey;
    api::Selector namespaceSelector;
    std::int64_t weight = 0;

    // Whether a Pod of that namespace, whose labels are `nsLabels`, is one that this term speaks of.
    bool matches(const std::string& nameSpace, const Labels& labels, const Labels& nsLabels) const;
};

struct SpreadConstraint {
    std::int64_t maxSkew = 1;
    std::string topologyKey;
    bool hard = true;  // DoNotSchedule
    api::Selector selector;
    std::int64_t minDomains = 1;
    bool honorAffinity = true, honorTaints = false;
    std::string error;  // why its selector cannot be evaluated
};

struct HostPort {
    std::string ip, protocol;
    int port = 0;
    friend auto operator<=>(const HostPort&, const HostPort&) = default;
};

// Of a metav1.LabelSelector; nothing without one, and with `error` set where it is not valid.
api::Selector parseSelector(const json::object* from, std::string& error);

struct PodInfo {
    ObjectPtr object;
    std::string nameSpace, name, uid, nodeName, nominatedNode, schedulerName;
    Labels labels;
    std::int32_t priority = 0;
    bool preemptNever = false;
    bool terminating = false;
    std::string startTime;
    Resources requests;             // what counts on its Node
    Resources filterRequests;       // what Filter asks of a Node
    std::int64_t nonZeroCpu = 0, nonZeroMemory = 0;  // what scoring counts of Pods that are placed
    Resources fitRequests;          // of the incoming Pod: the NodeResourcesFit score, with the defaults of 100m and 200Mi
    std::map<std::string, std::string> nodeSelector;
    bool hasNodeSelector = false;   // present, be it empty
    NodeAffinity nodeAffinity;
    std::vector<Toleration> tolerations;
    std::vector<AffinityTerm> requiredAffinity, requiredAntiAffinity, preferredAffinity, preferredAntiAffinity;
    std::vector<std::string> affinityErrors;
    std::vector<SpreadConstraint> spread;
    std::vector<HostPort> hostPorts;
    std::vector<std::string> images;
    std::size_t imageCount = 0;     // containers and init containers
    const json::array* volumes = nullptr;
    std::vector<std::string> claims;  // names of PersistentVolumeClaims, ephemeral ones included
    bool hasPodAffinity() const { return !requiredAffinity.empty() || !requiredAntiAffinity.empty() || !preferredAffinity.empty() || !preferredAntiAffinity.empty(); }
    bool hasVolumes() const { return volumes && !volumes->empty(); }
    std::vector<std::string> gates;
    std::vector<std::string> resourceClaims;  // names in spec.resourceClaims: what DynamicResources would look at

    // One for all Pods that were read from one another: they differ at most in their names, times and nodeName, in what they mount, and in
    // the names of their volumes and claims.
    std::shared_ptr<const void> likeness;

    std::string key() const { return nameSpace + "/" + name; }
    static std::shared_ptr<const PodInfo> make(const ObjectPtr& pod);
    // The same, in a fraction of the time if `like`, which may be null, is a Pod of the same template.
    static std::shared_ptr<const PodInfo> make(const ObjectPtr& pod, const std::shared_ptr<const PodInfo>& like);

private:
    void readIdentity(const ObjectPtr& pod);
    void readVolumes(const json::object& spec);
};
using PodInfoPtr = std::shared_ptr<const PodInfo>;

struct NodeInfo {
    ObjectPtr object;
    std::string name;
    Labels labels;
    std::vector<Taint> taints;
    bool unschedulable = false;
    Resources allocatable;
    std::map<std::string, std::int64_t> images;  // name -> bytes
    std::vector<PodInfoPtr> pods;
    std::vector<PodInfoPtr> podsWithAffinity;      // with any Pod affinity or anti-affinity
    std::vector<PodInfoPtr> podsWithAntiAffinity;  // with required anti-affinity

    // Sums over `pods`.
    Resources requested;
    std::int64_t nonZeroCpu = 0, nonZeroMemory = 0;
    std::set<HostPort> usedPorts;  // as kube-scheduler keeps them: the end of one of two Pods with the same port (the kubelet refused one) frees it

    void addPod(const PodInfoPtr& pod);
    bool removePod(const PodInfoPtr& pod);
    // In its place: the order of the Pods stays.
    void replacePod(const PodInfoPtr& before, const PodInfoPtr& after);
    static NodeInfo make(const ObjectPtr& node);
};
using NodeInfoPtr = std::shared_ptr<const NodeInfo>;

}  // namespace kubarium::scheduler
