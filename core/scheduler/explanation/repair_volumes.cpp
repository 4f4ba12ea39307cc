// Volumes: claims that have none, volumes that a Node does not reach, volumes that only one Pod or Node has at a time.
//
// What a claim asks for cannot be changed once it exists, but one that is not bound holds nothing and can be made again. A claim of a
// StorageClass that binds at once must be bound before its Pod is looked at (the volume controller does that); one that waits for
// its first consumer needs, on the Pod's Node, a volume that suits or a provisioner that may make one there.
#include "core/scheduler/explanation/repairs.h"
#include "core/scheduler/plugins/volume_claims.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kubarium::scheduler {
namespace {

constexpr double createClaimCost = 15, changeClaimCost = 16, differenceCost = 3, createVolumeCost = 30;
constexpr std::size_t mostVolumes = 2;
constexpr const char* assumedSize = "1Gi";
constexpr std::string_view bindCompleted = "pv.kubernetes.io/bind-completed", defaultClass = "storageclass.kubernetes.io/is-default-class", hostname = "kubernetes.io/hostname";

// A claim of the Pod that has no volume; without an object it does not exist.
struct Unbound {
    std::string nameSpace, name;
    ObjectPtr claim;
    std::string key() const { return nameSpace + "/" + name; }
};

// What would serve one claim, and the volume that it takes ("" takes none that is there).
struct Option {
    Edit edit;
    std::string volume;
};

const json::value* requestOf(const api::Object& claim) { return claim.find({"spec", "resources", "requests", "storage"}); }
const json::value* capacityOf(const api::Object& volume) { return volume.find({"spec", "capacity", "storage"}); }
std::string shown(const json::value* value) { return value && value->is_string() ? std::string(value->get_string()) : std::string("0"); }

std::vector<std::string> modesOf(const api::Object& object) {
    std::vector<std::string> modes;
    if (const auto* list = object.find({"spec", "accessModes"}); list && list->is_array())
        for (const auto& mode : list->get_array())
            if (mode.is_string()) modes.emplace_back(mode.get_string());
    return modes;
}

bool waits(const ClusterObjects& objects, const api::Object& claim) {
    const auto* storageClass = lookup(objects.storageClasses, storageClassOf(claim));
    return storageClass && (*storageClass)->string({"volumeBindingMode"}) == "WaitForFirstConsumer" && claim.string({"spec", "volumeName"}).empty();
}

// Whether the claim, if it waits for its consumer, finds something on the Node.
bool served(const ClusterObjects& objects, const ObjectPtr& claim, const NodeInfo& node) {
    if (!claim || !waits(objects, *claim)) return false;
    const WaitingClaim waiting(objects, claim);
    if (waiting.selectedNode()) return *waiting.selectedNode() == node.name;
    return waiting.error().empty() && (waiting.match(node, {}) || (waiting.provisionedOn(node) && waiting.capacityLeft(node)));
}

// Claims that keep the Pod from the Node; ephemeral ones come and go with the Pod.
std::vector<Unbound> unboundClaims(const World& world, const NodeInfo& node) {
    std::vector<Unbound> unbound;
    const auto& objects = *world.snapshot.objects;
    for (const auto& volume : volumesOf(*world.pod)) {
        const auto reference = claimOf(*world.pod, volume);
        if (!reference || reference->ephemeral || reference->name.empty()) continue;
        const auto* claim = lookup(objects.claims, world.pod->nameSpace + "/" + reference->name);
        const bool bound = claim && !(*claim)->string({"spec", "volumeName"}).empty() && (*claim)->find({"metadata", "annotations", bindCompleted});
        if (bound || served(objects, claim ? *claim : nullptr, node)) continue;
        unbound.push_back({world.pod->nameSpace, reference->name, claim ? *claim : nullptr});
    }
    return unbound;
}

// The claim as it would be made again, or for the first time.
json::object manifestOf(const Unbound& unbound) {
    json::object spec{{"accessModes", json::array{"ReadWriteOnce"}}, {"resources", {{"requests", {{"storage", assumedSize}}}}}};
    json::object meta{{"name", unbound.name}, {"namespace", unbound.nameSpace}};
    if (unbound.claim) {
        if (const auto* given = unbound.claim->find({"spec"}); given && given->is_object()) spec = given->get_object();
        if (const auto* labels = unbound.claim->find({"metadata", "labels"})) meta["labels"] = *labels;
        spec.erase("volumeName");
        if (const auto name = storageClassOf(*unbound.claim); !name.empty()) spec["storageClassName"] = name;
    }
    return {{"apiVersion", "v1"}, {"kind", "PersistentVolumeClaim"}, {"metadata", std::move(meta)}, {"spec", std::move(spec)}};
}

// As the volume controller binds them.
void bind(ClusterObjects& objects, const ObjectPtr& claim, const ObjectPtr& volume) {
    auto claimTree = claim->tree(), volumeTree = volume->tree();
    api::ensureObject(claimTree, {"spec"})["volumeName"] = volume->name();
    api::ensureObject(claimTree, {"metadata", "annotations"})[bindCompleted] = "yes";
    api::ensureObject(volumeTree, {"spec"})["claimRef"] = json::object{{"namespace", claim->nameSpace()}, {"name", claim->name()}, {"uid", claim->uid()}};
    api::ensureObject(volumeTree, {"status"})["phase"] = "Bound";
    objects.claims[claim->key()] = api::Object::make(std::move(claimTree));
    objects.volumes[std::string(volume->name())] = api::Object::make(std::move(volumeTree));
}

// `volume`: the one that it is made for; one that binds at once is bound to it then.
Edit claimEdit(const World& world, const Unbound& unbound, json::object manifest, const ObjectPtr& volume) {
    Edit edit;
    edit.kind = unbound.claim ? EditKind::ChangeClaim : EditKind::CreateClaim;
    edit.makes = api::Object::make(std::move(manifest));
    edit.key = "claim " + json::serialize(edit.makes->tree());
    const bool atOnce = volume && !waits(*world.snapshot.objects, *edit.makes);
    edit.ofObjects = [claim = edit.makes, volume, atOnce](ClusterObjects& objects) {
        objects.claims[claim->key()] = claim;
        if (atOnce) bind(objects, claim, volume);
    };
    return edit;
}

// In which ways the claim must be different for the volume to suit; nothing if it cannot be.
struct Fitting {
    std::vector<std::string> en, zh;
    json::object manifest;
};
std::optional<Fitting> fittedTo(const Unbound& unbound, const api::Object& volume) {
    Fitting fitting{{}, {}, manifestOf(unbound)};
    auto& spec = fitting.manifest.at("spec").as_object();
    const auto differs = [&](std::string en, std::string zh) {
        fitting.en.push_back(std::move(en));
        fitting.zh.push_back(std::move(zh));
    };
    const api::Object wanted(fitting.manifest);
    const auto mode = [](const api::Object& object) { return object.string({"spec", "volumeMode"}) == "Block"; };
    if (mode(volume) != mode(wanted) || wanted.find({"spec", "selector"})) return std::nullopt;
    if (const auto has = storageClassOf(volume), asked = storageClassOf(wanted); has != asked) {
        spec["storageClassName"] = has;
        const auto name = [](const std::string& text) { return text.empty() ? std::string("\"\"") : text; };
        differs(fmt::format("StorageClass {} instead of {}", name(has), name(asked)), fmt::format("StorageClass {}（而不是 {}）", name(has), name(asked)));
    }
    if (amountOf(capacityOf(volume)) < amountOf(requestOf(wanted))) {
        differs(fmt::format("{} instead of {}", shown(capacityOf(volume)), shown(requestOf(wanted))), fmt::format("{}（而不是 {}）", shown(capacityOf(volume)), shown(requestOf(wanted))));
        api::ensureObject(spec, {"resources", "requests"})["storage"] = shown(capacityOf(volume));
    }
    const auto offered = modesOf(volume), asked = modesOf(wanted);
    if (offered.empty()) return std::nullopt;
    if (!std::ranges::all_of(asked, [&](const auto& each) { return std::ranges::find(offered, each) != offered.end(); })) {
        spec["accessModes"] = json::array{json::value(offered.front())};
        differs(fmt::format("access mode {} instead of {}", offered.front(), fmt::join(asked, ",")), fmt::format("访问模式 {}（而不是 {}）", offered.front(), fmt::join(asked, ",")));
    }
    return fitting;
}

// Volumes that are there, free and in reach, and would do for a claim that is somewhat different.
void addFittingVolumes(const Obstacle& obstacle, const Unbound& unbound, std::vector<Option>& options) {
    std::vector<Option> found;
    for (const auto& [name, volume] : obstacle.world.snapshot.objects->volumes) {
        if (volume->find({"spec", "claimRef"}) || volume->string({"status", "phase"}) != "Available" || volume->deleting() || !VolumeReach::of(*volume).from(obstacle.node)) continue;
        auto fitting = fittedTo(unbound, *volume);
        if (!fitting || (unbound.claim && fitting->en.empty())) continue;
        // One that binds at once could take another volume, elsewhere, that suits as well.
        if (!waits(*obstacle.world.snapshot.objects, api::Object(fitting->manifest))) fitting->manifest.at("spec").as_object()["volumeName"] = name;
        auto edit = claimEdit(obstacle.world, unbound, fitting->manifest, volume);
        if (unbound.claim) {
            edit.cost = changeClaimCost + differenceCost * static_cast<double>(fitting->en.size());
            edit.text = {fmt::format("Make the claim {} again, asking for {}: the PersistentVolume {} suits it then.", unbound.key(), fmt::join(fitting->en, " and "), name),
                         fmt::format("重建声明 {}，改为要求 {}：这样 PersistentVolume {} 就合适了。", unbound.key(), fmt::join(fitting->zh, "、"), name)};
        } else {
            edit.cost = createClaimCost;
            edit.text = {fmt::format("Create the claim {}, which does not exist: the PersistentVolume {} suits it.", unbound.key(), name),
                         fmt::format("创建不存在的声明 {}：PersistentVolume {} 适合它。", unbound.key(), name)};
        }
        found.push_back({std::move(edit), name});
    }
    std::ranges::stable_sort(found, {}, [](const Option& option) { return option.edit.cost; });
    if (found.size() > mostVolumes) found.erase(found.begin() + mostVolumes, found.end());
    std::ranges::move(found, std::back_inserter(options));
}

// A StorageClass whose provisioner makes a volume where the Pod goes.
void addProvisioning(const Obstacle& obstacle, const Unbound& unbound, std::vector<Option>& options) {
    const auto& objects = *obstacle.world.snapshot.objects;
    std::vector<ObjectPtr> classes;
    for (const auto& [name, storageClass] : objects.storageClasses) classes.push_back(storageClass);
    std::ranges::stable_sort(classes, {}, [](const auto& each) { return each->string({"metadata", "annotations", defaultClass}) != "true"; });
    for (const auto& storageClass : classes) {
        auto manifest = manifestOf(unbound);
        manifest.at("spec").as_object()["storageClassName"] = storageClass->name();
        const auto claim = api::Object::make(manifest);
        if (!waits(objects, *claim)) continue;
        if (const WaitingClaim waiting(objects, claim); !waiting.provisionedOn(obstacle.node) || !waiting.capacityLeft(obstacle.node)) continue;
        auto edit = claimEdit(obstacle.world, unbound, manifest, nullptr);
        edit.cost = unbound.claim ? changeClaimCost + differenceCost : createClaimCost;
        const auto size = shown(requestOf(*edit.makes));
        if (unbound.claim)
            edit.text = {fmt::format("Make the claim {} again with StorageClass {}, which has its volume made where the Pod goes.", unbound.key(), storageClass->name()),
                         fmt::format("用 StorageClass {1} 重建声明 {0}：它的卷会在 Pod 所去的地方创建。", unbound.key(), storageClass->name())};
        else
            edit.text = {fmt::format("Create the claim {}, which does not exist: {} (or what you need) of StorageClass {}.", unbound.key(), size, storageClass->name()),
                         fmt::format("创建不存在的声明 {}：StorageClass {}，{}（或所需大小）。", unbound.key(), storageClass->name(), size)};
        options.push_back({std::move(edit), ""});
        return;
    }
}

// A size for which the storage that is left near the Node is enough.
void addSmaller(const Obstacle& obstacle, const Unbound& unbound, std::vector<Option>& options) {
    const auto& objects = *obstacle.world.snapshot.objects;
    if (!unbound.claim || !waits(objects, *unbound.claim)) return;
    std::optional<api::Quantity> most;
    for (const auto& [key, capacity] : objects.csiStorageCapacities) {
        const auto* topology = capacity->find({"nodeTopology"});
        std::string invalid;
        if (capacity->string({"storageClassName"}) != storageClassOf(*unbound.claim) || !topology || !topology->is_object() || !parseSelector(&topology->get_object(), invalid).matches(obstacle.node.labels)) continue;
        const auto* amount = capacity->find({"maximumVolumeSize"});
        const auto left = amountOf(amount ? amount : capacity->find({"capacity"}));
        if (!most || *most < left) most = left;
    }
    if (!most || most->value() <= 0 || !(*most < amountOf(requestOf(*unbound.claim)))) return;
    auto manifest = manifestOf(unbound);
    api::ensureObject(manifest, {"spec", "resources", "requests"})["storage"] = most->toString();
    auto edit = claimEdit(obstacle.world, unbound, std::move(manifest), nullptr);
    edit.cost = changeClaimCost + differenceCost;
    edit.text = {fmt::format("Make the claim {} again, asking for {} instead of {}: so much storage is left there.", unbound.key(), most->toString(), shown(requestOf(*unbound.claim))),
                 fmt::format("重建声明 {}，改为要求 {}（而不是 {}）：那里还剩这么多存储。", unbound.key(), most->toString(), shown(requestOf(*unbound.claim)))};
    options.push_back({std::move(edit), ""});
}

std::string freeVolumeName(const ClusterObjects& objects, const std::string& claim) {
    auto name = claim + "-volume";
    for (int i = 2; objects.volumes.contains(name); ++i) name = fmt::format("{}-volume-{}", claim, i);
    return name;
}

// A volume made by hand for the claim, on the Node.
void addNewVolume(const Obstacle& obstacle, const Unbound& unbound, std::vector<Option>& options) {
    const auto& objects = *obstacle.world.snapshot.objects;
    if (!unbound.claim) return;
    const auto name = freeVolumeName(objects, unbound.name), className = storageClassOf(*unbound.claim), size = shown(requestOf(*unbound.claim));
    const auto modes = modesOf(*unbound.claim);
    json::object spec{{"capacity", {{"storage", size}}}, {"accessModes", json::array(modes.begin(), modes.end())}, {"storageClassName", className},
                      {"persistentVolumeReclaimPolicy", "Retain"}, {"claimRef", {{"namespace", unbound.nameSpace}, {"name", unbound.name}}}, {"hostPath", {{"path", "/mnt/" + name}, {"type", "DirectoryOrCreate"}}}};
    if (const auto mode = unbound.claim->string({"spec", "volumeMode"}); !mode.empty()) spec["volumeMode"] = mode;
    if (const auto label = obstacle.node.labels.find(std::string(hostname)); label != obstacle.node.labels.end())
        spec["nodeAffinity"] = {{"required", {{"nodeSelectorTerms", json::array{{{"matchExpressions", json::array{{{"key", hostname}, {"operator", "In"}, {"values", json::array{json::value(label->second)}}}}}}}}}}};
    Edit edit;
    edit.kind = EditKind::CreateVolume;
    edit.cost = createVolumeCost;
    edit.node = obstacle.node.name;
    edit.key = fmt::format("volume {} on {}", name, edit.node);
    edit.makes = api::Object::make({{"apiVersion", "v1"}, {"kind", "PersistentVolume"}, {"metadata", {{"name", name}}}, {"spec", std::move(spec)}});
    const auto kind = className.empty() ? std::string("no StorageClass") : "StorageClass " + className;
    edit.text = {fmt::format("Create a PersistentVolume for the claim {}: {}, {}, {}, on Node {}.", unbound.key(), size, fmt::join(modes, ","), kind, edit.node),
                 fmt::format("为声明 {} 创建 PersistentVolume：{}，{}，{}，位于 Node {}。", unbound.key(), size, fmt::join(modes, ","), className.empty() ? std::string("无 StorageClass") : kind, edit.node)};
    edit.ofObjects = [claim = unbound.claim, volume = edit.makes, atOnce = !waits(objects, *unbound.claim)](ClusterObjects& after) {
        if (atOnce) return bind(after, claim, volume);
        auto tree = volume->tree();
        api::ensureObject(tree, {"status"})["phase"] = "Available";
        after.volumes[std::string(volume->name())] = api::Object::make(std::move(tree));
    };
    options.push_back({std::move(edit), ""});
}

// Every claim needs something, and no two the same volume: the first choice of each together, then the second, and so on.
std::vector<Edits> repairClaims(const Obstacle& obstacle, const std::vector<Unbound>& unbound) {
    std::vector<std::vector<Option>> choices;
    std::size_t most = 0;
    for (const auto& each : unbound) {
        auto& options = choices.emplace_back();
        addFittingVolumes(obstacle, each, options);
        addProvisioning(obstacle, each, options);
        addSmaller(obstacle, each, options);
        addNewVolume(obstacle, each, options);
        std::ranges::stable_sort(options, {}, [](const Option& option) { return option.edit.cost; });
        most = std::max(most, options.size());
    }
    std::vector<Edits> together;
    for (std::size_t i = 0; i < most; ++i) {
        Edits edits;
        std::set<std::string> taken;
        for (const auto& options : choices)
            for (std::size_t j = 0; j < options.size(); ++j) {
                const auto& option = options[(std::min(i, options.size() - 1) + j) % options.size()];
                if (!option.volume.empty() && !taken.insert(option.volume).second) continue;
                edits.push_back(option.edit);
                break;
            }
        if (edits.size() == choices.size()) together.push_back(std::move(edits));
    }
    return together;
}

// Labels that bring the Node into the reach of volumes that have a place already. A zone that a Node has is a fact.
std::vector<Edits> repairReach(const Obstacle& obstacle) {
    std::vector<Edits> options;
    const auto& objects = *obstacle.world.snapshot.objects;
    for (const auto& bound : PodClaims::of(objects, *obstacle.world.pod).bound) {
        if (!bound.volume || bound.reach.from(obstacle.node)) continue;
        for (const auto& term : bound.reach.affinity.required) {
            auto labels = labelsFor(obstacle.node, term.expressions);
            const auto isFact = [&](const api::Requirement& each) { return each.key.find("kubernetes.io/") != std::string::npos && obstacle.node.labels.contains(each.key); };
            if (labels && !labels->empty() && std::ranges::none_of(term.expressions, isFact)) options.push_back(std::move(*labels));
        }
    }
    return options;
}

}  // namespace

std::vector<Edits> repairVolumes(const Obstacle& obstacle) {
    const auto& plugin = obstacle.refusal.plugin;
    if (plugin != "VolumeBinding" && plugin != "VolumeZone" && plugin != "VolumeRestrictions" && plugin != "NodeVolumeLimits") return {};
    if (const auto unbound = unboundClaims(obstacle.world, obstacle.node); !unbound.empty()) return repairClaims(obstacle, unbound);
    if (plugin == "VolumeBinding" || plugin == "VolumeZone") return repairReach(obstacle);
    std::vector<Edits> options;
    if (const auto& users = obstacle.neighbours.claimUsers(); plugin == "VolumeRestrictions" && !users.empty()) {
        addRemovalOfAll(obstacle, users, options);
        return options;
    }
    // One volume less on the Node, or the Pod that holds the same disk.
    for (const auto& pod : obstacle.node.pods)
        if (pod->hasVolumes() && options.size() < Neighbourhood::most)
            if (auto edit = removal(obstacle, pod)) options.push_back({std::move(*edit)});
    return options;
}

}  // namespace kubarium::scheduler
