#include "core/apiserver/conversion.h"

#include <boost/json.hpp>

#include <array>

namespace kubarium::apiserver {

namespace json = boost::json;

namespace {

struct Renamed {
    std::string_view core;
    std::string_view events;
};
constexpr std::array eventFields{
    Renamed{"involvedObject", "regarding"},       Renamed{"message", "note"},
    Renamed{"source", "deprecatedSource"},        Renamed{"firstTimestamp", "deprecatedFirstTimestamp"},
    Renamed{"lastTimestamp", "deprecatedLastTimestamp"}, Renamed{"count", "deprecatedCount"},
    Renamed{"reportingComponent", "reportingController"},
};

bool isNewEvent(const api::Resource& resource) { return resource.id.group == "events.k8s.io"; }
bool isOldAutoscaler(const api::Resource& resource) { return resource.id.group == "autoscaling" && resource.id.version == "v1" && resource.id.resource == "horizontalpodautoscalers"; }

void rename(json::object& object, std::string_view from, std::string_view to) {
    const auto it = object.find(from);
    if (it == object.end()) return;
    auto value = std::move(it->value());
    object.erase(it);
    object[to] = std::move(value);
}

// autoscaling/v1 knows one metric: the average CPU utilization.
void autoscalerToNew(json::object& object) {
    object["apiVersion"] = "autoscaling/v2";
    auto* spec = object.contains("spec") ? object["spec"].if_object() : nullptr;
    if (!spec || !spec->contains("targetCPUUtilizationPercentage")) return;
    const auto percentage = (*spec)["targetCPUUtilizationPercentage"];
    spec->erase("targetCPUUtilizationPercentage");
    (*spec)["metrics"] = json::array{json::object{
        {"type", "Resource"},
        {"resource", json::object{{"name", "cpu"}, {"target", json::object{{"type", "Utilization"}, {"averageUtilization", percentage}}}}}}};
}

void autoscalerToOld(json::object& object) {
    object["apiVersion"] = "autoscaling/v1";
    auto* spec = object.contains("spec") ? object["spec"].if_object() : nullptr;
    if (!spec) return;
    if (const auto* metrics = spec->if_contains("metrics"); metrics && metrics->is_array())
        for (const auto& metric : metrics->get_array())
            if (api::stringAt(metric, {"resource", "name"}) == "cpu")
                if (const auto* percentage = api::findPath(metric, {"resource", "target", "averageUtilization"}))
                    (*spec)["targetCPUUtilizationPercentage"] = *percentage;
    spec->erase("metrics");
    spec->erase("behavior");
}

}  // namespace

std::string storageName(const api::GroupVersionResource& resource) {
    if (resource.group.empty() || (resource.group == "events.k8s.io" && resource.resource == "events")) return resource.resource;
    return resource.resource + "." + resource.group;
}

void toStorage(const api::Resource& resource, json::object& object) {
    if (isOldAutoscaler(resource)) return autoscalerToNew(object);
    if (!isNewEvent(resource)) return;
    object["apiVersion"] = "v1";
    for (const auto& field : eventFields) rename(object, field.events, field.core);
}

api::ObjectPtr fromStorage(const api::Resource& resource, const api::ObjectPtr& stored) {
    if (stored && isOldAutoscaler(resource)) {
        auto tree = stored->tree();
        autoscalerToOld(tree);
        return api::Object::make(std::move(tree));
    }
    if (!stored || !isNewEvent(resource)) return stored;
    auto tree = stored->tree();
    tree["apiVersion"] = "events.k8s.io/v1";
    for (const auto& field : eventFields) rename(tree, field.core, field.events);
    // What the old form always writes the new one leaves out when it is empty.
    for (const auto* field : {"reportingController", "reportingInstance", "note", "reason", "action", "type"})
        if (const auto* value = tree.if_contains(field); value && value->is_string() && value->get_string().empty()) tree.erase(field);
    return api::Object::make(std::move(tree));
}

}  // namespace kubarium::apiserver
