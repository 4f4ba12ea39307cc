#include "core/lab/lab_progress.h"

#include <gtest/gtest.h>

#include <fstream>

#include <unistd.h>

namespace kubarium::lab {
namespace {

namespace fs = std::filesystem;

class Progress : public testing::Test {
protected:
    Progress() : folder_(fs::temp_directory_path() / ("kubarium-progress-" + std::to_string(::getpid()))), file_(LabProgress::fileIn(folder_)) {
        lab_.name = "first-pod";
        lab_.steps.resize(3);
        state_.steps.resize(3);
    }
    ~Progress() override { fs::remove_all(folder_); }

    Lab lab_;
    SessionState state_;
    fs::path folder_, file_;
};

TEST_F(Progress, isKeptBetweenSessions) {
    state_.steps[0].state = StepState::Done;
    state_.steps[0].hintsShown = 2;
    state_.startedAt = WallTime{} + std::chrono::seconds{100};
    LabProgress progress;
    progress.record(lab_, state_, WallTime{} + std::chrono::seconds{160});
    ASSERT_TRUE(progress.save(file_));
    const auto again = LabProgress::load(file_);
    ASSERT_TRUE(again.labs().contains("first-pod"));
    const auto& record = again.labs().at("first-pod");
    EXPECT_FALSE(record.done);
    EXPECT_EQ(record.stepsDone, 1);
    EXPECT_EQ(record.steps, 3);
    EXPECT_EQ(record.hints, 2);
    EXPECT_DOUBLE_EQ(record.seconds, 60);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}), 1) << "nothing but the file is left";
}

TEST_F(Progress, aLabThatWasDoneStaysDone) {
    LabProgress progress;
    state_.phase = SessionPhase::Done;
    progress.record(lab_, state_, WallTime{});
    state_.phase = SessionPhase::Running;
    progress.record(lab_, state_, WallTime{});
    EXPECT_TRUE(progress.labs().at("first-pod").done);
}

TEST_F(Progress, ALabGoesOnWhereItWasLeftUnlessItIsDoneOrHasChanged) {
    LabProgress progress;
    EXPECT_EQ(progress.resumeAt(lab_), 0U);
    state_.steps[0].state = state_.steps[1].state = StepState::Done;
    progress.record(lab_, state_, WallTime{});
    EXPECT_EQ(progress.resumeAt(lab_), 2U);
    auto changed = lab_;
    changed.steps.resize(4);
    EXPECT_EQ(progress.resumeAt(changed), 0U);
    state_.steps[2].state = StepState::Done;
    progress.record(lab_, state_, WallTime{});
    EXPECT_EQ(progress.resumeAt(lab_), 0U);
}

TEST_F(Progress, aDamagedFileIsAnEmptyProgress) {
    fs::create_directories(folder_);
    for (const auto* text : {"", "{", "[]", R"({"labs":3})", R"({"labs":{"a":7}})", R"({"labs":{"a":{"steps":"x","seconds":null,"done":1}}})"}) {
        std::ofstream(file_) << text;
        const auto progress = LabProgress::load(file_);
        for (const auto& [name, record] : progress.labs()) EXPECT_FALSE(record.done) << text;
    }
}

}  // namespace
}  // namespace kubarium::lab
