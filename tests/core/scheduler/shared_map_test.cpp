#include "core/scheduler/shared_map.h"

#include "core/base/random.h"
#include "core/scheduler/cache/scheduler_cache.h"

#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

std::map<std::string, int> plain(const SharedMap<int>& map) {
    std::map<std::string, int> entries;
    std::string last;
    for (const auto& [key, value] : map) {
        EXPECT_TRUE(entries.empty() || last < key) << last << " before " << key;
        last = key;
        entries.emplace(key, value);
    }
    return entries;
}

// Compared with std::map, version by version, while all versions are kept.
TEST(SharedMap, IsASortedMapWhoseEarlierVersionsStayAsTheyWere) {
    SeededRandom random(7);
    SharedMap<int> map;
    std::map<std::string, int> expected;
    std::vector<std::pair<SharedMap<int>, std::map<std::string, int>>> versions;
    for (int step = 0; step < 3000; ++step) {
        const auto key = std::to_string(random.below(700));
        // First it grows, then it shrinks to nothing.
        if (random.below(10) < (step < 1500 ? 8u : 2u)) map[key] = expected[key] = step;
        else {
            map.erase(key);
            expected.erase(key);
        }
        EXPECT_EQ(map.contains(key), expected.contains(key));
        if (const auto found = map.find(key); found != map.end()) {
            EXPECT_EQ(found->second, expected.at(key));
        }
        if (step % 100 == 0) versions.emplace_back(map, expected);
    }
    versions.emplace_back(map, expected);
    for (const auto& [version, as] : versions) {
        EXPECT_EQ(plain(version), as);
        EXPECT_EQ(version.size(), as.size());
        EXPECT_EQ(version.empty(), as.empty());
        EXPECT_TRUE(version == SharedMap<int>(as));
    }
    EXPECT_FALSE(versions.front().first == versions[5].first);
    for (const auto& [key, value] : expected) map.erase(key);
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.find("1"), map.end());
    map["again"] = 1;
    EXPECT_EQ(map.at("again"), 1);
}

// Each version against each other one: near and far, grown and shrunk.
TEST(SharedMap, NamesTheKeysInWhichTwoVersionsDiffer) {
    SeededRandom random(8);
    SharedMap<int> map;
    std::vector<SharedMap<int>> versions{map};
    for (int step = 0; step < 3000; ++step) {
        const auto key = std::to_string(random.below(700));
        if (random.below(10) < (step < 1500 ? 8u : 2u)) map[key] = step;
        else map.erase(key);
        if (step % 150 == 0 || step % 151 == 0) versions.push_back(map);
    }
    for (const auto& a : versions)
        for (const auto& b : versions) {
            std::vector<std::string> expected, named;
            const auto mine = plain(a), theirs = plain(b);
            for (const auto& [key, value] : mine)
                if (const auto other = theirs.find(key); other == theirs.end() || other->second != value) expected.push_back(key);
            for (const auto& [key, value] : theirs)
                if (!mine.contains(key)) expected.push_back(key);
            std::ranges::sort(expected);
            a.eachDifference(b, [&](const std::string& key) { named.push_back(key); });
            EXPECT_EQ(named, expected);
        }
}

// Nodes in the order in which they came, whichever go; earlier snapshots stay as they were.
TEST(NodeList, KeepsItsOrderWhateverIsTakenOut) {
    SeededRandom random(9);
    SchedulerCache cache;
    std::vector<std::string> expected;
    std::vector<std::pair<SnapshotPtr, std::vector<std::string>>> versions;
    int made = 0;
    const auto add = [&] {
        expected.push_back("node-" + std::to_string(made++));
        cache.setNode(api::Object::make({{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", {{"name", expected.back()}}}}));
    };
    for (int step = 0; step < 1200; ++step) {
        if (expected.empty() || random.below(10) < (step < 600 ? 8u : 2u)) add();
        else {
            // The first and the last of all as well.
            const auto at = random.below(4) == 0 ? 0 : random.below(4) == 0 ? expected.size() - 1 : random.below(expected.size());
            cache.removeNode(expected[at]);
            expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at));
        }
        if (step % 20 == 0) versions.emplace_back(cache.snapshot(), expected);
    }
    while (!expected.empty()) {
        cache.removeNode(expected.front());
        expected.erase(expected.begin());
    }
    versions.emplace_back(cache.snapshot(), expected);
    add();
    versions.emplace_back(cache.snapshot(), expected);
    for (const auto& [snapshot, names] : versions) {
        ASSERT_EQ(snapshot->nodes.size(), names.size());
        ASSERT_EQ(snapshot->indexOf->size(), names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            EXPECT_EQ(snapshot->nodes[i]->name, names[i]);
            EXPECT_EQ(snapshot->index(names[i]), i);
        }
    }
}

}  // namespace
}  // namespace kubarium::scheduler
