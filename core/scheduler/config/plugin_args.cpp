#include "core/scheduler/config/plugin_args.h"

#include "core/api/object_decoder.h"
#include "core/api/validation.h"
#include "core/scheduler/config/config_types.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

constexpr std::string_view group = "kubescheduler.config.k8s.io";

std::int64_t numberOr(const json::object& object, std::string_view key, std::int64_t fallback) { return api::numberAt(object, key).value_or(fallback); }

std::string at(const std::string& path, std::string_view field) { return path.empty() ? std::string(field) : path + "." + std::string(field); }

// Decodes what the API's own types describe, in place; its strict errors get the path before them.
Result<void> decodeNested(std::string_view typeName, json::value& value, const std::string& path, std::vector<std::string>& strictErrors) {
    const auto* type = api::Schema::builtin().findType(typeName);
    if (!value.is_object()) return badRequest(fmt::format("json: cannot unmarshal {} into Go struct field {} of type {}", value.is_string() ? "string" : value.is_array() ? "array" : "value", path, type->goName));
    std::vector<std::string> nested;
    if (auto decoded = api::normalize(*type, value.get_object(), &nested); !decoded) return decoded;
    constexpr std::string_view before = "unknown field \"";
    for (const auto& error : nested) strictErrors.push_back(error.starts_with(before) ? fmt::format("{}{}.{}", before, path, error.substr(before.size())) : error);
    return {};
}

void validateShape(const json::array& shape, const std::string& path, api::Report& report) {
    if (shape.empty()) return report.required(path, "at least one point must be specified");
    const auto utilization = [&](std::size_t i) { return numberOr(shape[i].as_object(), "utilization", 0); };
    for (std::size_t i = 1; i < shape.size(); ++i)
        if (utilization(i - 1) >= utilization(i)) {
            report.invalid(at(api::indexed(path, i), "utilization"), utilization(i), "values must be sorted in increasing order");
            break;
        }
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (utilization(i) < 0 || utilization(i) > 100) report.invalid(at(api::indexed(path, i), "utilization"), utilization(i), "not in valid range [0, 100]");
        if (const auto score = numberOr(shape[i].as_object(), "score", 0); score < 0 || score > 10) report.invalid(at(api::indexed(path, i), "score"), score, "not in valid range [0, 10]");
    }
}

// Nothing given is cpu and memory; a weight of 0 is 1.
std::vector<ResourceWeight> resourcesOf(const json::array& list) {
    if (list.empty()) return {{"cpu", 1}, {"memory", 1}};
    std::vector<ResourceWeight> resources;
    for (const auto& entry : list) {
        const auto weight = numberOr(entry.as_object(), "weight", 0);
        resources.push_back({std::string(api::textAt(entry.as_object(), "name")), weight == 0 ? 1 : weight});
    }
    return resources;
}

std::vector<std::string> namesAt(const json::object& args, std::string_view key) {
    std::vector<std::string> names;
    for (const auto& entry : api::arrayAt(args, key)) names.emplace_back(entry.as_string());
    return names;
}

void labelName(const std::string& path, const std::string& name, api::Report& report) {
    if (const auto problem = api::qualifiedNameProblem(name); !problem.empty()) report.invalid(path, name, problem);
}

void fitArgs(Profile& profile, const json::object& args, const std::string& path, api::Report& report) {
    auto& fit = profile.fit;
    fit = FitArgs();
    fit.ignoredResources = namesAt(args, "ignoredResources");
    fit.ignoredResourceGroups = namesAt(args, "ignoredResourceGroups");
    for (std::size_t i = 0; i < fit.ignoredResources.size(); ++i) labelName(api::indexed(at(path, "ignoredResources"), i), fit.ignoredResources[i], report);
    for (std::size_t i = 0; i < fit.ignoredResourceGroups.size(); ++i) {
        const auto here = api::indexed(at(path, "ignoredResourceGroups"), i);
        if (fit.ignoredResourceGroups[i].find('/') != std::string::npos) report.invalid(here, fit.ignoredResourceGroups[i], "resource group name can't contain '/'");
        labelName(here, fit.ignoredResourceGroups[i], report);
    }
    const auto* strategy = api::objectAt(args, "scoringStrategy");
    if (!strategy) return;
    const auto strategyPath = at(path, "scoringStrategy");
    const auto type = api::textAt(*strategy, "type");
    if (type == "MostAllocated") fit.strategy = FitArgs::Strategy::MostAllocated;
    else if (type == "RequestedToCapacityRatio") fit.strategy = FitArgs::Strategy::RequestedToCapacityRatio;
    else if (type != "LeastAllocated") report.unsupported(at(strategyPath, "type"), type, {"LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"});
    fit.resources = resourcesOf(api::arrayAt(*strategy, "resources"));
    for (std::size_t i = 0; i < fit.resources.size(); ++i)
        if (const auto& [name, weight] = fit.resources[i]; weight <= 0 || weight > 100)
            report.invalid(at(api::indexed(at(strategyPath, "resources"), i), "weight"), weight, fmt::format("resource weight of {} not in valid range (0, 100]", name));
    const auto* ratio = api::objectAt(*strategy, "requestedToCapacityRatio");
    if (ratio) {
        validateShape(api::arrayAt(*ratio, "shape"), at(strategyPath, "shape"), report);
        for (const auto& point : api::arrayAt(*ratio, "shape")) fit.shape.push_back({numberOr(point.as_object(), "utilization", 0), numberOr(point.as_object(), "score", 0)});
    } else if (fit.strategy == FitArgs::Strategy::RequestedToCapacityRatio && report.causes.empty()) {
        // kube-scheduler ends here with a nil pointer.
        report.required(at(strategyPath, "requestedToCapacityRatio"), "the strategy RequestedToCapacityRatio needs a shape");
    }
}

void balancedArgs(Profile& profile, const json::object& args, const std::string& path, api::Report& report) {
    profile.balancedResources = resourcesOf(api::arrayAt(args, "resources"));
    std::set<std::string> seen;
    for (std::size_t i = 0; i < profile.balancedResources.size(); ++i) {
        const auto& [name, weight] = profile.balancedResources[i];
        const auto here = api::indexed(at(path, "resources"), i);
        if (!seen.insert(name).second) report.duplicate(at(here, "name"), name);
        if (weight != 1) report.invalid(at(here, "weight"), weight, "must be 1");
    }
}

void affinityArgs(Profile& profile, const json::object& args, const std::string& path, api::Report& report) {
    const auto* added = args.if_contains("addedAffinity");
    profile.addedAffinity = NodeAffinity::parse(added);
    profile.hasAddedAffinity = added && added->is_object();
    const auto report1 = [&](const NodeTerm& term, const std::string& here) {
        for (const auto& problem : term.invalid) {
            const auto colon = problem.find(": ");
            report.add("FieldValueInvalid", here + problem.substr(0, colon), problem.substr(colon + 2));
        }
    };
    for (const auto& term : profile.addedAffinity.required) report1(term, at(path, "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"));
    for (const auto& [weight, term] : profile.addedAffinity.preferred)
        if (weight != 0) report1(term, at(path, "addedAffinity.preferredDuringSchedulingIgnoredDuringExecution"));
}

void spreadConstraint(const json::object& from, const std::string& path, api::Report& report) {
    if (const auto skew = numberOr(from, "maxSkew", 0); skew <= 0) report.invalid(at(path, "maxSkew"), skew, "not in valid range (0, inf)");
    const std::string key(api::textAt(from, "topologyKey")), when(api::textAt(from, "whenUnsatisfiable"));
    if (key.empty()) report.required(at(path, "topologyKey"), "can not be empty");
    else labelName(at(path, "topologyKey"), key, report);
    if (when.empty()) report.required(at(path, "whenUnsatisfiable"), "can not be empty");
    else if (when != "DoNotSchedule" && when != "ScheduleAnyway") report.unsupported(at(path, "whenUnsatisfiable"), when, {"DoNotSchedule", "ScheduleAnyway"});
    if (api::objectAt(from, "labelSelector")) report.forbidden(at(path, "labelSelector"), "constraint must not define a selector, as they deduced for each pod");
}

void spreadArgs(Profile& profile, const json::object& args, const std::string& path, api::Report& report) {
    const auto type = api::textAt(args, "defaultingType");
    const auto& constraints = api::arrayAt(args, "defaultConstraints");
    if (!type.empty() && type != "System" && type != "List") report.unsupported(at(path, "defaultingType"), type, {"System", "List"});
    profile.systemDefaultedSpread = type != "List";
    if ((type.empty() || type == "System") && !constraints.empty()) report.invalid(at(path, "defaultingType"), "System", "when .defaultConstraints are not empty");
    profile.defaultSpread.clear();
    const auto list = at(path, "defaultConstraints");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < constraints.size(); ++i) {
        const auto& from = constraints[i].as_object();
        spreadConstraint(from, api::indexed(list, i), report);
        SpreadConstraint constraint;
        constraint.maxSkew = numberOr(from, "maxSkew", 1);
        constraint.topologyKey = api::textAt(from, "topologyKey");
        constraint.hard = api::textAt(from, "whenUnsatisfiable") == "DoNotSchedule";
        constraint.minDomains = numberOr(from, "minDomains", 1);
        constraint.honorAffinity = api::textAt(from, "nodeAffinityPolicy") != "Ignore";
        constraint.honorTaints = api::textAt(from, "nodeTaintsPolicy") == "Honor";
        const auto what = fmt::format("{{{}, {}}}", constraint.topologyKey, api::textAt(from, "whenUnsatisfiable"));
        if (!seen.insert(what).second) report.duplicate(api::indexed(list, i), what);
        profile.defaultSpread.push_back(std::move(constraint));
    }
}

void preemptionArgs(Profile& profile, const json::object& args, const std::string& path, api::Report& report) {
    const auto percentage = numberOr(args, "minCandidateNodesPercentage", 10), absolute = numberOr(args, "minCandidateNodesAbsolute", 100);
    const auto percentagePath = at(path, "minCandidateNodesPercentage"), absolutePath = at(path, "minCandidateNodesAbsolute");
    if (percentage < 0 || percentage > 100) report.invalid(percentagePath, percentage, "not in valid range [0, 100]");
    if (absolute < 0) report.invalid(absolutePath, absolute, "not in valid range [0, inf)");
    if (percentage == 0 && absolute == 0) {
        report.invalid(percentagePath, percentage, "cannot be zero at the same time as minCandidateNodesAbsolute");
        report.invalid(absolutePath, absolute, "cannot be zero at the same time as minCandidateNodesPercentage");
    }
    profile.minCandidateNodesPercentage = static_cast<int>(percentage);
    profile.minCandidateNodesAbsolute = static_cast<int>(absolute);
}

void podAffinityArgs(Profile& profile, const json::object& args, const std::string& path, api::Report& report) {
    profile.hardPodAffinityWeight = numberOr(args, "hardPodAffinityWeight", 1);
    profile.ignorePreferredTermsOfExistingPods = api::flagAt(args, "ignorePreferredTermsOfExistingPods");
    if (profile.hardPodAffinityWeight < 0 || profile.hardPodAffinityWeight > 100) report.invalid(at(path, "hardPodAffinityWeight"), profile.hardPodAffinityWeight, "not in valid range [0, 100]");
}

std::string shapeAsGoPrints(const json::array& shape) {
    json::array points;
    for (const auto& point : shape) points.push_back(json::object{{"Utilization", numberOr(point.as_object(), "utilization", 0)}, {"Score", numberOr(point.as_object(), "score", 0)}});
    return json::serialize(points);
}

void volumeArgs(Profile& profile, const json::object& args, const std::string& path, api::Report& report) {
    const auto seconds = numberOr(args, "bindTimeoutSeconds", 600);
    if (seconds < 0) report.invalid(at(path, "bindTimeoutSeconds"), seconds, "invalid BindTimeoutSeconds, should not be a negative value");
    if (const auto* shape = args.if_contains("shape"); shape && shape->is_array())
        report.invalidText(at(path, "shape"), shapeAsGoPrints(shape->get_array()), "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring");
    profile.volumeBindTimeout = std::chrono::seconds(seconds);
}

}  // namespace

Result<json::object> decodeArgs(const std::string& plugin, const json::value* args, std::vector<std::string>& strictErrors) {
    const auto* type = pluginArgsType(plugin);
    if (!type || !args || !args->is_object()) return json::object();
    auto object = args->get_object();
    const auto kind = std::string(api::textAt(object, "kind")), apiVersion = std::string(api::textAt(object, "apiVersion"));
    const bool known = kind.ends_with("Args") && pluginArgsType(std::string_view(kind).substr(0, kind.size() - 4));
    if (!kind.empty() && !known) return badRequest(fmt::format("decoding args for plugin {}: no kind \"{}\" is registered for version \"{}\"", plugin, kind, apiVersion.empty() ? std::string(group) + "/v1" : apiVersion));
    if (!kind.empty() && kind != plugin + "Args") return badRequest(fmt::format("args for plugin {0} were not of type {0}Args.{1}, got {2}.{1}", plugin, group, kind));
    if (!apiVersion.empty() && apiVersion != std::string(group) + "/v1")
        return badRequest(fmt::format("decoding args for plugin {0}: no kind \"{0}Args\" is registered for version \"{1}\"", plugin, apiVersion));
    std::vector<std::string> unknown;
    const bool hasShape = plugin == "VolumeBinding" && object.contains("shape");
    auto decoded = api::normalize(*type, object, &unknown);
    if (hasShape) object.emplace("shape", json::array());  // an empty one counts, too
    if (decoded)
        if (auto* added = object.if_contains("addedAffinity"); added && plugin == "NodeAffinity") decoded = decodeNested("io.k8s.api.core.v1.NodeAffinity", *added, "addedAffinity", unknown);
    if (decoded && plugin == "PodTopologySpread")
        if (auto* list = object.if_contains("defaultConstraints"); list && list->is_array())
            for (std::size_t i = 0; decoded && i < list->get_array().size(); ++i)
                decoded = decodeNested("io.k8s.api.core.v1.TopologySpreadConstraint", list->get_array()[i], api::indexed("defaultConstraints", i), unknown);
    if (!decoded) return badRequest(fmt::format("decoding args for plugin {}: {}", plugin, decoded.error().message));
    if (!unknown.empty()) strictErrors.push_back(fmt::format("strict decoding error: decoding args for plugin {}: strict decoding error: {}", plugin, fmt::join(unknown, ", ")));
    return object;
}

void applyArgs(Profile& profile, const std::string& plugin, const json::object& args, const std::string& path, api::Report& report) {
    if (plugin == "NodeResourcesFit") fitArgs(profile, args, path, report);
    else if (plugin == "NodeResourcesBalancedAllocation") balancedArgs(profile, args, path, report);
    else if (plugin == "InterPodAffinity") podAffinityArgs(profile, args, path, report);
    else if (plugin == "NodeAffinity") affinityArgs(profile, args, path, report);
    else if (plugin == "PodTopologySpread") spreadArgs(profile, args, path, report);
    else if (plugin == "DefaultPreemption") preemptionArgs(profile, args, path, report);
    else if (plugin == "VolumeBinding") volumeArgs(profile, args, path, report);
    else if (plugin == "DynamicResources")
        report.forbidden(path, "Kubarium has no dynamic resource allocation: the plugin DynamicResources is absent and takes no args; remove this entry");
}

}  // namespace kubarium::scheduler
