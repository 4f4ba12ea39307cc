#include "core/controller/endpoint_slice_mirroring_controller.h"

#include "core/api/json_read.h"
#include "core/api/types/service.h"
#include "core/controller/endpoint_slice_writer.h"

#include <boost/json.hpp>

namespace kubarium::controller {

namespace resources = api::resources;

namespace {

constexpr const char* managedBy = "endpointslice.kubernetes.io/managed-by";
constexpr const char* controllerName = "endpointslicemirroring-controller.k8s.io";
constexpr std::size_t mostPerSubset = 1000;

const std::string byService = "mirroredService";
std::vector<std::string> mirrorIndex(const api::Object& slice) {
    if (slice.label(managedBy) != controllerName) return {};
    return {std::string(slice.nameSpace()) + "/" + std::string(slice.label("kubernetes.io/service-name"))};
}

bool mirrored(const api::Object& endpoints) {
    return endpoints.label("endpointslice.kubernetes.io/skip-mirror") != "true" && !endpoints.find({"metadata", "annotations", "control-plane.alpha.kubernetes.io/leader"});
}

std::vector<DesiredEndpoints> desiredOf(const api::Object& endpoints) {
    std::vector<DesiredEndpoints> desired;
    const auto* subsets = endpoints.find({"subsets"});
    if (!subsets || !subsets->is_array()) return desired;
    for (const auto& subset : subsets->get_array()) {
        std::vector<api::EndpointPort> ports;
        for (const auto& port : api::arrayAt(subset.as_object(), "ports")) ports.push_back(api::decodeObjectAs<api::EndpointPort>(port.as_object()));
        std::map<std::string, DesiredEndpoints> byFamily;
        std::size_t count = 0;
        for (const auto& [field, ready] : {std::pair("addresses", true), std::pair("notReadyAddresses", false)})
            for (const auto& address : api::arrayAt(subset.as_object(), field)) {
                if (++count > mostPerSubset) break;
                api::Endpoint endpoint;
                const auto ip = api::textCopyAt(address.as_object(), "ip");
                endpoint.addresses.push_back(ip);
                endpoint.conditions.emplace().ready = ready;
                endpoint.hostname = api::textCopyAt(address.as_object(), "hostname");
                endpoint.nodeName = api::textCopyAt(address.as_object(), "nodeName");
                if (const auto* target = address.as_object().if_contains("targetRef"); target && target->is_object()) endpoint.targetRef = api::decodeObjectAs<api::ObjectReference>(target->get_object());
                const std::string family = ip.find(':') == std::string::npos ? "IPv4" : "IPv6";
                auto& group = byFamily.try_emplace(family, DesiredEndpoints{family, ports, {}}).first->second;
                group.endpoints.push_back(std::move(endpoint));
            }
        for (auto& [family, group] : byFamily) desired.push_back(std::move(group));
    }
    return desired;
}

}  // namespace

EndpointSliceMirroringController::EndpointSliceMirroringController(ControllerContext context)
    : Controller(context, "endpointslicemirroring", "endpoint-slice-mirroring-controller"),
      services_(informer(resources::services)),
      endpoints_(informer(endpointsResource)),
      slices_(informer(resources::endpointSlices)),
      queue_(addQueue([this](std::string key) { return reconcile(std::move(key)); })) {
    slices_.addIndex(byService, mirrorIndex);
    const auto enqueue = [this](const ObjectPtr& object) { queue_.add(object->key()); };
    services_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, enqueue});
    endpoints_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, enqueue});
    const auto onSlice = [this](const ObjectPtr& slice) {
        for (const auto& key : mirrorIndex(*slice)) {
            if (const auto it = created_.find(key); it != created_.end()) it->second.erase(slice->key());
            queue_.add(key);
        }
    };
    slices_.addHandler({onSlice, [onSlice](const ObjectPtr&, const ObjectPtr& after) { onSlice(after); }, onSlice});
}

Async<Result<void>> EndpointSliceMirroringController::reconcile(std::string key) {
    const auto service = services_.get(key);
    const auto endpoints = endpoints_.get(key);
    // Deciding on a cache that does not show one's own slices would make them twice.
    if (const auto it = created_.find(key); it != created_.end()) {
        if (!it->second.empty()) co_return Result<void>();
        created_.erase(it);
    }
    SliceChanges changes;
    std::vector<api::EndpointSlice> existing;
    for (const auto& slice : slices_.byIndex(byService, key))
        if (!slice->deleting()) existing.push_back(slice->as<api::EndpointSlice>());
    const bool wanted = service && endpoints && !endpoints->deleting() && mirrored(*endpoints) && service->as<api::Service>().spec.selector.empty();
    if (!wanted) {
        changes.remove = std::move(existing);
    } else {
        auto labels = api::metaOf(*endpoints).labels;
        labels["kubernetes.io/service-name"] = endpoints->name();
        labels[managedBy] = controllerName;
        changes = reconcileSlices(service->as<api::Service>(), desiredOf(*endpoints), existing, labels);
        for (auto& slice : changes.create) slice.metadata.ownerReferences = {{"v1", "Endpoints", std::string(endpoints->name()), std::string(endpoints->uid()), true, true}};
    }
    if (const auto summary = changes.summary(); !summary.empty()) note(key, summary);
    std::function<void(const ObjectPtr&)> onCreated = [this, key](const ObjectPtr& made) {
        if (!slices_.get(made->key())) created_[key].insert(made->key());
    };
    std::string trigger;
    co_return co_await writeSlices(calls_, std::move(changes), std::move(trigger), std::move(onCreated));
}

}  // namespace kubarium::controller
