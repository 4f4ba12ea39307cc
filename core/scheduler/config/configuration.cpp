// From the text of a KubeSchedulerConfiguration to a Configuration, as cmd/kube-scheduler of Kubernetes 1.34 does: strict decoding,
// defaults (pkg/scheduler/apis/config/v1/defaults.go), validation (pkg/scheduler/apis/config/validation) and what building the
// profiles would refuse (pkg/scheduler/profile). Errors read as there. Extenders are refused: none is ever called here.
#include "core/api/codec.h"
#include "core/api/object_decoder.h"
#include "core/scheduler/config/config_types.h"
#include "core/scheduler/config/plugin_args.h"
#include "core/scheduler/config/plugin_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kubarium::scheduler {
namespace {

constexpr std::string_view apiVersion = "kubescheduler.config.k8s.io/v1";
constexpr std::array removedPlugins{"AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"};

struct Problems {
    api::Report report;
    Result<void> result() const {
        if (report.causes.empty()) return {};
        std::vector<std::string> sentences;
        for (const auto& cause : report.causes)
            if (auto sentence = cause.field + ": " + cause.message; std::ranges::find(sentences, sentence) == sentences.end()) sentences.push_back(std::move(sentence));
        if (sentences.size() == 1) return badRequest(sentences.front());
        return badRequest(fmt::format("[{}]", fmt::join(sentences, ", ")));
    }
};

// time.ParseDuration of what a configuration writes: "15s", "1m30s", "1.5h".
std::optional<std::chrono::milliseconds> parseDuration(std::string_view text) {
    if (text == "0") return std::chrono::milliseconds(0);
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    double total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        double amount = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
        if (error != std::errc()) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const auto unit = text.substr(0, text.find_first_of("0123456789."));
        const double factor = unit == "h" ? 3'600'000 : unit == "m" ? 60'000 : unit == "s" ? 1000 : unit == "ms" ? 1 : unit == "us" ? 0.001 : unit == "ns" ? 0.000001 : 0;
        if (factor == 0) return std::nullopt;
        total += amount * factor;
        text.remove_prefix(unit.size());
    }
    if (total > 1e15) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(negative ? -total : total));
}

void percentage(const json::object& from, const std::string& path, api::Report& report, std::optional<int>& into) {
    const auto value = api::numberAt(from, "percentageOfNodesToScore");
    if (!value) return;
    if (*value < 0 || *value > 100) report.invalid(path + "percentageOfNodesToScore", *value, "not in valid range [0-100]");
    into = static_cast<int>(*value);
}

void removed(const std::string& path, const std::string& name, api::Report& report) {
    if (std::ranges::find(removedPlugins, name) != removedPlugins.end())
        report.invalid(path, name, fmt::format("was invalid in version \"v1\" (KubeSchedulerConfiguration is version \"{}\")", apiVersion));
}

void checkPluginSets(const json::object* plugins, const std::string& path, api::Report& report, Configuration& configuration) {
    if (!plugins) return;
    for (const auto& [point, set] : *plugins) {
        const auto& enabled = api::arrayAt(set.as_object(), "enabled");
        for (std::size_t i = 0; i < enabled.size(); ++i) {
            const std::string name(api::textAt(enabled[i].as_object(), "name"));
            const auto here = api::indexed(fmt::format("{}.plugins.{}.enabled", path, std::string_view(point)), i);
            if (point != "multiPoint") removed(here, name, report);
            if (name == "DynamicResources")
                configuration.warnings.push_back(here + ": DynamicResources is absent from Kubarium (no dynamic resource allocation); enabling it changes nothing for Pods without resource claims");
        }
    }
}

// Decodes, and where that works validates and applies, the args of one profile.
Result<void> takeArgs(Profile& profile, const json::object& from, std::size_t index, const std::string& path, api::Report& report, Problems& fit, std::vector<std::string>& strictErrors) {
    const auto& configs = api::arrayAt(from, "pluginConfig");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < configs.size(); ++i) {
        const std::string name(api::textAt(configs[i].as_object(), "name"));
        const auto here = api::indexed(path + ".pluginConfig", i);
        std::vector<std::string> unknown;
        const auto args = decodeArgs(name, configs[i].as_object().if_contains("args"), unknown);
        if (!args) return badRequest(fmt::format("decoding .profiles[{}].pluginConfig[{}]: {}", index, i, args.error().message));
        for (const auto& error : unknown) strictErrors.push_back(fmt::format("decoding .profiles[{}].pluginConfig[{}]: {}", index, i, error));
        if (!seen.insert(name).second) report.duplicate(here, name);
        removed(here, name, report);
        // This one looks at its args itself when it is made, and only where it is needed.
        if (name == "NodeResourcesFit") applyArgs(profile, name, *args, {}, fit.report);
        else applyArgs(profile, name, *args, here + ".args", report);
    }
    return {};
}

Result<void> takePlugins(Profile& profile, const json::object* plugins, const Problems& fit) {
    const auto refuse = [&](const std::string& why) { return badRequest(fmt::format("initializing profiles: creating profile for scheduler name {}: {}", profile.schedulerName, why)); };
    auto lists = resolvePlugins(plugins, profile.schedulerName);
    const bool needed = !lists || std::ranges::any_of(lists->at, [](const auto& list) { return std::ranges::find(list, "NodeResourcesFit") != list.end(); });
    if (const auto valid = fit.result(); needed && !valid) return refuse("initializing plugin \"NodeResourcesFit\": " + valid.error().message);
    if (!lists) return refuse(lists.error().message);
    profile.preEnqueue = (*lists)[ExtensionPoint::PreEnqueue];
    profile.preFilter = (*lists)[ExtensionPoint::PreFilter];
    profile.filter = (*lists)[ExtensionPoint::Filter];
    profile.postFilter = (*lists)[ExtensionPoint::PostFilter];
    profile.preScore = (*lists)[ExtensionPoint::PreScore];
    profile.reserve = (*lists)[ExtensionPoint::Reserve];
    profile.preBind = (*lists)[ExtensionPoint::PreBind];
    profile.bind = (*lists)[ExtensionPoint::Bind];
    for (const auto& [name, weight] : lists->score) profile.score.emplace_back(name, weight);
    return {};
}

// A PluginSet of the internal version, where what is disabled has no weight.
json::object asGoPrints(const json::object& set) {
    json::object printed;
    for (const auto& [key, name] : {std::pair{std::string_view("enabled"), "Enabled"}, std::pair{std::string_view("disabled"), "Disabled"}}) {
        json::array plugins;
        for (const auto& plugin : api::arrayAt(set, key)) plugins.push_back(json::object{{"Name", api::textAt(plugin.as_object(), "name")}, {"Weight", key == "enabled" ? api::numberAt(plugin.as_object(), "weight").value_or(0) : 0}});
        printed[name] = plugins.empty() ? json::value() : json::value(std::move(plugins));
    }
    return printed;
}

void checkQueueSort(const json::array& profiles, api::Report& report) {
    const auto queueSortOf = [](const json::value& profile) -> json::value {
        const auto* plugins = api::objectAt(profile.as_object(), "plugins");
        const auto* set = plugins ? api::objectAt(*plugins, "queueSort") : nullptr;
        return set ? json::value(*set) : json::value(json::object());
    };
    if (profiles.empty()) return;
    const auto canon = queueSortOf(profiles[0]);
    if (const auto count = api::arrayAt(canon.get_object(), "enabled").size(); count > 1)
        report.invalid("profiles[0].plugins.queueSort.Enabled", static_cast<std::int64_t>(count), "only one queue sort plugin can be enabled");
    for (std::size_t i = 1; i < profiles.size(); ++i)
        if (const auto current = queueSortOf(profiles[i]); current != canon)
            report.invalidText(fmt::format("profiles[{}].plugins.queueSort", i), api::toJson(asGoPrints(current.get_object())), "must be the same for all profiles");
}

Result<void> takeProfiles(const json::array& profiles, Configuration& configuration, api::Report& report, std::vector<Problems>& fit, std::vector<std::string>& strictErrors) {
    static const json::array one{json::object()};
    const auto& list = profiles.empty() ? one : profiles;
    configuration.profiles.clear();
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto& from = list[i].as_object();
        const auto path = api::indexed("profiles", i);
        Profile profile;
        // Only a single profile gets the name by default.
        profile.schedulerName = from.contains("schedulerName") ? std::string(api::textAt(from, "schedulerName")) : list.size() == 1 ? "default-scheduler" : "";
        if (profile.schedulerName.empty()) report.required(path + ".schedulerName");
        percentage(from, path + ".", report, profile.percentageOfNodesToScore);
        checkPluginSets(api::objectAt(from, "plugins"), path, report, configuration);
        if (auto taken = takeArgs(profile, from, i, path, report, fit.emplace_back(), strictErrors); !taken) return taken;
        // The other's path is given as the value, of which Go prints nothing.
        if (std::ranges::find(configuration.profiles, profile.schedulerName, &Profile::schedulerName) != configuration.profiles.end()) report.duplicateText(path + ".schedulerName", "{}");
        configuration.profiles.push_back(std::move(profile));
    }
    checkQueueSort(list, report);
    return {};
}

Result<void> duration(const json::object& from, std::string_view key, std::chrono::milliseconds& into, api::Report& report) {
    const auto text = api::textAt(from, key);
    if (text.empty()) return {};
    const auto parsed = parseDuration(text);
    if (!parsed) return badRequest(fmt::format("time: invalid duration \"{}\"", text));
    // Zero means that nothing was written.
    if (parsed->count() != 0) into = *parsed;
    if (parsed->count() < 0) report.invalid(fmt::format("leaderElection.{}", key), text, "must be greater than zero");
    return {};
}

Result<void> takeLeaderElection(const json::object& from, LeaderElection& election, api::Report& report) {
    if (const auto* elect = from.if_contains("leaderElect"); elect && elect->is_bool()) election.leaderElect = elect->get_bool();
    if (const auto name = api::textAt(from, "resourceName"); !name.empty()) election.resourceName = name;
    if (const auto nameSpace = api::textAt(from, "resourceNamespace"); !nameSpace.empty()) election.resourceNamespace = nameSpace;
    api::Report unused;
    auto& problems = election.leaderElect ? report : unused;
    for (auto [key, into] : {std::pair{"leaseDuration", &election.leaseDuration}, std::pair{"renewDeadline", &election.renewDeadline}, std::pair{"retryPeriod", &election.retryPeriod}})
        if (auto taken = duration(from, key, *into, problems); !taken) return taken;
    if (election.leaseDuration <= election.renewDeadline)
        problems.invalid("leaderElection.leaseDuration", fmt::format("{}s", static_cast<double>(election.renewDeadline.count()) / 1000), "must be greater than `RenewDeadline`");
    if (const auto lock = api::textAt(from, "resourceLock"); !lock.empty() && lock != "leases") problems.invalid("leaderElection.resourceLock", lock, "resourceLock value must be \"leases\"");
    return {};
}

Result<json::object> decode(const json::value& value, std::vector<std::string>& strictErrors) {
    if (!value.is_object()) return badRequest("a KubeSchedulerConfiguration must be an object");
    auto object = value.get_object();
    const std::string kind(api::textAt(object, "kind")), version(api::textAt(object, "apiVersion"));
    if (kind.empty()) return badRequest("Object 'Kind' is missing; write kind: KubeSchedulerConfiguration");
    if (version.empty()) return badRequest(fmt::format("Object 'apiVersion' is missing; write apiVersion: {}", apiVersion));
    if (version != apiVersion || kind != "KubeSchedulerConfiguration")
        return badRequest(fmt::format("no kind \"{}\" is registered for version \"{}\"; write apiVersion: {} and kind: KubeSchedulerConfiguration", kind, version, apiVersion));
    if (auto decoded = api::normalize(configurationType(), object, &strictErrors); !decoded) return std::move(decoded.error());
    std::ranges::sort(strictErrors);
    return object;
}

void takeParallelism(const json::object& from, Configuration& configuration, api::Report& report) {
    const auto parallelism = api::numberAt(from, "parallelism").value_or(16);
    if (parallelism <= 0) report.invalid("parallelism", parallelism, "should be an integer value greater than zero");
    configuration.parallelism = static_cast<int>(parallelism);
}

void takeNumbers(const json::object& from, Configuration& configuration, api::Report& report) {
    std::optional<int> given;
    percentage(from, "", report, given);
    configuration.percentageOfNodesToScore = given.value_or(0);
    const auto initial = api::numberAt(from, "podInitialBackoffSeconds").value_or(1), most = api::numberAt(from, "podMaxBackoffSeconds").value_or(10);
    if (initial <= 0) report.invalid("podInitialBackoffSeconds", initial, "must be greater than 0");
    if (most < initial) report.invalid("podMaxBackoffSeconds", most, "must be greater than or equal to PodInitialBackoffSeconds");
    configuration.podInitialBackoffSeconds = static_cast<double>(initial);
    configuration.podMaxBackoffSeconds = static_cast<double>(most);
}

}  // namespace

Profile Profile::makeDefault() {
    Profile profile;
    auto taken = takePlugins(profile, nullptr, {});
    KUBARIUM_ASSERT(taken.has_value());
    return profile;
}

const Profile* Configuration::find(const std::string& schedulerName) const {
    const auto it = std::ranges::find(profiles, schedulerName, &Profile::schedulerName);
    return it == profiles.end() ? nullptr : &*it;
}

Result<Configuration> parseConfiguration(const json::value& value) {
    std::vector<std::string> strictErrors;
    const auto from = TRY(decode(value, strictErrors));
    Configuration configuration;
    Problems problems;
    if (const auto* connection = api::objectAt(from, "clientConnection"))
        if (const auto burst = api::numberAt(*connection, "burst").value_or(0); burst < 0) problems.report.invalid("clientConnection.burst", burst, "must be non-negative");
    if (const auto* election = api::objectAt(from, "leaderElection"))
        if (auto taken = takeLeaderElection(*election, configuration.leaderElection, problems.report); !taken) return std::move(taken.error());
    takeParallelism(from, configuration, problems.report);
    const auto& profiles = api::arrayAt(from, "profiles");
    std::vector<Problems> fit;
    if (auto taken = takeProfiles(profiles, configuration, problems.report, fit, strictErrors); !taken) return std::move(taken.error());
    takeNumbers(from, configuration, problems.report);
    if (!strictErrors.empty()) return badRequest(fmt::format("strict decoding error: {}", fmt::join(strictErrors, ", ")));
    if (!api::arrayAt(from, "extenders").empty()) problems.report.forbidden("extenders", "Kubarium's scheduler calls no extenders; remove them");
    if (auto valid = problems.result(); !valid) return std::move(valid.error());
    for (std::size_t i = 0; i < configuration.profiles.size(); ++i)
        if (auto taken = takePlugins(configuration.profiles[i], profiles.empty() ? nullptr : api::objectAt(profiles[i].as_object(), "plugins"), fit[i]); !taken) return std::move(taken.error());
    configuration.document = std::make_shared<const json::value>(value);
    return configuration;
}

json::value defaultConfigurationDocument() { return {{"apiVersion", "kubescheduler.config.k8s.io/v1"}, {"kind", "KubeSchedulerConfiguration"}}; }

Result<Configuration> parseConfigurationText(std::string_view text) {
    const auto parsed = TRY(api::parseYaml(text));
    if (!parsed.duplicates.empty()) return badRequest(fmt::format("strict decoding error: yaml: unmarshal errors:\n  {}", fmt::join(parsed.duplicates, "\n  ")));
    return parseConfiguration(parsed.value);
}

}  // namespace kubarium::scheduler
