// What a student sees of a lab in a terminal: steps, questions, checks as they turn, in English or Chinese. Each change is printed
// once. It reads the session and writes to standard output; nothing else.
#pragma once

#include "core/lab/lab_session.h"

#include <string>
#include <string_view>
#include <vector>

namespace kubarium::cli {

// The little Markdown of a brief (paragraphs, **strong**, *emphasis*, `code`) for a terminal: lines of at most `columns` columns (a
// Chinese character takes two), each begun with `indent` spaces; with `colour` as bold and colour, else without the marks.
std::string markdownForTerminal(std::string_view markdown, int columns, int indent, bool colour);

class LabTerminal {
public:
    LabTerminal(const lab::LabSession& session, std::string language);

    void showIntro(const std::string& clusterFlags, const std::string& program, bool kubectl) const;
    void show();
    // What is still open in the current step, and what each check found.
    void showOpenChecks() const;
    void showHint(const lab::LocalText* hint) const;
    void showRevealed(const lab::LabQuestion& ask, const lab::QuestionProgress& question) const;
    void showHelp() const;
    const std::string& language() const { return language_; }
    // The text in the student's language.
    const char* say(const char* english, const char* chinese) const { return chinese_ ? chinese : english; }

private:
    void showLastPassed(const lab::SessionState& state);
    void showStep(std::size_t index);
    void showQuestion(const lab::LabQuestion& ask) const;
    void showHold(const lab::LabHold& hold, lab::HoldState state);
    void showChecks(const lab::LabStep& step, const std::vector<lab::CheckResult>& results);
    void showDone(const lab::SessionState& state) const;
    std::string title(const lab::LabCheck& check) const;
    std::string strong(std::string_view text) const;
    std::string mark(lab::CheckState state) const;
    std::string inLanguage(const std::map<std::string, std::string>& brief) const;

    const lab::LabSession& session_;
    std::string language_, message_;
    bool chinese_, colour_;
    int columns_;
    int step_ = -1;
    bool done_ = false;
    lab::HoldState hold_ = lab::HoldState::None;
    std::vector<lab::CheckState> shown_;
};

}  // namespace kubarium::cli
