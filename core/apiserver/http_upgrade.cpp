#include "core/apiserver/http_upgrade.h"

#include "core/apiserver/http_mailbox.h"
#include "core/apiserver/pod_protocol.h"
#include "core/apiserver/presentation.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <array>

namespace kubarium::apiserver {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using net::awaitable;
using namespace std::chrono_literals;

namespace {

constexpr auto asTuple = net::as_tuple(net::use_awaitable);
constexpr std::string_view tunnel = "SPDY/3.1+portforward.k8s.io";
constexpr std::size_t largestMessage = 4u << 20;

// What reaches the coroutine that writes: news from the Pod, or that the reader has ended.
struct Incoming {
    std::optional<PodEvent> event;
    bool closed = false;
};
using Box = Mailbox<Incoming>;

std::vector<std::string> listOf(const HttpRequest& request, std::string_view name) {
    std::vector<std::string> found;
    for (auto [it, end] = request.equal_range(name); it != end; ++it) {
        std::string_view rest(it->value().data(), it->value().size());
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            auto item = rest.substr(0, comma);
            while (item.starts_with(' ')) item.remove_prefix(1);
            while (item.ends_with(' ')) item.remove_suffix(1);
            if (!item.empty()) found.emplace_back(item);
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return found;
}

// The first of ours, in order of preference, that the client offers.
std::string choose(const std::vector<std::string>& offered, std::initializer_list<std::string_view> ours) {
    for (const auto each : ours)
        if (std::ranges::find(offered, each) != offered.end()) return std::string(each);
    return {};
}

std::string webSocketProtocol(const HttpRequest& request, PodConnection::Kind kind) {
    const auto offered = listOf(request, "Sec-WebSocket-Protocol");
    if (kind == PodConnection::Kind::PortForward) return choose(offered, {tunnel});
    if (kind == PodConnection::Kind::Logs) return choose(offered, {"binary.k8s.io", "base64.binary.k8s.io"});
    return choose(offered, {"v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io"});
}

std::unique_ptr<PodProtocol> protocolOf(PodConnection::Kind kind, const std::string& chosen, PodProtocolEnvironment environment) {
    const auto encoding = chosen.find("base64.") == std::string::npos ? MessageEncoding::Binary : MessageEncoding::Base64;
    if (kind == PodConnection::Kind::PortForward) return makeSpdyPortForwardProtocol(std::move(environment));
    if (kind == PodConnection::Kind::Logs) return makeLogProtocol(std::move(environment), encoding);
    return makeChannelProtocol(std::move(environment), chosen.starts_with("v5") ? 5 : chosen.starts_with("v4") ? 4 : 1, encoding);
}

std::string spdyProtocol(const HttpRequest& request, PodConnection::Kind kind) {
    const auto offered = listOf(request, "X-Stream-Protocol-Version");
    if (kind == PodConnection::Kind::PortForward) return choose(offered, {"portforward.k8s.io"});
    return choose(offered, {"v5.channel.k8s.io", "v4.channel.k8s.io"});
}

bool isSpdy(const HttpRequest& request) { return beast::iequals(request[http::field::upgrade], "SPDY/3.1"); }

PodProtocolEnvironment environmentOf(HttpShared& shared, PodConnection connection, const std::shared_ptr<Box>& box) {
    return {shared.executor, std::move(connection), [slot = box->slot()](PodEvent event) { slot.push({std::move(event), false}); }};
}

// Writes what the protocol says whenever there is news; `write` sends one piece and says whether it could. Everything is
// taken by reference: GCC 12 destroys closures that own something twice when they are arguments of a coroutine.
template <class Write>
awaitable<void> pumpOutput(PodProtocol& protocol, Box& box, const Write& write) {
    for (;;) {
        const auto pieces = protocol.takeOutput();
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const bool sent = co_await write(pieces[i]);
            if (!sent) co_return;
        }
        if (protocol.finished()) co_return;
        auto next = co_await box.pop();
        if (next.closed) co_return;
        if (next.event) protocol.event(std::move(*next.event));
    }
}

using WebSocket = websocket::stream<TlsStream&>;

awaitable<void> readMessages(std::shared_ptr<WebSocket> socket, std::shared_ptr<PodProtocol> protocol, std::shared_ptr<Box> box, std::shared_ptr<bool> over) {
    beast::flat_buffer message;
    for (;;) {
        const auto [error, count] = co_await socket->async_read(message, asTuple);
        if (error || *over) break;
        const auto data = message.cdata();
        if (const auto received = protocol->receive({static_cast<const char*>(data.data()), data.size()}); !received) break;
        message.clear();
        box->pushHere({});
    }
    box->pushHere({std::nullopt, true});
}

awaitable<void> serveWebSocket(HttpShared& shared, TlsStream& stream, const HttpRequest& request, PodConnection connection) {
    const auto kind = connection.kind;
    const auto chosen = webSocketProtocol(request, kind);
    auto socket = std::make_shared<WebSocket>(stream);
    beast::get_lowest_layer(stream).expires_never();
    auto timeouts = websocket::stream_base::timeout::suggested(beast::role_type::server);
    timeouts.idle_timeout = 60s;  // with pings: a peer that does not answer is gone
    timeouts.keep_alive_pings = true;
    socket->set_option(timeouts);
    socket->set_option(websocket::stream_base::decorator([chosen](websocket::response_type& response) { response.set(http::field::sec_websocket_protocol, chosen); }));
    socket->read_message_max(largestMessage);
    socket->binary(chosen.find("base64.") == std::string::npos);
    if (const auto [error] = co_await socket->async_accept(request, asTuple); error) co_return;
    auto box = std::make_shared<Box>(stream.get_executor(), shared.stopped);
    auto environment = environmentOf(shared, std::move(connection), box);
    const std::shared_ptr<PodProtocol> protocol = protocolOf(kind, chosen, std::move(environment));
    protocol->start();
    auto over = std::make_shared<bool>(false);
    auto readerDone = std::make_shared<Mailbox<int>>(stream.get_executor(), shared.stopped);
    net::co_spawn(
        stream.get_executor(),
        [socket, protocol, box, over, readerDone]() -> awaitable<void> {
            co_await readMessages(socket, protocol, box, over);
            readerDone->pushHere(0);
        },
        net::detached);
    auto* raw = socket.get();
    const auto write = [raw](const std::string& piece) -> awaitable<bool> {
        const auto [error, count] = co_await raw->async_write(net::buffer(piece), asTuple);
        co_return !error;
    };
    co_await pumpOutput(*protocol, *box, write);
    *over = true;
    co_await socket->async_close(websocket::close_code::normal, asTuple);
    // The reader uses the stream: it must end before the stream does.
    beast::get_lowest_layer(stream).cancel();
    co_await readerDone->pop();
}

awaitable<void> readBytes(TlsStream& stream, beast::flat_buffer& buffer, std::shared_ptr<PodProtocol> protocol, std::shared_ptr<Box> box, std::shared_ptr<bool> over) {
    for (;;) {
        if (buffer.size() == 0) {
            const auto [error, count] = co_await stream.async_read_some(buffer.prepare(65536), asTuple);
            if (error || *over) break;
            buffer.commit(count);
        }
        const auto data = buffer.cdata();
        const auto received = protocol->receive({static_cast<const char*>(data.data()), data.size()});
        buffer.clear();
        if (!received) break;
        box->pushHere({});
    }
    box->pushHere({std::nullopt, true});
}

awaitable<void> serveSpdy(HttpShared& shared, TlsStream& stream, beast::flat_buffer& buffer, const HttpRequest& request, PodConnection connection) {
    const auto kind = connection.kind;
    http::response<http::empty_body> response;
    response.result(http::status::switching_protocols);
    response.version(11);
    response.set(http::field::connection, "Upgrade");
    response.set(http::field::upgrade, "SPDY/3.1");
    response.set("X-Stream-Protocol-Version", spdyProtocol(request, kind));
    if (const auto [error, count] = co_await http::async_write(stream, response, asTuple); error) co_return;
    beast::get_lowest_layer(stream).expires_never();
    auto box = std::make_shared<Box>(stream.get_executor(), shared.stopped);
    auto environment = environmentOf(shared, std::move(connection), box);
    std::shared_ptr<PodProtocol> protocol = kind == PodConnection::Kind::PortForward ? makeSpdyPortForwardProtocol(std::move(environment))
                                                                                     : makeSpdyExecProtocol(std::move(environment));
    auto over = std::make_shared<bool>(false);
    auto readerDone = std::make_shared<Mailbox<int>>(stream.get_executor(), shared.stopped);
    net::co_spawn(
        stream.get_executor(),
        [&stream, &buffer, protocol, box, over, readerDone]() -> awaitable<void> {
            co_await readBytes(stream, buffer, protocol, box, over);
            readerDone->pushHere(0);
        },
        net::detached);
    const auto write = [&stream](const std::string& piece) -> awaitable<bool> {
        const auto [error, count] = co_await net::async_write(stream, net::buffer(piece), asTuple);
        co_return !error;
    };
    co_await pumpOutput(*protocol, *box, write);
    // A client closes once it has read the end of the error stream; it gets a moment for that.
    net::steady_timer grace(stream.get_executor(), 2s);
    grace.async_wait([&stream](boost::system::error_code error) {
        if (!error) beast::get_lowest_layer(stream).cancel();
    });
    *over = true;
    co_await readerDone->pop();
    grace.cancel();
}

}  // namespace

bool wantsUpgrade(const HttpRequest& request, PodConnection::Kind kind) {
    if (websocket::is_upgrade(request)) return !webSocketProtocol(request, kind).empty();
    return isSpdy(request) && !spdyProtocol(request, kind).empty();
}

awaitable<void> serveUpgrade(std::shared_ptr<HttpShared> shared, TlsStream& stream, beast::flat_buffer& buffer, const HttpRequest& request, PodConnection connection) {
    if (isSpdy(request))
        co_await serveSpdy(*shared, stream, buffer, request, std::move(connection));
    else
        co_await serveWebSocket(*shared, stream, request, std::move(connection));
}

}  // namespace kubarium::apiserver
