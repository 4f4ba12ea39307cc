// VolumeZone: zone and region labels of bound volumes must be those of the Node.
// Follows pkg/scheduler/framework/plugins/volumezone of Kubernetes 1.34.
#include "core/scheduler/plugins/plugins.h"
#include "core/scheduler/plugins/volume_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::scheduler {
namespace {

constexpr std::array zoneLabels = {"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/zone",
                                   "topology.kubernetes.io/region"};

class VolumeZone final : public Plugin {
public:
    std::string_view name() const override { return "VolumeZone"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<VolumeZone>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        if (auto status = collect(cycle); !status.success()) return {std::move(status), {}};
        if (zones_.empty()) return {Status::skip(), {}};
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        // A profile may have this PreFilter disabled.
        if (!collected_ && !volumesOf(cycle.pod).empty())
            if (auto status = collect(cycle); !status.success()) return status;
        if (std::ranges::none_of(zoneLabels, [&](const char* label) { return node.labels.contains(label); })) return {};
        for (const auto& [label, zones] : zones_) {
            auto found = node.labels.find(label);
            if (found == node.labels.end() && label == zoneLabels[0]) found = node.labels.find(zoneLabels[2]);
            if (found == node.labels.end() && label == zoneLabels[1]) found = node.labels.find(zoneLabels[3]);
            if (found == node.labels.end() || !zones.contains(found->second)) return Status::unresolvable("node(s) had no available volume zone");
        }
        return {};
    }

private:
    Status collect(const Cycle& cycle) {
        const auto& objects = *cycle.snapshot.objects;
        zones_.clear();
        for (const auto& volume : volumesOf(cycle.pod)) {
            const auto* claimSource = volumeSource(volume, "persistentVolumeClaim");
            if (!claimSource) continue;
            const auto claimName = textOf(*claimSource, "claimName");
            if (claimName.empty()) return Status::unresolvable("PersistentVolumeClaim had no name");
            const auto* claim = lookup(objects.claims, cycle.pod.nameSpace + "/" + claimName);
            if (!claim) return notFound("persistentvolumeclaim", claimName);
            const auto volumeName = (*claim)->string({"spec", "volumeName"});
            if (volumeName.empty()) {
                if (auto status = unbound(objects, storageClassOf(**claim)); !status.success()) return status;
                continue;
            }
            const auto* persistent = lookup(objects.volumes, volumeName);
            if (!persistent) return notFound("persistentvolume", volumeName);
            for (const auto* label : zoneLabels)
                if (const auto zones = (*persistent)->label(label); !zones.empty()) addZones(label, zones);
        }
        collected_ = true;
        return {};
    }

    static Status unbound(const ClusterObjects& objects, const std::string& className) {
        if (className.empty()) return Status::unresolvable("PersistentVolumeClaim had no pv name and storageClass name");
        const auto* storageClass = lookup(objects.storageClasses, className);
        if (!storageClass) return notFound("storageclass.storage.k8s.io", className);
        const auto mode = (*storageClass)->string({"volumeBindingMode"});
        if (mode.empty()) return Status::unresolvable(fmt::format("VolumeBindingMode not set for StorageClass \"{}\"", className));
        return mode == "WaitForFirstConsumer" ? Status() : Status::unresolvable("PersistentVolume had no name");
    }

    // "a__b" is a set; one with an empty member is not understood and says nothing.
    void addZones(const char* label, std::string_view text) {
        std::set<std::string> zones;
        for (std::size_t from = 0; from <= text.size();) {
            const auto to = std::min(text.find("__", from), text.size());
            if (to == from) return;
            zones.emplace(text.substr(from, to - from));
            from = to + 2;
        }
        zones_.emplace_back(label, std::move(zones));
    }

    bool collected_ = false;
    std::vector<std::pair<std::string, std::set<std::string>>> zones_;
};

}  // namespace

std::unique_ptr<Plugin> makeVolumeZone() { return std::make_unique<VolumeZone>(); }

}  // namespace kubarium::scheduler
