#include "core/kubelet/network/netlink.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace kubarium::kubelet {

// A request under construction: fixed header, then attributes, which may nest.
struct NetlinkMessage {
    alignas(NLMSG_ALIGNTO) std::array<char, 1024> bytes{};
    nlmsghdr* header = reinterpret_cast<nlmsghdr*>(bytes.data());

    NetlinkMessage(std::uint16_t type, int flags) {
        header->nlmsg_len = NLMSG_HDRLEN;
        header->nlmsg_type = type;
        header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    }
    template <class T>
    T& body() {
        auto* start = bytes.data() + header->nlmsg_len;
        header->nlmsg_len += NLMSG_ALIGN(static_cast<std::uint32_t>(sizeof(T)));
        return *reinterpret_cast<T*>(start);
    }
    void put(int type, const void* data, std::size_t size) {
        auto* attribute = reinterpret_cast<rtattr*>(bytes.data() + header->nlmsg_len);
        attribute->rta_type = static_cast<unsigned short>(type);
        attribute->rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
        if (size > 0) std::memcpy(RTA_DATA(attribute), data, size);
        header->nlmsg_len += static_cast<std::uint32_t>(RTA_SPACE(size));
    }
    void put(int type, const std::string& text) { put(type, text.c_str(), text.size() + 1); }
    void put(int type, std::uint32_t number) { put(type, &number, sizeof number); }
    rtattr* begin(int type) {
        auto* attribute = reinterpret_cast<rtattr*>(bytes.data() + header->nlmsg_len);
        put(type, nullptr, 0);
        return attribute;
    }
    void end(rtattr* attribute) {
        attribute->rta_len = static_cast<unsigned short>(bytes.data() + header->nlmsg_len - reinterpret_cast<char*>(attribute));
    }
};

Result<std::uint32_t> parseIp(const std::string& text) {
    in_addr address{};
    if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return badRequest("'" + text + "' is not an IPv4 address");
    return address.s_addr;
}

std::string formatIp(std::uint32_t address) {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address, text.data(), text.size());
    return text.data();
}

Result<Netlink> Netlink::open() {
    Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket) return internalError(std::string("netlink socket: ") + std::strerror(errno));
    return Netlink(std::move(socket));
}

Result<void> Netlink::call(NetlinkMessage& message, const std::string& what) {
    message.header->nlmsg_seq = ++sequence_;
    if (::send(socket_.get(), message.bytes.data(), message.header->nlmsg_len, 0) < 0)
        return internalError(what + ": " + std::strerror(errno));
    alignas(NLMSG_ALIGNTO) std::array<char, 16384> answer;
    for (;;) {
        const auto got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return internalError(what + ": " + std::strerror(errno));
        auto left = static_cast<std::uint32_t>(got);
        for (auto* header = reinterpret_cast<nlmsghdr*>(answer.data()); NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_seq != sequence_ || header->nlmsg_type != NLMSG_ERROR) continue;
            const int failure = -reinterpret_cast<nlmsgerr*>(NLMSG_DATA(header))->error;
            if (failure == 0) return {};
            return makeError(failure == EEXIST ? Reason::AlreadyExists : Reason::InternalError, what + ": " + std::strerror(failure));
        }
    }
}

Result<int> Netlink::indexOf(const std::string& name) {
    NetlinkMessage message(RTM_GETLINK, 0);
    message.header->nlmsg_flags = NLM_F_REQUEST;
    message.body<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put(IFLA_IFNAME, name);
    message.header->nlmsg_seq = ++sequence_;
    if (::send(socket_.get(), message.bytes.data(), message.header->nlmsg_len, 0) < 0)
        return internalError("link " + name + ": " + std::strerror(errno));
    alignas(NLMSG_ALIGNTO) std::array<char, 16384> answer;
    for (;;) {
        const auto got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return internalError("link " + name + ": " + std::strerror(errno));
        const auto* header = reinterpret_cast<nlmsghdr*>(answer.data());
        if (header->nlmsg_seq != sequence_) continue;
        if (header->nlmsg_type == RTM_NEWLINK) return reinterpret_cast<const ifinfomsg*>(NLMSG_DATA(header))->ifi_index;
        return makeError(Reason::NotFound, "there is no link " + name);
    }
}

namespace {

// 0a:58 and the IP's four bytes.
void putHardwareAddress(NetlinkMessage& message, const std::string& ip) {
    std::array<unsigned char, 6> hardware{0x0a, 0x58};
    in_addr address{};
    if (::inet_pton(AF_INET, ip.c_str(), &address) != 1) return;  // refused where the address is added
    std::memcpy(hardware.data() + 2, &address, sizeof address);
    message.put(IFLA_ADDRESS, hardware.data(), hardware.size());
}

}  // namespace

Result<void> Netlink::addVeth(const std::string& name, const std::string& peer, int peerNamespace, const std::string& peerIp) {
    NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.body<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put(IFLA_IFNAME, name);
    auto* information = message.begin(IFLA_LINKINFO);
    message.put(IFLA_INFO_KIND, std::string("veth"));
    auto* data = message.begin(IFLA_INFO_DATA);
    auto* other = message.begin(VETH_INFO_PEER);
    message.body<ifinfomsg>().ifi_family = AF_UNSPEC;  // IFF_UP here would fail: the peer is set up afterwards
    message.put(IFLA_IFNAME, peer);
    message.put(IFLA_NET_NS_FD, static_cast<std::uint32_t>(peerNamespace));
    putHardwareAddress(message, peerIp);
    message.end(other);
    message.end(data);
    message.end(information);
    return call(message, "veth " + name);
}

Result<void> Netlink::addBridge(const std::string& name, const std::string& ip) {
    NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.body<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put(IFLA_IFNAME, name);
    putHardwareAddress(message, ip);
    auto* information = message.begin(IFLA_LINKINFO);
    message.put(IFLA_INFO_KIND, std::string("bridge"));
    message.end(information);
    return call(message, "bridge " + name);
}

Result<void> Netlink::setUp(const std::string& name, bool up) {
    const int index = TRY(indexOf(name));
    NetlinkMessage message(RTM_NEWLINK, 0);
    auto& body = message.body<ifinfomsg>();
    body.ifi_index = index;
    body.ifi_flags = up ? IFF_UP : 0;
    body.ifi_change = IFF_UP;
    return call(message, "set " + name + (up ? " up" : " down"));
}

Result<void> Netlink::setBridge(const std::string& name, const std::string& bridge) {
    const int index = TRY(indexOf(name));
    const int master = TRY(indexOf(bridge));
    NetlinkMessage message(RTM_NEWLINK, 0);
    message.body<ifinfomsg>().ifi_index = index;
    message.put(IFLA_MASTER, static_cast<std::uint32_t>(master));
    return call(message, name + " into bridge " + bridge);
}

Result<void> Netlink::removeLink(const std::string& name) {
    const int index = TRY(indexOf(name));
    NetlinkMessage message(RTM_DELLINK, 0);
    message.body<ifinfomsg>().ifi_index = index;
    return call(message, "remove " + name);
}

Result<void> Netlink::addAddress(const std::string& link, const std::string& ip, int prefixLength) {
    const int index = TRY(indexOf(link));
    const auto address = TRY(parseIp(ip));
    NetlinkMessage message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
    auto& body = message.body<ifaddrmsg>();
    body.ifa_family = AF_INET;
    body.ifa_prefixlen = static_cast<unsigned char>(prefixLength);
    body.ifa_index = static_cast<unsigned>(index);
    message.put(IFA_LOCAL, address);
    message.put(IFA_ADDRESS, address);
    return call(message, "address " + ip + " on " + link);
}

Result<void> Netlink::addRoute(const std::string& destination, int prefixLength, const std::string& gateway, const std::string& link) {
    NetlinkMessage message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
    auto& body = message.body<rtmsg>();
    body.rtm_family = AF_INET;
    body.rtm_dst_len = static_cast<unsigned char>(prefixLength);
    body.rtm_table = RT_TABLE_MAIN;
    body.rtm_protocol = RTPROT_BOOT;
    body.rtm_scope = gateway.empty() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    body.rtm_type = RTN_UNICAST;
    if (prefixLength > 0) message.put(RTA_DST, TRY(parseIp(destination)));
    if (!gateway.empty()) message.put(RTA_GATEWAY, TRY(parseIp(gateway)));
    if (!link.empty()) message.put(RTA_OIF, static_cast<std::uint32_t>(TRY(indexOf(link))));
    return call(message, "route to " + (prefixLength > 0 ? destination : std::string("default")));
}

Result<void> Netlink::removeRoute(const std::string& destination, int prefixLength) {
    NetlinkMessage message(RTM_DELROUTE, 0);
    auto& body = message.body<rtmsg>();
    body.rtm_family = AF_INET;
    body.rtm_dst_len = static_cast<unsigned char>(prefixLength);
    body.rtm_table = RT_TABLE_MAIN;
    body.rtm_scope = RT_SCOPE_NOWHERE;
    message.put(RTA_DST, TRY(parseIp(destination)));
    return call(message, "remove route to " + destination);
}

}  // namespace kubarium::kubelet
