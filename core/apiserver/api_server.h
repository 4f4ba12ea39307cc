// The API server of one cluster: store, registry, admission, request handling, authentication and the HTTPS front end behind
// one facade.
// Engine thread only, except create() and start(), which may also run before the engine does.
#pragma once

#include "core/apiserver/authenticator.h"
#include "core/apiserver/kubelet_connector.h"
#include "core/apiserver/resource_provider.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/client/client.h"
#include "core/pki/cluster_pki.h"
#include "core/store/store.h"

#include <filesystem>
#include <memory>
#include <string>

namespace kubarium::apiserver {

struct ApiServerOptions {
    std::string address = "127.0.0.1";
    int port = 6443;  // 0: any free one
    std::filesystem::path tokenFile{};  // kube-apiserver's --token-auth-file; "" for none
    Duration compactionInterval = std::chrono::minutes{5};  // real time, once the HTTPS port is open
};

class ApiServer {
public:
    // `pki`: ClusterPki::ensure() with the cluster's directory. The store is loaded; the objects that a cluster has from its
    // start (namespaces, Service kubernetes, PriorityClasses) are made if they are missing.
    static Result<std::unique_ptr<ApiServer>> create(Executor& executor, Clock& clock, Random& random, std::unique_ptr<store::Store> store,
                                                     const pki::ClusterPki& pki, ApiServerOptions options);
    ~ApiServer();
    ApiServer(const ApiServer&) = delete;
    ApiServer& operator=(const ApiServer&) = delete;

    // Opens the HTTPS port. Without it the server serves local clients only (simulations).
    Result<void> start();
    int port() const;           // 0 before start()
    std::string url() const;    // https://127.0.0.1:6443

    // A client of the components in this process: the same request path without the socket, as `user` (a member of
    // system:masters). It must not outlive the server.
    std::unique_ptr<client::Client> localClient(const std::string& userAgent, const std::string& user = "system:admin");

    // nullptr: logs, exec and port-forward answer 503. Must outlive the server or be taken back.
    void setKubeletConnector(KubeletConnector* connector);
    void addResourceProvider(std::shared_ptr<ResourceProvider> provider);
    void addReviewer(const api::GroupVersionResource& resource, Reviewer reviewer);
    // What GET /configz answers; {} without it. kube-apiserver has no such path, other components have.
    void setConfigurationSource(ConfigurationSource source);
    // Whether /readyz says ok; true once create() is done.
    void setReady(bool ready);

    store::Store& store();

private:
    struct State;
    explicit ApiServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace kubarium::apiserver
