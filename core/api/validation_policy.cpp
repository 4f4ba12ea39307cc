// policy, autoscaling and rbac.authorization.k8s.io.
#include "core/api/quantity.h"
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

// Which API versions a reference may have.
enum class ApiVersions { Any, Valid, WithGroup };

void validateReference(const json::object& reference, ApiVersions versions, const std::string& path, Report& report) {
    for (const auto* key : {"kind", "name"}) requirePathSegment(textAt(reference, key), path + "." + key, report);
    const auto version = textAt(reference, "apiVersion");
    const auto slashes = std::ranges::count(version, '/');
    if (versions == ApiVersions::Any) return;
    if (slashes > 1) report.invalid(path + ".apiVersion", version, fmt::format("unexpected GroupVersion string: {}", version));
    else if (versions == ApiVersions::WithGroup && (slashes == 0 || version.starts_with('/'))) report.invalid(path + ".apiVersion", version, "apiVersion must specify API group");
}

void validatePositive(const json::object& target, const char* key, const std::string& path, Report& report) {
    const auto text = textAt(target, key);
    const auto quantity = Quantity::parse(text);
    if (!text.empty() && quantity && quantity->sign() <= 0) report.invalid(path + "." + key, text, "must be positive");
}

void validateTarget(const json::object& source, const std::string& path, Report& report) {
    const auto& target = objectOrEmpty(source, "target");
    const auto type = textAt(target, "type");
    if (type.empty()) report.required(path + ".type", "must specify a metric target type");
    if (type != "Utilization" && type != "Value" && type != "AverageValue") report.invalid(path + ".type", type, "must be either Utilization, Value, or AverageValue");
    validatePositive(target, "value", path, report);
    validatePositive(target, "averageValue", path, report);
    if (const auto utilization = numberAt(target, "averageUtilization"); utilization && *utilization < 1) report.invalid(path + ".averageUtilization", *utilization, "must be greater than 0");
}

void validateMetricName(const json::object& source, const std::string& path, Report& report) {
    const auto name = textAt(objectOrEmpty(source, "metric"), "name");
    if (name.empty()) report.required(path + ".metric.name", "must specify a metric name");
    else report.invalidEach(path + ".metric.name", name, checkPathSegment(name));
}

void validateResourceTarget(const json::object& source, const std::string& path, Report& report) {
    validateTarget(source, path + ".target", report);
    const auto& target = objectOrEmpty(source, "target");
    const bool utilization = valueAt(target, "averageUtilization"), average = valueAt(target, "averageValue");
    if (!utilization && !average) report.required(path + ".target.averageUtilization", "must set either a target raw value or a target utilization");
    if (utilization && average) report.forbidden(path + ".target.averageValue", "may not set both a target raw value and a target utilization");
}

void validateMetricSource(std::string_view key, const json::object& source, ApiVersions versions, const std::string& path, Report& report) {
    const auto& target = objectOrEmpty(source, "target");
    const bool value = valueAt(target, "value"), average = valueAt(target, "averageValue");
    if (key == "resource" || key == "containerResource") {
        const auto name = textAt(source, "name"), container = textAt(source, "container");
        if (name.empty()) report.required(path + ".name", "must specify a resource name");
        else if (key == "containerResource") validateContainerResourceName(name, path + ".name", report);
        if (key == "containerResource") {
            if (container.empty()) report.required(path + ".container", "must specify a container");
            else report.invalidEach(path + ".container", container, checkDnsLabel(container));
        }
        return validateResourceTarget(source, path, report);
    }
    if (key == "object") validateReference(objectOrEmpty(source, "describedObject"), versions, path + ".describedObject", report);
    validateMetricName(source, path, report);
    validateTarget(source, path + ".target", report);
    if (key == "object" && !value && !average) report.required(path + ".target.averageValue", "must set either a target value or averageValue");
    if (key == "external" && !value && !average) report.required(path + ".target.averageValue", "must set either a target value for metric or a per-pod target");
    if (key == "external" && value && average) report.forbidden(path + ".target.value", "may not set both a target value for metric and a per-pod target");
    if (key == "pods" && !average) report.required(path + ".target.averageValue", "must specify a positive target averageValue");
}

void validateMetric(const json::object& metric, ApiVersions versions, const std::string& path, Report& report) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> sources = {
        {{"object", "Object"}, {"external", "External"}, {"pods", "Pods"}, {"resource", "Resource"}, {"containerResource", "ContainerResource"}}};
    const auto type = textAt(metric, "type");
    const bool known = std::ranges::find(metricTypes, type) != metricTypes.end();
    if (type.empty()) report.required(path + ".type", "must specify a metric source type");
    if (!known) report.unsupported(path + ".type", type, metricTypes);
    std::vector<std::string> present;
    for (const auto& [key, ofType] : sources) {
        const auto* source = objectAt(metric, key);
        if (!source) continue;
        present.emplace_back(key);
        if (present.size() == 1) validateMetricSource(key, *source, versions, path + "." + std::string(key), report);
    }
    const bool several = present.size() > 1;
    for (const auto& [key, ofType] : sources) {
        if (ofType != type) continue;
        if (!objectAt(metric, key)) report.required(path + "." + std::string(key), "must populate information for the given metric source");
        std::erase(present, key);
    }
    // The API server finds this twice.
    if (!known) report.unsupported(path + ".type", type, metricTypes);
    if (!several) return;
    for (const auto& key : present) report.forbidden(path + "." + key, "must populate the given metric source only");
}

void validateScalingRules(const json::object& rules, const std::string& path, Report& report) {
    constexpr std::int64_t longestWindow = 3600, longestPeriod = 1800;
    if (const auto window = numberAt(rules, "stabilizationWindowSeconds")) {
        if (*window < 0) report.invalid(path + ".stabilizationWindowSeconds", *window, "must be greater than or equal to zero");
        if (*window > longestWindow) report.invalid(path + ".stabilizationWindowSeconds", *window, fmt::format("must be less than or equal to {}", longestWindow));
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
        if (period > longestPeriod) report.invalid(here + ".periodSeconds", period, fmt::format("must be less than or equal to {}", longestPeriod));
    }
    if (const auto tolerance = textAt(rules, "tolerance"); !tolerance.empty()) validateQuantity("", tolerance, path + ".tolerance", report);
}

void validateAutoscalerSpec(const json::object& spec, ApiVersions target, std::int64_t least, Report& report) {
    const auto minimum = numberAt(spec, "minReplicas");
    const auto maximum = numberAt(spec, "maxReplicas").value_or(0);
    if (minimum && *minimum < least) report.invalid("spec.minReplicas", *minimum, fmt::format("must be greater than or equal to {}", least));
    if (maximum < 1) report.invalid("spec.maxReplicas", maximum, "must be greater than 0");
    if (minimum && maximum < *minimum) report.invalid("spec.maxReplicas", maximum, "must be greater than or equal to `minReplicas`");
    validateReference(objectOrEmpty(spec, "scaleTargetRef"), target, "spec.scaleTargetRef", report);
    const auto& metrics = arrayAt(spec, "metrics");
    bool beyondPods = false;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        validateMetric(asObject(metrics[i]), ApiVersions::Valid, indexed("spec.metrics", i), report);
        const auto type = textAt(asObject(metrics[i]), "type");
        beyondPods = beyondPods || type == "Object" || type == "External";
    }
    if (minimum && *minimum == 0 && !beyondPods) report.forbidden("spec.metrics", "must specify at least one Object or External metric to support scaling to zero replicas");
    const auto& behavior = objectOrEmpty(spec, "behavior");
    for (const auto* direction : {"scaleUp", "scaleDown"})
        if (const auto* rules = objectAt(behavior, direction)) validateScalingRules(*rules, std::string("spec.behavior.") + direction, report);
}

// ReplicationControllers are the only ones of the core group that scale.
ApiVersions versionsOf(const json::object& target) { return textAt(target, "kind") == "ReplicationController" ? ApiVersions::Valid : ApiVersions::WithGroup; }

void validateAutoscaler(const json::object& autoscaler, Report& report) {
    const auto& spec = objectOrEmpty(autoscaler, "spec");
    validateAutoscalerSpec(spec, versionsOf(objectOrEmpty(spec, "scaleTargetRef")), 1, report);
}

void validateAutoscalerUpdate(const json::object& autoscaler, const json::object& old, std::string_view subresource, Report& report) {
    if (!subresource.empty()) return;
    const auto &spec = objectOrEmpty(autoscaler, "spec"), &before = objectOrEmpty(old, "spec");
    const auto &target = objectOrEmpty(spec, "scaleTargetRef"), &oldTarget = objectOrEmpty(before, "scaleTargetRef");
    const bool same = textAt(target, "apiVersion") == textAt(oldTarget, "apiVersion") && textAt(target, "kind") == textAt(oldTarget, "kind");
    validateAutoscalerSpec(spec, same ? ApiVersions::Any : versionsOf(target), numberAt(before, "minReplicas") == 0 ? 0 : 1, report);
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
        {{"autoscaling", "HorizontalPodAutoscaler"}, {.create = validateAutoscaler, .update = validateAutoscalerUpdate, .updateOnly = true}},
        {{"rbac.authorization.k8s.io", "Role"}, {checkPathSegment, validateRole, nullptr}},
        {{"rbac.authorization.k8s.io", "ClusterRole"}, {checkPathSegment, validateClusterRole, nullptr}},
        {{"rbac.authorization.k8s.io", "RoleBinding"}, {checkPathSegment, validateRoleBinding, validateBindingUpdate}},
        {{"rbac.authorization.k8s.io", "ClusterRoleBinding"}, {checkPathSegment, validateClusterRoleBinding, validateBindingUpdate}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
