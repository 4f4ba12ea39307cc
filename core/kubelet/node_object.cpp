#include "core/kubelet/node_object.h"

#include "core/api/object.h"
#include "core/kubelet/pod_resources.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <tuple>

namespace kubarium::kubelet {
namespace {

struct Fact {
    const char* type;
    const char* status;
    const char* reason;
    const char* message;
};
constexpr Fact facts[] = {
    {"MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"},
    {"DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
    {"PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
    {"Ready", "True", "KubeletReady", "kubelet is posting ready status"},
};

const json::object* conditionOf(const json::object* status, std::string_view type) {
    const auto* list = status ? status->if_contains("conditions") : nullptr;
    if (!list || !list->is_array()) return nullptr;
    for (const auto& condition : list->get_array())
        if (api::stringAt(condition, {"type"}) == type) return &condition.get_object();
    return nullptr;
}

json::array conditions(const json::object* before, WallTime now) {
    json::array list;
    const auto time = formatTime(now);
    for (const auto& fact : facts) {
        const auto* old = conditionOf(before, fact.type);
        const bool same = old && api::stringAt(*old, {"status"}) == fact.status;
        const auto since = same ? std::string(api::stringAt(*old, {"lastTransitionTime"})) : time;
        list.push_back({{"type", fact.type}, {"status", fact.status}, {"lastHeartbeatTime", time}, {"lastTransitionTime", since},
                        {"reason", fact.reason}, {"message", fact.message}});
    }
    if (const auto* all = before ? before->if_contains("conditions") : nullptr; all && all->is_array())
        for (const auto& condition : all->get_array()) {
            const auto type = api::stringAt(condition, {"type"});
            if (std::none_of(std::begin(facts), std::end(facts), [&](const auto& fact) { return type == fact.type; })) list.push_back(condition);
        }
    return list;
}

json::object resources(const NodeOptions& options) {
    json::object all{{"cpu", options.cpu}, {"ephemeral-storage", options.ephemeralStorage}, {"hugepages-1Gi", "0"}, {"hugepages-2Mi", "0"},
                     {"memory", options.memory}, {"pods", std::to_string(options.maxPods)}};
    for (const auto& [name, amount] : options.extendedResources) all[name] = amount;
    return all;
}

void withoutHeartbeats(json::object& status) {
    if (auto* list = status.if_contains("conditions"); list && list->is_array())
        for (auto& condition : list->get_array()) condition.get_object().erase("lastHeartbeatTime");
}

// Resources that somebody else advertises on the Node (extended ones) are none of the kubelet's business.
json::object withOthers(json::object own, const json::object* before) {
    const auto* capacity = before ? before->if_contains("capacity") : nullptr;
    if (capacity && capacity->is_object())
        for (const auto& [name, amount] : capacity->get_object())
            if (!own.contains(name)) own[name] = amount;
    return own;
}

}  // namespace

std::map<std::string, std::string> nodeLabels(const NodeOptions& options) {
    auto labels = options.labels;
    labels.insert({{"kubernetes.io/hostname", options.name}, {"kubernetes.io/os", "linux"}, {"kubernetes.io/arch", options.architecture},
                   {"beta.kubernetes.io/os", "linux"}, {"beta.kubernetes.io/arch", options.architecture}});
    if (options.simulated) labels["kubarium.dev/simulated"] = "true";
    if (!options.zone.empty()) labels["topology.kubernetes.io/zone"] = options.zone;
    if (!options.region.empty()) labels["topology.kubernetes.io/region"] = options.region;
    return labels;
}

std::map<std::string, std::int64_t> nodeAllocatable(const NodeOptions& options) {
    std::map<std::string, std::int64_t> all{{"cpu", milliQuantity(options.cpu)}, {"memory", wholeQuantity(options.memory)},
                                            {"ephemeral-storage", wholeQuantity(options.ephemeralStorage)}, {"pods", options.maxPods}};
    for (const auto& [name, amount] : options.extendedResources) all[name] = wholeQuantity(amount);
    return all;
}

json::object makeNode(const NodeOptions& options) {
    json::object labels, spec;
    for (const auto& [key, value] : nodeLabels(options)) labels[key] = value;
    if (!options.podCIDR.empty()) {
        spec["podCIDR"] = options.podCIDR;
        spec["podCIDRs"] = json::array{options.podCIDR};
    }
    spec["providerID"] = fmt::format("kubarium://{}", options.name);
    if (!options.taints.empty()) {
        json::array taints;
        for (const auto& taint : options.taints) {
            json::object entry{{"key", taint.key}, {"effect", taint.effect}};
            if (!taint.value.empty()) entry["value"] = taint.value;
            taints.push_back(std::move(entry));
        }
        spec["taints"] = std::move(taints);
    }
    json::object annotations;
    // What a cluster autoscaler's and a reader's eye looks for: which Nodes are make-believe.
    if (options.simulated) annotations["kubarium.dev/runtime"] = "simulated";
    json::object metadata{{"name", options.name}, {"labels", std::move(labels)}};
    if (!annotations.empty()) metadata["annotations"] = std::move(annotations);
    return {{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}};
}

json::object makeNodeStatus(const NodeOptions& options, const ContainerRuntime& runtime, const json::object* before, WallTime now) {
    json::object status;
    if (before)
        for (const auto* kept : {"volumesInUse", "volumesAttached", "phase"})
            if (const auto* value = before->if_contains(kept)) status[kept] = *value;
    const auto all = withOthers(resources(options), before);
    status["capacity"] = all;
    status["allocatable"] = all;
    status["conditions"] = conditions(before, now);
    json::array addresses;
    if (!options.nodeIP.empty()) addresses.push_back({{"type", "InternalIP"}, {"address", options.nodeIP}});
    addresses.push_back({{"type", "Hostname"}, {"address", options.name}});
    status["addresses"] = std::move(addresses);
    status["features"] = {{"supplementalGroupsPolicy", true}};  // Strict is understood
    status["daemonEndpoints"] = {{"kubeletEndpoint", {{"Port", options.kubeletPort}}}};
    status["nodeInfo"] = {{"machineID", options.machineId}, {"systemUUID", options.machineId}, {"bootID", options.bootId},
                          {"kernelVersion", options.kernelVersion}, {"osImage", options.osImage}, {"containerRuntimeVersion", runtime.name()},
                          {"kubeletVersion", kubeletVersion}, {"kubeProxyVersion", ""}, {"operatingSystem", "linux"},
                          {"architecture", options.architecture}};
    auto images = runtime.images();
    std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) { return std::tie(a.sizeBytes, a.id) > std::tie(b.sizeBytes, b.id); });
    if (images.size() > 50) images.resize(50);  // kubelet's nodeStatusMaxImages
    constexpr std::size_t mostNames = 5;        // kubelet's MaxNamesPerImageInNodeStatus
    if (!images.empty()) {
        json::array list;
        for (const auto& image : images) {
            json::array names;
            for (const auto& name : image.names | std::views::take(mostNames)) names.push_back(json::value(json::string(name)));
            list.push_back({{"names", std::move(names)}, {"sizeBytes", image.sizeBytes}});
        }
        status["images"] = std::move(list);
    }
    return status;
}

bool nodeStatusDiffers(const json::object& a, const json::object& b) {
    auto left = a, right = b;
    withoutHeartbeats(left);
    withoutHeartbeats(right);
    for (const auto* key : {"capacity", "allocatable", "conditions", "addresses", "nodeInfo", "images"}) {
        const auto *mine = left.if_contains(key), *theirs = right.if_contains(key);
        if ((mine == nullptr) != (theirs == nullptr) || (mine && *mine != *theirs)) return true;
    }
    return false;
}

std::vector<std::string> conditionEvents(const json::object* before, const json::object& now) {
    const auto statusOf = [](const json::object* status, std::string_view type) {
        const auto* list = status ? status->if_contains("conditions") : nullptr;
        if (list && list->is_array())
            for (const auto& each : list->get_array())
                if (api::stringAt(each, {"type"}) == type) return std::string(api::stringAt(each, {"status"}));
        return std::string("Unknown");
    };
    std::vector<std::string> reasons;
    for (const auto& [type, good, reason] : {std::tuple{"MemoryPressure", "False", "NodeHasSufficientMemory"}, std::tuple{"DiskPressure", "False", "NodeHasNoDiskPressure"},
                                             std::tuple{"PIDPressure", "False", "NodeHasSufficientPID"}, std::tuple{"Ready", "True", "NodeReady"}})
        if (statusOf(before, type) != good && statusOf(&now, type) == good) reasons.emplace_back(reason);
    return reasons;
}

json::object makeLease(const NodeOptions& options, const std::string& nodeUid, WallTime now) {
    json::object metadata{{"name", options.name}, {"namespace", "kube-node-lease"}};
    if (!nodeUid.empty())
        metadata["ownerReferences"] = json::array{{{"apiVersion", "v1"}, {"kind", "Node"}, {"name", options.name}, {"uid", nodeUid}}};
    return {{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", std::move(metadata)},
            {"spec", {{"holderIdentity", options.name}, {"leaseDurationSeconds", 40}, {"renewTime", formatMicroTime(now)}}}};
}

json::object makeCsiNode(const NodeOptions& options, const std::string& nodeUid) {
    json::object owner{{"apiVersion", "v1"}, {"kind", "Node"}, {"name", options.name}, {"uid", nodeUid}};
    json::object driver{{"name", hostpathDriver}, {"nodeID", options.name}, {"topologyKeys", json::array{"kubernetes.io/hostname"}}};
    return {{"apiVersion", "storage.k8s.io/v1"},
            {"kind", "CSINode"},
            {"metadata", json::object{{"name", options.name}, {"ownerReferences", json::array{std::move(owner)}}}},
            {"spec", json::object{{"drivers", json::array{std::move(driver)}}}}};
}

}  // namespace kubarium::kubelet
