#include "core/kubelet/local_storage.h"

#include "core/api/quantity.h"
#include "core/kubelet/pod_resources.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::kubelet {
namespace {

constexpr const char* resource = "ephemeral-storage";

const std::string* limitOf(const api::Container& container) {
    if (!container.resources) return nullptr;
    const auto it = container.resources->limits.find(resource);
    return it == container.resources->limits.end() ? nullptr : &it->second;
}

struct PodLimit {
    std::int64_t bytes = 0;
    std::string text;
};

// Of the containers together, or of the largest init container if that is more.
std::optional<PodLimit> podLimit(const api::PodSpec& spec) {
    std::int64_t apps = 0, sidecars = 0, initialization = 0;
    std::optional<api::Quantity::Format> format;  // the first one's
    const auto value = [&](const api::Container& container) {
        const auto* limit = limitOf(container);
        if (limit && !format) format = limit->ends_with('i') ? api::Quantity::Format::BinarySI : api::Quantity::Format::DecimalSI;
        return limit ? wholeQuantity(*limit) : 0;
    };
    for (const auto& container : spec.containers) apps += value(container);
    for (const auto& container : spec.initContainers) {
        const auto limit = value(container);
        if (isSidecar(container)) sidecars += limit;
        initialization = std::max(initialization, isSidecar(container) ? sidecars : sidecars + limit);
    }
    if (!format) return std::nullopt;
    const auto bytes = std::max(apps + sidecars, initialization);
    return PodLimit{bytes, api::Quantity::of(bytes, *format).toString()};
}

}  // namespace

bool limitsStorage(const api::PodSpec& spec) {
    const auto sized = [](const api::Volume& volume) { return volume.emptyDir && wholeQuantity(volume.emptyDir->sizeLimit) > 0; };
    const auto limited = [](const api::Container& container) { return limitOf(container) != nullptr; };
    return std::ranges::any_of(spec.volumes, sized) || std::ranges::any_of(spec.containers, limited) || std::ranges::any_of(spec.initContainers, limited);
}

std::optional<std::string> storageExcess(const api::PodSpec& spec, const StorageUsage& usage) {
    for (const auto& volume : spec.volumes) {
        const auto used = usage.emptyDirs.find(volume.name);
        if (!volume.emptyDir || used == usage.emptyDirs.end()) continue;
        const auto limit = wholeQuantity(volume.emptyDir->sizeLimit);
        if (limit > 0 && used->second > limit) return fmt::format("Usage of EmptyDir volume \"{}\" exceeds the limit \"{}\". ", volume.name, volume.emptyDir->sizeLimit);
    }
    std::int64_t total = 0;
    for (const auto* list : {&usage.emptyDirs, &usage.containers})
        for (const auto& [name, bytes] : *list) total += bytes;
    if (const auto limit = podLimit(spec); limit && total > limit->bytes)
        return fmt::format("Pod ephemeral local storage usage exceeds the total limit of containers {}. ", limit->text);
    for (const auto& container : spec.containers) {
        const auto* limit = limitOf(container);
        const auto used = usage.containers.find(container.name);
        if (limit && used != usage.containers.end() && wholeQuantity(*limit) > 0 && used->second > wholeQuantity(*limit))
            return fmt::format("Container {} exceeded its local ephemeral storage limit \"{}\". ", container.name, *limit);
    }
    return std::nullopt;
}

}  // namespace kubarium::kubelet
