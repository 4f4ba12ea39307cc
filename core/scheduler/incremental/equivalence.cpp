#include "core/scheduler/incremental/equivalence.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace kubarium::scheduler {
namespace {

// Volumes that no plugin looks at. Any other kind makes the Pod one of a kind, so that a new kind is never overlooked.
constexpr std::array indifferentVolumes{"configMap", "downwardAPI", "emptyDir", "hostPath", "image", "nfs", "projected", "secret"};

bool volumesMatter(const json::array& volumes) {
    return std::ranges::any_of(volumes, [](const json::value& volume) {
        const auto* object = volume.if_object();
        return !object || std::ranges::any_of(*object, [](const auto& field) {
            const std::string_view key(field.key().data(), field.key().size());
            return key != "name" && std::ranges::find(indifferentVolumes, key) == indifferentVolumes.end();
        });
    });
}

class KeyWriter {
public:
    void text(std::string_view part) {
        key_ += std::to_string(part.size());
        key_ += ':';
        key_ += part;
    }
    void labels(const Labels& labels) {
        for (const auto& [name, value] : labels) {
            text(name);
            text(value);
        }
        key_ += ';';
    }
    void field(const json::object& from, std::string_view name) {
        if (const auto* value = from.if_contains(name)) {
            key_ += name;
            if (value->is_string()) text(value->get_string());
            else key_ += json::serialize(*value);
        }
        key_ += ';';
    }
    std::string take() { return std::move(key_); }

private:
    std::string key_;
};

void writeContainers(KeyWriter& key, const json::object& spec, std::string_view list) {
    const auto* containers = spec.if_contains(list);
    if (!containers || !containers->is_array()) return;
    key.text(list);
    for (const auto& entry : containers->get_array())
        if (const auto* container = entry.if_object())
            for (const auto* field : {"image", "resources", "ports", "restartPolicy"}) key.field(*container, field);
}

// Whether the snapshot or the disks have a say, besides the Pod.
bool dependsOnOthers(const PodInfo& pod) { return !pod.claims.empty() || !pod.nodeName.empty() || (pod.volumes && volumesMatter(*pod.volumes)); }

}  // namespace

std::string equivalenceKey(const PodInfo& pod) {
    const auto* specValue = pod.object->find({"spec"});
    const auto* spec = specValue ? specValue->if_object() : nullptr;
    if (!spec || dependsOnOthers(pod)) return {};
    if (pod.object->find({"status", "containerStatuses"}) || pod.object->find({"status", "initContainerStatuses"})) return {};
    KeyWriter key;
    key.text(pod.nameSpace);
    key.text(pod.schedulerName);
    key.labels(pod.labels);
    // The default spread constraints select what the controller of the Pod selects.
    if (const auto* owners = pod.object->find({"metadata", "ownerReferences"})) key.text(json::serialize(*owners));
    for (const auto* field : {"priority", "preemptionPolicy", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "overhead", "resources"}) key.field(*spec, field);
    writeContainers(key, *spec, "containers");
    writeContainers(key, *spec, "initContainers");
    return key.take();
}

const std::string& EquivalenceKeys::of(const PodInfo& pod) {
    if (!key_.empty() && pod.likeness && pod.likeness == likeness_ && !dependsOnOthers(pod)) return key_;
    likeness_ = pod.likeness;
    return key_ = equivalenceKey(pod);
}

}  // namespace kubarium::scheduler
