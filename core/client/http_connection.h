// The sockets of HttpClient: requests over a pool of kept-alive connections, streams over their own. Knows HTTP and TLS, not
// Kubernetes (but for the Status in a failed answer).
// Thread: send(), stream(), cancelStream() and stop() from any thread; callbacks come on the transport's IO thread.
#pragma once

#include "core/base/result.h"
#include "core/client/http_client.h"
#include "core/client/pod_exec.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kubarium::client {

class HttpTransport {
public:
    struct Request {
        std::string method, target, contentType, body;
    };

    static Result<std::shared_ptr<HttpTransport>> create(const ConnectionSettings& settings, const HttpClientOptions& options);
    ~HttpTransport();

    // The body of a 2xx answer, or its Status, or ServiceUnavailable with what went wrong on the way.
    void send(Request request, std::move_only_function<void(Result<std::string>)> reply);
    // The body piece by piece, on a connection of its own. `onEnd` is the last call.
    std::uint64_t stream(Request request, std::move_only_function<void(std::string_view)> onData, std::move_only_function<void(Result<void>)> onEnd);
    void cancelStream(std::uint64_t id);
    // Runs a command in a container over a connection of its own.
    void exec(PodExecRequest request, std::move_only_function<void(Result<PodExecAnswer>)> reply);
    // Closes everything and joins the thread: no callback afterwards.
    void stop();

    struct State;  // http_transport_state.h

private:
    explicit HttpTransport(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace kubarium::client
