// The API server alone, for conversations with kubectl and recorded clients: no controllers, no scheduler, no kubelet.
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
