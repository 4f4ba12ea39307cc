#include "core/kubelet/network/dns_zone.h"
#include "core/kubelet/network/nft_rules.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace kubarium::kubelet {
namespace {

// Compares with tests/golden/nft/<name>; KUBARIUM_GOLDEN=write rewrites it.
void expectGolden(const std::string& name, const std::string& text) {
    const auto path = std::string(KUBARIUM_SOURCE_DIR) + "/tests/golden/nft/" + name;
    if (const char* mode = std::getenv("KUBARIUM_GOLDEN"); mode != nullptr && std::string(mode) == "write") std::ofstream(path) << text;
    std::ifstream file(path);
    EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {})) << name;
}

ServicePortRoute web() {
    return {"default", "web", "http", "tcp", "10.96.0.20", 80, 0, {}, false, false, {{"10.244.1.2", 8080, "worker-a"}, {"10.244.2.2", 8080, "worker-b"}}};
}

TEST(ServiceRules, ServiceWithTwoEndpoints) { expectGolden("two_endpoints.nft", renderServiceRules({{web()}}, "worker-a", {}).text); }

TEST(ServiceRules, NodePortAffinityAndNoEndpoints) {
    auto sticky = web();
    sticky.service = "sticky";
    sticky.clusterIp = "10.96.0.21";
    sticky.affinitySeconds = 10800;
    auto outside = web();
    outside.service = "outside";
    outside.clusterIp = "10.96.0.22";
    outside.nodePort = 30080;
    auto empty = web();
    empty.service = "empty";
    empty.clusterIp = "10.96.0.23";
    empty.endpoints.clear();
    expectGolden("kinds.nft", renderServiceRules({{sticky, outside, empty}}, "worker-a", {}).text);
}

TEST(ServiceRules, LocalPoliciesUseOnlyEndpointsOfTheNode) {
    auto local = web();
    local.nodePort = 30080;
    local.internalLocal = local.externalLocal = true;
    const auto onA = renderServiceRules({{local}}, "worker-a", {}).text, onC = renderServiceRules({{local}}, "worker-c", {}).text;
    EXPECT_EQ(onA.find("10.244.2.2"), std::string::npos);
    EXPECT_NE(onA.find("dnat to 10.244.1.2:8080"), std::string::npos);
    EXPECT_EQ(onC.find("dnat"), std::string::npos);
}

TEST(ServiceRules, WhatIsNoLongerNeededIsDeleted) {
    const auto before = renderServiceRules({{web()}}, "worker-a", {});
    auto changed = web();
    changed.endpoints.pop_back();
    const auto after = renderServiceRules({{changed}}, "worker-a", before.names).text;
    EXPECT_NE(after.find("delete chain ip kubarium endpoint-default/web/tcp/80__10.244.2.2/8080\n"), std::string::npos) << after;
    EXPECT_NE(after.find("delete counter ip kubarium endpoint-default/web/tcp/80__10.244.2.2/8080\n"), std::string::npos);
    EXPECT_EQ(after.find("delete chain ip kubarium endpoint-default/web/tcp/80__10.244.1.2/8080\n"), std::string::npos);
}

// A query for a name, as a resolver sends it.
std::string query(const std::string& name, int type) {
    std::string text("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
    for (std::size_t begin = 0; begin < name.size();) {
        const auto end = std::min(name.find('.', begin), name.size());
        text += static_cast<char>(end - begin);
        text.append(name, begin, end - begin);
        begin = end + 1;
    }
    text += '\0';
    text += static_cast<char>(type >> 8);
    text += static_cast<char>(type & 255);
    return text + std::string("\x00\x01", 2);
}

struct Answer {
    int code, count;
    bool truncated;
    std::string data;
};
Answer ask(const DnsZone& zone, const std::string& name, int type, std::size_t most = 512) {
    const auto text = zone.answer(query(name, type), most);
    EXPECT_GE(text.size(), 12U);
    EXPECT_EQ(text.substr(0, 2), "\x12\x34");
    return {text[3] & 15, static_cast<unsigned char>(text[7]), (text[2] & 2) != 0, text};
}

TEST(DnsZone, AnswersAddressesAndSaysWhatDoesNotExist) {
    DnsZone zone;
    zone.addAddress("web.default.svc.cluster.local", "10.96.0.20");
    auto answer = ask(zone, "WEB.default.svc.cluster.local", 1);
    EXPECT_EQ(answer.code, 0);
    EXPECT_EQ(answer.count, 1);
    EXPECT_TRUE(answer.data.ends_with(std::string("\x00\x04\x0a\x60\x00\x14", 6)));
    // AAAA of a name that exists: no error and no records, or resolvers would take the name for missing.
    answer = ask(zone, "web.default.svc.cluster.local", 28);
    EXPECT_EQ(answer.code, 0);
    EXPECT_EQ(answer.count, 0);
    EXPECT_EQ(ask(zone, "default.svc.cluster.local", 1).code, 0);
    EXPECT_EQ(ask(zone, "nosuch.default.svc.cluster.local", 1).code, 3);
    EXPECT_EQ(ask(zone, "example.com", 1).code, 3);
}

TEST(DnsZone, AnswersAliasesPointersServicesAndPods) {
    DnsZone zone;
    zone.addAddress("web.default.svc.cluster.local", "10.96.0.20");
    zone.addPointer("10.96.0.20", "web.default.svc.cluster.local");
    zone.addService("_http._tcp.web.default.svc.cluster.local", 80, "web.default.svc.cluster.local");
    zone.addAlias("alias.default.svc.cluster.local", "web.default.svc.cluster.local");
    EXPECT_EQ(ask(zone, "alias.default.svc.cluster.local", 1).count, 2);
    EXPECT_EQ(ask(zone, "20.0.96.10.in-addr.arpa", 12).count, 1);
    EXPECT_EQ(ask(zone, "_http._tcp.web.default.svc.cluster.local", 33).count, 1);
    EXPECT_EQ(ask(zone, "10-244-1-2.default.pod.cluster.local", 1).count, 1);
    EXPECT_EQ(ask(zone, "nonsense.default.pod.cluster.local", 1).code, 3);
}

TEST(DnsZone, TooLongAnswersAreTruncatedAndGarbageIsIgnored) {
    DnsZone zone;
    for (int i = 0; i < 60; ++i) zone.addAddress("many.default.svc.cluster.local", "10.244.1." + std::to_string(i));
    EXPECT_TRUE(ask(zone, "many.default.svc.cluster.local", 1).truncated);
    EXPECT_EQ(ask(zone, "many.default.svc.cluster.local", 1, 65535).count, 60);
    EXPECT_EQ(zone.answer("short", 512), "");
    EXPECT_EQ(zone.answer(std::string(12, '\xff'), 512), "");
    const auto good = query("web.default.svc.cluster.local", 1);
    for (std::size_t size = 0; size < good.size(); ++size) (void)zone.answer(std::string_view(good).substr(0, size), 512);
}

}  // namespace
}  // namespace kubarium::kubelet
