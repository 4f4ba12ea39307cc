// Services, endpoints, networking.k8s.io and discovery.k8s.io.
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <arpa/inet.h>

namespace kubarium::api {

namespace {

constexpr std::array<std::string_view, 3> protocols = {"SCTP", "TCP", "UDP"};
constexpr std::string_view cidrSentence = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

// The 16 bytes of an address, IPv4 ones as they are mapped into IPv6.
std::array<unsigned char, 16> bytesOf(std::string_view ip) {
    const std::string text(ip);
    std::array<unsigned char, 16> bytes{};
    if (text.find(':') != std::string::npos) {
        inet_pton(AF_INET6, text.c_str(), bytes.data());
    } else {
        bytes[10] = bytes[11] = 0xff;
        inet_pton(AF_INET, text.c_str(), bytes.data() + 12);
    }
    return bytes;
}

std::string canonical(std::string_view ip) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const auto bytes = bytesOf(ip);
    return inet_ntop(isIpv6(ip) ? AF_INET6 : AF_INET, isIpv6(ip) ? bytes.data() : bytes.data() + 12, text.data(), text.size());
}

// What an endpoint or an external IP must not be.
void validateReachableIp(std::string_view ip, const std::string& path, Report& report) {
    if (!isIpAddress(ip)) {
        report.invalid(path, ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        return;
    }
    const auto bytes = bytesOf(ip);
    const bool mapped = bytes[10] == 0xff && bytes[11] == 0xff && std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char byte) { return byte == 0; });
    const auto starts = [&](std::initializer_list<unsigned char> start) { return std::equal(start.begin(), start.end(), bytes.begin() + (mapped ? 12 : 0)); };
    const auto zeroUntil = [&](std::size_t end) { return std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end), [](unsigned char byte) { return byte == 0; }); };
    if (mapped ? starts({0, 0, 0, 0}) : zeroUntil(16)) report.invalid(path, ip, fmt::format("may not be unspecified ({})", ip));
    if (mapped ? starts({127}) : zeroUntil(15) && bytes[15] == 1) report.invalid(path, ip, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    if (mapped ? starts({169, 254}) : bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) report.invalid(path, ip, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    if (mapped ? starts({224, 0, 0}) : bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02) report.invalid(path, ip, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
}

// ---- Service ------------------------------------------------------------------------------------------------------------------

void validateServicePorts(const json::object& spec, Report& report) {
    const auto& ports = arrayAt(spec, "ports");
    std::set<std::string> names;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto& port = asObject(ports[i]);
        const auto path = indexed("spec.ports", i);
        const auto name = textAt(port, "name");
        if (name.empty()) {
            if (ports.size() > 1) report.required(path + ".name");
        } else {
            report.invalidEach(path + ".name", name, checkDnsLabel(name));
            if (!names.emplace(name).second) report.duplicate(path + ".name", name);
        }
        validatePortNumber(port, "port", path + ".port", report);
        const auto protocol = textAt(port, "protocol");
        if (protocol.empty()) report.required(path + ".protocol");
        else if (std::ranges::find(protocols, protocol) == protocols.end()) report.unsupported(path + ".protocol", protocol, protocols);
        if (const auto* target = valueAt(port, "targetPort")) validatePortNumOrName(*target, path + ".targetPort", report);
        if (const auto application = textAt(port, "appProtocol"); valueAt(port, "appProtocol")) report.invalidEach(path + ".appProtocol", application, checkQualifiedName(application));
    }
}

// No two of the same number.
void validatePortNumbers(const json::object& spec, std::string_view type, Report& report) {
    const auto& ports = arrayAt(spec, "ports");
    std::set<std::string> numbers;
    std::set<std::pair<std::string, std::int64_t>> nodePorts;
    for (std::size_t i = 0; i < ports.size(); ++i)
        if (type == "ClusterIP" && numberAt(asObject(ports[i]), "nodePort").value_or(0) != 0) report.forbidden(indexed("spec.ports", i) + ".nodePort", "may not be used when `type` is 'ClusterIP'");
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto& port = asObject(ports[i]);
        const auto nodePort = numberAt(port, "nodePort").value_or(0);
        if (nodePort != 0 && !nodePorts.emplace(std::string(textAt(port, "protocol")), nodePort).second) report.duplicateText(indexed("spec.ports", i) + ".nodePort", std::to_string(nodePort));
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto& port = asObject(ports[i]);
        const auto key = fmt::format("{}/{}", textAt(port, "protocol"), numberAt(port, "port").value_or(0));
        if (numbers.insert(key).second) continue;
        // Only what makes it a duplicate is shown, as an internal ServicePort.
        report.duplicateText(indexed("spec.ports", i), fmt::format("{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}", goQuote(textAt(port, "protocol")), numberAt(port, "port").value_or(0)));
    }
}

void validateClusterIps(const json::object& spec, Report& report) {
    const auto& ips = arrayAt(spec, "clusterIPs");
    const auto ip = textAt(spec, "clusterIP");
    const auto shown = json::serialize(json::value(ips));
    if (!ips.empty() && ip.empty()) report.invalidText("spec.clusterIPs", shown, "must be empty when `clusterIP` is not specified");
    else if (!ips.empty() && asString(ips.front()) != ip) report.invalidText("spec.clusterIPs", shown, "first value must match `clusterIP`");
    std::vector<std::string_view> all;
    for (const auto& one : ips) all.push_back(asString(one));
    if (all.empty() && !ip.empty()) all.push_back(ip);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto path = indexed("spec.clusterIPs", i);
        if (all[i] == "None") {
            if (all.size() > 1) report.invalidText("spec.clusterIPs", shown, "'None' must be the first and only value");
        } else {
            validateIp(all[i], path, report);
        }
    }
    if (all.size() > 2) report.invalidText("spec.clusterIPs", shown, "may only hold up to 2 values");
    if (all.size() == 2 && isIpv6(all[0]) == isIpv6(all[1])) report.invalidText("spec.clusterIPs", shown, "may specify no more than one IP for each IP family");
}

void validateTraffic(const json::object& spec, std::string_view type, Report& report) {
    const bool external = type == "NodePort" || type == "LoadBalancer";
    const bool reachable = external || (type == "ClusterIP" && !arrayAt(spec, "externalIPs").empty());
    const auto policy = textAt(spec, "externalTrafficPolicy");
    if (!policy.empty() && !reachable) report.invalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services");
    else if (!policy.empty() && policy != "Cluster" && policy != "Local") report.unsupported("spec.externalTrafficPolicy", policy, {"Cluster", "Local"});
    if (const auto port = numberAt(spec, "healthCheckNodePort").value_or(0); port != 0 && (type != "LoadBalancer" || policy != "Local"))
        report.invalid("spec.healthCheckNodePort", port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
    const auto internal = textAt(spec, "internalTrafficPolicy");
    const bool given = valueAt(spec, "internalTrafficPolicy");
    if (!given && (external || type == "ClusterIP")) report.required("spec.internalTrafficPolicy");
    else if (given && internal != "Cluster" && internal != "Local") report.unsupported("spec.internalTrafficPolicy", internal, {"Cluster", "Local"});
    if (const auto* distribution = valueAt(spec, "trafficDistribution"))
        if (const auto text = asString(*distribution); text != "PreferClose" && text != "PreferSameZone" && text != "PreferSameNode") report.unsupported("spec.trafficDistribution", text, {"PreferClose", "PreferSameZone", "PreferSameNode"});
}

void validateLoadBalancer(const json::object& spec, std::string_view type, Report& report) {
    const auto& ranges = arrayAt(spec, "loadBalancerSourceRanges");
    if (!ranges.empty() && type != "LoadBalancer") report.forbidden("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'");
    for (std::size_t i = 0; i < ranges.size(); ++i)
        if (!isCidr(asString(ranges[i]))) report.invalid(indexed("spec.LoadBalancerSourceRanges", i), asString(ranges[i]), cidrSentence);
    if (valueAt(spec, "allocateLoadBalancerNodePorts") && type != "LoadBalancer") report.forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'");
    if (const auto* name = valueAt(spec, "loadBalancerClass")) {
        if (type != "LoadBalancer") report.forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
        else report.invalidEach("spec.loadBalancerClass", asString(*name), checkQualifiedName(asString(*name)));
    }
}

// What goes with one type of Service alone.
void validateByType(const json::object& spec, std::string_view type, bool headless, Report& report) {
    if (headless && (type == "NodePort" || type == "LoadBalancer")) report.invalid("spec.clusterIPs[0]", "None", fmt::format("may not be set to 'None' for {} services", type));
    if (type != "ExternalName") return;
    if (!arrayAt(spec, "clusterIPs").empty() || !textAt(spec, "clusterIP").empty()) report.forbidden("spec.clusterIPs", "may not be set for ExternalName services");
    auto name = textAt(spec, "externalName");
    if (name.ends_with('.')) name.remove_suffix(1);
    if (!name.empty()) report.invalidEach("spec.externalName", name, checkDnsSubdomain(name));
    else report.required("spec.externalName");
}

void validateService(const json::object& service, Report& report) {
    const auto& spec = objectOrEmpty(service, "spec");
    const auto type = textAt(spec, "type");
    const bool headless = textAt(spec, "clusterIP") == "None";
    if (arrayAt(spec, "ports").empty() && !headless && type != "ExternalName") report.required("spec.ports");
    validateByType(spec, type, headless, report);
    validateServicePorts(spec, report);
    validateLabels(objectOrEmpty(spec, "selector"), "spec.selector", report);
    const auto affinity = textAt(spec, "sessionAffinity");
    if (affinity.empty()) {
        report.required("spec.sessionAffinity");
    } else if (affinity != "ClientIP" && affinity != "None") {
        report.unsupported("spec.sessionAffinity", affinity, {"ClientIP", "None"});
    } else if (affinity == "ClientIP") {
        const auto timeout = numberAt(objectOrEmpty(objectOrEmpty(spec, "sessionAffinityConfig"), "clientIP"), "timeoutSeconds");
        if (timeout && (*timeout <= 0 || *timeout > 86400)) report.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", *timeout, "must be greater than 0 and less than 86400");
    } else if (valueAt(spec, "sessionAffinityConfig")) {
        report.forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None");
    }
    if (type != "ExternalName") validateClusterIps(spec, report);
    // A headless Service without selector gets this policy by default, whatever the cluster can do.
    if (!headless && textAt(spec, "ipFamilyPolicy") == "RequireDualStack") report.invalid("spec.ipFamilyPolicy", "RequireDualStack", "this cluster is not configured for dual-stack services");
    const auto& external = arrayAt(spec, "externalIPs");
    for (std::size_t i = 0; i < external.size(); ++i) validateReachableIp(asString(external[i]), indexed("spec.externalIPs", i), report);
    if (type.empty()) report.required("spec.type");
    else if (type != "ClusterIP" && type != "ExternalName" && type != "LoadBalancer" && type != "NodePort") report.unsupported("spec.type", type, {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"});
    validatePortNumbers(spec, type, report);
    validateLoadBalancer(spec, type, report);
    validateTraffic(spec, type, report);
}

void validateServiceUpdate(const json::object& service, const json::object& old, std::string_view subresource, Report& report) {
    if (!subresource.empty()) return;
    const auto& after = objectOrEmpty(service, "spec");
    const auto& before = objectOrEmpty(old, "spec");
    const auto& oldIps = arrayAt(before, "clusterIPs");
    const auto& newIps = arrayAt(after, "clusterIPs");
    if (textAt(before, "type") == "ExternalName" || textAt(after, "type") == "ExternalName" || oldIps.empty() || newIps.empty()) return;
    if (oldIps.front() != newIps.front()) report.invalidText("spec.clusterIPs[0]", json::serialize(json::value(newIps)), "may not change once set");
}

// ---- Endpoints ------------------------------------------------------------------------------------------------------------------

void validateEndpointPort(const json::object& port, const std::string& path, Report& report) {
    validatePortNumber(port, "port", path + ".port", report);
    const auto protocol = textAt(port, "protocol");
    if (protocol.empty()) report.required(path + ".protocol");
    else if (std::ranges::find(protocols, protocol) == protocols.end()) report.unsupported(path + ".protocol", protocol, protocols);
}

void validateEndpoints(const json::object& endpoints, Report& report) {
    const auto& subsets = arrayAt(endpoints, "subsets");
    for (std::size_t i = 0; i < subsets.size(); ++i) {
        const auto& subset = asObject(subsets[i]);
        const auto path = indexed("subsets", i);
        if (arrayAt(subset, "addresses").empty() && arrayAt(subset, "notReadyAddresses").empty()) report.required(path, "must specify `addresses` or `notReadyAddresses`");
        for (const auto* key : {"addresses", "notReadyAddresses"}) {
            const auto& addresses = arrayAt(subset, key);
            for (std::size_t j = 0; j < addresses.size(); ++j) validateReachableIp(textAt(asObject(addresses[j]), "ip"), indexed(path + "." + key, j) + ".ip", report);
        }
        const auto& ports = arrayAt(subset, "ports");
        for (std::size_t j = 0; j < ports.size(); ++j) {
            const auto here = indexed(path + ".ports", j);
            const auto name = textAt(asObject(ports[j]), "name");
            if (name.empty() && ports.size() > 1) report.required(here + ".name");
            else if (!name.empty()) report.invalidEach(here + ".name", name, checkDnsLabel(name));
            validateEndpointPort(asObject(ports[j]), here, report);
        }
    }
}

// A name with a domain, for endpoints that are no addresses.
void validateFullName(std::string_view name, const std::string& path, Report& report) {
    if (name.empty()) return report.required(path);
    if (name.ends_with('.')) name.remove_suffix(1);
    if (const auto sentences = checkDnsSubdomain(name); !sentences.empty()) return report.invalid(path, name, fmt::format("{}", fmt::join(sentences, ",")));
    if (name.find('.') == name.npos) return report.invalid(path, name, "should be a domain with at least two segments separated by dots");
    for (std::size_t start = 0; start <= name.size();) {
        const auto end = std::min(name.find('.', start), name.size());
        const auto label = name.substr(start, end - start);
        if (const auto sentences = checkDnsLabel(label); !sentences.empty()) return report.invalid(path, label, fmt::format("{}", fmt::join(sentences, ",")));
        start = end + 1;
    }
}

void validateEndpointAddress(std::string_view address, std::string_view type, const std::string& addresses, const std::string& path, Report& report) {
    if (type == "FQDN") return validateFullName(address, path, report);
    if (type != "IPv4" && type != "IPv6") return;
    if (!isIpAddress(address)) return validateIp(address, path, report);
    if (type == "IPv6" && canonical(address) != address) return report.invalid(path, address, fmt::format("must be in canonical form ({})", goQuote(canonical(address))));
    if (isIpv6(address) != (type == "IPv6")) report.invalid(addresses, address, fmt::format("must be an {} address", type));
    validateReachableIp(address, path, report);
}

void validateHintNames(const json::object& hints, std::string_view key, SyntaxCheck check, const std::string& path, Report& report) {
    constexpr std::size_t most = 8;
    const auto here = path + "." + std::string(key);
    const auto& names = arrayAt(hints, key);
    if (names.size() > most) return report.tooMany(here, names.size(), most);
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto name = textAt(asObject(names[i]), "name");
        if (!seen.insert(name).second) report.duplicate(indexed(here, i) + ".name", name);
        report.invalidEach(indexed(here, i) + ".name", name, check(name));
    }
}

void validateSliceEndpoints(const json::object& slice, Report& report) {
    constexpr std::size_t most = 1000, mostAddresses = 100;
    const auto type = textAt(slice, "addressType");
    const auto& endpoints = arrayAt(slice, "endpoints");
    if (endpoints.size() > most) return report.tooMany("endpoints", endpoints.size(), most);
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        const auto& endpoint = asObject(endpoints[i]);
        const auto path = indexed("endpoints", i), addressPath = path + ".addresses";
        const auto& addresses = arrayAt(endpoint, "addresses");
        if (addresses.empty()) report.required(addressPath, "must contain at least 1 address");
        else if (addresses.size() > mostAddresses) report.tooMany(addressPath, addresses.size(), mostAddresses);
        for (std::size_t j = 0; j < addresses.size(); ++j) validateEndpointAddress(asString(addresses[j]), type, addressPath, indexed(addressPath, j), report);
        if (const auto* node = valueAt(endpoint, "nodeName")) report.invalidEach(path + ".nodeName", asString(*node), checkDnsSubdomain(asString(*node)));
        if (const auto* host = valueAt(endpoint, "hostname")) report.invalidEach(path + ".hostname", asString(*host), checkDnsLabel(asString(*host)));
        if (const auto* hints = objectAt(endpoint, "hints")) {
            validateHintNames(*hints, "forZones", checkLabelValue, path + ".hints", report);
            if (arrayAt(*hints, "forZones").size() <= 8) validateHintNames(*hints, "forNodes", checkDnsSubdomain, path + ".hints", report);
        }
    }
}

void validateSlicePorts(const json::object& slice, Report& report) {
    constexpr std::size_t most = 20000;
    const auto& ports = arrayAt(slice, "ports");
    if (ports.size() > most) return report.tooMany("ports", ports.size(), most);
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto& port = asObject(ports[i]);
        const auto path = indexed("ports", i);
        const auto name = textAt(port, "name"), protocol = textAt(port, "protocol");
        if (!name.empty()) report.invalidEach(path + ".name", name, checkDnsLabel(name));
        if (!names.insert(name).second) report.duplicate(path + ".name", name);
        if (!valueAt(port, "protocol")) report.required(path + ".protocol");
        else if (std::ranges::find(protocols, protocol) == protocols.end()) report.unsupported(path + ".protocol", protocol, protocols);
        if (const auto* application = valueAt(port, "appProtocol")) report.invalidEach(path + ".appProtocol", asString(*application), checkQualifiedName(asString(*application)));
    }
}

void validateSliceWithout(const json::value* trusted, const json::object& slice, Report& report) {
    const auto type = textAt(slice, "addressType");
    if (type.empty()) report.required("addressType");
    else if (type != "FQDN" && type != "IPv4" && type != "IPv6") report.unsupported("addressType", type, {"FQDN", "IPv4", "IPv6"});
    validateSlicePorts(slice, report);
    if (!trusted || !sameMeaning(trusted, valueAt(slice, "endpoints"))) validateSliceEndpoints(slice, report);
}

void validateEndpointSlice(const json::object& slice, Report& report) { validateSliceWithout(nullptr, slice, report); }

void validateEndpointSliceUpdate(const json::object& slice, const json::object& old, std::string_view, Report& report) {
    validateSliceWithout(valueAt(old, "endpoints"), slice, report);
    validateImmutable(slice, old, "addressType", "addressType", report);
}

// ---- Ingress, NetworkPolicy -------------------------------------------------------------------------------------------------------

void validateBackend(const json::object& backend, const std::string& path, Report& report) {
    const auto* service = objectAt(backend, "service");
    const auto* resource = objectAt(backend, "resource");
    if (service && resource) {
        report.invalid(path, "", "cannot set both resource and service backends");
    } else if (resource) {
        if (const auto* group = valueAt(*resource, "apiGroup")) report.invalidEach(path + ".resource.apiGroup", asString(*group), checkDnsSubdomain(asString(*group)));
        for (const auto* key : {"kind", "name"}) {
            const auto text = textAt(*resource, key);
            if (text.empty()) report.required(path + ".resource." + key);
            else report.invalidEach(path + ".resource." + key, text, checkPathSegment(text));
        }
    } else if (service) {
        const auto name = textAt(*service, "name");
        if (name.empty()) report.required(path + ".service.name");
        else report.invalidEach(path + ".service.name", name, checkDns1035Label(name));
        const auto& port = objectOrEmpty(*service, "port");
        const auto portName = textAt(port, "name");
        const auto number = numberAt(port, "number").value_or(0);
        if (!portName.empty() && number != 0) report.invalid(path, "", "cannot set both port name & port number");
        else if (!portName.empty()) report.invalidEach(path + ".service.port.name", portName, checkPortName(portName));
        else if (number != 0) validatePortNumber(port, "number", path + ".service.port.number", report);
        else report.required(path, "port name or number is required");
    } else {
        report.invalid(path, "", "resource or service backend is required");
    }
}

void validateIngressPaths(const json::object& http, const std::string& path, Report& report) {
    const auto& paths = arrayAt(http, "paths");
    if (paths.empty()) report.required(path + ".paths");
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const auto& one = asObject(paths[i]);
        const auto here = indexed(path + ".paths", i);
        const auto type = textAt(one, "pathType");
        const auto target = textAt(one, "path");
        if (!valueAt(one, "pathType")) {
            report.required(here + ".pathType", "pathType must be specified");
            continue;
        }
        if (type == "Exact" || type == "Prefix") {
            if (!target.starts_with('/')) report.invalid(here + ".path", target, "must be an absolute path");
            for (const std::string_view bad : {"//", "/./", "/../", "%2f", "%2F"})
                if (target.find(bad) != target.npos) report.invalid(here + ".path", target, fmt::format("must not contain '{}'", bad));
            for (const std::string_view bad : {"/..", "/."})
                if (target.ends_with(bad)) report.invalid(here + ".path", target, fmt::format("cannot end with '{}'", bad));
        } else if (type == "ImplementationSpecific") {
            if (!target.empty() && !target.starts_with('/')) report.invalid(here + ".path", target, "must be an absolute path");
        } else {
            report.unsupported(here + ".pathType", type, {"Exact", "ImplementationSpecific", "Prefix"});
        }
        validateBackend(objectOrEmpty(one, "backend"), here + ".backend", report);
    }
}

std::vector<std::string> checkHost(std::string_view host) { return host.find('*') != host.npos ? checkWildcardSubdomain(host) : checkDnsSubdomain(host); }

void validateIngressSpec(const json::object& ingress, Report& report) {
    const auto& spec = objectOrEmpty(ingress, "spec");
    const auto& rules = arrayAt(spec, "rules");
    if (rules.empty() && !objectAt(spec, "defaultBackend")) report.invalidText("spec", "null", "either `defaultBackend` or `rules` must be specified");
    if (const auto* backend = objectAt(spec, "defaultBackend")) validateBackend(*backend, "spec.defaultBackend", report);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto path = indexed("spec.rules", i);
        const auto host = textAt(asObject(rules[i]), "host");
        if (!host.empty()) {
            if (isIpAddress(host)) report.invalid(path + ".host", host, "must be a DNS name, not an IP address");
            report.invalidEach(path + ".host", host, checkHost(host));
        }
        if (const auto* http = objectAt(asObject(rules[i]), "http")) validateIngressPaths(*http, path + ".http", report);
    }
    const auto& tls = arrayAt(spec, "tls");
    for (std::size_t i = 0; i < tls.size(); ++i) {
        const auto path = indexed("spec.tls", i);
        const auto& hosts = arrayAt(asObject(tls[i]), "hosts");
        for (std::size_t j = 0; j < hosts.size(); ++j) report.invalidEach(indexed(path + ".hosts", j), asString(hosts[j]), checkHost(asString(hosts[j])));
        if (const auto secret = textAt(asObject(tls[i]), "secretName"); !secret.empty()) report.invalidEach(path + ".secretName", secret, checkDnsSubdomain(secret));
    }
    if (const auto* name = valueAt(spec, "ingressClassName")) report.invalidEach("spec.ingressClassName", asString(*name), checkDnsSubdomain(asString(*name)));
}

void validateIngress(const json::object& ingress, Report& report) {
    validateIngressSpec(ingress, report);
    static constexpr std::string_view annotation = "kubernetes.io/ingress.class";
    const auto* annotated = valueAt(objectOrEmpty(objectOrEmpty(ingress, "metadata"), "annotations"), annotation);
    const auto* name = valueAt(objectOrEmpty(ingress, "spec"), "ingressClassName");
    if (annotated && name && *annotated != *name) report.invalid("annotations." + std::string(annotation), asString(*annotated), "must match `ingressClassName` when both are specified");
}

void validateIngressUpdate(const json::object& ingress, const json::object&, std::string_view subresource, Report& report) {
    if (subresource.empty()) validateIngressSpec(ingress, report);
}

void validatePeer(const json::object& peer, const std::string& path, Report& report) {
    int kinds = 0;
    for (const auto* key : {"podSelector", "namespaceSelector"})
        if (const auto* selector = objectAt(peer, key)) ++kinds, validateLabelSelector(*selector, path + "." + key, report);
    const auto* block = objectAt(peer, "ipBlock");
    if (block) {
        const auto cidr = textAt(*block, "cidr");
        if (cidr.empty()) report.required(path + ".ipBlock.cidr");
        else if (!isCidr(cidr)) report.invalid(path + ".ipBlock.cidr", cidr, cidrSentence);
        const auto& except = arrayAt(*block, "except");
        const auto within = [&](std::string_view inner) {
            const auto bits = [](std::string_view text) { return std::atoi(std::string(text.substr(text.find('/') + 1)).c_str()); };
            const auto number = [](std::string_view text) {
                std::uint32_t value = 0;
                for (std::size_t start = 0, end = 0; start < text.size(); start = end + 1) {
                    end = std::min(text.find('.', start), text.size());
                    value = value << 8 | static_cast<std::uint32_t>(std::atoi(std::string(text.substr(start, end - start)).c_str()));
                }
                return value;
            };
            if (cidr.find(':') != cidr.npos || inner.find(':') != inner.npos) return cidr.find(':') != cidr.npos && inner.find(':') != inner.npos;
            const int outerBits = bits(cidr);
            if (bits(inner) <= outerBits) return false;
            const std::uint32_t mask = outerBits == 0 ? 0 : ~std::uint32_t{0} << (32 - outerBits);
            return (number(cidr.substr(0, cidr.find('/'))) & mask) == (number(inner.substr(0, inner.find('/'))) & mask);
        };
        for (std::size_t i = 0; i < except.size() && isCidr(cidr); ++i) {
            const auto here = indexed(path + ".ipBlock.except", i);
            if (!isCidr(asString(except[i]))) report.invalid(here, asString(except[i]), cidrSentence);
            else if (!within(asString(except[i]))) report.invalid(here, asString(except[i]), "must be a strict subset of `cidr`");
        }
        if (kinds > 0) report.forbidden(path, "may not specify both ipBlock and another peer");
        ++kinds;
    }
    if (kinds == 0) report.required(path, "must specify a peer");
}

void validatePolicyRules(const json::object& spec, std::string_view direction, std::string_view peers, Report& report) {
    const auto& rules = arrayAt(spec, direction);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto path = indexed("spec." + std::string(direction), i);
        const auto& ports = arrayAt(asObject(rules[i]), "ports");
        for (std::size_t j = 0; j < ports.size(); ++j) {
            const auto& port = asObject(ports[j]);
            const auto here = indexed(path + ".ports", j);
            const auto protocol = textAt(port, "protocol");
            if (valueAt(port, "protocol") && protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") report.unsupported(here + ".protocol", protocol, {"TCP", "UDP", "SCTP"});
            const auto* number = valueAt(port, "port");
            const auto end = numberAt(port, "endPort");
            if (end && number && number->is_string()) report.invalid(here + ".endPort", *end, "may not be specified when `port` is non-numeric");
            if (number) validatePortNumOrName(*number, here + ".port", report);
            if (!end || (number && number->is_string())) continue;
            if (!number) {
                report.invalid(here + ".endPort", *end, "may not be specified when `port` is not specified");
                continue;
            }
            // The value that is shown is the first port.
            if (*end < number->get_int64()) report.invalid(here + ".endPort", number->get_int64(), "must be greater than or equal to `port`");
            validatePortNumber(port, "endPort", here + ".endPort", report);
        }
        const auto& others = arrayAt(asObject(rules[i]), peers);
        for (std::size_t j = 0; j < others.size(); ++j) validatePeer(asObject(others[j]), indexed(path + "." + std::string(peers), j), report);
    }
}

void validateNetworkPolicy(const json::object& policy, Report& report) {
    const auto& spec = objectOrEmpty(policy, "spec");
    validateLabelSelector(objectOrEmpty(spec, "podSelector"), "spec.podSelector", report);
    validatePolicyRules(spec, "ingress", "from", report);
    validatePolicyRules(spec, "egress", "to", report);
    const auto& types = arrayAt(spec, "policyTypes");
    if (types.size() > 2) {
        report.invalidText("spec.policyTypes", json::serialize(json::value(types)), "may not specify more than two policyTypes");
        return;
    }
    for (std::size_t i = 0; i < types.size(); ++i)
        if (asString(types[i]) != "Ingress" && asString(types[i]) != "Egress") report.unsupported(indexed("spec.policyTypes", i), asString(types[i]), {"Ingress", "Egress"});
}

void validateIngressClass(const json::object& ingressClass, Report& report) {
    const auto& spec = objectOrEmpty(ingressClass, "spec");
    const auto controller = textAt(spec, "controller");
    if (controller.empty()) report.required("spec.controller");
    else if (controller.find('/') == controller.npos) report.invalid("spec.controller", controller, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    const auto* parameters = objectAt(spec, "parameters");
    if (!parameters) return;
    if (const auto* group = valueAt(*parameters, "apiGroup")) report.invalidEach("spec.parameters.apiGroup", asString(*group), checkDnsSubdomain(asString(*group)));
    for (const auto* key : {"kind", "name"}) {
        const auto text = textAt(*parameters, key);
        if (text.empty()) report.required(std::string("spec.parameters.") + key);
        else report.invalidEach(std::string("spec.parameters.") + key, text, checkPathSegment(text));
    }
    const auto scope = textAt(*parameters, "scope");
    if (!valueAt(*parameters, "scope")) report.required("spec.parameters.scope");
    else if (scope != "Cluster" && scope != "Namespace") report.unsupported("spec.parameters.scope", scope, {"Cluster", "Namespace"});
    if (scope == "Namespace" && textAt(*parameters, "namespace").empty()) report.required("spec.parameters.namespace", "`parameters.scope` is set to 'Namespace'");
    if (scope == "Cluster" && valueAt(*parameters, "namespace")) report.forbidden("spec.parameters.namespace", "`parameters.scope` is set to 'Cluster'");
}

void validateIngressClassUpdate(const json::object& ingressClass, const json::object& old, std::string_view, Report& report) {
    validateImmutable(objectOrEmpty(ingressClass, "spec"), objectOrEmpty(old, "spec"), "controller", "spec.controller", report);
    validateIngressClass(ingressClass, report);
}

}  // namespace

namespace {

// An IPAddress is named by the address itself, in its canonical form.
std::vector<std::string> checkAddressName(std::string_view name) {
    const std::string text(name);
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    std::array<char, INET6_ADDRSTRLEN> canonical{};
    const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
    if (inet_pton(family, text.c_str(), bytes.data()) != 1) return {fmt::format("ParseAddr({}): unable to parse IP", goQuote(name))};
    if (inet_ntop(family, bytes.data(), canonical.data(), canonical.size()) == nullptr || text != canonical.data()) return {"must be a canonical format IP address"};
    return {};
}

}  // namespace

const KindRules* networkRules(const GroupVersionKind& kind) {
    static const std::map<std::pair<std::string_view, std::string_view>, KindRules> rules = {
        {{"", "Service"}, {checkDns1035Label, validateService, validateServiceUpdate}},
        {{"", "Endpoints"}, {nullptr, validateEndpoints, nullptr}},
        {{"discovery.k8s.io", "EndpointSlice"}, {.create = validateEndpointSlice, .update = validateEndpointSliceUpdate, .updateOnly = true, .metadataAgain = true}},
        {{"networking.k8s.io", "Ingress"}, {.create = validateIngress, .update = validateIngressUpdate, .updateOnly = true, .metadataAgain = true}},
        {{"networking.k8s.io", "NetworkPolicy"}, {.create = validateNetworkPolicy, .metadataAgain = true}},
        {{"networking.k8s.io", "IPAddress"}, {checkAddressName, nullptr, nullptr}},
        {{"networking.k8s.io", "IngressClass"}, {.create = validateIngressClass, .update = validateIngressClassUpdate, .updateOnly = true}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
