#include "tests/core/kubelet/kubelet_fixture.h"

#include <fstream>

namespace kubarium::kubelet {
namespace {

std::int64_t residentBytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t size = 0, resident = 0;
    statm >> size >> resident;
    return resident * 4096;
}

class ManyNodes : public KubeletFixture {};

// What a simulated Node with its Pods costs is bounded, so that a lesson with a thousand Nodes fits into a laptop. The stored
// objects and the copies that this test keeps are counted too.
// Shadow memory, red zones and quarantine of the sanitizers count as resident.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::int64_t sanitizerOverhead = 8;
#else
constexpr std::int64_t sanitizerOverhead = 1;
#endif

TEST_F(ManyNodes, SimulatedNodesAreCheap) {
    constexpr int nodeCount = 100, podsPerNode = 10;
    factory.start();
    loop.runReady();
    std::vector<std::unique_ptr<SimulatedRuntime>> runtimes;
    std::vector<std::unique_ptr<Kubelet>> kubelets;
    const auto begun = residentBytes();
    for (int i = 0; i < nodeCount; ++i) {
        runtimes.push_back(std::make_unique<SimulatedRuntime>(loop, loop, loop.random(), SimulatedRuntimeOptions{.podCIDR = fmt::format("10.100.{}.0/24", i), .findImage = {}, .images = {}}));
        kubelets.push_back(std::make_unique<Kubelet>(loop, loop, loop.random(), client, source, *runtimes.back(), NodeOptions{.name = fmt::format("sim-{}", i), .simulated = true},
                                                     [](const api::Object&, std::string, std::string, std::string, std::string) {}));
        kubelets.back()->start();
    }
    loop.advance(1s);
    const auto nodes = residentBytes();
    for (int i = 0; i < nodeCount * podsPerNode; ++i)
        createPod(fmt::format("p-{}", i), R"({"image":"kubarium/web:1.0","command":[]})", fmt::format(R"({{"nodeName":"sim-{}"}})", i % nodeCount));
    loop.advance(5s);
    history.clear();
    const auto all = residentBytes();
    for (int i = 0; i < nodeCount * podsPerNode; ++i) ASSERT_TRUE(ready(fmt::format("p-{}", i))) << i;
    RecordProperty("kilobytesPerNode", static_cast<int>((nodes - begun) / nodeCount / 1024));
    RecordProperty("kilobytesPerPod", static_cast<int>((all - nodes) / (nodeCount * podsPerNode) / 1024));
    EXPECT_LT((nodes - begun) / nodeCount, 200 * 1024 * sanitizerOverhead);
    EXPECT_LT((all - nodes) / (nodeCount * podsPerNode), 100 * 1024 * sanitizerOverhead);
    kubelets.clear();
}

}  // namespace
}  // namespace kubarium::kubelet
