#include "ui/view/charts_view.h"

#include <QBoxLayout>
#include <QChart>
#include <QChartView>
#include <QEvent>
#include <QLegend>
#include <QLineSeries>
#include <QMap>
#include <QValueAxis>

#include <algorithm>
#include <cmath>

namespace kubarium::view {
namespace {

constexpr double shownSeconds = 120;
constexpr int linesAtMost = 8;

// The next number above that reads well, and so does its half: 1, 2, 4, 6, 8 × 10ⁿ.
double roundTop(double high, bool whole) {
    const double power = std::pow(10, std::floor(std::log10(high)));
    for (const double step : {1.0, 2.0, 4.0, 6.0, 8.0, 10.0})
        if (step * power >= high && !(whole && std::fmod(step * power, 2) != 0)) return step * power;
    return 20 * power;
}

}  // namespace

ChartsView::ChartsView(QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 0, 8, 4);
    row->setSpacing(4);
    for (int i = 0; i < chartCount; ++i) {
        auto* chart = new QChart;
        chart->setMargins(QMargins(2, 2, 2, 2));
        chart->setBackgroundVisible(false);
        chart->setContentsMargins(-6, -6, -6, -6);
        chart->legend()->setAlignment(Qt::AlignBottom);
        chart->legend()->setMarkerShape(QLegend::MarkerShapeCircle);
        auto* x = new QValueAxis(chart);
        auto* y = new QValueAxis(chart);
        x->setTickCount(3);
        x->setLabelFormat(QStringLiteral("%.0f s"));
        y->setTickCount(3);
        chart->addAxis(x, Qt::AlignBottom);
        chart->addAxis(y, Qt::AlignLeft);
        auto* view = new QChartView(chart, this);
        view->setRenderHint(QPainter::Antialiasing);
        view->setFrameShape(QFrame::NoFrame);
        view->setMinimumSize(120, 150);
        row->addWidget(view, 1);
        views_ << view;
    }
    retranslate();
}

void ChartsView::retranslate() {
    const QStringList titles{tr("CPU per Node, cores"), tr("Memory per Node, MiB"), tr("Pods by phase"), tr("Ready Pods"), tr("Scheduling, seconds")};
    for (int i = 0; i < chartCount; ++i) {
        views_[i]->chart()->setTitle(titles[i]);
        views_[i]->setAccessibleName(titles[i]);
        views_[i]->chart()->removeAllSeries();
    }
    refresh();
}

void ChartsView::setSource(const model::Chronicle* chronicle, const model::ClusterTimes* times) {
    chronicle_ = chronicle;
    times_ = times;
    for (auto* view : views_) view->chart()->removeAllSeries();
    refresh();
}

void ChartsView::setTheme(const style::Theme& theme) {
    theme_ = theme;
    for (auto* view : views_) {
        auto* chart = view->chart();
        chart->setTitleBrush(theme.text);
        chart->setTitleFont(style::font(style::TextSize::Small, style::TextWeight::Bold));
        chart->legend()->setLabelColor(theme.textMuted);
        chart->legend()->setFont(style::font(style::TextSize::Tiny));
        for (auto* axis : chart->axes()) {
            axis->setLabelsColor(theme.textMuted);
            axis->setLabelsFont(style::font(style::TextSize::Tiny));
            axis->setGridLineColor(theme.hairline);
            axis->setLinePenColor(theme.hairlineStrong);
        }
        view->setBackgroundBrush(theme.panel);
        chart->removeAllSeries();
    }
    refresh();
}

QLineSeries* ChartsView::lineOf(Which which, const QString& name, int index) {
    auto* chart = views_[which]->chart();
    for (auto* series : chart->series())
        if (series->name() == name) return qobject_cast<QLineSeries*>(series);
    auto* line = new QLineSeries;
    line->setName(name);
    QColor color = theme_.owner(index);
    // A phase keeps its colour whichever others there are.
    const QMap<QString, QColor> phases{{QStringLiteral("Failed"), theme_.broken}, {QStringLiteral("Pending"), theme_.waiting}, {QStringLiteral("Running"), theme_.ok}, {QStringLiteral("Succeeded"), theme_.textFaint}};
    if (which == Phases) color = phases.value(name, color);
    line->setPen(QPen(color, 1.8));
    chart->addSeries(line);
    for (auto* axis : chart->axes()) line->attachAxis(axis);
    return line;
}

void ChartsView::fill(Which which, const QMap<QString, QList<QPointF>>& lines, double top) {
    auto* chart = views_[which]->chart();
    for (auto* series : chart->series())
        if (!lines.contains(series->name())) chart->removeSeries(series), series->deleteLater();
    int index = 0;
    for (auto it = lines.cbegin(); it != lines.cend() && index < linesAtMost; ++it, ++index) lineOf(which, it.key(), index)->replace(*it);
    const auto x = qobject_cast<QValueAxis*>(chart->axes(Qt::Horizontal).value(0));
    const auto y = qobject_cast<QValueAxis*>(chart->axes(Qt::Vertical).value(0));
    x->setRange(-shownSeconds, 0);
    double high = 0;
    for (const auto& points : lines)
        for (const auto& point : points) high = std::max(high, point.y());
    const bool whole = which == Phases || which == Ready;
    const double end = roundTop(std::max(top, high * 1.05), whole);
    y->setRange(0, end);
    y->setLabelFormat(whole || end >= 10 ? QStringLiteral("%.0f") : end >= 2 ? QStringLiteral("%.1f") : QStringLiteral("%.2f"));
    chart->legend()->setVisible(true);
}

void ChartsView::refresh() {
    if (!chronicle_ || !times_ || !isVisible()) return;
    QMap<QString, QList<QPointF>> cpu, memory, phases, ready, scheduling;
    const double now = times_->realNow();
    const QString words[] = {QStringLiteral("Failed"), QStringLiteral("Pending"), QStringLiteral("Running"), QStringLiteral("Succeeded")};
    for (const auto& sample : chronicle_->samples()) {
        const double x = sample.at - now;
        if (x < -shownSeconds) continue;
        for (auto it = sample.use.cbegin(); it != sample.use.cend(); ++it) {
            constexpr double mebi = 1024.0 * 1024.0;
            if (it->cores >= 0) cpu[it.key()] << QPointF(x, it->cores);
            if (it->bytes >= 0) memory[it.key()] << QPointF(x, it->bytes / mebi);
        }
        const int counts[] = {sample.failed, sample.pending, sample.running, sample.succeeded};
        for (int i = 0; i < 4; ++i)
            if (counts[i] > 0 || phases.contains(words[i])) phases[words[i]] << QPointF(x, counts[i]);
        for (auto it = sample.ready.cbegin(); it != sample.ready.cend(); ++it) ready[it.key().section(QLatin1Char('/'), 1)] << QPointF(x, *it);
    }
    scheduling[tr("creation to binding")];  // named also while there is none
    for (const auto& latency : chronicle_->latencies())
        if (latency.at - now >= -shownSeconds) scheduling[tr("creation to binding")] << QPointF(latency.at - now, latency.seconds);
    fill(Cpu, cpu, 0.1);
    fill(Memory, memory, 16);
    fill(Phases, phases, 4);
    fill(Ready, ready, 4);
    fill(Scheduling, scheduling, 0.1);
}

void ChartsView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh();
}

void ChartsView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange) retranslate();
}

}  // namespace kubarium::view
