// Which event wakes a Pod that a plugin refused: one that may help, and no other.
#include "core/scheduler/queue/queueing_hints.h"
#include "tests/support/memory_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

PodInfoPtr pod(const std::string& name, const std::string& spec, const std::string& labels = "{}") {
    return PodInfo::make(api::Object::make(testing::parseObject(
        fmt::format(R"({{"metadata":{{"name":"{0}","namespace":"default","uid":"{0}","labels":{1}}},"spec":{2}}})", name, labels, spec))));
}

NodeInfoPtr node(const std::string& labels, const std::string& spec = "{}", const std::string& cpu = "4") {
    return std::make_shared<const NodeInfo>(NodeInfo::make(api::Object::make(testing::parseObject(
        fmt::format(R"({{"metadata":{{"name":"n","labels":{}}},"spec":{},"status":{{"allocatable":{{"cpu":"{}","pods":"10"}}}}}})", labels, spec, cpu)))));
}

ClusterEvent nodeEvent(EventAction action, NodeInfoPtr before, NodeInfoPtr after) {
    ClusterEvent event;
    event.resource = EventResource::Node;
    event.action = action;
    event.nodeBefore = std::move(before);
    event.nodeAfter = std::move(after);
    return event;
}

ClusterEvent podEvent(EventAction action, PodInfoPtr before, PodInfoPtr after) {
    ClusterEvent event;
    event.resource = EventResource::AssignedPod;
    event.action = action;
    event.podBefore = std::move(before);
    event.podAfter = std::move(after);
    return event;
}

ClusterEvent objectEvent(EventResource resource, EventAction action, const std::string& before, const std::string& after) {
    ClusterEvent event;
    event.resource = resource;
    event.action = action;
    if (!before.empty()) event.before = api::Object::make(testing::parseObject(before));
    if (!after.empty()) event.after = api::Object::make(testing::parseObject(after));
    return event;
}

bool helps(std::string_view plugin, const ClusterEvent& event, const PodInfoPtr& waiting) {
    static const Profile profile = Profile::makeDefault();
    return mayHelp(plugin, event, *waiting, profile, ClusterObjects());
}

TEST(QueueingHints, ATaintThatGoesHelpsIfNoneIsLeftThatThePodDoesNotTolerate) {
    const auto waiting = pod("p", "{}");
    const auto one = R"({"taints":[{"key":"a","effect":"NoSchedule"}]})", two = R"({"taints":[{"key":"a","effect":"NoSchedule"},{"key":"b","effect":"NoSchedule"}]})";
    EXPECT_TRUE(helps("TaintToleration", nodeEvent(EventAction::UpdateNodeTaint, node("{}", one), node("{}")), waiting));
    EXPECT_FALSE(helps("TaintToleration", nodeEvent(EventAction::UpdateNodeTaint, node("{}", two), node("{}", one)), waiting));
    EXPECT_FALSE(helps("TaintToleration", nodeEvent(EventAction::UpdateNodeLabel, node("{}", one), node("{}")), waiting));
}

TEST(QueueingHints, ACordonThatEndsHelps) {
    const auto waiting = pod("p", "{}");
    const auto cordoned = node("{}", R"({"unschedulable":true})");
    EXPECT_TRUE(helps("NodeUnschedulable", nodeEvent(EventAction::UpdateNodeTaint, cordoned, node("{}")), waiting));
    EXPECT_FALSE(helps("NodeUnschedulable", nodeEvent(EventAction::Add, nullptr, cordoned), waiting));
}

TEST(QueueingHints, OnlyALabelThatIsAskedForHelps) {
    const auto waiting = pod("p", R"({"nodeSelector":{"disk":"fast"}})");
    EXPECT_TRUE(helps("NodeAffinity", nodeEvent(EventAction::UpdateNodeLabel, node("{}"), node(R"({"disk":"fast"})")), waiting));
    EXPECT_FALSE(helps("NodeAffinity", nodeEvent(EventAction::UpdateNodeLabel, node("{}"), node(R"({"disk":"slow"})")), waiting));
    EXPECT_FALSE(helps("NodeAffinity", nodeEvent(EventAction::UpdateNodeLabel, node(R"({"disk":"fast"})"), node(R"({"disk":"fast","x":"y"})")), waiting)) << "it matched before";
}

TEST(QueueingHints, RoomHelpsIfThePodWouldFitAnEmptyNode) {
    const auto waiting = pod("p", R"({"containers":[{"name":"c","resources":{"requests":{"cpu":"3"}}}]})");
    EXPECT_TRUE(helps("NodeResourcesFit", nodeEvent(EventAction::UpdateNodeAllocatable, node("{}", "{}", "2"), node("{}", "{}", "4")), waiting));
    EXPECT_FALSE(helps("NodeResourcesFit", nodeEvent(EventAction::UpdateNodeAllocatable, node("{}", "{}", "1"), node("{}", "{}", "2")), waiting));
    EXPECT_TRUE(helps("NodeResourcesFit", podEvent(EventAction::Delete, pod("gone", R"({"nodeName":"n"})"), nullptr), waiting));
    EXPECT_FALSE(helps("NodeResourcesFit", podEvent(EventAction::Delete, pod("gone", "{}"), nullptr), waiting)) << "it stood nowhere";
}

TEST(QueueingHints, AHostPortThatIsFreedHelpsWhoWantsIt) {
    const auto with = [](const char* name, int port) { return pod(name, fmt::format(R"({{"nodeName":"n","containers":[{{"name":"c","ports":[{{"hostPort":{}}}]}}]}})", port)); };
    const auto waiting = with("p", 80);
    EXPECT_TRUE(helps("NodePorts", podEvent(EventAction::Delete, with("gone", 80), nullptr), waiting));
    EXPECT_FALSE(helps("NodePorts", podEvent(EventAction::Delete, with("gone", 81), nullptr), waiting));
}

TEST(QueueingHints, APodToBeNearToOrAwayFromCounts) {
    const auto term = R"([{"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"db"}}}])";
    const auto near = pod("p", fmt::format(R"({{"affinity":{{"podAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":{}}}}}}})", term));
    const auto away = pod("q", fmt::format(R"({{"affinity":{{"podAntiAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":{}}}}}}})", term));
    const auto db = pod("db", R"({"nodeName":"n"})", R"({"app":"db"})"), web = pod("web", R"({"nodeName":"n"})", R"({"app":"web"})");
    EXPECT_TRUE(helps("InterPodAffinity", podEvent(EventAction::Add, nullptr, db), near));
    EXPECT_FALSE(helps("InterPodAffinity", podEvent(EventAction::Add, nullptr, web), near));
    EXPECT_FALSE(helps("InterPodAffinity", podEvent(EventAction::Delete, db, nullptr), near));
    EXPECT_TRUE(helps("InterPodAffinity", podEvent(EventAction::Delete, db, nullptr), away));
    EXPECT_FALSE(helps("InterPodAffinity", podEvent(EventAction::Delete, web, nullptr), away));
}

TEST(QueueingHints, SpreadLooksAtPodsThatItsSelectorCounts) {
    const auto waiting = pod("p", R"({"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"web"}}}]})");
    const auto web = pod("web", R"({"nodeName":"n"})", R"({"app":"web"})"), db = pod("db", R"({"nodeName":"n"})", R"({"app":"db"})");
    EXPECT_TRUE(helps("PodTopologySpread", podEvent(EventAction::Delete, web, nullptr), waiting));
    EXPECT_FALSE(helps("PodTopologySpread", podEvent(EventAction::Delete, db, nullptr), waiting));
    EXPECT_TRUE(helps("PodTopologySpread", nodeEvent(EventAction::Add, nullptr, node(R"({"zone":"a"})")), waiting));
    EXPECT_FALSE(helps("PodTopologySpread", nodeEvent(EventAction::Add, nullptr, node("{}")), waiting));
}

TEST(QueueingHints, VolumesWakeThePodsThatUseThem) {
    const auto waiting = pod("p", R"({"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}]})");
    const auto claim = [](const char* name) { return fmt::format(R"({{"metadata":{{"name":"{}","namespace":"default"}}}})", name); };
    EXPECT_TRUE(helps("VolumeBinding", objectEvent(EventResource::PersistentVolumeClaim, EventAction::Update, claim("data"), claim("data")), waiting));
    EXPECT_FALSE(helps("VolumeBinding", objectEvent(EventResource::PersistentVolumeClaim, EventAction::Update, claim("other"), claim("other")), waiting));
    const auto limit = [](int count) { return fmt::format(R"({{"metadata":{{"name":"n"}},"spec":{{"drivers":[{{"name":"d","allocatable":{{"count":{}}}}}]}}}})", count); };
    EXPECT_TRUE(helps("NodeVolumeLimits", objectEvent(EventResource::CSINode, EventAction::Update, limit(1), limit(2)), waiting));
    EXPECT_FALSE(helps("NodeVolumeLimits", objectEvent(EventResource::CSINode, EventAction::Update, limit(2), limit(1)), waiting));
}

}  // namespace
}  // namespace kubarium::scheduler
