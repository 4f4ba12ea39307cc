// lab run: a lab in a terminal. The desktop runs the same session in its panel.
#include "app/kubarium/lab_command.h"
#include "app/kubarium/lab_terminal.h"

#include "core/lab/lab_kinds.h"
#include "core/lab/lab_progress.h"
#include "core/lab/lab_report.h"
#include "core/lab/lab_session.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include <unistd.h>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using namespace lab;

// Between the phases of a cycle that goes on: long enough to be seen in another terminal or window, short enough not to bore.
constexpr auto revealPace = std::chrono::milliseconds{400};

// A session, its terminal, and the words that a student types.
class LabConversation {
public:
    LabConversation(LabSession& session, LabTerminal& terminal, client::Client& client, std::function<void()> quit)
        : session_(session), terminal_(terminal), client_(client), quit_(std::move(quit)) {}

    void onLine(const std::string& line) {
        std::istringstream in(line);
        std::string word, first, second, third;
        in >> word >> first >> second >> third;
        if (word == "quit" || word == "q") return quit_();
        if (word == "reset") return session_.reset();
        if (word == "status" || word == "s") return terminal_.showOpenChecks();
        if (word == "hint" || word == "h") return terminal_.showHint(session_.nextHint());
        if (word == "apply" && !first.empty()) return apply(first);
        if (word == "delete" && !second.empty()) return remove(first, second, third.empty() ? "default" : third);
        const auto& state = session_.state();
        if (state.phase != SessionPhase::Running) return;
        const auto& ask = session_.lab().steps[state.currentStep].ask;
        if (ask && word.empty()) return session_.proceed();
        const auto number = static_cast<std::size_t>(std::atoi(word.c_str()));
        if (ask && number >= 1 && number <= ask->choices.size()) return predict(*ask, ask->choices[number - 1].value);
        if (!word.empty()) terminal_.showHelp();
    }

private:
    void predict(const LabQuestion& ask, const std::string& choice) {
        const auto current = session_.state().currentStep;
        session_.answer(choice);
        session_.reveal([this, &ask, current](Result<void> revealed) {
            if (!revealed) return fmt::print("{}\n", revealed.error().message);
            terminal_.showRevealed(ask, session_.state().steps[current].question);
            if (isatty(STDIN_FILENO)) fmt::print("{}\n", terminal_.say("Press Enter to go on.", "按回车键继续。"));
            std::fflush(stdout);
        });
    }

    void apply(const std::string& file) {
        std::ifstream in(file);
        std::ostringstream text;
        text << in.rdbuf();
        if (!in) return fmt::print("{}: {}\n", file, terminal_.say("cannot be read", "无法读取"));
        session_.apply({{file, text.str()}}, [this, file](Result<void> done) { say(file, done, terminal_.say("applied", "已应用")); });
    }

    void remove(std::string kind, const std::string& name, const std::string& nameSpace) {
        kind[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(kind[0])));
        const auto found = findKind("", kind);
        if (!found) return fmt::print("{}\n", found.error().message);
        client_.remove(found->resource, found->namespaced ? nameSpace : "", name, {}, [this, name](Result<json::value> done) {
            say(name, done ? Result<void>{} : Result<void>(done.error()), terminal_.say("deleted", "已删除"));
        });
    }

    void say(const std::string& what, const Result<void>& done, const char* words) {
        fmt::print("{}: {}\n", what, done ? words : done.error().message);
        std::fflush(stdout);
    }

    LabSession& session_;
    LabTerminal& terminal_;
    client::Client& client_;
    std::function<void()> quit_;
};

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

// kubectl, kubarium and "!command" run as they would in a terminal that was set up for the cluster.
bool isCommand(const std::string& line) { return line.starts_with("kubectl") || line.starts_with("kubarium") || line.starts_with('!'); }

void runCommand(const std::string& line, const LabTerminal& terminal) {
    if (line.starts_with("kubectl") && findKubectl().empty())
        return fmt::print("{}\n", terminal.say("kubectl is not installed (https://kubernetes.io/docs/tasks/tools); 'apply FILE' and 'delete KIND NAME' work here without it.",
                                               "没有安装 kubectl（https://kubernetes.io/zh-cn/docs/tasks/tools）；不用它也可以在这里使用 apply FILE 和 delete KIND NAME。"));
    std::fflush(stdout);
    [[maybe_unused]] const int code = std::system(line.substr(line.starts_with('!') ? 1 : 0).c_str());
}

void prepareEnvironment(const Options& options) {
    setenv("PATH", searchPath().c_str(), 1);
    setenv("KUBARIUM_NAME", options.name.c_str(), 1);
    if (!options.state.empty()) setenv("KUBARIUM_STATE", options.state.c_str(), 1);
    if (const auto paths = cluster::clusterPaths(options.name, options.state)) setenv("KUBECONFIG", paths->kubeconfig().c_str(), 1);
}

// How the program is called from another terminal: by its name if that finds it.
std::string callableProgram() {
    const auto program = fs::read_symlink("/proc/self/exe");
    std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
    std::error_code error;
    for (std::string folder; std::getline(path, folder, ':');)
        if (fs::equivalent(fs::path(folder) / "kubarium", program, error) && !error) return "kubarium";
    return program.string();
}

std::size_t stepsDone(const SessionState& state) { return static_cast<std::size_t>(std::ranges::count(state.steps, StepState::Done, &StepProgress::state)); }

}  // namespace

int runLab(Options options, const LabArguments& arguments) {
    const auto loaded = findLab(labsFolder(options.program), arguments.lab);
    if (!loaded) return report(loaded.error());
    for (const auto& problem : loaded->problems)
        if (!problem.unsafe || !arguments.allowUnsafe) {
            printProblems(*loaded);
            return failure;
        }
    const auto& lab = loaded->lab;
    const bool ownName = options.name.empty();
    if (ownName) options.name = "lab-" + lab.name;
    const auto progressFile = LabProgress::fileIn(options.state);
    const auto paths = cluster::clusterPaths(options.name, options.state);
    if (!paths) return report(paths.error());
    const auto resumeAt = ownName && !arguments.again && fs::exists(paths->store()) ? LabProgress::load(progressFile).resumeAt(lab) : 0;
    const auto program = callableProgram();
    const auto started = ensureCluster(options, lab, resumeAt == 0);
    if (!started) return report(started.error());
    auto session = Session::open(options);
    if (!session) {
        if (*started) stopCluster(options, true);
        return report(session.error());
    }
    prepareEnvironment(options);
    auto& loop = (*session)->loop();
    LabSession run(loop, loop, (*session)->client(), lab,
                   {.allowUnsafe = arguments.allowUnsafe, .followClock = true, .pauseAfterReveal = isatty(STDIN_FILENO) == 1, .revealPace = revealPace,
                    .resumeAt = resumeAt, .exec = &(*session)->client()});
    LabTerminal terminal(run, languageOf(arguments));
    terminal.showIntro(clusterFlags(options), program, !findKubectl().empty());
    if (resumeAt > 0)
        fmt::print("{}\n", fmt::format(fmt::runtime(terminal.say("You go on at step {}; reset begins again.", "从第 {} 步继续；输入 reset 可重新开始。")), resumeAt + 1));
    std::size_t kept = lab.steps.size() + 1;
    run.setObserver([&] {
        terminal.show();
        const auto phase = run.state().phase;
        const auto done = stepsDone(run.state());
        if ((phase == SessionPhase::Running || phase == SessionPhase::Done) && std::exchange(kept, done) != done)
            if (const auto saved = keepProgress(progressFile, run, loop.now()); !saved) report(saved.error());
        if (phase == SessionPhase::Done || phase == SessionPhase::Broken) loop.stop();
    });
    LabConversation conversation(run, terminal, (*session)->client(), [&] { run.leave([&] { loop.stop(); }); });
    // A thread of its own waits for what is typed; it ends with the process, since a read cannot be called off.
    std::thread([&loop, &terminal, &conversation] {
        for (std::string line; std::getline(std::cin, line);) {
            if (isCommand(line)) {
                runCommand(line, terminal);
                continue;
            }
            loop.post([&conversation, line] {
                conversation.onLine(line);
                std::fflush(stdout);
            });
        }
        // Ctrl-D leaves; without a terminal the lab goes on for those who work in another one.
        if (isatty(STDIN_FILENO)) loop.post([&conversation] { conversation.onLine("quit"); });
    }).detach();
    loop.post([&] { run.start(); });
    (*session)->runUntilStopped();
    const auto written = writeReport(arguments, run);
    const bool done = run.state().phase == SessionPhase::Done;
    const bool resumable = ownName && !done && stepsDone(run.state()) > 0;
    if (*started && !arguments.keep) stopCluster(options, !resumable);
    if (resumable)
        fmt::print("{}\n", fmt::format(fmt::runtime(terminal.say("What you did is kept: '{} lab run {}' goes on here, with --again it begins anew.", "进度已保存：'{} lab run {}' 从这里继续，加 --again 则重新开始。")),
                                       program, lab.name));
    std::fflush(stdout);
    if (!written) report(written.error());
    // The reader of standard input still refers to the session.
    std::_Exit(done && written ? success : failure);
}

}  // namespace kubarium::cli
