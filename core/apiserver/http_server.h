// The HTTPS front end: HTTP/1.1 with keep-alive on one address, TLS 1.2 or newer, watches as chunked JSON, exec, attach and
// port-forward over WebSocket and SPDY/3.1.
//
// Threads: one thread of its own does all input and output, TLS, parsing, authentication and rendering, for all connections
// (the exception to "nobody starts threads": this is the socket end of the engine). Requests go to the engine thread through
// `dispatch`; that thread does nothing but the request itself. Its timeouts are real time and not the cluster's Clock.
// Hostile clients: bodies above 3 MiB get 413, headers above 64 KiB 431, slow or half-open ones are dropped after a while, and
// more connections than `maxConnections` wait in the backlog.
#pragma once

#include "core/apiserver/authenticator.h"
#include "core/apiserver/request.h"
#include "core/base/executor.h"
#include "core/pki/certificate_authority.h"

#include <functional>
#include <memory>
#include <string>

namespace kubarium::apiserver {

struct HttpServerOptions {
    std::string address = "127.0.0.1";
    int port = 6443;  // 0: any free one
    pki::CertificateKey serving;
    std::string clientAuthority;  // PEM
    int maxConnections = 8192;
    Duration headerTimeout = std::chrono::seconds{30};
    Duration idleTimeout = std::chrono::seconds{180};
};

class HttpServer {
public:
    // Answers on the engine thread; called there.
    using Dispatch = std::function<void(Request, std::optional<TokenClaims>, Respond)>;

    // Listens when this returns; a taken port is an error in a sentence. `authenticator` and `clock` (now() only) outlive it.
    static Result<std::unique_ptr<HttpServer>> create(HttpServerOptions options, Executor& executor, const Clock& clock,
                                                      const Authenticator& authenticator, Dispatch dispatch);
    // Closes every connection and joins the thread. On the engine thread, while the executor still accepts tasks.
    ~HttpServer();

    int port() const;

private:
    struct State;
    explicit HttpServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace kubarium::apiserver
