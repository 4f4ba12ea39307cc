// NodeVolumeLimits: how many volumes of a CSI driver a Node may have attached, as its CSINode says. Volumes of the old in-tree
// kinds count for the driver that serves them today.
// Follows pkg/scheduler/framework/plugins/nodevolumelimits of Kubernetes 1.34.
#include "core/scheduler/plugins/in_tree_volumes.h"
#include "core/scheduler/plugins/plugins.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

using Drivers = std::map<std::string, std::string>;  // "driver/handle" -> driver
enum class Whose { Incoming, Existing };

const api::Object* csiNodeOf(const ClusterObjects& objects, const NodeInfo& node) {
    const auto* found = lookup(objects.csiNodes, node.name);
    return found ? found->get() : nullptr;
}

// A driver or a handle that is empty counts nothing.
void add(std::string_view driver, const std::string& handle, Drivers& into) {
    if (!driver.empty() && !handle.empty()) into[fmt::format("{}/{}", driver, handle)] = driver;
}

// A claim without a volume counts by the driver of its class, as a volume of its own.
void addByClass(const ClusterObjects& objects, const api::Object& claim, const api::Object* csiNode, Drivers& into) {
    const auto className = storageClassOf(claim);
    const auto* storageClass = className.empty() ? nullptr : lookup(objects.storageClasses, className);
    if (!storageClass) return;
    const auto provisioner = (*storageClass)->string({"provisioner"});
    const auto* plugin = inTreePluginNamed(provisioner);
    if (plugin && !countsAsCsi(*plugin, csiNode)) return;
    add(plugin ? plugin->driver : provisioner, "claim " + claim.key(), into);
}

void addClaim(const ClusterObjects& objects, const api::Object& claim, const api::Object* csiNode, Drivers& into) {
    const auto volumeName = claim.string({"spec", "volumeName"});
    const auto* volume = volumeName.empty() ? nullptr : lookup(objects.volumes, volumeName);
    if (!volume) return addByClass(objects, claim, csiNode, into);
    const auto& spec = *(*volume)->find({"spec"});
    if (const auto* csi = volumeSource(spec, "csi")) return add(textOf(*csi, "driver"), textOf(*csi, "volumeHandle"), into);
    const auto* plugin = inTreePluginOf(spec);
    if (!plugin || !countsAsCsi(*plugin, csiNode)) return;
    if (const auto handle = volumeHandle(*plugin, **volume)) add(plugin->driver, *handle, into);
}

Status addInline(const json::value& volume, const api::Object* csiNode, Drivers& into) {
    const auto* plugin = inTreePluginOf(volume);
    if (!plugin || !countsAsCsi(*plugin, csiNode)) return {};
    const auto handle = inlineHandle(*plugin, volume);
    if (!handle) return Status::error(fmt::format("converting volume({}) from inline to csi: {}", textOf(volume.get_object(), "name"), handle.error().message));
    into[fmt::format("{}/{}", plugin->driver, *handle)] = plugin->driver;
    return {};
}

// filterAttachableVolumes
Status collect(const ClusterObjects& objects, const PodInfo& pod, const api::Object* csiNode, Whose whose, Drivers& into) {
    for (const auto& volume : volumesOf(pod)) {
        const auto reference = claimOf(pod, volume);
        if (!reference) {
            if (auto status = addInline(volume, csiNode, into); !status.success()) return status;
            continue;
        }
        if (reference->name.empty()) return Status::error("PersistentVolumeClaim had no name");
        const auto key = pod.nameSpace + "/" + reference->name;
        const auto* claim = lookup(objects.claims, key);
        if (!claim && whose == Whose::Incoming)
            return Status::unresolvable(fmt::format("looking up PVC {}: persistentvolumeclaim \"{}\" not found", key, reference->name));
        if (!claim) continue;
        if (reference->ephemeral && !ownedBy(**claim, pod)) return Status::error(notOwnerText(**claim, pod));
        addClaim(objects, **claim, csiNode, into);
    }
    return {};
}

class NodeVolumeLimits final : public Plugin {
public:
    std::string_view name() const override { return "NodeVolumeLimits"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<NodeVolumeLimits>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        const auto counts = [&](const json::value& volume) { return claimOf(cycle.pod, volume) || inTreePluginOf(volume); };
        if (std::ranges::none_of(volumesOf(cycle.pod), counts)) return {Status::skip(), {}};
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (volumesOf(cycle.pod).empty()) return {};
        const auto& objects = *cycle.snapshot.objects;
        const auto* csiNode = csiNodeOf(objects, node);
        Drivers wanted;
        if (auto status = collect(objects, cycle.pod, csiNode, Whose::Incoming, wanted); !status.success()) return status;
        const auto limits = limitsOf(csiNode);
        if (wanted.empty() || limits.empty()) return {};
        Drivers attached;
        for (const auto& pod : node.pods)
            if (auto status = collect(objects, *pod, csiNode, Whose::Existing, attached); !status.success()) return status;
        std::map<std::string, std::int64_t> used, asked;
        for (const auto& [volume, driver] : attached) {
            wanted.erase(volume);  // one that several Pods use counts once
            ++used[driver];
        }
        for (const auto& [volume, driver] : attachments(objects, node.name))
            if (!attached.contains(volume)) ++used[driver];
        for (const auto& [volume, driver] : wanted) ++asked[driver];
        for (const auto& [driver, count] : asked)
            if (const auto limit = limits.find(driver); limit != limits.end() && used[driver] + count > limit->second) return Status::unschedulable("node(s) exceed max volume count");
        return {};
    }

private:
    static std::map<std::string, std::int64_t> limitsOf(const api::Object* csiNode) {
        std::map<std::string, std::int64_t> limits;
        const auto* drivers = csiNode ? csiNode->find({"spec", "drivers"}) : nullptr;
        if (!drivers || !drivers->is_array()) return limits;
        for (const auto& driver : drivers->get_array()) {
            const auto* allocatable = volumeSource(driver, "allocatable");
            const auto* count = allocatable ? allocatable->if_contains("count") : nullptr;
            if (count && count->is_int64()) limits[textOf(driver.get_object(), "name")] = count->get_int64();
        }
        return limits;
    }

    // By Node, what VolumeAttachments of CSI volumes say; read once per cycle.
    const Drivers& attachments(const ClusterObjects& objects, const std::string& node) {
        if (!attachments_) {
            auto all = std::make_shared<std::map<std::string, Drivers>>();
            for (const auto& [key, attachment] : objects.volumeAttachments) {
                const std::string attacher(attachment->string({"spec", "attacher"}));
                const auto* volume = lookup(objects.volumes, attachment->string({"spec", "source", "persistentVolumeName"}));
                const auto* spec = volume ? (*volume)->find({"spec"}) : nullptr;
                const auto* csi = spec ? volumeSource(*spec, "csi") : nullptr;
                if (!attacher.empty() && csi) (*all)[std::string(attachment->string({"spec", "nodeName"}))][attacher + "/" + textOf(*csi, "volumeHandle")] = attacher;
            }
            attachments_ = std::move(all);
        }
        static const Drivers none;
        const auto found = attachments_->find(node);
        return found == attachments_->end() ? none : found->second;
    }

    std::shared_ptr<const std::map<std::string, Drivers>> attachments_;
};

}  // namespace

std::unique_ptr<Plugin> makeNodeVolumeLimits() { return std::make_unique<NodeVolumeLimits>(); }

}  // namespace kubarium::scheduler
