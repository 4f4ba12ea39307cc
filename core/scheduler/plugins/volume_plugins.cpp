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

std::string textOf(const json::object& object, std::string_view key) { return std::string(api::stringAt(object, {key})); }

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

// From which Nodes a volume can be reached: those that one of its terms matches, all without terms.
struct Reach {
    bool limited = false;
    NodeAffinity affinity;

    static Reach of(const api::Object& volume) {
        const auto* required = volume.find({"spec", "nodeAffinity", "required"});
        if (!required) return {};
        const json::value affinity{{"requiredDuringSchedulingIgnoredDuringExecution", *required}};
        return {true, NodeAffinity::parse(&affinity)};
    }
    bool from(const NodeInfo& node) const {
        return !limited || std::ranges::any_of(affinity.required, [&](const NodeTerm& term) { return term.matches(node.labels, node.name); });
    }
};

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

api::Quantity requested(const api::Object& claim) { return amount(claim.find({"spec", "resources", "requests", "storage"})); }

api::Selector selectorOf(const json::value& value) {
    std::string error;
    return parseSelector(value.if_object(), error);
}

// A claim that waits for its first consumer, with all that its Node does not change.
struct WaitingClaim {
    struct Candidate {
        std::string volume;
        bool own = false;  // made for this claim, or promised to it
        Reach reach;
    };

    ObjectPtr claim;
    api::Quantity size;
    std::string selectedNode;           // where its provisioning was begun
    std::vector<Candidate> candidates;  // its own first, then from the smallest
    bool provisioned = false;           // a provisioner can make a volume for it
    const json::value* topologies = nullptr;
    bool capacityTracked = false;
    std::vector<api::Selector> capacities;  // of Nodes where enough storage is left

    WaitingClaim(const ClusterObjects& objects, ObjectPtr of) : claim(std::move(of)), size(requested(*claim)), selectedNode(annotation(*claim, "volume.kubernetes.io/selected-node")) {
        findCandidates(objects);
        findProvisioner(objects);
    }

    // pkg/volume/util FindMatchingVolume. "" if none is left.
    std::string match(const NodeInfo& node, const std::set<std::string>& chosen) const {
        for (const auto& candidate : candidates) {
            if (chosen.contains(candidate.volume)) continue;
            const bool reached = candidate.reach.from(node);
            if (candidate.own || reached) return reached ? candidate.volume : std::string();
        }
        return {};
    }

    bool topologyAllows(const NodeInfo& node) const {
        if (!topologies || !topologies->is_array() || topologies->get_array().empty()) return true;
        return std::ranges::any_of(topologies->get_array(), [&](const json::value& term) {
            const auto* expressions = term.is_object() ? term.get_object().if_contains("matchLabelExpressions") : nullptr;
            if (!expressions || !expressions->is_array() || expressions->get_array().empty()) return false;
            return std::ranges::all_of(expressions->get_array(), [&](const json::value& expression) {
                if (!expression.is_object()) return false;
                const auto label = node.labels.find(textOf(expression.get_object(), "key"));
                return label != node.labels.end() && listHas(expression.get_object().if_contains("values"), label->second);
            });
        });
    }

    bool capacityLeft(const NodeInfo& node) const {
        return !capacityTracked || std::ranges::any_of(capacities, [&](const api::Selector& selector) { return selector.matches(node.labels); });
    }

private:
    void findCandidates(const ClusterObjects& objects) {
        std::optional<api::Selector> selector;
        if (const auto* value = claim->find({"spec", "selector"})) selector = selectorOf(*value);
        std::vector<std::pair<api::Quantity, Candidate>> found;
        for (const auto& [name, volume] : objects.volumes) {
            const auto* reference = volume->find({"spec", "claimRef"});
            const bool own = reference && reference->is_object() && isFor(reference->get_object());
            if ((reference && !own) || !suits(*volume)) continue;
            if (!own && (volume->string({"status", "phase"}) != "Available" || (selector && !selector->matches(*volume)) || !offersModes(*volume))) continue;
            found.emplace_back(amount(volume->find({"spec", "capacity", "storage"})), Candidate{name, own, Reach::of(*volume)});
        }
        std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return a.second.own != b.second.own ? a.second.own : !a.second.own && a.first < b.first; });
        for (auto& [capacity, candidate] : found) candidates.push_back(std::move(candidate));
    }

    void findProvisioner(const ClusterObjects& objects) {
        const auto className = classOf(*claim);
        const auto* storageClass = lookup(objects.storageClasses, className);
        if (!storageClass) return;
        const auto provisioner = (*storageClass)->string({"provisioner"});
        provisioned = !provisioner.empty() && provisioner != "kubernetes.io/no-provisioner";
        topologies = (*storageClass)->find({"allowedTopologies"});
        const auto* driver = lookup(objects.csiDrivers, provisioner);
        const auto* tracked = driver ? (*driver)->find({"spec", "storageCapacity"}) : nullptr;
        capacityTracked = tracked && tracked->is_bool() && tracked->get_bool() && claim->find({"spec", "resources", "requests", "storage"});
        if (!capacityTracked) return;
        for (const auto& [key, capacity] : objects.csiStorageCapacities) {
            const auto* most = capacity->find({"maximumVolumeSize"});
            if (!most) most = capacity->find({"capacity"});
            const auto* topology = capacity->find({"nodeTopology"});
            if (capacity->string({"storageClassName"}) == className && most && !(amount(most) < size) && topology) capacities.push_back(selectorOf(*topology));
        }
    }

    bool isFor(const json::object& reference) const {
        if (textOf(reference, "name") != claim->name() || textOf(reference, "namespace") != claim->nameSpace()) return false;
        const auto uid = textOf(reference, "uid");
        return uid.empty() || uid == claim->uid();
    }

    bool suits(const api::Object& volume) const {
        const auto mode = [](const api::Object& object) {
            const auto text = object.string({"spec", "volumeMode"});
            return text.empty() ? std::string_view("Filesystem") : text;
        };
        return classOf(volume) == classOf(*claim) && !(amount(volume.find({"spec", "capacity", "storage"})) < size) && mode(volume) == mode(*claim) &&
               !volume.find({"metadata", "deletionTimestamp"}) &&
               volume.string({"spec", "volumeAttributesClassName"}) == claim->string({"spec", "volumeAttributesClassName"});
    }

    bool offersModes(const api::Object& volume) const {
        const auto* wanted = claim->find({"spec", "accessModes"});
        if (!wanted || !wanted->is_array()) return true;
        return std::ranges::all_of(wanted->get_array(), [&](const json::value& mode) { return mode.is_string() && listHas(volume.find({"spec", "accessModes"}), mode.get_string()); });
    }
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
        return {sort(objects, claims), {}};
    }

    Status filter(const Cycle&, const NodeInfo& node) override {
        bool reached = true, volumesExist = true, enough = true;
        for (const auto& reach : plan_->bound) {
            volumesExist = reach.has_value();
            reached = !reach || reach->from(node);
            if (!volumesExist || !reached) break;
        }
        const bool found = findVolumes(node, enough);
        std::vector<std::string> reasons;
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
    struct Plan {
        std::vector<std::optional<Reach>> bound;  // of bound claims; empty where the volume does not exist
        std::vector<WaitingClaim> waiting;        // small claims choose first, so that they take small volumes
    };

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

    // Bound, or waiting; anything else cannot be helped by a Node.
    Status sort(const ClusterObjects& objects, const std::vector<ObjectPtr>& claims) {
        auto plan = std::make_shared<Plan>();
        for (const auto& claim : claims) {
            const auto volumeName = claim->string({"spec", "volumeName"});
            if (!volumeName.empty() && claim->find({"metadata", "annotations", "pv.kubernetes.io/bind-completed"})) {
                const auto* volume = lookup(objects.volumes, volumeName);
                plan->bound.push_back(volume ? std::optional(Reach::of(**volume)) : std::nullopt);
                continue;
            }
            const auto className = classOf(*claim);
            const auto* storageClass = className.empty() ? nullptr : lookup(objects.storageClasses, className);
            if (storageClass && !(*storageClass)->find({"volumeBindingMode"}))
                return Status::error(fmt::format("VolumeBindingMode not set for StorageClass \"{}\"", className));
            if (!volumeName.empty() || !storageClass || (*storageClass)->string({"volumeBindingMode"}) != waitForFirstConsumer)
                return Status::unresolvable("pod has unbound immediate PersistentVolumeClaims");
            plan->waiting.emplace_back(objects, claim);
        }
        std::ranges::stable_sort(plan->waiting, {}, &WaitingClaim::size);
        plan_ = std::move(plan);
        return {};
    }

    bool findVolumes(const NodeInfo& node, bool& enough) const {
        std::vector<const WaitingClaim*> toProvision, unmatched;
        std::set<std::string> chosen;
        for (const auto& claim : plan_->waiting) {
            if (claim.selectedNode == node.name) toProvision.push_back(&claim);
            else if (!claim.selectedNode.empty()) return false;
            else if (auto volume = claim.match(node, chosen); !volume.empty()) chosen.insert(std::move(volume));
            else unmatched.push_back(&claim);
        }
        toProvision.insert(toProvision.end(), unmatched.begin(), unmatched.end());
        for (const auto* claim : toProvision) {
            if (!claim->provisioned || !claim->topologyAllows(node)) return false;
            enough = claim->capacityLeft(node);
            if (!enough) return true;
        }
        return true;
    }

    std::shared_ptr<const Plan> plan_ = std::make_shared<const Plan>();
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
        constexpr std::array kinds = {"persistentVolumeClaim", "ephemeral", "awsElasticBlockStore", "gcePersistentDisk", "azureDisk", "cinder"};
        const auto counts = [&](const json::value& volume) { return std::ranges::any_of(kinds, [&](const char* kind) { return source(volume, kind) != nullptr; }); };
        if (std::ranges::none_of(volumesOf(cycle.pod), counts)) return {Status::skip(), {}};
        plan_ = makePlan(cycle);
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (!plan_) plan_ = makePlan(cycle);  // a profile may have this PreFilter disabled
        if (!plan_->status.success()) return plan_->status;
        const auto& objects = *cycle.snapshot.objects;
        const auto* csiNode = lookup(objects.csiNodes, node.name);
        if (plan_->wanted.empty() || !csiNode) return {};
        const auto known = plan_->attached.find(node.name);
        auto attached = known == plan_->attached.end() ? Drivers() : known->second;
        for (const auto& pod : node.pods) collect(objects, *pod, false, attached);
        std::map<std::string, std::int64_t> used, asked;
        for (const auto& [volume, driver] : attached) ++used[driver];
        for (const auto& [volume, driver] : plan_->wanted)
            if (!attached.contains(volume)) ++asked[driver];
        return withinLimits(**csiNode, used, asked) ? Status() : Status::unschedulable("node(s) exceed max volume count");
    }

private:
    using Drivers = std::map<std::string, std::string>;  // volume -> its driver
    struct Plan {
        Status status;
        Drivers wanted;
        std::map<std::string, Drivers> attached;  // by Node, as VolumeAttachments say
    };

    static std::shared_ptr<const Plan> makePlan(const Cycle& cycle) {
        const auto& objects = *cycle.snapshot.objects;
        auto plan = std::make_shared<Plan>();
        plan->status = collect(objects, cycle.pod, true, plan->wanted);
        if (!plan->wanted.empty())
            for (const auto& [key, attachment] : objects.volumeAttachments)
                if (const auto* volume = lookup(objects.volumes, attachment->string({"spec", "source", "persistentVolumeName"})))
                    addVolume(**volume, plan->attached[std::string(attachment->string({"spec", "nodeName"}))]);
        return plan;
    }

    static void addVolume(const api::Object& volume, Drivers& into) {
        add(std::string(volume.string({"spec", "csi", "driver"})), std::string(volume.string({"spec", "csi", "volumeHandle"})), into);
    }

    static void add(const std::string& driver, const std::string& handle, Drivers& into) {
        if (!driver.empty() && !handle.empty()) into[driver + "/" + handle] = driver;
    }

    static Status collect(const ClusterObjects& objects, const PodInfo& pod, bool incoming, Drivers& into) {
        for (const auto& volume : volumesOf(pod)) {
            const auto* claimSource = source(volume, "persistentVolumeClaim");
            if (!claimSource && !source(volume, "ephemeral")) continue;
            const auto claimName = claimSource ? textOf(*claimSource, "claimName") : pod.name + "-" + textOf(volume.get_object(), "name");
            const auto* claim = lookup(objects.claims, pod.nameSpace + "/" + claimName);
            if (!claim && incoming) return notFound("persistentvolumeclaim", claimName);
            if (!claim) continue;
            const auto* persistent = lookup(objects.volumes, (*claim)->string({"spec", "volumeName"}));
            if (persistent) {
                addVolume(**persistent, into);
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

    std::shared_ptr<const Plan> plan_;
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
