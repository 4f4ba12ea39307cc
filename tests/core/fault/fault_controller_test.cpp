// A fault is undone for certain, whatever happens to its object, the clock or the engine.
#include "core/fault/fault_controller.h"

#include "core/fault/fault_duration.h"
#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

namespace kubarium::fault {
namespace {

using namespace std::chrono_literals;
namespace resources = api::resources;
namespace json = boost::json;

class FakeTarget final : public FaultTarget {
public:
    explicit FakeTarget(Executor& executor) : executor_(executor) {}
    void killContainer(const std::string& nameSpace, const std::string& pod, const std::string& container, Done done) override {
        killed.push_back(nameSpace + "/" + pod + "/" + container);
        executor_.post([done = std::move(done), pod]() mutable {
            if (pod == "missing")
                done(makeError(Reason::NotFound, "pods \"missing\" not found"));
            else
                done({});
        });
    }
    Result<void> powerOff(const std::string& node) override { return on(off, node); }
    void powerOn(const std::string& node) override { off.erase(node); }
    Result<void> partition(const std::string& node) override { return on(cut, node); }
    void heal(const std::string& node) override { cut.erase(node); }

    std::vector<std::string> killed;
    std::set<std::string> off, cut;

private:
    static Result<void> on(std::set<std::string>& nodes, const std::string& node) {
        if (node == "missing") return makeError(Reason::NotFound, "nodes \"missing\" not found");
        nodes.insert(node);
        return {};
    }
    Executor& executor_;
};

class Faults : public ::testing::Test {
protected:
    void start() {
        controller = std::make_unique<FaultController>(loop, loop, client, target);
        controller->start();
        loop.advance(1s);
    }
    void inject(const std::string& name, const std::string& spec) {
        client.create(resources::faults, "", testing::parseObject(fmt::format(R"({{"metadata":{{"name":"{}"}},"spec":{}}})", name, spec)), {},
                      [](Result<api::ObjectPtr>) {});
    }
    void remove(const std::string& name) { client.remove(resources::faults, "", name, {}, [](Result<json::value>) {}); }
    std::string phase(const std::string& name) const {
        const auto fault = client.find(resources::faults, name);
        return fault ? std::string(fault->string({"status", "phase"})) : "gone";
    }

    SimulatedLoop loop;
    testing::MemoryClient client{loop, loop, loop.random()};
    FakeTarget target{loop};
    std::unique_ptr<FaultController> controller;
};

const char* const powerOffA = R"({"type":"NodePowerOff","node":"a","duration":"60s"})";

TEST_F(Faults, endWhenTheirTimeIsUp) {
    start();
    inject("f", powerOffA);
    loop.advance(1s);
    EXPECT_TRUE(target.off.contains("a"));
    EXPECT_EQ(phase("f"), "Active");
    EXPECT_FALSE(client.find(resources::faults, "f")->string({"status", "endsAt"}).empty());
    loop.advance(58s);
    EXPECT_TRUE(target.off.contains("a"));
    loop.advance(3s);
    EXPECT_TRUE(target.off.empty());
    EXPECT_EQ(phase("f"), "Reverted");
}

TEST_F(Faults, lastInClusterTimeSoThatTheRateOfTheClockDividesThem) {
    start();
    loop.setRate(20);
    inject("f", powerOffA);
    loop.advance(4s);
    EXPECT_TRUE(target.off.empty());
}

TEST_F(Faults, areUndoneBeforeTheirObjectGoes) {
    start();
    inject("f", R"({"type":"NodePartition","node":"a"})");
    loop.advance(1s);
    EXPECT_TRUE(target.cut.contains("a"));
    remove("f");
    loop.advance(1s);
    EXPECT_TRUE(target.cut.empty());
    EXPECT_EQ(phase("f"), "gone");
}

TEST_F(Faults, areUndoneEvenIfSomebodyRemovesTheObjectByForce) {
    start();
    inject("f", R"({"type":"NodePartition","node":"a"})");
    loop.advance(1s);
    client.erase(resources::faults, "f");
    loop.advance(1s);
    EXPECT_TRUE(target.cut.empty());
}

TEST_F(Faults, areUndoneWhenTheEngineStops) {
    start();
    inject("f", powerOffA);
    inject("g", R"({"type":"NodePartition","node":"b"})");
    loop.advance(1s);
    controller->revertAll();
    EXPECT_TRUE(target.off.empty());
    EXPECT_TRUE(target.cut.empty());
    loop.runReady();
    EXPECT_EQ(phase("f"), "Reverted");
    inject("late", powerOffA);
    loop.advance(1s);
    EXPECT_TRUE(target.off.empty());
}

TEST_F(Faults, leftActiveByADeadEngineAreUndoneAndMarkedAtTheNextStart) {
    client.put(resources::faults, testing::parseObject(
        R"({"metadata":{"name":"old","finalizers":["kubarium.dev/undo"]},"spec":{"type":"NodePowerOff","node":"a","duration":"1h"},"status":{"phase":"Active"}})"));
    target.off.insert("a");
    start();
    EXPECT_TRUE(target.off.empty());
    EXPECT_EQ(phase("old"), "Reverted");
}

TEST_F(Faults, onOneNodeOverlap) {
    start();
    inject("f", powerOffA);
    inject("g", R"({"type":"NodePowerOff","node":"a","duration":"90s"})");
    loop.advance(70s);
    EXPECT_TRUE(target.off.contains("a"));
    EXPECT_EQ(phase("f"), "Reverted");
    loop.advance(25s);
    EXPECT_TRUE(target.off.empty());
}

TEST_F(Faults, killContainersOnceAndSayIfTheyCannot) {
    start();
    inject("k", R"({"type":"ContainerKill","pod":{"namespace":"default","name":"p"},"container":"c"})");
    inject("m", R"({"type":"ContainerKill","pod":{"name":"missing"}})");
    inject("n", R"({"type":"NodePowerOff","node":"missing","duration":"1s"})");
    inject("t", R"({"type":"Meteor","node":"a"})");
    inject("d", R"({"type":"NodePowerOff","node":"a","duration":"soon"})");
    loop.advance(2s);
    EXPECT_EQ(std::ranges::count(target.killed, "default/p/c"), 1);
    EXPECT_EQ(phase("k"), "Reverted");
    for (const auto* name : {"m", "n", "t", "d"}) EXPECT_EQ(phase(name), "Failed") << name;
    EXPECT_TRUE(target.off.empty());
}

TEST_F(Faults, failedWritesAreRepeatedUntilTheObjectSaysWhatIs) {
    start();
    client.failWrites(3, makeError(Reason::ServerTimeout, "try again"));
    inject("lost", powerOffA);  // the first failure is this one
    loop.advance(100ms);
    client.failWrites(0, {});
    inject("f", powerOffA);
    client.failWrites(0, {});
    loop.advance(100ms);
    client.failWrites(4, makeError(Reason::ServerTimeout, "try again"));
    loop.advance(62s);
    EXPECT_TRUE(target.off.empty());
    EXPECT_EQ(phase("f"), "Reverted");
}

// Random faults, deletions, failures of the API, changes of rate and restarts of the engine: in the end nothing is left in place.
TEST_F(Faults, neverStayInPlaceWhateverTheSequence) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SeededRandom random(seed);
        SimulatedLoop simulated(seed);
        testing::MemoryClient memory(simulated, simulated, random);
        FakeTarget nodes(simulated);
        auto faults = std::make_unique<FaultController>(simulated, simulated, memory, nodes);
        faults->start();
        int made = 0;
        for (int step = 0; step < 60; ++step) {
            switch (random.below(7)) {
                case 0:
                case 1: {
                    const auto spec = fmt::format(R"({{"metadata":{{"name":"f{}"}},"spec":{{"type":"{}","node":"{}","duration":"{}s"}}}})", made++,
                                                  random.below(2) == 0 ? "NodePowerOff" : "NodePartition", random.below(2) == 0 ? "a" : "b", random.below(40));
                    memory.create(resources::faults, "", testing::parseObject(spec), {}, [](Result<api::ObjectPtr>) {});
                    break;
                }
                case 2:
                    if (made > 0)
                        memory.remove(resources::faults, "", fmt::format("f{}", random.below(static_cast<std::uint64_t>(made))), {}, [](Result<json::value>) {});
                    break;
                case 3: memory.failWrites(static_cast<int>(random.below(4)), makeError(Reason::ServerTimeout, "try again")); break;
                case 4: simulated.setRate(1.0 + static_cast<double>(random.below(20))); break;
                case 5: simulated.setPaused(random.below(2) == 0); break;
                case 6:
                    if (random.below(3) == 0) {
                        faults.reset();  // dies without a word
                        EXPECT_TRUE(nodes.off.empty() && nodes.cut.empty()) << "seed " << seed;
                        faults = std::make_unique<FaultController>(simulated, simulated, memory, nodes);
                        faults->start();
                    }
                    break;
            }
            simulated.advance(std::chrono::milliseconds{random.below(9000)});
            EXPECT_EQ(nodes.off.size() + nodes.cut.size() == 0, faults->activeCount() == 0) << "seed " << seed << " step " << step;
        }
        simulated.setPaused(false);
        memory.failWrites(0, {});
        for (const auto& fault : memory.all(resources::faults))
            memory.remove(resources::faults, "", std::string(fault->name()), {}, [](Result<json::value>) {});
        simulated.advance(2min);
        EXPECT_TRUE(nodes.off.empty() && nodes.cut.empty()) << "seed " << seed;
        EXPECT_TRUE(memory.all(resources::faults).empty()) << "seed " << seed;
    }
}

TEST(FaultDuration, readsGoDurations) {
    EXPECT_EQ(parseDuration("60s"), Duration(60s));
    EXPECT_EQ(parseDuration("1m30s"), Duration(90s));
    EXPECT_EQ(parseDuration("1.5h"), Duration(90min));
    EXPECT_EQ(parseDuration(""), Duration{});
    for (const auto* bad : {"soon", "5", "-5s", "5parsecs", "s"}) EXPECT_EQ(parseDuration(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace kubarium::fault
