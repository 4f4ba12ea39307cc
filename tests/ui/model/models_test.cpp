#include "tests/ui/view/demo_cluster.h"
#include "tests/ui/view/wait_for.h"
#include "ui/bridge/cluster_link.h"
#include "ui/model/chronicle.h"
#include "ui/model/explain.h"
#include "ui/model/kubectl.h"
#include "ui/model/navigator_model.h"
#include "ui/model/stage_builder.h"
#include "ui/model/theatre.h"

#include <boost/json/array.hpp>

#include <QAbstractItemModelTester>

#include <gtest/gtest.h>

namespace kubarium::model {
namespace {

namespace r = api::resources;
namespace json = boost::json;
using testing::waitFor;

class ModelTest : public ::testing::Test {
protected:
    void connect(std::function<void(const Changes&)> take) {
        link_ = std::make_unique<bridge::ClusterLink>(executor_, cluster_.client(), QStringLiteral("demo"));
        QObject::connect(link_.get(), &bridge::ClusterLink::changed, std::move(take));
        link_->start();
        ASSERT_TRUE(waitFor([this] { return link_->synced(); }));
    }
    bridge::QtExecutor executor_;
    testing::DemoCluster cluster_{executor_, executor_};
    std::unique_ptr<bridge::ClusterLink> link_;
};

TEST_F(ModelTest, TheNavigatorFollowsWithRowChangesOnly) {
    cluster_.fillHealing();
    std::unique_ptr<NavigatorModel> navigator;
    std::unique_ptr<QAbstractItemModelTester> tester;
    int resets = 0;
    connect([&](const Changes& changes) {
        if (!navigator) {
            navigator = std::make_unique<NavigatorModel>(*link_);
            tester = std::make_unique<QAbstractItemModelTester>(navigator.get(), QAbstractItemModelTester::FailureReportingMode::Fatal);
            QObject::connect(navigator.get(), &QAbstractItemModel::modelReset, [&] { ++resets; });
        }
        navigator->apply(changes);
    });
    ASSERT_TRUE(waitFor([&] { return navigator && navigator->indexOf({Kind::Pod, QStringLiteral("default/web-7d9f6-0")}).isValid(); }));
    EXPECT_EQ(navigator->indexOf({Kind::Pod, QStringLiteral("default/web-7d9f6-0")}).parent(), navigator->indexOf({Kind::Deployment, QStringLiteral("default/web")}));
    cluster_.objects().erase(r::deployments, "default/web");
    cluster_.addPod("api", 50, "worker-a");
    cluster_.objects().erase(r::nodes, "worker-c");
    EXPECT_TRUE(waitFor([&] { return !navigator->indexOf({Kind::Node, QStringLiteral("worker-c")}).isValid() && navigator->indexOf({Kind::Pod, QStringLiteral("default/api-7d9f6-50")}).isValid(); }));
    EXPECT_EQ(resets, 0);
}

TEST_F(ModelTest, APendingPodSaysWhyAndWhatWouldHelp) {
    cluster_.fillTroubles();
    connect([](const Changes&) {});
    const auto why = explain({Kind::Pod, QStringLiteral("default/web-7d9f6-0")}, *link_, *link_);
    EXPECT_EQ(why.word, QStringLiteral("Pending"));
    EXPECT_TRUE(why.sentence.contains(QLatin1String(": Insufficient cpu"))) << why.sentence.toStdString();
    ASSERT_FALSE(why.remedies.isEmpty());
    EXPECT_TRUE(why.remedies.front().contains(QLatin1String("100m"))) << why.remedies.front().toStdString();
}

TEST_F(ModelTest, ManyHealthyNodesLeaveRoomForTheWorkloadsOnTheTimeline) {
    cluster_.fillLarge(200, 16);
    std::unique_ptr<Chronicle> chronicle;
    connect([&](const Changes& changes) {
        if (!chronicle) chronicle = std::make_unique<Chronicle>(*link_, *link_);
        chronicle->apply(changes);
    });
    const auto lanes = chronicle->lanes();
    EXPECT_EQ(std::count_if(lanes.begin(), lanes.end(), [](const auto* lane) { return lane->reference.kind == Kind::Deployment; }), 8);
    ASSERT_FALSE(lanes.empty());
    EXPECT_EQ(lanes.front()->reference.kind, Kind::Deployment);
    const auto node = std::ranges::find(lanes, Kind::Node, [](const auto* lane) { return lane->reference.kind; });
    ASSERT_NE(node, lanes.end());
    EXPECT_EQ((*node)->title, QStringLiteral("sim-0001")) << "which of many are shown is left to chance";
}

TEST_F(ModelTest, ADeploymentThatHasNeverBeenReadyBeginsAndOneThatWasIsBroken) {
    std::unique_ptr<Chronicle> chronicle;
    cluster_.addDeployment("web", 3, 0);
    connect([&](const Changes& changes) {
        if (!chronicle) chronicle = std::make_unique<Chronicle>(*link_, *link_);
        chronicle->apply(changes);
    });
    const auto tone = [&] {
        for (const auto* lane : chronicle->lanes())
            if (lane->reference.kind == Kind::Deployment) return lane->bars.back().tone;
        return Tone::Neutral;
    };
    EXPECT_EQ(tone(), Tone::Waiting);
    cluster_.addDeployment("web", 3, 3);
    ASSERT_TRUE(testing::waitFor([&] { return tone() == Tone::Ok; }));
    cluster_.addDeployment("web", 3, 0);
    EXPECT_TRUE(testing::waitFor([&] { return tone() == Tone::Broken; }));
}

struct TimesAt : ClusterTimes {
    WallTime present;
    double rate = 1;
    double now() const override { return at(present); }
    double at(WallTime wall) const override { return rate * std::chrono::duration<double>(wall.time_since_epoch()).count(); }
    WallTime wallNow() const override { return present; }
    bool answering = true;
    bool answers() const override { return answering; }
};

TEST_F(ModelTest, WhileTheClusterDoesNotAnswerANodeTellsOfNoLease) {
    TimesAt times;
    times.present = WallTime(std::chrono::hours(24 * 365 * 60));
    cluster_.fillHealing();
    connect([](const Changes&) {});
    EXPECT_TRUE(explain({Kind::Node, QStringLiteral("worker-a")}, *link_, times).sentence.contains(QLatin1String("lease")));
    times.answering = false;
    const auto why = explain({Kind::Node, QStringLiteral("worker-a")}, *link_, times);
    EXPECT_EQ(why.word, QStringLiteral("unknown"));
    EXPECT_FALSE(why.sentence.contains(QLatin1String("lease"))) << why.sentence.toStdString();
    EXPECT_TRUE(why.subtitle.contains(QLatin1String("lease unknown"))) << why.subtitle.toStdString();
}

TEST_F(ModelTest, ANodeTellsItsTaintsWithTheirValuesAndTheLabelsThatPeopleGave) {
    TimesAt times;
    cluster_.fillHealing();
    auto node = cluster_.objects().find(api::resources::nodes, "worker-a")->tree();
    node["metadata"].as_object()["labels"] = {{"disk", "ssd"}, {"kubernetes.io/hostname", "worker-a"}, {"topology.kubernetes.io/zone", "east"}};
    node["spec"] = {{"taints", {{{"key", "maintenance"}, {"value", "planned"}, {"effect", "NoSchedule"}}}}};
    cluster_.objects().put(api::resources::nodes, node);
    connect([](const Changes&) {});
    QStringList facts;
    for (const auto& fact : explain({Kind::Node, QStringLiteral("worker-a")}, *link_, times).facts) facts << fact.value;
    EXPECT_TRUE(facts.contains(QStringLiteral("disk=ssd")));
    EXPECT_TRUE(facts.contains(QStringLiteral("topology.kubernetes.io/zone=east")));
    EXPECT_FALSE(facts.contains(QStringLiteral("kubernetes.io/hostname=worker-a")));
    EXPECT_TRUE(facts.contains(QStringLiteral("maintenance=planned:NoSchedule")));
}

TEST_F(ModelTest, TheAgeOfALeaseIsRealTimeWhateverTheRate) {
    TimesAt times;
    times.rate = 20;
    cluster_.fillHealing();
    connect([](const Changes&) {});
    const auto lease = link_->get(Kind::Lease, std::string("kube-node-lease/worker-a"));
    ASSERT_TRUE(lease);
    times.present = *parseTime(lease->string({"spec", "renewTime"})) + std::chrono::seconds(3);
    const auto why = explain({Kind::Node, QStringLiteral("worker-a")}, *link_, times);
    EXPECT_TRUE(why.subtitle.contains(QLatin1String("3.0 s ago"))) << why.subtitle.toStdString();
}

TEST_F(ModelTest, ACrashLoopNamesTheLimitThatItsContainerExceeded) {
    cluster_.fillTroubles();
    connect([](const Changes&) {});
    const auto why = explain({Kind::Pod, QStringLiteral("default/hungry")}, *link_, *link_);
    EXPECT_EQ(why.word, QStringLiteral("CrashLoopBackOff"));
    EXPECT_TRUE(why.sentence.contains(QLatin1String("64Mi"))) << why.sentence.toStdString();
    EXPECT_EQ(explain({Kind::Pod, QStringLiteral("default/nowhere")}, *link_, *link_).word, QStringLiteral("ImagePullBackOff"));
}

TEST_F(ModelTest, TheDecisionBecomesTheTheatre) {
    cluster_.fillTheatre();
    connect([](const Changes&) {});
    const auto pod = link_->get(Kind::Pod, std::string("default/train-7d9f6-42"));
    const auto decision = latestDecision(*link_, *pod);
    ASSERT_TRUE(decision);
    const auto theatre = makeTheatre(*decision, QStringLiteral("zh_CN"));
    EXPECT_EQ(theatre.phase, scene::TheatrePhase::Score);
    EXPECT_TRUE(theatre.held);
    EXPECT_EQ(theatre.winner, QStringLiteral("gpu-2"));
    EXPECT_TRUE(theatre.explanation.contains(QStringLiteral("六个")));
}

TEST_F(ModelTest, TheStageSumsRequestsAndKeepsOwners) {
    cluster_.fillHealing();
    std::unique_ptr<StageBuilder> builder;
    connect([&](const Changes& changes) {
        if (!builder) builder = std::make_unique<StageBuilder>(*link_, *link_);
        builder->apply(changes);
    });
    const auto picture = builder->build(QStringLiteral("demo"), 1);
    ASSERT_EQ(picture.nodes.size(), 3U);
    EXPECT_NEAR(picture.nodes[1].cpu.requested, 0.43, 1e-9);
    for (const auto& pod : picture.pods) EXPECT_TRUE(pod.owner.startsWith(QLatin1String("Deployment/"))) << pod.owner.toStdString();
}

TEST_F(ModelTest, WhileTheClusterDoesNotAnswerNothingIsSaidToRun) {
    cluster_.fillHealing();
    TimesAt times;
    std::unique_ptr<StageBuilder> builder;
    connect([&](const Changes& changes) {
        if (!builder) builder = std::make_unique<StageBuilder>(*link_, times);
        builder->apply(changes);
    });
    times.present = *parseTime(link_->get(Kind::Lease, std::string("kube-node-lease/worker-a"))->string({"spec", "renewTime"})) + std::chrono::seconds(20);
    const auto timed = [](const scene::StageModel& picture) { return std::ranges::any_of(picture.nodes, [](const auto& node) { return !node.fuses.empty(); }); };
    ASSERT_TRUE(timed(builder->build(QStringLiteral("demo"), 1)));
    builder->setAnswering(false);
    const auto lost = builder->build(QStringLiteral("demo"), 1);
    EXPECT_FALSE(timed(lost));
    EXPECT_FALSE(builder->isDue()) << "nothing moves";
    for (const auto& component : lost.components)
        EXPECT_EQ(component.state, component.kind == scene::ComponentKind::ApiServer ? scene::ComponentState::Broken : scene::ComponentState::Unknown);
    builder->setAnswering(true);
    EXPECT_TRUE(timed(builder->build(QStringLiteral("demo"), 1)));
}

TEST_F(ModelTest, AnEndpointThatWasRemovedGoesAfterTwoSecondsEvenWhileTheClockStands) {
    cluster_.fillHealing();
    TimesAt times;
    times.present = executor_.now();
    std::unique_ptr<StageBuilder> builder;
    connect([&](const Changes& changes) {
        if (!builder) builder = std::make_unique<StageBuilder>(*link_, times);
        builder->apply(changes);
    });
    times.rate = 0;
    const auto endpoints = [&] { return builder->build(QStringLiteral("demo"), 1).services.front().endpoints; };
    ASSERT_EQ(endpoints().size(), 4U);
    cluster_.removeEndpointsOf("web", "worker-a");
    ASSERT_TRUE(waitFor([&] { return std::ranges::count(endpoints(), true, &scene::StageEndpoint::removed) == 1; }));
    EXPECT_EQ(endpoints().size(), 4U);
    EXPECT_TRUE(builder->isDue()) << "nobody would look again";
    times.present += std::chrono::seconds(3);
    EXPECT_EQ(endpoints().size(), 3U);
    // One that comes back is not shown as removed beside itself.
    cluster_.removeEndpointsOf("web", "worker-c");
    ASSERT_TRUE(waitFor([&] { return std::ranges::count(endpoints(), true, &scene::StageEndpoint::removed) == 1; }));
    cluster_.addPod("web", 3, "worker-c", "120m");
    cluster_.addService("web");
    EXPECT_TRUE(waitFor([&] { return std::ranges::count(endpoints(), true, &scene::StageEndpoint::removed) == 0; }));
    EXPECT_EQ(endpoints().size(), 3U);
}

TEST_F(ModelTest, TheChainBeginsWithTheFault) {
    cluster_.fillHealing();
    std::unique_ptr<Chronicle> chronicle;
    connect([&](const Changes& changes) {
        if (!chronicle) chronicle = std::make_unique<Chronicle>(*link_, *link_);
        chronicle->apply(changes);
    });
    cluster_.objects().put(r::faults, testing::parseObject(R"({"apiVersion":"kubarium.dev/v1alpha1","kind":"Fault","metadata":{"name":"f"},"spec":{"type":"NodePowerOff","node":"worker-b"},"status":{"phase":"Active"}})"));
    ASSERT_TRUE(waitFor([&] { return !chronicle->moments().empty(); }));
    auto node = cluster_.objects().find(r::nodes, "worker-b")->tree();
    node["status"].as_object()["conditions"] = json::array{{{"type", "Ready"}, {"status", "Unknown"}}};
    cluster_.objects().put(r::nodes, node);
    ASSERT_TRUE(waitFor([&] { return chronicle->moments().size() >= 2; }));
    const auto chain = chronicle->chainOf({Kind::Node, QStringLiteral("worker-b")});
    ASSERT_GE(chain.size(), 2);
    EXPECT_EQ(chain[0].kind, MomentKind::FaultBegan);
    EXPECT_EQ(chain[1].kind, MomentKind::NodeUnready);
}

TEST_F(ModelTest, AFaultThatIsOverAtOnceIsToldOf) {
    cluster_.fillHealing();
    std::unique_ptr<Chronicle> chronicle;
    connect([&](const Changes& changes) {
        if (!chronicle) chronicle = std::make_unique<Chronicle>(*link_, *link_);
        chronicle->apply(changes);
    });
    ASSERT_TRUE(waitFor([&] { return chronicle != nullptr; }));
    const auto put = [&](const char* name, const char* type, const char* phase) {
        cluster_.objects().put(r::faults, json::object{{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "Fault"}, {"metadata", json::object{{"name", name}}},
                                                       {"spec", json::object{{"type", type}, {"node", "worker-b"}}}, {"status", json::object{{"phase", phase}}}});
    };
    const auto kinds = [&] {
        std::vector<MomentKind> found;
        for (const auto& moment : chronicle->moments()) found.push_back(moment.kind);
        return found;
    };
    put("refused", "NodePowerOff", "Failed");
    put("kill", "ContainerKill", "Pending");
    put("kill", "ContainerKill", "Reverted");
    ASSERT_TRUE(waitFor([&] { return !kinds().empty(); }));
    put("outage", "NodePowerOff", "Reverted");
    ASSERT_TRUE(waitFor([&] { return kinds().size() >= 3; }));
    EXPECT_EQ(kinds(), (std::vector{MomentKind::FaultBegan, MomentKind::FaultBegan, MomentKind::FaultEnded}));
}

TEST(KubectlText, IsWhatOneWouldType) {
    EXPECT_EQ(kubectl::remove({Kind::Pod, QStringLiteral("shop/web")}), QStringLiteral("kubectl delete pod web -n shop"));
    EXPECT_EQ(kubectl::scale({Kind::Deployment, QStringLiteral("default/web")}, 4), QStringLiteral("kubectl scale deployment web -n default --replicas=4"));
    EXPECT_EQ(kubectl::cordon(QStringLiteral("worker-a"), true), QStringLiteral("kubectl cordon worker-a"));
}

}  // namespace
}  // namespace kubarium::model
