#include "ui/view/lab_panel.h"

#include "ui/view/choice_button.h"
#include "ui/view/code_box.h"
#include "ui/view/scroll_column.h"
#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QCoreApplication>
#include <QEvent>
#include <QFrame>
#include <QProgressBar>
#include <QScrollArea>
#include <QScrollBar>
#include <QTimer>

#include <algorithm>
#include <utility>

namespace kubarium::view {
namespace {

QLabel* glyph(const QString& text, const QColor& color) {
    auto* label = new QLabel(text);
    label->setFixedWidth(20);
    label->setAlignment(Qt::AlignTop | Qt::AlignHCenter);
    label->setStyleSheet(QStringLiteral("color: %1; font-weight: 600;").arg(color.name()));
    return label;
}

// The text of a lab: `code` and **strong**, to be copied from.
QLabel* markdown(const QString& text, const char* role = "") {
    auto* label = makeLabel(role, text);
    label->setTextFormat(Qt::MarkdownText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QLabel* wrapped(const QString& text, const char* role = "", style::TextWeight weight = style::TextWeight::Regular) {
    auto* label = makeLabel(role, text);
    label->setWordWrap(true);
    if (weight != style::TextWeight::Regular) label->setStyleSheet(QStringLiteral("font-weight: 600;"));
    return label;
}

// Those that went with an earlier filling may not be deleted yet.
QWidget* latest(const QScrollArea& area, const QString& name) {
    const auto found = area.widget()->findChildren<QWidget*>(name);
    return found.isEmpty() ? nullptr : found.back();
}

}  // namespace

LabPanel::LabPanel(QWidget* parent) : QWidget(parent) {
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    auto* body = new QWidget(this);
    column_ = makeScrollColumn(body);
    outer->addWidget(body, 1);
    foot_ = new QWidget(this);
    auto* foot = new QVBoxLayout(foot_);
    foot->setContentsMargins(16, 8, 16, 12);
    auto* progressRow = new QHBoxLayout;
    progress_ = new QProgressBar(this);
    progress_->setTextVisible(false);
    progressRow->addWidget(progress_, 1);
    progressRow->setSpacing(10);
    progressRow->addWidget(count_ = makeLabel("muted"));
    foot->addLayout(progressRow);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(hint_ = makeButton({}));
    buttons->addWidget(reset_ = makeButton({}));
    buttons->addStretch(1);
    buttons->addWidget(leave_ = makeButton({}, "quiet"));
    buttons->setSpacing(4);
    foot->addLayout(buttons);
    outer->addWidget(foot_);
    foot_->hide();
    connect(hint_, &QPushButton::clicked, this, &LabPanel::hintRequested);
    connect(reset_, &QPushButton::clicked, this, &LabPanel::resetRequested);
    connect(leave_, &QPushButton::clicked, this, &LabPanel::leaveRequested);
    retranslate();
}

void LabPanel::retranslate() {
    findChild<QScrollArea*>()->setAccessibleName(tr("Labs"));
    reset_->setText(tr("Reset"));
    reset_->setAccessibleName(tr("Reset lab"));
    reset_->setToolTip(tr("Begin again from the same start"));
    leave_->setText(tr("Leave"));
    const int next = std::min(screen_.hintsTotal, screen_.hintsTotal - screen_.hintsLeft + 1);
    hint_->setText(screen_.hintsTotal == 0 ? tr("Hint") : tr("Hint %1/%2").arg(next).arg(screen_.hintsTotal));
    hint_->setAccessibleName(screen_.hintsTotal == 0 ? tr("Hint") : tr("Hint %1 of %2").arg(next).arg(screen_.hintsTotal));
    hint_->setToolTip(hint_->accessibleName());
    count_->setText(tr("%1 of %2 checks").arg(screen_.passed).arg(screen_.total));
}

void LabPanel::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange) retranslate();
}

// The session tells of every change of the cluster; what stands there is only made anew when the reader would see a difference, and
// then the keyboard's place and the scroll position stay.
void LabPanel::clearKeepingPlace(const std::function<void()>& refill) {
    const auto* focus = focusWidget();
    const auto name = focus && isAncestorOf(focus) && focus->hasFocus() ? focus->accessibleName() : QString();
    auto* area = findChild<QScrollArea*>();
    // While there is nothing in it yet the panel stands at its top: what was before that is kept.
    if (!place_) place_ = area ? area->verticalScrollBar()->value() : 0;
    const auto before = findChildren<QPushButton*>();
    // The old buttons go, and with the one that has the keyboard it would leave the panel: the panel keeps it meanwhile.
    if (!name.isEmpty()) setFocus();
    clearLayout(column_);
    auto* content = column_->parentWidget();
    const auto gone = content->findChildren<QWidget*>(Qt::FindDirectChildrenOnly);
    refill();
    // The layout would show them in a later turn, and until then there is nothing to scroll to.
    for (auto* shown : content->findChildren<QWidget*>(Qt::FindDirectChildrenOnly))
        if (!gone.contains(shown)) shown->show();
    // From top to bottom with Tab, and only then to the foot, which is older.
    QWidget* last = area;
    for (auto* button : findChildren<QPushButton*>()) {
        if (before.contains(button) || foot_->isAncestorOf(button)) continue;
        setTabOrder(last, button);
        last = button;
    }
    setTabOrder(last, hint_);
    if (!name.isEmpty()) {
        QPushButton *next = nullptr, *choice = nullptr;
        for (auto* button : findChildren<QPushButton*>()) {
            if (before.contains(button) && !foot_->isAncestorOf(button)) continue;
            const auto role = button->property("role").toString();
            // Of the same name; or, when what was pressed is done with, the one that leads on; or the first there is to choose from.
            if (!button->isEnabled()) continue;
            if (button->accessibleName() == name) next = button;
            else if (!next && role == QLatin1String("primary")) next = button;
            else if (!choice && role == QLatin1String("choice")) choice = button;
        }
        // While what was predicted is being revealed the keyboard waits in the panel for what leads on.
        if (!next && !screen_.answered) next = choice;
        if (next) next->setFocus();
    }
    if (area)
        QTimer::singleShot(0, area, [this, area] {
            if (!place_) return;
            QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
            area->verticalScrollBar()->setValue(*std::exchange(place_, std::nullopt));
        });
}

void LabPanel::offer(const QList<model::LabOffer>& labs, const style::Theme& theme) {
    const auto look = theme.text.name() + tr("Labs");
    if (foot_->isHidden() && labs == offers_ && look == shownTheme_) return;
    offers_ = labs;
    shownTheme_ = look;
    screen_ = {};
    foot_->hide();
    setAccessibleName(tr("Labs"));
    clearKeepingPlace([&] {
        column_->addWidget(wrapped(tr("Labs"), "heading"));
        column_->addWidget(wrapped(tr("Each lab runs in a cluster of its own and checks what you do. Nothing can break."), "muted"));
        for (const auto& lab : labs) {
            auto* button = new ChoiceButton(lab.done ? QStringLiteral("✓") : QStringLiteral("○"), lab.title, lab.detail);
            button->setToolTip(lab.usable ? QString() : lab.detail);
            button->setEnabled(lab.usable);
            connect(button, &QPushButton::clicked, this, [this, name = lab.name] { Q_EMIT startRequested(name); });
            column_->addWidget(button);
        }
        column_->addStretch(1);
    });
}

void LabPanel::show(const model::LabScreen& screen, const style::Theme& theme) {
    const auto look = theme.text.name() + tr("Lab %1").arg(QString());
    if (!foot_->isHidden() && screen == screen_ && look == shownTheme_) return;
    shownTheme_ = look;
    const auto current = [](const model::LabScreen& of) { return std::ranges::find(of.steps, true, &model::LabStepLine::current) - of.steps.begin(); };
    const bool told = screen.revealed && !screen_.revealed, further = screen.title == screen_.title && current(screen) != current(screen_);
    const bool passed = screen.stepPassed && !screen_.stepPassed;
    const bool predicted = screen.answered && !screen_.answered, helped = !further && screen.hints.size() > screen_.hints.size();
    screen_ = screen;
    foot_->show();
    setAccessibleName(tr("Lab %1").arg(screen.title));
    clearKeepingPlace([&] { fill(screen, theme); });
    if (told) lead(QStringLiteral("verdict"));
    else if (further) lead(current(screen) == 0 ? QStringLiteral("labHeading") : QStringLiteral("currentStep"));
    else if (passed) bringIntoSight(QStringLiteral("proceed"));
    else if (helped) bringIntoSight(QStringLiteral("latestHint"));
    else if (predicted) bringIntoSight(QStringLiteral("reveal"));
}

// As little as needed: what the reader looks at stays where it is if it can.
void LabPanel::bringIntoSight(const QString& name) {
    auto* area = findChild<QScrollArea*>();
    QTimer::singleShot(0, area, [area, name] {
        QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
        if (auto* shown = latest(*area, name)) area->ensureWidgetVisible(shown, 0, style::space::small);
    });
}

// Scrolls to where the reader goes on, when everything has its place.
void LabPanel::lead(const QString& name) {
    auto* area = findChild<QScrollArea*>();
    QTimer::singleShot(0, area, [area, name] {
        QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
        if (const auto* next = latest(*area, name)) area->verticalScrollBar()->setValue(next->mapTo(area->widget(), QPoint()).y() - style::space::small);
    });
}

void LabPanel::fill(const model::LabScreen& screen, const style::Theme& theme) {
    auto* heading = wrapped(screen.heading, "muted");
    heading->setObjectName(QStringLiteral("labHeading"));
    column_->addWidget(heading);
    column_->addWidget(wrapped(screen.title, "heading"));
    if (screen.done) {
        auto* callout = wrapped(tr("Done: every check has passed. Well done!"), "callout");
        column_->addWidget(callout);
    } else if (!screen.message.isEmpty()) {
        column_->addWidget(wrapped(screen.message, "callout"));
    }
    if (!screen.running && !screen.done) addText(*column_, screen.brief, "");
    addText(*column_, screen.intro, "");
    // All that belongs to the step one is at stands in one place, and what comes after it below.
    const auto current = std::ranges::find(screen.steps, true, &model::LabStepLine::current);
    const auto next = current == screen.steps.end() ? current : std::next(current);
    for (auto step = screen.steps.begin(); step != next; ++step) addStep(screen, *step, theme);
    addQuestion(screen, theme);
    addChecks(screen, theme);
    if (screen.stepPassed) {
        column_->addWidget(wrapped(tr("✓ All of this step is done. Go on when you have read it."), "callout"));
        addButton(tr("Continue"), QStringLiteral("proceed"), true, &LabPanel::proceedRequested);
    }
    if (!screen.hints.isEmpty()) {
        column_->addWidget(makeLabel("section", tr("HINTS")));
        for (const auto& hint : screen.hints) column_->addWidget(markdown(hint));
        column_->itemAt(column_->count() - 1)->widget()->setObjectName(QStringLiteral("latestHint"));
    }
    if (next != screen.steps.end() && current != screen.steps.end()) column_->addWidget(makeLabel("section", tr("AFTER THAT")));
    for (auto step = next; step != screen.steps.end(); ++step) addStep(screen, *step, theme);
    column_->addStretch(1);
    hint_->setEnabled(screen.running && !screen.stepPassed && screen.hintsLeft > 0);
    progress_->setRange(0, std::max(1, screen.total));
    progress_->setValue(screen.passed);
    retranslate();
}

void LabPanel::addStep(const model::LabScreen& screen, const model::LabStepLine& step, const style::Theme& theme) {
    auto* frame = new QFrame;
    auto* column = new QVBoxLayout(frame);
    column->setContentsMargins(8, 4, 8, 4);
    column->setSpacing(6);
    auto* row = new QHBoxLayout;
    row->addWidget(glyph(step.done ? QStringLiteral("✓") : QStringLiteral("○"), step.done ? theme.ok : step.current ? theme.accent : theme.textFaint), 0, Qt::AlignTop);
    row->addWidget(wrapped(step.title, step.done || step.current ? "" : "muted", step.current ? style::TextWeight::Bold : style::TextWeight::Regular), 1);
    column->addLayout(row);
    if (step.current) {
        frame->setObjectName(QStringLiteral("currentStep"));
        column->setContentsMargins(8, 6, 8, 8);
        addText(*column, screen.brief, "muted");
    }
    column_->addWidget(frame);
}

void LabPanel::addText(QBoxLayout& column, const QList<model::LabTextPart>& parts, const char* role) {
    int number = 0;
    for (const auto& part : parts) {
        if (!part.code) {
            column.addWidget(markdown(part.text, role));
            continue;
        }
        auto* box = new CodeBox(part.text, ++number);
        connect(box, &CodeBox::editRequested, this, &LabPanel::editRequested);
        column.addWidget(box);
    }
}

void LabPanel::addQuestion(const model::LabScreen& screen, const style::Theme& theme) {
    if (screen.question.isEmpty()) return;
    column_->addWidget(makeLabel("section", tr("PREDICT, THEN REVEAL")));
    column_->addWidget(markdown(screen.question));
    for (const auto& choice : screen.choices) {
        const bool chosen = screen.answered && choice.value == screen.chosen;
        auto* button = new ChoiceButton(chosen ? QStringLiteral("●") : QStringLiteral("○"), choice.text);
        button->setCheckable(true);
        button->setChecked(chosen);
        button->setEnabled(!screen.revealed && screen.canAnswer);
        connect(button, &QPushButton::clicked, this, [this, value = choice.value] { Q_EMIT answered(value); });
        column_->addWidget(button);
    }
    if (screen.revealed) return addVerdict(screen, theme);
    if (!screen.hold.isEmpty()) {
        auto* hold = wrapped(screen.hold, "muted");
        hold->setObjectName(QStringLiteral("hold"));
        column_->addWidget(hold);
    }
    addButton(tr("Reveal"), QStringLiteral("reveal"), screen.canReveal && screen.answered, &LabPanel::revealRequested);
}

// A button of its own row.
void LabPanel::addButton(const QString& text, const QString& name, bool enabled, void (LabPanel::*pressed)()) {
    auto* row = new QHBoxLayout;
    auto* button = makeButton(text, "primary");
    button->setObjectName(name);
    button->setAccessibleName(text);
    button->setEnabled(enabled);
    connect(button, &QPushButton::clicked, this, pressed);
    row->addWidget(button);
    row->addStretch(1);
    column_->addLayout(row);
}

void LabPanel::addVerdict(const model::LabScreen& screen, const style::Theme& theme) {
    const bool right = screen.answer == screen.chosen;
    QString answer = screen.answer;
    for (const auto& choice : screen.choices)
        if (choice.value == screen.answer) answer = choice.text;
    auto* verdict = wrapped(right ? tr("✓ Right.") : tr("✕ It is: %1").arg(answer), "", style::TextWeight::Bold);
    verdict->setStyleSheet(QStringLiteral("font-weight: 600; color: %1;").arg((right ? theme.ok : theme.broken).name()));
    verdict->setObjectName(QStringLiteral("verdict"));
    column_->addWidget(verdict);
    if (!screen.explanation.isEmpty()) column_->addWidget(markdown(screen.explanation));
    if (!screen.done && screen.proceeds) addButton(tr("Continue"), QStringLiteral("proceed"), true, &LabPanel::proceedRequested);
}

void LabPanel::addChecks(const model::LabScreen& screen, const style::Theme& theme) {
    if (screen.checks.isEmpty()) return;
    column_->addWidget(makeLabel("section", tr("CHECKS")));
    for (const auto& check : screen.checks) {
        auto* row = new QHBoxLayout;
        const bool passed = check.state == model::LabCheckState::Passed, failed = check.state == model::LabCheckState::Failed;
        row->addWidget(glyph(passed ? QStringLiteral("✓") : failed ? QStringLiteral("✕") : QStringLiteral("●"), passed ? theme.ok : failed ? theme.broken : theme.waiting), 0, Qt::AlignTop);
        auto* texts = new QVBoxLayout;
        texts->setSpacing(0);
        texts->addWidget(wrapped(check.title, "", passed ? style::TextWeight::Regular : style::TextWeight::Bold));
        if (!check.found.isEmpty()) texts->addWidget(wrapped(check.found, "muted"));
        row->addLayout(texts, 1);
        column_->addLayout(row);
    }
}

}  // namespace kubarium::view
