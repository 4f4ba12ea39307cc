#include "core/kubelet/node_object.h"

#include "tests/core/kubelet/kubelet_fixture.h"

namespace kubarium::kubelet {
namespace {

TEST(NodeObject, ResourcesThatOthersAdvertiseStay) {
    SimulatedLoop loop;
    SimulatedRuntime runtime(loop, loop, loop.random());
    NodeOptions options;
    options.name = "n";
    auto before = makeNodeStatus(options, runtime, nullptr, loop.now());
    before["capacity"].as_object()["example.com/foo"] = "3";
    before["capacity"].as_object()["cpu"] = "99";
    const auto after = makeNodeStatus(options, runtime, &before, loop.now());
    EXPECT_EQ(api::stringAt(after, {"capacity", "example.com/foo"}), "3");
    EXPECT_EQ(api::stringAt(after, {"allocatable", "example.com/foo"}), "3");
    EXPECT_EQ(api::stringAt(after, {"capacity", "cpu"}), "4");
}

}  // namespace
}  // namespace kubarium::kubelet
