// Pods: the spec around the containers, and what may change later.
#include "core/api/validation_containers.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace kubarium::api {

namespace {

void validateNodeRequirements(const json::array& requirements, bool fields, const std::string& path, Report& report) {
    for (std::size_t i = 0; i < requirements.size(); ++i) {
        const auto& requirement = asObject(requirements[i]);
        const auto here = indexed(path, i);
        const auto op = textAt(requirement, "operator");
        const auto key = textAt(requirement, "key");
        const auto& values = arrayAt(requirement, "values");
        if (op == "In" || op == "NotIn") {
            if (values.empty()) report.required(here + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
        } else if (op == "Exists" || op == "DoesNotExist") {
            if (!values.empty()) report.forbidden(here + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        } else if (op == "Gt" || op == "Lt") {
            if (values.size() != 1) report.required(here + ".values", "must be specified single value when `operator` is 'Lt' or 'Gt'");
        } else {
            report.invalid(here + ".operator", op, "not a valid selector operator");
        }
        if (fields) {
            if (key != "metadata.name") report.invalid(here + ".key", key, "not a valid field selector key");
        } else {
            report.invalidEach(here + ".key", key, checkQualifiedName(key));
        }
    }
}

void validateNodeSelectorTerm(const json::object& term, const std::string& path, Report& report) {
    validateNodeRequirements(arrayAt(term, "matchExpressions"), false, path + ".matchExpressions", report);
    validateNodeRequirements(arrayAt(term, "matchFields"), true, path + ".matchFields", report);
}

void validateNodeAffinity(const json::object& affinity, const std::string& path, Report& report) {
    if (const auto* required = objectAt(affinity, "requiredDuringSchedulingIgnoredDuringExecution")) validateNodeSelector(*required, path + ".requiredDuringSchedulingIgnoredDuringExecution", report);
    const auto& preferred = arrayAt(affinity, "preferredDuringSchedulingIgnoredDuringExecution");
    for (std::size_t i = 0; i < preferred.size(); ++i) {
        const auto here = indexed(path + ".preferredDuringSchedulingIgnoredDuringExecution", i);
        const auto weight = numberAt(asObject(preferred[i]), "weight").value_or(0);
        if (weight <= 0 || weight > 100) report.invalid(here + ".weight", weight, "must be in the range 1-100");
        validateNodeSelectorTerm(objectOrEmpty(asObject(preferred[i]), "preference"), here + ".preference", report);
    }
}

void validateLabelKeys(const json::object& term, std::string_view key, const std::string& path, Report& report) {
    const auto& keys = arrayAt(term, key);
    const auto here = path + "." + std::string(key);
    if (keys.empty()) return;
    if (!objectAt(term, "labelSelector")) return report.forbidden(here, "must not be specified when labelSelector is not set");
    for (std::size_t i = 0; i < keys.size(); ++i) report.invalidEach(indexed(here, i), asString(keys[i]), checkQualifiedName(asString(keys[i])));
}

void validateAffinityTerm(const json::object& term, const std::string& path, Report& report) {
    if (const auto* selector = objectAt(term, "labelSelector")) validateLabelSelector(*selector, path + ".labelSelector", report);
    if (const auto* selector = objectAt(term, "namespaceSelector")) validateLabelSelector(*selector, path + ".namespaceSelector", report);
    for (const auto& element : arrayAt(term, "namespaces")) report.invalidEach(path + ".namespace", asString(element), checkDnsLabel(asString(element)));
    for (const auto* keys : {"matchLabelKeys", "mismatchLabelKeys"}) validateLabelKeys(term, keys, path, report);
    const auto key = textAt(term, "topologyKey");
    if (key.empty()) report.required(path + ".topologyKey", "can not be empty");
    report.invalidEach(path + ".topologyKey", key, checkQualifiedName(key));
}

void validatePodAffinity(const json::object& affinity, const std::string& path, Report& report) {
    const auto& required = arrayAt(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
    for (std::size_t i = 0; i < required.size(); ++i) validateAffinityTerm(asObject(required[i]), indexed(path + ".requiredDuringSchedulingIgnoredDuringExecution", i), report);
    const auto& preferred = arrayAt(affinity, "preferredDuringSchedulingIgnoredDuringExecution");
    for (std::size_t i = 0; i < preferred.size(); ++i) {
        const auto here = indexed(path + ".preferredDuringSchedulingIgnoredDuringExecution", i);
        const auto weight = numberAt(asObject(preferred[i]), "weight").value_or(0);
        if (weight <= 0 || weight > 100) report.invalid(here + ".weight", weight, "must be in the range 1-100");
        validateAffinityTerm(objectOrEmpty(asObject(preferred[i]), "podAffinityTerm"), here + ".podAffinityTerm", report);
    }
}

void validateSpread(const json::array& constraints, const std::string& path, Report& report) {
    const auto pairOf = [](const json::value& constraint) { return fmt::format("{{{}, {}}}", textAt(asObject(constraint), "topologyKey"), textAt(asObject(constraint), "whenUnsatisfiable")); };
    for (std::size_t i = 0; i < constraints.size(); ++i) {
        const auto& constraint = asObject(constraints[i]);
        const auto here = indexed(path, i);
        const auto skew = numberAt(constraint, "maxSkew").value_or(0);
        const auto key = textAt(constraint, "topologyKey");
        const auto when = textAt(constraint, "whenUnsatisfiable");
        if (skew <= 0) report.invalid(here + ".maxSkew", skew, "must be greater than zero");
        if (key.empty()) report.required(here + ".topologyKey", "can not be empty");
        if (when != "DoNotSchedule" && when != "ScheduleAnyway") report.unsupported(here + ".whenUnsatisfiable", when, {"DoNotSchedule", "ScheduleAnyway"});
        const auto pair = pairOf(constraints[i]);
        if (std::any_of(constraints.begin() + static_cast<std::ptrdiff_t>(i) + 1, constraints.end(), [&](const json::value& other) { return pairOf(other) == pair; }))
            report.duplicate(here + ".{topologyKey, whenUnsatisfiable}", pair);
        if (const auto domains = numberAt(constraint, "minDomains")) {
            if (*domains <= 0) report.invalid(here + ".minDomains", *domains, "must be greater than zero");
            else if (when != "DoNotSchedule") report.invalid(here + ".minDomains", *domains, fmt::format("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}", when));
        }
        for (const auto* policy : {"nodeAffinityPolicy", "nodeTaintsPolicy"})
            if (const auto value = textAt(constraint, policy); valueAt(constraint, policy) && value != "Honor" && value != "Ignore") report.unsupported(here + "." + policy, value, {"Honor", "Ignore"});
        validateLabelKeys(constraint, "matchLabelKeys", here, report);
        if (const auto* selector = objectAt(constraint, "labelSelector")) validateLabelSelector(*selector, here + ".labelSelector", report);
    }
}

bool isSysctl(std::string_view name) {
    if (name.empty() || name.size() > 253) return false;
    bool boundary = true;  // at the start of a part, or after one
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool last = i + 1 == name.size() || name[i + 1] == '.' || name[i + 1] == '/';
        if (c == '.' || c == '/') {
            if (boundary) return false;
            boundary = true;
        } else if (alphanumeric) {
            boundary = false;
        } else if ((c == '-' || c == '_') && !boundary && !last) {
            boundary = false;
        } else {
            return false;
        }
    }
    return !boundary;
}

void validatePodSecurityContext(const json::object& spec, const std::string& path, Report& report) {
    const auto& context = objectOrEmpty(spec, "securityContext");
    const auto here = path + ".securityContext";
    if (const auto group = numberAt(context, "fsGroup"); group && (*group < 0 || *group > 2147483647)) report.invalid(here + ".fsGroup", *group, "must be between 0 and 2147483647, inclusive");
    validateIds(context, here, report);
    const auto& groups = arrayAt(context, "supplementalGroups");
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto group = groups[i].is_int64() ? groups[i].get_int64() : 0;
        if (group < 0 || group > 2147483647) report.invalid(indexed(here + ".supplementalGroups", i), group, "must be between 0 and 2147483647, inclusive");
    }
    if (flagAt(spec, "shareProcessNamespace") && flagAt(spec, "hostPID")) report.invalidText(here + ".shareProcessNamespace", "true", "ShareProcessNamespace and HostPID cannot both be enabled");
    const auto& sysctls = arrayAt(context, "sysctls");
    std::set<std::string> names;
    for (std::size_t i = 0; i < sysctls.size(); ++i) {
        const std::string name(textAt(asObject(sysctls[i]), "name"));
        const auto place = indexed(here + ".sysctls", i) + ".name";
        if (name.empty()) report.required(place);
        else if (!isSysctl(name)) report.invalid(place, name, "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
        else if (!names.insert(name).second) report.duplicate(place, name);
    }
    if (const auto policy = textAt(context, "fsGroupChangePolicy"); valueAt(context, "fsGroupChangePolicy") && policy != "Always" && policy != "OnRootMismatch")
        report.unsupported(here + ".fsGroupChangePolicy", policy, {"Always", "OnRootMismatch"});
    validateSeccomp(context, here, report);
    validateAppArmor(context, here, report);
    if (const auto policy = textAt(context, "supplementalGroupsPolicy"); valueAt(context, "supplementalGroupsPolicy") && policy != "Merge" && policy != "Strict")
        report.unsupported(here + ".supplementalGroupsPolicy", policy, {"Merge", "Strict"});
    if (const auto policy = textAt(context, "seLinuxChangePolicy"); valueAt(context, "seLinuxChangePolicy") && policy != "Recursive")
        report.unsupported(here + ".seLinuxChangePolicy", policy, {"Recursive"});
}

void validateDnsConfig(const json::object& spec, const std::string& path, Report& report) {
    const auto* config = objectAt(spec, "dnsConfig");
    const bool none = textAt(spec, "dnsPolicy") == "None";
    if (none && !config) return report.required(path + ".dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
    if (none && arrayAt(*config, "nameservers").empty()) return report.required(path + ".dnsConfig.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None");
    if (!config) return;
    const auto here = path + ".dnsConfig";
    const auto& servers = arrayAt(*config, "nameservers");
    if (servers.size() > 3) report.invalidText(here + ".nameservers", json::serialize(json::value(servers)), "must not have more than 3 nameservers");
    for (std::size_t i = 0; i < servers.size(); ++i) validateIp(asString(servers[i]), indexed(here + ".nameservers", i), report);
    const auto& searches = arrayAt(*config, "searches");
    for (std::size_t i = 0; i < searches.size(); ++i) {
        auto name = asString(searches[i]);
        if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
        if (name != ".") report.invalidEach(indexed(here + ".searches", i), name, checkSearchDomain(name));
    }
    const auto& options = arrayAt(*config, "options");
    for (std::size_t i = 0; i < options.size(); ++i)
        if (textAt(asObject(options[i]), "name").empty()) report.required(indexed(here + ".options", i), "must not be empty");
}

void validateHostPorts(const json::object& container, std::set<std::string>& taken, const std::string& path, Report& report) {
    const auto& ports = arrayAt(container, "ports");
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto& port = asObject(ports[i]);
        const auto number = numberAt(port, "hostPort").value_or(0);
        const auto shown = fmt::format("{}/{}/{}", textAt(port, "protocol"), textAt(port, "hostIP"), number);
        if (number != 0 && !taken.insert(shown).second) report.duplicate(indexed(path + ".ports", i) + ".hostPort", shown);
    }
}

void validateInitContainer(const json::object& container, const PodContext& pod, const std::string& path, Report& report) {
    const auto restart = textAt(container, "restartPolicy");
    if (valueAt(container, "restartPolicy") && restart != "Always") report.unsupported(path + ".restartPolicy", restart, {"Always"});
    if (restart == "Always") return validateLifecycleAndProbes(container, pod, path, report);
    for (const auto* key : {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"})
        if (objectAt(container, key)) report.forbidden(path + "." + key, "may not be set for init containers without restartPolicy=Always");
}

void validateEphemeralContainer(const json::object& container, const std::set<std::string, std::less<>>& targets, const std::string& path, Report& report) {
    constexpr std::string_view refusal = "cannot be set for an Ephemeral Container";
    if (const auto target = textAt(container, "targetContainerName"); !target.empty() && !targets.contains(target)) report.notFound(path + ".targetContainerName", target);
    for (const auto* key : {"ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"}) {
        const auto* value = valueAt(container, key);
        const bool empty = !value || (value->is_object() && value->get_object().empty() && key == std::string_view("resources")) || (value->is_array() && value->get_array().empty());
        if (!empty) report.forbidden(path + "." + key, refusal);
    }
    const auto& mounts = arrayAt(container, "volumeMounts");
    for (std::size_t i = 0; i < mounts.size(); ++i)
        for (const auto* key : {"subPath", "subPathExpr"})
            if (!textAt(asObject(mounts[i]), key).empty()) report.forbidden(indexed(path + ".volumeMounts", i) + "." + key, refusal);
}

void validateContainers(const json::object& spec, const PodContext& context, const std::string& path, Report& report) {
    std::set<std::string, std::less<>> names, targets;
    const auto each = [&](std::string_view list, auto rules) {
        const auto& containers = arrayAt(spec, list);
        const auto below = path + "." + std::string(list);
        for (std::size_t i = 0; i < containers.size(); ++i) {
            validateContainer(asObject(containers[i]), context, indexed(below, i), report);
            rules(asObject(containers[i]), below, indexed(below, i));
        }
    };
    const auto unique = [&](const json::object& container, bool nameless, const std::string& here) {
        const auto name = textAt(container, "name");
        if (names.contains(name)) report.duplicate(here + ".name", name);
        else if (nameless || !name.empty()) names.emplace(name);
    };
    std::set<std::string> hostPorts;
    if (arrayAt(spec, "containers").empty()) report.required(path + ".containers");
    each("containers", [&](const json::object& container, const std::string&, const std::string& here) {
        unique(container, true, here);
        validateLifecycleAndProbes(container, context, here, report);
        if (valueAt(container, "restartPolicy")) report.forbidden(here + ".restartPolicy", "may not be set for non-init containers");
    });
    const auto& containers = arrayAt(spec, "containers");
    for (std::size_t i = 0; i < containers.size(); ++i) validateHostPorts(asObject(containers[i]), hostPorts, indexed(path + ".containers", i), report);
    each("initContainers", [&](const json::object& container, const std::string& list, const std::string& here) {
        unique(container, false, here);
        std::set<std::string> own;  // one runs after the other
        validateHostPorts(container, own, indexed(list, 0), report);
        validateInitContainer(container, context, here, report);
    });
    for (const auto* list : {"containers", "initContainers"})
        for (const auto& container : arrayAt(spec, list)) {
            targets.emplace(textAt(asObject(container), "name"));
            names.emplace(textAt(asObject(container), "name"));
        }
    each("ephemeralContainers", [&](const json::object& container, const std::string&, const std::string& here) {
        validateImageText(container, here, report);
        unique(container, true, here);
        validateEphemeralContainer(container, targets, here, report);
    });
}

// validatePodHostNetworkDeps: in a template 0 may stand for what will be defaulted.
void validateHostNetwork(const json::object& spec, bool isPod, const std::string& path, Report& report) {
    if (!flagAt(spec, "hostNetwork")) return;
    const auto& containers = arrayAt(spec, "containers");
    for (std::size_t i = 0; i < containers.size(); ++i) {
        const auto& ports = arrayAt(asObject(containers[i]), "ports");
        for (std::size_t j = 0; j < ports.size(); ++j) {
            const auto host = numberAt(asObject(ports[j]), "hostPort").value_or(0), own = numberAt(asObject(ports[j]), "containerPort").value_or(0);
            if ((isPod || host != 0) && host != own) report.invalid(indexed(indexed(path + ".containers", i) + ".ports", j) + ".hostPort", host, "must match `containerPort` when `hostNetwork` is true");
        }
    }
}

void validateResourceClaims(const json::array& claims, const std::string& path, Report& report) {
    std::set<std::string, std::less<>> names;
    for (std::size_t i = 0; i < claims.size(); ++i) {
        const auto& claim = asObject(claims[i]);
        const auto here = indexed(path, i);
        const auto name = textAt(claim, "name");
        const auto *given = valueAt(claim, "resourceClaimName"), *made = valueAt(claim, "resourceClaimTemplateName");
        if (name.empty()) {
            report.required(here + ".name");
        } else if (!names.emplace(name).second) {
            report.duplicate(here + ".name", name);
        } else {
            report.invalidEach(here + ".name", name, checkDnsLabel(name));
        }
        const auto shown = [&] {
            return json::serialize(json::object{{"Name", name}, {"ResourceClaimName", given ? *given : json::value()}, {"ResourceClaimTemplateName", made ? *made : json::value()}});
        };
        if (given && made) report.invalidText(here, shown(), "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
        if (!given && !made) report.invalidText(here, shown(), "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
        for (const auto* key : {"resourceClaimName", "resourceClaimTemplateName"})
            if (valueAt(claim, key)) report.invalidEach(here + "." + key, textAt(claim, key), checkDnsSubdomain(textAt(claim, key)));
    }
}

void validateHostUsers(const json::object& spec, const std::string& path, Report& report) {
    const auto* users = valueAt(spec, "hostUsers");
    if (!users || !users->is_bool() || users->get_bool()) return;
    // Two are spelt like that there.
    for (const auto& [key, shown] : {std::pair{"hostNetwork", "hostNetwork"}, std::pair{"hostPID", "HostPID"}, std::pair{"hostIPC", "HostIPC"}})
        if (flagAt(spec, key)) report.forbidden(path + "." + shown, "when `hostUsers` is false");
    for (const std::string list : {"initContainers", "containers", "ephemeralContainers"}) {
        const auto& containers = arrayAt(spec, list);
        for (std::size_t i = 0; i < containers.size(); ++i)
            if (!arrayAt(asObject(containers[i]), "volumeDevices").empty()) report.forbidden(indexed(path + "." + list, i) + ".volumeDevices", "when `hostUsers` is false");
    }
}

void validateNames(const json::object& spec, const std::string& path, Report& report) {
    for (const auto* key : {"serviceAccountName", "nodeName"})
        if (const auto name = textAt(spec, key); !name.empty()) report.invalidEach(path + "." + key, name, checkDnsSubdomain(name));
    if (const auto deadline = numberAt(spec, "activeDeadlineSeconds"); deadline && (*deadline < 1 || *deadline > 2147483647))
        report.invalid(path + ".activeDeadlineSeconds", *deadline, "must be between 1 and 2147483647, inclusive");
    for (const auto* key : {"hostname", "subdomain"})
        if (const auto name = textAt(spec, key); !name.empty()) report.invalidEach(path + "." + key, name, checkDnsLabel(name));
}

void validateClasses(const json::object& spec, const std::string& path, Report& report) {
    if (const auto name = textAt(spec, "priorityClassName"); !name.empty()) report.invalidEach(path + ".priorityClassName", name, checkDnsSubdomain(name));
    if (const auto name = textAt(spec, "runtimeClassName"); valueAt(spec, "runtimeClassName")) report.invalidEach(path + ".runtimeClassName", name, checkDnsSubdomain(name));
    if (const auto policy = textAt(spec, "preemptionPolicy"); valueAt(spec, "preemptionPolicy") && policy != "Never" && policy != "PreemptLowerPriority")
        report.unsupported(path + ".preemptionPolicy", policy, {"PreemptLowerPriority", "Never"});
    if (const auto* overhead = objectAt(spec, "overhead")) validateResourceRequirements(json::object{{"limits", *overhead}}, ResourceOwner::Container, {}, path + ".overhead", report);
}

void validateHostAliases(const json::array& aliases, const std::string& path, Report& report) {
    for (std::size_t i = 0; i < aliases.size(); ++i) {
        const auto& alias = asObject(aliases[i]);
        validateIp(textAt(alias, "ip"), indexed(path, i) + ".ip", report);
        const auto& names = arrayAt(alias, "hostnames");
        for (std::size_t j = 0; j < names.size(); ++j) report.invalidEach(indexed(indexed(path, i) + ".hostnames", j), asString(names[j]), checkDnsSubdomain(asString(names[j])));
    }
}

void validateGates(const json::object& spec, const std::string& path, Report& report) {
    const auto& readiness = arrayAt(spec, "readinessGates");
    for (std::size_t i = 0; i < readiness.size(); ++i) {
        const auto type = textAt(asObject(readiness[i]), "conditionType");
        report.invalidEach(indexed(path + ".readinessGates", i) + ".conditionType", type, checkQualifiedName(type));
    }
    std::set<std::string> names;
    const auto& scheduling = arrayAt(spec, "schedulingGates");
    for (std::size_t i = 0; i < scheduling.size(); ++i) {
        const auto name = textAt(asObject(scheduling[i]), "name");
        report.invalidEach(indexed(path + ".schedulingGates", i), name, checkQualifiedName(name));
        if (!names.emplace(name).second) report.duplicate(indexed(path + ".schedulingGates", i), name);
    }
}

void validateOs(const json::object& spec, const std::string& path, Report& report) {
    const auto* os = objectAt(spec, "os");
    if (!os) return;
    const auto name = textAt(*os, "name");
    if (name.empty()) report.required(path + ".os.name");
    else if (name != "linux" && name != "windows") report.unsupported(path + ".os", name, {"linux", "windows"});
    if (name != "windows") return;
    for (const auto* key : {"hostPID", "hostIPC", "shareProcessNamespace"})
        if (flagAt(spec, key)) report.forbidden(path + "." + key, "cannot be set for a windows pod");
}

}  // namespace

void validateNodeSelector(const json::object& selector, const std::string& path, Report& report) {
    const auto& terms = arrayAt(selector, "nodeSelectorTerms");
    if (terms.empty()) report.required(path + ".nodeSelectorTerms", "must have at least one node selector term");
    for (std::size_t i = 0; i < terms.size(); ++i) validateNodeSelectorTerm(asObject(terms[i]), indexed(path + ".nodeSelectorTerms", i), report);
}

void validateTolerations(const json::array& tolerations, const std::string& path, Report& report) {
    for (std::size_t i = 0; i < tolerations.size(); ++i) {
        const auto& toleration = asObject(tolerations[i]);
        const auto here = indexed(path, i);
        const auto key = textAt(toleration, "key");
        const auto op = textAt(toleration, "operator");
        const auto effect = textAt(toleration, "effect");
        if (!key.empty()) report.invalidEach(here + ".key", key, checkQualifiedName(key));
        if (key.empty() && op != "Exists") report.invalid(here + ".operator", op, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        if (valueAt(toleration, "tolerationSeconds") && effect != "NoExecute") report.invalid(here + ".effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        if (op.empty() || op == "Equal") {
            const auto value = textAt(toleration, "value");
            if (const auto sentences = checkLabelValue(value); !sentences.empty()) report.invalid(here + ".operator", value, fmt::format("{}", fmt::join(sentences, ";")));
        } else if (op == "Exists") {
            if (const auto value = textAt(toleration, "value"); !value.empty()) report.invalid(here + ".operator", value, "value must be empty when `operator` is 'Exists'");
        } else {
            report.unsupported(here + ".operator", op, {"Equal", "Exists"});
        }
        if (!effect.empty() && effect != "NoSchedule" && effect != "PreferNoSchedule" && effect != "NoExecute") report.unsupported(here + ".effect", effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"});
    }
}

void validatePodSpec(const json::object& spec, PodSpecOf owner, const std::string& path, Report& report) {
    const auto volumes = validateVolumes(arrayAt(spec, "volumes"), path + ".volumes", report);
    PodContext context;
    for (const auto& volume : arrayAt(spec, "volumes"))
        if (volumes.contains(textAt(asObject(volume), "name"))) context.volumes.emplace(textAt(asObject(volume), "name"), &asObject(volume));
    for (const auto& claim : arrayAt(spec, "resourceClaims")) context.resourceClaims.emplace(textAt(asObject(claim), "name"));
    const auto* users = valueAt(spec, "hostUsers");
    context.hostUsers = !users || !users->is_bool() || users->get_bool();
    context.restartPolicy = textAt(spec, "restartPolicy");
    context.gracePeriod = numberAt(spec, "terminationGracePeriodSeconds").value_or(30);
    validateResourceClaims(arrayAt(spec, "resourceClaims"), path + ".resourceClaims", report);
    validateContainers(spec, context, path, report);
    if (const auto* resources = objectAt(spec, "resources")) {
        if (valueAt(*resources, "claims")) report.forbidden(path + ".resources.claims", "claims may not be set for Resources at pod-level");
        validateResourceRequirements(*resources, ResourceOwner::Pod, context.resourceClaims, path + ".resources", report);
    }
    validateHostNetwork(spec, owner == PodSpecOf::Pod, path, report);
    const auto restart = textAt(spec, "restartPolicy");
    if (restart.empty()) report.required(path + ".restartPolicy");
    else if (restart != "Always" && restart != "OnFailure" && restart != "Never") report.unsupported(path + ".restartPolicy", restart, {"Always", "OnFailure", "Never"});
    static constexpr std::array<std::string_view, 4> dnsPolicies = {"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"};
    const auto dns = textAt(spec, "dnsPolicy");
    if (dns.empty()) report.required(path + ".dnsPolicy");
    else if (std::ranges::find(dnsPolicies, dns) == dnsPolicies.end()) report.unsupported(path + ".dnsPolicy", dns, dnsPolicies);
    validateLabels(objectOrEmpty(spec, "nodeSelector"), path + ".nodeSelector", report);
    validatePodSecurityContext(spec, path, report);
    const auto& affinity = objectOrEmpty(spec, "affinity");
    if (const auto* node = objectAt(affinity, "nodeAffinity")) validateNodeAffinity(*node, path + ".affinity.nodeAffinity", report);
    for (const auto* key : {"podAffinity", "podAntiAffinity"})
        if (const auto* pods = objectAt(affinity, key)) validatePodAffinity(*pods, path + ".affinity." + key, report);
    validateDnsConfig(spec, path, report);
    validateGates(spec, path, report);
    validateSpread(arrayAt(spec, "topologySpreadConstraints"), path + ".topologySpreadConstraints", report);
    validateHostUsers(spec, path, report);
    validateNames(spec, path, report);
    validateTolerations(arrayAt(spec, "tolerations"), path + ".tolerations", report);
    validateHostAliases(arrayAt(spec, "hostAliases"), path + ".hostAliases", report);
    validateClasses(spec, path, report);
    validateOs(spec, path, report);
}

void validatePodTemplate(const json::object& podTemplate, const std::string& path, Report& report) {
    const auto& metadata = objectOrEmpty(podTemplate, "metadata");
    validateLabels(objectOrEmpty(metadata, "labels"), path + ".labels", report);
    validateAnnotations(objectOrEmpty(metadata, "annotations"), path + ".annotations", report);
    const auto& spec = objectOrEmpty(podTemplate, "spec");
    validatePodSpec(spec, PodSpecOf::Template, path + ".spec", report);
    if (!arrayAt(spec, "ephemeralContainers").empty()) report.forbidden(path + ".spec.ephemeralContainers", "ephemeral containers not allowed in pod template");
}

void validatePod(const json::object& pod, Report& report) {
    const auto& spec = objectOrEmpty(pod, "spec");
    constexpr std::string_view mirror = "kubernetes.io/config.mirror";
    if (const auto* value = valueAt(objectOrEmpty(objectOrEmpty(pod, "metadata"), "annotations"), mirror); value && textAt(spec, "nodeName").empty())
        report.invalid(keyed("metadata.annotations", mirror), asString(*value), "must set spec.nodeName if mirror pod annotation is set");
    validatePodSpec(spec, PodSpecOf::Pod, "spec", report);
    for (const std::string list : {"containers", "initContainers"}) {
        const auto& containers = arrayAt(spec, list);
        for (std::size_t i = 0; i < containers.size(); ++i) validateImageText(asObject(containers[i]), indexed("spec." + list, i), report);
    }
}

}  // namespace kubarium::api
