// Silent Nodes, taints and evictions, in virtual time.
#include "core/api/types/node.h"
#include "core/controller/taint_eviction_controller.h"
#include "tests/core/controller/control_plane.h"

namespace kubarium::controller {
namespace {

class Nodes : public ControlPlane {
protected:
    Nodes() {
        addNodes(3);
        loop.advance(12s);
    }
    ObjectPtr node(const std::string& name) const { return client.find(resources::nodes, name); }
    bool tainted(const std::string& name, std::string_view key, std::string_view effect) const {
        for (const auto& taint : node(name)->as<api::Node>().spec.taints)
            if (taint.key == key && taint.effect == effect) return true;
        return false;
    }
    void putPod(const std::string& name, const std::string& nodeName, const std::string& tolerations) {
        client.put(resources::pods, testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"{}","namespace":"default"}},"spec":{{"nodeName":"{}","containers":[{{"name":"c"}}],"tolerations":{}}}}})", name, nodeName, tolerations)));
    }
    void taint(const std::string& name, const json::value& taints) {
        client.patch(resources::nodes, "", name, client::PatchType::Merge, json::object{{"spec", json::object{{"taints", taints}}}}, {}, [](Result<ObjectPtr>) {});
    }
};

const char* const unreachable = "node.kubernetes.io/unreachable";

TEST_F(Nodes, aSilentNodeBecomesUnknownAfterItsGraceAndIsTainted) {
    putPod("p", "node-1", "[]");
    loop.advance(2s);
    const auto start = loop.now();
    kubelet.stopHeartbeats("node-1");
    ASSERT_TRUE(loop.runUntil([&] { return condition(node("node-1"), "Ready") == "Unknown"; }, 2min));
    const auto waited = loop.now() - start;
    EXPECT_GE(waited, 42s);  // the last heartbeat was up to 8 s earlier
    EXPECT_LE(waited, 56s);
    EXPECT_EQ(condition(node("node-1"), "Ready", "reason"), "NodeStatusUnknown");
    ASSERT_TRUE(loop.runUntil([&] { return tainted("node-1", unreachable, "NoSchedule") && tainted("node-1", unreachable, "NoExecute"); }, 10s));
    ASSERT_TRUE(loop.runUntil([&] { return client.find(resources::pods, "default/p")->deleting(); }, 10s));
    EXPECT_EQ(condition(client.find(resources::pods, "default/p"), "DisruptionTarget", "reason"), "DeletionByTaintManager");
}

TEST_F(Nodes, aNodeThatComesBackLosesItsTaintsAndKeepsItsPods) {
    putPod("p", "node-1", R"([{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}])");
    loop.advance(2s);
    kubelet.stopHeartbeats("node-1");
    ASSERT_TRUE(loop.runUntil([&] { return tainted("node-1", unreachable, "NoExecute"); }, 2min));
    EXPECT_EQ(condition(client.find(resources::pods, "default/p"), "Ready"), "False");
    loop.advance(100s);
    kubelet.startHeartbeats("node-1");
    ASSERT_TRUE(loop.runUntil([&] { return node("node-1")->as<api::Node>().spec.taints.empty(); }, 10s));
    loop.advance(400s);
    EXPECT_FALSE(client.find(resources::pods, "default/p")->deleting());
    EXPECT_EQ(events("TaintManagerEviction", "Cancelling deletion of Pod default/p"), 1);
}

TEST_F(Nodes, evictionWaitsForTolerationSecondsAndTheRateOfTheClock) {
    putPod("p", "node-1", R"([{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}])");
    loop.advance(2s);
    loop.setRate(20);
    const auto start = loop.now();
    kubelet.stopHeartbeats("node-1");
    ASSERT_TRUE(loop.runUntil([&] { return client.find(resources::pods, "default/p")->deleting(); }, 10min));
    const auto waited = loop.now() - start;
    EXPECT_GE(waited, 342s / 20.0);
    EXPECT_LE(waited, 362s / 20.0);
}

TEST_F(Nodes, whenAllNodesFallSilentNothingIsEvicted) {
    putPod("p", "node-1", "[]");
    loop.advance(2s);
    for (const auto& name : nodeNames) kubelet.stopHeartbeats(name);
    loop.advance(10min);
    EXPECT_EQ(condition(node("node-1"), "Ready"), "Unknown");
    EXPECT_FALSE(tainted("node-1", unreachable, "NoExecute"));
    EXPECT_FALSE(client.find(resources::pods, "default/p")->deleting());
}

TEST_F(Nodes, threeOfFourNodesDownIsPartialDisruptionAndTaintsNoScheduleOnly) {
    addNode("node-4");
    loop.advance(12s);
    for (const auto* name : {"node-1", "node-2", "node-3"}) kubelet.stopHeartbeats(name);
    loop.advance(5min);
    for (const auto* name : {"node-1", "node-2", "node-3"}) {
        EXPECT_TRUE(tainted(name, unreachable, "NoSchedule"));
        EXPECT_FALSE(tainted(name, unreachable, "NoExecute"));
    }
}

TEST_F(Nodes, noExecuteTaintsOfOneZoneComeTenSecondsApart) {
    addNode("node-4");
    addNode("node-5");
    loop.advance(12s);
    kubelet.stopHeartbeats("node-1");
    kubelet.stopHeartbeats("node-2");
    ASSERT_TRUE(loop.runUntil([&] { return tainted("node-1", unreachable, "NoExecute") || tainted("node-2", unreachable, "NoExecute"); }, 2min));
    const auto first = loop.now();
    ASSERT_TRUE(loop.runUntil([&] { return tainted("node-1", unreachable, "NoExecute") && tainted("node-2", unreachable, "NoExecute"); }, 2min));
    EXPECT_GE(loop.now() - first, 9900ms);
    EXPECT_LE(loop.now() - first, 11s);
}

TEST_F(Nodes, aTaintByHandEvictsByTolerationAndIsCancelledByItsRemoval) {
    putPod("none", "node-1", "[]");
    putPod("brief", "node-1", R"([{"key":"k","operator":"Exists","tolerationSeconds":2}])");
    putPod("long", "node-1", R"([{"key":"k","operator":"Exists","tolerationSeconds":20}])");
    putPod("ever", "node-1", R"([{"operator":"Exists"}])");
    loop.advance(1s);
    taint("node-1", json::array{json::object{{"key", "k"}, {"effect", "NoExecute"}}});
    ASSERT_TRUE(loop.runUntil([&] { return client.find(resources::pods, "default/none")->deleting(); }, 1s));
    EXPECT_FALSE(client.find(resources::pods, "default/brief")->deleting());
    loop.advance(2100ms);
    const auto brief = client.find(resources::pods, "default/brief");
    EXPECT_TRUE(!brief || brief->deleting());
    taint("node-1", nullptr);
    loop.advance(60s);
    EXPECT_FALSE(client.find(resources::pods, "default/long")->deleting());
    EXPECT_FALSE(client.find(resources::pods, "default/ever")->deleting());
    EXPECT_EQ(events("TaintManagerEviction", "Cancelling deletion of Pod default/long"), 1);
}

TEST_F(Nodes, podsOfANodeThatWasRemovedAreCollected) {
    putPod("p", "node-3", R"([{"operator":"Exists"}])");
    loop.advance(2s);
    kubelet.removeNode("node-3");
    loop.advance(35s);
    EXPECT_NE(client.find(resources::pods, "default/p"), nullptr);
    EXPECT_TRUE(loop.runUntil([&] { return !client.find(resources::pods, "default/p"); }, 90s));
    EXPECT_GE(events("RemovingNode"), 1);
}

TEST(TolerationTime, isTheShortestOfWhatToleratesAndNothingIfATaintIsNotTolerated) {
    const std::vector<api::Taint> taints{{"NoExecute", "a", "", "1"}, {"NoExecute", "b", "", ""}};
    const auto toleration = [](std::string key, std::optional<std::int64_t> seconds) {
        api::Toleration made;
        made.key = std::move(key);
        made.operator_ = "Exists";
        made.tolerationSeconds = seconds;
        return made;
    };
    EXPECT_EQ(tolerationTime(taints, {toleration("a", 5)}).wait, 0s);
    EXPECT_EQ(tolerationTime(taints, {toleration("a", 5), toleration("b", std::nullopt)}).wait, 5s);
    EXPECT_EQ(tolerationTime(taints, {toleration("a", 5), toleration("b", 3)}).wait, 3s);
    EXPECT_TRUE(tolerationTime(taints, {toleration("", std::nullopt)}).forever);
}

}  // namespace
}  // namespace kubarium::controller
