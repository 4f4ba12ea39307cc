#include "core/kubelet/local_storage.h"

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

// As Quantity prints it: the largest unit of its kind that divides it.
std::string canonical(std::int64_t bytes, bool binary) {
    const std::int64_t step = binary ? 1024 : 1000;
    const std::string_view units = binary ? "KMGTPE" : "kMGTPE";
    std::size_t unit = 0;
    for (; bytes != 0 && bytes % step == 0 && unit < units.size(); ++unit) bytes /= step;
    if (unit == 0) return std::to_string(bytes);
    return fmt::format("{}{}{}", bytes, units[unit - 1], binary ? "i" : "");
}

struct PodLimit {
    std::int64_t bytes = 0;
    std::string text;
};

// Of the containers together, or of the largest init container if that is more.
std::optional<PodLimit> podLimit(const api::PodSpec& spec) {
    std::int64_t apps = 0, sidecars = 0, initialization = 0;
    bool found = false, binary = false;
    const auto value = [&](const api::Container& container) {
        const auto* limit = limitOf(container);
        if (limit && !std::exchange(found, true)) binary = limit->ends_with('i');
        return limit ? wholeQuantity(*limit) : 0;
    };
    for (const auto& container : spec.containers) apps += value(container);
    for (const auto& container : spec.initContainers) {
        const auto limit = value(container);
        if (isSidecar(container)) sidecars += limit;
        initialization = std::max(initialization, isSidecar(container) ? sidecars : sidecars + limit);
    }
    if (!found) return std::nullopt;
    const auto bytes = std::max(apps + sidecars, initialization);
    return PodLimit{bytes, canonical(bytes, binary)};
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
