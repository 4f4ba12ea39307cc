// The API as a Node sees it: while the Node is cut off, every call fails like a lost connection. What was under way when the
// partition began still gets its reply. Engine thread only.
#pragma once

#include "core/base/executor.h"
#include "core/client/client.h"

#include <memory>

namespace kubarium::kubelet {

class GatedClient final : public client::Client {
public:
    GatedClient(client::Client& inner, Executor& executor) : inner_(inner), executor_(executor) {}
    ~GatedClient() override { *alive_ = false; }

    bool open() const { return open_; }
    void setOpen(bool open) { open_ = open; }

    void get(const api::GroupVersionResource&, const std::string& nameSpace, const std::string& name,
             client::Reply<api::ObjectPtr>) override;
    void list(const api::GroupVersionResource&, const std::string& nameSpace, const client::ListOptions&,
              client::Reply<client::ObjectList>) override;
    std::unique_ptr<client::Watch> watch(const api::GroupVersionResource&, const std::string& nameSpace, const client::WatchOptions&,
                                         std::move_only_function<void(client::WatchEvent)>) override;
    void create(const api::GroupVersionResource&, const std::string& nameSpace, boost::json::object body, const client::WriteOptions&,
                client::Reply<api::ObjectPtr>, const std::string& name = {}, const std::string& subresource = {}) override;
    void update(const api::GroupVersionResource&, const std::string& nameSpace, const std::string& name, boost::json::object body,
                const client::WriteOptions&, client::Reply<api::ObjectPtr>, const std::string& subresource = {}) override;
    void patch(const api::GroupVersionResource&, const std::string& nameSpace, const std::string& name, client::PatchType,
               boost::json::value body, const client::WriteOptions&, client::Reply<api::ObjectPtr>,
               const std::string& subresource = {}) override;
    void remove(const api::GroupVersionResource&, const std::string& nameSpace, const std::string& name, const client::DeleteOptions&,
                client::Reply<boost::json::value>) override;
    void getRaw(const std::string& pathAndQuery, client::Reply<std::string>) override;

private:
    template <class T>
    bool refuse(client::Reply<T>& reply);

    client::Client& inner_;
    Executor& executor_;
    bool open_ = true;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::kubelet
