// apps and batch.
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace kubarium::api {

namespace {

void nonnegative(const json::object& object, std::string_view key, const std::string& path, Report& report) {
    if (const auto value = numberAt(object, key)) validateNonnegative(*value, path + "." + std::string(key), report);
}

bool selectsAll(const json::object& selector) { return objectOrEmpty(selector, "matchLabels").empty() && arrayAt(selector, "matchExpressions").empty(); }

void validateTemplateLabels(const json::object& spec, Report& report) {
    const auto* selector = objectAt(spec, "selector");
    const auto* labels = objectAt(objectOrEmpty(objectOrEmpty(spec, "template"), "metadata"), "labels");
    static const json::object none;
    if (!selector || !selectorMatches(*selector, labels ? *labels : none))
        report.invalidText("spec.template.metadata.labels", labels ? json::serialize(json::value(*labels)) : "null", "`selector` does not match template `labels`");
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
    return value->is_int64() ? value->get_int64() : 0;
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
        report.add("FieldValueNotSupported", "spec.strategy",
                   fmt::format("Unsupported value: {{\"Type\":{},\"RollingUpdate\":null}}: supported values: \"Recreate\", \"RollingUpdate\"", goQuote(type)));
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
    nonnegative(spec, "replicas", "spec", report);
    validateReplicaTemplate(spec, report);
    validateStrategy(spec, report);
    nonnegative(spec, "minReadySeconds", "spec", report);
    nonnegative(spec, "revisionHistoryLimit", "spec", report);
    if (const auto deadline = numberAt(spec, "progressDeadlineSeconds")) {
        validateNonnegative(*deadline, "spec.progressDeadlineSeconds", report);
        if (*deadline <= numberAt(spec, "minReadySeconds").value_or(0)) report.invalid("spec.progressDeadlineSeconds", *deadline, "must be greater than minReadySeconds");
    }
}

void immutableSelector(const json::object& object, const json::object& old, std::string_view subresource, Report& report) {
    if (subresource.empty()) validateImmutable(objectOrEmpty(object, "spec"), objectOrEmpty(old, "spec"), "selector", "spec.selector", report);
}

void validateReplicaSet(const json::object& set, Report& report) {
    const auto& spec = objectOrEmpty(set, "spec");
    nonnegative(spec, "replicas", "spec", report);
    nonnegative(spec, "minReadySeconds", "spec", report);
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
    nonnegative(spec, "minReadySeconds", "spec", report);
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
        if (hasUnavailable && hasSurge) report.invalidText(path + ".maxSurge", json::serialize(*surge), "may not be set when maxUnavailable is non-zero");
        else if (!hasUnavailable && !hasSurge) report.required(path + ".maxUnavailable", "cannot be 0 when maxSurge is 0");
        validateNotOver100(unavailable, path + ".maxUnavailable", report);
        validateNotOver100(surge, path + ".maxSurge", report);
    } else if (type != "OnDelete") {
        const auto* rolling = objectAt(strategy, "rollingUpdate");
        const auto amount = [&](const char* key) { return valueAt(*rolling, key) ? json::serialize(*valueAt(*rolling, key)) : std::string("0"); };
        const auto shown = rolling ? fmt::format("{{\"MaxUnavailable\":{},\"MaxSurge\":{}}}", amount("maxUnavailable"), amount("maxSurge")) : "null";
        report.add("FieldValueNotSupported", "spec.updateStrategy",
                   fmt::format("Unsupported value: {{\"Type\":{},\"RollingUpdate\":{}}}: supported values: \"RollingUpdate\", \"OnDelete\"", goQuote(type), shown));
    }
    nonnegative(spec, "revisionHistoryLimit", "spec", report);
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
        nonnegative(objectOrEmpty(strategy, "rollingUpdate"), "partition", "spec.updateStrategy.rollingUpdate", report);
    } else {
        report.invalidText("spec.updateStrategy", fmt::format("{{\"Type\":{},\"RollingUpdate\":{}}}", goQuote(type), goStrategy(strategy)), "must be 'RollingUpdate' or 'OnDelete'");
    }
    const auto& retention = objectOrEmpty(spec, "persistentVolumeClaimRetentionPolicy");
    for (const auto* key : {"whenDeleted", "whenScaled"})
        if (const auto policy = textAt(retention, key); policy != "Retain" && policy != "Delete") report.unsupported(std::string("spec.persistentVolumeClaimRetentionPolicy.") + key, policy, {"Retain", "Delete"});
    nonnegative(spec, "replicas", "spec", report);
    nonnegative(spec, "minReadySeconds", "spec", report);
    nonnegative(objectOrEmpty(spec, "ordinals"), "start", "spec.ordinals", report);
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

void validatePodFailurePolicy(const json::object& policy, const std::string& path, Report& report) {
    const auto& rules = arrayAt(policy, "rules");
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& rule = asObject(rules[i]);
        const auto here = indexed(path + ".rules", i);
        static constexpr std::array<std::string_view, 4> actions = {"Count", "FailIndex", "FailJob", "Ignore"};
        const auto action = textAt(rule, "action");
        if (action.empty()) report.required(here + ".action", "valid values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\"");
        else if (std::ranges::find(actions, action) == actions.end()) report.unsupported(here + ".action", action, actions);
        const auto* codes = objectAt(rule, "onExitCodes");
        if (!codes) continue;
        const auto op = textAt(*codes, "operator");
        if (op != "In" && op != "NotIn") report.unsupported(here + ".onExitCodes.operator", op, {"In", "NotIn"});
        const auto& values = arrayAt(*codes, "values");
        if (values.empty()) report.invalidText(here + ".onExitCodes.values", "[]", "at least one value is required");
        for (std::size_t j = 0; j < values.size(); ++j)
            if (op == "In" && values[j] == json::value(0)) report.invalid(indexed(here + ".onExitCodes.values", j), 0, "must not be 0 for the In operator");
    }
}

void validateJobSpec(const json::object& spec, const std::string& path, Report& report) {
    for (const auto* key : {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "maxFailedIndexes", "backoffLimitPerIndex"}) nonnegative(spec, key, path, report);
    if (const auto* mode = valueAt(spec, "completionMode")) {
        if (asString(*mode) != "NonIndexed" && asString(*mode) != "Indexed") report.unsupported(path + ".completionMode", asString(*mode), {"NonIndexed", "Indexed"});
        if (asString(*mode) == "Indexed" && !valueAt(spec, "completions")) report.required(path + ".completions", "when completion mode is Indexed");
    }
    if (const auto manager = textAt(spec, "managedBy"); valueAt(spec, "managedBy")) {
        if (manager.find('/') == manager.npos) report.invalid(path + ".managedBy", manager, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        if (manager.size() > 63) report.tooLong(path + ".managedBy", 63);
    }
    if (const auto* policy = objectAt(spec, "podFailurePolicy")) validatePodFailurePolicy(*policy, path + ".podFailurePolicy", report);
    if (const auto* replacement = valueAt(spec, "podReplacementPolicy"); replacement && asString(*replacement) != "Failed" && asString(*replacement) != "TerminatingOrFailed")
        report.unsupported(path + ".podReplacementPolicy", asString(*replacement), {"Failed", "TerminatingOrFailed"});
    validatePodTemplate(objectOrEmpty(spec, "template"), path + ".template", report);
    const auto restart = textAt(objectOrEmpty(objectOrEmpty(spec, "template"), "spec"), "restartPolicy");
    if (restart.empty() || restart == "Always") report.required(path + ".template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
    else if (restart != "OnFailure" && restart != "Never") report.unsupported(path + ".template.spec.restartPolicy", restart, {"OnFailure", "Never"});
}

void validateJob(const json::object& job, Report& report) {
    const auto& spec = objectOrEmpty(job, "spec");
    const auto& metadata = objectOrEmpty(job, "metadata");
    const auto& labels = objectOrEmpty(objectOrEmpty(objectOrEmpty(spec, "template"), "metadata"), "labels");
    const auto* selector = objectAt(spec, "selector");
    if (!flagAt(spec, "manualSelector")) {
        const auto uid = textAt(metadata, "uid");
        const json::object expected{{"matchLabels", json::object{{"batch.kubernetes.io/controller-uid", json::string(uid)}}}};
        if (selector && *selector != expected) report.invalidText("spec.selector", shownSelector(valueAt(spec, "selector")), "`selector` not auto-generated");
    } else if (!selector) {
        report.required("spec.selector");
    }
    validateJobSpec(spec, "spec", report);
    if (selector && !selectorMatches(*selector, labels)) {
        std::map<std::string, json::value> sorted;
        for (const auto& [key, value] : labels) sorted.emplace(key, value);
        json::object ordered;
        for (const auto& [key, value] : sorted) ordered.emplace(key, value);
        report.invalidText("spec.template.metadata.labels", json::serialize(json::value(ordered)), "`selector` does not match template `labels`");
    }
}

void validateJobUpdate(const json::object& job, const json::object& old, std::string_view subresource, Report& report) {
    if (!subresource.empty()) return;
    const auto& after = objectOrEmpty(job, "spec");
    const auto& before = objectOrEmpty(old, "spec");
    const bool elastic = textAt(after, "completionMode") == "Indexed" && numberAt(after, "completions") == numberAt(after, "parallelism");
    if (!elastic) validateImmutable(after, before, "completions", "spec.completions", report);
    validateImmutable(after, before, "selector", "spec.selector", report);
    if (!flagAt(before, "suspend") || valueAt(objectOrEmpty(old, "status"), "startTime")) validateImmutable(after, before, "template", "spec.template", report);
    else if (textAt(objectOrEmpty(objectOrEmpty(after, "template"), "spec"), "restartPolicy") != textAt(objectOrEmpty(objectOrEmpty(before, "template"), "spec"), "restartPolicy"))
        validateImmutable(after, before, "template", "spec.template", report);
    for (const auto* key : {"completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy"}) validateImmutable(after, before, key, std::string("spec.") + key, report);
}

// ---- Cron -----------------------------------------------------------------------------------------------------------------

struct CronField {
    int low, high;
    std::map<std::string_view, int> names;
};

const std::array<CronField, 5>& cronFields() {
    static const std::array<CronField, 5> fields = {
        CronField{0, 59, {}}, CronField{0, 23, {}}, CronField{1, 31, {}},
        CronField{1, 12, {{"jan", 1}, {"feb", 2}, {"mar", 3}, {"apr", 4}, {"may", 5}, {"jun", 6}, {"jul", 7}, {"aug", 8}, {"sep", 9}, {"oct", 10}, {"nov", 11}, {"dec", 12}}},
        CronField{0, 6, {{"sun", 0}, {"mon", 1}, {"tue", 2}, {"wed", 3}, {"thu", 4}, {"fri", 5}, {"sat", 6}}}};
    return fields;
}

std::string parseCronNumber(std::string_view text, const CronField& field, int& number) {
    std::string lower(text);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (const auto it = field.names.find(lower); it != field.names.end()) {
        number = it->second;
        return {};
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return fmt::format("failed to parse int from {}: strconv.Atoi: parsing \"{}\": invalid syntax", text, text);
    if (number < 0) return fmt::format("negative number ({}) not allowed: {}", number, text);
    return {};
}

std::string checkCronRange(std::string_view expression, const CronField& field) {
    const auto slash = expression.find('/');
    const auto range = expression.substr(0, slash);
    int low = field.low, high = field.high, step = 1;
    if (range != "*" && range != "?") {
        const auto dash = range.find('-');
        if (auto error = parseCronNumber(range.substr(0, dash), field, low); !error.empty()) return error;
        high = slash == expression.npos ? low : field.high;
        if (dash != range.npos)
            if (auto error = parseCronNumber(range.substr(dash + 1), field, high); !error.empty()) return error;
    }
    if (slash != expression.npos)
        if (auto error = parseCronNumber(expression.substr(slash + 1), field, step); !error.empty()) return error;
    if (low < field.low) return fmt::format("beginning of range ({}) below minimum ({}): {}", low, field.low, expression);
    if (high > field.high) return fmt::format("end of range ({}) above maximum ({}): {}", high, field.high, expression);
    if (low > high) return fmt::format("beginning of range ({}) beyond end of range ({}): {}", low, high, expression);
    if (step == 0) return fmt::format("step of range should be a positive number: {}", expression);
    return {};
}

// What is wrong with a schedule, or "".
std::string checkSchedule(std::string_view schedule) {
    if (schedule.starts_with('@')) {
        for (const auto known : {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
            if (schedule == known) return {};
        if (schedule.starts_with("@every ")) return {};
        return fmt::format("unrecognized descriptor: {}", schedule);
    }
    std::vector<std::string_view> fields;
    for (std::size_t i = 0; i < schedule.size();) {
        const auto start = schedule.find_first_not_of(" \t", i);
        if (start == schedule.npos) break;
        const auto end = std::min(schedule.find_first_of(" \t", start), schedule.size());
        fields.push_back(schedule.substr(start, end - start));
        i = end;
    }
    if (fields.size() != 5) return fmt::format("expected exactly 5 fields, found {}: [{}]", fields.size(), fmt::join(fields, " "));
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t start = 0;;) {
            const auto comma = std::min(fields[i].find(',', start), fields[i].size());
            if (auto error = checkCronRange(fields[i].substr(start, comma - start), cronFields()[i]); !error.empty()) return error;
            if (comma == fields[i].size()) break;
            start = comma + 1;
        }
    }
    return {};
}

void validateCronJob(const json::object& job, Report& report) {
    const auto& spec = objectOrEmpty(job, "spec");
    const auto schedule = textAt(spec, "schedule");
    if (schedule.empty()) report.required("spec.schedule");
    else if (schedule.find("TZ") != schedule.npos) report.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    else if (const auto error = checkSchedule(schedule); !error.empty()) report.invalid("spec.schedule", schedule, error);
    if (const auto* zone = valueAt(spec, "timeZone")) {
        const auto name = asString(*zone);
        if (name.empty()) report.invalid("spec.timeZone", name, "timeZone must be nil or non-empty string");
        else if (name == "Local" || name == "local") report.invalid("spec.timeZone", name, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    }
    nonnegative(spec, "startingDeadlineSeconds", "spec", report);
    const auto policy = textAt(spec, "concurrencyPolicy");
    if (policy.empty()) report.required("spec.concurrencyPolicy");
    else if (policy != "Allow" && policy != "Forbid" && policy != "Replace") report.unsupported("spec.concurrencyPolicy", policy, {"Allow", "Forbid", "Replace"});
    const auto& jobSpec = objectOrEmpty(objectOrEmpty(spec, "jobTemplate"), "spec");
    validateJobSpec(jobSpec, "spec.jobTemplate.spec", report);
    if (flagAt(jobSpec, "manualSelector")) report.add("FieldValueNotSupported", "spec.jobTemplate.spec.manualSelector", "Unsupported value: true: supported values: \"nil\", \"false\"");
    nonnegative(spec, "successfulJobsHistoryLimit", "spec", report);
    nonnegative(spec, "failedJobsHistoryLimit", "spec", report);
    if (const auto name = textAt(objectOrEmpty(job, "metadata"), "name"); name.size() > 52) report.invalid("metadata.name", name, "must be no more than 52 characters");
}

void validateControllerRevision(const json::object& revision, Report& report) {
    if (!valueAt(revision, "data")) report.required("data", "data is mandatory");
    nonnegative(revision, "revision", "", report);
}

void validateControllerRevisionUpdate(const json::object& revision, const json::object& old, std::string_view, Report& report) { validateImmutable(revision, old, "data", "data", report); }

void validateReplicationController(const json::object& controller, Report& report) {
    const auto& spec = objectOrEmpty(controller, "spec");
    nonnegative(spec, "minReadySeconds", "spec", report);
    if (objectOrEmpty(spec, "selector").empty()) report.required("spec.selector");
    nonnegative(spec, "replicas", "spec", report);
    const auto* podTemplate = objectAt(spec, "template");
    if (!podTemplate) {
        report.required("spec.template");
        return;
    }
    const auto& labels = objectOrEmpty(objectOrEmpty(*podTemplate, "metadata"), "labels");
    if (!selectorMatches({{"matchLabels", objectOrEmpty(spec, "selector")}}, labels))
        report.invalidText("spec.template.metadata.labels", json::serialize(json::value(labels)), "`selector` does not match template `labels`");
    validatePodTemplate(*podTemplate, "spec.template", report);
    alwaysRestart(spec, "spec", report, "ReplicationController");
}

}  // namespace

const KindRules* workloadRules(const GroupVersionKind& kind) {
    static const std::map<std::pair<std::string_view, std::string_view>, KindRules> rules = {
        {{"apps", "Deployment"}, {nullptr, validateDeployment, immutableSelector}},
        {{"apps", "ReplicaSet"}, {nullptr, validateReplicaSet, immutableSelector}},
        {{"apps", "DaemonSet"}, {nullptr, validateDaemonSet, immutableSelector}},
        {{"apps", "StatefulSet"}, {nullptr, validateStatefulSet, validateStatefulSetUpdate}},
        {{"apps", "ControllerRevision"}, {nullptr, validateControllerRevision, validateControllerRevisionUpdate}},
        {{"batch", "Job"}, {nullptr, validateJob, validateJobUpdate}},
        {{"batch", "CronJob"}, {nullptr, validateCronJob, nullptr}},
        {{"", "ReplicationController"}, {nullptr, validateReplicationController, nullptr}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
