#include "core/cluster/cluster_paths.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace kubarium::cluster
