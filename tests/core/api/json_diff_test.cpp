#include "core/api/json_diff.h"
#include "core/api/patch.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <random>

namespace kubarium::api {
namespace {

std::string patchOf(const char* before, const char* after) { return json::serialize(makeJsonPatch(json::parse(before), json::parse(after))); }

TEST(JsonDiff, NamesOnlyWhatChanged) {
    EXPECT_EQ(patchOf(R"({"a":1,"b":{"c":2}})", R"({"a":1,"b":{"c":2}})"), "[]");
    EXPECT_EQ(patchOf(R"({"a":1,"b":{"c":2,"d":3}})", R"({"a":1,"b":{"c":5,"d":3}})"), R"([{"op":"replace","path":"/b/c","value":5}])");
    EXPECT_EQ(patchOf(R"({"a/b":1})", R"({"x~y":1})"), R"([{"op":"remove","path":"/a~1b"},{"op":"add","path":"/x~0y","value":1}])");
}

TEST(JsonDiff, ListsGrowAtTheirEndAndLoseOneElement) {
    EXPECT_EQ(patchOf("[1]", "[1,2]"), R"([{"op":"add","path":"/-","value":2}])");
    EXPECT_EQ(patchOf("[1,2,3]", "[1,3]"), R"([{"op":"remove","path":"/1"}])");
    EXPECT_EQ(patchOf(R"({"l":[1,2,3]})", R"({"l":[3]})"), R"([{"op":"replace","path":"/l","value":[3]}])");
}

json::value randomValue(std::mt19937& random, int depth) {
    const auto kind = random() % (depth > 3 ? 2u : 4u);
    if (kind == 0) return static_cast<std::int64_t>(random() % 4);
    if (kind == 1) return json::string(std::string(1, static_cast<char>('a' + random() % 3)));
    if (kind == 2) {
        json::array list;
        for (auto i = random() % 4; i > 0; --i) list.push_back(randomValue(random, depth + 1));
        return list;
    }
    json::object object;
    for (auto i = random() % 4; i > 0; --i) object[std::string(1, static_cast<char>('k' + random() % 5)) + (random() % 4 == 0 ? "/~" : "")] = randomValue(random, depth + 1);
    return object;
}

TEST(JsonDiff, ThePatchTurnsOneDocumentIntoTheOther) {
    std::mt19937 random(7);
    for (int i = 0; i < 2000; ++i) {
        const json::value before{{"root", randomValue(random, 0)}}, after{{"root", randomValue(random, 0)}};
        const auto patched = applyJsonPatch(before, makeJsonPatch(before, after));
        ASSERT_TRUE(patched.has_value()) << patched.error().message;
        ASSERT_EQ(*patched, after) << json::serialize(before);
    }
}

}  // namespace
}  // namespace kubarium::api
