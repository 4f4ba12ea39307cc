#include "core/kubelet/prober.h"

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

TEST_F(Probing, TheCommandOfAProbeHasTheContainersOwnVariables) {
    startKubelet();
    createPod("p", R"j({"env":[{"name":"OUTCOME","value":"false"}],"livenessProbe":{"exec":{"command":["$(OUTCOME)"]},"periodSeconds":1}})j");
    EXPECT_TRUE(eventually([&] { return eventCount("Unhealthy") > 0; }, 5s));
}

}  // namespace
}  // namespace kubarium::kubelet
