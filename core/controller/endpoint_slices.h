// Which EndpointSlices a Service should have, given those that it has (k8s.io/endpointslice). Pure. Slices change as little as
// possible, since every change goes to every Node: what is still wanted stays where it is, gaps in slices that change anyway are
// filled first, and nothing is moved to even them out. At most 100 endpoints in a slice; one set of slices per set of ports.
#pragma once

#include "core/api/resource.h"
#include "core/api/types/service.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kubarium::controller {

constexpr std::size_t mostEndpointsPerSlice = 100;
inline const api::GroupVersionResource endpointsResource{"", "v1", "endpoints"};
constexpr const char* triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

// From which change of a Service and its Pods the endpoints were last computed.
class TriggerTimes {
public:
    // The earliest of what changed since the last call for this Service, "" if nothing did.
    std::string of(const std::string& key, const api::Service& service, const std::vector<const api::Pod*>& pods);
    void forget(const std::string& key) { last_.erase(key); }

private:
    struct Known {
        std::string service;
        std::map<std::string, std::string> pods;
    };
    std::map<std::string, Known> last_;
};

struct DesiredEndpoints {
    std::string addressType;                // IPv4, IPv6
    std::vector<api::EndpointPort> ports;
    std::vector<api::Endpoint> endpoints;
};

struct SliceChanges {
    std::vector<api::EndpointSlice> create, update;  // `update` keeps the metadata of what is there
    std::vector<api::EndpointSlice> remove;
    std::string summary() const;  // "" if there are none
};

// The endpoints of a Service by address family and ports. `zoneOf` names the zone of a Node, or "".
std::vector<DesiredEndpoints> desiredEndpoints(const api::Service& service, const std::vector<const api::Pod*>& pods,
                                               const std::function<std::string(const std::string&)>& zoneOf);
// `labels`: what the slices' labels should be.
SliceChanges reconcileSlices(const api::Service& service, std::vector<DesiredEndpoints> desired, const std::vector<api::EndpointSlice>& existing,
                             const std::map<std::string, std::string>& labels);
std::map<std::string, std::string> sliceLabels(const api::Service& service);

}  // namespace kubarium::controller
