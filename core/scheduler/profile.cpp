#include "core/scheduler/profile.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

struct DefaultPlugin {
    std::string_view name;
    std::int64_t weight;
    std::string_view points;  // E preEnqueue, F preFilter, f filter, P postFilter, S preScore, s score
};

// getDefaultPlugins of kube-scheduler 1.34, in its order, without DynamicResources.
constexpr DefaultPlugin defaultPlugins[]{
    {"SchedulingGates", 0, "E"},    {"NodeUnschedulable", 0, "f"}, {"NodeName", 0, "f"},          {"TaintToleration", 3, "fSs"}, {"NodeAffinity", 2, "FfSs"},
    {"NodePorts", 0, "Ff"},         {"NodeResourcesFit", 1, "FfSs"}, {"VolumeRestrictions", 0, "Ff"}, {"NodeVolumeLimits", 0, "Ff"}, {"VolumeBinding", 0, "FfSs"},
    {"VolumeZone", 0, "Ff"},        {"PodTopologySpread", 2, "FfSs"}, {"InterPodAffinity", 2, "FfSs"}, {"DefaultPreemption", 0, "P"},
    {"NodeResourcesBalancedAllocation", 1, "Ss"}, {"ImageLocality", 1, "s"}};

const json::object* objectAt(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value ? value->if_object() : nullptr;
}
const json::array* arrayAt(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value ? value->if_array() : nullptr;
}
std::string textAt(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}
std::int64_t intAt(const json::object& from, std::string_view key, std::int64_t fallback) {
    const auto* value = from.if_contains(key);
    return value && value->is_number() ? value->to_number<std::int64_t>() : fallback;
}

struct PluginEntry {
    std::string name;
    std::int64_t weight = 0;
};
struct PluginLists {
    std::vector<PluginEntry> enabled;
    std::set<std::string> disabled;
    bool allDisabled() const { return disabled.contains("*"); }
};

PluginLists listsAt(const json::object* plugins, std::string_view point) {
    PluginLists lists;
    const auto* set = plugins ? objectAt(*plugins, point) : nullptr;
    if (!set) return lists;
    if (const auto* enabled = arrayAt(*set, "enabled"))
        for (const auto& entry : *enabled) lists.enabled.push_back({textAt(entry.as_object(), "name"), intAt(entry.as_object(), "weight", 0)});
    if (const auto* disabled = arrayAt(*set, "disabled"))
        for (const auto& entry : *disabled) lists.disabled.insert(textAt(entry.as_object(), "name"));
    return lists;
}

const DefaultPlugin* findDefault(const std::string& name) {
    const auto* it = std::ranges::find(defaultPlugins, name, &DefaultPlugin::name);
    return it == std::end(defaultPlugins) ? nullptr : it;
}

// mergePlugins and expandMultiPointPlugins: what a profile's `plugins` make of the defaults, at one extension point. Specific
// lists come before multiPoint; a plugin that multiPoint names again keeps its default place with its new weight.
std::vector<PluginEntry> pluginsAt(const json::object* plugins, std::string_view point, char mark) {
    const auto specific = listsAt(plugins, point), multi = listsAt(plugins, "multiPoint");
    std::vector<PluginEntry> expanded;
    if (!multi.allDisabled())
        for (const auto& plugin : defaultPlugins) {
            const std::string name(plugin.name);
            if (multi.disabled.contains(name)) continue;
            const auto replaced = std::ranges::find(multi.enabled, name, &PluginEntry::name);
            expanded.push_back({name, replaced != multi.enabled.end() && replaced->weight != 0 ? replaced->weight : plugin.weight});
        }
    for (const auto& entry : multi.enabled)
        if (std::ranges::find(expanded, entry.name, &PluginEntry::name) == expanded.end()) expanded.push_back(entry);
    std::vector<PluginEntry> result;
    const auto implements = [&](const std::string& name) {
        const auto* plugin = findDefault(name);
        return plugin && plugin->points.find(mark) != std::string_view::npos;
    };
    // A plugin that a specific list enables and multiPoint brings too stands first, in the order of multiPoint.
    for (const auto& entry : expanded) {
        if (!implements(entry.name)) continue;
        if (const auto again = std::ranges::find(specific.enabled, entry.name, &PluginEntry::name); again != specific.enabled.end())
            result.push_back({entry.name, again->weight != 0 ? again->weight : entry.weight});
    }
    for (const auto& entry : specific.enabled)
        if (std::ranges::find(result, entry.name, &PluginEntry::name) == result.end()) result.push_back(entry);
    for (const auto& entry : expanded) {
        if (!implements(entry.name) || specific.allDisabled() || specific.disabled.contains(entry.name)) continue;
        if (std::ranges::find(result, entry.name, &PluginEntry::name) == result.end()) result.push_back(entry);
    }
    for (auto& entry : result)
        if (entry.weight == 0) entry.weight = 1;
    return result;
}

std::vector<ResourceWeight> resourcesAt(const json::object& from, std::vector<ResourceWeight> fallback) {
    const auto* list = arrayAt(from, "resources");
    if (!list || list->empty()) return fallback;
    std::vector<ResourceWeight> resources;
    for (const auto& entry : *list) resources.push_back({textAt(entry.as_object(), "name"), intAt(entry.as_object(), "weight", 1)});
    for (auto& resource : resources)
        if (resource.weight == 0) resource.weight = 1;
    return resources;
}

Result<void> applyArgs(Profile& profile, const std::string& plugin, const json::object& args) {
    if (plugin == "NodeResourcesFit") {
        if (const auto* list = arrayAt(args, "ignoredResources"))
            for (const auto& entry : *list) profile.fit.ignoredResources.emplace_back(entry.as_string());
        if (const auto* list = arrayAt(args, "ignoredResourceGroups"))
            for (const auto& entry : *list) profile.fit.ignoredResourceGroups.emplace_back(entry.as_string());
        const auto* strategy = objectAt(args, "scoringStrategy");
        if (!strategy) return {};
        const auto type = textAt(*strategy, "type");
        profile.fit.resources = resourcesAt(*strategy, profile.fit.resources);
        if (type == "MostAllocated") profile.fit.strategy = FitArgs::Strategy::MostAllocated;
        else if (type == "RequestedToCapacityRatio") profile.fit.strategy = FitArgs::Strategy::RequestedToCapacityRatio;
        else if (!type.empty() && type != "LeastAllocated")
            return badRequest(fmt::format("scoringStrategy.type: Unsupported value: \"{}\": supported values: \"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\"", type));
        if (const auto* ratio = objectAt(*strategy, "requestedToCapacityRatio"))
            if (const auto* shape = arrayAt(*ratio, "shape"))
                for (const auto& point : *shape) profile.fit.shape.push_back({intAt(point.as_object(), "utilization", 0), intAt(point.as_object(), "score", 0)});
    } else if (plugin == "NodeResourcesBalancedAllocation") {
        profile.balancedResources = resourcesAt(args, profile.balancedResources);
    } else if (plugin == "InterPodAffinity") {
        profile.hardPodAffinityWeight = intAt(args, "hardPodAffinityWeight", profile.hardPodAffinityWeight);
        const auto* ignore = args.if_contains("ignorePreferredTermsOfExistingPods");
        profile.ignorePreferredTermsOfExistingPods = ignore && ignore->is_bool() && ignore->get_bool();
        if (profile.hardPodAffinityWeight < 0 || profile.hardPodAffinityWeight > 100)
            return badRequest(fmt::format("hardPodAffinityWeight: Invalid value: {}: not in valid range [0-100]", profile.hardPodAffinityWeight));
    } else if (plugin == "NodeAffinity") {
        profile.addedAffinity = NodeAffinity::parse(args.if_contains("addedAffinity"));
        profile.hasAddedAffinity = args.contains("addedAffinity");
    } else if (plugin == "PodTopologySpread") {
        const auto type = textAt(args, "defaultingType");
        if (type != "List") return {};
        profile.systemDefaultedSpread = false;
        if (const auto* list = arrayAt(args, "defaultConstraints"))
            for (const auto& entry : *list) {
                SpreadConstraint constraint;
                constraint.maxSkew = intAt(entry.as_object(), "maxSkew", 1);
                constraint.topologyKey = textAt(entry.as_object(), "topologyKey");
                constraint.hard = textAt(entry.as_object(), "whenUnsatisfiable") == "DoNotSchedule";
                profile.defaultSpread.push_back(std::move(constraint));
            }
    } else if (plugin == "DefaultPreemption") {
        profile.minCandidateNodesPercentage = static_cast<int>(intAt(args, "minCandidateNodesPercentage", profile.minCandidateNodesPercentage));
        profile.minCandidateNodesAbsolute = static_cast<int>(intAt(args, "minCandidateNodesAbsolute", profile.minCandidateNodesAbsolute));
    }
    return {};
}

Result<Profile> parseProfile(const json::object& from) {
    Profile profile;
    if (const auto name = textAt(from, "schedulerName"); !name.empty()) profile.schedulerName = name;
    if (const auto* percentage = from.if_contains("percentageOfNodesToScore"); percentage && percentage->is_number()) profile.percentageOfNodesToScore = percentage->to_number<int>();
    const auto* plugins = objectAt(from, "plugins");
    const auto names = [&](std::string_view point, char mark) {
        std::vector<std::string> list;
        for (const auto& entry : pluginsAt(plugins, point, mark)) list.push_back(entry.name);
        return list;
    };
    profile.preEnqueue = names("preEnqueue", 'E');
    profile.preFilter = names("preFilter", 'F');
    profile.filter = names("filter", 'f');
    profile.postFilter = names("postFilter", 'P');
    profile.preScore = names("preScore", 'S');
    for (const auto& entry : pluginsAt(plugins, "score", 's')) profile.score.emplace_back(entry.name, entry.weight);
    if (const auto* configs = arrayAt(from, "pluginConfig"))
        for (const auto& entry : *configs)
            if (const auto* args = objectAt(entry.as_object(), "args")) {
                const auto plugin = textAt(entry.as_object(), "name");
                if (auto applied = applyArgs(profile, plugin, *args); !applied)
                    return badRequest(fmt::format("profiles[{}].pluginConfig[{}].args.{}", profile.schedulerName, plugin, applied.error().message));
            }
    return profile;
}

}  // namespace

Profile Profile::makeDefault() { return *parseProfile({}); }

const Profile* Configuration::find(const std::string& schedulerName) const {
    const auto it = std::ranges::find(profiles, schedulerName, &Profile::schedulerName);
    return it == profiles.end() ? nullptr : &*it;
}

Result<Configuration> parseConfiguration(const json::value& value) {
    const auto* from = value.if_object();
    if (!from) return badRequest("a KubeSchedulerConfiguration must be an object");
    const auto apiVersion = textAt(*from, "apiVersion"), kind = textAt(*from, "kind");
    if (apiVersion != "kubescheduler.config.k8s.io/v1" || kind != "KubeSchedulerConfiguration")
        return badRequest(fmt::format("no kind \"{}\" is registered for version \"{}\"; write apiVersion: kubescheduler.config.k8s.io/v1 and kind: KubeSchedulerConfiguration", kind, apiVersion));
    static const std::set<std::string, std::less<>> known{"apiVersion", "kind", "parallelism", "leaderElection", "clientConnection", "healthzBindAddress", "metricsBindAddress",
        "enableProfiling", "enableContentionProfiling", "percentageOfNodesToScore", "podInitialBackoffSeconds", "podMaxBackoffSeconds", "profiles", "extenders", "delayCacheUntilActive"};
    for (const auto& [key, field] : *from)
        if (!known.contains(std::string_view(key.data(), key.size()))) return badRequest(fmt::format("strict decoding error: unknown field \"{}\"", std::string_view(key.data(), key.size())));
    Configuration configuration;
    configuration.percentageOfNodesToScore = static_cast<int>(intAt(*from, "percentageOfNodesToScore", 0));
    if (configuration.percentageOfNodesToScore < 0 || configuration.percentageOfNodesToScore > 100)
        return badRequest(fmt::format("percentageOfNodesToScore: Invalid value: {}: not in valid range [0-100]", configuration.percentageOfNodesToScore));
    configuration.podInitialBackoffSeconds = static_cast<double>(intAt(*from, "podInitialBackoffSeconds", 1));
    configuration.podMaxBackoffSeconds = static_cast<double>(intAt(*from, "podMaxBackoffSeconds", 10));
    if (const auto* profiles = arrayAt(*from, "profiles"); profiles && !profiles->empty()) {
        configuration.profiles.clear();
        for (const auto& entry : *profiles) {
            if (!entry.is_object()) return badRequest("profiles: each must be an object");
            configuration.profiles.push_back(TRY(parseProfile(entry.get_object())));
        }
    }
    return configuration;
}

}  // namespace kubarium::scheduler
