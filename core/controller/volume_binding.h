// Which volume fits which claim: the rules that the volume controllers share (k8s.io/component-helpers/storage/volume and
// pkg/controller/volume/persistentvolume). Pure functions of API objects.
#pragma once

#include "core/api/object.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::controller {

using api::ObjectPtr;
namespace json = boost::json;

// Annotations by which the scheduler, the binder and provisioners speak to each other.
namespace volume_annotations {
inline constexpr std::string_view bindCompleted = "pv.kubernetes.io/bind-completed";
inline constexpr std::string_view boundByController = "pv.kubernetes.io/bound-by-controller";
inline constexpr std::string_view provisionedBy = "pv.kubernetes.io/provisioned-by";
inline constexpr std::string_view selectedNode = "volume.kubernetes.io/selected-node";
inline constexpr std::string_view storageProvisioner = "volume.kubernetes.io/storage-provisioner";
inline constexpr std::string_view betaStorageProvisioner = "volume.beta.kubernetes.io/storage-provisioner";
inline constexpr std::string_view storageClass = "volume.beta.kubernetes.io/storage-class";
}  // namespace volume_annotations

bool hasAnnotation(const api::Object& object, std::string_view key);
void setAnnotation(json::object& tree, std::string_view key, std::string_view value);

// storageClassName of a claim or a volume; the beta annotation wins, as in Kubernetes. "" is no class.
std::string classOf(const api::Object& claimOrVolume);
// Whether a claim says something about its class, be it "".
bool claimHasClass(const api::Object& claim);
// Whether a class makes claims wait for their first consumer. A class that does not exist does not.
bool waitsForFirstConsumer(const ObjectPtr& storageClass);
// The newest class that is marked as the default, of equally old ones the first by name; null if there is none.
ObjectPtr defaultClass(const std::map<std::string, ObjectPtr>& classes);

// "namespace/name" of a volume's claimRef; "" if it has none.
std::string claimKeyOf(const api::Object& volume);
// Whether a volume's claimRef means this claim: by name, and by uid if it has one.
bool isBoundToClaim(const api::Object& volume, const api::Object& claim);
bool modesDiffer(const api::Object& volume, const api::Object& claim);  // volumeMode
// Why a claim that names a volume cannot have it; nullopt if it can (checkVolumeSatisfyClaim).
std::optional<std::string> whyUnsuitable(const api::Object& volume, const api::Object& claim);

// The volume that a claim gets: the one that is bound to it already, else the smallest that fits among those with the fewest
// access modes. With `delayed` only the former: the rest is the scheduler's.
// Error: a selector that is none.
ObjectPtr findBestMatch(const std::map<std::string, ObjectPtr>& volumes, const api::Object& claim, bool delayed);

// Names of claims ("namespace/name") that a Pod's volumes refer to, ephemeral ones included.
std::vector<std::string> claimsOfPod(const api::Object& pod);

}  // namespace kubarium::controller
