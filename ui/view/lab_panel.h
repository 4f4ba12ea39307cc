// The labs at the left: the list of them, or the one that runs: its steps, the question to predict, the checks with what was found, hints, and how far one is. Shows a
// LabScreen and reports what is pressed; it knows nothing about sessions or clusters.
#pragma once

#include "ui/model/lab_screen.h"
#include "ui/style/theme.h"

#include <QWidget>

#include <functional>
#include <optional>

class QBoxLayout;
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
    // The list to choose from, while none runs.
    void offer(const QList<model::LabOffer>& labs, const style::Theme& theme);

Q_SIGNALS:
    void answered(const QString& value);
    void revealRequested();
    void proceedRequested();  // the explanation, or the step that has passed, has been read
    void hintRequested();
    void resetRequested();
    void leaveRequested();
    void startRequested(const QString& name);
    void editRequested(const QString& manifest);  // of the text of the lab

protected:
    void changeEvent(QEvent* event) override;

private:
    void addStep(const model::LabScreen& screen, const model::LabStepLine& step, const style::Theme& theme);
    void addText(QBoxLayout& column, const QList<model::LabTextPart>& parts, const char* role);
    void addQuestion(const model::LabScreen& screen, const style::Theme& theme);
    void addButton(const QString& text, const QString& name, bool enabled, void (LabPanel::*pressed)());
    void addVerdict(const model::LabScreen& screen, const style::Theme& theme);
    void addChecks(const model::LabScreen& screen, const style::Theme& theme);
    void retranslate();
    void fill(const model::LabScreen& screen, const style::Theme& theme);
    void clearKeepingPlace(const std::function<void()>& refill);
    void lead(const QString& name);
    void bringIntoSight(const QString& name);

    QVBoxLayout* column_;
    QPushButton *hint_, *reset_, *leave_;
    QWidget* foot_;
    QProgressBar* progress_;
    QLabel* count_;
    std::optional<int> place_;  // of the scroll bar, until what was filled in anew has been laid out
    model::LabScreen screen_;
    QList<model::LabOffer> offers_;
    QString shownTheme_;  // theme and language that are shown; "" when nothing is
};

}  // namespace kubarium::view
