#include "ui/scene/stage_layout.h"

#include <QFontMetricsF>
#include <QHash>

#include <algorithm>
#include <cmath>

#include "ui/scene/wording.h"
#include "ui/style/theme.h"

namespace kubarium::scene {

namespace {

using style::TextFamily;
using style::TextWeight;

double textWidth(const QString& text, double size, TextWeight weight = TextWeight::Regular) {
  return QFontMetricsF(style::font(size, weight)).horizontalAdvance(text);
}

// Room is made in steps, so that adding one Node rarely changes the number of columns and with it everyone's place.
int withReserve(int count) {
  int reserve = 16;
  while (reserve < count) {
    reserve += std::max(4, reserve / 3);
  }
  return reserve;
}

const QString& groupKey(const StageNode& node, GroupBy groupBy) {
  static const QString nothing;
  switch (groupBy) {
    case GroupBy::Zone: return node.zone;
    case GroupBy::Pool: return node.pool;
    case GroupBy::None: break;
  }
  return nothing;
}

}  // namespace

CardMetrics cardMetrics(bool presentation) {
  CardMetrics metrics;
  if (presentation) {
    metrics.pad = 22;
    metrics.gap = 22;
    metrics.title = 26;
    metrics.text = 20;
    metrics.badge = 17;
    metrics.value = 18;
    metrics.total = 40;
    metrics.titleRow = 40;
    metrics.barRow = 32;
    metrics.barHeight = 11;
    metrics.labelWidth = 58;
    metrics.chip = 44;
    metrics.chipGap = 9;
    metrics.line = 32;
    metrics.detail = 100;
    metrics.radius = 16;
    metrics.memoryBar = false;
  }
  return metrics;
}

StageLayout StageLayout::compute(const StageModel& model, const StageSlots& slots, const LayoutOptions& options) {
  StageLayout layout;
  layout.metrics = cardMetrics(options.presentation);
  layout.margin_ = options.presentation ? 36 : 16;
  layout.gap_ = layout.metrics.gap;
  layout.detail = static_cast<int>(model.nodes.size()) <= maxCards ? Detail::Cards : Detail::Cells;
  layout.slotCount_.resize(model.nodes.size());
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    layout.slotCount_[i] = static_cast<int>(slots.podsOf(i).size());
  }
  layout.placeChrome(model, slots, options);
  if (layout.detail == Detail::Cards) {
    layout.chooseCardGrid(model, slots, options);
  } else {
    layout.chooseCellGrid(model, slots, options);
  }
  layout.placeNodes(model, options);
  layout.placeServices(model, options);
  return layout;
}

void StageLayout::placeChrome(const StageModel& model, const StageSlots& slots, const LayoutOptions& options) {
  const double width = options.size.width();
  const double height = options.size.height();
  double top = 12;
  if (options.presentation) {
    headline = QRectF(margin_, 28, width - 2 * margin_, 56);
    top = headline.bottom() + 10;
  } else {
    strip = QRectF(margin_, top, width - 2 * margin_, 30);
    const QString button = Stage::tr("Group by pool");
    const double buttonWidth = std::ceil(textWidth(button, 12) + 42);
    if (width > 520) {
      groupButton = QRectF(strip.right() - buttonWidth, top, buttonWidth, 30);
    }
    const double room = (groupButton.isEmpty() ? strip.right() : groupButton.left() - 8);
    double x = strip.left();
    // Details are the first to go when the strip is narrow; names stay.
    double names = 0;
    double full = 0;
    for (const StageComponent& component : model.components) {
      const double name = textWidth(componentName(component.kind), 12, TextWeight::Bold) + 40;
      names += name + 8;
      full += name + 8 + (component.detail.isEmpty() ? 0 : textWidth(component.detail, 12) + 8);
    }
    const double available = room - x;
    const double detailShare = full <= available ? 1.0 : std::max(0.0, (available - names) / std::max(1.0, full - names));
    for (const StageComponent& component : model.components) {
      const double name = textWidth(componentName(component.kind), 12, TextWeight::Bold) + 40;
      double detailWidth = component.detail.isEmpty() ? 0 : (textWidth(component.detail, 12) + 8) * detailShare;
      if (detailWidth < 28 && detailShare < 1) {
        detailWidth = 0;
      }
      const double w = std::ceil(name + detailWidth);
      components.emplace_back(x, top, std::max(0.0, std::min(w, room - x)), 30);
      x += w + 8;
    }
    top = strip.bottom() + 10;
    pendingLane = QRectF(margin_, top, width - 2 * margin_, 48);
    placePending(model, slots, options);
    top = pendingLane.bottom() + 4;
  }
  const bool bar = options.theatre != nullptr;
  double bottom = height;
  if (options.presentation) {
    theatreBar = QRectF(0, height - 96, width, 96);
    bottom = theatreBar.top();
  }
  if (bar) {
    placeTheatre(options);
  }
  if (bar && detail == Detail::Cells) {
    const double panel = std::min(190.0 * (options.presentation ? 1.4 : 1.0), height * 0.32);
    reasonPanel = QRectF(margin_, theatreBar.top() - panel - 10, width - 2 * margin_, panel);
    bottom = reasonPanel.top() - 4;
  }
  viewport = QRectF(0, top, width, std::max(40.0, bottom - top));
}

void StageLayout::placeTheatre(const LayoutOptions& options) {
  const double width = options.size.width();
  if (options.presentation) {
    return;
  }
  const double inset = margin_;
  theatreBar = QRectF(inset, options.size.height() - 56 - 12, width - 2 * inset, 56);
  const double next = std::ceil(textWidth(Stage::tr("Next"), 13, TextWeight::Bold) + 40);
  const double back = std::ceil(textWidth(Stage::tr("Back"), 13) + 40);
  const double y = theatreBar.center().y() - 15;
  closeButton = QRectF(theatreBar.right() - 12 - 26, theatreBar.center().y() - 13, 26, 26);
  nextButton = QRectF(closeButton.left() - 8 - next, y, next, 30);
  backButton = QRectF(nextButton.left() - 8 - back, y, back, 30);
}

void StageLayout::chooseCardGrid(const StageModel& model, const StageSlots& slots, const LayoutOptions& options) {
  const double width = viewport.width() - 2 * margin_;
  const int count = std::max<int>(1, static_cast<int>(model.nodes.size()));
  const double minimum = options.presentation ? 380 : 236;
  const int fitting = std::max(1, static_cast<int>((width + gap_) / (minimum + gap_)));
  const int wanted = count <= 6 ? 3 : 4;
  columns_ = std::clamp(fitting, 1, wanted);
  const int rows = (count + columns_ - 1) / columns_;
  cell_.setWidth(std::floor((width - gap_ * (columns_ - 1)) / columns_));

  const double inner = cell_.width() - 2 * metrics.pad;
  chip_ = metrics.chip;
  chipGap_ = metrics.chipGap;
  const auto columnsFor = [&] { return std::max(1, static_cast<int>((inner + chipGap_) / (chip_ + chipGap_))); };
  chipColumns_ = columnsFor();
  const int most = std::max(1, slots.maxSlots());
  if (most > 2 * chipColumns_) {
    chip_ = metrics.chip * 0.8;
    chipGap_ = metrics.chipGap * 0.8;
    chipColumns_ = columnsFor();
  }
  chipRows_ = std::clamp((most + chipColumns_ - 1) / chipColumns_, 1, options.presentation ? 2 : 4);
  const double head = metrics.pad + metrics.titleRow + metrics.barRow * (metrics.memoryBar ? 2 : 1);
  chipOrigin_ = QPointF(metrics.pad, head + 8);
  const double needed = chipOrigin_.y() + chipRows_ * (chip_ + chipGap_) + metrics.detail + metrics.pad;
  // Spare height makes the cards airier, but not endlessly; a presentation fills its screen.
  const double spare = (viewport.height() - 24 - (rows - 1) * gap_) / rows;
  const double most_ = options.presentation ? 1e9 : needed * 1.12;
  cell_.setHeight(std::floor(std::clamp(spare, needed, std::max(needed, most_))));
  if (!options.presentation && (!model.services.empty() || model.chart)) {
    cell_.setHeight(std::ceil(needed));
  }
}

void StageLayout::chooseCellGrid(const StageModel& model, const StageSlots& slots, const LayoutOptions& options) {
  gap_ = 10;
  chip_ = 18;
  chipGap_ = 3;
  const int most = std::max(8, slots.maxSlots());
  chipColumns_ = most <= 32 ? 8 : 12;
  chipRows_ = (most + chipColumns_ - 1) / chipColumns_;
  chipOrigin_ = QPointF(9, 8 + 18 + 16);
  cell_ = QSizeF(2 * chipOrigin_.x() + chipColumns_ * (chip_ + chipGap_) - chipGap_,
                 chipOrigin_.y() + chipRows_ * (chip_ + chipGap_) - chipGap_ + 9);
  const double cells = withReserve(static_cast<int>(model.nodes.size()));
  const double aspect = viewport.width() / std::max(1.0, viewport.height());
  const double ideal = std::sqrt(cells * aspect * (cell_.height() + gap_) / (cell_.width() + gap_));
  const int atNaturalSize = std::max(1, static_cast<int>((viewport.width() - 2 * margin_ + gap_) / (cell_.width() + gap_)));
  columns_ = std::max({1, static_cast<int>(std::lround(ideal)), std::min(atNaturalSize, 4)});
  if (options.groupBy != GroupBy::None) {
    columns_ = std::max(columns_, 4);
  }
  // Few enough to spread over the whole width: take it.
  const double natural = columns_ * (cell_.width() + gap_) - gap_;
  const double room = viewport.width() - 2 * margin_;
  if (natural < room) {
    cell_.setWidth(std::floor((room + gap_) / columns_ - gap_));
  }
}

void StageLayout::placeNodes(const StageModel& model, const LayoutOptions& options) {
  QHash<QString, int> known;
  grid_.resize(model.nodes.size());
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const QString& key = groupKey(model.nodes[i], options.groupBy);
    auto at = known.constFind(key);
    if (at == known.constEnd()) {
      at = known.insert(key, static_cast<int>(groups.size()));
      NodeGroup group;
      group.title = key;
      groups.push_back(group);
    }
    NodeGroup& group = groups[static_cast<std::size_t>(*at)];
    grid_[i] = {*at, static_cast<int>(group.nodes.size())};
    group.nodes.push_back(static_cast<int>(i));
  }
  const bool titled = options.groupBy != GroupBy::None;
  const double titleHeight = titled ? (options.presentation ? 40 : detail == Detail::Cells ? 30 : 26) : 0;
  double y = 8;
  int widest = 0;
  for (NodeGroup& group : groups) {
    group.titleTop = y;
    y += titleHeight;
    group.top = y;
    const int rows = (static_cast<int>(group.nodes.size()) + columns_ - 1) / columns_;
    y += rows * (cell_.height() + gap_);
    widest = std::max(widest, std::min(columns_, static_cast<int>(group.nodes.size())));
    if (titled) {
      if (group.title.isEmpty()) {
        group.title = options.groupBy == GroupBy::Zone ? Stage::tr("no zone") : Stage::tr("no pool");
      }
      y += 6;
    }
  }
  servicesTop = y;
  const double grid = 2 * margin_ + columns_ * (cell_.width() + gap_) - gap_;
  world = QSizeF(std::max(grid, detail == Detail::Cards ? viewport.width() : 0.0), y + 12);
}

void StageLayout::placeServices(const StageModel& model, const LayoutOptions& options) {
  if (options.presentation || options.theatre != nullptr || model.nodes.size() > 60) {
    return;
  }
  const std::size_t items = model.services.size() + (model.chart ? 1 : 0);
  if (items == 0) {
    return;
  }
  const double left = margin_;
  const double width = world.width() - 2 * margin_;
  const int perRow = width > 620 ? 2 : 1;
  double y = servicesTop;
  double x = left;
  double rowHeight = 0;
  const double first = perRow == 1 ? width : std::floor((width - 12) * (items == 2 && model.chart ? 0.56 : 0.5));
  for (std::size_t i = 0; i < items; ++i) {
    const bool isChart = i == model.services.size();
    const int column = static_cast<int>(i) % perRow;
    if (column == 0 && i > 0) {
      y += rowHeight + 12;
      rowHeight = 0;
    }
    x = column == 0 ? left : left + first + 12;
    const double w = perRow == 1 ? width : column == 0 ? first : width - first - 12;
    double h = 150;
    if (!isChart) {
      const auto endpoints = std::min<std::size_t>(5, model.services[i].endpoints.size());
      h = std::max(h, 62 + 28.0 * static_cast<double>(endpoints));
    }
    const QRectF rect(x, y, w, h);
    if (isChart) {
      chart = rect;
    } else {
      services.push_back(rect);
    }
    rowHeight = std::max(rowHeight, h);
  }
  // Neighbours in a row share the taller one's height.
  const auto level = [&](QRectF& rect) {
    for (const QRectF& other : services) {
      if (other.top() == rect.top() && other.height() > rect.height()) {
        rect.setHeight(other.height());
      }
    }
  };
  if (!chart.isEmpty()) {
    level(chart);
  }
  for (QRectF& rect : services) {
    level(rect);
  }
  world.setHeight(y + rowHeight + 16);
}

QRectF StageLayout::nodeRect(int node) const {
  const GridPlace& place = grid_[static_cast<std::size_t>(node)];
  const int row = place.index / columns_;
  const int column = place.index % columns_;
  return {margin_ + column * (cell_.width() + gap_), groups[static_cast<std::size_t>(place.group)].top + row * (cell_.height() + gap_),
          cell_.width(), cell_.height()};
}

int StageLayout::shownSlots(int node) const {
  const int capacity = chipColumns_ * chipRows_;
  const int count = slotCount_[static_cast<std::size_t>(node)];
  return count <= capacity ? count : capacity - 1;
}

QRectF StageLayout::chipRect(int node, int slot) const {
  const int place = std::min(slot, shownSlots(node));
  const QPointF corner = nodeRect(node).topLeft() + chipOrigin_;
  return {corner.x() + (place % chipColumns_) * (chip_ + chipGap_), corner.y() + (place / chipColumns_) * (chip_ + chipGap_), chip_,
          chip_};
}

QRectF StageLayout::detailRect(int node) const {
  const QRectF rect = nodeRect(node);
  const int count = slotCount_[static_cast<std::size_t>(node)];
  const int rows = std::clamp((count + chipColumns_ - 1) / chipColumns_, 1, chipRows_);
  const double top = rect.top() + chipOrigin_.y() + rows * (chip_ + chipGap_) + 4;
  return {rect.left() + metrics.pad, top, rect.width() - 2 * metrics.pad, rect.bottom() - metrics.pad + 4 - top};
}

int StageLayout::nodeAt(const QPointF& point) const {
  const auto after = std::upper_bound(groups.begin(), groups.end(), point.y(),
                                      [](double y, const NodeGroup& group) { return y < group.top; });
  if (after == groups.begin()) {
    return -1;
  }
  const NodeGroup& group = *std::prev(after);
  const double x = point.x() - margin_;
  const double y = point.y() - group.top;
  const int column = static_cast<int>(std::floor(x / (cell_.width() + gap_)));
  const int row = static_cast<int>(std::floor(y / (cell_.height() + gap_)));
  if (column < 0 || column >= columns_ || x - column * (cell_.width() + gap_) > cell_.width() ||
      y - row * (cell_.height() + gap_) > cell_.height()) {
    return -1;
  }
  const auto index = static_cast<std::size_t>(row * columns_ + column);
  return index < group.nodes.size() ? group.nodes[index] : -1;
}

int StageLayout::slotAt(int node, const QPointF& point) const {
  const QPointF inside = point - nodeRect(node).topLeft() - chipOrigin_;
  const double step = chip_ + chipGap_;
  const int column = static_cast<int>(std::floor(inside.x() / step));
  const int row = static_cast<int>(std::floor(inside.y() / step));
  if (inside.x() < 0 || inside.y() < 0 || column >= chipColumns_ || row >= chipRows_ || inside.x() - column * step > chip_ ||
      inside.y() - row * step > chip_) {
    return -1;
  }
  const int slot = row * chipColumns_ + column;
  return slot < shownSlots(node) ? slot : -1;
}

void StageLayout::nodesIn(const QRectF& rect, std::vector<int>& out) const {
  out.clear();
  const double stepX = cell_.width() + gap_;
  const double stepY = cell_.height() + gap_;
  const int firstColumn = std::max(0, static_cast<int>(std::floor((rect.left() - margin_) / stepX)));
  const int lastColumn = std::min(columns_ - 1, static_cast<int>(std::floor((rect.right() - margin_) / stepX)));
  for (const NodeGroup& group : groups) {
    const int rows = (static_cast<int>(group.nodes.size()) + columns_ - 1) / columns_;
    const int firstRow = std::max(0, static_cast<int>(std::floor((rect.top() - group.top) / stepY)));
    const int lastRow = std::min(rows - 1, static_cast<int>(std::floor((rect.bottom() - group.top) / stepY)));
    for (int row = firstRow; row <= lastRow; ++row) {
      for (int column = firstColumn; column <= lastColumn; ++column) {
        const auto index = static_cast<std::size_t>(row * columns_ + column);
        if (index < group.nodes.size()) {
          out.push_back(group.nodes[index]);
        }
      }
    }
  }
}

}  // namespace kubarium::scene
