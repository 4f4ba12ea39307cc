#include "tests/core/kubelet/kubelet_fixture.h"

namespace kubarium::kubelet {
namespace {

class PodResize : public KubeletFixture {
protected:
    void startNode() {
        NodeOptions options;
        options.cpu = "1";
        options.memory = "1Gi";
        startKubelet(options);
    }

    void createSized(const std::string& name, const std::string& cpu, const std::string& more = "{}") {
        boost::json::value container = testing::parseObject(fmt::format(R"({{"resources":{{"requests":{{"cpu":"{0}"}},"limits":{{"cpu":"{0}"}}}}}})", cpu));
        testing::mergePatch(container, testing::parseObject(more));
        createPod(name, boost::json::serialize(container));
    }

    void resize(const std::string& name, const std::string& cpu) {
        auto tree = pod(name)->tree();
        auto& container = tree["spec"].at("containers").at(0).as_object();
        container["resources"] = testing::parseObject(fmt::format(R"({{"requests":{{"cpu":"{0}"}},"limits":{{"cpu":"{0}"}}}})", cpu));
        auto& metadata = tree["metadata"].get_object();
        metadata["generation"] = metadata.at("generation").to_number<int>() + 1;
        client.put(resources::pods, std::move(tree));
    }

    std::string reported(const std::string& name) const { return container(name).resources->limits.at("cpu"); }
};

TEST_F(PodResize, IsShownInProgressAndThenCompletedWithoutARestart) {
    startNode();
    createSized("p", "100m");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 5s));
    resize("p", "200m");
    ASSERT_TRUE(eventually([&] { return eventCount("ResizeCompleted") == 1; }, 5s));
    loop.advance(1s);
    bool inProgress = false;
    for (const auto& state : history["p"])
        for (const auto& entry : state->as<api::Pod>().status.conditions)
            if (entry.type == "PodResizeInProgress") {
                const auto& shown = state->as<api::Pod>().status.containerStatuses.at(0);
                inProgress = true;
                EXPECT_EQ(entry.observedGeneration, 2);
                EXPECT_EQ(shown.allocatedResources.at("cpu"), "200m");
                EXPECT_EQ(shown.resources->limits.at("cpu"), "100m");
            }
    EXPECT_TRUE(inProgress);
    EXPECT_EQ(condition("p", "PodResizeInProgress"), "");
    EXPECT_EQ(reported("p"), "200m");
    EXPECT_EQ(container("p").restartCount, 0);
    EXPECT_EQ(eventText("ResizeCompleted"),
              R"(Pod resize completed: {"containers":[{"name":"c","resources":{"limits":{"cpu":"200m"},"requests":{"cpu":"200m"}}}]})");
}

TEST_F(PodResize, RestartsWhereThePolicySaysSo) {
    startNode();
    createSized("p", "100m", R"({"resizePolicy":[{"resourceName":"cpu","restartPolicy":"RestartContainer"}]})");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 5s));
    resize("p", "200m");
    ASSERT_TRUE(eventually([&] { return eventCount("ResizeCompleted") == 1; }, 60s));
    loop.advance(1s);
    EXPECT_EQ(eventText("Killing"), "Container c resize requires restart");
    EXPECT_EQ(container("p").restartCount, 1);
    EXPECT_EQ(reported("p"), "200m");
}

TEST_F(PodResize, WaitsUntilOthersMakeRoom) {
    startNode();
    createSized("other", "600m");
    createSized("p", "100m");
    ASSERT_TRUE(eventually([&] { return ready("p") && ready("other"); }, 5s));
    resize("p", "700m");
    ASSERT_TRUE(eventually([&] { return condition("p", "PodResizePending") == "True:Deferred"; }, 5s));
    EXPECT_EQ(reported("p"), "100m");
    EXPECT_EQ(container("p").allocatedResources.at("cpu"), "100m");
    deletePod("other", 1);
    ASSERT_TRUE(eventually([&] { return eventCount("ResizeCompleted") == 1; }, 60s));
    loop.advance(1s);
    EXPECT_EQ(condition("p", "PodResizePending"), "");
    EXPECT_EQ(reported("p"), "700m");
}

TEST_F(PodResize, IsInfeasibleBeyondTheNode) {
    startNode();
    createSized("p", "100m");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 5s));
    resize("p", "3");
    ASSERT_TRUE(eventually([&] { return condition("p", "PodResizePending") == "True:Infeasible"; }, 5s));
    const auto& conditions = status("p").conditions;
    const auto pending = std::ranges::find(conditions, "PodResizePending", &api::Condition::type);
    ASSERT_NE(pending, conditions.end());
    EXPECT_EQ(pending->message, "Node didn't have enough capacity: cpu, requested: 3000, capacity: 1000");
    EXPECT_EQ(reported("p"), "100m");
    // It can ask for less again.
    resize("p", "200m");
    ASSERT_TRUE(eventually([&] { return eventCount("ResizeCompleted") == 1; }, 5s));
    loop.advance(1s);
    EXPECT_EQ(condition("p", "PodResizePending"), "");
    EXPECT_EQ(reported("p"), "200m");
}

}  // namespace
}  // namespace kubarium::kubelet
