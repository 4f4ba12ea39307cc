#include "core/scheduler/explanation/decision_sentence.h"
#include "tests/core/scheduler/explanation/scene.h"

#include <gmock/gmock.h>

namespace kubarium::scheduler {
namespace {

using ::testing::HasSubstr;

Sentence told(const Scene& scene, const DecideOptions& options, bool drawn = true) {
    const auto decision = decide(*scene.snapshot(), *PodInfo::make(scene.pending), scene.configuration, scene.configuration.profiles.front(), options);
    return sentenceOf(decision, "web", decision.selectedNode, drawn);
}
Sentence told(const Scene& scene, bool drawn = true) {
    DecideOptions options;
    options.sampling = false;
    options.fullStory = true;
    return told(scene, options, drawn);
}

Scene nodes(int count, const std::string& cpu = "4") {
    Scene scene;
    for (int i = 0; i < count; ++i) scene.node("n" + std::to_string(i), cpu);
    return scene;
}

TEST(DecisionSentence, ReadsWellForOneNodeForTwoAndForMany) {
    auto scene = nodes(1);
    scene.wants("1");
    EXPECT_EQ(told(scene).en, "n0 is the only Node, and it can run web.");
    scene.wants("8");
    EXPECT_EQ(told(scene).en, "The only Node, n0, cannot run web: Insufficient cpu.");
    scene = nodes(2);
    scene.wants("1");
    EXPECT_THAT(told(scene).en, HasSubstr("Both Nodes can run web; both have "));
    EXPECT_THAT(told(scene).en, HasSubstr("the draw fell on n0"));
    EXPECT_THAT(told(scene, false).en, HasSubstr("n0 is the first of them"));
    scene.wants("8");
    EXPECT_EQ(told(scene).en, "Neither of the 2 Nodes can run web. The reason is the same on each of them: Insufficient cpu.");
    scene = nodes(1000);
    scene.wants("1");
    EXPECT_THAT(told(scene).en, HasSubstr("All 1000 Nodes can run web; all of them have "));
    scene.wants("8");
    EXPECT_EQ(told(scene).en, "None of the 1000 Nodes can run web. The reason is the same on each of them: Insufficient cpu.");
    EXPECT_EQ(told(scene).zh, "1000 个 Node 都不能运行 web，原因都是：Insufficient cpu。");
}

TEST(DecisionSentence, CountsWhatWasLookedAtWhereTheSchedulerStopsEarly) {
    auto scene = nodes(1000);
    scene.wants("1");
    DecideOptions options;
    options.fullStory = true;
    EXPECT_THAT(told(scene, options).en, HasSubstr("Nodes that were looked at (there are 1000) can run web"));
}

TEST(DecisionSentence, CallsNoReasonTheMostFrequentWhereSeveralAre) {
    auto scene = nodes(1, "1");
    scene.node("tainted", "4", "{}", R"({"taints":[{"key":"k","effect":"NoSchedule"}]})");
    scene.wants("2");
    const auto each = told(scene);
    EXPECT_EQ(each.en, "Neither of the 2 Nodes can run web, each for a reason of its own: Insufficient cpu; node(s) had untolerated taint(s).");
    EXPECT_EQ(each.zh, "2 个 Node 都不能运行 web，原因各不相同：Insufficient cpu；node(s) had untolerated taint(s)。");
    scene.node("tainted-too", "4", "{}", R"({"taints":[{"key":"k","effect":"NoSchedule"}]})");
    scene.node("small-too", "1");
    EXPECT_EQ(told(scene).en, "None of the 4 Nodes can run web. The most frequent reasons, each on 2 of them: Insufficient cpu; node(s) had untolerated taint(s).");
}

TEST(DecisionSentence, NamesTheMostFrequentReasonAndTheOnlyNodeThatIsLeft) {
    auto scene = nodes(2, "1");
    scene.node("tainted", "4", "{}", R"({"taints":[{"key":"k","effect":"NoSchedule"}]})");
    scene.wants("2");
    EXPECT_EQ(told(scene).en, "None of the 3 Nodes can run web. The most frequent reason, on 2 of them: Insufficient cpu.");
    scene.node("large");
    EXPECT_EQ(told(scene).en, "large is the only one of 4 Nodes that can run web, so there was nothing to score.");
}

TEST(DecisionSentence, NamesWhoGivesWay) {
    auto scene = nodes(1, "2");
    scene.pod("low", "n0", "1", "{}", R"("priority":1,)");
    scene.wants("2", R"("priority":10,)");
    EXPECT_EQ(told(scene).en, "No Node can run web as things are, but on n0 Pod default/low of lower priority gives way to it.");
    scene.pod("lower", "n0", "500m", "{}", R"("priority":1,)");
    EXPECT_EQ(told(scene).en, "No Node can run web as things are, but on n0 2 Pods of lower priority give way to it.");
}

TEST(DecisionSentence, SaysWhichNodesInTheFieldsOwnWords) {
    EXPECT_EQ(nodesText({"a"}, 1).en, "the only Node");
    EXPECT_EQ(nodesText({"a"}, 3).en, "Node a");
    EXPECT_EQ(nodesText({"a", "b"}, 2).en, "both Nodes");
    EXPECT_EQ(nodesText({"a", "b"}, 1000).en, "2 Nodes");
    EXPECT_EQ(nodesText({"a", "b", "c"}, 3).zh, "全部 3 个 Node");
}

}  // namespace
}  // namespace kubarium::scheduler
