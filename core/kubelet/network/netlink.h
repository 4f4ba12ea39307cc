// Links, addresses and routes through rtnetlink, the kernel's own interface: a hundred times faster than spawning `ip`. A
// netlink socket belongs for ever to the network namespace of the thread that opened it, so there is one per namespace.
// One thread at a time.
#pragma once

#include "core/base/result.h"
#include "core/kubelet/runtime/descriptor.h"

#include <cstdint>
#include <string>

namespace kubarium::kubelet {

// "10.244.1.2" as the kernel has it (network byte order); BadRequest if it is none.
Result<std::uint32_t> parseIp(const std::string& text);
std::string formatIp(std::uint32_t address);

class Netlink {
public:
    // In the network namespace of the calling thread.
    static Result<Netlink> open();

    // The hardware addresses of `peer`, which appears in the namespace that the descriptor names, and of the bridge follow the IP that they
    // are to have. So a neighbour cache that remembers an IP's last user is still right, and a bridge does not change its address when the
    // port goes from which it would have borrowed one: whoever remembered that would send into the void until its entry expires (40 s).
    Result<void> addVeth(const std::string& name, const std::string& peer, int peerNamespace, const std::string& peerIp);
    Result<void> addBridge(const std::string& name, const std::string& ip);
    Result<void> setUp(const std::string& name, bool up);
    Result<void> setBridge(const std::string& name, const std::string& bridge);
    Result<void> removeLink(const std::string& name);
    Result<void> addAddress(const std::string& link, const std::string& ip, int prefixLength);
    // `gateway` "": directly on the link. prefixLength 0: the default route. Replaces an equal one.
    Result<void> addRoute(const std::string& destination, int prefixLength, const std::string& gateway, const std::string& link);
    Result<void> removeRoute(const std::string& destination, int prefixLength);

private:
    explicit Netlink(Descriptor socket) : socket_(std::move(socket)) {}
    Result<int> indexOf(const std::string& name);
    Result<void> call(struct NetlinkMessage& message, const std::string& what);

    Descriptor socket_;
    std::uint32_t sequence_ = 0;
};

}  // namespace kubarium::kubelet
