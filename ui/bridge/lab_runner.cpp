#include "ui/bridge/lab_runner.h"

#include "core/lab/lab_session.h"
#include "ui/bridge/engine_process.h"

#include <boost/json/array.hpp>

#include <QCoreApplication>
#include <QHash>
#include <QPointer>

#include <mutex>

namespace kubarium::bridge {
namespace {

QString localized(const std::map<std::string, std::string>& byLanguage, const QString& language) {
    const auto it = byLanguage.find(language.toStdString());
    if (it != byLanguage.end()) return model::text(it->second);
    const auto english = byLanguage.find("en");
    return english == byLanguage.end() ? QString() : model::text(english->second);
}

QString in(const lab::LocalText& text, const QString& language) { return text.empty() ? QString() : model::text(text.in(language.toStdString())); }

std::filesystem::path folder() { return lab::labsFolder(EngineProcess::program().isEmpty() ? QCoreApplication::applicationFilePath().toStdString() : EngineProcess::program().toStdString()); }

}  // namespace

QList<LabEntry> LabRunner::available(const QString& language) {
    // Read once: checking every manifest of every lab takes a moment.
    static std::mutex mutex;
    static QHash<QString, QList<LabEntry>> known;
    const std::lock_guard lock(mutex);
    if (const auto it = known.constFind(language); it != known.cend()) return *it;
    QList<LabEntry> entries;
    for (const auto& path : lab::findLabs(folder())) {
        const auto loaded = lab::loadLab(path);
        LabEntry entry{model::text(loaded.lab.name), in(loaded.lab.title, language), loaded.lab.minutes, {}};
        if (!loaded.problems.empty()) entry.problem = model::text(loaded.problems.front().message);
        entries.push_back(entry);
    }
    known.insert(language, entries);
    return entries;
}

bool LabRunner::asksForNodes(const QString& name) {
    const auto loaded = lab::findLab(folder(), name.toStdString());
    return loaded && !loaded->lab.nodes.empty();
}

Result<std::unique_ptr<LabRunner>> LabRunner::create(ClusterLink& link, const QString& name, const QString& language) {
    const auto loaded = lab::findLab(folder(), name.toStdString());
    if (!loaded) return loaded.error();
    if (!loaded->problems.empty()) {
        const auto& problem = loaded->problems.front();
        return badRequest(problem.file + ": " + problem.message + (problem.fix.empty() ? "" : " " + problem.fix));
    }
    return std::unique_ptr<LabRunner>(new LabRunner(link, loaded->lab, language));
}

LabRunner::LabRunner(ClusterLink& link, const lab::Lab& lab, QString language) : link_(link), language_(std::move(language)) {
    session_ = std::make_unique<lab::LabSession>(link.executor(), link.executor(), link.client(), lab, lab::SessionOptions{.exec = dynamic_cast<client::PodExec*>(&link.client())});
    session_->setObserver([this] {
        std::size_t done = 0;
        for (const auto& step : session_->state().steps) done += step.state == lab::StepState::Done;
        if (done > stepsDone_) Q_EMIT stepDone();
        stepsDone_ = done;
        Q_EMIT changed();
    });
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

void LabRunner::hint() {
    session_->nextHint();
    Q_EMIT changed();
}

void LabRunner::reset() {
    stepsDone_ = 0;
    session_->reset();
}

model::LabScreen LabRunner::screen() const {
    model::LabScreen screen;
    const auto& lab = session_->lab();
    const auto& state = session_->state();
    QStringList topics;
    for (const auto& topic : lab.topics) topics << model::text(topic);
    screen.heading = tr("Lab · %1 · %2 min").arg(topics.join(QStringLiteral(", "))).arg(lab.minutes);
    screen.title = in(lab.title, language_);
    screen.message = model::text(state.message);
    screen.running = state.phase == lab::SessionPhase::Running;
    screen.done = state.phase == lab::SessionPhase::Done;
    screen.passed = state.checksPassed();
    screen.total = state.checksTotal;
    for (std::size_t i = 0; i < lab.steps.size(); ++i) {
        const auto stepState = i < state.steps.size() ? state.steps[i].state : lab::StepState::Todo;
        screen.steps.push_back({in(lab.steps[i].title, language_), stepState == lab::StepState::Done, screen.running && stepState == lab::StepState::Current});
    }
    if (!screen.running) {
        screen.brief = localized(lab.intro, language_);
        return screen;
    }
    const auto& step = lab.steps[state.currentStep];
    const auto& progress = state.steps[state.currentStep];
    screen.brief = localized(step.brief, language_);
    if (step.ask) {
        screen.question = in(step.ask->question, language_);
        for (const auto& choice : step.ask->choices) screen.choices.push_back({model::text(choice.value), choice.text.empty() ? model::text(choice.value) : in(choice.text, language_)});
        screen.chosen = model::text(progress.question.chosen);
        if (progress.question.revealed) {
            screen.answer = model::text(progress.question.answer);
            screen.explanation = in(step.ask->explanation, language_);
        }
    }
    for (std::size_t i = 0; i < step.checks.size(); ++i) {
        model::LabCheckLine line;
        line.title = step.checks[i].title.empty() ? model::text(step.checks[i].name) : in(step.checks[i].title, language_);
        if (i < progress.checks.size()) {
            const auto& result = progress.checks[i];
            line.state = result.state == lab::CheckState::Passed ? model::LabCheckState::Passed : result.state == lab::CheckState::Waiting ? model::LabCheckState::Waiting : model::LabCheckState::Failed;
            if (line.state != model::LabCheckState::Passed) line.found = in(step.checks[i].message, language_);
        }
        screen.checks.push_back(line);
    }
    screen.hintsTotal = static_cast<int>(step.hints.size());
    screen.hintsLeft = screen.hintsTotal - progress.hintsShown;
    for (int i = 0; i < progress.hintsShown && i < screen.hintsTotal; ++i) screen.hints << in(step.hints[static_cast<std::size_t>(i)], language_);
    return screen;
}

}  // namespace kubarium::bridge
