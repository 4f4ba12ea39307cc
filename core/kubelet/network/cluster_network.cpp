#include "core/kubelet/network/cluster_network.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>

namespace kubarium::kubelet {
namespace {

Error systemError(const std::string& what) { return internalError(what + ": " + std::strerror(errno)); }

// A thread of its own, because namespaces belong to threads.
template <class Work>
auto onThread(Work work) {
    std::optional<decltype(work())> result;
    std::jthread([&] { result.emplace(work()); }).join();
    return std::move(*result);
}

Result<Descriptor> openNamespace(const char* kind) {
    Descriptor opened(::open(fmt::format("/proc/thread-self/ns/{}", kind).c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return systemError(std::string("open the namespace ") + kind);
    return opened;
}

Result<void> bringLoopbackUp() {
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return systemError("set lo up");
    return {};
}

struct MadeNamespace {
    Descriptor network;
    std::unique_ptr<Netlink> netlink;
};

// A new network namespace with lo up and, inside, what `fill` does.
Result<MadeNamespace> makeNetwork(const std::function<Result<void>(Netlink&)>& fill) {
    return onThread([&]() -> Result<MadeNamespace> {
        if (::unshare(CLONE_NEWNET) != 0) return systemError("new network namespace");
        MadeNamespace made;
        made.network = TRY(openNamespace("net"));
        TRY(bringLoopbackUp());
        auto netlink = TRY(Netlink::open());
        made.netlink = std::make_unique<Netlink>(std::move(netlink));
        TRY(fill(*made.netlink));
        return made;
    });
}

}  // namespace

Result<void> writeSysctl(const std::string& name, const std::string& value) {
    std::string path = "/proc/sys/" + name;
    if (name.find('/') == std::string::npos)
        for (auto& letter : path)
            if (letter == '.') letter = '/';
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || ::write(file.get(), value.data(), value.size()) < 0) return systemError("sysctl " + name + "=" + value);
    return {};
}

Result<void> inNetwork(int networkNamespace, const std::function<Result<void>()>& work) {
    return onThread([&]() -> Result<void> {
        if (::setns(networkNamespace, CLONE_NEWNET) != 0) return systemError("enter a network namespace");
        return work();
    });
}

Result<std::unique_ptr<ClusterNetwork>> ClusterNetwork::create(const std::string& address) {
    auto network = std::make_unique<ClusterNetwork>();
    network->address_ = address;
    const auto fill = [&](Netlink& netlink) -> Result<void> {
        TRY(netlink.addBridge("sw0", address));
        TRY(netlink.setUp("sw0", true));
        TRY(netlink.addAddress("sw0", address, 24));
        return writeSysctl("net.ipv4.ip_forward", "1");
    };
    auto made = TRY(makeNetwork(fill));
    network->network_ = std::move(made.network);
    network->netlink_ = std::move(made.netlink);
    return network;
}

Result<void> ClusterNetwork::addNode(const NodeNetwork& options) {
    const auto slash = options.podCidr.find('/');
    if (slash == std::string::npos) return badRequest("'" + options.podCidr + "' is not a podCIDR");
    auto node = std::make_unique<Node>();
    node->options = options;
    std::from_chars(options.podCidr.data() + slash + 1, options.podCidr.data() + options.podCidr.size(), node->prefixLength);
    if (node->prefixLength < 8 || node->prefixLength > 30) return badRequest("'" + options.podCidr + "' is not a usable podCIDR");
    const auto first = TRY(parseIp(options.podCidr.substr(0, slash)));
    node->firstAddress = ntohl(first);
    node->addressCount = 1U << (32 - node->prefixLength);
    node->next = 2;

    const std::lock_guard lock(mutex_);
    if (nodes_.contains(options.name)) return makeError(Reason::AlreadyExists, "the network has a Node " + options.name);
    node->index = ++lastIndex_;
    TRY(fillNode(*node));
    const auto cidr = options.podCidr.substr(0, slash);
    TRY(netlink_->addRoute(cidr, node->prefixLength, options.ip, ""));
    for (auto& [name, other] : nodes_) {
        const auto otherCidr = other->options.podCidr.substr(0, other->options.podCidr.find('/'));
        TRY(other->netlink->addRoute(cidr, node->prefixLength, options.ip, ""));
        TRY(node->netlink->addRoute(otherCidr, other->prefixLength, other->options.ip, ""));
    }
    nodes_.emplace(options.name, std::move(node));
    return {};
}

Result<void> ClusterNetwork::fillNode(Node& node) {
    auto made = TRY(makeNetwork([](Netlink&) -> Result<void> { return {}; }));
    const auto port = fmt::format("n{}", node.index), gateway = formatIp(htonl(node.firstAddress + 1));
    TRY(netlink_->addVeth(port, "eth0", made.network.get(), node.options.ip));
    TRY(netlink_->setBridge(port, "sw0"));
    TRY(netlink_->setUp(port, true));
    auto& inside = *made.netlink;
    const auto fill = [&]() -> Result<void> {
        TRY(inside.setUp("eth0", true));
        TRY(inside.addAddress("eth0", node.options.ip, 24));
        TRY(inside.addRoute("", 0, address_, ""));
        TRY(inside.addBridge("cni0", gateway));
        TRY(inside.setUp("cni0", true));
        TRY(inside.addAddress("cni0", gateway, node.prefixLength));
        if (!node.options.dnsIp.empty()) TRY(inside.addAddress("lo", node.options.dnsIp, 32));
        TRY(writeSysctl("net.ipv4.ip_forward", "1"));
        for (const auto* scope : {"all", "default", "cni0"}) TRY(writeSysctl(fmt::format("net.ipv4.conf.{}.send_redirects", scope), "0"));
        TRY(writeSysctl("net.ipv4.conf.all.rp_filter", "0"));
        TRY(writeSysctl("net.ipv4.ip_unprivileged_port_start", "0"));
        // Present only where br_netfilter is loaded; with it on, bridged DNAT would lose hairpin connections.
        (void)writeSysctl("net.bridge.bridge-nf-call-iptables", "0");
        return {};
    };
    TRY(inNetwork(made.network.get(), fill));
    node.network = std::move(made.network);
    node.netlink = std::move(made.netlink);
    return {};
}

void ClusterNetwork::removeNode(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto it = nodes_.find(name);
    if (it == nodes_.end()) return;
    const auto& node = *it->second;
    const auto cidr = node.options.podCidr.substr(0, node.options.podCidr.find('/'));
    (void)netlink_->removeRoute(cidr, node.prefixLength);
    for (auto& [otherName, other] : nodes_)
        if (otherName != name) (void)other->netlink->removeRoute(cidr, node.prefixLength);
    (void)netlink_->removeLink(fmt::format("n{}", node.index));
    nodes_.erase(it);
}

Result<void> ClusterNetwork::setLink(const std::string& name, bool up) {
    const std::lock_guard lock(mutex_);
    const auto it = nodes_.find(name);
    if (it == nodes_.end()) return makeError(Reason::NotFound, "the network has no Node " + name);
    return netlink_->setUp(fmt::format("n{}", it->second->index), up);
}

Result<int> ClusterNetwork::namespaceOf(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (name.empty()) return network_.get();
    const auto it = nodes_.find(name);
    if (it == nodes_.end()) return makeError(Reason::NotFound, "the network has no Node " + name);
    return it->second->network.get();
}

// Addresses go round, so that one is not used again at once by another Pod.
Result<std::uint32_t> ClusterNetwork::takeAddress(Node& node) {
    for (std::uint32_t i = 0; i < node.addressCount; ++i) {
        const auto offset = node.next;
        node.next = node.next + 1 >= node.addressCount - 1 ? 2 : node.next + 1;
        if (node.used.insert(offset).second) return offset;
    }
    return makeError(Reason::TooManyRequests, "no address is left in the Node's podCIDR " + node.options.podCidr);
}

Result<void> ClusterNetwork::fillPod(Node& node, int podNetwork, const std::string& ip, const std::string& link) {
    const auto gateway = formatIp(htonl(node.firstAddress + 1));
    {
        const std::lock_guard lock(mutex_);
        TRY(node.netlink->addVeth(link, "eth0", podNetwork, ip));
        TRY(node.netlink->setBridge(link, "cni0"));
        TRY(node.netlink->setUp(link, true));
    }
    auto inside = TRY(Netlink::open());
    TRY(inside.setUp("eth0", true));
    TRY(inside.addAddress("eth0", ip, 32));
    TRY(inside.addRoute(gateway, 32, "", "eth0"));
    return inside.addRoute("", 0, gateway, "");
}

Result<PodNamespaces> ClusterNetwork::addPod(const std::string& nodeName, const std::string& hostname, bool hostNetwork,
                                             const std::map<std::string, std::string>& sysctls) {
    Node* node = nullptr;
    std::uint32_t offset = 0;
    std::string link;
    {
        const std::lock_guard lock(mutex_);
        const auto it = nodes_.find(nodeName);
        if (it == nodes_.end()) return makeError(Reason::NotFound, "the network has no Node " + nodeName);
        node = it->second.get();
        if (!hostNetwork) offset = TRY(takeAddress(*node));
        link = fmt::format("v{}", ++node->links);
    }
    auto made = onThread([&]() -> Result<PodNamespaces> {
        if (::unshare(CLONE_NEWIPC | CLONE_NEWUTS | (hostNetwork ? 0 : CLONE_NEWNET)) != 0) return systemError("new namespaces of a Pod");
        PodNamespaces pod;
        pod.ipc = TRY(openNamespace("ipc"));
        pod.uts = TRY(openNamespace("uts"));
        if (::sethostname(hostname.data(), hostname.size()) != 0) return systemError("set the host name " + hostname);
        pod.ip = node->options.ip;
        if (!hostNetwork) {
            pod.network = TRY(openNamespace("net"));
            pod.ip = formatIp(htonl(node->firstAddress + offset));
            TRY(bringLoopbackUp());
            TRY(fillPod(*node, pod.network.get(), pod.ip, link));
            TRY(writeSysctl("net.ipv4.ip_unprivileged_port_start", "0"));
            (void)writeSysctl("net.ipv4.ping_group_range", "0 0");
        }
        for (const auto& [name, value] : sysctls) TRY(writeSysctl(name, value));
        return pod;
    });
    if (!made && !hostNetwork) {
        const std::lock_guard lock(mutex_);
        node->used.erase(offset);
    }
    return made;
}

void ClusterNetwork::removePod(const std::string& nodeName, const std::string& ip) {
    const std::lock_guard lock(mutex_);
    const auto it = nodes_.find(nodeName);
    const auto address = parseIp(ip);
    if (it == nodes_.end() || !address) return;
    it->second->used.erase(ntohl(*address) - it->second->firstAddress);
}

}  // namespace kubarium::kubelet
