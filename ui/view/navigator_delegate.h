// A row of the Navigator: the tone as a glyph, the name, and the state in quiet type at the right.
#pragma once

#include "ui/style/theme.h"

#include <QStyledItemDelegate>

namespace kubarium::view {

class NavigatorDelegate final : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void setTheme(const style::Theme& theme) { theme_ = theme; }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    style::Theme theme_;
};

}  // namespace kubarium::view
