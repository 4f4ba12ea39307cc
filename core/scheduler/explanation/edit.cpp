#include "core/scheduler/explanation/edit.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace kubarium::scheduler {
namespace {

void changeNode(Snapshot& snapshot, std::size_t index, const std::function<void(NodeInfo&)>& change) {
    auto node = std::make_shared<NodeInfo>(*snapshot.nodes[index]);
    change(*node);
    snapshot.nodes.set(index, std::move(node));
}

PodInfoPtr withSpec(const PodInfo& pod, const std::function<void(json::object&)>& change) {
    auto tree = pod.object->tree();
    change(api::ensureObject(tree, {"spec"}));
    return PodInfo::make(api::Object::make(std::move(tree)));
}

}  // namespace

std::string_view toString(EditKind kind) {
    constexpr std::array names{"LowerRequest",       "TolerateTaint",    "RemoveTaint",  "Uncordon",    "LabelNode",        "UnlabelNode",          "ChangeNodeSelector", "DropNodeSelector",
                               "ChangeNodeAffinity", "DropNodeAffinity", "RaiseMaxSkew", "RelaxSpread", "RelaxPodAffinity", "RelaxPodAntiAffinity", "DropHostPort",       "MovePod",
                               "DeletePod",          "AddNode",          "CreateClaim",  "ChangeClaim", "CreateVolume"};
    return names[static_cast<std::size_t>(kind)];
}

double costOf(const Edits& edits) {
    return std::accumulate(edits.begin(), edits.end(), 0.0, [](double sum, const Edit& edit) { return sum + edit.cost; });
}

void removePod(Snapshot& snapshot, const PodInfoPtr& pod) {
    if (const auto index = snapshot.index(pod->nodeName)) changeNode(snapshot, *index, [&](NodeInfo& node) { node.removePod(pod); });
}

void placePod(Snapshot& snapshot, const PodInfoPtr& pod, const std::string& nodeName) {
    const auto index = snapshot.index(nodeName);
    if (!index) return;
    auto placed = std::make_shared<PodInfo>(*pod);
    placed->nodeName = nodeName;
    changeNode(snapshot, *index, [&](NodeInfo& node) { node.addPod(std::move(placed)); });
}

void setNode(Snapshot& snapshot, const ObjectPtr& object) {
    auto node = std::make_shared<NodeInfo>(NodeInfo::make(object));
    if (const auto index = snapshot.index(node->name)) {
        for (const auto& pod : snapshot.nodes[*index]->pods) node->addPod(pod);
        snapshot.nodes.set(*index, std::move(node));
        return;
    }
    auto names = *snapshot.indexOf;
    names.emplace(node->name, snapshot.nodes.size());
    snapshot.indexOf = std::make_shared<const std::unordered_map<std::string, std::size_t>>(std::move(names));
    if (!node->images.empty()) {
        auto images = *snapshot.images;
        countImages(images, *node, 1);
        snapshot.images = std::make_shared<const ImageSpreads>(std::move(images));
    }
    snapshot.nodes.push_back(std::move(node));
}

World waitingWorld(const Snapshot& snapshot, const PodInfoPtr& pod) {
    World world{snapshot, pod};
    if (pod->nodeName.empty()) return world;
    removePod(world.snapshot, pod);
    world.pod = withSpec(*pod, [](json::object& spec) { spec.erase("nodeName"); });
    return world;
}

World applied(const World& world, const Edits& edits) {
    World after = world;
    for (const auto& edit : edits) {
        if (edit.ofPod) {
            after.pod = withSpec(*after.pod, edit.ofPod);
        } else if (edit.removes) {
            removePod(after.snapshot, edit.removes);
        } else if (edit.ofObjects) {
            auto objects = std::make_shared<ClusterObjects>(*after.snapshot.objects);
            edit.ofObjects(*objects);
            after.snapshot.objects = std::move(objects);
        } else if (edit.adds) {
            setNode(after.snapshot, edit.adds);
        } else if (const auto index = after.snapshot.index(edit.node)) {
            auto tree = after.snapshot.nodes[*index]->object->tree();
            edit.ofNode(tree);
            setNode(after.snapshot, api::Object::make(std::move(tree)));
        }
    }
    return after;
}

Status verdictOn(const World& world, const Profile& profile, const std::string& node) {
    const auto index = world.snapshot.index(node);
    if (!index) return Status::unresolvable("no such Node");
    const Cycle cycle{world.snapshot, *world.pod, profile};
    PluginSet plugins(profile);
    Decision decision;
    if (auto status = plugins.runPreFilter(cycle, decision); !status.success()) return status;
    if (decision.narrowedTo && !decision.narrowedTo->contains(node)) {
        auto status = Status::unresolvable("the required Node affinity names other Nodes");
        status.plugin = "NodeAffinity";
        return status;
    }
    return plugins.runFilterWithNominated(cycle, *world.snapshot.nodes[*index]);
}

}  // namespace kubarium::scheduler
