#include "ui/bridge/recomputed_decisions.h"

#include "core/api/codec.h"
#include "ui/bridge/engine_process.h"

#include <algorithm>

namespace kubarium::bridge {
namespace {

constexpr std::size_t kept = 8;

// The same as long as what the scheduler did with the Pod is the same; a Pod on its Node goes through many revisions.
std::string keyOf(const api::Object& pod, const QString& language) {
    std::string key(pod.uid());
    key.append("@").append(pod.string({"spec", "nodeName"})).append("@").append(language.toStdString());
    if (const auto* condition = model::condition(pod, "PodScheduled")) key.append("@").append(api::stringAt(*condition, {"message"}));
    return key;
}

}  // namespace

RecomputedDecisions::RecomputedDecisions(QString kubeconfigPath, QString context, QObject* parent)
    : QObject(parent), kubeconfigPath_(std::move(kubeconfigPath)), context_(std::move(context)) {}

RecomputedDecisions::~RecomputedDecisions() { stop(); }

const RecomputedDecisions::Answer* RecomputedDecisions::of(const model::ObjectPtr& pod, const QString& language) {
    if (const auto* answer = known(pod, language)) return answer;
    if (auto key = keyOf(*pod, language); working_ != key) start(pod, key, language);
    return nullptr;
}

const RecomputedDecisions::Answer* RecomputedDecisions::known(const model::ObjectPtr& pod, const QString& language) const {
    const auto found = std::ranges::find(answers_, keyOf(*pod, language), &Answer::key);
    return found == answers_.end() ? nullptr : &*found;
}

void RecomputedDecisions::again(const model::ObjectPtr& pod, const QString& language) {
    const auto key = keyOf(*pod, language);
    std::erase_if(answers_, [&](const Answer& answer) { return answer.key == key; });
    start(pod, key, language);
    Q_EMIT changed();
}

void RecomputedDecisions::cancel() {
    if (!process_) return;
    auto key = std::move(working_);
    stop();
    finish({std::move(key), nullptr, tr("Stopped.")});
}

void RecomputedDecisions::stop() {
    if (!process_) return;
    auto* process = process_.data();
    process_ = nullptr;
    process->disconnect(this);
    process->kill();
    process->waitForFinished(500);
    process->deleteLater();
    working_.clear();
}

void RecomputedDecisions::start(const model::ObjectPtr& pod, const std::string& key, const QString& language) {
    stop();
    working_ = key;
    const auto program = EngineProcess::program();
    QStringList arguments{QStringLiteral("why"), model::text(pod->name()), QStringLiteral("--namespace"), model::text(pod->nameSpace()), QStringLiteral("--kubeconfig"), kubeconfigPath_,
                          QStringLiteral("--output"), QStringLiteral("json"), QStringLiteral("--lang"), language.startsWith(QLatin1String("zh")) ? QStringLiteral("zh_CN") : QStringLiteral("en")};
    if (!context_.isEmpty()) arguments << QStringLiteral("--context") << context_;
    auto* process = new QProcess(this);
    process_ = process;
    connect(process, &QProcess::finished, this, [this, process, key](int, QProcess::ExitStatus) {
        process->deleteLater();
        process_ = nullptr;
        const auto parsed = api::parseJson(process->readAllStandardOutput().toStdString());
        Answer answer{key, nullptr, {}};
        if (parsed && parsed->value.is_object() && api::stringAt(parsed->value, {"kind"}) == "SchedulingDecision") answer.decision = api::Object::make(parsed->value.get_object());
        else if (parsed && parsed->value.is_object()) answer.problem = model::at(parsed->value, {"message"});
        if (!answer.decision && answer.problem.isEmpty()) answer.problem = QString::fromUtf8(process->readAllStandardError()).trimmed();
        if (!answer.decision && answer.problem.isEmpty()) answer.problem = tr("kubarium why ended without an answer.");
        finish(std::move(answer));
    });
    connect(process, &QProcess::errorOccurred, this, [this, process, key, program](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        process->deleteLater();
        process_ = nullptr;
        finish({key, nullptr, program.isEmpty() ? tr("The program kubarium, which works this out, was not found beside this one.") : tr("%1 could not be started.").arg(program)});
    });
    process->start(program, arguments);
}

void RecomputedDecisions::finish(Answer answer) {
    working_.clear();
    answer.serial = ++serial_;
    answers_.push_back(std::move(answer));
    if (answers_.size() > kept) answers_.pop_front();
    Q_EMIT changed();
}

}  // namespace kubarium::bridge
