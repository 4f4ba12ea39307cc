#include "core/scheduler/pod_info.h"

#include "tests/support/memory_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

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
