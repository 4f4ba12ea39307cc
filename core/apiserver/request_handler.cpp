#include "core/apiserver/request_handler.h"

#include "core/api/discovery.h"
#include "core/api/openapi.h"
#include "core/apiserver/pod_proxy.h"
#include "core/apiserver/presentation.h"
#include "core/apiserver/status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::apiserver {
namespace {

Response plainNotFound() {
    Response response;
    response.code = 404;
    response.contentType = "text/plain; charset=utf-8";
    response.body = std::string("404 page not found\n");
    return response;
}

// A group that is served answers for its other versions in the API's own way.
Result<Response> noSuchVersion(const api::Schema& schema, const std::string& group) {
    if (schema.servesGroup(group)) return noSuchPath();
    return plainNotFound();
}

Response text(std::string body, std::string contentType = "text/plain; charset=utf-8") {
    Response response;
    response.contentType = std::move(contentType);
    response.body = std::move(body);
    return response;
}

// Of kinds that Kubernetes 1.34 still serves but advises against.
std::string_view deprecationOf(const api::GroupVersionResource& resource) {
    if (!resource.group.empty()) return {};
    if (resource.resource == "endpoints") return "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
    if (resource.resource == "componentstatuses") return "v1 ComponentStatus is deprecated in v1.19+";
    return {};
}

constexpr std::array<std::string_view, 4> healthChecks{"ping", "log", "etcd", "poststarthook"};

bool isPodStream(const std::string& subresource) {
    constexpr std::array names{"log", "exec", "attach", "portforward"};
    return std::ranges::find(names, subresource) != names.end();
}

}  // namespace

RequestHandler::RequestHandler(Executor& executor, Registry& registry, Authorizer& authorizer, const TokenIssuer& tokens)
    : executor_(executor), registry_(registry), authorizer_(authorizer), tokens_(tokens) {}

RequestHandler::~RequestHandler() { *alive_ = false; }

void RequestHandler::addProvider(std::shared_ptr<ResourceProvider> provider) {
    const auto resource = provider->resource();
    providers_[resource] = std::move(provider);
}

void RequestHandler::handle(Request request, Respond respond) {
    Call call;
    call.request = std::move(request);
    call.query = Query::parse(call.request.query);
    call.info = parseRequest(call.request.method, call.request.path, call.query);
    call.presentation.now = registry_.clock().now();
    auto answered = answer(call);
    if (!answered || !call.later) return finish(call, std::move(answered), std::move(respond));
    auto later = std::move(call.later);
    later([this, alive = alive_, call = std::move(call), respond = std::move(respond)](Result<Response> worked) mutable {
        if (*alive) finish(call, std::move(worked), std::move(respond));
    });
}

void RequestHandler::finish(Call& call, Result<Response> answered, Respond respond) {
    Response response;
    if (answered) {
        response = std::move(*answered);
    } else {
        response.code = answered.error().status();
        auto status = statusOf(answered.error());
        if (answered.error().reason == Reason::Expired && call.info.verb == "list" && call.query.has("continue")) offerInconsistentContinue(call, status);
        response.body = json::value(std::move(status));
        if (answered.error().retryAfterSeconds > 0) response.headers.emplace_back("Retry-After", std::to_string(answered.error().retryAfterSeconds));
        call.presentation.form = Form::Object;
    }
    response.presentation = call.presentation;
    response.warnings = std::move(call.warnings);
    ++counts_[fmt::format("verb=\"{}\",resource=\"{}\",code=\"{}\"", call.info.verb, call.info.resource.resource, response.code)];
    auto& store = registry_.store();
    store.whenDurable(store.revision(), [alive = alive_, respond = std::move(respond), response = std::move(response), isResource = call.info.isResource](Result<void> saved) mutable {
        if (!*alive) return;
        // Neither acknowledged nor shown is what may be gone tomorrow.
        if (!saved && isResource && response.code < 400) {
            Response refused;
            refused.code = saved.error().status();
            refused.body = json::value(statusOf(saved.error()));
            refused.presentation = std::move(response.presentation);
            refused.presentation.form = Form::Object;
            response = std::move(refused);
        }
        respond(std::move(response));
    });
}

Result<Response> RequestHandler::answer(Call& call) {
    TRY(authorizer_.authorize(call.request.user, call.info, call.request.path));
    if (!call.info.isResource) return answerOther(call);
    const auto& schema = registry_.schema();
    const auto& info = call.info;
    if (!schema.servesGroupVersion(info.resource.group, info.resource.version)) return noSuchVersion(schema, info.resource.group);
    call.resource = schema.findResource(info.resource);
    call.served = schema.findResource(info.resource, info.subresource);
    // "bindings" has no main resource that is stored.
    if (!call.served || (!call.resource && info.resource.resource != "bindings")) return noSuchPath();
    if (const auto it = providers_.find(info.resource); it != providers_.end()) call.provider = it->second.get();
    if (const auto warning = deprecationOf(info.resource); !warning.empty()) call.warnings.emplace_back(warning);
    TRY(negotiate(call));
    auto answered = TRY(answerResource(call));
    TRY(checkPartialMetadata(call.presentation, answered));
    return answered;
}

Result<void> RequestHandler::negotiate(Call& call) const {
    const bool stream = isPodStream(call.info.subresource) || call.info.subresource == "proxy";
    auto negotiated = stream ? Presentation{} : TRY(negotiateAccept(call.request.accept, call.served));
    negotiated.now = call.presentation.now;
    negotiated.resource = call.served;
    negotiated.includeObject = call.query.get("includeObject");
    negotiated.pretty = call.query.flag("pretty") && call.query.has("pretty");
    call.presentation = negotiated;
    if (constexpr std::array known{"", "Metadata", "Object", "None"}; negotiated.form == Form::Table && std::ranges::find(known, negotiated.includeObject) == known.end())
        return badRequest(fmt::format("Unable to convert to Table as requested: includeObject: Invalid value: \"{}\": must be 'Metadata', 'Object', 'None', or empty", negotiated.includeObject));
    return {};
}

Result<Response> RequestHandler::answerResource(Call& call) {
    const auto& info = call.info;
    const auto& verb = info.verb;
    const bool named = !info.name.empty();
    if (isPodStream(info.subresource)) return podConnection(call);
    if (info.subresource == "proxy" && info.resource.resource != "nodes") {
        call.later = TRY(proxyToPod(registry_, kubelets_, executor_, call.request, info));
        return Response{};
    }
    if (info.subresource == "proxy") return nodeProxy(call);
    // HEAD and verbs that a path of this form has not.
    if (call.request.method == "HEAD") return methodNotAllowed();
    const bool needsNamespace = call.served->namespaced && info.nameSpace.empty();
    const bool pathFits = verb == "create" ? (!named || !info.subresource.empty()) && !needsNamespace
                          : verb == "list" || verb == "watch"
                              ? true
                              : verb == "deletecollection" ? !needsNamespace : named && !needsNamespace;
    if (!pathFits || (!call.served->hasVerb(verb) && !(info.isWatchPath && verb == "watch"))) return methodNotAllowed();
    if (call.provider && verb != "get" && verb != "list" && verb != "watch") return methodNotAllowed();
    if (info.subresource == "scale") return scale(call);
    if (info.subresource == "binding" || info.resource.resource == "bindings") return bind(call);
    if (info.subresource == "eviction") return evict(call);
    if (info.subresource == "token") return issueToken(call);
    if (verb == "get") return get(call);
    if (verb == "list") return list(call);
    if (verb == "watch") return watch(call);
    if (verb == "create") return create(call);
    if (verb == "update") return update(call);
    if (verb == "patch") return patch(call);
    if (verb == "delete") return remove(call);
    if (verb == "deletecollection") return removeCollection(call);
    return methodNotAllowed();
}

Result<Response> RequestHandler::answerOther(Call& call) {
    const auto& segments = call.info.segments;
    const auto first = segments.empty() ? std::string() : segments.front();
    if (first == "healthz" || first == "livez" || first == "readyz") return health(call);
    if (first == "version") {
        const json::object version{{"major", "1"},         {"minor", "34"},
                                   {"emulationMajor", "1"}, {"emulationMinor", "34"},
                                   {"minCompatibilityMajor", "1"}, {"minCompatibilityMinor", "33"},
                                   {"gitVersion", "v1.34.4"}, {"gitCommit", "kubarium-" KUBARIUM_VERSION},
                                   {"gitTreeState", "clean"}, {"buildDate", "1970-01-01T00:00:00Z"},
                                   {"goVersion", "none"},   {"compiler", "gcc"},
                                   {"platform", "linux/amd64"}};
        Response response;
        call.presentation.pretty = true;
        response.body = json::value(version);
        return response;
    }
    if (first == "metrics") return metrics();
    if (first == "configz" && segments.size() == 1) {
        if (call.request.method != "GET") return methodNotAllowed();
        Response response;
        response.body = json::value(configurationSource_ ? configurationSource_() : json::object());
        return response;
    }
    if (first == "api" || first == "apis" || first == "openapi" || segments.empty()) return discovery(call);
    if (first == ".well-known" && segments.size() == 2 && segments[1] == "openid-configuration")
        return text(json::serialize(json::object{{"issuer", tokens_.issuer()}, {"jwks_uri", "https://" + call.request.serverAddress + "/openid/v1/jwks"},
                                                 {"response_types_supported", json::array{"id_token"}}, {"subject_types_supported", json::array{"public"}},
                                                 {"id_token_signing_alg_values_supported", json::array{"ES256"}}}),
                    "application/json");
    if (call.info.verb != "get") return plainNotFound();
    return plainNotFound();
}

Result<Response> RequestHandler::health(const Call& call) const {
    const auto& name = call.info.segments.front();
    if (call.info.segments.size() > 1 && (call.info.segments.size() > 2 || std::ranges::find(healthChecks, call.info.segments[1]) == healthChecks.end())) return plainNotFound();
    const auto& trouble = registry_.store().trouble();
    const bool healthy = trouble.empty() && (ready_ || name != "readyz");
    std::string body;
    if (healthy && !call.query.has("verbose")) return text("ok");
    const auto check = [&](std::string_view what, bool good) { body += fmt::format("[{}]{} {}\n", good ? '+' : '-', what, good ? "ok" : "failed: reason withheld"); };
    check("ping", true);
    check("log", true);
    check("etcd", trouble.empty());
    check("poststarthook/start-apiserver-admission-initializer", ready_);
    body += fmt::format("{} check {}\n", name, healthy ? "passed" : "failed");
    auto response = text(std::move(body));
    if (!healthy) response.code = 500;
    return response;
}

Result<Response> RequestHandler::metrics() const {
    std::string out = "# HELP apiserver_request_total Answered requests.\n# TYPE apiserver_request_total counter\n";
    for (const auto& [labels, count] : counts_) out += fmt::format("apiserver_request_total{{{}}} {}\n", labels, count);
    out += "# HELP apiserver_storage_revision Latest revision of the store.\n# TYPE apiserver_storage_revision gauge\n";
    out += fmt::format("apiserver_storage_revision {}\n", registry_.store().revision());
    return text(std::move(out), "text/plain; version=0.0.4; charset=utf-8");
}

Result<Response> RequestHandler::discovery(Call& call) const {
    const auto& schema = registry_.schema();
    const auto& segments = call.info.segments;
    const auto& accept = call.request.accept;
    const auto json = [](json::object tree) {
        Response response;
        response.body = json::value(std::move(tree));
        return response;
    };
    if (call.request.method != "GET" && call.request.method != "HEAD") return methodNotAllowed();
    if (segments.empty()) {
        json::array paths{"/api", "/api/v1", "/apis"};
        for (const auto& group : schema.groups()) {
            if (group.name.empty()) continue;
            paths.emplace_back(json::string("/apis/" + group.name));
            for (const auto& version : group.versions) paths.emplace_back(json::string("/apis/" + group.name + "/" + version));
        }
        for (const auto* path : {"/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"}) paths.emplace_back(path);
        return json({{"paths", std::move(paths)}});
    }
    if (segments.front() == "openapi") {
        if (segments.size() == 2 && segments[1] == "v2") {
            if (accept.find("proto-openapi.spec.v2") == std::string::npos) return text(api::openApiV2(schema), "application/json");
            return text(api::openApiV2Protobuf(schema), "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
        }
        if (segments.size() == 2 && segments[1] == "v3") return text(api::openApiIndex(schema), "text/plain; charset=utf-8");
        std::string path;
        for (std::size_t i = 2; i < segments.size(); ++i) path += (i > 2 ? "/" : "") + segments[i];
        if (const auto* document = segments[1] == "v3" ? api::openApiV3(schema, path) : nullptr) return text(*document, "application/json");
        return plainNotFound();
    }
    const bool core = segments.front() == "api";
    if (segments.size() == 1) {
        if (TRY(wantsAggregatedDiscovery(accept))) {
            auto response = json(api::aggregatedDiscovery(schema, core, "v2"));
            response.contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return response;
        }
        return json(core ? api::legacyVersions(call.request.serverAddress) : api::groupList(schema));
    }
    if (segments.size() == 2 && !core) {
        if (auto document = api::groupDocument(schema, segments[1])) return json(std::move(*document));
        return plainNotFound();
    }
    const std::string group(core ? "" : segments[1]);
    if (auto document = api::resourceList(schema, group, segments.back())) return json(std::move(*document));
    return noSuchVersion(schema, group);
}

}  // namespace kubarium::apiserver
