#include "app/kubarium/command.h"

#include "core/client/http_client.h"
#include "core/client/kubeconfig.h"

#include <csignal>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace kubarium::cli {
namespace {

int interruptPipe[2] = {-1, -1};

extern "C" void onInterrupt(int) {
    const char byte = 'i';
    [[maybe_unused]] const auto written = write(interruptPipe[1], &byte, 1);
}

}  // namespace

std::string clusterFlags(const Options& options) {
    const auto paths = cluster::clusterPaths(options.name, options.state);
    return paths ? paths->flags() : "";
}

Session::Session() = default;
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(const Options& options) {
    client::Kubeconfig config;
    if (!options.kubeconfig.empty()) {
        config = TRY(client::Kubeconfig::load(options.kubeconfig));
    } else {
        const auto paths = TRY(cluster::clusterPaths(options.name, options.state));
        TRY(cluster::runningCluster(paths));
        config = TRY(client::Kubeconfig::load(paths.kubeconfig()));
    }
    const auto settings = TRY(client::connectionSettings(config, options.context));
    std::unique_ptr<Session> session(new Session);
    session->client_ = TRY(client::HttpClient::create(settings, session->loop_));
    return session;
}

bool Session::runUntilStopped() {
    bool interrupted = false;
    if (pipe2(interruptPipe, O_CLOEXEC) != 0) return false;
    const auto before = std::signal(SIGINT, onInterrupt), beforeTerminate = std::signal(SIGTERM, onInterrupt);
    {
        std::jthread waiter([&] {
            char byte = 0;
            if (read(interruptPipe[0], &byte, 1) == 1 && byte == 'i') {
                interrupted = true;
                loop_.stop();
            }
        });
        loop_.run();
        const char byte = 'q';
        [[maybe_unused]] const auto written = write(interruptPipe[1], &byte, 1);
    }
    std::signal(SIGINT, before);
    std::signal(SIGTERM, beforeTerminate);
    close(interruptPipe[0]);
    close(interruptPipe[1]);
    return !interrupted;
}

}  // namespace kubarium::cli
