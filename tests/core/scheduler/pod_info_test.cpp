#include "core/scheduler/pod_info.h"

#include "tests/support/memory_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

PodInfoPtr podWith(std::string_view spec, std::string_view status = "{}") {
    return PodInfo::make(api::Object::make(testing::parseObject(fmt::format(R"({{"metadata":{{"name":"p","namespace":"default","uid":"p"}},"spec":{},"status":{}}})", spec, status))));
}

// PodInfo.Update: a list with a term that cannot be read counts as none, and its first error is kept.
TEST(PodInfo, AffinityTermsThatCannotBeRead) {
    constexpr auto term = R"({"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"web"}}})";
    constexpr auto broken = R"({"topologyKey":"zone","labelSelector":{"matchExpressions":[{"key":"app","operator":"Exists","values":["a","b"]}]}})";
    const auto pod = podWith(fmt::format(R"({{"affinity":{{"podAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":[{0},{1},{1}]}},"podAntiAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":[{0}]}}}}}})", term, broken));
    EXPECT_TRUE(pod->requiredAffinity.empty());
    EXPECT_EQ(pod->requiredAntiAffinity.size(), 1u);
    EXPECT_EQ(pod->affinityErrors, std::vector<std::string>{R"(requiredAffinityTerms: values: Invalid value: ["a","b"]: values set must be empty for exists and does not exist)"});
}

// A resize in progress counts for a Pod that is placed; NodeResourcesFit looks at what one that is not asks for.
TEST(PodInfo, WhatIsAllocatedCountsOnceItIsPlaced) {
    const auto pod = podWith(R"({"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]})", R"({"containerStatuses":[{"name":"c","resources":{"requests":{"cpu":"3"}}}]})");
    EXPECT_EQ(pod->requests.milliCpu, 3000);
    EXPECT_EQ(pod->nonZeroCpu, 3000);
    EXPECT_EQ(pod->filterRequests.milliCpu, 1000);
    EXPECT_EQ(pod->fitRequests.milliCpu, 1000);
}

// kube-scheduler keeps a set (HostPortInfo): of two Pods with one port on a Node, which the kubelet refused one of, the end of either frees it.
TEST(NodeInfo, AHostPortIsFreeWhenOneOfItsPodsIsGone) {
    const auto pod = [](const char* name) {
        return PodInfo::make(api::Object::make(testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"{0}","namespace":"default","uid":"{0}"}},"spec":{{"containers":[{{"name":"c","ports":[{{"hostPort":80}}]}}]}}}})", name))));
    };
    auto node = NodeInfo::make(api::Object::make(testing::parseObject(R"({"metadata":{"name":"n"},"status":{"allocatable":{"cpu":"4","pods":"10"}}})")));
    node.addPod(pod("a"));
    node.addPod(pod("b"));
    EXPECT_EQ(node.usedPorts.size(), 1u);
    EXPECT_TRUE(node.removePod(pod("b")));
    EXPECT_TRUE(node.usedPorts.empty());
    EXPECT_TRUE(node.removePod(pod("a")));
    EXPECT_FALSE(node.removePod(pod("a")));
}

}  // namespace
}  // namespace kubarium::scheduler
