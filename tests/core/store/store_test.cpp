#include "core/store/store.h"

#include "core/simulation/simulated_loop.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace kubarium::store {
namespace {

class StoreTest : public ::testing::Test {
protected:
    SimulatedLoop loop;
    MemoryStore store{loop, loop};

    static Key key(const std::string& name) { return {"pods", "default", name}; }
    static json::object tree(const std::string& name, int value = 0) {
        return {{"kind", "Pod"}, {"metadata", json::object{{"name", name}, {"namespace", "default"}}}, {"value", value}};
    }
    ObjectPtr put(const std::string& name, std::uint64_t expected = 0, int value = 0) {
        auto stored = store.put(key(name), tree(name, value), expected);
        EXPECT_TRUE(stored.has_value());
        return stored ? *stored : nullptr;
    }
};

TEST_F(StoreTest, EveryWriteGetsTheNextRevisionAsItsResourceVersion) {
    const auto a = put("a");
    const auto b = put("b");
    EXPECT_EQ(b->revision(), a->revision() + 1);
    EXPECT_EQ(std::to_string(b->revision()), b->resourceVersion());
    EXPECT_EQ(store.revision(), b->revision());
}

TEST_F(StoreTest, AWriteThatExpectsAnotherRevisionIsRefused) {
    const auto a = put("a");
    EXPECT_EQ(store.put(key("a"), tree("a"), 0).error().reason, Reason::AlreadyExists);
    EXPECT_EQ(store.put(key("a"), tree("a"), a->revision() + 7).error().reason, Reason::Conflict);
    EXPECT_EQ(store.put(key("x"), tree("x"), 5).error().reason, Reason::NotFound);
    EXPECT_EQ(store.remove(key("a"), a->revision() + 7).error().reason, Reason::Conflict);
    put("a", a->revision(), 2);
    EXPECT_EQ(store.get(key("a"))->find({"value"})->to_number<int>(), 2);
}

TEST_F(StoreTest, NobodyIsToldBeforeTheWriteIsDurable) {
    std::vector<std::string> told;
    auto watch = store.watch("pods", store.revision(), [&](const Change& change) { told.push_back(change.path); });
    ASSERT_TRUE(watch.has_value());
    const auto a = put("a");
    bool acknowledged = false;
    store.whenDurable(a->revision(), [&](Result<void> saved) { acknowledged = saved.has_value(); });
    EXPECT_TRUE(told.empty());
    EXPECT_FALSE(acknowledged);
    loop.runReady();
    EXPECT_EQ(told, std::vector<std::string>{"default/a"});
    EXPECT_TRUE(acknowledged);
    EXPECT_EQ(store.durableRevision(), a->revision());
}

TEST_F(StoreTest, AWatchFromThePastTellsWhatHappenedSinceInOrderAndThenGoesOn) {
    const auto a = put("a");
    put("b");
    put("a", a->revision(), 2);
    loop.runReady();
    std::vector<std::pair<ChangeType, std::string>> told;
    auto watch = store.watch("pods", a->revision(), [&](const Change& change) { told.emplace_back(change.type, change.path); });
    loop.runReady();
    ASSERT_TRUE(store.remove(key("b"), 0).has_value());
    loop.runReady();
    const std::vector<std::pair<ChangeType, std::string>> expected{
        {ChangeType::Added, "default/b"}, {ChangeType::Modified, "default/a"}, {ChangeType::Deleted, "default/b"}};
    EXPECT_EQ(told, expected);
}

TEST_F(StoreTest, ADroppedWatchIsSilentEvenInTheMidstOfADelivery) {
    std::unique_ptr<Watch> first, second;
    int heard = 0;
    first = std::move(*store.watch("pods", store.revision(), [&](const Change&) { second.reset(); }));
    second = std::move(*store.watch("pods", store.revision(), [&](const Change&) { ++heard; }));
    loop.runReady();
    put("a");
    loop.runReady();
    EXPECT_EQ(heard, 0);
}

TEST_F(StoreTest, AnEarlierRevisionCanBeListedUntilItIsCompacted) {
    const auto a = put("a", 0, 1);
    const auto then = store.revision();
    put("a", a->revision(), 2);
    put("b");
    const auto old = store.at("pods", then);
    ASSERT_TRUE(old.has_value());
    ASSERT_EQ(old->size(), 1u);
    EXPECT_EQ(old->at("default/a")->find({"value"})->to_number<int>(), 1);
    store.compact(store.revision());
    EXPECT_EQ(store.at("pods", then).error().reason, Reason::Expired);
    EXPECT_EQ(store.watch("pods", then, [](const Change&) {}).error().reason, Reason::Expired);
}

TEST_F(StoreTest, ADeletionCarriesItsOwnRevision) {
    const auto a = put("a");
    const auto gone = store.remove(key("a"), a->revision());
    ASSERT_TRUE(gone.has_value());
    EXPECT_EQ((*gone)->revision(), a->revision() + 1);
    EXPECT_EQ(store.get(key("a")), nullptr);
}

}  // namespace
}  // namespace kubarium::store
