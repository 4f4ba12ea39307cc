// Budgets that evictions are granted from, in virtual time.
#include "tests/core/controller/control_plane.h"

namespace kubarium::controller {
namespace {

class Disruption : public ControlPlane {
protected:
    Disruption() {
        addNodes(2);
        deploy(4);
        EXPECT_TRUE(available(4));
    }
    void put(const std::string& spec) {
        client.put(resources::podDisruptionBudgets, testing::parseObject(fmt::format(R"({{"metadata":{{"name":"b","namespace":"default","generation":{}}},"spec":{}}})", ++generation_, spec)));
    }
    ObjectPtr budget() const { return client.find(resources::podDisruptionBudgets, "default/b"); }
    // "healthy/desired/expected/allowed", once the controller has seen the budget.
    std::string told() {
        loop.advance(1s);
        const auto number = [&](const char* field) {
            const auto* value = budget()->find({"status", field});
            return value ? value->to_number<int>() : -1;
        };
        EXPECT_EQ(number("observedGeneration"), generation_);
        return fmt::format("{}/{}/{}/{}", number("currentHealthy"), number("desiredHealthy"), number("expectedPods"), number("disruptionsAllowed"));
    }

private:
    int generation_ = 0;
};

constexpr const char* web = R"("selector":{"matchLabels":{"app":"web"}})";

TEST_F(Disruption, WhatMayBeEvictedFollowsFromWhatTheBudgetWants) {
    for (const auto& [wants, expected] : {std::pair{R"("minAvailable":3)", "4/3/4/1"}, {R"("minAvailable":4)", "4/4/4/0"}, {R"("minAvailable":"50%")", "4/2/4/2"},
                                          {R"("maxUnavailable":1)", "4/3/4/1"}, {R"("maxUnavailable":"30%")", "4/2/4/2"}, {R"("maxUnavailable":9)", "4/0/4/4"}}) {
        put(fmt::format("{{{},{}}}", wants, web));
        EXPECT_EQ(told(), expected) << wants;
        EXPECT_EQ(condition(budget(), "DisruptionAllowed", "reason"), std::string_view(expected).ends_with("/0") ? "InsufficientPods" : "SufficientPods");
    }
    put(R"({"minAvailable":1,"selector":{"matchLabels":{"app":"other"}}})");
    EXPECT_EQ(told(), "0/1/0/0");
    EXPECT_EQ(events("NoPods"), 1);
    put(R"({"minAvailable":1})");
    EXPECT_EQ(told(), "0/1/0/0") << "no selector selects nothing";
    put(R"({"minAvailable":1,"selector":{}})");
    EXPECT_EQ(told(), "4/1/4/3") << "an empty one everything";
}

TEST_F(Disruption, AnEvictedPodCountsAsGoneForTwoMinutes) {
    put(fmt::format(R"({{"minAvailable":3,{}}})", web));
    EXPECT_EQ(told(), "4/3/4/1");
    const auto pod = std::string(runningPods().front()->name());
    // As the API server notes it; the Pod does not go.
    auto tree = budget()->tree();
    auto& status = tree["status"].as_object();
    status["disruptionsAllowed"] = 0;
    status["disruptedPods"] = json::object{{pod, formatTime(loop.now())}};
    client.put(resources::podDisruptionBudgets, std::move(tree));
    EXPECT_EQ(told(), "3/3/4/0");
    loop.advance(100s);
    EXPECT_EQ(told(), "3/3/4/0");
    loop.advance(30s);
    EXPECT_EQ(told(), "4/3/4/1");
    EXPECT_EQ(events("NotDeleted", "by PDB default/b"), 1);
}

TEST_F(Disruption, PodsThatNobodyMakesAreWarnedOfWhereTheirNumberIsAsked) {
    client.put(resources::pods, testing::parseObject(R"({"metadata":{"name":"alone","namespace":"default","labels":{"app":"web"}},"spec":{"containers":[{"name":"c"}]}})"));
    put(fmt::format(R"({{"maxUnavailable":1,{}}})", web));
    EXPECT_TRUE(told().find("/3/4/") != std::string::npos) << told();
    EXPECT_EQ(events("UnmanagedPods"), 1);
}

}  // namespace
}  // namespace kubarium::controller
