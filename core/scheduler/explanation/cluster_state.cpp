#include "core/scheduler/explanation/cluster_state.h"

#include "core/api/codec.h"
#include "core/api/defaults.h"
#include "core/api/object_decoder.h"
#include "core/api/types/meta.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::scheduler {
namespace {

namespace resources = api::resources;

const std::array<StateKind, 16>& kinds() {
    static const std::array<StateKind, 16> table{{{resources::nodes, "Node", true},
                                                  {resources::pods, "Pod", true},
                                                  {resources::namespaces, "Namespace"},
                                                  {resources::services, "Service"},
                                                  {{"", "v1", "replicationcontrollers"}, "ReplicationController"},
                                                  {resources::replicaSets, "ReplicaSet"},
                                                  {resources::statefulSets, "StatefulSet"},
                                                  {resources::podDisruptionBudgets, "PodDisruptionBudget"},
                                                  {resources::priorityClasses, "PriorityClass"},
                                                  {resources::persistentVolumeClaims, "PersistentVolumeClaim"},
                                                  {resources::persistentVolumes, "PersistentVolume"},
                                                  {resources::storageClasses, "StorageClass"},
                                                  {{"storage.k8s.io", "v1", "csinodes"}, "CSINode"},
                                                  {{"storage.k8s.io", "v1", "csidrivers"}, "CSIDriver"},
                                                  {{"storage.k8s.io", "v1", "csistoragecapacities"}, "CSIStorageCapacity"},
                                                  {{"storage.k8s.io", "v1", "volumeattachments"}, "VolumeAttachment"}}};
    return table;
}

ObjectMap* storeOf(ClusterState& state, std::string_view kind) {
    auto& objects = *state.objects;
    if (kind == "Service") return &objects.services;
    if (kind == "ReplicationController") return &objects.replicationControllers;
    if (kind == "ReplicaSet") return &objects.replicaSets;
    if (kind == "StatefulSet") return &objects.statefulSets;
    if (kind == "PodDisruptionBudget") return &objects.podDisruptionBudgets;
    if (kind == "PriorityClass") return &state.priorityClasses;
    if (kind == "PersistentVolumeClaim") return &objects.claims;
    if (kind == "PersistentVolume") return &objects.volumes;
    if (kind == "StorageClass") return &objects.storageClasses;
    if (kind == "CSINode") return &objects.csiNodes;
    if (kind == "CSIDriver") return &objects.csiDrivers;
    if (kind == "CSIStorageCapacity") return &objects.csiStorageCapacities;
    if (kind == "VolumeAttachment") return &objects.volumeAttachments;
    return nullptr;
}

ObjectPtr withKind(const StateKind& kind, const ObjectPtr& object) {
    if (!object->kind().empty() && !object->apiVersion().empty()) return object;
    json::object tree{{"apiVersion", kind.resource.apiVersion()}, {"kind", kind.kind}};
    for (const auto& [key, value] : object->tree())
        if (key != "apiVersion" && key != "kind") tree[key] = value;
    return api::Object::make(std::move(tree));
}

// As the API server takes it in: types checked, defaults filled in. What a name cannot be found by is refused.
Result<ObjectPtr> decoded(const StateKind& kind, const json::object& object, const std::string& where) {
    const api::GroupVersionKind as{kind.resource.group, kind.resource.version, std::string(kind.kind)};
    auto result = api::decodeObject(api::Schema::builtin(), as, json::value(object));
    if (!result) return badRequest(fmt::format("{}: {}", where, result.error().message));
    if (api::stringAt(result->object, {"metadata", "name"}).empty()) return badRequest(fmt::format("{}: metadata.name is missing", where));
    api::applyDefaults(as, result->object);
    return api::Object::make(std::move(result->object));
}

Result<void> take(ClusterState& state, const json::value& value, const std::string& where) {
    const auto* object = value.if_object();
    if (!object) return badRequest(fmt::format("{}: not an object; a snapshot is a v1 List as 'kubarium snapshot export' writes it", where));
    const auto kind = api::stringAt(*object, {"kind"});
    if (kind == "KubeSchedulerConfiguration") {
        if (!state.configuration.is_null()) return badRequest(fmt::format("{}: a second KubeSchedulerConfiguration", where));
        state.configuration = value;
        return {};
    }
    if (kind == "List" || kind.ends_with("List")) {
        const auto* items = object->if_contains("items");
        if (!items || !items->is_array()) return badRequest(fmt::format("{}: {} without items", where, kind));
        for (std::size_t i = 0; i < items->get_array().size(); ++i) TRY(take(state, items->get_array()[i], fmt::format("{}.items[{}]", where, i)));
        return {};
    }
    const auto found = std::ranges::find(kinds(), kind, &StateKind::kind);
    if (found == kinds().end()) return {};
    const auto taken = TRY(decoded(*found, *object, fmt::format("{} ({})", where, kind)));
    add(state, *found, taken);
    return {};
}

json::object exported(const ObjectPtr& object) {
    auto tree = object->tree();
    api::ensureObject(tree, {"metadata"}).erase("managedFields");
    return tree;
}

}  // namespace

std::span<const StateKind> stateKinds() { return kinds(); }

Result<Configuration> ClusterState::parsedConfiguration() const { return configuration.is_null() ? Result<Configuration>(Configuration{}) : parseConfiguration(configuration); }

ObjectPtr ClusterState::findPod(std::string_view nameSpace, std::string_view name) const {
    const auto it = std::ranges::find_if(pods, [&](const auto& pod) { return pod->nameSpace() == nameSpace && pod->name() == name; });
    return it == pods.end() ? nullptr : *it;
}

bool add(ClusterState& state, const StateKind& kind, const ObjectPtr& given) {
    const auto object = withKind(kind, given);
    if (kind.kind == "Node") state.nodes.push_back(object);
    else if (kind.kind == "Pod") state.pods.push_back(object);
    else if (kind.kind == "Namespace") state.objects->namespaces[std::string(object->name())] = api::metaOf(*object).labels;
    else if (auto* store = storeOf(state, kind.kind)) (*store)[object->key()] = object;
    else return false;
    return true;
}

json::object toList(const ClusterState& state) {
    json::array items;
    auto copy = state;  // storeOf() wants one that may be changed
    for (const auto& kind : kinds()) {
        if (kind.kind == "Node")
            for (const auto& node : state.nodes) items.push_back(exported(node));
        if (kind.kind == "Pod")
            for (const auto& pod : state.pods) items.push_back(exported(pod));
        if (kind.kind == "Namespace")
            for (const auto& [name, labels] : state.objects->namespaces) {
                json::object tree;
                for (const auto& [key, value] : labels) tree[key] = value;
                items.push_back({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}, {"labels", std::move(tree)}}}});
            }
        if (auto* store = storeOf(copy, kind.kind))
            for (const auto& [key, object] : *store) items.push_back(exported(object));
    }
    return {{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}};
}

Result<ClusterState> parseState(std::string_view text) {
    const auto documents = TRY(api::parseYamlDocuments(text));
    ClusterState state;
    for (std::size_t i = 0; i < documents.size(); ++i) TRY(take(state, documents[i].value, fmt::format("document {}", i + 1)));
    return state;
}

Result<ClusterState> readState(const json::value& document) {
    ClusterState state;
    TRY(take(state, document, "snapshot"));
    return state;
}

std::string toText(const ClusterState& state) {
    auto text = api::toYaml(toList(state));
    if (!state.configuration.is_null()) text += "---\n" + api::toYaml(state.configuration);
    return text;
}

}  // namespace kubarium::scheduler
