#include "core/client/http_connection.h"

#include "core/client/http_transport_state.h"

#include <boost/url.hpp>

namespace kubarium::client {

namespace {

Error settingsError(std::string_view what, const std::string& origin, const error_code& error) {
    return badRequest(fmt::format("{}: this is no usable {} in PEM: {}. Take the kubeconfig anew from where it came; a cluster of Kubarium writes its own with every 'kubarium up'",
                                  origin.empty() ? "the kubeconfig" : origin, what, error.message()));
}

Result<void> setUpTls(ssl::context& tls, const ConnectionSettings& settings, const std::string& host) {
    error_code error;
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    const auto& cluster = settings.cluster;
    if (cluster.insecureSkipTlsVerify) {
        tls.set_verify_mode(ssl::verify_none);
    } else {
        tls.set_verify_mode(ssl::verify_peer);
        tls.set_verify_callback(ssl::host_name_verification(cluster.tlsServerName.empty() ? host : cluster.tlsServerName));
        if (cluster.certificateAuthority.empty())
            tls.set_default_verify_paths(error);
        else
            tls.add_certificate_authority(net::buffer(cluster.certificateAuthority), error);
        if (error) return settingsError("certificate authority", cluster.authorityOrigin, error);
    }
    if (!settings.user.clientCertificate.empty()) {
        tls.use_certificate_chain(net::buffer(settings.user.clientCertificate), error);
        if (error) return settingsError("client certificate", settings.user.certificateOrigin, error);
        tls.use_private_key(net::buffer(settings.user.clientKey), ssl::context::pem, error);
        if (error) return settingsError("key of the client certificate", settings.user.keyOrigin, error);
    }
    return {};
}

}  // namespace

HttpTransport::HttpTransport(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::shared_ptr<HttpTransport>> HttpTransport::create(const ConnectionSettings& settings, const HttpClientOptions& options) {
    const auto parsed = boost::urls::parse_uri(settings.cluster.server);
    if (!parsed || parsed->encoded_host().empty() || (parsed->scheme() != "https" && parsed->scheme() != "http"))
        return badRequest(fmt::format("\"{}\" is not the URL of an API server", settings.cluster.server));
    auto state = std::make_shared<State>();
    state->options = options;
    state->server = settings.cluster.server;
    state->secure = parsed->scheme() == "https";
    state->host = parsed->host_address();
    state->port = parsed->has_port() && !parsed->port().empty() ? std::string(parsed->port()) : state->secure ? "443" : "80";
    state->basePath = std::string(parsed->encoded_path());
    while (state->basePath.ends_with('/')) state->basePath.pop_back();
    state->hostHeader = std::string(parsed->encoded_host_and_port());
    if (!settings.user.token.empty()) state->authorization = "Bearer " + settings.user.token;
    if (state->authorization.find_first_of("\r\n") != std::string::npos) return badRequest("the kubeconfig's token is none: it contains a line break");
    if (state->secure) TRY(setUpTls(state->tls, settings, state->host));
    auto* raw = state.get();
    state->thread = std::jthread([raw] { raw->io.run(); });
    return std::shared_ptr<HttpTransport>(new HttpTransport(std::move(state)));
}

HttpTransport::~HttpTransport() { stop(); }

void HttpTransport::stop() {
    state_->io.stop();
    if (state_->thread.joinable()) state_->thread.join();
}

void HttpTransport::send(Request request, std::move_only_function<void(Result<std::string>)> reply) {
    net::post(state_->io, [state = state_.get(), job = State::Job{std::move(request), std::move(reply)}]() mutable {
        state->queue.push_back(std::move(job));
        state->pump();
    });
}

std::uint64_t HttpTransport::stream(Request request, std::move_only_function<void(std::string_view)> onData, std::move_only_function<void(Result<void>)> onEnd) {
    const auto id = ++state_->lastStream;
    struct Parts {
        Request request;
        std::move_only_function<void(std::string_view)> onData;
        std::move_only_function<void(Result<void>)> onEnd;
    };
    auto parts = std::make_shared<Parts>(std::move(request), std::move(onData), std::move(onEnd));
    net::post(state_->io, [state = state_.get(), parts, id] {
        state->streams.try_emplace(id);
        net::co_spawn(
            state->io,
            [state, parts, id]() -> awaitable<void> {
                auto ended = co_await state->runStream(id, parts->request, parts->onData);
                const bool cancelled = state->streams[id].cancelled;
                state->streams.erase(id);
                if (!cancelled) parts->onEnd(std::move(ended));
            },
            net::detached);
    });
    return id;
}

void HttpTransport::cancelStream(std::uint64_t id) {
    net::post(state_->io, [state = state_.get(), id] {
        const auto it = state->streams.find(id);
        if (it == state->streams.end()) return;
        it->second.cancelled = true;
        if (it->second.connection) it->second.connection->tcp().cancel();
    });
}

}  // namespace kubarium::client
