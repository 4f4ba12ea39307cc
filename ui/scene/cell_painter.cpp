// Many Nodes as compact cells. The level of detail follows the size of a chip in device pixels: first a fill level per Node,
// then plain squares, then chips with rings, then chips with letters. Works in device coordinates, where sprites are copied
// without resampling.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/animation/easing.h"
#include "ui/scene/cell_sprites.h"
#include "ui/scene/scene_painter.h"
#include "ui/scene/wording.h"
#include "ui/style/owner_palette.h"

namespace kubarium::scene {

using style::mix;
using style::TextFamily;
using style::TextWeight;

void CellSprites::prepare(int chipPixels, const style::Theme& theme) {
  if (pixels_ == chipPixels && theme_ == theme) {
    return;
  }
  pixels_ = chipPixels;
  margin_ = std::max(1, chipPixels / 5);
  theme_ = theme;
  sprites_.clear();
}

const QImage& CellSprites::chip(const style::Theme& theme, int owner, QChar letter, PodPhase phase, bool dim, bool letters) {
  const quint32 key = (static_cast<quint32>(letters ? letter.unicode() : 0) << 12) | (static_cast<quint32>(owner + 1) << 8) |
                      (static_cast<quint32>(phase) << 1) | (dim ? 1U : 0U);
  QImage& sprite = sprites_[key];
  if (sprite.isNull()) {
    sprite = QImage(pixels_ + 2 * margin_, pixels_ + 2 * margin_, QImage::Format_ARGB32_Premultiplied);
    sprite.fill(Qt::transparent);
    QPainter painter(&sprite);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    ChipLook look;
    look.color = theme.owner(owner);
    look.letter = letters ? letter : QLatin1Char(' ');
    look.phase = phase;
    look.dim = dim;
    Ink(painter, theme).chip(QRectF(margin_, margin_, pixels_, pixels_), look);
  }
  return sprite;
}

namespace {

// The device view of the cells: everything that is the same for all Nodes of one painting.
struct CellView {
  const Ink& ink;
  const Scene& scene;
  double scale;     // device pixels per world unit
  QPointF offset;   // device position of the world's origin
  double chip;      // device pixels
  double step;
  double bestScore = 1;

  QRectF device(const QRectF& world) const {
    const double left = wholePixel(offset.x() + world.left() * scale);
    const double top = wholePixel(offset.y() + world.top() * scale);
    return {left, top, std::max(1.0, std::round(world.width() * scale)), std::max(1.0, std::round(world.height() * scale))};
  }
};

const TheatreNode* verdictOf(const Scene& scene, int node) {
  if (scene.theatre == nullptr || scene.theatre->phase == TheatrePhase::Queue) {
    return nullptr;
  }
  const int at = (*scene.theatreNode)[static_cast<std::size_t>(node)];
  return at < 0 ? nullptr : &scene.theatre->nodes[static_cast<std::size_t>(at)];
}

bool isWinner(const Scene& scene, const StageNode& node) {
  return scene.theatre != nullptr && scene.theatre->phase >= TheatrePhase::Select && scene.theatre->winner == node.name;
}

QColor cellColor(const CellView& view, const StageNode& node, const TheatreNode* verdict) {
  const style::Theme& theme = view.ink.theme();
  if (node.poweredOff) {
    return mix(theme.cardQuiet, theme.isDark() ? QColor(Qt::black) : theme.textFaint, theme.isDark() ? 0.4 : 0.3);
  }
  if (node.condition != NodeCondition::Ready) {
    return mix(theme.card, theme.broken, 0.16);
  }
  if (verdict != nullptr) {
    if (!verdict->feasible) {
      return theme.cardQuiet;
    }
    const double share = view.scene.theatre->phase >= TheatrePhase::Score ? verdict->total / view.bestScore : 0.35;
    return mix(theme.card, theme.ok, 0.08 + 0.30 * share * share);
  }
  if (node.cordoned) {
    return mix(theme.card, theme.waiting, 0.10);
  }
  return theme.card;
}

// Farthest away: one rectangle per Node whose fill says how full it is.
void paintLevels(const CellView& view, const std::vector<int>& nodes) {
  const style::Theme& theme = view.ink.theme();
  QPainter& painter = view.ink.painter();
  for (const int index : nodes) {
    const StageNode& node = view.scene.model->nodes[static_cast<std::size_t>(index)];
    const QRectF rect = view.device(view.scene.layout->nodeRect(index));
    painter.fillRect(rect, cellColor(view, node, verdictOf(view.scene, index)));
    const double share = std::clamp(node.cpu.capacity > 0 ? node.cpu.requested / node.cpu.capacity : 0.0, 0.0, 1.0);
    const double height = std::round(rect.height() * share);
    const QColor level = node.condition == NodeCondition::Ready ? theme.barRequested : mix(theme.card, theme.broken, 0.55);
    painter.fillRect(QRectF(rect.left(), rect.bottom() - height, rect.width(), height), level);
  }
}

// Near enough for squares: one batch of rectangles per colour, and one for what does not run.
void paintSquares(const CellView& view, const std::vector<int>& nodes) {
  const style::Theme& theme = view.ink.theme();
  QPainter& painter = view.ink.painter();
  static std::array<std::vector<QRect>, style::ownerColorCount + 3> batches;  // kept for its capacity; GUI thread only
  for (std::vector<QRect>& batch : batches) {
    batch.clear();
  }
  constexpr std::size_t broken = style::ownerColorCount;
  constexpr std::size_t waiting = broken + 1;
  constexpr std::size_t none = broken + 2;
  const int size = std::max(1, static_cast<int>(std::floor(view.chip)));
  const StageLayout& layout = *view.scene.layout;
  for (const int index : nodes) {
    const std::vector<int>& pods = view.scene.slots->podsOf(static_cast<std::size_t>(index));
    const QRectF first = layout.chipRect(index, 0);
    const QPointF origin = view.offset + first.topLeft() * view.scale;
    const int shown = layout.shownSlots(index);
    for (int slot = 0; slot < shown; ++slot) {
      const int pod = pods[static_cast<std::size_t>(slot)];
      if (pod < 0 || (*view.scene.hidden)[static_cast<std::size_t>(pod)] != 0) {
        continue;
      }
      const PodPhase phase = view.scene.model->pods[static_cast<std::size_t>(pod)].phase;
      std::size_t batch = none;
      if (phase == PodPhase::NotReady || phase == PodPhase::CrashLoop || phase == PodPhase::Failed) {
        batch = broken;
      } else if (phase == PodPhase::Starting || phase == PodPhase::Terminating) {
        batch = waiting;
      } else if (const int color = (*view.scene.podColor)[static_cast<std::size_t>(pod)]; color >= 0) {
        batch = static_cast<std::size_t>(color);
      }
      const int column = slot % layout.chipColumns();
      const int row = slot / layout.chipColumns();
      batches[batch].emplace_back(wholePixel(origin.x() + column * view.step),
                                  wholePixel(origin.y() + row * view.step), size, size);
    }
  }
  painter.setPen(Qt::NoPen);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (batches[i].empty()) {
      continue;
    }
    painter.setBrush(i == broken ? theme.broken : i == waiting ? theme.waiting : i == none ? theme.textFaint : theme.owners[i]);
    painter.drawRects(batches[i].data(), static_cast<int>(batches[i].size()));
  }
}

void paintSprites(const CellView& view, int index) {
  QPainter& painter = view.ink.painter();
  const StageLayout& layout = *view.scene.layout;
  const StageNode& node = view.scene.model->nodes[static_cast<std::size_t>(index)];
  const TheatreNode* verdict = verdictOf(view.scene, index);
  const bool dim = node.poweredOff || (verdict != nullptr && !verdict->feasible);
  const std::vector<int>& pods = view.scene.slots->podsOf(static_cast<std::size_t>(index));
  const QPointF origin = view.offset + layout.chipRect(index, 0).topLeft() * view.scale;
  const int shown = layout.shownSlots(index);
  const bool letters = view.chip >= 10.5;
  CellSprites& sprites = *view.scene.sprites;
  const int margin = sprites.margin();
  for (int slot = 0; slot < shown; ++slot) {
    const int pod = pods[static_cast<std::size_t>(slot)];
    if (pod < 0 || (*view.scene.hidden)[static_cast<std::size_t>(pod)] != 0) {
      continue;
    }
    const StagePod& value = view.scene.model->pods[static_cast<std::size_t>(pod)];
    const QChar letter = letters ? style::ownerLetter(value.ownerName.isEmpty() ? value.name : value.ownerName) : QChar();
    const QImage& sprite = sprites.chip(view.ink.theme(), (*view.scene.podColor)[static_cast<std::size_t>(pod)], letter, value.phase, dim, letters);
    painter.drawImage(QPoint(wholePixel(origin.x() + (slot % layout.chipColumns()) * view.step) - margin,
                             wholePixel(origin.y() + (slot / layout.chipColumns()) * view.step) - margin),
                      sprite);
  }
}

void paintHead(const CellView& view, int index, const QRectF& cell) {
  const style::Theme& theme = view.ink.theme();
  const StageNode& node = view.scene.model->nodes[static_cast<std::size_t>(index)];
  const double s = view.scale;
  const TheatreNode* verdict = verdictOf(view.scene, index);
  const bool quiet = node.poweredOff || (verdict != nullptr && !verdict->feasible);
  const double size = std::round(12 * s);
  if (size >= 6.5) {
    QRectF row(cell.left() + 9 * s, cell.top() + 6 * s, cell.width() - 18 * s, 18 * s);
    QString word;
    QColor color = theme.textMuted;
    if (verdict != nullptr && verdict->feasible && view.scene.theatre->phase >= TheatrePhase::Score) {
      word = pointsText(verdict->total);
      color = isWinner(view.scene, node) ? theme.ok : theme.text;
    } else if (node.poweredOff) {
      word = Stage::tr("power off");
    } else if (node.condition != NodeCondition::Ready) {
      word = conditionWord(node);
      color = theme.broken;
    } else if (node.cordoned) {
      word = Stage::tr("cordoned");
      color = theme.waiting;
    }
    if (!word.isEmpty() && size >= 8) {
      const TextStyle right{std::round(11 * s), color, TextWeight::Bold, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter};
      row.setRight(row.right() - view.ink.line(row, word, right) - 6 * s);
    }
    view.ink.line(row, node.name,
                  {size, quiet ? theme.textMuted : theme.text, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter});
  }
  const double height = std::max(1.0, std::round(3.5 * s));
  if (height * 2 < 2) {
    return;
  }
  const auto bar = [&](double y, const Resource& resource) {
    const QRectF track(std::round(cell.left() + 9 * s), std::round(cell.top() + y * s), std::round(cell.width() - 18 * s), height);
    QPainter& painter = view.ink.painter();
    painter.fillRect(track, theme.barTrack);
    const double share = resource.capacity > 0 ? std::clamp(resource.requested / resource.capacity, 0.0, 1.0) : 0;
    painter.fillRect(QRectF(track.left(), track.top(), std::round(track.width() * share), height), theme.barRequested);
    if (resource.used > 0 && resource.capacity > 0 && node.condition == NodeCondition::Ready) {
      painter.fillRect(QRectF(track.left(), track.top(), std::round(track.width() * std::min(1.0, resource.used / resource.capacity)), height),
                       theme.barUsed);
    }
  };
  bar(27, node.cpu);
  bar(33.5, node.memory);
}

void paintGround(const CellView& view, int index, const QRectF& cell) {
  const style::Theme& theme = view.ink.theme();
  const StageNode& node = view.scene.model->nodes[static_cast<std::size_t>(index)];
  const QColor fill = cellColor(view, node, verdictOf(view.scene, index));
  QPainter& painter = view.ink.painter();
  if (view.chip < 7) {
    painter.fillRect(cell, fill);
  } else {
    view.ink.panel(cell, 8 * view.scale, fill, theme.hairline);
    if (node.condition != NodeCondition::Ready) {
      view.ink.hatch(cell.adjusted(1, 1, -1, -1), 8 * view.scale, mix(fill, theme.isDark() ? QColor(Qt::white) : theme.stage, 0.08), 16 * view.scale,
                     5 * view.scale);
    }
  }
  if (isWinner(view.scene, node)) {
    const double width = std::max(2.0, 2.5 * view.scale);
    view.ink.panel(cell.adjusted(-width, -width, width, width), 9 * view.scale, Qt::transparent, theme.ok, width);
  }
}

}  // namespace

void paintCells(const Ink& ink, const Scene& scene, const QRectF&, const std::vector<int>& nodes) {
  QPainter& painter = ink.painter();
  painter.save();
  const double dpr = painter.worldTransform().m11();
  const QPointF shift(painter.worldTransform().dx(), painter.worldTransform().dy());
  painter.resetTransform();
  const double scale = scene.camera->scale() * dpr;
  const QPointF exact = scene.camera->offset() * dpr + shift;
  CellView view{ink, scene, scale, QPointF(std::round(exact.x()), std::round(exact.y())), scene.layout->chipSize() * scale, scene.layout->chipStep() * scale};
  if (scene.theatre != nullptr) {
    for (const TheatreNode& node : scene.theatre->nodes) {
      view.bestScore = std::max(view.bestScore, node.total);
    }
  }
  const double detail = scene.coarse ? view.chip * 0.5 : view.chip;
  if (detail < 1.5) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    paintLevels(view, nodes);
    painter.restore();
    return;
  }
  const bool squares = detail < 5;
  if (!squares) {
    scene.sprites->prepare(static_cast<int>(std::lround(view.chip)), ink.theme());
  }
  for (const int node : nodes) {
    const QRectF cell = view.device(scene.layout->nodeRect(node));
    paintGround(view, node, cell);
    paintHead(view, node, cell);
    if (!squares) {
      paintSprites(view, node);
    }
  }
  if (squares) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    paintSquares(view, nodes);
  }
  painter.restore();
}

}  // namespace kubarium::scene
