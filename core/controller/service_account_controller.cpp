#include "core/controller/service_account_controller.h"

#include <boost/json.hpp>

namespace kubarium::controller {

namespace resources = api::resources;

namespace {

const std::string rootCaName = "kube-root-ca.crt";

bool isTerminating(const ObjectPtr& nameSpace) { return !nameSpace || nameSpace->string({"status", "phase"}) == "Terminating" || nameSpace->deleting(); }

// Creating in a namespace that is going, or gone, cannot succeed and need not.
Result<void> ignoringRaces(const Result<ObjectPtr>& created) {
    if (created || created.error().reason == Reason::AlreadyExists || created.error().reason == Reason::NotFound ||
        created.error().reason == Reason::Forbidden)
        return {};
    return created.error();
}

}  // namespace

ServiceAccountController::ServiceAccountController(ControllerContext context)
    : Controller(context, "service account", "serviceaccount-controller"),
      namespaces_(informer(resources::namespaces)),
      accounts_(informer(resources::serviceAccounts)),
      queue_(addQueue([this](std::string nameSpace) { return reconcile(std::move(nameSpace)); })) {
    const auto enqueue = [this](const ObjectPtr& object) { queue_.add(object->key()); };
    namespaces_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, nullptr});
    accounts_.addHandler({nullptr, nullptr, [this](const ObjectPtr& account) {
                              if (account->name() == "default") queue_.add(std::string(account->nameSpace()));
                          }});
}

Async<Result<void>> ServiceAccountController::reconcile(std::string nameSpace) {
    if (isTerminating(namespaces_.get(nameSpace)) || accounts_.get(nameSpace, "default")) co_return Result<void>();
    json::object body{{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", json::object{{"name", "default"}, {"namespace", nameSpace}}}};
    auto created = co_await calls_.create(resources::serviceAccounts, nameSpace, std::move(body));
    co_return ignoringRaces(created);
}

RootCaPublisher::RootCaPublisher(ControllerContext context, std::string certificatePem)
    : Controller(context, "root CA", "root-ca-certificate-publisher"),
      certificate_(std::move(certificatePem)),
      namespaces_(informer(resources::namespaces)),
      configMaps_(informer(resources::configMaps)),
      queue_(addQueue([this](std::string nameSpace) { return reconcile(std::move(nameSpace)); })) {
    namespaces_.addHandler({[this](const ObjectPtr& object) { queue_.add(object->key()); }, nullptr, nullptr});
    const auto enqueue = [this](const ObjectPtr& map) {
        if (map->name() == rootCaName) queue_.add(std::string(map->nameSpace()));
    };
    configMaps_.addHandler({nullptr, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, enqueue});
}

Async<Result<void>> RootCaPublisher::reconcile(std::string nameSpace) {
    if (isTerminating(namespaces_.get(nameSpace))) co_return Result<void>();
    const json::object data{{"ca.crt", certificate_}};
    const auto existing = configMaps_.get(nameSpace, rootCaName);
    if (!existing) {
        json::object body{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"data", data}};
        auto& metadata = api::ensureObject(body, {"metadata"});
        metadata["name"] = rootCaName;
        metadata["namespace"] = nameSpace;
        metadata["annotations"] = json::object{
            {"kubernetes.io/description",
             "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or "
             "kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."}};
        auto created = co_await calls_.create(resources::configMaps, nameSpace, std::move(body));
        co_return ignoringRaces(created);
    }
    const auto* present = existing->find({"data"});
    if (present && present->is_object() && present->get_object() == data) co_return Result<void>();
    auto tree = existing->tree();
    tree["data"] = data;
    auto updated = co_await calls_.update(resources::configMaps, std::move(tree));
    if (!updated && updated.error().reason != Reason::NotFound) co_return updated.error();
    co_return Result<void>();
}

}  // namespace kubarium::controller
