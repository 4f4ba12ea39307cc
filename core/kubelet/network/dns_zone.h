// The cluster's names, as Kubernetes' DNS specification 1.1.0 has them (CoreDNS in a real cluster):
//   web.default.svc.cluster.local                  a Service: its address; headless: the addresses of its endpoints
//   web-0.web.default.svc.cluster.local            an endpoint with a hostname (StatefulSet)
//   _http._tcp.web.default.svc.cluster.local       SRV of a named port
//   10-244-1-2.default.pod.cluster.local           a Pod's address
// There is no upstream: names outside the cluster do not exist. Immutable once built; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::kubelet {

class DnsZone {
public:
    // Names without the trailing dot; case does not matter.
    void addAddress(const std::string& name, const std::string& ip);
    void addAlias(const std::string& name, const std::string& target);
    void addService(const std::string& name, int port, const std::string& target);
    // The name that an address has.
    void addPointer(const std::string& ip, const std::string& name);

    // The answer to a query in DNS wire format; "" if it is not one. `most` is what fits (512 over UDP): a longer answer is
    // truncated and says so.
    std::string answer(std::string_view query, std::size_t most) const;

private:
    struct Service {
        int port;
        std::string target;
    };
    struct Entry {
        std::vector<std::string> addresses;
        std::string alias, pointer;
        std::vector<Service> services;
    };
    void touch(const std::string& name);
    const Entry* find(const std::string& name) const;
    bool exists(const std::string& name) const;
    struct Builder;
    void answerName(const std::string& name, int type, Builder& builder, int depth) const;

    std::map<std::string, Entry> entries_;
    std::set<std::string> existing_;  // with every name above those that have records
};

}  // namespace kubarium::kubelet
