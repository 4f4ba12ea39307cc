// One edit that could make a Pod schedulable, and what a cluster looks like after edits. Pure.
//
// An edit of the Pod is a function on a PodSpec, since it must be made where the Pod comes from: most fields of a Pod cannot be
// changed, so the template of its workload is edited, or the Pod is made anew. What is verified by the filters is exactly what
// the patches of change_report.h say.
#pragma once

#include "core/scheduler/cycle.h"

#include <functional>

namespace kubarium::scheduler {

struct Sentence {
    std::string en, zh;
};

enum class EditKind : std::uint8_t {
    LowerRequest,
    TolerateTaint,
    RemoveTaint,
    Uncordon,
    LabelNode,
    UnlabelNode,
    ChangeNodeSelector,
    DropNodeSelector,
    ChangeNodeAffinity,
    DropNodeAffinity,
    RaiseMaxSkew,
    RelaxSpread,
    RelaxPodAffinity,
    RelaxPodAntiAffinity,
    DropHostPort,
    MovePod,
    DeletePod,
    AddNode,
    CreateClaim,
    ChangeClaim,
    CreateVolume,
};
std::string_view toString(EditKind);

struct Edit {
    EditKind kind = EditKind::LowerRequest;
    double cost = 0;  // invasiveness: the lower the milder
    std::string key;  // equal for equal edits
    Sentence text;

    // Exactly one of these says what is edited.
    std::function<void(json::object& podSpec)> ofPod;
    std::function<void(json::object& node)> ofNode;  // of the Node `node`
    PodInfoPtr removes;                              // deleted, or moved away by deleting it
    ObjectPtr adds;                                  // a Node
    std::function<void(ClusterObjects& objects)> ofObjects;  // makes `makes`, with what controllers do then
    ObjectPtr makes;                                 // with ofObjects: a claim or a volume that is created, or made again

    std::string node;     // the Node that is edited or added, or where the Pod that goes is
    std::string kubectl;  // for a Node: the command that does the same

    bool editsPod() const { return static_cast<bool>(ofPod); }
};
using Edits = std::vector<Edit>;

double costOf(const Edits& edits);

// A cluster and the Pod that waits in it.
struct World {
    Snapshot snapshot;
    PodInfoPtr pod;
};

// The Pod waits, and is not in the snapshot any more, if it was placed.
World waitingWorld(const Snapshot& snapshot, const PodInfoPtr& pod);
World applied(const World& world, const Edits& edits);

// The verdict of the profile's PreFilter and Filter plugins on the Pod and this Node, nominated Pods included.
Status verdictOn(const World& world, const Profile& profile, const std::string& node);

// A Pod that goes from, or comes to, a Node of the snapshot.
void removePod(Snapshot& snapshot, const PodInfoPtr& pod);
void placePod(Snapshot& snapshot, const PodInfoPtr& pod, const std::string& node);
// Replaces the Node of that name, which keeps its Pods, or adds it.
void setNode(Snapshot& snapshot, const ObjectPtr& node);

}  // namespace kubarium::scheduler
