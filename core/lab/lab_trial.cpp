#include "core/lab/lab_trial.h"

#include <boost/process.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::lab {
namespace {

namespace bp = boost::process;
using namespace std::chrono_literals;

// Runs a script of a solution; blocking, off the engine thread. The error carries its last words.
Result<void> runScript(const std::filesystem::path& script, const TrialEnvironment& environment) {
    bp::environment variables = boost::this_process::environment();
    variables["KUBECONFIG"] = environment.kubeconfig.string();
    variables["PATH"] = environment.path;
    variables["KUBARIUM_NAME"] = environment.name;
    if (!environment.state.empty()) variables["KUBARIUM_STATE"] = environment.state;
    try {
        bp::ipstream output;
        bp::child child("/bin/sh", script.string(), variables, (bp::std_out & bp::std_err) > output, bp::std_in < bp::null);
        std::string text;
        for (std::string line; std::getline(output, line);) text = line;
        child.wait();
        if (child.exit_code() == 0) return {};
        return badRequest(fmt::format("{} ended with {}: {}", script.string(), child.exit_code(), text));
    } catch (const bp::process_error& error) {
        return internalError(fmt::format("{} could not be run: {}", script.string(), error.what()));
    }
}

}  // namespace

LabTrial::LabTrial(Executor& executor, Clock& clock, client::Client& client, client::PodExec* exec, Lab lab, TrialEnvironment environment)
    : executor_(executor), clock_(clock), session_(executor, clock, client, std::move(lab), {.followClock = true, .exec = exec}), environment_(std::move(environment)) {
    session_.setObserver([this] { onChange(); });
}

void LabTrial::run(Expect expect, std::size_t wrong, Duration patience, std::function<void(TrialResult)> done) {
    expect_ = expect;
    wrong_ = wrong;
    patience_ = patience;
    done_ = std::move(done);
    step_ = 0;
    stepBegun_ = false;
    timeout_ = clock_.afterReal(2 * patience, [this] { finish(false, fmt::format("the start of the lab did not become ready: {}", session_.state().message)); });
    if (std::exchange(started_, true))
        session_.reset();
    else
        session_.start();
}

void LabTrial::onChange() {
    if (!done_) return;
    const auto& state = session_.state();
    if (state.phase == SessionPhase::Broken) return finish(false, state.message);
    if (state.phase == SessionPhase::Done) {
        if (expect_ == Expect::SolutionPasses) {
            solutionTook_.push_back(clock_.monotonic() - stepStart_);
            return finish(true, "");
        }
        return finish(false, "every check passed, but they should not");
    }
    if (state.phase != SessionPhase::Running) return;
    if (!stepBegun_ || state.currentStep != step_) {
        step_ = state.currentStep;
        stepBegun_ = true;
        beginStep();
    }
    if (expect_ == Expect::WrongFails)
        if (const auto verdict = wrongVerdict(false)) finish(verdict->ok, verdict->message);
}

// What the checks say of a wrong solution; nothing while it may still turn out either way. The named check must be the one that fails,
// and no other. One without a deadline never turns to Failed: then it must not have passed when the time is up, and what it found must
// be another thing than before, else the mistake was not made or the check does not see it.
std::optional<TrialResult> LabTrial::wrongVerdict(bool timeIsUp) const {
    const auto& expected = session_.lab().wrong[wrong_].expectedCheck;
    const auto& checks = session_.lab().steps[step_].checks;
    const auto& results = session_.state().steps[step_].checks;
    const auto found = std::ranges::find(checks, expected, &LabCheck::name);
    if (results.size() != checks.size()) return std::nullopt;
    for (std::size_t i = 0; i < checks.size(); ++i)
        if (checks[i].name != expected && results[i].state == CheckState::Failed)
            return TrialResult{false, fmt::format("the check {} failed, not {}: \"{}\" (found: {})", checks[i].name, expected, checks[i].message.in("en"), results[i].found)};
    if (found == checks.end()) return std::nullopt;
    const auto& result = results[static_cast<std::size_t>(found - checks.begin())];
    const TrialResult fails{true, fmt::format("\"{}\" (found: {})", found->message.in("en"), result.found)};
    if (result.state == CheckState::Failed) return fails;
    if (!timeIsUp) return std::nullopt;
    if (result.state == CheckState::Passed) return TrialResult{false, fmt::format("the check {} passed", expected)};
    if (result.state == CheckState::Broken) return TrialResult{false, fmt::format("the check {} cannot be evaluated: {}", expected, result.found)};
    if (result.found != foundBefore_) return fails;
    return TrialResult{false, fmt::format("the check {} finds what it found before the mistake ({}): it was not made, or the check does not look at it", expected, result.found)};
}

Duration LabTrial::patienceFor(std::size_t step) const {
    if (expect_ == Expect::SolutionPasses || step >= solutionTook_.size()) return patience_;
    // A mistake must be made before it can show.
    return expect_ == Expect::StartAloneFails ? std::max<Duration>(3s, 2 * solutionTook_[step]) : std::max<Duration>(6s, 4 * solutionTook_[step]);
}

void LabTrial::timedOut() {
    if (expect_ == Expect::StartAloneFails) return finish(true, fmt::format("stays at step {}", step_ + 1));
    if (expect_ == Expect::WrongFails)
        if (const auto verdict = wrongVerdict(true)) return finish(verdict->ok, verdict->message);
    finish(false, fmt::format("step \"{}\" did not pass: {}", session_.lab().steps[step_].name, openChecks()));
}

void LabTrial::beginStep() {
    const auto& lab = session_.lab();
    if (expect_ == Expect::SolutionPasses) {
        if (step_ == 0) solutionTook_.clear();
        if (step_ > 0) solutionTook_.push_back(clock_.monotonic() - stepStart_);
        stepStart_ = clock_.monotonic();
    }
    timeout_ = clock_.afterReal(patienceFor(step_), [this] { timedOut(); });
    if (lab.steps[step_].ask) {
        session_.answer(lab.steps[step_].ask->choices.front().value);
        const auto reveal = [this, alive = alive_](auto&& self) -> void {
            if (!*alive || !done_) return;
            session_.reveal([this, self](Result<void> revealed) {
                if (!revealed) retry_ = clock_.afterReal(200ms, [self] { self(self); });
            });
        };
        reveal(reveal);
    }
    if (expect_ == Expect::StartAloneFails) return;
    foundBefore_.clear();
    if (expect_ == Expect::WrongFails) {
        const auto& checks = lab.steps[step_].checks;
        const auto& results = session_.state().steps[step_].checks;
        for (std::size_t i = 0; i < std::min(checks.size(), results.size()); ++i)
            if (checks[i].name == lab.wrong[wrong_].expectedCheck) foundBefore_ = results[i].found;
    }
    const auto& files = expect_ == Expect::WrongFails ? lab.wrong[wrong_].manifests : lab.solution;
    std::vector<Manifest> mine;
    for (const auto& file : files)
        if (static_cast<std::size_t>(file.step()) == step_) mine.push_back(file);
    // Of a wrong solution, the steps before the mistake are solved as they should be.
    if (expect_ == Expect::WrongFails && mine.empty())
        for (const auto& file : lab.solution)
            if (static_cast<std::size_t>(file.step()) == step_) mine.push_back(file);
    runFiles(std::move(mine), 0);
}

void LabTrial::runFiles(std::vector<Manifest> files, std::size_t index) {
    if (index == files.size() || !done_) return;
    const auto next = [this, alive = alive_, files, index](Result<void> result) {
        if (!*alive) return;
        if (!result) return finish(false, fmt::format("{}: {}", files[index].fileName, result.error().message));
        runFiles(files, index + 1);
    };
    if (!files[index].script) return session_.apply({files[index]}, next);
    executor_.offload([script = session_.lab().folder / files[index].fileName, environment = environment_] { return runScript(script, environment); }, next);
}

std::string LabTrial::openChecks() const {
    std::vector<std::string> open;
    const auto& checks = session_.lab().steps[step_].checks;
    const auto& results = session_.state().steps[step_].checks;
    for (std::size_t i = 0; i < checks.size(); ++i)
        if (results[i].state != CheckState::Passed) open.push_back(fmt::format("{} ({}; {})", checks[i].name, checks[i].message.in("en"), results[i].found));
    return fmt::format("{}", fmt::join(open, "; "));
}

void LabTrial::finish(bool ok, std::string message) {
    if (!done_) return;
    timeout_.reset();
    retry_.reset();
    executor_.post([done = std::exchange(done_, nullptr), ok, message = std::move(message)] { done({ok, message}); });
}

}  // namespace kubarium::lab
