#include "app/kubarium/cluster_reader.h"
#include "app/kubarium/decision_text.h"

#include "core/api/codec.h"
#include "core/scheduler/explanation/scheduling_review.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <set>

namespace kubarium::cli {
namespace {

namespace json = boost::json;

struct ScheduleArguments {
    std::vector<std::string> files, addNodes, drain, withoutZones, compare;
    StateSource source;
    std::string language = "en";
};

constexpr std::size_t mostInFull = 3;

// Every object in a file, Lists opened.
Result<void> addManifests(const std::string& file, json::array& into) {
    const auto text = TRY(readFile(file));
    const auto documents = api::parseYamlDocuments(text);
    if (!documents) return badRequest(fmt::format("{}: {}", file, documents.error().message));
    for (const auto& document : *documents) {
        const auto* items = document.value.is_object() && api::stringAt(document.value, {"kind"}) == "List" ? document.value.get_object().if_contains("items") : nullptr;
        if (items && items->is_array()) into.insert(into.end(), items->get_array().begin(), items->get_array().end());
        else into.push_back(document.value);
    }
    return {};
}

Result<json::object> specOf(const ScheduleArguments& arguments) {
    json::object spec;
    json::array manifests, nodes;
    for (const auto& file : arguments.files) TRY(addManifests(file, manifests));
    for (const auto& file : arguments.addNodes) TRY(addManifests(file, nodes));
    if (!manifests.empty()) spec["manifests"] = std::move(manifests);
    if (!nodes.empty()) spec["addNodes"] = std::move(nodes);
    if (!arguments.drain.empty()) spec["drainNodes"] = json::array(arguments.drain.begin(), arguments.drain.end());
    if (!arguments.withoutZones.empty()) spec["withoutZones"] = json::array(arguments.withoutZones.begin(), arguments.withoutZones.end());
    if (arguments.compare.empty()) return spec;
    spec["configuration"] = TRY(readSchedulerConfiguration(arguments.compare[0]));
    spec["compareWith"] = TRY(readSchedulerConfiguration(arguments.compare[1]));
    return spec;
}

std::string podName(const json::value& of) { return fmt::format("{}/{}", api::stringAt(of, {"namespace"}), api::stringAt(of, {"name"})); }
std::string nodeText(std::string_view node) { return node.empty() ? "<none>" : std::string(node); }

void printPlacements(const json::object& status, const std::string& language) {
    const auto& placements = status.at("placements").as_array();
    if (placements.size() <= mostInFull) {
        for (const auto& decision : status.at("decisions").as_array()) {
            printDecision(decision, language);
            fmt::print("\n");
        }
        return;
    }
    fmt::print("{:<46} {:<14} {}\n", "POD", "RESULT", "NODE");
    for (const auto& placement : placements)
        fmt::print("{:<46} {:<14} {}\n", podName(placement.at("pod")), api::stringAt(placement, {"result"}), nodeText(api::stringAt(placement, {"node"})));
    // One story for each message is enough.
    std::set<std::string> told;
    for (const auto& decision : status.at("decisions").as_array())
        if (api::stringAt(decision, {"status", "result"}) != "Scheduled" && told.emplace(api::stringAt(decision, {"status", "message"})).second) {
            fmt::print("\n");
            printDecision(decision, language);
        }
}

double number(const json::value& of, std::initializer_list<std::string_view> path) {
    const auto* value = api::findPath(of, path);
    return value && value->is_number() ? value->to_number<double>() : 0;
}

std::string counts(const json::value& of, std::string_view key) {
    std::string text;
    if (const auto* map = api::findPath(of, {key}); map && map->is_object())
        for (const auto& [name, count] : map->get_object()) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", std::string_view(name.data(), name.size()), count.to_number<int>());
    return text.empty() ? "-" : text;
}

void printComparison(const json::value& comparison, const std::string& language) {
    const auto &a = comparison.at("a"), &b = comparison.at("b");
    const auto in = [&](std::string english, std::string chinese) { return inLanguage(language, std::move(english), std::move(chinese)); };
    const auto row = [&](const std::string& label, const std::string& left, const std::string& right) { fmt::print("{:<26} {:<34} {}\n", label, left, right); };
    const auto whole = [&](const std::string& label, const char* key) { row(label, std::to_string(static_cast<int>(number(a, {key}))), std::to_string(static_cast<int>(number(b, {key})))); };
    fmt::print("{}\n\n", sentenceOf(comparison, language));
    row("", "A", "B");
    whole(in("Pods placed", "放下的 Pod"), "placed");
    whole(in("Pods without a Node", "没有 Node 的 Pod"), "unplaced");
    whole(in("Pods preempted", "被抢占的 Pod"), "victims");
    whole(in("Nodes used", "用到的 Node"), "nodesUsed");
    row(in("Pods by zone", "各可用区的 Pod"), counts(a, "zones"), counts(b, "zones"));
    if (number(a, {"nodesUsed"}) <= 6 && number(b, {"nodesUsed"}) <= 6) row(in("Pods by Node", "各 Node 的 Pod"), counts(a, "nodes"), counts(b, "nodes"));
    for (const auto* resource : {"cpu", "memory"}) {
        const auto of = [&](const json::value& side) {
            return fmt::format(fmt::runtime(in("{:.0f} %, most {:.0f} %, deviation {:.0f} %", "{:.0f} %，最高 {:.0f} %，偏差 {:.0f} %")), 100 * number(side, {"utilization", resource, "mean"}), 100 * number(side, {"utilization", resource, "most"}),
                               100 * number(side, {"utilization", resource, "deviation"}));
        };
        row(in(fmt::format("{} requested per Node", resource), fmt::format("每个 Node 的 {} 请求", resource)), of(a), of(b));
    }
    const auto& differences = comparison.at("differences").as_array();
    if (differences.empty()) return;
    fmt::print("\n{:<46} {:<18} {}\n", "POD", "A", "B");
    for (const auto& each : differences) {
        fmt::print("{:<46} {:<18} {}\n", podName(each.at("pod")), nodeText(api::stringAt(each, {"a"})), nodeText(api::stringAt(each, {"b"})));
        if (const auto sentence = sentenceOf(each, language); !sentence.empty()) fmt::print("    {}\n", sentence);
    }
}

void printNames(const json::object& status, const char* key, const std::string& label) {
    const auto* list = status.if_contains(key);
    if (!list) return;
    fmt::print("{}", label);
    for (const auto& pod : list->as_array()) fmt::print(" {}", podName(pod));
    fmt::print("\n");
}

int schedule(const Options& options, const ScheduleArguments& arguments) {
    if (arguments.files.empty() && arguments.drain.empty() && arguments.withoutZones.empty())
        return report(badRequest("nothing to schedule: give Pods with -f, or suppose something with --drain or --without-zone"));
    const auto spec = specOf(arguments);
    if (!spec) return report(spec.error());
    const auto read = readState(options, arguments.source);
    if (!read) return report(read.error());
    const auto cluster = scheduler::ReviewedCluster::of(read->state, *spec);
    if (!cluster) return report(cluster.error());
    auto status = scheduler::answerSchedulingReview(*spec, *cluster);
    if (!status) return report(status.error());
    const bool all = status->at("placed") == status->at("pods");
    if (wantsStructure(options)) {
        (*status)["assumptions"] = textsOf(read->assumptions, arguments.language);
        printStructure(options, json::value(json::object{{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "SchedulingReview"}, {"status", std::move(*status)}}));
        return all ? success : unschedulable;
    }
    const auto in = [&](std::string english, std::string chinese) { return inLanguage(arguments.language, std::move(english), std::move(chinese)); };
    printNames(*status, "lost", in("Lost, since no controller starts them again:", "丢失（没有控制器会重建）："));
    printNames(*status, "displaced", in("Displaced, and scheduled again below:", "被迁走，下面重新调度："));
    if (const auto* comparison = status->if_contains("comparison")) printComparison(*comparison, arguments.language);
    else printPlacements(*status, arguments.language);
    const auto placed = status->at("placed").to_number<int>(), pods = status->at("pods").to_number<int>();
    fmt::print("\n{}\n", in(pods == 1 ? fmt::format("The Pod would {}. Nothing was changed.", placed == 1 ? "find a Node" : "find no Node") : fmt::format("{} of {} Pods would find a Node. Nothing was changed.", placed, pods),
                            fmt::format("{} 个 Pod 中有 {} 个能找到 Node。没有做任何改动。", pods, placed)));
    for (const auto& each : read->assumptions) fmt::print("{}{}\n", in("note: ", "注意："), inLanguage(arguments.language, each));
    return all ? success : unschedulable;
}

}  // namespace

void addSchedule(CLI::App& app, Command& command) {
    auto* schedule_ = app.add_subcommand("schedule", "What if: schedule Pods that do not exist, on a cluster as it is or as it might be, without touching it");
    addClusterOptions(*schedule_, command.options);
    addStructureOption(*schedule_, command.options);
    addKubeconfigOptions(*schedule_, command.options);
    auto arguments = std::make_shared<ScheduleArguments>();
    schedule_->add_option("-f,--filename", arguments->files, "Pods, Deployments, ReplicaSets, StatefulSets or Jobs, and the Services that select them; - is standard input; may be repeated");
    schedule_->add_option("--scheduler-config", arguments->source.schedulerConfig, "a KubeSchedulerConfiguration instead of the cluster's own");
    schedule_->add_option("--snapshot", arguments->source.snapshot, "a file of 'kubarium snapshot export' instead of a cluster");
    schedule_->add_option("--add-node", arguments->addNodes, "a file with Nodes that do not exist yet; may be repeated");
    schedule_->add_option("--drain", arguments->drain, "suppose that this Node is drained: its Pods are scheduled again; may be repeated");
    schedule_->add_option("--without-zone", arguments->withoutZones, "suppose that all Nodes of this zone are gone; may be repeated");
    schedule_->add_option("--compare", arguments->compare, "A.yaml B.yaml: the same Pods under two KubeSchedulerConfigurations, side by side")->expected(2);
    schedule_->add_option("--lang", arguments->language, "language of the explanation")->check(CLI::IsMember({"en", "zh_CN"}))->capture_default_str();
    schedule_->footer("Several Pods are scheduled one after the other, the most important first; each sees those before it. Ties fall on the first Node of the list.\n"
                      "Exit status: 0 when every Pod finds a Node (with --compare: under A), 4 when not, 3 when the cluster does not run, 2 for wrong input, 1 otherwise.");
    schedule_->callback([&command, arguments] { command.run = [&command, arguments] { return schedule(command.options, *arguments); }; });
}

}  // namespace kubarium::cli
