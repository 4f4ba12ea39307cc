#include "core/lab/grader.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>

namespace kubarium::lab {
namespace {

namespace json = boost::json;

std::optional<JqProgram> compileOrBreak(const std::string& text, CheckResult& result) {
    auto program = JqProgram::compile(text);
    if (program) return std::move(*program);
    result.state = CheckState::Broken;
    result.found = fmt::format("the expression does not compile: {}", program.error().message);
    return std::nullopt;
}

// Whether what stands at `at` is said of the elements of something: inside select() or map(), or in the condition of any() or all().
bool isOfElements(const std::string& jq, std::size_t at) {
    struct Call {
        std::string name;
        bool condition;
    };
    std::vector<Call> open;
    std::string word;
    for (std::size_t i = 0; i < at; ++i) {
        const char c = jq[i];
        if (c == '(') {
            const bool quantifier = word == "any" || word == "all";
            // any(.[]; f) has its condition last, any(f) has nothing else.
            int depth = 1;
            bool semicolon = false;
            for (std::size_t j = i + 1; j < jq.size() && depth > 0; ++j) {
                if (jq[j] == '(') ++depth;
                if (jq[j] == ')') --depth;
                semicolon |= jq[j] == ';' && depth == 1;
            }
            open.push_back({word, word == "select" || word == "map" || (quantifier && !semicolon)});
        } else if (c == ')' && !open.empty()) {
            open.pop_back();
        } else if (c == ';' && !open.empty() && (open.back().name == "any" || open.back().name == "all")) {
            open.back().condition = true;
        }
        word = std::isalpha(static_cast<unsigned char>(c)) ? word + c : std::string();
    }
    return std::ranges::any_of(open, &Call::condition);
}

}  // namespace

FoundValues::FoundValues(const std::string& jq) {
    static const std::regex path(R"((\.[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]*\])*))");
    constexpr std::size_t most = 4;
    for (std::sregex_iterator it(jq.begin(), jq.end(), path), end; it != end && paths_.size() < most; ++it) {
        const auto text = it->str();
        if (std::ranges::find(paths_, text, &Path::text) != paths_.end()) continue;
        auto one = JqProgram::compile(text), each = JqProgram::compile("[.[] | " + text + "]");
        if (one && each) paths_.push_back({text, std::move(*one), std::move(*each), isOfElements(jq, static_cast<std::size_t>(it->position()))});
    }
}

std::string FoundValues::describe(const json::value& input) const {
    constexpr std::size_t longest = 120;
    if (input.is_null()) return "there is no such object";
    std::vector<std::string> parts;
    for (const auto& path : paths_) {
        if (path.ofElements && !input.is_array()) continue;
        const auto value = (input.is_array() ? path.ofEach : path.ofOne).run(input);
        if (!value) continue;
        auto shown = json::serialize(*value);
        if (shown.size() > longest) shown = shown.substr(0, longest) + "...";
        parts.push_back(fmt::format("{} is {}", path.text, shown));
    }
    if (parts.empty()) return input.is_array() ? fmt::format("{} objects", input.get_array().size()) : "the object does not fulfil it";
    return fmt::format("{}", fmt::join(parts, ", "));
}

CheckGrader::CheckGrader(const LabCheck& check, ClusterTime stepStart) : check_(check), stepStart_(stepStart) {
    result_.expected = check_.moment.jq;
    program_ = compileOrBreak(check_.moment.jq, result_);
    if (check_.mode == CheckMode::Before) {
        firstProgram_ = compileOrBreak(check_.first.jq, result_);
        result_.expected = fmt::format("{} before {}", check_.first.jq, check_.moment.jq);
    }
    if (check_.mode == CheckMode::Never) {
        result_.expected = fmt::format("never {}", check_.moment.jq);
        if (result_.state != CheckState::Broken) result_.state = CheckState::Passed;
    }
}

std::optional<bool> CheckGrader::evaluate(const LabMoment& moment, const std::optional<JqProgram>& program, const ClusterView& view) {
    const auto input = view.look(moment.target);
    if (!input) {
        result_.state = CheckState::Broken;
        result_.found = input.error().message;
        return std::nullopt;
    }
    const auto holds = program->holds(*input);
    // A runtime error of jq (an absent list indexed, say) means that it does not hold yet.
    const bool value = holds.value_or(false);
    if (&moment == &check_.moment) describe(*input);
    return value;
}

void CheckGrader::describe(const json::value& input) {
    if (!found_) found_.emplace(check_.moment.jq);
    result_.found = found_->describe(input);
}

void CheckGrader::update(const ClusterView& view, ClusterTime now) {
    if (!program_ || (check_.mode == CheckMode::Before && !firstProgram_)) return;
    if (check_.mode == CheckMode::Before && !firstSeen_) {
        const auto first = evaluate(check_.first, firstProgram_, view);
        if (!first) return;
        firstSeen_ = *first;
    }
    const auto before = result_.state;
    if (before == CheckState::Broken) result_.state = CheckState::Waiting;  // the kind may have appeared meanwhile
    judge(evaluate(check_.moment, program_, view), now);
}

void CheckGrader::update(const Result<json::value>& answer, ClusterTime now) {
    if (!program_) return;
    if (!answer) {
        // No answer yet is not the lab's fault: the Pod may not run yet.
        result_.found = answer.error().message;
        judge(false, now);
        return;
    }
    describe(*answer);
    judge(program_->holds(*answer).value_or(false), now);
}

void CheckGrader::breakWith(std::string why) {
    result_.state = CheckState::Broken;
    result_.found = std::move(why);
}

void CheckGrader::judge(std::optional<bool> holds, ClusterTime now) {
    if (!holds) return;
    const bool overdue = check_.within && now - stepStart_ >= *check_.within;
    switch (check_.mode) {
        case CheckMode::Never:
            if (*holds)
                result_.state = CheckState::Failed;
            else if (result_.state != CheckState::Failed)
                result_.state = CheckState::Passed;
            return;
        case CheckMode::Happened:
            if (result_.state == CheckState::Passed) return;
            break;
        case CheckMode::Before:
            if (result_.state == CheckState::Passed || result_.state == CheckState::Failed) return;
            if (*holds) result_.state = firstSeen_ ? CheckState::Passed : CheckState::Failed;
            else if (overdue) result_.state = CheckState::Failed;
            return;
        default:
            break;
    }
    if (!*holds) {
        trueSince_.reset();
        result_.state = overdue ? CheckState::Failed : CheckState::Waiting;
        return;
    }
    if (!trueSince_) trueSince_ = now;
    if (check_.holdFor && now - *trueSince_ < *check_.holdFor) {
        if (result_.state != CheckState::Failed) result_.state = CheckState::Waiting;
        return;
    }
    if (result_.state != CheckState::Passed) result_.late = overdue;
    result_.state = CheckState::Passed;
}

std::optional<ClusterTime> CheckGrader::nextDeadline() const {
    if (result_.state == CheckState::Passed || result_.state == CheckState::Broken) return std::nullopt;
    std::optional<ClusterTime> next;
    if (trueSince_ && check_.holdFor) next = *trueSince_ + *check_.holdFor;
    if (check_.within && result_.state == CheckState::Waiting) {
        const auto deadline = stepStart_ + *check_.within;
        if (!next || deadline < *next) next = deadline;
    }
    return next;
}

}  // namespace kubarium::lab
