// The scheduler at work on a client: what it writes, when it waits, and what wakes a Pod.
#include "core/scheduler/scheduler.h"
#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

namespace resources = api::resources;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SchedulerAtWork : public ::testing::Test {
protected:
    void start() {
        scheduler.start();
        informers.start();
        loop.runReady();
        loop.advance(100ms);
    }
    void node(const std::string& name, const std::string& cpu = "1", const std::string& labels = "{}") {
        client.put(resources::nodes, testing::parseObject(fmt::format(
                                         R"({{"apiVersion":"v1","kind":"Node","metadata":{{"name":"{}","labels":{}}},"status":{{"allocatable":{{"cpu":"{}","memory":"1Gi","pods":"10"}}}}}})", name, labels, cpu)));
        loop.runReady();
    }
    void pod(const std::string& name, const std::string& cpu, const std::string& spec = "") {
        client.put(resources::pods, testing::parseObject(fmt::format(
                                        R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{0}","namespace":"default","uid":"{0}"}},"spec":{{"containers":[{{"name":"c","resources":{{"requests":{{"cpu":"{1}"}}}}}}]{2}}}}})",
                                        name, cpu, spec)));
        loop.runReady();
    }
    std::string nodeOf(const std::string& name) { return std::string(client.find(resources::pods, "default/" + name)->string({"spec", "nodeName"})); }
    std::string condition(const std::string& name) {
        const auto found = client.find(resources::pods, "default/" + name);
        const auto* conditions = found->find({"status", "conditions"});
        return conditions ? std::string(api::stringAt(conditions->as_array().at(0), {"message"})) : std::string();
    }
    int attempts(const std::string& name) const {
        return static_cast<int>(std::ranges::count(scheduler.decisions().all(), name, [](const auto& record) { return record->pod->name; }));
    }
    void waitingClaim() {
        client.put({"storage.k8s.io", "v1", "storageclasses"}, testing::parseObject(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"late"},"provisioner":"disk.example","volumeBindingMode":"WaitForFirstConsumer"})"));
        claim("{}", "");
    }
    void claim(const std::string& annotations, const std::string& volume) {
        client.put(resources::persistentVolumeClaims, testing::parseObject(fmt::format(
            R"({{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{{"name":"data","namespace":"default","uid":"data","annotations":{}}},"spec":{{"storageClassName":"late","volumeName":"{}","resources":{{"requests":{{"storage":"1Gi"}}}}}}}})",
            annotations, volume)));
        loop.runReady();
    }
    static constexpr const char* withClaim = R"(,"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}])";
    std::string selectedNode() { return std::string(client.find(resources::persistentVolumeClaims, "default/data")->annotation("volume.kubernetes.io/selected-node")); }

    SimulatedLoop loop;
    testing::MemoryClient client{loop, loop, loop.random()};
    client::InformerFactory informers{client, loop};
    Scheduler scheduler{loop, loop, loop.random(), client, informers, {}};
};

TEST_F(SchedulerAtWork, OnlyAnEventThatCanHelpWakesAPod) {
    start();
    node("a");
    pod("big", "2");
    EXPECT_THAT(condition("big"), HasSubstr("Insufficient cpu"));
    ASSERT_EQ(attempts("big"), 1);
    node("a", "1", R"({"disk":"fast"})");
    loop.advance(20s);
    EXPECT_EQ(attempts("big"), 1) << "a label brings no CPU";
    node("a", "1500m");
    loop.advance(20s);
    EXPECT_EQ(attempts("big"), 1) << "still too small";
    node("a", "4");
    loop.advance(1s);
    EXPECT_EQ(nodeOf("big"), "a");
}

TEST_F(SchedulerAtWork, WithoutAnEventAPodIsTriedAgainAfterFiveMinutes) {
    start();
    node("a");
    pod("big", "2");
    loop.advance(5min - 31s);
    ASSERT_EQ(attempts("big"), 1);
    loop.advance(62s);
    EXPECT_EQ(attempts("big"), 2);
}

TEST_F(SchedulerAtWork, AGatedPodWaitsForItsGatesAlone) {
    start();
    node("a");
    pod("gated", "1", R"(,"schedulingGates":[{"name":"example.com/wait"}])");
    node("b");
    EXPECT_EQ(attempts("gated"), 0);
    EXPECT_EQ(scheduler.waiting().gated, 1u);
    pod("gated", "1");
    EXPECT_NE(nodeOf("gated"), "");
}

TEST_F(SchedulerAtWork, APodWithResourceClaimsIsToldThatTheyNeverCome) {
    start();
    node("a");
    pod("gpu", "1", R"(,"resourceClaims":[{"name":"card","resourceClaimName":"card"}])");
    EXPECT_EQ(attempts("gpu"), 0);
    EXPECT_THAT(condition("gpu"), HasSubstr("DynamicResources is absent"));
}

TEST_F(SchedulerAtWork, APodIsBoundOnceItsVolumeIs) {
    waitingClaim();
    start();
    node("a");
    pod("p", "1", withClaim);
    EXPECT_EQ(selectedNode(), "a");
    loop.advance(1min);
    EXPECT_EQ(nodeOf("p"), "") << "the volume is not there yet";
    claim(R"({"volume.kubernetes.io/selected-node":"a","pv.kubernetes.io/bind-completed":"yes"})", "disk");
    EXPECT_EQ(nodeOf("p"), "") << "the volume has not been seen yet";
    client.put(resources::persistentVolumes, testing::parseObject(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"disk"},"spec":{}})"));
    loop.runReady();
    EXPECT_EQ(nodeOf("p"), "a");
}

TEST_F(SchedulerAtWork, AProvisionerThatFailsSendsThePodBack) {
    waitingClaim();
    start();
    node("a");
    pod("p", "1", withClaim);
    ASSERT_EQ(selectedNode(), "a");
    claim(R"({"other":"1"})", "");
    EXPECT_THAT(condition("p"), HasSubstr("running PreBind plugin \"VolumeBinding\": binding volumes: provisioning failed for PVC \"data\""));
    loop.advance(2s);
    EXPECT_EQ(selectedNode(), "a") << "it is tried again";
}

TEST_F(SchedulerAtWork, WhatOnePodReservedIsNotGivenToTheNext) {
    client.put({"storage.k8s.io", "v1", "storageclasses"}, testing::parseObject(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"late"},"provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"WaitForFirstConsumer"})"));
    claim("{}", "");
    client.put(resources::persistentVolumeClaims, testing::parseObject(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"more","namespace":"default","uid":"more"},"spec":{"storageClassName":"late","resources":{"requests":{"storage":"1Gi"}}}})"));
    client.put(resources::persistentVolumes, testing::parseObject(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"only"},"spec":{"storageClassName":"late","capacity":{"storage":"1Gi"}},"status":{"phase":"Available"}})"));
    start();
    node("a", "4");
    pod("first", "1", withClaim);
    const auto volume = client.find(resources::persistentVolumes, "only");
    EXPECT_EQ(volume->string({"spec", "claimRef", "name"}), "data");
    EXPECT_EQ(volume->annotation("pv.kubernetes.io/bound-by-controller"), "yes");
    pod("second", "1", R"(,"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"more"}}])");
    EXPECT_THAT(condition("second"), HasSubstr("didn't find available persistent volumes to bind"));
}

TEST_F(SchedulerAtWork, ProfilesComeAndGoWithTheConfiguration) {
    start();
    node("a", "4");
    pod("other", "1", R"(,"schedulerName":"other")");
    EXPECT_EQ(nodeOf("other"), "");
    scheduler.setConfiguration(*parseConfigurationText("apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [{schedulerName: other}]"));
    loop.runReady();
    EXPECT_EQ(nodeOf("other"), "a");
    pod("mine", "1");
    EXPECT_EQ(nodeOf("mine"), "") << "nobody schedules for default-scheduler any more";
}

TEST_F(SchedulerAtWork, OneThatDoesNotLeadDecidesNothing) {
    scheduler.setActive(false);
    start();
    node("a");
    pod("p", "1");
    EXPECT_EQ(nodeOf("p"), "");
    scheduler.setActive(true);
    loop.runReady();
    EXPECT_EQ(nodeOf("p"), "a");
}

}  // namespace
}  // namespace kubarium::scheduler
