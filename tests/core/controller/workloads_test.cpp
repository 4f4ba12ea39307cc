// Deployments and ReplicaSets end to end, on a MemoryClient in virtual time.
#include "tests/core/controller/control_plane.h"

namespace kubarium::controller {
namespace {

class Workloads : public ControlPlane {
protected:
    Workloads() { addNodes(3); }
};

TEST_F(Workloads, aDeploymentGetsOneReplicaSetAndItsPods) {
    deploy(3);
    ASSERT_TRUE(available(3));
    EXPECT_EQ(client.all(resources::replicaSets).size(), 1U);
    EXPECT_EQ(condition(deployment(), "Available"), "True");
    EXPECT_EQ(condition(deployment(), "Progressing", "reason"), "NewReplicaSetAvailable");
    EXPECT_EQ(deployment()->annotation("deployment.kubernetes.io/revision"), "1");
    EXPECT_EQ(events("ScalingReplicaSet", "from 0 to 3"), 1);
    EXPECT_EQ(events("SuccessfulCreate"), 3);
}

TEST_F(Workloads, aDeletedPodIsReplacedBeforeItIsGone) {
    deploy(2);
    ASSERT_TRUE(available(2));
    const auto victim = runningPods()[0];
    client.remove(resources::pods, "default", std::string(victim->name()), {}, [](Result<json::value>) {});
    ASSERT_TRUE(loop.runUntil([&] { return client.all(resources::pods).size() == 3; }, 1s));
    ASSERT_TRUE(loop.runUntil([&] { return runningPods().size() == 2 && client.all(resources::pods).size() == 2; }, 10s));
    EXPECT_EQ(client.find(resources::pods, victim->key()), nullptr);
}

TEST_F(Workloads, aRollingUpdateNeverLeavesItsBounds) {
    deploy(10);
    ASSERT_TRUE(available(10));
    setImage("web:2");
    int most = 0, least = 100;
    ASSERT_TRUE(loop.runUntil([&] {
        int pods = 0, ready = 0;
        for (const auto& pod : client.all(resources::pods)) {
            if (pod->deleting() || pod->string({"status", "phase"}) == "Succeeded") continue;
            ++pods;
            if (condition(pod, "Ready") == "True") ++ready;
        }
        most = std::max(most, pods);
        least = std::min(least, ready);
        return status("updatedReplicas") == 10 && status("availableReplicas") == 10 && status("replicas") == 10;
    }));
    EXPECT_LE(most, 13);
    EXPECT_GE(least, 8);
    EXPECT_EQ(deployment()->annotation("deployment.kubernetes.io/revision"), "2");
}

TEST_F(Workloads, goingBackReusesTheOldReplicaSetAndCountsOn) {
    deploy(2);
    ASSERT_TRUE(available(2));
    setImage("web:2");
    ASSERT_TRUE(loop.runUntil([&] { return status("updatedReplicas") == 2 && status("replicas") == 2 && status("availableReplicas") == 2; }));
    setImage("web:1");
    ASSERT_TRUE(loop.runUntil([&] { return deployment()->annotation("deployment.kubernetes.io/revision") == "3"; }));
    ASSERT_TRUE(available(2));
    EXPECT_EQ(client.all(resources::replicaSets).size(), 2U);
    bool found = false;
    for (const auto& set : client.all(resources::replicaSets))
        found = found || set->annotation("deployment.kubernetes.io/revision-history") == "1";
    EXPECT_TRUE(found);
}

TEST_F(Workloads, oldReplicaSetsBeyondTheLimitAreRemoved) {
    deploy(1);
    ASSERT_TRUE(available(1));
    for (int i = 2; i <= 6; ++i) {
        const auto image = "web:" + std::to_string(i);
        setImage(image);
        ASSERT_TRUE(loop.runUntil([&] {
            return deployment()->annotation("deployment.kubernetes.io/revision") == std::to_string(i) && status("updatedReplicas") == 1 && status("replicas") == 1;
        }));
    }
    EXPECT_TRUE(loop.runUntil([&] { return client.all(resources::replicaSets).size() == 3; }, 5s));  // the limit is 2, and the new one
}

TEST_F(Workloads, aPausedDeploymentRollsNothingOutUntilItIsResumed) {
    deploy(2);
    ASSERT_TRUE(available(2));
    edit("spec.paused", true);
    setImage("web:2");
    loop.advance(5s);
    EXPECT_EQ(client.all(resources::replicaSets).size(), 1U);
    EXPECT_EQ(condition(deployment(), "Progressing", "reason"), "DeploymentPaused");
    edit("spec.replicas", 3);
    ASSERT_TRUE(available(3));
    edit("spec.paused", nullptr);
    EXPECT_TRUE(loop.runUntil([&] { return status("updatedReplicas") == 3 && status("replicas") == 3; }));
}

TEST_F(Workloads, recreateStopsEveryOldPodBeforeTheFirstNewOne) {
    deploy(3, "web:1", R"({"type":"Recreate"})");
    ASSERT_TRUE(available(3));
    setImage("web:2");
    bool mixed = false;
    ASSERT_TRUE(loop.runUntil([&] {
        std::set<std::string> images;
        for (const auto& pod : client.all(resources::pods))
            images.insert(std::string(pod->find({"spec", "containers"})->as_array()[0].as_object().at("image").as_string()));
        mixed = mixed || images.size() > 1;
        return status("updatedReplicas") == 3 && status("availableReplicas") == 3;
    }));
    EXPECT_FALSE(mixed);
}

TEST_F(Workloads, aRolloutThatMovesNotAtAllExceedsItsDeadline) {
    nodeNames.clear();  // nothing is scheduled
    deploy(1);
    ASSERT_TRUE(loop.runUntil([&] { return condition(deployment(), "Progressing", "reason") == "ProgressDeadlineExceeded"; }, 20min));
    EXPECT_EQ(condition(deployment(), "Progressing"), "False");
}

TEST_F(Workloads, aQuotaThatRefusesPodsIsRetriedSlowlyAndReported) {
    client.failWrites(0, {});
    deploy(1);
    ASSERT_TRUE(available(1));
    loop.advance(1s);
    const auto before = client.log.size();
    edit("spec.replicas", 4);
    loop.runUntil([&] { return events("ScalingReplicaSet", "to 4") == 1; }, 1s);
    EXPECT_TRUE(available(4));
    EXPECT_LT(client.log.size() - before, 60U);
}

TEST_F(Workloads, aReplicaSetAdoptsWhatMatchesAndReleasesWhatNoLongerDoes) {
    deploy(2);
    ASSERT_TRUE(available(2));
    const auto pod = runningPods()[0];
    json::value patch = json::object{{"metadata", json::object{{"labels", json::object{{"app", "other"}}}}}};
    client.patch(resources::pods, "default", std::string(pod->name()), client::PatchType::Merge, patch, {}, [](Result<ObjectPtr>) {});
    ASSERT_TRUE(loop.runUntil([&] { return runningPods().size() == 3; }, 5s));
    const auto* owners = client.find(resources::pods, pod->key())->find({"metadata", "ownerReferences"});
    EXPECT_TRUE(!owners || owners->as_array().empty());
}

TEST_F(Workloads, aPausedManagerDoesNothingAndAStepDoesOneReconcile) {
    ASSERT_TRUE(loop.runUntil([&] { return manager.idle(); }, 5s));
    manager.setPaused(true);
    deploy(1);
    loop.advance(2s);
    EXPECT_TRUE(client.all(resources::replicaSets).empty());
    EXPECT_TRUE(manager.step());
    loop.advance(1s);
    EXPECT_EQ(client.all(resources::replicaSets).size(), 1U);
    EXPECT_TRUE(client.all(resources::pods).empty());
    EXPECT_FALSE(manager.activity().latest().empty());
    manager.setPaused(false);
    EXPECT_TRUE(available(1));
}

}  // namespace
}  // namespace kubarium::controller
