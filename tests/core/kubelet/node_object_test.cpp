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

TEST(NodeObject, ImagesAreToldWithTheirNamesTheLargestFirst) {
    SimulatedLoop loop;
    SimulatedRuntimeOptions simulated;
    simulated.images = [] {
        std::vector<ImageInfo> images(2);
        images[0] = {.id = "sha256:1", .names = {"small:1"}, .sizeBytes = 1};
        images[1] = {.id = "sha256:2", .names = {"a:1", "b:1", "c:1", "d:1", "e:1", "f:1"}, .sizeBytes = 2};
        return images;
    };
    SimulatedRuntime runtime(loop, loop, loop.random(), std::move(simulated));
    const auto status = makeNodeStatus({}, runtime, nullptr, loop.now());
    EXPECT_EQ(boost::json::serialize(status.at("images")), R"([{"names":["a:1","b:1","c:1","d:1","e:1"],"sizeBytes":2},{"names":["small:1"],"sizeBytes":1}])");
}

TEST(NodeObject, EventsTellOfConditionsThatChange) {
    SimulatedLoop loop;
    SimulatedRuntime runtime(loop, loop, loop.random());
    NodeOptions options;
    options.name = "n";
    const auto good = makeNodeStatus(options, runtime, nullptr, loop.now());
    const std::vector<std::string> all{"NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", "NodeReady"};
    EXPECT_EQ(conditionEvents(nullptr, good), all);
    EXPECT_TRUE(conditionEvents(&good, good).empty());
    // As the node lifecycle controller leaves a Node that it did not hear of.
    auto lost = good;
    for (auto& condition : lost["conditions"].as_array()) condition.as_object()["status"] = "Unknown";
    EXPECT_EQ(conditionEvents(&lost, good), all);
}

using NodeEvents = KubeletFixture;

TEST_F(NodeEvents, AreToldWhenItRegistersAndWhenItComesBack) {
    startKubelet();
    ASSERT_TRUE(eventually([&] { return eventCount("NodeReady") == 1; }, 5s));
    for (const auto* reason : {"Starting", "NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"}) EXPECT_EQ(eventCount(reason), 1) << reason;
    EXPECT_EQ(eventText("NodeHasSufficientPID"), "Node node1 status is now: NodeHasSufficientPID");
    loop.advance(10min);
    EXPECT_EQ(eventCount("NodeReady"), 1);
    kubelet->setPowered(false);
    kubelet->setPowered(true);
    ASSERT_TRUE(eventually([&] { return eventCount("NodeReady") == 2; }, 5s));
    EXPECT_EQ(eventCount("NodeHasSufficientMemory"), 1) << "what is stored still says so";
}

}  // namespace
}  // namespace kubarium::kubelet
