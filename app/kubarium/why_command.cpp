#include "app/kubarium/cluster_reader.h"
#include "app/kubarium/decision_text.h"

#include "core/scheduler/explanation/scheduling_review.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
using api::ObjectPtr;

struct WhyArguments {
    std::string pod;
    std::string nameSpace = "default";
    std::string language = "en";
    std::string node;
    StateSource source;
    bool recompute = false;
};

int exitOf(const json::value& decision) { return api::stringAt(decision, {"status", "result"}) == "Scheduled" ? success : unschedulable; }

// The decision as the cluster's own scheduler remembers it; nullptr if this cluster has none, or not any more.
Result<ObjectPtr> remembered(Session& session, const WhyArguments& arguments) {
    client::ListOptions options;
    options.fieldSelector = "spec.podName=" + arguments.pod;
    auto decisions = session.wait<client::ObjectList>(
        [&](auto reply) { session.client().list(api::resources::schedulingDecisions, arguments.nameSpace, options, std::move(reply)); });
    // Other clusters do not serve them, or not to everybody.
    if (!decisions && (decisions.error().reason == Reason::NotFound || decisions.error().reason == Reason::Forbidden)) return ObjectPtr();
    if (!decisions) return std::move(decisions.error());
    ObjectPtr latest;
    for (const auto& decision : decisions->items)
        if (decision->string({"spec", "podName"}) == arguments.pod && (!latest || decision->revision() > latest->revision())) latest = decision;
    if (!latest) return ObjectPtr();
    return session.wait<ObjectPtr>([&](auto reply) { session.client().get(api::resources::schedulingDecisions, arguments.nameSpace, std::string(latest->name()), std::move(reply)); });
}

void printAssumptions(const std::vector<scheduler::Sentence>& assumptions, const std::string& language) {
    if (assumptions.empty()) return;
    fmt::print("\n{}\n", inLanguage(language, "This was worked out here from what can be listed. It assumes:", "以上由本程序根据可列出的对象推算，并假定："));
    for (const auto& each : assumptions) fmt::print("  - {}\n", inLanguage(language, each));
}

int printTarget(const Options& options, const WhyArguments& arguments, json::object status, const std::vector<scheduler::Sentence>& assumptions) {
    const auto& changes = status.at("smallestChanges");
    const bool fits = changes.as_object().contains("fits");
    if (wantsStructure(options)) {
        status["assumptions"] = textsOf(assumptions, arguments.language);
        printStructure(options, json::value(std::move(status)));
        return fits ? success : unschedulable;
    }
    fmt::print("{}\n", inLanguage(arguments.language, fmt::format("{}/{} on {}:", arguments.nameSpace, arguments.pod, arguments.node), fmt::format("{}/{} 在 {} 上：", arguments.nameSpace, arguments.pod, arguments.node)));
    printChanges(changes, arguments.language);
    printAssumptions(assumptions, arguments.language);
    return fits ? success : unschedulable;
}

// Of a Pod that no decision was ever made about; nullopt if there must have been one.
std::optional<scheduler::Sentence> whyNeverTried(const api::Object& pod) {
    if (!pod.string({"spec", "nodeName"}).empty()) return std::nullopt;
    if (const auto* gates = pod.find({"spec", "schedulingGates"}); gates && gates->is_array() && !gates->get_array().empty()) {
        std::vector<std::string> names;
        for (const auto& gate : gates->get_array()) names.emplace_back(api::stringAt(gate, {"name"}));
        return scheduler::Sentence{fmt::format("The scheduler does not look at {} before its scheduling gates are removed: {}", pod.name(), fmt::join(names, ", ")),
                                   fmt::format("在移除 {} 的调度门控之前，调度器不会考虑它：{}", pod.name(), fmt::join(names, ", "))};
    }
    const auto* claims = pod.find({"spec", "resourceClaims"});
    const auto* conditions = pod.find({"status", "conditions"});
    if (claims && conditions && conditions->is_array())
        for (const auto& condition : conditions->get_array())
            if (api::stringAt(condition, {"type"}) == "PodScheduled")
                return scheduler::Sentence{fmt::format("The scheduler does not look at {}: {}", pod.name(), api::stringAt(condition, {"message"})),
                                           fmt::format("调度器不会考虑 {}：{}", pod.name(), api::stringAt(condition, {"message"}))};
    return std::nullopt;
}

// Worked out here, from the lists of any cluster or from a file.
int recomputed(const Options& options, const WhyArguments& arguments) {
    auto read = readState(options, arguments.source);
    if (!read) return report(read.error());
    const auto pod = read->state.findPod(arguments.nameSpace, arguments.pod);
    if (!pod) return report(makeError(Reason::NotFound, fmt::format("pods \"{}\" not found in namespace {}", arguments.pod, arguments.nameSpace)));
    if (const auto sentence = whyNeverTried(*pod); arguments.node.empty() && sentence) {
        if (wantsStructure(options)) printStructure(options, json::object{{"message", inLanguage(arguments.language, *sentence)}});
        else fmt::print("{}\n", inLanguage(arguments.language, *sentence));
        return unschedulable;
    }
    const std::string placed(pod->string({"spec", "nodeName"}));
    if (arguments.source.snapshot.empty()) {
        auto session = Session::open(options);
        if (!session) return report(session.error());
        const auto by = placedBy(**session, *pod);
        if (placed.empty()) read->assumptions.push_back({fmt::format("It waits for its scheduler: {}.", by.en), fmt::format("它在等待其调度器：{}。", by.zh)});
        else
            read->assumptions.push_back({fmt::format("It is on {}: {}. It is explained as if it waited now, on the cluster as it is now and not as it was then.", placed, by.en),
                                         fmt::format("它在 {} 上：{}。这里按它现在等待调度来解释，依据的是集群现在的状态，而不是当时的状态。", placed, by.zh)});
    }
    json::object spec{{"pod", {{"namespace", arguments.nameSpace}, {"name", arguments.pod}}}};
    if (!arguments.node.empty()) spec["targetNode"] = arguments.node;
    const auto cluster = scheduler::ReviewedCluster::of(read->state, spec);
    if (!cluster) return report(cluster.error());
    auto status = scheduler::answerSchedulingReview(spec, *cluster);
    if (!status) return report(status.error());
    if (!arguments.node.empty()) return printTarget(options, arguments, std::move(*status), read->assumptions);
    json::value decision = status->at("decisions").at(0);
    // It is no cycle of a scheduler.
    for (const auto* ofCycle : {"cycle", "attempt", "queue"}) decision.at("status").as_object().erase(ofCycle);
    if (wantsStructure(options)) {
        decision.at("status").as_object()["assumptions"] = textsOf(read->assumptions, arguments.language);
        printStructure(options, decision);
        return exitOf(decision);
    }
    printDecision(decision, arguments.language);
    printAssumptions(read->assumptions, arguments.language);
    return exitOf(decision);
}

int why(const Options& options, const WhyArguments& arguments) {
    if (arguments.recompute || !arguments.node.empty() || !arguments.source.snapshot.empty() || !arguments.source.schedulerConfig.empty()) return recomputed(options, arguments);
    {
        auto session = Session::open(options);
        if (!session) return report(session.error());
        const auto decision = remembered(**session, arguments);
        if (!decision) return report(decision.error());
        if (*decision) {
            const json::value tree((*decision)->tree());
            if (wantsStructure(options)) printStructure(options, tree);
            else printDecision(tree, arguments.language);
            return exitOf(tree);
        }
    }
    return recomputed(options, arguments);
}

}  // namespace

void addWhy(CLI::App& app, Command& command) {
    auto* why_ = app.add_subcommand("why", "Why a Pod is where it is, or nowhere, and what would have to change");
    addClusterOptions(*why_, command.options);
    addStructureOption(*why_, command.options);
    addKubeconfigOptions(*why_, command.options);
    auto arguments = std::make_shared<WhyArguments>();
    why_->add_option("pod", arguments->pod, "name of the Pod")->required();
    why_->add_option("-n,--namespace", arguments->nameSpace, "namespace of the Pod")->capture_default_str();
    why_->add_option("--node", arguments->node, "what would have to change for the Pod to fit on this Node");
    why_->add_flag("--recompute", arguments->recompute, "do not ask for the decision that was made; work it out from the cluster as it is now");
    why_->add_option("--snapshot", arguments->source.snapshot, "a file of 'kubarium snapshot export' instead of a cluster");
    why_->add_option("--scheduler-config", arguments->source.schedulerConfig, "a KubeSchedulerConfiguration to explain with");
    why_->add_option("--lang", arguments->language, "language of the explanation")->check(CLI::IsMember({"en", "zh_CN"}))->capture_default_str();
    why_->footer("With --kubeconfig it works on any cluster: it needs the permission to list, writes nothing, and says what it assumes.\n"
                 "Exit status: 0 when the Pod was placed (with --node: fits there as things are), 4 when not, 3 when the cluster does not run,\n"
                 "2 for wrong input, 1 for any other failure.");
    why_->callback([&command, arguments] { command.run = [&command, arguments] { return why(command.options, *arguments); }; });
}

}  // namespace kubarium::cli
