#include "core/kubelet/volume_planner.h"

#include "core/api/object_decoder.h"
#include "tests/support/memory_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kubarium::kubelet {
namespace {

constexpr std::int64_t mebi = 1 << 20;

class PlannedVolumes : public ::testing::Test {
protected:
    // The plan of the only volume of a Pod.
    Result<VolumePlan> plan(const std::string& volume, const std::string& container = "{}", const std::string& security = "{}") {
        auto tree = testing::parseObject(fmt::format(
            R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p","namespace":"default","labels":{{"a":"b"}}}},
                 "spec":{{"securityContext":{},"volumes":[{}],"containers":[{}]}}}})", security, volume, container));
        object = std::make_shared<const api::Object>(std::move(tree));
        const auto& pod = object->as<api::Pod>();
        return planVolume({pod, {}, tokens, addresses, node, "/pods/p", ""}, pod.spec.volumes.front());
    }
    static std::string errorOf(const Result<VolumePlan>& plan) { return plan ? "" : plan.error().message; }

    api::ObjectPtr object;
    Tokens tokens;
    PodAddresses addresses;
    NodeAllocatable node{1000, 512 * mebi, 0};
    const std::string token = R"({"name":"v","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"path":"token","expirationSeconds":3607}}]}})";
};

TEST_F(PlannedVolumes, AreMemoryButForConfigMapsAndPlainDirectories) {
    for (const auto* source : {R"("secret":{"secretName":"s","optional":true})", R"("downwardAPI":{"items":[]})", R"("projected":{"sources":[]})", R"("emptyDir":{"medium":"Memory"})"}) {
        const auto made = plan(fmt::format(R"({{"name":"v",{}}})", source));
        ASSERT_TRUE(made) << source << ": " << made.error().message;
        EXPECT_TRUE(made->memory) << source;
        EXPECT_EQ(made->memoryBytes, 512 * mebi) << source;
    }
    for (const auto* source : {R"("configMap":{"name":"c","optional":true})", R"("emptyDir":{})"}) {
        const auto made = plan(fmt::format(R"({{"name":"v",{}}})", source));
        ASSERT_TRUE(made) << source << ": " << made.error().message;
        EXPECT_FALSE(made->memory) << source;
    }
}

TEST_F(PlannedVolumes, TakeNoMoreMemoryThanThePodOrTheVolumeMay) {
    const auto* limited = R"({"name":"c","resources":{"limits":{"memory":"64Mi"}}})";
    EXPECT_EQ(plan(R"({"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"8Mi"}})", limited)->memoryBytes, 8 * mebi);
    EXPECT_EQ(plan(R"({"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"80Mi"}})", limited)->memoryBytes, 64 * mebi);
    EXPECT_EQ(plan(R"({"name":"v","secret":{"secretName":"s","optional":true}})", limited)->memoryBytes, 64 * mebi);
}

TEST_F(PlannedVolumes, KeepATokenForTheUserOfTheContainersAndForFsGroup) {
    tokens.emplace(TokenKey{"v", "token", "", 3607}, std::string("secret"));
    const auto open = plan(token);
    EXPECT_EQ(open->files.at("token").data, "secret");
    EXPECT_EQ(open->files.at("token").mode, 0644);
    EXPECT_EQ(open->files.at("token").owner, std::nullopt);
    const auto ofUser = plan(token, R"({"name":"c"},{"name":"d","securityContext":{"runAsUser":1001}})", R"({"runAsUser":1001})");
    EXPECT_EQ(ofUser->files.at("token").mode, 0600);
    EXPECT_EQ(ofUser->files.at("token").owner, 1001);
    const auto ofSeveral = plan(token, R"({"name":"c"},{"name":"d","securityContext":{"runAsUser":1002}})", R"({"runAsUser":1001})");
    EXPECT_EQ(ofSeveral->files.at("token").mode, 0644);
    EXPECT_EQ(ofSeveral->files.at("token").owner, std::nullopt);
    const auto ofGroup = plan(token, "{}", R"({"fsGroup":2000})");
    EXPECT_EQ(ofGroup->files.at("token").mode, 0600);
    EXPECT_EQ(ofGroup->group, 2000);
}

TEST_F(PlannedVolumes, SayEverythingThatIsWrongWithTheirSources) {
    tokens.emplace(TokenKey{"v", "token", "", 3607}, internalError("failed to fetch token: serviceaccounts \"x\" not found"));
    EXPECT_EQ(errorOf(plan(token)), "failed to fetch token: serviceaccounts \"x\" not found");
    EXPECT_EQ(errorOf(plan(R"({"name":"v","projected":{"sources":[{"secret":{"name":"a"}},{"configMap":{"name":"b"}},{"secret":{"name":"a"}}]}})")),
              "[secret \"a\" not found, configmap \"b\" not found]");
}

TEST_F(PlannedVolumes, HaveDirectoriesForWhatIsMountedRightBelowThem) {
    const auto made = plan(R"({"name":"v","configMap":{"name":"c","optional":true}})",
                           R"({"name":"c","volumeMounts":[{"name":"v","mountPath":"/v/"},{"name":"w","mountPath":"/v/a"},{"name":"x","mountPath":"/v/a/b"},{"name":"y","mountPath":"/vx"},
                               {"name":"z","mountPath":"/v/a-c/d"}]})");
    EXPECT_EQ(made->nested, (std::vector<std::string>{"a", "a-c/d"}));
}

}  // namespace
}  // namespace kubarium::kubelet
