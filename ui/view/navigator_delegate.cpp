#include "ui/view/navigator_delegate.h"

#include "ui/model/navigator_model.h"
#include "ui/view/widgets.h"

#include <QApplication>
#include <QPainter>

namespace kubarium::view {
namespace {

constexpr int glyphWidth = 18;

}  // namespace

QSize NavigatorDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const { return {120, 28}; }

void NavigatorDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    painter->save();
    if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, theme_.selection);
    else if (option.state & QStyle::State_MouseOver) painter->fillRect(option.rect, theme_.controlHover);
    const bool section = index.data(model::NavigatorModel::ReferenceKeyRole).toString().isEmpty();
    auto box = option.rect.adjusted(4, 0, -10, 0);
    const auto state = index.data(model::NavigatorModel::StateRole).toString();
    const auto tone = static_cast<model::Tone>(index.data(model::NavigatorModel::ToneRole).toInt());
    painter->setFont(style::font(style::TextSize::Tiny));
    // The name comes first; the state has what it leaves, and always a third.
    const auto nameFont = section ? style::font(style::TextSize::Small, style::TextWeight::Bold) : style::font(style::TextSize::Small);
    const int nameWidth = QFontMetrics(nameFont).horizontalAdvance(index.data().toString()) + (section ? 0 : glyphWidth) + 8;
    const int stateWidth = std::min(std::max(box.width() / 3, box.width() - nameWidth), QFontMetrics(painter->font()).horizontalAdvance(state) + 4);
    painter->setPen(tone == model::Tone::Broken || tone == model::Tone::Waiting ? toneColor(theme_, tone) : theme_.textFaint);
    painter->drawText(box, Qt::AlignRight | Qt::AlignVCenter, QFontMetrics(painter->font()).elidedText(state, Qt::ElideRight, stateWidth));
    if (!section) {
        if (tone != model::Tone::Neutral) {
            painter->setPen(toneColor(theme_, tone));
            painter->setFont(style::font(9.0));
            painter->drawText(QRect(box.left(), box.top(), 14, box.height()), Qt::AlignCenter, toneGlyph(tone));
        }
        box.setLeft(box.left() + glyphWidth);
    }
    box.setRight(box.right() - stateWidth - 6);
    painter->setFont(nameFont);
    painter->setPen(section ? theme_.textMuted : theme_.text);
    painter->drawText(box, Qt::AlignVCenter, QFontMetrics(painter->font()).elidedText(index.data().toString(), Qt::ElideMiddle, box.width()));
    painter->restore();
}

}  // namespace kubarium::view
