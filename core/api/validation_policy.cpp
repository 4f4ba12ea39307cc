// policy, autoscaling and rbac.authorization.k8s.io.
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace kubarium::api {

namespace {

void requirePathSegment(std::string_view name, const std::string& path, Report& report) {
    if (name.empty()) report.required(path);
    else report.invalidEach(path, name, checkPathSegment(name));
}

// ---- PodDisruptionBudget --------------------------------------------------------------------------------------------------------

void validateBudget(const json::object& budget, Report& report) {
    const auto& spec = objectOrEmpty(budget, "spec");
    const auto* available = valueAt(spec, "minAvailable");
    const auto* unavailable = valueAt(spec, "maxUnavailable");
    if (available && unavailable) {
        const auto* selector = valueAt(spec, "selector");
        const auto* policy = valueAt(spec, "unhealthyPodEvictionPolicy");
        report.invalidText("spec",
                           fmt::format("{{\"MinAvailable\":{},\"Selector\":{},\"MaxUnavailable\":{},\"UnhealthyPodEvictionPolicy\":{}}}", json::serialize(*available), shownSelector(selector), json::serialize(*unavailable), shownValue(policy)),
                           "minAvailable and maxUnavailable cannot be both set");
    }
    for (const auto& [value, path] : {std::pair{available, "spec.minAvailable"}, std::pair{unavailable, "spec.maxUnavailable"}})
        if (value) {
            validateIntOrPercent(*value, path, report);
            validateNotOver100(value, path, report);
        }
    if (const auto* selector = objectAt(spec, "selector")) validateLabelSelector(*selector, "spec.selector", report);
    if (const auto* policy = valueAt(spec, "unhealthyPodEvictionPolicy"); policy && asString(*policy) != "AlwaysAllow" && asString(*policy) != "IfHealthyBudget")
        report.unsupported("spec.unhealthyPodEvictionPolicy", asString(*policy), {"AlwaysAllow", "IfHealthyBudget"});
}

// ---- HorizontalPodAutoscaler ------------------------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 5> metricTypes = {"ContainerResource", "External", "Object", "Pods", "Resource"};

void validateResourceTarget(const json::object& source, const std::string& path, Report& report) {
    if (textAt(source, "name").empty()) report.required(path + ".name", "must specify a resource name");
    const auto& target = objectOrEmpty(source, "target");
    const auto type = textAt(target, "type");
    if (type.empty()) report.required(path + ".target.type", "must specify a metric target type");
    else if (type != "Utilization" && type != "Value" && type != "AverageValue") report.invalid(path + ".target.type", type, "must be either Utilization, Value, or AverageValue");
    const auto utilization = numberAt(target, "averageUtilization");
    if (utilization && *utilization < 1) report.invalid(path + ".target.averageUtilization", *utilization, "must be greater than 0");
    if (!utilization && !valueAt(target, "averageValue")) report.required(path + ".target.averageUtilization", "must set either a target raw value or a target utilization");
    if (utilization && valueAt(target, "averageValue")) report.forbidden(path + ".target.averageValue", "may not set both a target raw value and a target utilization");
}

void validateMetric(const json::object& metric, const std::string& path, Report& report) {
    const auto type = textAt(metric, "type");
    if (type.empty()) report.required(path + ".type", "must specify a metric source type");
    if (std::ranges::find(metricTypes, type) == metricTypes.end()) {
        // The API server finds this twice.
        report.unsupported(path + ".type", type, metricTypes);
        report.unsupported(path + ".type", type, metricTypes);
        return;
    }
    if (const auto* resource = objectAt(metric, "resource")) validateResourceTarget(*resource, path + ".resource", report);
    if (const auto* resource = objectAt(metric, "containerResource")) {
        if (textAt(*resource, "container").empty()) report.required(path + ".containerResource.container", "must specify a container");
        validateResourceTarget(*resource, path + ".containerResource", report);
    }
    if (const auto* pods = objectAt(metric, "pods")) {
        const auto name = textAt(objectOrEmpty(*pods, "metric"), "name");
        if (name.empty()) report.required(path + ".pods.metric.name", "must specify a metric name");
        else report.invalidEach(path + ".pods.metric.name", name, checkPathSegment(name));
        if (!valueAt(objectOrEmpty(*pods, "target"), "averageValue")) report.required(path + ".pods.target.averageValue", "must specify a positive target averageValue");
    }
}

void validateScalingRules(const json::object& rules, const std::string& path, Report& report) {
    if (const auto window = numberAt(rules, "stabilizationWindowSeconds")) {
        validateNonnegative(*window, path + ".stabilizationWindowSeconds", report);
        if (*window > 3600) report.invalid(path + ".stabilizationWindowSeconds", *window, "must be less than or equal to 3600");
    }
    if (const auto select = textAt(rules, "selectPolicy"); valueAt(rules, "selectPolicy") && select != "Disabled" && select != "Max" && select != "Min") report.unsupported(path + ".selectPolicy", select, {"Disabled", "Max", "Min"});
    const auto& policies = arrayAt(rules, "policies");
    if (policies.empty()) report.required(path + ".policies", "must specify at least one Policy");
    for (std::size_t i = 0; i < policies.size(); ++i) {
        const auto here = indexed(path + ".policies", i);
        const auto& policy = asObject(policies[i]);
        const auto type = textAt(policy, "type");
        if (type != "Percent" && type != "Pods") report.unsupported(here + ".type", type, {"Percent", "Pods"});
        if (const auto value = numberAt(policy, "value").value_or(0); value <= 0) report.invalid(here + ".value", value, "must be greater than zero");
        const auto period = numberAt(policy, "periodSeconds").value_or(0);
        if (period <= 0) report.invalid(here + ".periodSeconds", period, "must be greater than zero");
        if (period > 1800) report.invalid(here + ".periodSeconds", period, "must be less than or equal to 1800");
    }
}

void validateAutoscaler(const json::object& autoscaler, Report& report) {
    const auto& spec = objectOrEmpty(autoscaler, "spec");
    const auto minimum = numberAt(spec, "minReplicas"), maximum = numberAt(spec, "maxReplicas");
    if (minimum && *minimum < 1) report.invalid("spec.minReplicas", *minimum, "must be greater than or equal to 1");
    if (maximum.value_or(0) < 1) report.invalid("spec.maxReplicas", maximum.value_or(0), "must be greater than 0");
    if (minimum && maximum.value_or(0) < *minimum) report.invalid("spec.maxReplicas", maximum.value_or(0), "must be greater than or equal to `minReplicas`");
    const auto& target = objectOrEmpty(spec, "scaleTargetRef");
    requirePathSegment(textAt(target, "kind"), "spec.scaleTargetRef.kind", report);
    requirePathSegment(textAt(target, "name"), "spec.scaleTargetRef.name", report);
    const auto& metrics = arrayAt(spec, "metrics");
    for (std::size_t i = 0; i < metrics.size(); ++i) validateMetric(asObject(metrics[i]), indexed("spec.metrics", i), report);
    const auto& behavior = objectOrEmpty(spec, "behavior");
    for (const auto* direction : {"scaleUp", "scaleDown"})
        if (const auto* rules = objectAt(behavior, direction)) validateScalingRules(*rules, std::string("spec.behavior.") + direction, report);
}

// ---- RBAC -------------------------------------------------------------------------------------------------------------------------

void validateRules(const json::object& role, bool namespaced, Report& report) {
    const auto& rules = arrayAt(role, "rules");
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& rule = asObject(rules[i]);
        const auto path = indexed("rules", i);
        if (arrayAt(rule, "verbs").empty()) report.required(path + ".verbs", "verbs must contain at least one value");
        const auto& urls = arrayAt(rule, "nonResourceURLs");
        if (!urls.empty()) {
            if (namespaced) report.invalidText(path + ".nonResourceURLs", json::serialize(json::value(urls)), "namespaced rules cannot apply to non-resource URLs");
            if (!arrayAt(rule, "apiGroups").empty() || !arrayAt(rule, "resources").empty() || !arrayAt(rule, "resourceNames").empty())
                report.invalidText(path + ".nonResourceURLs", json::serialize(json::value(urls)), "rules cannot apply to both regular resources and non-resource URLs");
            continue;
        }
        if (arrayAt(rule, "apiGroups").empty()) report.required(path + ".apiGroups", "resource rules must supply at least one api group");
        if (arrayAt(rule, "resources").empty()) report.required(path + ".resources", "resource rules must supply at least one resource");
    }
}

void validateRole(const json::object& role, Report& report) { validateRules(role, true, report); }

void validateClusterRole(const json::object& role, Report& report) {
    validateRules(role, false, report);
    const auto* aggregation = objectAt(role, "aggregationRule");
    if (!aggregation) return;
    const auto& selectors = arrayAt(*aggregation, "clusterRoleSelectors");
    if (selectors.empty()) report.required("aggregationRule.clusterRoleSelectors", "at least one clusterRoleSelector required if aggregationRule is non-nil");
    for (std::size_t i = 0; i < selectors.size(); ++i) {
        const auto path = indexed("aggregationRule.clusterRoleSelectors", i);
        const auto before = report.causes.size();
        validateLabelSelector(asObject(selectors[i]), path, report);
        if (report.causes.size() > before) report.invalidText(path, "null", "invalid label selector.");
    }
}

void validateBinding(const json::object& binding, bool namespaced, Report& report) {
    static constexpr std::string_view group = "rbac.authorization.k8s.io";
    const auto& role = objectOrEmpty(binding, "roleRef");
    if (textAt(role, "apiGroup") != group) report.unsupported("roleRef.apiGroup", textAt(role, "apiGroup"), {group});
    const auto kind = textAt(role, "kind");
    if (namespaced ? kind != "Role" && kind != "ClusterRole" : kind != "ClusterRole") {
        if (namespaced) report.unsupported("roleRef.kind", kind, {"Role", "ClusterRole"});
        else report.unsupported("roleRef.kind", kind, {"ClusterRole"});
    }
    requirePathSegment(textAt(role, "name"), "roleRef.name", report);
    const auto& subjects = arrayAt(binding, "subjects");
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        const auto& subject = asObject(subjects[i]);
        const auto path = indexed("subjects", i);
        const auto name = textAt(subject, "name"), type = textAt(subject, "kind"), apiGroup = textAt(subject, "apiGroup");
        if (name.empty()) report.required(path + ".name");
        if (type == "ServiceAccount") {
            if (!name.empty()) report.invalidEach(path + ".name", name, checkDnsSubdomain(name));
            if (!apiGroup.empty()) report.unsupported(path + ".apiGroup", apiGroup, {""});
            if (!namespaced && textAt(subject, "namespace").empty()) report.required(path + ".namespace");
        } else if (type == "User" || type == "Group") {
            if (apiGroup != group) report.unsupported(path + ".apiGroup", apiGroup, {group});
        } else {
            report.unsupported(path + ".kind", type, {"ServiceAccount", "User", "Group"});
        }
    }
}

void validateRoleBinding(const json::object& binding, Report& report) { validateBinding(binding, true, report); }
void validateClusterRoleBinding(const json::object& binding, Report& report) { validateBinding(binding, false, report); }

void validateBindingUpdate(const json::object& binding, const json::object& old, std::string_view, Report& report) {
    if (sameAt(binding, old, "roleRef")) return;
    const auto& role = objectOrEmpty(binding, "roleRef");
    report.invalidText("roleRef", fmt::format("{{\"APIGroup\":{},\"Kind\":{},\"Name\":{}}}", goQuote(textAt(role, "apiGroup")), goQuote(textAt(role, "kind")), goQuote(textAt(role, "name"))), "cannot change roleRef");
}

}  // namespace

const KindRules* policyRules(const GroupVersionKind& kind) {
    static const std::map<std::pair<std::string_view, std::string_view>, KindRules> rules = {
        {{"policy", "PodDisruptionBudget"}, {.create = validateBudget, .metadata = MetadataRules::None}},
        {{"autoscaling", "HorizontalPodAutoscaler"}, {nullptr, validateAutoscaler, nullptr}},
        {{"rbac.authorization.k8s.io", "Role"}, {checkPathSegment, validateRole, nullptr}},
        {{"rbac.authorization.k8s.io", "ClusterRole"}, {checkPathSegment, validateClusterRole, nullptr}},
        {{"rbac.authorization.k8s.io", "RoleBinding"}, {checkPathSegment, validateRoleBinding, validateBindingUpdate}},
        {{"rbac.authorization.k8s.io", "ClusterRoleBinding"}, {checkPathSegment, validateClusterRoleBinding, validateBindingUpdate}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
