#include "core/apiserver/admission.h"

#include "core/api/validation.h"
#include "core/apiserver/conversion.h"
#include "core/apiserver/status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace kubarium::apiserver {
namespace {

constexpr std::array protectedNamespaces{"default", "kube-system", "kube-public"};
constexpr int firstNodePort = 30000;
constexpr int lastNodePort = 32767;
constexpr std::string_view serviceNetwork = "10.96.";  // the first half of every address in 10.96.0.0/16

bool is(const AdmissionRequest& request, std::string_view group, std::string_view resource) {
    return request.context.resource->id.group == group && request.context.resource->id.resource == resource;
}

// The 422 of an allocator: `detail` is the value and what is wrong with it.
Error invalidService(const AdmissionRequest& request, const std::string& field, const std::string& detail) {
    return api::invalidError(request.context.resource->kind, request.context.name, {{"FieldValueInvalid", "Invalid value: " + detail, field}});
}

json::array& ensureArray(json::object& object, std::string_view key) {
    auto& value = object[key];
    if (!value.is_array()) value.emplace_array();
    return value.get_array();
}

std::string textAt(const json::object& object, std::initializer_list<std::string_view> path) {
    const auto* found = object.if_contains(*path.begin());
    if (!found) return {};
    if (path.size() == 1) return found->is_string() ? std::string(found->get_string()) : std::string();
    // The remaining path, element by element.
    for (auto it = path.begin() + 1; it != path.end(); ++it) {
        found = found->is_object() ? found->get_object().if_contains(*it) : nullptr;
        if (!found) return {};
    }
    return found->is_string() ? std::string(found->get_string()) : std::string();
}

bool tolerates(const json::array& tolerations, std::string_view key) {
    return std::ranges::any_of(tolerations, [&](const json::value& each) {
        const auto own = api::stringAt(each, {"key"});
        const auto effect = api::stringAt(each, {"effect"});
        return (own.empty() || own == key) && (effect.empty() || effect == "NoExecute");
    });
}

// Kubernetes mounts three sources into every container: a token bound to the Pod, the cluster's CA and the namespace.
json::object tokenVolume(const std::string& name) {
    static const json::object shape = [] {
        const json::value namespaceItem{{"path", "namespace"}, {"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", "metadata.namespace"}}}};
        json::array sources{
            json::value{{"serviceAccountToken", {{"expirationSeconds", 3607}, {"path", "token"}}}},
            json::object{{"configMap", json::object{{"name", "kube-root-ca.crt"}, {"items", json::array{json::value{{"key", "ca.crt"}, {"path", "ca.crt"}}}}}}},
            json::object{{"downwardAPI", json::object{{"items", json::array{namespaceItem}}}}},
        };
        return json::object{{"name", ""}, {"projected", json::object{{"sources", std::move(sources)}, {"defaultMode", 420}}}};
    }();
    auto volume = shape;
    volume["name"] = name;
    return volume;
}

constexpr std::string_view tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

bool mountToken(json::object& container, const std::string& volume) {
    auto& mounts = ensureArray(container, "volumeMounts");
    for (const auto& mount : mounts)
        if (api::stringAt(mount, {"mountPath"}) == tokenPath) return false;
    mounts.push_back(json::object{{"name", volume}, {"readOnly", true}, {"mountPath", tokenPath}});
    return true;
}

// The newest of those that are marked so; of equally old ones the first by name.
ObjectPtr defaultAmong(const store::ObjectMap& classes, std::initializer_list<std::string_view> marks) {
    ObjectPtr newest;
    for (const auto& [path, each] : classes) {
        if (std::ranges::none_of(marks, [&](std::string_view mark) { return each->annotation(mark) == "true"; })) continue;
        if (!newest || each->string({"metadata", "creationTimestamp"}) > newest->string({"metadata", "creationTimestamp"})) newest = each;
    }
    return newest;
}

}  // namespace

std::string drawTokenVolume(Random& random) { return std::string(tokenVolumePrefix) + random.suffix(5); }

Result<void> Admission::admitNamespace(const AdmissionRequest& request) const {
    const auto& context = request.context;
    if (request.operation == Operation::Delete && is(request, "", "namespaces") && std::ranges::find(protectedNamespaces, context.name) != protectedNamespaces.end())
        return forbidden(context.resource->id, context.name, "this namespace may not be deleted");
    if (!context.resource->namespaced || request.operation == Operation::Delete) return {};
    const auto found = store_.get({"namespaces", "", context.nameSpace});
    if (!found) return notFound({"", "v1", "namespaces"}, context.nameSpace);
    if (request.operation == Operation::Create && found->deleting()) {
        auto error = forbidden(context.resource->id, context.name,
                               fmt::format("unable to create new content in namespace {} because it is being terminated", context.nameSpace));
        error.causes.push_back({"NamespaceTerminating", fmt::format("namespace {} is being terminated", context.nameSpace), "metadata.namespace"});
        return error;
    }
    return {};
}

Result<void> Admission::mutate(const AdmissionRequest& request, json::object& object) {
    if (!request.context.subresource.empty()) return {};
    if (is(request, "", "pods") && request.operation == Operation::Create) return mutatePod(request, object);
    if (is(request, "", "services")) return allocateService(request, object);
    if (is(request, "", "namespaces")) api::ensureObject(object, {"metadata", "labels"})["kubernetes.io/metadata.name"] = request.context.name;
    if (request.operation == Operation::Create && (is(request, "", "persistentvolumeclaims") || is(request, "", "persistentvolumes"))) {
        auto& finalizers = ensureArray(api::ensureObject(object, {"metadata"}), "finalizers");
        const json::string wanted(is(request, "", "persistentvolumes") ? "kubernetes.io/pv-protection" : "kubernetes.io/pvc-protection");
        if (std::ranges::find(finalizers, json::value(wanted)) == finalizers.end()) finalizers.emplace_back(wanted);
        if (is(request, "", "persistentvolumeclaims")) {
            auto& spec = api::ensureObject(object, {"spec"});
            if (!spec.contains("storageClassName"))
                if (const auto chosen = defaultAmong(store_.all("storageclasses.storage.k8s.io"), {"storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"}))
                    spec["storageClassName"] = chosen->name();
        }
    }
    if (request.operation == Operation::Create && is(request, "networking.k8s.io", "ingresses")) {
        const bool chosen = api::findPath(object, {"spec", "ingressClassName"}) || api::findPath(object, {"metadata", "annotations", "kubernetes.io/ingress.class"});
        if (const auto standard = chosen ? nullptr : defaultAmong(store_.all("ingressclasses.networking.k8s.io"), {"ingressclass.kubernetes.io/is-default-class"}))
            api::ensureObject(object, {"spec"})["ingressClassName"] = standard->name();
    }
    if (request.operation == Operation::Create && is(request, "", "nodes")) {
        // TaintNodesByCondition: nothing is placed on a Node before its condition is known.
        auto& taints = ensureArray(api::ensureObject(object, {"spec"}), "taints");
        const bool there = std::ranges::any_of(taints, [](const json::value& taint) { return api::stringAt(taint, {"key"}) == "node.kubernetes.io/not-ready"; });
        if (!there) taints.push_back(json::object{{"key", "node.kubernetes.io/not-ready"}, {"effect", "NoSchedule"}});
    }
    return {};
}

Result<void> Admission::mutatePod(const AdmissionRequest& request, json::object& pod) {
    TRY(addServiceAccount(request, pod));
    TRY(setPriority(request, pod));
    addTolerations(pod);
    return applyRuntimeClass(request, pod);
}

// Null if the Pod names none.
Result<ObjectPtr> Admission::runtimeClassOf(const AdmissionRequest& request, const json::object& pod) const {
    const auto name = std::string(api::stringAt(pod, {"spec", "runtimeClassName"}));
    if (name.empty()) return ObjectPtr();
    const auto found = store_.get({"runtimeclasses.node.k8s.io", "", name});
    if (!found) return forbidden(request.context.resource->id, request.context.name, fmt::format("pod rejected: RuntimeClass \"{}\" not found", name));
    return found;
}

// What the class costs in addition, and where it can run.
Result<void> Admission::applyRuntimeClass(const AdmissionRequest& request, json::object& pod) const {
    const auto runtimeClass = TRY(runtimeClassOf(request, pod));
    if (!runtimeClass) return {};
    const auto reject = [&](const std::string& why) { return forbidden(request.context.resource->id, request.context.name, why); };
    auto& spec = api::ensureObject(pod, {"spec"});
    if (const auto* overhead = runtimeClass->find({"overhead", "podFixed"})) {
        const auto* own = spec.if_contains("overhead");
        if (own && own->is_object() && !own->get_object().empty() && *own != *overhead) return reject("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        spec["overhead"] = *overhead;
    }
    if (const auto* labels = runtimeClass->find({"scheduling", "nodeSelector"}); labels && labels->is_object()) {
        auto& selector = api::ensureObject(spec, {"nodeSelector"});
        for (const auto& [key, value] : labels->get_object()) {
            if (const auto* own = selector.if_contains(key); own && *own != value && own->is_string() && value.is_string())
                return reject(fmt::format("conflict: runtimeClass.scheduling.nodeSelector[{0}] = {1}; pod.spec.nodeSelector[{0}] = {2}", std::string_view(key), std::string_view(value.get_string()),
                                          std::string_view(own->get_string())));
            selector[key] = value;
        }
    }
    if (const auto* more = runtimeClass->find({"scheduling", "tolerations"}); more && more->is_array()) {
        auto& tolerations = ensureArray(spec, "tolerations");
        for (const auto& each : more->get_array())
            if (std::ranges::find(tolerations, each) == tolerations.end()) tolerations.push_back(each);
    }
    return {};
}

Result<void> Admission::addServiceAccount(const AdmissionRequest& request, json::object& pod) {
    auto& spec = api::ensureObject(pod, {"spec"});
    if (pod["metadata"].is_object() && !textAt(pod, {"metadata", "annotations", "kubernetes.io/config.mirror"}).empty()) return {};
    auto name = textAt(spec, {"serviceAccountName"});
    if (name.empty()) name = textAt(spec, {"serviceAccount"});
    if (name.empty()) name = "default";
    spec["serviceAccountName"] = name;
    spec["serviceAccount"] = name;
    const auto account = store_.get({"serviceaccounts", request.context.nameSpace, name});
    if (!account)
        return forbidden(request.context.resource->id, request.context.name,
                         fmt::format("error looking up service account {}/{}: serviceaccount \"{}\" not found", request.context.nameSpace, name, name));
    if (const auto* secrets = account->find({"imagePullSecrets"}); secrets && secrets->is_array() && !spec.contains("imagePullSecrets")) spec["imagePullSecrets"] = *secrets;
    const auto* own = spec.if_contains("automountServiceAccountToken");
    const auto* accounts = account->find({"automountServiceAccountToken"});
    const auto* decides = own && own->is_bool() ? own : accounts;
    if (decides && decides->is_bool() && !decides->get_bool()) return {};
    const auto volume = drawTokenVolume(random_);
    bool used = false;
    for (const auto* list : {"initContainers", "containers"})
        if (auto* containers = spec.if_contains(list); containers && containers->is_array())
            for (auto& container : containers->get_array())
                if (container.is_object()) used = mountToken(container.get_object(), volume) || used;
    if (used) ensureArray(spec, "volumes").push_back(tokenVolume(volume));
    return {};
}

Result<void> Admission::setPriority(const AdmissionRequest& request, json::object& pod) {
    auto& spec = api::ensureObject(pod, {"spec"});
    const auto& context = request.context;
    auto name = textAt(spec, {"priorityClassName"});
    std::int64_t priority = 0;
    std::string preemption = "PreemptLowerPriority";
    ObjectPtr chosen;
    if (name.empty()) {
        // The default class with the lowest value, should there be several.
        for (const auto& [path, each] : store_.all("priorityclasses.scheduling.k8s.io"))
            if (const auto* flag = each->find({"globalDefault"}); flag && flag->is_bool() && flag->get_bool())
                if (!chosen || each->find({"value"})->to_number<std::int64_t>() < chosen->find({"value"})->to_number<std::int64_t>()) chosen = each;
        if (chosen) spec["priorityClassName"] = chosen->name();
    } else {
        chosen = store_.get({"priorityclasses.scheduling.k8s.io", "", name});
        if (!chosen) return forbidden(context.resource->id, context.name, fmt::format("no PriorityClass with name {} was found", name));
    }
    if (chosen) {
        if (const auto* value = chosen->find({"value"}); value && value->is_number()) priority = value->to_number<std::int64_t>();
        if (const auto policy = chosen->string({"preemptionPolicy"}); !policy.empty()) preemption = policy;
    }
    if (const auto* sent = spec.if_contains("priority"); sent && sent->is_number() && sent->to_number<std::int64_t>() != priority)
        return forbidden(context.resource->id, context.name,
                         fmt::format("the integer value of priority ({}) must not be provided in pod spec; priority admission controller computed {} from the given PriorityClass name",
                                     sent->to_number<std::int64_t>(), priority));
    if (const auto sent = textAt(spec, {"preemptionPolicy"}); !sent.empty() && sent != preemption)
        return forbidden(context.resource->id, context.name,
                         fmt::format("the string value of PreemptionPolicy ({}) must not be provided in pod spec; priority admission controller computed {} from the given PriorityClass name",
                                     sent, preemption));
    spec["priority"] = priority;
    spec["preemptionPolicy"] = preemption;
    return {};
}

void Admission::addTolerations(json::object& pod) const {
    auto& tolerations = ensureArray(api::ensureObject(pod, {"spec"}), "tolerations");
    for (const auto* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
        if (!tolerates(tolerations, key))
            tolerations.push_back(json::object{{"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}});
}

Result<void> Admission::takeAddress(const AdmissionRequest& request, const std::string& address) const {
    const auto refused = [&](std::string_view why) { return invalidService(request, "spec.clusterIPs", fmt::format("[\"{0}\"]: failed to allocate IP {0}: {1}", address, why)); };
    if (!address.starts_with(serviceNetwork)) return refused("the provided network does not match the current range");
    for (const auto& [path, each] : store_.all("services"))
        if (each->string({"spec", "clusterIP"}) == address) return refused("provided IP is already allocated");
    return {};
}

Result<void> Admission::allocateService(const AdmissionRequest& request, json::object& service) {
    auto& spec = api::ensureObject(service, {"spec"});
    const auto type = textAt(spec, {"type"});
    if (request.existing && type != "ExternalName") {
        // An update keeps the addresses that it does not name.
        const auto& before = *request.existing;
        const auto* old = before.if_contains("spec");
        if (old && old->is_object())
            for (const auto* field : {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"})
                if (!spec.contains(field))
                    if (const auto* value = old->get_object().if_contains(field)) spec[field] = *value;
    }
    if (type == "ExternalName") return {};
    auto address = textAt(spec, {"clusterIP"});
    if (const auto* chosen = spec.if_contains("clusterIPs"); address.empty() && chosen && chosen->is_array() && !chosen->get_array().empty()) return {};
    if (address.empty()) {
        std::set<std::string> used;
        for (const auto& [path, each] : store_.all("services")) used.emplace(each->string({"spec", "clusterIP"}));
        // 10.96.0.0/16; the first 256 are for addresses that somebody chooses, as in Kubernetes.
        do {
            const auto number = 256 + random_.below(65536 - 256 - 1);
            address = fmt::format("{}{}.{}", serviceNetwork, number / 256, number % 256);
        } while (used.contains(address));
        spec["clusterIP"] = address;
    } else if (address != "None" && !request.existing) {
        TRY(takeAddress(request, address));
    }
    if (!spec.contains("clusterIPs")) spec["clusterIPs"] = json::array{json::string(address)};
    // Without addresses and without Pods of its own, a Service may as well be of both families.
    const auto* selector = spec.if_contains("selector");
    if (address == "None" && !(selector && selector->is_object() && !selector->get_object().empty()) && !spec.contains("ipFamilyPolicy") && !spec.contains("ipFamilies")) {
        spec["ipFamilyPolicy"] = "RequireDualStack";
        spec["ipFamilies"] = json::array{"IPv4", "IPv6"};
    }
    if (!spec.contains("ipFamilyPolicy")) spec["ipFamilyPolicy"] = "SingleStack";
    if (!spec.contains("ipFamilies")) spec["ipFamilies"] = json::array{"IPv4"};
    return allocateNodePorts(request, service);
}

// Those of all Services but this one.
std::set<std::int64_t> Admission::usedNodePorts(const AdmissionRequest& request) const {
    std::set<std::int64_t> used;
    for (const auto& [path, each] : store_.all("services")) {
        if (each->nameSpace() == request.context.nameSpace && each->name() == request.context.name) continue;
        if (const auto* number = each->find({"spec", "healthCheckNodePort"}); number && number->is_number()) used.insert(number->to_number<std::int64_t>());
        if (const auto* list = each->find({"spec", "ports"}); list && list->is_array())
            for (const auto& port : list->get_array())
                if (const auto* nodePort = api::findPath(port, {"nodePort"}); nodePort && nodePort->is_number()) used.insert(nodePort->to_number<std::int64_t>());
    }
    return used;
}

// A load balancer that keeps client addresses asks each Node whether it has Pods of the Service.
void Admission::allocateHealthCheckPort(const json::object* existing, json::object& spec, std::set<std::int64_t>& used) {
    const bool needed = textAt(spec, {"type"}) == "LoadBalancer" && textAt(spec, {"externalTrafficPolicy"}) == "Local";
    if (!needed) {
        // What was allocated goes with the need; one that somebody asks for is refused by validation.
        const auto* before = existing ? api::findPath(*existing, {"spec", "healthCheckNodePort"}) : nullptr;
        if (before && spec.contains("healthCheckNodePort") && spec.at("healthCheckNodePort") == *before) spec.erase("healthCheckNodePort");
        return;
    }
    std::int64_t chosen = 0;
    if (const auto* present = spec.if_contains("healthCheckNodePort"); present && present->is_number()) chosen = present->to_number<std::int64_t>();
    while (chosen == 0) {
        const auto candidate = firstNodePort + static_cast<std::int64_t>(random_.below(lastNodePort - firstNodePort + 1));
        if (!used.contains(candidate)) chosen = candidate;
    }
    used.insert(chosen);
    spec["healthCheckNodePort"] = chosen;
}

Result<void> Admission::allocateNodePorts(const AdmissionRequest& request, json::object& service) {
    auto& spec = service["spec"].get_object();
    const auto type = textAt(spec, {"type"});
    auto* ports = spec.if_contains("ports");
    if (!ports || !ports->is_array()) return {};
    const auto* wanted = spec.if_contains("allocateLoadBalancerNodePorts");
    const bool needed = type == "NodePort" || (type == "LoadBalancer" && !(wanted && wanted->is_bool() && !wanted->get_bool()));
    auto used = usedNodePorts(request);
    allocateHealthCheckPort(request.existing, spec, used);
    if (!needed) return {};
    const auto portKey = [](const json::value& port) {
        const auto* number = api::findPath(port, {"port"});
        return fmt::format("{}/{}", api::stringAt(port, {"protocol"}), number && number->is_number() ? number->to_number<std::int64_t>() : 0);
    };
    const auto* oldSpec = request.existing ? request.existing->if_contains("spec") : nullptr;
    const auto* oldPorts = oldSpec ? api::findPath(*oldSpec, {"ports"}) : nullptr;
    int index = -1;
    for (auto& port : ports->get_array()) {
        ++index;
        if (!port.is_object()) continue;
        auto* number = port.get_object().if_contains("nodePort");
        if (number && number->is_number() && number->to_number<std::int64_t>() != 0) {
            const auto asked = number->to_number<std::int64_t>();
            const auto refused = [&](const std::string& why) { return invalidService(request, fmt::format("spec.ports[{}].nodePort", index), fmt::format("{}: {}", asked, why)); };
            if (asked < firstNodePort || asked > lastNodePort)
                return refused(fmt::format("provided port is not in the valid range. The range of valid ports is {}-{}", firstNodePort, lastNodePort));
            if (used.contains(asked)) return refused("provided port is already allocated");
            used.insert(asked);
            continue;
        }
        std::int64_t chosen = 0;
        if (oldPorts && oldPorts->is_array())
            for (const auto& old : oldPorts->get_array())
                if (portKey(old) == portKey(port))
                    if (const auto* before = api::findPath(old, {"nodePort"}); before && before->is_number()) chosen = before->to_number<std::int64_t>();
        while (chosen == 0 || used.contains(chosen)) chosen = firstNodePort + static_cast<std::int64_t>(random_.below(lastNodePort - firstNodePort + 1));
        used.insert(chosen);
        port.get_object()["nodePort"] = chosen;
    }
    return {};
}

// Only one PriorityClass can be the default.
Result<void> Admission::refuseSecondDefault(const AdmissionRequest& request, const json::object& priorityClass) const {
    const auto isDefault = [](const json::value* flag) { return flag && flag->is_bool() && flag->get_bool(); };
    if (!isDefault(priorityClass.if_contains("globalDefault"))) return {};
    for (const auto& [path, each] : store_.all("priorityclasses.scheduling.k8s.io"))
        if (isDefault(each->find({"globalDefault"})) && (request.operation == Operation::Create || each->name() != request.context.name))
            return forbidden(request.context.resource->id, request.context.name, fmt::format("PriorityClass {} is already marked as default. Only one default can exist", each->name()));
    return {};
}

Result<void> Admission::validate(const AdmissionRequest& request, const json::object& object) {
    if (is(request, "scheduling.k8s.io", "priorityclasses") && request.operation != Operation::Delete) return refuseSecondDefault(request, object);
    if (!is(request, "", "pods") || request.operation != Operation::Create || !request.context.subresource.empty()) return {};
    const auto runtimeClass = TRY(runtimeClassOf(request, object));
    if (api::findPath(object, {"spec", "overhead"}) && !(runtimeClass && runtimeClass->find({"overhead"})))
        return forbidden(request.context.resource->id, request.context.name, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    return {};
}

}  // namespace kubarium::apiserver
