#include "ui/bridge/engine_process.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>

namespace kubarium::bridge {

EngineProcess::EngineProcess(QString name, QObject* parent) : QObject(parent), name_(std::move(name)) {}

EngineProcess::~EngineProcess() {
    if (process_) {
        process_->disconnect(this);
        process_->terminate();
        process_->waitForFinished(500);
    }
}

QString EngineProcess::program() {
    if (const auto chosen = qEnvironmentVariable("KUBARIUM_PROGRAM"); !chosen.isEmpty()) return chosen;
    const auto beside = QCoreApplication::applicationDirPath() + QStringLiteral("/kubarium");
    if (QFileInfo(beside).isExecutable()) return beside;
    return QStandardPaths::findExecutable(QStringLiteral("kubarium"));
}

void EngineProcess::run(const QStringList& arguments, std::function<void(int, QByteArray, QByteArray)> then) {
    const auto path = program();
    if (path.isEmpty()) {
        Q_EMIT failed(tr("The program kubarium was not found beside this one. Build it with scripts/build, or open a kubeconfig instead."));
        return;
    }
    if (process_) process_->deleteLater();
    process_ = new QProcess(this);
    auto* process = process_;
    connect(process, &QProcess::finished, this, [this, process, then](int code, QProcess::ExitStatus status) {
        if (process_ == process) process_ = nullptr;
        process->deleteLater();
        then(status == QProcess::NormalExit ? code : -1, process->readAllStandardOutput(), process->readAllStandardError());
    });
    connect(process, &QProcess::errorOccurred, this, [this, process, path](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        if (process_ == process) process_ = nullptr;
        process->deleteLater();
        Q_EMIT failed(tr("%1 could not be started.").arg(path));
    });
    process->start(path, arguments);
}

void EngineProcess::start(const QStringList& upOptions) {
    cancelled_ = false;
    Q_EMIT progress(tr("Looking for the cluster \"%1\"").arg(name_));
    run({QStringLiteral("status"), QStringLiteral("--name"), name_, QStringLiteral("-o"), QStringLiteral("json")}, [this, upOptions](int code, const QByteArray& out, const QByteArray&) {
        if (cancelled_) return;
        const auto status = QJsonDocument::fromJson(out).object();
        if (code == 0 && status.value(QLatin1String("running")).toBool()) return findKubeconfig(status.value(QLatin1String("levelSentence")).toString(), false);
        up(upOptions);
    });
}

void EngineProcess::up(const QStringList& options) {
    Q_EMIT progress(tr("Starting the cluster \"%1\"").arg(name_));
    levelSentence_.clear();
    QStringList arguments{QStringLiteral("up"), QStringLiteral("--detach"), QStringLiteral("--name"), name_, QStringLiteral("-o"), QStringLiteral("json")};
    run(arguments + options, [this](int code, const QByteArray& rest, const QByteArray& errors) {
        if (cancelled_) return;
        for (const auto& line : rest.split('\n')) onLine(line);
        if (code == 0) return findKubeconfig(levelSentence_, true);
        const auto sentence = QString::fromUtf8(errors).trimmed();
        Q_EMIT failed(sentence.isEmpty() ? tr("The engine of \"%1\" ended before it was ready. See: kubarium check").arg(name_) : sentence);
    });
    if (!process_) return;
    connect(process_, &QProcess::readyReadStandardOutput, this, [this, process = process_] {
        while (process->canReadLine()) onLine(process->readLine());
    });
}

void EngineProcess::onLine(const QByteArray& line) {
    const auto message = QJsonDocument::fromJson(line).object();
    if (const auto sentence = message.value(QLatin1String("progress")).toString(); !sentence.isEmpty()) Q_EMIT progress(sentence);
    if (message.contains(QLatin1String("levelSentence"))) levelSentence_ = message.value(QLatin1String("levelSentence")).toString();
}

void EngineProcess::findKubeconfig(const QString& levelSentence, bool startedHere) {
    run({QStringLiteral("kubeconfig"), QStringLiteral("--path"), QStringLiteral("--name"), name_}, [this, levelSentence, startedHere](int code, const QByteArray& out, const QByteArray& errors) {
        if (cancelled_) return;
        if (code == 0) Q_EMIT ready(QString::fromUtf8(out).trimmed(), levelSentence, startedHere);
        else Q_EMIT failed(QString::fromUtf8(errors).trimmed());
    });
}

void EngineProcess::cancel() {
    cancelled_ = true;
    if (process_) process_->terminate();
}

void EngineProcess::stop() {
    cancelled_ = false;
    Q_EMIT progress(tr("Stopping the cluster \"%1\"").arg(name_));
    run({QStringLiteral("down"), QStringLiteral("--name"), name_}, [this](int code, const QByteArray&, const QByteArray& errors) {
        if (code != 0) Q_EMIT failed(QString::fromUtf8(errors).trimmed());
        else Q_EMIT stopped();
    });
}

}  // namespace kubarium::bridge
