// From the model to geometry. Pure: the same input gives the same rectangles, nothing is remembered here.
//
// Two levels: few Nodes get cards with everything on them, many get compact cells on a regular grid. The chrome (component
// strip, pending lane, theatre bar) is in widget coordinates; Nodes, chips and Services are in world coordinates (widget
// pixels at scale 1), which the Camera maps into `viewport`.
#pragma once

#include <QRectF>
#include <QSizeF>
#include <QString>

#include <vector>

#include "ui/scene/stage_model.h"
#include "ui/scene/stage_slots.h"

namespace kubarium::scene {

enum class Detail { Cards, Cells };

// The reasons of a decision, the commonest first.
std::vector<ReasonCount> sortedReasons(const TheatreState& theatre);

// Sizes on a card, in world units: one set for daily work, one for presentations.
struct CardMetrics {
  double pad = 13;
  double gap = 12;       // between cards
  double title = 14;     // pixel sizes of type
  double text = 12;
  double badge = 11;
  double value = 11;
  double total = 20;
  double titleRow = 24;
  double barRow = 19;
  double barHeight = 6;
  double labelWidth = 38;
  double chip = 24;
  double chipGap = 5;
  double line = 18;
  double detail = 104;   // room under the chips for verdicts, scores and fuses
  double radius = 10;
  bool memoryBar = true;
};
CardMetrics cardMetrics(bool presentation);

inline constexpr int maxCards = 12;

// Pods of the pending lane that share workload and reason.
struct PendingGroup {
  std::vector<int> pods;  // indices into model.pods; the first `shown` have a chip
  int shown = 0;
  QString text;
  bool boldName = false;  // the text starts with `name`, drawn bold
  QString name;
  QRectF rect;            // widget coordinates
  std::vector<QRectF> chips;
  QRectF textRect;
};

struct NodeGroup {
  QString title;
  double top = 0;       // world y of the first row's top
  double titleTop = 0;
  std::vector<int> nodes;
};

struct LayoutOptions {
  QSizeF size;
  bool presentation = false;
  GroupBy groupBy = GroupBy::None;
  const TheatreState* theatre = nullptr;
  ClusterSeconds now = 0;
  double rate = 1;
};

class StageLayout {
 public:
  static StageLayout compute(const StageModel& model, const StageSlots& slots, const LayoutOptions& options);

  Detail detail = Detail::Cards;
  CardMetrics metrics;

  // Widget coordinates. Empty rectangles are not shown.
  QRectF strip;
  std::vector<QRectF> components;
  QRectF groupButton;
  QRectF headline;
  QRectF pendingLane;
  std::vector<PendingGroup> pending;
  int pendingHidden = 0;  // Pods of groups that found no room
  QRectF viewport;
  QRectF reasonPanel;
  QRectF theatreBar;
  QRectF backButton;
  QRectF nextButton;
  QRectF pluginButton;
  std::vector<QRectF> reasonRows;  // of the reason panel, in the order of sortedReasons
  QRectF closeButton;

  // World coordinates.
  double pageScale = 1;  // the scale at which the cards fill the width of the viewport
  QSizeF world;
  double sideMargin = 0;  // widget pixels that stay free beside a world that is seen whole
  std::vector<NodeGroup> groups;
  std::vector<QRectF> services;
  QRectF chart;
  double servicesTop = 0;

  QRectF nodeRect(int node) const;
  // Where the chip of a slot lies; slots beyond what the card can hold share the place of the "+N" chip.
  QRectF chipRect(int node, int slot) const;
  // How many slots of this Node get a chip of their own; fewer than it has means that the last place says "+N".
  int shownSlots(int node) const;
  double chipSize() const { return chip_; }
  double chipStep() const { return chip_ + chipGap_; }
  int chipColumns() const { return chipColumns_; }
  int chipRows() const { return chipRows_; }
  QSizeF cellSize() const { return cell_; }
  // Under the chips: verdicts, scores, fuses.
  QRectF detailRect(int node) const;

  // O(1) in the number of Nodes and Pods. -1: none.
  int nodeAt(const QPointF& world) const;
  int slotAt(int node, const QPointF& world) const;
  // Range of Nodes (as a list) that touch a world rectangle; linear in what it returns plus the number of groups.
  void nodesIn(const QRectF& world, std::vector<int>& out) const;

  // The widget rectangle of a waiting Pod, or of the lane when its group has no chip for it.
  QRectF pendingRect(int pod) const;

 private:
  void placeChrome(const StageModel& model, const StageSlots& slots, const LayoutOptions& options);
  void placePending(const StageModel& model, const StageSlots& slots, const LayoutOptions& options);
  void placeTheatre(const LayoutOptions& options);
  void placeReasons(const LayoutOptions& options);
  void fitCards(const StageModel& model, const StageSlots& slots, const LayoutOptions& options);
  static double least(const LayoutOptions& options);
  void chooseCardGrid(const StageModel& model, const StageSlots& slots, const LayoutOptions& options);
  void chooseCellGrid(const StageModel& model, const StageSlots& slots, const LayoutOptions& options);
  void placeNodes(const StageModel& model, const LayoutOptions& options);
  void placeServices(const StageModel& model, const LayoutOptions& options);

  struct GridPlace {
    int group = 0;
    int index = 0;
  };
  std::vector<GridPlace> grid_;      // by Node
  std::vector<int> slotCount_;       // by Node
  QSizeF cell_;
  int columns_ = 1;
  double margin_ = 16;
  double gap_ = 12;
  double chip_ = 24;
  double chipGap_ = 5;
  int chipColumns_ = 8;
  int chipRows_ = 1;
  QPointF chipOrigin_;  // within a card
};

}  // namespace kubarium::scene
