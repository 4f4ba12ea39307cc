#include "ui/view/command_palette.h"

#include <QBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>

#include <algorithm>

namespace kubarium::view {
namespace {

constexpr int shownEntries = 200;

// Every word must occur; the earlier and the shorter the better. Below zero: no match.
int rank(const PaletteEntry& entry, const QStringList& words) {
    int result = static_cast<int>(entry.title.size());
    for (const auto& word : words) {
        const auto in = entry.title.indexOf(word, 0, Qt::CaseInsensitive);
        if (in < 0 && !entry.detail.contains(word, Qt::CaseInsensitive)) return -1;
        result += in < 0 ? 500 : static_cast<int>(in) * 4;
    }
    return result;
}

}  // namespace

CommandPalette::CommandPalette(QWidget* window) : QFrame(window) {
    setObjectName(QStringLiteral("palette"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 12, 12);
    input_ = new QLineEdit(this);
    list_ = new QListWidget(this);
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setUniformItemSizes(true);
    column->addWidget(input_);
    column->addWidget(list_);
    hide();
    input_->installEventFilter(this);
    connect(input_, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(list_, &QListWidget::itemClicked, this, [this] { runCurrent(); });
}

void CommandPalette::open(QList<PaletteEntry> entries) {
    entries_ = std::move(entries);
    input_->setPlaceholderText(tr("Search objects, or type what to do"));
    input_->setAccessibleName(tr("Search objects or run a command"));
    list_->setAccessibleName(tr("Results"));
    const auto size = parentWidget()->size();
    setGeometry(std::max(0, (size.width() - 620) / 2), 64, std::min(620, size.width()), std::min(420, size.height() - 80));
    input_->clear();
    filter({});
    show();
    raise();
    input_->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::filter(const QString& text) {
    const auto words = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    std::vector<std::pair<int, qsizetype>> found;
    for (qsizetype i = 0; i < entries_.size(); ++i)
        if (const int value = words.isEmpty() ? static_cast<int>(i) : rank(entries_[i], words); value >= 0) found.emplace_back(value, i);
    std::sort(found.begin(), found.end());
    if (found.size() > shownEntries) found.resize(shownEntries);
    list_->clear();
    for (const auto& [value, index] : found) {
        const auto& entry = entries_[index];
        auto* item = new QListWidgetItem(entry.detail.isEmpty() ? entry.title : entry.title + QStringLiteral("   ") + entry.detail, list_);
        item->setData(Qt::UserRole, index);
    }
    if (list_->count() > 0) list_->setCurrentRow(0);
}

void CommandPalette::runCurrent() {
    const auto* item = list_->currentItem();
    if (!item) return;
    const auto run = entries_[item->data(Qt::UserRole).toLongLong()].run;
    hide();
    if (run) run();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusOut) hide();
    if (event->type() != QEvent::KeyPress) return QFrame::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    switch (key->key()) {
    case Qt::Key_Escape: hide(); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: runCurrent(); return true;
    case Qt::Key_Down: list_->setCurrentRow(std::min(list_->currentRow() + 1, list_->count() - 1)); return true;
    case Qt::Key_Up: list_->setCurrentRow(std::max(list_->currentRow() - 1, 0)); return true;
    default: return QFrame::eventFilter(watched, event);
    }
}

}  // namespace kubarium::view
