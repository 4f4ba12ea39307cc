// The core group but for Pods, replication, volumes and quotas; coordination, scheduling and node.
#include "core/api/codec.h"
#include "core/api/validation_rules.h"
#include "core/base/base64.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace kubarium::api {

namespace {

constexpr std::size_t configLimit = 1024 * 1024;

// ---- ConfigMap, Secret ------------------------------------------------------------------------------------------------------

void validateConfigMap(const json::object& map, Report& report) {
    const auto& data = objectOrEmpty(map, "data");
    const auto& binary = objectOrEmpty(map, "binaryData");
    std::size_t total = 0;
    for (const auto& [key, value] : data) {
        report.invalidEach(keyed("data", key), key, checkConfigKey(key));
        if (binary.contains(key)) report.invalid(keyed("data", key), key, "duplicate of key present in binaryData");
        total += asString(value).size();
    }
    for (const auto& [key, value] : binary) {
        report.invalidEach(keyed("binaryData", key), key, checkConfigKey(key));
        total += asString(value).size() * 3 / 4;
    }
    if (total > configLimit) report.tooLong("[]", configLimit);
}

void validateImmutableData(const json::object& object, const json::object& old, std::initializer_list<std::string_view> keys, Report& report) {
    if (!flagAt(old, "immutable")) return;
    if (!flagAt(object, "immutable")) report.forbidden("immutable", "field is immutable when `immutable` is set");
    for (const auto key : keys)
        if (!sameAt(object, old, key)) report.forbidden(std::string(key), "field is immutable when `immutable` is set");
}

void validateConfigMapUpdate(const json::object& map, const json::object& old, std::string_view, Report& report) { validateImmutableData(map, old, {"data", "binaryData"}, report); }

void validateDockerConfig(const json::object& data, std::string_view key, Report& report) {
    const auto path = keyed("data", key);
    const auto* value = valueAt(data, key);
    if (!value) {
        report.required(path);
        return;
    }
    const auto parsed = parseJson(decodeBase64(asString(*value)));
    if (!parsed) report.invalid(path, "<secret contents redacted>", parsed.error().message);
    else if (!parsed->value.is_object() && !parsed->value.is_null()) report.invalid(path, "<secret contents redacted>", "json: cannot unmarshal a value that is no object into Go value of type map[string]interface {}");
}

void validateSecret(const json::object& secret, Report& report) {
    const auto& data = objectOrEmpty(secret, "data");
    std::size_t total = 0;
    for (const auto& [key, value] : data) {
        report.invalidEach(keyed("data", key), key, checkConfigKey(key));
        total += asString(value).size() * 3 / 4;
    }
    if (total > configLimit) report.tooLong("data", configLimit);
    const auto type = textAt(secret, "type");
    const auto require = [&](std::string_view key) {
        if (!valueAt(data, key)) report.required(keyed("data", key));
    };
    if (type == "kubernetes.io/service-account-token") {
        if (textAt(objectOrEmpty(objectOrEmpty(secret, "metadata"), "annotations"), "kubernetes.io/service-account.name").empty())
            report.required(keyed("metadata.annotations", "kubernetes.io/service-account.name"));
    } else if (type == "kubernetes.io/dockercfg") {
        validateDockerConfig(data, ".dockercfg", report);
    } else if (type == "kubernetes.io/dockerconfigjson") {
        validateDockerConfig(data, ".dockerconfigjson", report);
    } else if (type == "kubernetes.io/basic-auth") {
        if (!valueAt(data, "username") && !valueAt(data, "password")) require("username"), require("password");
    } else if (type == "kubernetes.io/ssh-auth") {
        require("ssh-privatekey");
    } else if (type == "kubernetes.io/tls") {
        require("tls.crt"), require("tls.key");
    }
}

void validateSecretUpdate(const json::object& secret, const json::object& old, std::string_view, Report& report) {
    validateImmutable(secret, old, "type", "type", report);
    validateImmutableData(secret, old, {"data"}, report);
}

// ---- Namespace, Node ----------------------------------------------------------------------------------------------------------

// Unlike the resources of containers, these are fields of the path.
void validateNodeResources(const json::object& node, Report& report) {
    for (const std::string list : {"capacity", "allocatable"})
        for (const auto& [name, amount] : objectOrEmpty(objectOrEmpty(node, "status"), list)) validateQuantity(name, asString(amount), "status." + list + "." + std::string(name), report);
}

void validatePodCidrs(const json::array& cidrs, Report& report) {
    for (std::size_t i = 0; i < cidrs.size(); ++i)
        if (!isCidr(asString(cidrs[i]))) report.invalid(indexed("spec.podCIDRs", i), asString(cidrs[i]), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    if (cidrs.size() < 2) return;
    bool four = false, six = false;
    for (std::size_t i = 0; i < cidrs.size(); ++i) {
        const auto cidr = asString(cidrs[i]);
        if (!isCidr(cidr)) {
            report.add("InternalError", "spec.podCIDRs", fmt::format("Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[{}]: <nil> (invalid CIDR address: {})", i, cidr));
            four = six = false;
            break;
        }
        (cidr.find(':') == cidr.npos ? four : six) = true;
    }
    if (!four || !six || cidrs.size() > 2) report.invalidText("spec.podCIDRs", goJson(cidrs), "may specify no more than one CIDR for each IP family");
}

void validateNode(const json::object& node, Report& report) {
    const auto& spec = objectOrEmpty(node, "spec");
    validateTaints(arrayAt(spec, "taints"), "metadata.taints", report);
    validateNodeResources(node, report);
    validatePodCidrs(arrayAt(spec, "podCIDRs"), report);
}

void validateNodeUpdate(const json::object& node, const json::object& old, std::string_view subresource, Report& report) {
    const auto& after = objectOrEmpty(node, "spec");
    const auto& before = objectOrEmpty(old, "spec");
    if (subresource.empty()) validateNode(node, report);
    validateNodeResources(node, report);
    const auto& addresses = arrayAt(objectOrEmpty(node, "status"), "addresses");
    for (std::size_t i = 0; i < addresses.size(); ++i)
        if (std::find(addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(i), addresses[i]) != addresses.begin() + static_cast<std::ptrdiff_t>(i))
            report.duplicateText(indexed("status.addresses", i), fmt::format("{{\"Type\":{},\"Address\":{}}}", goQuote(textAt(asObject(addresses[i]), "type")), goQuote(textAt(asObject(addresses[i]), "address"))));
    const auto &cidrs = arrayAt(after, "podCIDRs"), &oldCidrs = arrayAt(before, "podCIDRs");
    if (!oldCidrs.empty() && cidrs != oldCidrs) report.forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
    if (!textAt(before, "providerID").empty() && !sameAt(after, before, "providerID")) report.forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid");
    if (textAt(after, "externalID") != textAt(before, "externalID")) report.forbidden("spec.externalID", "may not be updated");
}

void validateNamespace(const json::object& nameSpace, Report& report) {
    for (const auto& finalizer : arrayAt(objectOrEmpty(nameSpace, "spec"), "finalizers")) {
        const auto name = asString(finalizer);
        report.invalidEach("spec.finalizers", name, checkQualifiedName(name));
        if (name.find('/') == name.npos && name != "kubernetes" && name != "orphan" && name != "foregroundDeletion")
            report.invalid("spec.finalizers", name, "name is neither a standard finalizer name nor is it fully qualified");
    }
}

// A Namespace is Active until it is deleted and Terminating from then on.
void validateNamespaceUpdate(const json::object& nameSpace, const json::object&, std::string_view subresource, Report& report) {
    if (subresource == "finalize") {
        const auto& finalizers = arrayAt(objectOrEmpty(nameSpace, "spec"), "finalizers");
        for (std::size_t i = 0; i < finalizers.size(); ++i) {
            const auto name = asString(finalizers[i]);
            const auto path = indexed("spec.finalizers", i);
            report.invalidEach(path, name, checkQualifiedName(name));
            if (name.find('/') == name.npos && name != "kubernetes" && name != "orphan" && name != "foregroundDeletion")
                report.invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified");
        }
        return;
    }
    if (subresource != "status") return;
    const bool deleting = valueAt(objectOrEmpty(nameSpace, "metadata"), "deletionTimestamp") != nullptr;
    const auto phase = textAt(objectOrEmpty(nameSpace, "status"), "phase");
    if (!deleting && phase != "Active") report.invalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty");
    if (deleting && phase != "Terminating") report.invalid("status.Phase", phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
}

// ---- Event --------------------------------------------------------------------------------------------------------------------

// An Event in either form, by the names of core/v1.
struct EventView {
    explicit EventView(const json::object& given) : event(given), strict(textAt(given, "apiVersion") == "events.k8s.io/v1") {}
    std::string_view name(std::string_view core, std::string_view events) const { return strict ? events : core; }
    const json::value* at(std::string_view core, std::string_view events) const { return valueAt(event, name(core, events)); }
    std::string_view text(std::string_view core, std::string_view events) const { return textAt(event, name(core, events)); }

    const json::object& event;
    bool strict;
};

// legacyValidateEvent: what every Event is held to; the more so if it has an eventTime.
void validateAnyEvent(const EventView& view, Report& report) {
    constexpr std::size_t shortLimit = 128, noteLimit = 1024;
    const auto nameSpace = textAt(objectOrEmpty(view.event, "metadata"), "namespace");
    const auto involved = textAt(objectOrEmpty(view.event, view.name("involvedObject", "regarding")), "namespace");
    const bool timed = valueAt(view.event, "eventTime") != nullptr;
    const bool mayDiffer = involved.empty() && (nameSpace.empty() || nameSpace == "default" || (timed && nameSpace == "kube-system"));
    if (involved != nameSpace && !mayDiffer && (!timed || involved.empty())) report.invalid("involvedObject.namespace", involved, "does not match event.namespace");
    if (!timed) return;
    const std::string controllerField(view.name("reportingComponent", "reportingController"));
    const auto controller = view.text("reportingComponent", "reportingController");
    if (controller.empty()) report.required(controllerField);
    report.invalidEach(controllerField, controller, checkQualifiedName(controller));
    for (const auto* field : {"reportingInstance", "action", "reason"}) {
        const auto text = textAt(view.event, field);
        if (text.empty()) report.required(field);
        if (text.size() > shortLimit) report.invalid(field, "", fmt::format("can have at most {} characters", shortLimit));
    }
    if (view.text("message", "note").size() > noteLimit) report.invalid("message", "", fmt::format("can have at most {} characters", noteLimit));
}

void validateEventSeries(const json::object& event, Report& report) {
    const auto* series = objectAt(event, "series");
    if (!series) return;
    if (numberAt(*series, "count").value_or(0) < 2) report.invalid("series.count", "", "should be at least 2");
    if (!valueAt(*series, "lastObservedTime")) report.required("series.lastObservedTime");
}

void validateEvent(const json::object& event, Report& report) {
    const EventView view(event);
    validateAnyEvent(view, report);
    if (!view.strict) return;
    validateEventSeries(event, report);
    if (!valueAt(event, "eventTime")) report.required("eventTime");
    const auto type = textAt(event, "type");
    if (type != "Normal" && type != "Warning") report.invalid("type", "", fmt::format("has invalid value: {}", type));
    const auto unset = [&](std::string_view core, std::string_view events) {
        const auto* value = view.at(core, events);
        const bool zero = !value || (value->is_object() && textAt(value->get_object(), "component").empty() && textAt(value->get_object(), "host").empty()) ||
                          (value->is_number() && value->to_number<std::int64_t>() == 0);
        if (!zero) report.invalid(std::string(core), "", "needs to be unset");
    };
    unset("firstTimestamp", "deprecatedFirstTimestamp");
    unset("lastTimestamp", "deprecatedLastTimestamp");
    unset("count", "deprecatedCount");
    unset("source", "deprecatedSource");
}

void validateEventUpdate(const json::object& event, const json::object& old, std::string_view, Report& report) {
    const EventView view(event);
    validateAnyEvent(view, report);
    if (!view.strict) return;
    if (!sameAt(event, old, "series")) validateEventSeries(event, report);
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> fixed{{{"involvedObject", "regarding"},
                                                                                          {"reason", "reason"},
                                                                                          {"message", "note"},
                                                                                          {"source", "deprecatedSource"},
                                                                                          {"firstTimestamp", "deprecatedFirstTimestamp"},
                                                                                          {"lastTimestamp", "deprecatedLastTimestamp"},
                                                                                          {"count", "deprecatedCount"},
                                                                                          {"reason", "reason"},
                                                                                          {"type", "type"},
                                                                                          {"eventTime", "eventTime"},
                                                                                          {"action", "action"},
                                                                                          {"related", "related"},
                                                                                          {"reportingController", "reportingController"},
                                                                                          {"reportingInstance", "reportingInstance"}}};
    for (const auto& [shown, field] : fixed) validateImmutable(event, old, field, std::string(shown), report);
}

// ---- Small kinds --------------------------------------------------------------------------------------------------------------

void validateLease(const json::object& lease, Report& report) {
    const auto& spec = objectOrEmpty(lease, "spec");
    if (const auto duration = numberAt(spec, "leaseDurationSeconds"); duration && *duration <= 0) report.invalid("spec.leaseDurationSeconds", *duration, "must be greater than 0");
    if (const auto transitions = numberAt(spec, "leaseTransitions")) validateNonnegative(*transitions, "spec.leaseTransitions", report);
}

void validatePriorityClass(const json::object& priorityClass, Report& report) {
    const auto name = textAt(objectOrEmpty(priorityClass, "metadata"), "name");
    const auto value = numberAt(priorityClass, "value").value_or(0);
    const bool system = name == "system-node-critical" || name == "system-cluster-critical";
    if (name.starts_with("system-") && !system) report.forbidden("metadata.name", "priority class names with 'system-' prefix are reserved for system use only. error: " + std::string(name) + " is not a known system priority class");
    else if (!system && value > 1'000'000'000) report.forbidden("value", "maximum allowed value of a user defined priority is 1000000000");
    if (const auto policy = textAt(priorityClass, "preemptionPolicy"); valueAt(priorityClass, "preemptionPolicy") && policy != "PreemptLowerPriority" && policy != "Never")
        report.unsupported("preemptionPolicy", policy, {"PreemptLowerPriority", "Never"});
}

void validatePriorityClassUpdate(const json::object& priorityClass, const json::object& old, std::string_view, Report& report) {
    if (numberAt(priorityClass, "value") != numberAt(old, "value")) report.forbidden("value", "may not be changed in an update.");
    validateImmutable(priorityClass, old, "preemptionPolicy", "preemptionPolicy", report);
}

void validateRuntimeClass(const json::object& runtimeClass, Report& report) {
    const auto handler = textAt(runtimeClass, "handler");
    report.invalidEach("handler", handler, checkDnsLabel(handler));
    if (const auto* overhead = objectAt(runtimeClass, "overhead")) validateResourceRequirements({{"limits", objectOrEmpty(*overhead, "podFixed")}}, ResourceOwner::Container, {}, "overhead", report);
    if (const auto* scheduling = objectAt(runtimeClass, "scheduling")) {
        validateLabels(objectOrEmpty(*scheduling, "nodeSelector"), "scheduling.nodeSelector", report);
        validateTolerations(arrayAt(*scheduling, "tolerations"), "scheduling.tolerations.tolerations", report);
    }
}

void validateRuntimeClassUpdate(const json::object& runtimeClass, const json::object& old, std::string_view, Report& report) { validateImmutable(runtimeClass, old, "handler", "handler", report); }

void validatePodTemplateObject(const json::object& object, Report& report) { validatePodTemplate(objectOrEmpty(object, "template"), "template", report); }

void validatePodCreate(const json::object& pod, Report& report) {
    validatePod(pod, report);
    const auto& spec = objectOrEmpty(pod, "spec");
    if (!arrayAt(spec, "ephemeralContainers").empty()) report.forbidden("spec.ephemeralContainers", "cannot be set on create");
    if (!textAt(spec, "nodeName").empty() && !arrayAt(spec, "schedulingGates").empty()) report.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
}

}  // namespace

void validateTaints(const json::array& taints, const std::string& path, Report& report) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < taints.size(); ++i) {
        const auto& taint = asObject(taints[i]);
        const auto here = indexed(path, i);
        const auto key = textAt(taint, "key"), value = textAt(taint, "value"), effect = textAt(taint, "effect");
        report.invalidEach(here + ".key", key, checkQualifiedName(key));
        if (const auto sentences = checkLabelValue(value); !sentences.empty()) report.invalid(here + ".value", value, fmt::format("{}", fmt::join(sentences, ";")));
        if (effect.empty()) report.required(here + ".effect");
        else if (effect != "NoSchedule" && effect != "PreferNoSchedule" && effect != "NoExecute") report.unsupported(here + ".effect", effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"});
        if (!seen.insert(std::string(key) + ":" + std::string(effect)).second) {
            const auto* added = valueAt(taint, "timeAdded");
            report.duplicateText(here, fmt::format("{{\"Key\":{},\"Value\":{},\"Effect\":{},\"TimeAdded\":{}}}: taints must be unique by key and effect pair", goQuote(key), goQuote(value), goQuote(effect), shownValue(added)));
        }
    }
}

const KindRules* coreRules(const GroupVersionKind& kind) {
    static const std::map<std::pair<std::string_view, std::string_view>, KindRules> rules = {
        {{"", "Pod"}, {nullptr, validatePodCreate, validatePodUpdate, true}},
        {{"", "PodTemplate"}, {nullptr, validatePodTemplateObject, nullptr}},
        {{"", "ConfigMap"}, {nullptr, validateConfigMap, validateConfigMapUpdate, false, true}},
        {{"", "Secret"}, {nullptr, validateSecret, validateSecretUpdate, false, true}},
        {{"", "Namespace"}, {.name = checkDnsLabel, .create = validateNamespace, .update = validateNamespaceUpdate, .updateOnly = true}},
        {{"", "Node"}, {.create = validateNode, .update = validateNodeUpdate, .updateOnly = true, .metadataAgain = true}},
        {{"", "Event"}, {nullptr, validateEvent, validateEventUpdate, true}},
        {{"events.k8s.io", "Event"}, {nullptr, validateEvent, validateEventUpdate, true}},
        {{"coordination.k8s.io", "Lease"}, {.create = validateLease, .metadata = MetadataRules::WithoutFinalizers}},
        {{"scheduling.k8s.io", "PriorityClass"}, {nullptr, validatePriorityClass, validatePriorityClassUpdate}},
        {{"node.k8s.io", "RuntimeClass"}, {.create = validateRuntimeClass, .update = validateRuntimeClassUpdate, .metadata = MetadataRules::WithoutFinalizers}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
