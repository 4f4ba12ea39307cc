// The API server alone, for conversations with kubectl and recorded clients: no controllers, no scheduler; a kubelet that echoes.
//   apiserver_serve DIRECTORY [PORT] [TOKEN-FILE]
// writes DIRECTORY/pki, DIRECTORY/admin.crt, admin.key and kubeconfig, and serves until it is killed.
#include "core/apiserver/api_server.h"
#include "core/base/engine_loop.h"
#include "core/pki/cluster_pki.h"
#include "core/store/sqlite_store.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

using namespace kubarium;

namespace {

EngineLoop* running = nullptr;

// Answers for every Pod: logs of three lines, a command that prints itself and then its input, ports that echo.
class EchoKubelet final : public apiserver::KubeletConnector {
public:
    explicit EchoKubelet(EngineLoop& loop) : loop_(loop) {}

    std::unique_ptr<apiserver::PodStream> logs(const api::ObjectPtr&, const apiserver::PodLogOptions& options, apiserver::PodStreamHandlers handlers) override {
        auto echo = std::make_unique<Echo>(std::move(handlers));
        loop_.post([shared = echo->handlers, container = options.container] {
            for (int line = 1; line <= 3; ++line) shared->onData(fmt::format("line {} of container {}\n", line, container));
            shared->onEnd(0);
        });
        return echo;
    }
    std::unique_ptr<apiserver::PodStream> exec(const api::ObjectPtr&, const apiserver::PodExecOptions& options, apiserver::PodStreamHandlers handlers) override {
        auto echo = std::make_unique<Echo>(std::move(handlers));
        const bool waits = options.standardInput;
        loop_.post([shared = echo->handlers, command = options.command, waits] {
            for (const auto& word : command) shared->onData(word + "\n");
            if (!command.empty() && command.front() == "fail") shared->onError("failed\n");
            if (!waits) shared->onEnd(!command.empty() && command.front() == "fail" ? 3 : 0);
        });
        return echo;
    }
    std::unique_ptr<apiserver::PodStream> portForward(const api::ObjectPtr&, int, apiserver::PodStreamHandlers handlers) override {
        return std::make_unique<Echo>(std::move(handlers));
    }
    void nodeStats(const std::string&, std::move_only_function<void(Result<std::string>)> reply) override {
        loop_.post([reply = std::move(reply)]() mutable { reply(std::string("{}")); });
    }

private:
    struct Echo final : apiserver::PodStream {
        explicit Echo(apiserver::PodStreamHandlers given) : handlers(std::make_shared<apiserver::PodStreamHandlers>(std::move(given))) {}
        void write(std::string data) override { handlers->onData(std::move(data)); }
        void closeWrite() override { handlers->onEnd(0); }
        void resize(int columns, int rows) override { handlers->onData(fmt::format("{}x{}\n", columns, rows)); }
        std::shared_ptr<apiserver::PodStreamHandlers> handlers;
    };
    EngineLoop& loop_;
};

Result<void> serve(const std::filesystem::path& directory, int port, const std::string& tokenFile) {
    EngineLoop loop;
    SystemRandom random;
    pki::ClusterPkiOptions pkiOptions;
    pkiOptions.directory = directory / "pki";
    const auto started = loop.monotonic();
    const auto pki = TRY(pki::ClusterPki::ensure(pkiOptions, loop.now()));
    auto store = TRY(store::SqliteStore::open(directory / "cluster.db", loop, loop));
    apiserver::ApiServerOptions options;
    options.port = port;
    options.tokenFile = tokenFile;
    auto server = TRY(apiserver::ApiServer::create(loop, loop, random, std::move(store), pki, options));
    EchoKubelet kubelet(loop);
    server->setKubeletConnector(&kubelet);
    TRY(server->start());
    const auto admin = TRY(pki.authority.issue(pki::adminRequest(), loop.now()));
    TRY(pki::writePrivateFile(directory / "admin.crt", admin.certificate));
    TRY(pki::writePrivateFile(directory / "admin.key", admin.key));
    TRY(pki::writePrivateFile(directory / "kubeconfig",
                              fmt::format("apiVersion: v1\nkind: Config\ncurrent-context: kubarium\n"
                                          "clusters: [{{name: kubarium, cluster: {{server: '{}', certificate-authority: '{}'}}}}]\n"
                                          "users: [{{name: admin, user: {{client-certificate: '{}', client-key: '{}'}}}}]\n"
                                          "contexts: [{{name: kubarium, context: {{cluster: kubarium, user: admin}}}}]\n",
                                          server->url(), (directory / "pki/ca.crt").string(), (directory / "admin.crt").string(), (directory / "admin.key").string())));
    fmt::print("serving {} after {} ms\n", server->url(), std::chrono::duration_cast<std::chrono::milliseconds>(loop.monotonic() - started).count());
    std::fflush(stdout);
    running = &loop;
    std::signal(SIGTERM, [](int) { running->stop(); });
    std::signal(SIGINT, [](int) { running->stop(); });
    loop.run();
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const auto served = serve(argv[1], argc > 2 ? std::atoi(argv[2]) : 0, argc > 3 ? argv[3] : "");
    if (!served) {
        fmt::print(stderr, "{}\n", served.error().message);
        return 1;
    }
    return 0;
}
