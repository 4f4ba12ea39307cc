// kubarium: the command line and the engine in one program.
#include "app/kubarium/command.h"

#include "core/api/codec.h"
#include "core/base/log.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdlib>

namespace kubarium::kubelet {
int supervisorMain(int argc, char** argv);
}

namespace kubarium::cli {
namespace {

void addVersion(CLI::App& app, Command& command) {
    auto* version = app.add_subcommand("version", "The version of Kubarium and of the Kubernetes whose behaviour it follows");
    version->add_option("-o,--output", command.options.output, "json")->check(CLI::IsMember({"json"}));
    version->callback([&command] {
        command.run = [&command] {
            if (wantsJson(command.options))
                fmt::print("{}\n", boost::json::serialize(boost::json::object{{"version", KUBARIUM_VERSION}, {"kubernetes", "v1.34.4"}}));
            else
                fmt::print("kubarium {} (Kubernetes v1.34.4)\n", KUBARIUM_VERSION);
            return success;
        };
    });
}

int run(int argc, char** argv) {
    CLI::App app{"A living Kubernetes cluster on one machine: real containers, stock kubectl, and every decision explained."};
    app.name("kubarium");
    app.require_subcommand(1);
    app.fallthrough();  // "kubarium clock rate 20 --name two" as well as "kubarium clock --name two rate 20"; inherited by every command
    Command command;
    command.options.program = "/proc/self/exe";
    readEnvironment(command.options);
    app.add_flag("-v,--verbose", command.options.verbose, "log to standard error what is going on");
    addUp(app, command);
    addLifecycle(app, command);
    addCheck(app, command);
    addWhy(app, command);
    addSchedule(app, command);
    addSnapshot(app, command);
    addFault(app, command);
    addClock(app, command);
    addScheduler(app, command);
    addImage(app, command);
    addLab(app, command);
    addVersion(app, command);
    addCompletion(app, command);
    // Last: a command takes over the footer that its parent has when it is added.
    app.footer("First steps:\n  kubarium check                      what this machine can do\n  kubarium up --detach                three Nodes in a second\n"
               "  export KUBECONFIG=$(kubarium kubeconfig --path)\n  kubectl get nodes\n  kubarium lab run first-pod          learn by doing\n  kubarium down                       and nothing stays behind");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? success : usage;
    }
    setUpLogging(command.options.verbose ? "debug" : "warn", "");
    return command.run();
}

}  // namespace

// The environment gives the defaults. It is read here and not by the parser: every command writes to the same Options, and the parser
// would let the variable of a command that was not called win over the option of the one that was.
void readEnvironment(Options& options) {
    if (const char* name = std::getenv("KUBARIUM_NAME")) options.name = name;
    if (const char* state = std::getenv("KUBARIUM_STATE")) options.state = state;
}

void addClusterOptions(CLI::App& app, Options& options, bool withOutput) {
    app.add_option("--name", options.name, "name of the cluster; several can run side by side (or in KUBARIUM_NAME)")->capture_default_str();
    app.add_option("--state", options.state, "folder where clusters keep their things (or in KUBARIUM_STATE; default: ~/.local/state/kubarium)");
    if (withOutput) app.add_option("-o,--output", options.output, "json, for programs")->check(CLI::IsMember({"json"}));
}

int report(const Error& error) {
    fmt::print(stderr, "error: {}\n", error.message);
    for (const auto& cause : error.causes) fmt::print(stderr, "  {}: {}\n", cause.field, cause.message);
    return error.reason == Reason::NotFound && error.message.find("does not run") != std::string::npos ? notRunning
           : error.reason == Reason::BadRequest                                                        ? usage
                                                                                                       : failure;
}

void addStructureOption(CLI::App& app, Options& options) { app.add_option("-o,--output", options.output, "json or yaml, for programs")->check(CLI::IsMember({"json", "yaml"})); }

void addKubeconfigOptions(CLI::App& app, Options& options) {
    app.add_option("--kubeconfig", options.kubeconfig, "the kubeconfig of another cluster, a real one too; only read");
    app.add_option("--context", options.context, "context in that kubeconfig (default: its current one)");
}

bool wantsStructure(const Options& options) { return !options.output.empty(); }

void printStructure(const Options& options, const boost::json::value& value) {
    if (options.output == "yaml") fmt::print("{}", api::toYaml(value));
    else fmt::print("{}\n", boost::json::serialize(value));
}

bool wantsJson(const Options& options) { return options.output == "json"; }

}  // namespace kubarium::cli

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && std::string_view(argv[1]) == "supervisor") return kubarium::kubelet::supervisorMain(argc - 1, argv + 1);
    return kubarium::cli::run(argc, argv);
}
