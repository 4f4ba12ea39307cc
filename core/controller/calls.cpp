#include "core/controller/calls.h"

namespace kubarium::controller {
namespace {

client::WriteOptions writeOptions() {
    client::WriteOptions options;
    options.fieldManager = "kube-controller-manager";
    return options;
}

}  // namespace

Call<ObjectPtr> Calls::get(const GroupVersionResource& resource, std::string nameSpace, std::string name) {
    return Call<ObjectPtr>([&client = client_, resource, nameSpace = std::move(nameSpace), name = std::move(name)](client::Reply<ObjectPtr> reply) {
        client.get(resource, nameSpace, name, std::move(reply));
    });
}

Call<client::ObjectList> Calls::list(const GroupVersionResource& resource, std::string nameSpace) {
    return Call<client::ObjectList>([&client = client_, resource, nameSpace = std::move(nameSpace)](client::Reply<client::ObjectList> reply) {
        client.list(resource, nameSpace, client::ListOptions{}, std::move(reply));
    });
}

Call<ObjectPtr> Calls::create(const GroupVersionResource& resource, std::string nameSpace, json::object body) {
    return Call<ObjectPtr>([&client = client_, resource, nameSpace = std::move(nameSpace), body = std::move(body)](client::Reply<ObjectPtr> reply) mutable {
        client.create(resource, nameSpace, std::move(body), writeOptions(), std::move(reply));
    });
}

Call<ObjectPtr> Calls::update(const GroupVersionResource& resource, json::object body) {
    return update(resource, std::move(body), std::string());
}

Call<ObjectPtr> Calls::update(const GroupVersionResource& resource, json::object body, std::string subresource) {
    return Call<ObjectPtr>([&client = client_, resource, body = std::move(body), subresource = std::move(subresource)](client::Reply<ObjectPtr> reply) mutable {
        const json::value* metadata = body.if_contains("metadata");
        const std::string nameSpace(metadata ? api::stringAt(*metadata, {"namespace"}) : "");
        const std::string name(metadata ? api::stringAt(*metadata, {"name"}) : "");
        client.update(resource, nameSpace, name, std::move(body), writeOptions(), std::move(reply), subresource);
    });
}

Call<ObjectPtr> Calls::patch(const GroupVersionResource& resource, std::string nameSpace, std::string name, client::PatchType type, json::value body) {
    return patch(resource, std::move(nameSpace), std::move(name), type, std::move(body), std::string());
}

Call<ObjectPtr> Calls::patch(const GroupVersionResource& resource, std::string nameSpace, std::string name, client::PatchType type, json::value body,
                             std::string subresource) {
    return Call<ObjectPtr>([&client = client_, resource, nameSpace = std::move(nameSpace), name = std::move(name), type, body = std::move(body),
                            subresource = std::move(subresource)](client::Reply<ObjectPtr> reply) mutable {
        client.patch(resource, nameSpace, name, type, std::move(body), writeOptions(), std::move(reply), subresource);
    });
}

Call<json::value> Calls::remove(const GroupVersionResource& resource, std::string nameSpace, std::string name) {
    return remove(resource, std::move(nameSpace), std::move(name), client::DeleteOptions{});
}

Call<json::value> Calls::remove(const GroupVersionResource& resource, std::string nameSpace, std::string name, const client::DeleteOptions& options) {
    return Call<json::value>([&client = client_, resource, nameSpace = std::move(nameSpace), name = std::move(name),
                              options](client::Reply<json::value> reply) {
        client.remove(resource, nameSpace, name, options, std::move(reply));
    });
}

}  // namespace kubarium::controller
