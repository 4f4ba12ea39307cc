// Starts or finds the engine of a cluster: `kubarium up --name NAME --detach`, whose progress it passes on, then the kubeconfig that
// it left. The engine outlives the window unless stop() is called. GUI thread; nothing here blocks.
#pragma once

#include <QObject>
#include <QProcess>
#include <QStringList>

namespace kubarium::bridge {

class EngineProcess final : public QObject {
    Q_OBJECT

public:
    explicit EngineProcess(QString name, QObject* parent = nullptr);
    ~EngineProcess() override;

    // Attaches to the engine that runs under the name, or starts one (`upOptions` are added to `kubarium up`).
    void start(const QStringList& upOptions = {});
    void cancel();
    // Ends the engine (`kubarium down`); done() follows.
    void stop();

    const QString& name() const { return name_; }
    // Where the program is: $KUBARIUM_PROGRAM, beside this program, or in the PATH.
    static QString program();

Q_SIGNALS:
    void progress(const QString& sentence);
    // `startedHere`: the cluster was not running before.
    void ready(const QString& kubeconfigPath, const QString& levelSentence, bool startedHere);
    void failed(const QString& sentence);
    void stopped();

private:
    void run(const QStringList& arguments, std::function<void(int, QByteArray, QByteArray)> then);
    void up(const QStringList& options);
    void findKubeconfig(const QString& levelSentence, bool startedHere);
    void onLine(const QByteArray& line);

    QString name_, levelSentence_;
    QProcess* process_ = nullptr;
    bool cancelled_ = false;
};

}  // namespace kubarium::bridge
