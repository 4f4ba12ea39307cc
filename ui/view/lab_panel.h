// The lab at the left: its steps, the question to predict, the checks with what was found, hints, and how far one is. Shows a
// LabScreen and reports what is pressed; it knows nothing about sessions or clusters.
#pragma once

#include "ui/model/lab_screen.h"
#include "ui/style/theme.h"

#include <QWidget>

class QVBoxLayout;
class QPushButton;
class QProgressBar;
class QLabel;

namespace kubarium::view {

class LabPanel final : public QWidget {
    Q_OBJECT

public:
    explicit LabPanel(QWidget* parent = nullptr);
    void show(const model::LabScreen& screen, const style::Theme& theme);

Q_SIGNALS:
    void answered(const QString& value);
    void revealRequested();
    void hintRequested();
    void resetRequested();
    void leaveRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    void addSteps(const model::LabScreen& screen, const style::Theme& theme);
    void addQuestion(const model::LabScreen& screen, const style::Theme& theme);
    void addChecks(const model::LabScreen& screen, const style::Theme& theme);
    void retranslate();

    QVBoxLayout* column_;
    QPushButton *hint_, *reset_, *leave_;
    QProgressBar* progress_;
    QLabel* count_;
    model::LabScreen screen_;
};

}  // namespace kubarium::view
