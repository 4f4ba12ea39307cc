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

TEST_F(LabFile, everyMistakeSaysHowToPutItRight) {
    write("brief.md", "intro\n\n## A\ntext\n");
    write("lab.yaml",
          "apiVersion: kubarium.dev/v1alpha1\nkind: Lab\nmetadata: {name: t}\nspec:\n  title: {en: T}\n  minutes: long\n  level: hard\n  topics: pods\n"
          "  cluster:\n    nodes:\n    - {name: A_b, cpu: lots, simulated: maybe, taints: [{key: k, effect: Never}]}\n    - {name: A_b}\n"
          "  steps:\n  - name: a\n    title: {en: A}\n    faults: [{type: Flood, node: z, after: soon}]\n"
          "    ask: {question: {en: Q}, choices: [x], answer: {decision: {pod: web, select: '.a +'}}}\n"
          "    checks:\n    - {name: x, object: {kind: Pood, name: p}, jq: .a, message: {en: m}}\n"
          "    - {name: y, select: {kind: Pod, labels: 'a in ('}, jq: .a, message: {en: m}}\n"
          "    - {name: z, exec: {pod: p}, jq: .a, message: {en: m}}\n"
          "    - {name: w, exec: {pod: p, command: [a]}, logs: {pod: p}, jq: .a, message: {en: m}}\n"
          "    - {name: v, never: {kind: Node, name: n, namespace: default, jq: .a}, message: {en: m}}\n");
    write("start/run.sh", "true\n");
    write("start/note.txt", "x\n");
    write("start/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pud\nmetadata: {}\n");
    write("solution/7-x.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
    write("wrong/w/1-x.yaml", "apiVersion: v1\n# fails: nothing\nkind: Pod\nmetadata: {name: a}\n");
    EXPECT_TRUE(reports("lab.yaml", 6, "whole number"));
    EXPECT_TRUE(reports("lab.yaml", 7, "no level \"hard\""));
    EXPECT_TRUE(reports("lab.yaml", 8, "\"topics\" must be a list"));
    EXPECT_TRUE(reports("lab.yaml", 11, "\"lots\" is not a quantity"));
    EXPECT_TRUE(reports("lab.yaml", 11, "must be true or false"));
    EXPECT_TRUE(reports("lab.yaml", 11, "no effect \"Never\""));
    EXPECT_TRUE(reports("lab.yaml", 11, "\"A_b\" is no name for a Node"));
    EXPECT_TRUE(reports("lab.yaml", 12, "already there"));
    EXPECT_TRUE(reports("lab.yaml", 16, "no fault \"Flood\""));
    EXPECT_TRUE(reports("lab.yaml", 16, "no Node \"z\""));
    EXPECT_TRUE(reports("lab.yaml", 16, "\"soon\" is not a duration"));
    EXPECT_TRUE(reports("lab.yaml", 17, "two choices"));
    EXPECT_TRUE(reports("lab.yaml", 17, "without its namespace"));
    EXPECT_TRUE(reports("lab.yaml", 17, "does not compile"));
    EXPECT_TRUE(reports("lab.yaml", 19, "no kind Pood"));
    EXPECT_TRUE(reports("lab.yaml", 20, "no label selector"));
    EXPECT_TRUE(reports("lab.yaml", 21, "command is missing"));
    EXPECT_TRUE(reports("lab.yaml", 22, "more than one thing"));
    EXPECT_TRUE(reports("lab.yaml", 23, "is in no namespace"));
    EXPECT_TRUE(reports("start/run.sh", 0, "YAML only"));
    EXPECT_TRUE(reports("start/note.txt", 0, "not used"));
    EXPECT_TRUE(reports("start/a.yaml", 6, "no kind Pud"));
    EXPECT_TRUE(reports("start/a.yaml", 5, "metadata.name is missing"));
    EXPECT_TRUE(reports("solution/7-x.yaml", 0, "number of a step"));
    EXPECT_TRUE(reports("wrong/w/1-x.yaml", 2, "no step has a check \"nothing\""));
    const auto loaded = loadLab(folder_);
    for (const auto& problem : loaded.problems) EXPECT_FALSE(problem.fix.empty()) << problem.message;
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
    write("start/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n  containers:\n  - securityContext: {privileged: true}\n  volumes:\n  - hostPath: {path: /}\n");
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
