// For one plugin's refusal of one Node: the edits that would take the refusal away, each alternative with its invasiveness.
// They are proposals: whether a Node then passes all filters is for verdictOn() to say. Pure.
#pragma once

#include "core/scheduler/explanation/neighbourhood.h"

namespace kubarium::scheduler {

struct Obstacle {
    const World& world;
    const Profile& profile;
    const NodeInfo& node;
    const Status& refusal;  // with its plugin
    Neighbourhood& neighbours;  // of `world`
};

// Alternatives; none if nothing can be offered (a Node that is NotReady, a volume in another zone).
std::vector<Edits> repairs(const Obstacle& obstacle);
// No alternative for a refusal by this plugin costs less: for an order of search.
double leastCost(std::string_view plugin);

// By concern; repairs() chooses.
std::vector<Edits> repairCordon(const Obstacle& obstacle);
std::vector<Edits> repairTaints(const Obstacle& obstacle);
std::vector<Edits> repairNodeAffinity(const Obstacle& obstacle);
std::vector<Edits> repairResources(const Obstacle& obstacle);
std::vector<Edits> repairPorts(const Obstacle& obstacle);
std::vector<Edits> repairSpread(const Obstacle& obstacle);
std::vector<Edits> repairPodAffinity(const Obstacle& obstacle);
std::vector<Edits> repairVolumes(const Obstacle& obstacle);

// Labels that make all these requirements true; nothing if no labels can.
std::optional<Edits> labelsFor(const NodeInfo& node, const std::vector<api::Requirement>& requirements);

// All of these must go: an option only if all may and they are few.
void addRemovalOfAll(const Obstacle& obstacle, const std::vector<PodInfoPtr>& pods, std::vector<Edits>& options);
// Deleting this Pod; nothing if that would not help (it is going already, or would come back to the same Node). A Pod with a
// controller is moved by it: whether its successor fits elsewhere is for the caller to find out and to say with moveText().
std::optional<Edit> removal(const Obstacle& obstacle, const PodInfoPtr& pod);
std::optional<double> removalCost(const Obstacle& obstacle, const PodInfo& pod);
Sentence moveText(const PodInfo& pod, const std::string& to);
// `kubectl label nodes`; the label is removed if `value` is nullptr.
Edit labelEdit(const NodeInfo& node, const std::string& key, const std::string* value);
// A Node that is large enough for the Pod and has the labels that it asks for; its topology is that of `model` if one is given.
Edit newNode(const World& world, const NodeInfo* model);

// The controller in metadata.ownerReferences, or nullptr.
const json::object* controllerOf(const api::Object& object);

}  // namespace kubarium::scheduler
