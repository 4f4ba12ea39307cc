// What the subcommands share: where the cluster is, how to print, and a session with its API.
#pragma once

#include "core/base/engine_loop.h"
#include "core/client/http_client.h"
#include "core/cluster/cluster_paths.h"

#include <functional>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace kubarium::cli {

// Exit codes, the same for every command: a script can tell them apart.
enum ExitCode : int { success = 0, failure = 1, usage = 2, notRunning = 3, unschedulable = 4 };

struct Options {
    std::string name = "lab";
    std::string state;       // folder of all clusters; "" is the default
    std::string output;      // "" for people, "json", "yaml"
    std::string kubeconfig;  // of another cluster, where a command takes one
    std::string context;
    std::string program;     // path of this program
    bool verbose = false;
};

struct Command {
    Options options;
    std::function<int()> run;  // set by the subcommand that was chosen
};

// Defaults from KUBARIUM_NAME and KUBARIUM_STATE.
void readEnvironment(Options& options);
// Adds --name, --state and, when asked, -o.
void addClusterOptions(CLI::App& command, Options& options, bool withOutput = false);
// -o json or yaml, for commands that print either with printStructure().
void addStructureOption(CLI::App& command, Options& options);
// --kubeconfig and --context: another cluster than one of ours.
void addKubeconfigOptions(CLI::App& command, Options& options);
bool wantsStructure(const Options& options);
void printStructure(const Options& options, const boost::json::value& value);
// "error: ..." on standard error; the exit code that fits the Error.
int report(const Error& error);
bool wantsJson(const Options& options);

// " --name two --state DIR" as far as this cluster needs it: for sentences that tell the user what to type next.
std::string clusterFlags(const Options& options);

// A session with the API of the chosen cluster, for commands that ask, print and end.
class Session {
public:
    // Of the running cluster --name, or of --kubeconfig/--context when given.
    static Result<std::unique_ptr<Session>> open(const Options& options);
    ~Session();

    client::HttpClient& client() { return *client_; }
    EngineLoop& loop() { return loop_; }

    // Makes one call and waits for its reply: wait<ObjectPtr>([&](auto reply) { client.get(..., std::move(reply)); }).
    template <class T>
    Result<T> wait(std::function<void(client::Reply<T>)> call) {
        std::optional<Result<T>> result;
        loop_.post([&] {
            call([&](Result<T> value) {
                result.emplace(std::move(value));
                loop_.stop();
            });
        });
        loop_.run();
        return result ? std::move(*result) : Result<T>(makeError(Reason::Timeout, "interrupted"));
    }
    // Runs until stop() is called, the user presses Ctrl-C or the program is asked to end; false in the latter cases.
    bool runUntilStopped();

private:
    Session();
    EngineLoop loop_{1};
    std::unique_ptr<client::HttpClient> client_;
};

// One function per group of subcommands.
void addUp(CLI::App& app, Command& command);
void addLifecycle(CLI::App& app, Command& command);  // down, status, kubeconfig
void addCheck(CLI::App& app, Command& command);
void addWhy(CLI::App& app, Command& command);
void addSchedule(CLI::App& app, Command& command);
void addSnapshot(CLI::App& app, Command& command);
void addFault(CLI::App& app, Command& command);
void addClock(CLI::App& app, Command& command);
void addScheduler(CLI::App& app, Command& command);
void addImage(CLI::App& app, Command& command);
void addLab(CLI::App& app, Command& command);
void addCompletion(CLI::App& app, Command& command);

}  // namespace kubarium::cli
