// A connection is one coroutine: handshake, then request after request. Between it and the engine thread lie a Mailbox (events
// towards the connection) and Executor::post (requests and input towards the engine).
#include "core/apiserver/http_session.h"

#include "core/apiserver/http_mailbox.h"
#include "core/apiserver/http_upgrade.h"
#include "core/apiserver/presentation.h"
#include "core/apiserver/status.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::apiserver {

namespace net = boost::asio;
namespace ssl = net::ssl;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using net::awaitable;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t bodyLimit = 3145728;
constexpr std::size_t drainLimit = 64u << 20;  // what is read and thrown away so that a client sees its 413
constexpr std::size_t headerLimit = 64u << 10;
constexpr std::size_t mostPendingFrames = 65536;
constexpr std::size_t batchBytes = 64u << 10;
constexpr auto writeTimeout = 30s;
constexpr auto bodyTimeout = 60s;

constexpr auto asTuple = net::as_tuple(net::use_awaitable);
using HttpResponse = http::response<http::string_body>;

struct X509Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
};

std::string entryText(const X509_NAME_ENTRY* entry) {
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) return {};
    std::string value(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    return value;
}

// True if the client showed a certificate. Only one that verifies and may be used by clients gives an identity.
bool readCertificate(SSL* connection, Credentials& credentials) {
    const std::unique_ptr<X509, X509Free> certificate(SSL_get1_peer_certificate(connection));
    if (!certificate) return false;
    if (SSL_get_verify_result(connection) != X509_V_OK) return true;
    const auto* subject = X509_get_subject_name(certificate.get());
    for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
        const auto* entry = X509_NAME_get_entry(subject, i);
        const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
        if (nid == NID_commonName) credentials.commonName = entryText(entry);
        if (nid == NID_organizationName) credentials.organizations.push_back(entryText(entry));
    }
    return true;
}

std::string lowerCase(std::string_view text) {
    std::string lower(text);
    for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower;
}

Response errorResponse(const Error& error) {
    Response response;
    response.code = error.status();
    response.body = json::value(statusOf(error));
    return response;
}

// RFC 7234: 299 - "text".
std::string warningHeader(const std::string& text) {
    std::string quoted = "299 - \"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return quoted + '"';
}

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(std::shared_ptr<HttpShared> shared, net::ip::tcp::socket socket, ssl::context& tls)
        : shared_(std::move(shared)), stream_(beast::tcp_stream(std::move(socket)), tls) {
        ++shared_->connections;
    }
    ~Session() { --shared_->connections; }

    awaitable<void> run() {
        const auto self = shared_from_this();
        beast::get_lowest_layer(stream_).expires_after(10s);
        if (const auto [error] = co_await stream_.async_handshake(ssl::stream_base::server, asTuple); error) co_return;
        certificateShown_ = readCertificate(stream_.native_handle(), credentials_);
        while (co_await serveOne()) {
        }
        beast::get_lowest_layer(stream_).expires_after(5s);
        co_await stream_.async_shutdown(asTuple);
    }

private:
    using Parser = http::request_parser<http::string_body>;

    // False when the connection is to be closed.
    awaitable<bool> serveOne() {
        Parser parser;
        parser.header_limit(headerLimit);
        parser.body_limit(drainLimit);
        // Idle until the first byte, then the header must come in one go.
        beast::get_lowest_layer(stream_).expires_after(shared_->idleTimeout);
        if (buffer_.size() == 0) {
            const auto [error, count] = co_await stream_.async_read_some(buffer_.prepare(16384), asTuple);
            if (error) co_return false;
            buffer_.commit(count);
        }
        beast::get_lowest_layer(stream_).expires_after(shared_->headerTimeout);
        if (const auto [error, count] = co_await http::async_read_header(stream_, buffer_, parser, asTuple); error) {
            if (error == http::error::header_limit) co_await writeSimple(parser.get(), makeCoded(431, "request header fields too large"), false);
            else if (error == http::error::body_limit) co_await writeSimple(parser.get(), tooLarge(), false);
            else if (error.category() == make_error_code(http::error::bad_target).category() && error != http::error::end_of_stream && error != http::error::partial_message)
                co_await writeSimple(parser.get(), makeCoded(400, "Bad Request"), false);
            co_return false;
        }
        bool oversized = false;
        if (!co_await readBody(parser, oversized)) co_return false;
        auto request = parser.release();
        const bool keep = request.keep_alive();
        if (oversized) co_return co_await writeSimple(request, tooLarge(), keep) && keep;
        co_return co_await serve(std::move(request)) && keep;
    }

    static Error tooLarge() { return makeError(Reason::RequestEntityTooLarge, "Request entity too large: limit is 3145728"); }
    static Error makeCoded(int code, std::string text) {
        auto error = makeError(Reason::BadRequest, std::move(text));
        error.code = code;
        return error;
    }

    awaitable<bool> readBody(Parser& parser, bool& oversized) {
        if (parser.is_done()) co_return true;
        beast::get_lowest_layer(stream_).expires_after(bodyTimeout);
        if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
            static constexpr std::string_view proceed = "HTTP/1.1 100 Continue\r\n\r\n";
            if (const auto [error, count] = co_await net::async_write(stream_, net::buffer(proceed), asTuple); error) co_return false;
        }
        while (!parser.is_done()) {
            const auto [error, count] = co_await http::async_read_some(stream_, buffer_, parser, asTuple);
            if (error) co_return false;
            if (parser.get().body().size() > bodyLimit || oversized) {
                oversized = true;
                parser.get().body().clear();
            }
        }
        co_return true;
    }

    Request toRequest(HttpRequest& from, Credentials& credentials) const {
        Request request;
        request.method = std::string(from.method_string());
        const std::string_view target(from.target().data(), from.target().size());
        const auto question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string_view::npos) request.query = target.substr(question + 1);
        for (const auto& field : from) {
            const auto name = lowerCase({field.name_string().data(), field.name_string().size()});
            std::string value(field.value());
            if (name == "accept")
                request.accept += (request.accept.empty() ? "" : ",") + value;
            else if (name == "content-type")
                request.contentType = std::move(value);
            else if (name == "user-agent")
                request.userAgent = std::move(value);
            else if (name == "authorization")
                credentials.authorization = std::move(value);
            else if (name.starts_with("impersonate-"))
                credentials.impersonation.emplace_back(name, std::move(value));
        }
        request.body = std::move(from.body());
        request.serverAddress = shared_->serverAddress;
        return request;
    }

    awaitable<bool> serve(HttpRequest incoming) {
        auto credentials = credentials_;
        auto request = toRequest(incoming, credentials);
        auto identity = shared_->authenticator.authenticate(credentials, shared_->clock.now());
        // A certificate of somebody else's authority is no anonymity.
        if (certificateShown_ && !credentials.commonName && credentials.authorization.empty()) identity = makeError(Reason::Unauthorized, "Unauthorized");
        if (!identity) {
            if (identity.error().reason == Reason::InternalError && !credentials.impersonation.empty()) {
                Response response;
                response.code = 500;
                response.contentType = "text/plain; charset=utf-8";
                response.body = fmt::format("Internal Server Error: \"{}\": {}\n", std::string_view(incoming.target()), identity.error().message);
                co_return co_await write(incoming, response);
            }
            co_return co_await write(incoming, errorResponse(identity.error()));
        }
        request.user = std::move(identity->user);
        auto mailbox = std::make_shared<Mailbox<Response>>(stream_.get_executor(), shared_->stopped);
        shared_->executor.post([shared = shared_, slot = mailbox->slot(), request = std::move(request), claims = std::move(identity->claims)]() mutable {
            shared->dispatch(std::move(request), std::move(claims), [slot](Response response) { slot.push(std::move(response)); });
        });
        beast::get_lowest_layer(stream_).expires_never();
        auto response = co_await mailbox->pop();
        if (response.watch) co_return co_await stream(incoming, std::move(response));
        if (response.pod) co_return co_await connect(incoming, std::move(response));
        co_return co_await write(incoming, response);
    }

    template <class Message>
    void setHead(Message& message, const HttpRequest& incoming, const Response& response) const {
        message.result(static_cast<unsigned>(response.code));
        message.version(11);
        message.keep_alive(incoming.keep_alive());
        message.set(http::field::content_type, contentTypeOf(response));
        message.set(http::field::cache_control, "no-cache, private");
        for (const auto& [name, value] : response.headers) message.insert(name, value);
        for (const auto& warning : response.warnings) message.insert(http::field::warning, warningHeader(warning));
    }

    awaitable<bool> writeSimple(const HttpRequest& incoming, Error error, bool keep) {
        co_return co_await write(incoming, errorResponse(error)) && keep;
    }

    awaitable<bool> write(const HttpRequest& incoming, const Response& response) {
        HttpResponse message;
        setHead(message, incoming, response);
        if (incoming.method() != http::verb::head) message.body() = renderBody(response);
        message.prepare_payload();
        beast::get_lowest_layer(stream_).expires_after(writeTimeout + std::chrono::seconds{message.body().size() >> 20});
        const auto [error, count] = co_await http::async_write(stream_, message, asTuple);
        co_return !error;
    }

    // Writes the head of an answer whose body comes in chunks. Whether the client is still there is found out by a read, which would
    // swallow its next request: the connection ends with the answer, and the head says so.
    awaitable<bool> startChunks(const HttpRequest& incoming, const Response& response) {
        http::response<http::empty_body> message;
        setHead(message, incoming, response);
        message.keep_alive(false);
        message.chunked(true);
        http::response_serializer<http::empty_body> serializer(message);
        beast::get_lowest_layer(stream_).expires_after(writeTimeout);
        const auto [error, count] = co_await http::async_write_header(stream_, serializer, asTuple);
        co_return !error;
    }
    awaitable<bool> writeChunk(const std::string& text) {
        beast::get_lowest_layer(stream_).expires_after(writeTimeout);
        const auto [error, count] = co_await net::async_write(stream_, http::make_chunk(net::buffer(text)), asTuple);
        beast::get_lowest_layer(stream_).expires_never();
        co_return !error;
    }
    awaitable<bool> endChunks() {
        beast::get_lowest_layer(stream_).expires_after(writeTimeout);
        const auto [error, count] = co_await net::async_write(stream_, http::make_chunk_last(), asTuple);
        co_return !error;
    }

    struct Frame {
        WatchFrame frame;
        bool end = false;
    };

    // Notices that the client has gone while nothing is written. What it sends meanwhile (pipelining) is refused.
    void watchForClose(std::shared_ptr<bool> over, std::function<void()> gone) {
        // A read keeps the deadline that it began with.
        beast::get_lowest_layer(stream_).expires_never();
        stream_.async_read_some(buffer_.prepare(1), [self = shared_from_this(), over, gone = std::move(gone)](error_code, std::size_t) {
            if (!*over) gone();
        });
    }

    awaitable<bool> stream(const HttpRequest& incoming, Response response) {
        auto mailbox = std::make_shared<Mailbox<Frame>>(stream_.get_executor(), shared_->stopped);
        auto over = std::make_shared<bool>(false);
        // The Watch lives and dies on the engine thread.
        auto watch = std::make_shared<std::unique_ptr<client::Watch>>();
        auto pending = std::make_shared<std::atomic<std::size_t>>(0);
        shared_->executor.post([start = std::move(response.watch), watch, slot = mailbox->slot(), pending] {
            *watch = start([slot, pending](std::optional<WatchFrame> frame) {
                // A reader that is this far behind lists again sooner than it catches up.
                if (pending->fetch_add(1) > mostPendingFrames) frame = std::nullopt;
                slot.push(frame ? Frame{std::move(*frame), false} : Frame{{}, true});
            });
        });
        const bool started = co_await startChunks(incoming, response);
        if (started) watchForClose(over, [mailbox] { mailbox->pushHere(Frame{{}, true}); });
        bool ended = !started, good = started, first = true;
        beast::get_lowest_layer(stream_).expires_never();
        while (!ended) {
            std::string text;
            auto next = co_await mailbox->pop();
            for (;;) {
                pending->fetch_sub(1);
                ended = next.end;
                if (!ended) {
                    if (response.presentation.form == Form::Table) {
                        response.presentation.now = shared_->clock.now();
                        text += renderFrame(response.presentation, next.frame, std::exchange(first, false));
                    } else {
                        text += shared_->frames.render(response.presentation, next.frame);
                    }
                    ended = next.frame.type == client::WatchEventType::Error;
                }
                if (ended || mailbox->empty() || text.size() > batchBytes) break;
                next = mailbox->take();
            }
            if (!text.empty() && !co_await writeChunk(text)) good = false, ended = true;
        }
        *over = true;
        shared_->executor.post([watch] { watch->reset(); });
        if (good) co_await endChunks();
        co_return false;
    }

    // Logs, exec, attach, port-forward.
    awaitable<bool> connect(const HttpRequest& incoming, Response response);
    awaitable<bool> streamLogs(const HttpRequest& incoming, Response response);

    std::shared_ptr<HttpShared> shared_;
    TlsStream stream_;
    beast::flat_buffer buffer_;
    Credentials credentials_;
    bool certificateShown_ = false;
};
awaitable<bool> Session::connect(const HttpRequest& incoming, Response response) {
    if (response.pod->kind == PodConnection::Kind::Logs && !wantsUpgrade(incoming, response.pod->kind)) co_return co_await streamLogs(incoming, std::move(response));
    if (!wantsUpgrade(incoming, response.pod->kind)) co_return co_await write(incoming, errorResponse(badRequest("Upgrade request required")));
    co_await serveUpgrade(shared_, stream_, buffer_, incoming, std::move(*response.pod));
    co_return false;
}

awaitable<bool> Session::streamLogs(const HttpRequest& incoming, Response response) {
    struct Piece {
        std::string text;
        bool end = false;
        std::optional<Error> error;
    };
    auto mailbox = std::make_shared<Mailbox<Piece>>(stream_.get_executor(), shared_->stopped);
    auto over = std::make_shared<bool>(false);
    auto held = std::make_shared<std::unique_ptr<PodStream>>();
    shared_->executor.post([open = std::move(response.pod->open), held, slot = mailbox->slot()] {
        PodStreamHandlers handlers;
        handlers.onData = [slot](std::string text) { slot.push(Piece{std::move(text), false, {}}); };
        handlers.onError = handlers.onData;
        handlers.onEnd = [slot](Result<int> result) { slot.push(Piece{{}, true, result ? std::nullopt : std::optional(result.error())}); };
        auto opened = open(0, std::move(handlers));
        if (opened)
            *held = std::move(*opened);
        else
            slot.push(Piece{{}, true, opened.error()});
    });
    const auto release = [&] { shared_->executor.post([held] { held->reset(); }); };
    auto piece = co_await mailbox->pop();
    if (piece.error) {
        release();
        co_return co_await write(incoming, errorResponse(*piece.error));
    }
    bool good = co_await startChunks(incoming, response);
    if (good) watchForClose(over, [mailbox] { mailbox->pushHere(Piece{{}, true, {}}); });
    beast::get_lowest_layer(stream_).expires_never();
    while (good) {
        bool ended = piece.end;
        auto text = std::move(piece.text);
        while (!ended && !mailbox->empty() && text.size() < batchBytes) {
            auto more = mailbox->take();
            text += more.text;
            ended = more.end;
        }
        if (!text.empty()) good = co_await writeChunk(text);
        if (ended || !good) break;
        piece = co_await mailbox->pop();
    }
    *over = true;
    release();
    if (good) co_await endChunks();
    co_return false;
}

}  // namespace

const std::string& FrameCache::render(const Presentation& presentation, const WatchFrame& frame) {
    constexpr std::size_t size = 64;
    if (presentation.form != Form::Object || presentation.pretty || !frame.object || frame.type == client::WatchEventType::Bookmark)
        return single_ = renderFrame(presentation, frame, false);
    for (auto it = entries_.begin(); it != entries_.end(); ++it)
        if (it->object == frame.object && it->type == frame.type) {
            entries_.splice(entries_.begin(), entries_, it);
            return it->text;
        }
    entries_.push_front({frame.object, frame.type, renderFrame(presentation, frame, false)});
    if (entries_.size() > size) entries_.pop_back();
    return entries_.front().text;
}

void startHttpSession(std::shared_ptr<HttpShared> shared, net::ip::tcp::socket socket, ssl::context& tls) {
    const auto executor = socket.get_executor();
    const auto session = std::make_shared<Session>(std::move(shared), std::move(socket), tls);
    net::co_spawn(executor, [session] { return session->run(); }, net::detached);
}

}  // namespace kubarium::apiserver
