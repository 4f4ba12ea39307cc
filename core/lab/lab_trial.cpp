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

LabTrial::LabTrial(Executor& executor, Clock& clock, client::Client& client, Lab lab, TrialEnvironment environment)
    : executor_(executor), clock_(clock), session_(executor, clock, client, std::move(lab), {}), environment_(std::move(environment)) {
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
        if (expect_ == Expect::SolutionPasses) return finish(true, "");
        return finish(false, "every check passed, but they should not");
    }
    if (state.phase != SessionPhase::Running) return;
    if (!stepBegun_ || state.currentStep != step_) {
        step_ = state.currentStep;
        stepBegun_ = true;
        beginStep();
    }
    if (expect_ == Expect::WrongFails) {
        const auto& checks = session_.lab().steps[step_].checks;
        for (std::size_t i = 0; i < checks.size() && i < state.steps[step_].checks.size(); ++i)
            if (checks[i].name == session_.lab().wrong[wrong_].expectedCheck && state.steps[step_].checks[i].state == CheckState::Failed) return finish(true, "");
    }
}

void LabTrial::beginStep() {
    const auto& lab = session_.lab();
    timeout_ = clock_.afterReal(patience_, [this] {
        if (expect_ == Expect::StartAloneFails) return finish(true, "");
        if (expect_ == Expect::WrongFails) {
            // A check without a deadline never turns to Failed: it is enough that it does not pass.
            const auto& expected = session_.lab().wrong[wrong_].expectedCheck;
            const auto& checks = session_.lab().steps[step_].checks;
            for (std::size_t i = 0; i < checks.size(); ++i)
                if (checks[i].name == expected && session_.state().steps[step_].checks[i].state != CheckState::Passed) return finish(true, "");
        }
        finish(false, fmt::format("step \"{}\" did not pass: {}", session_.lab().steps[step_].name, openChecks()));
    });
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
