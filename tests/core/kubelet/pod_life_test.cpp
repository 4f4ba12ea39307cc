#include "tests/core/kubelet/kubelet_fixture.h"

namespace kubarium::kubelet {
namespace {

class PodLife : public KubeletFixture {};

TEST_F(PodLife, ABoundPodBecomesRunningAndReady) {
    startKubelet();
    createPod("p");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 5s));
    EXPECT_EQ(phase("p"), "Running");
    EXPECT_EQ(condition("p", "PodReadyToStartContainers"), "True");
    EXPECT_EQ(condition("p", "Initialized"), "True");
    EXPECT_EQ(condition("p", "ContainersReady"), "True");
    EXPECT_EQ(condition("p", "PodScheduled"), "True");
    EXPECT_TRUE(container("p").ready);
    EXPECT_TRUE(container("p").started.value_or(false));
    EXPECT_TRUE(container("p").state->running);
    EXPECT_TRUE(container("p").containerID.starts_with("simulated://"));
    EXPECT_FALSE(status("p").podIP.empty());
    EXPECT_EQ(status("p").observedGeneration, 1);
    EXPECT_EQ(eventText("Pulled"), "Container image \"reg.local/busybox:1\" already present on machine");
    EXPECT_EQ(eventText("Created"), "Created container: c");
    EXPECT_EQ(eventText("Started"), "Started container c");
    EXPECT_EQ(events.back().fieldPath, "spec.containers{c}");
}

TEST_F(PodLife, DeletionStopsReportsAndConfirms) {
    startKubelet();
    createPod("p");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 5s));
    client.log.clear();
    deletePod("p", 5);
    ASSERT_TRUE(eventually([&] { return pod("p") == nullptr; }, 10s));
    EXPECT_EQ(eventText("Killing"), "Stopping container c");
    // The API's own delete, the terminal status, the confirmation.
    ASSERT_GE(client.log.size(), 3u);
    EXPECT_EQ(client.log.front(), "delete pods default/p");
    EXPECT_EQ(client.log.back(), "delete pods default/p");
    EXPECT_EQ(client.log[client.log.size() - 2], "update pods/status default/p");
    loop.advance(1s);
    EXPECT_EQ(kubelet->podCount(), 0u);
    EXPECT_EQ(simulated.containerCount(), 0u);
}

TEST_F(PodLife, AProcessThatIgnoresTermIsKilledWhenItsGraceIsOver) {
    startKubelet();
    createPod("p", "{}", "{}", R"({"annotations":{"simulated.kubarium.dev/ignore-term":"true"}})");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 5s));
    const auto begun = loop.monotonic();
    deletePod("p", 5);
    ASSERT_TRUE(eventually([&] { return pod("p") == nullptr; }, 10s));
    EXPECT_EQ(lastStatus("p").containerStatuses.at(0).state->terminated->exitCode, 137);
    EXPECT_EQ(lastStatus("p").phase, "Failed");
    EXPECT_GE(loop.monotonic() - begun, 5s);
    EXPECT_LT(loop.monotonic() - begun, 6s);
}

TEST_F(PodLife, AFailingContainerIsRestartedAtOnceAndThenBacksOff) {
    startKubelet();
    createPod("p", R"({"command":["sh","-c","sleep 1; exit 3"]})");
    ASSERT_TRUE(eventually([&] { return pod("p") && !status("p").containerStatuses.empty() && container("p").restartCount == 1; }, 5s));
    ASSERT_TRUE(eventually([&] { return container("p").state->terminated.has_value(); }, 5s));
    EXPECT_EQ(container("p").lastState->terminated->exitCode, 3);
    EXPECT_EQ(container("p").lastState->terminated->reason, "Error");
    EXPECT_EQ(phase("p"), "Running");
    const auto ended = loop.monotonic();
    ASSERT_TRUE(eventually([&] { return container("p").state->waiting.has_value(); }, 20s));
    // As the real one: the status says so only at the next sync.
    EXPECT_GE(loop.monotonic() - ended, 9s);
    EXPECT_EQ(container("p").state->waiting->reason, "CrashLoopBackOff");
    EXPECT_TRUE(container("p").state->waiting->message.starts_with("back-off 10s restarting failed container=c pod=p_default("));
    ASSERT_TRUE(eventually([&] { return container("p").restartCount == 2; }, 20s));
    ASSERT_TRUE(eventually([&] { return container("p").state->waiting && container("p").state->waiting->message.starts_with("back-off 20s"); }, 30s));
    ASSERT_TRUE(eventually([&] { return container("p").restartCount == 3; }, 60s));
    EXPECT_GE(eventCount("BackOff"), 2);
    EXPECT_TRUE(eventText("BackOff").starts_with("Back-off restarting failed container c in pod p_default("));
}

TEST_F(PodLife, UnderNeverThePodEndsWithItsContainers) {
    startKubelet();
    createPod("good", R"({"command":["sh","-c","sleep 1; exit 0"]})", R"({"restartPolicy":"Never"})");
    createPod("bad", R"({"command":["sh","-c","sleep 1; exit 4"]})", R"({"restartPolicy":"Never"})");
    ASSERT_TRUE(eventually([&] { return phase("good") == "Succeeded" && phase("bad") == "Failed"; }, 10s));
    EXPECT_EQ(condition("good", "Ready"), "False:PodCompleted");
    EXPECT_EQ(condition("good", "Initialized"), "True:PodCompleted");
    EXPECT_EQ(condition("good", "PodReadyToStartContainers"), "False");
    EXPECT_EQ(condition("bad", "Ready"), "False:PodFailed");
    EXPECT_EQ(container("bad").state->terminated->exitCode, 4);
    EXPECT_FALSE(status("good").podIP.empty());
}

TEST_F(PodLife, ReadinessFollowsItsProbe) {
    startKubelet();
    createPod("p", R"({"readinessProbe":{"httpGet":{"path":"/","port":8080},"periodSeconds":2}})", "{}",
              R"({"annotations":{"simulated.kubarium.dev/ready-after-seconds":"5"}})");
    ASSERT_TRUE(eventually([&] { return phase("p") == "Running"; }, 5s));
    EXPECT_EQ(condition("p", "Ready"), "False:ContainersNotReady");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 20s));
    EXPECT_TRUE(eventText("Unhealthy").starts_with("Readiness probe failed: Get \"http://10."));
    EXPECT_TRUE(eventText("Unhealthy").ends_with(":8080/\": dial tcp " + status("p").podIP + ":8080: connect: connection refused"));
}

TEST_F(PodLife, AFailedLivenessProbeRestartsTheContainer) {
    startKubelet();
    createPod("p", R"({"livenessProbe":{"exec":{"command":["false"]},"periodSeconds":1,"failureThreshold":3}})");
    ASSERT_TRUE(eventually([&] { return pod("p") && !status("p").containerStatuses.empty() && container("p").restartCount == 1; }, 60s));
    EXPECT_GE(eventCount("Unhealthy"), 3);
    EXPECT_EQ(eventText("Killing"), "Container c failed liveness probe, will be restarted");
    EXPECT_EQ(container("p").lastState->terminated->exitCode, 137);
}

TEST_F(PodLife, AHookThatCannotRunSaysWhy) {
    startKubelet();
    const auto messageOf = [&](const std::string& name) -> std::string {
        if (!pod(name) || status(name).containerStatuses.empty()) return "";
        const auto& state = container(name).state;
        return state && state->waiting && state->waiting->reason == "PostStartHookError" ? state->waiting->message : "";
    };
    createPod("tcp", R"({"lifecycle":{"postStart":{"tcpSocket":{"port":99}}}})");
    createPod("named", R"({"lifecycle":{"postStart":{"httpGet":{"path":"/x","port":"nosuch"}}}})");
    ASSERT_TRUE(eventually([&] { return !messageOf("tcp").empty() && !messageOf("named").empty(); }, 60s)) << messageOf("tcp") << messageOf("named");
    EXPECT_EQ(messageOf("tcp"), "Cannot run handler: invalid handler: &LifecycleHandler{Exec:nil,HTTPGet:nil,TCPSocket:&TCPSocketAction{Port:{0 99 },Host:,},Sleep:nil,}");
    EXPECT_TRUE(messageOf("named").starts_with("HTTP lifecycle hook (/x) for Container \"c\" in Pod \"named_default(")) << messageOf("named");
    EXPECT_TRUE(messageOf("named").ends_with("failed - error: strconv.Atoi: parsing \"nosuch\": invalid syntax")) << messageOf("named");
}

TEST_F(PodLife, ReadinessWaitsForTheStartupProbe) {
    startKubelet();
    createPod("p", R"({"startupProbe":{"exec":{"command":["true"]},"periodSeconds":1,"failureThreshold":20}})", "{}",
              R"({"annotations":{"simulated.kubarium.dev/ready-after-seconds":"6"}})");
    ASSERT_TRUE(eventually([&] { return phase("p") == "Running"; }, 5s));
    EXPECT_FALSE(container("p").started.value_or(true));
    EXPECT_FALSE(container("p").ready);
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 20s));
    EXPECT_EQ(container("p").restartCount, 0);
}

TEST_F(PodLife, InitContainersRunOneAfterTheOtherAndSidecarsStay) {
    startKubelet();
    createPod("p", "{}", R"({"initContainers":[
        {"name":"i1","image":"reg.local/busybox:1","command":["sh","-c","sleep 1; exit 0"]},
        {"name":"s1","image":"reg.local/busybox:1","command":["sh","-c","sleep 3600"],"restartPolicy":"Always"},
        {"name":"i2","image":"reg.local/busybox:1","command":["sh","-c","sleep 1; exit 0"]}]})");
    ASSERT_TRUE(eventually([&] { return pod("p") && status("p").initContainerStatuses.size() == 3 && status("p").initContainerStatuses[0].state->running; }, 5s));
    EXPECT_EQ(condition("p", "Initialized"), "False:ContainersNotInitialized");
    EXPECT_EQ(phase("p"), "Pending");
    EXPECT_EQ(container("p").state->waiting->reason, "PodInitializing");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    EXPECT_TRUE(status("p").initContainerStatuses[1].state->running);
    EXPECT_EQ(status("p").initContainerStatuses[2].state->terminated->reason, "Completed");
    EXPECT_TRUE(status("p").initContainerStatuses[2].ready);
}

TEST_F(PodLife, ItsRuntimeClassMustExist) {
    startKubelet();
    createPod("p", "{}", R"({"runtimeClassName":"fast"})");
    ASSERT_TRUE(eventually([&] { return eventCount("FailedCreatePodSandBox") == 1; }, 5s));
    EXPECT_EQ(eventText("FailedCreatePodSandBox"), "Failed to create pod sandbox: runtimeclass.node.k8s.io \"fast\" not found");
    client.put({"node.k8s.io", "v1", "runtimeclasses"}, testing::parseObject(R"({"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"fast"},"handler":"runc"})"));
    EXPECT_TRUE(eventually([&] { return ready("p"); }, 30s));
}

TEST_F(PodLife, WhatWasToBeSaidBeforeTheEndIsSaid) {
    startKubelet();
    createPod("p", R"({"command":["sh","-c","sleep 3; exit 0"]})",
              R"({"restartPolicy":"Never","initContainers":[{"name":"side","image":"reg.local/busybox:1","restartPolicy":"Always","command":["sh","-c","sleep 3600"]}]})");
    ASSERT_TRUE(eventually([&] { return phase("p") == "Succeeded"; }, 60s));
    // The Pod that finished by itself is still Running when its sidecar and sandbox have been stopped.
    const auto stopped = [](const ObjectPtr& state) {
        const auto& shown = state->as<api::Pod>().status;
        const auto is = [&](const char* type, const char* status, const char* reason) {
            return std::ranges::any_of(shown.conditions, [&](const auto& entry) { return entry.type == type && entry.status == status && entry.reason == reason; });
        };
        return shown.phase == "Running" && is("PodReadyToStartContainers", "False", "") && is("Ready", "False", "PodCompleted");
    };
    EXPECT_TRUE(std::ranges::any_of(history["p"], stopped));
}

TEST_F(PodLife, TheNodeRefusesWhatItCannotTake) {
    startKubelet({.name = "node1", .cpu = "2", .memory = "4Gi"});
    createPod("cpu", R"({"resources":{"requests":{"cpu":"50"}}})");
    createPod("sel", "{}", R"({"nodeSelector":{"disk":"ssd"}})");
    ASSERT_TRUE(eventually([&] { return phase("cpu") == "Failed" && phase("sel") == "Failed"; }, 5s));
    EXPECT_EQ(status("cpu").reason, "OutOfcpu");
    EXPECT_EQ(status("cpu").message, "Pod was rejected: Node didn't have enough resource: cpu, requested: 50000, used: 0, capacity: 2000");
    EXPECT_TRUE(status("cpu").conditions.empty());
    EXPECT_EQ(status("sel").message, "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
    EXPECT_EQ(eventText("NodeAffinity"), "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
}

TEST_F(PodLife, ASandboxThatCannotBeIsNotAskedFor) {
    startKubelet();
    createPod("users", "{}", R"({"hostUsers":false})");
    ASSERT_TRUE(eventually([&] { return eventCount("FailedCreatePodSandBox") > 0; }, 5s));
    EXPECT_EQ(eventText("FailedCreatePodSandBox"), "Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces: the handler \"\" is not known");
    EXPECT_EQ(phase("users"), "Pending");
    events.clear();
    createPod("long", "{}", R"({"hostname":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","subdomain":"s","setHostnameAsFQDN":true})");
    ASSERT_TRUE(eventually([&] { return eventCount("FailedCreatePodSandBox") > 0; }, 5s));
    EXPECT_EQ(eventText("FailedCreatePodSandBox"), "Failed to create pod sandbox: failed to construct FQDN from pod hostname and cluster domain, FQDN "
                                                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.s.default.svc.cluster.local is too long (64 characters is the max, 68 characters requested)");
}

TEST_F(PodLife, APoweredOffNodeStartsItsPodsAgainWhenItComesBack) {
    startKubelet();
    createPod("p");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 5s));
    kubelet->setPowered(false);
    simulated.loseEverything();
    loop.advance(30s);
    kubelet->setPowered(true);
    ASSERT_TRUE(eventually([&] { return container("p").restartCount == 1 && ready("p"); }, 30s));
    EXPECT_EQ(container("p").lastState->terminated->exitCode, 255);
    EXPECT_EQ(eventText("SandboxChanged"), "Pod sandbox changed, it will be killed and re-created.");
}

TEST_F(PodLife, APartitionedNodeReportsWhatItMissedWhenItIsBack) {
    startKubelet();
    createPod("p", R"({"command":["sh","-c","sleep 20; exit 0"]})", R"({"restartPolicy":"Never"})");
    createPod("q");
    ASSERT_TRUE(eventually([&] { return ready("p") && ready("q"); }, 5s));
    kubelet->setReachable(false);
    deletePod("q", 1);
    loop.advance(60s);
    EXPECT_EQ(phase("p"), "Running");
    EXPECT_NE(pod("q"), nullptr);
    kubelet->setReachable(true);
    EXPECT_TRUE(eventually([&] { return phase("p") == "Succeeded" && pod("q") == nullptr; }, 30s));
}

TEST_F(PodLife, TheNodeIsRegisteredAndItsLeaseRenewed) {
    startKubelet({.name = "node1", .cpu = "2", .memory = "4Gi", .simulated = true});
    const auto node = client.find(resources::nodes, "node1");
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->label("kubernetes.io/hostname"), "node1");
    EXPECT_EQ(node->label("kubarium.dev/simulated"), "true");
    EXPECT_EQ(node->string({"status", "capacity", "cpu"}), "2");
    EXPECT_EQ(node->string({"status", "nodeInfo", "containerRuntimeVersion"}), "simulated://0.1.0");
    loop.advance(5s);
    const auto before = client.find(resources::leases, "kube-node-lease/node1");
    ASSERT_NE(before, nullptr);
    loop.advance(15s);
    const auto after = client.find(resources::leases, "kube-node-lease/node1");
    EXPECT_GT(after->string({"spec", "renewTime"}), before->string({"spec", "renewTime"}));
}

}  // namespace
}  // namespace kubarium::kubelet
