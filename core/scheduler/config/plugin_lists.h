// Which plugins run where: what a profile's `plugins` make of the defaults (mergePlugins of pkg/scheduler/apis/config/v1 and
// NewFramework of pkg/scheduler/framework/runtime of Kubernetes 1.34). Internal to the configuration's sources.
#pragma once

#include "core/base/result.h"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::scheduler {

namespace json = boost::json;

enum class ExtensionPoint : std::uint8_t { PreFilter, Filter, PostFilter, Reserve, PreScore, Score, PreBind, Bind, PostBind, Permit, PreEnqueue, QueueSort };
inline constexpr std::size_t extensionPointCount = 12;

// "preFilter", as a configuration spells it; "PreFilterPlugin", as Go's interface is called.
std::string_view configName(ExtensionPoint point);
std::string_view interfaceName(ExtensionPoint point);

bool knownPlugin(std::string_view name);

struct WeightedPlugin {
    std::string name;
    std::int64_t weight = 0;  // of scoring
};

struct PluginLists {
    std::array<std::vector<std::string>, extensionPointCount> at;
    std::vector<WeightedPlugin> score;
    const std::vector<std::string>& operator[](ExtensionPoint point) const { return at[static_cast<std::size_t>(point)]; }
};

// `plugins`: of a profile, decoded; nullptr for the defaults. A failure says what NewFramework would.
Result<PluginLists> resolvePlugins(const json::object* plugins, std::string_view schedulerName);

}  // namespace kubarium::scheduler
