// What if: Pods that do not exist yet, a drained Node, another configuration of the scheduler, or two configurations side by side.
// Asks the cluster's scheduler (SchedulingReview) and shows where everything would go, as pictures. Changes nothing. GUI thread.
#pragma once

#include "ui/bridge/cluster_link.h"
#include "ui/model/pod_state.h"
#include "ui/model/what_if.h"
#include "ui/style/theme.h"

#include <QDialog>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QScrollArea;
class QSpinBox;

namespace kubarium::scene {
class StageView;
}

namespace kubarium::view {

class WhatIfDialog final : public QDialog {
    Q_OBJECT

public:
    // `now`: the picture of the cluster. The link must outlive the dialog, or be told gone through ClusterLink::aliveFlag.
    WhatIfDialog(bridge::ClusterLink& link, std::shared_ptr<const scene::StageModel> now, const style::Theme& theme, const QString& language, QWidget* parent = nullptr);

    void setManifests(const QString& yaml);
    // Fills in B: Nodes are filled one after the other instead of being used alike.
    void packNodes();
    void ask();
    // What was typed and chosen, to go on with it in another dialog.
    model::WhatIfQuestion question() const;
    void setQuestion(const model::WhatIfQuestion& question);

    // The parts, for tests.
    scene::StageView& stage(int side) { return *stages_[side]; }
    QPlainTextEdit& configuration(int side) { return *configurations_[side]; }
    QComboBox& drain() { return *drain_; }
    QComboBox& lostZone() { return *lostZone_; }
    QComboBox& target() { return *target_; }
    QSpinBox& newNodes() { return *newNodes_; }
    QString said() const;
    QString details() const;  // the lines below the pictures

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeQuestion();
    QLayout* makeSuppositions(QWidget* pane);
    QWidget* makeAnswer();
    void show(const model::WhatIfAnswer& answer);
    void say(const QString& sentence, model::Tone tone);
    void fitDifferences();

    bridge::ClusterLink& link_;
    std::shared_ptr<bool> linkAlive_;
    std::shared_ptr<const scene::StageModel> now_;
    style::Theme theme_;
    QString language_;
    QPlainTextEdit* manifests_;
    QPlainTextEdit* configurations_[2];
    QComboBox *drain_, *lostZone_, *target_;
    QSpinBox* newNodes_;
    QDoubleSpinBox *newCores_, *newGibibytes_;
    QPushButton* ask_;
    QLabel *sentence_, *differences_;
    QScrollArea* differencesArea_;
    QWidget* halves_[2];
    QLabel* titles_[2];
    scene::StageView* stages_[2];
};

}  // namespace kubarium::view
