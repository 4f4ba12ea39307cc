#include "core/api/defaults_rules.h"

#include "core/api/json_read.h"
#include "core/api/quantity.h"
#include "core/api/schema.h"
#include "core/base/base64.h"

#include <boost/json.hpp>

#include <algorithm>
#include <map>

namespace kubarium::api {

namespace {

void setIfAbsent(json::object& object, std::string_view key, json::value value) {
    auto* present = object.if_contains(key);
    if (!present) object.emplace(key, std::move(value));
    else if (present->is_null()) *present = std::move(value);
}

json::object* child(json::object& object, std::string_view key) {
    auto* value = object.if_contains(key);
    return value ? value->if_object() : nullptr;
}

json::array* children(json::object& object, std::string_view key) {
    auto* value = object.if_contains(key);
    return value ? value->if_array() : nullptr;
}

bool present(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && !value->is_null();
}

bool isTrue(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

// Lower case and digits, with single dots, one or two underscores or any number of dashes between.
bool isImageName(std::string_view part) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (part.empty() || !plain(part.front()) || !plain(part.back())) return false;
    for (std::size_t i = 0; i < part.size();) {
        const auto end = std::min(part.find_first_of("._-", i), part.size());
        if (!std::ranges::all_of(part.substr(i, end - i), plain)) return false;
        const auto next = std::min(part.find_first_not_of("._-", end), part.size());
        const auto between = part.substr(end, next - end);
        if (!between.empty() && between != "." && between != "_" && between != "__" && between.find_first_not_of('-') != between.npos) return false;
        i = next;
    }
    return true;
}

// Whether this reference to an image says :latest, or neither tag nor digest. What is no reference does not.
bool isLatest(std::string_view image) {
    const auto at = image.find('@');
    const auto named = image.substr(0, at);
    const auto slash = named.rfind('/');
    const auto colon = named.find(':', slash == named.npos ? 0 : slash);
    const auto tag = colon == named.npos ? std::string_view() : named.substr(colon + 1);
    auto name = named.substr(0, colon);
    if (const auto first = name.find('/'); first != name.npos) {
        const auto domain = name.substr(0, first);
        if (domain.find_first_of(".:") != domain.npos || domain == "localhost" || std::ranges::any_of(domain, [](char c) { return c >= 'A' && c <= 'Z'; })) name.remove_prefix(first + 1);
    }
    for (std::size_t start = 0; start <= name.size();) {
        const auto end = std::min(name.find('/', start), name.size());
        if (!isImageName(name.substr(start, end - start))) return false;
        start = end + 1;
    }
    return colon == named.npos ? at == image.npos : tag == "latest";
}

void container(json::object& object) {
    if (textAt(object, "imagePullPolicy").empty()) object["imagePullPolicy"] = isLatest(textAt(object, "image")) ? "Always" : "IfNotPresent";
}

void hostNetworkPorts(json::object& spec) {
    for (const std::string_view list : {"containers", "initContainers"}) {
        auto* containers = children(spec, list);
        if (!containers) continue;
        for (auto& element : *containers) {
            auto* one = element.if_object();
            auto* ports = one ? children(*one, "ports") : nullptr;
            if (!ports) continue;
            for (auto& port : *ports)
                if (auto* p = port.if_object(); p && p->contains("containerPort") && !p->contains("hostPort")) p->emplace("hostPort", json::value(p->at("containerPort")));
        }
    }
}

void podSpec(json::object& object) {
    // The old name of the field is kept in step with the new one.
    const auto account = textAt(object, "serviceAccountName").empty() ? textAt(object, "serviceAccount") : textAt(object, "serviceAccountName");
    if (!account.empty()) {
        const json::string copy(account);
        object["serviceAccountName"] = copy;
        object["serviceAccount"] = copy;
    }
}

void requestsFromLimits(json::object& container) {
    auto* resources = child(container, "resources");
    auto* limits = resources ? child(*resources, "limits") : nullptr;
    if (!limits || limits->empty()) return;
    const json::object copy = *limits;  // adding fields may move the object that holds them
    auto& requests = (*resources)["requests"];
    auto& object = requests.is_object() ? requests.get_object() : requests.emplace_object();
    for (const auto& [name, quantity] : copy) object.emplace(name, quantity);
}

using Amounts = std::map<std::string, Quantity>;

Amounts requestsOf(json::object& container) {
    Amounts amounts;
    auto* resources = child(container, "resources");
    if (const auto* requests = resources ? child(*resources, "requests") : nullptr)
        for (const auto& [name, text] : *requests)
            if (const auto quantity = Quantity::parse(text.is_string() ? std::string_view(text.get_string()) : std::string_view())) amounts.emplace(name, *quantity);
    return amounts;
}

void add(Amounts& to, const Amounts& from) {
    for (const auto& [name, quantity] : from) to[name] += quantity;
}

// AggregateContainerRequests: containers and sidecars at once, or one init container with the sidecars before it.
Amounts requestsOfContainers(json::object& spec) {
    Amounts total, sidecars, initial;
    if (auto* containers = children(spec, "containers"))
        for (auto& element : *containers)
            if (auto* one = element.if_object()) add(total, requestsOf(*one));
    if (auto* containers = children(spec, "initContainers"))
        for (auto& element : *containers) {
            auto* one = element.if_object();
            if (!one) continue;
            auto requests = requestsOf(*one);
            if (textAt(*one, "restartPolicy") == "Always") {
                add(total, requests);
                add(sidecars, requests);
                requests = sidecars;
            } else {
                add(requests, sidecars);
            }
            for (const auto& [name, quantity] : requests) initial[name] = std::max(initial[name], quantity);
        }
    for (const auto& [name, quantity] : initial) total[name] = std::max(total[name], quantity);
    return total;
}

// Requests of the Pod as a whole that are not given: what its containers request, and else its limit.
void podRequests(json::object& spec) {
    auto* resources = child(spec, "resources");
    auto* limits = resources ? child(*resources, "limits") : nullptr;
    if (!limits || limits->empty()) return;
    const json::object copy = *limits;
    const auto ofContainers = requestsOfContainers(spec);
    auto& value = (*child(spec, "resources"))["requests"];
    auto& requests = value.is_object() ? value.get_object() : value.emplace_object();
    for (const std::string name : {"cpu", "memory"})
        if (const auto found = ofContainers.find(name); found != ofContainers.end() && !requests.contains(name)) requests.emplace(name, found->second.toString());
    for (const auto& [name, quantity] : copy)
        if (const std::string_view text(name); text == "cpu" || text == "memory" || text.starts_with("hugepages-")) requests.emplace(name, quantity);
    if (requests.empty()) child(spec, "resources")->erase("requests");
}

void pod(json::object& object) {
    auto* spec = child(object, "spec");
    if (!spec) return;
    if (isTrue(*spec, "hostNetwork")) hostNetworkPorts(*spec);
    setIfAbsent(*spec, "enableServiceLinks", true);
    for (const std::string_view list : {"containers", "initContainers"})
        if (auto* containers = children(*spec, list))
            for (auto& element : *containers)
                if (auto* one = element.if_object()) requestsFromLimits(*one);
    podRequests(*spec);
}

void volume(json::object& object) {
    for (const auto& member : object)
        if (member.key() != "name" && !member.value().is_null()) return;
    object["emptyDir"].emplace_object();
}

void serviceSpec(json::object& object) {
    const std::string type(textAt(object, "type"));
    if (textAt(object, "sessionAffinity") == "ClientIP") {
        auto& timeout = ensureObject(object, {"sessionAffinityConfig", "clientIP"});
        setIfAbsent(timeout, "timeoutSeconds", 10800);
    } else if (textAt(object, "sessionAffinity") == "None") {
        object.erase("sessionAffinityConfig");
    }
    if (auto* ports = children(object, "ports")) {
        for (auto& element : *ports) {
            auto* port = element.if_object();
            if (!port || !port->contains("port")) continue;
            auto& target = (*port)["targetPort"];
            const bool unset = target.is_null() || (target.is_int64() && target.get_int64() == 0) || (target.is_string() && target.get_string().empty());
            if (unset) target = port->at("port");
        }
    }
    const bool external = type == "NodePort" || type == "LoadBalancer";
    const auto* externalIPs = object.if_contains("externalIPs");
    const bool reachable = external || (type == "ClusterIP" && externalIPs && externalIPs->is_array() && !externalIPs->get_array().empty());
    if (reachable && textAt(object, "externalTrafficPolicy").empty()) object["externalTrafficPolicy"] = "Cluster";
    if ((external || type == "ClusterIP") && textAt(object, "internalTrafficPolicy").empty()) object["internalTrafficPolicy"] = "Cluster";
    if (type == "LoadBalancer") setIfAbsent(object, "allocateLoadBalancerNodePorts", true);
}

void deploymentSpec(json::object& object) {
    auto& strategy = ensureObject(object, {"strategy"});
    if (textAt(strategy, "type").empty()) strategy["type"] = "RollingUpdate";
    if (textAt(strategy, "type") != "RollingUpdate") return;
    auto& rolling = ensureObject(strategy, {"rollingUpdate"});
    setIfAbsent(rolling, "maxUnavailable", "25%");
    setIfAbsent(rolling, "maxSurge", "25%");
}

void statefulSetSpec(json::object& object) {
    auto& strategy = ensureObject(object, {"updateStrategy"});
    if (textAt(strategy, "type").empty()) strategy["type"] = "RollingUpdate";
    if (textAt(strategy, "type") != "RollingUpdate") return;
    setIfAbsent(ensureObject(strategy, {"rollingUpdate"}), "partition", 0);
}

void daemonSetSpec(json::object& object) {
    auto& strategy = ensureObject(object, {"updateStrategy"});
    if (textAt(strategy, "type").empty()) strategy["type"] = "RollingUpdate";
    if (textAt(strategy, "type") != "RollingUpdate") return;
    auto& rolling = ensureObject(strategy, {"rollingUpdate"});
    setIfAbsent(rolling, "maxUnavailable", 1);
    setIfAbsent(rolling, "maxSurge", 0);
}

json::object* templateLabels(json::object& object) {
    auto* spec = child(object, "spec");
    auto* podTemplate = spec ? child(*spec, "template") : nullptr;
    auto* metadata = podTemplate ? child(*podTemplate, "metadata") : nullptr;
    auto* labels = metadata ? child(*metadata, "labels") : nullptr;
    return labels && !labels->empty() ? labels : nullptr;
}

void labelsFromTemplate(json::object& object) {
    const auto* labels = templateLabels(object);
    if (!labels) return;
    const json::object copy = *labels;  // references end with the next insertion
    auto& metadata = ensureObject(object, {"metadata"});
    const auto* own = metadata.if_contains("labels");
    if (!own || !own->is_object() || own->get_object().empty()) metadata["labels"] = copy;
}

void replicationController(json::object& object) {
    const auto* labels = templateLabels(object);
    if (!labels) return;
    const json::object copy = *labels;
    auto& spec = ensureObject(object, {"spec"});
    const auto* selector = spec.if_contains("selector");
    if (!selector || !selector->is_object() || selector->get_object().empty()) spec["selector"] = copy;
    labelsFromTemplate(object);
}

void job(json::object& object) {
    // A new one gets them with the labels that are made of its name.
    if (present(ensureObject(object, {"metadata"}), "resourceVersion")) labelsFromTemplate(object);
    auto& spec = ensureObject(object, {"spec"});
    if (!present(spec, "completions") && !present(spec, "parallelism")) spec["completions"] = 1;
    setIfAbsent(spec, "parallelism", 1);
    setIfAbsent(spec, "backoffLimit", present(spec, "backoffLimitPerIndex") ? 2147483647 : 6);
    setIfAbsent(spec, "completionMode", "NonIndexed");
    setIfAbsent(spec, "suspend", false);
    setIfAbsent(spec, "manualSelector", false);
    setIfAbsent(spec, "podReplacementPolicy", present(spec, "podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
}

void namespaceObject(json::object& object) {
    auto* metadata = child(object, "metadata");
    if (!metadata || textAt(*metadata, "name").empty()) return;
    auto& labels = ensureObject(*metadata, {"labels"});
    if (!labels.contains("kubernetes.io/metadata.name")) labels.emplace("kubernetes.io/metadata.name", json::value(metadata->at("name")));
}

// stringData is for writing only: it becomes data.
void secret(json::object& object) {
    auto* texts = child(object, "stringData");
    if (!texts) return;
    const json::object copy = *texts;
    object.erase("stringData");
    if (copy.empty()) return;
    auto& data = ensureObject(object, {"data"});
    for (const auto& [key, value] : copy)
        if (value.is_string()) data.insert_or_assign(key, encodeBase64(value.get_string()));
}

// The range of old is the first of the ranges, and decides.
void nodeSpec(json::object& object) {
    auto* ranges = children(object, "podCIDRs");
    const bool several = ranges && !ranges->empty();
    if (const json::string range(textAt(object, "podCIDR")); !range.empty()) {
        if (!several || ranges->front() != json::value(range)) object["podCIDRs"] = json::array{range};
    } else if (several) {
        const auto first = ranges->front();
        object["podCIDR"] = first;
    }
}

void nodeStatus(json::object& object) {
    const auto* allocatable = object.if_contains("allocatable");
    if (allocatable && allocatable->is_object() && !allocatable->get_object().empty()) return;
    const auto* capacity = child(object, "capacity");
    if (capacity && !capacity->empty()) object["allocatable"] = json::object(*capacity);
}

void limitRangeItem(json::object& object) {
    if (textAt(object, "type") != "Container") return;
    const auto fill = [&](std::string_view into, std::string_view from) {
        const auto* source = child(object, from);
        if (!source || source->empty()) return;
        const json::object copy(*source);
        auto& target = ensureObject(object, {into});
        for (const auto& [name, quantity] : copy) target.emplace(name, quantity);
    };
    fill("default", "max");
    fill("defaultRequest", "default");
    fill("defaultRequest", "min");
}

void autoscalerSpec(json::object& object) {
    const auto* metrics = object.if_contains("metrics");
    if (!metrics || !metrics->is_array() || metrics->get_array().empty()) {
        object["metrics"] = json::value{{{"type", "Resource"}, {"resource", {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", 80}}}}}}};
    }
    auto* behavior = child(object, "behavior");
    if (!behavior) return;
    const auto fill = [&](std::string_view direction, json::value defaults) {
        auto& rules = ensureObject(*behavior, {direction});
        for (auto& [key, value] : defaults.get_object()) setIfAbsent(rules, key, value);
    };
    const json::value percent = {{"type", "Percent"}, {"value", 100}, {"periodSeconds", 15}};
    const json::value pods = {{"type", "Pods"}, {"value", 4}, {"periodSeconds", 15}};
    fill("scaleUp", json::object{{"stabilizationWindowSeconds", 0}, {"selectPolicy", "Max"}, {"policies", json::array{pods, percent}}});
    fill("scaleDown", json::object{{"selectPolicy", "Max"}, {"policies", json::array{percent}}});
}

void networkPolicySpec(json::object& object) {
    const auto* types = object.if_contains("policyTypes");
    if (types && types->is_array() && !types->get_array().empty()) return;
    json::array defaults{"Ingress"};
    const auto* egress = object.if_contains("egress");
    if (egress && egress->is_array() && !egress->get_array().empty()) defaults.push_back("Egress");
    object["policyTypes"] = std::move(defaults);
}

void subject(json::object& object) {
    if (!textAt(object, "apiGroup").empty()) return;
    const auto kind = textAt(object, "kind");
    if (kind == "User" || kind == "Group") object["apiGroup"] = "rbac.authorization.k8s.io";
}

void customResourceDefinitionSpec(json::object& object) {
    auto* names = child(object, "names");
    if (!names) return;
    const std::string kind(textAt(*names, "kind"));
    if (kind.empty()) return;
    if (textAt(*names, "singular").empty()) {
        json::string lower(kind);
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        (*names)["singular"] = lower;
    }
    if (textAt(*names, "listKind").empty()) (*names)["listKind"] = json::string(kind + "List");
}

}  // namespace

DefaultRule defaultRuleOf(std::string_view typeName) {
    static const std::map<std::string_view, DefaultRule> rules = {
        {"io.k8s.api.core.v1.Container", container},
        {"io.k8s.api.core.v1.EphemeralContainer", container},
        {"io.k8s.api.core.v1.PodSpec", podSpec},
        {"io.k8s.api.core.v1.Pod", pod},
        {"io.k8s.api.core.v1.Volume", volume},
        {"io.k8s.api.core.v1.ServiceSpec", serviceSpec},
        {"io.k8s.api.core.v1.Secret", secret},
        {"io.k8s.api.core.v1.Namespace", namespaceObject},
        {"io.k8s.api.core.v1.NodeSpec", nodeSpec},
        {"io.k8s.api.core.v1.NodeStatus", nodeStatus},
        {"io.k8s.api.core.v1.LimitRangeItem", limitRangeItem},
        {"io.k8s.api.core.v1.ReplicationController", replicationController},
        {"io.k8s.api.apps.v1.DeploymentSpec", deploymentSpec},
        {"io.k8s.api.apps.v1.StatefulSetSpec", statefulSetSpec},
        {"io.k8s.api.apps.v1.DaemonSetSpec", daemonSetSpec},
        {"io.k8s.api.batch.v1.Job", job},
        {"io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", autoscalerSpec},
        {"io.k8s.api.networking.v1.NetworkPolicySpec", networkPolicySpec},
        {"io.k8s.api.rbac.v1.Subject", subject},
        {"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec", customResourceDefinitionSpec},
    };
    const auto it = rules.find(typeName);
    return it == rules.end() ? nullptr : it->second;
}

}  // namespace kubarium::api
