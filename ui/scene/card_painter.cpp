// One Node as a card: who it is, how full it is, what runs on it, and below that what matters now: the verdicts of the
// scheduling cycle that is being watched, or else its fuses and its lease.
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

struct CardContext {
  const Ink& ink;
  const Scene& scene;
  const StageNode& node;
  const TheatreNode* verdict;  // in the theatre
  QRectF rect;
  int index;
  bool quiet;                  // steps back: rejected, or not working
  bool winner;
};

// Of an unschedulable Pod: whether and at which price room could be made here.
const PreemptionCandidate* candidateOf(const CardContext& card) {
  if (card.verdict == nullptr || card.scene.theatre->phase < TheatrePhase::Filter || card.scene.theatre->plugin >= 0) {
    return nullptr;
  }
  for (const PreemptionCandidate& candidate : card.scene.theatre->candidates) {
    if (candidate.node == card.node.name) {
      return &candidate;
    }
  }
  return nullptr;
}

bool isBroken(const StageNode& node) { return node.condition != NodeCondition::Ready; }

void paintGround(const CardContext& card) {
  const style::Theme& theme = card.ink.theme();
  const double radius = card.scene.layout->metrics.radius;
  QColor fill = card.quiet ? theme.cardQuiet : theme.card;
  QColor border = theme.hairline;
  double width = 1;
  if (card.node.poweredOff) {
    fill = mix(theme.cardQuiet, theme.isDark() ? QColor(Qt::black) : theme.textFaint, theme.isDark() ? 0.35 : 0.14);
  }
  if (card.winner) {
    const QColor glow = theme.ok;
    QPainter& painter = card.ink.painter();
    painter.setBrush(Qt::NoBrush);
    for (int i = 4; i >= 1; --i) {
      QColor ring = glow;
      ring.setAlpha(theme.isDark() ? 26 : 22);
      painter.setPen(QPen(ring, 2.0 * i));
      painter.drawRoundedRect(card.rect.adjusted(-1, -1, 1, 1), radius + 1, radius + 1);
    }
    border = theme.ok;
    width = 2;
  }
  card.ink.panel(card.rect, radius, fill, border, width);
  if (isBroken(card.node)) {
    const QColor stripe = theme.isDark() ? mix(fill, Qt::white, 0.045) : mix(fill, theme.stage, 0.75);
    card.ink.hatch(card.rect.adjusted(1.5, 1.5, -1.5, -1.5), radius - 1, stripe, 22, 7.5);
  }
  if (card.node.cordoned) {
    // A strip of barrier tape along the top.
    QPainter& painter = card.ink.painter();
    painter.save();
    painter.setClipRect(QRectF(card.rect.left(), card.rect.top(), card.rect.width(), 5), Qt::IntersectClip);
    QColor tape = theme.waiting;
    tape.setAlpha(card.quiet ? 110 : 170);
    card.ink.hatch(card.rect.adjusted(1, 1, -1, -1), radius - 1, tape, 12, 4.2);
    painter.restore();
  }
  if (const PreemptionCandidate* candidate = candidateOf(card); candidate != nullptr && candidate->chosen) {
    card.ink.panel(card.rect, radius, Qt::transparent, theme.waiting, 2);
  }
}

struct Badge {
  QString text;
  QColor color;
  QColor border;
  bool usual = false;  // says that nothing is out of the ordinary
};

// Where there is too little room, what is as usual goes before what is not: first the last of it.
void makeRoom(std::vector<Badge>& badges, double room, double size) {
  constexpr double gap = 6;
  const auto taken = [&] {
    double width = 0;
    for (const Badge& badge : badges) {
      width += Ink::badgeWidth(badge.text, size) + gap;
    }
    return width - gap;
  };
  while (taken() > room) {
    const auto last = std::find_if(badges.rbegin(), badges.rend(), [](const Badge& badge) { return badge.usual; });
    if (last == badges.rend()) {
      return;
    }
    badges.erase(std::next(last).base());
  }
}

std::vector<Badge> badges(const CardContext& card) {
  const style::Theme& theme = card.ink.theme();
  const StageNode& node = card.node;
  const bool theatre = card.scene.theatre != nullptr;
  const bool presentation = card.scene.presentation;
  const auto toned = [&](const QString& text, const QColor& color) {
    return Badge{text, color, mix(theme.card, color, 0.65), false};
  };
  const auto plain = [&](const QString& text) { return Badge{text, theme.textMuted, theme.hairlineStrong, false}; };
  std::vector<Badge> result;
  if (isBroken(node)) {
    result.push_back(toned(conditionWord(node), theme.broken));
  } else if (!theatre && !presentation) {
    result.push_back(toned(conditionWord(node), theme.ok));
    result.back().usual = true;
  }
  if (node.poweredOff) {
    result.push_back(plain(Stage::tr("power off")));
  } else if (node.partitioned) {
    result.push_back(toned(Stage::tr("cut off"), theme.waiting));
  }
  if (node.cordoned) {
    result.push_back(toned(Stage::tr("cordoned"), theme.waiting));
  }
  if (!presentation && !node.poweredOff) {
    result.push_back(plain(node.simulated ? Stage::tr("simulated") : Stage::tr("real")));
    result.back().usual = !node.simulated;
  }
  if (!presentation && !node.zone.isEmpty() && card.scene.groupBy != GroupBy::Zone) {
    result.push_back(plain(node.zone));
  }
  for (const QString& pressure : node.pressures) {
    result.push_back(toned(pressure, theme.waiting));
  }
  for (const TaintFlag& taint : node.taints) {
    result.push_back(toned(taint.text, theme.waiting));
  }
  if (!node.role.isEmpty() && !presentation) {
    result.push_back(plain(node.role));
  }
  return result;
}

void paintTitle(const CardContext& card) {
  const style::Theme& theme = card.ink.theme();
  const CardMetrics& metrics = card.scene.layout->metrics;
  QRectF row(card.rect.left() + metrics.pad, card.rect.top() + metrics.pad - 4, card.rect.width() - 2 * metrics.pad, metrics.titleRow);
  const bool scored = card.verdict != nullptr && card.verdict->feasible && card.scene.theatre->phase >= TheatrePhase::Score &&
                      !card.verdict->scores.empty();
  if (scored) {
    const double shown = card.verdict->total * animation::easeInOut(card.scene.scoreStage - 2.0);
    const QString total = card.scene.scoreStage <= 2.0 ? QString() : pointsText(card.scene.scoreStage >= 3 ? card.verdict->total : std::round(shown));
    const TextStyle style{metrics.total, card.winner ? theme.ok : theme.text, TextWeight::Bold, TextFamily::Sans,
                          Qt::AlignRight | Qt::AlignVCenter};
    const double reserved = Ink::width(pointsText(card.verdict->total), style);
    card.ink.line(row, total, style);
    row.setRight(row.right() - reserved - 8);
  }
  std::vector<Badge> all = badges(card);
  const TextStyle name{metrics.title, card.quiet ? theme.textMuted : theme.text, TextWeight::Bold, TextFamily::Sans,
                       Qt::AlignLeft | Qt::AlignVCenter};
  const double first = all.empty() ? 0 : std::min(Ink::badgeWidth(all.front().text, metrics.badge) + 10, row.width() * 0.45);
  const double nameRoom = std::max(row.width() * 0.45, row.width() - first);
  double x = row.left() + card.ink.line(QRectF(row.left(), row.top(), nameRoom, row.height()), card.node.name, name) + 8;
  makeRoom(all, row.right() + 1 - x, metrics.badge);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double width = Ink::badgeWidth(all[i].text, metrics.badge);
    if (x + width <= row.right() + 1) {
      card.ink.badge(QPointF(x, row.center().y()), all[i].text, metrics.badge, all[i].color, all[i].border);
      x += width + 6;
      continue;
    }
    // The beginning of what is out of the ordinary says more than that there is something.
    constexpr double leastToRead = 56;
    const std::size_t after = all.size() - i - 1;
    const double room = row.right() + 1 - x - (after == 0 ? 0 : Ink::badgeWidth(QStringLiteral("+%1").arg(after), metrics.badge) + 6);
    std::size_t hidden = after + 1;
    if (room >= leastToRead) {
      const QString key = all[i].text.section(QLatin1Char('/'), -1);  // a taint's domain is the least of it
      x += card.ink.badge(QPointF(x, row.center().y()), Ink::badgeText(key, metrics.badge, room), metrics.badge, all[i].color, all[i].border).width() + 6;
      --hidden;
    }
    const QString more = QStringLiteral("+%1").arg(hidden);
    if (hidden > 0 && x + Ink::badgeWidth(more, metrics.badge) <= row.right() + 1) {
      card.ink.badge(QPointF(x, row.center().y()), more, metrics.badge, theme.textMuted, theme.hairlineStrong);
    }
    break;
  }
}

void paintBar(const CardContext& card, double y, const QString& label, const Resource& resource, const QString& value) {
  const style::Theme& theme = card.ink.theme();
  const CardMetrics& metrics = card.scene.layout->metrics;
  const QRectF row(card.rect.left() + metrics.pad, y, card.rect.width() - 2 * metrics.pad, metrics.barRow);
  card.ink.line(row, label, {metrics.text, theme.textMuted});
  const TextStyle number{metrics.value, {}, TextWeight::Regular, TextFamily::Mono, {}};
  const double barWidth = std::max(row.width() * 0.3, row.width() - metrics.labelWidth - Ink::width(QStringLiteral("0000 of 0000Mi"), number) - 6);
  const QRectF bar(row.left() + metrics.labelWidth, row.center().y() - metrics.barHeight / 2, barWidth, metrics.barHeight);
  const double capacity = std::max(1e-9, resource.capacity);
  const bool off = card.node.poweredOff;
  card.ink.bar(bar, resource.requested / capacity, off ? theme.hairlineStrong : theme.barRequested, theme.barTrack);
  if (resource.used >= 0 && !isBroken(card.node)) {
    card.ink.bar(bar, resource.used / capacity, theme.barUsed, Qt::transparent);
  }
  if (resource.limit > 0) {
    const double share = std::min(1.0, resource.limit / capacity);
    const double x = bar.left() + bar.width() * share;
    QPainter& painter = card.ink.painter();
    painter.setPen(QPen(resource.limit > capacity ? theme.waiting : theme.textMuted, 1.5));
    painter.drawLine(QPointF(x, bar.top() - 2.5), QPointF(x, bar.bottom() + 2.5));
  }
  const TextStyle style{metrics.value, theme.textMuted, TextWeight::Regular, TextFamily::Mono, Qt::AlignRight | Qt::AlignVCenter};
  card.ink.line(QRectF(bar.right() + 6, row.top(), row.right() - bar.right() - 6, row.height()), value, style);
}

// Would be removed to make room: preemption.
bool isVictim(const Scene& scene, int pod) {
  if (scene.theatre == nullptr || scene.theatre->victims.isEmpty()) {
    return false;
  }
  const StagePod& value = scene.model->pods[static_cast<std::size_t>(pod)];
  return scene.theatre->victims.contains(QString(value.ns + QLatin1Char('/') + value.name));
}

void paintChips(const CardContext& card) {
  const StageLayout& layout = *card.scene.layout;
  const std::vector<int>& pods = card.scene.slots->podsOf(static_cast<std::size_t>(card.index));
  const int shown = layout.shownSlots(card.index);
  for (int slot = 0; slot < shown; ++slot) {
    const int pod = pods[static_cast<std::size_t>(slot)];
    if (pod < 0 || (*card.scene.hidden)[static_cast<std::size_t>(pod)] != 0) {
      continue;
    }
    ChipLook look = ScenePainter::look(card.scene, pod);
    look.dim = card.quiet && !isBroken(card.node);
    if (card.node.poweredOff) {
      look.opacity = 0.75;
    }
    const QRectF rect = layout.chipRect(card.index, slot);
    card.ink.chip(rect, look);
    if (isVictim(card.scene, pod)) {
      const double distance = rect.width() / 10;
      card.ink.panel(rect.adjusted(-distance, -distance, distance, distance), rect.width() * 0.25 + distance, Qt::transparent,
                     card.ink.theme().waiting, rect.width() / 14);
      card.ink.cross(rect.adjusted(2, 2, -2, -2), card.ink.theme().waiting);
    }
  }
  if (shown < static_cast<int>(pods.size())) {
    const style::Theme& theme = card.ink.theme();
    int rest = 0;
    for (std::size_t slot = static_cast<std::size_t>(shown); slot < pods.size(); ++slot) {
      rest += pods[slot] >= 0 ? 1 : 0;
    }
    const QRectF rect = layout.chipRect(card.index, shown);
    card.ink.panel(rect, rect.width() * 0.25, theme.control, theme.hairlineStrong);
    const TextStyle style{std::round(rect.width() * 0.38), theme.textMuted, TextWeight::Bold, TextFamily::Sans, Qt::AlignCenter};
    card.ink.line(rect, QStringLiteral("+%1").arg(rest), style);
  }
}

// Where the Pod of this cycle is about to land.
void paintGhost(const CardContext& card) {
  const TheatreState& theatre = *card.scene.theatre;
  const int pod = card.scene.slots->podIndex(theatre.podKey);
  if (pod < 0 || card.scene.slots->placeOf(static_cast<std::size_t>(pod)).node >= 0) {
    return;
  }
  const StageLayout& layout = *card.scene.layout;
  const std::vector<int>& pods = card.scene.slots->podsOf(static_cast<std::size_t>(card.index));
  const auto free = std::find(pods.begin(), pods.end(), -1);
  const int slot = static_cast<int>(free - pods.begin());
  if (slot >= layout.chipColumns() * layout.chipRows()) {
    return;
  }
  ChipLook look = ScenePainter::look(card.scene, pod);
  look.phase = PodPhase::Starting;
  look.dashed = true;
  const QRectF rect = layout.chipRect(card.index, slot);
  card.ink.chip(rect, look);
  const double distance = rect.width() / 10;
  card.ink.panel(rect.adjusted(-distance, -distance, distance, distance), rect.width() * 0.25 + distance, Qt::transparent,
                 card.ink.theme().accent, rect.width() / 16);
}

QString passedPlugins(const TheatreNode& verdict) {
  QStringList names;
  for (const FilterVerdict& filter : verdict.filters) {
    if (filter.passed) {
      names << shortPlugin(filter.plugin);
    }
  }
  return names.join(Stage::tr(", ", "between names in a list"));
}

// What the scheduler has found out about this Node so far, plugin by plugin.
void paintVerdict(const CardContext& card) {
  const style::Theme& theme = card.ink.theme();
  const CardMetrics& metrics = card.scene.layout->metrics;
  const TheatreNode& verdict = *card.verdict;
  QRectF area = card.scene.layout->detailRect(card.index);
  const double mark = metrics.text * 0.85;
  const double indent = mark + 7;
  const auto row = [&] { return QRectF(area.left() + indent, area.top(), area.width() - indent, metrics.line); };
  const auto tick = [&](bool good) {
    const QRectF box(area.left(), area.top() + (metrics.line - mark) / 2, mark, mark);
    if (good) {
      card.ink.check(box, theme.ok);
    } else {
      card.ink.cross(box, theme.broken);
    }
  };
  const TextStyle bold{metrics.text, card.quiet ? theme.textMuted : theme.text, TextWeight::Bold, TextFamily::Sans,
                       Qt::AlignLeft | Qt::AlignVCenter};
  const TextStyle plain{metrics.text, theme.textMuted};
  const PreemptionCandidate* candidate = candidateOf(card);
  const auto paintCandidate = [&] {
    const QString title = candidate->chosen ? Stage::tr("Preemption makes room here") : Stage::tr("Alternative, at a higher price");
    card.ink.line(QRectF(area.left(), area.top(), area.width(), metrics.line), title,
                  {metrics.text, candidate->chosen ? theme.waiting : theme.textMuted, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter});
    area.setTop(area.top() + metrics.line);
    // The price is what is compared: on a narrow card it takes two lines.
    const int lines = area.height() > 5 * metrics.line ? 2 : 1;
    if (lines == 1 || Ink::width(priceText(*candidate), plain) <= area.width()) {
      card.ink.line(QRectF(area.left(), area.top(), area.width(), metrics.line), priceText(*candidate), plain);
      area.setTop(area.top() + metrics.line);
    } else {
      area.setTop(area.top() + card.ink.paragraph(area, priceText(*candidate), plain, lines) + 4);
    }
  };
  // For the last row one thing at a time: of a candidate its price, not why it did not fit before.
  if (card.scene.presentation && candidate != nullptr) {
    return paintCandidate();
  }
  if (card.scene.presentation) {
    tick(verdict.feasible);
    if (verdict.feasible) {
      const bool decided = card.scene.theatre->phase > TheatrePhase::Score;
      card.ink.line(row(), !card.winner ? Stage::tr("Fits") : decided ? Stage::tr("Chosen") : Stage::tr("Leads"), bold);
    } else {
      card.ink.line(row(), plainReason(verdict), bold);
    }
    area.setTop(area.top() + metrics.line);
    const QString detail = plainDetail(verdict);
    const int lines = std::max(1, static_cast<int>(area.height() / metrics.line));
    if (!verdict.feasible && detail != plainReason(verdict)) {
      card.ink.paragraph(area, detail, plain, std::min(2, lines));
    } else if (verdict.feasible) {
      card.ink.paragraph(area, fitSentence(*card.scene.theatre, card.node, verdict), plain, std::min(2, lines));
    }
    return;
  }
  if (candidate != nullptr) {
    paintCandidate();
  }
  const QString passed = passedPlugins(verdict);
  if (!passed.isEmpty() && (candidate == nullptr || area.height() > 4 * metrics.line)) {
    tick(true);
    card.ink.line(row(), passed, plain);
    area.setTop(area.top() + metrics.line);
  }
  if (verdict.feasible) {
    return;
  }
  tick(false);
  card.ink.line(row(), verdict.plugin, bold);
  area.setTop(area.top() + metrics.line + 1);
  QString reason = verdict.reasons.join(Stage::tr("; ", "between sentences in a list"));
  if (!verdict.detail.isEmpty()) {
    const QString detail = detailText(verdict.detail);
    reason = reason.isEmpty() ? detail : Stage::tr("%1: %2", "reason: its values").arg(reason, detail);
  }
  const double lineHeight = std::max(Ink::lineHeight(plain), metrics.text * 1.35);
  const int lines = std::max(1, static_cast<int>(area.height() / lineHeight));
  card.ink.paragraph(QRectF(area.left() + indent, area.top(), area.width() - indent, area.height()), reason, plain, std::min(5, lines));
}

// Bars grow per plugin: raw, then normalised to 0..100, then × weight; the sum is counted up in the title.
void paintScores(const CardContext& card) {
  const style::Theme& theme = card.ink.theme();
  const CardMetrics& metrics = card.scene.layout->metrics;
  const QRectF area = card.scene.layout->detailRect(card.index);
  std::vector<const PluginScore*> scores;
  double most = 1;
  for (const PluginScore& score : card.verdict->scores) {
    scores.push_back(&score);
  }
  for (const TheatreNode& other : card.scene.theatre->nodes) {
    for (const PluginScore& score : other.scores) {
      most = std::max({most, score.weighted, score.normalized});
    }
  }
  std::stable_sort(scores.begin(), scores.end(), [](const PluginScore* a, const PluginScore* b) { return a->weight > b->weight; });
  const auto count = std::min(scores.size(), static_cast<std::size_t>(std::max(1.0, (area.height() + 2) / (metrics.badge + 2))));
  const double step = std::min(metrics.line, (area.height() + 2) / static_cast<double>(std::max<std::size_t>(1, count)));
  const double stage = card.scene.scoreStage;
  for (std::size_t i = 0; i < count; ++i) {
    const PluginScore& score = *scores[i];
    const QRectF row(area.left(), area.top() + static_cast<double>(i) * step, area.width(), step);
    const bool weighted = stage >= 1.5 && score.weight != 1;
    const QString label = weighted ? Stage::tr("%1 ×%2", "plugin times its weight").arg(shortPlugin(score.plugin), pointsText(score.weight))
                                   : shortPlugin(score.plugin);
    const double labelWidth = std::floor(row.width() * 0.44);
    const double valueWidth = std::ceil(Ink::width(QStringLiteral("0000"), {metrics.value, {}, TextWeight::Regular, TextFamily::Mono, {}}));
    card.ink.line(QRectF(row.left(), row.top(), labelWidth - 6, step), label, {metrics.badge, theme.textMuted});
    // Raw values have no common scale (ImageLocality counts bytes): their bar is cut at the track's end.
    const double raw = std::clamp(score.raw, 0.0, most);
    double shown = raw * animation::easeOut(stage);
    double value = score.raw;
    if (stage >= 1) {
      shown = raw + (score.normalized - raw) * animation::easeInOut(stage - 1);
      value = score.normalized;
    }
    if (stage >= 2) {
      shown = score.normalized + (score.weighted - score.normalized) * animation::easeInOut(stage - 2);
      value = score.weighted;
    }
    const QRectF bar(row.left() + labelWidth, row.center().y() - 2.5, row.width() - labelWidth - valueWidth - 6, 5);
    card.ink.bar(bar, shown / most, pluginColor(theme, score.plugin), theme.barTrack);
    const TextStyle number{metrics.value, theme.textMuted, TextWeight::Regular, TextFamily::Mono, Qt::AlignRight | Qt::AlignVCenter};
    card.ink.line(QRectF(row.right() - valueWidth, row.top(), valueWidth, step), pointsText(value), number);
  }
}

// What does not fit loses its middle: "node-monito… 50 s" keeps the length of the timer, "eviction of web-…-x2k4p" which Pod it is about.
QString keepingEnd(const QString& text, const QString& end, const TextStyle& style, double room) {
  if (Ink::width(text, style) <= room) {
    return text;
  }
  return Ink::elided(text.chopped(end.size()), style, room - Ink::width(end, style)) + end;
}

// Real timers that run: name, length, what is left, and how fast the clock goes.
void paintFuses(const CardContext& card) {
  const style::Theme& theme = card.ink.theme();
  const CardMetrics& metrics = card.scene.layout->metrics;
  QRectF area = card.scene.layout->detailRect(card.index);
  const StageNode& node = card.node;
  const double leaseHeight = node.leaseRenewed ? metrics.line : 0;
  const double block = metrics.line + metrics.value + metrics.barHeight + 9;
  const int room = std::max(0, static_cast<int>((area.height() - leaseHeight + 6) / block));
  const int shown = std::min(room, static_cast<int>(node.fuses.size()));
  for (int i = 0; i < shown; ++i) {
    const Fuse& fuse = node.fuses[static_cast<std::size_t>(i)];
    const double length = std::max(1e-6, fuse.ends - fuse.started);
    const double burnt = std::clamp((card.scene.now - fuse.started) / length, 0.0, 1.0);
    const double left = std::max(0.0, fuse.ends - card.scene.now) / std::max(0.01, card.scene.rate);
    const QRectF row(area.left(), area.top(), area.width(), metrics.line);
    card.ink.clock(QRectF(row.left(), row.center().y() - metrics.text * 0.42, metrics.text * 0.84, metrics.text * 0.84), theme.textMuted);
    QString time = secondsText(left);
    if (card.scene.rate > 1.01) {
      time = Stage::tr("%1 at ×%2", "time left at the clock's rate").arg(time, pointsText(card.scene.rate));
    }
    const int rest = static_cast<int>(node.fuses.size()) - shown;
    const QString more = i + 1 == shown && rest > 0 ? Stage::tr("+%1 more").arg(rest) : QString();
    // "what ends · the timer and its length": names are long, so each has a line; what is left stands where there is room, else names are cut.
    const QRectF first = row.adjusted(metrics.text * 1.3, 0, 0, 0);
    const QRectF second(first.left(), row.bottom() - 3, first.width(), metrics.value + 4);
    const TextStyle name{metrics.badge, theme.text};
    const TextStyle quiet{metrics.badge, theme.textMuted};
    const TextStyle mono{metrics.value, theme.textMuted, TextWeight::Regular, TextFamily::Mono, Qt::AlignRight | Qt::AlignVCenter};
    const TextStyle quietRight{metrics.badge, theme.textMuted, TextWeight::Regular, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter};
    const QString timer = fuse.label.section(QStringLiteral(" · "), 1);
    const QString what = fuse.label.section(QStringLiteral(" · "), 0, 0);
    const double timeWidth = Ink::width(time, mono) + 8;
    const bool roomBelow = Ink::width(timer, quiet) + timeWidth <= second.width();
    const bool timeAbove = !roomBelow && more.isEmpty() && Ink::width(what, name) + timeWidth <= first.width();
    const double above = card.ink.line(first, timeAbove ? time : more, timeAbove ? mono : quietRight);
    const double below = timeAbove ? 0 : card.ink.line(second, time, mono);
    const QRectF upper = first.adjusted(0, 0, above > 0 ? -above - 8 : 0, 0);
    const QRectF lower = second.adjusted(0, 0, below > 0 ? -below - 8 : 0, 0);
    const int hash = static_cast<int>(what.lastIndexOf(QLatin1Char('-')));
    card.ink.line(upper, keepingEnd(what, hash < 0 ? QString() : what.mid(hash), name, upper.width()), name);
    card.ink.line(lower, keepingEnd(timer, QLatin1Char(' ') + timer.section(QLatin1Char(' '), -2), quiet, lower.width()), quiet);
    const QRectF bar(row.left(), second.bottom() + 2, row.width(), metrics.barHeight);
    card.ink.bar(bar, 1, theme.barTrack, Qt::transparent);
    if (burnt > 0.005) {
      QLinearGradient fire(bar.topLeft(), QPointF(bar.left() + bar.width() * burnt, bar.top()));
      fire.setColorAt(0, theme.waiting);
      fire.setColorAt(1, theme.broken);
      QPainter& painter = card.ink.painter();
      painter.setPen(Qt::NoPen);
      painter.setBrush(fire);
      painter.drawRoundedRect(QRectF(bar.left(), bar.top(), std::max(bar.height(), bar.width() * burnt), bar.height()), bar.height() / 2, bar.height() / 2);
    }
    area.setTop(area.top() + block);
  }
  if (node.leaseRenewed && area.height() >= metrics.line - 4) {
    const double age = std::max(0.0, card.scene.now - *node.leaseRenewed) / std::max(0.01, card.scene.rate);
    const QString text = isBroken(node) ? Stage::tr("last lease %1 ago").arg(secondsText(age))
                                        : Stage::tr("lease renewed %1 ago").arg(secondsText(age));
    card.ink.line(QRectF(area.left(), area.top(), area.width(), metrics.line), text,
                  {metrics.text, isBroken(node) ? theme.broken : theme.textMuted});
  }
}

}  // namespace

void paintCard(const Ink& ink, const Scene& scene, int index) {
  const StageNode& node = scene.model->nodes[static_cast<std::size_t>(index)];
  const int at = scene.theatre == nullptr ? -1 : (*scene.theatreNode)[static_cast<std::size_t>(index)];
  const TheatreNode* verdict = at < 0 || scene.theatre->phase == TheatrePhase::Queue ? nullptr : &scene.theatre->nodes[static_cast<std::size_t>(at)];
  const bool rejected = verdict != nullptr && !verdict->feasible;
  const bool winner = scene.theatre != nullptr && scene.theatre->winner == node.name && scene.theatre->phase >= TheatrePhase::Score &&
                      (scene.theatre->phase > TheatrePhase::Score || scene.scoreStage >= 3);
  const CardContext card{ink, scene, node, verdict, scene.layout->nodeRect(index), index, rejected || node.poweredOff, winner};
  paintGround(card);
  QPainter& painter = ink.painter();
  const double before = painter.opacity();
  if (card.quiet) {
    painter.setOpacity(before * (rejected ? 0.72 : 0.86));
  }
  paintTitle(card);
  const CardMetrics& metrics = scene.layout->metrics;
  double y = card.rect.top() + metrics.pad + metrics.titleRow - 4;
  paintBar(card, y, Stage::tr("CPU"), node.cpu, cpuOfText(node.cpu));
  y += metrics.barRow;
  if (metrics.memoryBar) {
    paintBar(card, y, Stage::tr("Mem", "memory, short"), node.memory, memoryOfText(node.memory));
  }
  painter.setOpacity(before);
  paintChips(card);
  if (winner) {
    paintGhost(card);
  }
  if (rejected) {
    painter.setOpacity(before * 0.85);
  }
  if (verdict == nullptr) {
    paintFuses(card);
  } else if (verdict->feasible && !scene.presentation && scene.theatre->phase >= TheatrePhase::Score && !verdict->scores.empty()) {
    paintScores(card);
  } else {
    paintVerdict(card);
  }
  painter.setOpacity(before);
}

}  // namespace kubarium::scene
