#include "core/scheduler/volume_reservation.h"

#include "core/scheduler/plugins/volume_claims.h"

#include <algorithm>

namespace kubarium::scheduler {
namespace {

bool has(const std::vector<std::string>& plugins, std::string_view name) { return std::ranges::find(plugins, name) != plugins.end(); }

// volume.GetBindVolumeToClaim
VolumeReservation::Binding bind(const ObjectPtr& volume, const ObjectPtr& claim) {
    constexpr const char* byController = "pv.kubernetes.io/bound-by-controller";
    const bool bound = isBoundTo(*volume, *claim);
    const bool referenced = bound && volume->string({"spec", "claimRef", "uid"}) == claim->uid();
    const bool annotated = volume->find({"metadata", "annotations", byController}) != nullptr;
    if (referenced && (bound || annotated)) return {volume, claim, false};
    auto tree = volume->tree();
    if (!referenced) {
        json::object reference{{"kind", "PersistentVolumeClaim"}, {"namespace", claim->nameSpace()}, {"name", claim->name()}, {"uid", claim->uid()}, {"apiVersion", "v1"}};
        if (!claim->resourceVersion().empty()) reference["resourceVersion"] = claim->resourceVersion();
        api::ensureObject(tree, {"spec"})["claimRef"] = std::move(reference);
    }
    if (!bound && !annotated) api::ensureObject(tree, {"metadata", "annotations"})[byController] = "yes";
    return {api::Object::make(std::move(tree)), claim, true};
}

ObjectPtr withSelectedNode(const ObjectPtr& claim, const std::string& node) {
    auto tree = claim->tree();
    api::ensureObject(tree, {"metadata", "annotations"})["volume.kubernetes.io/selected-node"] = node;
    return api::Object::make(std::move(tree));
}

}  // namespace

VolumeReservation reserveVolumes(const Snapshot& snapshot, const PodInfo& pod, const Profile& profile, const std::string& node) {
    constexpr std::string_view plugin = "VolumeBinding";
    VolumeReservation reservation;
    const auto index = snapshot.index(node);
    if (!index || !has(profile.reserve, plugin)) return reservation;
    // Reserve looks for what PreFilter leaves, for any Pod.
    if (!has(profile.preFilter, plugin)) {
        reservation.status = Status::error("running Reserve plugin \"VolumeBinding\": not found");
        return reservation;
    }
    if (pod.claims.empty() || !has(profile.filter, plugin)) return reservation;
    const auto claims = PodClaims::of(*snapshot.objects, pod);
    if (!claims.any || claims.waiting.empty()) return reservation;
    const auto volumes = claims.on(*snapshot.objects, *snapshot.nodes[*index]);
    for (const auto& [volume, claim] : volumes.matches) reservation.bindings.push_back(bind(volume, claim));
    for (const auto& claim : volumes.provisioned) reservation.provisions.push_back(withSelectedNode(claim, node));
    return reservation;
}

void assumeVolumes(ClusterObjects& objects, const VolumeReservation& reservation) {
    for (const auto& binding : reservation.bindings) objects.volumes[std::string(binding.volume->name())] = binding.volume;
    for (const auto& claim : reservation.provisions) objects.claims[claim->key()] = claim;
}

}  // namespace kubarium::scheduler
