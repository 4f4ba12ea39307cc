#include "core/scheduler/shared_map.h"

#include "core/base/random.h"

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

}  // namespace
}  // namespace kubarium::scheduler
