#include "core/controller/endpoint_slice_controller.h"

#include "core/controller/endpoint_slices.h"
#include "core/controller/indexes.h"
#include "core/controller/labels.h"
#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::controller {

namespace resources = api::resources;

namespace {

const char* const triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";
const char* const managedBy = "endpointslice.kubernetes.io/managed-by";

const std::string byService = "service";
std::vector<std::string> serviceIndex(const api::Object& slice) {
    if (slice.label(managedBy) != "endpointslice-controller.k8s.io") return {};
    return {std::string(slice.nameSpace()) + "/" + std::string(slice.label("kubernetes.io/service-name"))};
}

// Whether a change of a Pod can matter to an endpoint.
bool matters(const api::Object& before, const api::Object& after) {
    const auto &a = before.as<api::Pod>(), &b = after.as<api::Pod>();
    return isPodReady(a) != isPodReady(b) || a.status.podIP != b.status.podIP || a.status.podIPs.size() != b.status.podIPs.size() ||
           a.metadata.deletionTimestamp != b.metadata.deletionTimestamp || a.status.phase != b.status.phase || a.metadata.labels != b.metadata.labels ||
           a.spec.nodeName != b.spec.nodeName;
}

}  // namespace

EndpointSliceController::EndpointSliceController(ControllerContext context)
    : Controller(context, "endpointslice", "endpoint-slice-controller"),
      services_(informer(resources::services)),
      pods_(informer(resources::pods)),
      slices_(informer(resources::endpointSlices)),
      nodes_(informer(resources::nodes)),
      queue_(addQueue([this](std::string key) { return reconcile(std::move(key)); })) {
    pods_.addIndex(byNamespace, namespaceIndex);
    services_.addIndex(byNamespace, namespaceIndex);
    slices_.addIndex(byService, serviceIndex);
    const auto enqueue = [this](const ObjectPtr& service) { queue_.add(service->key()); };
    services_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); },
                          [this](const ObjectPtr& service) {
                              triggers_.erase(service->key());
                              created_.erase(service->key());
                          }});
    pods_.addHandler({[this](const ObjectPtr& pod) { enqueueServicesOf(*pod); },
                      [this](const ObjectPtr& before, const ObjectPtr& after) {
                          if (!matters(*before, *after)) return;
                          enqueueServicesOf(*before);
                          enqueueServicesOf(*after);
                      },
                      [this](const ObjectPtr& pod) { enqueueServicesOf(*pod); }});
    const auto onSlice = [this](const ObjectPtr& slice) {
        for (const auto& key : serviceIndex(*slice)) {
            if (const auto it = created_.find(key); it != created_.end()) it->second.erase(slice->key());
            if (services_.get(key)) queue_.add(key);
        }
    };
    slices_.addHandler({onSlice, [onSlice](const ObjectPtr&, const ObjectPtr& after) { onSlice(after); }, onSlice});
}

void EndpointSliceController::enqueueServicesOf(const api::Object& pod) {
    const auto& labels = api::metaOf(pod).labels;
    for (const auto& service : services_.byIndex(byNamespace, std::string(pod.nameSpace()))) {
        const auto& selector = service->as<api::Service>().spec.selector;
        if (!selector.empty() && selects(selector, labels)) queue_.add(service->key());
    }
}

std::string EndpointSliceController::triggerTime(const std::string& key, const api::Service& service, const std::vector<const api::Pod*>& pods) {
    auto& last = triggers_[key];
    std::string first;
    const auto consider = [&](const std::string& time) {
        if (!time.empty() && (first.empty() || time < first)) first = time;
    };
    std::map<std::string, std::string> current;
    for (const auto* pod : pods) {
        const auto* ready = findCondition(pod->status.conditions, "Ready");
        const std::string time = ready ? ready->lastTransitionTime : "";
        const auto known = last.pods.find(pod->metadata.name);
        if (time > (known == last.pods.end() ? "" : known->second)) consider(time);
        current[pod->metadata.name] = time;
    }
    if (service.metadata.creationTimestamp > last.service) consider(service.metadata.creationTimestamp);
    last = {service.metadata.creationTimestamp, std::move(current)};
    return first;
}

Async<Result<void>> EndpointSliceController::reconcile(std::string key) {
    const auto object = services_.get(key);
    if (!object || object->deleting()) co_return Result<void>();
    const auto& service = object->as<api::Service>();
    if (service.spec.type == "ExternalName" || service.spec.selector.empty()) co_return Result<void>();
    // Deciding on a cache that does not show one's own slices would make them twice.
    if (const auto it = created_.find(key); it != created_.end() && !it->second.empty()) co_return Result<void>();
    std::vector<ObjectPtr> kept;
    std::vector<const api::Pod*> pods;
    for (const auto& pod : pods_.byIndex(byNamespace, service.metadata.nameSpace))
        if (selects(service.spec.selector, api::metaOf(*pod).labels)) {
            kept.push_back(pod);
            pods.push_back(&pod->as<api::Pod>());
        }
    std::vector<api::EndpointSlice> existing;
    for (const auto& slice : slices_.byIndex(byService, key))
        if (!slice->deleting()) existing.push_back(slice->as<api::EndpointSlice>());
    const auto zoneOf = [this](const std::string& name) {
        const auto node = name.empty() ? nullptr : nodes_.get(name);
        return node ? std::string(node->label("topology.kubernetes.io/zone")) : std::string();
    };
    auto trigger = triggerTime(key, service, pods);
    auto changes = reconcileSlices(service, desiredEndpoints(service, pods, zoneOf), existing, sliceLabels(service));
    co_return co_await write(key, std::move(changes.create), std::move(changes.update), std::move(changes.remove), std::move(trigger));
}

Async<Result<void>> EndpointSliceController::write(std::string key, std::vector<api::EndpointSlice> create, std::vector<api::EndpointSlice> update,
                                                   std::vector<api::EndpointSlice> remove, std::string trigger) {
    if (create.size() + update.size() + remove.size() > 0)
        note(key, fmt::format("slices: {} new, {} changed, {} removed", create.size(), update.size(), remove.size()));
    const auto body = [&](const api::EndpointSlice& slice) {
        auto tree = api::encode(slice);
        tree["apiVersion"] = "discovery.k8s.io/v1";
        tree["kind"] = "EndpointSlice";
        auto& metadata = api::ensureObject(tree, {"metadata"});
        auto& annotations = api::ensureObject(metadata, {"annotations"});
        annotations.erase(triggerAnnotation);
        if (!trigger.empty()) annotations[triggerAnnotation] = trigger;
        if (annotations.empty()) metadata.erase("annotations");
        if (!tree.contains("endpoints")) tree["endpoints"] = json::array();
        if (!tree.contains("ports")) tree["ports"] = json::array();
        return tree;
    };
    for (const auto& slice : create) {
        auto made = co_await calls_.create(resources::endpointSlices, slice.metadata.nameSpace, body(slice));
        if (!made) {
            const bool hopeless = made.error().reason == Reason::Forbidden || made.error().reason == Reason::NotFound;
            if (hopeless) co_return Result<void>();  // the namespace is going
            co_return made.error();
        }
        if (!slices_.get((*made)->key())) created_[key].insert((*made)->key());
    }
    for (const auto& slice : update) {
        auto written = co_await calls_.update(resources::endpointSlices, body(slice));
        if (!written && written.error().reason != Reason::NotFound) co_return written.error();
    }
    for (const auto& slice : remove) {
        auto removed = co_await calls_.remove(resources::endpointSlices, slice.metadata.nameSpace, slice.metadata.name);
        if (!removed && removed.error().reason != Reason::NotFound) co_return removed.error();
    }
    co_return Result<void>();
}

}  // namespace kubarium::controller
