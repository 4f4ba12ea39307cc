#include "app/kubarium/command.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
using api::ObjectPtr;

struct WhyArguments {
    std::string pod;
    std::string nameSpace = "default";
    std::string language;
};

std::int64_t numberAt(const json::value& value, std::initializer_list<std::string_view> path) {
    const auto* found = api::findPath(value, path);
    return found && found->is_number() ? found->to_number<std::int64_t>() : 0;
}

const json::array& arrayAt(const json::value& value, std::initializer_list<std::string_view> path) {
    static const json::array none;
    const auto* found = api::findPath(value, path);
    return found && found->is_array() ? found->get_array() : none;
}

std::string joined(const json::array& texts) {
    std::string line;
    for (const auto& text : texts)
        if (text.is_string()) line += (line.empty() ? "" : ", ") + std::string(text.get_string());
    return line;
}

void printScores(const json::value& decision) {
    std::vector<const json::value*> nodes;
    for (const auto& node : arrayAt(decision, {"status", "nodes"}))
        if (!arrayAt(node, {"scores"}).empty()) nodes.push_back(&node);
    if (nodes.empty()) return;
    std::ranges::stable_sort(nodes, [](const auto* a, const auto* b) { return numberAt(*a, {"total"}) > numberAt(*b, {"total"}); });
    constexpr std::size_t most = 4;
    if (nodes.size() > most) {
        fmt::print("\nThe {} best of {} Nodes:\n", most, nodes.size());
        nodes.resize(most);
    }
    fmt::print("\n{:<34}", "SCORE (raw -> normalised x weight)");
    for (const auto* node : nodes) fmt::print(" {:>24}", api::stringAt(*node, {"name"}));
    fmt::print("\n");
    const auto& first = arrayAt(*nodes.front(), {"scores"});
    for (std::size_t row = 0; row < first.size(); ++row) {
        fmt::print("{:<34}", api::stringAt(first[row], {"plugin"}));
        for (const auto* node : nodes) {
            const auto& score = arrayAt(*node, {"scores"}).at(row);
            fmt::print(" {:>24}", fmt::format("{} -> {} x {} = {}", numberAt(score, {"raw"}), numberAt(score, {"normalized"}), numberAt(score, {"weight"}),
                                              numberAt(score, {"weighted"})));
        }
        fmt::print("\n");
    }
    fmt::print("{:<34}", "total");
    for (const auto* node : nodes) fmt::print(" {:>24}", numberAt(*node, {"total"}));
    fmt::print("\n");
}

void printRefusals(const json::value& decision) {
    bool any = false;
    for (const auto& node : arrayAt(decision, {"status", "nodes"})) {
        const auto* feasible = api::findPath(node, {"feasible"});
        if (!feasible || !feasible->is_bool() || feasible->get_bool()) continue;
        if (!std::exchange(any, true)) fmt::print("\nWhy not the others:\n");
        const auto detail = api::stringAt(node, {"detail"});
        fmt::print("  {:<20} {:<26} {}{}\n", api::stringAt(node, {"name"}), api::stringAt(node, {"plugin"}), joined(arrayAt(node, {"reasons"})),
                   detail.empty() ? "" : fmt::format(" ({})", detail));
    }
}

int why(const Options& options, const WhyArguments& arguments) {
    auto session = Session::open(options);
    if (!session) return report(session.error());
    auto& client = (*session)->client();
    auto decisions = (*session)->wait<client::ObjectList>(
        [&](auto reply) { client.list(api::resources::schedulingDecisions, arguments.nameSpace, {}, std::move(reply)); });
    if (!decisions) return report(decisions.error());
    ObjectPtr latest;
    for (const auto& decision : decisions->items)
        if (decision->string({"spec", "podName"}) == arguments.pod && (!latest || decision->revision() > latest->revision())) latest = decision;
    if (!latest) {
        const auto pod = (*session)->wait<ObjectPtr>([&](auto reply) { client.get(api::resources::pods, arguments.nameSpace, arguments.pod, std::move(reply)); });
        if (!pod) return report(pod.error());
        return report(makeError(Reason::NotFound, fmt::format("the scheduler's decision about {} is no longer kept (it remembers the last 1000)", arguments.pod)));
    }
    const auto full = (*session)->wait<ObjectPtr>(
        [&](auto reply) { client.get(api::resources::schedulingDecisions, arguments.nameSpace, std::string(latest->name()), std::move(reply)); });
    if (!full) return report(full.error());
    const json::value decision((*full)->tree());
    const bool placed = api::stringAt(decision, {"status", "result"}) == "Scheduled";
    if (wantsJson(options)) {
        fmt::print("{}\n", json::serialize(decision));
        return placed ? success : unschedulable;
    }
    auto sentence = api::stringAt(decision, {"status", "explanation", arguments.language});
    if (sentence.empty()) sentence = api::stringAt(decision, {"status", "explanation", "en"});
    fmt::print("{}/{}: {}\n{}\n", arguments.nameSpace, arguments.pod, api::stringAt(decision, {"status", "result"}), sentence);
    if (const auto message = api::stringAt(decision, {"status", "message"}); !message.empty()) fmt::print("{}\n", message);
    fmt::print("cycle {}, attempt {}, {} of {} Nodes could run it\n", numberAt(decision, {"status", "cycle"}), numberAt(decision, {"status", "attempt"}),
               numberAt(decision, {"status", "feasibleNodes"}), numberAt(decision, {"status", "evaluatedNodes"}));
    printScores(decision);
    if (const auto& best = arrayAt(decision, {"status", "best"}); best.size() > 1)
        fmt::print("\n{} tie; the draw fell on {}.\n", joined(best), api::stringAt(decision, {"status", "selectedNode"}));
    printRefusals(decision);
    return placed ? success : unschedulable;
}

}  // namespace

void addWhy(CLI::App& app, Command& command) {
    auto* why_ = app.add_subcommand("why", "Why a Pod is where it is, or nowhere: the scheduler's latest decision about it");
    addClusterOptions(*why_, command.options, true);
    auto arguments = std::make_shared<WhyArguments>();
    arguments->language = "en";
    why_->add_option("pod", arguments->pod, "name of the Pod")->required();
    why_->add_option("-n,--namespace", arguments->nameSpace, "namespace of the Pod")->capture_default_str();
    why_->add_option("--lang", arguments->language, "language of the explanation: en or zh_CN")->capture_default_str();
    why_->footer("Exit status: 0 when the Pod was placed, 4 when no Node can run it, 3 when the cluster does not run.");
    why_->callback([&command, arguments] { command.run = [&command, arguments] { return why(command.options, *arguments); }; });
}

}  // namespace kubarium::cli
