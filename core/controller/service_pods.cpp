#include "core/controller/service_pods.h"

#include "core/controller/indexes.h"
#include "core/controller/labels.h"
#include "core/controller/pods.h"

namespace kubarium::controller {

namespace {

// Whether a change of a Pod can matter to an endpoint.
bool matters(const api::Object& before, const api::Object& after) {
    const auto &a = before.as<api::Pod>(), &b = after.as<api::Pod>();
    return isPodReady(a) != isPodReady(b) || a.status.podIP != b.status.podIP || a.status.podIPs.size() != b.status.podIPs.size() ||
           a.metadata.deletionTimestamp != b.metadata.deletionTimestamp || a.status.phase != b.status.phase || a.metadata.labels != b.metadata.labels ||
           a.spec.nodeName != b.spec.nodeName;
}

}  // namespace

ServicePods::ServicePods(client::Informer& services, client::Informer& pods, std::function<void(const std::string&)> concerned)
    : services_(services), pods_(pods), concerned_(std::move(concerned)) {
    pods_.addIndex(byNamespace, namespaceIndex);
    services_.addIndex(byNamespace, namespaceIndex);
    const auto one = [this](const ObjectPtr& pod) { tell(*pod); };
    pods_.addHandler({one,
                      [this](const ObjectPtr& before, const ObjectPtr& after) {
                          if (!matters(*before, *after)) return;
                          tell(*before);
                          tell(*after);
                      },
                      one});
}

void ServicePods::tell(const api::Object& pod) const {
    const auto& labels = api::metaOf(pod).labels;
    for (const auto& service : services_.byIndex(byNamespace, std::string(pod.nameSpace()))) {
        const auto& selector = service->as<api::Service>().spec.selector;
        if (!selector.empty() && selects(selector, labels)) concerned_(service->key());
    }
}

ServicePods::Selected ServicePods::of(const api::Service& service) const {
    Selected selected;
    for (auto& pod : pods_.byIndex(byNamespace, service.metadata.nameSpace))
        if (selects(service.spec.selector, api::metaOf(*pod).labels)) {
            selected.pods.push_back(&pod->as<api::Pod>());
            selected.objects.push_back(pod);
        }
    return selected;
}

}  // namespace kubarium::controller
