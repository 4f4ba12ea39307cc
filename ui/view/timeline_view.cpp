#include "ui/view/timeline_view.h"

#include "ui/model/explain.h"
#include "ui/view/widgets.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace kubarium::view {
namespace {

constexpr int titleWidth = 132;
constexpr int rowHeight = 22;
constexpr int topMargin = 4;
constexpr double futureShare = 0.14;

}  // namespace

TimelineView::TimelineView(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMinimumHeight(72);
    setMouseTracking(false);
}

void TimelineView::setSource(const model::Chronicle* chronicle, const model::ClusterTimes* times) {
    chronicle_ = chronicle;
    times_ = times;
    scrub_.reset();
    update();
}

void TimelineView::setFuses(std::vector<scene::Fuse> fuses, const QStringList& nodes, double rate) {
    rate_ = rate;
    fuses_ = std::move(fuses);
    fuseNodes_ = nodes;
}

void TimelineView::setTheme(const style::Theme& theme) {
    theme_ = theme;
    update();
}

void TimelineView::setLabMarks(QList<double> marks) {
    labMarks_ = std::move(marks);
    update();
}

void TimelineView::refresh() {
    setAccessibleName(tr("Timeline. Left and Right go through the recorded past, Up and Down through the rows, End returns to now."));
    if (isVisible()) update();
}

// A young cluster's past fills the width from the start.
double TimelineView::span() const {
    constexpr double least = 20, most = 120;
    return span_ > 0 || !chronicle_ ? std::max(span_, 10.0) : std::clamp((times_->realNow() - chronicle_->began()) * 1.05, least, most);
}

int TimelineView::rowCount() const { return chronicle_ ? static_cast<int>(chronicle_->lanes().size()) + marksRows() : 0; }

int TimelineView::rowsShown() const { return std::max(1, (height() - topMargin) / rowHeight); }

double TimelineView::nowX() const { return titleWidth + (width() - titleWidth) * (1 - futureShare); }

double TimelineView::xOf(double at) const {
    const double perSecond = (nowX() - titleWidth) / span();
    return nowX() + (at - times_->realNow()) * perSecond;
}

double TimelineView::timeAt(double x) const { return times_->realNow() + (x - nowX()) * span() / std::max(1.0, nowX() - titleWidth); }

void TimelineView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_.panel);
    if (!chronicle_ || !times_) return;
    painter.setRenderHint(QPainter::Antialiasing);
    const auto lanes = chronicle_->lanes();
    const auto font = style::font(style::TextSize::Tiny);
    painter.setFont(font);
    const QFontMetrics metrics(font);
    const int rows = rowsShown(), all = static_cast<int>(lanes.size()) + marksRows();
    firstRow_ = std::clamp(firstRow_, 0, std::max(0, all - rows));
    int y = topMargin - firstRow_ * rowHeight;
    painter.save();
    painter.setClipRect(0, topMargin, width(), rows * rowHeight);  // whole rows only
    const auto rowTitle = [&](const QString& title) {
        painter.setPen(theme_.textMuted);
        painter.drawText(QRect(16, y, titleWidth - 24, rowHeight), Qt::AlignVCenter, metrics.elidedText(title, Qt::ElideMiddle, titleWidth - 24));
        painter.setPen(theme_.hairline);
        painter.drawLine(QPointF(titleWidth, y + rowHeight - 0.5), QPointF(width() - 12, y + rowHeight - 0.5));
    };
    const auto mark = [&](double at, const QColor& color) {
        if (xOf(at) <= titleWidth) return;
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawRoundedRect(QRectF(xOf(at) - 6, y + 5, 12, 12), 3, 3);
    };
    rowTitle(tr("Faults"));
    for (const auto& moment : chronicle_->moments())
        if (moment.kind == model::MomentKind::FaultBegan) mark(moment.at, theme_.broken);
    y += rowHeight;
    if (!labMarks_.isEmpty()) {
        rowTitle(tr("Lab"));
        for (const double at : labMarks_) mark(at, theme_.violet);
        y += rowHeight;
    }
    for (const auto* lane : lanes) {
        if (y > height()) break;
        if (y + rowHeight <= topMargin) {
            y += rowHeight;
            continue;
        }
        rowTitle(lane->title);
        paintLane(painter, *lane, y);
        y += rowHeight;
    }
    painter.restore();
    paintScrollMark(painter, rows, all);
    const double cursor = scrub_ ? xOf(*scrub_) : nowX();
    painter.setPen(QPen(scrub_ ? theme_.accent : theme_.text, 2));
    painter.drawLine(QPointF(cursor, 0), QPointF(cursor, height()));
    if (hasFocus()) {
        painter.setPen(QPen(theme_.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

void TimelineView::paintLane(QPainter& painter, const model::Lane& lane, int y) const {
    const QFontMetrics metrics(painter.font());
    const double now = times_->now();
    for (const auto& bar : lane.bars) {
        const double from = std::max<double>(titleWidth, xOf(bar.from)), to = bar.to < 0 ? nowX() : xOf(bar.to);
        if (to <= titleWidth || from >= width()) continue;
        const QRectF box(from, y + 5, std::max(2.0, to - from), 12);
        painter.setPen(Qt::NoPen);
        painter.setBrush(toneColor(theme_, bar.tone));
        painter.drawRoundedRect(box, 3, 3);
        if (box.width() > metrics.horizontalAdvance(bar.word) + 10 && bar.tone != model::Tone::Ok) {
            painter.setPen(theme_.onOwner);
            painter.drawText(box.adjusted(5, 0, 0, 0), Qt::AlignVCenter, bar.word);
        }
    }
    for (std::size_t i = 0; i < fuses_.size(); ++i) {
        const auto& fuse = fuses_[i];
        if (fuseNodes_.value(static_cast<int>(i)) != lane.reference.key || fuse.ends <= now) continue;
        const double left = (fuse.ends - now) / std::max(0.01, rate_);  // the Clock's time goes rate_ times as fast as the axis
        const QRectF box(nowX() + 2, y + 3, std::max(4.0, std::min<double>(xOf(times_->realNow() + left), width() - 12) - nowX() - 2), 16);
        painter.setPen(Qt::NoPen);
        painter.setBrush(style::mix(theme_.panel, theme_.waiting, 0.35));
        painter.drawRoundedRect(box, 3, 3);
        painter.setPen(theme_.text);
        const auto words = tr("%1 · %2 left", "a timer").arg(fuse.label.section(QStringLiteral(" · "), -1).section(QLatin1Char(' '), 0, 0), model::Explain::seconds(left));
        painter.drawText(QRectF(box.left() + 5, y + 3, width() - box.left() - 17, 16), Qt::AlignVCenter, metrics.elidedText(words, Qt::ElideRight, static_cast<int>(width() - box.left() - 17)));
        break;
    }
}

// How much there is above and below.
void TimelineView::paintScrollMark(QPainter& painter, int rows, int all) const {
    if (all <= rows) return;
    const double track = rows * rowHeight - 4, length = std::max(20.0, track * rows / all);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_.hairlineStrong);
    painter.drawRoundedRect(QRectF(width() - 8, topMargin + 2 + (track - length) * firstRow_ / (all - rows), 4, length), 2, 2);
}

void TimelineView::scrubTo(double at) {
    if (!chronicle_ || !times_) return;
    const double now = times_->realNow();
    // Close to now means live, but for the beginning, however young the cluster is.
    if (at > chronicle_->began() && at >= now - span() * 0.005) return goLive();
    scrub_ = std::max(at, chronicle_->began());
    Q_EMIT scrubbed(false, *scrub_);
    update();
}

void TimelineView::goLive() {
    if (!scrub_) return;
    scrub_.reset();
    Q_EMIT scrubbed(true, 0);
    update();
}

int TimelineView::rowAt(int y) const { return (y - topMargin) / rowHeight + firstRow_; }

void TimelineView::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && event->position().x() > titleWidth) scrubTo(timeAt(event->position().x()));
    else if (chronicle_) {
        const auto lanes = chronicle_->lanes();
        const int row = rowAt(static_cast<int>(event->position().y())) - marksRows();
        if (row >= 0 && row < static_cast<int>(lanes.size())) Q_EMIT laneActivated(lanes[static_cast<std::size_t>(row)]->reference);
    }
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton) scrubTo(timeAt(std::max<double>(titleWidth, event->position().x())));
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent*) { goLive(); }

void TimelineView::wheelEvent(QWheelEvent* event) {
    if (event->modifiers() & Qt::ControlModifier) span_ = std::clamp(span() * std::pow(0.999, event->angleDelta().y()), 10.0, 7200.0);
    else firstRow_ = std::clamp(firstRow_ + (event->angleDelta().y() > 0 ? -1 : 1), 0, std::max(0, rowCount() - rowsShown()));
    update();
    event->accept();
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
    const double now = times_ ? times_->realNow() : 0;
    switch (event->key()) {
    case Qt::Key_Left: return scrubTo(scrub_.value_or(now) - span() / 40);
    case Qt::Key_Right: return scrubTo(scrub_.value_or(now) + span() / 40);
    case Qt::Key_Up:
    case Qt::Key_Down:
        firstRow_ = std::clamp(firstRow_ + (event->key() == Qt::Key_Up ? -1 : 1), 0, std::max(0, rowCount() - rowsShown()));
        return update();
    case Qt::Key_Home: return scrubTo(chronicle_ ? chronicle_->began() : 0);
    case Qt::Key_End:
    case Qt::Key_Escape: return goLive();
    case Qt::Key_Plus: span_ = std::max(10.0, span() / 1.5); return update();
    case Qt::Key_Minus: span_ = std::min(7200.0, span() * 1.5); return update();
    default: QWidget::keyPressEvent(event);
    }
}

}  // namespace kubarium::view
