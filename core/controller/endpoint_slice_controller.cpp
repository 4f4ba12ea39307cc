#include "core/controller/endpoint_slice_controller.h"

#include "core/controller/endpoint_slice_writer.h"
#include "core/controller/endpoint_slices.h"

#include <boost/json.hpp>

namespace kubarium::controller {

namespace resources = api::resources;

namespace {

const char* const managedBy = "endpointslice.kubernetes.io/managed-by";

const std::string byService = "service";
std::vector<std::string> serviceIndex(const api::Object& slice) {
    if (slice.label(managedBy) != "endpointslice-controller.k8s.io") return {};
    return {std::string(slice.nameSpace()) + "/" + std::string(slice.label("kubernetes.io/service-name"))};
}

}  // namespace

EndpointSliceController::EndpointSliceController(ControllerContext context)
    : Controller(context, "endpointslice", "endpoint-slice-controller"),
      services_(informer(resources::services)),
      slices_(informer(resources::endpointSlices)),
      nodes_(informer(resources::nodes)),
      queue_(addQueue([this](std::string key) { return reconcile(std::move(key)); })),
      pods_(services_, informer(resources::pods), [this](const std::string& key) { queue_.add(key); }) {
    slices_.addIndex(byService, serviceIndex);
    const auto enqueue = [this](const ObjectPtr& service) { queue_.add(service->key()); };
    services_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); },
                          [this](const ObjectPtr& service) {
                              triggers_.forget(service->key());
                              created_.erase(service->key());
                          }});
    const auto onSlice = [this](const ObjectPtr& slice) {
        for (const auto& key : serviceIndex(*slice)) {
            if (const auto it = created_.find(key); it != created_.end()) it->second.erase(slice->key());
            if (services_.get(key)) queue_.add(key);
        }
    };
    slices_.addHandler({onSlice, [onSlice](const ObjectPtr&, const ObjectPtr& after) { onSlice(after); }, onSlice});
}

Async<Result<void>> EndpointSliceController::reconcile(std::string key) {
    const auto object = services_.get(key);
    if (!object || object->deleting()) co_return Result<void>();
    const auto& service = object->as<api::Service>();
    if (service.spec.type == "ExternalName" || service.spec.selector.empty()) co_return Result<void>();
    // Deciding on a cache that does not show one's own slices would make them twice.
    if (const auto it = created_.find(key); it != created_.end() && !it->second.empty()) co_return Result<void>();
    const auto selected = pods_.of(service);
    const auto& pods = selected.pods;
    std::vector<api::EndpointSlice> existing;
    for (const auto& slice : slices_.byIndex(byService, key))
        if (!slice->deleting()) existing.push_back(slice->as<api::EndpointSlice>());
    const auto zoneOf = [this](const std::string& name) {
        const auto node = name.empty() ? nullptr : nodes_.get(name);
        return node ? std::string(node->label("topology.kubernetes.io/zone")) : std::string();
    };
    auto trigger = triggers_.of(key, service, pods);
    auto changes = reconcileSlices(service, desiredEndpoints(service, pods, zoneOf), existing, sliceLabels(service));
    if (const auto summary = changes.summary(); !summary.empty()) note(key, summary);
    std::function<void(const ObjectPtr&)> onCreated = [this, key](const ObjectPtr& made) {
        if (!slices_.get(made->key())) created_[key].insert(made->key());
    };
    co_return co_await writeSlices(calls_, std::move(changes), std::move(trigger), std::move(onCreated));
}

}  // namespace kubarium::controller
