#include "ui/view/command_palette.h"

#include "ui/style/theme.h"

#include <QApplication>
#include <QBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>

#include <algorithm>
#include <utility>

namespace kubarium::view {
namespace {

constexpr int shownEntries = 200;
constexpr int detailRole = Qt::UserRole + 1;

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

// The title, and at the right end what belongs to it: a shortcut, or where an object lives.
class EntryDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {120, 28}; }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        painter->save();
        const auto& palette = option.palette;
        if (option.state & QStyle::State_Selected) {
            painter->setRenderHint(QPainter::Antialiasing);
            painter->setPen(Qt::NoPen);
            painter->setBrush(palette.color(QPalette::Highlight));
            painter->drawRoundedRect(option.rect, 6, 6);
        }
        const auto box = option.rect.adjusted(10, 0, -10, 0);
        const auto detail = index.data(detailRole).toString();
        painter->setFont(style::font(style::TextSize::Small));
        painter->setPen(palette.color(QPalette::PlaceholderText));
        const QFontMetrics small(painter->font());
        const int width = detail.isEmpty() ? 0 : std::min(box.width() / 2, small.horizontalAdvance(detail) + 4);
        painter->drawText(box, Qt::AlignRight | Qt::AlignVCenter, small.elidedText(detail, Qt::ElideMiddle, width));
        painter->setFont(style::font(style::TextSize::Body));
        painter->setPen(palette.color(QPalette::Text));
        const int room = box.width() - width - 12;
        painter->drawText(box, Qt::AlignVCenter, QFontMetrics(painter->font()).elidedText(index.data().toString(), Qt::ElideMiddle, room));
        painter->restore();
    }
};

}  // namespace

CommandPalette::CommandPalette(QWidget* window) : QFrame(window) {
    setObjectName(QStringLiteral("palette"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 12, 12);
    input_ = new QLineEdit(this);
    list_ = new QListWidget(this);
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setUniformItemSizes(true);
    list_->setItemDelegate(new EntryDelegate(list_));
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
    cameFrom_ = QApplication::focusWidget();
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
        auto* item = new QListWidgetItem(entry.title, list_);
        item->setData(detailRole, entry.detail);
        item->setData(Qt::AccessibleTextRole, entry.detail.isEmpty() ? entry.title : entry.title + QStringLiteral(", ") + entry.detail);
        item->setData(Qt::UserRole, index);
    }
    if (list_->count() > 0) return list_->setCurrentRow(0);
    auto* nothing = new QListWidgetItem(tr("Nothing is called so."), list_);
    nothing->setFlags(Qt::NoItemFlags);
}

// The keyboard goes back to where it was, not to whatever comes next.
void CommandPalette::leave() {
    if (const auto back = std::exchange(cameFrom_, nullptr); back && back->isVisible()) back->setFocus(Qt::ShortcutFocusReason);
    hide();
}

void CommandPalette::runCurrent() {
    const auto* item = list_->currentItem();
    if (!item || !item->flags().testFlag(Qt::ItemIsEnabled)) return;
    const auto run = entries_[item->data(Qt::UserRole).toLongLong()].run;
    leave();
    if (run) run();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusOut) hide();
    if (event->type() != QEvent::KeyPress) return QFrame::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    switch (key->key()) {
    case Qt::Key_Escape: leave(); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: runCurrent(); return true;
    case Qt::Key_Down: list_->setCurrentRow(std::min(list_->currentRow() + 1, list_->count() - 1)); return true;
    case Qt::Key_Up: list_->setCurrentRow(std::max(list_->currentRow() - 1, 0)); return true;
    default: return QFrame::eventFilter(watched, event);
    }
}

}  // namespace kubarium::view
