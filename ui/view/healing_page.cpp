#include "ui/view/healing_page.h"

#include "ui/model/explain.h"
#include "ui/view/chain_view.h"
#include "ui/view/scroll_column.h"
#include "ui/view/widgets.h"

#include <QBoxLayout>

namespace kubarium::view {

using model::Explain;

HealingPage::HealingPage(InspectorContext& context, QWidget* parent) : InspectorPage(context, parent), column_(makeScrollColumn(this)) {}

QString HealingPage::title() const { return tr("Healing"); }

bool HealingPage::suits(const model::Reference& reference) const {
    return reference.kind == model::Kind::Node || reference.kind == model::Kind::Pod || reference.kind == model::Kind::Deployment;
}

void HealingPage::refresh() {
    if (!context_.link || !context_.chronicle) return;
    const auto chain = context_.chronicle->chainOf(reference_);
    const auto why = model::explain(reference_, *context_.link, *context_.link);
    QString shown = why.sentence + context_.language + context_.theme.text.name() + QString::number(chain.size());
    if (!chain.isEmpty()) shown += QString::number(chain.back().at) + QString::number(chain.front().at);
    if (shown == shown_) return;
    shown_ = shown;
    clearLayout(column_);
    auto* callout = makeLabel("callout", why.sentence);
    callout->setWordWrap(true);
    column_->addWidget(callout);
    column_->addSpacing(4);
    column_->addWidget(makeLabel("section", tr("WHAT LED TO WHAT")));
    if (chain.isEmpty()) {
        auto* none = makeLabel("muted", tr("Nothing has disturbed it since this window was opened. Use the fault menu, or delete a Pod, and watch."));
        none->setWordWrap(true);
        column_->addWidget(none);
    } else {
        QList<ChainRow> rows;
        // Times are real seconds: the chain of causes is what happened before the reader's eyes.
        const auto start = chain.front().wall;
        for (const auto& moment : chain) {
            const double since = std::chrono::duration<double>(moment.wall - start).count();
            rows.push_back({(rows.isEmpty() ? QString() : QStringLiteral("+")) + Explain::seconds(since), model::momentTitle(moment), model::momentDetail(moment), moment.tone});
        }
        auto* view = new ChainView;
        view->setRows(rows, context_.theme);
        column_->addWidget(view);
        if (context_.link->rate() != 1) column_->addWidget(makeLabel("muted", tr("The cluster's timers run at ×%1.").arg(context_.link->rate())));
    }
    column_->addStretch(1);
}

}  // namespace kubarium::view
