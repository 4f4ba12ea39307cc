#include "core/api/strategy_pod.h"

#include "core/api/validation_report.h"

#include <boost/json.hpp>

namespace kubarium::api {
namespace {

void takeOver(json::object& into, const json::object& from, std::string_view key) {
    if (const auto* value = from.if_contains(key)) into.insert_or_assign(key, *value);
    else into.erase(key);
}

// metav1.ResetObjectMetaForStatus
void keepMetadata(const json::object& oldPod, json::object& newPod) {
    auto& metadata = ensureObject(newPod, {"metadata"});
    for (const auto* key : {"deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "finalizers", "ownerReferences"})
        takeOver(metadata, objectOrEmpty(oldPod, "metadata"), key);
}

// The old containers with the new resources; the new ones as they are when they do not line up, for validation to refuse.
json::array resized(const json::array& before, const json::array& after) {
    json::array merged = before;
    for (std::size_t i = 0; i < after.size(); ++i) {
        const auto& wanted = asObject(after[i]);
        auto* container = merged[i].if_object();
        if (!container || textAt(*container, "name") != textAt(wanted, "name")) return after;
        takeOver(*container, wanted, "resources");
        takeOver(*container, wanted, "resizePolicy");
    }
    return merged;
}

void unify(json::object& status, std::string_view one, std::string_view many) {
    const auto first = arrayAt(status, many).empty() ? std::string_view() : textAt(asObject(arrayAt(status, many).front()), "ip");
    const auto single = textAt(status, one);
    if (single == first) return;
    if (single.empty()) {
        const json::string address(first);
        status[one] = address;
    } else {
        json::object address{{"ip", json::string(single)}};
        status[many] = json::array{std::move(address)};
    }
}

}  // namespace

void unifyAddresses(json::object& pod) {
    auto* status = pod.if_contains("status");
    if (!status || !status->is_object()) return;
    unify(status->get_object(), "podIP", "podIPs");
    unify(status->get_object(), "hostIP", "hostIPs");
}

void keepUnreachable(std::string_view subresource, const json::object& oldPod, json::object& newPod) {
    const auto& oldSpec = objectOrEmpty(oldPod, "spec");
    if (subresource == "status") {
        auto& status = ensureObject(newPod, {"status"});
        if (textAt(status, "qosClass").empty()) takeOver(status, objectOrEmpty(oldPod, "status"), "qosClass");
        unifyAddresses(newPod);
        return;
    }
    json::object spec = oldSpec;
    if (subresource == "ephemeralcontainers") {
        takeOver(spec, objectOrEmpty(newPod, "spec"), "ephemeralContainers");
    } else {
        for (const auto* list : {"containers", "initContainers"})
            if (arrayAt(objectOrEmpty(newPod, "spec"), list).size() != arrayAt(oldSpec, list).size()) return;
        for (const auto* list : {"containers", "initContainers"})
            if (const auto& before = arrayAt(oldSpec, list); !before.empty()) spec[list] = resized(before, arrayAt(objectOrEmpty(newPod, "spec"), list));
    }
    newPod["spec"] = std::move(spec);
    takeOver(newPod, oldPod, "status");
    keepMetadata(oldPod, newPod);
}

}  // namespace kubarium::api
