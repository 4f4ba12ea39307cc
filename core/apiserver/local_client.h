// Client of the components that live in the API server's process: the whole request path (authorization, admission,
// validation) without socket and without serialising; objects are shared with the store.
#pragma once

#include "core/apiserver/request_handler.h"
#include "core/client/client.h"

namespace kubarium::apiserver {

class LocalClient final : public client::Client {
public:
    LocalClient(Executor& executor, RequestHandler& handler, User user, std::string userAgent)
        : executor_(executor), handler_(handler), user_(std::move(user)), userAgent_(std::move(userAgent)) {}
    ~LocalClient() override { *alive_ = false; }

    void get(const client::GroupVersionResource&, const std::string& nameSpace, const std::string& name, client::Reply<ObjectPtr>) override;
    void list(const client::GroupVersionResource&, const std::string& nameSpace, const client::ListOptions&, client::Reply<client::ObjectList>) override;
    std::unique_ptr<client::Watch> watch(const client::GroupVersionResource&, const std::string& nameSpace, const client::WatchOptions&,
                                         std::move_only_function<void(client::WatchEvent)>) override;
    void create(const client::GroupVersionResource&, const std::string& nameSpace, json::object body, const client::WriteOptions&, client::Reply<ObjectPtr>,
                const std::string& name = {}, const std::string& subresource = {}) override;
    void update(const client::GroupVersionResource&, const std::string& nameSpace, const std::string& name, json::object body, const client::WriteOptions&,
                client::Reply<ObjectPtr>, const std::string& subresource = {}) override;
    void patch(const client::GroupVersionResource&, const std::string& nameSpace, const std::string& name, client::PatchType, json::value body,
               const client::WriteOptions&, client::Reply<ObjectPtr>, const std::string& subresource = {}) override;
    void remove(const client::GroupVersionResource&, const std::string& nameSpace, const std::string& name, const client::DeleteOptions&,
                client::Reply<json::value>) override;
    void getRaw(const std::string& pathAndQuery, client::Reply<std::string>) override;

private:
    Request request(std::string method, std::string path, std::string query = {}) const;
    void send(Request request, std::move_only_function<void(Result<Response>)> reply);
    void sendForObject(Request request, client::Reply<ObjectPtr> reply);

    Executor& executor_;
    RequestHandler& handler_;
    User user_;
    std::string userAgent_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::apiserver
