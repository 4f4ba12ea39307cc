#include "core/controller/deployment_revision.h"

#include "core/controller/deployment_plan.h"

#include <boost/json.hpp>

#include <charconv>
#include <set>

namespace kubarium::controller {
namespace {

template <class T>
std::optional<T> parseNumber(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool setAnnotation(json::object& set, const std::string& key, const std::string& value) {
    auto& annotations = api::ensureObject(set, {"metadata", "annotations"});
    auto& slot = annotations[key];
    if (slot.is_string() && slot.get_string() == value) return false;
    slot = value;
    return true;
}

// Annotations that speak about one object alone are not copied from the Deployment to its ReplicaSet.
bool isOwn(const std::string& key) {
    static const std::set<std::string> own{"kubectl.kubernetes.io/last-applied-configuration", revisionAnnotation, revisionHistoryAnnotation,
                                           desiredReplicasAnnotation, maxReplicasAnnotation, "deprecated.deployment.rollback.to"};
    return own.contains(key);
}

json::value withoutHash(const json::value& podTemplate) {
    json::value copy = podTemplate;
    if (auto* object = copy.if_object()) {
        auto& metadata = api::ensureObject(*object, {"metadata"});
        if (auto* labels = metadata.if_contains("labels"); labels && labels->is_object()) {
            labels->get_object().erase("pod-template-hash");
            if (labels->get_object().empty()) metadata.erase("labels");
        }
        // null and absent are one, in Go's eyes
        metadata.erase("creationTimestamp");
        if (auto* annotations = metadata.if_contains("annotations"); annotations && annotations->is_object() && annotations->get_object().empty())
            metadata.erase("annotations");
    }
    return copy;
}

}  // namespace

std::optional<int> intAnnotation(const api::ObjectMeta& meta, const std::string& key) {
    const auto it = meta.annotations.find(key);
    return it == meta.annotations.end() ? std::nullopt : parseNumber<int>(it->second);
}

std::int64_t revisionOf(const api::ObjectMeta& meta) {
    const auto it = meta.annotations.find(revisionAnnotation);
    return it == meta.annotations.end() ? 0 : parseNumber<std::int64_t>(it->second).value_or(0);
}

bool setReplicasAnnotations(json::object& set, int desired, int most) {
    const bool first = setAnnotation(set, desiredReplicasAnnotation, std::to_string(desired));
    return setAnnotation(set, maxReplicasAnnotation, std::to_string(most)) || first;
}

bool setNewSetAnnotations(const api::Deployment& deployment, json::object& set, std::int64_t revision, bool exists) {
    bool changed = false;
    for (const auto& [key, value] : deployment.metadata.annotations)
        if (!isOwn(key)) changed = setAnnotation(set, key, value) || changed;
    auto& annotations = api::ensureObject(set, {"metadata", "annotations"});
    const auto* known = annotations.if_contains(revisionAnnotation);
    const std::string before = known && known->is_string() ? std::string(known->get_string()) : "";
    if (parseNumber<std::int64_t>(before).value_or(0) < revision) {
        changed = setAnnotation(set, revisionAnnotation, std::to_string(revision)) || changed;
        if (!before.empty()) {
            // It is rolled out again: remember under which numbers it was known.
            const auto* history = annotations.if_contains(revisionHistoryAnnotation);
            const std::string past = history && history->is_string() ? std::string(history->get_string()) : "";
            setAnnotation(set, revisionHistoryAnnotation, past.empty() ? before : past + "," + before);
        }
    }
    if (!exists) {
        const int desired = deployment.spec.replicas.value_or(1);
        changed = setReplicasAnnotations(set, desired, desired + rollingBounds(deployment).surge) || changed;
    }
    return changed;
}

bool sameTemplate(const json::value& a, const json::value& b) { return withoutHash(a) == withoutHash(b); }

}  // namespace kubarium::controller
