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
};

class LabRunner final : public QObject {
    Q_OBJECT

public:
    // Folders beside the program, or $KUBARIUM_LABS. Takes a moment the first time; any thread.
    static QList<LabEntry> available(const QString& language);
    // Whether the lab asks for Nodes of its own (`kubarium up --lab`).
    static bool asksForNodes(const QString& name);

    // Fails with a sentence if there is no such lab or it has mistakes.
    static Result<std::unique_ptr<LabRunner>> create(ClusterLink& link, const QString& name, const QString& language);
    ~LabRunner() override;

    void start();
    model::LabScreen screen() const;
    void setLanguage(const QString& language);
    void answer(const QString& value);
    void reveal();
    void hint();
    void reset();

Q_SIGNALS:
    void changed();
    void failed(const QString& sentence);
    void stepDone();

private:
    LabRunner(ClusterLink& link, const lab::Lab& lab, QString language);
    ClusterLink& link_;
    std::unique_ptr<lab::LabSession> session_;
    QString language_;
    std::size_t stepsDone_ = 0;
};

}  // namespace kubarium::bridge
