#include "core/kubelet/volume_plan.h"

#include "tests/support/leak_check.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;

struct stat statusOf(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info;
}

class CarriedOut : public ::testing::Test {
protected:
    VolumePlan files(std::map<std::string, VolumeFile> content) const {
        VolumePlan plan;
        plan.volume = "v";
        plan.kind = VolumePlan::Kind::Files;
        plan.path = (directory.path() / "v").string();
        plan.files = std::move(content);
        return plan;
    }
    static void carry(const VolumePlan& plan) {
        const auto done = carryOut(plan);
        ASSERT_TRUE(done) << done.error().message;
    }
    ::kubarium::testing::TestDirectory directory;
};

TEST_F(CarriedOut, FilesMayBeReadByFsGroup) {
    auto plan = files({{"d/x", {"1", 0600, {}}}});
    plan.group = ::getegid();
    carry(plan);
    carry(plan);  // looking again changes nothing
    EXPECT_EQ(statusOf(plan.path + "/d/x").st_mode & 07777, 0640u);
    EXPECT_EQ(statusOf(plan.path + "/d").st_mode & 07777, 02755u);
    EXPECT_EQ(statusOf(plan.path).st_mode & 07777, 02777u);
    EXPECT_EQ(statusOf(plan.path + "/d/x").st_gid, ::getegid());
}

TEST_F(CarriedOut, AFileBelongsToTheUserWhomItIsFor) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    const auto plan = files({{"x", {"1", 0600, 1001}}});
    carry(plan);
    EXPECT_EQ(statusOf(plan.path + "/x").st_uid, 1001u);
    EXPECT_EQ(statusOf(plan.path + "/x").st_mode & 07777, 0600u);
}

TEST_F(CarriedOut, NewFilesReplaceTheOldOnesButNotWhatIsMountedBelow) {
    auto plan = files({{"x", {"1", 0644, {}}}, {"gone", {"1", 0644, {}}}});
    plan.nested = {"below"};
    carry(plan);
    const auto before = fs::read_symlink(fs::path(plan.path) / "..data");
    carry(plan);
    EXPECT_EQ(fs::read_symlink(fs::path(plan.path) / "..data"), before) << "nothing has changed";
    plan.files = {{"x", {"2", 0644, {}}}};
    carry(plan);
    EXPECT_NE(fs::read_symlink(fs::path(plan.path) / "..data"), before);
    EXPECT_FALSE(fs::exists(fs::path(plan.path) / before));
    EXPECT_FALSE(fs::is_symlink(fs::path(plan.path) / "gone"));
    EXPECT_TRUE(fs::is_directory(fs::path(plan.path) / "below"));
}

}  // namespace
}  // namespace kubarium::kubelet
