#include "app/kubarium/command.h"
#include "app/kubarium/decision_text.h"

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
    std::string language;
};

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
    printDecision(decision, arguments.language);
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
