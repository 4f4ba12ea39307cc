// up: the engine, in the foreground or detached.
#include "app/kubarium/command.h"

#include "core/base/log.h"
#include "core/cluster/cluster.h"
#include "core/lab/lab.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct UpArguments {
    int nodes = 3;
    std::string cpu = "1", memory = "512Mi";
    int simulatedNodes = 0;
    std::string nodesFile, lab, tokenAuthFile, schedulerConfig;
    double rate = 1;
    int port = 0;
    bool detach = false, simulated = false, fresh = false, noScheduler = false;
    int readyDescriptor = -1;
};

// Tells whoever waits (the detaching parent, the desktop) one thing per line.
class Messenger {
public:
    explicit Messenger(int descriptor) : descriptor_(descriptor) {}
    void send(const json::object& message) const {
        if (descriptor_ < 0) return;
        const auto line = json::serialize(message) + "\n";
        // Nobody may be there any more; then nobody is told.
        [[maybe_unused]] const auto written = write(descriptor_, line.data(), line.size());
    }
    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }

private:
    int descriptor_;
};

int signalPipe[2] = {-1, -1};

extern "C" void onSignal(int) {
    const char byte = 's';
    [[maybe_unused]] const auto written = write(signalPipe[1], &byte, 1);
}

// Turns SIGINT, SIGTERM and SIGHUP into a task. A handler and a pipe rather than a blocked mask, since children would inherit that.
class Signals {
public:
    explicit Signals(std::function<void()> onStop) {
        if (pipe2(signalPipe, O_CLOEXEC) != 0) return;
        for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, onSignal);
        thread_ = std::jthread([onStop = std::move(onStop)] {
            char byte = 0;
            while (read(signalPipe[0], &byte, 1) == 1 && byte == 's') onStop();
        });
    }
    ~Signals() {
        const char byte = 'q';
        [[maybe_unused]] const auto written = write(signalPipe[1], &byte, 1);
        if (thread_.joinable()) thread_.join();
    }

private:
    std::jthread thread_;
};

Result<cluster::ClusterOptions> clusterOptions(const UpArguments& arguments, const std::string& program) {
    cluster::ClusterOptions options;
    options.nodes = arguments.nodesFile.empty() ? TRY(cluster::makeNodes(arguments.nodes, arguments.cpu, arguments.memory, arguments.simulatedNodes))
                                                : TRY(cluster::readNodesFile(arguments.nodesFile));
    if (!arguments.lab.empty()) {
        auto found = TRY(lab::findLab(lab::labsFolder(program), arguments.lab));
        if (!found.lab.nodes.empty()) options.nodes = std::move(found.lab.nodes);
    }
    options.rate = arguments.rate;
    options.port = arguments.port;
    options.tokenAuthFile = arguments.tokenAuthFile;
    options.schedulerConfig = arguments.schedulerConfig;
    options.scheduler = !arguments.noScheduler;
    options.reality = arguments.simulated ? cluster::Reality::Simulated : cluster::Reality::Best;
    options.program = fs::read_symlink("/proc/self/exe");
    return options;
}

void printHowToUse(const cluster::ClusterPaths& paths, const std::string& sentence) {
    if (!sentence.empty()) fmt::print("{}\n", sentence);
    fmt::print("cluster {0} is up. Use it with any kubectl:\n  export KUBECONFIG=$(kubarium kubeconfig --path{1})\n  kubectl get nodes\nStop it with: kubarium down{1}\n", paths.name, paths.flags());
    std::fflush(stdout);
}

int runEngine(const Options& options, const UpArguments& arguments) {
    Messenger messenger(arguments.readyDescriptor);
    const auto fail = [&](const Error& error) {
        messenger.send({{"error", error.message}});
        return report(error);
    };
    const auto paths = cluster::clusterPaths(options.name, options.state);
    if (!paths) return fail(paths.error());
    const auto settings = clusterOptions(arguments, options.program);
    if (!settings) return fail(settings.error());
    const auto lock = cluster::ClusterLock::acquire(*paths);
    if (!lock) return fail(lock.error());
    if (arguments.fresh) {
        std::error_code ignored;
        for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(paths->store().string() + suffix, ignored);
    }
    // Reopened as a file, so that detached engines leave a trace.
    setUpLogging(options.verbose ? "debug" : "info", arguments.readyDescriptor >= 0 ? paths->log().string() : std::string());

    EngineLoop loop;
    int code = success;
    std::unique_ptr<cluster::Cluster> cluster;
    bool stopping = false;
    const auto stop = [&] {
        if (std::exchange(stopping, true)) return;
        if (!cluster) return loop.stop();
        cluster->stop([&] { loop.stop(); });
    };
    const Signals signals([&] { loop.post([&] { stop(); }); });
    loop.post([&] {
        cluster = std::make_unique<cluster::Cluster>(loop, *paths, *settings, [&](const std::string& progress) {
            messenger.send({{"progress", progress}});
            if (arguments.readyDescriptor < 0) fmt::print(stderr, "{}\n", progress);
        });
        cluster->start([&](Result<void> ready) {
            if (!ready) {
                code = fail(ready.error());
                return stop();
            }
            cluster::ClusterInfo info{getpid(), cluster->port(), cluster->level().name, cluster->level().sentence, formatTime(loop.now()), KUBARIUM_VERSION};
            if (const auto written = cluster::writeClusterInfo(*paths, info); !written) {
                code = fail(written.error());
                return stop();
            }
            messenger.send({{"ready", true}, {"port", info.port}, {"level", info.level}, {"levelSentence", info.levelSentence}});
            messenger.close();
            if (arguments.readyDescriptor < 0) printHowToUse(*paths, cluster->level().sentence);
        });
    });
    loop.run();
    cluster.reset();
    std::error_code ignored;
    fs::remove(paths->info(), ignored);
    return code;
}

// The child leads a session of its own, so that it outlives the terminal.
struct NewSession : boost::process::extend::handler {
    template <class Executor>
    void on_exec_setup(Executor&) const {
        setsid();
    }
};

int detach(const Options& options, const UpArguments& arguments, const std::vector<std::string>& words) {
    namespace bp = boost::process;
    const auto paths = cluster::clusterPaths(options.name, options.state);
    if (!paths) return report(paths.error());
    if (cluster::runningCluster(*paths)) return report(makeError(Reason::Conflict, fmt::format("The cluster \"{}\" already runs. See it with: kubarium status{}", paths->name, paths->flags())));
    if (const auto valid = clusterOptions(arguments, options.program); !valid) return report(valid.error());
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return report(internalError("no pipe could be made"));
    const int inherited = fcntl(ends[1], F_DUPFD, 10);
    close(ends[1]);
    auto childWords = words;
    childWords.insert(childWords.end(), {"--ready-fd", std::to_string(inherited)});
    bp::child child;
    try {
        child = bp::child(fs::read_symlink("/proc/self/exe").string(), bp::args(childWords), bp::std_in < bp::null, bp::std_out > bp::null, bp::std_err > bp::null, NewSession{});
        close(inherited);
    } catch (const bp::process_error& error) {
        return report(internalError(fmt::format("the engine could not be started: {}", error.what())));
    }
    auto* stream = fdopen(ends[0], "r");
    std::string line;
    for (int character = 0; (character = std::fgetc(stream)) != EOF;) {
        if (character != '\n') {
            line += static_cast<char>(character);
            continue;
        }
        boost::system::error_code bad;
        const auto message = json::parse(std::exchange(line, {}), bad);
        if (bad || !message.is_object()) continue;
        if (const auto progress = api::stringAt(message, {"progress"}); !progress.empty()) {
            if (wantsJson(options)) fmt::print("{}\n", json::serialize(message));
            else fmt::print(stderr, "{}\n", progress);
            std::fflush(stdout);
        } else if (const auto error = api::stringAt(message, {"error"}); !error.empty()) {
            std::fclose(stream);
            child.wait();  // until it is gone the name is taken: whoever tries again at once would be refused
            return report(makeError(Reason::InternalError, std::string(error)));
        } else if (message.get_object().contains("ready")) {
            std::fclose(stream);
            child.detach();
            if (wantsJson(options)) fmt::print("{}\n", json::serialize(message));
            else printHowToUse(*paths, std::string(api::stringAt(message, {"levelSentence"})));
            return success;
        }
    }
    std::fclose(stream);
    child.wait();
    return report(internalError(fmt::format("the engine ended before it was ready; its log is {}", paths->log().string())));
}

}  // namespace

void addUp(CLI::App& app, Command& command) {
    auto* up = app.add_subcommand("up", "Start a cluster: a real one, on this machine, in about a second");
    addClusterOptions(*up, command.options, true);
    auto arguments = std::make_shared<UpArguments>();
    up->add_option("--nodes", arguments->nodes, "how many real Nodes (0 to 20)")->capture_default_str();
    up->add_option("--node-cpu", arguments->cpu, "CPU of each real Node, enforced where the machine allows it")->capture_default_str();
    up->add_option("--node-memory", arguments->memory, "memory of each real Node, enforced where the machine allows it")->capture_default_str();
    up->add_option("--simulated-nodes", arguments->simulatedNodes, "how many simulated Nodes: the same kubelet, no containers")->capture_default_str();
    up->add_option("--nodes-file", arguments->nodesFile, "a YAML list of Nodes instead, as in a lab's spec.cluster.nodes");
    up->add_option("--lab", arguments->lab, "the Nodes that this lab asks for, if it asks for any; the lab itself is run by 'kubarium lab run' or the window")->excludes("--nodes-file");
    up->add_option("--rate", arguments->rate, "divide every wait of the cluster by this; 'kubarium clock rate' changes it later")->check(CLI::Range(0.1, 1000.0))->capture_default_str();
    up->add_option("--port", arguments->port, "port of the API on 127.0.0.1; 0 takes a free one")->check(CLI::Range(0, 65535))->capture_default_str();
    up->add_option("--token-auth-file", arguments->tokenAuthFile, "test users as for kube-apiserver: lines of token,user,uid,\"group1,group2\"")->check(CLI::ExistingFile);
    up->add_option("--scheduler-config", arguments->schedulerConfig, "a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1); the ConfigMap kube-system/kube-scheduler, key config.yaml, changes it at run time")->check(CLI::ExistingFile);
    up->add_flag("--no-scheduler", arguments->noScheduler, "no scheduler: Pods wait for one from outside ('kubarium scheduler', or a real kube-scheduler)");
    up->add_flag("--simulated", arguments->simulated, "no containers: every Node is simulated, whatever the machine allows");
    up->add_flag("--fresh", arguments->fresh, "forget the objects of the last time");
    up->add_flag("--detach", arguments->detach, "come back when the Nodes are Ready, and leave the cluster running");
    up->add_option("--ready-fd", arguments->readyDescriptor)->group("");
    up->callback([&command, arguments] {
        command.run = [&command, arguments] {
            if (!arguments->detach || arguments->readyDescriptor >= 0) return runEngine(command.options, *arguments);
            const auto& a = *arguments;
            std::vector<std::string> words{"up", "--name", command.options.name, "--nodes", std::to_string(a.nodes), "--node-cpu", a.cpu, "--node-memory", a.memory,
                                           "--simulated-nodes", std::to_string(a.simulatedNodes), "--rate", fmt::format("{}", a.rate), "--port", std::to_string(a.port)};
            const auto optional = [&](const char* option, const std::string& value) {
                if (!value.empty()) words.insert(words.end(), {option, fs::absolute(value).string()});
            };
            optional("--state", command.options.state);
            optional("--nodes-file", a.nodesFile);
            if (!a.lab.empty()) words.insert(words.end(), {"--lab", a.lab});
            optional("--token-auth-file", a.tokenAuthFile);
            optional("--scheduler-config", a.schedulerConfig);
            if (a.noScheduler) words.emplace_back("--no-scheduler");
            if (a.simulated) words.emplace_back("--simulated");
            if (a.fresh) words.emplace_back("--fresh");
            if (command.options.verbose) words.insert(words.begin(), "--verbose");
            return detach(command.options, a, words);
        };
    });
}

}  // namespace kubarium::cli
