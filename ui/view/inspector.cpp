#include "ui/view/inspector.h"

#include "ui/model/explain.h"
#include "ui/view/events_page.h"
#include "ui/view/healing_page.h"
#include "ui/view/logs_page.h"
#include "ui/view/overview_page.h"
#include "ui/view/why_page.h"
#include "ui/view/widgets.h"
#include "ui/view/yaml_page.h"

#include <QBoxLayout>
#include <QButtonGroup>
#include <QEvent>
#include <QScrollArea>

namespace kubarium::view {

Inspector::Inspector(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("inspector"));
    setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    stack_ = new QStackedWidget(this);
    pages_ = {new HealingPage(context_, stack_), new OverviewPage(context_, stack_), new WhyPage(context_, stack_),
              new LogsPage(context_, stack_),    new YamlPage(context_, stack_),     new EventsPage(context_, stack_)};
    group_ = new QButtonGroup(this);
    auto* tabRow = new QHBoxLayout;
    tabRow->setContentsMargins(10, 6, 8, 0);
    tabRow->setSpacing(0);
    for (int i = 0; i < pages_.size(); ++i) {
        auto* button = makeButton({}, "tab");
        button->setCheckable(true);
        group_->addButton(button, i);
        tabRow->addWidget(button);
        tabs_ << button;
        stack_->addWidget(pages_[i]);
        connect(pages_[i], &InspectorPage::referenceActivated, this, &Inspector::referenceActivated);
    }
    tabRow->addStretch(1);
    column->addLayout(tabRow);
    column->addWidget(hairline(Qt::Horizontal));
    header_ = new QWidget(this);
    auto* head = new QVBoxLayout(header_);
    head->setContentsMargins(16, 12, 16, 4);
    head->setSpacing(2);
    auto* first = new QHBoxLayout;
    first->setSpacing(6);
    title_ = new ElidedLabel;
    title_->setProperty("role", QStringLiteral("mono"));
    title_->setStyleSheet(QStringLiteral("font-weight: 600; font-size: 14px;"));
    title_->setTextFormat(Qt::PlainText);
    title_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    badge_ = makeLabel("badge");
    more_ = makeButton(QStringLiteral("⋯"), "quiet");
    first->addWidget(title_);
    first->addWidget(badge_, 0, Qt::AlignVCenter);
    first->addStretch(1);
    first->addWidget(more_);
    head->addLayout(first);
    subtitle_ = makeLabel("muted");
    subtitle_->setWordWrap(true);
    head->addWidget(subtitle_);
    column->addWidget(header_);
    column->addWidget(makeEmpty(), 1);
    column->addWidget(stack_, 1);
    connect(group_, &QButtonGroup::idClicked, this, [this](int id) { openTab(static_cast<Tab>(id)); });
    connect(more_, &QPushButton::clicked, this, [this] { Q_EMIT menuRequested(reference_, more_->mapToGlobal(QPoint(0, more_->height()))); });
    retranslate();
    setReference({});
}

// What there is to do while nothing is selected.
QWidget* Inspector::makeEmpty() {
    empty_ = new QWidget(this);
    auto* column = new QVBoxLayout(empty_);
    column->setContentsMargins(24, 32, 24, 24);
    column->setSpacing(10);
    emptyText_ = makeLabel("muted");
    emptyText_->setWordWrap(true);
    column->addWidget(emptyText_);
    column->addSpacing(8);
    constexpr Start starts[] = {Start::Manifest, Start::Lab, Start::Palette};
    for (const auto start : starts) {
        starts_ << makeButton({}, "choice");
        connect(starts_.back(), &QPushButton::clicked, this, [this, start] { Q_EMIT startRequested(start); });
        column->addWidget(starts_.back());
    }
    column->addStretch(1);
    return empty_;
}

void Inspector::setContext(const InspectorContext& context) {
    context_ = context;
    setReference(context.link ? reference_ : model::Reference{});
    refresh();
}

void Inspector::setReference(const model::Reference& reference) {
    reference_ = reference;
    for (auto* page : pages_) page->setReference(reference);
    updateTabs();
    refresh();
}

void Inspector::updateTabs() {
    const bool any = !reference_.isEmpty();
    header_->setVisible(any);
    stack_->setVisible(any);
    empty_->setVisible(!any);
    for (int i = 0; i < pages_.size(); ++i) tabs_[i]->setVisible(any ? pages_[i]->suits(reference_) : i == static_cast<int>(Tab::Overview));
    auto wanted = current_;
    if (any && !pages_[static_cast<int>(wanted)]->suits(reference_)) wanted = Tab::Overview;
    tabs_[static_cast<int>(wanted)]->setChecked(true);
    stack_->setCurrentWidget(pages_[static_cast<int>(wanted)]);
}

void Inspector::openTab(Tab tab) {
    current_ = tab;
    updateTabs();
    refresh();
}

void Inspector::refresh() {
    if (!context_.link || reference_.isEmpty()) return;
    const auto why = model::explain(reference_, *context_.link, *context_.link);
    if (why.title.isEmpty()) {
        setTone(badge_, model::Tone::Neutral);
        badge_->setText(tr("gone"));
        badge_->show();
    } else {
        title_->setFullText(why.title);
        badge_->setText(why.word);
        badge_->setVisible(!why.word.isEmpty());
        setTone(badge_, why.tone);
        subtitle_->setText(why.subtitle);
    }
    if (auto* page = qobject_cast<InspectorPage*>(stack_->currentWidget())) page->refresh();
}

void Inspector::retranslate() {
    for (int i = 0; i < pages_.size(); ++i) {
        tabs_[i]->setText(pages_[i]->title());
        tabs_[i]->setAccessibleName(pages_[i]->title());
        // They take the keyboard to be scrolled with it.
        for (auto* area : pages_[i]->findChildren<QScrollArea*>()) area->setAccessibleName(pages_[i]->title());
    }
    emptyText_->setText(tr("Choose a Pod, a Node or a Service on the Stage or in the tree to read what it does and why."));
    const QStringList starts{tr("Deploy an example…   Ctrl+N"), tr("Choose a lab…"), tr("Find or run anything…   Ctrl+K")};
    for (int i = 0; i < starts_.size(); ++i) {
        starts_[i]->setText(starts[i]);
        starts_[i]->setAccessibleName(starts[i]);
    }
    more_->setAccessibleName(tr("Actions"));
    more_->setToolTip(tr("Actions"));
}

void Inspector::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange) retranslate();
}

}  // namespace kubarium::view
