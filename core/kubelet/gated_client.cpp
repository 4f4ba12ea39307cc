#include "core/kubelet/gated_client.h"

namespace kubarium::kubelet {

namespace {
Error unreachable() { return makeError(Reason::ServiceUnavailable, "the API server cannot be reached from this Node (network partition)"); }
}  // namespace

template <class T>
bool GatedClient::refuse(client::Reply<T>& reply) {
    if (open_) return false;
    executor_.post([reply = std::move(reply), alive = alive_]() mutable {
        if (*alive) reply(unreachable());
    });
    return true;
}

void GatedClient::get(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name,
                      client::Reply<api::ObjectPtr> reply) {
    if (!refuse(reply)) inner_.get(resource, nameSpace, name, std::move(reply));
}

void GatedClient::list(const api::GroupVersionResource& resource, const std::string& nameSpace, const client::ListOptions& options,
                       client::Reply<client::ObjectList> reply) {
    if (!refuse(reply)) inner_.list(resource, nameSpace, options, std::move(reply));
}

std::unique_ptr<client::Watch> GatedClient::watch(const api::GroupVersionResource& resource, const std::string& nameSpace,
                                                  const client::WatchOptions& options,
                                                  std::move_only_function<void(client::WatchEvent)> handler) {
    if (open_) return inner_.watch(resource, nameSpace, options, std::move(handler));
    executor_.post([handler = std::move(handler), alive = alive_]() mutable {
        if (*alive) handler({client::WatchEventType::Error, nullptr, unreachable()});
    });
    return std::make_unique<client::Watch>();
}

void GatedClient::create(const api::GroupVersionResource& resource, const std::string& nameSpace, boost::json::object body,
                         const client::WriteOptions& options, client::Reply<api::ObjectPtr> reply, const std::string& name,
                         const std::string& subresource) {
    if (!refuse(reply)) inner_.create(resource, nameSpace, std::move(body), options, std::move(reply), name, subresource);
}

void GatedClient::update(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name,
                         boost::json::object body, const client::WriteOptions& options, client::Reply<api::ObjectPtr> reply,
                         const std::string& subresource) {
    if (!refuse(reply)) inner_.update(resource, nameSpace, name, std::move(body), options, std::move(reply), subresource);
}

void GatedClient::patch(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name,
                        client::PatchType type, boost::json::value body, const client::WriteOptions& options,
                        client::Reply<api::ObjectPtr> reply, const std::string& subresource) {
    if (!refuse(reply)) inner_.patch(resource, nameSpace, name, type, std::move(body), options, std::move(reply), subresource);
}

void GatedClient::remove(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name,
                         const client::DeleteOptions& options, client::Reply<boost::json::value> reply) {
    if (!refuse(reply)) inner_.remove(resource, nameSpace, name, options, std::move(reply));
}

void GatedClient::getRaw(const std::string& pathAndQuery, client::Reply<std::string> reply) {
    if (!refuse(reply)) inner_.getRaw(pathAndQuery, std::move(reply));
}

}  // namespace kubarium::kubelet
