#include "core/kubelet/local_storage.h"

#include "core/api/object.h"
#include "tests/support/memory_client.h"

#include <gtest/gtest.h>

namespace kubarium::kubelet {
namespace {

api::PodSpec specOf(std::string_view text) {
    auto tree = testing::parseObject(std::string(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":)") + std::string(text) + "}");
    return api::Object(std::move(tree)).as<api::Pod>().spec;
}

constexpr std::int64_t mebi = 1 << 20;

TEST(LocalStorage, NobodyLooksWhereNothingIsLimited) {
    EXPECT_FALSE(limitsStorage(specOf(R"({"containers":[{"name":"c"}],"volumes":[{"name":"v","emptyDir":{}}]})")));
    EXPECT_TRUE(limitsStorage(specOf(R"({"containers":[{"name":"c"}],"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Mi"}}]})")));
    EXPECT_TRUE(limitsStorage(specOf(R"({"containers":[{"name":"c","resources":{"limits":{"ephemeral-storage":"1Mi"}}}]})")));
}

TEST(LocalStorage, WhatIsTooMuchIsSaidInTheKubeletsWords) {
    const auto spec = specOf(R"({"containers":[{"name":"a","resources":{"limits":{"ephemeral-storage":"2Mi"}}},{"name":"b","resources":{"limits":{"ephemeral-storage":"4Mi"}}}],
                                 "volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Mi"}},{"name":"w","emptyDir":{}}]})");
    EXPECT_FALSE(storageExcess(spec, {{{"v", mebi}, {"w", mebi}}, {{"a", 2 * mebi}, {"b", 2 * mebi}}}));
    EXPECT_EQ(storageExcess(spec, {{{"v", mebi + 1}}, {}}).value_or(""), "Usage of EmptyDir volume \"v\" exceeds the limit \"1Mi\". ");
    EXPECT_EQ(storageExcess(spec, {{{"w", 3 * mebi}}, {{"b", 4 * mebi}}}).value_or(""), "Pod ephemeral local storage usage exceeds the total limit of containers 6Mi. ");
    EXPECT_EQ(storageExcess(spec, {{}, {{"a", 3 * mebi}}}).value_or(""), "Container a exceeded its local ephemeral storage limit \"2Mi\". ");
}

}  // namespace
}  // namespace kubarium::kubelet
