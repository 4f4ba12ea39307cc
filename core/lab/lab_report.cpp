#include "core/lab/lab_report.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::lab {
namespace {

namespace json = boost::json;

double secondsBetween(WallTime from, WallTime to) {
    return to > from ? std::chrono::duration<double>(to - from).count() : 0.0;
}

std::string_view nameOf(CheckState state) {
    switch (state) {
        case CheckState::Waiting: return "waiting";
        case CheckState::Passed: return "passed";
        case CheckState::Failed: return "failed";
        case CheckState::Broken: return "broken";
    }
    return "";
}

std::string_view nameOf(StepState state) {
    switch (state) {
        case StepState::Todo: return "todo";
        case StepState::Current: return "open";
        case StepState::Passed:
        case StepState::Done: return "done";
    }
    return "";
}

std::string csvField(std::string_view text) {
    // A leading =, +, - or @ would be a formula in a spreadsheet.
    std::string field(text);
    if (!field.empty() && std::string_view("=+-@").find(field.front()) != std::string_view::npos) field.insert(0, "'");
    std::string quoted = "\"";
    for (const char c : field) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

std::string escaped(std::string_view text) {
    std::string html;
    for (const char c : text) {
        switch (c) {
            case '<': html += "&lt;"; break;
            case '>': html += "&gt;"; break;
            case '&': html += "&amp;"; break;
            case '"': html += "&quot;"; break;
            default: html += c;
        }
    }
    return html;
}

}  // namespace

json::object reportJson(const Lab& lab, const SessionState& state, const std::string& student) {
    json::array steps;
    for (std::size_t i = 0; i < lab.steps.size(); ++i) {
        const auto& progress = state.steps[i];
        json::array checks;
        for (std::size_t c = 0; c < progress.checks.size(); ++c) {
            const auto& result = progress.checks[c];
            checks.push_back({{"name", lab.steps[i].checks[c].name}, {"state", nameOf(result.state)}, {"late", result.late},
                              {"expected", result.expected}, {"found", result.found}});
        }
        json::object step{{"name", lab.steps[i].name}, {"state", nameOf(progress.state)},
                          {"seconds", secondsBetween(progress.startedAt, progress.finishedAt)}, {"hints", progress.hintsShown}, {"checks", std::move(checks)}};
        if (lab.steps[i].ask) step["question"] = {{"chosen", progress.question.chosen}, {"answer", progress.question.answer}, {"right", progress.question.right()}};
        steps.push_back(std::move(step));
    }
    json::array events;
    for (const auto& event : state.events)
        events.push_back({{"at", formatMicroTime(event.at)}, {"step", event.step}, {"what", event.what}, {"detail", event.detail}});
    return {{"lab", lab.name}, {"student", student}, {"done", state.phase == SessionPhase::Done}, {"startedAt", formatTime(state.startedAt)},
            {"seconds", secondsBetween(state.startedAt, state.finishedAt)}, {"checksPassed", state.checksPassed()}, {"checksTotal", state.checksTotal},
            {"steps", std::move(steps)}, {"events", std::move(events)}};
}

std::string reportCsv(const Lab& lab, const SessionState& state, const std::string& student, bool header) {
    std::string csv = header ? "student,lab,step,state,seconds,hints,checks_passed,checks,question\n" : "";
    for (std::size_t i = 0; i < lab.steps.size(); ++i) {
        const auto& progress = state.steps[i];
        int passed = 0;
        for (const auto& check : progress.checks) passed += check.state == CheckState::Passed;
        const std::string question = !lab.steps[i].ask ? "" : progress.question.right() ? "right" : progress.question.revealed ? "wrong" : "open";
        csv += fmt::format("{},{},{},{},{:.1f},{},{},{},{}\n", csvField(student), csvField(lab.name), csvField(lab.steps[i].name), nameOf(progress.state),
                           secondsBetween(progress.startedAt, progress.finishedAt), progress.hintsShown, passed, lab.steps[i].checks.size(), question);
    }
    return csv;
}

std::string reportHtml(const Lab& lab, const SessionState& state, const std::string& student, const std::string& language) {
    std::string rows;
    for (std::size_t i = 0; i < lab.steps.size(); ++i) {
        const auto& progress = state.steps[i];
        std::string checks;
        for (std::size_t c = 0; c < progress.checks.size(); ++c) {
            const auto& check = lab.steps[i].checks[c];
            const auto& title = check.title.empty() ? check.name : check.title.in(language);
            checks += fmt::format("<li class=\"{0}\">{1} &middot; {0}{2}</li>", nameOf(progress.checks[c].state), escaped(title),
                                  progress.checks[c].state == CheckState::Passed ? "" : ": " + escaped(check.message.in(language)));
        }
        rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{:.0f} s</td><td>{}</td><td><ul>{}</ul></td></tr>\n", escaped(lab.steps[i].title.in(language)),
                            nameOf(progress.state), secondsBetween(progress.startedAt, progress.finishedAt), progress.hintsShown, checks);
    }
    std::string way;
    for (const auto& event : state.events)
        way += fmt::format("<li><time>{}</time> {} <b>{}</b> {}</li>\n", formatTime(event.at), escaped(event.step), escaped(event.what), escaped(event.detail));
    return fmt::format(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>{}</title>"
        "<style>body{{font:15px/1.5 Inter,sans-serif;max-width:60em;margin:2em auto;color:#1b2430}}td,th{{text-align:left;vertical-align:top;padding:.4em .8em;"
        "border-bottom:1px solid #d8dee6}}ul{{margin:0;padding-left:1.2em}}.passed{{color:#0b7a5c}}.failed{{color:#b8401b}}</style>"
        "<h1>{}</h1><p>{} &middot; {} &middot; {} / {} checks</p><table><tr><th>Step</th><th>State</th><th>Time</th><th>Hints</th><th>Checks</th></tr>\n{}</table>"
        "<h2>The way taken</h2><ol>\n{}</ol></html>\n",
        escaped(language), escaped(lab.title.in(language)), escaped(lab.title.in(language)), escaped(student), formatTime(state.startedAt), state.checksPassed(),
        state.checksTotal, rows, way);
}

}  // namespace kubarium::lab
