#include "ui/view/why_page.h"

#include "ui/bridge/change_trial.h"
#include "ui/model/explain.h"
#include "ui/model/theatre.h"
#include "ui/scene/wording.h"
#include "ui/view/scroll_column.h"
#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QFrame>
#include <QGridLayout>
#include <QGuiApplication>
#include <QPointer>
#include <QProgressBar>

#include <algorithm>
#include <map>

namespace kubarium::view {

using model::Explain;

namespace {

constexpr std::size_t shownColumns = 3;
constexpr qsizetype namesInTitle = 3;
constexpr qsizetype namesInList = 200;
constexpr int candidatesShown = 5;

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
        for (int i = 1; i < last; ++i) grid->addWidget(cell(Explain::tr("skipped"), false, Qt::AlignRight, "muted"), row, i);
        ++row;
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

struct Refusal {
    QString reason;
    QStringList nodes, details;  // one detail per Node
};

// The Nodes that were refused, those with the same reasons together, the commonest first.
QList<Refusal> refusals(const scene::TheatreState& decision) {
    std::map<QString, Refusal> byReason;
    for (const auto& node : decision.nodes) {
        if (node.feasible) continue;
        auto& entry = byReason[node.reasons.join(QStringLiteral("; "))];
        entry.reason = node.reasons.join(QStringLiteral("; "));
        entry.nodes << node.name;
        entry.details << scene::detailText(node.detail);
    }
    QList<Refusal> result;
    for (auto& [reason, entry] : byReason) result.push_back(std::move(entry));
    std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.nodes.size() > b.nodes.size(); });
    return result;
}

// Who refused, in bold, and why; both beside the mark, however many lines they take.
QLayout* refusalRow(const QString& who, const QString& why) {
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    auto* mark = makeLabel("", toneGlyph(model::Tone::Broken));
    setTone(mark, model::Tone::Broken);
    row->addWidget(mark, 0, Qt::AlignTop);
    auto* words = new QLabel(QStringLiteral("<b>%1</b> %2").arg(who.toHtmlEscaped(), why.toHtmlEscaped()));
    words->setWordWrap(true);
    words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    row->addWidget(words, 1);
    return row;
}

QLabel* paragraph(const QString& text, const char* role = "") {
    auto* label = makeLabel(role, text);
    label->setWordWrap(true);
    return label;
}

}  // namespace

WhyPage::WhyPage(InspectorContext& context, QWidget* parent) : InspectorPage(context, parent), column_(makeScrollColumn(this)) {}

QString WhyPage::title() const { return tr("Why"); }

bool WhyPage::suits(const model::Reference& reference) const { return reference.kind == model::Kind::Pod && context_.link && (context_.link->offers(model::Kind::Decision) || context_.recomputed); }

void WhyPage::refresh() {
    if (!context_.link) return;
    const auto pod = context_.link->get(model::Kind::Pod, reference_.key);
    if (context_.recomputed && pod) return refreshRecomputed(pod);
    const auto entry = pod ? model::latestDecision(*context_.link, *pod) : nullptr;
    const auto wanted = (entry ? model::text(entry->key()) + model::text(entry->resourceVersion()) : QStringLiteral("none")) + context_.language + reference_.key + context_.theme.text.name();
    if (wanted == shown_) return;
    shown_ = wanted;
    if (!entry) {
        clearLayout(column_);
        column_->addWidget(paragraph(tr("The scheduler has not decided about this Pod yet, or it forgot: it keeps the latest 1000 decisions."), "muted"));
        return column_->addStretch(1);
    }
    context_.link->readDecision(entry, [self = QPointer<WhyPage>(this), wanted](const model::ObjectPtr& whole) {
        if (self && self->shown_ == wanted) self->show(*whole);
    });
}

void WhyPage::refreshRecomputed(const model::ObjectPtr& pod) {
    const auto* answer = context_.recomputed->of(pod, context_.language);
    const auto wanted = (answer ? QString::fromStdString(answer->key) + QStringLiteral("@%1").arg(answer->serial) : QStringLiteral("working")) + reference_.key + context_.theme.text.name();
    if (std::exchange(shown_, wanted) == wanted) return;
    if (answer && answer->decision) return show(*answer->decision);
    clearLayout(column_);
    column_->addWidget(paragraph(answer ? answer->problem : tr("Working it out from what can be listed…"), answer ? "callout" : "muted"));
    if (answer) {
        addAgain();
    } else {
        auto* bar = new QProgressBar;
        bar->setRange(0, 0);
        bar->setTextVisible(false);
        column_->addWidget(bar);
        auto* cancel = makeButton(tr("Cancel"), "quiet");
        connect(cancel, &QPushButton::clicked, context_.recomputed, &bridge::RecomputedDecisions::cancel);
        column_->addWidget(cancel, 0, Qt::AlignLeft);
    }
    column_->addStretch(1);
}

void WhyPage::addAgain() {
    auto* again = makeButton(tr("Work it out again"), "quiet");
    connect(again, &QPushButton::clicked, this, [this] {
        if (const auto pod = context_.link ? context_.link->get(model::Kind::Pod, reference_.key) : nullptr; pod && context_.recomputed) context_.recomputed->again(pod, context_.language);
    });
    column_->addWidget(again, 0, Qt::AlignLeft);
}

// What was taken for true where nobody remembers the cycle.
void WhyPage::addAssumptions(const api::Object& decision) {
    if (!context_.recomputed) return;
    column_->addSpacing(4);
    column_->addWidget(makeLabel("section", tr("WORKED OUT HERE, ASSUMING")));
    for (const auto& assumption : model::arrayAt(decision, {"status", "assumptions"}))
        if (assumption.is_string()) column_->addWidget(paragraph(model::text(assumption.get_string()), "muted"));
    addAgain();
}

void WhyPage::show(const api::Object& decision) {
    const auto state = model::makeTheatre(decision, context_.language);
    // The old buttons go, and with the one that was pressed the keyboard would leave the page.
    const bool keyboard = focusWidget() && focusWidget()->hasFocus();
    if (keyboard) setFocus();
    clearLayout(column_);
    if (const auto& sentence = state.explanation.isEmpty() ? state.message : state.explanation; !sentence.isEmpty()) column_->addWidget(paragraph(sentence, "callout"));
    const auto cycle = state.cycle == 0 && state.nominatedUsed ? tr("The nominated Node fits")
                       : state.cycle == 0                      ? tr("%1 of %2 Nodes fit").arg(state.feasibleNodes).arg(state.evaluatedNodes)
                       : state.nominatedUsed                   ? tr("Cycle %1 · attempt %2 · the nominated Node fits").arg(state.cycle).arg(state.attempt)
                                           : tr("Cycle %1 · attempt %2 · %3 of %4 Nodes fit").arg(state.cycle).arg(state.attempt).arg(state.feasibleNodes).arg(state.evaluatedNodes);
    column_->addWidget(paragraph(cycle, "muted"));
    if (state.nominatedUsed) {
        column_->addWidget(paragraph(tr("It was tried first, so the scheduler asked no other Node and scored nothing."), "muted"));
    } else if (state.scoringSkipped) {
        column_->addWidget(paragraph(tr("Only one Node fits, so nothing was scored."), "muted"));
    } else if (auto* table = scoreTable(state)) {
        column_->addSpacing(4);
        column_->addWidget(makeLabel("section", tr("SCORES, RAW → NORMALISED × WEIGHT")));
        column_->addWidget(table);
        if (state.best.size() > 1) column_->addWidget(paragraph(tr("A tie between %1, broken by drawing lots.").arg(state.best.join(QStringLiteral(", "))), "muted"));
    }
    addRefusals(state);
    addPreemption(state);
    addChanges(decision);
    addAssumptions(decision);
    column_->addStretch(1);
    openWantedReason();
}

void WhyPage::addRefusals(const scene::TheatreState& state) {
    const auto others = refusals(state);
    if (others.isEmpty() && state.reasonCounts.empty()) return;
    column_->addSpacing(4);
    column_->addWidget(makeLabel("section", state.nominatedUsed ? tr("WHAT THE OTHERS WOULD HAVE SAID") : state.feasibleNodes == 0 ? tr("WHY NO NODE FITS") : tr("WHY NOT THE OTHERS")));
    for (const auto& [reason, nodes, details] : others) {
        auto different = details;
        different.removeDuplicates();
        const auto names = nodes.mid(0, namesInTitle).join(QStringLiteral(", "));
        const bool few = nodes.size() <= namesInTitle;
        column_->addLayout(refusalRow(few ? names : tr("%n Node(s)", nullptr, static_cast<int>(nodes.size())),
                                      few && !details.front().isEmpty() ? scene::Stage::tr("%1: %2", "reason: its values").arg(reason, different.join(scene::Stage::tr("; ", "between sentences in a list"))) : reason));
        if (!few) addNodeList(reason, nodes, details);
    }
    if (others.isEmpty())
        for (const auto& count : state.reasonCounts) column_->addLayout(refusalRow(tr("%n Node(s)", nullptr, count.count), count.reason));
}

// The Nodes of one reason: their names when asked for.
void WhyPage::addNodeList(const QString& reason, const QStringList& nodes, const QStringList& details) {
    auto* toggle = makeButton(tr("Show them"), "quiet");
    toggle->setCheckable(true);
    toggle->setProperty("reason", reason);
    toggle->setAccessibleName(tr("Show the Nodes: %1").arg(reason));
    column_->addWidget(toggle, 0, Qt::AlignLeft);
    QStringList lines;
    for (qsizetype i = 0; i < std::min(nodes.size(), namesInList); ++i) lines << (details[i].isEmpty() ? nodes[i] : nodes[i] + QStringLiteral("  ") + details[i]);
    if (nodes.size() > namesInList) lines << tr("and %n more", nullptr, static_cast<int>(nodes.size() - namesInList));
    auto* list = paragraph(lines.join(QLatin1Char('\n')), "mono");
    list->hide();
    column_->addWidget(list);
    connect(toggle, &QPushButton::toggled, list, [this, toggle, list, reason](bool on) {
        list->setVisible(on);
        toggle->setText(on ? tr("Hide them") : tr("Show them"));
        if (!on && reason.contains(wantedReason_)) wantedReason_.clear();
    });
}

void WhyPage::openReason(const QString& reason) {
    wantedReason_ = reason;
    openWantedReason();
}

// The page is built anew with every decision: what was opened stays open until it is closed.
void WhyPage::openWantedReason() {
    if (wantedReason_.isEmpty()) return;
    for (auto* toggle : findChildren<QPushButton*>())
        if (toggle->property("reason").toString().contains(wantedReason_)) toggle->setChecked(true);
}

void WhyPage::addPreemption(const scene::TheatreState& state) {
    if (state.candidates.empty() && state.preemption.isEmpty()) return;
    column_->addSpacing(4);
    column_->addWidget(makeLabel("section", tr("PREEMPTION")));
    if (!state.preemption.isEmpty()) column_->addWidget(paragraph(state.preemption));
    int shown = 0;
    for (const auto& candidate : state.candidates) {
        if (++shown > candidatesShown) break;
        QStringList names;
        for (const auto& victim : candidate.victims) names << victim.section(QLatin1Char('/'), 1);
        auto* label = new QLabel(QStringLiteral("<span style='color:%1'>%2</span>&nbsp; <b>%3</b> %4<br><span style='color:%5'>%6</span>")
                                     .arg((candidate.chosen ? context_.theme.waiting : context_.theme.textMuted).name(), candidate.chosen ? QStringLiteral("◆") : QStringLiteral("◇"), candidate.node.toHtmlEscaped(),
                                          scene::priceText(candidate).toHtmlEscaped(), context_.theme.textMuted.name(), (names.join(QStringLiteral(", ")) + (candidate.explanation.isEmpty() ? QString() : QStringLiteral(" · ") + candidate.explanation)).toHtmlEscaped()));
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        column_->addWidget(label);
    }
}

void WhyPage::addChanges(const api::Object& decision) {
    const auto* changes = decision.find({"status", "smallestChanges"});
    if (!changes) return;
    column_->addSpacing(4);
    column_->addWidget(makeLabel("section", tr("SMALLEST CHANGE THAT WOULD MAKE IT FIT")));
    const auto& alternatives = model::arrayAt(*changes, {"alternatives"});
    if (alternatives.empty()) column_->addWidget(paragraph(model::inLanguage(*changes, {"explanation"}, context_.language), "muted"));
    for (const auto& alternative : alternatives) addChange(alternative);
    if (model::boolAt(*changes, {"stoppedEarly"})) column_->addWidget(paragraph(tr("The search was stopped when its time was up: there may be more."), "muted"));
}

void WhyPage::addChange(const boost::json::value& alternative) {
    auto* frame = new QFrame;
    frame->setObjectName(QStringLiteral("change"));
    auto* row = new QHBoxLayout(frame);
    row->setContentsMargins(12, 8, 8, 8);
    const auto sentence = model::inLanguage(alternative, {"explanation"}, context_.language);
    auto* words = paragraph(sentence);
    row->addWidget(words, 1);
    const auto& operations = model::arrayAt(alternative, {"operations"});
    QStringList commands;
    for (const auto& operation : operations)
        if (const auto kubectl = model::at(operation, {"kubectl"}); !kubectl.isEmpty()) commands << kubectl;
    frame->setToolTip(commands.join(QLatin1Char('\n')));
    column_->addWidget(frame);
    if (context_.recomputed) {  // such a cluster is only read
        auto* copy = makeButton(tr("Copy"));
        copy->setToolTip(tr("Copies the commands that do this"));
        copy->setAccessibleName(tr("Copy the commands: %1").arg(sentence));
        copy->setEnabled(!commands.isEmpty());
        row->addWidget(copy, 0, Qt::AlignTop);
        connect(copy, &QPushButton::clicked, this, [text = commands.join(QLatin1Char('\n'))] { QGuiApplication::clipboard()->setText(text); });
        return;
    }
    auto* attempt = makeButton(tr("Try"));
    attempt->setAccessibleName(tr("Try: %1").arg(sentence));
    attempt->setEnabled(context_.actions && bridge::ChangeTrial::isPossible(operations));
    if (!attempt->isEnabled()) attempt->setToolTip(tr("This is for a person to do: %1").arg(commands.join(QStringLiteral("; "))));
    row->addWidget(attempt, 0, Qt::AlignTop);
    connect(attempt, &QPushButton::clicked, this, [this, attempt = QPointer<QPushButton>(attempt), operations, sentence, command = commands.join(QStringLiteral(" && "))] {
        attempt->setEnabled(false);
        attempt->setText(tr("Trying…"));
        context_.actions->tryChange(operations, sentence, command, [attempt](bool) {
            if (!attempt) return;
            attempt->setText(tr("Try"));
            attempt->setEnabled(true);
        });
    });
}

}  // namespace kubarium::view
