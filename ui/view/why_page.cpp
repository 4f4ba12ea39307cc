#include "ui/view/why_page.h"

#include "ui/model/explain.h"
#include "ui/model/stage_builder.h"
#include "ui/scene/wording.h"
#include "ui/view/scroll_column.h"
#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QGridLayout>

#include <algorithm>
#include <map>

namespace kubarium::view {

using model::Explain;

namespace {

constexpr std::size_t shownColumns = 3;

QString scoreText(const scene::PluginScore& score) {
    const auto raw = QString::number(score.raw), normalized = QString::number(score.normalized);
    return raw == normalized ? raw : QStringLiteral("%1 → %2").arg(raw, normalized);
}

QLabel* cell(const QString& text, bool strong, Qt::Alignment alignment, const char* role = "") {
    auto* label = makeLabel(role, text);
    label->setAlignment(alignment | Qt::AlignVCenter);
    label->setFont(style::font(style::TextSize::Small, strong ? style::TextWeight::Bold : style::TextWeight::Regular));
    label->setContentsMargins(0, 5, 0, 5);
    return label;
}

// Rows: plugins; columns: the best Nodes; the last column the weight.
QWidget* scoreTable(const scene::TheatreState& decision) {
    std::vector<const scene::TheatreNode*> columns;
    for (const auto& node : decision.nodes)
        if (node.feasible && !node.scores.empty()) columns.push_back(&node);
    std::stable_sort(columns.begin(), columns.end(), [](const auto* a, const auto* b) { return a->total > b->total; });
    if (columns.size() > shownColumns) columns.resize(shownColumns);
    if (columns.empty()) return nullptr;
    auto* table = new QWidget;
    auto* grid = new QGridLayout(table);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(0);
    grid->setHorizontalSpacing(10);
    grid->setColumnStretch(0, 1);
    const int last = static_cast<int>(columns.size()) + 1;
    int row = 0;
    const auto line = [&] { grid->addWidget(hairline(Qt::Horizontal), row++, 0, 1, last + 1); };
    grid->addWidget(cell(Explain::tr("Plugin"), false, Qt::AlignLeft, "muted"), row, 0);
    for (int i = 0; i < last - 1; ++i) grid->addWidget(cell(columns[static_cast<std::size_t>(i)]->name, columns[static_cast<std::size_t>(i)]->name == decision.winner, Qt::AlignRight, "muted"), row, i + 1);
    grid->addWidget(cell(QStringLiteral("×"), false, Qt::AlignRight, "muted"), row++, last);
    line();
    for (const auto& score : columns.front()->scores) {
        grid->addWidget(cell(scene::shortPlugin(score.plugin), false, Qt::AlignLeft), row, 0);
        double best = -1;
        for (const auto* node : columns)
            for (const auto& other : node->scores)
                if (other.plugin == score.plugin) best = std::max(best, other.weighted);
        for (int i = 0; i < last - 1; ++i)
            for (const auto& other : columns[static_cast<std::size_t>(i)]->scores)
                if (other.plugin == score.plugin) grid->addWidget(cell(scoreText(other), columns.size() > 1 && other.weighted == best && best > 0, Qt::AlignRight), row, i + 1);
        grid->addWidget(cell(QString::number(score.weight), false, Qt::AlignRight, "muted"), row++, last);
        line();
    }
    for (const auto& skipped : decision.skippedScore) {
        grid->addWidget(cell(scene::shortPlugin(skipped), false, Qt::AlignLeft, "muted"), row, 0);
        grid->addWidget(cell(Explain::tr("skipped"), false, Qt::AlignRight, "muted"), row++, 1, 1, last - 1);
        line();
    }
    grid->addWidget(cell(Explain::tr("Total"), true, Qt::AlignLeft), row, 0);
    for (int i = 0; i < last - 1; ++i) {
        const auto* node = columns[static_cast<std::size_t>(i)];
        auto* total = cell(QString::number(node->total), true, Qt::AlignRight);
        if (node->name == decision.winner) setTone(total, model::Tone::Ok);
        grid->addWidget(total, row, i + 1);
    }
    return table;
}

// The Nodes that were refused, those with the same reason together.
QList<QPair<QString, QString>> refusals(const scene::TheatreState& decision) {
    std::map<QString, QStringList> byReason;
    for (const auto& node : decision.nodes)
        if (!node.feasible) byReason[node.detail.isEmpty() ? node.reasons.join(QStringLiteral("; ")) : node.reasons.join(QStringLiteral("; ")) + QStringLiteral(": ") + node.detail] << node.name;
    QList<QPair<QString, QString>> result;
    constexpr qsizetype shownNames = 4;
    for (const auto& [reason, names] : byReason) {
        auto who = names.mid(0, shownNames).join(QStringLiteral(", "));
        if (names.size() > shownNames) who += Explain::tr(" and %n more", nullptr, static_cast<int>(names.size() - shownNames));
        result.push_back({who, reason});
    }
    if (result.isEmpty())
        for (const auto& count : decision.reasonCounts) result.push_back({Explain::tr("%n Node(s)", nullptr, count.count), count.reason});
    return result;
}

}  // namespace

WhyPage::WhyPage(InspectorContext& context, QWidget* parent) : InspectorPage(context, parent), column_(makeScrollColumn(this)) {}

QString WhyPage::title() const { return tr("Why"); }

bool WhyPage::suits(const model::Reference& reference) const { return reference.kind == model::Kind::Pod && context_.link && context_.link->offers(model::Kind::Decision); }

void WhyPage::refresh() {
    if (!context_.link) return;
    const auto pod = context_.link->get(model::Kind::Pod, reference_.key);
    const auto decision = pod ? model::latestDecision(*context_.link, *pod) : nullptr;
    const auto shown = (decision ? model::text(decision->key()) + model::text(decision->resourceVersion()) : QStringLiteral("none")) + context_.language + reference_.key;
    if (shown == shown_) return;
    shown_ = shown;
    clearLayout(column_);
    if (!decision) {
        auto* none = makeLabel("muted", tr("The scheduler has not decided about this Pod yet, or it forgot: it keeps the latest 1000 decisions."));
        none->setWordWrap(true);
        column_->addWidget(none);
        return column_->addStretch(1);
    }
    const auto state = model::makeTheatre(*decision, context_.language);
    auto* callout = makeLabel("callout", state.explanation.isEmpty() ? state.message : state.explanation);
    callout->setWordWrap(true);
    column_->addWidget(callout);
    auto* about = makeLabel("muted", tr("Cycle %1 · attempt %2 · %3 of %4 Nodes fit").arg(state.cycle).arg(state.attempt).arg(state.feasibleNodes).arg(state.evaluatedNodes));
    column_->addWidget(about);
    if (auto* table = scoreTable(state)) {
        column_->addSpacing(4);
        column_->addWidget(makeLabel("section", tr("SCORES, RAW → NORMALISED × WEIGHT")));
        column_->addWidget(table);
        if (state.best.size() > 1) {
            auto* tie = makeLabel("muted", tr("A tie between %1, broken by drawing lots.").arg(state.best.join(QStringLiteral(", "))));
            tie->setWordWrap(true);
            column_->addWidget(tie);
        }
    } else if (state.scoringSkipped) {
        auto* skipped = makeLabel("muted", tr("Only one Node fits, so nothing was scored."));
        skipped->setWordWrap(true);
        column_->addWidget(skipped);
    }
    const auto others = refusals(state);
    if (!others.isEmpty()) {
        column_->addSpacing(4);
        column_->addWidget(makeLabel("section", tr("WHY NOT THE OTHERS")));
        for (const auto& [who, reason] : others) {
            auto* label = new QLabel(QStringLiteral("<span style='color:%1'>✕</span>&nbsp; <b>%2</b> %3").arg(context_.theme.broken.name(), who.toHtmlEscaped(), reason.toHtmlEscaped()));
            label->setWordWrap(true);
            label->setTextInteractionFlags(Qt::TextSelectableByMouse);
            column_->addWidget(label);
        }
    }
    const auto why = model::explainPod(*pod, *context_.link, *context_.link);
    if (model::podState(*pod).phase == scene::PodPhase::Pending && !why.remedies.isEmpty()) {
        column_->addSpacing(4);
        column_->addWidget(makeLabel("section", tr("WHAT WOULD HELP")));
        for (const auto& remedy : why.remedies) {
            auto* label = makeLabel("", remedy);
            label->setWordWrap(true);
            column_->addWidget(label);
        }
    }
    if (!state.victims.isEmpty()) {
        auto* victims = makeLabel("", tr("To make room, preemption removes: %1").arg(state.victims.join(QStringLiteral(", "))));
        victims->setWordWrap(true);
        column_->addWidget(victims);
    }
    column_->addStretch(1);
}

}  // namespace kubarium::view
