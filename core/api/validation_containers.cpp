// Containers of a Pod: resources, environment, ports, mounts, probes, hooks, security context.
#include "core/api/internal_text.h"
#include "core/api/quantity.h"
#include "core/api/validation_containers.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace kubarium::api {

namespace {

constexpr std::array<std::string_view, 3> protocols = {"SCTP", "TCP", "UDP"};

bool standardContainerResource(std::string_view name) { return name == "cpu" || name == "memory" || name == "ephemeral-storage" || name.starts_with("hugepages-"); }

bool integerResource(std::string_view name) {
    return name == "pods" || name == "services" || name == "replicationcontrollers" || name == "resourcequotas" || name == "secrets" || name == "configmaps" ||
           name == "persistentvolumeclaims" || name == "services.nodeports" || name == "services.loadbalancers" ||
           (name.find('/') != name.npos && name.find("kubernetes.io/") == name.npos && !name.starts_with("requests.") && checkQualifiedName("requests." + std::string(name)).empty());
}

// IsStandardResourceName beyond those of containers.
bool standardResource(std::string_view name) {
    static constexpr std::array<std::string_view, 17> others = {"pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims", "storage",
                                                                "services.nodeports", "services.loadbalancers", "requests.cpu", "requests.memory", "requests.storage",
                                                                "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage"};
    return standardContainerResource(name) || name.starts_with("requests.hugepages-") || (!name.empty() && std::ranges::find(others, name) != others.end());
}

}  // namespace

bool validateAnyResourceName(std::string_view name, const std::string& path, Report& report) {
    const auto sentences = checkQualifiedName(name);
    report.invalidEach(path, name, sentences);
    if (!sentences.empty()) return false;
    if (name.find('/') != name.npos || standardResource(name)) return true;
    report.invalid(path, name, "must be a standard resource type or fully qualified");
    return false;
}

void validateContainerResourceName(std::string_view name, const std::string& path, Report& report) {
    validateAnyResourceName(name, path, report);
    if (name.find('/') == name.npos) {
        if (!standardContainerResource(name)) report.invalid(path, name, "must be a standard resource for containers");
    } else if (name.find("kubernetes.io/") == name.npos && (name.starts_with("requests.") || !checkQualifiedName("requests." + std::string(name)).empty())) {
        report.invalid(path, name, "doesn't follow extended resource name standard");
    }
}

namespace {

void validatePodResourceName(std::string_view name, const std::string& path, Report& report) {
    if (validateAnyResourceName(name, path, report) && name != "cpu" && name != "memory" && !name.starts_with("hugepages-")) report.unsupported(path, name, {"cpu", "hugepages-", "memory"});
}

void validateHugePages(std::string_view name, std::string_view text, const std::string& path, Report& report) {
    if (!name.starts_with("hugepages-")) return;
    const auto size = Quantity::parse(name.substr(10)), quantity = Quantity::parse(text);
    if (!quantity) return;
    const bool divisible = size && size->sign() > 0 && size->milliValue() % 1000 == 0 && quantity->value() % size->value() == 0;
    const auto shown = quantity->toString();
    if (!divisible) report.invalid(path, shown, fmt::format("{} is not positive integer multiple of {}", shown, name));
}

void validateFieldRef(const json::object& reference, const std::string& path, Report& report) {
    static constexpr std::array<std::string_view, 11> supported = {"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
                                                                   "status.hostIPs", "status.podIP", "status.podIPs", "metadata.labels", "metadata.annotations"};
    const auto fieldPath = textAt(reference, "fieldPath");
    const auto apiVersion = textAt(reference, "apiVersion");
    if (apiVersion.empty()) {
        report.required(path + ".apiVersion");
    } else if (fieldPath.empty()) {
        report.required(path + ".fieldPath");
    } else if (apiVersion != "v1") {
        report.invalid(path + ".fieldPath", fieldPath, fmt::format("error converting fieldPath: unsupported pod version: {}", apiVersion));
    } else if ((fieldPath.starts_with("metadata.labels['") || fieldPath.starts_with("metadata.annotations['")) && fieldPath.ends_with("']")) {
        return;
    } else if (std::ranges::find(supported, fieldPath) == supported.end()) {
        report.invalid(path + ".fieldPath", fieldPath, fmt::format("error converting fieldPath: field label not supported: {}", fieldPath));
    } else if (fieldPath == "metadata.labels" || fieldPath == "metadata.annotations") {
        report.unsupported(path + ".fieldPath", fieldPath, {"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"});
    }
}

void validateKeyRef(const json::object& reference, const std::string& path, Report& report) {
    report.invalidEach(path + ".name", textAt(reference, "name"), checkDnsSubdomain(textAt(reference, "name")));
    const auto key = textAt(reference, "key");
    if (key.empty()) report.required(path + ".key");
    else report.invalidEach(path + ".key", key, checkConfigKey(key));
}

void validateEnv(const json::array& variables, const std::string& path, Report& report) {
    for (std::size_t i = 0; i < variables.size(); ++i) {
        const auto& variable = asObject(variables[i]);
        const auto here = indexed(path, i);
        const auto name = textAt(variable, "name");
        if (name.empty()) report.required(here + ".name");
        else report.invalidEach(here + ".name", name, checkEnvironmentName(name));
        const auto* from = objectAt(variable, "valueFrom");
        if (!from) continue;
        int sources = 0;
        if (const auto* field = objectAt(*from, "fieldRef")) ++sources, validateFieldRef(*field, here + ".valueFrom.fieldRef", report);
        if (const auto* resource = objectAt(*from, "resourceFieldRef")) {
            ++sources;
            static constexpr std::array<std::string_view, 6> supported = {"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"};
            const auto asked = textAt(*resource, "resource");
            if (asked.empty()) report.required(here + ".valueFrom.resourceFieldRef.resource");
            else if (asked.find("hugepages-") == asked.npos && std::ranges::find(supported, asked) == supported.end()) report.unsupported(here + ".valueFrom.resourceFieldRef.resource", asked, supported);
        }
        if (const auto* key = objectAt(*from, "configMapKeyRef")) ++sources, validateKeyRef(*key, here + ".valueFrom.configMapKeyRef", report);
        if (const auto* key = objectAt(*from, "secretKeyRef")) ++sources, validateKeyRef(*key, here + ".valueFrom.secretKeyRef", report);
        if (sources == 0) report.invalid(here + ".valueFrom", "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
        if (!textAt(variable, "value").empty() && sources > 0) report.invalid(here + ".valueFrom", "", "may not be specified when `value` is not empty");
        else if (sources > 1) report.invalid(here + ".valueFrom", "", "may not have more than one field specified at a time");
    }
}

void validateEnvFrom(const json::array& sources, const std::string& path, Report& report) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const auto& source = asObject(sources[i]);
        const auto here = indexed(path, i);
        if (const auto prefix = textAt(source, "prefix"); !prefix.empty()) report.invalidEach(here + ".prefix", prefix, checkEnvironmentName(prefix));
        int count = 0;
        for (const auto* key : {"configMapRef", "secretRef"}) {
            const auto* reference = objectAt(source, key);
            if (!reference) continue;
            ++count;
            const auto name = textAt(*reference, "name");
            if (name.empty()) report.required(here + "." + key + ".name");
            else report.invalidEach(here + "." + key + ".name", name, checkDnsSubdomain(name));
        }
        if (count == 0) report.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
        else if (count > 1) report.invalid(path, "", "may not have more than one field specified at a time");
    }
}

void validatePorts(const json::array& ports, const std::string& path, Report& report) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto& port = asObject(ports[i]);
        const auto here = indexed(path, i);
        if (const auto name = textAt(port, "name"); !name.empty()) {
            const auto sentences = checkPortName(name);
            report.invalidEach(here + ".name", name, sentences);
            if (sentences.empty() && !names.emplace(name).second) report.duplicate(here + ".name", name);
        }
        const auto number = numberAt(port, "containerPort").value_or(0);
        if (number == 0) report.required(here + ".containerPort");
        else validatePortNumber(port, "containerPort", here + ".containerPort", report);
        if (numberAt(port, "hostPort").value_or(0) != 0) validatePortNumber(port, "hostPort", here + ".hostPort", report);
        const auto protocol = textAt(port, "protocol");
        if (protocol.empty()) report.required(here + ".protocol");
        else if (std::ranges::find(protocols, protocol) == protocols.end()) report.unsupported(here + ".protocol", protocol, protocols);
    }
}

void validateMounts(const json::object& container, const PodContext& pod, const std::string& path, Report& report) {
    const auto& mounts = arrayAt(container, "volumeMounts");
    const auto& devices = arrayAt(container, "volumeDevices");
    const auto among = [](const json::array& list, std::string_view key, std::string_view value) { return std::ranges::any_of(list, [&](const json::value& one) { return textAt(asObject(one), key) == value; }); };
    const bool privileged = flagAt(objectOrEmpty(container, "securityContext"), "privileged");
    std::set<std::string> paths;
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        const auto& mount = asObject(mounts[i]);
        const auto here = indexed(path + ".volumeMounts", i);
        const auto name = textAt(mount, "name");
        const auto target = textAt(mount, "mountPath");
        if (name.empty()) report.required(here + ".name");
        if (!pod.volumes.contains(name)) report.notFound(here + ".name", name);
        if (target.empty()) report.required(here + ".mountPath");
        if (!paths.emplace(target).second) report.invalid(here + ".mountPath", target, "must be unique");
        if (among(devices, "name", name)) report.invalid(here + ".name", name, "must not already exist in volumeDevices");
        if (among(devices, "devicePath", target)) report.invalid(here + ".mountPath", target, "must not already exist as a path in volumeDevices");
        for (const std::string key : {"subPath", "subPathExpr"}) {
            const auto sub = textAt(mount, key);
            if (sub.empty()) continue;
            if (key == "subPathExpr" && !textAt(mount, "subPath").empty()) report.invalid(here + ".subPathExpr", sub, "subPathExpr and subPath are mutually exclusive");
            validateLocalPath(sub, path + ".volumeMounts." + key, report);
        }
        const auto propagation = textAt(mount, "mountPropagation");
        if (valueAt(mount, "mountPropagation")) {
            const auto place = path + ".volumeMounts.mountPropagation";
            if (propagation != "Bidirectional" && propagation != "HostToContainer" && propagation != "None") report.unsupported(place, propagation, {"Bidirectional", "HostToContainer", "None"});
            if (propagation == "Bidirectional" && !privileged) report.forbidden(place, "Bidirectional mount propagation is available only to privileged containers");
        }
        if (!valueAt(mount, "recursiveReadOnly")) continue;
        const auto place = path + ".volumeMounts.recursiveReadOnly";
        const auto recursive = textAt(mount, "recursiveReadOnly");
        if (recursive == "Enabled" || recursive == "IfPossible") {
            if (!flagAt(mount, "readOnly")) report.forbidden(place, "may only be specified when readOnly is true");
            if (valueAt(mount, "mountPropagation") && propagation != "None") report.forbidden(place, "may only be specified when mountPropagation is None or not specified");
        } else if (recursive != "Disabled") {
            report.unsupported(place, recursive, {"Disabled", "Enabled", "IfPossible"});
        }
    }
    std::set<std::string, std::less<>> devicePaths, deviceNames;
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const auto& device = asObject(devices[i]);
        const auto here = indexed(path + ".volumeDevices", i);
        const auto name = textAt(device, "name"), devicePath = textAt(device, "devicePath");
        const auto volume = pod.volumes.find(name);
        if (name.empty()) report.required(here + ".name");
        if (deviceNames.contains(name)) report.invalid(here + ".name", name, "must be unique");
        if (volume == pod.volumes.end()) report.notFound(here + ".name", name);
        else if (!objectAt(*volume->second, "persistentVolumeClaim") && !objectAt(*volume->second, "ephemeral"))
            report.invalid(here + ".name", name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
        if (devicePath.empty()) report.required(here + ".devicePath");
        if (devicePaths.contains(devicePath)) report.invalid(here + ".devicePath", devicePath, "must be unique");
        if (hasBacksteps(devicePath)) report.invalid(here + ".devicePath", devicePath, "can not contain backsteps ('..')");
        else devicePaths.emplace(devicePath);
        if (among(mounts, "name", name)) report.invalid(here + ".name", name, "must not already exist in volumeMounts");
        if (among(mounts, "mountPath", devicePath)) report.invalid(here + ".devicePath", devicePath, "must not already exist as a path in volumeMounts");
        if (!name.empty()) deviceNames.emplace(name);
    }
}

const json::value& portOf(const json::object& handler) {
    static const json::value none = 0;
    const auto* port = valueAt(handler, "port");
    return port ? *port : none;
}

// exec, httpGet, tcpSocket, grpc, sleep: exactly one.
void validateHandler(const json::object& handler, std::int64_t gracePeriod, const std::string& path, Report& report) {
    int count = 0;
    const auto only = [&](std::string_view key) {
        if (count++ > 0) {
            report.forbidden(path + "." + std::string(key), "may not specify more than 1 handler type");
            return false;
        }
        return true;
    };
    if (const auto* exec = objectAt(handler, "exec"); exec && only("exec") && arrayAt(*exec, "command").empty()) report.required(path + ".exec.command");
    if (const auto* http = objectAt(handler, "httpGet"); http && only("httpGet")) {
        if (textAt(*http, "path").empty()) report.required(path + ".httpGet.path");
        validatePortNumOrName(portOf(*http), path + ".httpGet.port", report);
        const auto scheme = textAt(*http, "scheme");
        if (scheme != "HTTP" && scheme != "HTTPS") report.unsupported(path + ".httpGet.scheme", scheme, {"HTTP", "HTTPS"});
        for (const auto& header : arrayAt(*http, "httpHeaders")) {
            const auto name = textAt(asObject(header), "name");
            const bool valid = !name.empty() && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; });
            if (!valid) report.invalid(path + ".httpGet.httpHeaders", name, "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')");
        }
    }
    if (const auto* tcp = objectAt(handler, "tcpSocket"); tcp && only("tcpSocket"))
        validatePortNumOrName(portOf(*tcp), path + ".tcpSocket.port", report);
    if (const auto* grpc = objectAt(handler, "grpc"); grpc && only("grpc")) validatePortNumber(*grpc, "port", path + ".grpc.port", report);
    if (const auto* sleep = objectAt(handler, "sleep"); sleep && only("sleep")) {
        const auto seconds = numberAt(*sleep, "seconds").value_or(0);
        if (seconds < 0 || seconds > gracePeriod) report.invalid(path + ".sleep", seconds, fmt::format("must be non-negative and less than terminationGracePeriodSeconds ({})", gracePeriod));
    }
    if (count == 0) report.required(path, "must specify a handler type");
}

void validateId(const json::object& context, std::string_view key, const std::string& path, Report& report) {
    const auto id = numberAt(context, key);
    if (id && (*id < 0 || *id > 2147483647)) report.invalid(path + "." + std::string(key), *id, "must be between 0 and 2147483647, inclusive");
}

}  // namespace

void validateQuantity(std::string_view name, std::string_view text, const std::string& path, Report& report) {
    const auto quantity = Quantity::parse(text);
    if (!quantity) return;
    if (quantity->sign() < 0) report.invalid(path, text, "must be greater than or equal to 0");
    if (integerResource(name) && quantity->milliValue() % 1000 != 0) report.invalid(path, text, "must be an integer");
}

void validateResourceList(const json::object& list, const std::string& path, Report& report) {
    for (const auto& [name, quantity] : list) validateQuantity(name, asString(quantity), keyed(path, name), report);
}

void validateResourceClaimNames(const json::array& claims, const ResourceClaimNames& known, const std::string& path, Report& report) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < claims.size(); ++i) {
        const auto here = indexed(path, i);
        const std::string name(textAt(asObject(claims[i]), "name")), request(textAt(asObject(claims[i]), "request"));
        if (name.empty()) {
            report.required(here);
            continue;
        }
        if (names.contains(name)) {
            report.duplicate(here, name);
        } else {
            if (!request.empty()) report.invalidEach(here + ".request", request, checkDnsLabel(request));
            const auto key = request.empty() ? name : name + "/" + request;
            const auto overlaps = static_cast<std::size_t>(std::ranges::count_if(names, [&](const std::string& other) { return other.starts_with(name + "/"); }));
            if (names.contains(key)) report.duplicate(here, key);
            else if (request.empty())
                for (std::size_t other = 0; other < overlaps; ++other) report.duplicate(here, name);
            names.insert(key);
        }
        if (!known.contains(name))
            report.add("FieldValueNotFound", here,
                       fmt::format("Not found: {}: must be one of the names in pod.spec.resourceClaims{}", goQuote(name), known.empty() ? " which is empty" : fmt::format(": {}", fmt::join(known, ", "))));
    }
}

void validateResourceRequirements(const json::object& resources, ResourceOwner owner, const ResourceClaimNames& claims, const std::string& path, Report& report) {
    const auto& limits = objectOrEmpty(resources, "limits");
    const auto& requests = objectOrEmpty(resources, "requests");
    const auto validateName = owner == ResourceOwner::Pod ? validatePodResourceName : validateContainerResourceName;
    bool huge = false, compute = false;
    const auto note = [&](std::string_view name) {
        huge |= name.starts_with("hugepages-");
        compute |= name == "cpu" || name == "memory";
    };
    for (const auto& [name, quantity] : limits) {
        const auto here = keyed(path + ".limits", name);
        validateName(name, here, report);
        validateQuantity(name, asString(quantity), here, report);
        validateHugePages(name, asString(quantity), here, report);
        note(name);
    }
    for (const auto& [name, quantity] : requests) {
        const auto here = keyed(path + ".requests", name);
        validateName(name, here, report);
        validateQuantity(name, asString(quantity), here, report);
        note(name);
        const auto limit = textAt(limits, name);
        const std::string_view text(name);
        const bool overcommit = (text.find('/') == text.npos || text.find("kubernetes.io/") != text.npos) && !text.starts_with("hugepages-");
        const auto asked = Quantity::parse(asString(quantity)), most = Quantity::parse(limit);
        if (asked && most) {
            if (*asked != *most && !overcommit) report.invalid(path + ".requests", asked->toString(), fmt::format("must be equal to {} limit of {}", text, most->toString()));
            else if (*asked > *most) report.invalid(path + ".requests", asked->toString(), fmt::format("must be less than or equal to {} limit of {}", text, most->toString()));
        } else if (limit.empty() && !overcommit) {
            report.required(path + ".limits", "Limit must be set for non overcommitable resources");
        }
        validateHugePages(name, asString(quantity), here, report);
    }
    if (huge && !compute) report.forbidden(path, "HugePages require cpu or memory");
    validateResourceClaimNames(arrayAt(resources, "claims"), claims, path + ".claims", report);
}

void validateSeccomp(const json::object& context, const std::string& path, Report& report) {
    const auto* profile = objectAt(context, "seccompProfile");
    if (!profile) return;
    const auto type = textAt(*profile, "type");
    const bool local = valueAt(*profile, "localhostProfile") != nullptr;
    if (type == "Localhost") {
        if (!local) report.required(path + ".seccompProfile.localhostProfile", "must be set when seccomp type is Localhost");
        else validateLocalPath(textAt(*profile, "localhostProfile"), path + ".seccompProfile.localhostProfile", report);
    } else {
        if (local)
            report.invalidText(path + ".seccompProfile.localhostProfile", json::serialize(json::object{{"Type", type}, {"LocalhostProfile", textAt(*profile, "localhostProfile")}}),
                               "can only be set when seccomp type is Localhost");
        if (type.empty()) report.required(path + ".seccompProfile.type", "type is required when seccompProfile is set");
        else if (type != "RuntimeDefault" && type != "Unconfined") report.unsupported(path + ".seccompProfile.type", type, {"Localhost", "RuntimeDefault", "Unconfined"});
    }
}

void validateIds(const json::object& context, const std::string& path, Report& report) {
    validateId(context, "runAsUser", path, report);
    validateId(context, "runAsGroup", path, report);
}

void validateAppArmor(const json::object& context, const std::string& path, Report& report) {
    const auto* profile = objectAt(context, "appArmorProfile");
    if (!profile) return;
    const auto here = path + ".appArmorProfile";
    const auto type = textAt(*profile, "type"), local = textAt(*profile, "localhostProfile");
    const bool given = valueAt(*profile, "localhostProfile") != nullptr;
    if (type == "Localhost") {
        const auto padded = local.find_first_not_of(" \t\n\r") != 0 || (!local.empty() && local.find_last_not_of(" \t\n\r") + 1 != local.size());
        if (!given || local.empty()) report.required(here + ".localhostProfile", "must be set when AppArmor type is Localhost");
        else if (padded) report.invalid(here + ".localhostProfile", local, "must not be padded with whitespace");
        if (local.size() > 4095) report.tooLong(here + ".localhostProfile", 4095);
    } else if (type == "RuntimeDefault" || type == "Unconfined") {
        if (given) report.invalid(here + ".localhostProfile", local, "can only be set when AppArmor type is Localhost");
    } else if (type.empty()) {
        report.required(here + ".type", "type is required when appArmorProfile is set");
    } else {
        report.unsupported(here + ".type", type, {"Localhost", "RuntimeDefault", "Unconfined"});
    }
}

static void validateProbe(const json::object& probe, std::string_view key, std::int64_t gracePeriod, const std::string& path, Report& report) {
    validateHandler(probe, gracePeriod, path, report);
    for (const auto* count : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"})
        if (const auto value = numberAt(probe, count)) validateNonnegative(*value, path + "." + count, report);
    const auto grace = numberAt(probe, "terminationGracePeriodSeconds");
    if (grace && *grace <= 0) report.invalid(path + ".terminationGracePeriodSeconds", *grace, "must be greater than 0");
    const auto threshold = numberAt(probe, "successThreshold").value_or(1);
    if (key != "readinessProbe" && threshold != 1) report.invalid(path + ".successThreshold", threshold, "must be 1");
    if (key == "readinessProbe" && grace) report.invalid(path + ".terminationGracePeriodSeconds", *grace, "must not be set for readinessProbes");
}

static void validateResizePolicy(const json::array& policies, std::string_view podRestartPolicy, const std::string& path, Report& report) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < policies.size(); ++i) {
        const auto resource = textAt(asObject(policies[i]), "resourceName"), restart = textAt(asObject(policies[i]), "restartPolicy");
        if (!seen.emplace(resource).second) report.duplicate(indexed(path, i), resource);
        if (resource.empty()) report.required(path);
        else if (resource != "cpu" && resource != "memory") report.unsupported(path, resource, {"cpu", "memory"});
        if (restart.empty()) report.required(path);
        else if (restart != "NotRequired" && restart != "RestartContainer") report.unsupported(path, restart, {"NotRequired", "RestartContainer"});
        if (podRestartPolicy == "Never" && restart != "NotRequired") report.invalid(path, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'");
    }
}

static void validateContainerSecurity(const json::object& context, bool hostUsers, const std::string& path, Report& report) {
    validateIds(context, path, report);
    if (const auto mount = textAt(context, "procMount"); valueAt(context, "procMount")) {
        if (mount != "Default" && mount != "Unmasked") report.unsupported(path + ".procMount", mount, {"Default", "Unmasked"});
        if (hostUsers && mount == "Unmasked") report.invalid(path + ".procMount", mount, "`hostUsers` must be false to use `Unmasked`");
    }
    validateSeccomp(context, path, report);
    const auto* escalation = valueAt(context, "allowPrivilegeEscalation");
    if (escalation && escalation->is_bool() && !escalation->get_bool()) {
        const auto refuse = [&](std::string_view why) { report.invalidText(path, internalText("SecurityContext", context), why); };
        if (flagAt(context, "privileged")) refuse("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        for (const auto& capability : arrayAt(objectOrEmpty(context, "capabilities"), "add"))
            if (asString(capability) == "CAP_SYS_ADMIN") refuse("cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
    }
    validateAppArmor(context, path, report);
}

void validateImageText(const json::object& container, const std::string& path, Report& report) {
    constexpr std::string_view spaces = " \t\n\v\f\r";
    const auto image = textAt(container, "image");
    if (!image.empty() && (spaces.find(image.front()) != spaces.npos || spaces.find(image.back()) != spaces.npos)) report.invalid(path + ".image", image, "must not have leading or trailing whitespace");
}

// The rules that all containers share (validateContainerCommon).
void validateContainer(const json::object& container, const PodContext& pod, const std::string& path, Report& report) {
    const auto name = textAt(container, "name");
    if (name.empty()) report.required(path + ".name");
    else report.invalidEach(path + ".name", name, checkDnsLabel(name));
    if (textAt(container, "image").empty()) report.required(path + ".image");
    const auto policy = textAt(container, "terminationMessagePolicy");
    if (policy.empty()) report.required(path + ".terminationMessagePolicy");
    else if (policy != "File" && policy != "FallbackToLogsOnError") report.unsupported(path + ".terminationMessagePolicy", policy, {"File", "FallbackToLogsOnError"});
    validatePorts(arrayAt(container, "ports"), path + ".ports", report);
    validateEnv(arrayAt(container, "env"), path + ".env", report);
    validateEnvFrom(arrayAt(container, "envFrom"), path + ".envFrom", report);
    validateMounts(container, pod, path, report);
    const auto pull = textAt(container, "imagePullPolicy");
    if (pull.empty()) report.required(path + ".imagePullPolicy");
    else if (pull != "Always" && pull != "IfNotPresent" && pull != "Never") report.unsupported(path + ".imagePullPolicy", pull, {"Always", "IfNotPresent", "Never"});
    validateResourceRequirements(objectOrEmpty(container, "resources"), ResourceOwner::Container, pod.resourceClaims, path + ".resources", report);
    validateResizePolicy(arrayAt(container, "resizePolicy"), pod.restartPolicy, path + ".resizePolicy", report);
    if (const auto* context = objectAt(container, "securityContext")) validateContainerSecurity(*context, pod.hostUsers, path + ".securityContext", report);
}

// Hooks and probes, of those that may have them.
void validateLifecycleAndProbes(const json::object& container, const PodContext& pod, const std::string& path, Report& report) {
    if (const auto* lifecycle = objectAt(container, "lifecycle"))
        for (const auto* hook : {"postStart", "preStop"})
            if (const auto* handler = objectAt(*lifecycle, hook)) validateHandler(*handler, pod.gracePeriod, path + ".lifecycle." + hook, report);
    for (const auto* key : {"livenessProbe", "readinessProbe", "startupProbe"})
        if (const auto* probe = objectAt(container, key)) validateProbe(*probe, key, pod.gracePeriod, path + "." + key, report);
}

}  // namespace kubarium::api
