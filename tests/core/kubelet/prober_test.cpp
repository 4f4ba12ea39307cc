#include "core/kubelet/prober.h"

#include "tests/core/kubelet/forwarding_runtime.h"
#include "tests/core/kubelet/kubelet_fixture.h"

namespace kubarium::kubelet {
namespace {

class Probing : public KubeletFixture {
protected:
    // The second of each such Event's first appearance after `begun`.
    std::vector<int> secondsOf(const std::string& reason, Duration most) {
        std::vector<int> seconds;
        for (Duration passed{}; passed < most; passed += 1s) {
            const auto before = eventCount(reason);
            loop.advance(1s);
            if (eventCount(reason) > before) seconds.push_back(static_cast<int>(passed / 1s) + 1);
        }
        return seconds;
    }
};

TEST_F(Probing, LivenessIsAskedInPeriodsFromTheBeginningOfThePodAlsoWhileItsContainerIsRestarted) {
    startKubelet();
    createPod("p", R"({"livenessProbe":{"exec":{"command":["false"]},"periodSeconds":10,"failureThreshold":2},"command":["sh","-c","trap 'exit 0' TERM; sleep 3600"]})");
    loop.advance(500ms);
    EXPECT_EQ(secondsOf("Unhealthy", 45s), (std::vector<int>{10, 20, 30, 40}));
}

TEST_F(Probing, ReadinessIsAskedAtOnceAndThenInPeriodsFromThere) {
    startKubelet();
    createPod("now", R"({"readinessProbe":{"exec":{"command":["true"]},"periodSeconds":60}})");
    createPod("later", R"({"readinessProbe":{"exec":{"command":["true"]},"periodSeconds":10,"initialDelaySeconds":5}})");
    ASSERT_TRUE(eventually([&] { return ready("now"); }, 2s));
    loop.advance(7s);
    EXPECT_FALSE(ready("later")) << "the first period after the delay";
    ASSERT_TRUE(eventually([&] { return ready("later"); }, 4s));
}

TEST_F(Probing, ReadinessIsAskedAtOnceWhenTheContainerHasStartedUp) {
    startKubelet();
    createPod("p", R"({"startupProbe":{"exec":{"command":["true"]},"periodSeconds":20},"readinessProbe":{"exec":{"command":["true"]},"periodSeconds":60}})");
    loop.advance(19s);
    EXPECT_FALSE(*container("p").started);
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 3s));
}

TEST_F(Probing, FailuresBeforeACrashCountAfterIt) {
    startKubelet();
    createPod("p", R"({"livenessProbe":{"exec":{"command":["false"]},"periodSeconds":10,"failureThreshold":3},"command":["sh","-c","sleep 25; exit 1"]})");
    ASSERT_TRUE(eventually([&] { return eventCount("Killing") > 0; }, 60s));
    EXPECT_EQ(eventCount("Unhealthy"), 3);
    EXPECT_EQ(container("p").restartCount, 1);
}

// As with doBackOff: what counts is the instance that had ended before the one that is killed.
TEST_F(Probing, ACondemnedContainerIsStartedAgainAtOnceTwiceAndThenBackedOff) {
    startKubelet();
    createPod("p", R"({"livenessProbe":{"exec":{"command":["false"]},"periodSeconds":1,"failureThreshold":2},"command":["sh","-c","trap 'exit 0' TERM; sleep 3600"]})");
    ASSERT_TRUE(eventually([&] { return eventCount("Killing") == 2; }, 10s));
    loop.advance(500ms);
    EXPECT_EQ(container("p").restartCount, 2);
    EXPECT_TRUE(container("p").state->running);
    EXPECT_EQ(eventCount("BackOff"), 0);
    EXPECT_EQ(eventText("Killing"), "Container c failed liveness probe, will be restarted");
    for (const auto& state : history["p"]) {
        const auto& statuses = state->as<api::Pod>().status.containerStatuses;
        EXPECT_FALSE(!statuses.empty() && statuses[0].state->terminated) << "its end is not reported, but as what was before";
    }
    ASSERT_TRUE(eventually([&] { return container("p").state->waiting && container("p").state->waiting->reason == "CrashLoopBackOff"; }, 6s));
    EXPECT_GE(eventCount("BackOff"), 1);
}

TEST_F(Probing, WithoutRestartsACondemnedContainerIsTheEndOfItsPod) {
    startKubelet();
    createPod("p", R"({"livenessProbe":{"exec":{"command":["false"]},"periodSeconds":1,"failureThreshold":1},"command":["sh","-c","trap 'exit 1' TERM; sleep 3600"]})", R"({"restartPolicy":"Never"})");
    ASSERT_TRUE(eventually([&] { return phase("p") == "Failed"; }, 10s));
    EXPECT_EQ(eventText("Killing"), "Container c failed liveness probe");
    EXPECT_EQ(container("p").restartCount, 0);
}

TEST_F(Probing, AnotherImageIsStartedWhateverTheRestartPolicy) {
    startKubelet();
    createPod("p", R"({"command":["sh","-c","trap 'exit 1' TERM; sleep 3600"]})", R"({"restartPolicy":"Never"})");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    auto changed = pod("p")->tree();
    changed["spec"].at("containers").at(0).as_object()["image"] = "reg.local/web:1";
    client.put(resources::pods, std::move(changed));
    ASSERT_TRUE(eventually([&] { return container("p").restartCount == 1 && ready("p"); }, 10s));
    EXPECT_EQ(eventText("Killing"), "Container c definition changed, will be restarted");
}

TEST_F(Probing, OfASidecarItIsNotSaidThatItWillBeRestarted) {
    startKubelet();
    createPod("p", "{}", R"({"initContainers":[{"name":"s","image":"reg.local/busybox:1","imagePullPolicy":"IfNotPresent","restartPolicy":"Always",
        "command":["sh","-c","trap 'exit 0' TERM; sleep 3600"],"livenessProbe":{"exec":{"command":["false"]},"periodSeconds":1,"failureThreshold":2}}]})");
    ASSERT_TRUE(eventually([&] { return status("p").initContainerStatuses.size() == 1 && status("p").initContainerStatuses[0].restartCount == 1; }, 10s));
    EXPECT_EQ(eventText("Killing"), "Init container s failed liveness probe");
}

TEST_F(Probing, TheCommandOfAProbeHasTheContainersOwnVariables) {
    startKubelet();
    createPod("p", R"j({"env":[{"name":"OUTCOME","value":"false"}],"livenessProbe":{"exec":{"command":["$(OUTCOME)"]},"periodSeconds":1}})j");
    EXPECT_TRUE(eventually([&] { return eventCount("Unhealthy") > 0; }, 5s));
}

// Cannot run a command until it is mended.
class BrokenRuntime final : public ForwardingRuntime {
public:
    BrokenRuntime(SimulatedRuntime& inner, Executor& executor) : ForwardingRuntime(inner), executor_(executor) {}

    int tries = 0;
    int mendedAfter = 1000;

    std::unique_ptr<ExecSession> exec(const std::string& id, ExecOptions options, ExecHandlers handlers) override {
        if (++tries > mendedAfter) return inner_.exec(id, std::move(options), std::move(handlers));
        executor_.post([ended = std::move(handlers.onExit)]() mutable { ended(internalError("no process")); });
        return nullptr;
    }

private:
    Executor& executor_;
};

class ProbingInVain : public Probing {
protected:
    ProbingInVain() { runtime = &broken; }
    ~ProbingInVain() override { kubelet.reset(); }  // before its runtime

    BrokenRuntime broken{simulated, loop};
};

// As with maxProbeRetries.
TEST_F(ProbingInVain, AProbeThatCannotBeRunIsTriedThreeTimesAndCountsForNothing) {
    startKubelet();
    createPod("p", R"({"livenessProbe":{"exec":{"command":["true"]},"periodSeconds":10,"failureThreshold":1}})");
    ASSERT_TRUE(eventually([&] { return eventCount("Unhealthy") == 1; }, 15s));
    EXPECT_EQ(broken.tries, 3);
    EXPECT_EQ(eventText("Unhealthy"), "Liveness probe errored and resulted in unknown state: no process");
    broken.mendedAfter = 5;
    loop.advance(10s);
    EXPECT_EQ(broken.tries, 6);
    EXPECT_EQ(eventCount("Unhealthy"), 1) << "the third try went well";
    EXPECT_EQ(eventCount("Killing"), 0);
}

}  // namespace
}  // namespace kubarium::kubelet
