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
    EXPECT_EQ(find(answer.b->picture, "y")->ownerName, QStringLiteral("B"));
    EXPECT_EQ(find(answer.b->picture, "x")->node, QStringLiteral("a"));
    EXPECT_EQ(find(answer.a.picture, "old")->node, QStringLiteral("a")) << "what is there stays there";
    EXPECT_EQ(answer.a.unplaced, 1);
    EXPECT_EQ(answer.b->nodesUsed, 2);
    EXPECT_EQ(answer.explanation, QStringLiteral("一个不同。"));
    EXPECT_EQ(answer.differences, QStringList{QStringLiteral("y moves")});
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

TEST(WhatIf, TheQuestionLeavesOutWhatIsNotScheduledAndSaysWhatIsWrong) {
    WhatIfQuestion question;
    question.manifests = QStringLiteral("kind: Service\n---\nkind: Pod\nmetadata: {name: x}\n");
    question.compareWith = QStringLiteral("kind: KubeSchedulerConfiguration\n");
    const auto review = reviewOf(question);
    ASSERT_TRUE(review);
    EXPECT_EQ(review->at("spec").at("manifests").as_array().size(), 1U);
    EXPECT_TRUE(review->at("spec").as_object().contains("compareWith"));
    EXPECT_FALSE(review->at("spec").as_object().contains("configuration"));
    question.manifests = QStringLiteral("kind: Service\n");
    EXPECT_FALSE(reviewOf(question)) << "nothing is asked";
    question.manifests = QStringLiteral("a: [");
    EXPECT_FALSE(reviewOf(question)) << "no YAML";
}

}  // namespace
}  // namespace kubarium::model
