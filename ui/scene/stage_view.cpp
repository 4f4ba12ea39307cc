// The widget's outside: setters, geometry for others, and the retained layer. Motion is in stage_motion.cpp, input in
// stage_input.cpp.
#include "ui/scene/stage_view.h"

#include <QPaintEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ui/scene/stage_accessible.h"
#include "ui/scene/stage_view_private.h"
#include "ui/scene/wording.h"

namespace kubarium::scene {

namespace {

constexpr std::size_t kMaximumDirty = 64;  // above that one repaint of everything is cheaper
constexpr animation::Milliseconds kGestureRest = 80;
constexpr animation::Milliseconds kSlowFrame = 12;

}  // namespace

StageView::Private::Private(StageView* owner) : view(owner) {}

StageView::StageView(QWidget* parent) : QWidget(parent), d_(std::make_unique<Private>(this)) {
  installStageAccessibility();
  setAttribute(Qt::WA_OpaquePaintEvent);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(Stage::tr("Stage: the picture of the cluster"));
  connect(&d_->animator, &animation::StageAnimator::tick, this, [this] { d_->onTick(); });
  d_->clockAt = d_->now();
  d_->relayout();
}

StageView::~StageView() = default;

void StageView::setModel(std::shared_ptr<const StageModel> model) { d_->applyModel(std::move(model), true); }
void StageView::setModelAtOnce(std::shared_ptr<const StageModel> model) { d_->applyModel(std::move(model), false); }
std::shared_ptr<const StageModel> StageView::model() const { return d_->model; }

void StageView::setClock(const StageClock& clock) {
  const bool jumped = clock.rate != d_->clock.rate || clock.paused != d_->clock.paused || std::abs(clock.now - d_->clusterNow()) > 0.5 * clock.rate;
  d_->clock = clock;
  d_->clockAt = d_->now();
  if (jumped) {
    d_->relayout();
  }
  d_->schedule();
}

void StageView::setTheatre(std::optional<TheatreState> theatre) {
  if (theatre == d_->theatre) {
    return;
  }
  const bool sameCycle = theatre && d_->theatre && theatre->podKey == d_->theatre->podKey && theatre->cycle == d_->theatre->cycle;
  const bool scoredBefore = sameCycle && d_->theatre->phase >= TheatrePhase::Score;
  if (theatre && theatre->phase >= TheatrePhase::Score && !scoredBefore) {
    d_->scoreStarted = d_->now();
  }
  const bool appeared = theatre.has_value() != d_->theatre.has_value();
  // Another list of reasons: the same place would be another one.
  if (d_->marked.kind == Hit::Kind::Reason && !(theatre && d_->theatre && sortedReasons(*theatre) == sortedReasons(*d_->theatre))) {
    d_->marked = {};
  }
  d_->theatre = std::move(theatre);
  d_->indexTheatre();
  if (appeared) {
    setAccessibleDescription(d_->theatre ? d_->theatre->explanation : QString());
  }
  d_->relayout();
  d_->schedule();
}

bool StageView::hasTheatre() const { return d_->theatre.has_value(); }
const std::optional<TheatreState>& StageView::theatre() const { return d_->theatre; }
QRect StageView::theatreBar() const { return d_->theatre ? d_->layout.theatreBar.toAlignedRect() : QRect(); }

QRect StageView::reasonRect(const QString& reason) const {
  if (!d_->theatre) {
    return {};
  }
  const std::vector<ReasonCount> reasons = sortedReasons(*d_->theatre);
  for (std::size_t i = 0; i < std::min(reasons.size(), d_->layout.reasonRows.size()); ++i) {
    if (reasons[i].reason == reason) {
      return d_->layout.reasonRows[i].toAlignedRect();
    }
  }
  return {};
}

void StageView::setTheme(const style::Theme& theme) {
  d_->theme = theme;
  if (theme.motion == style::Motion::Reduced) {
    d_->animator.clear();
    std::fill(d_->hidden.begin(), d_->hidden.end(), std::uint8_t{0});
  }
  d_->relayout();
  d_->schedule();
}

const style::Theme& StageView::theme() const { return d_->theme; }

void StageView::setPresentation(bool on) {
  d_->hover = {};  // what was there is elsewhere, or not shown at all
  setTheme(style::makeTheme(d_->theme.brightness, on ? style::Contrast::Presentation : style::Contrast::Normal, d_->theme.motion));
}

bool StageView::isPresentation() const { return d_->theme.isPresentation(); }

void StageView::setOwnerPalette(std::shared_ptr<style::OwnerPalette> palette) {
  d_->palette = std::move(palette);
  d_->assignColors(nullptr);
  d_->invalidate();
}

void StageView::setGroupBy(GroupBy groupBy) {
  if (groupBy == d_->groupBy) {
    return;
  }
  d_->groupBy = groupBy;
  d_->autoFit = true;
  d_->relayout();
  Q_EMIT groupByChanged(groupBy);
}

GroupBy StageView::groupBy() const { return d_->groupBy; }
void StageView::setMessagesVisible(bool on) { d_->messages = on; }
bool StageView::messagesVisible() const { return d_->messages; }

void StageView::showMessage(const StageMessage& message) {
  if (!d_->messages || !isVisible()) {
    return;
  }
  d_->sendDot(message.from, message.to, message.text, animation::RingTone::Accent, 4);
  d_->schedule();
}

void StageView::selectNode(const QString& name) {
  d_->selectedNode = name;
  d_->selectedPod.clear();
  update();
}

void StageView::selectPod(const QString& key) {
  d_->selectedPod = key;
  d_->selectedNode.clear();
  update();
}

QString StageView::selectedNode() const { return d_->selectedNode; }
QString StageView::selectedPod() const { return d_->selectedPod; }

void StageView::zoomIn() { setZoom(zoom() * 1.25); }
void StageView::zoomOut() { setZoom(zoom() / 1.25); }

void StageView::setZoom(double scale) {
  d_->autoFit = false;
  d_->camera.setScale(scale, d_->camera.viewport().center());
  d_->gestureUntil = d_->now() + kGestureRest;
  d_->schedule();
  update();
}

double StageView::zoom() const { return d_->camera.scale(); }

void StageView::panBy(const QPointF& delta) {
  d_->autoFit = false;
  d_->camera.panBy(delta);
  d_->gestureUntil = d_->now() + kGestureRest;
  d_->schedule();
  update();
}

void StageView::fitAll() {
  d_->autoFit = true;
  d_->fit();
  update();
}

void StageView::revealNode(const QString& name) {
  const int node = d_->slots.nodeIndex(name);
  if (node < 0) {
    return;
  }
  const QRectF rect = d_->layout.nodeRect(node);
  if (!d_->camera.viewport().contains(d_->camera.toWidget(rect))) {
    d_->autoFit = false;
    if (d_->camera.scale() < 0.7) {
      d_->camera.setScale(1.0, d_->camera.viewport().center());
    }
    d_->camera.center(rect.center());
    update();
  }
}

QImage StageView::toImage(double scale) {
  QImage image(QSize(static_cast<int>(std::lround(width() * scale)), static_cast<int>(std::lround(height() * scale))), QImage::Format_RGB32);
  image.fill(d_->theme.stage);
  QPainter painter(&image);
  painter.scale(scale, scale);
  CellSprites sprites;
  Scene scene = d_->scene();
  scene.sprites = &sprites;
  ScenePainter::paint(painter, scene, QRectF(rect()));
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
  d_->paintOverlay(painter);
  painter.end();
  return image;
}

bool StageView::exportPng(const QString& path, double scale) { return toImage(scale).save(path, "PNG"); }

QRect StageView::nodeRect(const QString& name) const {
  const int node = d_->slots.nodeIndex(name);
  return node < 0 ? QRect() : d_->camera.toWidget(d_->layout.nodeRect(node)).toAlignedRect();
}

QRect StageView::podRect(const QString& key) const {
  const int pod = d_->slots.podIndex(key);
  return pod < 0 ? QRect() : d_->podWidgetRect(pod).toAlignedRect();
}

void StageView::setTimeSource(std::function<std::int64_t()> milliseconds) {
  d_->animator.setTimeSource(std::move(milliseconds));
  d_->clockAt = d_->now();
}

bool StageView::isAnimating() const { return d_->animator.isTicking() && d_->animator.interval() <= 33; }
void StageView::tickForTest() { d_->onTick(); }
QSize StageView::sizeHint() const { return {840, 720}; }
QSize StageView::minimumSizeHint() const { return {360, 280}; }

void StageView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  d_->relayout();
}

void StageView::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  d_->animator.clear();
  d_->animator.stop();
  std::fill(d_->hidden.begin(), d_->hidden.end(), std::uint8_t{0});
  d_->layer = QImage();
}

void StageView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  d_->relayout();
  d_->schedule();
}

void StageView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::LanguageChange || event->type() == QEvent::FontChange) {
    setAccessibleName(Stage::tr("Stage: the picture of the cluster"));
    d_->relayout();
  }
}

void StageView::paintEvent(QPaintEvent* event) {
  const animation::Milliseconds begin = d_->now();
  d_->refreshLayer();
  QPainter painter(this);
  const double dpr = devicePixelRatioF();
  painter.save();
  // One device pixel of the layer is one device pixel of the widget: no resampling at fractional scaling.
  painter.scale(1 / dpr, 1 / dpr);
  for (const QRect& part : event->region()) {
    const QRect device = QRectF(part.left() * dpr, part.top() * dpr, part.width() * dpr, part.height() * dpr).toAlignedRect() & d_->layer.rect();
    painter.drawImage(device.topLeft(), d_->layer, device);
  }
  painter.restore();
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
  d_->paintOverlay(painter);
  if (d_->now() < d_->gestureUntil && d_->now() - begin > kSlowFrame) {
    d_->slowFrames = true;
  }
}

ClusterSeconds StageView::Private::clusterNow() const {
  const double passed = static_cast<double>(now() - clockAt) / 1000.0;
  return clock.now + (clock.paused ? 0.0 : passed * clock.rate);
}

LayoutOptions StageView::Private::options(const QSizeF& size) const {
  LayoutOptions result;
  result.size = size;
  result.presentation = theme.isPresentation();
  result.groupBy = groupBy;
  result.theatre = theatre ? &*theatre : nullptr;
  result.now = clusterNow();
  result.rate = clock.rate;
  return result;
}

Scene StageView::Private::scene() const {
  Scene result;
  result.model = model.get();
  result.slots = &slots;
  result.layout = &layout;
  result.camera = &camera;
  result.theme = &theme;
  result.theatre = theatre ? &*theatre : nullptr;
  result.theatreNode = &theatreNode;
  result.podColor = &podColor;
  result.hidden = &hidden;
  result.sprites = const_cast<CellSprites*>(&sprites);
  result.groupBy = groupBy;
  result.presentation = theme.isPresentation();
  result.coarse = slowFrames && now() < gestureUntil;
  result.now = clusterNow();
  result.rate = clock.rate;
  result.scoreStage = scoreStage();
  result.trafficPhase = static_cast<double>(now() - pulseEpoch) / 1000.0;
  return result;
}

void StageView::Private::relayout() {
  layout = StageLayout::compute(*model, slots, options(view->size()));
  camera.setViewport(layout.viewport, view->devicePixelRatioF());
  camera.setWorld(layout.world, layout.sideMargin);
  if (autoFit) {
    fit();
  }
  invalidate();
}

void StageView::Private::fit() {
  const double scale = layout.detail == Detail::Cards ? layout.pageScale : camera.fitScale();
  camera.lookAt(QPointF(0, 0), scale);
}

void StageView::Private::invalidate() {
  layerValid = false;
  dirty.clear();
  view->update();
}

void StageView::Private::markDirty(const QRectF& rect) {
  if (rect.isEmpty()) {
    return;
  }
  view->update(rect.toAlignedRect().adjusted(-1, -1, 1, 1));
  if (!layerValid) {
    return;
  }
  if (dirty.size() >= kMaximumDirty) {
    invalidate();
    return;
  }
  dirty.push_back(rect);
}

void StageView::Private::markNode(int node) {
  const QRectF rect = camera.toWidget(layout.nodeRect(node)).adjusted(-8, -8, 8, 8) & camera.viewport();
  markDirty(rect);
}

void StageView::Private::paintLayer(const QRectF& rect) {
  const double dpr = view->devicePixelRatioF();
  // Whole device pixels, or the edge of a partial repaint would blend twice.
  const QRect device = QRectF(rect.left() * dpr, rect.top() * dpr, rect.width() * dpr, rect.height() * dpr).toAlignedRect() & layer.rect();
  if (device.isEmpty()) {
    return;
  }
  QPainter painter(&layer);
  painter.scale(dpr, dpr);
  ScenePainter::paint(painter, scene(), QRectF(device.left() / dpr, device.top() / dpr, device.width() / dpr, device.height() / dpr));
}

// Moves the world's pixels by whole device pixels and paints what came into view.
void StageView::Private::scrollLayer(const QPointF& delta) {
  const double dpr = view->devicePixelRatioF();
  const int dx = static_cast<int>(std::lround(delta.x() * dpr));
  const int dy = static_cast<int>(std::lround(delta.y() * dpr));
  const QRectF port = layout.viewport;
  // What floats over the world does not scroll.
  const double floor = std::min({port.bottom(), layout.theatreBar.isEmpty() ? port.bottom() : layout.theatreBar.top() - 14,
                                 layout.reasonPanel.isEmpty() ? port.bottom() : layout.reasonPanel.top() - 14});
  const QRectF moving(port.left(), port.top(), port.width(), floor - port.top());
  const QRect box = QRect(QPoint(static_cast<int>(std::ceil(moving.left() * dpr)), static_cast<int>(std::ceil(moving.top() * dpr))),
                          QPoint(static_cast<int>(std::floor(moving.right() * dpr)) - 1, static_cast<int>(std::floor(moving.bottom() * dpr)) - 1)) &
                    layer.rect();
  const QRect kept = box & box.translated(dx, dy);
  if (kept.isEmpty()) {
    layerValid = false;
    return;
  }
  const int bytes = kept.width() * 4;
  const auto copyRow = [&](int y) {
    std::memmove(layer.scanLine(y) + kept.left() * 4, layer.constScanLine(y - dy) + (kept.left() - dx) * 4, static_cast<std::size_t>(bytes));
  };
  if (dy > 0) {
    for (int y = kept.bottom(); y >= kept.top(); --y) {
      copyRow(y);
    }
  } else {
    for (int y = kept.top(); y <= kept.bottom(); ++y) {
      copyRow(y);
    }
  }
  const QRegion exposed = QRegion(QRectF(port.left() * dpr, port.top() * dpr, port.width() * dpr, port.height() * dpr).toAlignedRect()) - kept;
  for (const QRect& part : exposed) {
    paintLayer(QRectF(part.left() / dpr, part.top() / dpr, part.width() / dpr, part.height() / dpr));
  }
}

void StageView::Private::refreshLayer() {
  const double dpr = view->devicePixelRatioF();
  const QSize size(static_cast<int>(std::ceil(view->width() * dpr)), static_cast<int>(std::ceil(view->height() * dpr)));
  if (camera.devicePixelRatio() != dpr) {
    camera.setViewport(layout.viewport, dpr);
    layerValid = false;
  }
  if (layer.size() != size) {
    layer = QImage(size, QImage::Format_RGB32);
    layerValid = false;
  }
  if (layerScale != camera.scale()) {
    layerValid = false;
  }
  if (layerValid && layerOffset != camera.offset()) {
    for (QRectF& rect : dirty) {
      // Marked before the scroll: the same place in the world is elsewhere now.
      rect |= rect.translated(camera.offset() - layerOffset);
    }
    scrollLayer(camera.offset() - layerOffset);
  }
  layerOffset = camera.offset();
  layerScale = camera.scale();
  if (!layerValid) {
    paintLayer(QRectF(view->rect()));
    layerValid = true;
  } else {
    for (const QRectF& rect : dirty) {
      paintLayer(rect);
    }
  }
  dirty.clear();
}

}  // namespace kubarium::scene
