#include "ui/model/theatre.h"

#include "tests/support/memory_client.h"

#include <gtest/gtest.h>

namespace kubarium::model {
namespace {

using scene::TheatrePhase;

// Three Nodes: `a` refused by the second filter, `b` and `c` scored by two plugins.
scene::TheatreState wholeDecision() {
    const auto object = api::Object::make(kubarium::testing::parseObject(R"({"apiVersion":"kubarium.dev/v1alpha1","kind":"SchedulingDecision","metadata":{"name":"x.1","namespace":"default"},
        "spec":{"podName":"x","podUID":"u"},
        "status":{"cycle":1,"phase":"Done","result":"Scheduled","selectedNode":"c","evaluatedNodes":3,"feasibleNodes":2,"reasonCounts":[{"reason":"Insufficient cpu","count":1}],
        "nodes":[
        {"name":"a","feasible":false,"plugin":"NodeResourcesFit","reasons":["Insufficient cpu"],"filters":[{"plugin":"TaintToleration","code":"Success"},{"plugin":"NodeResourcesFit","code":"Unschedulable","reasons":["Insufficient cpu"]}]},
        {"name":"b","feasible":true,"total":110,"filters":[{"plugin":"TaintToleration","code":"Success"},{"plugin":"NodeResourcesFit","code":"Success"},{"plugin":"PodTopologySpread","code":"Success"}],
         "scores":[{"plugin":"NodeResourcesFit","raw":10,"normalized":10,"weight":1,"weighted":10},{"plugin":"ImageLocality","raw":100,"normalized":100,"weight":1,"weighted":100}]},
        {"name":"c","feasible":true,"total":150,"filters":[{"plugin":"TaintToleration","code":"Success"},{"plugin":"NodeResourcesFit","code":"Success"},{"plugin":"PodTopologySpread","code":"Success"}],
         "scores":[{"plugin":"NodeResourcesFit","raw":50,"normalized":50,"weight":1,"weighted":50},{"plugin":"ImageLocality","raw":100,"normalized":100,"weight":1,"weighted":100}]}]}})"));
    return makeTheatre(*object, QStringLiteral("en"));
}

TEST(Theatre, ANodeIsRefusedWhenItsPluginSpeaksAndNotBefore) {
    const auto whole = wholeDecision();
    EXPECT_EQ(pluginsOf(whole, TheatrePhase::Filter), (QStringList{QStringLiteral("TaintToleration"), QStringLiteral("NodeResourcesFit"), QStringLiteral("PodTopologySpread")}));
    const auto first = theatreAt(whole, {TheatrePhase::Filter, 0});
    EXPECT_TRUE(first.nodes[0].feasible);
    EXPECT_EQ(first.feasibleNodes, 3);
    EXPECT_TRUE(first.reasonCounts.empty());
    const auto second = theatreAt(whole, {TheatrePhase::Filter, 1});
    EXPECT_FALSE(second.nodes[0].feasible);
    EXPECT_EQ(second.nodes[1].filters.size(), 2U);
    ASSERT_EQ(second.reasonCounts.size(), 1U);
    EXPECT_EQ(second.reasonCounts[0].count, 1);
}

TEST(Theatre, PointsAddUpPluginByPluginAndNobodyWinsBeforeTheLast) {
    const auto whole = wholeDecision();
    const auto first = theatreAt(whole, {TheatrePhase::Score, 0});
    EXPECT_EQ(first.nodes[2].total, 50);
    EXPECT_TRUE(first.winner.isEmpty());
    const auto all = theatreAt(whole, {TheatrePhase::Score, 1});
    EXPECT_EQ(all.nodes[2].total, 150);
    EXPECT_EQ(all.winner, QStringLiteral("c"));
}

TEST(Theatre, OfTheOnlyNodeThatFitsNoPointsAreShownBecauseNoneWereGiven) {
    const auto object = api::Object::make(kubarium::testing::parseObject(R"({"apiVersion":"kubarium.dev/v1alpha1","kind":"SchedulingDecision","metadata":{"name":"x.2","namespace":"default"},
        "spec":{"podName":"x","podUID":"u"},
        "status":{"cycle":2,"phase":"Done","result":"Scheduled","selectedNode":"b","evaluatedNodes":1,"feasibleNodes":1,"scoringSkipped":true,"nominatedNodeUsed":true,
        "nodes":[{"name":"b","feasible":true,"total":110,"filters":[],"scores":[{"plugin":"NodeResourcesFit","raw":10,"normalized":10,"weight":1,"weighted":10}]}]}})"));
    const auto state = makeTheatre(*object, QStringLiteral("en"));
    EXPECT_TRUE(state.nominatedUsed);
    EXPECT_TRUE(state.nodes.at(0).scores.empty());
    EXPECT_EQ(state.nodes.at(0).total, 0);
}

TEST(Theatre, GoingForthAndBackVisitsTheSamePlaces) {
    const auto whole = wholeDecision();
    std::vector<TheatrePlace> forth{{TheatrePhase::Queue, -1}};
    while (const auto next = nextPlugin(whole, forth.back())) forth.push_back(*next);
    EXPECT_EQ(forth.size(), 1U + 3 + 2 + 3);  // Queue, three filters, two scores, Select, Bind, Done
    for (auto i = forth.size() - 1; i > 0; --i) EXPECT_EQ(previousPlugin(whole, forth[i]), forth[i - 1]) << i;
    EXPECT_EQ(previousPlugin(whole, forth.front()), std::nullopt);
}

TEST(Theatre, WhatTheSchedulerHasYetToDoIsNotShown) {
    auto held = wholeDecision();
    held.phase = TheatrePhase::Filter;
    held.held = true;
    EXPECT_EQ(theatreAt(held, {TheatrePhase::Bind, -1}).phase, TheatrePhase::Filter);
    EXPECT_EQ(nextPlugin(held, {TheatrePhase::Filter, 2}), std::nullopt);
}

TEST(Theatre, PreemptionNamesTheChosenNodeFirstWithItsVictimsAndPrice) {
    const auto object = api::Object::make(kubarium::testing::parseObject(R"({"apiVersion":"kubarium.dev/v1alpha1","kind":"SchedulingDecision","metadata":{"name":"x.1","namespace":"default"},"spec":{},
        "status":{"phase":"Done","result":"Unschedulable","preemption":{"nominatedNode":"b","victims":[{"namespace":"default","name":"low","priority":5}],"explanation":{"en":"b is cheapest","zh_CN":"b 最便宜"},
        "candidates":[{"node":"a","victims":[{"namespace":"default","name":"mid"},{"namespace":"default","name":"low2"}],"price":{"pdbViolations":1,"highestPriority":50,"sumOfPriorities":60,"victims":2},"explanation":{"en":"a budget"}},
                      {"node":"b","victims":[{"namespace":"default","name":"low"}],"price":{"pdbViolations":0,"highestPriority":5,"sumOfPriorities":5,"victims":1},"chosen":true}]}}})"));
    const auto state = makeTheatre(*object, QStringLiteral("zh_CN"));
    ASSERT_EQ(state.candidates.size(), 2U);
    EXPECT_EQ(state.candidates[0].node, QStringLiteral("b"));
    EXPECT_TRUE(state.candidates[0].chosen);
    EXPECT_EQ(state.candidates[1].budgetViolations, 1);
    EXPECT_EQ(state.victims, QStringList{QStringLiteral("default/low")});
    EXPECT_EQ(state.preemption, QStringLiteral("b 最便宜"));
    EXPECT_EQ(state.candidates[1].explanation, QStringLiteral("a budget")) << "English where a translation is missing";
}

}  // namespace
}  // namespace kubarium::model
