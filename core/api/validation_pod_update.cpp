// What an update of a Pod, also through pods/status, pods/ephemeralcontainers and pods/resize, may not do (pkg/apis/core/validation).
#include "core/api/codec.h"
#include "core/api/pod_quality.h"
#include "core/api/validation_containers.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace kubarium::api {
namespace {

constexpr std::string_view mirrorAnnotation = "kubernetes.io/config.mirror";

bool isMirror(const json::object& pod) { return valueAt(objectOrEmpty(objectOrEmpty(pod, "metadata"), "annotations"), mirrorAnnotation) != nullptr; }

void validateConditions(const json::array& conditions, Report& report) {
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        const auto& condition = asObject(conditions[i]);
        const auto path = indexed("status.conditions", i);
        if (const auto generation = numberAt(condition, "observedGeneration"); generation && *generation < 0)
            report.invalid(path + ".observedGeneration", *generation, "must be a non-negative integer");
        const auto type = textAt(condition, "type");
        if (type == "PodScheduled" || type == "Ready" || type == "Initialized") continue;
        report.invalidEach(path + ".Type", type, checkQualifiedName(type));
    }
}

const json::object* terminated(const json::object& status) { return objectAt(objectOrEmpty(status, "state"), "terminated"); }

// A container that has ended for good does not come back to life.
void validateTransitions(const json::object& newStatus, const json::object& oldStatus, std::string_view list, const json::object& spec, Report& report) {
    const auto policy = textAt(spec, "restartPolicy");
    const bool ephemeral = list == "ephemeralContainerStatuses";
    if (!ephemeral && policy == "Always") return;
    const auto& before = arrayAt(oldStatus, list);
    for (std::size_t i = 0; i < before.size(); ++i) {
        const auto* ended = terminated(asObject(before[i]));
        if (!ended || (!ephemeral && policy == "OnFailure" && numberAt(*ended, "exitCode").value_or(0) != 0)) continue;
        const auto name = textAt(asObject(before[i]), "name");
        const auto& sidecars = arrayAt(spec, "initContainers");
        const bool restartable = list == "initContainerStatuses" && std::ranges::any_of(sidecars, [&](const json::value& one) {
                                     return textAt(asObject(one), "name") == name && textAt(asObject(one), "restartPolicy") == "Always";
                                 });
        if (restartable) continue;
        for (const auto& after : arrayAt(newStatus, list))
            if (textAt(asObject(after), "name") == name && !terminated(asObject(after)))
                report.forbidden(indexed(fmt::format("status.{}", list), i) + ".state", "may not be transitioned to non-terminated state");
    }
}

void validateAddresses(const json::object& status, const json::object& before, std::string_view list, Report& report) {
    const auto& addresses = arrayAt(status, list);
    const auto path = fmt::format("status.{}", list);
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const auto ip = textAt(asObject(addresses[i]), "ip");
        const auto& old = arrayAt(before, list);
        const bool known = std::ranges::any_of(old, [&](const json::value& one) { return textAt(asObject(one), "ip") == ip; });
        if (!known) validateIp(ip, indexed(path, i), report);
    }
    if (addresses.size() < 2) return;
    for (std::size_t i = 0; i < addresses.size(); ++i)
        if (const auto ip = textAt(asObject(addresses[i]), "ip"); !seen.insert(ip).second) report.duplicateText(indexed(path, i), fmt::format("{{\"IP\":{}}}", goQuote(ip)));
    const bool dual = addresses.size() == 2 && isIpv6(textAt(asObject(addresses[0]), "ip")) != isIpv6(textAt(asObject(addresses[1]), "ip"));
    if (addresses.size() > 2 || !dual) report.invalidText(path, json::serialize(json::value(addresses)), "may specify no more than one IP for each IP family");
}

// A container without the changes of cpu and memory that a resize may make.
json::object withOldCpuAndMemory(json::object container, const json::object& old) {
    json::object resources;
    for (const auto* kind : {"limits", "requests"}) {
        const auto* before = objectAt(objectOrEmpty(old, "resources"), kind);
        if (!before) continue;
        json::object list = objectOrEmpty(objectOrEmpty(container, "resources"), kind);
        for (const auto* name : {"cpu", "memory"}) {
            list.erase(name);
            if (const auto* amount = valueAt(*before, name)) list[name] = *amount;
        }
        resources[kind] = std::move(list);
    }
    container["resources"] = std::move(resources);
    return container;
}

// Requests and limits may change, but not come or go.
void validateContainerResize(const json::object& newResources, const json::object& oldResources, const std::string& path, Report& report) {
    for (const auto* kind : {"limits", "requests"})
        for (const auto* name : {"cpu", "memory"})
            if (valueAt(objectOrEmpty(oldResources, kind), name) && !valueAt(objectOrEmpty(newResources, kind), name))
                report.forbidden(fmt::format("{}.{}", path, kind), fmt::format("resource {} cannot be removed", kind));
}

// Objects whose order of keys does not matter and whose empty members may be left out.
bool sameContainer(json::object a, json::object b) {
    for (auto* each : {&a, &b}) {
        auto* resources = each->if_contains("resources");
        if (!resources || !resources->is_object()) continue;
        for (const auto* kind : {"limits", "requests"})
            if (objectOrEmpty(resources->get_object(), kind).empty()) resources->get_object().erase(kind);
    }
    return a == b;
}

bool sameOrder(const json::object& newSpec, const json::object& oldSpec, Report& report) {
    const auto causes = report.causes.size();
    for (const auto* list : {"containers", "initContainers"}) {
        const auto& after = arrayAt(newSpec, list);
        const auto& before = arrayAt(oldSpec, list);
        if (after.size() != before.size()) {
            report.forbidden(std::string("spec.") + list, fmt::format("{} may not be added or removed on resize", std::string_view(list) == "containers" ? "containers" : "initContainers"));
            continue;
        }
        for (std::size_t i = 0; i < after.size(); ++i)
            if (textAt(asObject(after[i]), "name") != textAt(asObject(before[i]), "name"))
                report.forbidden(indexed(std::string("spec.") + list, i) + ".name", "containers may not be renamed or reordered on resize");
    }
    return report.causes.size() == causes;
}

void validateResizedContainers(const json::object& newSpec, const json::object& oldSpec, Report& report) {
    const auto isSidecar = [](const json::object& container) { return textAt(container, "restartPolicy") == "Always"; };
    for (const std::string_view list : {"initContainers", "containers"}) {
        const bool init = list == "initContainers";
        const auto& before = arrayAt(oldSpec, list);
        for (std::size_t i = 0; i < before.size(); ++i)
            if (!init || isSidecar(asObject(before[i])))
                validateContainerResize(objectOrEmpty(asObject(arrayAt(newSpec, list)[i]), "resources"), objectOrEmpty(asObject(before[i]), "resources"),
                                        indexed(fmt::format("spec.{}", list), i) + ".resources", report);
    }
    for (const std::string_view list : {"containers", "initContainers"}) {
        const bool init = list == "initContainers";
        const auto& before = arrayAt(oldSpec, list);
        for (std::size_t i = 0; i < before.size(); ++i) {
            const auto& old = asObject(before[i]);
            const auto& wanted = asObject(arrayAt(newSpec, list)[i]);
            if (init && !isSidecar(old)) {
                if (!sameContainer(wanted, old)) report.forbidden("spec", "resources for non-sidecar init containers are immutable");
            } else if (!sameContainer(withOldCpuAndMemory(wanted, old), old)) {
                report.forbidden("spec", init ? "only cpu and memory resources for sidecar containers are mutable" : "only cpu and memory resources are mutable");
            }
        }
    }
}

}  // namespace

void validatePodStatusUpdate(const json::object& newPod, const json::object& oldPod, Report& report) {
    const auto& status = objectOrEmpty(newPod, "status");
    const auto& before = objectOrEmpty(oldPod, "status");
    const auto& spec = objectOrEmpty(oldPod, "spec");
    validateConditions(arrayAt(status, "conditions"), report);
    const auto nominated = textAt(status, "nominatedNodeName");
    if (!nominated.empty() && nominated != textAt(before, "nominatedNodeName")) report.invalidEach("status.nominatedNodeName", nominated, checkDnsSubdomain(nominated));
    if (const auto generation = numberAt(status, "observedGeneration"); generation && *generation < 0)
        report.invalid("status.observedGeneration", *generation, "must be a non-negative integer");
    validateImmutable(status, before, "qosClass", "status.qosClass", report);
    for (const auto* list : {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"}) validateTransitions(status, before, list, spec, report);
    for (const auto* list : {"podIPs", "hostIPs"}) validateAddresses(status, before, list, report);
}

void validateEphemeralUpdate(const json::object& newPod, const json::object& oldPod, Report& report) {
    validatePodSpec(objectOrEmpty(newPod, "spec"), PodSpecOf::Pod, "spec", report);
    if (isMirror(oldPod)) {
        report.causes.clear();
        return report.forbidden("[]", "static pods do not support ephemeral containers");
    }
    const auto& after = arrayAt(objectOrEmpty(newPod, "spec"), "ephemeralContainers");
    for (const auto& old : arrayAt(objectOrEmpty(oldPod, "spec"), "ephemeralContainers")) {
        const auto name = textAt(asObject(old), "name");
        const auto same = std::ranges::find_if(after, [&](const json::value& element) { return textAt(asObject(element), "name") == name; });
        if (same == after.end()) report.forbidden("spec.ephemeralContainers", fmt::format("existing ephemeral containers {} may not be removed\n", goQuote(name)));
        else if (*same != old) report.forbidden("spec.ephemeralContainers", fmt::format("existing ephemeral containers {} may not be changed\n", goQuote(name)));
    }
}

void validateResize(const json::object& newPod, const json::object& oldPod, Report& report) {
    const auto& newSpec = objectOrEmpty(newPod, "spec");
    const auto& oldSpec = objectOrEmpty(oldPod, "spec");
    validatePodSpec(newSpec, PodSpecOf::Pod, "spec", report);
    const auto refuse = [&](std::string_view why) {
        report.causes.clear();
        report.forbidden("[]", why);
    };
    const auto ofPod = [](const json::object& spec) {
        const auto& resources = objectOrEmpty(spec, "resources");
        return !objectOrEmpty(resources, "requests").empty() || !objectOrEmpty(resources, "limits").empty();
    };
    if (ofPod(newSpec) || ofPod(oldSpec)) return refuse("pods with pod-level resources cannot be resized");
    if (isMirror(oldPod)) return refuse("static pods cannot be resized");
    if (textAt(objectOrEmpty(oldSpec, "os"), "name") == "windows") return refuse("windows pods cannot be resized");
    const auto qos = textAt(objectOrEmpty(oldPod, "status"), "qosClass");
    const auto before = qos.empty() ? podQualityOfService(oldPod) : qos;
    if (podQualityOfService(newPod) != before) report.invalid("spec", textAt(objectOrEmpty(newPod, "status"), "qosClass"), "Pod QOS Class may not change as a result of resizing");
    if (!sameOrder(newSpec, oldSpec, report)) return;
    validateResizedContainers(newSpec, oldSpec, report);
}

namespace {

constexpr std::string_view podUpdateSentence =
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";

// Images may change; whether there are as many containers as before.
bool validateContainerUpdates(const json::object& newSpec, const json::object& oldSpec, const std::string& list, Report& report) {
    const auto& containers = arrayAt(newSpec, list);
    if (containers.size() != arrayAt(oldSpec, list).size()) {
        report.forbidden("spec." + list, "pod updates may not add or remove containers");
        return false;
    }
    for (std::size_t i = 0; i < containers.size(); ++i) {
        const auto here = indexed("spec." + list, i);
        if (textAt(asObject(containers[i]), "image").empty()) report.required(here + ".image");
        validateImageText(asObject(containers[i]), here, report);
    }
    return true;
}

// Whether the rest may be looked at.
bool validateDeadlineUpdate(const json::object& newSpec, const json::object& oldSpec, Report& report) {
    const auto path = "spec.activeDeadlineSeconds";
    const auto after = numberAt(newSpec, "activeDeadlineSeconds"), before = numberAt(oldSpec, "activeDeadlineSeconds");
    if (after && (*after < 0 || *after > 2147483647)) report.invalid(path, *after, "must be between 0 and 2147483647, inclusive");
    else if (after && before && *before < *after) report.invalid(path, *after, "must be less than or equal to previous value");
    else if (!after && before) report.invalidText(path, "null", "must not update from a positive integer to nil value");
    else return true;
    return !after;
}

void validateAddedTolerations(const json::array& after, const json::array& before, Report& report) {
    const auto withoutSeconds = [](json::value toleration) {
        if (toleration.is_object()) toleration.get_object().erase("tolerationSeconds");
        return toleration;
    };
    for (const auto& old : before)
        if (std::ranges::none_of(after, [&](const json::value& one) { return withoutSeconds(one) == withoutSeconds(old); }))
            return report.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
    validateTolerations(after, "spec.tolerations", report);
}

void validateDeletedGates(const json::array& after, const json::array& before, Report& report) {
    for (std::size_t i = 0; i < after.size(); ++i) {
        const auto name = textAt(asObject(after[i]), "name");
        if (std::ranges::none_of(before, [&](const json::value& old) { return textAt(asObject(old), "name") == name; }))
            report.forbidden(indexed("spec.schedulingGates", i) + ".name", fmt::format("only deletion is allowed, but found new scheduling gate '{}'", name));
    }
}

// A NodeSelectorTerm of the internal version.
json::object termAsGoPrints(const json::object& term) {
    const auto requirements = [&](std::string_view list) {
        json::array printed;
        for (const auto& entry : arrayAt(term, list)) {
            const auto& requirement = asObject(entry);
            const auto& values = arrayAt(requirement, "values");
            printed.push_back(json::object{{"Key", textAt(requirement, "key")}, {"Operator", textAt(requirement, "operator")}, {"Values", values.empty() ? json::value() : json::value(values)}});
        }
        return printed.empty() ? json::value() : json::value(std::move(printed));
    };
    return {{"MatchExpressions", requirements("matchExpressions")}, {"MatchFields", requirements("matchFields")}};
}

// A gated Pod may still be steered more narrowly: labels and requirements may be added to what is there.
void validateGatedUpdate(const json::object& newSpec, const json::object& oldSpec, Report& report) {
    const auto &selector = objectOrEmpty(newSpec, "nodeSelector"), &oldSelector = objectOrEmpty(oldSpec, "nodeSelector");
    if (std::ranges::any_of(oldSelector, [&](const auto& entry) { const auto* now = selector.if_contains(entry.key()); return !now || *now != entry.value(); }))
        report.invalidText("spec.nodeSelector", toJson(selector), "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
    const auto termsOf = [](const json::object& spec) -> const json::array& {
        return arrayAt(objectOrEmpty(objectOrEmpty(objectOrEmpty(spec, "affinity"), "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms");
    };
    const auto &terms = termsOf(newSpec), &oldTerms = termsOf(oldSpec);
    const std::string path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    if (oldTerms.empty()) return;
    json::array printed;
    for (const auto& term : terms) printed.push_back(termAsGoPrints(asObject(term)));
    if (terms.size() != oldTerms.size()) return report.invalidText(path, terms.empty() ? "null" : toJson(printed), "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const auto kept = [&](std::string_view list) {
            const auto &after = arrayAt(asObject(terms[i]), list), &before = arrayAt(asObject(oldTerms[i]), list);
            return after.size() >= before.size() && std::equal(before.begin(), before.end(), after.begin());
        };
        const bool none = arrayAt(asObject(oldTerms[i]), "matchExpressions").empty() && arrayAt(asObject(oldTerms[i]), "matchFields").empty();
        if (terms[i] != oldTerms[i] && (none || !kept("matchExpressions") || !kept("matchFields"))) report.invalidText(indexed(path, i), toJson(printed[i]), "only additions are allowed (no mutations or deletions)");
    }
}

// The new spec with what may change put back to what it was.
json::object withoutAllowedChanges(const json::object& newSpec, const json::object& oldSpec) {
    json::object result = newSpec;
    for (const auto* list : {"containers", "initContainers"}) {
        auto* containers = result.if_contains(list);
        const auto& before = arrayAt(oldSpec, list);
        if (!containers || !containers->is_array()) continue;
        for (std::size_t i = 0; i < containers->get_array().size() && i < before.size(); ++i) {
            auto* container = containers->get_array()[i].if_object();
            if (container && asObject(before[i]).contains("image")) (*container)["image"] = asObject(before[i]).at("image");
        }
    }
    const auto putBack = [](json::object& now, const json::object& old, std::string_view key) {
        if (const auto* value = old.if_contains(key)) now[key] = *value;
        else now.erase(key);
    };
    for (const auto* key : {"activeDeadlineSeconds", "tolerations", "schedulingGates"}) putBack(result, oldSpec, key);
    const auto oldGrace = numberAt(oldSpec, "terminationGracePeriodSeconds"), newGrace = numberAt(newSpec, "terminationGracePeriodSeconds");
    if (oldGrace && *oldGrace < 0 && newGrace && *newGrace == 1) putBack(result, oldSpec, "terminationGracePeriodSeconds");
    if (arrayAt(oldSpec, "schedulingGates").empty()) return result;
    putBack(result, oldSpec, "nodeSelector");
    auto affinity = objectOrEmpty(result, "affinity");
    putBack(affinity, objectOrEmpty(oldSpec, "affinity"), "nodeAffinity");
    if (affinity.empty() && !oldSpec.contains("affinity")) result.erase("affinity");
    else result["affinity"] = std::move(affinity);
    return result;
}

void validateSpecUpdate(const json::object& newPod, const json::object& oldPod, Report& report) {
    const auto &newSpec = objectOrEmpty(newPod, "spec"), &oldSpec = objectOrEmpty(oldPod, "spec");
    validateObjectMeta(objectOrEmpty(newPod, "metadata"), true, checkDnsSubdomain, "metadata", report);
    validatePod(newPod, report);
    for (const std::string list : {"containers", "initContainers"})
        if (!validateContainerUpdates(newSpec, oldSpec, list, report)) return;
    if (!validateDeadlineUpdate(newSpec, oldSpec, report)) return;
    validateAddedTolerations(arrayAt(newSpec, "tolerations"), arrayAt(oldSpec, "tolerations"), report);
    validateDeletedGates(arrayAt(newSpec, "schedulingGates"), arrayAt(oldSpec, "schedulingGates"), report);
    if (!arrayAt(oldSpec, "schedulingGates").empty()) validateGatedUpdate(newSpec, oldSpec, report);
    if (withoutAllowedChanges(newSpec, oldSpec) != oldSpec) report.forbidden("spec", podUpdateSentence);
}

}  // namespace

void validatePodUpdate(const json::object& newPod, const json::object& oldPod, std::string_view subresource, Report& report) {
    if (subresource == "ephemeralcontainers") return validateEphemeralUpdate(newPod, oldPod, report);
    if (subresource == "resize") return validateResize(newPod, oldPod, report);
    if (subresource == "status") return validatePodStatusUpdate(newPod, oldPod, report);
    if (subresource.empty()) validateSpecUpdate(newPod, oldPod, report);
}

}  // namespace kubarium::api
