#include "core/api/print_cells.h"

#include "core/api/print.h"
#include "core/api/quantity.h"
#include "core/api/resource.h"
#include "core/api/validation_report.h"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace kubarium::api {

namespace {

json::value text(std::string_view value) { return json::value(json::string(value)); }

const json::object& objectPath(const json::object& object, std::string_view path) {
    static const json::object none;
    const auto* value = valueAtPath(object, path);
    return value && value->is_object() ? value->get_object() : none;
}

const json::array& arrayPath(const json::object& object, std::string_view path) {
    static const json::array none;
    const auto* value = valueAtPath(object, path);
    return value && value->is_array() ? value->get_array() : none;
}

std::string_view textPath(const json::object& object, std::string_view path) {
    const auto* value = valueAtPath(object, path);
    return value ? asString(*value) : std::string_view();
}

std::int64_t numberPath(const json::object& object, std::string_view path, std::int64_t fallback = 0) {
    const auto* value = valueAtPath(object, path);
    return value && value->is_int64() ? value->get_int64() : fallback;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator = ",") { return fmt::format("{}", fmt::join(parts, separator)); }

// The first three, and how many more there are.
std::string abbreviated(const std::vector<std::string>& parts) {
    if (parts.size() <= 3) return joined(parts);
    return fmt::format("{} + {} more...", joined({parts.begin(), parts.begin() + 3}), parts.size() - 3);
}

bool conditionIs(const json::object& object, std::string_view type, std::string_view status) {
    return std::ranges::any_of(arrayPath(object, "status.conditions"), [&](const json::value& condition) {
        return textAt(asObject(condition), "type") == type && textAt(asObject(condition), "status") == status;
    });
}

// ---- Pods -----------------------------------------------------------------------------------------------------------------

struct PodSummary {
    std::string status;
    std::int64_t ready = 0, total = 0, restarts = 0;
    std::string lastRestart;
};

const json::object& stateOf(const json::object& status, std::string_view state) { return objectOrEmpty(objectOrEmpty(status, "state"), state); }

bool hasState(const json::object& status, std::string_view state) { return objectAt(objectOrEmpty(status, "state"), state) != nullptr; }

std::string exitText(const json::object& terminated) {
    const auto signal = numberAt(terminated, "signal").value_or(0);
    return signal != 0 ? fmt::format("Signal:{}", signal) : fmt::format("ExitCode:{}", numberAt(terminated, "exitCode").value_or(0));
}

void countRestart(const json::object& status, std::int64_t& restarts, std::string& last) {
    restarts += numberAt(status, "restartCount").value_or(0);
    const auto finished = textAt(objectOrEmpty(objectOrEmpty(status, "lastState"), "terminated"), "finishedAt");
    if (finished > last) last = finished;
}

// True while an init container is not done.
bool summarizeInit(const json::object& pod, PodSummary& summary, std::int64_t& sidecarRestarts, std::string& sidecarLast) {
    const auto& specs = arrayPath(pod, "spec.initContainers");
    std::set<std::string_view> sidecars;
    for (const auto& spec : specs)
        if (textAt(asObject(spec), "restartPolicy") == "Always") sidecars.insert(textAt(asObject(spec), "name"));
    summary.total += static_cast<std::int64_t>(sidecars.size());
    const auto& statuses = arrayPath(pod, "status.initContainerStatuses");
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        const auto& status = asObject(statuses[i]);
        const bool sidecar = sidecars.contains(textAt(status, "name"));
        countRestart(status, summary.restarts, summary.lastRestart);
        if (sidecar) countRestart(status, sidecarRestarts, sidecarLast);
        const auto& terminated = stateOf(status, "terminated");
        if (hasState(status, "terminated") && numberAt(terminated, "exitCode").value_or(0) == 0) continue;
        if (sidecar && flagAt(status, "started")) {
            if (flagAt(status, "ready")) ++summary.ready;
            continue;
        }
        const auto waiting = textAt(stateOf(status, "waiting"), "reason");
        if (hasState(status, "terminated")) {
            const auto reason = textAt(terminated, "reason");
            summary.status = "Init:" + (reason.empty() ? exitText(terminated) : std::string(reason));
        } else if (!waiting.empty() && waiting != "PodInitializing") {
            summary.status = "Init:" + std::string(waiting);
        } else {
            summary.status = fmt::format("Init:{}/{}", i, specs.size());
        }
        return true;
    }
    return false;
}

void summarizeContainers(const json::object& pod, PodSummary& summary) {
    bool running = false;
    const auto& statuses = arrayPath(pod, "status.containerStatuses");
    for (std::size_t i = statuses.size(); i-- > 0;) {
        const auto& status = asObject(statuses[i]);
        countRestart(status, summary.restarts, summary.lastRestart);
        const auto waiting = textAt(stateOf(status, "waiting"), "reason");
        const auto& terminated = stateOf(status, "terminated");
        if (!waiting.empty()) {
            summary.status = waiting;
        } else if (hasState(status, "terminated")) {
            const auto reason = textAt(terminated, "reason");
            summary.status = reason.empty() ? exitText(terminated) : std::string(reason);
        } else if (flagAt(status, "ready") && hasState(status, "running")) {
            running = true;
            ++summary.ready;
        }
    }
    if (summary.status == "Completed" && running) summary.status = conditionIs(pod, "Ready", "True") ? "Running" : "NotReady";
}

PodSummary summarize(const json::object& pod) {
    PodSummary summary;
    summary.total = static_cast<std::int64_t>(arrayPath(pod, "spec.containers").size());
    const auto phase = textPath(pod, "status.phase");
    const auto reason = textPath(pod, "status.reason");
    summary.status = reason.empty() ? phase : reason;
    for (const auto& condition : arrayPath(pod, "status.conditions"))
        if (textAt(asObject(condition), "type") == "PodScheduled" && textAt(asObject(condition), "reason") == "SchedulingGated") summary.status = "SchedulingGated";
    std::int64_t sidecarRestarts = 0;
    std::string sidecarLast;
    const bool initializing = summarizeInit(pod, summary, sidecarRestarts, sidecarLast);
    if (!initializing || conditionIs(pod, "Initialized", "True")) {
        summary.restarts = sidecarRestarts;
        summary.lastRestart = sidecarLast;
        summarizeContainers(pod, summary);
    }
    if (valueAtPath(pod, "metadata.deletionTimestamp")) {
        if (reason == "NodeLost") summary.status = "Unknown";
        else if (phase != "Succeeded" && phase != "Failed") summary.status = "Terminating";
    }
    return summary;
}

json::value podReady(const CellContext& cell) {
    const auto summary = summarize(cell.object);
    return text(fmt::format("{}/{}", summary.ready, summary.total));
}
json::value podStatus(const CellContext& cell) { return text(summarize(cell.object).status); }
json::value podRestarts(const CellContext& cell) {
    const auto summary = summarize(cell.object);
    if (summary.restarts == 0 || summary.lastRestart.empty()) return text(std::to_string(summary.restarts));
    return text(fmt::format("{} ({} ago)", summary.restarts, translateTimestamp(summary.lastRestart, cell.now)));
}
json::value podIP(const CellContext& cell) {
    const auto& ips = arrayPath(cell.object, "status.podIPs");
    auto ip = ips.empty() ? textPath(cell.object, "status.podIP") : textAt(asObject(ips.front()), "ip");
    return text(ip.empty() ? "<none>" : ip);
}
json::value readinessGates(const CellContext& cell) {
    const auto& gates = arrayPath(cell.object, "spec.readinessGates");
    if (gates.empty()) return text("<none>");
    const auto met = std::ranges::count_if(gates, [&](const json::value& gate) { return conditionIs(cell.object, textAt(asObject(gate), "conditionType"), "True"); });
    return text(fmt::format("{}/{}", met, gates.size()));
}

// ---- Lists of names, selectors ----------------------------------------------------------------------------------------------

std::vector<std::string> containerFields(const CellContext& cell, std::string_view key) {
    std::vector<std::string> result;
    for (const auto& container : arrayAt(objectPath(cell.object, cell.argument), "containers")) result.emplace_back(textAt(asObject(container), key));
    return result;
}
json::value containers(const CellContext& cell) { return text(joined(containerFields(cell, "name"))); }
json::value images(const CellContext& cell) { return text(joined(containerFields(cell, "image"))); }

std::vector<std::string> labelTerms(const json::object& labels) {
    std::map<std::string, std::string> sorted;
    for (const auto& [key, value] : labels) sorted.emplace(key, asString(value));
    std::vector<std::string> result;
    for (const auto& [key, value] : sorted) result.push_back(key + "=" + value);
    return result;
}
json::value labels(const CellContext& cell) {
    const auto terms = labelTerms(objectPath(cell.object, cell.argument));
    return text(terms.empty() ? "<none>" : joined(terms));
}
json::value labelSelector(const CellContext& cell) {
    if (!valueAtPath(cell.object, cell.argument)) return text("<none>");
    const auto& selector = objectPath(cell.object, cell.argument);
    auto terms = labelTerms(objectOrEmpty(selector, "matchLabels"));
    for (const auto& element : arrayAt(selector, "matchExpressions")) {
        const auto& expression = asObject(element);
        const std::string key(textAt(expression, "key"));
        const auto op = textAt(expression, "operator");
        std::vector<std::string> values;
        for (const auto& value : arrayAt(expression, "values")) values.emplace_back(asString(value));
        if (op == "Exists") terms.push_back(key);
        else if (op == "DoesNotExist") terms.push_back("!" + key);
        else terms.push_back(fmt::format("{} {} ({})", key, op == "In" ? "in" : "notin", joined(values)));
    }
    return text(terms.empty() ? "<none>" : joined(terms));
}
json::value count(const CellContext& cell) {
    std::size_t total = 0;
    for (std::string_view rest = cell.argument;;) {
        const auto plus = rest.find('+');
        if (const auto* value = valueAtPath(cell.object, rest.substr(0, plus))) total += value->is_array() ? value->get_array().size() : value->is_object() ? value->get_object().size() : 0;
        if (plus == rest.npos) return static_cast<std::int64_t>(total);
        rest = rest.substr(plus + 1);
    }
}
json::value join(const CellContext& cell) {
    std::vector<std::string> parts;
    for (const auto& element : arrayPath(cell.object, cell.argument)) parts.emplace_back(asString(element));
    return text(joined(parts));
}
json::value flag(const CellContext& cell) {
    const auto* value = valueAtPath(cell.object, cell.argument);
    return value && value->is_bool() && value->get_bool();
}
json::value none(const CellContext&) { return text(""); }

// ---- Services, endpoints ------------------------------------------------------------------------------------------------------

json::value clusterIP(const CellContext& cell) {
    const auto& ips = arrayPath(cell.object, "spec.clusterIPs");
    const auto ip = ips.empty() ? textPath(cell.object, "spec.clusterIP") : asString(ips.front());
    return text(ip.empty() ? "<none>" : ip);
}
std::vector<std::string> loadBalancerAddresses(const json::object& object) {
    std::set<std::string> addresses;
    for (const auto& element : arrayPath(object, "status.loadBalancer.ingress")) {
        const auto& ingress = asObject(element);
        const auto ip = textAt(ingress, "ip");
        const auto address = ip.empty() ? textAt(ingress, "hostname") : ip;
        if (!address.empty()) addresses.emplace(address);
    }
    return {addresses.begin(), addresses.end()};
}
json::value externalIP(const CellContext& cell) {
    const auto type = textPath(cell.object, "spec.type");
    std::vector<std::string> external;
    for (const auto& ip : arrayPath(cell.object, "spec.externalIPs")) external.emplace_back(asString(ip));
    if (type == "ExternalName") return text(textPath(cell.object, "spec.externalName"));
    if (type == "LoadBalancer") {
        auto addresses = loadBalancerAddresses(cell.object);
        addresses.insert(addresses.end(), external.begin(), external.end());
        return text(addresses.empty() ? "<pending>" : joined(addresses));
    }
    return text(external.empty() ? "<none>" : joined(external));
}
json::value servicePorts(const CellContext& cell) {
    std::vector<std::string> parts;
    for (const auto& element : arrayPath(cell.object, "spec.ports")) {
        const auto& port = asObject(element);
        const auto nodePort = numberAt(port, "nodePort").value_or(0);
        const auto number = numberAt(port, "port").value_or(0);
        parts.push_back(nodePort > 0 ? fmt::format("{}:{}/{}", number, nodePort, textAt(port, "protocol")) : fmt::format("{}/{}", number, textAt(port, "protocol")));
    }
    return text(parts.empty() ? "<none>" : joined(parts));
}
json::value endpoints(const CellContext& cell) {
    std::vector<std::string> parts;
    for (const auto& element : arrayAt(cell.object, "subsets")) {
        const auto& subset = asObject(element);
        const auto& ports = arrayAt(subset, "ports");
        for (const auto& address : arrayAt(subset, "addresses")) {
            const std::string ip(textAt(asObject(address), "ip"));
            if (ports.empty()) parts.push_back(ip);
            for (const auto& port : ports) {
                const auto number = std::to_string(numberAt(asObject(port), "port").value_or(0));
                parts.push_back(ip.find(':') == ip.npos ? ip + ":" + number : "[" + ip + "]:" + number);
            }
        }
    }
    return text(parts.empty() ? "<none>" : abbreviated(parts));
}
json::value slicePorts(const CellContext& cell) {
    std::vector<std::string> parts;
    for (const auto& element : arrayAt(cell.object, "ports")) {
        const auto number = numberAt(asObject(element), "port");
        const auto name = textAt(asObject(element), "name");
        parts.push_back(number ? std::to_string(*number) : name.empty() ? "*" : std::string(name));
    }
    return text(parts.empty() ? "<unset>" : abbreviated(parts));
}
json::value sliceEndpoints(const CellContext& cell) {
    std::vector<std::string> parts;
    for (const auto& element : arrayAt(cell.object, "endpoints"))
        for (const auto& address : arrayAt(asObject(element), "addresses")) parts.emplace_back(asString(address));
    return text(parts.empty() ? "<unset>" : abbreviated(parts));
}

// ---- Nodes ----------------------------------------------------------------------------------------------------------------

json::value nodeStatus(const CellContext& cell) {
    std::string status = "Unknown";
    for (const auto& element : arrayPath(cell.object, "status.conditions"))
        if (textAt(asObject(element), "type") == "Ready") status = textAt(asObject(element), "status") == "True" ? "Ready" : "NotReady";
    const auto* unschedulable = valueAtPath(cell.object, "spec.unschedulable");
    if (unschedulable && unschedulable->is_bool() && unschedulable->get_bool()) status += ",SchedulingDisabled";
    return text(status);
}
json::value nodeRoles(const CellContext& cell) {
    std::set<std::string> roles;
    for (const auto& [key, value] : objectPath(cell.object, "metadata.labels")) {
        static constexpr std::string_view prefix = "node-role.kubernetes.io/";
        const std::string_view name(key);
        if (name.starts_with(prefix) && name.size() > prefix.size()) roles.emplace(name.substr(prefix.size()));
        else if (name == "kubernetes.io/role" && !asString(value).empty()) roles.emplace(asString(value));
    }
    return text(roles.empty() ? "<none>" : joined({roles.begin(), roles.end()}));
}
json::value nodeAddress(const CellContext& cell) {
    for (const auto& element : arrayPath(cell.object, "status.addresses"))
        if (textAt(asObject(element), "type") == cell.argument) return text(textAt(asObject(element), "address"));
    return text("<none>");
}

// ---- Workloads ------------------------------------------------------------------------------------------------------------

json::value deploymentReady(const CellContext& cell) { return text(fmt::format("{}/{}", numberPath(cell.object, "status.readyReplicas"), numberPath(cell.object, "spec.replicas"))); }
json::value controllerRef(const CellContext& cell) {
    for (const auto& element : arrayPath(cell.object, "metadata.ownerReferences")) {
        const auto& owner = asObject(element);
        if (!flagAt(owner, "controller")) continue;
        std::string kind(textAt(owner, "kind"));
        for (char& c : kind) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        const auto group = splitApiVersion(textAt(owner, "apiVersion")).first;
        return text(kind + (group.empty() ? "" : "." + group) + "/" + std::string(textAt(owner, "name")));
    }
    return text("<none>");
}
json::value jobStatus(const CellContext& cell) {
    if (conditionIs(cell.object, "Complete", "True")) return text("Complete");
    if (conditionIs(cell.object, "Failed", "True")) return text("Failed");
    if (valueAtPath(cell.object, "metadata.deletionTimestamp")) return text("Terminating");
    if (conditionIs(cell.object, "Suspended", "True")) return text("Suspended");
    if (conditionIs(cell.object, "FailureTarget", "True")) return text("FailureTarget");
    if (conditionIs(cell.object, "SuccessCriteriaMet", "True")) return text("SuccessCriteriaMet");
    return text("Running");
}
json::value jobCompletions(const CellContext& cell) {
    const auto succeeded = numberPath(cell.object, "status.succeeded");
    const auto* completions = valueAtPath(cell.object, "spec.completions");
    if (completions && completions->is_int64()) return text(fmt::format("{}/{}", succeeded, completions->get_int64()));
    const auto parallelism = numberPath(cell.object, "spec.parallelism");
    return text(parallelism > 1 ? fmt::format("{}/1 of {}", succeeded, parallelism) : fmt::format("{}/1", succeeded));
}
json::value jobDuration(const CellContext& cell) {
    const auto started = parseTime(textPath(cell.object, "status.startTime"));
    if (!started) return text("");
    const auto completed = parseTime(textPath(cell.object, "status.completionTime"));
    return text(humanDuration(completed.value_or(cell.now) - *started));
}
json::value suspend(const CellContext& cell) {
    const auto* value = valueAtPath(cell.object, "spec.suspend");
    return text(!value ? "<unset>" : value->is_bool() && value->get_bool() ? "True" : "False");
}
json::value scaleTarget(const CellContext& cell) {
    return text(fmt::format("{}/{}", textPath(cell.object, "spec.scaleTargetRef.kind"), textPath(cell.object, "spec.scaleTargetRef.name")));
}
json::value hpaTargets(const CellContext& cell) {
    const auto& metrics = arrayPath(cell.object, "spec.metrics");
    const auto& current = arrayPath(cell.object, "status.currentMetrics");
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        const auto& metric = asObject(metrics[i]);
        const auto& resource = objectOrEmpty(metric, "resource");
        const auto& target = objectOrEmpty(resource, "target");
        const auto& now = i < current.size() ? objectOrEmpty(objectOrEmpty(asObject(current[i]), "resource"), "current") : json::object();
        if (const auto utilization = numberAt(target, "averageUtilization")) {
            const auto measured = numberAt(now, "averageUtilization");
            parts.push_back(fmt::format("{}: {}/{}%", textAt(resource, "name"), measured ? fmt::format("{}%", *measured) : "<unknown>", *utilization));
        } else {
            const auto value = textAt(target, "averageValue");
            parts.push_back(fmt::format("{}: <unknown>/{}", textAt(resource, "name"), value.empty() ? "<auto>" : value));
        }
    }
    if (parts.size() > 2) return text(fmt::format("{}, {} + {} more...", parts[0], parts[1], parts.size() - 2));
    return text(parts.empty() ? "<none>" : joined(parts, ", "));
}

// ---- Storage --------------------------------------------------------------------------------------------------------------

std::string modesText(const json::array& modes) {
    static const std::map<std::string_view, std::string_view> brief = {{"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"}, {"ReadWriteOncePod", "RWOP"}};
    std::vector<std::string> parts;
    for (const auto name : {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"})
        if (std::ranges::any_of(modes, [&](const json::value& mode) { return asString(mode) == name; })) parts.emplace_back(brief.at(name));
    return joined(parts);
}
json::value accessModes(const CellContext& cell) { return text(modesText(arrayPath(cell.object, cell.argument))); }
json::value phase(const CellContext& cell) {
    return text(valueAtPath(cell.object, "metadata.deletionTimestamp") ? "Terminating" : textPath(cell.object, "status.phase"));
}
json::value claim(const CellContext& cell) {
    const auto& reference = objectPath(cell.object, "spec.claimRef");
    return text(reference.empty() ? "" : fmt::format("{}/{}", textAt(reference, "namespace"), textAt(reference, "name")));
}
json::value claimCapacity(const CellContext& cell) { return text(textPath(cell.object, "spec.volumeName").empty() ? "" : textPath(cell.object, "status.capacity.storage")); }
json::value claimAccessModes(const CellContext& cell) {
    return text(textPath(cell.object, "spec.volumeName").empty() ? "" : modesText(arrayPath(cell.object, "status.accessModes")));
}
json::value storageClassName(const CellContext& cell) {
    const std::string name(textPath(cell.object, "metadata.name"));
    for (const auto* key : {"storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"})
        if (textAt(objectPath(cell.object, "metadata.annotations"), key) == "true") return text(name + " (default)");
    return text(name);
}
json::value tokenRequests(const CellContext& cell) {
    std::vector<std::string> parts;
    for (const auto& element : arrayPath(cell.object, "spec.tokenRequests")) parts.emplace_back(textAt(asObject(element), "audience"));
    return text(parts.empty() ? "<unset>" : joined(parts));
}
json::value quota(const CellContext& cell) {
    std::map<std::string, std::string> hard;
    for (const auto& [key, value] : objectPath(cell.object, "status.hard")) hard.emplace(key, asString(value));
    const auto& used = objectPath(cell.object, "status.used");
    std::vector<std::string> parts;
    for (const auto& [key, limit] : hard)
        if (key.starts_with("limits") == (cell.argument == "limits")) parts.push_back(fmt::format("{}: {}/{}", key, textAt(used, key).empty() ? "0" : textAt(used, key), limit));
    return text(joined(parts, ", "));
}

// ---- Networking, access ---------------------------------------------------------------------------------------------------

json::value ingressHosts(const CellContext& cell) {
    std::vector<std::string> hosts;
    for (const auto& element : arrayPath(cell.object, "spec.rules")) {
        const auto host = textAt(asObject(element), "host");
        if (!host.empty()) hosts.emplace_back(host);
    }
    return text(hosts.empty() ? "*" : abbreviated(hosts));
}
json::value loadBalancer(const CellContext& cell) { return text(joined(loadBalancerAddresses(cell.object))); }
json::value ingressPorts(const CellContext& cell) { return text(arrayPath(cell.object, "spec.tls").empty() ? "80" : "80, 443"); }
json::value ingressParameters(const CellContext& cell) {
    const auto& parameters = objectPath(cell.object, "spec.parameters");
    if (parameters.empty()) return text("<none>");
    const auto group = textAt(parameters, "apiGroup");
    return text(fmt::format("{}{}/{}", textAt(parameters, "kind"), group.empty() ? "" : "." + std::string(group), textAt(parameters, "name")));
}
json::value parentRef(const CellContext& cell) {
    const auto& parent = objectPath(cell.object, "spec.parentRef");
    return text(fmt::format("{}/{}/{}", textAt(parent, "resource"), textAt(parent, "namespace"), textAt(parent, "name")));
}
json::value roleRef(const CellContext& cell) { return text(fmt::format("{}/{}", textPath(cell.object, "roleRef.kind"), textPath(cell.object, "roleRef.name"))); }
json::value subjects(const CellContext& cell) {
    std::vector<std::string> parts;
    for (const auto& element : arrayAt(cell.object, "subjects")) {
        const auto& subject = asObject(element);
        if (textAt(subject, "kind") != cell.argument) continue;
        const auto prefix = cell.argument == "ServiceAccount" ? std::string(textAt(subject, "namespace")) + "/" : "";
        parts.push_back(prefix + std::string(textAt(subject, "name")));
    }
    return text(joined(parts, ", "));
}
json::value apiService(const CellContext& cell) {
    const auto& service = objectPath(cell.object, "spec.service");
    return text(service.empty() ? "Local" : fmt::format("{}/{}", textAt(service, "namespace"), textAt(service, "name")));
}
json::value apiAvailable(const CellContext& cell) {
    for (const auto& element : arrayPath(cell.object, "status.conditions")) {
        const auto& condition = asObject(element);
        if (textAt(condition, "type") != "Available") continue;
        return text(textAt(condition, "status") == "True" ? "True" : fmt::format("{} ({})", textAt(condition, "status"), textAt(condition, "reason")));
    }
    return text("Unknown");
}
json::value paramKind(const CellContext& cell) {
    const auto& kind = objectPath(cell.object, "spec.paramKind");
    return text(kind.empty() ? "<unset>" : fmt::format("{}/{}", textAt(kind, "apiVersion"), textAt(kind, "kind")));
}
json::value paramRef(const CellContext& cell) {
    const auto& reference = objectPath(cell.object, "spec.paramRef");
    if (reference.empty()) return text("<unset>");
    const auto nameSpace = textAt(reference, "namespace");
    return text(fmt::format("{}{}{}", nameSpace, nameSpace.empty() ? "" : "/", textAt(reference, "name")));
}
json::value csrCondition(const CellContext& cell) {
    std::vector<std::string> parts;
    for (const auto& element : arrayPath(cell.object, "status.conditions")) parts.emplace_back(textAt(asObject(element), "type"));
    auto shown = parts.empty() ? std::string("Pending") : joined(parts);
    if (!textPath(cell.object, "status.certificate").empty()) shown += ",Issued";
    return text(shown);
}

// ---- Events ---------------------------------------------------------------------------------------------------------------

// core/v1 and events.k8s.io/v1 call the same things differently.
const json::object& eventReference(const json::object& event) {
    const auto& involved = objectOrEmpty(event, "involvedObject");
    return involved.empty() ? objectOrEmpty(event, "regarding") : involved;
}
std::string_view firstText(const json::object& event, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys)
        if (const auto found = textPath(event, key); !found.empty()) return found;
    return {};
}
json::value eventLastSeen(const CellContext& cell) {
    const auto last = firstText(cell.object, {"series.lastObservedTime", "lastTimestamp", "deprecatedLastTimestamp", "eventTime"});
    return text(last.empty() ? translateTimestamp(firstText(cell.object, {"firstTimestamp", "deprecatedFirstTimestamp"}), cell.now) : translateTimestamp(last, cell.now));
}
json::value eventFirstSeen(const CellContext& cell) { return text(translateTimestamp(firstText(cell.object, {"firstTimestamp", "deprecatedFirstTimestamp", "eventTime"}), cell.now)); }
json::value eventObject(const CellContext& cell) {
    const auto& reference = eventReference(cell.object);
    std::string kind(textAt(reference, "kind"));
    for (char& c : kind) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const auto name = textAt(reference, "name");
    return text(name.empty() ? kind : kind + "/" + std::string(name));
}
json::value eventSubobject(const CellContext& cell) { return text(textAt(eventReference(cell.object), "fieldPath")); }
json::value eventSource(const CellContext& cell) {
    std::string source(firstText(cell.object, {"source.component", "deprecatedSource.component", "reportingComponent", "reportingController"}));
    const auto host = firstText(cell.object, {"source.host", "deprecatedSource.host", "reportingInstance"});
    return text(host.empty() ? source : source + ", " + std::string(host));
}
json::value eventMessage(const CellContext& cell) {
    auto message = firstText(cell.object, {"message", "note"});
    while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.remove_suffix(1);
    return text(message);
}
json::value eventCount(const CellContext& cell) {
    const auto series = numberPath(cell.object, "series.count");
    const auto counted = series > 0 ? series : std::max(numberPath(cell.object, "count"), numberPath(cell.object, "deprecatedCount"));
    return counted > 0 ? counted : 1;
}

// ---- Kubarium -------------------------------------------------------------------------------------------------------------

json::value decisionResult(const CellContext& cell) {
    const auto result = textPath(cell.object, "status.result");
    return text(result.empty() ? fmt::format("held at {}", textPath(cell.object, "status.phase")) : std::string(result));
}
json::value decisionFeasible(const CellContext& cell) {
    return text(fmt::format("{}/{}", numberPath(cell.object, "status.feasibleNodes"), numberPath(cell.object, "status.evaluatedNodes")));
}
json::value faultTarget(const CellContext& cell) {
    const auto node = textPath(cell.object, "spec.node");
    if (!node.empty()) return text(node);
    std::string target(textPath(cell.object, "spec.pod.name"));
    if (const auto nameSpace = textPath(cell.object, "spec.pod.namespace"); !nameSpace.empty()) target = std::string(nameSpace) + "/" + target;
    if (const auto container = textPath(cell.object, "spec.container"); !container.empty()) target += ":" + std::string(container);
    return text(target);
}
json::value clusterTime(const CellContext& cell) {
    const auto* value = valueAtPath(cell.object, "status.clusterSeconds");
    boost::system::error_code error;
    const double seconds = value ? value->to_number<double>(error) : 0;
    return text(humanDuration(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(error ? 0 : seconds))));
}

}  // namespace

CellFunction cellFunction(std::string_view name) {
    static const std::map<std::string_view, CellFunction> functions = {
        {"podReady", podReady}, {"podStatus", podStatus}, {"podRestarts", podRestarts}, {"podIP", podIP}, {"readinessGates", readinessGates},
        {"containers", containers}, {"images", images}, {"labels", labels}, {"labelSelector", labelSelector}, {"count", count}, {"join", join}, {"flag", flag},
        {"none", none}, {"clusterIP", clusterIP}, {"externalIP", externalIP}, {"servicePorts", servicePorts}, {"endpoints", endpoints},
        {"slicePorts", slicePorts}, {"sliceEndpoints", sliceEndpoints}, {"nodeStatus", nodeStatus}, {"nodeRoles", nodeRoles}, {"nodeAddress", nodeAddress},
        {"deploymentReady", deploymentReady}, {"statefulSetReady", deploymentReady}, {"controllerRef", controllerRef}, {"jobStatus", jobStatus},
        {"jobCompletions", jobCompletions}, {"jobDuration", jobDuration}, {"suspend", suspend}, {"scaleTarget", scaleTarget}, {"hpaTargets", hpaTargets},
        {"accessModes", accessModes}, {"phase", phase}, {"claim", claim}, {"claimCapacity", claimCapacity}, {"claimAccessModes", claimAccessModes},
        {"storageClassName", storageClassName}, {"tokenRequests", tokenRequests}, {"quota", quota}, {"ingressHosts", ingressHosts},
        {"loadBalancer", loadBalancer}, {"ingressPorts", ingressPorts}, {"ingressParameters", ingressParameters}, {"parentRef", parentRef},
        {"roleRef", roleRef}, {"subjects", subjects}, {"apiService", apiService}, {"apiAvailable", apiAvailable}, {"paramKind", paramKind},
        {"paramRef", paramRef}, {"csrCondition", csrCondition}, {"eventLastSeen", eventLastSeen}, {"eventFirstSeen", eventFirstSeen},
        {"eventObject", eventObject}, {"eventSubobject", eventSubobject}, {"eventSource", eventSource}, {"eventMessage", eventMessage},
        {"eventCount", eventCount}, {"decisionResult", decisionResult}, {"decisionFeasible", decisionFeasible}, {"faultTarget", faultTarget},
        {"clusterTime", clusterTime}};
    const auto it = functions.find(name);
    return it == functions.end() ? nullptr : it->second;
}

}  // namespace kubarium::api
