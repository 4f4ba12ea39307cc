#include "core/controller/endpoint_slices.h"

#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kubarium::controller {
namespace {

std::optional<std::int32_t> portOf(const api::Pod& pod, const api::ServicePort& port) {
    if (const auto* number = port.targetPort.if_int64()) return static_cast<std::int32_t>(*number == 0 ? port.port : *number);
    if (const auto* number = port.targetPort.if_uint64()) return static_cast<std::int32_t>(*number == 0 ? port.port : *number);
    const auto* name = port.targetPort.if_string();
    if (!name || name->empty()) return port.port;
    const auto protocol = port.protocol.empty() ? "TCP" : port.protocol;
    const auto search = [&](const std::vector<api::Container>& containers, bool sidecarsOnly) -> std::optional<std::int32_t> {
        for (const auto& container : containers) {
            if (sidecarsOnly && container.restartPolicy != "Always") continue;
            for (const auto& candidate : container.ports)
                if (candidate.name == std::string_view(name->data(), name->size()) && (candidate.protocol.empty() ? "TCP" : candidate.protocol) == protocol)
                    return candidate.containerPort;
        }
        return std::nullopt;
    };
    if (const auto found = search(pod.spec.containers, false)) return found;
    return search(pod.spec.initContainers, true);
}

std::vector<api::EndpointPort> portsOf(const api::Service& service, const api::Pod& pod) {
    std::vector<api::EndpointPort> ports;
    for (const auto& port : service.spec.ports) {
        const auto number = portOf(pod, port);
        if (!number) continue;  // this Pod does not offer it
        api::EndpointPort made;
        made.name = port.name;
        made.port = *number;
        made.protocol = port.protocol.empty() ? "TCP" : port.protocol;
        made.appProtocol = port.appProtocol;
        ports.push_back(std::move(made));
    }
    return ports;
}

std::string portsKey(const std::string& addressType, const std::vector<api::EndpointPort>& ports) {
    std::vector<std::string> parts;
    for (const auto& port : ports) parts.push_back(port.name + "/" + std::to_string(port.port.value_or(0)) + "/" + port.protocol + "/" + port.appProtocol);
    std::ranges::sort(parts);
    std::string key = addressType;
    for (const auto& part : parts) key += "," + part;
    return key;
}

std::string addressOf(const api::Pod& pod, bool wantIpv6) {
    for (const auto& ip : pod.status.podIPs)
        if ((ip.ip.find(':') != std::string::npos) == wantIpv6) return ip.ip;
    const auto& ip = pod.status.podIP;
    return (ip.find(':') != std::string::npos) == wantIpv6 ? ip : "";
}

// What makes it the same endpoint, whatever its conditions.
std::string identity(const api::Endpoint& endpoint) {
    return (endpoint.addresses.empty() ? "" : endpoint.addresses[0]) + "|" + endpoint.hostname + "|" + endpoint.nodeName + "|" +
           (endpoint.targetRef ? endpoint.targetRef->uid : "");
}

// Endpoints that are still to be placed, in order.
class Pending {
public:
    explicit Pending(std::vector<api::Endpoint> endpoints) {
        for (auto& endpoint : endpoints) entries_.emplace_back(identity(endpoint), std::move(endpoint));
        for (std::size_t i = 0; i < entries_.size(); ++i) index_[entries_[i].first] = i;
    }
    std::optional<api::Endpoint> take(const std::string& id) {
        const auto it = index_.find(id);
        if (it == index_.end()) return std::nullopt;
        auto endpoint = std::move(entries_[it->second].second);
        index_.erase(it);
        return endpoint;
    }
    void fill(api::EndpointSlice& slice) {
        while (slice.endpoints.size() < mostEndpointsPerSlice && size() > 0) {
            while (!index_.contains(entries_[next_].first)) ++next_;
            slice.endpoints.push_back(*take(entries_[next_].first));
        }
    }
    std::size_t size() const { return index_.size(); }

private:
    std::vector<std::pair<std::string, api::Endpoint>> entries_;
    std::map<std::string, std::size_t> index_;
    std::size_t next_ = 0;
};

// The fullest unchanged slice that takes all that is left.
api::EndpointSlice* sliceToFill(std::vector<api::EndpointSlice>& unchanged, std::size_t left) {
    api::EndpointSlice* best = nullptr;
    for (auto& slice : unchanged)
        if (slice.endpoints.size() + left <= mostEndpointsPerSlice && (!best || slice.endpoints.size() > best->endpoints.size())) best = &slice;
    return best;
}

struct SliceMaker {
    const api::Service& service;
    const std::map<std::string, std::string>& labels;
    api::EndpointSlice make(const std::string& addressType, const std::vector<api::EndpointPort>& ports) const {
        api::EndpointSlice slice;
        slice.addressType = addressType;
        slice.ports = ports;
        slice.metadata.generateName = service.metadata.name + "-";
        slice.metadata.nameSpace = service.metadata.nameSpace;
        slice.metadata.labels = labels;
        slice.metadata.ownerReferences.push_back({"v1", "Service", service.metadata.name, service.metadata.uid, true, true});
        return slice;
    }
};

void reconcilePorts(const SliceMaker& maker, DesiredEndpoints desired, const std::vector<const api::EndpointSlice*>& existing, SliceChanges& changes) {
    Pending pending(std::move(desired.endpoints));
    std::vector<api::EndpointSlice> changed, unchanged;
    for (const auto* before : existing) {
        auto slice = *before;
        slice.endpoints.clear();
        bool same = true;
        for (const auto& endpoint : before->endpoints) {
            auto wanted = pending.take(identity(endpoint));
            if (!wanted) {
                same = false;
                continue;
            }
            same = same && api::encode(*wanted) == api::encode(endpoint);
            slice.endpoints.push_back(std::move(*wanted));
        }
        slice.metadata.labels = maker.labels;
        if (slice.endpoints.empty())
            changes.remove.push_back(*before);
        else if (!same || before->metadata.labels != maker.labels)
            changed.push_back(std::move(slice));
        else
            unchanged.push_back(std::move(slice));
    }
    std::ranges::stable_sort(changed, std::greater{}, [](const api::EndpointSlice& slice) { return slice.endpoints.size(); });
    for (auto& slice : changed) pending.fill(slice);
    while (pending.size() > 0) {
        auto* target = pending.size() < mostEndpointsPerSlice ? sliceToFill(unchanged, pending.size()) : nullptr;
        if (target) {
            pending.fill(*target);
            changed.push_back(*target);
            unchanged.erase(unchanged.begin() + (target - unchanged.data()));
        } else {
            auto slice = maker.make(desired.addressType, desired.ports);
            pending.fill(slice);
            changes.create.push_back(std::move(slice));
        }
    }
    for (auto& slice : changed) changes.update.push_back(std::move(slice));
}

// A slice that would go and one that would come: better one that changes.
void turnIntoUpdates(SliceChanges& changes) {
    for (std::size_t i = 0; i < changes.remove.size() && !changes.create.empty();) {
        auto& old = changes.remove[i];
        const auto it = std::ranges::find(changes.create, old.addressType, &api::EndpointSlice::addressType);
        if (it == changes.create.end()) {
            ++i;
            continue;
        }
        auto made = std::move(*it);
        changes.create.erase(it);
        const auto labels = made.metadata.labels;
        made.metadata = old.metadata;
        made.metadata.labels = labels;
        changes.update.push_back(std::move(made));
        changes.remove.erase(changes.remove.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

}  // namespace

std::string TriggerTimes::of(const std::string& key, const api::Service& service, const std::vector<const api::Pod*>& pods) {
    auto& last = last_[key];
    std::string first;
    const auto consider = [&](const std::string& time) {
        if (!time.empty() && (first.empty() || time < first)) first = time;
    };
    std::map<std::string, std::string> current;
    for (const auto* pod : pods) {
        const auto* ready = findCondition(pod->status.conditions, "Ready");
        const std::string time = ready ? ready->lastTransitionTime : "";
        const auto known = last.pods.find(pod->metadata.name);
        if (time > (known == last.pods.end() ? "" : known->second)) consider(time);
        current[pod->metadata.name] = time;
    }
    if (service.metadata.creationTimestamp > last.service) consider(service.metadata.creationTimestamp);
    last = {service.metadata.creationTimestamp, std::move(current)};
    return first;
}

std::string SliceChanges::summary() const {
    if (create.empty() && update.empty() && remove.empty()) return {};
    return fmt::format("slices: {} new, {} changed, {} removed", create.size(), update.size(), remove.size());
}

std::map<std::string, std::string> sliceLabels(const api::Service& service) {
    auto labels = service.metadata.labels;
    for (const auto* reserved : {"kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by", "service.kubernetes.io/headless"}) labels.erase(reserved);
    if (service.spec.clusterIP.empty() || service.spec.clusterIP == "None") labels["service.kubernetes.io/headless"] = "";
    labels["kubernetes.io/service-name"] = service.metadata.name;
    labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
    return labels;
}

std::vector<DesiredEndpoints> desiredEndpoints(const api::Service& service, const std::vector<const api::Pod*>& pods,
                                               const std::function<std::string(const std::string&)>& zoneOf) {
    auto families = service.spec.ipFamilies;
    if (families.empty()) families.push_back("IPv4");
    std::vector<DesiredEndpoints> groups;
    std::map<std::string, std::size_t> byKey;
    for (const auto& family : families)
        for (const auto* pod : pods) {
            const auto address = addressOf(*pod, family == "IPv6");
            if (address.empty() || isPodFinished(*pod)) continue;
            api::Endpoint endpoint;
            endpoint.addresses.push_back(address);
            const bool serving = isPodReady(*pod), terminating = !pod->metadata.deletionTimestamp.empty();
            endpoint.conditions = api::EndpointConditions{service.spec.publishNotReadyAddresses.value_or(false) || (serving && !terminating), serving, terminating};
            endpoint.nodeName = pod->spec.nodeName;
            endpoint.zone = zoneOf(pod->spec.nodeName);
            if (!pod->spec.hostname.empty() && pod->spec.subdomain == service.metadata.name) endpoint.hostname = pod->spec.hostname;
            auto& target = endpoint.targetRef.emplace();
            target.kind = "Pod";
            target.nameSpace = pod->metadata.nameSpace;
            target.name = pod->metadata.name;
            target.uid = pod->metadata.uid;
            auto ports = portsOf(service, *pod);
            const auto key = portsKey(family, ports);
            const auto [it, isNew] = byKey.try_emplace(key, groups.size());
            if (isNew) groups.push_back({family, std::move(ports), {}});
            groups[it->second].endpoints.push_back(std::move(endpoint));
        }
    return groups;
}

SliceChanges reconcileSlices(const api::Service& service, std::vector<DesiredEndpoints> desired, const std::vector<api::EndpointSlice>& existing,
                             const std::map<std::string, std::string>& labels) {
    const SliceMaker maker{service, labels};
    std::map<std::string, std::vector<const api::EndpointSlice*>> byPorts;
    for (const auto& slice : existing) byPorts[portsKey(slice.addressType, slice.ports)].push_back(&slice);
    SliceChanges changes;
    for (auto& group : desired) {
        const auto key = portsKey(group.addressType, group.ports);
        const auto known = byPorts.find(key);
        const auto slices = known == byPorts.end() ? std::vector<const api::EndpointSlice*>{} : known->second;
        if (known != byPorts.end()) byPorts.erase(known);
        reconcilePorts(maker, std::move(group), slices, changes);
    }
    for (const auto& [key, slices] : byPorts)
        for (const auto* slice : slices) changes.remove.push_back(*slice);
    // A Service without any endpoint keeps one empty slice, so that its watchers know that there is none.
    if (changes.create.empty() && changes.remove.size() == existing.size()) {
        const auto placeholder = maker.make(service.spec.ipFamilies.empty() ? "IPv4" : service.spec.ipFamilies[0], {});
        if (changes.remove.size() == 1 && changes.remove[0].endpoints.empty() && changes.remove[0].ports.empty() &&
            changes.remove[0].metadata.labels == labels && changes.remove[0].addressType == placeholder.addressType)
            changes.remove.clear();
        else
            changes.create.push_back(placeholder);
    }
    turnIntoUpdates(changes);
    return changes;
}

}  // namespace kubarium::controller
