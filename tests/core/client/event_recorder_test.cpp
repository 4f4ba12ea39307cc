#include "core/client/event_recorder.h"

#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kubarium::client {
namespace {

class EventRecorderTest : public ::testing::Test {
protected:
    SimulatedLoop loop;
    testing::MemoryClient client{loop, loop, loop.random()};
    EventRecorder recorder{client, loop, "kubelet", "worker-a"};
    ObjectPtr pod = client.put(api::resources::pods, testing::parseObject(R"({"kind":"Pod","metadata":{"name":"web","namespace":"default"}})"));

    std::vector<ObjectPtr> events() {
        loop.runReady();
        return client.all(api::resources::events);
    }
};

TEST_F(EventRecorderTest, AnEventNamesItsObjectAndItsSource) {
    recorder.record(*pod, "Normal", "Pulled", "image is present", "spec.containers{web}");
    const auto all = events();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0]->string({"involvedObject", "name"}), "web");
    EXPECT_EQ(all[0]->string({"involvedObject", "fieldPath"}), "spec.containers{web}");
    EXPECT_EQ(all[0]->string({"source", "component"}), "kubelet");
    EXPECT_EQ(all[0]->string({"source", "host"}), "worker-a");
    EXPECT_EQ(all[0]->nameSpace(), "default");
    EXPECT_TRUE(all[0]->name().starts_with("web."));
}

TEST_F(EventRecorderTest, TheSameEventIsCountedAndNotCreatedAgain) {
    for (int i = 0; i < 5; ++i) {
        recorder.record(*pod, "Warning", "BackOff", "Back-off restarting failed container");
        loop.advance(std::chrono::seconds{1});
    }
    const auto all = events();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0]->find({"count"})->to_number<int>(), 5);
}

TEST_F(EventRecorderTest, SimilarEventsAreCombinedAndAFloodIsCut) {
    for (int i = 0; i < 60; ++i) recorder.record(*pod, "Warning", "Unhealthy", fmt::format("probe failed: {}", i));
    const auto all = events();
    EXPECT_LE(all.size(), 11u);
    bool combined = false;
    for (const auto& event : all) combined = combined || event->string({"message"}).starts_with("(combined from similar events): ");
    EXPECT_TRUE(combined);
}

TEST_F(EventRecorderTest, AFailureToWriteIsForgotten) {
    client.failWrites(1, internalError("no"));
    recorder.record(*pod, "Normal", "Started", "Started container");
    EXPECT_TRUE(events().empty());
    recorder.record(*pod, "Normal", "Started", "Started container");
    EXPECT_EQ(events().size(), 1u);
}

// More than are remembered: none is lost, and what is written after the first few goes before the rest.
TEST_F(EventRecorderTest, ABurstWaitsForOtherWritesAndIsWrittenWhole) {
    constexpr int count = 5000;
    client.log.clear();
    for (int i = 0; i < count; ++i) {
        const auto other = api::Object::make(testing::parseObject(fmt::format(R"({{"kind":"Pod","metadata":{{"name":"p{}","namespace":"default"}}}})", i)));
        recorder.record(*other, "Normal", "Scheduled", "assigned");
    }
    client.create(api::resources::pods, "default", testing::parseObject(R"({"kind":"Pod","metadata":{"name":"later"}})"), {}, [](Result<ObjectPtr>) {});
    EXPECT_EQ(events().size(), static_cast<std::size_t>(count));
    const auto later = std::ranges::find(client.log, "create pods default/later") - client.log.begin();
    EXPECT_EQ(later, 8);
    EXPECT_EQ(client.log.size(), static_cast<std::size_t>(count) + 1);
}

// One after the other beside somebody who writes without a pause, many at once when nobody does.
TEST_F(EventRecorderTest, EventsGiveWayToOtherWriters) {
    const auto recordMany = [&](int first, int count) {
        for (int i = first; i < first + count; ++i) {
            const auto other = api::Object::make(testing::parseObject(fmt::format(R"({{"kind":"Pod","metadata":{{"name":"p{}","namespace":"default"}}}})", i)));
            recorder.record(*other, "Normal", "Scheduled", "assigned");
        }
    };
    // Of the entries of the log from `first` on: the most Events in a row.
    const auto mostInARow = [&](std::size_t first) {
        std::size_t most = 0, now = 0;
        for (auto i = first; i < client.log.size(); ++i) {
            now = client.log[i].starts_with("create events") ? now + 1 : 0;
            most = std::max(most, now);
        }
        return most;
    };
    constexpr int count = 200;
    int pods = 0;
    std::function<void()> writePod = [&] {
        if (++pods > 2 * count) return;
        client.create(api::resources::pods, "default", testing::parseObject(fmt::format(R"({{"kind":"Pod","metadata":{{"name":"busy-{}"}}}})", pods)), {}, [&](Result<ObjectPtr>) { writePod(); });
    };
    client.log.clear();
    recordMany(0, count);
    writePod();
    EXPECT_EQ(events().size(), static_cast<std::size_t>(count));
    EXPECT_LE(mostInARow(50), 2u);
    // Now alone: a Pod that is written once waits for many Events.
    client.log.clear();
    recordMany(count, 5 * count);
    loop.runReady();
    EXPECT_EQ(mostInARow(0), 5u * count);
    recordMany(6 * count, count);
    client.create(api::resources::pods, "default", testing::parseObject(R"({"kind":"Pod","metadata":{"name":"later"}})"), {}, [](Result<ObjectPtr>) {});
    EXPECT_EQ(events().size(), 7u * count);
    EXPECT_EQ(std::ranges::find(client.log, "create pods default/later") - client.log.begin(), 5 * count + 64);
}

}  // namespace
}  // namespace kubarium::client
