// The scheduling decisions of a cluster that keeps none, as a real one: `kubarium why` works them out beside the window, from what
// the kubeconfig may list, and writes nothing. One Pod at a time, the one that was asked for last. GUI thread; nothing here blocks.
#pragma once

#include "ui/model/cluster_objects.h"

#include <QObject>
#include <QPointer>
#include <QProcess>
#include <QStringList>

#include <deque>

namespace kubarium::bridge {

class RecomputedDecisions final : public QObject {
    Q_OBJECT

public:
    RecomputedDecisions(QString kubeconfigPath, QString context, QObject* parent = nullptr);
    ~RecomputedDecisions() override;

    struct Answer {
        std::string key;
        model::ObjectPtr decision;  // a SchedulingDecision; status.assumptions is a list of sentences in the language
        QString problem;            // a sentence, where there is none
        std::uint64_t serial = 0;   // grows with each answer
    };
    // What is known of the Pod as its scheduling stands. nullptr: it is being worked out, changed() follows.
    const Answer* of(const model::ObjectPtr& pod, const QString& language);
    // The same without beginning any work.
    const Answer* known(const model::ObjectPtr& pod, const QString& language) const;
    // Works it out once more: the rest of the cluster has changed.
    void again(const model::ObjectPtr& pod, const QString& language);
    // Gives up what is being worked out; its answer says so until again().
    void cancel();

Q_SIGNALS:
    void changed();

private:
    void stop();
    void start(const model::ObjectPtr& pod, const std::string& key, const QString& language);
    void finish(Answer answer);

    QString kubeconfigPath_, context_;
    std::deque<Answer> answers_;  // the latest last
    std::string working_;         // key
    std::uint64_t serial_ = 0;
    QPointer<QProcess> process_;
};

}  // namespace kubarium::bridge
