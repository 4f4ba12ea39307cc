#include "core/scheduler/decision_report.h"
#include "tests/core/scheduler/explanation/scene.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

DecisionRecord recordOf(const Scene& scene) {
    DecisionRecord record;
    record.pod = PodInfo::make(scene.pending);
    record.snapshot = scene.snapshot();
    record.configuration = std::make_shared<const Configuration>();
    record.schedulerName = "default-scheduler";
    const auto decision = decide(*record.snapshot, *record.pod, *record.configuration, record.configuration->profiles.front(), {});
    record.evaluated = decision.evaluated;
    record.feasible = decision.feasible;
    record.selectedNode = decision.selectedNode;
    record.result = "Scheduled";
    record.took = std::chrono::nanoseconds(30455);
    return record;
}

Scene sceneOf(std::size_t nodes) {
    Scene scene;
    for (std::size_t i = 0; i < nodes; ++i) scene.node("n" + std::to_string(i));
    scene.wants("1");
    return scene;
}

TEST(DecisionReport, AListOfALargeClusterHoldsWhatTheRecordHoldsAndAgreesWithTheWholeStory) {
    const auto record = recordOf(sceneOf(mostNodesInLists + 50));
    const auto outline = reportDecision(record, Detail::Summary).at("status").as_object(), full = reportDecision(record, Detail::Full).at("status").as_object();
    EXPECT_FALSE(outline.contains("nodes"));
    EXPECT_EQ(full.at("nodes").as_array().size(), mostNodesInLists + 50);
    for (const auto* key : {"result", "evaluatedNodes", "feasibleNodes", "selectedNode", "queue", "phase"}) EXPECT_EQ(outline.at(key), full.at(key)) << key;
    EXPECT_FALSE(api::stringAt(outline, {"explanation", "zh_CN"}).empty());
}

TEST(DecisionReport, TheWholeStoryHasTheTimeOfEachExtensionPointAndThatOfTheAttempt) {
    const auto timings = reportDecision(recordOf(sceneOf(3)), Detail::Full).at("status").at("timings").as_object();
    for (const auto* point : {"PreFilter", "Filter", "Score", "Select"}) {
        ASSERT_TRUE(timings.contains(point)) << point;
        EXPECT_TRUE(timings.at(point).as_string().ends_with("s")) << timings.at(point);
    }
    EXPECT_EQ(timings.at("Total").as_string(), "30.455µs");
    EXPECT_FALSE(timings.contains("PostFilter")) << "nobody had to make room";
}

TEST(DecisionReport, SaysWhenTheNominatedNodeWasTriedAloneAndFits) {
    auto scene = sceneOf(3);
    EXPECT_FALSE(reportDecision(recordOf(scene), Detail::Summary).at("status").as_object().contains("nominatedNodeUsed"));
    auto nominated = scene.pending->tree();
    nominated["status"] = json::object{{"phase", "Pending"}, {"nominatedNodeName", "n1"}};
    scene.pending = api::Object::make(std::move(nominated));
    const auto status = reportDecision(recordOf(scene), Detail::Full).at("status").as_object();
    EXPECT_TRUE(status.at("nominatedNodeUsed").as_bool());
    EXPECT_EQ(status.at("selectedNode").as_string(), "n1");
}

}  // namespace
}  // namespace kubarium::scheduler
