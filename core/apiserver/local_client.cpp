#include "core/apiserver/local_client.h"

#include "core/apiserver/presentation.h"
#include "core/client/request_paths.h"
#include "core/client/status_error.h"

#include <boost/json.hpp>

namespace kubarium::apiserver {

using namespace client;

namespace {

// The object of an answer, or the error that its Status tells.
Result<ObjectPtr> objectOf(Response response) {
    if (auto* object = std::get_if<ObjectPtr>(&response.body)) return std::move(*object);
    if (auto* tree = std::get_if<json::value>(&response.body); tree && tree->is_object()) return api::Object::make(std::move(tree->get_object()));
    return internalError("the API server answered without an object");
}

// The error of a failed answer; text answers ("404 page not found") have no Status.
std::optional<Error> failureOf(const Response& response) {
    if (response.code < 400) return std::nullopt;
    if (const auto* tree = std::get_if<json::value>(&response.body); tree && tree->is_object()) return errorFromStatus(tree->get_object(), response.code);
    const auto* text = std::get_if<std::string>(&response.body);
    auto error = makeError(response.code == 404 ? Reason::NotFound : Reason::Unknown, text ? *text : "the API server refused");
    error.code = response.code;
    return error;
}

class ForwardedWatch final : public client::Watch {
public:
    std::unique_ptr<client::Watch> inner;
    std::move_only_function<void(WatchEvent)> handler;
};

}  // namespace

Request LocalClient::request(std::string method, std::string path, std::string query) const {
    Request made;
    made.method = std::move(method);
    made.path = std::move(path);
    made.query = std::move(query);
    made.user = user_;
    made.userAgent = userAgent_;
    return made;
}

void LocalClient::send(Request request, std::move_only_function<void(Result<Response>)> reply) {
    // A task of its own: the caller may be in the midst of something.
    executor_.post([this, alive = alive_, request = std::move(request), reply = std::move(reply)]() mutable {
        if (!*alive) return;
        handler_.handle(std::move(request), [alive, reply = std::move(reply)](Response response) mutable {
            if (!*alive) return;
            if (auto failure = failureOf(response)) return reply(std::move(*failure));
            reply(std::move(response));
        });
    });
}

void LocalClient::sendForObject(Request request, Reply<ObjectPtr> reply) {
    send(std::move(request), [reply = std::move(reply)](Result<Response> response) mutable {
        if (!response) return reply(std::move(response.error()));
        reply(objectOf(std::move(*response)));
    });
}

void LocalClient::get(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, Reply<ObjectPtr> reply) {
    sendForObject(request("GET", resourcePath(resource, nameSpace, name)), std::move(reply));
}

void LocalClient::list(const GroupVersionResource& resource, const std::string& nameSpace, const ListOptions& options, Reply<ObjectList> reply) {
    send(request("GET", resourcePath(resource, nameSpace), listQuery(options)), [reply = std::move(reply)](Result<Response> response) mutable {
        if (!response) return reply(std::move(response.error()));
        auto* list = std::get_if<ListBody>(&response->body);
        if (!list) return reply(internalError("the API server answered without a list"));
        ObjectList listed;
        listed.items = std::move(list->items);
        listed.resourceVersion = std::move(list->resourceVersion);
        listed.continueToken = std::move(list->continueToken);
        reply(std::move(listed));
    });
}

std::unique_ptr<client::Watch> LocalClient::watch(const GroupVersionResource& resource, const std::string& nameSpace, const WatchOptions& options,
                                                  std::move_only_function<void(WatchEvent)> handler) {
    auto outer = std::make_unique<ForwardedWatch>();
    // Shared with the callbacks, which outlive a watch that is dropped early.
    auto live = std::make_shared<ForwardedWatch*>(outer.get());
    struct Owner final : client::Watch {
        std::unique_ptr<ForwardedWatch> forwarded;
        std::shared_ptr<ForwardedWatch*> live;
        ~Owner() override { *live = nullptr; }
    };
    outer->handler = std::move(handler);
    auto owner = std::make_unique<Owner>();
    owner->forwarded = std::move(outer);
    owner->live = live;
    send(request("GET", resourcePath(resource, nameSpace), watchQuery(options)), [live](Result<Response> response) mutable {
        if (!*live) return;
        const auto fail = [live](Error error) {
            if (auto* target = *live) target->handler({WatchEventType::Error, nullptr, std::move(error)});
        };
        if (!response) return fail(std::move(response.error()));
        if (!response->watch) return fail(internalError("the API server answered without a watch"));
        (*live)->inner = response->watch([live, fail](std::optional<WatchFrame> frame) {
            auto* target = *live;
            if (!target) return;
            if (!frame) return fail(makeError(Reason::ServiceUnavailable, "the watch has ended"));
            target->handler({frame->type, std::move(frame->object), std::move(frame->error)});
        });
    });
    return owner;
}

void LocalClient::create(const GroupVersionResource& resource, const std::string& nameSpace, json::object body, const WriteOptions& options,
                         Reply<ObjectPtr> reply, const std::string& name, const std::string& subresource) {
    auto made = request("POST", resourcePath(resource, nameSpace, name, subresource), writeQuery(options));
    made.tree = json::value(std::move(body));
    sendForObject(std::move(made), std::move(reply));
}

void LocalClient::update(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, json::object body,
                         const WriteOptions& options, Reply<ObjectPtr> reply, const std::string& subresource) {
    auto made = request("PUT", resourcePath(resource, nameSpace, name, subresource), writeQuery(options));
    made.tree = json::value(std::move(body));
    sendForObject(std::move(made), std::move(reply));
}

void LocalClient::patch(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, PatchType type, json::value body,
                        const WriteOptions& options, Reply<ObjectPtr> reply, const std::string& subresource) {
    auto made = request("PATCH", resourcePath(resource, nameSpace, name, subresource), writeQuery(options, type == PatchType::Apply));
    made.contentType = patchMediaType(type);
    made.tree = std::move(body);
    sendForObject(std::move(made), std::move(reply));
}

void LocalClient::remove(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, const DeleteOptions& options,
                         Reply<json::value> reply) {
    auto made = request("DELETE", resourcePath(resource, nameSpace, name));
    made.tree = json::value(deleteBody(options));
    send(std::move(made), [reply = std::move(reply)](Result<Response> response) mutable {
        if (!response) return reply(std::move(response.error()));
        auto object = objectOf(std::move(*response));
        if (!object) return reply(std::move(object.error()));
        reply(json::value((*object)->tree()));
    });
}

void LocalClient::getRaw(const std::string& pathAndQuery, Reply<std::string> reply) {
    const auto question = pathAndQuery.find('?');
    auto made = request("GET", pathAndQuery.substr(0, question), question == std::string::npos ? std::string() : pathAndQuery.substr(question + 1));
    send(std::move(made), [reply = std::move(reply)](Result<Response> response) mutable {
        if (!response) return reply(std::move(response.error()));
        reply(renderBody(*response));
    });
}

}  // namespace kubarium::apiserver
