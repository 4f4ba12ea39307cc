#include "core/apiserver/pod_proxy.h"

#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>

namespace kubarium::apiserver {
namespace {

namespace http = boost::beast::http;

constexpr std::uint64_t longestBody = 16 << 20;

// "http:web:8080": scheme, name and port; the first and the last may be missing.
struct ProxyName {
    std::string scheme, name, port;
};
Result<ProxyName> parseProxyName(const std::string& text) {
    ProxyName parsed;
    const auto first = text.find(':'), last = text.rfind(':');
    if (first == std::string::npos) parsed.name = text;
    else if (first == last) parsed.name = text.substr(0, first), parsed.port = text.substr(first + 1);
    else parsed.scheme = text.substr(0, first), parsed.name = text.substr(first + 1, last - first - 1), parsed.port = text.substr(last + 1);
    if (!parsed.scheme.empty() && parsed.scheme != "http" && parsed.scheme != "https") return badRequest(fmt::format("invalid service request \"{}\"", text));
    if (parsed.scheme == "https") return makeError(Reason::ServiceUnavailable, "https to a Pod is not served by this proxy");
    return parsed;
}

int numberOf(const json::value& object, std::string_view key) {
    const auto* value = api::findPath(object, {key});
    return value && value->is_number() ? value->to_number<int>() : 0;
}

const json::array& listAt(const api::Object& object, std::initializer_list<std::string_view> path) {
    static const json::array none;
    const auto* list = object.find(path);
    return list && list->is_array() ? list->get_array() : none;
}

Result<int> portOfPod(const api::Object& pod, const std::string& port) {
    for (const auto& container : listAt(pod, {"spec", "containers"})) {
        const auto* ports = api::findPath(container, {"ports"});
        if (!ports || !ports->is_array()) continue;
        for (const auto& each : ports->get_array())
            if (port.empty() || api::stringAt(each, {"name"}) == port) return numberOf(each, "containerPort");
    }
    if (port.empty()) return 80;
    int number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number < 1 || number > 65535) return badRequest(fmt::format("pod {} has no port \"{}\"", pod.name(), port));
    return number;
}

// What goes over the connection, and the answer that is read from it. Lives as long as the connection's handlers.
struct Exchange {
    std::unique_ptr<PodStream> stream;
    http::response_parser<http::string_body> parser;
    std::string pending;  // bytes that the parser has not taken
    std::move_only_function<void(Result<Response>)> done;

    // The answer to HEAD tells the length of a body that does not come.
    explicit Exchange(bool head) {
        parser.body_limit(longestBody);
        parser.skip(head);
    }

    void take(std::string data) {
        if (!done) return;
        pending += data;
        boost::system::error_code error;
        while (!pending.empty() && !parser.is_done()) {
            const auto used = parser.put(boost::asio::buffer(pending), error);
            pending.erase(0, used);
            if (error == http::error::need_more) return;
            if (error) return fail(fmt::format("the answer is no HTTP: {}", error.message()));
            if (used == 0) break;
        }
        if (parser.is_done()) finish();
    }
    void end() {
        if (!done) return;
        boost::system::error_code error;
        parser.put_eof(error);
        if (error || !parser.is_done()) return fail("the connection was closed before an answer came");
        finish();
    }
    void fail(const std::string& why) {
        if (done) std::exchange(done, {})(makeError(Reason::ServiceUnavailable, fmt::format("error trying to reach service: {}", why)));
    }
    void finish() {
        auto& message = parser.get();
        Response response;
        response.code = static_cast<int>(message.result_int());
        response.contentType = std::string(message[http::field::content_type]);
        if (response.contentType.empty()) response.contentType = "application/octet-stream";
        response.body = std::move(message.body());
        std::exchange(done, {})(std::move(response));
    }
};

std::string requestText(const Request& request, const RequestInfo& info, const std::string& host) {
    std::string path = "/";
    for (const auto& segment : info.rest) path += (path.size() > 1 ? "/" : "") + percentEncode(segment);
    if (!info.rest.empty() && request.path.ends_with('/')) path += '/';
    if (!request.query.empty()) path += "?" + request.query;
    auto text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nUser-Agent: {}\r\nAccept: {}\r\n", request.method, path, host,
                            request.userAgent.empty() ? "kube-apiserver" : request.userAgent, request.accept.empty() ? "*/*" : request.accept);
    if (!request.body.empty()) text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", request.contentType, request.body.size());
    return text + "\r\n" + request.body;
}

// A ready endpoint of the Service, as "Pod name" and port.
Result<std::pair<std::string, int>> endpointOf(Registry& registry, const ObjectPtr& service, const std::string& port) {
    const auto noEndpoints = makeError(Reason::ServiceUnavailable, fmt::format("no endpoints available for service \"{}\"", service->name()));
    const auto& ports = listAt(*service, {"spec", "ports"});
    const json::value* chosen = nullptr;
    for (const auto& each : ports)
        if (port.empty() ? ports.size() == 1 : api::stringAt(each, {"name"}) == port || std::to_string(numberOf(each, "port")) == port) chosen = &each;
    if (!chosen) return makeError(Reason::ServiceUnavailable, fmt::format("no service port \"{}\" found for service \"{}\"", port, service->name()));
    const auto portName = api::stringAt(*chosen, {"name"});
    for (const auto& [path, slice] : registry.store().all("endpointslices.discovery.k8s.io")) {
        if (slice->nameSpace() != service->nameSpace() || slice->label("kubernetes.io/service-name") != service->name()) continue;
        int number = 0;
        for (const auto& each : listAt(*slice, {"ports"}))
            if (api::stringAt(each, {"name"}) == portName) number = numberOf(each, "port");
        for (const auto& endpoint : listAt(*slice, {"endpoints"})) {
            const auto* ready = api::findPath(endpoint, {"conditions", "ready"});
            const auto pod = api::stringAt(endpoint, {"targetRef", "name"});
            if (number > 0 && !pod.empty() && (!ready || !ready->is_bool() || ready->get_bool())) return std::pair(std::string(pod), number);
        }
    }
    return noEndpoints;
}

}  // namespace

Result<ProxiedRequest> proxyToPod(Registry& registry, KubeletConnector* kubelets, Executor& executor, const Request& request, const RequestInfo& info) {
    const auto name = TRY(parseProxyName(info.name));
    const auto* resource = registry.schema().findResource(info.resource);
    ObjectPtr pod = TRY(registry.get(*resource, info.nameSpace, name.name));
    int port = 0;
    if (info.resource.resource == "services") {
        const auto endpoint = TRY(endpointOf(registry, pod, name.port));
        pod = TRY(registry.get(*registry.schema().findResource(api::resources::pods), info.nameSpace, endpoint.first));
        port = endpoint.second;
    } else {
        port = TRY(portOfPod(*pod, name.port));
    }
    // Relative links of a page only work below a path with a slash at its end. Kubernetes: proxyRedirectsforRootPath in apimachinery.
    const bool head = request.method == "HEAD";
    if (info.rest.empty() && !request.path.ends_with('/') && (head || request.method == "GET"))
        return ProxiedRequest([location = request.path + "/" + (request.query.empty() ? "" : "?" + request.query)](auto done) {
            Response response;
            response.code = 301;
            response.headers.emplace_back("Location", location);
            done(std::move(response));
        });
    if (!kubelets) return makeError(Reason::ServiceUnavailable, "there are no kubelets to reach Pods by");
    return ProxiedRequest([kubelets, &executor, pod, port, head, text = requestText(request, info, name.name)](auto done) {
        auto exchange = std::make_shared<Exchange>(head);
        exchange->done = [&executor, exchange = std::weak_ptr(exchange), done = std::move(done)](Result<Response> answer) mutable {
            // Not from within the stream's own call: it would end itself.
            if (const auto self = exchange.lock()) executor.post([self] { self->stream.reset(); });
            done(std::move(answer));
        };
        PodStreamHandlers handlers;
        handlers.onData = [exchange](std::string data) { exchange->take(std::move(data)); };
        handlers.onError = [exchange](std::string why) { exchange->fail(why); };
        handlers.onEnd = [exchange](Result<int> ended) { ended ? exchange->end() : exchange->fail(ended.error().message); };
        exchange->stream = kubelets->portForward(pod, port, std::move(handlers));
        if (exchange->stream) exchange->stream->write(text);
    });
}

}  // namespace kubarium::apiserver
