#include "core/controller/volume_binding.h"

#include "core/api/quantity.h"
#include "core/api/selector.h"
#include "core/api/types/meta.h"
#include "core/base/clock.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kubarium::controller {
namespace {

std::set<std::string> accessModes(const api::Object& object) {
    std::set<std::string> modes;
    if (const auto* list = object.find({"spec", "accessModes"}); list && list->is_array())
        for (const auto& mode : list->get_array())
            if (mode.is_string()) modes.emplace(mode.get_string());
    return modes;
}

api::Quantity quantityAt(const api::Object& object, std::initializer_list<std::string_view> path) {
    return api::Quantity::parse(object.string(path)).value_or(api::Quantity());
}
api::Quantity capacityOf(const api::Object& volume) { return quantityAt(volume, {"spec", "capacity", "storage"}); }
api::Quantity requestOf(const api::Object& claim) { return quantityAt(claim, {"spec", "resources", "requests", "storage"}); }

std::string attributesClass(const api::Object& object) { return std::string(object.string({"spec", "volumeAttributesClassName"})); }

bool includesModes(const api::Object& volume, const api::Object& claim) { return std::ranges::includes(accessModes(volume), accessModes(claim)); }

// A claim's spec.selector; nullopt if there is none. What is no selector selects nothing.
std::optional<api::Selector> selectorOf(const api::Object& claim) {
    const auto* given = claim.find({"spec", "selector"});
    if (!given || !given->is_object()) return std::nullopt;
    auto selector = api::Selector::from(api::decodeObjectAs<api::LabelSelector>(given->get_object()));
    return selector ? std::move(*selector) : api::Selector::nothing();
}

}  // namespace

bool hasAnnotation(const api::Object& object, std::string_view key) { return object.find({"metadata", "annotations", key}) != nullptr; }

void setAnnotation(json::object& tree, std::string_view key, std::string_view value) { api::ensureObject(tree, {"metadata", "annotations"})[key] = value; }

std::string classOf(const api::Object& object) {
    if (hasAnnotation(object, volume_annotations::storageClass)) return std::string(object.annotation(volume_annotations::storageClass));
    return std::string(object.string({"spec", "storageClassName"}));
}

bool claimHasClass(const api::Object& claim) {
    return hasAnnotation(claim, volume_annotations::storageClass) || claim.find({"spec", "storageClassName"}) != nullptr;
}

bool waitsForFirstConsumer(const ObjectPtr& storageClass) { return storageClass && storageClass->string({"volumeBindingMode"}) == "WaitForFirstConsumer"; }

ObjectPtr defaultClass(const std::map<std::string, ObjectPtr>& classes) {
    ObjectPtr newest;
    for (const auto& [name, each] : classes) {
        if (each->annotation("storageclass.kubernetes.io/is-default-class") != "true" && each->annotation("storageclass.beta.kubernetes.io/is-default-class") != "true") continue;
        // RFC 3339 in seconds and UTC: the order of the texts is that of the times.
        if (!newest || each->string({"metadata", "creationTimestamp"}) > newest->string({"metadata", "creationTimestamp"})) newest = each;
    }
    return newest;
}

std::string claimKeyOf(const api::Object& volume) {
    const auto name = volume.string({"spec", "claimRef", "name"});
    return name.empty() ? std::string() : fmt::format("{}/{}", volume.string({"spec", "claimRef", "namespace"}), name);
}

bool isBoundToClaim(const api::Object& volume, const api::Object& claim) {
    if (claimKeyOf(volume) != claim.key()) return false;
    const auto uid = volume.string({"spec", "claimRef", "uid"});
    return uid.empty() || uid == claim.uid();
}

bool modesDiffer(const api::Object& volume, const api::Object& claim) {
    const auto mode = [](const api::Object& object) {
        const auto text = object.string({"spec", "volumeMode"});
        return text.empty() ? std::string_view("Filesystem") : text;
    };
    return mode(volume) != mode(claim);
}

std::optional<std::string> whyUnsuitable(const api::Object& volume, const api::Object& claim) {
    if (volume.deleting()) return fmt::format("the volume is marked for deletion \"{}\"", volume.name());
    if (capacityOf(volume).value() < requestOf(claim).value()) return "requested PV is too small";
    if (classOf(volume) != classOf(claim)) return "storageClassName does not match";
    if (attributesClass(volume) != attributesClass(claim)) return "volumeAttributesClassName does not match";
    if (modesDiffer(volume, claim)) return "incompatible volumeMode";
    if (!includesModes(volume, claim)) return "incompatible accessMode";
    return std::nullopt;
}

ObjectPtr findBestMatch(const std::map<std::string, ObjectPtr>& volumes, const api::Object& claim, bool delayed) {
    const auto requested = requestOf(claim);
    const auto selector = selectorOf(claim);
    const auto wantedClass = classOf(claim);
    struct Best {
        ObjectPtr volume, bound;
        api::Quantity capacity;
    };
    // By the number of access modes and the modes themselves, as Kubernetes' index walks them.
    std::map<std::pair<std::size_t, std::set<std::string>>, Best> found;
    for (const auto& [name, volume] : volumes) {
        if (volume->find({"spec", "claimRef"}) && !isBoundToClaim(*volume, claim)) continue;
        const auto capacity = capacityOf(*volume);
        if (capacity < requested || modesDiffer(*volume, claim) || attributesClass(*volume) != attributesClass(claim) || volume->deleting() || !includesModes(*volume, claim)) continue;
        auto modes = accessModes(*volume);
        auto& best = found[{modes.size(), std::move(modes)}];
        if (isBoundToClaim(*volume, claim)) {
            if (!best.bound) best.bound = volume;
            continue;
        }
        if (delayed || volume->string({"status", "phase"}) != "Available" || classOf(*volume) != wantedClass) continue;
        if (selector && !selector->matches(*volume)) continue;
        if (!best.volume || capacity < best.capacity) best.volume = volume, best.capacity = capacity;
    }
    for (const auto& [modes, best] : found) {
        if (best.bound) return best.bound;
        if (best.volume) return best.volume;
    }
    return nullptr;
}

std::vector<std::string> claimsOfPod(const api::Object& pod) {
    std::vector<std::string> keys;
    const auto* volumes = pod.find({"spec", "volumes"});
    if (!volumes || !volumes->is_array()) return keys;
    for (const auto& volume : volumes->get_array()) {
        if (const auto name = api::stringAt(volume, {"persistentVolumeClaim", "claimName"}); !name.empty()) keys.push_back(fmt::format("{}/{}", pod.nameSpace(), name));
        if (api::findPath(volume, {"ephemeral"})) keys.push_back(fmt::format("{}/{}-{}", pod.nameSpace(), pod.name(), api::stringAt(volume, {"name"})));
    }
    return keys;
}

}  // namespace kubarium::controller
