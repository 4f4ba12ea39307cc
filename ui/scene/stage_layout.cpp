#include "ui/scene/stage_layout.h"

#include <QHash>

#include <algorithm>
#include <cmath>

#include "ui/scene/glyph_cache.h"
#include "ui/scene/wording.h"
#include "ui/style/theme.h"

namespace kubarium::scene {

namespace {

using style::TextFamily;
using style::TextWeight;

double textWidth(const QString& text, double size, TextWeight weight = TextWeight::Regular) {
  return GlyphCache::shape(text, {static_cast<int>(size), weight, TextFamily::Sans}).width;
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

std::vector<ReasonCount> sortedReasons(const TheatreState& theatre) {
  std::vector<ReasonCount> reasons = theatre.reasonCounts;
  std::stable_sort(reasons.begin(), reasons.end(), [](const ReasonCount& a, const ReasonCount& b) { return a.count > b.count; });
  return reasons;
}

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
    metrics.detail = 128;
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
    layout.fitCards(model, slots, options);
  } else {
    // In line with the chrome however far away the cells are seen: the camera keeps the margin, in pixels.
    layout.sideMargin = layout.margin_;
    layout.margin_ = 0;
    layout.chooseCellGrid(model, slots, options);
    layout.placeNodes(model, options);
    layout.placeServices(model, options);
  }
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
    // A picture of what might be has no control plane.
    strip = QRectF(margin_, top, width - 2 * margin_, model.components.empty() ? 0 : 30);
    const QString button = Stage::tr("Group by pool");
    const double buttonWidth = std::ceil(textWidth(button, 12) + 42);
    if (width > 520 && !model.components.empty()) {
      groupButton = QRectF(strip.right() - buttonWidth, top, buttonWidth, 30);
    }
    const double room = (groupButton.isEmpty() ? strip.right() : groupButton.left() - 8);
    double x = strip.left();
    // Details give way when the strip is narrow, the longest first; names stay.
    double names = 0;
    std::vector<double> details;
    for (const StageComponent& component : model.components) {
      names += std::ceil(textWidth(componentName(component.kind), 12, TextWeight::Bold)) + 40 + 8;
      details.push_back(component.detail.isEmpty() ? 0 : std::ceil(textWidth(component.detail, 12)) + 9);
    }
    double longest = details.empty() ? 0 : *std::max_element(details.begin(), details.end());
    const auto sum = [&] {
      double total = 0;
      for (const double each : details) {
        total += std::min(each, longest);
      }
      return total;
    };
    while (longest > 0 && names + sum() > room - x + 8) {
      longest -= 4;
    }
    for (std::size_t i = 0; i < model.components.size(); ++i) {
      const double share = longest < 44 && details[i] > longest ? 0 : std::min(details[i], longest);
      const double w = std::ceil(textWidth(componentName(model.components[i].kind), 12, TextWeight::Bold)) + 40 + share;
      components.emplace_back(x, top, std::max(0.0, std::min(w, room - x)), 30);
      x += w + 8;
    }
    top = strip.bottom() + (model.components.empty() ? 0 : 10);
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
  if (bar && !options.presentation) {
    placeTheatre(options);
    bottom = theatreBar.top() - 4;
  }
  if (bar && detail == Detail::Cells) {
    const double panel = std::min(190.0 * (options.presentation ? 1.4 : 1.0), height * 0.32);
    reasonPanel = QRectF(margin_, theatreBar.top() - panel - 10, width - 2 * margin_, panel);
    placeReasons(options);
    bottom = reasonPanel.top() - 4;
  }
  viewport = QRectF(0, top, width, std::max(40.0, bottom - top));
}

void StageLayout::placeReasons(const LayoutOptions& options) {
  const double row = 24 * (options.presentation ? 1.4 : 1.0);
  const double half = std::floor((reasonPanel.width() - 3 * 15) / 2);
  const double height = reasonPanel.height() - 24;
  const int rows = std::min(std::max(1, static_cast<int>((height - row) / row)), static_cast<int>(options.theatre->reasonCounts.size()));
  for (int i = 0; i < rows; ++i) {
    reasonRows.emplace_back(reasonPanel.left() + 15, reasonPanel.top() + 12 + row * (i + 1), half, row);
  }
}

void StageLayout::placeTheatre(const LayoutOptions& options) {
  const double width = options.size.width();
  const double inset = margin_;
  theatreBar = QRectF(inset, options.size.height() - 56 - 12, width - 2 * inset, 56);
  const double next = std::ceil(textWidth(Stage::tr("Next"), 13, TextWeight::Bold) + 40);
  const double back = std::ceil(textWidth(Stage::tr("Back"), 13) + 40);
  const double y = theatreBar.center().y() - 15;
  closeButton = QRectF(theatreBar.right() - 12 - 26, theatreBar.center().y() - 13, 26, 26);
  nextButton = QRectF(closeButton.left() - 8 - next, y, next, 30);
  double left = nextButton.left();
  const TheatrePhase phase = options.theatre->phase;
  if (phase == TheatrePhase::Filter || phase == TheatrePhase::Score) {
    const double plugin = std::ceil(textWidth(Stage::tr("Plugin"), 13) + 40);
    // Which Pod it is about is more than the button of a key.
    constexpr double leastForTitle = 130;
    if (left - 8 - plugin - 8 - back - theatreBar.left() >= leastForTitle) {
      pluginButton = QRectF(left - 8 - plugin, y, plugin, 30);
      left = pluginButton.left();
    }
  }
  backButton = QRectF(left - 8 - back, y, back, 30);
}

// A picture that is a little too high is laid out on a wider page and seen from a little farther away: it fills the width
// and nothing is cut. Beyond that, text would suffer and the page scrolls.
void StageLayout::fitCards(const StageModel& model, const StageSlots& slots, const LayoutOptions& options) {
  const auto place = [&](double scale) {
    pageScale = scale;
    chooseCardGrid(model, slots, options);
    placeNodes(model, options);
    placeServices(model, options);
    return world.height() * pageScale / viewport.height();  // at most 1: it fits
  };
  double overflow = place(1);
  for (int attempt = 0; attempt < 3 && overflow > 1.0005; ++attempt) {
    const double next = pageScale / overflow;
    if (next < least(options)) {
      break;
    }
    overflow = place(std::floor(next * 200) / 200);
  }
  if (overflow <= 1.02) {
    return;
  }
  // One column more, which a little distance makes room for, takes away a row.
  for (double scale = 0.98; scale >= least(options); scale -= 0.02) {
    if (place(scale) <= 1.0005) {
      return;
    }
  }
  place(1);
}

double StageLayout::least(const LayoutOptions& options) { return options.presentation ? 0.6 : 0.84; }

void StageLayout::chooseCardGrid(const StageModel& model, const StageSlots& slots, const LayoutOptions& options) {
  const double width = viewport.width() / pageScale - 2 * margin_ / pageScale;
  const int count = std::max<int>(1, static_cast<int>(model.nodes.size()));
  // Three Nodes are what most clusters here have: they are to be seen at once in a small window too.
  const double minimum = options.presentation ? 380 : count <= 3 ? 212 : 236;
  const int fitting = std::max(1, static_cast<int>((width + gap_) / (minimum + gap_)));
  const int wanted = count <= 3 || options.presentation ? 3 : 4;
  columns_ = std::clamp(fitting, 1, wanted);
  const int rows = (count + columns_ - 1) / columns_;
  cell_.setWidth(std::floor((width - gap_ * (columns_ - 1)) / columns_));

  const double inner = cell_.width() - 2 * metrics.pad;
  chip_ = metrics.chip;
  const auto columnsFor = [&](double gap) { return std::max(1, static_cast<int>((inner + gap) / (chip_ + gap))); };
  const auto setGap = [&](double gap) {
    chipColumns_ = columnsFor(gap * 0.8);
    const double fit = chipColumns_ > 1 ? (inner - chipColumns_ * chip_) / (chipColumns_ - 1) : gap;
    chipGap_ = std::min(gap, fit);
  };
  setGap(metrics.chipGap);
  const int most = std::max(1, slots.maxSlots());
  if (most > 2 * chipColumns_) {
    chip_ = metrics.chip * 0.8;
    setGap(metrics.chipGap * 0.8);
  }
  chipRows_ = std::clamp((most + chipColumns_ - 1) / chipColumns_, 1, options.presentation ? 2 : 4);
  const double head = metrics.pad + metrics.titleRow + metrics.barRow * (metrics.memoryBar ? 2 : 1);
  chipOrigin_ = QPointF(metrics.pad, head + (options.presentation ? 8 : 4));
  const double needed = chipOrigin_.y() + chipRows_ * (chip_ + chipGap_) + metrics.detail + metrics.pad;
  // Spare height makes the cards airier, but not endlessly; a presentation fills its screen. Room for the theatre bar is
  // kept free at all times, so that cards keep their size when it comes.
  const double bar = options.presentation || options.theatre != nullptr ? 0 : 72;
  const double groupTitles = options.groupBy == GroupBy::None ? 0 : 32.0 * static_cast<double>(count);
  const double spare = ((viewport.height() - bar) / pageScale - 14 - groupTitles) / rows - gap_;
  const bool page = (!model.services.empty() || model.chart) && (!options.presentation || (rows == 1 && options.theatre == nullptr));
  // Narrow cards break their sentences into more lines.
  const double airy = cell_.width() < 236 ? 0.5 * metrics.detail : 0.1 * needed;
  const double limit = page ? needed : options.presentation ? 1e9 : needed + airy;
  cell_.setHeight(std::floor(std::clamp(spare, needed, std::max(needed, limit))));
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
  // The theatre takes room below and is not asked: nobody moves when it opens.
  const double aspect = viewport.width() / std::max(1.0, options.size.height() - viewport.top());
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
  groups.clear();
  const double margin = margin_ / pageScale;  // in line with the chrome at every page scale
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
  const double grid = 2 * margin + columns_ * (cell_.width() + gap_) - gap_;
  world = QSizeF(std::max(grid, detail == Detail::Cards ? viewport.width() / pageScale : 0.0), y + 4);
}

void StageLayout::placeServices(const StageModel& model, const LayoutOptions& options) {
  // A presentation shows one thing at a time: traffic only beside a single row of Nodes, one Service and the chart.
  const bool page = options.presentation && static_cast<int>(model.nodes.size()) <= columns_;
  if ((options.presentation && !page) || options.theatre != nullptr || model.nodes.size() > 60) {
    return;
  }
  services.clear();
  chart = QRectF();
  const std::size_t shown = options.presentation ? std::min<std::size_t>(model.chart ? 1 : 2, model.services.size()) : model.services.size();
  const std::size_t items = shown + (model.chart ? 1 : 0);
  if (items == 0) {
    return;
  }
  const double left = margin_ / pageScale;
  const double width = world.width() - 2 * left;
  const int perRow = width > 620 ? 2 : 1;
  double y = servicesTop;
  double x = left;
  double rowHeight = 0;
  const double first = perRow == 1 ? width : std::floor((width - 12) * (items == 2 && model.chart ? 0.56 : 0.5));
  for (std::size_t i = 0; i < items; ++i) {
    const bool isChart = i == shown;
    const int column = static_cast<int>(i) % perRow;
    if (column == 0 && i > 0) {
      y += rowHeight + 12;
      rowHeight = 0;
    }
    x = column == 0 ? left : left + first + 12;
    const double w = perRow == 1 ? width : column == 0 ? first : width - first - 12;
    const double zoom = options.presentation ? 1.5 : 1;
    double h = 150 * zoom;
    if (!isChart) {
      const auto endpoints = std::min<std::size_t>(5, model.services[i].endpoints.size());
      h = std::max(h, (62 + 28.0 * static_cast<double>(endpoints)) * zoom);
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
  // Spare height goes to the Services.
  const double spare = viewport.height() / pageScale - (y + rowHeight + 16);
  const double extra = std::clamp(spare / std::max(1.0, std::ceil(static_cast<double>(items) / perRow)), 0.0, options.presentation ? 120.0 : 56.0);
  if (extra > 1) {
    std::vector<double> tops;
    const auto stretch = [&](QRectF& rect) {
      auto at = std::find(tops.begin(), tops.end(), rect.top());
      if (at == tops.end()) {
        tops.push_back(rect.top());
        at = std::prev(tops.end());
      }
      rect.translate(0, extra * static_cast<double>(at - tops.begin()));
      rect.setHeight(rect.height() + extra);
    };
    for (QRectF& rect : services) {
      stretch(rect);
    }
    if (!chart.isEmpty()) {
      stretch(chart);
    }
    rowHeight += extra * static_cast<double>(tops.size());
  }
  world.setHeight(y + rowHeight + 16);
}

QRectF StageLayout::nodeRect(int node) const {
  const GridPlace& place = grid_[static_cast<std::size_t>(node)];
  const int row = place.index / columns_;
  const int column = place.index % columns_;
  return {margin_ / pageScale + column * (cell_.width() + gap_), groups[static_cast<std::size_t>(place.group)].top + row * (cell_.height() + gap_),
          cell_.width(), cell_.height()};
}

int StageLayout::shownSlots(int node) const {
  const int capacity = chipColumns_ * chipRows_;
  const int count = slotCount_[static_cast<std::size_t>(node)];
  return count <= capacity ? count : capacity - 1;
}

QRectF StageLayout::chipRect(int node, int slot) const {
  const int capacity = chipColumns_ * chipRows_;
  const int place = slotCount_[static_cast<std::size_t>(node)] < capacity ? std::min(slot, capacity - 1) : std::min(slot, shownSlots(node));
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
  const double x = point.x() - margin_ / pageScale;
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
  const int firstColumn = std::max(0, static_cast<int>(std::floor((rect.left() - margin_ / pageScale) / stepX)));
  const int lastColumn = std::min(columns_ - 1, static_cast<int>(std::floor((rect.right() - margin_ / pageScale) / stepX)));
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
