#include "app/kubarium/cluster_reader.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

namespace kubarium::cli {
namespace {

int exportSnapshot(const Options& options, const StateSource& source, const std::string& file) {
    auto read = readState(options, source);
    if (!read) return report(read.error());
    for (const auto& each : read->assumptions) fmt::print(stderr, "note: {}\n", each.en);
    const auto text = scheduler::toText(read->state);
    if (file.empty() || file == "-") {
        std::fwrite(text.data(), 1, text.size(), stdout);
        return success;
    }
    std::ofstream out(file);
    out << text;
    if (!out.flush()) return report(makeError(Reason::InternalError, fmt::format("cannot write {}", file)));
    fmt::print("{}: {} Nodes, {} Pods\n", file, read->state.nodes.size(), read->state.pods.size());
    return success;
}

int checkSnapshot(const Options& options, const StateSource& source) {
    auto read = readState(options, source);
    if (!read) return report(read.error());
    if (const auto configuration = read->state.parsedConfiguration(); !configuration) return report(badRequest(fmt::format("{}: {}", source.snapshot, configuration.error().message)));
    std::size_t waiting = 0;
    for (const auto& pod : read->state.pods) waiting += pod->string({"spec", "nodeName"}).empty();
    fmt::print("{}: {} Nodes, {} Pods ({} of them {} for a Node), {}\n", source.snapshot, read->state.nodes.size(), read->state.pods.size(), waiting, waiting == 1 ? "waits" : "wait",
               read->state.configuration.is_null() ? "no configuration: the default of kube-scheduler 1.34" : "with a KubeSchedulerConfiguration");
    return success;
}

}  // namespace

void addSnapshot(CLI::App& app, Command& command) {
    auto* snapshot = app.add_subcommand("snapshot", "Everything that the scheduler reads, as plain Kubernetes YAML: for what-if elsewhere, later, or by mail");
    snapshot->require_subcommand(1);
    auto* exporting = snapshot->add_subcommand("export", "Write a v1 List of the cluster's scheduling state, and its KubeSchedulerConfiguration as a second document");
    addClusterOptions(*exporting, command.options);
    addKubeconfigOptions(*exporting, command.options);
    auto file = std::make_shared<std::string>();
    auto source = std::make_shared<StateSource>();
    exporting->add_option("-o,--output-file", *file, "the file (default: standard output)");
    exporting->add_option("--scheduler-config", source->schedulerConfig, "the KubeSchedulerConfiguration to put in it");
    exporting->footer("Secrets and ConfigMaps are not in it; the environment of Pods is. Exit status: 0, 3 when the cluster does not run, 1 for any other failure.");
    exporting->callback([&command, file, source] { command.run = [&command, file, source] { return exportSnapshot(command.options, *source, *file); }; });
    auto* checking = snapshot->add_subcommand("check", "Read such a file and say what is in it; 'kubarium schedule --snapshot' and 'kubarium why --snapshot' work on it");
    checking->add_option("file", source->snapshot, "the file, or - for standard input")->required();
    checking->callback([&command, source] { command.run = [&command, source] { return checkSnapshot(command.options, *source); }; });
}

}  // namespace kubarium::cli
