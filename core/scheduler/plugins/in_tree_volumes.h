// Volumes of the kinds that were once part of Kubernetes and are served by CSI drivers today: which driver and volume handle stand
// for them, and how their zones read with the driver's own topology key. Follows k8s.io/csi-translation-lib of Kubernetes 1.34, as
// far as the scheduler looks. Internal to the plugins.
#pragma once

#include "core/base/result.h"
#include "core/scheduler/plugins/volume_objects.h"

namespace kubarium::scheduler {

struct InTreePlugin {
    enum class Migration { Always, Annotated, Never };  // how the scheduler sees it: on, on where the CSINode says so, off
    std::string_view source;       // the key in a volume and in a PersistentVolume's spec
    std::string_view name;         // "kubernetes.io/aws-ebs"
    std::string_view driver;
    std::string_view topologyKey;  // "" if its zones stay as they are
    Migration limits;              // for attach limits
    bool translated;               // for a PersistentVolume's reach, where the CSINode lists it
};

// By the source that a volume or a spec has; nullptr if it is none of these.
const InTreePlugin* inTreePluginOf(const json::value& volumeOrSpec);
const InTreePlugin* inTreePluginNamed(std::string_view name);

// Whether attach limits count it as its driver's (nodevolumelimits: isCSIMigrationOn). `csiNode` may be nullptr.
bool countsAsCsi(const InTreePlugin& plugin, const api::Object* csiNode);
// Whether the Node's CSINode lists it among the migrated ones (volumebinding: isPluginMigratedToCSIOnNode).
bool migratedOn(const InTreePlugin& plugin, const api::Object* csiNode);

// The volume handle of an inline volume or of a PersistentVolume; Invalid with csi-translation-lib's sentence.
Result<std::string> inlineHandle(const InTreePlugin& plugin, const json::value& volume);
Result<std::string> volumeHandle(const InTreePlugin& plugin, const api::Object& volume);
// Where the PersistentVolume, read as a CSI volume, can be reached from.
Result<VolumeReach> translatedReach(const InTreePlugin& plugin, const api::Object& volume);

}  // namespace kubarium::scheduler
