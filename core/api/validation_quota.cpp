// ResourceQuota and LimitRange.
#include "core/api/quantity.h"
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace kubarium::api {

namespace {

constexpr std::array<std::string_view, 7> scopes = {"Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"};

// ---- ResourceQuota --------------------------------------------------------------------------------------------------------------

bool countedByQuotas(std::string_view name) {
    static constexpr std::array<std::string_view, 19> names = {"cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
                                                               "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims", "configmaps",
                                                               "services.nodeports", "services.loadbalancers"};
    return std::ranges::find(names, name) != names.end() || name.starts_with("hugepages-") || name.starts_with("requests.hugepages-");
}

bool appliesTo(std::string_view scope, std::string_view name) {
    static constexpr std::array<std::string_view, 6> compute = {"cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"};
    if (scope == "BestEffort") return name == "pods";
    if (scope == "VolumeAttributesClass") return name == "persistentvolumeclaims" || name == "requests.storage";
    if (std::ranges::find(scopes, scope) == scopes.end()) return true;
    return name == "pods" || std::ranges::find(compute, name) != compute.end();
}

bool conflicting(const std::set<std::string_view>& given, std::string_view one, std::string_view other) { return given.contains(one) && given.contains(other); }

void refuseConflicts(const std::set<std::string_view>& given, const std::string& path, std::string_view shown, Report& report) {
    if (conflicting(given, "BestEffort", "NotBestEffort")) report.invalidText(path, shown, "conflicting scopes");
    if (conflicting(given, "Terminating", "NotTerminating")) report.invalidText(path, shown, "conflicting scopes");
}

std::size_t unfit(std::string_view scope, const json::object& hard) {
    return static_cast<std::size_t>(std::ranges::count_if(hard, [&](const auto& member) { return countedByQuotas(member.key()) && !appliesTo(scope, member.key()); }));
}

void validateScopes(const json::object& spec, Report& report) {
    const auto& given = arrayAt(spec, "scopes");
    const auto shown = goJson(given);
    std::set<std::string_view> seen;
    for (const auto& scope : given) {
        if (std::ranges::find(scopes, asString(scope)) == scopes.end()) report.invalidText("spec.scopes", shown, "unsupported scope");
        for (std::size_t i = unfit(asString(scope), objectOrEmpty(spec, "hard")); i > 0; --i) report.invalidText("spec.scopes", shown, "unsupported scope applied to resource");
        seen.insert(asString(scope));
    }
    refuseConflicts(seen, "spec.scopes", shown, report);
}

std::string shownScopeSelector(const json::array& expressions) {
    return fmt::format("{{\"MatchExpressions\":{}}}", goList(expressions, [](const json::value& one) {
        const auto* values = valueAt(asObject(one), "values");
        return fmt::format("{{\"ScopeName\":{},\"Operator\":{},\"Values\":{}}}", goQuote(textAt(asObject(one), "scopeName")), goQuote(textAt(asObject(one), "operator")), values ? goJson(*values) : "null");
    }));
}

void validateScopeSelector(const json::object& spec, Report& report) {
    const auto* selector = objectAt(spec, "scopeSelector");
    if (!selector) return;
    const std::string path = "spec.scopeSelector.matchExpressions";
    const auto& expressions = arrayAt(*selector, "matchExpressions");
    std::set<std::string_view> seen;
    for (const auto& element : expressions) {
        const auto name = textAt(asObject(element), "scopeName"), op = textAt(asObject(element), "operator");
        const auto& values = arrayAt(asObject(element), "values");
        const bool known = std::ranges::find(scopes, name) != scopes.end();
        if (!known) report.invalid(path + ".scopeName", name, "unsupported scope");
        for (std::size_t i = unfit(name, objectOrEmpty(spec, "hard")); i > 0; --i) report.invalidText(path, shownScopeSelector(expressions), "unsupported scope applied to resource");
        if (known && name != "PriorityClass" && name != "VolumeAttributesClass" && op != "Exists")
            report.invalid(path + ".operator", op,
                           "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
        if (op == "In" || op == "NotIn") {
            if (values.empty()) report.required(path + ".values", "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
        } else if (op == "Exists" || op == "DoesNotExist") {
            if (!values.empty()) report.invalidText(path + ".values", goJson(values), "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
        } else {
            report.invalid(path + ".operator", op, "not a valid selector operator");
        }
        seen.insert(name);
    }
    const auto* given = valueAt(spec, "scopes");
    refuseConflicts(seen, path, given ? goJson(*given) : "null", report);
}

void validateResourceQuota(const json::object& quota, Report& report) {
    const auto& spec = objectOrEmpty(quota, "spec");
    for (const auto& [name, amount] : objectOrEmpty(spec, "hard")) {
        const auto path = keyed("spec.hard", name);
        validateAnyResourceName(name, path, report);
        if (name.find('/') == name.npos && !countedByQuotas(name)) report.invalid(path, name, "must be a standard resource for quota");
        validateQuantity(name, asString(amount), path, report);
    }
    validateScopes(spec, report);
    validateScopeSelector(spec, report);
}

void validateResourceQuotaUpdate(const json::object& quota, const json::object& old, std::string_view subresource, Report& report) {
    if (!subresource.empty()) return;
    const auto of = [](const json::object& object) {
        std::set<std::string_view> result;
        for (const auto& scope : arrayAt(objectOrEmpty(object, "spec"), "scopes")) result.insert(asString(scope));
        return result;
    };
    const auto* given = valueAt(objectOrEmpty(quota, "spec"), "scopes");
    if (of(quota) != of(old)) report.invalidText("spec.scopes", given ? goJson(*given) : "null", fieldImmutable);
}

// ---- LimitRange -----------------------------------------------------------------------------------------------------------------

using Amounts = std::map<std::string, Quantity, std::less<>>;

// One of the five lists of a limit, its names judged.
Amounts validateAmounts(const json::object& limit, std::string_view list, const std::string& path, Report& report) {
    Amounts amounts;
    const auto type = textAt(limit, "type");
    for (const auto& [name, amount] : objectOrEmpty(limit, list)) {
        const auto here = keyed(path + "." + std::string(list), name);
        if (type == "Pod" || type == "Container") validateContainerResourceName(name, here, report);
        else validateAnyResourceName(name, here, report);
        if (const auto quantity = Quantity::parse(asString(amount))) amounts.emplace(name, *quantity);
    }
    return amounts;
}

// No more than the largest may be by the smallest.
void validateRatio(const std::string& name, const Quantity& ratio, const Quantity& min, const Quantity& max, const std::string& path, Report& report) {
    constexpr std::int64_t mostMilli = INT64_MAX / 1000;
    const bool fine = ratio.value() < mostMilli && min.value() < mostMilli && max.value() < mostMilli;
    const double value = fine ? static_cast<double>(ratio.milliValue()) / 1000 : static_cast<double>(ratio.value());
    const double limit = fine ? static_cast<double>(max.milliValue()) / static_cast<double>(min.milliValue()) : static_cast<double>(max.value()) / static_cast<double>(min.value());
    if (value > limit) report.invalid(keyed(path + ".maxLimitRequestRatio", name), ratio.toString(), fmt::format("ratio {} is greater than max/min = {:f}", ratio.toString(), limit));
}

void validateOrder(const std::string& name, const Amounts& min, const Amounts& max, const Amounts& standard, const Amounts& request, const Amounts& ratio, const std::string& path, Report& report) {
    const auto of = [&](const Amounts& amounts) { return amounts.contains(name) ? &amounts.at(name) : nullptr; };
    const auto *least = of(min), *most = of(max), *limit = of(standard), *asked = of(request), *times = of(ratio);
    const auto exceeds = [&](const Quantity* low, const Quantity* high, std::string_view list, const Quantity* shown, std::string_view lowName, std::string_view highName) {
        if (low && high && *low > *high)
            report.invalid(keyed(path + "." + std::string(list), name), shown->toString(), fmt::format("{} value {} is greater than {} value {}", lowName, low->toString(), highName, high->toString()));
    };
    exceeds(least, most, "min", least, "min", "max");
    exceeds(least, asked, "defaultRequest", asked, "min", "default request");
    exceeds(asked, most, "defaultRequest", asked, "default request", "max");
    exceeds(asked, limit, "defaultRequest", asked, "default request", "default limit");
    exceeds(least, limit, "default", least, "min", "default");
    exceeds(limit, most, "default", most, "default", "max");
    if (times && *times < Quantity::of(1)) report.invalid(keyed(path + ".maxLimitRequestRatio", name), times->toString(), fmt::format("ratio {} is less than 1", times->toString()));
    if (times && least && most) validateRatio(name, *times, *least, *most, path, report);
    const bool native = name.find('/') == name.npos || name.find("kubernetes.io/") != name.npos;
    if ((!native || name.starts_with("hugepages-")) && limit && asked && *limit != *asked)
        report.invalid(keyed(path + ".defaultRequest", name), asked->toString(), fmt::format("default value {} must equal to defaultRequest value {} in {}", limit->toString(), asked->toString(), name));
}

void validateLimit(const json::object& limit, const std::string& path, Report& report) {
    const auto type = textAt(limit, "type");
    const auto max = validateAmounts(limit, "max", path, report);
    const auto min = validateAmounts(limit, "min", path, report);
    Amounts standard, request;
    if (type == "Pod") {
        for (const auto* key : {"default", "defaultRequest"})
            if (!objectOrEmpty(limit, key).empty()) report.forbidden(path + "." + key, "may not be specified when `type` is 'Pod'");
    } else {
        standard = validateAmounts(limit, "default", path, report);
        request = validateAmounts(limit, "defaultRequest", path, report);
    }
    if (type == "PersistentVolumeClaim" && !min.contains("storage") && !max.contains("storage")) report.required(path + ".limits", "either minimum or maximum storage value is required, but neither was provided");
    const auto ratio = validateAmounts(limit, "maxLimitRequestRatio", path, report);
    std::set<std::string> names;
    for (const auto* amounts : std::initializer_list<const Amounts*>{&max, &min, &standard, &request, &ratio})
        for (const auto& [name, quantity] : *amounts) names.insert(name);
    for (const auto& name : names) validateOrder(name, min, max, standard, request, ratio, path, report);
}

void validateLimitRange(const json::object& range, Report& report) {
    const auto& limits = arrayAt(objectOrEmpty(range, "spec"), "limits");
    std::set<std::string_view> types;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        const auto type = textAt(asObject(limits[i]), "type");
        const auto path = indexed("spec.limits", i);
        const auto sentences = checkQualifiedName(type);
        report.invalidEach(path + ".type", type, sentences);
        const bool known = type == "Pod" || type == "Container" || type == "PersistentVolumeClaim";
        if (sentences.empty() && type.find('/') == type.npos && !known) report.invalid(path + ".type", type, "must be a standard limit type or fully qualified");
        if (!types.insert(type).second) report.duplicate(path + ".type", type);
        validateLimit(asObject(limits[i]), path, report);
    }
}

}  // namespace

const KindRules* quotaRules(const GroupVersionKind& kind) {
    static const std::map<std::pair<std::string_view, std::string_view>, KindRules> rules = {
        {{"", "ResourceQuota"}, {.create = validateResourceQuota, .update = validateResourceQuotaUpdate}},
        {{"", "LimitRange"}, {.create = validateLimitRange, .metadataAgain = true}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
