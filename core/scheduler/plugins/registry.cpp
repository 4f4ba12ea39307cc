// The in-tree plugins by name (pkg/scheduler/framework/plugins/registry.go of Kubernetes 1.34). PrioritySort, DefaultPreemption and
// DefaultBinder are not here: the queue, preempt() and the Scheduler are what they do.
#include "core/scheduler/plugins/plugins.h"

#include <array>

namespace kubarium::scheduler {

std::unique_ptr<Plugin> makePlugin(std::string_view name, const Profile&) {
    using Make = std::unique_ptr<Plugin> (*)();
    static constexpr std::array<std::pair<std::string_view, Make>, 6> special{{{"InterPodAffinity", makeInterPodAffinity},
                                                                               {"VolumeRestrictions", makeVolumeRestrictions},
                                                                               {"NodeVolumeLimits", makeNodeVolumeLimits},
                                                                               {"VolumeBinding", makeVolumeBinding},
                                                                               {"VolumeZone", makeVolumeZone},
                                                                               {"DynamicResources", makeDynamicResources}}};
    for (const auto& [known, make] : special)
        if (known == name) return make();
    if (auto plugin = makeSimplePlugin(name)) return plugin;
    if (auto plugin = makeResourcePlugin(name)) return plugin;
    return makeTopologyPlugin(name);
}

}  // namespace kubarium::scheduler
