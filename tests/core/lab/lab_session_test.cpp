#include "core/client/pod_exec.h"
#include "core/lab/lab_progress.h"
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

TEST_F(Session, aResetWaitsUntilItsNodesAreReadyAgain) {
    const auto node = [&](const char* ready) {
        client.put(resources::nodes, testing::parseObject(std::string(R"({"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":")") + ready + "\"}]}}"));
    };
    node("True");
    LabSession session(loop, loop, client, twoSteps(), {});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Running; }));
    node("Unknown");
    session.reset();
    loop.advance(2s);
    EXPECT_EQ(session.state().phase, SessionPhase::Preparing);
    node("True");
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Running; }));
}

// Answers every command with what the test says, and remembers what was asked.
class ScriptedExec final : public client::PodExec {
public:
    void exec(client::PodExecRequest request, client::Reply<client::PodExecAnswer> reply) override {
        asked.push_back(request);
        waiting.push_back(std::move(reply));
    }
    void answer(Result<client::PodExecAnswer> with) {
        ASSERT_FALSE(waiting.empty());
        auto reply = std::move(waiting.front());
        waiting.erase(waiting.begin());
        reply(std::move(with));
    }
    std::vector<client::PodExecRequest> asked;
    std::vector<client::Reply<client::PodExecAnswer>> waiting;
};

class ExecChecks : public Session {
protected:
    Lab execLab(bool list) {
        Lab lab;
        lab.name = "t";
        lab.title.byLanguage["en"] = "T";
        LabStep step;
        step.name = "exec";
        LabCheck check = podCheck("hostname", ".exitCode == 0 and .stdout == \"web\\n\"");
        check.mode = CheckMode::Exec;
        check.container = "c";
        check.command = {"cat", "/etc/hostname"};
        if (list) check.moment.target = {"", "Pod", "", "default", "app=web", true};
        step.checks = {check};
        lab.steps = {step};
        return lab;
    }
    CheckResult result(const LabSession& session) { return session.state().steps[0].checks[0]; }
    ScriptedExec exec;
};

TEST_F(ExecChecks, aCommandIsAskedForOneAtATimeUntilItsOutputHolds) {
    LabSession session(loop, loop, client, execLab(false), {.exec = &exec});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return !exec.asked.empty(); }));
    EXPECT_EQ(exec.asked[0].pod, "web");
    EXPECT_EQ(exec.asked[0].container, "c");
    EXPECT_EQ(exec.asked[0].command, (std::vector<std::string>{"cat", "/etc/hostname"}));
    loop.advance(5s);
    EXPECT_EQ(exec.asked.size(), 1U) << "the first one has not been answered";
    exec.answer(client::PodExecAnswer{1, "", "no such file"});
    loop.runReady();
    EXPECT_EQ(result(session).state, CheckState::Waiting);
    EXPECT_NE(result(session).found.find(".exitCode is 1"), std::string::npos) << result(session).found;
    loop.advance(1s);
    exec.answer(makeError(Reason::NotFound, "pods \"web\" not found"));
    loop.runReady();
    EXPECT_EQ(result(session).state, CheckState::Waiting) << "no answer is not the lab's fault";
    EXPECT_NE(result(session).found.find("not found"), std::string::npos);
    loop.advance(1s);
    exec.answer(client::PodExecAnswer{0, "web\n", ""});
    loop.runReady();
    EXPECT_EQ(session.state().phase, SessionPhase::Done);
}

TEST_F(ExecChecks, ofSeveralPodsARunningOneIsAsked) {
    for (const auto& [name, phase] : {std::pair{"a", "Pending"}, std::pair{"b", "Running"}, std::pair{"c", "Running"}})
        client.put(resources::pods, testing::parseObject(std::string(R"({"metadata":{"namespace":"default","labels":{"app":"web"},"name":")") + name +
                                                         R"("},"status":{"phase":")" + phase + "\"}}"));
    LabSession session(loop, loop, client, execLab(true), {.exec = &exec});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return !exec.asked.empty(); }));
    EXPECT_EQ(exec.asked[0].pod, "b");
}

TEST_F(ExecChecks, whereNoCommandCanBeRunTheLabIsAtFaultNotTheStudent) {
    LabSession session(loop, loop, client, execLab(false), {});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Running && result(session).state == CheckState::Broken; }));
}

TEST_F(ExecChecks, anAnswerToWhatWasAskedBeforeAResetIsDropped) {
    LabSession session(loop, loop, client, execLab(false), {.exec = &exec});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return !exec.asked.empty(); }));
    session.reset();
    ASSERT_TRUE(loop.runUntil([&] { return exec.asked.size() == 2; }));
    exec.answer(client::PodExecAnswer{0, "web\n", ""});
    loop.runReady();
    EXPECT_EQ(session.state().phase, SessionPhase::Running);
}

TEST_F(Session, AStepThatHasPassedStaysUntilItHasBeenReadWhateverBecomesOfIt) {
    auto lab = twoSteps();
    lab.steps[1].checks.push_back(podCheck("ran", ".status.phase == \"Running\""));
    lab.steps.push_back(lab.steps[0]);
    LabSession session(loop, loop, client, lab, {.pauseAfterReveal = true, .pauseAfterStep = true});
    session.start();
    putPod("Running");
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Running && session.state().steps[0].state == StepState::Passed; }));
    putPod("Failed");
    loop.advance(60s);
    EXPECT_EQ(session.state().currentStep, 0U);
    EXPECT_EQ(session.state().steps[0].checks[0].state, CheckState::Passed);
    LabProgress progress;
    progress.record(lab, session.state(), loop.now());
    EXPECT_EQ(progress.resumeAt(lab), 1U) << "what has passed is not asked for again";
    putPod("Running");
    loop.runReady();
    session.proceed();
    loop.runReady();
    EXPECT_EQ(session.state().steps[0].state, StepState::Done);
    ASSERT_EQ(session.state().currentStep, 1U);
    // Of a question that was the last thing to read, one is enough; and the last step ends by itself.
    session.answer("b");
    session.reveal([](Result<void>) {});
    loop.runReady();
    EXPECT_EQ(session.state().currentStep, 1U);
    session.proceed();
    loop.runReady();
    EXPECT_EQ(session.state().phase, SessionPhase::Done);
}

// A question about a cycle that is held for it; the test plays the engine: the Clock and the decisions.
class HeldQuestions : public Session {
protected:
    HeldQuestions() { clock("", "", 0); }
    Lab heldLab() {
        auto lab = twoSteps();
        lab.steps.erase(lab.steps.begin());
        auto& ask = *lab.steps[0].ask;
        ask.hold = LabHold{"default/web", "Filter"};
        ask.decisionPod = "default/web";
        ask.answer = {{"kubarium.dev/v1alpha1", "SchedulingDecision", "", "", "", true}, ".status.selectedNode"};
        lab.given.push_back({"given/1-web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: default}\n"});
        return lab;
    }
    void clock(const std::string& pod, const std::string& phase, int step) {
        auto object = client.find(resources::clocks, "cluster") ? client.find(resources::clocks, "cluster")->tree() : testing::parseObject(R"({"metadata":{"name":"cluster"},"spec":{"rate":1,"paused":false}})");
        object["spec"].as_object()["step"] = step;
        object["status"] = {{"heldPod", pod}, {"heldPhase", phase}};
        client.put(resources::clocks, object);
    }
    void decision(int cycle, const std::string& phase, const std::string& node, const std::string& result = {}) {
        client.put(resources::schedulingDecisions, testing::parseObject(R"({"metadata":{"namespace":"default","name":"web.)" + std::to_string(cycle) + R"("},"spec":{"podName":"web"},"status":{"cycle":)" +
                                                                        std::to_string(cycle) + R"(,"phase":")" + phase + R"(","selectedNode":")" + node + R"(","result":")" + result + "\"}}"));
    }
    boost::json::value breakpoints() {
        const auto* set = client.find(resources::clocks, "cluster")->find({"spec", "breakpoints"});
        return set ? *set : boost::json::value();
    }
    // The engine holds the Pod of the lab before Filter.
    bool becomesHeld(const LabSession& session, int steps) {
        decision(7, "Filter", "");
        clock("default/web", "Filter", steps);
        return loop.runUntil([&] { return session.state().phase == SessionPhase::Running && hold(session) == HoldState::Held; });
    }
    HoldState hold(const LabSession& session) { return session.state().steps[0].question.hold; }
    std::int64_t step() { return client.find(resources::clocks, "cluster")->find({"spec", "step"})->to_number<std::int64_t>(); }
};

TEST_F(HeldQuestions, TheCycleStandsStillUntilSomebodyHasPredicted) {
    LabSession session(loop, loop, client, heldLab(), {.pauseAfterReveal = true});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return client.find(resources::pods, "default/web") != nullptr; }));
    ASSERT_TRUE(breakpoints().is_array()) << "the hold is set before its Pod comes";
    EXPECT_EQ(breakpoints().get_array()[0], (boost::json::value{{"phase", "Filter"}, {"pod", "default/web"}, {"veil", true}}));
    EXPECT_EQ(hold(session), HoldState::Awaiting);
    session.answer("a");
    std::optional<bool> revealed;
    const auto reveal = [&] { session.reveal([&](Result<void> result) { revealed = result.has_value(); }); };
    reveal();
    EXPECT_EQ(revealed, false) << "there is nothing to reveal yet";
    decision(7, "Filter", "");
    clock("default/web", "Filter", 0);
    ASSERT_TRUE(loop.runUntil([&] { return hold(session) == HoldState::Held; }));
    loop.advance(60s);
    EXPECT_EQ(step(), 0) << "nothing goes on before the prediction";
    revealed.reset();
    reveal();
    loop.advance(1s);
    EXPECT_FALSE(revealed) << "the cycle is not over";
    EXPECT_EQ(step(), 1);
    EXPECT_TRUE(breakpoints().is_null());
    session.answer("b");
    EXPECT_EQ(session.state().steps[0].question.chosen, "a") << "too late";
    decision(7, "Done", "b");
    clock("", "", 1);
    loop.advance(1s);
    EXPECT_EQ(revealed, true);
    EXPECT_EQ(session.state().steps[0].question.answer, "b");
    EXPECT_EQ(session.state().phase, SessionPhase::Running) << "its explanation has not been read";
    session.proceed();
    loop.advance(1s);
    EXPECT_EQ(session.state().phase, SessionPhase::Done);
}

TEST_F(HeldQuestions, ThereIsNothingToRevealBeforeAPrediction) {
    LabSession session(loop, loop, client, heldLab(), {});
    session.start();
    ASSERT_TRUE(becomesHeld(session, 0));
    bool refused = false;
    session.reveal([&](Result<void> result) { refused = !result; });
    loop.advance(1s);
    EXPECT_TRUE(refused);
    EXPECT_EQ(step(), 0);
}

TEST_F(HeldQuestions, WhatSomebodyElseLetGoCanStillBeAnswered) {
    LabSession session(loop, loop, client, heldLab(), {});
    session.start();
    ASSERT_TRUE(becomesHeld(session, 0));
    decision(7, "Done", "b");
    clock("", "", 1);
    ASSERT_TRUE(loop.runUntil([&] { return hold(session) == HoldState::Over; }));
    session.answer("b");
    session.reveal([](Result<void>) {});
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Done; }));
    EXPECT_TRUE(session.state().steps[0].question.right());
}

TEST_F(HeldQuestions, TheCycleOfADeletedPodIsNoneAndTheNextOfThatNameIsHeld) {
    LabSession session(loop, loop, client, heldLab(), {});
    session.start();
    ASSERT_TRUE(becomesHeld(session, 0));
    decision(7, "Done", "", "Error");
    clock("", "", 0);
    ASSERT_TRUE(loop.runUntil([&] { return hold(session) == HoldState::Over; })) << "what is predicted now still counts";
    decision(8, "Filter", "");
    clock("default/web", "Filter", 0);
    ASSERT_TRUE(loop.runUntil([&] { return hold(session) == HoldState::Held; }));
    EXPECT_TRUE(breakpoints().is_array()) << "it is not let go";
    EXPECT_EQ(step(), 0);
}

TEST_F(HeldQuestions, LeavingLetsGoWhatIsHeld) {
    LabSession session(loop, loop, client, heldLab(), {});
    session.start();
    ASSERT_TRUE(becomesHeld(session, 3));
    bool left = false;
    session.leave([&] { left = true; });
    ASSERT_TRUE(loop.runUntil([&] { return left; }));
    EXPECT_TRUE(breakpoints().is_null());
    EXPECT_EQ(step(), 4);
}

TEST_F(HeldQuestions, AClusterWithoutAClockCannotRunALabThatHolds) {
    client.erase(resources::clocks, "cluster");
    LabSession session(loop, loop, client, heldLab(), {.setClock = false});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Broken; }));
    EXPECT_NE(session.state().message.find("cannot be held"), std::string::npos);
}

TEST_F(Session, goesOnAtTheStepWhereTheLastOneEnded) {
    auto lab = twoSteps();
    lab.start.push_back({"start/web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: other, namespace: default}\n"});
    lab.ready.push_back({{"v1", "Pod", "other", "default", "", false}, ".status.phase == \"Running\""});
    putPod("Running");
    LabSession session(loop, loop, client, lab, {.resumeAt = 1});
    session.start();
    ASSERT_TRUE(loop.runUntil([&] { return session.state().phase == SessionPhase::Running; }));
    EXPECT_EQ(session.state().currentStep, 1U);
    EXPECT_EQ(session.state().steps[0].state, StepState::Done);
    EXPECT_EQ(client.find(resources::pods, "default/other"), nullptr) << "the start is not applied again";
    session.reset();
    ASSERT_TRUE(loop.runUntil([&] { return client.find(resources::pods, "default/other") != nullptr; }));
    EXPECT_EQ(session.state().currentStep, 0U);
}

TEST_F(Session, itsWaitsFollowTheClockOfTheCluster) {
    client.put(resources::clocks, testing::parseObject(R"({"metadata":{"name":"cluster"},"spec":{"rate":20,"paused":false}})"));
    LabSession session(loop, loop, client, twoSteps(), {.setClock = false, .followClock = true});
    session.start();
    EXPECT_TRUE(loop.runUntil([&] { return loop.rate() == 20; }));
    client.put(resources::clocks, testing::parseObject(R"({"metadata":{"name":"cluster"},"spec":{"rate":1,"paused":true}})"));
    EXPECT_TRUE(loop.runUntil([&] { return loop.paused() && loop.rate() == 1; }));
}

}  // namespace
}  // namespace kubarium::lab
