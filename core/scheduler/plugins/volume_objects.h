// Reading volumes, claims and their classes: what the volume plugins share (k8s.io/component-helpers/storage). Internal to the plugins.
#pragma once

#include "core/api/quantity.h"
#include "core/scheduler/framework/status.h"
#include "core/scheduler/snapshot.h"

#include <span>

namespace kubarium::scheduler {

// nullptr if there is none of that key ("namespace/name", or name).
const ObjectPtr* lookup(const ObjectMap& objects, std::string_view key);

// The part of a volume (or of a volume's spec) of that kind ("gcePersistentDisk"), or nullptr.
const json::object* volumeSource(const json::value& volume, std::string_view kind);
std::span<const json::value> volumesOf(const PodInfo& pod);

std::string textOf(const json::object& object, std::string_view key);
bool flagOf(const json::object& object, std::string_view key);
bool listHas(const json::value* list, std::string_view text);
api::Quantity amountOf(const json::value* value);

// The claim that a volume of a Pod stands for; nothing if it is of another kind.
struct ClaimReference {
    std::string name;
    bool ephemeral = false;  // made for this Pod, whose name it carries
};
std::optional<ClaimReference> claimOf(const PodInfo& pod, const json::value& volume);
bool ownedBy(const api::Object& claim, const PodInfo& pod);
// "PVC ... was not created for pod ... (pod is not owner)"
std::string notOwnerText(const api::Object& claim, const PodInfo& pod);

// The class of a claim or a volume: the old annotation first.
std::string storageClassOf(const api::Object& object);
// UnschedulableAndUnresolvable with the API's sentence.
Status notFound(std::string_view resource, std::string_view name);

// From which Nodes a volume can be reached: those whose labels one of its terms matches, all without terms. Fields of the Node
// are not looked at, as in volume.CheckNodeAffinity.
struct VolumeReach {
    bool limited = false;
    NodeAffinity affinity;

    static VolumeReach of(const api::Object& volume);
    // From a spec.nodeAffinity.required; nullptr: everywhere.
    static VolumeReach ofTerms(const json::value* required);
    bool from(const NodeInfo& node) const;
};

}  // namespace kubarium::scheduler
