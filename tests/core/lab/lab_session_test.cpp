#include "core/lab/lab_report.h"
#include "core/lab/lab_session.h"
#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace kubarium::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::Test;
namespace resources = api::resources;

LabCheck podCheck(const std::string& name, const std::string& jq) {
    LabCheck check;
    check.name = name;
    check.moment.target = {"v1", "Pod", "web", "default", "", false};
    check.moment.jq = jq;
    check.message.byLanguage["en"] = "not yet";
    return check;
}

class Session : public Test {
protected:
    Lab twoSteps() {
        Lab lab;
        lab.name = "t";
        lab.title.byLanguage["en"] = "T";
        LabStep first;
        first.name = "run";
        first.title.byLanguage["en"] = "Run";
        first.checks.push_back(podCheck("runs", ".status.phase == \"Running\""));
        first.hints.push_back({{{"en", "try"}}});
        LabStep second;
        second.name = "where";
        second.title.byLanguage["en"] = "Where";
        second.ask = LabQuestion{};
        second.ask->choices = {{"a", {}}, {"b", {}}};
        second.ask->answer = {{"v1", "Pod", "web", "default", "", false}, ".spec.nodeName"};
        lab.steps = {first, second};
        return lab;
    }
    void putPod(const std::string& phase) {
        client.put(resources::pods, testing::parseObject(R"({"metadata":{"name":"web","namespace":"default"},"spec":{"nodeName":"b"},"status":{"phase":")" + phase + "\"}}"));
    }

    SimulatedLoop loop;
    kubarium::testing::MemoryClient client{loop, loop, loop.random()};
};

TEST_F(Session, walksThroughTheStepsAsTheClusterChanges) {
    LabSession session(loop, loop, client, twoSteps(), {});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Running; }));
    putPod("Pending");
    loop.runReady();
    EXPECT_EQ(session.state().currentStep, 0U);
    EXPECT_NE(session.nextHint(), nullptr);
    EXPECT_EQ(session.nextHint(), nullptr);
    putPod("Running");
    loop.runReady();
    EXPECT_EQ(session.state().currentStep, 1U);
    session.answer("a");
    bool revealed = false;
    session.reveal([&](Result<void> result) { revealed = result.has_value(); });
    loop.runReady();
    EXPECT_TRUE(revealed);
    EXPECT_EQ(session.state().phase, SessionPhase::Done);
    EXPECT_FALSE(session.state().steps[1].question.right());
    EXPECT_EQ(session.state().steps[1].question.answer, "b");
    EXPECT_EQ(session.state().steps[0].hintsShown, 1);

    const auto report = reportJson(session.lab(), session.state(), "Ann");
    EXPECT_TRUE(report.at("done").as_bool());
    EXPECT_EQ(report.at("steps").as_array()[1].at("question").at("right").as_bool(), false);
    EXPECT_NE(reportCsv(session.lab(), session.state(), "=cmd()", true).find("\"'=cmd()\""), std::string::npos);
    EXPECT_EQ(reportHtml(session.lab(), session.state(), "<script>", "en").find("<script>"), std::string::npos);
}

TEST_F(Session, theFirstStepWaitsUntilTheStartIsReady) {
    auto lab = twoSteps();
    lab.ready.push_back({{"v1", "Pod", "web", "default", "", false}, ".status.phase == \"Ready\""});
    LabSession session(loop, loop, client, lab, {});
    session.start();
    putPod("Running");
    loop.advance(5s);
    EXPECT_EQ(session.state().phase, SessionPhase::Preparing);
    putPod("Ready");
    loop.advance(1s);
    EXPECT_EQ(session.state().phase, SessionPhase::Running);
}

TEST_F(Session, injectsTheFaultsOfAStepAfterTheirDelay) {
    auto lab = twoSteps();
    lab.steps[0].faults.push_back({"NodePowerOff", "b", "", "", "", 10s, "60s"});
    LabSession session(loop, loop, client, lab, {});
    session.start();
    loop.advance(9s);
    EXPECT_TRUE(client.all(resources::faults).empty());
    loop.advance(2s);
    ASSERT_EQ(client.all(resources::faults).size(), 1U);
    EXPECT_EQ(client.all(resources::faults)[0]->string({"spec", "node"}), "b");
}

TEST_F(Session, resetClearsWhatTheStudentMadeAndBeginsAgain) {
    LabSession session(loop, loop, client, twoSteps(), {});
    session.start();
    putPod("Running");
    loop.runReady();
    ASSERT_EQ(session.state().currentStep, 1U);
    client.put(resources::configMaps, testing::parseObject(R"({"metadata":{"name":"kube-root-ca.crt","namespace":"default"}})"));
    session.reset();
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Running; }));
    EXPECT_EQ(session.state().currentStep, 0U);
    EXPECT_TRUE(client.all(resources::pods).empty());
    EXPECT_EQ(client.all(resources::configMaps).size(), 1U);
}

}  // namespace
}  // namespace kubarium::lab
