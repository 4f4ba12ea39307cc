// Watching what a Pod writes on its Node (local_storage.h says what is too much).
#include "core/kubelet/local_storage.h"
#include "core/kubelet/pod_worker.h"

namespace kubarium::kubelet {

using namespace std::chrono_literals;

namespace {

constexpr Duration period = 10s;

}  // namespace

void PodWorker::watchStorage() {
    if (stage_ != Stage::Running || !limitsStorage(spec().spec)) return;
    storageTimer_ = context_.clock.after(period, [this] {
        measureStorage();
        watchStorage();
    });
}

void PodWorker::measureStorage() {
    std::vector<std::string> places;
    std::vector<std::pair<bool, std::string>> owners;  // of a volume?, name
    const auto add = [&](bool volume, const std::string& name, std::string place) {
        if (place.empty()) return;
        owners.emplace_back(volume, name);
        places.push_back(std::move(place));
    };
    for (const auto& volume : spec().spec.volumes)
        if (volume.emptyDir && volume.emptyDir->medium != "Memory") add(true, volume.name, volumes_.emptyDirPath(volume.name));
    for (const auto& [name, actual] : actual_.containers) {
        for (const auto* instance : {&actual.current, &actual.previous})
            if (*instance) add(false, name, (*instance)->id);
        add(false, name, volumes_.logDirectory(name));
    }
    context_.runtime.diskUsage(std::move(places), [weak = weak_from_this(), owners = std::move(owners)](Result<std::vector<std::int64_t>> sizes) {
        const auto self = weak.lock();
        if (!self || !sizes || self->stage_ != Stage::Running) return;
        StorageUsage usage;
        for (std::size_t i = 0; i < owners.size() && i < sizes->size(); ++i) (owners[i].first ? usage.emptyDirs : usage.containers)[owners[i].second] += (*sizes)[i];
        const auto excess = storageExcess(self->spec().spec, usage);
        if (!excess) return;
        self->event("Warning", "Evicted", *excess);
        self->stop("Evicted", *excess, 1);
    });
}

}  // namespace kubarium::kubelet
