#include "app/kubarium/command.h"

#include "core/kubelet/runtime/substrate_probe.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
using kubelet::SubstrateFinding;

int check(const Options& options) {
    const auto capabilities = kubelet::probeSubstrate();
    if (wantsJson(options)) {
        json::array findings;
        for (const auto& finding : capabilities.findings)
            findings.push_back({{"ok", finding.kind == SubstrateFinding::Kind::Good}, {"blocking", finding.kind == SubstrateFinding::Kind::Missing},
                                {"sentence", finding.sentence}, {"remedy", finding.remedy}});
        fmt::print("{}\n", json::serialize(json::object{{"level", kubelet::toString(capabilities.level)}, {"sentence", capabilities.sentence()},
                                                        {"runtime", capabilities.runtimeName}, {"runtimeVersion", capabilities.runtimeVersion},
                                                        {"cgroups", capabilities.cgroups}, {"findings", std::move(findings)}}));
        return success;
    }
    for (const auto& finding : capabilities.findings) {
        fmt::print("{} {}\n", finding.kind == SubstrateFinding::Kind::Good ? "\u2713" : finding.kind == SubstrateFinding::Kind::Degraded ? "!" : "\u2717", finding.sentence);
        if (!finding.remedy.empty()) fmt::print("    {}\n", finding.remedy);
    }
    fmt::print("\n{}: {}\n", kubelet::toString(capabilities.level), capabilities.sentence());
    return success;
}

}  // namespace

void addCheck(CLI::App& app, Command& command) {
    auto* checking = app.add_subcommand("check", "What this machine can do for a cluster and what it cannot, each with its remedy");
    addClusterOptions(*checking, command.options, true);
    checking->callback([&command] { command.run = [&command] { return check(command.options); }; });
}

}  // namespace kubarium::cli
