// The pending lane: Pods that wait, gathered by workload and reason, so that a thousand of them still read as a sentence.
#include <QHash>

#include <algorithm>
#include <cmath>

#include "ui/scene/stage_layout.h"
#include "ui/scene/glyph_cache.h"
#include "ui/scene/wording.h"
#include "ui/style/theme.h"

namespace kubarium::scene {

namespace {

constexpr double kChip = 24;
constexpr double kChipGap = 9;

double width(const QString& text, style::TextWeight weight = style::TextWeight::Regular,
             style::TextFamily family = style::TextFamily::Sans) {
  return GlyphCache::shape(text, {static_cast<int>(style::TextSize::Small), weight, family}).width;
}

QString activity(TheatrePhase phase) {
  switch (phase) {
    case TheatrePhase::Queue: return Stage::tr("is next in the queue");
    case TheatrePhase::Filter: return Stage::tr("being filtered now");
    case TheatrePhase::Score: return Stage::tr("being scored now");
    case TheatrePhase::Select: return Stage::tr("gets its Node now");
    case TheatrePhase::Bind: return Stage::tr("being bound now");
    case TheatrePhase::Done: break;
  }
  return {};
}

QString retryText(const StagePod& pod, const LayoutOptions& options) {
  if (!pod.retry) {
    return {};
  }
  const double rest = (pod.retry->ends - options.now) / std::max(0.01, options.rate);
  return rest <= 0 ? Stage::tr("retry now") : Stage::tr("retry in %1").arg(secondsText(rest));
}

void describe(PendingGroup& group, const StageModel& model, const LayoutOptions& options) {
  const StagePod& first = model.pods[static_cast<std::size_t>(group.pods.front())];
  const bool followed = options.theatre != nullptr && options.theatre->podKey == first.key;
  const QString reason = followed && options.theatre->phase != TheatrePhase::Done ? activity(options.theatre->phase) : first.reason;
  const QString retry = followed ? QString() : retryText(first, options);
  if (group.pods.size() == 1) {
    group.name = first.name;
    group.text = reason.isEmpty() ? Stage::tr("waits for the scheduler") : reason;
  } else {
    const QString name = first.ownerName.isEmpty() ? first.name : first.ownerName;
    const QString count = Stage::tr("%1 × %2", "number of Pods times workload").arg(group.pods.size()).arg(name);
    group.text = reason.isEmpty() ? count : Stage::tr("%1: %2", "Pods: their reason").arg(count, reason);
  }
  if (!retry.isEmpty()) {
    group.text = Stage::tr("%1 · %2", "reason and time of the next try").arg(group.text, retry);
  }
}

std::vector<PendingGroup> gather(const StageModel& model, const StageSlots& slots, const LayoutOptions& options) {
  std::vector<PendingGroup> result;
  QHash<QString, std::size_t> known;
  for (const int index : slots.pending()) {
    const StagePod& pod = model.pods[static_cast<std::size_t>(index)];
    const bool followed = options.theatre != nullptr && options.theatre->podKey == pod.key;
    const QString key = followed ? QStringLiteral("\x01") : QString(pod.owner + QLatin1Char('\n') + pod.reason);
    auto at = known.constFind(key);
    if (at == known.constEnd()) {
      at = known.insert(key, result.size());
      result.emplace_back();
    }
    result[*at].pods.push_back(index);
  }
  if (const auto followed = known.constFind(QStringLiteral("\x01")); followed != known.constEnd()) {
    std::rotate(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(*followed),
                result.begin() + static_cast<std::ptrdiff_t>(*followed) + 1);
  }
  return result;
}

}  // namespace

void StageLayout::placePending(const StageModel& model, const StageSlots& slots, const LayoutOptions& options) {
  std::vector<PendingGroup> all = gather(model, slots, options);
  const double right = pendingLane.right() - 13;
  double x = pendingLane.left() + 13 + width(Stage::tr("Pending").toUpper(), style::TextWeight::Bold) + 12;
  const double y = pendingLane.center().y() - kChip / 2;
  for (std::size_t i = 0; i < all.size(); ++i) {
    PendingGroup& group = all[i];
    describe(group, model, options);
    group.shown = std::min<int>(3, static_cast<int>(group.pods.size()));
    const double chips = group.shown * (kChip + kChipGap);
    const double text = width(group.text) + (group.name.isEmpty() ? 0 : width(group.name, style::TextWeight::Bold, style::TextFamily::Mono) + 6);
    const bool last = i + 1 == all.size();
    const double reserve = last ? 0 : 64;  // for "+N more"
    const double room = right - x - reserve - chips;
    if (room < 60) {
      for (std::size_t rest = i; rest < all.size(); ++rest) {
        pendingHidden += static_cast<int>(all[rest].pods.size());
      }
      break;
    }
    for (int chip = 0; chip < group.shown; ++chip) {
      group.chips.emplace_back(x + chip * (kChip + kChipGap), y, kChip, kChip);
    }
    const double shownText = std::min(std::ceil(text) + 2, room);
    group.textRect = QRectF(x + chips, y, shownText, kChip);
    group.rect = QRectF(x, y, chips + shownText, kChip);
    x = group.rect.right() + 28;
    pending.push_back(std::move(group));
  }
}

QRectF StageLayout::pendingRect(int pod) const {
  for (const PendingGroup& group : pending) {
    for (std::size_t i = 0; i < group.pods.size(); ++i) {
      if (group.pods[i] == pod) {
        return group.chips[std::min(i, group.chips.size() - 1)];
      }
    }
  }
  const QPointF middle = pendingLane.isEmpty() ? QPointF(viewport.center().x(), viewport.top()) : pendingLane.center();
  return {middle.x() - kChip / 2, middle.y() - kChip / 2, kChip, kChip};
}

}  // namespace kubarium::scene
