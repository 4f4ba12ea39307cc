#include "core/scheduler/config/plugin_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace kubarium::scheduler {
namespace {

using Point = ExtensionPoint;

constexpr std::uint16_t bit(Point point) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(point)); }
template <class... Points>
constexpr std::uint16_t points(Points... list) {
    return static_cast<std::uint16_t>((bit(list) | ...));
}

struct InTree {
    std::string_view name;
    std::int64_t weight;  // at the defaults; 0: none is written there
    std::uint16_t implements;
};

// getDefaultPlugins with applyFeatureGates, in their order.
constexpr std::array<InTree, 19> inTree{{
    {"SchedulingGates", 0, points(Point::PreEnqueue)},
    {"PrioritySort", 0, points(Point::QueueSort)},
    {"NodeUnschedulable", 0, points(Point::Filter)},
    {"NodeName", 0, points(Point::Filter)},
    {"TaintToleration", 3, points(Point::Filter, Point::PreScore, Point::Score)},
    {"NodeAffinity", 2, points(Point::PreFilter, Point::Filter, Point::PreScore, Point::Score)},
    {"NodePorts", 0, points(Point::PreFilter, Point::Filter)},
    {"NodeResourcesFit", 1, points(Point::PreFilter, Point::Filter, Point::PreScore, Point::Score)},
    {"VolumeRestrictions", 0, points(Point::PreFilter, Point::Filter)},
    {"NodeVolumeLimits", 0, points(Point::PreFilter, Point::Filter)},
    {"VolumeBinding", 0, points(Point::PreFilter, Point::Filter, Point::Reserve, Point::PreBind, Point::PreScore, Point::Score)},
    {"VolumeZone", 0, points(Point::PreFilter, Point::Filter)},
    {"PodTopologySpread", 2, points(Point::PreFilter, Point::Filter, Point::PreScore, Point::Score)},
    {"InterPodAffinity", 2, points(Point::PreFilter, Point::Filter, Point::PreScore, Point::Score)},
    {"DynamicResources", 0, points(Point::PreEnqueue, Point::PreFilter, Point::Filter, Point::PostFilter, Point::Reserve, Point::PreBind)},
    {"DefaultPreemption", 0, points(Point::PreEnqueue, Point::PostFilter)},
    {"NodeResourcesBalancedAllocation", 1, points(Point::PreScore, Point::Score)},
    {"ImageLocality", 1, points(Point::Score)},
    {"DefaultBinder", 0, points(Point::Bind)},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, extensionPointCount> pointNames{{{"preFilter", "PreFilterPlugin"},
                                                                                                       {"filter", "FilterPlugin"},
                                                                                                       {"postFilter", "PostFilterPlugin"},
                                                                                                       {"reserve", "ReservePlugin"},
                                                                                                       {"preScore", "PreScorePlugin"},
                                                                                                       {"score", "ScorePlugin"},
                                                                                                       {"preBind", "PreBindPlugin"},
                                                                                                       {"bind", "BindPlugin"},
                                                                                                       {"postBind", "PostBindPlugin"},
                                                                                                       {"permit", "PermitPlugin"},
                                                                                                       {"preEnqueue", "PreEnqueuePlugin"},
                                                                                                       {"queueSort", "QueueSortPlugin"}}};

const InTree* find(std::string_view name) {
    const auto it = std::ranges::find(inTree, name, &InTree::name);
    return it == inTree.end() ? nullptr : &*it;
}

bool implements(std::string_view name, Point point) {
    const auto* plugin = find(name);
    return plugin && (plugin->implements & bit(point)) != 0;
}

struct PluginSet {
    std::vector<WeightedPlugin> enabled;
    std::set<std::string> disabled;
};

PluginSet setAt(const json::object* plugins, std::string_view point) {
    PluginSet set;
    const auto* value = plugins ? plugins->if_contains(point) : nullptr;
    if (!value || !value->is_object()) return set;
    const auto each = [&](std::string_view list, auto apply) {
        if (const auto* entries = value->get_object().if_contains(list); entries && entries->is_array())
            for (const auto& entry : entries->get_array()) apply(entry.as_object(), std::string(entry.at("name").as_string()));
    };
    each("enabled", [&](const json::object& entry, std::string name) {
        const auto* weight = entry.if_contains("weight");
        set.enabled.push_back({std::move(name), weight && weight->is_number() ? weight->to_number<std::int64_t>() : 0});
    });
    each("disabled", [&](const json::object&, std::string name) { set.disabled.insert(std::move(name)); });
    return set;
}

// mergePluginSet for multiPoint: a default that is named again keeps its place and takes all of what is said, weight and all.
std::vector<WeightedPlugin> mergeMultiPoint(const PluginSet& custom) {
    std::vector<WeightedPlugin> merged;
    std::map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < custom.enabled.size(); ++i) last[custom.enabled[i].name] = i;
    std::set<std::size_t> replaced;
    if (!custom.disabled.contains("*"))
        for (const auto& plugin : inTree) {
            const std::string name(plugin.name);
            if (custom.disabled.contains(name)) continue;
            const auto again = last.find(name);
            if (again == last.end()) {
                merged.push_back({name, plugin.weight});
                continue;
            }
            merged.push_back(custom.enabled[again->second]);
            replaced.insert(again->second);
        }
    for (std::size_t i = 0; i < custom.enabled.size(); ++i)
        if (!replaced.contains(i)) merged.push_back(custom.enabled[i]);
    return merged;
}

// updatePluginList
Result<void> checkSpecific(const PluginSet& set, Point point) {
    std::set<std::string> seen;
    for (const auto& plugin : set.enabled) {
        if (!find(plugin.name)) return badRequest(fmt::format("{} \"{}\" does not exist", interfaceName(point), plugin.name));
        if (!implements(plugin.name, point)) return badRequest(fmt::format("plugin \"{}\" does not extend {} plugin", plugin.name, interfaceName(point)));
        if (!seen.insert(plugin.name).second) return badRequest(fmt::format("plugin \"{}\" already registered as \"{}\"", plugin.name, interfaceName(point)));
    }
    return {};
}

// expandMultiPointPlugins at one extension point: those that both name stand first, in the specific order; then what multiPoint
// brings; then the rest.
Result<std::vector<std::string>> expand(const PluginSet& specific, const std::vector<WeightedPlugin>& multiPoint, Point point) {
    std::vector<std::string> own;
    for (const auto& plugin : specific.enabled) own.push_back(plugin.name);
    if (specific.disabled.contains("*")) return own;
    std::vector<std::string> brought;
    std::set<std::string> overridden;
    for (const auto& plugin : multiPoint) {
        if (!find(plugin.name)) return badRequest(fmt::format("{} \"{}\" does not exist", interfaceName(point), plugin.name));
        if (!implements(plugin.name, point) || specific.disabled.contains(plugin.name)) continue;
        if (std::ranges::find(own, plugin.name) != own.end()) {
            overridden.insert(plugin.name);
            continue;
        }
        if (std::ranges::find(brought, plugin.name) != brought.end()) return badRequest(fmt::format("plugin \"{}\" already registered as \"{}\"", plugin.name, interfaceName(point)));
        brought.push_back(plugin.name);
    }
    std::vector<std::string> all;
    for (const auto& name : own)
        if (overridden.contains(name)) all.push_back(name);
    all.insert(all.end(), brought.begin(), brought.end());
    for (const auto& name : own)
        if (!overridden.contains(name)) all.push_back(name);
    return all;
}

// getScoreWeights: the specific weight before the one of multiPoint, 1 where none is given.
Result<std::map<std::string, std::int64_t>> scoreWeights(const std::vector<WeightedPlugin>& specific, const std::vector<WeightedPlugin>& multiPoint) {
    __extension__ using Wide = __int128;
    constexpr Wide maxNodeScore = 100, mostTotal = INT64_MAX;
    std::map<std::string, std::int64_t> weights;
    Wide total = 0;
    for (const auto* list : {&specific, &multiPoint})
        for (const auto& plugin : *list) {
            if (!implements(plugin.name, Point::Score) || weights.contains(plugin.name)) continue;
            const auto weight = plugin.weight == 0 ? 1 : plugin.weight;
            weights.emplace(plugin.name, weight);
            if (weight * maxNodeScore > mostTotal - total) return badRequest("total score of Score plugins could overflow");
            total += weight * maxNodeScore;
        }
    return weights;
}

}  // namespace

std::string_view configName(ExtensionPoint point) { return pointNames[static_cast<std::size_t>(point)].first; }
std::string_view interfaceName(ExtensionPoint point) { return pointNames[static_cast<std::size_t>(point)].second; }
bool knownPlugin(std::string_view name) { return find(name) != nullptr; }

Result<PluginLists> resolvePlugins(const json::object* plugins, std::string_view schedulerName) {
    PluginLists lists;
    const auto multiPoint = mergeMultiPoint(setAt(plugins, "multiPoint"));
    std::array<PluginSet, extensionPointCount> specific;
    for (std::size_t i = 0; i < extensionPointCount; ++i) {
        specific[i] = setAt(plugins, pointNames[i].first);
        if (auto valid = checkSpecific(specific[i], static_cast<Point>(i)); !valid) return std::move(valid.error());
    }
    for (std::size_t i = 0; i < extensionPointCount; ++i) lists.at[i] = TRY(expand(specific[i], multiPoint, static_cast<Point>(i)));
    if (const auto count = lists[Point::QueueSort].size(); count != 1)
        return badRequest(fmt::format("only one queue sort plugin required for profile with scheduler name \"{}\", but got {}", schedulerName, count));
    if (lists[Point::Bind].empty()) return badRequest(fmt::format("at least one bind plugin is needed for profile with scheduler name \"{}\"", schedulerName));
    const auto weights = TRY(scoreWeights(specific[static_cast<std::size_t>(Point::Score)].enabled, multiPoint));
    for (const auto& name : lists[Point::Score]) lists.score.push_back({name, weights.at(name)});
    return lists;
}

}  // namespace kubarium::scheduler
