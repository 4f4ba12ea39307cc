#include "tests/core/scheduler/explanation/scene.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <random>

namespace kubarium::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* usesData = R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}],)";

void storageClass(Scene& scene, const std::string& name, const std::string& mode, const std::string& provisioner = "kubernetes.io/no-provisioner", const std::string& more = "") {
    scene.objects->storageClasses[name] = Scene::parse(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":")" + name + R"("},"provisioner":")" + provisioner + R"(",)" + more +
                                                       R"("volumeBindingMode":")" + mode + "\"}");
}

void claim(Scene& scene, const std::string& name, const std::string& className, const std::string& size, const std::string& modes = R"(["ReadWriteOnce"])", const std::string& volume = "") {
    scene.objects->claims["default/" + name] = Scene::parse(
        R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":")" + name + R"(","namespace":"default","uid":")" + name + "\"" +
        (volume.empty() ? "" : R"(,"annotations":{"pv.kubernetes.io/bind-completed":"yes"})") + R"(},"spec":{"storageClassName":")" + className + R"(","accessModes":)" + modes +
        R"(,"resources":{"requests":{"storage":")" + size + "\"}}" + (volume.empty() ? "" : R"(,"volumeName":")" + volume + "\"") + "}}");
}

void volume(Scene& scene, const std::string& name, const std::string& className, const std::string& size, const std::string& key = "", const std::string& value = "", const std::string& boundTo = "",
            const std::string& modes = R"(["ReadWriteOnce"])") {
    scene.objects->volumes[name] = Scene::parse(
        R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":")" + name + R"("},"spec":{"storageClassName":")" + className + R"(","accessModes":)" + modes + R"(,"capacity":{"storage":")" + size + "\"}" +
        (key.empty() ? "" : R"(,"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":")" + key + R"(","operator":"In","values":[")" + value + R"("]}]}]}})") +
        (boundTo.empty() ? "" : R"(,"claimRef":{"namespace":"default","name":")" + boundTo + "\"}") + R"(},"status":{"phase":")" + (boundTo.empty() ? "Available" : "Bound") + "\"}}");
}

TEST(SmallestChangeOfVolumes, AnUnboundClaimIsMadeToSuitAVolumeOrGetsOne) {
    Scene scene;
    scene.node("a");
    storageClass(scene, "manual", "Immediate");
    claim(scene, "data", "manual", "10Gi", R"(["ReadWriteMany"])");
    volume(scene, "small", "manual", "5Gi");
    scene.wants("1", usesData);
    const auto report = scene.report();
    EXPECT_THAT(kinds(report), ElementsAre("ChangeClaim", "CreateVolume"));
    EXPECT_EQ(english(alternative(report, "ChangeClaim")),
              "Make the claim default/data again, asking for 5Gi instead of 10Gi and access mode ReadWriteOnce instead of ReadWriteMany: the PersistentVolume small suits it then.");
    EXPECT_EQ(english(alternative(report, "CreateVolume")), "Create a PersistentVolume for the claim default/data: 10Gi, ReadWriteMany, StorageClass manual, on Node a.");
    EXPECT_EQ(api::stringAt(alternative(report, "ChangeClaim").at("operations").at(0), {"verb"}), "Recreate");
    expectAllWork(scene);
}

TEST(SmallestChangeOfVolumes, AnotherStorageClassMakesTheVolumeWhereThePodGoes) {
    Scene scene;
    scene.node("a");
    storageClass(scene, "manual", "WaitForFirstConsumer");
    storageClass(scene, "standard", "WaitForFirstConsumer", "kubarium.dev/hostpath");
    claim(scene, "data", "manual", "1Gi");
    scene.wants("1", usesData);
    const auto report = scene.report("a");
    EXPECT_THAT(kinds(report), ElementsAre("ChangeClaim", "CreateVolume"));
    EXPECT_EQ(english(alternative(report, "ChangeClaim")), "Make the claim default/data again with StorageClass standard, which has its volume made where the Pod goes.");
    EXPECT_THAT(api::stringAt(alternative(report, "ChangeClaim").at("operations").at(0), {"kubectl"}), HasSubstr("kubectl replace --force -f -"));
    expectAllWork(scene, "a");
}

TEST(SmallestChangeOfVolumes, AMissingClaimIsCreated) {
    Scene scene;
    scene.node("a");
    storageClass(scene, "standard", "WaitForFirstConsumer", "kubarium.dev/hostpath");
    scene.wants("1", usesData);
    EXPECT_EQ(english(alternative(scene.report(), "CreateClaim")), "Create the claim default/data, which does not exist: 1Gi (or what you need) of StorageClass standard.");
    expectAllWork(scene);
}

TEST(SmallestChangeOfVolumes, AVolumeInAnotherZoneIsNotLiedAboutButAskedANodeFor) {
    Scene scene;
    scene.node("a", "4", R"({"topology.kubernetes.io/zone":"a"})");
    claim(scene, "data", "manual", "1Gi", R"(["ReadWriteOnce"])", "disk");
    volume(scene, "disk", "manual", "1Gi", "topology.kubernetes.io/zone", "b", "data");
    scene.wants("1", usesData);
    const auto report = scene.report();
    EXPECT_THAT(kinds(report), ElementsAre("AddNode"));
    EXPECT_THAT(english(alternative(report, "AddNode")), HasSubstr("topology.kubernetes.io/zone=b"));
    expectAllWork(scene);
}

TEST(SmallestChangeOfVolumes, ALabelOfOnesOwnBringsANodeIntoReach) {
    Scene scene;
    scene.node("a");
    claim(scene, "data", "manual", "1Gi", R"(["ReadWriteOnce"])", "disk");
    volume(scene, "disk", "manual", "1Gi", "san", "left", "data");
    scene.wants("1", usesData);
    EXPECT_EQ(english(alternative(scene.report("a"), "LabelNode")), "Label Node a with san=left.");
    expectAllWork(scene);
}

TEST(SmallestChangeOfVolumes, ANodeThatHoldsAllTheVolumesItMayGetsOneFree) {
    Scene scene;
    scene.node("a");
    storageClass(scene, "fast", "Immediate", "csi.example.com");
    for (const auto* name : {"data", "other"}) {
        claim(scene, name, "fast", "1Gi", R"(["ReadWriteOnce"])", std::string("pv-") + name);
        volume(scene, std::string("pv-") + name, "fast", "1Gi", "", "", name);
        auto tree = scene.objects->volumes[std::string("pv-") + name]->tree();
        tree["spec"].as_object()["csi"] = {{"driver", "csi.example.com"}, {"volumeHandle", name}};
        scene.objects->volumes[std::string("pv-") + name] = api::Object::make(std::move(tree));
    }
    scene.objects->csiNodes["a"] = Scene::parse(R"({"metadata":{"name":"a"},"spec":{"drivers":[{"name":"csi.example.com","nodeID":"a","allocatable":{"count":1}}]}})");
    scene.pod("holder", "a", "100m", "{}", R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"other"}}],)");
    scene.wants("1", usesData);
    EXPECT_THAT(kinds(scene.report("a")), ElementsAre("DeletePod"));
    expectAllWork(scene);
}

TEST(SmallestChangeOfVolumes, AClaimForOnePodIsFreedByThePodThatHasIt) {
    Scene scene;
    scene.node("a");
    claim(scene, "data", "manual", "1Gi", R"(["ReadWriteOncePod"])", "disk");
    volume(scene, "disk", "manual", "1Gi", "", "", "data", R"(["ReadWriteOncePod"])");
    scene.pod("holder", "a", "100m", "{}", usesData);
    scene.wants("1", usesData);
    EXPECT_THAT(kinds(scene.report("a")), ElementsAre("DeletePod"));
    expectAllWork(scene);
}

TEST(SmallestChangeOfVolumes, LessStorageIsAskedForWhereSomeIsLeft) {
    Scene scene;
    scene.node("a", "4", R"({"rack":"1"})");
    storageClass(scene, "fast", "WaitForFirstConsumer", "csi.example.com");
    scene.objects->csiDrivers["csi.example.com"] = Scene::parse(R"({"metadata":{"name":"csi.example.com"},"spec":{"storageCapacity":true}})");
    scene.objects->csiStorageCapacities["kube-system/c"] =
        Scene::parse(R"({"metadata":{"name":"c","namespace":"kube-system"},"storageClassName":"fast","capacity":"5Gi","nodeTopology":{"matchLabels":{"rack":"1"}}})");
    claim(scene, "data", "fast", "10Gi");
    scene.wants("1", usesData);
    EXPECT_EQ(english(alternative(scene.report("a"), "ChangeClaim")), "Make the claim default/data again, asking for 5Gi instead of 10Gi: so much storage is left there.");
    expectAllWork(scene);
}

// Claims, classes and volumes of all kinds, beside other obstacles.
TEST(SmallestChangeOfVolumes, EveryChangeOfferedWorksOnRandomClusters) {
    std::mt19937 random(7);
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    const auto pick = [&](std::initializer_list<const char*> list) { return std::string(list.begin()[below(static_cast<unsigned>(list.size()))]); };
    int offered = 0, ofVolumes = 0;
    for (int round = 0; round < 150 && !::testing::Test::HasFailure(); ++round) {
        SCOPED_TRACE(round);
        Scene scene;
        for (unsigned i = 0; i < 2 + below(4); ++i)
            scene.node("n" + std::to_string(i), pick({"1", "4"}), R"({"zone":")" + pick({"a", "b"}) + "\"}", below(4) ? "{}" : R"({"taints":[{"key":"t","effect":"NoSchedule"}]})");
        storageClass(scene, "manual", pick({"Immediate", "WaitForFirstConsumer"}));
        if (below(2)) storageClass(scene, "standard", "WaitForFirstConsumer", "kubarium.dev/hostpath", below(2) ? "" : R"("allowedTopologies":[{"matchLabelExpressions":[{"key":"zone","values":["a"]}]}],)");
        for (unsigned i = below(4); i > 0; --i)
            volume(scene, "v" + std::to_string(i), pick({"manual", "other"}), pick({"1Gi", "5Gi", "20Gi"}), below(2) ? "" : "zone", pick({"a", "b"}), "", pick({R"(["ReadWriteOnce"])", R"(["ReadWriteMany","ReadOnlyMany"])"}));
        if (below(6)) claim(scene, "data", pick({"manual", "standard", "none"}), pick({"1Gi", "10Gi"}), pick({R"(["ReadWriteOnce"])", R"(["ReadWriteMany"])"}));
        const bool two = below(3) == 0;
        if (two) claim(scene, "more", "manual", "2Gi");
        scene.wants(pick({"500m", "2"}), R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}})" + std::string(two ? R"(,{"name":"w","persistentVolumeClaim":{"claimName":"more"}})" : "") + "],");
        if (scene.decided().result == Decision::Result::Scheduled) continue;
        const auto report = scene.report();
        for (const auto& kind : kinds(report)) ofVolumes += kind.find("Claim") != std::string::npos || kind.find("Volume") != std::string::npos;
        offered += static_cast<int>(kinds(report).size());
        expectAllWork(scene);
        expectAllWork(scene, "n0");
    }
    // The test would prove nothing if hardly anything was offered.
    EXPECT_GT(offered, 150);
    EXPECT_GT(ofVolumes, 80);
}

}  // namespace
}  // namespace kubarium::scheduler
