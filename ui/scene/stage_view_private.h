// The inside of StageView, shared by its sources: state, the retained layer and what is on top of it.
#pragma once

#include <QImage>
#include <QPointer>

#include <memory>
#include <optional>
#include <vector>

#include "ui/animation/stage_animator.h"
#include "ui/scene/camera.h"
#include "ui/scene/cell_sprites.h"
#include "ui/scene/scene_painter.h"
#include "ui/scene/stage_layout.h"
#include "ui/scene/stage_slots.h"
#include "ui/scene/stage_view.h"

namespace kubarium::scene {

// What lies under a point of the widget.
struct Hit {
  enum class Kind { None, Component, GroupButton, Back, Next, Plugin, Close, Reason, Node, Pod, Service, Bar };
  Kind kind = Kind::None;
  int index = -1;  // Node, Pod, Service or component

  bool operator==(const Hit&) const = default;
};

struct StageView::Private {
  explicit Private(StageView* view);

  StageView* view;
  std::shared_ptr<const StageModel> model = std::make_shared<StageModel>();
  StageSlots slots;
  StageLayout layout;
  Camera camera;
  CellSprites sprites;
  style::Theme theme = style::makeTheme(style::Brightness::Dark);
  std::shared_ptr<style::OwnerPalette> palette = std::make_shared<style::OwnerPalette>();
  std::vector<std::int8_t> podColor;
  std::vector<std::uint8_t> hidden;
  GroupBy groupBy = GroupBy::None;
  bool messages = false;
  bool autoFit = true;

  StageClock clock;
  animation::Milliseconds clockAt = 0;

  std::optional<TheatreState> theatre;
  std::vector<int> theatreNode;
  animation::Milliseconds scoreStarted = 0;

  animation::StageAnimator animator;
  animation::Milliseconds pulseEpoch = 0;
  std::vector<int> startingPods;  // those whose chip pulses
  animation::Milliseconds gestureUntil = 0;
  animation::Milliseconds lastFrame = 0;
  animation::Milliseconds lastAges = 0;  // when the ages of the leases were painted
  bool slowFrames = false;

  QImage layer;
  bool layerValid = false;
  std::vector<QRectF> dirty;       // widget coordinates
  QPointF layerOffset;             // camera.offset() the layer was painted with
  double layerScale = 0;
  QRegion overlayRegion;           // where moving things were painted last

  Hit hover;
  Hit marked;  // with the keyboard: a control, a reason or a Service
  QString selectedNode;
  QString selectedPod;
  std::optional<QPointF> pressAt;
  QPointF lastDrag;
  bool dragging = false;
  Hit pressed;

  // Time
  animation::Milliseconds now() const { return animator.now(); }
  ClusterSeconds clusterNow() const;
  double scoreStage() const;
  animation::Milliseconds scaled(std::chrono::milliseconds full) const;

  // State -> geometry
  Scene scene() const;
  LayoutOptions options(const QSizeF& size) const;
  void relayout();
  void fit();
  void assignColors(const StageModel* before);  // nullptr: all anew
  void indexTheatre();
  void invalidate();
  void markDirty(const QRectF& rect);
  void markNode(int node);
  void markChanges(const StageModel& before, const StageModel& after);

  // Motion
  void applyModel(std::shared_ptr<const StageModel> next, bool animate);
  void animate(const StageModel& before, const std::vector<Transition>& transitions, const StageLayout& layoutBefore,
               const std::vector<QRectF>& goneFrom);
  void flyTo(const StagePod& pod, int index, const QPointF& from);
  void onTick();
  int idleInterval() const;
  void schedule();
  QPointF participantPoint(const Participant& participant) const;
  void sendDot(const Participant& from, const Participant& to, const QString& text, animation::RingTone tone, double radius,
               animation::Milliseconds delay = 0);
  void tell(const Transition& transition);
  void updateOverlay();
  QRegion overlayBounds() const;

  // Painting
  void refreshLayer();
  void scrollLayer(const QPointF& delta);
  void paintLayer(const QRectF& rect);
  void paintOverlay(QPainter& painter);
  void paintStarting(const Ink& ink);
  void paintEffects(const Ink& ink);
  void paintMarks(const Ink& ink);
  void paintScrollHandles(const Ink& ink);

  // Input
  Hit hitAt(const QPointF& point) const;
  QRectF hitRect(const Hit& hit) const;
  QString tooltip(const Hit& hit) const;
  void click(const Hit& hit);
  void select(int node, int pod);
  void moveSelection(int dx, int dy, bool pods);
  void moveMark(int direction);
  void setMark(const Hit& hit);
  void showGroupMenu();
  bool presentationKey(int key);
  QRectF podWidgetRect(int pod) const;
};

QColor ringColor(const style::Theme& theme, animation::RingTone tone);

}  // namespace kubarium::scene
