// Where the viewer stands: maps the world of cards to the widget. The translation is rounded to whole device pixels, so
// that scrolling the retained layer by whole pixels never drifts from what a fresh painting would give.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include <algorithm>
#include <cmath>

namespace kubarium::scene {

class Camera {
 public:
  static constexpr double maximumScale = 4.0;

  void setViewport(const QRectF& viewport, double devicePixelRatio) {
    viewport_ = viewport;
    dpr_ = devicePixelRatio;
    clamp();
  }
  // `sideMargin`: pixels that stay free at the left and the right when the whole world is seen.
  void setWorld(const QSizeF& world, double sideMargin = 0) {
    world_ = world;
    sideMargin_ = sideMargin;
    clamp();
  }

  double scale() const { return scale_; }
  double devicePixelRatio() const { return dpr_; }
  const QRectF& viewport() const { return viewport_; }
  double fitScale() const {
    if (world_.isEmpty() || viewport_.isEmpty()) {
      return 1;
    }
    return std::min({1.0, std::max(1.0, viewport_.width() - 2 * sideMargin_) / world_.width(), viewport_.height() / world_.height()});
  }
  double minimumScale() const { return std::min(0.5, fitScale()); }

  void setScale(double scale, const QPointF& anchor) {
    const QPointF fixed = toWorld(anchor);
    scale_ = std::clamp(scale, minimumScale(), maximumScale);
    origin_ = fixed - (anchor - viewport_.topLeft()) / scale_;
    clamp();
  }
  void panBy(const QPointF& delta) {
    origin_ -= delta / scale_;
    clamp();
  }
  void lookAt(const QPointF& worldTopLeft, double scale) {
    scale_ = std::clamp(scale, minimumScale(), maximumScale);
    origin_ = worldTopLeft;
    clamp();
  }
  void center(const QPointF& worldPoint) {
    origin_ = worldPoint - QPointF(viewport_.width(), viewport_.height()) / (2 * scale_);
    clamp();
  }

  // Widget position of the world's origin, on a device pixel.
  QPointF offset() const {
    const QPointF exact = viewport_.topLeft() - origin_ * scale_;
    return {std::round(exact.x() * dpr_) / dpr_, std::round(exact.y() * dpr_) / dpr_};
  }
  QPointF toWidget(const QPointF& world) const { return offset() + world * scale_; }
  QRectF toWidget(const QRectF& world) const { return {toWidget(world.topLeft()), world.size() * scale_}; }
  QPointF toWorld(const QPointF& widget) const { return (widget - offset()) / scale_; }
  QRectF toWorld(const QRectF& widget) const { return {toWorld(widget.topLeft()), widget.size() / scale_}; }

 private:
  // The world never leaves the viewport; a world smaller than the viewport sits at its top left, horizontally centred.
  void clamp() {
    const double slackX = world_.width() - viewport_.width() / scale_;
    const double slackY = world_.height() - viewport_.height() / scale_;
    origin_.setX(slackX <= 0 ? slackX / 2 : std::clamp(origin_.x(), 0.0, slackX));
    origin_.setY(slackY <= 0 ? 0 : std::clamp(origin_.y(), 0.0, slackY));
  }

  QRectF viewport_;
  QSizeF world_;
  QPointF origin_;
  double sideMargin_ = 0;
  double scale_ = 1;
  double dpr_ = 1;
};

}  // namespace kubarium::scene
