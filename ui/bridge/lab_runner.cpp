#include "ui/bridge/lab_runner.h"

#include "core/base/state_directory.h"
#include "core/lab/brief.h"
#include "core/lab/lab_progress.h"
#include "core/lab/lab_session.h"
#include "ui/bridge/engine_process.h"

#include <QCoreApplication>
#include <QPointer>

#include <mutex>

namespace kubarium::bridge {
namespace {

QList<model::LabTextPart> briefIn(const std::map<std::string, std::string>& byLanguage, const QString& language) {
    QList<model::LabTextPart> parts;
    for (const auto& part : lab::briefParts(lab::LocalText{byLanguage}.in(language.toStdString()))) parts.push_back({part.code, model::text(part.text)});
    return parts;
}

QString in(const lab::LocalText& text, const QString& language) { return text.empty() ? QString() : model::text(text.in(language.toStdString())); }

std::filesystem::path folder() { return lab::labsFolder(EngineProcess::program().isEmpty() ? QCoreApplication::applicationFilePath().toStdString() : EngineProcess::program().toStdString()); }

// As the engine's processes are told.
std::filesystem::path stateFolder() { return qEnvironmentVariable("KUBARIUM_STATE").toStdString(); }
std::filesystem::path progressFile() { return lab::LabProgress::fileIn(stateFolder()); }

// Long enough to see a phase on the Stage before the next.
constexpr auto revealPace = std::chrono::milliseconds{1500};

}  // namespace

QList<LabEntry> LabRunner::available(const QString& language) {
    // The labs are read once: checking every manifest of every lab takes a moment. How far one is changes.
    static std::mutex mutex;
    static std::vector<lab::LoadedLab> labs;
    const std::lock_guard lock(mutex);
    if (labs.empty())
        for (const auto& path : lab::findLabs(folder())) labs.push_back(lab::loadLab(path));
    const auto progress = lab::LabProgress::load(progressFile());
    QList<LabEntry> entries;
    for (const auto& loaded : labs) {
        LabEntry entry{model::text(loaded.lab.name), in(loaded.lab.title, language), loaded.lab.minutes, {}};
        if (!loaded.problems.empty()) entry.problem = model::text(loaded.problems.front().message);
        const auto known = progress.labs().find(loaded.lab.name);
        entry.done = known != progress.labs().end() && known->second.done;
        entry.steps = static_cast<int>(loaded.lab.steps.size());
        entry.stepsDone = static_cast<int>(progress.resumeAt(loaded.lab));
        entries.push_back(entry);
    }
    return entries;
}

int LabRunner::resumeStep(const QString& name, const QString& cluster) {
    const auto loaded = lab::findLab(folder(), name.toStdString());
    const auto store = stateDirectory(stateFolder()) / cluster.toStdString() / "store.sqlite";
    std::error_code error;
    return loaded && std::filesystem::exists(store, error) ? static_cast<int>(lab::LabProgress::load(progressFile()).resumeAt(loaded->lab)) : 0;
}

bool LabRunner::asksForNodes(const QString& name) {
    const auto loaded = lab::findLab(folder(), name.toStdString());
    return loaded && !loaded->lab.nodes.empty();
}

Result<std::unique_ptr<LabRunner>> LabRunner::create(ClusterLink& link, const QString& name, const QString& language, int resumeAt) {
    const auto loaded = lab::findLab(folder(), name.toStdString());
    if (!loaded) return loaded.error();
    if (!loaded->problems.empty()) {
        const auto& problem = loaded->problems.front();
        return badRequest(problem.file + ": " + problem.message + (problem.fix.empty() ? "" : " " + problem.fix));
    }
    return std::unique_ptr<LabRunner>(new LabRunner(link, loaded->lab, language, resumeAt));
}

LabRunner::LabRunner(ClusterLink& link, const lab::Lab& lab, QString language, int resumeAt) : link_(link), language_(std::move(language)), stepsDone_(static_cast<std::size_t>(resumeAt)) {
    session_ = std::make_unique<lab::LabSession>(link.executor(), link.executor(), link.client(), lab,
                                                 lab::SessionOptions{.pauseAfterReveal = true, .pauseAfterStep = true, .revealPace = revealPace, .resumeAt = static_cast<std::size_t>(resumeAt),
                                                                     .exec = dynamic_cast<client::PodExec*>(&link.client())});
    session_->setObserver([this] { onChange(); });
}

void LabRunner::onChange() {
    const auto& state = session_->state();
    std::size_t done = 0;
    for (const auto& step : state.steps) done += step.state == lab::StepState::Passed || step.state == lab::StepState::Done;
    if (done > stepsDone_) Q_EMIT stepDone();
    stepsDone_ = done;
    const bool counts = state.phase == lab::SessionPhase::Running || state.phase == lab::SessionPhase::Done;
    if (counts && std::exchange(kept_, static_cast<int>(done)) != static_cast<int>(done))
        if (const auto kept = lab::keepProgress(progressFile(), *session_, link_.executor().now()); !kept) Q_EMIT failed(model::text(kept.error().message));
    Q_EMIT changed();
}

LabRunner::~LabRunner() = default;

void LabRunner::start() { session_->start(); }

void LabRunner::setLanguage(const QString& language) {
    language_ = language;
    Q_EMIT changed();
}

void LabRunner::answer(const QString& value) {
    session_->answer(value.toStdString());
    Q_EMIT changed();
}

void LabRunner::reveal() {
    session_->reveal([self = QPointer<LabRunner>(this)](Result<void> revealed) {
        if (!self) return;
        if (!revealed) Q_EMIT self->failed(model::text(revealed.error().message));
        Q_EMIT self->changed();
    });
}

void LabRunner::proceed() {
    session_->proceed();
    Q_EMIT changed();
}

void LabRunner::hint() {
    session_->nextHint();
    Q_EMIT changed();
}

void LabRunner::reset() {
    stepsDone_ = 0;
    session_->reset();
}

QString LabRunner::preparing() const {
    switch (session_->state().preparation) {
        case lab::Preparation::ApplyingStart: return tr("Applying the start of the lab");
        case lab::Preparation::AwaitingReady: return tr("Waiting until everything of the start is ready");
        case lab::Preparation::Resetting: return tr("Putting the cluster back to the start of the lab");
    }
    return {};
}

void LabRunner::describeQuestion(model::LabScreen& screen) const {
    const auto current = session_->state().currentStep;
    const auto& step = session_->lab().steps[current];
    const auto& question = session_->state().steps[current].question;
    if (!step.ask) return;
    screen.question = in(step.ask->question, language_);
    for (const auto& choice : step.ask->choices) screen.choices.push_back({model::text(choice.value), choice.text.empty() ? model::text(choice.value) : in(choice.text, language_)});
    screen.chosen = model::text(question.chosen);
    screen.answered = question.answered;
    screen.revealed = question.revealed;
    screen.proceeds = question.revealed && !question.readOn;
    screen.canAnswer = !question.revealed && question.hold != lab::HoldState::Revealing;
    screen.canReveal = question.hold != lab::HoldState::Awaiting && question.hold != lab::HoldState::Revealing;
    if (question.revealed) {
        screen.answer = model::text(question.answer);
        screen.explanation = in(step.ask->explanation, language_);
    }
    if (!step.ask->hold) return;
    screen.keepsCycle = question.hold == lab::HoldState::Revealing || screen.proceeds;
    const auto pod = model::text(step.ask->hold->pod).section(QLatin1Char('/'), 1), phase = model::text(step.ask->hold->phase);
    if (question.hold == lab::HoldState::Awaiting) screen.hold = tr("Waiting until the scheduler takes up %1.").arg(pod);
    if (question.hold == lab::HoldState::Held) screen.hold = tr("❚❚ %1 is held before %2. It goes on when you reveal.").arg(pod, phase);
    if (question.hold == lab::HoldState::Revealing) screen.hold = tr("▶ The cycle goes on: watch the Stage.");
}

model::LabScreen LabRunner::screen() const {
    model::LabScreen screen;
    const auto& lab = session_->lab();
    const auto& state = session_->state();
    QStringList topics;
    for (const auto& topic : lab.topics) topics << in(topic, language_);
    screen.heading = tr("Lab · %1 · %2 min").arg(topics.join(tr(", ", "between the topics of a lab"))).arg(lab.minutes);
    screen.title = in(lab.title, language_);
    screen.message = state.phase == lab::SessionPhase::Preparing ? preparing() : model::text(state.message);
    screen.running = state.phase == lab::SessionPhase::Running;
    screen.done = state.phase == lab::SessionPhase::Done;
    screen.passed = state.checksPassed();
    screen.total = state.checksTotal;
    for (std::size_t i = 0; i < lab.steps.size(); ++i) {
        const auto stepState = i < state.steps.size() ? state.steps[i].state : lab::StepState::Todo;
        const bool passed = stepState == lab::StepState::Passed;
        screen.steps.push_back({in(lab.steps[i].title, language_), passed || stepState == lab::StepState::Done, screen.running && (passed || stepState == lab::StepState::Current)});
    }
    if (!screen.running) {
        screen.brief = briefIn(lab.intro, language_);
        return screen;
    }
    const auto& step = lab.steps[state.currentStep];
    const auto& progress = state.steps[state.currentStep];
    screen.brief = briefIn(step.brief, language_);
    if (state.currentStep == 0) screen.intro = briefIn(lab.intro, language_);
    screen.stepPassed = progress.state == lab::StepState::Passed;
    describeQuestion(screen);
    for (std::size_t i = 0; i < step.checks.size(); ++i) {
        model::LabCheckLine line;
        line.title = step.checks[i].title.empty() ? model::text(step.checks[i].name) : in(step.checks[i].title, language_);
        if (i < progress.checks.size()) {
            const auto& result = progress.checks[i];
            line.state = result.state == lab::CheckState::Passed ? model::LabCheckState::Passed : result.state == lab::CheckState::Waiting ? model::LabCheckState::Waiting : model::LabCheckState::Failed;
            // Of an order the message tells what went wrong, and nothing has yet.
            const bool open = step.checks[i].mode == lab::CheckMode::Before && line.state == model::LabCheckState::Waiting;
            if (line.state != model::LabCheckState::Passed && !open) line.found = in(step.checks[i].message, language_);
        }
        screen.checks.push_back(line);
    }
    screen.hintsTotal = static_cast<int>(step.hints.size());
    screen.hintsLeft = screen.hintsTotal - progress.hintsShown;
    for (int i = 0; i < progress.hintsShown && i < screen.hintsTotal; ++i) screen.hints << in(step.hints[static_cast<std::size_t>(i)], language_);
    return screen;
}

}  // namespace kubarium::bridge
