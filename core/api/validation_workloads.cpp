// apps; ReplicationControllers.
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace kubarium::api {

namespace {

bool selectsAll(const json::object& selector) { return objectOrEmpty(selector, "matchLabels").empty() && arrayAt(selector, "matchExpressions").empty(); }

void validateTemplateLabels(const json::object& spec, Report& report) {
    const auto* selector = objectAt(spec, "selector");
    const auto* labels = objectAt(objectOrEmpty(objectOrEmpty(spec, "template"), "metadata"), "labels");
    static const json::object none;
    if (!selector || !selectorMatches(*selector, labels ? *labels : none))
        report.invalidText("spec.template.metadata.labels", labels ? goJson(*labels) : "null", "`selector` does not match template `labels`");
}

// Whether it can be read: only then are the template's labels, and of most kinds the template, looked at.
bool validateSelector(const json::object& spec, std::string_view owner, Report& report) {
    const auto* selector = objectAt(spec, "selector");
    if (!selector) {
        report.required("spec.selector");
        return true;
    }
    const auto before = report.causes.size();
    validateLabelSelector(*selector, "spec.selector", report);
    const bool readable = report.causes.size() == before;
    if (selectsAll(*selector)) report.invalidText("spec.selector", shownSelector(valueAt(spec, "selector")), fmt::format("empty selector is invalid for {}", owner));
    return readable;
}

void alwaysRestart(const json::object& spec, const std::string& path, Report& report, std::string_view owner) {
    const auto& podSpec = objectOrEmpty(objectOrEmpty(spec, "template"), "spec");
    if (const auto policy = textAt(podSpec, "restartPolicy"); policy != "Always") report.unsupported(path + ".template.spec.restartPolicy", policy, {"Always"});
    if (valueAt(podSpec, "activeDeadlineSeconds")) report.forbidden(path + ".template.spec.activeDeadlineSeconds", fmt::format("activeDeadlineSeconds in {} is not Supported", owner));
}

std::int64_t amountOf(const json::value* value) {
    if (!value) return 0;
    if (const auto percent = percentOf(*value)) return *percent;
    if (const auto text = asString(*value); !text.empty()) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        return error == std::errc() && end == text.data() + text.size() ? number : 0;
    }
    return value->is_int64() ? value->get_int64() : 0;
}

std::string shownRolling(const json::object* rolling) {
    if (!rolling) return "null";
    const auto amount = [&](const char* key) { return valueAt(*rolling, key) ? goJson(*valueAt(*rolling, key)) : std::string("0"); };
    return fmt::format("{{\"MaxUnavailable\":{},\"MaxSurge\":{}}}", amount("maxUnavailable"), amount("maxSurge"));
}

void validateStrategy(const json::object& spec, Report& report) {
    const auto& strategy = objectOrEmpty(spec, "strategy");
    const auto type = textAt(strategy, "type");
    const auto* rolling = objectAt(strategy, "rollingUpdate");
    if (type == "Recreate") {
        if (rolling) report.forbidden("spec.strategy.rollingUpdate", fmt::format("may not be specified when strategy `type` is '{}'", type));
        return;
    }
    if (type != "RollingUpdate") {
        report.add("FieldValueNotSupported", "spec.strategy", fmt::format("Unsupported value: {{\"Type\":{},\"RollingUpdate\":{}}}: supported values: \"Recreate\", \"RollingUpdate\"", goQuote(type), shownRolling(rolling)));
        return;
    }
    if (!rolling) {
        report.required("spec.strategy.rollingUpdate", "this should be defaulted and never be nil");
        return;
    }
    const auto* unavailable = valueAt(*rolling, "maxUnavailable");
    const auto* surge = valueAt(*rolling, "maxSurge");
    const std::string path = "spec.strategy.rollingUpdate";
    if (unavailable) validateIntOrPercent(*unavailable, path + ".maxUnavailable", report);
    if (surge) validateIntOrPercent(*surge, path + ".maxSurge", report);
    if (amountOf(unavailable) == 0 && amountOf(surge) == 0)
        report.invalidText(path + ".maxUnavailable", unavailable ? json::serialize(*unavailable) : "0", "may not be 0 when `maxSurge` is 0");
    validateNotOver100(unavailable, path + ".maxUnavailable", report);
}

// Of Deployments and ReplicaSets.
void validateReplicaTemplate(const json::object& spec, Report& report) {
    if (!validateSelector(spec, "deployment", report)) return report.invalidText("spec.selector", shownSelector(valueAt(spec, "selector")), "invalid label selector");
    validateTemplateLabels(spec, report);
    validatePodTemplate(objectOrEmpty(spec, "template"), "spec.template", report);
    alwaysRestart(spec, "spec", report, "ReplicaSet");
}

void validateDeployment(const json::object& deployment, Report& report) {
    const auto& spec = objectOrEmpty(deployment, "spec");
    validateNonnegativeAt(spec, "replicas", "spec", report);
    validateReplicaTemplate(spec, report);
    validateStrategy(spec, report);
    validateNonnegativeAt(spec, "minReadySeconds", "spec", report);
    validateNonnegativeAt(spec, "revisionHistoryLimit", "spec", report);
    if (const auto deadline = numberAt(spec, "progressDeadlineSeconds")) {
        validateNonnegative(*deadline, "spec.progressDeadlineSeconds", report);
        if (*deadline <= numberAt(spec, "minReadySeconds").value_or(0)) report.invalid("spec.progressDeadlineSeconds", *deadline, "must be greater than minReadySeconds");
    }
}

void immutableSelector(const json::object& object, const json::object& old, std::string_view subresource, Report& report) {
    const auto *after = valueAt(objectOrEmpty(object, "spec"), "selector"), *before = valueAt(objectOrEmpty(old, "spec"), "selector");
    if (subresource.empty() && !sameMeaning(after, before)) report.invalidText("spec.selector", shownSelector(after), fieldImmutable);
}

void validateReplicaSet(const json::object& set, Report& report) {
    const auto& spec = objectOrEmpty(set, "spec");
    validateNonnegativeAt(spec, "replicas", "spec", report);
    validateNonnegativeAt(spec, "minReadySeconds", "spec", report);
    validateReplicaTemplate(spec, report);
}

void validateDaemonSet(const json::object& set, Report& report) {
    const auto& spec = objectOrEmpty(set, "spec");
    const auto* selector = objectAt(spec, "selector");
    const auto before = report.causes.size();
    if (selector) validateLabelSelector(*selector, "spec.selector", report);
    if (report.causes.size() == before) validateTemplateLabels(spec, report);
    if (selector && selectsAll(*selector)) report.invalidText("spec.selector", shownSelector(valueAt(spec, "selector")), "empty selector is invalid for daemonset");
    validatePodTemplate(objectOrEmpty(spec, "template"), "spec.template", report);
    alwaysRestart(spec, "spec", report, "DaemonSet");
    validateNonnegativeAt(spec, "minReadySeconds", "spec", report);
    const auto& strategy = objectOrEmpty(spec, "updateStrategy");
    const auto type = textAt(strategy, "type");
    if (type == "RollingUpdate") {
        const auto& rolling = objectOrEmpty(strategy, "rollingUpdate");
        const std::string path = "spec.updateStrategy.rollingUpdate";
        const auto* unavailable = valueAt(rolling, "maxUnavailable");
        const auto* surge = valueAt(rolling, "maxSurge");
        const bool hasUnavailable = amountOf(unavailable) != 0, hasSurge = amountOf(surge) != 0;
        if (unavailable) validateIntOrPercent(*unavailable, path + ".maxUnavailable", report);
        if (surge) validateIntOrPercent(*surge, path + ".maxSurge", report);
        validateNotOver100(unavailable, path + ".maxUnavailable", report);
        validateNotOver100(surge, path + ".maxSurge", report);
        if (hasUnavailable && hasSurge) report.invalidText(path + ".maxSurge", json::serialize(*surge), "may not be set when maxUnavailable is non-zero");
        else if (!hasUnavailable && !hasSurge) report.required(path + ".maxUnavailable", "cannot be 0 when maxSurge is 0");
    } else if (type != "OnDelete") {
        const auto shown = shownRolling(objectAt(strategy, "rollingUpdate"));
        report.add("FieldValueNotSupported", "spec.updateStrategy",
                   fmt::format("Unsupported value: {{\"Type\":{},\"RollingUpdate\":{}}}: supported values: \"RollingUpdate\", \"OnDelete\"", goQuote(type), shown));
    }
    validateNonnegativeAt(spec, "revisionHistoryLimit", "spec", report);
}

void validateDaemonSetUpdate(const json::object& set, const json::object& old, std::string_view subresource, Report& report) {
    immutableSelector(set, old, subresource, report);
    if (subresource.empty()) validateDaemonSet(set, report);
}

std::string goStrategy(const json::object& strategy) {
    const auto* rolling = objectAt(strategy, "rollingUpdate");
    std::string shown = "null";
    if (rolling) {
        const auto* partition = valueAt(*rolling, "partition");
        const auto* unavailable = valueAt(*rolling, "maxUnavailable");
        shown = fmt::format("{{\"Partition\":{},\"MaxUnavailable\":{}}}", partition ? json::serialize(*partition) : "0", unavailable ? json::serialize(*unavailable) : "null");
    }
    return shown;
}

// The template as its Pods will be: with a volume for each claim template, and names that the controller gives.
json::object asItsPodsWillBe(const json::object& spec) {
    json::object podTemplate = objectOrEmpty(spec, "template");
    for (const auto* key : {"subdomain", "hostname"})
        if (podTemplate.contains("spec")) ensureObject(podTemplate, {"spec"}).erase(key);
    const auto& claims = arrayAt(spec, "volumeClaimTemplates");
    if (claims.empty()) return podTemplate;
    json::array volumes;
    std::vector<std::string_view> names;
    for (const auto& claim : claims) {
        const json::string name(textAt(objectOrEmpty(asObject(claim), "metadata"), "name"));
        names.push_back(textAt(objectOrEmpty(asObject(claim), "metadata"), "name"));
        volumes.push_back(json::object{{"name", name}, {"persistentVolumeClaim", json::object{{"claimName", name}}}});
    }
    auto& podSpec = ensureObject(podTemplate, {"spec"});
    for (const auto& volume : arrayAt(podSpec, "volumes"))
        if (std::ranges::find(names, textAt(asObject(volume), "name")) == names.end()) volumes.push_back(volume);
    podSpec["volumes"] = std::move(volumes);
    return podTemplate;
}

void validateStatefulSet(const json::object& set, Report& report) {
    const auto& spec = objectOrEmpty(set, "spec");
    const auto management = textAt(spec, "podManagementPolicy");
    if (management.empty()) report.required("spec.podManagementPolicy");
    else if (management != "OrderedReady" && management != "Parallel") report.invalid("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'");
    const auto& strategy = objectOrEmpty(spec, "updateStrategy");
    const auto type = textAt(strategy, "type");
    if (type.empty()) {
        report.required("spec.updateStrategy");
    } else if (type == "OnDelete") {
        if (objectAt(strategy, "rollingUpdate")) report.invalidText("spec.updateStrategy.rollingUpdate", goStrategy(strategy), "only allowed for updateStrategy 'RollingUpdate'");
    } else if (type == "RollingUpdate") {
        validateNonnegativeAt(objectOrEmpty(strategy, "rollingUpdate"), "partition", "spec.updateStrategy.rollingUpdate", report);
    } else {
        report.invalidText("spec.updateStrategy", fmt::format("{{\"Type\":{},\"RollingUpdate\":{}}}", goQuote(type), goStrategy(strategy)), "must be 'RollingUpdate' or 'OnDelete'");
    }
    const auto& retention = objectOrEmpty(spec, "persistentVolumeClaimRetentionPolicy");
    for (const auto* key : {"whenDeleted", "whenScaled"})
        if (const auto policy = textAt(retention, key); policy != "Retain" && policy != "Delete") report.unsupported(std::string("spec.persistentVolumeClaimRetentionPolicy.") + key, policy, {"Retain", "Delete"});
    validateNonnegativeAt(spec, "replicas", "spec", report);
    validateNonnegativeAt(spec, "minReadySeconds", "spec", report);
    validateNonnegativeAt(objectOrEmpty(spec, "ordinals"), "start", "spec.ordinals", report);
    if (const auto service = textAt(spec, "serviceName"); !service.empty()) report.invalidEach("spec.serviceName", service, checkDnsLabel(service));
    const auto& claims = arrayAt(spec, "volumeClaimTemplates");
    for (std::size_t i = 0; i < claims.size(); ++i) validateClaimSpec(objectOrEmpty(asObject(claims[i]), "spec"), indexed("spec.volumeClaimTemplates", i) + ".spec", report);
    if (validateSelector(spec, "statefulset", report)) {
        validateTemplateLabels(spec, report);
        validatePodTemplate(asItsPodsWillBe(spec), "spec.template", report);
    } else {
        report.invalidText("spec.selector", shownSelector(valueAt(spec, "selector")), "");
    }
    alwaysRestart(spec, "spec", report, "StatefulSet");
}

void validateStatefulSetUpdate(const json::object& set, const json::object& old, std::string_view subresource, Report& report) {
    if (!subresource.empty()) return;
    auto before = objectOrEmpty(old, "spec"), after = objectOrEmpty(set, "spec");
    for (const auto* key : {"replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"}) before.erase(key), after.erase(key);
    if (before != after)
        report.forbidden("spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
}

void validateControllerRevision(const json::object& revision, Report& report) {
    if (!valueAt(revision, "data")) report.required("data", "data is mandatory");
    validateNonnegativeAt(revision, "revision", "", report);
}

void validateControllerRevisionUpdate(const json::object& revision, const json::object& old, std::string_view, Report& report) { validateImmutable(revision, old, "data", "data", report); }

void validateReplicationController(const json::object& controller, Report& report) {
    const auto& spec = objectOrEmpty(controller, "spec");
    validateNonnegativeAt(spec, "minReadySeconds", "spec", report);
    if (objectOrEmpty(spec, "selector").empty()) report.required("spec.selector");
    validateNonnegativeAt(spec, "replicas", "spec", report);
    const auto* podTemplate = objectAt(spec, "template");
    if (!podTemplate) {
        report.required("spec.template");
        return;
    }
    const auto* labels = objectAt(objectOrEmpty(*podTemplate, "metadata"), "labels");
    static const json::object none;
    if (!selectorMatches({{"matchLabels", objectOrEmpty(spec, "selector")}}, labels ? *labels : none))
        report.invalidText("spec.template.metadata.labels", labels ? goJson(*labels) : "null", "`selector` does not match template `labels`");
    validatePodTemplate(*podTemplate, "spec.template", report);
    alwaysRestart(spec, "spec", report, "ReplicationController");
}

}  // namespace

const KindRules* workloadRules(const GroupVersionKind& kind) {
    static const std::map<std::pair<std::string_view, std::string_view>, KindRules> rules = {
        {{"apps", "Deployment"}, {nullptr, validateDeployment, immutableSelector}},
        {{"apps", "ReplicaSet"}, {nullptr, validateReplicaSet, immutableSelector}},
        {{"apps", "DaemonSet"}, {nullptr, validateDaemonSet, validateDaemonSetUpdate, true}},
        {{"apps", "StatefulSet"}, {checkDnsLabel, validateStatefulSet, validateStatefulSetUpdate}},
        {{"apps", "ControllerRevision"}, {nullptr, validateControllerRevision, validateControllerRevisionUpdate}},
        {{"", "ReplicationController"}, {nullptr, validateReplicationController, nullptr}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
