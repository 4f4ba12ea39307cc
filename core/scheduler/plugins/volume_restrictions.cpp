// VolumeRestrictions: volumes that one machine (a cloud disk) or one Pod (a claim of mode ReadWriteOncePod) has at a time.
// Follows pkg/scheduler/framework/plugins/volumerestrictions of Kubernetes 1.34.
#include "core/scheduler/plugins/plugins.h"
#include "core/scheduler/plugins/volume_objects.h"

#include <algorithm>

namespace kubarium::scheduler {
namespace {

// Two Pods on one Node may not both hold these, unless (where reading is shared) both only read.
bool conflicts(const json::value& mine, const json::value& theirs) {
    const auto bothReadOnly = [](const json::object& a, const json::object& b) { return flagOf(a, "readOnly") && flagOf(b, "readOnly"); };
    const auto same = [](const json::object& a, const json::object& b, std::string_view key) { return textOf(a, key) == textOf(b, key); };
    if (const auto *a = volumeSource(mine, "gcePersistentDisk"), *b = volumeSource(theirs, "gcePersistentDisk"); a && b && same(*a, *b, "pdName") && !bothReadOnly(*a, *b)) return true;
    if (const auto *a = volumeSource(mine, "awsElasticBlockStore"), *b = volumeSource(theirs, "awsElasticBlockStore"); a && b && same(*a, *b, "volumeID")) return true;
    if (const auto *a = volumeSource(mine, "iscsi"), *b = volumeSource(theirs, "iscsi"); a && b && same(*a, *b, "iqn") && !bothReadOnly(*a, *b)) return true;
    const auto *a = volumeSource(mine, "rbd"), *b = volumeSource(theirs, "rbd");
    if (!a || !b || !same(*a, *b, "pool") || !same(*a, *b, "image") || bothReadOnly(*a, *b)) return false;
    const auto* monitors = a->if_contains("monitors");
    return monitors && monitors->is_array() &&
           std::ranges::any_of(monitors->get_array(), [&](const json::value& monitor) { return monitor.is_string() && listHas(b->if_contains("monitors"), monitor.get_string()); });
}

bool canConflict(const json::value& volume) {
    return volumeSource(volume, "gcePersistentDisk") || volumeSource(volume, "awsElasticBlockStore") || volumeSource(volume, "iscsi") || volumeSource(volume, "rbd");
}

class VolumeRestrictions final : public Plugin {
public:
    std::string_view name() const override { return "VolumeRestrictions"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<VolumeRestrictions>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        bool disks = false;
        for (const auto& volume : volumesOf(cycle.pod)) {
            disks |= canConflict(volume);
            const auto* claimSource = volumeSource(volume, "persistentVolumeClaim");
            if (!claimSource) continue;
            const auto claimName = textOf(*claimSource, "claimName");
            const auto* claim = lookup(cycle.snapshot.objects->claims, cycle.pod.nameSpace + "/" + claimName);
            if (!claim) return {notFound("persistentvolumeclaim", claimName), {}};
            if (listHas((*claim)->find({"spec", "accessModes"}), "ReadWriteOncePod")) exclusive_.insert(claimName);
        }
        std::set<std::string> inUse;
        if (!exclusive_.empty())
            for (const auto& node : cycle.snapshot.nodes)
                for (const auto& pod : node->pods)
                    if (pod->nameSpace == cycle.pod.nameSpace) eachExclusive(*pod, [&](const std::string& claim) { inUse.insert(claim); });
        conflicting_ = static_cast<int>(inUse.size());
        prepared_ = true;
        if (!disks && conflicting_ == 0) return {Status::skip(), {}};
        return {};
    }

    // By name alone, whatever the namespace: as upstream.
    void addPod(const Cycle&, const PodInfo& pod, const NodeInfo&) override {
        eachExclusive(pod, [&](const std::string&) { ++conflicting_; });
    }
    void removePod(const Cycle&, const PodInfo& pod, const NodeInfo&) override {
        eachExclusive(pod, [&](const std::string&) { --conflicting_; });
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        for (const auto& pod : node.pods)
            if (volumesConflict(cycle.pod, *pod)) return Status::unschedulable("node(s) had no available disk");
        if (!prepared_) return Status::error("cannot read \"PreFilterVolumeRestrictions\" from cycleState");
        if (conflicting_ > 0)
            return Status::unschedulable("node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod");
        return {};
    }

private:
    template <class Visit>
    void eachExclusive(const PodInfo& pod, Visit visit) const {
        for (const auto& volume : volumesOf(pod))
            if (const auto* claim = volumeSource(volume, "persistentVolumeClaim"))
                if (const auto name = textOf(*claim, "claimName"); exclusive_.contains(name)) visit(name);
    }

    bool prepared_ = false;
    std::set<std::string> exclusive_;  // the Pod's claims of mode ReadWriteOncePod
    int conflicting_ = 0;              // how many of them another Pod uses
};

}  // namespace

bool volumesConflict(const PodInfo& mine, const PodInfo& theirs) {
    return std::ranges::any_of(volumesOf(mine), [&](const json::value& volume) {
        return canConflict(volume) && std::ranges::any_of(volumesOf(theirs), [&](const json::value& other) { return conflicts(volume, other); });
    });
}

std::unique_ptr<Plugin> makeVolumeRestrictions() { return std::make_unique<VolumeRestrictions>(); }

}  // namespace kubarium::scheduler
