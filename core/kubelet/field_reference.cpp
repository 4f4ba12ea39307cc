#include "core/kubelet/field_reference.h"

#include "core/api/go_text.h"
#include "core/kubelet/pod_resources.h"

#include <fmt/format.h>

namespace kubarium::kubelet {
namespace {

std::string mapLines(const std::map<std::string, std::string>& map) {
    std::string out;
    for (const auto& [key, value] : map) {
        if (!out.empty()) out += '\n';
        out += key + "=" + api::goQuote(value);
    }
    return out;
}

// With the two that a kubelet adds to what it got: from where, and when it saw the Pod (here: when the API server did).
std::map<std::string, std::string> annotationsSeen(const api::Pod& pod) {
    auto annotations = pod.metadata.annotations;
    annotations.emplace("kubernetes.io/config.seen", pod.metadata.creationTimestamp);
    annotations.emplace("kubernetes.io/config.source", "api");
    return annotations;
}

const api::Container* containerNamed(const api::PodSpec& spec, const std::string& name) {
    for (const auto* list : {&spec.containers, &spec.initContainers})
        for (const auto& container : *list)
            if (container.name == name) return &container;
    return nullptr;
}

}  // namespace

Result<std::string> fieldValue(const api::Pod& pod, const PodAddresses& addresses, std::string_view path) {
    const auto subscript = [&](std::string_view prefix) -> std::optional<std::string> {
        if (!path.starts_with(prefix) || path.size() < prefix.size() + 4 || path[prefix.size()] != '[') return std::nullopt;
        return std::string(path.substr(prefix.size() + 2, path.size() - prefix.size() - 4));
    };
    const auto valueOf = [](const std::map<std::string, std::string>& map, const std::string& key) {
        const auto it = map.find(key);
        return it == map.end() ? std::string() : it->second;
    };
    if (const auto key = subscript("metadata.labels")) return valueOf(pod.metadata.labels, *key);
    if (const auto key = subscript("metadata.annotations")) return valueOf(annotationsSeen(pod), *key);
    if (path == "metadata.labels") return mapLines(pod.metadata.labels);
    if (path == "metadata.annotations") return mapLines(annotationsSeen(pod));
    if (path == "metadata.name") return pod.metadata.name;
    if (path == "metadata.namespace") return pod.metadata.nameSpace;
    if (path == "metadata.uid") return pod.metadata.uid;
    if (path == "spec.nodeName") return pod.spec.nodeName;
    if (path == "spec.serviceAccountName") return pod.spec.serviceAccountName;
    if (path == "status.hostIP" || path == "status.hostIPs") return addresses.hostIP;
    if (path == "status.podIP" || path == "status.podIPs") return addresses.podIP;
    return badRequest(fmt::format("unsupported fieldPath: {}", path));
}

Result<std::string> resourceValue(const api::Pod& pod, const api::ResourceFieldSelector& selector, const std::string& defaultContainer,
                                  const NodeAllocatable& node) {
    const auto& name = selector.containerName.empty() ? defaultContainer : selector.containerName;
    const auto* container = containerNamed(pod.spec, name);
    if (!container) return badRequest(fmt::format("container {} not found", name));
    const bool limit = selector.resource.starts_with("limits.");
    if (!limit && !selector.resource.starts_with("requests.")) return badRequest(fmt::format("unsupported container resource : {}", selector.resource));
    const auto resource = selector.resource.substr(limit ? 7 : 9);
    const bool cpu = resource == "cpu";
    const auto amount = [&](const std::string& text) { return cpu ? milliQuantity(text) : wholeQuantity(text); };
    std::int64_t value = 0;
    const auto& given = limit ? resourcesOf(*container).limits : resourcesOf(*container).requests;
    if (const auto it = given.find(resource); it != given.end()) value = amount(it->second);
    else if (limit) value = cpu ? node.milliCpu : resource == "memory" ? node.memoryBytes : resource == "ephemeral-storage" ? node.ephemeralStorageBytes : 0;
    const auto& divisorText = selector.divisor;
    const auto divisor = divisorText.empty() || divisorText == "0" ? (cpu ? 1000 : 1) : std::max<std::int64_t>(amount(divisorText), 1);
    return std::to_string(value / divisor + (value % divisor > 0 ? 1 : 0));
}

}  // namespace kubarium::kubelet
