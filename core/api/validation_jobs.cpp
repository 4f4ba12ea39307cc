// batch.
#include "core/api/internal_text.h"
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>

namespace kubarium::api {

namespace {

constexpr std::int64_t mostAtOnce = 100'000, mostAtOnceOfMany = 10'000;

// ---- Pod failure policy ---------------------------------------------------------------------------------------------------------

std::set<std::string_view> containerNames(const json::object& spec) {
    std::set<std::string_view> names;
    const auto& podSpec = objectOrEmpty(objectOrEmpty(spec, "template"), "spec");
    for (const auto* list : {"containers", "initContainers"})
        for (const auto& container : arrayAt(podSpec, list)) names.insert(textAt(asObject(container), "name"));
    return names;
}

void validateExitCodes(const json::object& codes, const std::set<std::string_view>& containers, const std::string& path, Report& report) {
    constexpr std::size_t most = 255;
    const auto op = textAt(codes, "operator");
    if (op.empty()) report.required(path + ".operator", "valid values: [\"In\" \"NotIn\"]");
    else if (op != "In" && op != "NotIn") report.unsupported(path + ".operator", op, {"In", "NotIn"});
    if (const auto* name = valueAt(codes, "containerName"); name && !containers.contains(asString(*name)))
        report.invalid(path + ".containerName", asString(*name), "must be one of the container or initContainer names in the pod template");
    const auto& values = arrayAt(codes, "values");
    const auto here = path + ".values";
    if (values.empty()) report.invalidText(here, "null", "at least one value is required");
    else if (values.size() > most) report.tooMany(here, values.size(), most);
    std::set<std::int64_t> seen;
    std::int64_t before = 0;
    bool ordered = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto code = values[i].is_int64() ? values[i].get_int64() : 0;
        if (op == "In" && code == 0) report.invalid(indexed(here, i), code, "must not be 0 for the In operator");
        if (!seen.insert(code).second) report.duplicateText(indexed(here, i), std::to_string(code));
        ordered = ordered && (i == 0 || before <= code);
        before = code;
    }
    if (!ordered) report.invalidText(here, goJson(values), "must be ordered");
}

void validateConditions(const json::array& conditions, const std::string& path, Report& report) {
    constexpr std::size_t most = 20;
    if (conditions.size() > most) report.tooMany(path, conditions.size(), most);
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        const auto type = textAt(asObject(conditions[i]), "type"), status = textAt(asObject(conditions[i]), "status");
        report.invalidEach(indexed(path, i) + ".type", type, checkQualifiedName(type));
        if (status.empty()) report.required(indexed(path, i) + ".status", "valid values: [\"False\" \"True\" \"Unknown\"]");
        else if (status != "False" && status != "True" && status != "Unknown") report.unsupported(indexed(path, i) + ".status", status, {"False", "True", "Unknown"});
    }
}

void validatePodFailurePolicy(const json::object& policy, const json::object& spec, const std::string& path, Report& report) {
    constexpr std::size_t most = 20;
    static constexpr std::array<std::string_view, 4> actions = {"Count", "FailIndex", "FailJob", "Ignore"};
    const auto& rules = arrayAt(policy, "rules");
    if (rules.size() > most) report.tooMany(path + ".rules", rules.size(), most);
    const auto containers = containerNames(spec);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& rule = asObject(rules[i]);
        const auto here = indexed(path + ".rules", i);
        const auto action = textAt(rule, "action");
        if (action.empty()) report.required(here + ".action", "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
        else if (std::ranges::find(actions, action) == actions.end()) report.unsupported(here + ".action", action, actions);
        else if (action == "FailIndex" && !valueAt(spec, "backoffLimitPerIndex")) report.invalid(here + ".action", action, "requires the backoffLimitPerIndex to be set");
        const auto* codes = objectAt(rule, "onExitCodes");
        const auto& conditions = arrayAt(rule, "onPodConditions");
        if (codes) validateExitCodes(*codes, containers, here + ".onExitCodes", report);
        validateConditions(conditions, here + ".onPodConditions", report);
        if (codes && !conditions.empty()) report.add("FieldValueInvalid", here, "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported");
        if (!codes && conditions.empty()) report.add("FieldValueInvalid", here, "Invalid value: specifying one of OnExitCodes and OnPodConditions is required");
    }
}

// ---- Indexed Jobs ---------------------------------------------------------------------------------------------------------------

struct Indexes {
    std::int64_t total = 0;
    std::string error;
};

std::optional<std::int64_t> integerOf(std::string_view text) {
    std::int64_t number = 0;
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// "1,3-5": increasing, below the number of completions.
Indexes parseIndexes(std::string_view text, std::int64_t completions) {
    Indexes found;
    std::optional<std::int64_t> last;
    for (std::size_t start = 0; !text.empty() && start <= text.size();) {
        const auto comma = std::min(text.find(',', start), text.size());
        const auto interval = text.substr(start, comma - start);
        const auto dash = interval.find('-');
        if (dash != interval.npos && interval.find('-', dash + 1) != interval.npos)
            return {0, fmt::format("the fragment {} violates the requirement that an index interval can have at most two parts separated by '-'", goQuote(interval))};
        std::array<std::int64_t, 2> limits{};
        for (std::size_t i = 0; i < 2; ++i) {
            const auto part = i == 0 ? interval.substr(0, dash) : interval.substr(dash + 1);
            if (i == 1 && dash == interval.npos) {
                limits[1] = limits[0];
                break;
            }
            const auto number = integerOf(part);
            if (!number) return {0, fmt::format("cannot convert string to integer for index: {}", goQuote(part))};
            if (*number >= completions) return {0, fmt::format("too large index: {}", goQuote(part))};
            limits[i] = *number;
        }
        if (dash != interval.npos && limits[0] >= limits[1]) return {0, fmt::format("non-increasing order, previous: {}, current: {}", limits[0], limits[1])};
        if (last && *last >= limits[0]) return {0, fmt::format("non-increasing order, previous: {}, current: {}", *last, limits[0])};
        found.total += limits[1] - limits[0] + 1;
        last = limits[1];
        start = comma + 1;
    }
    return found;
}

void validateSuccessRule(const json::object& rule, std::int64_t completions, const std::string& path, Report& report) {
    constexpr std::size_t mostBytes = 64 * 1024;
    const auto* indexes = valueAt(rule, "succeededIndexes");
    const auto count = numberAt(rule, "succeededCount");
    if (!indexes && !count) report.required(path, "at least one of succeededCount or succeededIndexes must be specified");
    Indexes parsed;
    if (indexes) {
        if (asString(*indexes).size() > mostBytes) report.tooLong(path + ".succeededIndexes", mostBytes);
        parsed = parseIndexes(asString(*indexes), completions);
        if (!parsed.error.empty()) report.invalid(path + ".succeededIndexes", asString(*indexes), "error parsing succeededIndexes: " + parsed.error);
    }
    if (!count) return;
    const auto here = path + ".succeededCount";
    validateNonnegative(*count, here, report);
    if (*count > completions) report.invalid(here, *count, fmt::format("must be less than or equal to {} (the number of specified completions)", completions));
    if (indexes && *count > parsed.total) report.invalid(here, *count, fmt::format("must be less than or equal to {} (the number of indexes in the specified succeededIndexes field)", parsed.total));
}

void validateSuccessPolicy(const json::object& policy, const json::object& spec, const std::string& path, Report& report) {
    constexpr std::size_t most = 20;
    if (textAt(spec, "completionMode") != "Indexed") return report.invalidText(path, internalText("SuccessPolicy", policy), "requires indexed completion mode");
    const auto& rules = arrayAt(policy, "rules");
    if (rules.empty()) report.required(path + ".rules", "at least one rules must be specified when the successPolicy is specified");
    if (rules.size() > most) report.tooMany(path + ".rules", rules.size(), most);
    for (std::size_t i = 0; i < rules.size(); ++i) validateSuccessRule(asObject(rules[i]), numberAt(spec, "completions").value_or(0), indexed(path + ".rules", i), report);
}

void validateIndexed(const json::object& spec, const std::string& path, Report& report) {
    const auto completions = numberAt(spec, "completions"), parallelism = numberAt(spec, "parallelism"), failed = numberAt(spec, "maxFailedIndexes");
    if (!completions) report.required(path + ".completions", "when completion mode is Indexed");
    if (parallelism && *parallelism > mostAtOnce) report.invalid(path + ".parallelism", *parallelism, fmt::format("must be less than or equal to {} when completion mode is Indexed", mostAtOnce));
    if (completions && failed && *failed > *completions) report.invalid(path + ".maxFailedIndexes", *failed, "must be less than or equal to completions");
    if (failed && *failed > mostAtOnce) report.invalid(path + ".maxFailedIndexes", *failed, fmt::format("must be less than or equal to {}", mostAtOnce));
    if (!completions || *completions <= mostAtOnce || !valueAt(spec, "backoffLimitPerIndex")) return;
    const auto tooMany = fmt::format("must be less than or equal to {} when completions are above {} and used with backoff limit per index", mostAtOnceOfMany, mostAtOnce);
    if (!failed) report.required(path + ".maxFailedIndexes", fmt::format("must be specified when completions is above {}", mostAtOnce));
    if (parallelism && *parallelism > mostAtOnceOfMany) report.invalid(path + ".parallelism", *parallelism, tooMany);
    if (failed && *failed > mostAtOnceOfMany) report.invalid(path + ".maxFailedIndexes", *failed, tooMany);
}

// ---- Job ------------------------------------------------------------------------------------------------------------------------

void validateManager(const json::object& spec, const std::string& path, Report& report) {
    constexpr std::size_t mostBytes = 63;
    const auto* value = valueAt(spec, "managedBy");
    if (!value) return;
    const auto manager = asString(*value);
    const auto slash = manager.find('/');
    if (manager.empty()) report.required(path);
    else if (slash == manager.npos || slash == 0 || slash + 1 == manager.size()) report.invalid(path, manager, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    else report.invalidEach(path, manager.substr(0, slash), checkDnsSubdomain(manager.substr(0, slash)));
    if (manager.size() > mostBytes) report.tooLong(path, mostBytes);
}

void validateRestartPolicy(const json::object& spec, const std::string& path, Report& report) {
    const auto restart = textAt(objectOrEmpty(objectOrEmpty(spec, "template"), "spec"), "restartPolicy");
    if (restart.empty() || restart == "Always") report.required(path, "valid values: \"OnFailure\", \"Never\"");
    else if (restart != "OnFailure" && restart != "Never") report.unsupported(path, restart, {"OnFailure", "Never"});
    else if (restart != "Never" && objectAt(spec, "podFailurePolicy")) report.invalid(path, restart, "only \"Never\" is supported when podFailurePolicy is specified");
}

// Of Jobs, and of what CronJobs make.
void validateJobSpec(const json::object& spec, const std::string& path, Report& report) {
    for (const auto* key : {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"}) validateNonnegativeAt(spec, key, path, report);
    if (valueAt(spec, "maxFailedIndexes") && !valueAt(spec, "backoffLimitPerIndex")) report.required(path + ".backoffLimitPerIndex", "when maxFailedIndexes is specified");
    validateManager(spec, path + ".managedBy", report);
    const auto* mode = valueAt(spec, "completionMode");
    if (mode && asString(*mode) != "NonIndexed" && asString(*mode) != "Indexed") report.unsupported(path + ".completionMode", asString(*mode), {"NonIndexed", "Indexed"});
    if (mode && asString(*mode) == "Indexed") validateIndexed(spec, path, report);
    if (!mode || asString(*mode) == "NonIndexed")
        for (const auto* key : {"backoffLimitPerIndex", "maxFailedIndexes"})
            if (const auto number = numberAt(spec, key)) report.invalid(path + "." + key, *number, "requires indexed completion mode");
    const auto* failure = objectAt(spec, "podFailurePolicy");
    if (failure) validatePodFailurePolicy(*failure, spec, path + ".podFailurePolicy", report);
    if (const auto* success = objectAt(spec, "successPolicy")) validateSuccessPolicy(*success, spec, path + ".successPolicy", report);
    if (const auto* value = valueAt(spec, "podReplacementPolicy")) {
        const auto replacement = asString(*value);
        if (failure && replacement != "Failed") report.unsupported(path + ".podReplacementPolicy", replacement, {"Failed"});
        else if (replacement != "Failed" && replacement != "TerminatingOrFailed") report.unsupported(path + ".podReplacementPolicy", replacement, {"Failed", "TerminatingOrFailed"});
    }
    validatePodTemplate(objectOrEmpty(spec, "template"), path + ".template", report);
    validateRestartPolicy(spec, path + ".template.spec.restartPolicy", report);
}

bool isReadable(const json::object& selector) {
    Report report;
    validateLabelSelector(selector, "", report);
    return report.causes.empty();
}

// What the server made of the uid and the name must still be there.
void validateGeneratedSelector(const json::object& job, Report& report) {
    const auto& spec = objectOrEmpty(job, "spec");
    const auto* selector = objectAt(spec, "selector");
    if (flagAt(spec, "manualSelector") || !selector) return;
    const auto& metadata = objectOrEmpty(job, "metadata");
    const auto& labels = objectOrEmpty(objectOrEmpty(objectOrEmpty(spec, "template"), "metadata"), "labels");
    const auto uid = textAt(metadata, "uid"), name = textAt(metadata, "name");
    if (uid.empty()) report.required("metadata.uid");
    json::object expected;
    for (const auto& [key, value] : {std::pair{"controller-uid", uid}, std::pair{"job-name", name}, std::pair{"batch.kubernetes.io/controller-uid", uid}, std::pair{"batch.kubernetes.io/job-name", name}}) {
        const auto path = keyed("spec.template.metadata.labels", key);
        const auto* label = labels.if_contains(key);
        if (!label) report.required(path, fmt::format("must be '{}'", value));
        else if (asString(*label) != value) report.invalidText(path, goJson(labels), fmt::format("must be '{}'", value));
        expected.emplace(key, value);
    }
    if (isReadable(*selector) && !selectorMatches(*selector, expected)) report.invalidText("spec.selector", shownSelector(valueAt(spec, "selector")), "`selector` not auto-generated");
}

void validateJob(const json::object& job, Report& report) {
    const auto& spec = objectOrEmpty(job, "spec");
    validateGeneratedSelector(job, report);
    validateJobSpec(spec, "spec", report);
    const auto* selector = objectAt(spec, "selector");
    if (!selector) report.required("spec.selector");
    else validateLabelSelector(*selector, "spec.selector", report);
    const auto* labels = objectAt(objectOrEmpty(objectOrEmpty(spec, "template"), "metadata"), "labels");
    static const json::object none;
    if (!selector || (isReadable(*selector) && !selectorMatches(*selector, labels ? *labels : none)))
        report.invalidText("spec.template.metadata.labels", labels ? goJson(*labels) : "null", "`selector` does not match template `labels`");
    const auto completions = numberAt(spec, "completions").value_or(0);
    if (textAt(spec, "completionMode") != "Indexed" || completions <= 0) return;
    const auto name = textAt(objectOrEmpty(job, "metadata"), "name");
    const auto host = fmt::format("{}-{}", name, completions - 1);
    if (!checkDnsLabel(host).empty()) report.invalid("metadata.name", name, "will not able to create pod with invalid DNS label: " + host);
}

// Where a suspended Job that never ran may still be sent is up to its queue.
json::object withSchedulingOf(const json::object& after, json::object before) {
    auto& podSpec = ensureObject(before, {"spec"});
    const auto& newSpec = objectOrEmpty(after, "spec");
    const auto take = [](json::object& into, const json::object& from, std::string_view key) {
        if (const auto* value = from.if_contains(key)) into.insert_or_assign(key, *value);
        else into.erase(key);
    };
    for (const auto* key : {"nodeSelector", "tolerations", "schedulingGates"}) take(podSpec, newSpec, key);
    take(ensureObject(podSpec, {"affinity"}), objectOrEmpty(newSpec, "affinity"), "nodeAffinity");
    auto& metadata = ensureObject(before, {"metadata"});
    for (const auto* key : {"annotations", "labels"}) take(metadata, objectOrEmpty(after, "metadata"), key);
    return before;
}

void validateJobUpdate(const json::object& job, const json::object& old, std::string_view subresource, Report& report) {
    if (!subresource.empty()) return;
    const auto &after = objectOrEmpty(job, "spec"), &before = objectOrEmpty(old, "spec");
    if (textAt(after, "completionMode") != "Indexed") {
        validateImmutable(after, before, "completions", "spec.completions", report);
    } else if (const auto completions = numberAt(after, "completions"); completions && completions != numberAt(before, "completions") && completions != numberAt(after, "parallelism")) {
        report.invalid("spec.completions", *completions, "can only be modified in tandem with spec.parallelism");
    }
    if (!sameMeaning(valueAt(after, "selector"), valueAt(before, "selector"))) report.invalidText("spec.selector", shownSelector(valueAt(after, "selector")), fieldImmutable);
    const bool mayMove = flagAt(before, "suspend") && !valueAt(objectOrEmpty(old, "status"), "startTime");
    const json::value newTemplate(objectOrEmpty(after, "template"));
    const json::value oldTemplate = mayMove ? withSchedulingOf(newTemplate.get_object(), objectOrEmpty(before, "template")) : objectOrEmpty(before, "template");
    if (!sameMeaning(&newTemplate, &oldTemplate)) report.invalidText("spec.template", internalText("PodTemplateSpec", newTemplate.get_object()), fieldImmutable);
    for (const auto* key : {"completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"}) {
        if (sameMeaning(valueAt(after, key), valueAt(before, key))) continue;
        const auto* value = valueAt(after, key);
        const auto* policy = objectAt(after, key);
        const std::string_view type = key == std::string_view("successPolicy") ? "SuccessPolicy" : "PodFailurePolicy";
        report.invalidText(std::string("spec.") + key, policy ? internalText(type, *policy) : shownValue(value), fieldImmutable);
    }
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
    const auto digits = text.starts_with('+') ? text.substr(1) : text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc::result_out_of_range) return fmt::format("failed to parse int from {}: strconv.Atoi: parsing \"{}\": value out of range", text, text);
    if (error != std::errc() || end != digits.data() + digits.size() || (digits.size() < text.size() && digits.starts_with('-'))) return fmt::format("failed to parse int from {}: strconv.Atoi: parsing \"{}\": invalid syntax", text, text);
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
        high = slash == expression.npos ? low : field.high;  // "5/2" goes on to the end
        if (dash != range.npos && range.find('-', dash + 1) != range.npos) return fmt::format("too many hyphens: {}", expression);
        if (dash != range.npos)
            if (auto error = parseCronNumber(range.substr(dash + 1), field, high); !error.empty()) return error;
    }
    if (slash != expression.npos && expression.find('/', slash + 1) != expression.npos) return fmt::format("too many slashes: {}", expression);
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
            if (comma > start)
                if (auto error = checkCronRange(fields[i].substr(start, comma - start), cronFields()[i]); !error.empty()) return error;
            if (comma == fields[i].size()) break;
            start = comma + 1;
        }
    }
    return {};
}

// The names that tzdata has; a machine without it judges none of them.
void validateTimeZone(const json::object& spec, Report& report) {
    constexpr std::size_t longestPart = 14;
    const auto* value = valueAt(spec, "timeZone");
    if (!value) return;
    const auto name = asString(*value);
    if (name.empty()) return report.invalid("spec.timeZone", name, "timeZone must be nil or non-empty string");
    const auto unknown = [&] { report.invalid("spec.timeZone", name, fmt::format("unknown time zone {}", name)); };
    for (std::size_t start = 0; start <= name.size();) {
        const auto end = std::min(name.find('/', start), name.size());
        const auto part = name.substr(start, end - start);
        const bool plain = std::ranges::all_of(part, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' || c == '+'; });
        if (part.empty() || part.size() > longestPart || part == "." || part == ".." || part.starts_with('-') || !plain) return unknown();
        start = end + 1;
    }
    const bool local = std::ranges::equal(name, std::string_view("local"), {}, [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    if (local) report.invalid("spec.timeZone", name, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    if (name == "Local" || name == "UTC") return;
    const std::filesystem::path zones = "/usr/share/zoneinfo";
    std::error_code error;
    if (std::filesystem::is_directory(zones, error) && !std::filesystem::is_regular_file(zones / name, error)) unknown();
}

void validateSchedule(const json::object& spec, bool zoneInside, Report& report) {
    const auto schedule = textAt(spec, "schedule");
    if (schedule.empty()) return report.required("spec.schedule");
    const bool zoned = schedule.find("TZ") != schedule.npos;
    const bool prefixed = schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=");
    const auto blank = std::min(schedule.find(' '), schedule.size());
    if (const auto error = checkSchedule(prefixed ? schedule.substr(blank) : schedule); !error.empty()) report.invalid("spec.schedule", schedule, error);
    if (zoned && zoneInside && valueAt(spec, "timeZone")) report.invalid("spec.schedule", schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
    if (zoned && !zoneInside) report.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
}

void validateCronJobSpec(const json::object& spec, const json::object* old, Report& report) {
    validateSchedule(spec, old && textAt(*old, "schedule").find("TZ") != std::string_view::npos, report);
    validateNonnegativeAt(spec, "startingDeadlineSeconds", "spec", report);
    if (!old || !sameAt(spec, *old, "timeZone")) validateTimeZone(spec, report);
    const auto policy = textAt(spec, "concurrencyPolicy");
    if (policy.empty()) report.required("spec.concurrencyPolicy");
    else if (policy != "Allow" && policy != "Forbid" && policy != "Replace") report.unsupported("spec.concurrencyPolicy", policy, {"Allow", "Forbid", "Replace"});
    const auto& jobSpec = objectOrEmpty(objectOrEmpty(spec, "jobTemplate"), "spec");
    const std::string path = "spec.jobTemplate.spec";
    validateJobSpec(jobSpec, path, report);
    if (objectAt(jobSpec, "selector")) report.invalidText(path + ".selector", shownSelector(valueAt(jobSpec, "selector")), "`selector` will be auto-generated");
    if (flagAt(jobSpec, "manualSelector")) report.add("FieldValueNotSupported", path + ".manualSelector", "Unsupported value: true: supported values: \"nil\", \"false\"");
    for (const auto* key : {"successfulJobsHistoryLimit", "failedJobsHistoryLimit"}) validateNonnegativeAt(spec, key, "spec", report);
}

void validateCronJob(const json::object& job, Report& report) {
    constexpr std::size_t longestName = 52;  // its Jobs' names have eleven characters more
    validateCronJobSpec(objectOrEmpty(job, "spec"), nullptr, report);
    if (const auto name = textAt(objectOrEmpty(job, "metadata"), "name"); name.size() > longestName) report.invalid("metadata.name", name, fmt::format("must be no more than {} characters", longestName));
}

void validateCronJobUpdate(const json::object& job, const json::object& old, std::string_view subresource, Report& report) {
    if (subresource.empty()) validateCronJobSpec(objectOrEmpty(job, "spec"), &objectOrEmpty(old, "spec"), report);
}

}  // namespace

const KindRules* jobRules(const GroupVersionKind& kind) {
    static const std::map<std::pair<std::string_view, std::string_view>, KindRules> rules = {
        {{"batch", "Job"}, {.create = validateJob, .update = validateJobUpdate, .metadataAgain = true}},
        {{"batch", "CronJob"}, {.create = validateCronJob, .update = validateCronJobUpdate, .updateOnly = true}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
