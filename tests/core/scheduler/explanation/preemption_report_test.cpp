#include "core/scheduler/explanation/preemption_report.h"
#include "tests/core/scheduler/explanation/scene.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace kubarium::scheduler {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

json::value preemptionOf(const Scene& scene) {
    const auto snapshot = scene.snapshot();
    const auto pod = PodInfo::make(scene.pending);
    const auto& profile = scene.configuration.profiles.front();
    const auto decision = decide(*snapshot, *pod, scene.configuration, profile, {});
    return json::value(reportPreemption({*snapshot, *pod, profile}, decision));
}
std::string sentence(const json::value& of) { return std::string(api::stringAt(of, {"explanation", "en"})); }

// Two full Nodes, each with one Pod; the waiting one is more important.
Scene twoCandidates(const std::string& onA, const std::string& onB) {
    Scene scene;
    scene.node("a", "1");
    scene.node("b", "1");
    scene.pod("on-a", "a", "1", R"({"app":"a"})", onA);
    scene.pod("on-b", "b", "1", R"({"app":"b"})", onB);
    scene.wants("1", R"("priority":1000,)");
    return scene;
}

TEST(PreemptionReport, EveryCandidateHasAPriceAndTheLoserTheRuleByWhichItLost) {
    const auto report = preemptionOf(twoCandidates(R"("priority":10,)", R"("priority":20,)"));
    EXPECT_EQ(api::stringAt(report, {"nominatedNode"}), "a");
    const auto& candidates = report.at("candidates").as_array();
    ASSERT_EQ(candidates.size(), 2u);
    EXPECT_TRUE(candidates[0].at("chosen").as_bool());
    EXPECT_EQ(candidates[1].at("price").at("highestPriority").to_number<int>(), 20);
    EXPECT_EQ(sentence(candidates[1]), "lowest priority of the most important victim (10 against 20).");
    EXPECT_EQ(sentence(report), "On a Pod default/on-a of lower priority gives way: the cheapest of 2 candidates. What decided: lowest priority of the most important victim (10 against 20).");
    EXPECT_THAT(std::string(api::stringAt(report, {"explanation", "zh_CN"})), HasSubstr("10 对 20"));
}

TEST(PreemptionReport, BudgetsComeBeforePriorities) {
    auto scene = twoCandidates(R"("priority":10,)", R"("priority":20,)");
    scene.objects->podDisruptionBudgets["default/keep-a"] =
        Scene::parse(R"({"metadata":{"name":"keep-a","namespace":"default"},"spec":{"selector":{"matchLabels":{"app":"a"}}},"status":{"disruptionsAllowed":0}})");
    const auto report = preemptionOf(scene);
    EXPECT_EQ(api::stringAt(report, {"nominatedNode"}), "b");
    EXPECT_EQ(sentence(report.at("candidates").at(0)), "fewest PodDisruptionBudget violations (0 against 1).");
}

TEST(PreemptionReport, EachRuleIsReachedOnlyIfThoseBeforeItTie) {
    PreemptionPrice price{0, 5, 10, 2, "2024-01-01T00:00:00Z"};
    EXPECT_EQ(lostBy(price, price).en, "");
    auto later = price;
    later.earliestStart = "2024-01-02T00:00:00Z";
    EXPECT_THAT(lostBy(price, later).en, StartsWith("latest start"));
    later.victims = 1;
    EXPECT_THAT(lostBy(price, later).en, StartsWith("fewest victims"));
    later.sumOfPriorities = 9;
    EXPECT_THAT(lostBy(price, later).en, StartsWith("smallest sum"));
    later.highestPriority = 4;
    EXPECT_THAT(lostBy(price, later).en, StartsWith("lowest priority"));
}

TEST(PreemptionReport, SaysWhyAPodMayNotPreempt) {
    auto scene = twoCandidates(R"("priority":10,)", R"("priority":10,)");
    scene.wants("1", R"("priority":1000,"preemptionPolicy":"Never",)");
    EXPECT_EQ(sentence(preemptionOf(scene)), "wanted may not preempt: its preemptionPolicy is Never.");
    scene.configuration.profiles.front().postFilter.clear();
    EXPECT_EQ(sentence(preemptionOf(scene)), "This profile has DefaultPreemption disabled, so nobody has to make room.");
}

TEST(PreemptionReport, SaysWhyRemovingPodsWouldNotHelp) {
    auto scene = twoCandidates(R"("priority":10,)", R"("priority":2000,)");
    scene.node("c", "1", "{}", R"({"taints":[{"key":"k","effect":"NoSchedule"}]})");
    scene.node("d", "2");
    scene.pod("on-d", "d", "1", "{}", R"("priority":10,)");
    scene.pod("big", "d", "1", "{}", R"("priority":2000,)");
    scene.node("a", "500m");
    scene.wants("2", R"("priority":1000,)");
    const auto report = preemptionOf(scene);
    EXPECT_EQ(sentence(report), "Preemption does not help: on 3 Nodes the obstacle is the Node itself, not a Pod that could go; on Node d it would not fit even if every Pod of lower priority went.");
    EXPECT_EQ(api::stringAt(report.at("notHelped").at(0), {"node"}), "d");
}

}  // namespace
}  // namespace kubarium::scheduler
