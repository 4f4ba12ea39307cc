#include "core/controller/endpoint_slice_writer.h"

#include <boost/json.hpp>

namespace kubarium::controller {

namespace {

json::object bodyOf(const api::EndpointSlice& slice, const std::string& trigger) {
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
}

}  // namespace

Async<Result<void>> writeSlices(Calls& calls, SliceChanges changes, std::string trigger, std::function<void(const ObjectPtr&)> onCreated) {
    for (const auto& slice : changes.create) {
        auto made = co_await calls.create(api::resources::endpointSlices, slice.metadata.nameSpace, bodyOf(slice, trigger));
        if (!made) {
            const bool hopeless = made.error().reason == Reason::Forbidden || made.error().reason == Reason::NotFound;
            if (hopeless) co_return Result<void>();  // the namespace is going
            co_return made.error();
        }
        onCreated(*made);
    }
    for (const auto& slice : changes.update) {
        auto written = co_await calls.update(api::resources::endpointSlices, bodyOf(slice, trigger));
        if (!written && written.error().reason != Reason::NotFound) co_return written.error();
    }
    for (const auto& slice : changes.remove) {
        auto removed = co_await calls.remove(api::resources::endpointSlices, slice.metadata.nameSpace, slice.metadata.name);
        if (!removed && removed.error().reason != Reason::NotFound) co_return removed.error();
    }
    co_return Result<void>();
}

}  // namespace kubarium::controller
