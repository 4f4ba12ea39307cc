#include "core/apiserver/http_server.h"

#include "core/apiserver/http_session.h"
#include "core/base/log.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <fmt/format.h>

#include <thread>

namespace kubarium::apiserver {

namespace net = boost::asio;
namespace ssl = net::ssl;

namespace {

Error tlsError(std::string_view what, const boost::system::error_code& error) {
    return internalError(fmt::format("the HTTPS server: {}: {}", what, error.message()));
}

Result<void> setUpTls(ssl::context& context, const HttpServerOptions& options) {
    boost::system::error_code error;
    context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    // Resumed sessions keep the client's certificate; OpenSSL wants them bound to this application.
    constexpr std::string_view sessionContext = "kubarium";
    SSL_CTX_set_session_id_context(context.native_handle(), reinterpret_cast<const unsigned char*>(sessionContext.data()), sessionContext.size());
    context.use_certificate_chain(net::buffer(options.serving.certificate), error);
    if (error) return tlsError("its certificate", error);
    context.use_private_key(net::buffer(options.serving.key), ssl::context::pem, error);
    if (error) return tlsError("its key", error);
    if (!options.clientAuthority.empty()) {
        context.add_certificate_authority(net::buffer(options.clientAuthority), error);
        if (error) return tlsError("the authority of clients", error);
        // A certificate is asked for but not required, and a foreign one does not end the handshake: it is a 401.
        context.set_verify_mode(ssl::verify_peer);
        context.set_verify_callback([](bool, ssl::verify_context&) { return true; });
    }
    return {};
}

}  // namespace

struct HttpServer::State {
    State(HttpServerOptions given, Executor& executor, const Clock& clock, const Authenticator& authenticator, Dispatch dispatch)
        : options(std::move(given)),
          shared(std::make_shared<HttpShared>(HttpShared{executor, clock, authenticator, std::move(dispatch), options.headerTimeout, options.idleTimeout})) {}

    HttpServerOptions options;
    std::shared_ptr<HttpShared> shared;
    net::io_context io{1};
    ssl::context tls{ssl::context::tls_server};
    net::ip::tcp::acceptor acceptor{io};
    net::steady_timer pause{io};
    int port = 0;
    std::jthread thread;

    void accept() {
        if (shared->connections >= options.maxConnections) return wait();
        acceptor.async_accept([this](boost::system::error_code error, net::ip::tcp::socket socket) {
            if (error == net::error::operation_aborted) return;
            if (error) {
                logWarn("http", "accept: {}", error.message());
                return wait();
            }
            boost::system::error_code ignored;
            socket.set_option(net::ip::tcp::no_delay(true), ignored);
            socket.set_option(net::socket_base::keep_alive(true), ignored);
            startHttpSession(shared, std::move(socket), tls);
            accept();
        });
    }
    // Out of descriptors or at the limit: the backlog holds the others.
    void wait() {
        pause.expires_after(std::chrono::milliseconds{100});
        pause.async_wait([this](boost::system::error_code error) {
            if (!error) accept();
        });
    }
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::create(HttpServerOptions options, Executor& executor, const Clock& clock,
                                                       const Authenticator& authenticator, Dispatch dispatch) {
    auto state = std::make_unique<State>(std::move(options), executor, clock, authenticator, std::move(dispatch));
    TRY(setUpTls(state->tls, state->options));
    boost::system::error_code error;
    const auto address = net::ip::make_address(state->options.address, error);
    if (error) return badRequest(fmt::format("{} is not an address to listen on", state->options.address));
    const net::ip::tcp::endpoint endpoint(address, static_cast<unsigned short>(state->options.port));
    auto& acceptor = state->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(net::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(1024, error);
    if (error) return makeError(Reason::Conflict, fmt::format("cannot listen on {}:{}: {}. Choose another port; 0 takes any that is free", state->options.address, state->options.port, error.message()));
    state->port = acceptor.local_endpoint().port();
    state->shared->serverAddress = fmt::format("{}:{}", state->options.address, state->port);
    state->accept();
    state->thread = std::jthread([io = &state->io] { io->run(); });
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::~HttpServer() {
    // Sessions hold engine objects (watches, Pod streams) that are given back through the executor.
    state_->io.stop();
    state_->thread.join();
    *state_->shared->stopped = true;
}

int HttpServer::port() const { return state_->port; }

}  // namespace kubarium::apiserver
