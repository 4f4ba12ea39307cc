#include "ui/view/chain_view.h"

#include "ui/view/widgets.h"

#include <QPainter>
#include <QTextLayout>

namespace kubarium::view {
namespace {

constexpr int timeWidth = 64;
constexpr int textLeft = 88;
constexpr int gap = 12;

// Lays the text out between words, within words only where one is too long; draws it if there is a painter. The height.
int layOut(const QFont& font, const QString& text, QRect box, QPainter* painter = nullptr) {
    if (text.isEmpty()) return 0;
    QTextLayout layout(text, font);
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    layout.beginLayout();
    double height = 0;
    while (true) {
        auto line = layout.createLine();
        if (!line.isValid()) break;
        line.setLineWidth(box.width());
        line.setPosition(QPointF(0, height));
        height += line.height();
    }
    layout.endLayout();
    if (painter) layout.draw(painter, box.topLeft());
    return static_cast<int>(height + 0.999);
}

QFont titleFont(const style::Theme& theme) { return style::font(12.5 * (theme.isPresentation() ? 1.3 : 1), style::TextWeight::Bold); }
QFont detailFont(const style::Theme& theme) { return style::font(12 * (theme.isPresentation() ? 1.3 : 1)); }

}  // namespace

ChainView::ChainView(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void ChainView::setRows(QList<ChainRow> rows, const style::Theme& theme) {
    rows_ = std::move(rows);
    theme_ = theme;
    QStringList spoken;
    for (const auto& row : rows_) spoken << row.time + QLatin1Char(' ') + row.title + QLatin1Char(' ') + row.detail;
    setAccessibleName(spoken.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

int ChainView::rowHeight(const ChainRow& row, int width) const {
    const int textWidth = std::max(60, width - textLeft);
    return layOut(titleFont(theme_), row.title, {0, 0, textWidth, 0}) + layOut(detailFont(theme_), row.detail, {0, 0, textWidth, 0}) + gap;
}

int ChainView::heightForWidth(int width) const {
    int height = 0;
    for (const auto& row : rows_) height += rowHeight(row, width);
    return height;
}

void ChainView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    int y = 0;
    const int textWidth = std::max(60, width() - textLeft);
    for (qsizetype i = 0; i < rows_.size(); ++i) {
        const auto& row = rows_[i];
        const int height = rowHeight(row, width());
        constexpr double beadX = textLeft - 14;
        const double beadY = y + 9;
        if (i + 1 < rows_.size()) {
            painter.setPen(QPen(theme_.hairlineStrong, 1.5));
            painter.drawLine(QPointF(beadX, beadY + 8), QPointF(beadX, y + height + 1));
        }
        painter.setPen(Qt::NoPen);
        painter.setBrush(toneColor(theme_, row.tone));
        if (row.tone == model::Tone::Broken) painter.drawPolygon(QPolygonF{{beadX, beadY - 5.5}, {beadX + 5.5, beadY}, {beadX, beadY + 5.5}, {beadX - 5.5, beadY}});
        else painter.drawEllipse(QPointF(beadX, beadY), 4.5, 4.5);
        painter.setPen(theme_.textMuted);
        painter.setFont(style::font(style::TextSize::Tiny, style::TextWeight::Regular, style::TextFamily::Mono));
        painter.drawText(QRect(0, y, timeWidth, 18), Qt::AlignLeft | Qt::AlignVCenter, row.time);
        painter.setPen(theme_.text);
        const int titleHeight = layOut(titleFont(theme_), row.title, {textLeft, y, textWidth, 0}, &painter);
        painter.setPen(theme_.textMuted);
        layOut(detailFont(theme_), row.detail, {textLeft, y + titleHeight, textWidth, 0}, &painter);
        y += height;
    }
}

}  // namespace kubarium::view
