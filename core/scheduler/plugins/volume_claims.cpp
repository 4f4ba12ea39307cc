#include "core/scheduler/plugins/volume_claims.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

constexpr std::string_view waitForFirstConsumer = "WaitForFirstConsumer";

const json::value* requestOf(const api::Object& claim) { return claim.find({"spec", "resources", "requests", "storage"}); }

api::Quantity capacityOf(const api::Object& volume) { return amountOf(volume.find({"spec", "capacity", "storage"})); }

// podHasPVCs
Status usable(const api::Object& claim, const ClaimReference& reference, const PodInfo& pod) {
    if (claim.string({"status", "phase"}) == "Lost")
        return Status::unresolvable(fmt::format("persistentvolumeclaim \"{}\" bound to non-existent persistentvolume \"{}\"", reference.name, claim.string({"spec", "volumeName"})));
    if (claim.deleting()) return Status::unresolvable(fmt::format("persistentvolumeclaim \"{}\" is being deleted", reference.name));
    if (reference.ephemeral && !ownedBy(claim, pod)) return Status::unresolvable(notOwnerText(claim, pod));
    return {};
}

Status missing(const ClaimReference& reference) {
    if (!reference.ephemeral) return notFound("persistentvolumeclaim", reference.name);
    return Status::unresolvable(fmt::format("waiting for ephemeral volume controller to create the persistentvolumeclaim \"{}\"", reference.name));
}

BoundClaim boundTo(const ClusterObjects& objects, std::string_view volumeName) {
    const auto* volume = lookup(objects.volumes, volumeName);
    if (!volume) return {};
    const auto* spec = (*volume)->find({"spec"});
    const auto* plugin = spec ? inTreePluginOf(*spec) : nullptr;
    return {*volume, VolumeReach::of(**volume), plugin && plugin->translated ? plugin : nullptr};
}

// checkBoundClaims: stops at the first that cannot be reached.
struct BoundCheck {
    bool reached = true, exist = true;
    std::string error;
};
BoundCheck check(const std::vector<BoundClaim>& bound, const ClusterObjects& objects, const NodeInfo& node) {
    if (bound.empty()) return {};
    const auto* csiNode = lookup(objects.csiNodes, node.name);
    for (const auto& claim : bound) {
        if (!claim.volume) return {true, false, {}};
        bool reached = claim.reach.from(node);
        if (claim.migrated && migratedOn(*claim.migrated, csiNode ? csiNode->get() : nullptr)) {
            const auto reach = translatedReach(*claim.migrated, *claim.volume);
            if (!reach) return {false, true, "could not translate pv: " + reach.error().message};
            reached = reach->from(node);
        }
        if (!reached) return {false, true, {}};
    }
    return {};
}

}  // namespace

bool isBoundTo(const api::Object& volume, const api::Object& claim) {
    if (volume.string({"spec", "claimRef", "name"}) != claim.name() || volume.string({"spec", "claimRef", "namespace"}) != claim.nameSpace()) return false;
    const auto uid = volume.string({"spec", "claimRef", "uid"});
    return volume.find({"spec", "claimRef"}) && (uid.empty() || uid == claim.uid());
}

WaitingClaim::WaitingClaim(const ClusterObjects& objects, ObjectPtr claim) : claim_(std::move(claim)), size_(amountOf(requestOf(*claim_))) {
    if (const auto* selected = claim_->find({"metadata", "annotations", "volume.kubernetes.io/selected-node"}); selected && selected->is_string())
        selectedNode_ = std::string(selected->get_string());
    if (!selectedNode_) findCandidates(objects);
    findProvisioner(objects);
}

ObjectPtr WaitingClaim::match(const NodeInfo& node, const std::set<std::string>& chosen) const {
    for (const auto& candidate : candidates_) {
        if (chosen.contains(std::string(candidate.volume->name()))) continue;
        const bool reached = candidate.reach.from(node);
        if (candidate.own || reached) return reached ? candidate.volume : nullptr;
    }
    return nullptr;
}

bool WaitingClaim::topologyAllows(const NodeInfo& node) const {
    if (!topologies_ || !topologies_->is_array() || topologies_->get_array().empty()) return true;
    return std::ranges::any_of(topologies_->get_array(), [&](const json::value& term) {
        const auto* expressions = term.is_object() ? term.get_object().if_contains("matchLabelExpressions") : nullptr;
        if (!expressions || !expressions->is_array() || expressions->get_array().empty()) return false;
        return std::ranges::all_of(expressions->get_array(), [&](const json::value& expression) {
            if (!expression.is_object()) return false;
            const auto label = node.labels.find(textOf(expression.get_object(), "key"));
            return label != node.labels.end() && listHas(expression.get_object().if_contains("values"), label->second);
        });
    });
}

bool WaitingClaim::capacityLeft(const NodeInfo& node) const {
    return !capacityTracked_ || std::ranges::any_of(capacities_, [&](const api::Selector& selector) { return selector.matches(node.labels); });
}

void WaitingClaim::findCandidates(const ClusterObjects& objects) {
    std::optional<api::Selector> selector;
    if (const auto* value = claim_->find({"spec", "selector"}); value && value->is_object()) {
        std::string invalid;
        selector = parseSelector(&value->get_object(), invalid);
        if (!invalid.empty()) {
            error_ = fmt::format("error creating internal label selector for claim: {}: {}", claim_->key(), invalid);
            return;
        }
    }
    std::vector<std::pair<api::Quantity, Candidate>> found;
    for (const auto& [name, volume] : objects.volumes) {
        const bool own = isBoundTo(*volume, *claim_);
        if ((volume->find({"spec", "claimRef"}) && !own) || !suits(*volume)) continue;
        if (!own && (volume->string({"status", "phase"}) != "Available" || (selector && !selector->matches(*volume)) || !offersModes(*volume))) continue;
        found.emplace_back(capacityOf(*volume), Candidate{volume, own, VolumeReach::of(*volume)});
    }
    std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return a.second.own != b.second.own ? a.second.own : !a.second.own && a.first < b.first; });
    for (auto& [capacity, candidate] : found) candidates_.push_back(std::move(candidate));
}

void WaitingClaim::findProvisioner(const ClusterObjects& objects) {
    const auto className = storageClassOf(*claim_);
    const auto* storageClass = lookup(objects.storageClasses, className);
    if (!storageClass) return;
    const auto provisioner = (*storageClass)->string({"provisioner"});
    provisioned_ = !provisioner.empty() && provisioner != "kubernetes.io/no-provisioner";
    topologies_ = (*storageClass)->find({"allowedTopologies"});
    const auto* driver = lookup(objects.csiDrivers, provisioner);
    const auto* tracked = driver ? (*driver)->find({"spec", "storageCapacity"}) : nullptr;
    capacityTracked_ = tracked && tracked->is_bool() && tracked->get_bool() && requestOf(*claim_);
    if (!capacityTracked_) return;
    for (const auto& [key, capacity] : objects.csiStorageCapacities) {
        const auto* most = capacity->find({"maximumVolumeSize"});
        if (!most) most = capacity->find({"capacity"});
        const auto* topology = capacity->find({"nodeTopology"});
        if (capacity->string({"storageClassName"}) != className || !most || amountOf(most).value() < size_.value() || !topology) continue;
        std::string invalid;
        auto selector = parseSelector(topology->if_object(), invalid);
        if (invalid.empty()) capacities_.push_back(std::move(selector));
    }
}

bool WaitingClaim::suits(const api::Object& volume) const {
    const auto mode = [](const api::Object& object) {
        const auto text = object.string({"spec", "volumeMode"});
        return text.empty() ? std::string_view("Filesystem") : text;
    };
    return storageClassOf(volume) == storageClassOf(*claim_) && !(capacityOf(volume) < size_) && mode(volume) == mode(*claim_) && !volume.deleting() &&
           volume.string({"spec", "volumeAttributesClassName"}) == claim_->string({"spec", "volumeAttributesClassName"});
}

bool WaitingClaim::offersModes(const api::Object& volume) const {
    const auto* wanted = claim_->find({"spec", "accessModes"});
    if (!wanted || !wanted->is_array()) return true;
    return std::ranges::all_of(wanted->get_array(), [&](const json::value& mode) { return mode.is_string() && listHas(volume.find({"spec", "accessModes"}), mode.get_string()); });
}

PodClaims PodClaims::of(const ClusterObjects& objects, const PodInfo& pod) {
    PodClaims claims;
    std::vector<ObjectPtr> found;
    for (const auto& volume : volumesOf(pod)) {
        const auto reference = claimOf(pod, volume);
        if (!reference) continue;
        claims.any = true;
        const auto* claim = lookup(objects.claims, pod.nameSpace + "/" + reference->name);
        claims.status = claim ? usable(**claim, *reference, pod) : missing(*reference);
        if (!claims.status.success()) return claims;
        found.push_back(*claim);
    }
    bool immediate = false;
    for (const auto& claim : found) {
        const auto volumeName = claim->string({"spec", "volumeName"});
        if (!volumeName.empty() && claim->find({"metadata", "annotations", "pv.kubernetes.io/bind-completed"})) {
            claims.bound.push_back(boundTo(objects, volumeName));
            continue;
        }
        const auto className = storageClassOf(*claim);
        const auto* storageClass = className.empty() ? nullptr : lookup(objects.storageClasses, className);
        if (storageClass && !(*storageClass)->find({"volumeBindingMode"})) {
            claims.status = Status::error(fmt::format("VolumeBindingMode not set for StorageClass \"{}\"", className));
            return claims;
        }
        if (!volumeName.empty() || !storageClass || (*storageClass)->string({"volumeBindingMode"}) != waitForFirstConsumer) immediate = true;
        else claims.waiting.emplace_back(objects, claim);
    }
    if (immediate) claims.status = Status::unresolvable("pod has unbound immediate PersistentVolumeClaims");
    std::ranges::stable_sort(claims.waiting, {}, &WaitingClaim::size);
    return claims;
}

NodeVolumes PodClaims::on(const ClusterObjects& objects, const NodeInfo& node) const {
    NodeVolumes volumes;
    const auto boundCheck = check(bound, objects, node);
    if (!boundCheck.error.empty()) return {Status::error(boundCheck.error), {}, {}};
    bool found = true, enough = true;
    std::vector<const WaitingClaim*> toProvision, unmatched;
    std::set<std::string> chosen;
    // One whose provisioning was begun elsewhere settles it.
    for (const auto& claim : waiting) {
        if (!claim.selectedNode()) continue;
        if (*claim.selectedNode() == node.name) toProvision.push_back(&claim);
        else found = false;
    }
    for (const auto& claim : waiting) {
        if (!found || claim.selectedNode()) continue;
        if (!claim.error().empty()) return {Status::error(claim.error()), {}, {}};
        auto volume = claim.match(node, chosen);
        if (!volume) {
            unmatched.push_back(&claim);
            continue;
        }
        chosen.emplace(volume->name());
        volumes.matches.push_back({std::move(volume), claim.claim()});
    }
    toProvision.insert(toProvision.end(), unmatched.begin(), unmatched.end());
    for (const auto* claim : toProvision) {
        if (!found || !enough) break;
        found = claim->provisionedOn(node);
        enough = !found || claim->capacityLeft(node);
        volumes.provisioned.push_back(claim->claim());
    }
    std::vector<std::string> reasons;
    if (!boundCheck.reached) reasons.emplace_back("node(s) didn't match PersistentVolume's node affinity");
    if (!found) reasons.emplace_back("node(s) didn't find available persistent volumes to bind");
    if (!enough) reasons.emplace_back("node(s) did not have enough free storage");
    if (!boundCheck.exist) reasons.emplace_back("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
    if (!reasons.empty()) volumes.status = {Code::UnschedulableAndUnresolvable, std::move(reasons), {}};
    return volumes;
}

}  // namespace kubarium::scheduler
