#include "core/kubelet/admission.h"

#include "core/kubelet/pod_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

namespace kubarium::kubelet {
namespace {

bool matches(const api::LabelSelectorRequirement& requirement, const std::string* value) {
    const auto isIn = [&] { return value && std::find(requirement.values.begin(), requirement.values.end(), *value) != requirement.values.end(); };
    if (requirement.operator_ == "In") return isIn();
    if (requirement.operator_ == "NotIn") return !isIn();
    if (requirement.operator_ == "Exists") return value != nullptr;
    if (requirement.operator_ == "DoesNotExist") return value == nullptr;
    if (!value || requirement.values.empty()) return false;
    std::int64_t left = 0, right = 0;
    const auto number = [](const std::string& text, std::int64_t& out) {
        return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc{};
    };
    if (!number(*value, left) || !number(requirement.values[0], right)) return false;
    return requirement.operator_ == "Gt" ? left > right : left < right;
}

bool matches(const api::NodeSelectorTerm& term, const AdmissionInput& input) {
    if (term.matchExpressions.empty() && term.matchFields.empty()) return false;
    for (const auto& requirement : term.matchExpressions) {
        const auto it = input.nodeLabels.find(requirement.key);
        if (!matches(requirement, it == input.nodeLabels.end() ? nullptr : &it->second)) return false;
    }
    return std::all_of(term.matchFields.begin(), term.matchFields.end(), [&](const auto& requirement) { return matches(requirement, &input.nodeName); });
}

bool matchesNode(const AdmissionInput& input) {
    for (const auto& [key, value] : input.pod.spec.nodeSelector) {
        const auto it = input.nodeLabels.find(key);
        if (it == input.nodeLabels.end() || it->second != value) return false;
    }
    const auto& affinity = input.pod.spec.affinity;
    if (!affinity || !affinity->nodeAffinity || !affinity->nodeAffinity->requiredDuringSchedulingIgnoredDuringExecution) return true;
    const auto& terms = affinity->nodeAffinity->requiredDuringSchedulingIgnoredDuringExecution->nodeSelectorTerms;
    return std::any_of(terms.begin(), terms.end(), [&](const auto& term) { return matches(term, input); });
}

using HostPort = std::tuple<std::string, int, std::string>;  // protocol, port, address
std::vector<HostPort> hostPorts(const api::PodSpec& spec) {
    std::vector<HostPort> ports;
    for (const auto& container : spec.containers)
        for (const auto& port : container.ports) {
            const auto number = port.hostPort.value_or(spec.hostNetwork.value_or(false) ? port.containerPort : 0);
            if (number > 0) ports.emplace_back(port.protocol.empty() ? "TCP" : port.protocol, number, port.hostIP.empty() ? "0.0.0.0" : port.hostIP);
        }
    return ports;
}

bool conflicts(const HostPort& a, const HostPort& b) {
    const auto& [protocolA, portA, addressA] = a;
    const auto& [protocolB, portB, addressB] = b;
    return protocolA == protocolB && portA == portB && (addressA == addressB || addressA == "0.0.0.0" || addressB == "0.0.0.0");
}

std::optional<Refusal> insufficient(const AdmissionInput& input) {
    const auto used = [&](const std::string& resource) {
        std::int64_t sum = 0;
        for (const auto* other : input.others) {
            const auto requests = podRequests(*other);
            if (const auto it = requests.find(resource); it != requests.end()) sum += it->second;
        }
        return sum;
    };
    const auto refuse = [](const std::string& resource, std::int64_t requested, std::int64_t taken, std::int64_t capacity) {
        return Refusal{"OutOf" + resource, fmt::format("Node didn't have enough resource: {}, requested: {}, used: {}, capacity: {}", resource, requested, taken, capacity)};
    };
    const auto capacityOf = [&](const std::string& resource) {
        const auto it = input.allocatable.find(resource);
        return it == input.allocatable.end() ? 0 : it->second;
    };
    if (const auto count = static_cast<std::int64_t>(input.others.size()), limit = capacityOf("pods"); count + 1 > limit) return refuse("pods", 1, count, limit);
    const auto requests = podRequests(input.pod.spec);
    // The same order as the scheduler's fit check; only the first that is short is named. Resources that the Node does not
    // know are the business of device plugins.
    for (const auto* resource : {"cpu", "memory", "ephemeral-storage"}) {
        const auto it = requests.find(resource);
        if (it == requests.end() || it->second == 0) continue;
        const auto taken = used(resource);
        if (it->second > capacityOf(resource) - taken) return refuse(resource, it->second, taken, capacityOf(resource));
    }
    for (const auto& [resource, requested] : requests) {
        if (resource == "cpu" || resource == "memory" || resource == "ephemeral-storage" || !input.allocatable.contains(resource)) continue;
        const auto taken = used(resource);
        if (requested > capacityOf(resource) - taken) return refuse(resource, requested, taken, capacityOf(resource));
    }
    return std::nullopt;
}

// Kubernetes: pkg/kubelet/sysctl; those that concern no other Pod, all of the kernel's versions that can run containers here.
std::optional<Refusal> forbiddenSysctl(const api::PodSpec& spec) {
    static const std::set<std::string> safe{
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"};
    if (!spec.securityContext) return std::nullopt;
    for (const auto& sysctl : spec.securityContext->sysctls) {
        const auto name = dottedSysctl(sysctl.name);
        const bool network = name.starts_with("net.");
        if (!safe.contains(name)) return Refusal{"SysctlForbidden", fmt::format("forbidden sysctl: \"{}\" not allowlisted", name)};
        if (network ? spec.hostNetwork.value_or(false) : spec.hostIPC.value_or(false))
            return Refusal{"SysctlForbidden", fmt::format("forbidden sysctl: \"{}\" not allowed with host {} enabled", name, network ? "Net" : "IPC")};
    }
    return std::nullopt;
}

bool needsAppArmor(const api::PodSpec& spec) {
    const auto confined = [](const auto& context) { return context && context->appArmorProfile && context->appArmorProfile->type != "Unconfined"; };
    const auto any = [&](const auto& containers) { return std::ranges::any_of(containers, [&](const auto& container) { return confined(container.securityContext); }); };
    return confined(spec.securityContext) || any(spec.initContainers) || any(spec.containers) || any(spec.ephemeralContainers);
}

}  // namespace

std::string dottedSysctl(std::string name) {
    const auto first = name.find_first_of("./");
    if (first == std::string::npos || name[first] == '.') return name;
    for (auto& letter : name) letter = letter == '/' ? '.' : letter == '.' ? '/' : letter;
    return name;
}

std::optional<Refusal> refusalOf(const AdmissionInput& input) {
    if (auto refusal = forbiddenSysctl(input.pod.spec)) return refusal;
    if (const auto it = input.pod.metadata.labels.find("kubernetes.io/os"); it != input.pod.metadata.labels.end() && it->second != "linux")
        return Refusal{"PodOSSelectorNodeLabelDoesNotMatch", "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"};
    if (input.pod.spec.os && !input.pod.spec.os->name.empty() && input.pod.spec.os->name != "linux")
        return Refusal{"PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"};
    if (auto refusal = insufficient(input)) return refusal;
    if (!matchesNode(input)) return Refusal{"NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"};
    const auto wanted = hostPorts(input.pod.spec);
    if (!wanted.empty())
        for (const auto* other : input.others)
            for (const auto& taken : hostPorts(*other))
                if (std::any_of(wanted.begin(), wanted.end(), [&](const auto& port) { return conflicts(port, taken); }))
                    return Refusal{"NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"};
    if (!input.appArmor && needsAppArmor(input.pod.spec)) return Refusal{"AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host"};
    return std::nullopt;
}

std::optional<Refusal> resizeRefusalOf(const AdmissionInput& input) {
    const auto requests = podRequests(input.pod.spec);
    for (const auto* resource : {"memory", "cpu"}) {
        const auto wanted = requests.find(resource), has = input.allocatable.find(resource);
        if (wanted != requests.end() && has != input.allocatable.end() && wanted->second > has->second)
            return Refusal{"Infeasible", fmt::format("Node didn't have enough capacity: {}, requested: {}, capacity: {}", resource, wanted->second, has->second)};
    }
    auto refusal = refusalOf(input);
    if (refusal) refusal->reason = "Deferred";
    return refusal;
}

}  // namespace kubarium::kubelet
