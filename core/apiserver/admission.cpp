#include "core/apiserver/admission.h"

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

bool is(const AdmissionRequest& request, std::string_view group, std::string_view resource) {
    return request.context.resource->id.group == group && request.context.resource->id.resource == resource;
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
    const json::value namespaceItem{{"path", "namespace"}, {"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", "metadata.namespace"}}}};
    json::array sources{
        json::value{{"serviceAccountToken", {{"expirationSeconds", 3607}, {"path", "token"}}}},
        json::object{{"configMap", json::object{{"name", "kube-root-ca.crt"}, {"items", json::array{json::value{{"key", "ca.crt"}, {"path", "ca.crt"}}}}}}},
        json::object{{"downwardAPI", json::object{{"items", json::array{namespaceItem}}}}},
    };
    return json::object{{"name", name}, {"projected", json::object{{"sources", std::move(sources)}, {"defaultMode", 420}}}};
}

constexpr std::string_view tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

bool mountToken(json::object& container, const std::string& volume) {
    auto& mounts = ensureArray(container, "volumeMounts");
    for (const auto& mount : mounts)
        if (api::stringAt(mount, {"mountPath"}) == tokenPath) return false;
    mounts.push_back(json::object{{"name", volume}, {"readOnly", true}, {"mountPath", tokenPath}});
    return true;
}

}  // namespace

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
                for (const auto& [path, storageClass] : store_.all("storageclasses.storage.k8s.io"))
                    if (storageClass->annotation("storageclass.kubernetes.io/is-default-class") == "true") spec["storageClassName"] = storageClass->name();
        }
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
    const auto volume = "kube-api-access-" + random_.suffix(5);
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
    if (type == "ExternalName") {
        for (const auto* field : {"clusterIP", "clusterIPs"}) spec.erase(field);
        return {};
    }
    auto address = textAt(spec, {"clusterIP"});
    if (address.empty()) {
        std::set<std::string> used;
        for (const auto& [path, each] : store_.all("services")) used.emplace(each->string({"spec", "clusterIP"}));
        // 10.96.0.0/16; the first 256 are for addresses that somebody chooses, as in Kubernetes.
        do {
            const auto number = 256 + random_.below(65536 - 256 - 1);
            address = fmt::format("10.96.{}.{}", number / 256, number % 256);
        } while (used.contains(address));
        spec["clusterIP"] = address;
    } else if (address != "None" && !request.existing) {
        for (const auto& [path, each] : store_.all("services"))
            if (each->string({"spec", "clusterIP"}) == address) {
                auto error = makeError(Reason::Invalid, fmt::format("Service \"{}\" is invalid: spec.clusterIPs: Invalid value: [\"{}\"]: failed to allocate IP {}: provided IP is already allocated",
                                                                    request.context.name, address, address));
                error.kind = "Service";
                error.name = request.context.name;
                error.causes.push_back({"FieldValueInvalid", fmt::format("Invalid value: [\"{}\"]: failed to allocate IP {}: provided IP is already allocated", address, address), "spec.clusterIPs"});
                return error;
            }
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

Result<void> Admission::allocateNodePorts(const AdmissionRequest& request, json::object& service) {
    auto& spec = service["spec"].get_object();
    const auto type = textAt(spec, {"type"});
    auto* ports = spec.if_contains("ports");
    if (!ports || !ports->is_array()) return {};
    const auto* wanted = spec.if_contains("allocateLoadBalancerNodePorts");
    const bool needed = type == "NodePort" || (type == "LoadBalancer" && !(wanted && wanted->is_bool() && !wanted->get_bool()));
    if (!needed) return {};
    std::set<std::int64_t> used;
    for (const auto& [path, each] : store_.all("services")) {
        if (each->nameSpace() == request.context.nameSpace && each->name() == request.context.name) continue;
        if (const auto* list = each->find({"spec", "ports"}); list && list->is_array())
            for (const auto& port : list->get_array())
                if (const auto* number = api::findPath(port, {"nodePort"}); number && number->is_number()) used.insert(number->to_number<std::int64_t>());
    }
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
            if (used.contains(number->to_number<std::int64_t>())) {
                const auto detail = fmt::format("Invalid value: {}: provided port is already allocated", number->to_number<std::int64_t>());
                const auto field = fmt::format("spec.ports[{}].nodePort", index);
                auto error = makeError(Reason::Invalid, fmt::format("Service \"{}\" is invalid: {}: {}", request.context.name, field, detail));
                error.kind = "Service";
                error.name = request.context.name;
                error.causes.push_back({"FieldValueInvalid", detail, field});
                return error;
            }
            used.insert(number->to_number<std::int64_t>());
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

Result<void> Admission::validate(const AdmissionRequest&, const json::object&) { return {}; }

}  // namespace kubarium::apiserver
