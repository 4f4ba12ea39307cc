#include "ui/view/overview_page.h"

#include "ui/model/explain.h"
#include "ui/view/scroll_column.h"
#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QFrame>
#include <QGridLayout>

#include <algorithm>

namespace kubarium::view {

OverviewPage::OverviewPage(InspectorContext& context, QWidget* parent) : InspectorPage(context, parent), column_(makeScrollColumn(this)) {}

QString OverviewPage::title() const { return tr("Overview"); }

bool OverviewPage::suits(const model::Reference&) const { return true; }

void OverviewPage::refresh() {
    if (!context_.link) return;
    const auto why = model::explain(reference_, *context_.link, *context_.link);
    QString shown = why.sentence + why.remedies.join(QLatin1Char('\n')) + context_.language;
    for (const auto& fact : why.facts) shown += fact.name + fact.value;
    if (shown == shown_) return;
    shown_ = shown;
    clearLayout(column_);
    if (why.title.isEmpty()) {
        column_->addWidget(makeLabel("muted", tr("It does not exist any more. The timeline still remembers it.")));
        return column_->addStretch(1);
    }
    if (!why.sentence.isEmpty()) {
        auto* callout = makeLabel("callout", why.sentence);
        callout->setWordWrap(true);
        column_->addWidget(callout);
    }
    if (!why.remedies.isEmpty()) {
        column_->addSpacing(4);
        column_->addWidget(makeLabel("section", tr("WHAT WOULD CHANGE IT")));
        for (const auto& remedy : why.remedies) {
            auto* frame = new QFrame;
            frame->setObjectName(QStringLiteral("remedy"));
            auto* inside = new QVBoxLayout(frame);
            inside->setContentsMargins(12, 8, 12, 8);
            auto* label = new QLabel(remedy);
            label->setWordWrap(true);
            label->setTextFormat(Qt::PlainText);
            label->setTextInteractionFlags(Qt::TextSelectableByMouse);
            inside->addWidget(label);
            column_->addWidget(frame);
        }
    }
    if (std::any_of(why.facts.begin(), why.facts.end(), [](const auto& fact) { return !fact.value.isEmpty(); })) {
        column_->addSpacing(4);
        column_->addWidget(makeLabel("section", tr("FACTS")));
        auto* grid = new QGridLayout;
        grid->setHorizontalSpacing(12);
        grid->setVerticalSpacing(6);
        grid->setColumnStretch(1, 1);
        int row = 0;
        for (const auto& fact : why.facts) {
            if (fact.value.isEmpty()) continue;
            auto* name = makeLabel("muted", fact.name);
            auto* value = makeLabel(fact.mono ? "mono" : "", fact.value);
            value->setWordWrap(true);
            grid->addWidget(name, row, 0, Qt::AlignTop);
            grid->addWidget(value, row++, 1, Qt::AlignTop);
        }
        column_->addLayout(grid);
    }
    column_->addStretch(1);
}

}  // namespace kubarium::view
