#include "core/kubelet/network/dns_server.h"
#include "core/kubelet/network/nft_rules.h"
#include "core/kubelet/network/tcp_forwarder.h"
#include "tests/e2e/substrate_fixture.h"

#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <arpa/inet.h>
#include <sys/socket.h>

namespace kubarium::kubelet {
namespace {

class SubstrateNetworkTest : public SubstrateTest {
protected:
    Result<void> load(const std::string& node, const ServiceTable& table) {
        auto rules = renderServiceRules(table, node, names[node]);
        auto done = wait<void>([&](auto reply) {
            substrate->request({{"op", "filter"}, {"filterNode", node}, {"rules", rules.text}}, [reply = std::move(reply)](Result<SupervisorReply> answer) mutable {
                reply(answer ? Result<void>() : Result<void>(answer.error()));
            });
        });
        if (done) names[node] = rules.names;
        return done;
    }
    bool listening(int number) {
        std::ifstream file(logPath(number));
        return std::string(std::istreambuf_iterator<char>(file), {}).find("listening") != std::string::npos;
    }
    // A client on one Node and two servers on two Nodes.
    void SetUp() override {
        SubstrateTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        if (!capabilities.nft) GTEST_SKIP() << "nft is not installed";
        for (const auto* name : {"worker-a", "worker-b"}) addNode(name);
        const auto client = makeSandbox(*nodes[0], 1), first = makeSandbox(*nodes[0], 2), second = makeSandbox(*nodes[1], 3);
        ASSERT_TRUE(client && first && second);
        ips = {client->ip, first->ip, second->ip};
        firstSandbox = first->id;
        auto shell = makeSpec(client->id, 1, {"sleep", "1000"});
        std::ofstream(directory.path() / "resolv.conf") << "nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";
        shell.mounts.push_back({(directory.path() / "resolv.conf").string(), "/etc/resolv.conf", true, false, ""});
        ASSERT_TRUE(start(*nodes[0], std::move(shell)));
        ASSERT_TRUE(start(*nodes[0], makeSpec(first->id, 2, {"/bin/web"}, "kubarium/web:1.0")));
        ASSERT_TRUE(start(*nodes[1], makeSpec(second->id, 3, {"/bin/web"}, "kubarium/web:1.0")));
        ASSERT_TRUE(waitFor([&] { return listening(2) && listening(3); }));
        route = {"default", "web", "http", "tcp", "10.96.0.20", 80, 30080, {}, false, false, {{ips[1], 8080, "worker-a"}, {ips[2], 8080, "worker-b"}}};
    }
    std::string get(const std::string& url, int times = 1) {
        return sh(*nodes[0], containerId(1), fmt::format("for i in $(seq {}); do timeout 3 wget -q -O - http://{}; done", times, url)).out;
    }
    static std::set<std::string> distinct(const std::string& text) {
        std::set<std::string> lines;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);) lines.insert(line);
        return lines;
    }

    std::map<std::string, NftNames> names;
    std::vector<std::string> ips;
    std::string firstSandbox;
    ServicePortRoute route;
};

TEST_F(SubstrateNetworkTest, ServiceSpreadsConnectionsOverItsEndpointsOnEveryNode) {
    for (const auto* node : {"worker-a", "worker-b"}) {
        const auto loaded = load(node, {{route}});
        ASSERT_TRUE(loaded) << loaded.error().message;
    }
    EXPECT_EQ(distinct(get("10.96.0.20/", 20)), (std::set<std::string>{"web 1.0 on pod2", "web 1.0 on pod3"}));
    // A NodePort of the other Node leads to the same endpoints.
    EXPECT_EQ(distinct(get("172.30.0.12:30080/", 20)).size(), 2U);
    const auto hairpin = sh(*nodes[0], containerId(2), "for i in $(seq 10); do timeout 3 wget -q -O - http://10.96.0.20/ || echo failed; done").out;
    EXPECT_EQ(distinct(hairpin), (std::set<std::string>{"web 1.0 on pod2", "web 1.0 on pod3"}));
}

TEST_F(SubstrateNetworkTest, SessionAffinityKeepsAClientAtOneEndpointAcrossOtherChanges) {
    route.affinitySeconds = 600;
    ASSERT_TRUE(load("worker-a", {{route}}));
    const auto first = distinct(get("10.96.0.20/", 10));
    EXPECT_EQ(first.size(), 1U);
    auto other = route;
    other.service = "other";
    other.clusterIp = "10.96.0.21";
    other.nodePort = 0;
    ASSERT_TRUE(load("worker-a", {{route, other}}));
    EXPECT_EQ(distinct(get("10.96.0.20/", 10)), first);
    ASSERT_TRUE(load("worker-a", {{other}}));
    EXPECT_EQ(distinct(get("10.96.0.21/", 10)).size(), 1U);
}

TEST_F(SubstrateNetworkTest, ServiceWithoutEndpointsRefusesAtOnce) {
    route.endpoints.clear();
    ASSERT_TRUE(load("worker-a", {{route}}));
    const auto ran = sh(*nodes[0], containerId(1), "wget -O - http://10.96.0.20/ 2>&1");
    EXPECT_NE(ran.out.find("refused"), std::string::npos) << ran.out;
}

TEST_F(SubstrateNetworkTest, NamesOfServicesResolveInPods) {
    ASSERT_TRUE(load("worker-a", {{route}}));
    DnsServer dns(*substrate, "10.96.0.10");
    dns.addNode("worker-a");
    auto zone = std::make_shared<DnsZone>();
    zone->addAddress("web.default.svc.cluster.local", "10.96.0.20");
    dns.setZone(zone);
    EXPECT_TRUE(waitFor([&] { return get("web/").starts_with("web 1.0 on "); }));
    EXPECT_TRUE(get("web.default.svc.cluster.local/").starts_with("web 1.0 on "));
    EXPECT_NE(sh(*nodes[0], containerId(1), "wget -O - http://nosuch/ 2>&1").out.find("bad address"), std::string::npos);
}

// A bridge without an address of its own borrows the lowest one of its ports and changes it with them.
TEST_F(SubstrateNetworkTest, APodKeepsItsGatewayWhileOthersComeAndGo) {
    const auto gateway = [&] { return sh(*nodes[0], containerId(1), "timeout 1 nc 10.244.1.1 1; grep '^10.244.1.1 ' /proc/net/arp").out; };
    const auto before = gateway();
    ASSERT_NE(before.find("0a:58:0a:f4:01:01"), std::string::npos) << before;
    std::vector<std::string> others;
    for (int number = 4; number < 8; ++number) {
        const auto other = makeSandbox(*nodes[0], number);
        ASSERT_TRUE(other) << other.error().message;
        others.push_back(other->id);
    }
    ASSERT_TRUE(load("worker-a", {{route}}));
    EXPECT_NE(get("10.96.0.20/"), "");
    for (const auto& other : others) ASSERT_TRUE(wait<void>([&](auto reply) { nodes[0]->removeSandbox(other, std::move(reply)); }));
    EXPECT_NE(get("10.96.0.20/"), "");
    EXPECT_EQ(gateway(), before);
}

TEST_F(SubstrateNetworkTest, TheComputerReachesServicesPodsAndBack) {
    ASSERT_TRUE(load("worker-a", {{route}}));
    const auto fetch = [&](int port) {
        std::string got;
        bool ended = false;
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_GT(::send(socket, "GET / HTTP/1.0\r\n\r\n", 18, 0), 0);
        waitFor([&] {
            char bytes[4096];
            const auto count = ::recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
            if (count > 0) got.append(bytes, static_cast<std::size_t>(count));
            ended = count == 0;
            return ended;
        });
        ::close(socket);
        return got;
    };
    const auto toService = TcpForwarder::intoCluster(*substrate, 0, {"worker-a", ""}, "10.96.0.20", 80);
    ASSERT_TRUE(toService) << toService.error().message;
    EXPECT_NE(fetch((*toService)->hostPort()).find("web 1.0 on pod"), std::string::npos);
    const auto toPod = TcpForwarder::intoCluster(*substrate, 0, {"", firstSandbox}, "127.0.0.1", 8080);
    ASSERT_TRUE(toPod);
    EXPECT_NE(fetch((*toPod)->hostPort()).find("web 1.0 on pod2"), std::string::npos);
    // And a Pod reaches a port of the computer through the switch: the way to the API server.
    const auto back = TcpForwarder::intoHost(*substrate, {}, "172.30.0.1", 6443, (*toPod)->hostPort());
    EXPECT_TRUE(waitFor([&] { return get("172.30.0.1:6443/").starts_with("web 1.0 on pod2"); }));
}

TEST_F(SubstrateNetworkTest, ProbesAndPortForwardConnectAndSayWhyTheyCannot) {
    const auto talk = [&](const std::function<std::unique_ptr<Connection>(ConnectionHandlers)>& open) {
        std::string got;
        std::optional<Result<void>> closed;
        ConnectionHandlers handlers;
        handlers.onData = [&](std::string data) { got += data; };
        handlers.onClose = [&](Result<void> result) { closed = std::move(result); };
        const auto connection = open(std::move(handlers));
        connection->write("GET /healthz HTTP/1.0\r\n\r\n");
        EXPECT_TRUE(waitFor([&] { return closed.has_value(); }));
        return closed && !*closed ? closed->error().message : got.substr(got.rfind('\n', got.size() - 2) + 1);
    };
    const auto second = std::chrono::seconds(1);
    EXPECT_EQ(talk([&](auto on) { return nodes[0]->connectFromNode(ips[1], 8080, second, std::move(on)); }), "ok\n");
    EXPECT_EQ(talk([&](auto on) { return nodes[0]->connectFromNode(ips[1], 81, second, std::move(on)); }), "connection refused");
    EXPECT_EQ(talk([&](auto on) { return nodes[0]->connectInSandbox(firstSandbox, 8080, std::move(on)); }), "ok\n");
    nodes[1]->setLink(false);
    EXPECT_TRUE(waitFor([&] { return get(ips[2] + ":8080/healthz") != "ok\n"; })) << "the link is still up";
    const auto error = talk([&](auto on) { return nodes[0]->connectFromNode(ips[2], 8080, second, std::move(on)); });
    EXPECT_TRUE(error == "i/o timeout" || error == "no route to host") << error;
}

}  // namespace
}  // namespace kubarium::kubelet
