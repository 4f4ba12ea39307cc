#include "core/apiserver/api_server.h"

#include "core/apiserver/bootstrap.h"
#include "core/apiserver/http_server.h"
#include "core/apiserver/local_client.h"
#include "core/apiserver/presentation.h"
#include "core/apiserver/request_handler.h"
#include "core/apiserver/reviews.h"
#include "core/apiserver/status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace kubarium::apiserver {

namespace {

using namespace std::chrono_literals;

constexpr Duration initialObjectsInterval = 10s;

}  // namespace

struct ApiServer::State {
    State(Executor& onEngine, Clock& theClock, Random& random, std::unique_ptr<store::Store> given, TokenIssuer issuer, ApiServerOptions asked)
        : executor(onEngine),
          clock(theClock),
          options(std::move(asked)),
          store(std::move(given)),
          tokens(std::move(issuer)),
          authenticator(tokens),
          admission(*store, clock, random),
          registry(*store, api::Schema::builtin(), clock, random, admission),
          handler(executor, registry, authorizer, tokens) {}

    Executor& executor;
    Clock& clock;
    ApiServerOptions options;
    std::unique_ptr<store::Store> store;
    TokenIssuer tokens;
    Authenticator authenticator;
    AuthenticatedAuthorizer authorizer;
    Admission admission;
    Registry registry;
    RequestHandler handler;
    pki::CertificateKey serving;
    std::string clientAuthority;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    Timer compaction, initial;
    std::uint64_t compactTo = 0;
    std::unique_ptr<HttpServer> http;  // last: ends first

    // History older than one to two intervals is forgotten, as kube-apiserver has etcd do it.
    void scheduleCompaction() {
        compaction = clock.afterReal(options.compactionInterval, [this] {
            store->compact(std::exchange(compactTo, store->revision()));
            scheduleCompaction();
        });
    }

    // `kubectl delete all --all` takes the Service kubernetes too; as with kube-apiserver it comes back.
    void keepInitialObjects() {
        initial = clock.afterReal(initialObjectsInterval, [this] {
            createInitialObjects(registry);
            keepInitialObjects();
        });
    }

    // What a service account token is bound to must still be there.
    bool stillBound(const TokenClaims& claims) const {
        const auto account = store->get({"serviceaccounts", claims.nameSpace, claims.name});
        if (!account || account->uid() != claims.uid) return false;
        if (claims.boundKind.empty()) return true;
        const auto resource = claims.boundKind == "Pod" ? "pods" : claims.boundKind == "Secret" ? "secrets" : "nodes";
        const auto bound = store->get({resource, claims.boundKind == "Node" ? std::string() : claims.nameSpace, claims.boundName});
        return bound && bound->uid() == claims.boundUid;
    }

    void dispatch(Request request, std::optional<TokenClaims> claims, Respond respond) {
        if (claims && !stillBound(*claims)) {
            Response response;
            response.code = 401;
            response.body = json::value(statusOf(makeError(Reason::Unauthorized, "Unauthorized")));
            return respond(std::move(response));
        }
        handler.handle(std::move(request), std::move(respond));
    }
};

ApiServer::ApiServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<ApiServer>> ApiServer::create(Executor& executor, Clock& clock, Random& random, std::unique_ptr<store::Store> store,
                                                     const pki::ClusterPki& pki, ApiServerOptions options) {
    auto tokens = TRY(TokenIssuer::create(pki.serviceAccount));
    auto state = std::make_unique<State>(executor, clock, random, std::move(store), std::move(tokens), std::move(options));
    state->serving = pki.apiServer;
    state->clientAuthority = pki.authority.pem().certificate;
    if (!state->options.tokenFile.empty()) {
        std::ifstream in(state->options.tokenFile, std::ios::binary);
        if (!in) return badRequest(fmt::format("the token file {} cannot be read", state->options.tokenFile.string()));
        std::ostringstream text;
        text << in.rdbuf();
        TRY(state->authenticator.addTokenFile(text.str()));
    }
    state->handler.addReviewer({"authentication.k8s.io", "v1", "tokenreviews"}, [state = state.get()](json::object review, std::move_only_function<void(Result<json::object>)> reply) {
        reply(answerTokenReview(std::move(review), state->authenticator, [state](const TokenClaims& claims) { return state->stillBound(claims); }, state->clock.now()));
    });
    createInitialObjects(state->registry);
    state->keepInitialObjects();
    state->handler.setReady(true);
    return std::unique_ptr<ApiServer>(new ApiServer(std::move(state)));
}

ApiServer::~ApiServer() { *state_->alive = false; }

Result<void> ApiServer::start() {
    HttpServerOptions options;
    options.address = state_->options.address;
    options.port = state_->options.port;
    options.serving = state_->serving;
    options.clientAuthority = state_->clientAuthority;
    auto dispatch = [state = state_.get(), alive = state_->alive](Request request, std::optional<TokenClaims> claims, Respond respond) {
        if (*alive) state->dispatch(std::move(request), std::move(claims), std::move(respond));
    };
    state_->http = TRY(HttpServer::create(std::move(options), state_->executor, state_->clock, state_->authenticator, std::move(dispatch)));
    state_->scheduleCompaction();
    return {};
}

int ApiServer::port() const { return state_->http ? state_->http->port() : 0; }
std::string ApiServer::url() const { return fmt::format("https://{}:{}", state_->options.address, port()); }

std::unique_ptr<client::Client> ApiServer::localClient(const std::string& userAgent, const std::string& user) {
    return std::make_unique<LocalClient>(state_->executor, state_->handler, User{user, "", {"system:masters", "system:authenticated"}, {}}, userAgent);
}

void ApiServer::setKubeletConnector(KubeletConnector* connector) { state_->handler.setKubeletConnector(connector); }
void ApiServer::setConfigurationSource(ConfigurationSource source) { state_->handler.setConfigurationSource(std::move(source)); }
void ApiServer::addReviewer(const api::GroupVersionResource& resource, Reviewer reviewer) { state_->handler.addReviewer(resource, std::move(reviewer)); }
void ApiServer::addResourceProvider(std::shared_ptr<ResourceProvider> provider) { state_->handler.addProvider(std::move(provider)); }
void ApiServer::setReady(bool ready) { state_->handler.setReady(ready); }
store::Store& ApiServer::store() { return *state_->store; }

}  // namespace kubarium::apiserver
