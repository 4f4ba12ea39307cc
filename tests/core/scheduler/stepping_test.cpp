// A scheduling cycle held by the Clock: before which phase, how it goes on, and back.
#include "core/scheduler/scheduler.h"
#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

namespace json = boost::json;
namespace resources = api::resources;
using namespace std::chrono_literals;

class SteppedScheduler : public ::testing::Test {
protected:
    SteppedScheduler() {
        scheduler.onHeld = [this](const std::string& pod, const std::string& phase) { held = pod.empty() ? "" : pod + " before " + phase; };
        scheduler.start();
        informers.start();
        client.put(resources::nodes, testing::parseObject(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"a"},"status":{"allocatable":{"cpu":"4","memory":"1Gi","pods":"10"}}})"));
        settle();
    }
    void settle() {
        loop.runReady();
        loop.advance(100ms);
    }
    void pod(const std::string& name) {
        client.put(resources::pods, testing::parseObject(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","namespace":"default","uid":")" + name + R"("},"spec":{"containers":[{"name":"c"}]}})"));
        settle();
    }
    std::string nodeOf(const std::string& name) { return std::string(client.find(resources::pods, "default/" + name)->string({"spec", "nodeName"})); }

    SimulatedLoop loop;
    testing::MemoryClient client{loop, loop, loop.random()};
    client::InformerFactory informers{client, loop};
    Scheduler scheduler{loop, loop, loop.random(), client, informers, Configuration{}};
    std::string held;
};

TEST_F(SteppedScheduler, APausedCycleIsHeldBeforeEachPhaseAndGoesBack) {
    scheduler.setPaused(true);
    pod("p");
    EXPECT_EQ(held, "");
    ASSERT_TRUE(scheduler.step());
    settle();
    EXPECT_EQ(held, "default/p before Filter");
    EXPECT_FALSE(scheduler.back()) << "nothing lies before the first phase";
    ASSERT_TRUE(scheduler.step());
    ASSERT_TRUE(scheduler.step());
    EXPECT_EQ(held, "default/p before Select");
    ASSERT_TRUE(scheduler.back());
    EXPECT_EQ(held, "default/p before Score");
    EXPECT_EQ(scheduler.decisions().all().back()->phase, "Score");
    EXPECT_EQ(scheduler.decisions().all().size(), 1u) << "it is the same decision all the time";
    const auto chosen = scheduler.decisions().all().back()->selectedNode;
    scheduler.setPaused(false);
    settle();
    EXPECT_EQ(held, "");
    EXPECT_EQ(nodeOf("p"), chosen);
    EXPECT_FALSE(scheduler.back()) << "a cycle that is done is past";
}

TEST_F(SteppedScheduler, ABreakpointHoldsOnlyItsPodAndOnlyItsPhase) {
    scheduler.setHoldPoints({{"Bind", "default/q"}});
    pod("p");
    EXPECT_EQ(nodeOf("p"), "a");
    pod("q");
    EXPECT_EQ(held, "default/q before Bind");
    EXPECT_EQ(nodeOf("q"), "");
    ASSERT_TRUE(scheduler.back());
    EXPECT_EQ(held, "default/q before Select");
    ASSERT_TRUE(scheduler.step());
    EXPECT_EQ(held, "default/q before Bind");
    ASSERT_TRUE(scheduler.step());
    settle();
    EXPECT_EQ(nodeOf("q"), "a");
}

TEST_F(SteppedScheduler, AStepFromABreakpointGoesOnePhaseFurther) {
    scheduler.setHoldPoints({{"Filter", ""}});
    pod("q");
    EXPECT_EQ(held, "default/q before Filter");
    for (const auto* phase : {"Score", "Select", "Bind"}) {
        ASSERT_TRUE(scheduler.step());
        settle();
        EXPECT_EQ(held, std::string("default/q before ") + phase);
    }
    ASSERT_TRUE(scheduler.step());
    settle();
    EXPECT_EQ(held, "");
    EXPECT_EQ(nodeOf("q"), "a");
}

TEST_F(SteppedScheduler, ABreakpointWithoutPhaseHoldsItsPodBeforeEveryPhase) {
    scheduler.setHoldPoints({{"", "default/q"}});
    pod("q");
    EXPECT_EQ(held, "default/q before Filter");
    ASSERT_TRUE(scheduler.step());
    EXPECT_EQ(held, "default/q before Score");
    scheduler.setHoldPoints({});
    ASSERT_TRUE(scheduler.step());
    settle();
    EXPECT_EQ(nodeOf("q"), "a");
}

// What clients read of the latest decision.
json::object told(const Scheduler& scheduler) { return reportDecision(*scheduler.decisions().all().back(), Detail::Full).at("status").get_object(); }

TEST_F(SteppedScheduler, AVeilKeepsUntoldWhatThePhaseFindsUntilItIsTakenAway) {
    scheduler.setHoldPoints({{"Filter", "default/q", true}, {"Select", "default/q", true}});
    pod("q");
    auto status = told(scheduler);
    for (const auto* key : {"nodes", "feasibleNodes", "selectedNode", "best", "message", "smallestChanges", "preemption"}) EXPECT_FALSE(status.contains(key)) << key;
    EXPECT_TRUE(status.at("veiled").get_bool());
    scheduler.setHoldPoints({{"", "default/q"}, {"Select", "default/q", true}});
    status = told(scheduler);
    EXPECT_TRUE(status.contains("nodes")) << "still held, but to be seen";
    EXPECT_EQ(held, "default/q before Filter");
    scheduler.step();
    scheduler.step();
    status = told(scheduler);
    EXPECT_EQ(held, "default/q before Select");
    EXPECT_TRUE(status.contains("nodes"));
    EXPECT_FALSE(status.contains("selectedNode")) << "the draw is behind the veil";
    scheduler.setHoldPoints({});
    scheduler.step();
    settle();
    EXPECT_EQ(told(scheduler).at("selectedNode"), "a");
    EXPECT_FALSE(told(scheduler).contains("veiled"));
}

TEST_F(SteppedScheduler, APodThatIsDeletedWhileItIsHeldIsHeldNoMore) {
    scheduler.setHoldPoints({{"Filter", "default/q", true}});
    pod("q");
    ASSERT_EQ(held, "default/q before Filter");
    client.erase(resources::pods, "default/q");
    settle();
    EXPECT_EQ(held, "");
    EXPECT_EQ(scheduler.decisions().all().back()->phase, "Done");
    EXPECT_EQ(told(scheduler).at("result"), "Error");
}

}  // namespace
}  // namespace kubarium::scheduler
