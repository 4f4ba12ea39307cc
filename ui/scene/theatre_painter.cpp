// The bar of the scheduling theatre: which cycle, how far it got, and the way back and forth. With many Nodes a panel above
// it gathers the verdicts by reason.
#include <algorithm>
#include <cmath>

#include "ui/animation/easing.h"
#include "ui/scene/scene_painter.h"
#include "ui/scene/wording.h"

namespace kubarium::scene {

using style::mix;
using style::TextFamily;
using style::TextWeight;

namespace {

constexpr TheatrePhase kPhases[] = {TheatrePhase::Queue, TheatrePhase::Filter, TheatrePhase::Score, TheatrePhase::Select, TheatrePhase::Bind};

double phaseWidth(TheatrePhase phase, TheatrePhase current, double size, bool presentation) {
  const bool now = phase == current;
  const double text = Ink::width(theatrePhaseName(phase), {size, {}, now ? TextWeight::Bold : TextWeight::Regular, TextFamily::Sans, {}});
  return text + (now ? size * (presentation ? 1.6 : 1.7) : phase < current ? size * 1.3 : 0);
}

void paintPhases(const Ink& ink, const TheatreState& theatre, const QRectF& room, double size, bool presentation) {
  const style::Theme& theme = ink.theme();
  double separator = presentation ? 26 : 30;
  QString fit;
  if (theatre.phase > TheatrePhase::Filter && theatre.evaluatedNodes > 0 && !presentation) {
    fit = theatre.nominatedUsed ? Stage::tr("nominated Node fits") : Stage::tr("%1 of %2 fit").arg(theatre.feasibleNodes).arg(theatre.evaluatedNodes);
  }
  double total = fit.isEmpty() ? 0 : Ink::badgeWidth(fit, 11) + 8;
  for (const TheatrePhase phase : kPhases) {
    total += phaseWidth(phase, theatre.phase, size, presentation) + (phase == TheatrePhase::Bind ? 0 : separator);
  }
  if (total > room.width()) {
    const double narrower = std::clamp(separator - (total - room.width()) / 4, 16.0, separator);
    total -= 4 * (separator - narrower);
    separator = narrower;
  }
  if (total > room.width() && !fit.isEmpty()) {
    total -= Ink::badgeWidth(fit, 11) + 8;
    fit.clear();
  }
  const double squeeze = total > room.width() ? std::max(0.0, (total - room.width()) / 4) : 0;
  if (separator - squeeze < 4) {
    return;
  }
  double x = presentation ? room.left() : room.left() + std::max(0.0, (room.width() - total) / 2);
  for (const TheatrePhase phase : kPhases) {
    const double width = phaseWidth(phase, theatre.phase, size, presentation);
    const QRectF box(x, room.top(), width, room.height());
    const QString name = theatrePhaseName(phase);
    if (phase == theatre.phase) {
      const double height = size * 2.0;
      const QRectF pill(box.left(), box.center().y() - height / 2, width, height);
      ink.panel(pill, presentation ? 12 : 7, mix(theme.card, theme.accent, theme.isDark() ? 0.3 : 0.16), QColor());
      ink.line(pill, name, {size, theme.text, TextWeight::Bold, TextFamily::Sans, Qt::AlignCenter});
    } else if (phase < theatre.phase && !(theatre.endedAtFilter() && phase > TheatrePhase::Filter)) {
      const double mark = size * 0.85;
      const bool refused = theatre.endedAtFilter() && phase == TheatrePhase::Filter;
      const QRectF at(box.left(), box.center().y() - mark / 2, mark, mark);
      if (refused) {
        ink.cross(at, theme.broken);
      } else {
        ink.check(at, theme.ok);
      }
      ink.line(box.adjusted(size * 1.3 - 2, 0, 4, 0), name, {size, refused ? theme.broken : theme.ok});
    } else {
      ink.line(box.adjusted(0, 0, 4, 0), name, {size, theme.textFaint});
    }
    x += width;
    if (phase == TheatrePhase::Filter && !fit.isEmpty()) {
      const QRectF badge = ink.badge(QPointF(x + 8, box.center().y()), fit, 11, theme.text, theme.hairlineStrong);
      x = badge.right();
    }
    if (phase != TheatrePhase::Bind) {
      if (!presentation) {
        ink.chevron(QPointF(x + (separator - squeeze) / 2, box.center().y()), 9, theme.textFaint);
      }
      x += separator - squeeze;
    }
  }
}

void button(const Ink& ink, const QRectF& rect, const QString& text, bool back, bool primary, bool enabled) {
  const style::Theme& theme = ink.theme();
  const QColor fill = primary && enabled ? theme.accent : theme.control;
  ink.panel(rect, 8, fill, primary && enabled ? theme.accent : theme.hairlineStrong);
  const QColor color = !enabled ? theme.textFaint : primary ? theme.onAccent : theme.text;
  const double width = Ink::width(text, {13, {}, primary ? TextWeight::Bold : TextWeight::Medium, TextFamily::Sans, {}});
  const double left = rect.center().x() - (width + 13) / 2;
  QPainter& painter = ink.painter();
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  const QPointF at(back ? left + 3 : left + width + 10, rect.center().y());
  const double way = back ? -1 : 1;
  const QPointF arrow[] = {at + QPointF(-3.2 * way, -4), at + QPointF(3.8 * way, 0), at + QPointF(-3.2 * way, 4)};
  painter.drawPolygon(arrow, 3);
  ink.line(QRectF(back ? left + 13 : left, rect.top(), width + 2, rect.height()), text,
           {13, color, primary ? TextWeight::Bold : TextWeight::Medium, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter});
}

void paintPresentationBar(const Ink& ink, const Scene& scene) {
  const style::Theme& theme = ink.theme();
  const QRectF bar = scene.layout->theatreBar;
  QPainter& painter = ink.painter();
  painter.fillRect(bar, theme.panel);
  painter.fillRect(QRectF(bar.left(), bar.top(), bar.width(), 1), theme.hairline);
  const QRectF inner = bar.adjusted(36, 0, -36, 0);
  QStringList hints;
  if (scene.theatre != nullptr) {
    hints << Stage::tr("Space: next") << Stage::tr("←: back");
  }
  hints << Stage::tr("Esc: leave");
  QString place = scene.model->clusterName;
  if (scene.rate > 1.01 || scene.rate < 0.99) {
    const QString rate = QStringLiteral("×%1").arg(pointsText(scene.rate));
    place = place.isEmpty() ? rate : Stage::tr("%1 · %2", "cluster and rate").arg(place, rate);
  }
  const TextStyle right{21, theme.textMuted, TextWeight::Regular, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter};
  const QString text = place + (place.isEmpty() ? QString() : QStringLiteral("     ")) + hints.join(QStringLiteral("    "));
  const double used = ink.line(inner.adjusted(inner.width() * 0.45, 0, 0, 0), text, right);
  if (scene.theatre != nullptr) {
    paintPhases(ink, *scene.theatre, inner.adjusted(0, 0, -used - 30, 0), 23, true);
  }
}

std::vector<const TheatreNode*> bestNodes(const TheatreState& theatre, std::size_t count) {
  std::vector<const TheatreNode*> result;
  for (const TheatreNode& node : theatre.nodes) {
    if (node.feasible) {
      result.push_back(&node);
    }
  }
  const auto better = [](const TheatreNode* a, const TheatreNode* b) { return a->total > b->total; };
  const std::size_t kept = std::min(count, result.size());
  std::partial_sort(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(kept), result.end(), better);
  result.resize(kept);
  return result;
}

// Where preemption could make room, with its price: the chosen Node first.
void paintCandidates(const Ink& ink, const TheatreState& theatre, const QRectF& area, double zoom) {
  const style::Theme& theme = ink.theme();
  const double row = 24 * zoom;
  const TextStyle section{11 * zoom, theme.textMuted, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter};
  ink.line(QRectF(area.left(), area.top(), area.width(), row), Stage::tr("Preemption could make room on %1", "Nodes").arg(nodesText(static_cast<int>(theatre.candidates.size()))),
           section);
  double y = area.top() + row;
  for (const PreemptionCandidate& candidate : theatre.candidates) {
    if (y + row > area.bottom() + 1) {
      break;
    }
    const QRectF line(area.left(), y, area.width(), row);
    const TextStyle name{12 * zoom, candidate.chosen ? theme.waiting : theme.text, candidate.chosen ? TextWeight::Bold : TextWeight::Regular, TextFamily::Sans,
                         Qt::AlignLeft | Qt::AlignVCenter};
    const TextStyle price{11 * zoom, theme.textMuted, TextWeight::Regular, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter};
    const double used = ink.line(line.adjusted(area.width() * 0.35, 0, 0, 0), priceText(candidate), price);
    ink.line(line.adjusted(0, 0, -used - 8, 0), candidate.node, name);
    y += row;
  }
}

}  // namespace

void paintTheatreBar(const Ink& ink, const Scene& scene) {
  const style::Theme& theme = ink.theme();
  if (scene.presentation) {
    paintPresentationBar(ink, scene);
    return;
  }
  if (scene.theatre == nullptr) {
    return;
  }
  const TheatreState& theatre = *scene.theatre;
  const StageLayout& layout = *scene.layout;
  const QRectF bar = layout.theatreBar;
  ink.shadow(bar, 12);
  ink.panel(bar, 12, theme.card, theme.hairlineStrong);
  const QString title = theatreTitle(theatre);
  const TextStyle small{11, theme.textMuted};
  const TextStyle mono{13, theme.text, TextWeight::Bold, TextFamily::Mono, Qt::AlignLeft | Qt::AlignVCenter};
  const QString pod = QString(theatre.podNamespace + QLatin1Char('/') + theatre.podName);
  // In a narrow bar the phases go first, then the namespace.
  const double most = layout.backButton.left() - bar.left() - 25;
  const double share = std::max(bar.width() * (layout.pluginButton.isEmpty() ? 0.32 : 0.24), std::min(most, 130.0));
  const double left = std::min({most, share, std::max(Ink::width(title, small), Ink::width(pod, mono)) + 2});
  ink.line(QRectF(bar.left() + 15, bar.top() + 10, left, 17), title, small);
  ink.line(QRectF(bar.left() + 15, bar.top() + 28, left, 19), Ink::width(pod, mono) > left ? theatre.podName : pod, mono);
  button(ink, layout.backButton, Stage::tr("Back"), true, false, theatre.canGoBack);
  if (!layout.pluginButton.isEmpty()) {
    button(ink, layout.pluginButton, Stage::tr("Plugin"), false, false, theatre.canGoNext || theatre.plugin + 1 < theatre.plugins.size());
  }
  button(ink, layout.nextButton, Stage::tr("Next"), false, true, theatre.canGoNext);
  ink.cross(layout.closeButton.adjusted(8, 8, -8, -8), theme.textMuted);
  const QRectF room(bar.left() + 15 + left + 18, bar.top(), layout.backButton.left() - 16 - (bar.left() + 15 + left + 18), bar.height());
  paintPhases(ink, theatre, room, 12, false);
}

void paintReasonPanel(const Ink& ink, const Scene& scene) {
  const style::Theme& theme = ink.theme();
  const TheatreState& theatre = *scene.theatre;
  const QRectF panel = scene.layout->reasonPanel;
  const double zoom = scene.presentation ? 1.4 : 1.0;
  ink.shadow(panel, 12);
  ink.panel(panel, 12, theme.card, theme.hairlineStrong);
  const double half = std::floor((panel.width() - 3 * 15) / 2);
  const QRectF left(panel.left() + 15, panel.top() + 12, half, panel.height() - 24);
  const QRectF right(left.right() + 15, left.top(), half, left.height());
  const double row = 24 * zoom;
  const double text = 12 * zoom;
  const int rows = std::max(1, static_cast<int>((left.height() - row) / row));
  const TextStyle section{11 * zoom, theme.textMuted, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter};
  const TextStyle number{11 * zoom, theme.text, TextWeight::Regular, TextFamily::Mono, Qt::AlignRight | Qt::AlignVCenter};
  const double numberWidth = 48 * zoom;

  ink.line(QRectF(left.left(), left.top(), half, row),
           Stage::tr("%1 of %2 Nodes cannot run it").arg(theatre.evaluatedNodes - theatre.feasibleNodes).arg(theatre.evaluatedNodes), section);
  const std::vector<ReasonCount> reasons = sortedReasons(theatre);
  for (std::size_t i = 0; i < scene.layout->reasonRows.size(); ++i) {
    const ReasonCount& reason = reasons[i];
    const QRectF line = scene.layout->reasonRows[i];
    ink.cross(QRectF(line.left(), line.center().y() - 5 * zoom, 10 * zoom, 10 * zoom), theme.broken);
    ink.line(line.adjusted(18 * zoom, 0, -half * 0.34 - numberWidth, 0), reason.reason, {text, theme.text});
    const QRectF bar(line.right() - numberWidth - half * 0.3, line.center().y() - 2.5, half * 0.3, 5);
    ink.bar(bar, static_cast<double>(reason.count) / std::max(1, theatre.evaluatedNodes), theme.broken, theme.barTrack);
    ink.line(line, QString::number(reason.count), number);
  }
  if (theatre.feasibleNodes == 0 && !theatre.candidates.empty()) {
    paintCandidates(ink, theatre, right, zoom);
    return;
  }
  if (theatre.feasibleNodes == 0) {
    ink.line(QRectF(right.left(), right.top(), half, row), Stage::tr("No Node can run %1.").arg(theatre.podName), section);
    const TextStyle words{text, theme.text};
    const QRectF below = right.adjusted(0, row + 4 * zoom, 0, 0);
    const double line = std::max(Ink::lineHeight(words), text * 1.35);
    ink.paragraph(below, theatre.explanation.isEmpty() ? theatre.message : theatre.explanation, words, std::max(1, static_cast<int>(below.height() / line)));
    return;
  }
  const bool scored = theatre.phase >= TheatrePhase::Score;
  ink.line(QRectF(right.left(), right.top(), half, row),
           scored ? Stage::tr("The best of %1 that fit", "Nodes").arg(nodesText(theatre.feasibleNodes))
                  : Stage::tr("%1 can run it", "Nodes").arg(nodesText(theatre.feasibleNodes)),
           section);
  const std::vector<const TheatreNode*> best = bestNodes(theatre, static_cast<std::size_t>(rows));
  const double most = best.empty() ? 1 : std::max(1.0, best.front()->total);
  double y = right.top() + row;
  for (const TheatreNode* node : best) {
    const QRectF line(right.left(), y, half, row);
    const bool winner = scored && node->name == theatre.winner && theatre.phase > TheatrePhase::Score;
    ink.check(QRectF(line.left(), line.center().y() - 5 * zoom, 10 * zoom, 10 * zoom), theme.ok);
    ink.line(line.adjusted(18 * zoom, 0, -half * 0.34 - numberWidth, 0), node->name,
             {text, winner ? theme.ok : theme.text, winner ? TextWeight::Bold : TextWeight::Regular, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter});
    if (scored) {
      const QRectF bar(line.right() - numberWidth - half * 0.3, line.center().y() - 2.5, half * 0.3, 5);
      ink.bar(bar, node->total / most * animation::clamp01(scene.scoreStage / 3), winner ? theme.ok : theme.accent, theme.barTrack);
      ink.line(line, pointsText(node->total), number);
    }
    y += row;
  }
}

}  // namespace kubarium::scene
