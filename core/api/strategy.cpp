#include "core/api/strategy.h"

#include "core/api/identical.h"
#include "core/api/object_decoder.h"
#include "core/api/pod_quality.h"
#include "core/api/strategy_pod.h"
#include "core/api/strategy_service.h"
#include "core/api/validation.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace kubarium::api {

namespace {

// Kinds whose metadata.generation counts changes of what the author wants.
constexpr std::array<std::string_view, 25> countedKinds = {
    "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    "CustomResourceDefinition", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet", "CronJob", "Job", "EndpointSlice",
    "PriorityLevelConfiguration", "FlowSchema", "Ingress", "IngressClass", "NetworkPolicy", "PodDisruptionBudget", "PriorityClass",
    "Pod", "PodTemplate", "ReplicationController", "Fault", "Clock", "SchedulingDecision"};

bool counted(const GroupVersionKind& kind) { return std::ranges::find(countedKinds, kind.kind) != countedKinds.end(); }

json::object& metadataOf(json::object& object) { return ensureObject(object, {"metadata"}); }

const json::value* at(const json::object& object, std::string_view key) { return object.if_contains(key); }

const json::object& metadataOf(const json::object& object) {
    static const json::object none;
    const auto* metadata = at(object, "metadata");
    return metadata && metadata->is_object() ? metadata->get_object() : none;
}

// Makes `into[key]` what it is in `from`, absence included.
void restore(json::object& into, const json::object& from, std::string_view key) {
    const auto* old = at(from, key);
    if (!old) into.erase(key);
    else if (!hasIdentical(&into, key, *old)) into.insert_or_assign(key, *old);
}

// The status that a new object of this kind has.
void resetStatus(const Resource& resource, json::object& object) {
    if (resource.type && resource.type->field("status")) restore(object, emptyObject(*resource.type), "status");
}

void setGates(json::object& object, json::object& status) {
    const auto* spec = at(object, "spec");
    const auto* gates = spec && spec->is_object() ? at(spec->get_object(), "schedulingGates") : nullptr;
    if (!gates || !gates->is_array() || gates->get_array().empty()) return;
    const auto* created = at(metadataOf(std::as_const(object)), "creationTimestamp");
    status["conditions"] = json::array{json::object{{"type", "PodScheduled"},
                                                    {"status", "False"},
                                                    {"lastProbeTime", nullptr},
                                                    {"lastTransitionTime", created ? *created : json::value(nullptr)},
                                                    {"reason", "SchedulingGated"},
                                                    {"message", "Scheduling is blocked due to non-empty scheduling gates"}}};
}

void dropFrom(json::object& object, std::initializer_list<std::string_view> path, std::string_view key) {
    if (auto* value = const_cast<json::value*>(findPath(object, path)); value && value->is_object()) value->get_object().erase(key);
}

// Of a Pod or a template: image volumes and their mounts, restart rules, stop signals, another host name.
void dropDisabledPodFields(json::object& spec) {
    spec.erase("hostnameOverride");
    std::set<std::string, std::less<>> imageVolumes;
    const auto removeFrom = [](json::array& list, auto which) { list.erase(std::remove_if(list.begin(), list.end(), which), list.end()); };
    if (auto* volumes = spec.if_contains("volumes"); volumes && volumes->is_array()) {
        for (const auto& volume : volumes->get_array())
            if (findPath(volume, {"image"})) imageVolumes.emplace(stringAt(volume, {"name"}));
        removeFrom(volumes->get_array(), [](const json::value& volume) { return findPath(volume, {"image"}) != nullptr; });
        if (volumes->get_array().empty()) spec.erase("volumes");
    }
    for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
        auto* containers = spec.if_contains(list);
        if (!containers || !containers->is_array()) continue;
        for (auto& element : containers->get_array()) {
            auto* container = element.if_object();
            if (!container) continue;
            container->erase("restartPolicyRules");
            const bool sidecar = list == "initContainers" && stringAt(element, {"restartPolicy"}) == "Always";
            if (!sidecar) container->erase("restartPolicy");
            if (auto* lifecycle = container->if_contains("lifecycle"); lifecycle && lifecycle->is_object() && lifecycle->get_object().erase("stopSignal") > 0 && lifecycle->get_object().empty()) container->erase("lifecycle");
            auto* mounts = container->if_contains("volumeMounts");
            if (!mounts || !mounts->is_array() || imageVolumes.empty()) continue;
            removeFrom(mounts->get_array(), [&](const json::value& mount) { return imageVolumes.contains(stringAt(mount, {"name"})); });
            if (mounts->get_array().empty()) container->erase("volumeMounts");
        }
    }
}

// Fields behind features that are off by default in 1.34 are dropped, not refused.
void dropDisabledFields(const GroupVersionKind& kind, json::object& object) {
    if (kind.kind == "Lease") {
        for (const auto* key : {"strategy", "preferredHolder"}) dropFrom(object, {"spec"}, key);
    } else if (kind.kind == "ServiceAccount") {
        // Of the Secrets only the names count.
        auto* secrets = object.if_contains("secrets");
        if (!secrets || !secrets->is_array()) return;
        for (auto& secret : secrets->get_array()) {
            json::object kept;
            if (const auto* name = findPath(secret, {"name"})) kept.emplace("name", *name);
            secret = std::move(kept);
        }
    } else if (kind.kind == "HorizontalPodAutoscaler") {
        for (const auto* direction : {"scaleUp", "scaleDown"}) dropFrom(object, {"spec", "behavior", direction}, "tolerance");
    } else if (kind.kind == "StatefulSet") {
        dropFrom(object, {"spec", "updateStrategy", "rollingUpdate"}, "maxUnavailable");
        if (const auto* podSpec = findPath(object, {"spec", "template", "spec"}); podSpec && podSpec->is_object()) dropDisabledPodFields(const_cast<json::value*>(podSpec)->get_object());
    } else if (kind.kind == "Pod") {
        dropDisabledPodFields(ensureObject(object, {"spec"}));
    } else {
        const bool scheduled = kind.kind == "CronJob";
        const auto* spec = scheduled ? findPath(object, {"spec", "jobTemplate", "spec", "template", "spec"}) : findPath(object, {"spec", "template", "spec"});
        if (spec && spec->is_object()) dropDisabledPodFields(const_cast<json::value*>(spec)->get_object());
    }
}

// What a claim is filled with has two names, an old one for claims and snapshots alone and a new one; one is made of the other.
void unifyDataSources(const json::object* old, json::object& spec) {
    const auto in = [](const json::object* object, std::string_view key) { return object ? object->if_contains(key) : nullptr; };
    const auto given = [&](const json::object* object, std::string_view key) {
        const auto* value = in(object, key);
        return value && !value->is_null();
    };
    if (const auto* reference = in(&spec, "dataSourceRef"); reference && !stringAt(*reference, {"namespace"}).empty() && !given(old, "dataSourceRef")) spec.erase("dataSourceRef");
    if (given(&spec, "dataSource") && !given(&spec, "dataSourceRef") && !given(old, "dataSource") && !given(old, "dataSourceRef")) {
        const auto& source = spec.at("dataSource");
        const auto kind = stringAt(source, {"kind"}), group = stringAt(source, {"apiGroup"});
        if (!(kind == "PersistentVolumeClaim" && group.empty()) && !(kind == "VolumeSnapshot" && group == "snapshot.storage.k8s.io")) spec.erase("dataSource");
    }
    if (given(&spec, "dataSource") && !given(&spec, "dataSourceRef")) {
        const auto copy = spec.at("dataSource");
        spec["dataSourceRef"] = copy;
    } else if (given(&spec, "dataSourceRef") && !given(&spec, "dataSource") && stringAt(spec.at("dataSourceRef"), {"namespace"}).empty()) {
        auto copy = spec.at("dataSourceRef");
        if (copy.is_object()) copy.get_object().erase("namespace");
        spec["dataSource"] = std::move(copy);
    }
}

// discovery.k8s.io/v1 has no topology but that of its own fields.
void dropTopology(const json::object* old, json::object& slice) {
    auto* endpoints = slice.if_contains("endpoints");
    if (!endpoints || !endpoints->is_array()) return;
    if (const auto* before = old ? old->if_contains("endpoints") : nullptr; before && *before == *endpoints) return;
    for (auto& endpoint : endpoints->get_array())
        if (auto* object = endpoint.if_object()) object->erase("deprecatedTopology");
}

// The first version of a definition that is stored is recorded from the start.
void initializeDefinition(json::object& object) {
    json::array stored;
    if (const auto* versions = findPath(object, {"spec", "versions"}); versions && versions->is_array())
        for (const auto& version : versions->get_array())
            if (const auto* storage = findPath(version, {"storage"}); storage && *storage == json::value(true)) stored.push_back(json::string(stringAt(version, {"name"})));
    ensureObject(object, {"status"})["storedVersions"] = std::move(stored);
}

// A Job finds its Pods by its uid, unless the author chose the selector.
void generateJobSelector(json::object& object) {
    auto& spec = ensureObject(object, {"spec"});
    const auto* manual = at(spec, "manualSelector");
    const auto* uid = at(metadataOf(std::as_const(object)), "uid");
    const auto* name = at(metadataOf(std::as_const(object)), "name");
    const bool chosen = manual && manual->is_bool() && manual->get_bool();
    const auto* given = findPath(spec, {"template", "metadata", "labels"});
    const bool labelled = given && given->is_object() && !given->get_object().empty();
    const auto nameCopy = name ? *name : json::value("");
    if (!chosen && uid) {
        const auto uidCopy = *uid;
        auto& labels = ensureObject(spec, {"template", "metadata", "labels"});
        for (const auto* key : {"controller-uid", "batch.kubernetes.io/controller-uid"}) labels.emplace(key, uidCopy);
        for (const auto* key : {"job-name", "batch.kubernetes.io/job-name"}) labels.emplace(key, nameCopy);
        ensureObject(spec, {"selector", "matchLabels"}).emplace("batch.kubernetes.io/controller-uid", uidCopy);
    }
    // It is labelled like its Pods. Where only the server gave labels, a name that cannot be one is refused for the template's sake alone.
    const auto* labels = findPath(object, {"spec", "template", "metadata", "labels"});
    if (!labels || !labels->is_object() || (!labelled && !checkLabelValue(nameCopy.is_string() ? std::string_view(nameCopy.get_string()) : "").empty())) return;
    const json::value labelsCopy = *labels;
    auto& metadata = metadataOf(object);
    const auto* own = at(metadata, "labels");
    if (!own || !own->is_object() || own->get_object().empty()) metadata["labels"] = labelsCopy;
}

bool differs(const json::object& a, const json::object& b, std::string_view key) {
    const auto* left = at(a, key);
    const auto* right = at(b, key);
    if (!left || !right) return left != right;
    return *left != *right;
}

bool desiredStateDiffers(const GroupVersionKind& kind, const json::object& before, const json::object& after) {
    if (kind.kind == "PriorityClass") return false;
    if (kind.kind == "Deployment" && differs(metadataOf(before), metadataOf(after), "annotations")) return true;
    if (kind.kind == "EndpointSlice" && differs(metadataOf(before), metadataOf(after), "labels")) return true;
    const auto changed = [&](const json::object& a, const json::object& b) {
        return std::ranges::any_of(a, [&](const auto& member) {
            const std::string_view key = member.key();
            return key != "metadata" && key != "status" && key != "apiVersion" && key != "kind" && differs(a, b, key);
        });
    };
    return changed(before, after) || changed(after, before);
}

// Approving a certificate is a matter of its conditions alone.
void keepAllButConditions(const json::object& oldObject, json::object& newObject) {
    const auto* given = findPath(newObject, {"status", "conditions"});
    const json::value conditions = given ? *given : json::value();
    restore(newObject, oldObject, "spec");
    restore(newObject, oldObject, "status");
    auto& status = ensureObject(newObject, {"status"});
    if (conditions.is_null()) status.erase("conditions");
    else status["conditions"] = conditions;
}

void templateGeneration(json::object& metadata, std::int64_t generation) {
    ensureObject(metadata, {"annotations"})["deprecated.daemonset.template.generation"] = std::to_string(generation);
}

}  // namespace

void prepareForCreate(const Resource& resource, json::object& object) {
    const auto& kind = resource.kind.kind;
    // References into the tree do not outlive insertions above them, so metadata is looked up anew each time.
    metadataOf(object).erase("generation");
    if (counted(resource.kind)) metadataOf(object)["generation"] = 1;
    if (kind == "Node") {
        dropFrom(object, {"spec"}, "configSource");
        dropFrom(object, {"status"}, "config");
        return;
    }
    dropDisabledFields(resource.kind, object);
    if (kind == "PersistentVolumeClaim") unifyDataSources(nullptr, ensureObject(object, {"spec"}));
    if (kind == "EndpointSlice") dropTopology(nullptr, object);
    if (resource.kind.kind == "Pod")
        if (auto* grace = ensureObject(object, {"spec"}).if_contains("terminationGracePeriodSeconds"); grace && grace->is_int64() && grace->get_int64() < 0) *grace = 1;
    if (kind == "Namespace" && resource.id.group.empty()) {
        auto& finalizers = ensureObject(object, {"spec"})["finalizers"];
        const bool present = finalizers.is_array() && std::ranges::find(finalizers.get_array(), json::value("kubernetes")) != finalizers.get_array().end();
        if (!finalizers.is_array()) finalizers.emplace_array();
        if (!present) finalizers.get_array().push_back("kubernetes");
        object["status"] = json::object{{"phase", "Active"}};
        return;
    }
    if (resource.hasStatus) resetStatus(resource, object);
    if (kind == "Pod") {
        auto& status = ensureObject(object, {"status"});
        status["phase"] = "Pending";
        status["qosClass"] = json::string(podQualityOfService(object));
        setGates(object, status);
    } else if (kind == "PersistentVolume" || kind == "PersistentVolumeClaim") {
        auto& status = ensureObject(object, {"status"});
        status["phase"] = "Pending";
        const auto* created = at(metadataOf(std::as_const(object)), "creationTimestamp");
        if (created && kind == "PersistentVolume") status["lastPhaseTransitionTime"] = *created;
        const char* protection = kind == "PersistentVolume" ? "kubernetes.io/pv-protection" : "kubernetes.io/pvc-protection";
        auto& finalizers = metadataOf(object)["finalizers"];
        auto& list = finalizers.is_array() ? finalizers.get_array() : finalizers.emplace_array();
        if (std::ranges::find(list, json::value(protection)) == list.end()) list.push_back(protection);
    } else if (kind == "Job") {
        generateJobSelector(object);
    } else if (kind == "CustomResourceDefinition") {
        initializeDefinition(object);
    } else if (kind == "DaemonSet") {
        templateGeneration(metadataOf(object), 1);
    }
}

void prepareForUpdate(const Resource& resource, std::string_view subresource, const json::object& oldObject, json::object& newObject) {
    const auto& oldMetadata = metadataOf(oldObject);
    auto& metadata = metadataOf(newObject);
    restore(metadata, oldMetadata, "generation");
    restore(metadata, oldMetadata, "creationTimestamp");
    if (!at(metadata, "uid")) restore(metadata, oldMetadata, "uid");
    if (at(oldMetadata, "deletionTimestamp")) restore(metadata, oldMetadata, "deletionTimestamp");
    if (at(oldMetadata, "deletionGracePeriodSeconds") && !at(metadata, "deletionGracePeriodSeconds")) restore(metadata, oldMetadata, "deletionGracePeriodSeconds");

    if (!resource.namespaced) metadata.erase("namespace");

    const auto& kind = resource.kind.kind;
    if (subresource == "status") {
        for (const auto& member : oldObject)
            if (member.key() != "metadata" && member.key() != "status") restore(newObject, oldObject, member.key());
        for (auto it = newObject.begin(); it != newObject.end();) {
            const bool keep = it->key() == "metadata" || it->key() == "status" || oldObject.contains(it->key());
            it = keep ? it + 1 : newObject.stable_erase(it);
        }
        if (kind == "Pod") {
            restore(metadataOf(newObject), oldMetadata, "ownerReferences");
            keepUnreachable(subresource, oldObject, newObject);
        }
        else if (kind != "Node" && kind != "Namespace" && kind != "Service" && kind != "PersistentVolume" && kind != "PersistentVolumeClaim") restore(metadataOf(newObject), oldMetadata, "labels");
        return;
    }
    if (kind == "Pod" && (subresource == "ephemeralcontainers" || subresource == "resize")) keepUnreachable(subresource, oldObject, newObject);
    if (kind == "CertificateSigningRequest" && subresource == "approval") return keepAllButConditions(oldObject, newObject);
    if (subresource.empty()) dropDisabledFields(resource.kind, newObject);
    if (kind == "PersistentVolumeClaim" && subresource.empty()) {
        const auto* oldSpec = at(oldObject, "spec");
        unifyDataSources(oldSpec ? oldSpec->if_object() : nullptr, ensureObject(newObject, {"spec"}));
    }
    if (kind == "EndpointSlice") dropTopology(&oldObject, newObject);
    if (kind == "Node" && !findPath(oldObject, {"spec", "configSource"})) dropFrom(newObject, {"spec"}, "configSource");
    if (resource.hasStatus) restore(newObject, oldObject, "status");
    if (kind == "Namespace" && resource.id.group.empty() && subresource.empty()) restore(newObject, oldObject, "spec");
    if (kind == "Service" && resource.id.group.empty() && subresource.empty()) {
        unifyClusterIps(oldObject, newObject);
        dropTypeDependentFields(oldObject, newObject);
    }
    // The number of the template is the server's own.
    const auto* given = at(oldMetadata, "annotations");
    const auto templateNumber = given ? std::atoll(std::string(stringAt(*given, {"deprecated.daemonset.template.generation"})).c_str()) : 0;
    if (kind == "DaemonSet" && templateNumber > 0) templateGeneration(metadataOf(newObject), templateNumber);
    if (!counted(resource.kind) || !desiredStateDiffers(resource.kind, oldObject, newObject)) return;
    const auto* generation = at(oldMetadata, "generation");
    const auto next = (generation && generation->is_int64() ? generation->get_int64() : 0) + 1;
    metadataOf(newObject)["generation"] = next;
    if (kind != "DaemonSet") return;
    const auto* oldSpec = at(oldObject, "spec");
    const auto* newSpec = at(newObject, "spec");
    if (oldSpec && newSpec && oldSpec->is_object() && newSpec->is_object() && differs(oldSpec->get_object(), newSpec->get_object(), "template")) templateGeneration(metadataOf(newObject), templateNumber + 1);
}

bool requiresResourceVersion(const Resource& resource) {
    static constexpr std::array<std::string_view, 16> strict = {
        "leases", "customresourcedefinitions", "apiservices", "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "validatingadmissionpolicies",
        "validatingadmissionpolicybindings", "csidrivers", "csinodes", "csistoragecapacities", "volumeattachments", "volumeattributesclasses",
        "runtimeclasses", "ingressclasses", "flowschemas", "prioritylevelconfigurations"};
    return std::ranges::find(strict, resource.id.resource) != strict.end();
}

bool allowsCreateOnUpdate(const Resource& resource) {
    static constexpr std::array<std::string_view, 12> lenient = {"leases", "events", "endpoints", "services", "limitranges", "resourcequotas",
                                                                 "roles", "rolebindings", "clusterroles", "clusterrolebindings", "priorityclasses", "storageclasses"};
    return std::ranges::find(lenient, resource.id.resource) != lenient.end();
}

}  // namespace kubarium::api
