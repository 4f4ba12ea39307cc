// lab list, validate, test, and what they share with lab run.
#include "app/kubarium/lab_command.h"

#include "core/lab/lab_progress.h"
#include "core/lab/lab_trial.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <boost/process.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <sstream>

#include <unistd.h>

namespace kubarium::cli {

namespace json = boost::json;
namespace fs = std::filesystem;
using namespace lab;

std::string languageOf(const LabArguments& arguments) {
    if (!arguments.language.empty()) return arguments.language;
    for (const auto* variable : {"LC_ALL", "LC_MESSAGES", "LANG"})
        if (const char* value = std::getenv(variable); value && *value) return std::string(value).starts_with("zh") ? "zh_CN" : "en";
    return "en";
}

void printProblems(const LoadedLab& loaded) {
    for (const auto& problem : loaded.problems)
        fmt::print(stderr, "{}{}: {}{}\n", (loaded.lab.folder / problem.file).string(), problem.line > 0 ? fmt::format(":{}", problem.line) : "", problem.message,
                   problem.fix.empty() ? "" : fmt::format(" ({})", problem.fix));
}

Result<bool> ensureCluster(const Options& options, const Lab& lab, bool fresh) {
    const auto paths = TRY(cluster::clusterPaths(options.name, options.state));
    if (cluster::runningCluster(paths)) return false;
    std::vector<std::string> words{"up", "--detach", "--name", options.name, "--lab", lab.folder.string()};
    if (fresh) words.emplace_back("--fresh");
    if (!options.state.empty()) words.insert(words.end(), {"--state", options.state});
    try {
        // What it says of its own use is not for a student; what goes wrong is.
        boost::process::ipstream said;
        boost::process::child up(fs::read_symlink("/proc/self/exe").string(), boost::process::args(words), boost::process::std_out > boost::process::null, boost::process::std_err > said);
        std::string all;
        for (std::string line; std::getline(said, line);) all += line + '\n';
        up.wait();
        if (up.exit_code() == 0) return true;
        return internalError(fmt::format("the cluster for the lab could not be started:\n{}", all));
    } catch (const std::exception& failed) {
        return internalError(failed.what());
    }
}

void stopCluster(const Options& options, bool purge) {
    std::vector<std::string> words{"down", "--name", options.name};
    if (purge) words.emplace_back("--purge");
    if (!options.state.empty()) words.insert(words.end(), {"--state", options.state});
    std::error_code ignored;
    boost::process::system(fs::read_symlink("/proc/self/exe").string(), boost::process::args(words), boost::process::std_out > boost::process::null, ignored);
}

std::string searchPath() {
    const char* path = std::getenv("PATH");
    return fs::read_symlink("/proc/self/exe").parent_path().string() + ":" + (path ? path : "/usr/bin:/bin");
}

std::string findKubectl() {
    std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
    for (std::string folder; std::getline(path, folder, ':');)
        if (const auto program = fs::path(folder) / "kubectl"; access(program.c_str(), X_OK) == 0) return program.string();
    return {};
}

namespace {

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

// By folder, as a writer of labs has it, or by name.
int validate(const Options& options, const LabArguments& arguments) {
    const auto found = findLab(labsFolder(options.program), arguments.lab);
    const auto loaded = found ? *found : loadLab(arguments.lab);
    printProblems(loaded);
    if (!loaded.problems.empty()) {
        fmt::print(stderr, "{} mistake{} in {}\n", loaded.problems.size(), loaded.problems.size() == 1 ? "" : "s", arguments.lab);
        return failure;
    }
    const auto& lab = loaded.lab;
    const auto count = [](std::size_t number, const char* what) { return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s"); };
    std::size_t checks = 0, questions = 0;
    for (const auto& step : lab.steps) checks += step.checks.size(), questions += step.ask.has_value();
    fmt::print("{}: no mistakes in {}, {}, {}, {}\n", lab.name, count(lab.steps.size(), "step"), count(questions, "question"), count(checks, "check"), count(lab.wrong.size(), "wrong solution"));
    fmt::print("Play it with its solution and its wrong solutions: kubarium lab test {}\n", arguments.lab);
    return success;
}

int test(Options options, const LabArguments& arguments) {
    const auto loaded = findLab(labsFolder(options.program), arguments.lab);
    if (!loaded) return report(loaded.error());
    if (!loaded->problems.empty()) {
        printProblems(*loaded);
        return failure;
    }
    if (options.name.empty()) options.name = "test-" + loaded->lab.name;
    const auto started = ensureCluster(options, loaded->lab, true);
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
    if (*started && !arguments.keep) stopCluster(options, true);
    return failures == 0 ? success : failure;
}

}  // namespace

void addLab(CLI::App& app, Command& command) {
    auto* labs = app.add_subcommand("lab", "Guided labs: learn by doing in a terminal; check those you write");
    labs->require_subcommand(1);
    auto arguments = std::make_shared<LabArguments>();
    const auto add = [&](const char* name, const char* text, bool takesLab, std::function<int()> action) {
        auto* sub = labs->add_subcommand(name, text);
        addClusterOptions(*sub, command.options, std::string(name) == "list");
        auto* clusterName = sub->get_option("--name")->description("name of the cluster (or in KUBARIUM_NAME; one of its own if not given)")->default_str("");
        if (takesLab) sub->add_option("lab", arguments->lab, "name or folder of the lab")->required();
        sub->add_option("--lang", arguments->language, "en or zh_CN; the language of the terminal if not given");
        sub->callback([&command, action, clusterName] {
            if (clusterName->count() == 0 && !std::getenv("KUBARIUM_NAME")) command.options.name.clear();  // chosen by the lab
            command.run = action;
        });
        return sub;
    };
    add("list", "The labs that come with Kubarium", false, [&command, arguments] { return list(command.options, *arguments); });
    auto* running = add("run", "Run a lab in this terminal: what to do, hints, and checks as you go; in a cluster of its own", true,
                        [&command, arguments] { return runLab(command.options, *arguments); });
    running->add_option("--report", arguments->report, "write a report when it ends: FILE.html, FILE.json or FILE.csv");
    running->add_option("--student", arguments->student, "the name in the report");
    running->add_flag("--allow-unsafe", arguments->allowUnsafe, "run a lab that asks for host paths, privileged containers or the host's network");
    running->add_flag("--keep", arguments->keep, "leave the cluster running afterwards");
    running->add_flag("--again", arguments->again, "begin again, although the last time ended in between");
    running->footer("The same lab in the window: kubarium-desktop --lab NAME");
    add("validate", "For writers of labs: report every mistake in a lab's folder, with file, line and the fix", true, [&command, arguments] { return validate(command.options, *arguments); });
    auto* testing = add("test", "For writers of labs: play one with its solution and its wrong solutions (needs kubectl where scripts call it)", true,
                        [&command, arguments] { return test(command.options, *arguments); });
    testing->add_option("--patience", arguments->patience, "seconds that a step may take")->capture_default_str();
    testing->add_flag("--keep", arguments->keep, "leave the cluster running afterwards");
}

}  // namespace kubarium::cli
