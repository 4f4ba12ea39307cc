#include "core/scheduler/plugins/volume_objects.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {

const ObjectPtr* lookup(const ObjectMap& objects, std::string_view key) {
    const auto it = objects.find(std::string(key));
    return it == objects.end() ? nullptr : &it->second;
}

const json::object* volumeSource(const json::value& volume, std::string_view kind) {
    const auto* object = volume.if_object();
    const auto* found = object ? object->if_contains(kind) : nullptr;
    return found ? found->if_object() : nullptr;
}

std::span<const json::value> volumesOf(const PodInfo& pod) {
    return pod.volumes ? std::span<const json::value>(pod.volumes->data(), pod.volumes->size()) : std::span<const json::value>();
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

api::Quantity amountOf(const json::value* value) {
    if (!value) return {};
    if (value->is_int64()) return api::Quantity::of(value->get_int64());
    return value->is_string() ? api::Quantity::parse(value->get_string()).value_or(api::Quantity{}) : api::Quantity{};
}

std::optional<ClaimReference> claimOf(const PodInfo& pod, const json::value& volume) {
    if (const auto* claim = volumeSource(volume, "persistentVolumeClaim")) return ClaimReference{textOf(*claim, "claimName"), false};
    if (volumeSource(volume, "ephemeral")) return ClaimReference{pod.name + "-" + textOf(volume.get_object(), "name"), true};
    return std::nullopt;
}

bool ownedBy(const api::Object& claim, const PodInfo& pod) {
    const auto* owners = claim.find({"metadata", "ownerReferences"});
    if (claim.nameSpace() != pod.nameSpace || !owners || !owners->is_array()) return false;
    for (const auto& owner : owners->get_array())
        if (owner.is_object() && flagOf(owner.get_object(), "controller")) return textOf(owner.get_object(), "uid") == pod.uid;
    return false;
}

std::string notOwnerText(const api::Object& claim, const PodInfo& pod) {
    return fmt::format("PVC {}/{} was not created for pod {}/{} (pod is not owner)", claim.nameSpace(), claim.name(), pod.nameSpace, pod.name);
}

std::string storageClassOf(const api::Object& object) {
    if (const auto* old = object.find({"metadata", "annotations", "volume.beta.kubernetes.io/storage-class"}); old && old->is_string()) return std::string(old->get_string());
    return std::string(object.string({"spec", "storageClassName"}));
}

Status notFound(std::string_view resource, std::string_view name) { return Status::unresolvable(fmt::format("{} \"{}\" not found", resource, name)); }

VolumeReach VolumeReach::of(const api::Object& volume) { return ofTerms(volume.find({"spec", "nodeAffinity", "required"})); }

VolumeReach VolumeReach::ofTerms(const json::value* required) {
    if (!required || !required->is_object()) return {};
    const json::value affinity{{"requiredDuringSchedulingIgnoredDuringExecution", *required}};
    return {true, NodeAffinity::parse(&affinity)};
}

bool VolumeReach::from(const NodeInfo& node) const {
    return !limited || std::ranges::any_of(affinity.required, [&](const NodeTerm& term) { return term.matchesLabels(node.labels); });
}

}  // namespace kubarium::scheduler
