// Containers of a Pod: resources, environment, ports, mounts, probes, hooks, security context.
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
           name == "persistentvolumeclaims" || (name.find('/') != name.npos && !name.starts_with("requests."));
}

void validateResourceName(std::string_view name, const std::string& path, Report& report) {
    const auto sentences = checkQualifiedName(name);
    report.invalidEach(path, name, sentences);
    if (sentences.empty() && name.find('/') == name.npos && !standardContainerResource(name)) report.invalid(path, name, "must be a standard resource for containers");
}

void validateQuantity(std::string_view name, std::string_view text, const std::string& path, Report& report) {
    const auto quantity = Quantity::parse(text);
    if (!quantity) return;
    if (quantity->sign() < 0) report.invalid(path, text, "must be greater than or equal to 0");
    if (integerResource(name) && quantity->milliValue() % 1000 != 0) report.invalid(path, text, "must be an integer");
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
    if (textAt(reference, "name").empty()) report.required(path + ".name");
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
        if (objectAt(*from, "fileKeyRef")) ++sources;
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

void validatePorts(const json::array& ports, bool hostNetwork, const std::string& path, Report& report) {
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
        const auto host = numberAt(port, "hostPort").value_or(0);
        if (host != 0) {
            validatePortNumber(port, "hostPort", here + ".hostPort", report);
            if (hostNetwork && host != number) report.invalid(here + ".hostPort", host, "must match `containerPort` when `hostNetwork` is true");
        }
        const auto protocol = textAt(port, "protocol");
        if (protocol.empty()) report.required(here + ".protocol");
        else if (std::ranges::find(protocols, protocol) == protocols.end()) report.unsupported(here + ".protocol", protocol, protocols);
    }
}

void validateMounts(const json::object& container, const PodContext& pod, const std::string& path, Report& report) {
    const auto& mounts = arrayAt(container, "volumeMounts");
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
        for (const std::string key : {"subPath", "subPathExpr"}) {
            const auto sub = textAt(mount, key);
            if (sub.empty()) continue;
            const auto place = path + ".volumeMounts." + key;
            if (sub.starts_with('/')) report.invalid(place, sub, "must be a relative path");
            if (sub == ".." || sub.starts_with("../") || sub.find("/../") != sub.npos || sub.ends_with("/..")) report.invalid(place, sub, "must not contain '..'");
        }
    }
    const auto& devices = arrayAt(container, "volumeDevices");
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const auto& device = asObject(devices[i]);
        const auto here = indexed(path + ".volumeDevices", i);
        const auto name = textAt(device, "name");
        const auto volume = pod.volumes.find(name);
        if (name.empty()) report.required(here + ".name");
        else if (volume == pod.volumes.end()) report.notFound(here + ".name", name);
        else if (!objectAt(*volume->second, "persistentVolumeClaim") && !objectAt(*volume->second, "ephemeral"))
            report.invalid(here + ".name", name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
        if (textAt(device, "devicePath").empty()) report.required(here + ".devicePath");
    }
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
        if (const auto* port = valueAt(*http, "port")) validatePortNumOrName(*port, path + ".httpGet.port", report);
        const auto scheme = textAt(*http, "scheme");
        if (scheme != "HTTP" && scheme != "HTTPS") report.unsupported(path + ".httpGet.scheme", scheme, {"HTTP", "HTTPS"});
    }
    if (const auto* tcp = objectAt(handler, "tcpSocket"); tcp && only("tcpSocket"))
        if (const auto* port = valueAt(*tcp, "port")) validatePortNumOrName(*port, path + ".tcpSocket.port", report);
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

void validateResourceList(const json::object& list, const std::string& path, Report& report) {
    for (const auto& [name, quantity] : list) validateQuantity(name, asString(quantity), keyed(path, name), report);
}

void validateResourceRequirements(const json::object& resources, const std::string& path, Report& report) {
    const auto& limits = objectOrEmpty(resources, "limits");
    const auto& requests = objectOrEmpty(resources, "requests");
    for (const auto& [name, quantity] : limits) {
        const auto here = keyed(path + ".limits", name);
        validateResourceName(name, here, report);
        validateQuantity(name, asString(quantity), here, report);
    }
    for (const auto& [name, quantity] : requests) {
        const auto here = keyed(path + ".requests", name);
        validateResourceName(name, here, report);
        validateQuantity(name, asString(quantity), here, report);
        const auto limit = textAt(limits, name);
        const bool overcommit = name == "cpu" || name == "memory" || name == "ephemeral-storage" || name == "storage" || std::string_view(name).find('/') == std::string_view::npos;
        const auto asked = Quantity::parse(asString(quantity));
        if (!limit.empty()) {
            const auto most = Quantity::parse(limit);
            if (!asked || !most) continue;
            if (*asked != *most && !overcommit) report.invalid(path + ".requests", asString(quantity), fmt::format("must be equal to {} limit of {}", std::string_view(name), limit));
            else if (*asked > *most) report.invalid(path + ".requests", asString(quantity), fmt::format("must be less than or equal to {} limit of {}", std::string_view(name), limit));
        } else if (!overcommit) {
            report.required(path + ".limits", "Limit must be set for non overcommitable resources");
        }
    }
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
        if (local) report.invalid(path + ".seccompProfile.localhostProfile", textAt(*profile, "localhostProfile"), "can only be set when seccomp type is Localhost");
        if (type.empty()) report.required(path + ".seccompProfile.type", "type is required when seccompProfile is set");
        else if (type != "RuntimeDefault" && type != "Unconfined") report.unsupported(path + ".seccompProfile.type", type, {"Localhost", "RuntimeDefault", "Unconfined"});
    }
}

void validateIds(const json::object& context, const std::string& path, Report& report) {
    validateId(context, "runAsUser", path, report);
    validateId(context, "runAsGroup", path, report);
}

static void validateProbe(const json::object& probe, std::int64_t gracePeriod, const std::string& path, Report& report) {
    validateHandler(probe, gracePeriod, path, report);
    for (const auto* key : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"})
        if (const auto value = numberAt(probe, key)) validateNonnegative(*value, path + "." + key, report);
    if (const auto grace = numberAt(probe, "terminationGracePeriodSeconds"); grace && *grace <= 0) report.invalid(path + ".terminationGracePeriodSeconds", *grace, "must be greater than 0");
}

void validateContainer(const json::object& container, const PodContext& pod, ContainerKind kind, const std::string& path, Report& report) {
    const auto name = textAt(container, "name");
    const auto image = textAt(container, "image");
    if (name.empty()) report.required(path + ".name");
    else report.invalidEach(path + ".name", name, checkDnsLabel(name));
    if (image.empty()) report.required(path + ".image");
    else if (image.front() == ' ' || image.back() == ' ' || image.front() == '\t' || image.back() == '\t' || image.back() == '\n')
        report.invalid(path + ".image", image, "must not have leading or trailing whitespace");
    const bool sidecar = kind == ContainerKind::Init && textAt(container, "restartPolicy") == "Always";
    const bool probes = kind == ContainerKind::Regular || sidecar;
    if (const auto* lifecycle = objectAt(container, "lifecycle")) {
        if (kind == ContainerKind::Init && !sidecar) report.forbidden(path + ".lifecycle", "may not be set for init containers without restartPolicy=Always");
        else
            for (const auto* hook : {"postStart", "preStop"})
                if (const auto* handler = objectAt(*lifecycle, hook)) validateHandler(*handler, pod.gracePeriod, path + ".lifecycle." + hook, report);
    }
    for (const auto* key : {"livenessProbe", "readinessProbe", "startupProbe"}) {
        const auto* probe = objectAt(container, key);
        if (!probe) continue;
        const auto here = path + "." + key;
        if (!probes) {
            report.forbidden(here, kind == ContainerKind::Init ? "may not be set for init containers without restartPolicy=Always" : "may not be set for ephemeral containers");
            continue;
        }
        validateProbe(*probe, pod.gracePeriod, here, report);
        const bool readiness = std::string_view(key) == "readinessProbe";
        const auto threshold = numberAt(*probe, "successThreshold").value_or(1);
        if (!readiness && threshold != 1 && threshold >= 0) report.invalid(here + ".successThreshold", threshold, "must be 1");
        if (readiness && valueAt(*probe, "terminationGracePeriodSeconds")) report.invalid(here + ".terminationGracePeriodSeconds", numberAt(*probe, "terminationGracePeriodSeconds").value_or(0), "must not be set for readinessProbes");
    }
    const auto policy = textAt(container, "terminationMessagePolicy");
    if (policy.empty()) report.required(path + ".terminationMessagePolicy");
    else if (policy != "File" && policy != "FallbackToLogsOnError") report.unsupported(path + ".terminationMessagePolicy", policy, {"FallbackToLogsOnError", "File"});
    validatePorts(arrayAt(container, "ports"), pod.hostNetwork, path + ".ports", report);
    validateEnv(arrayAt(container, "env"), path + ".env", report);
    validateEnvFrom(arrayAt(container, "envFrom"), path + ".envFrom", report);
    validateMounts(container, pod, path, report);
    const auto pull = textAt(container, "imagePullPolicy");
    if (pull.empty()) report.required(path + ".imagePullPolicy");
    else if (pull != "Always" && pull != "IfNotPresent" && pull != "Never") report.unsupported(path + ".imagePullPolicy", pull, {"Always", "IfNotPresent", "Never"});
    validateResourceRequirements(objectOrEmpty(container, "resources"), path + ".resources", report);
    const auto& claims = arrayAt(objectOrEmpty(container, "resources"), "claims");
    for (std::size_t i = 0; i < claims.size(); ++i) {
        const auto claim = textAt(asObject(claims[i]), "name");
        if (pod.resourceClaims.contains(claim)) continue;
        report.add("FieldValueNotFound", indexed(path + ".resources.claims", i),
                   fmt::format("Not found: {}: must be one of the names in pod.spec.resourceClaims{}", goQuote(claim), pod.resourceClaims.empty() ? " which is empty" : ""));
    }
    for (const auto& element : arrayAt(container, "resizePolicy")) {
        const auto resource = textAt(asObject(element), "resourceName");
        const auto restart = textAt(asObject(element), "restartPolicy");
        if (resource != "cpu" && resource != "memory") report.unsupported(path + ".resizePolicy", resource, {"cpu", "memory"});
        if (restart != "NotRequired" && restart != "RestartContainer") report.unsupported(path + ".resizePolicy", restart, {"NotRequired", "RestartContainer"});
    }
    const auto* context = objectAt(container, "securityContext");
    if (!context) return;
    const auto here = path + ".securityContext";
    validateIds(*context, here, report);
    if (const auto mount = textAt(*context, "procMount"); valueAt(*context, "procMount") && mount != "Default" && mount != "Unmasked") report.unsupported(here + ".procMount", mount, {"Default", "Unmasked"});
    validateSeccomp(*context, here, report);
    const auto* escalation = valueAt(*context, "allowPrivilegeEscalation");
    if (escalation && escalation->is_bool() && !escalation->get_bool() && flagAt(*context, "privileged"))
        report.invalidText(here, json::serialize(json::value(*context)), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
}

}  // namespace kubarium::api
