// What a Pod's volumes allow: VolumeRestrictions (volumes that one Pod or one machine has at a time), VolumeBinding (bound claims
// and where their volume can be reached; claims that wait for their first consumer) and VolumeZone (zone labels of volumes).
// Follows pkg/scheduler/framework/plugins/{volumerestrictions,volumebinding,volumezone} of Kubernetes 1.34.
#include "core/api/quantity.h"
#include "core/scheduler/plugins/plugins.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::scheduler {
namespace {

constexpr std::string_view waitForFirstConsumer = "WaitForFirstConsumer";

const ObjectPtr* lookup(const std::map<std::string, ObjectPtr>& objects, std::string_view key) {
    const auto it = objects.find(std::string(key));
    return it == objects.end() ? nullptr : &it->second;
}

const json::object* source(const json::value& volume, std::string_view kind) {
    const auto* object = volume.if_object();
    const auto* found = object ? object->if_contains(kind) : nullptr;
    return found ? found->if_object() : nullptr;
}

std::string textOf(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    const auto* text = value ? value->if_string() : nullptr;
    return text ? std::string(*text) : std::string();
}

bool flagOf(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

bool listHas(const json::value* list, std::string_view text) {
    if (!list || !list->is_array()) return false;
    return std::ranges::any_of(list->get_array(), [&](const json::value& item) { return item.is_string() && item.get_string() == text; });
}

Status notFound(std::string_view resource, std::string_view name) { return Status::unresolvable(fmt::format("{} \"{}\" not found", resource, name)); }

std::string annotation(const api::Object& object, std::string_view key) { return std::string(object.string({"metadata", "annotations", key})); }

// The class of a claim or a volume: the old annotation first.
std::string classOf(const api::Object& object) {
    auto name = annotation(object, "volume.beta.kubernetes.io/storage-class");
    return name.empty() ? std::string(object.string({"spec", "storageClassName"})) : name;
}

api::Quantity amount(const json::value* value) {
    if (!value || !value->is_string()) return {};
    return api::Quantity::parse(value->get_string()).value_or(api::Quantity{});
}

// A volume is reachable from Nodes that one of its terms matches; from all without terms.
bool reachable(const api::Object& volume, const NodeInfo& node) {
    const auto* required = volume.find({"spec", "nodeAffinity", "required"});
    if (!required) return true;
    const json::value affinity{{"requiredDuringSchedulingIgnoredDuringExecution", *required}};
    const auto parsed = NodeAffinity::parse(&affinity);
    return std::ranges::any_of(parsed.required, [&](const NodeTerm& term) { return term.matches(node.labels, node.name); });
}

// Two Pods on one Node may not both hold these, unless (where reading is shared) both only read.
bool conflicts(const json::value& mine, const json::value& theirs) {
    const auto bothReadOnly = [](const json::object& a, const json::object& b) { return flagOf(a, "readOnly") && flagOf(b, "readOnly"); };
    const auto same = [](const json::object& a, const json::object& b, std::string_view key) { return textOf(a, key) == textOf(b, key); };
    if (const auto *a = source(mine, "gcePersistentDisk"), *b = source(theirs, "gcePersistentDisk"); a && b && same(*a, *b, "pdName") && !bothReadOnly(*a, *b)) return true;
    if (const auto *a = source(mine, "awsElasticBlockStore"), *b = source(theirs, "awsElasticBlockStore"); a && b && same(*a, *b, "volumeID")) return true;
    if (const auto *a = source(mine, "iscsi"), *b = source(theirs, "iscsi"); a && b && same(*a, *b, "iqn") && !bothReadOnly(*a, *b)) return true;
    const auto *a = source(mine, "rbd"), *b = source(theirs, "rbd");
    if (!a || !b || !same(*a, *b, "pool") || !same(*a, *b, "image") || bothReadOnly(*a, *b)) return false;
    const auto* monitors = a->if_contains("monitors");
    return monitors && monitors->is_array() &&
           std::ranges::any_of(monitors->get_array(), [&](const json::value& monitor) { return monitor.is_string() && listHas(b->if_contains("monitors"), monitor.get_string()); });
}

bool canConflict(const json::value& volume) {
    return source(volume, "gcePersistentDisk") || source(volume, "awsElasticBlockStore") || source(volume, "iscsi") || source(volume, "rbd");
}

std::span<const json::value> volumesOf(const PodInfo& pod) {
    return pod.volumes ? std::span<const json::value>(pod.volumes->data(), pod.volumes->size()) : std::span<const json::value>();
}

class VolumeRestrictions final : public Plugin {
public:
    std::string_view name() const override { return "VolumeRestrictions"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<VolumeRestrictions>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        bool disks = false;
        for (const auto& volume : volumesOf(cycle.pod)) {
            disks |= canConflict(volume);
            const auto* claimSource = source(volume, "persistentVolumeClaim");
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
        for (const auto& volume : volumesOf(cycle.pod)) {
            if (!canConflict(volume)) continue;
            for (const auto& pod : node.pods)
                for (const auto& theirs : volumesOf(*pod))
                    if (conflicts(volume, theirs)) return Status::unschedulable("node(s) had no available disk");
        }
        if (conflicting_ > 0)
            return Status::unschedulable("node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod");
        return {};
    }

private:
    template <class Visit>
    void eachExclusive(const PodInfo& pod, Visit visit) const {
        for (const auto& volume : volumesOf(pod))
            if (const auto* claim = source(volume, "persistentVolumeClaim"))
                if (const auto name = textOf(*claim, "claimName"); exclusive_.contains(name)) visit(name);
    }

    std::set<std::string> exclusive_;  // the Pod's claims of mode ReadWriteOncePod
    int conflicting_ = 0;              // how many of them another Pod uses
};

class VolumeBinding final : public Plugin {
public:
    std::string_view name() const override { return "VolumeBinding"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<VolumeBinding>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        const auto& objects = *cycle.snapshot.objects;
        std::vector<ObjectPtr> claims;
        for (const auto& volume : volumesOf(cycle.pod)) {
            const auto* claimSource = source(volume, "persistentVolumeClaim");
            const bool ephemeral = !claimSource && source(volume, "ephemeral");
            if (!claimSource && !ephemeral) continue;
            const auto claimName = ephemeral ? cycle.pod.name + "-" + textOf(volume.get_object(), "name") : textOf(*claimSource, "claimName");
            const auto* claim = lookup(objects.claims, cycle.pod.nameSpace + "/" + claimName);
            if (!claim && ephemeral)
                return {Status::unresolvable(fmt::format("waiting for ephemeral volume controller to create the persistentvolumeclaim \"{}\"", claimName)), {}};
            if (!claim) return {notFound("persistentvolumeclaim", claimName), {}};
            if (auto status = usable(**claim, claimName, cycle.pod, ephemeral); !status.success()) return {std::move(status), {}};
            claims.push_back(*claim);
        }
        if (claims.empty()) return {Status::skip(), {}};
        for (const auto& claim : claims) {
            const bool named = !claim->string({"spec", "volumeName"}).empty();
            if (named && claim->find({"metadata", "annotations", "pv.kubernetes.io/bind-completed"})) {
                bound_.push_back(claim);
                continue;
            }
            const auto className = classOf(*claim);
            const auto* storageClass = className.empty() ? nullptr : lookup(objects.storageClasses, className);
            if (storageClass && !(*storageClass)->find({"volumeBindingMode"}))
                return {Status::error(fmt::format("VolumeBindingMode not set for StorageClass \"{}\"", className)), {}};
            if (named || !storageClass || (*storageClass)->string({"volumeBindingMode"}) != waitForFirstConsumer)
                return {Status::unresolvable("pod has unbound immediate PersistentVolumeClaims"), {}};
            waiting_.push_back(claim);
        }
        // Small claims choose first, so that they take small volumes.
        std::ranges::stable_sort(waiting_, {}, [](const ObjectPtr& claim) { return requested(*claim); });
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        std::vector<std::string> reasons;
        bool reached = true, volumesExist = true;
        for (const auto& claim : bound_) {
            const auto* volume = lookup(cycle.snapshot.objects->volumes, claim->string({"spec", "volumeName"}));
            volumesExist = volume != nullptr;
            reached = !volume || reachable(**volume, node);
            if (!volumesExist || !reached) break;
        }
        bool enough = true;
        const bool found = findVolumes(cycle, node, enough);
        if (!reached) reasons.emplace_back("node(s) didn't match PersistentVolume's node affinity");
        if (!found) reasons.emplace_back("node(s) didn't find available persistent volumes to bind");
        if (!enough) reasons.emplace_back("node(s) did not have enough free storage");
        if (!volumesExist) reasons.emplace_back("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
        if (reasons.empty()) return {};
        return {Code::UnschedulableAndUnresolvable, std::move(reasons), {}};
    }

    // Scores only with a feature that is off at the defaults.
    Status preScore(const Cycle&, std::span<const NodeInfo* const>) override { return Status::skip(); }

private:
    static api::Quantity requested(const api::Object& claim) { return amount(claim.find({"spec", "resources", "requests", "storage"})); }

    static Status usable(const api::Object& claim, const std::string& claimName, const PodInfo& pod, bool ephemeral) {
        if (claim.string({"status", "phase"}) == "Lost")
            return Status::unresolvable(fmt::format("persistentvolumeclaim \"{}\" bound to non-existent persistentvolume \"{}\"", claimName, claim.string({"spec", "volumeName"})));
        if (claim.find({"metadata", "deletionTimestamp"})) return Status::unresolvable(fmt::format("persistentvolumeclaim \"{}\" is being deleted", claimName));
        if (!ephemeral) return {};
        if (const auto* owners = claim.find({"metadata", "ownerReferences"}); owners && owners->is_array())
            for (const auto& owner : owners->get_array())
                if (owner.is_object() && flagOf(owner.get_object(), "controller") && textOf(owner.get_object(), "uid") == pod.uid) return {};
        return Status::unresolvable(fmt::format("PVC {0}/{1} was not created for pod {0}/{2} (pod is not owner)", pod.nameSpace, claimName, pod.name));
    }

    bool findVolumes(const Cycle& cycle, const NodeInfo& node, bool& enough) const {
        std::vector<ObjectPtr> toProvision, unmatched;
        std::set<std::string> chosen;
        for (const auto& claim : waiting_) {
            const auto selected = annotation(*claim, "volume.kubernetes.io/selected-node");
            if (!selected.empty() && selected != node.name) return false;
        }
        for (const auto& claim : waiting_) {
            if (!annotation(*claim, "volume.kubernetes.io/selected-node").empty()) toProvision.push_back(claim);
            else if (const auto volume = match(cycle, *claim, node, chosen); !volume.empty()) chosen.insert(volume);
            else unmatched.push_back(claim);
        }
        toProvision.insert(toProvision.end(), unmatched.begin(), unmatched.end());
        for (const auto& claim : toProvision)
            if (!provisionable(cycle, *claim, node, enough)) return false;
            else if (!enough) return true;
        return true;
    }

    static bool isFor(const json::object& reference, const api::Object& claim) {
        if (textOf(reference, "name") != claim.string({"metadata", "name"}) || textOf(reference, "namespace") != claim.string({"metadata", "namespace"})) return false;
        const auto uid = textOf(reference, "uid");
        return uid.empty() || uid == claim.string({"metadata", "uid"});
    }

    // pkg/volume/util FindMatchingVolume: the smallest that fits, unless one was made for this claim.
    static std::string match(const Cycle& cycle, const api::Object& claim, const NodeInfo& node, const std::set<std::string>& chosen) {
        const auto className = classOf(claim);
        const auto wanted = requested(claim);
        const auto mode = [](const api::Object& object) { const auto text = object.string({"spec", "volumeMode"}); return text.empty() ? std::string_view("Filesystem") : text; };
        std::optional<api::Selector> selector;
        if (const auto* value = claim.find({"spec", "selector"})) selector = selectorOf(*value);
        std::string best;
        api::Quantity smallest;
        for (const auto& [volumeName, volume] : cycle.snapshot.objects->volumes) {
            if (chosen.contains(volumeName) || classOf(*volume) != className) continue;
            const auto* reference = volume->find({"spec", "claimRef"});
            const bool own = reference && reference->is_object() && isFor(reference->get_object(), claim);
            if (reference && !own) continue;
            const auto size = amount(volume->find({"spec", "capacity", "storage"}));
            if (size < wanted || mode(*volume) != mode(claim) || volume->find({"metadata", "deletionTimestamp"})) continue;
            if (volume->string({"spec", "volumeAttributesClassName"}) != claim.string({"spec", "volumeAttributesClassName"})) continue;
            if (own) return reachable(*volume, node) ? volumeName : std::string();
            if (volume->string({"status", "phase"}) != "Available" || (selector && !selector->matches(*volume)) || !reachable(*volume, node)) continue;
            if (!offersModes(claim, *volume)) continue;
            if (best.empty() || size < smallest) {
                best = volumeName;
                smallest = size;
            }
        }
        return best;
    }

    static api::Selector selectorOf(const json::value& value) {
        std::string error;
        return parseSelector(value.if_object(), error);
    }

    static bool offersModes(const api::Object& claim, const api::Object& volume) {
        const auto* wanted = claim.find({"spec", "accessModes"});
        if (!wanted || !wanted->is_array()) return true;
        return std::ranges::all_of(wanted->get_array(), [&](const json::value& m) { return m.is_string() && listHas(volume.find({"spec", "accessModes"}), m.get_string()); });
    }

    static bool provisionable(const Cycle& cycle, const api::Object& claim, const NodeInfo& node, bool& enough) {
        const auto* storageClass = lookup(cycle.snapshot.objects->storageClasses, classOf(claim));
        if (!storageClass) return false;
        const auto provisioner = (*storageClass)->string({"provisioner"});
        if (provisioner.empty() || provisioner == "kubernetes.io/no-provisioner") return false;
        if (!topologyAllows((*storageClass)->find({"allowedTopologies"}), node)) return false;
        enough = capacityLeft(cycle, claim, **storageClass, provisioner, node);
        return true;
    }

    static bool topologyAllows(const json::value* terms, const NodeInfo& node) {
        if (!terms || !terms->is_array() || terms->get_array().empty()) return true;
        return std::ranges::any_of(terms->get_array(), [&](const json::value& term) {
            const auto* expressions = term.is_object() ? term.get_object().if_contains("matchLabelExpressions") : nullptr;
            if (!expressions || !expressions->is_array() || expressions->get_array().empty()) return false;
            return std::ranges::all_of(expressions->get_array(), [&](const json::value& expression) {
                if (!expression.is_object()) return false;
                const auto label = node.labels.find(textOf(expression.get_object(), "key"));
                return label != node.labels.end() && listHas(expression.get_object().if_contains("values"), label->second);
            });
        });
    }

    static bool capacityLeft(const Cycle& cycle, const api::Object& claim, const api::Object& storageClass, std::string_view provisioner, const NodeInfo& node) {
        if (!claim.find({"spec", "resources", "requests", "storage"})) return true;
        const auto* driver = lookup(cycle.snapshot.objects->csiDrivers, provisioner);
        if (!driver) return true;
        const auto* tracked = (*driver)->find({"spec", "storageCapacity"});
        if (!tracked || !tracked->is_bool() || !tracked->get_bool()) return true;
        for (const auto& [key, capacity] : cycle.snapshot.objects->csiStorageCapacities) {
            if (capacity->string({"storageClassName"}) != storageClass.string({"metadata", "name"})) continue;
            const auto* most = capacity->find({"maximumVolumeSize"});
            if (!most) most = capacity->find({"capacity"});
            const auto* topology = capacity->find({"nodeTopology"});
            if (most && !(amount(most) < requested(claim)) && topology && selectorOf(*topology).matches(node.labels)) return true;
        }
        return false;
    }

    std::vector<ObjectPtr> bound_, waiting_;
};

constexpr std::array zoneLabels = {"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/zone",
                                   "topology.kubernetes.io/region"};

class VolumeZone final : public Plugin {
public:
    std::string_view name() const override { return "VolumeZone"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<VolumeZone>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        const auto& objects = *cycle.snapshot.objects;
        for (const auto& volume : volumesOf(cycle.pod)) {
            const auto* claimSource = source(volume, "persistentVolumeClaim");
            if (!claimSource) continue;
            const auto claimName = textOf(*claimSource, "claimName");
            if (claimName.empty()) return {Status::unresolvable("PersistentVolumeClaim had no name"), {}};
            const auto* claim = lookup(objects.claims, cycle.pod.nameSpace + "/" + claimName);
            if (!claim) return {notFound("persistentvolumeclaim", claimName), {}};
            const auto volumeName = (*claim)->string({"spec", "volumeName"});
            if (volumeName.empty()) {
                if (auto status = unbound(objects, classOf(**claim)); !status.success()) return {std::move(status), {}};
                continue;
            }
            const auto* persistent = lookup(objects.volumes, volumeName);
            if (!persistent) return {notFound("persistentvolume", volumeName), {}};
            for (const auto* label : zoneLabels)
                if (const auto zones = (*persistent)->string({"metadata", "labels", label}); !zones.empty()) addZones(label, zones);
        }
        if (zones_.empty()) return {Status::skip(), {}};
        return {};
    }

    Status filter(const Cycle&, const NodeInfo& node) override {
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
    static Status unbound(const ClusterObjects& objects, const std::string& className) {
        if (className.empty()) return Status::unresolvable("PersistentVolumeClaim had no pv name and storageClass name");
        const auto* storageClass = lookup(objects.storageClasses, className);
        if (!storageClass) return notFound("storageclass.storage.k8s.io", className);
        const auto mode = (*storageClass)->string({"volumeBindingMode"});
        if (mode.empty()) return Status::unresolvable(fmt::format("VolumeBindingMode not set for StorageClass \"{}\"", className));
        return mode == waitForFirstConsumer ? Status() : Status::unresolvable("PersistentVolume had no name");
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

    std::vector<std::pair<std::string, std::set<std::string>>> zones_;
};

// How many volumes of a CSI driver a Node may attach. Volumes of the old in-tree kinds are not counted.
class NodeVolumeLimits final : public Plugin {
public:
    std::string_view name() const override { return "NodeVolumeLimits"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<NodeVolumeLimits>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        for (const auto& volume : volumesOf(cycle.pod))
            for (const auto* kind : {"persistentVolumeClaim", "ephemeral", "awsElasticBlockStore", "gcePersistentDisk", "azureDisk", "cinder"})
                if (source(volume, kind)) return {};
        return {Status::skip(), {}};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        const auto& objects = *cycle.snapshot.objects;
        std::map<std::string, std::string> wanted, attached;  // volume -> driver
        if (auto status = collect(objects, cycle.pod, true, wanted); !status.success()) return status;
        const auto* csiNode = lookup(objects.csiNodes, node.name);
        if (wanted.empty() || !csiNode) return {};
        for (const auto& pod : node.pods) collect(objects, *pod, false, attached);
        for (const auto& [key, attachment] : objects.volumeAttachments) {
            if (attachment->string({"spec", "nodeName"}) != node.name) continue;
            const auto* volume = lookup(objects.volumes, attachment->string({"spec", "source", "persistentVolumeName"}));
            if (volume) add(std::string((*volume)->string({"spec", "csi", "driver"})), std::string((*volume)->string({"spec", "csi", "volumeHandle"})), attached);
        }
        std::map<std::string, std::int64_t> used, asked;
        for (const auto& [volume, driver] : attached) ++used[driver];
        for (const auto& [volume, driver] : wanted)
            if (!attached.contains(volume)) ++asked[driver];
        return withinLimits(**csiNode, used, asked) ? Status() : Status::unschedulable("node(s) exceed max volume count");
    }

private:
    static void add(const std::string& driver, const std::string& handle, std::map<std::string, std::string>& into) {
        if (!driver.empty() && !handle.empty()) into[driver + "/" + handle] = driver;
    }

    static Status collect(const ClusterObjects& objects, const PodInfo& pod, bool incoming, std::map<std::string, std::string>& into) {
        for (const auto& volume : volumesOf(pod)) {
            const auto* claimSource = source(volume, "persistentVolumeClaim");
            if (!claimSource && !source(volume, "ephemeral")) continue;
            const auto claimName = claimSource ? textOf(*claimSource, "claimName") : pod.name + "-" + textOf(volume.get_object(), "name");
            const auto* claim = lookup(objects.claims, pod.nameSpace + "/" + claimName);
            if (!claim && incoming) return notFound("persistentvolumeclaim", claimName);
            if (!claim) continue;
            const auto* persistent = lookup(objects.volumes, (*claim)->string({"spec", "volumeName"}));
            if (persistent) {
                add(std::string((*persistent)->string({"spec", "csi", "driver"})), std::string((*persistent)->string({"spec", "csi", "volumeHandle"})), into);
                continue;
            }
            if (const auto* storageClass = lookup(objects.storageClasses, classOf(**claim)))
                add(std::string((*storageClass)->string({"provisioner"})), "claim " + pod.nameSpace + "/" + claimName, into);
        }
        return {};
    }

    static bool withinLimits(const api::Object& csiNode, const std::map<std::string, std::int64_t>& used, const std::map<std::string, std::int64_t>& asked) {
        const auto* drivers = csiNode.find({"spec", "drivers"});
        if (!drivers || !drivers->is_array()) return true;
        for (const auto& driver : drivers->get_array()) {
            if (!driver.is_object()) continue;
            const auto* allocatable = source(driver, "allocatable");
            const auto* count = allocatable ? allocatable->if_contains("count") : nullptr;
            if (!count || !count->is_int64()) continue;
            const auto name = textOf(driver.get_object(), "name");
            const auto more = asked.find(name);
            const auto now = used.find(name);
            if (more != asked.end() && more->second + (now == used.end() ? 0 : now->second) > count->get_int64()) return false;
        }
        return true;
    }
};

}  // namespace

std::unique_ptr<Plugin> makeVolumePlugin(std::string_view name) {
    if (name == "VolumeRestrictions") return std::make_unique<VolumeRestrictions>();
    if (name == "NodeVolumeLimits") return std::make_unique<NodeVolumeLimits>();
    if (name == "VolumeBinding") return std::make_unique<VolumeBinding>();
    if (name == "VolumeZone") return std::make_unique<VolumeZone>();
    return nullptr;
}

}  // namespace kubarium::scheduler
