// lab list, run, validate, test: learning in a terminal. The desktop runs the same session in its panel.
#include "app/kubarium/command.h"

#include "core/lab/lab_progress.h"
#include "core/lab/lab_report.h"
#include "core/lab/lab_session.h"
#include "core/lab/lab_trial.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <boost/process.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

#include <unistd.h>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using namespace lab;

struct LabArguments {
    std::string lab;
    std::string language;
    std::string report;
    std::string student;
    bool allowUnsafe = false;
    bool keep = false;
    int patience = 60;
};

std::string languageOf(const LabArguments& arguments) {
    if (!arguments.language.empty()) return arguments.language;
    for (const auto* variable : {"LC_ALL", "LC_MESSAGES", "LANG"})
        if (const char* value = std::getenv(variable); value && *value) return std::string(value).starts_with("zh") ? "zh_CN" : "en";
    return "en";
}

int list(const Options& options, const LabArguments& arguments) {
    const auto folder = labsFolder(options.program);
    json::array items;
    if (!wantsJson(options)) fmt::print("{:<22} {:<13} {:>4}  {:<8} {}\n", "NAME", "LEVEL", "MIN", "PROGRESS", "TITLE");
    const auto progress = LabProgress::load(LabProgress::fileIn(options.state));
    for (const auto& path : findLabs(folder)) {
        const auto loaded = loadLab(path);
        const auto& title = loaded.lab.title.in(languageOf(arguments));
        const auto known = progress.labs().find(loaded.lab.name);
        const auto record = known == progress.labs().end() ? LabRecord{} : known->second;
        const auto shown = record.done ? std::string("done") : record.steps > 0 ? fmt::format("{}/{}", record.stepsDone, record.steps) : "-";
        if (wantsJson(options))
            items.push_back({{"name", loaded.lab.name}, {"title", title}, {"level", loaded.lab.level}, {"minutes", loaded.lab.minutes}, {"folder", path.string()},
                             {"done", record.done}, {"stepsDone", record.stepsDone}, {"steps", loaded.lab.steps.size()}});
        else
            fmt::print("{:<22} {:<13} {:>4}  {:<8} {}\n", loaded.lab.name, loaded.lab.level, loaded.lab.minutes, shown, title);
    }
    if (wantsJson(options)) fmt::print("{}\n", json::serialize(items));
    return success;
}

void printProblems(const LoadedLab& loaded) {
    for (const auto& problem : loaded.problems)
        fmt::print(stderr, "{}{}: {}{}\n", (loaded.lab.folder / problem.file).string(), problem.line > 0 ? fmt::format(":{}", problem.line) : "", problem.message,
                   problem.fix.empty() ? "" : fmt::format(" ({})", problem.fix));
}

int validate(const LabArguments& arguments) {
    const auto loaded = loadLab(arguments.lab);
    printProblems(loaded);
    if (!loaded.problems.empty()) {
        fmt::print(stderr, "{} mistake{}\n", loaded.problems.size(), loaded.problems.size() == 1 ? "" : "s");
        return failure;
    }
    fmt::print("{}: {} steps, no mistakes\n", loaded.lab.name, loaded.lab.steps.size());
    return success;
}

// Starts a cluster with the lab's Nodes, as `kubarium up` would, unless one of that name runs already.
Result<bool> ensureCluster(const Options& options, const Lab& lab) {
    const auto paths = TRY(cluster::clusterPaths(options.name, options.state));
    if (cluster::runningCluster(paths)) return false;
    std::error_code error;
    fs::create_directories(paths.directory, error);
    const auto nodesFile = paths.directory / "nodes.yaml";
    {
        std::ofstream out(nodesFile);
        for (const auto& node : lab.nodes) {
            json::object labels;
            for (const auto& [key, value] : node.labels) labels[key] = value;
            json::array taints;
            for (const auto& taint : node.taints) taints.push_back({{"key", taint.key}, {"value", taint.value}, {"effect", taint.effect}});
            json::object entry{{"count", node.count}, {"cpu", node.cpu}, {"memory", node.memory}, {"simulated", node.simulated}, {"labels", labels}, {"taints", taints}};
            entry[node.name.empty() ? "namePrefix" : "name"] = node.name.empty() ? node.namePrefix : node.name;
            out << "- " << json::serialize(entry) << '\n';
        }
    }
    std::vector<std::string> words{"up", "--detach", "--fresh", "--name", options.name};
    if (!options.state.empty()) words.insert(words.end(), {"--state", options.state});
    if (!lab.nodes.empty()) words.insert(words.end(), {"--nodes-file", nodesFile.string()});
    try {
        const int code = boost::process::system(fs::read_symlink("/proc/self/exe").string(), boost::process::args(words), boost::process::std_out > stderr);
        if (code != 0) return internalError("the cluster for the lab could not be started");
    } catch (const std::exception& failed) {
        return internalError(failed.what());
    }
    return true;
}

// The text a student sees in a terminal: printed once per change.
class TerminalView {
public:
    TerminalView(const LabSession& session, std::string language) : session_(session), language_(std::move(language)) {}

    void show() {
        const auto& state = session_.state();
        if (state.message != message_) {
            message_ = state.message;
            if (!message_.empty()) fmt::print("... {}\n", message_);
        }
        if (state.phase == SessionPhase::Preparing) step_ = -1;
        if (state.phase == SessionPhase::Running) showStep(state);
        if (state.phase == SessionPhase::Done && !std::exchange(done_, true))
            fmt::print("\nDone: {} of {} checks passed. Well done!\n", state.checksPassed(), state.checksTotal);
        std::fflush(stdout);
    }

private:
    void showStep(const SessionState& state) {
        const auto& step = session_.lab().steps[state.currentStep];
        if (static_cast<int>(state.currentStep) != step_) {
            step_ = static_cast<int>(state.currentStep);
            shown_.assign(step.checks.size(), CheckState::Waiting);
            fmt::print("\nStep {} of {}: {}\n{}", state.currentStep + 1, session_.lab().steps.size(), step.title.in(language_), textOf(step.brief));
            if (step.ask) {
                fmt::print("\n{}\n", step.ask->question.in(language_));
                for (std::size_t i = 0; i < step.ask->choices.size(); ++i) {
                    const auto& choice = step.ask->choices[i];
                    fmt::print("  {}) {}\n", i + 1, choice.text.empty() ? choice.value : choice.text.in(language_));
                }
                fmt::print("Type the number of your answer.\n");
            }
            for (const auto& check : step.checks) fmt::print("  [ ] {}\n", check.title.empty() ? check.name : check.title.in(language_));
        }
        const auto& results = state.steps[state.currentStep].checks;
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (results[i].state == shown_[i]) continue;
            shown_[i] = results[i].state;
            const auto& check = step.checks[i];
            const auto& title = check.title.empty() ? check.name : check.title.in(language_);
            if (results[i].state == CheckState::Passed) fmt::print("  [\u2713] {}\n", title);
            if (results[i].state == CheckState::Failed) fmt::print("  [\u2717] {}: {} (found: {})\n", title, check.message.in(language_), results[i].found);
            if (results[i].state == CheckState::Broken) fmt::print("  [?] {}: the lab is at fault, not you: {}\n", title, results[i].found);
        }
    }

    std::string textOf(const std::map<std::string, std::string>& brief) const {
        const auto it = brief.find(language_);
        return it != brief.end() ? it->second : brief.contains("en") ? brief.at("en") : "";
    }

    const LabSession& session_;
    std::string language_, message_;
    int step_ = -1;
    bool done_ = false;
    std::vector<CheckState> shown_;
};

// What is still open in the current step, and what each check found.
void printOpenChecks(const LabSession& session, const std::string& language) {
    const auto& state = session.state();
    if (state.phase != SessionPhase::Running) return fmt::print("{}\n", state.message.empty() ? "The lab is over." : state.message);
    const auto& step = session.lab().steps[state.currentStep];
    const auto& progress = state.steps[state.currentStep];
    if (step.ask && !progress.question.revealed) fmt::print("  [?] {}\n", step.ask->question.in(language));
    for (std::size_t i = 0; i < progress.checks.size(); ++i) {
        const auto& check = step.checks[i];
        const auto& title = check.title.empty() ? check.name : check.title.in(language);
        if (progress.checks[i].state == CheckState::Passed)
            fmt::print("  [\u2713] {}\n", title);
        else
            fmt::print("  [ ] {}: {}{}\n", title, check.message.in(language), progress.checks[i].found.empty() ? "" : fmt::format(" (found: {})", progress.checks[i].found));
    }
}

// What the student types: a number answers, "status", "hint", "reset", "quit".
void onLine(LabSession& session, const std::string& line, const std::string& language, const std::function<void()>& quit) {
    if (line == "quit" || line == "q") return quit();
    if (line == "reset") return session.reset();
    if (line == "status" || line == "s") return printOpenChecks(session, language);
    if (line == "hint" || line == "h") {
        const auto* hint = session.nextHint();
        fmt::print("{}\n", hint ? hint->in(language) : "There are no more hints for this step.");
        return;
    }
    const auto& state = session.state();
    if (state.phase != SessionPhase::Running) return;
    const auto& ask = session.lab().steps[state.currentStep].ask;
    const auto number = static_cast<std::size_t>(std::atoi(line.c_str()));
    if (ask && number >= 1 && number <= ask->choices.size()) {
        session.answer(ask->choices[number - 1].value);
        const auto current = state.currentStep;
        session.reveal([&session, ask, current, language](Result<void> revealed) {
            if (!revealed) return fmt::print("{}\n", revealed.error().message);
            const auto& question = session.state().steps[current].question;
            fmt::print("{} {}\n", question.right() ? "Right:" : fmt::format("Not quite; it is {}.", question.answer), ask->explanation.in(language));
        });
        return;
    }
    fmt::print("Type status, hint, reset or quit{}.\n", ask ? ", or the number of an answer" : "");
}

Result<void> writeReport(const LabArguments& arguments, const LabSession& session) {
    if (arguments.report.empty()) return {};
    const auto extension = fs::path(arguments.report).extension();
    const auto& student = arguments.student;
    std::string text;
    if (extension == ".html") text = reportHtml(session.lab(), session.state(), student, languageOf(arguments));
    else if (extension == ".csv") text = reportCsv(session.lab(), session.state(), student, true);
    else if (extension == ".json") text = json::serialize(reportJson(session.lab(), session.state(), student));
    else return badRequest(fmt::format("--report {}: end the name in .html, .json or .csv", arguments.report));
    std::ofstream out(arguments.report);
    out << text;
    if (!out.flush()) return internalError(fmt::format("cannot write {}", arguments.report));
    return {};
}

void stopCluster(const Options& options) {
    std::vector<std::string> words{"down", "--name", options.name, "--purge"};
    if (!options.state.empty()) words.insert(words.end(), {"--state", options.state});
    std::error_code ignored;
    boost::process::system(fs::read_symlink("/proc/self/exe").string(), boost::process::args(words), boost::process::std_out > boost::process::null, ignored);
}

int runLab(Options options, const LabArguments& arguments) {
    const auto loaded = findLab(labsFolder(options.program), arguments.lab);
    if (!loaded) return report(loaded.error());
    for (const auto& problem : loaded->problems)
        if (!problem.unsafe || !arguments.allowUnsafe) {
            printProblems(*loaded);
            return failure;
        }
    const auto& lab = loaded->lab;
    const auto language = languageOf(arguments);
    const auto started = ensureCluster(options, lab);
    if (!started) return report(started.error());
    const auto cleanUp = [&] {
        if (*started && !arguments.keep) stopCluster(options);
    };
    auto session = Session::open(options);
    if (!session) {
        cleanUp();
        return report(session.error());
    }
    auto& loop = (*session)->loop();
    fmt::print("{}\n\n{}", lab.title.in(language), lab.intro.contains(language) ? lab.intro.at(language) : lab.intro.at("en"));
    fmt::print("In another terminal: export KUBECONFIG=$(kubarium kubeconfig --path{})\nType status, hint, reset or quit here.\n", clusterFlags(options));
    LabSession run(loop, loop, (*session)->client(), lab,
                   {.allowUnsafe = arguments.allowUnsafe, .followClock = true, .exec = &(*session)->client()});
    TerminalView view(run, language);
    const auto progressFile = LabProgress::fileIn(options.state);
    int kept = -1;
    run.setObserver([&] {
        view.show();
        const auto done = static_cast<int>(std::ranges::count(run.state().steps, StepState::Done, &StepProgress::state));
        if (run.state().phase == SessionPhase::Running || run.state().phase == SessionPhase::Done)
            if (std::exchange(kept, done) != done)
                if (const auto saved = keepProgress(progressFile, run, loop.now()); !saved) report(saved.error());
        const auto phase = run.state().phase;
        if (phase == SessionPhase::Done || phase == SessionPhase::Broken) loop.stop();
    });
    // A thread of its own waits for what is typed; it ends with the process, since a read cannot be called off.
    std::thread([&loop, &run, language] {
        for (std::string line; std::getline(std::cin, line);)
            loop.post([&loop, &run, line, language] {
                onLine(run, line, language, [&loop] { loop.stop(); });
                std::fflush(stdout);
            });
        // Ctrl-D leaves; without a terminal the lab goes on for those who work in another one.
        if (isatty(STDIN_FILENO)) loop.stop();
    }).detach();
    loop.post([&] { run.start(); });
    (*session)->runUntilStopped();
    const auto written = writeReport(arguments, run);
    const bool done = run.state().phase == SessionPhase::Done;
    cleanUp();
    std::fflush(stdout);
    if (!written) report(written.error());
    // The reader of standard input still refers to the session.
    std::_Exit(done && written ? success : failure);
}

std::string searchPath() {
    const char* path = std::getenv("PATH");
    return fs::read_symlink("/proc/self/exe").parent_path().string() + ":" + (path ? path : "/usr/bin:/bin");
}

int test(Options options, const LabArguments& arguments) {
    const auto loaded = findLab(labsFolder(options.program), arguments.lab);
    if (!loaded) return report(loaded.error());
    if (!loaded->problems.empty()) {
        printProblems(*loaded);
        return failure;
    }
    const auto started = ensureCluster(options, loaded->lab);
    if (!started) return report(started.error());
    auto session = Session::open(options);
    if (!session) return report(session.error());
    const auto paths = cluster::clusterPaths(options.name, options.state);
    auto trial = std::make_unique<LabTrial>((*session)->loop(), (*session)->loop(), (*session)->client(), &(*session)->client(),
                                            loaded->lab, TrialEnvironment{paths->kubeconfig(), searchPath(), options.name, options.state});
    int failures = 0;
    const auto one = [&](const std::string& title, LabTrial::Expect expect, std::size_t wrong, int seconds) {
        const auto begin = std::chrono::steady_clock::now();
        (*session)->loop().post([&] {
            trial->run(expect, wrong, std::chrono::seconds{seconds}, [&](TrialResult result) {
                fmt::print("{} {:<44} {:>5.1f} s{}{}\n", result.ok ? "ok  " : "FAIL", title,
                           std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), result.message.empty() ? "" : ": ", result.message);
                std::fflush(stdout);
                failures += !result.ok;
                (*session)->loop().stop();
            });
        });
        (*session)->runUntilStopped();
    };
    one("the solution passes", LabTrial::Expect::SolutionPasses, 0, arguments.patience);
    one("the start alone does not pass", LabTrial::Expect::StartAloneFails, 0, arguments.patience);
    for (std::size_t i = 0; i < loaded->lab.wrong.size(); ++i)
        one(fmt::format("wrong/{} fails at {}", loaded->lab.wrong[i].name, loaded->lab.wrong[i].expectedCheck), LabTrial::Expect::WrongFails, i, arguments.patience);
    trial.reset();  // before the loop that its timers are of
    session->reset();
    if (*started && !arguments.keep) stopCluster(options);
    return failures == 0 ? success : failure;
}

}  // namespace

void addLab(CLI::App& app, Command& command) {
    auto* labs = app.add_subcommand("lab", "Guided labs: list, run, and check those you write");
    labs->require_subcommand(1);
    auto arguments = std::make_shared<LabArguments>();
    const auto add = [&](const char* name, const char* text, bool takesLab, std::function<int()> action) {
        auto* sub = labs->add_subcommand(name, text);
        addClusterOptions(*sub, command.options, std::string(name) == "list");
        if (takesLab) sub->add_option("lab", arguments->lab, "name or folder of the lab")->required();
        sub->add_option("--lang", arguments->language, "en or zh_CN; the language of the terminal if not given");
        sub->callback([&command, action] { command.run = action; });
        return sub;
    };
    add("list", "The labs that come with Kubarium", false, [&command, arguments] { return list(command.options, *arguments); });
    auto* running = add("run", "Run a lab in this terminal, in a cluster of its own unless --name runs already", true,
                        [&command, arguments] { return runLab(command.options, *arguments); });
    running->add_option("--report", arguments->report, "write a report when it ends: FILE.html, FILE.json or FILE.csv");
    running->add_option("--student", arguments->student, "the name in the report");
    running->add_flag("--allow-unsafe", arguments->allowUnsafe, "run a lab that asks for host paths, privileged containers or the host's network");
    running->add_flag("--keep", arguments->keep, "leave the cluster running afterwards");
    add("validate", "Report every mistake in a lab's folder, with file, line and the fix", true, [arguments] { return validate(*arguments); });
    auto* testing = add("test", "Play a lab with its solution and its wrong solutions (needs kubectl where they are scripts)", true,
                        [&command, arguments] { return test(command.options, *arguments); });
    testing->add_option("--patience", arguments->patience, "seconds that a step may take")->capture_default_str();
    testing->add_flag("--keep", arguments->keep, "leave the cluster running afterwards");
}

}  // namespace kubarium::cli
