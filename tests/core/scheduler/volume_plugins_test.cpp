// What volumes allow, each rule by itself: two Nodes in two zones, one Pod, and the objects that the rule looks at.
#include "core/scheduler/decision.h"
#include "tests/support/memory_client.h"

#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

class VolumeRules : public ::testing::Test {
protected:
    VolumeRules() {
        addNode("node-a", "a");
        addNode("node-b", "b");
    }

    static ObjectPtr object(const std::string& text) { return api::Object::make(testing::parseObject(text)); }
    void addNode(const std::string& name, const std::string& zone) {
        nodes.push_back(object(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + name + R"(","labels":{"topology.kubernetes.io/zone":")" + zone +
                               R"("}},"status":{"allocatable":{"cpu":"4","memory":"4Gi","pods":"10"}}})"));
    }
    static ObjectPtr pod(const std::string& name, const std::string& volume, const std::string& node = "") {
        return object(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","namespace":"default","uid":")" + name + R"("},"spec":{"nodeName":")" + node +
                      R"(","containers":[{"name":"c","image":"busybox"}],"volumes":[)" + volume + "]}}");
    }
    void addVolume(const std::string& name, const std::string& size, const std::string& zone, const std::string& labels = "{}") {
        objects->volumes[name] = object(
            R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":")" + name + R"(","labels":)" + labels + R"(},"status":{"phase":"Available"},"spec":{"storageClassName":"late","capacity":{"storage":")" +
            size + R"("},"accessModes":["ReadWriteOnce"],"csi":{"driver":"disk.example","volumeHandle":")" + name +
            R"("},"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"topology.kubernetes.io/zone","operator":"In","values":[)" + zone + "]}]}]}}}}");
    }
    void addClaim(const std::string& name, const std::string& volume, const std::string& mode = "ReadWriteOnce") {
        objects->claims["default/" + name] =
            object(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":")" + name + R"(","namespace":"default","annotations":)" + std::string(volume.empty() ? "{}" : R"({"pv.kubernetes.io/bind-completed":"yes"})") + R"(},"spec":{"volumeName":")" +
                   volume + R"(","storageClassName":"late","accessModes":[")" + mode + R"("],"resources":{"requests":{"storage":"1Gi"}}}})");
    }
    void addClass(const std::string& provisioner) {
        objects->storageClasses["late"] =
            object(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"late"},"provisioner":")" + provisioner + R"(","volumeBindingMode":"WaitForFirstConsumer"})");
    }
    Decision decided(const ObjectPtr& incoming) {
        const auto snapshot = makeSnapshot(nodes, pods, objects);
        const Configuration configuration;
        DecideOptions options;
        options.draw = [](std::size_t) { return std::size_t{0}; };
        return decide(*snapshot, *PodInfo::make(incoming), configuration, configuration.profiles.front(), options);
    }
    static std::string claimOf(const std::string& name) { return R"({"name":"v","persistentVolumeClaim":{"claimName":")" + name + R"("}})"; }

    std::vector<ObjectPtr> nodes, pods;
    std::shared_ptr<ClusterObjects> objects = std::make_shared<ClusterObjects>();
};

TEST_F(VolumeRules, APodGoesWhereItsBoundVolumeCanBeReached) {
    addVolume("disk", "1Gi", R"("b")");
    addClaim("data", "disk");
    EXPECT_EQ(decided(pod("p", claimOf("data"))).selectedNode, "node-b");
    addVolume("disk", "1Gi", R"("elsewhere")");
    const auto refused = decided(pod("p", claimOf("data")));
    EXPECT_EQ(refused.selectedNode, "");
    EXPECT_NE(refused.message.find("2 node(s) didn't match PersistentVolume's node affinity"), std::string::npos) << refused.message;
}

TEST_F(VolumeRules, AWaitingClaimNeedsAVolumeThatIsLargeEnoughOrAProvisioner) {
    addClaim("data", "");
    addClass("kubernetes.io/no-provisioner");
    addVolume("small", "500Mi", R"("a")");
    const auto refused = decided(pod("p", claimOf("data")));
    EXPECT_NE(refused.message.find("2 node(s) didn't find available persistent volumes to bind"), std::string::npos) << refused.message;
    addVolume("large", "2Gi", R"("a")");
    EXPECT_EQ(decided(pod("p", claimOf("data"))).selectedNode, "node-a");
    objects->volumes.clear();
    addClass("disk.example");
    EXPECT_NE(decided(pod("p", claimOf("data"))).selectedNode, "");
}

TEST_F(VolumeRules, AClaimThatNobodyBindsIsNamed) {
    addClaim("data", "");
    EXPECT_EQ(decided(pod("p", claimOf("data"))).preFilter.message(), "pod has unbound immediate PersistentVolumeClaims");
    EXPECT_EQ(decided(pod("p", claimOf("other"))).preFilter.message(), "persistentvolumeclaim \"other\" not found");
}

TEST_F(VolumeRules, AnExclusiveClaimServesOnePod) {
    addVolume("disk", "1Gi", R"("a","b")");
    addClaim("data", "disk", "ReadWriteOncePod");
    EXPECT_NE(decided(pod("p", claimOf("data"))).selectedNode, "");
    pods.push_back(pod("first", claimOf("data"), "node-a"));
    const auto refused = decided(pod("p", claimOf("data")));
    EXPECT_NE(refused.message.find("ReadWriteOncePod access mode already in-use by another pod"), std::string::npos) << refused.message;
}

TEST_F(VolumeRules, ADiskThatOneMachineWritesKeepsTheSecondPodAway) {
    const std::string disk = R"({"name":"v","gcePersistentDisk":{"pdName":"d"}})", readOnly = R"({"name":"v","gcePersistentDisk":{"pdName":"d","readOnly":true}})";
    pods = {pod("first", disk, "node-a"), pod("second", readOnly, "node-b")};
    const auto refused = decided(pod("p", disk));
    EXPECT_NE(refused.message.find("2 node(s) had no available disk"), std::string::npos) << refused.message;
    pods = {pod("first", readOnly, "node-a"), pod("second", disk, "node-b")};
    EXPECT_EQ(decided(pod("p", readOnly)).selectedNode, "node-a");
}

TEST_F(VolumeRules, TheZoneLabelsOfAVolumeBind) {
    addVolume("disk", "1Gi", R"("a","b")", R"({"topology.kubernetes.io/zone":"b__c"})");
    addClaim("data", "disk");
    EXPECT_EQ(decided(pod("p", claimOf("data"))).selectedNode, "node-b");
}

TEST_F(VolumeRules, ANodeAttachesNoMoreVolumesThanItsDriverAllowsAndCountsASharedOneOnce) {
    addVolume("one", "1Gi", R"("a")");
    addVolume("two", "1Gi", R"("a")");
    addClaim("one", "one");
    addClaim("two", "two");
    objects->csiNodes["node-a"] = object(R"({"apiVersion":"storage.k8s.io/v1","kind":"CSINode","metadata":{"name":"node-a"},"spec":{"drivers":[{"name":"disk.example","nodeID":"a","allocatable":{"count":1}}]}})");
    pods = {pod("first", claimOf("one"), "node-a")};
    EXPECT_EQ(decided(pod("p", claimOf("one"))).selectedNode, "node-a");
    const auto refused = decided(pod("p", claimOf("two")));
    EXPECT_NE(refused.message.find("1 node(s) exceed max volume count"), std::string::npos) << refused.message;
}

}  // namespace
}  // namespace kubarium::scheduler
