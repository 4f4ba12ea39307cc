#include "ui/model/what_if.h"

#include "tests/support/memory_client.h"

#include <boost/json/array.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace kubarium::model {
namespace {

scene::StageModel twoNodes() {
    scene::StageModel model;
    model.nodes.resize(2);
    model.nodes[0].name = QStringLiteral("a");
    model.nodes[1].name = QStringLiteral("b");
    scene::StagePod pod;
    pod.key = QStringLiteral("u");
    pod.ns = QStringLiteral("default");
    pod.name = QStringLiteral("old");
    pod.node = QStringLiteral("a");
    model.pods.push_back(pod);
    return model;
}

const scene::StagePod* find(const scene::StageModel& model, const char* name) {
    const auto it = std::find_if(model.pods.begin(), model.pods.end(), [&](const auto& pod) { return pod.name == QLatin1String(name); });
    return it == model.pods.end() ? nullptr : &*it;
}

TEST(WhatIf, BothPlacementsArePicturesAndWhatDiffersIsMarked) {
    const auto status = kubarium::testing::parseObject(R"({"placements":[{"pod":{"namespace":"default","name":"x"},"node":"a"},{"pod":{"namespace":"default","name":"y"},"node":"a"},{"pod":{"namespace":"default","name":"z"},"node":""}],
        "comparison":{"explanation":{"en":"One differs.","zh_CN":"一个不同。"},"a":{"nodesUsed":1},"b":{"nodesUsed":2},"differences":[{"pod":{"namespace":"default","name":"y"},"a":"a","b":"b","explanation":{"en":"y moves"}}]}})");
    const auto answer = answerOf(status, twoNodes(), {}, QStringLiteral("zh_CN"));
    ASSERT_TRUE(answer.b);
    EXPECT_EQ(find(answer.a.picture, "y")->node, QStringLiteral("a"));
    EXPECT_EQ(find(answer.b->picture, "y")->node, QStringLiteral("b"));
    EXPECT_NE(find(answer.b->picture, "y")->owner, find(answer.b->picture, "x")->owner);
    EXPECT_EQ(find(answer.a.picture, "y")->owner, find(answer.b->picture, "y")->owner);
    EXPECT_EQ(find(answer.b->picture, "x")->node, QStringLiteral("a"));
    EXPECT_EQ(find(answer.a.picture, "old")->node, QStringLiteral("a")) << "what is there stays there";
    EXPECT_EQ(answer.a.unplaced, 1);
    EXPECT_EQ(answer.b->nodesUsed, 2);
    EXPECT_EQ(answer.explanation, QStringLiteral("一个不同。"));
    EXPECT_EQ(answer.differences, QStringList{QStringLiteral("y: in A a, in B b. y moves")});
}

TEST(WhatIf, ADrainEmptiesItsNodeAndNamesWhatIsLost) {
    const auto status = kubarium::testing::parseObject(R"({"placements":[],"lost":[{"namespace":"default","name":"old"}]})");
    WhatIfQuestion question;
    question.drainNodes << QStringLiteral("a");
    const auto answer = answerOf(status, twoNodes(), question, QStringLiteral("en"));
    EXPECT_FALSE(find(answer.a.picture, "old"));
    EXPECT_TRUE(answer.a.picture.nodes[0].cordoned);
    EXPECT_EQ(answer.lost, QStringList{QStringLiteral("default/old")});
    EXPECT_FALSE(answer.b);
}

TEST(WhatIf, TheBarsCountWhatComesAndWhatGoes) {
    auto now = twoNodes();
    now.nodes[0].cpu.requested = 1;
    now.pods[0].cpu = 0.75;
    now.pods[0].memory = 64;
    now.nodes[0].memory.requested = 64;
    const auto status = kubarium::testing::parseObject(R"({"displaced":[{"namespace":"default","name":"old"}],"placements":[{"pod":{"namespace":"default","name":"old"},"node":"b","requests":{"cpu":"750m","memory":"64"}}]})");
    const auto answer = answerOf(status, now, {}, QStringLiteral("en"));
    EXPECT_DOUBLE_EQ(answer.a.picture.nodes[0].cpu.requested, 0.25);
    EXPECT_DOUBLE_EQ(answer.a.picture.nodes[0].memory.requested, 0);
    EXPECT_DOUBLE_EQ(answer.a.picture.nodes[1].cpu.requested, 0.75);
    EXPECT_DOUBLE_EQ(answer.a.picture.nodes[1].memory.requested, 64);
    EXPECT_EQ(answer.differences, QStringList{QStringLiteral("old: from a to b.")}) << "who moves is told";
}

TEST(WhatIf, ALostZoneIsGoneFromThePictureAndNewNodesAreInIt) {
    auto now = twoNodes();
    now.nodes[0].zone = QStringLiteral("east");
    WhatIfQuestion question;
    question.withoutZones << QStringLiteral("east");
    question.newNodes = 2;
    question.newCores = 1.5;
    question.newGibibytes = 0.5;
    const auto review = reviewOf(question);
    ASSERT_TRUE(review);
    const auto& spec = review->at("spec").as_object();
    EXPECT_EQ(spec.at("withoutZones").as_array().at(0).as_string(), "east");
    ASSERT_EQ(spec.at("addNodes").as_array().size(), 2U);
    EXPECT_EQ(api::stringAt(spec.at("addNodes").as_array().at(1), {"status", "allocatable", "cpu"}), "1500m");
    EXPECT_EQ(api::stringAt(spec.at("addNodes").as_array().at(1), {"status", "allocatable", "memory"}), "512Mi");
    const auto answer = answerOf(kubarium::testing::parseObject(R"({"placements":[]})"), now, question, QStringLiteral("en"));
    ASSERT_EQ(answer.a.picture.nodes.size(), 3U);
    EXPECT_EQ(answer.a.picture.nodes[0].name, QStringLiteral("b"));
    EXPECT_DOUBLE_EQ(answer.a.picture.nodes[2].cpu.capacity, 1.5);
    EXPECT_FALSE(find(answer.a.picture, "old")) << "it was in the lost zone";
}

TEST(WhatIf, ATargetAsksWhatWouldHaveToChange) {
    WhatIfQuestion question;
    question.targetNode = QStringLiteral("b");
    EXPECT_FALSE(reviewOf(question)) << "of which Pod?";
    question.manifests = QStringLiteral("kind: Pod\nmetadata: {name: x}\n");
    const auto review = reviewOf(question);
    ASSERT_TRUE(review);
    EXPECT_EQ(review->at("spec").at("targetNode").as_string(), "b");
    const auto answer = answerOf(kubarium::testing::parseObject(R"({"smallestChanges":{"alternatives":[{"explanation":{"en":"Lower it."}}]}})"), twoNodes(), question, QStringLiteral("en"));
    EXPECT_TRUE(answer.isChange);
    EXPECT_TRUE(answer.explanation.contains(QLatin1String("b")));
    EXPECT_EQ(answer.differences, QStringList{QStringLiteral("Lower it.")});
}

TEST(WhatIf, TheQuestionLeavesOutWhatIsNotScheduledAndSaysWhatIsWrong) {
    WhatIfQuestion question;
    question.manifests = QStringLiteral("kind: ConfigMap\n---\nkind: Service\n---\nkind: Pod\nmetadata: {name: x}\n");
    question.compareWith = QStringLiteral("kind: KubeSchedulerConfiguration\n");
    const auto review = reviewOf(question);
    ASSERT_TRUE(review);
    ASSERT_EQ(review->at("spec").at("manifests").as_array().size(), 2U);
    EXPECT_EQ(api::stringAt(review->at("spec").at("manifests").as_array().at(1), {"kind"}), "Service") << "which Pods it selects counts";
    EXPECT_TRUE(review->at("spec").as_object().contains("compareWith"));
    EXPECT_FALSE(review->at("spec").as_object().contains("configuration"));
    question.manifests = QStringLiteral("kind: Service\n");
    EXPECT_FALSE(reviewOf(question)) << "nothing is asked";
    question.manifests = QStringLiteral("a: [");
    EXPECT_FALSE(reviewOf(question)) << "no YAML";
}

}  // namespace
}  // namespace kubarium::model
