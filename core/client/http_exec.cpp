// exec over a WebSocket: each message begins with a byte that names its channel (1 standard output, 2 standard error, 3 the end as
// a Status). See k8s.io/apimachinery/pkg/util/remotecommand.
#include "core/client/http_transport_state.h"
#include "core/client/request_paths.h"

#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <charconv>

namespace kubarium::client {

namespace websocket = beast::websocket;

namespace {

std::string execTarget(const PodExecRequest& request) {
    auto target = fmt::format("/api/v1/namespaces/{}/pods/{}/exec?stdout=true&stderr=true", request.nameSpace, request.pod);
    if (!request.container.empty()) target += "&container=" + escapeQuery(request.container);
    for (const auto& word : request.command) target += "&command=" + escapeQuery(word);
    return target;
}

// The exit code that the last message tells, or why there is none.
Result<int> exitCodeOf(std::string_view text) {
    error_code error;
    const auto status = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !status.is_object()) return makeError(Reason::ServiceUnavailable, "the end of the command is told in no Status");
    if (api::stringAt(status, {"status"}) == "Success") return 0;
    const auto* causes = api::findPath(status, {"details", "causes"});
    if (causes && causes->is_array())
        for (const auto& cause : causes->get_array()) {
            if (api::stringAt(cause, {"reason"}) != "ExitCode") continue;
            const std::string code(api::stringAt(cause, {"message"}));
            int value = 0;
            if (const auto [end, wrong] = std::from_chars(code.data(), code.data() + code.size(), value); wrong == std::errc{}) return value;
        }
    return errorFromStatus(status.get_object(), 0);
}

// Why the server did not switch protocols: its Status, where it sent one.
Error refusal(const std::string& server, const websocket::response_type& response, const error_code& error) {
    if (error != websocket::error::upgrade_declined) return transportError(server, "running a command", error);
    error_code wrong;
    const auto status = json::parse(response.body(), wrong);
    if (!wrong && status.is_object()) return errorFromStatus(status.get_object(), static_cast<int>(response.result_int()));
    return makeError(Reason::ServiceUnavailable, fmt::format("{}: running a command: HTTP {}", server, response.result_int()));
}

// Shared with the timer: its handler may be under way while the call ends.
struct Ending {
    Connection* connection = nullptr;
    bool timedOut = false;
};

template <class Stream>
awaitable<Result<PodExecAnswer>> converse(HttpTransport::State& state, Stream& stream, const PodExecRequest& request, const Ending& ending) {
    websocket::stream<Stream&> socket(stream);
    socket.set_option(websocket::stream_base::decorator([&state](websocket::request_type& upgrade) {
        upgrade.set(http::field::user_agent, state.options.userAgent);
        upgrade.set(http::field::sec_websocket_protocol, "v5.channel.k8s.io");
        if (!state.authorization.empty()) upgrade.set(http::field::authorization, state.authorization);
    }));
    const auto late = [&] { return makeError(Reason::Timeout, fmt::format("the command did not end within {} s", request.timeout.count())); };
    websocket::response_type response;
    const auto target = state.basePath + execTarget(request);
    const auto [upgradeError] = co_await socket.async_handshake(response, state.hostHeader, target, asTuple);
    if (ending.timedOut) co_return late();
    if (upgradeError) co_return refusal(state.server, response, upgradeError);
    PodExecAnswer answer;
    socket.read_message_max(request.mostOutput + 1);
    for (beast::flat_buffer message;; message.clear()) {
        const auto [error, count] = co_await socket.async_read(message, asTuple);
        if (ending.timedOut) co_return late();
        if (error == websocket::error::message_too_big) co_return badRequest(fmt::format("the command printed more than {} bytes", request.mostOutput));
        if (error) co_return transportError(state.server, "running a command", error);
        std::string_view text(static_cast<const char*>(message.cdata().data()), message.cdata().size());
        if (text.empty()) continue;
        const auto channel = text.front();
        text.remove_prefix(1);
        if (channel == 3 && !text.empty()) {
            const auto code = exitCodeOf(text);
            if (!code) co_return code.error();
            answer.exitCode = *code;
            co_return answer;
        }
        if (channel == 1) answer.standardOutput += text;
        if (channel == 2) answer.standardError += text;
        if (answer.standardOutput.size() + answer.standardError.size() > request.mostOutput)
            co_return badRequest(fmt::format("the command printed more than {} bytes", request.mostOutput));
    }
}

}  // namespace

awaitable<Result<PodExecAnswer>> HttpTransport::State::exec(const PodExecRequest& request) {
    auto made = co_await connect();
    if (!made) co_return std::move(made.error());
    auto& connection = **made;
    connection.tcp().expires_never();
    auto ending = std::make_shared<Ending>(Ending{&connection});
    net::steady_timer timer(io, request.timeout);
    timer.async_wait([ending](const error_code& error) {
        if (error || !ending->connection) return;
        ending->timedOut = true;
        ending->connection->tcp().cancel();
    });
    Result<PodExecAnswer> answer = PodExecAnswer{};
    if (secure)
        answer = co_await converse(*this, connection.tls(), request, *ending);
    else
        answer = co_await converse(*this, connection.tcp(), request, *ending);
    ending->connection = nullptr;
    timer.cancel();
    co_return answer;
}

void HttpTransport::exec(PodExecRequest request, std::move_only_function<void(Result<PodExecAnswer>)> reply) {
    struct Call {
        PodExecRequest request;
        std::move_only_function<void(Result<PodExecAnswer>)> reply;
    };
    auto call = std::make_shared<Call>(Call{std::move(request), std::move(reply)});
    net::post(state_->io, [state = state_.get(), call] {
        net::co_spawn(
            state->io,
            [state, call]() -> awaitable<void> {
                auto answer = co_await state->exec(call->request);
                call->reply(std::move(answer));
            },
            net::detached);
    });
}

}  // namespace kubarium::client
