#include "core/kubelet/sub_path.h"

#include "tests/support/leak_check.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;

std::string pathOrError(const api::VolumeMount& mount, const Environment& environment = {}) {
    const auto path = subPathOf(mount, environment);
    return path ? *path : path.error().message;
}

TEST(SubPath, AnExpressionNeedsAValueForEveryName) {
    api::VolumeMount mount;
    mount.subPathExpr = "logs/$(B)/$(A)/$(C)/$$(A)";
    EXPECT_EQ(pathOrError(mount, {{"A", "a"}, {"B", "b"}, {"C", "c"}}), "logs/b/a/c/$(A)");
    EXPECT_EQ(pathOrError(mount, {{"A", "a"}, {"C", ""}}), "missing value for B, C");
}

TEST(SubPath, ItStaysBelowTheVolume) {
    api::VolumeMount mount;
    EXPECT_EQ(pathOrError(mount), "");
    mount.subPathExpr = "$(A)";
    EXPECT_EQ(pathOrError(mount, {{"A", "/tmp"}}), "error SubPath `/tmp` must not be an absolute path");
    EXPECT_EQ(pathOrError(mount, {{"A", "x/../../y"}}), "unable to provision SubPath `x/../../y`: must not contain '..'");
    EXPECT_EQ(pathOrError(mount, {{"A", "x..y"}}), "x..y");
}

TEST(SubPath, ItIsMadeWithThePermissionsOfTheVolumeAndNeverThroughALinkOutOfIt) {
    const ::kubarium::testing::TestDirectory directory;
    const auto volume = directory.path() / "volume", outside = directory.path() / "outside";
    fs::create_directories(volume);
    fs::create_directories(outside);
    fs::permissions(volume, fs::perms::all);
    const auto made = prepareSubPath({volume.string(), "a/b", "v", "c"});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(fs::status(*made).permissions(), fs::perms::all);
    fs::create_directory_symlink(outside, volume / "link");
    const auto refused = prepareSubPath({volume.string(), "link/x", "v", "c"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "failed to prepare subPath for volumeMount \"v\" of container \"c\"");
    EXPECT_TRUE(fs::is_empty(outside));
}

}  // namespace
}  // namespace kubarium::kubelet
