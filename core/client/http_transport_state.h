// What HttpTransport is made of: connections, the pool, and the requests that run over them. Private to http_connection.cpp and
// http_exec.cpp (includes Beast). IO thread only, but for what HttpTransport posts to it.
#pragma once

#include "core/client/http_connection.h"
#include "core/client/status_error.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <map>
#include <thread>
#include <tuple>

namespace kubarium::client {

namespace net = boost::asio;
namespace ssl = net::ssl;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using net::awaitable;

inline constexpr auto asTuple = net::as_tuple(net::use_awaitable);
inline constexpr std::uint64_t largestAnswer = 1ull << 30;

inline Error transportError(std::string_view server, std::string_view doing, const error_code& error) {
    std::string why = error.message();
    if (error == beast::error::timeout) why = "timed out";
    return makeError(Reason::ServiceUnavailable, fmt::format("{}: {}: {}", server, doing, why));
}

// Over TLS, or plain for "http://" (a kubectl proxy on loopback).
class Connection {
public:
    Connection(net::io_context& io, ssl::context& tls, bool secure) : stream_(beast::tcp_stream(io), tls), secure_(secure) {}

    beast::tcp_stream& tcp() { return beast::get_lowest_layer(stream_); }
    ssl::stream<beast::tcp_stream>& tls() { return stream_; }
    bool secure() const { return secure_; }

    template <class Message>
    awaitable<error_code> write(Message& message) {
        return over([&message](auto& stream) { return http::async_write(stream, message, asTuple); });
    }
    template <class Parser>
    awaitable<error_code> readHeader(Parser& parser) {
        return over([this, &parser](auto& stream) { return http::async_read_header(stream, buffer, parser, asTuple); });
    }
    template <class Parser>
    awaitable<error_code> read(Parser& parser) {
        return over([this, &parser](auto& stream) { return http::async_read(stream, buffer, parser, asTuple); });
    }
    template <class Parser>
    awaitable<error_code> readSome(Parser& parser) {
        return over([this, &parser](auto& stream) { return http::async_read_some(stream, buffer, parser, asTuple); });
    }

    beast::flat_buffer buffer;
    int requests = 0;

private:
    template <class Action>
    awaitable<error_code> over(Action action) {
        if (secure_) co_return std::get<0>(co_await action(stream_));
        co_return std::get<0>(co_await action(tcp()));
    }

    ssl::stream<beast::tcp_stream> stream_;
    bool secure_;
};

using ConnectionPtr = std::unique_ptr<Connection>;

struct HttpTransport::State {
    HttpClientOptions options;
    std::string server, host, port, basePath, hostHeader, authorization;
    bool secure = true;
    net::io_context io{1};
    net::executor_work_guard<net::io_context::executor_type> work{io.get_executor()};
    ssl::context tls{ssl::context::tls_client};
    std::jthread thread;

    struct Job {
        Request request;
        std::move_only_function<void(Result<std::string>)> reply;
    };
    // IO thread only.
    std::deque<ConnectionPtr> idle;
    std::deque<Job> queue;
    int active = 0;
    struct Stream {
        Connection* connection = nullptr;
        bool cancelled = false;
    };
    std::map<std::uint64_t, Stream> streams;
    std::atomic<std::uint64_t> lastStream{0};

    http::request<http::string_body> message(const Request& request) const {
        http::request<http::string_body> made;
        made.version(11);
        made.method_string(request.method);
        made.target(basePath + request.target);
        made.set(http::field::host, hostHeader);
        made.set(http::field::user_agent, options.userAgent);
        made.set(http::field::accept, "application/json, */*");
        if (!authorization.empty()) made.set(http::field::authorization, authorization);
        if (!request.contentType.empty()) made.set(http::field::content_type, request.contentType);
        made.keep_alive(true);
        made.body() = request.body;
        made.prepare_payload();
        return made;
    }

    awaitable<Result<ConnectionPtr>> connect() {
        auto connection = std::make_unique<Connection>(io, tls, secure);
        net::ip::tcp::resolver resolver(io);
        const auto [resolveError, found] = co_await resolver.async_resolve(host, port, asTuple);
        if (resolveError) co_return transportError(server, "finding its address", resolveError);
        connection->tcp().expires_after(options.connectTimeout);
        const auto [connectError, endpoint] = co_await connection->tcp().async_connect(found, asTuple);
        if (connectError) co_return transportError(server, "connecting", connectError);
        error_code ignored;
        connection->tcp().socket().set_option(net::ip::tcp::no_delay(true), ignored);
        if (secure) {
            SSL_set_tlsext_host_name(connection->tls().native_handle(), host.c_str());
            const auto [handshakeError] = co_await connection->tls().async_handshake(ssl::stream_base::client, asTuple);
            if (handshakeError) co_return transportError(server, "TLS", handshakeError);
        }
        co_return connection;
    }

    static Result<std::string> outcome(http::response<http::string_body>&& response) {
        const int code = static_cast<int>(response.result_int());
        if (code < 400) return std::move(response.body());
        error_code error;
        const auto value = boost::json::parse(response.body(), error);
        if (!error && value.is_object() && value.get_object().contains("status")) return errorFromStatus(value.get_object(), code);
        auto failure = makeError(code == 404 ? Reason::NotFound : code == 401 ? Reason::Unauthorized : code == 403 ? Reason::Forbidden : Reason::Unknown,
                                 response.body().substr(0, 1000));
        failure.code = code;
        if (failure.message.empty()) failure.message = fmt::format("HTTP {}", code);
        return failure;
    }

    // One exec over a WebSocket (http_exec.cpp). By reference: GCC 12 may destroy arguments of a coroutine twice.
    awaitable<Result<PodExecAnswer>> exec(const PodExecRequest& request);

    awaitable<Result<std::string>> exchange(const Request& request) {
        auto outgoing = message(request);
        for (;;) {
            ConnectionPtr connection;
            if (!idle.empty()) {
                connection = std::move(idle.back());
                idle.pop_back();
            } else {
                auto made = co_await connect();
                if (!made) co_return std::move(made.error());
                connection = std::move(*made);
            }
            const bool reused = connection->requests++ > 0;
            connection->tcp().expires_after(options.requestTimeout);
            auto error = co_await connection->write(outgoing);
            http::response_parser<http::string_body> parser;
            parser.body_limit(largestAnswer);
            if (!error) error = co_await connection->readHeader(parser);
            // A server may close a kept connection at any time: then this request goes over a new one.
            if (error && reused && error != beast::error::timeout && !parser.got_some()) continue;
            if (!error) error = co_await connection->read(parser);
            if (error) co_return transportError(server, request.method + " " + request.target, error);
            const bool keep = parser.keep_alive();
            if (keep) {
                connection->tcp().expires_never();
                idle.push_back(std::move(connection));
            }
            co_return outcome(parser.release());
        }
    }

    void pump() {
        while (active < options.maxConnections && !queue.empty()) {
            ++active;
            auto job = std::make_shared<Job>(std::move(queue.front()));
            queue.pop_front();
            net::co_spawn(
                io,
                [self = this, job]() -> awaitable<void> {
                    auto result = co_await self->exchange(job->request);
                    job->reply(std::move(result));
                    --self->active;
                    self->pump();
                },
                net::detached);
        }
    }

    awaitable<Result<void>> runStream(std::uint64_t id, const Request& request, std::move_only_function<void(std::string_view)>& onData) {
        auto made = co_await connect();
        if (!made) co_return std::move(made.error());
        auto& connection = **made;
        if (streams[id].cancelled) co_return Result<void>();
        streams[id].connection = &connection;
        auto outgoing = message(request);
        connection.tcp().expires_after(options.requestTimeout);
        if (const auto error = co_await connection.write(outgoing)) co_return transportError(server, "watching", error);
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(boost::none);
        if (const auto error = co_await connection.readHeader(parser)) co_return transportError(server, "watching", error);
        connection.tcp().expires_never();
        const int code = static_cast<int>(parser.get().result_int());
        std::string failure;
        std::array<char, 65536> space;
        while (!parser.is_done()) {
            parser.get().body().data = space.data();
            parser.get().body().size = space.size();
            parser.get().body().more = true;
            auto error = co_await connection.readSome(parser);
            if (error == http::error::need_buffer) error = {};
            const std::string_view piece(space.data(), space.size() - parser.get().body().size);
            if (code >= 400)
                failure += piece;
            else if (!piece.empty())
                onData(piece);
            if (error == http::error::end_of_stream || error == http::error::partial_message) break;
            if (error) co_return transportError(server, "watching", error);
        }
        if (code < 400) co_return Result<void>();
        http::response<http::string_body> whole;
        whole.result(parser.get().result());
        whole.body() = std::move(failure);
        auto told = outcome(std::move(whole));
        co_return told ? Result<void>() : Result<void>(std::move(told.error()));
    }
};

}  // namespace kubarium::client
