#include "ui/view/what_if_dialog.h"

#include "ui/scene/stage_view.h"
#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QPlainTextEdit>
#include <QPointer>
#include <QScrollArea>
#include <QScreen>
#include <QScrollBar>
#include <QSpinBox>

#include <algorithm>

namespace kubarium::view {
namespace {

const api::GroupVersionResource reviews{"kubarium.dev", "v1alpha1", "schedulingreviews"};

// Fills Nodes one after the other instead of spreading: what people want to compare with first.
const char* const packing = R"(apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
  plugins:
    score:
      disabled: [{name: PodTopologySpread}, {name: NodeResourcesBalancedAllocation}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy:
        type: MostAllocated
        resources:
        - {name: cpu, weight: 1}
        - {name: memory, weight: 1}
)";

}  // namespace

WhatIfDialog::WhatIfDialog(bridge::ClusterLink& link, std::shared_ptr<const scene::StageModel> now, const style::Theme& theme, const QString& language, QWidget* parent)
    : QDialog(parent), link_(link), linkAlive_(link.aliveFlag()), now_(std::move(now)), theme_(theme), language_(language) {
    setObjectName(QStringLiteral("whatIf"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("What if"));
    // Two pictures side by side want all the width there is.
    resize((parent ? (parent->size() - QSize(24, 60)).expandedTo(QSize(1080, 640)) : QSize(1400, 820)).boundedTo(screen()->availableSize() - QSize(16, 40)));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(makeQuestion());
    row->addWidget(hairline(Qt::Vertical));
    row->addWidget(makeAnswer(), 1);
    say(tr("Where would these Pods go? The scheduler answers; nothing in the cluster changes."), model::Tone::Neutral);
}

QWidget* WhatIfDialog::makeQuestion() {
    auto* pane = new QWidget(this);
    pane->setFixedWidth(theme_.isPresentation() ? 420 : 320);
    auto* column = new QVBoxLayout(pane);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(5);
    const auto text = [&](const QString& title, int stretch) {
        column->addWidget(makeLabel("section", title.toUpper()));
        auto* edit = new QPlainTextEdit(pane);
        edit->setStyleSheet(QStringLiteral("font-family: \"JetBrains Mono\", monospace; font-size: 12px;"));
        edit->setLineWrapMode(QPlainTextEdit::NoWrap);
        edit->setTabChangesFocus(true);
        edit->setAccessibleName(title);
        column->addWidget(edit, stretch);
        return edit;
    };
    manifests_ = text(tr("Pods that do not exist yet"), 3);
    column->addLayout(makeSuppositions(pane));
    configurations_[0] = text(tr("Configuration A"), 2);
    configurations_[0]->setPlaceholderText(tr("empty: the one in force"));
    configurations_[1] = text(tr("Configuration B"), 2);
    configurations_[1]->setPlaceholderText(tr("empty: no comparison"));
    auto* buttons = new QHBoxLayout;
    auto* example = makeButton(tr("B: pack Nodes"));
    example->setToolTip(tr("A configuration that fills Nodes one after the other (MostAllocated)"));
    connect(example, &QPushButton::clicked, this, &WhatIfDialog::packNodes);
    buttons->addWidget(example);
    buttons->addStretch(1);
    buttons->addWidget(ask_ = makeButton(tr("Ask"), "primary"));
    ask_->setDefault(true);
    connect(ask_, &QPushButton::clicked, this, &WhatIfDialog::ask);
    column->addLayout(buttons);
    return pane;
}

// What is supposed of the Nodes: a line each.
QLayout* WhatIfDialog::makeSuppositions(QWidget* pane) {
    auto* grid = new QGridLayout;
    grid->setContentsMargins(0, 4, 0, 4);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(1, 1);
    QStringList nodes, zones;
    for (const auto& node : now_->nodes) {
        nodes << node.name;
        if (!node.zone.isEmpty() && !zones.contains(node.zone)) zones << node.zone;
    }
    const auto label = [&](const QString& text) {
        const int row = grid->rowCount();
        grid->addWidget(makeLabel("muted", text), row, 0);
        return row;
    };
    const auto choice = [&](const QString& name, const QString& nothing, const QStringList& values) {
        const int row = label(name);
        auto* box = new QComboBox(pane);
        box->setAccessibleName(name);
        box->addItem(nothing, QString());
        for (const auto& value : values) box->addItem(value, value);
        grid->addWidget(box, row, 1);
        return box;
    };
    drain_ = choice(tr("Drain a Node"), tr("none"), nodes);
    lostZone_ = choice(tr("Lose a zone"), zones.isEmpty() ? tr("there are none") : tr("none"), zones);
    lostZone_->setEnabled(!zones.isEmpty());
    auto* size = new QHBoxLayout;
    size->setSpacing(6);
    newNodes_ = new QSpinBox(pane);
    newNodes_->setRange(0, 100);
    newNodes_->setAccessibleName(tr("Nodes to add"));
    newCores_ = new QDoubleSpinBox(pane);
    newCores_->setRange(0.1, 512);
    newCores_->setDecimals(1);
    newCores_->setValue(now_->nodes.empty() ? 4 : std::max(0.1, now_->nodes.front().cpu.capacity));
    newCores_->setSuffix(tr(" CPU"));
    newCores_->setAccessibleName(tr("CPU of each added Node, in cores"));
    newGibibytes_ = new QDoubleSpinBox(pane);
    newGibibytes_->setRange(0.1, 4096);
    newGibibytes_->setDecimals(1);
    constexpr double gibi = 1024.0 * 1024.0 * 1024.0;
    newGibibytes_->setValue(now_->nodes.empty() ? 8 : std::max(0.1, now_->nodes.front().memory.capacity / gibi));
    newGibibytes_->setSuffix(QStringLiteral(" Gi"));
    newGibibytes_->setAccessibleName(tr("Memory of each added Node, in GiB"));
    grid->addWidget(newNodes_, label(tr("Add Nodes")), 1);
    size->addWidget(newCores_, 1);
    size->addWidget(newGibibytes_, 1);
    grid->addLayout(size, label(tr("each with")), 1);
    target_ = choice(tr("Make it fit on"), tr("any Node"), nodes);
    target_->setToolTip(tr("Asks what would have to change for the first Pod to go to this Node"));
    return grid;
}

QWidget* WhatIfDialog::makeAnswer() {
    auto* pane = new QWidget(this);
    auto* column = new QVBoxLayout(pane);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(8);
    sentence_ = makeLabel("callout");
    sentence_->setWordWrap(true);
    column->addWidget(sentence_);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    for (int side = 0; side < 2; ++side) {
        halves_[side] = new QWidget(pane);
        auto* half = new QVBoxLayout(halves_[side]);
        half->setContentsMargins(0, 0, 0, 0);
        half->addWidget(titles_[side] = makeLabel("muted"));
        titles_[side]->setWordWrap(true);
        titles_[side]->hide();
        half->addWidget(stages_[side] = new scene::StageView(pane), 1);
        stages_[side]->setMinimumSize(260, 200);  // two beside each other, on a projector too
        // Two pictures beside a question: there is no room for the words of a presentation.
        stages_[side]->setTheme(style::makeTheme(theme_.brightness, style::Contrast::Normal, theme_.motion));
        row->addWidget(halves_[side], 1);
    }
    stages_[0]->setModelAtOnce(now_);
    halves_[1]->hide();
    column->addLayout(row, 1);
    differencesArea_ = new QScrollArea(pane);
    differencesArea_->setWidgetResizable(true);
    differencesArea_->setFrameShape(QFrame::NoFrame);
    differences_ = makeLabel("");
    differences_->setWordWrap(true);
    differences_->setAlignment(Qt::AlignTop);
    differencesArea_->setWidget(differences_);
    differencesArea_->hide();
    column->addWidget(differencesArea_);
    return pane;
}

void WhatIfDialog::setManifests(const QString& yaml) { manifests_->setPlainText(yaml); }
QString WhatIfDialog::said() const { return sentence_->text(); }
QString WhatIfDialog::details() const { return differences_->text(); }

void WhatIfDialog::say(const QString& sentence, model::Tone tone) {
    sentence_->setText(sentence);
    setTone(sentence_, tone);
}

void WhatIfDialog::packNodes() { configurations_[1]->setPlainText(QString::fromLatin1(packing)); }

model::WhatIfQuestion WhatIfDialog::question() const {
    model::WhatIfQuestion question{manifests_->toPlainText(), {}, configurations_[0]->toPlainText(), configurations_[1]->toPlainText()};
    if (const auto node = drain_->currentData().toString(); !node.isEmpty()) question.drainNodes << node;
    if (const auto zone = lostZone_->currentData().toString(); !zone.isEmpty()) question.withoutZones << zone;
    question.newNodes = newNodes_->value();
    question.newCores = newCores_->value();
    question.newGibibytes = newGibibytes_->value();
    question.targetNode = target_->currentData().toString();
    return question;
}

void WhatIfDialog::setQuestion(const model::WhatIfQuestion& question) {
    manifests_->setPlainText(question.manifests);
    configurations_[0]->setPlainText(question.configuration);
    configurations_[1]->setPlainText(question.compareWith);
    // What is no longer there is not chosen.
    const auto choose = [](QComboBox& box, const QString& value) { box.setCurrentIndex(std::max(0, box.findData(value))); };
    choose(*drain_, question.drainNodes.value(0));
    choose(*lostZone_, question.withoutZones.value(0));
    choose(*target_, question.targetNode);
    newNodes_->setValue(question.newNodes);
    newCores_->setValue(question.newCores);
    newGibibytes_->setValue(question.newGibibytes);
}

void WhatIfDialog::ask() {
    if (!*linkAlive_) return;
    const auto question = this->question();
    auto review = model::reviewOf(question);
    if (!review) return say(model::text(review.error().message), model::Tone::Broken);
    ask_->setEnabled(false);
    say(tr("The scheduler is working it out…"), model::Tone::Neutral);
    link_.client().create(reviews, "", std::move(*review), {}, [self = QPointer<WhatIfDialog>(this), question](Result<client::ObjectPtr> answered) {
        if (!self) return;
        self->ask_->setEnabled(true);
        if (!answered) return self->say(model::text(answered.error().message), model::Tone::Broken);
        const auto* status = (*answered)->find({"status"});
        if (!status || !status->is_object()) return self->say(tr("The cluster gave no answer."), model::Tone::Broken);
        self->show(model::answerOf(status->get_object(), *self->now_, question, self->language_));
    });
}

// As high as its lines need, but the pictures come first.
void WhatIfDialog::fitDifferences() {
    const int needed = differences_->heightForWidth(differencesArea_->width() - differencesArea_->verticalScrollBar()->sizeHint().width());
    differencesArea_->setFixedHeight(std::clamp(needed, 0, height() / 4));
}

void WhatIfDialog::resizeEvent(QResizeEvent* event) {
    QDialog::resizeEvent(event);
    fitDifferences();
}

void WhatIfDialog::show(const model::WhatIfAnswer& answer) {
    say(answer.explanation, model::Tone::Neutral);
    const auto title = [&](const QString& name, const model::PlacementSide& side) {
        QStringList parts{tr("%1 placed").arg(side.placed)};
        if (side.unplaced > 0) parts << tr("%1 nowhere").arg(side.unplaced);
        parts << tr("%n Node(s) used", nullptr, side.nodesUsed);
        if (side.cpuMost >= 0) parts << tr("fullest Node %1 % of its CPU").arg(qRound(side.cpuMost * 100));
        return name + QStringLiteral(" · ") + parts.join(QStringLiteral(" · "));
    };
    titles_[0]->show();
    titles_[1]->show();
    titles_[0]->setText(answer.isChange ? tr("Now") : title(answer.b ? tr("Configuration A") : tr("Then"), answer.a));
    stages_[0]->setModelAtOnce(std::make_shared<const scene::StageModel>(answer.a.picture));
    halves_[1]->setVisible(answer.b.has_value());
    if (answer.b) {
        titles_[1]->setText(title(tr("Configuration B"), *answer.b));
        stages_[1]->setModelAtOnce(std::make_shared<const scene::StageModel>(answer.b->picture));
    }
    QStringList lines = answer.differences;
    if (answer.b && lines.isEmpty()) lines << tr("Every Pod lands on the same Node.");
    if (!answer.lost.isEmpty()) lines << tr("Nobody starts these again: %1").arg(answer.lost.join(QStringLiteral(", ")));
    differences_->setText(lines.join(QLatin1Char('\n')));
    differencesArea_->setVisible(!lines.isEmpty());
    fitDifferences();
}

}  // namespace kubarium::view
