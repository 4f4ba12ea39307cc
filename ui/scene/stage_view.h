// The Stage: one custom raster widget that shows the living cluster. It owns no cluster knowledge: it is given a StageModel
// (at most once per frame), finds out by itself what changed (diff) and animates that. GUI thread only.
//
// Nothing is painted outside paintEvent; nothing runs while nothing moves.
#pragma once

#include <QWidget>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ui/scene/stage_model.h"
#include "ui/style/owner_palette.h"
#include "ui/style/theme.h"

namespace kubarium::scene {

class StageView : public QWidget {
  Q_OBJECT

 public:
  explicit StageView(QWidget* parent = nullptr);
  ~StageView() override;

  // Replaces the picture; what differs from the last model is animated (Pods fly, pulse, fade).
  void setModel(std::shared_ptr<const StageModel> model);
  std::shared_ptr<const StageModel> model() const;
  // Replaces the picture without animating the difference (first load, scrubbing the timeline).
  void setModelAtOnce(std::shared_ptr<const StageModel> model);

  // Cluster time at this moment; between two calls the view extrapolates with rate (not while paused). Call it when the
  // Clock object changes and every few seconds.
  void setClock(const StageClock& clock);

  // The decision the user follows, or nothing. A new phase of the same cycle continues the animation.
  void setTheatre(std::optional<TheatreState> theatre);
  bool hasTheatre() const;
  const std::optional<TheatreState>& theatre() const;
  // Of its bar, in this widget's coordinates; empty without a theatre.
  QRect theatreBar() const;

  void setTheme(const style::Theme& theme);
  const style::Theme& theme() const;
  // Headline, fewer words, larger type. Implies Contrast::Presentation of the theme's brightness.
  void setPresentation(bool on);
  bool isPresentation() const;
  void setOwnerPalette(std::shared_ptr<style::OwnerPalette> palette);

  void setGroupBy(GroupBy groupBy);
  GroupBy groupBy() const;

  // Messages between the components as moving dots: those that a change of the model proves, and those told by
  // showMessage, which is ignored while they are off.
  void setMessagesVisible(bool on);
  bool messagesVisible() const;
  void showMessage(const StageMessage& message);

  void selectNode(const QString& name);
  void selectPod(const QString& key);
  QString selectedNode() const;
  QString selectedPod() const;

  void zoomIn();
  void zoomOut();
  // Scale 1 shows text at its natural size.
  void setZoom(double scale);
  double zoom() const;
  // Moves what is seen by widget pixels; the world's edges stop it.
  void panBy(const QPointF& delta);
  void fitAll();
  void revealNode(const QString& name);

  // The whole Stage as it is now, in `scale` device pixels per logical pixel.
  QImage toImage(double scale = 2.0);
  bool exportPng(const QString& path, double scale = 2.0);

  // Geometry in widget coordinates; empty when it is not shown. For tests, tooltips and accessibility.
  QRect nodeRect(const QString& name) const;
  QRect podRect(const QString& key) const;
  // A row of the panel that gathers the verdicts of many Nodes.
  QRect reasonRect(const QString& reason) const;

  // Tests drive time by hand: a function returning milliseconds. Without it the steady clock is used.
  void setTimeSource(std::function<std::int64_t()> milliseconds);
  // True while something moves (the 16 ms timer runs).
  bool isAnimating() const;
  // What the timer does, at the time that the time source says.
  void tickForTest();

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  // Selected by click or arrow keys. An empty name or key: the selection was cleared.
  void nodeSelected(const QString& name);
  void podSelected(const QString& key);
  void serviceSelected(const QString& ns, const QString& name);
  // Double click or Enter.
  void nodeActivated(const QString& name);
  void podActivated(const QString& key);
  void componentActivated(kubarium::scene::ComponentKind kind);
  // At most one of the names is set; both empty: the ground.
  void contextMenuRequested(const QString& node, const QString& podKey, const QPoint& globalPos);
  void groupByChanged(kubarium::scene::GroupBy groupBy);
  // The buttons of the theatre bar, Space and arrow keys in a presentation; theatreClosed: Esc or the close button.
  void theatreBackRequested();
  void theatreNextRequested();
  // One plugin further (1) or back (-1).
  void theatrePluginRequested(int direction);
  // One of the reasons that the panel of the theatre gathers for many Nodes.
  void reasonActivated(const QString& reason);
  void theatreClosed();

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void changeEvent(QEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  struct Private;
  std::unique_ptr<Private> d_;
};

}  // namespace kubarium::scene
