// Services below the Nodes: the one address in front, and where its requests go just now.
#include <QPainterPath>

#include <algorithm>
#include <cmath>

#include "ui/scene/scene_painter.h"
#include "ui/scene/wording.h"

namespace kubarium::scene {

using style::mix;
using style::TextFamily;
using style::TextWeight;

namespace {

constexpr double kFanTop = 46;
constexpr double kFanBottom = 16;
constexpr double kLeastEndpointHeight = 18;

struct Fan {
  QPointF source;
  std::vector<QPointF> ends;
  double right = 0;
};

QString address(const StageService& service) {
  const QString port = service.ports.isEmpty() ? QString() : QLatin1Char(':') + service.ports.first().section(QLatin1Char('/'), 0, 0);
  if (service.clusterIP.isEmpty() || service.clusterIP == QLatin1String("None")) {
    return Stage::tr("headless");
  }
  return service.clusterIP + port;
}

// Live endpoints first, those that were removed last, what gets no request between them: the eye follows the traffic downwards to what is gone.
// As many as the card has room for.
std::vector<const StageEndpoint*> shownEndpoints(const QRectF& rect, const StageService& service) {
  std::vector<const StageEndpoint*> result;
  for (const StageEndpoint& endpoint : service.endpoints) {
    result.push_back(&endpoint);
  }
  std::stable_sort(result.begin(), result.end(), [](const StageEndpoint* a, const StageEndpoint* b) {
    return std::pair(a->removed, !a->ready) < std::pair(b->removed, !b->ready);
  });
  const auto room = static_cast<std::size_t>(std::max(1.0, (rect.height() - kFanTop - kFanBottom) / kLeastEndpointHeight));
  if (result.size() > room) {
    result.resize(room);
  }
  return result;
}

Fan fanOf(const QRectF& rect, const StageService& service, std::size_t count) {
  const TextStyle small{11, {}, TextWeight::Regular, TextFamily::Sans, {}};
  const double sourceWidth = std::min(rect.width() * 0.3, Ink::width(address(service), small) + 8);
  const double top = rect.top() + kFanTop;
  const double bottom = rect.bottom() - kFanBottom;
  Fan fan;
  fan.source = QPointF(rect.left() + 15 + sourceWidth, (top + bottom) / 2);
  fan.right = rect.left() + std::max(sourceWidth + 90, rect.width() * 0.53);
  const double span = std::min(bottom - top, 30.0 * static_cast<double>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const double share = count == 1 ? 0.5 : (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    fan.ends.emplace_back(fan.right, (top + bottom) / 2 - span / 2 + span * share);
  }
  return fan;
}

QPainterPath curve(const QPointF& from, const QPointF& to) {
  QPainterPath path(from);
  const double bend = (to.x() - from.x()) * 0.5;
  path.cubicTo(from + QPointF(bend, 0), to - QPointF(bend, 0), to);
  return path;
}

// A Service is drawn in its own coordinates, enlarged for presentations.
class Local {
 public:
  Local(const Ink& ink, const QRectF& outer) : painter_(ink.painter()), zoom_(ink.theme().isPresentation() ? 1.5 : 1.0), size_(outer.size() / zoom_) {
    painter_.save();
    painter_.translate(outer.topLeft());
    painter_.scale(zoom_, zoom_);
  }
  ~Local() { painter_.restore(); }
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;

  QRectF rect() const { return {QPointF(0, 0), size_}; }

 private:
  QPainter& painter_;
  double zoom_;
  QSizeF size_;
};

double highestRate(const StageService& service) {
  double most = 0.001;
  for (const StageEndpoint& endpoint : service.endpoints) {
    most = std::max(most, endpoint.rate);
  }
  return most;
}

}  // namespace

void paintService(const Ink& ink, const Scene& scene, std::size_t index) {
  const style::Theme& theme = ink.theme();
  const StageService& service = scene.model->services[index];
  const Local local(ink, scene.layout->services[index]);
  const QRectF rect = local.rect();
  QPainter& painter = ink.painter();
  ink.panel(rect, 10, theme.card, theme.hairline);
  const QRectF row(rect.left() + 13, rect.top() + 10, rect.width() - 26, 22);
  QRectF left = row;
  if (service.rate >= 0) {
    const TextStyle rate{12, theme.textMuted, TextWeight::Regular, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter};
    left.setRight(row.right() - ink.line(row, Stage::tr("%1 connections/s").arg(pointsText(service.rate)), rate) - 10);
  }
  const TextStyle bold{14, theme.text, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter};
  const double used = ink.line(left, Stage::tr("Service %1").arg(service.name), bold);
  const QString badge = service.clusterIP.isEmpty() || service.clusterIP == QLatin1String("None") ? Stage::tr("headless")
                                                                                                   : Stage::tr("ClusterIP %1").arg(service.clusterIP);
  if (left.left() + used + 8 + Ink::badgeWidth(badge, 11) <= left.right()) {
    ink.badge(QPointF(left.left() + used + 8, row.center().y()), badge, 11, theme.textMuted, theme.hairlineStrong);
  }
  const std::vector<const StageEndpoint*> endpoints = shownEndpoints(rect, service);
  if (endpoints.empty()) {
    ink.line(QRectF(row.left(), rect.top() + kFanTop, row.width(), 20), Stage::tr("No Pod is ready behind this Service: requests are refused."),
             {12, theme.waiting});
    return;
  }
  const Fan fan = fanOf(rect, service, endpoints.size());
  ink.line(QRectF(rect.left() + 13, fan.source.y() - 10, fan.source.x() - rect.left() - 19, 20), address(service),
           {11, theme.textMuted, TextWeight::Regular, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter});
  const double most = highestRate(service);
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const StageEndpoint& endpoint = *endpoints[i];
    const bool live = endpoint.ready && !endpoint.removed;
    const QColor color = endpoint.removed ? theme.broken : live ? theme.ok : theme.waiting;
    // Dashes are made into a shape here: Qt's own begin where the clip begins and would not match at the seam of a
    // partial repaint.
    QPainterPathStroker stroker;
    stroker.setWidth(live && endpoint.rate > 0 ? 1.6 + 1.8 * endpoint.rate / most : 1.5);
    stroker.setCapStyle(Qt::FlatCap);
    if (!live) {
      stroker.setDashPattern(QList<qreal>{2, 2.4});
    }
    painter.fillPath(stroker.createStroke(curve(fan.source, fan.ends[i])), color);
    ink.dot(fan.ends[i], live ? 3 : 2.4, color);
    QStringList words{endpoint.address};
    if (!endpoint.node.isEmpty()) {
      words << endpoint.node;
    }
    if (endpoint.removed) {
      words << Stage::tr("removed");
    } else if (endpoint.terminating) {
      words << Stage::tr("terminating");
    } else if (!endpoint.ready) {
      words << Stage::tr("not ready");
    } else if (endpoint.rate >= 0) {
      words << Stage::tr("%1/s").arg(pointsText(endpoint.rate));
    }
    const QRectF place(fan.ends[i].x() + 9, fan.ends[i].y() - 10, rect.right() - 13 - fan.ends[i].x() - 9, 20);
    const TextStyle style{11, endpoint.removed ? theme.broken : theme.textMuted};
    const QString dot = QStringLiteral(" · ");
    // Where there is no room for all of it, how it is counts more than where.
    if (words.size() == 3 && Ink::width(words.join(dot), style) > place.width()) {
      words.removeAt(1);
    }
    ink.line(place, words.join(dot), style);
  }
  ink.dot(fan.source, 3, theme.ok);
  if (service.endpoints.size() > endpoints.size()) {
    const TextStyle more{11, theme.textFaint, TextWeight::Regular, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter};
    ink.line(QRectF(row.left(), rect.bottom() - 20, row.width(), 16),
             Stage::tr("+%1 more").arg(service.endpoints.size() - endpoints.size()), more);
  }
}

void ScenePainter::paintTraffic(const Ink& ink, const Scene& scene) {
  const style::Theme& theme = ink.theme();
  for (std::size_t i = 0; i < scene.layout->services.size(); ++i) {
    const StageService& service = scene.model->services[i];
    if (service.rate <= 0) {
      continue;
    }
    const Local local(ink, scene.layout->services[i]);
    const std::vector<const StageEndpoint*> endpoints = shownEndpoints(local.rect(), service);
    const Fan fan = fanOf(local.rect(), service, endpoints.size());
    for (std::size_t at = 0; at < endpoints.size(); ++at) {
      const StageEndpoint& endpoint = *endpoints[at];
      if (endpoint.rate <= 0 || endpoint.removed || !endpoint.ready) {
        continue;
      }
      const QPainterPath path = curve(fan.source, fan.ends[at]);
      // A dot stands for a request up to four a second; beyond that the eye only needs to see that it flows.
      const double frequency = std::min(4.0, endpoint.rate);
      const double travel = 1.2;
      const int dots = std::max(1, static_cast<int>(std::ceil(frequency * travel)));
      for (int dot = 0; dot < dots; ++dot) {
        const double phase = std::fmod(scene.trafficPhase / travel + static_cast<double>(dot) / dots + 0.37 * static_cast<double>(at), 1.0);
        ink.dot(path.pointAtPercent(phase), 2.6, mix(theme.ok, theme.isDark() ? Qt::white : Qt::black, 0.35));
      }
    }
  }
}

void paintReadyChart(const Ink& ink, const Scene& scene) {
  const style::Theme& theme = ink.theme();
  const ReadyChart& chart = *scene.model->chart;
  const Local local(ink, scene.layout->chart);
  const QRectF rect = local.rect();
  QPainter& painter = ink.painter();
  ink.panel(rect, 10, theme.card, theme.hairline);
  const QRectF row(rect.left() + 13, rect.top() + 10, rect.width() - 26, 22);
  const int ready = chart.points.empty() ? 0 : chart.points.back().ready;
  const TextStyle count{14, ready >= chart.desired ? theme.ok : theme.waiting, TextWeight::Bold, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter};
  const double used = ink.line(row, Stage::tr("%1 / %2", "ready of desired").arg(ready).arg(chart.desired), count);
  const TextStyle bold{14, theme.text, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter};
  ink.line(row.adjusted(0, 0, -used - 10, 0), Stage::tr("Ready Pods of %1").arg(chart.workload), bold);

  const QRectF plot(rect.left() + 15, rect.top() + 42, rect.width() - 30, rect.height() - 42 - 16);
  int most = std::max(1, chart.desired);
  for (const ReadyPoint& point : chart.points) {
    most = std::max(most, point.ready);
  }
  const auto y = [&](double value) { return std::round(plot.bottom() - plot.height() * value / most) + 0.5; };
  const int lines = std::min(most, 4);
  painter.setPen(QPen(theme.hairline, 1));
  for (int i = 0; i <= lines; ++i) {
    const double at = y(static_cast<double>(most) * i / lines);
    painter.drawLine(QPointF(plot.left(), at), QPointF(plot.right(), at));
  }
  if (chart.points.empty()) {
    return;
  }
  const ClusterSeconds from = chart.points.front().at;
  const ClusterSeconds to = std::max({from + 1, chart.points.back().at, scene.now});
  const auto x = [&](ClusterSeconds at) { return plot.left() + plot.width() * std::clamp((at - from) / (to - from), 0.0, 1.0); };
  QPainterPath steps(QPointF(x(from), y(chart.points.front().ready)));
  for (std::size_t i = 1; i < chart.points.size(); ++i) {
    steps.lineTo(x(chart.points[i].at), y(chart.points[i - 1].ready));
    steps.lineTo(x(chart.points[i].at), y(chart.points[i].ready));
  }
  steps.lineTo(plot.right(), y(ready));
  const auto markAt = [&](const ReadyMark& mark) { return std::round(x(mark.at)) + 0.5; };
  for (const ReadyMark& mark : chart.marks) {
    QPen pen(theme.broken, 1, Qt::CustomDashLine);
    pen.setDashPattern({3, 3});
    painter.setPen(pen);
    painter.drawLine(QPointF(markAt(mark), plot.top() - 4), QPointF(markAt(mark), plot.bottom()));
  }
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(theme.accent, 2, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
  painter.drawPath(steps);
  // Over the steps, the latest first: where marks stand close together, one that finds no room is a line only.
  const TextStyle small{11, theme.broken, TextWeight::Regular, TextFamily::Sans, {}};
  std::vector<QRectF> taken;
  for (auto mark = chart.marks.rbegin(); mark != chart.marks.rend(); ++mark) {
    const double at = markAt(*mark);
    const double textWidth = Ink::width(mark->text, small) + 2;
    const bool before = at + 6 + textWidth > plot.right();  // no room behind the line
    const QRectF place(before ? std::max(plot.left(), at - 6 - textWidth) : at + 6, plot.bottom() - 18, before ? std::min(textWidth, at - 6 - plot.left()) : plot.right() - at - 6, 16);
    const QRectF needed(place.topLeft(), QSizeF(std::min(place.width(), textWidth), place.height()));
    if (std::ranges::any_of(taken, [&](const QRectF& other) { return other.intersects(needed); })) {
      continue;
    }
    taken.push_back(needed);
    painter.fillRect(needed, theme.card);
    ink.line(place, mark->text, {11, theme.broken});
  }
}

}  // namespace kubarium::scene
