#include "core/client/http_client.h"

#include "core/client/http_connection.h"
#include "core/client/request_paths.h"
#include "core/client/status_error.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::client {
namespace {

constexpr int pageSize = 500;

Result<json::value> parseBody(const std::string& body) {
    boost::system::error_code error;
    auto value = json::parse(body, error, {}, {.max_depth = 256});
    if (error) return makeError(Reason::ServiceUnavailable, fmt::format("the server's answer is not JSON: {}", error.message()));
    return value;
}

Result<ObjectPtr> parseObject(const std::string& body) {
    auto value = TRY(parseBody(body));
    if (!value.is_object()) return makeError(Reason::ServiceUnavailable, "the server's answer is not an object");
    return api::Object::make(std::move(value.get_object()));
}

Result<ObjectList> parseList(const std::string& body) {
    auto value = TRY(parseBody(body));
    ObjectList list;
    list.resourceVersion = api::stringAt(value, {"metadata", "resourceVersion"});
    list.continueToken = api::stringAt(value, {"metadata", "continue"});
    const std::string version(api::stringAt(value, {"apiVersion"}));
    std::string kind(api::stringAt(value, {"kind"}));
    if (kind.ends_with("List")) kind.resize(kind.size() - 4);
    auto* items = value.is_object() ? value.get_object().if_contains("items") : nullptr;
    if (!items || !items->is_array()) return list;
    for (auto& item : items->get_array()) {
        if (!item.is_object()) continue;
        auto& object = item.get_object();
        if (!object.contains("kind")) object["kind"] = kind;
        if (!object.contains("apiVersion")) object["apiVersion"] = version;
        list.items.push_back(api::Object::make(std::move(object)));
    }
    return list;
}

WatchEventType eventType(std::string_view name) {
    if (name == "ADDED") return WatchEventType::Added;
    if (name == "MODIFIED") return WatchEventType::Modified;
    if (name == "DELETED") return WatchEventType::Deleted;
    if (name == "BOOKMARK") return WatchEventType::Bookmark;
    return WatchEventType::Error;
}

WatchEvent parseEvent(const std::string& line) {
    const auto failed = [](Error error) { return WatchEvent{WatchEventType::Error, nullptr, std::move(error)}; };
    auto value = parseBody(line);
    if (!value) return failed(std::move(value.error()));
    const auto type = eventType(api::stringAt(*value, {"type"}));
    auto* object = value->is_object() ? value->get_object().if_contains("object") : nullptr;
    if (!object || !object->is_object()) return failed(makeError(Reason::ServiceUnavailable, "the server sent a watch event without an object"));
    if (type == WatchEventType::Error) {
        const auto* code = object->get_object().if_contains("code");
        return failed(errorFromStatus(object->get_object(), code && code->is_int64() ? static_cast<int>(code->get_int64()) : 0));
    }
    return {type, api::Object::make(std::move(object->get_object())), {}};
}

// Splits a stream of bytes into lines.
class LineSplitter {
public:
    template <class Each>
    void feed(std::string_view bytes, Each each) {
        for (;;) {
            const auto end = bytes.find('\n');
            rest_ += bytes.substr(0, end);
            if (end == std::string_view::npos) return;
            if (!rest_.empty()) each(std::exchange(rest_, {}));
            bytes.remove_prefix(end + 1);
        }
    }

private:
    std::string rest_;
};

}  // namespace

struct HttpClient::Call {
    std::string method;
    std::string target;
    std::string contentType;
    std::string body;
};

struct HttpClient::State {
    Executor& executor;
    std::shared_ptr<HttpTransport> transport;
    // Read and written on the engine thread only.
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    std::string server;
};

HttpClient::HttpClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HttpClient>> HttpClient::create(const ConnectionSettings& settings, Executor& executor, HttpClientOptions options) {
    if (settings.user.exec)
        return badRequest(fmt::format("user \"{}\" of the kubeconfig signs in with an exec plugin or auth provider, which is not supported: use a certificate or a token", settings.user.name));
    auto transport = TRY(HttpTransport::create(settings, options));
    return std::unique_ptr<HttpClient>(new HttpClient(std::make_shared<State>(State{executor, std::move(transport), std::make_shared<bool>(true), settings.cluster.server})));
}

HttpClient::~HttpClient() {
    *state_->alive = false;
    state_->transport->stop();
}

const std::string& HttpClient::server() const { return state_->server; }

// `parse` runs on the IO thread, `reply` on the engine's.
template <class Value, class Parse>
void sendAndParse(HttpTransport& transport, Executor& executor, std::shared_ptr<bool> alive, HttpTransport::Request request, Parse parse, Reply<Value> reply) {
    transport.send(std::move(request), [&executor, alive = std::move(alive), parse = std::move(parse), reply = std::move(reply)](Result<std::string> body) mutable {
        auto value = std::make_shared<Result<Value>>(body ? parse(*body) : Result<Value>(std::move(body.error())));
        executor.post([alive = std::move(alive), reply = std::move(reply), value]() mutable {
            if (*alive) reply(std::move(*value));
        });
    });
}

void HttpClient::sendForObject(Call call, Reply<ObjectPtr> reply) {
    sendAndParse<ObjectPtr>(*state_->transport, state_->executor, state_->alive, {call.method, call.target, call.contentType, std::move(call.body)}, parseObject, std::move(reply));
}

namespace {

std::string withQuery(std::string path, const std::string& query) { return query.empty() ? path : path + "?" + query; }

}  // namespace

void HttpClient::get(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, Reply<ObjectPtr> reply) {
    sendForObject({"GET", resourcePath(resource, nameSpace, name), {}, {}}, std::move(reply));
}

void HttpClient::list(const GroupVersionResource& resource, const std::string& nameSpace, const ListOptions& options, Reply<ObjectList> reply) {
    const bool wholeList = options.limit == 0;
    auto paged = options;
    if (wholeList) paged.limit = pageSize;
    listPage(resource, nameSpace, std::move(paged), {}, wholeList, std::move(reply));
}

void HttpClient::listPage(const GroupVersionResource& resource, const std::string& nameSpace, ListOptions options, ObjectList sofar, bool wholeList,
                          Reply<ObjectList> reply) {
    auto target = withQuery(resourcePath(resource, nameSpace), listQuery(options));
    sendAndParse<ObjectList>(*state_->transport, state_->executor, state_->alive, {"GET", std::move(target), {}, {}}, parseList,
                             [this, resource, nameSpace, options, sofar = std::move(sofar), wholeList, reply = std::move(reply)](Result<ObjectList> page) mutable {
                                 if (!page) {
                                     // The first page is too old by now: once more, in one piece.
                                     if (page.error().status() == 410 && wholeList && !options.continueToken.empty()) {
                                         options.continueToken.clear();
                                         options.limit = 0;
                                         return listPage(resource, nameSpace, options, {}, true, std::move(reply));
                                     }
                                     return reply(std::move(page));
                                 }
                                 sofar.items.insert(sofar.items.end(), std::make_move_iterator(page->items.begin()), std::make_move_iterator(page->items.end()));
                                 sofar.resourceVersion = page->resourceVersion;
                                 sofar.continueToken = page->continueToken;
                                 if (!wholeList || sofar.continueToken.empty()) return reply(std::move(sofar));
                                 options.continueToken = sofar.continueToken;
                                 listPage(resource, nameSpace, options, std::move(sofar), true, std::move(reply));
                             });
}

namespace {

// The engine-side end of a stream: dropping it tells the transport and silences the callbacks.
class StreamHandle final : public Watch {
public:
    StreamHandle(std::shared_ptr<HttpTransport> transport, std::shared_ptr<bool> open, std::uint64_t id)
        : transport_(std::move(transport)), open_(std::move(open)), id_(id) {}
    ~StreamHandle() override {
        *open_ = false;
        transport_->cancelStream(id_);
    }

private:
    std::shared_ptr<HttpTransport> transport_;
    std::shared_ptr<bool> open_;
    std::uint64_t id_;
};

}  // namespace

std::unique_ptr<Watch> HttpClient::watch(const GroupVersionResource& resource, const std::string& nameSpace, const WatchOptions& options,
                                         std::move_only_function<void(WatchEvent)> handler) {
    auto open = std::make_shared<bool>(true);
    auto shared = std::make_shared<std::move_only_function<void(WatchEvent)>>(std::move(handler));
    const auto deliver = [&executor = state_->executor, alive = state_->alive, open, shared](std::vector<WatchEvent> events) {
        executor.post([alive, open, shared, events = std::move(events)]() mutable {
            for (auto& event : events) {
                if (!*alive || !*open) return;
                (*shared)(std::move(event));
            }
        });
    };
    HttpTransport::Request request{"GET", withQuery(resourcePath(resource, nameSpace), watchQuery(options)), {}, {}};
    const auto id = state_->transport->stream(
        std::move(request),
        [deliver, lines = std::make_shared<LineSplitter>()](std::string_view bytes) {
            std::vector<WatchEvent> events;
            lines->feed(bytes, [&](std::string line) { events.push_back(parseEvent(line)); });
            if (!events.empty()) deliver(std::move(events));
        },
        [deliver](Result<void> ended) {
            std::vector<WatchEvent> last;
            last.push_back({WatchEventType::Error, nullptr, ended ? makeError(Reason::ServiceUnavailable, "the watch has ended") : std::move(ended.error())});
            deliver(std::move(last));
        });
    return std::make_unique<StreamHandle>(state_->transport, std::move(open), id);
}

std::unique_ptr<Watch> HttpClient::stream(const std::string& pathAndQuery, std::move_only_function<void(std::string)> onData,
                                          std::move_only_function<void(Result<void>)> onEnd) {
    struct Handlers {
        std::move_only_function<void(std::string)> onData;
        std::move_only_function<void(Result<void>)> onEnd;
    };
    auto open = std::make_shared<bool>(true);
    auto handlers = std::make_shared<Handlers>(std::move(onData), std::move(onEnd));
    const auto id = state_->transport->stream(
        {"GET", pathAndQuery, {}, {}},
        [&executor = state_->executor, alive = state_->alive, open, handlers](std::string_view bytes) {
            executor.post([alive, open, handlers, text = std::string(bytes)]() mutable {
                if (*alive && *open) handlers->onData(std::move(text));
            });
        },
        [&executor = state_->executor, alive = state_->alive, open, handlers](Result<void> ended) {
            executor.post([alive, open, handlers, ended = std::move(ended)]() mutable {
                if (*alive && *open) handlers->onEnd(std::move(ended));
            });
        });
    return std::make_unique<StreamHandle>(state_->transport, std::move(open), id);
}

void HttpClient::create(const GroupVersionResource& resource, const std::string& nameSpace, json::object body, const WriteOptions& options,
                        Reply<ObjectPtr> reply, const std::string& name, const std::string& subresource) {
    sendForObject({"POST", withQuery(resourcePath(resource, nameSpace, name, subresource), writeQuery(options)), "application/json", json::serialize(body)}, std::move(reply));
}

void HttpClient::update(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, json::object body,
                        const WriteOptions& options, Reply<ObjectPtr> reply, const std::string& subresource) {
    sendForObject({"PUT", withQuery(resourcePath(resource, nameSpace, name, subresource), writeQuery(options)), "application/json", json::serialize(body)}, std::move(reply));
}

void HttpClient::patch(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, PatchType type, json::value body,
                       const WriteOptions& options, Reply<ObjectPtr> reply, const std::string& subresource) {
    auto target = withQuery(resourcePath(resource, nameSpace, name, subresource), writeQuery(options, type == PatchType::Apply));
    sendForObject({"PATCH", std::move(target), patchMediaType(type), json::serialize(body)}, std::move(reply));
}

void HttpClient::remove(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, const DeleteOptions& options,
                        Reply<json::value> reply) {
    HttpTransport::Request request{"DELETE", resourcePath(resource, nameSpace, name), "application/json", json::serialize(deleteBody(options))};
    sendAndParse<json::value>(*state_->transport, state_->executor, state_->alive, std::move(request), parseBody, std::move(reply));
}

void HttpClient::getRaw(const std::string& pathAndQuery, Reply<std::string> reply) {
    sendAndParse<std::string>(*state_->transport, state_->executor, state_->alive, {"GET", pathAndQuery, {}, {}},
                              [](std::string& body) { return Result<std::string>(std::move(body)); }, std::move(reply));
}

void HttpClient::exec(PodExecRequest request, Reply<PodExecAnswer> reply) {
    state_->transport->exec(std::move(request), [&executor = state_->executor, alive = state_->alive, reply = std::move(reply)](Result<PodExecAnswer> answer) mutable {
        executor.post([alive, reply = std::move(reply), answer = std::move(answer)]() mutable {
            if (*alive) reply(std::move(answer));
        });
    });
}

}  // namespace kubarium::client
