#include "core/cluster/cluster_paths.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <unistd.h>

namespace kubarium::cluster {
namespace {

class ClusterLockTest : public ::testing::Test {
protected:
    ~ClusterLockTest() override { std::filesystem::remove_all(state_); }
    std::filesystem::path state_ = std::filesystem::temp_directory_path() / ("kubarium-lock-test-" + std::to_string(getpid()));
    ClusterPaths paths_ = *clusterPaths("lab", state_);
};

TEST_F(ClusterLockTest, TheSecondEngineIsRefusedUntilTheFirstHasEnded) {
    auto first = ClusterLock::acquire(paths_);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = ClusterLock::acquire(paths_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().reason, Reason::Conflict);
    { const auto ended = std::move(*first); }
    EXPECT_TRUE(ClusterLock::acquire(paths_));
}

TEST_F(ClusterLockTest, AskingWhetherAClusterRunsNeverRefusesOneThatStarts) {
    ASSERT_TRUE(ClusterLock::acquire(paths_));
    const std::jthread asking([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) EXPECT_FALSE(runningCluster(paths_));
    });
    for (int i = 0; i < 20000; ++i) {
        const auto lock = ClusterLock::acquire(paths_);
        ASSERT_TRUE(lock) << "attempt " << i << ": " << lock.error().message;
    }
}

TEST(ClusterFlagsTest, SayWhatACommandLineNeedsToMeanTheCluster) {
    const char* preset = std::getenv("KUBARIUM_NAME");
    const std::string before = preset ? preset : "";
    ::unsetenv("KUBARIUM_NAME");
    EXPECT_EQ(clusterPaths("lab")->flags(), "");
    EXPECT_EQ(clusterPaths("two")->flags(), " --name two");
    EXPECT_EQ(clusterPaths("lab", "/disk/clusters")->flags(), " --state /disk/clusters");
    EXPECT_EQ(clusterPaths("two", "/it's my disk")->flags(), R"( --name two --state '/it'\''s my disk')");
    ::setenv("KUBARIUM_NAME", "other", 1);
    EXPECT_EQ(clusterPaths("lab")->flags(), " --name lab");
    preset ? ::setenv("KUBARIUM_NAME", before.c_str(), 1) : ::unsetenv("KUBARIUM_NAME");
    const auto missing = runningCluster(*clusterPaths("two", "/nowhere/clusters"));
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("kubarium up --name two --state /nowhere/clusters --detach"), std::string::npos) << missing.error().message;
}

}  // namespace
}  // namespace kubarium::cluster
