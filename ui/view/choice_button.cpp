#include "ui/view/choice_button.h"

#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QEvent>

namespace kubarium::view {

ChoiceButton::ChoiceButton(const QString& sign, const QString& title, const QString& detail, QWidget* parent) : QPushButton(parent) {
    setProperty("role", QStringLiteral("choice"));
    setAccessibleName(title);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(12, 7, 12, 7);
    outer->addStretch(1);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    outer->addLayout(row);
    outer->addStretch(1);
    const auto text = [this](const char* role, const QString& words, bool wraps) {
        auto* label = makeLabel(role, words);
        label->setWordWrap(wraps);
        label->setTextInteractionFlags(Qt::NoTextInteraction);
        label->setAttribute(Qt::WA_TransparentForMouseEvents);
        texts_ << label;
        return label;
    };
    if (!sign.isEmpty()) row->addWidget(text("", sign, false), 0, Qt::AlignTop);
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    column->addWidget(title_ = text("", title, true));
    if (!detail.isEmpty()) column->addWidget(text("muted", detail, true));
    row->addLayout(column, 1);
    connect(this, &QPushButton::toggled, this, &ChoiceButton::show);
}

QSize ChoiceButton::sizeHint() const { return layout()->totalSizeHint(); }
QSize ChoiceButton::minimumSizeHint() const { return layout()->totalMinimumSize(); }

void ChoiceButton::changeEvent(QEvent* event) {
    QPushButton::changeEvent(event);
    // What cannot be chosen is quieter, but for the one that is.
    if (event->type() == QEvent::EnabledChange)
        for (auto* label : texts_) view::setProperty(label, "faint", !isEnabled() && !isChecked());
}

void ChoiceButton::show(bool chosen) {
    title_->setStyleSheet(chosen ? QStringLiteral("font-weight: 600;") : QString());
}

}  // namespace kubarium::view
