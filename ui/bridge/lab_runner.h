// Runs one lab of core/lab against the window's cluster and says what the panel is to show. GUI thread.
#pragma once

#include "ui/bridge/cluster_link.h"
#include "ui/model/lab_screen.h"

#include <QObject>

#include <memory>

namespace kubarium::lab {
class LabSession;
struct Lab;
}  // namespace kubarium::lab

namespace kubarium::bridge {

struct LabEntry {
    QString name, title;
    int minutes = 0;
    QString problem;  // "" if it can be run
    bool done = false;  // at least once
    int stepsDone = 0, steps = 0;  // of the latest attempt; stepsDone 0: there is nothing to go on with
};

class LabRunner final : public QObject {
    Q_OBJECT

public:
    // Folders beside the program, or $KUBARIUM_LABS. Takes a moment the first time; any thread.
    static QList<LabEntry> available(const QString& language);
    // Whether the lab asks for Nodes of its own (`kubarium up --lab`).
    static bool asksForNodes(const QString& name);

    // The step (0-based) to go on with, when the latest attempt ended in between and the cluster that it had is still there; else 0.
    static int resumeStep(const QString& name, const QString& cluster);

    // Fails with a sentence if there is no such lab or it has mistakes. `resumeAt` as resumeStep() said before the cluster was started.
    static Result<std::unique_ptr<LabRunner>> create(ClusterLink& link, const QString& name, const QString& language, int resumeAt = 0);
    ~LabRunner() override;

    void start();
    model::LabScreen screen() const;
    void setLanguage(const QString& language);
    void answer(const QString& value);
    void reveal();
    void proceed();
    void hint();
    void reset();

Q_SIGNALS:
    void changed();
    void failed(const QString& sentence);
    void stepDone();

private:
    LabRunner(ClusterLink& link, const lab::Lab& lab, QString language, int resumeAt);
    void onChange();
    void describeQuestion(model::LabScreen& screen) const;
    QString preparing() const;
    ClusterLink& link_;
    std::unique_ptr<lab::LabSession> session_;
    QString language_;
    std::size_t stepsDone_ = 0;
    int kept_ = -1;  // steps done, as noted in the progress file
};

}  // namespace kubarium::bridge
