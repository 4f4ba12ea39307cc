#include "app/kubarium/lab_terminal.h"

#include "app/kubarium/decision_text.h"
#include "core/lab/brief.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

#include <sys/ioctl.h>
#include <unistd.h>

namespace kubarium::cli {
namespace {

using namespace lab;

constexpr int widest = 100, narrowest = 40;

// The columns that the character at text[at] takes, and its bytes.
struct Character {
    std::size_t bytes = 1;
    int columns = 1;
};
Character characterAt(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    // East Asian wide: from U+2E80 on, which is all that our languages need.
    const bool wide = bytes == 4 || (bytes == 3 && first >= 0xE3) || (bytes == 3 && first == 0xE2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xBA);
    return {std::min(bytes, text.size() - at), wide ? 2 : 1};
}

// Puts words into lines. A word ends at a space, or anywhere beside a wide character.
class Wrapper {
public:
    Wrapper(int columns, int indent) : columns_(columns), indent_(static_cast<std::size_t>(indent)) {}

    void character(std::string_view bytes, int columns) {
        if (columns == 2) endWord();
        word_ += bytes;
        wordColumns_ += columns;
        if (columns == 2) endWord();
    }
    void control(std::string_view sequence) { word_ += sequence; }
    void space() {
        endWord();
        if (column_ > 0) gap_ = true;
    }
    void paragraph() {
        endWord();
        if (!line_.empty()) endLine();
        if (!text_.empty() && !text_.ends_with("\n\n")) text_ += '\n';
    }
    std::string finish() {
        endWord();
        if (!line_.empty()) endLine();
        while (text_.ends_with("\n\n")) text_.pop_back();
        return std::move(text_);
    }

private:
    void endWord() {
        if (column_ > 0 && column_ + (gap_ ? 1 : 0) + wordColumns_ > columns_ - static_cast<int>(indent_)) endLine();
        if (wordColumns_ > 0 && gap_) line_ += ' ', ++column_;
        if (wordColumns_ > 0) gap_ = false;
        line_ += word_;
        column_ += wordColumns_;
        word_.clear();
        wordColumns_ = 0;
    }
    void endLine() {
        text_ += std::string(indent_, ' ') + line_ + '\n';
        line_.clear();
        column_ = 0;
        gap_ = false;
    }

    int columns_;
    std::size_t indent_;
    std::string text_, line_, word_;
    int column_ = 0, wordColumns_ = 0;
    bool gap_ = false;
};

}  // namespace

namespace {

std::string proseForTerminal(std::string_view markdown, int columns, int indent, bool colour) {
    Wrapper wrapper(columns, indent);
    bool strong = false, emphasis = false, code = false;
    const auto toggle = [&](bool& on, std::string_view begin, std::string_view end) {
        on = !on;
        if (colour) wrapper.control(on ? begin : end);
    };
    for (std::size_t at = 0; at < markdown.size();) {
        const auto rest = markdown.substr(at);
        if (rest.starts_with("\n\n")) {
            wrapper.paragraph();
            at += 2;
        } else if (rest[0] == '\n' || rest[0] == ' ') {
            wrapper.space();
            ++at;
        } else if (rest[0] == '`') {
            toggle(code, "\033[36m", "\033[39m");
            ++at;
        } else if (!code && rest.starts_with("**")) {
            toggle(strong, "\033[1m", "\033[22m");
            at += 2;
        } else if (!code && rest[0] == '*') {
            toggle(emphasis, "\033[3m", "\033[23m");
            ++at;
        } else {
            const auto character = characterAt(markdown, at);
            wrapper.character(markdown.substr(at, character.bytes), character.columns);
            at += character.bytes;
        }
    }
    return wrapper.finish();
}

// Not wrapped: it is to be copied.
std::string codeForTerminal(std::string_view code, int indent, bool colour) {
    std::string text;
    while (!code.empty()) {
        const auto end = std::min(code.find('\n'), code.size());
        text += fmt::format("{:{}}{}{}{}\n", "", indent + 4, colour ? "\033[36m" : "", code.substr(0, end), colour ? "\033[39m" : "");
        code.remove_prefix(std::min(end + 1, code.size()));
    }
    return text;
}

}  // namespace

std::string markdownForTerminal(std::string_view markdown, int columns, int indent, bool colour) {
    std::string text;
    for (const auto& part : briefParts(markdown)) {
        if (!text.empty()) text += '\n';
        text += part.code ? codeForTerminal(part.text, indent, colour) : proseForTerminal(part.text, columns, indent, colour);
    }
    return text;
}

LabTerminal::LabTerminal(const LabSession& session, std::string language)
    : session_(session), language_(std::move(language)), chinese_(language_.starts_with("zh")), colour_(isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR")) {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    columns_ = std::clamp(known ? static_cast<int>(size.ws_col) - 1 : widest, narrowest, widest);
}

std::string LabTerminal::strong(std::string_view text) const { return colour_ ? fmt::format("\033[1m{}\033[0m", text) : std::string(text); }

std::string LabTerminal::mark(CheckState state) const {
    const auto [sign, colour] = state == CheckState::Passed   ? std::pair{"[\u2713]", "32"}
                                : state == CheckState::Failed ? std::pair{"[\u2717]", "31"}
                                : state == CheckState::Broken ? std::pair{"[?]", "33"}
                                                              : std::pair{"[ ]", ""};
    return colour_ && *colour ? fmt::format("\033[{}m{}\033[39m", colour, sign) : sign;
}

std::string LabTerminal::title(const LabCheck& check) const { return check.title.empty() ? check.name : check.title.in(language_); }

std::string LabTerminal::inLanguage(const std::map<std::string, std::string>& brief) const { return LocalText{brief}.in(language_); }

void LabTerminal::showIntro(const std::string& clusterFlags, const std::string& program, bool kubectl) const {
    const auto& lab = session_.lab();
    fmt::print("\n{}  {}\n\n{}\n", strong(lab.title.in(language_)), fmt::format(fmt::runtime(say("({} steps, about {} minutes)", "（{} 步，约 {} 分钟）")), lab.steps.size(), lab.minutes),
               markdownForTerminal(inLanguage(lab.intro), columns_, 0, colour_));
    fmt::print("{}\n    export KUBECONFIG=$({} kubeconfig --path{})\n\n", say("Work here, or in another terminal after", "可以直接在这里操作，也可以在另一个终端中先运行"), program, clusterFlags);
    if (!kubectl)
        fmt::print("{}\n\n", say("kubectl is not installed here. Install it (https://kubernetes.io/docs/tasks/tools; Debian: apt install kubernetes-client; Ubuntu: snap install\n"
                                 "kubectl --classic), or do without: 'apply FILE' and 'delete KIND NAME' work here.",
                                 "这里没有安装 kubectl。请安装（https://kubernetes.io/zh-cn/docs/tasks/tools；Debian：apt install kubernetes-client；Ubuntu：snap install kubectl --classic），\n"
                                 "或者不用它：在这里可以使用 apply FILE 和 delete KIND NAME。"));
    showHelp();
}

void LabTerminal::showHelp() const {
    fmt::print("{}\n", say("Commands: kubectl ... and kubarium ... run here; a number answers a question; status, hint, reset, quit; help shows this.",
                           "命令：kubectl ... 和 kubarium ... 可直接在此运行；输入数字回答问题；status（状态）、hint（提示）、reset（重来）、quit（退出）；help 再次显示本行。"));
}

void LabTerminal::show() {
    const auto& state = session_.state();
    if (state.message != message_) {
        message_ = state.message;
        const char* chinese[] = {"正在应用实验的初始内容", "正在等待初始内容全部就绪", "正在把集群恢复到实验的起点"};
        const bool preparing = state.phase == SessionPhase::Preparing;
        if (!message_.empty()) fmt::print("... {}\n", preparing ? say(message_.c_str(), chinese[static_cast<std::size_t>(state.preparation)]) : message_.c_str());
    }
    if (state.phase == SessionPhase::Preparing) step_ = -1;
    if (state.phase == SessionPhase::Running) {
        const auto& step = session_.lab().steps[state.currentStep];
        const auto& progress = state.steps[state.currentStep];
        if (static_cast<int>(state.currentStep) != step_) {
            showLastPassed(state);
            showStep(state.currentStep);
        }
        if (step.ask && step.ask->hold) showHold(*step.ask->hold, progress.question.hold);
        showChecks(step, progress.checks);
    }
    if (state.phase == SessionPhase::Done && !std::exchange(done_, true)) {
        showLastPassed(state);
        showDone(state);
    }
    std::fflush(stdout);
}

// The check that ends a step passes in the moment in which the next begins.
void LabTerminal::showLastPassed(const SessionState& state) {
    if (step_ < 0 || state.steps[static_cast<std::size_t>(step_)].state != StepState::Done) return;
    showChecks(session_.lab().steps[static_cast<std::size_t>(step_)], state.steps[static_cast<std::size_t>(step_)].checks);
}

void LabTerminal::showStep(std::size_t index) {
    const auto& step = session_.lab().steps[index];
    step_ = static_cast<int>(index);
    hold_ = HoldState::None;
    shown_.assign(step.checks.size(), CheckState::Waiting);
    const auto heading = fmt::format(fmt::runtime(say("Step {} of {}: {}", "第 {} 步，共 {} 步：{}")), index + 1, session_.lab().steps.size(), step.title.in(language_));
    fmt::print("\n{}\n{}\n", strong(heading), markdownForTerminal(inLanguage(step.brief), columns_, 0, colour_));
    if (step.ask) showQuestion(*step.ask);
    for (const auto& check : step.checks) fmt::print("  {} {}\n", mark(CheckState::Waiting), title(check));
}

void LabTerminal::showQuestion(const LabQuestion& ask) const {
    fmt::print("{}\n", markdownForTerminal(ask.question.in(language_), columns_, 0, colour_));
    for (std::size_t i = 0; i < ask.choices.size(); ++i) fmt::print("  {}) {}\n", i + 1, ask.choices[i].text.empty() ? ask.choices[i].value : ask.choices[i].text.in(language_));
    fmt::print("{}\n", say("Type the number of your answer.", "请输入答案的编号。"));
}

void LabTerminal::showHold(const LabHold& hold, HoldState state) {
    if (std::exchange(hold_, state) == state) return;
    if (state == HoldState::Held)
        fmt::print("  {}\n", fmt::format(fmt::runtime(say("|| The scheduler holds {} before {}: predict, then it goes on.", "|| 调度器让 {} 停在 {} 之前：先预测，它才会继续。")), hold.pod, hold.phase));
}

void LabTerminal::showChecks(const LabStep& step, const std::vector<CheckResult>& results) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i].state == shown_[i]) continue;
        shown_[i] = results[i].state;
        if (results[i].state == CheckState::Passed) fmt::print("  {} {}\n", mark(results[i].state), title(step.checks[i]));
        if (results[i].state == CheckState::Failed)
            fmt::print("  {} {}: {} {}\n", mark(results[i].state), title(step.checks[i]), step.checks[i].message.in(language_), fmt::format(fmt::runtime(say("(found: {})", "（实际：{}）")), results[i].found));
        if (results[i].state == CheckState::Broken)
            fmt::print("  {} {}: {}\n", mark(results[i].state), title(step.checks[i]), fmt::format(fmt::runtime(say("the lab is at fault, not you: {}", "是实验本身的问题，与你无关：{}")), results[i].found));
    }
}

void LabTerminal::showDone(const SessionState& state) const {
    fmt::print("\n{} {}\n", strong(say("Done. Well done!", "完成，做得好！")),
               fmt::format(fmt::runtime(say("{} of {} checks passed.", "通过检查 {}/{}。")), state.checksPassed(), state.checksTotal));
    int asked = 0, right = 0;
    for (std::size_t i = 0; i < state.steps.size(); ++i) {
        asked += session_.lab().steps[i].ask && state.steps[i].question.revealed;
        right += state.steps[i].question.right();
    }
    if (asked > 0) fmt::print("{}\n", fmt::format(fmt::runtime(say("{} of {} predictions were right.", "预测正确 {}/{}。")), right, asked));
}

void LabTerminal::showOpenChecks() const {
    const auto& state = session_.state();
    if (state.phase != SessionPhase::Running) return fmt::print("{}\n", state.message.empty() ? say("The lab is over.", "实验已结束。") : state.message);
    const auto& step = session_.lab().steps[state.currentStep];
    const auto& progress = state.steps[state.currentStep];
    if (step.ask && !progress.question.revealed) showQuestion(*step.ask);
    for (std::size_t i = 0; i < progress.checks.size(); ++i) {
        const auto& check = step.checks[i];
        const auto& result = progress.checks[i];
        if (result.state == CheckState::Passed) fmt::print("  {} {}\n", mark(result.state), title(check));
        else fmt::print("  {} {}: {}{}\n", mark(result.state), title(check), check.message.in(language_), result.found.empty() ? "" : fmt::format(fmt::runtime(say(" (found: {})", "（实际：{}）")), result.found));
    }
}

void LabTerminal::showHint(const LocalText* hint) const {
    fmt::print("{}\n", hint ? markdownForTerminal(hint->in(language_), columns_, 2, colour_) : say("There are no more hints for this step.\n", "这一步没有更多提示了。\n"));
}

void LabTerminal::showRevealed(const LabQuestion& ask, const QuestionProgress& question) const {
    if (question.decision.is_object()) {
        fmt::print("\n");
        printDecision(question.decision, language_);
        fmt::print("\n");
    }
    auto answer = question.answer;
    for (const auto& choice : ask.choices)
        if (choice.value == question.answer && !choice.text.empty()) answer = choice.text.in(language_);
    const auto verdict = question.right() ? std::string(say("Right.", "正确。")) : fmt::format(fmt::runtime(say("Not quite: it is {}.", "不对，答案是：{}。")), answer);
    fmt::print("{} {}\n{}", mark(question.right() ? CheckState::Passed : CheckState::Failed), strong(verdict), markdownForTerminal(ask.explanation.in(language_), columns_, 4, colour_));
}

}  // namespace kubarium::cli
