// down, status, kubeconfig: about a cluster as a whole.
#include "app/kubarium/command.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

#include <csignal>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using api::ObjectPtr;
using namespace std::chrono_literals;

struct DownArguments {
    bool purge = false;
    bool all = false;
};

// The engine ends by itself on SIGTERM: faults are undone, containers end, nothing stays behind.
Result<bool> stopOne(const cluster::ClusterPaths& paths) {
    const auto info = cluster::runningCluster(paths);
    if (!info) {
        if (info.error().reason == Reason::NotFound) return false;
        return info.error();
    }
    if (kill(info->pid, SIGTERM) != 0)
        return makeError(Reason::Forbidden, fmt::format("cannot stop the engine (process {}): it belongs to another user. Use the account, or sudo, that started it.", info->pid));
    constexpr auto patience = 30s;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        // Without a description but with its lock it is still closing files, which a purge would meet half removed.
        if (const auto running = cluster::runningCluster(paths); !running && running.error().reason == Reason::NotFound) return true;
        std::this_thread::sleep_for(5ms);
    }
    return makeError(Reason::Timeout, fmt::format("the engine (process {}) did not end within 30 s; its log is {}", info->pid, paths.log().string()));
}

int down(const Options& options, const DownArguments& arguments) {
    const auto names = arguments.all ? cluster::clusterNames(options.state) : std::vector<std::string>{options.name};
    int code = success, ran = 0;
    for (const auto& name : names) {
        const auto paths = cluster::clusterPaths(name, options.state);
        if (!paths) return report(paths.error());
        const auto stopped = stopOne(*paths);
        if (!stopped) {
            code = report(stopped.error());
            continue;
        }
        ran += *stopped;
        const bool known = fs::exists(paths->directory);
        if (*stopped)
            fmt::print("cluster {} is down{}\n", name, arguments.purge ? "" : fmt::format("; 'kubarium up{0}' brings its objects back, 'kubarium down --purge{0}' forgets them", paths->flags()));
        else if (!arguments.all)
            fmt::print("cluster {} does not run\n", name);
        if (arguments.purge) {
            std::error_code error;
            fs::remove_all(paths->directory, error);
            if (error) code = report(internalError(fmt::format("cannot remove {}: {}", paths->directory.string(), error.message())));
            else if (known) fmt::print("cluster {} is forgotten: its objects, certificates, images and volumes\n", name);
        }
    }
    if (arguments.all && ran == 0 && code == success) fmt::print("no cluster runs\n");
    return code;
}

json::object statusOf(Session& session, const cluster::ClusterInfo& info) {
    json::object status{{"running", true}, {"pid", info.pid}, {"port", info.port}, {"level", info.level}, {"levelSentence", info.levelSentence},
                        {"startedAt", info.startedAt}, {"version", info.version}};
    json::array nodes;
    const auto listed = session.wait<client::ObjectList>([&](auto reply) { session.client().list(api::resources::nodes, "", {}, std::move(reply)); });
    if (!listed) {
        status["error"] = listed.error().message;
        return status;
    }
    int simulated = 0, ready = 0;
    constexpr std::size_t shownNodes = 20;
    for (const auto& node : listed->items) {
        bool isReady = false;
        if (const auto* conditions = node->find({"status", "conditions"}); conditions && conditions->is_array())
            for (const auto& condition : conditions->get_array())
                isReady |= api::stringAt(condition, {"type"}) == "Ready" && api::stringAt(condition, {"status"}) == "True";
        const bool isSimulated = node->label("kubarium.dev/simulated") == "true";
        simulated += isSimulated;
        ready += isReady;
        if (nodes.size() < shownNodes) nodes.push_back({{"name", std::string(node->name())}, {"ready", isReady}, {"simulated", isSimulated}});
    }
    status["nodeCount"] = listed->items.size();
    status["readyNodes"] = ready;
    status["simulatedNodes"] = simulated;
    status["nodes"] = std::move(nodes);
    const auto pods = session.wait<client::ObjectList>([&](auto reply) { session.client().list(api::resources::pods, "", {}, std::move(reply)); });
    std::map<std::string, int> phases;
    if (pods)
        for (const auto& pod : pods->items) ++phases[std::string(pod->string({"status", "phase"}))];
    json::object byPhase;
    for (const auto& [phase, count] : phases) byPhase[phase.empty() ? "Pending" : phase] = count;
    status["pods"] = std::move(byPhase);
    return status;
}

void printStatus(const std::string& name, const json::object& status) {
    fmt::print("cluster {}: running (process {}, https://127.0.0.1:{})\n", name, status.at("pid").as_int64(), status.at("port").as_int64());
    if (const auto& sentence = status.at("levelSentence").as_string(); !sentence.empty()) fmt::print("{}\n", sentence.c_str());
    if (const auto* error = status.if_contains("error")) {
        fmt::print("the API does not answer: {}\n", error->as_string().c_str());
        return;
    }
    fmt::print("nodes: {} of {} ready{}\n", status.at("readyNodes").to_number<int>(), status.at("nodeCount").to_number<int>(),
               status.at("simulatedNodes").to_number<int>() > 0 ? fmt::format(" ({} simulated)", status.at("simulatedNodes").to_number<int>()) : "");
    for (const auto& node : status.at("nodes").as_array())
        fmt::print("  {:<20} {}{}\n", node.at("name").as_string().c_str(), node.at("ready").as_bool() ? "Ready" : "NotReady",
                   node.at("simulated").as_bool() ? ", simulated" : "");
    for (const auto& [phase, count] : status.at("pods").as_object()) fmt::print("pods {}: {}\n", std::string(phase), count.to_number<int>());
}

int status(const Options& options) {
    const auto paths = cluster::clusterPaths(options.name, options.state);
    if (!paths) return report(paths.error());
    const auto info = cluster::runningCluster(*paths);
    if (!info) {
        if (!wantsJson(options)) return report(info.error());
        fmt::print("{}\n", json::serialize(json::object{{"running", false}, {"message", info.error().message}}));
        return notRunning;
    }
    auto session = Session::open(options);
    if (!session) return report(session.error());
    const auto described = statusOf(**session, *info);
    if (wantsJson(options))
        fmt::print("{}\n", json::serialize(described));
    else
        printStatus(options.name, described);
    return success;
}

int kubeconfig(const Options& options, bool pathOnly) {
    const auto paths = cluster::clusterPaths(options.name, options.state);
    if (!paths) return report(paths.error());
    std::ifstream in(paths->kubeconfig());
    if (!in) return report(makeError(Reason::NotFound, fmt::format("The cluster \"{0}\" has no kubeconfig yet. Start it with: kubarium up{1} --detach", options.name, paths->flags())));
    if (pathOnly)
        fmt::print("{}\n", paths->kubeconfig().string());
    else
        std::cout << in.rdbuf();
    return success;
}

}  // namespace

void addLifecycle(CLI::App& app, Command& command) {
    auto* stopping = app.add_subcommand("down", "Stop a cluster; nothing of it keeps running");
    addClusterOptions(*stopping, command.options);
    auto arguments = std::make_shared<DownArguments>();
    stopping->add_flag("--purge", arguments->purge, "also forget its objects, certificates and images");
    stopping->add_flag("--all", arguments->all, "every cluster of this user");
    stopping->callback([&command, arguments] { command.run = [&command, arguments] { return down(command.options, *arguments); }; });

    auto* asking = app.add_subcommand("status", "Whether a cluster runs, what is real in it, its Nodes and Pods");
    addClusterOptions(*asking, command.options, true);
    asking->footer("Exit status: 0 when it runs, 3 when it does not.");
    asking->callback([&command] { command.run = [&command] { return status(command.options); }; });

    auto* printing = app.add_subcommand("kubeconfig", "Print the kubeconfig of a cluster, for kubectl, Helm or k9s");
    addClusterOptions(*printing, command.options);
    auto pathOnly = std::make_shared<bool>(false);
    printing->add_flag("--path", *pathOnly, "print only where the file is");
    printing->footer("For example: export KUBECONFIG=$(kubarium kubeconfig --path)");
    printing->callback([&command, pathOnly] { command.run = [&command, pathOnly] { return kubeconfig(command.options, *pathOnly); }; });
}

}  // namespace kubarium::cli
