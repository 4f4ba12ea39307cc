#include "core/lab/lab.h"

#include <gtest/gtest.h>

#include <fstream>

namespace kubarium::lab {
namespace {

namespace fs = std::filesystem;

class LabFile : public testing::Test {
protected:
    LabFile() : folder_(fs::temp_directory_path() / ("kubarium-lab-" + std::to_string(::getpid()) + "-" + testing::UnitTest::GetInstance()->current_test_info()->name())) {
        fs::create_directories(folder_ / "start");
    }
    ~LabFile() override { fs::remove_all(folder_); }
    void write(const std::string& file, const std::string& text) {
        fs::create_directories((folder_ / file).parent_path());
        std::ofstream(folder_ / file) << text;
    }
    bool reports(const std::string& file, int line, const std::string& words) {
        const auto loaded = loadLab(folder_);
        for (const auto& problem : loaded.problems)
            if (problem.file == file && problem.line == line && problem.message.find(words) != std::string::npos) return true;
        for (const auto& problem : loaded.problems) std::printf("%s:%d: %s\n", problem.file.c_str(), problem.line, problem.message.c_str());
        return false;
    }
    static constexpr const char* head =
        "apiVersion: kubarium.dev/v1alpha1\nkind: Lab\nmetadata: {name: t}\nspec:\n  title: {en: T}\n  steps:\n  - name: a\n    title: {en: A}\n    checks:\n";
    fs::path folder_;
};

TEST_F(LabFile, everyLabThatComesWithKubariumIsValidAndChinese) {
    const auto labs = findLabs(fs::path(KUBARIUM_SOURCE_DIR) / "labs");
    ASSERT_GE(labs.size(), 5U);
    for (const auto& folder : labs) {
        const auto loaded = loadLab(folder);
        for (const auto& problem : loaded.problems) ADD_FAILURE() << folder << " " << problem.file << ":" << problem.line << " " << problem.message;
        const auto& lab = loaded.lab;
        EXPECT_TRUE(lab.title.byLanguage.contains("zh_CN")) << folder;
        EXPECT_TRUE(lab.intro.contains("zh_CN")) << folder;
        EXPECT_FALSE(lab.solution.empty()) << folder;
        EXPECT_FALSE(lab.wrong.empty()) << folder;
        for (const auto& step : lab.steps) {
            EXPECT_TRUE(step.title.byLanguage.contains("zh_CN")) << folder << step.name;
            EXPECT_TRUE(step.brief.contains("zh_CN")) << folder << step.name;
            for (const auto& hint : step.hints) EXPECT_TRUE(hint.byLanguage.contains("zh_CN")) << folder << step.name;
            for (const auto& check : step.checks) {
                EXPECT_TRUE(check.title.byLanguage.contains("zh_CN")) << folder << check.name;
                EXPECT_TRUE(check.message.byLanguage.contains("zh_CN")) << folder << check.name;
            }
        }
    }
}

TEST_F(LabFile, reportsEveryMistakeWithItsLine) {
    write("brief.md", "intro\n\n## A\ntext\n");
    write("lab.yaml", std::string(head) +
                          "    - name: x\n      object: {kind: Pod, name: p}\n      jq: '.a +'\n      message: {en: m}\n"
                          "    - name: x\n      objekt: {kind: Pod}\n      message: {zh_CN: m}\n"
                          "    - name: y\n      object: {kind: Pod, name: p}\n      jq: .a\n      within: soon\n      message: {en: m}\n");
    EXPECT_TRUE(reports("lab.yaml", 12, "does not compile"));
    EXPECT_TRUE(reports("lab.yaml", 14, "already in this step"));
    EXPECT_TRUE(reports("lab.yaml", 15, "no field \"objekt\""));
    EXPECT_TRUE(reports("lab.yaml", 14, "looks at nothing"));
    EXPECT_TRUE(reports("lab.yaml", 16, "no English text"));
    EXPECT_TRUE(reports("lab.yaml", 20, "not a duration"));
}

TEST_F(LabFile, brokenYamlIsOneProblemWithItsLine) {
    write("lab.yaml", "a: [1\nb: {\n");
    const auto loaded = loadLab(folder_);
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_GT(loaded.problems[0].line, 0);
}

TEST_F(LabFile, aManifestThatReachesForTheHostIsMarkedUnsafe) {
    write("brief.md", "intro\n## A\n");
    write("lab.yaml", std::string(head) + "    - {name: x, object: {kind: Pod, name: p}, jq: .a, message: {en: m}}\n");
    write("start/a.yaml", "kind: Pod\nspec:\n  hostNetwork: true\n  containers:\n  - securityContext: {privileged: true}\n  volumes:\n  - hostPath: {path: /}\n");
    const auto loaded = loadLab(folder_);
    int unsafe = 0;
    for (const auto& problem : loaded.problems) unsafe += problem.unsafe;
    EXPECT_EQ(unsafe, 3);
}

TEST_F(LabFile, briefAndStepsMustAgree) {
    write("lab.yaml", std::string(head) + "    - {name: x, object: {kind: Pod, name: p}, jq: .a, message: {en: m}}\n");
    write("brief.md", "intro\n## A\n## B\n");
    EXPECT_TRUE(reports("brief.md", 0, "2 '## ' headings for 1 steps"));
}

TEST(LabText, fallsBackToAnotherVariantAndThenToEnglish) {
    const LocalText text{{{"en", "hello"}, {"zh_CN", "你好"}}};
    EXPECT_EQ(text.in("zh_CN"), "你好");
    EXPECT_EQ(text.in("zh_TW"), "你好");
    EXPECT_EQ(text.in("fr"), "hello");
}

TEST(LabDuration, isGosDuration) {
    EXPECT_EQ(parseDuration("90s"), std::chrono::seconds{90});
    EXPECT_EQ(parseDuration("1h30m"), std::chrono::minutes{90});
    EXPECT_EQ(parseDuration("500ms"), std::chrono::milliseconds{500});
    for (const auto* wrong : {"", "5", "s", "5 s", "-5s", "5x"}) EXPECT_FALSE(parseDuration(wrong)) << wrong;
}

}  // namespace
}  // namespace kubarium::lab
