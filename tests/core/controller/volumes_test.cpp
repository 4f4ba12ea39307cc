// Claims and volumes: binding, provisioning, protection and reclaiming, in virtual time.
#include "tests/core/controller/control_plane.h"

#include <fstream>

namespace kubarium::controller {
namespace {

namespace fs = std::filesystem;

class Volumes : public ControlPlane {
protected:
    Volumes() {
        addNodes(2);
        loop.advance(1s);
    }
    ~Volumes() override { fs::remove_all(volumesRoot()); }

    void putVolume(const std::string& name, const std::string& size, const std::string& more = "", const std::string& modes = R"(["ReadWriteOnce"])") {
        client.put(resources::persistentVolumes, testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"{0}","labels":{{"disk":"{0}"}}}},"spec":{{"capacity":{{"storage":"{1}"}},"accessModes":{2},"persistentVolumeReclaimPolicy":"Retain","hostPath":{{"path":"/nowhere/{0}"}}{3}}}}})",
            name, size, modes, more)));
    }
    void putClaim(const std::string& name, const std::string& size, const std::string& more = R"(,"storageClassName":"")", const std::string& modes = R"(["ReadWriteOnce"])",
                  const std::string& annotations = "{}") {
        client.put(resources::persistentVolumeClaims, testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"{}","namespace":"default","annotations":{}}},"spec":{{"accessModes":{},"resources":{{"requests":{{"storage":"{}"}}}}{}}}}})", name, annotations, modes, size, more)));
    }
    void putClass(const std::string& name, const std::string& mode, const std::string& policy = "Delete", const std::string& provisioner = "kubarium.dev/hostpath") {
        client.put(resources::storageClasses, testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"{}"}},"provisioner":"{}","reclaimPolicy":"{}","volumeBindingMode":"{}"}})", name, provisioner, policy, mode)));
    }
    void putPod(const std::string& name, const std::string& claim, const std::string& node) {
        client.put(resources::pods, testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"{}","namespace":"default"}},"spec":{{"nodeName":"{}","containers":[{{"name":"c"}}],"volumes":[{{"name":"v","persistentVolumeClaim":{{"claimName":"{}"}}}}]}},"status":{{"phase":"Running"}}}})",
            name, node, claim)));
    }
    void deleteClaim(const std::string& name) {
        client.remove(resources::persistentVolumeClaims, "default", name, {}, [](Result<json::value>) {});
    }
    ObjectPtr claim(const std::string& name) const { return client.find(resources::persistentVolumeClaims, "default/" + name); }
    ObjectPtr volume(const std::string& name) const { return client.find(resources::persistentVolumes, name); }
    std::string phase(const ObjectPtr& object) const { return object ? std::string(object->string({"status", "phase"})) : "gone"; }
    std::string boundTo(const std::string& name) const { return std::string(claim(name)->string({"spec", "volumeName"})); }
    bool bound(const std::string& name) {
        return loop.runUntil([&] { return phase(claim(name)) == "Bound"; }, 40s);
    }
    // Provisions through a class that waits, with the scheduler's word given.
    std::string provisioned(const std::string& claimName, const std::string& policy = "Delete") {
        putClass("standard", "WaitForFirstConsumer", policy);
        loop.advance(1s);
        putClaim(claimName, "1Gi", R"(,"storageClassName":"standard")", R"(["ReadWriteOnce"])", R"({"volume.kubernetes.io/selected-node":"node-1"})");
        EXPECT_TRUE(bound(claimName));
        return boundTo(claimName);
    }
};

TEST_F(Volumes, aClaimGetsTheSmallestVolumeThatFitsAndBothHalvesOfTheBindingAreWritten) {
    putVolume("large", "5Gi");
    putVolume("middle", "2Gi");
    putVolume("small", "1Gi");
    loop.advance(1s);
    EXPECT_EQ(phase(volume("middle")), "Available");
    putClaim("c", "1500Mi");
    ASSERT_TRUE(bound("c"));
    EXPECT_EQ(boundTo("c"), "middle");
    EXPECT_EQ(claim("c")->annotation("pv.kubernetes.io/bind-completed"), "yes");
    EXPECT_EQ(claim("c")->annotation("pv.kubernetes.io/bound-by-controller"), "yes");
    EXPECT_EQ(claim("c")->string({"status", "capacity", "storage"}), "2Gi");
    EXPECT_EQ(volume("middle")->string({"spec", "claimRef", "uid"}), claim("c")->uid());
    EXPECT_EQ(volume("middle")->annotation("pv.kubernetes.io/bound-by-controller"), "yes");
    EXPECT_EQ(phase(volume("middle")), "Bound");
    EXPECT_EQ(phase(volume("small")), "Available");
}

TEST_F(Volumes, theFewestAccessModesThatSufficeWinOverTheSmallestSize) {
    putVolume("shared", "1Gi", "", R"(["ReadWriteOnce","ReadWriteMany"])");
    putVolume("own", "3Gi");
    loop.advance(1s);
    putClaim("c", "1Gi");
    putClaim("many", "1Gi", R"(,"storageClassName":"")", R"(["ReadWriteMany"])");
    ASSERT_TRUE(bound("c"));
    ASSERT_TRUE(bound("many"));
    EXPECT_EQ(boundTo("c"), "own");
    EXPECT_EQ(boundTo("many"), "shared");
}

TEST_F(Volumes, classSelectorAndVolumeModeMustFit) {
    putVolume("other-class", "1Gi", R"(,"storageClassName":"fast")");
    putVolume("block", "1Gi", R"(,"volumeMode":"Block")");
    putVolume("wrong-label", "1Gi");
    loop.advance(1s);
    putClaim("c", "1Gi", R"(,"storageClassName":"","selector":{"matchLabels":{"disk":"right"}})");
    loop.advance(1min);
    EXPECT_EQ(phase(claim("c")), "Pending");
    EXPECT_GE(events("FailedBinding", "no persistent volumes available for this claim and no storage class is set"), 1);
    putVolume("right", "1Gi");
    ASSERT_TRUE(bound("c"));
    EXPECT_EQ(boundTo("c"), "right");
}

TEST_F(Volumes, aReservedVolumeIsKeptForItsClaim) {
    putVolume("reserved", "1Gi", R"(,"claimRef":{"namespace":"default","name":"late"})");
    loop.advance(1s);
    putClaim("early", "1Gi");
    loop.advance(20s);
    EXPECT_EQ(phase(claim("early")), "Pending");
    putClaim("late", "1Gi");
    ASSERT_TRUE(bound("late"));
    EXPECT_EQ(boundTo("late"), "reserved");
    EXPECT_EQ(volume("reserved")->annotation("pv.kubernetes.io/bound-by-controller"), "");
}

TEST_F(Volumes, aClaimThatNamesAVolumeThatDoesNotFitIsToldWhy) {
    putVolume("small", "1Gi");
    loop.advance(1s);
    putClaim("c", "2Gi", R"(,"storageClassName":"","volumeName":"small")");
    ASSERT_TRUE(loop.runUntil([&] { return events("VolumeMismatch", "Cannot bind to requested volume \"small\": requested PV is too small") > 0; }, 20s));
    EXPECT_EQ(phase(claim("c")), "Pending");
}

TEST_F(Volumes, aClaimOfAWaitingClassIsLeftAloneUntilTheSchedulerNamesANode) {
    putClass("standard", "WaitForFirstConsumer");
    putVolume("fits", "1Gi", R"(,"storageClassName":"standard")");
    loop.advance(1s);
    putClaim("c", "1Gi", R"(,"storageClassName":"standard")");
    ASSERT_TRUE(loop.runUntil([&] { return events("WaitForFirstConsumer", "waiting for first consumer to be created before binding") > 0; }, 20s));
    nodeNames.clear();
    putPod("p", "c", "");
    ASSERT_TRUE(loop.runUntil([&] { return events("WaitForPodScheduled", "waiting for pod p to be scheduled") > 0; }, 20s));
    EXPECT_EQ(phase(claim("c")), "Pending");
    EXPECT_EQ(phase(volume("fits")), "Available");
}

TEST_F(Volumes, theSelectedNodeGetsADirectoryAsAVolumeThatStaysThere) {
    const auto name = provisioned("c");
    EXPECT_EQ(name, "pvc-" + std::string(claim("c")->uid()));
    const auto made = volume(name);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->string({"spec", "csi", "driver"}), "hostpath.kubarium.dev");
    EXPECT_EQ(made->string({"spec", "csi", "volumeHandle"}), name);
    EXPECT_EQ(made->annotation("pv.kubernetes.io/provisioned-by"), "kubarium.dev/hostpath");
    EXPECT_EQ(phase(made), "Bound");
    const auto* terms = made->find({"spec", "nodeAffinity", "required", "nodeSelectorTerms"});
    ASSERT_TRUE(terms);
    EXPECT_NE(json::serialize(*terms).find("node-1"), std::string::npos);
    EXPECT_TRUE(fs::is_directory(volumesRoot() / name));
    EXPECT_EQ(claim("c")->annotation("volume.kubernetes.io/storage-provisioner"), "kubarium.dev/hostpath");
    EXPECT_EQ(events("ProvisioningSucceeded", "Successfully provisioned volume " + name), 1);
    EXPECT_EQ(events("Provisioning", "External provisioner is provisioning volume for claim \"default/c\""), 1);
}

TEST_F(Volumes, anImmediateClassProvisionsAtOnceForEveryNode) {
    putClass("now", "Immediate");
    loop.advance(1s);
    putClaim("c", "1Gi", R"(,"storageClassName":"now")");
    ASSERT_TRUE(bound("c"));
    EXPECT_EQ(volume(boundTo("c"))->find({"spec", "nodeAffinity"}), nullptr);
}

TEST_F(Volumes, whatADirectoryCannotBeIsRefusedWithItsReason) {
    putClass("now", "Immediate");
    loop.advance(1s);
    putClaim("block", "1Gi", R"(,"storageClassName":"now","volumeMode":"Block")");
    ASSERT_TRUE(loop.runUntil([&] { return events("ProvisioningFailed", "a directory is no block device") > 0; }, 20s));
    putClaim("lost", "1Gi", R"(,"storageClassName":"nowhere")");
    ASSERT_TRUE(loop.runUntil([&] { return events("ProvisioningFailed", "storageclass.storage.k8s.io \"nowhere\" not found") > 0; }, 20s));
    EXPECT_FALSE(fs::exists(volumesRoot()) && !fs::is_empty(volumesRoot()));
}

TEST_F(Volumes, aNodeThatIsGoneIsTakenBackFromTheClaim) {
    putClass("standard", "WaitForFirstConsumer");
    loop.advance(1s);
    putClaim("c", "1Gi", R"(,"storageClassName":"standard")", R"(["ReadWriteOnce"])", R"({"volume.kubernetes.io/selected-node":"node-9"})");
    ASSERT_TRUE(loop.runUntil([&] { return events("ProvisioningFailed", "failed to get target node") > 0; }, 20s));
    ASSERT_TRUE(loop.runUntil([&] { return claim("c")->annotation("volume.kubernetes.io/selected-node").empty(); }, 5s));
}

TEST_F(Volumes, withPolicyDeleteTheDirectoryGoesWithItsClaim) {
    const auto name = provisioned("c");
    std::ofstream(volumesRoot() / name / "data") << "x";
    deleteClaim("c");
    ASSERT_TRUE(loop.runUntil([&] { return !claim("c") && !volume(name); }, 40s));
    EXPECT_FALSE(fs::exists(volumesRoot() / name));
}

TEST_F(Volumes, withPolicyRetainVolumeAndDirectoryStayReleased) {
    const auto name = provisioned("c", "Retain");
    std::ofstream(volumesRoot() / name / "data") << "x";
    deleteClaim("c");
    ASSERT_TRUE(loop.runUntil([&] { return !claim("c") && phase(volume(name)) == "Released"; }, 40s));
    loop.advance(1min);
    EXPECT_TRUE(fs::exists(volumesRoot() / name / "data"));
    EXPECT_EQ(phase(volume(name)), "Released");
}

TEST_F(Volumes, aClaimInUseOutlivesItsDeletionUntilThePodIsGone) {
    const auto name = provisioned("c");
    putPod("p", "c", "node-1");
    loop.advance(1s);
    deleteClaim("c");
    loop.advance(1min);
    ASSERT_TRUE(claim("c"));
    EXPECT_TRUE(claim("c")->deleting());
    EXPECT_TRUE(fs::exists(volumesRoot() / name));
    client.erase(resources::pods, "default/p");
    ASSERT_TRUE(loop.runUntil([&] { return !claim("c") && !volume(name); }, 40s));
}

TEST_F(Volumes, aBoundVolumeOutlivesItsDeletionUntilItsClaimIsGone) {
    putVolume("v", "1Gi");
    loop.advance(1s);
    putClaim("c", "1Gi");
    ASSERT_TRUE(bound("c"));
    client.remove(resources::persistentVolumes, "", "v", {}, [](Result<json::value>) {});
    loop.advance(30s);
    ASSERT_TRUE(volume("v"));
    deleteClaim("c");
    ASSERT_TRUE(loop.runUntil([&] { return !volume("v"); }, 40s));
}

TEST_F(Volumes, aDirectoryThatTheClusterDidNotMakeIsNeverDeleted) {
    const auto precious = volumesRoot() / "precious";
    fs::create_directories(precious);
    client.put(resources::persistentVolumes, testing::parseObject(fmt::format(
        R"({{"metadata":{{"name":"v"}},"spec":{{"capacity":{{"storage":"1Gi"}},"accessModes":["ReadWriteOnce"],"persistentVolumeReclaimPolicy":"Delete","hostPath":{{"path":"{}"}}}}}})", precious.string())));
    loop.advance(1s);
    putClaim("c", "1Gi");
    ASSERT_TRUE(bound("c"));
    deleteClaim("c");
    ASSERT_TRUE(loop.runUntil([&] { return phase(volume("v")) == "Failed"; }, 40s));
    EXPECT_GE(events("VolumeFailedDelete"), 1);
    EXPECT_TRUE(fs::is_directory(precious));
}

TEST_F(Volumes, aHandleThatLeadsOutOfTheVolumesDirectoryDeletesNothing) {
    const auto outside = volumesRoot().parent_path() / fmt::format("kubarium-outside-{}", ::getpid());
    fs::create_directories(outside);
    client.put(resources::persistentVolumes, testing::parseObject(fmt::format(
        R"({{"metadata":{{"name":"v","annotations":{{"pv.kubernetes.io/provisioned-by":"kubarium.dev/hostpath"}}}},"spec":{{"capacity":{{"storage":"1Gi"}},"accessModes":["ReadWriteOnce"],"persistentVolumeReclaimPolicy":"Delete","csi":{{"driver":"hostpath.kubarium.dev","volumeHandle":"../{}"}},"claimRef":{{"namespace":"default","name":"c","uid":"u"}}}}}})",
        outside.filename().string())));
    ASSERT_TRUE(loop.runUntil([&] { return phase(volume("v")) == "Released"; }, 40s));
    loop.advance(1min);
    EXPECT_TRUE(fs::exists(outside));
    EXPECT_TRUE(volume("v"));
    fs::remove_all(outside);
}

TEST_F(Volumes, aBoundClaimWhoseVolumeIsGoneIsLost) {
    putVolume("v", "1Gi");
    loop.advance(1s);
    putClaim("c", "1Gi");
    ASSERT_TRUE(bound("c"));
    client.erase(resources::persistentVolumes, "v");
    ASSERT_TRUE(loop.runUntil([&] { return phase(claim("c")) == "Lost"; }, 40s));
    EXPECT_EQ(events("ClaimLost", "Bound claim has lost its PersistentVolume"), 1);
}

TEST_F(Volumes, aClaimWithoutAClassGetsADefaultThatCameLater) {
    putClaim("c", "1Gi", "");
    loop.advance(20s);
    EXPECT_EQ(phase(claim("c")), "Pending");
    client.put(resources::storageClasses, testing::parseObject(
        R"({"metadata":{"name":"std","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"kubarium.dev/hostpath","reclaimPolicy":"Delete","volumeBindingMode":"Immediate"})"));
    ASSERT_TRUE(bound("c"));
    EXPECT_EQ(claim("c")->string({"spec", "storageClassName"}), "std");
}

}  // namespace
}  // namespace kubarium::controller
