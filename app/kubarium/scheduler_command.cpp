// kubarium scheduler: the scheduler by itself, for any cluster that a kubeconfig reaches.
#include "app/kubarium/command.h"

#include "core/client/leader_elector.h"
#include "core/scheduler/scheduler.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include <unistd.h>

namespace kubarium::cli {
namespace {

struct SchedulerArguments {
    std::string config;
};

Result<scheduler::Configuration> readConfiguration(const std::string& file) {
    if (file.empty()) return scheduler::Configuration{};
    std::ifstream in(file);
    if (!in) return makeError(Reason::NotFound, fmt::format("cannot read {}", file));
    std::ostringstream text;
    text << in.rdbuf();
    auto configuration = scheduler::parseConfigurationText(text.str());
    if (!configuration) return badRequest(fmt::format("{}: {}", file, configuration.error().message));
    return configuration;
}

std::string hostName() {
    char name[256] = {};
    return gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string("unknown");
}

template <class... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
    fmt::print("{}\n", fmt::format(format, std::forward<Args>(args)...));
    std::fflush(stdout);
}

// Watches from the start, decides while it leads. Ends when the user says so, or when it lost the lease, as kube-scheduler does.
class StandaloneScheduler {
public:
    StandaloneScheduler(Session& session, scheduler::Configuration configuration)
        : session_(session), election_(configuration.leaderElection), informers_(session.client(), session.loop()),
          scheduler_(session.loop(), session.loop(), random_, session.client(), informers_, std::move(configuration)) {}

    int run() {
        session_.loop().post([this] { start(); });
        const bool interrupted = !session_.runUntilStopped();
        if (interrupted) release();
        if (!lost_) return success;
        fmt::print(stderr, "error: leader election lost: another scheduler has the lease {}/{}, or the API server cannot be reached\n", election_.resourceNamespace, election_.resourceName);
        return failure;
    }

private:
    void start() {
        scheduler_.setActive(!election_.leaderElect);
        scheduler_.start();
        informers_.start();
        if (!election_.leaderElect) return say("Scheduling (without leader election)");
        const auto identity = fmt::format("{}_{}", hostName(), random_.uuid());
        client::LeaseSettings settings{election_.resourceNamespace, election_.resourceName, identity, election_.leaseDuration, election_.renewDeadline, election_.retryPeriod};
        say("Candidate {} for the lease {}/{}", identity, settings.nameSpace, settings.name);
        client::LeaderElector::Callbacks callbacks;
        callbacks.onLeading = [this, identity] {
            say("Leading, scheduling from now on");
            scheduler_.setActive(true);
        };
        callbacks.onLost = [this] {
            scheduler_.setActive(false);
            lost_ = true;
            session_.loop().stop();
        };
        callbacks.onObserved = [identity](const std::string& holder) {
            if (!holder.empty() && holder != identity) say("The lease is held by {}; waiting", holder);
        };
        elector_ = std::make_unique<client::LeaderElector>(session_.client(), session_.loop(), random_, std::move(settings), std::move(callbacks));
        elector_->start();
    }

    // Leaves the lease to the next one, but does not wait for a server that does not answer.
    void release() {
        if (!elector_ || !elector_->leading()) return;
        auto timeout = session_.loop().afterReal(std::chrono::seconds(2), [this] { session_.loop().stop(); });
        session_.loop().post([this] {
            scheduler_.setActive(false);
            elector_->release([this] { session_.loop().stop(); });
        });
        session_.loop().run();
    }

    Session& session_;
    scheduler::LeaderElection election_;
    SystemRandom random_;
    client::InformerFactory informers_;
    scheduler::Scheduler scheduler_;
    std::unique_ptr<client::LeaderElector> elector_;
    bool lost_ = false;
};

int runScheduler(const Options& options, const SchedulerArguments& arguments) {
    auto configuration = readConfiguration(arguments.config);
    if (!configuration) return report(configuration.error());
    for (const auto& warning : configuration->warnings) fmt::print(stderr, "warning: {}\n", warning);
    auto session = Session::open(options);
    if (!session) return report(session.error());
    return StandaloneScheduler(**session, std::move(*configuration)).run();
}

}  // namespace

void addScheduler(CLI::App& app, Command& command) {
    auto* scheduler = app.add_subcommand("scheduler", "Run the scheduler by itself, for another API server: instead of kube-scheduler, or beside it under another schedulerName");
    addClusterOptions(*scheduler, command.options);
    auto arguments = std::make_shared<SchedulerArguments>();
    scheduler->add_option("--kubeconfig", command.options.kubeconfig, "the cluster to schedule for; without it, the running cluster --name")->check(CLI::ExistingFile);
    scheduler->add_option("--context", command.options.context, "context of the kubeconfig");
    scheduler->add_option("--config", arguments->config, "a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1); its leaderElection decides whether and with which lease it is elected")
        ->check(CLI::ExistingFile);
    scheduler->footer("It waits for the lease kube-system/kube-scheduler, as kube-scheduler does, and ends when it loses it. It needs the rights of\n"
                      "system:kube-scheduler. To try it: kubarium up --detach --no-scheduler, then kubarium scheduler.");
    scheduler->callback([&command, arguments] { command.run = [&command, arguments] { return runScheduler(command.options, *arguments); }; });
}

}  // namespace kubarium::cli
