#include "ui/scene/stage_view.h"

#include <QImage>
#include <QPainter>

namespace kubarium::scene {

struct StageView::Private {
  std::shared_ptr<const StageModel> model = std::make_shared<StageModel>();
  std::optional<TheatreState> theatre;
  style::Theme theme = style::makeTheme(style::Brightness::Dark);
  std::shared_ptr<style::OwnerPalette> palette = std::make_shared<style::OwnerPalette>();
  GroupBy groupBy = GroupBy::None;
  StageClock clock;
  bool messages = false;
  double zoom = 1;
  QString selectedNode;
  QString selectedPod;
  std::function<std::int64_t()> now;
};

StageView::StageView(QWidget* parent) : QWidget(parent), d_(std::make_unique<Private>()) {}
StageView::~StageView() = default;
void StageView::setModel(std::shared_ptr<const StageModel> model) { d_->model = std::move(model); update(); }
void StageView::setModelAtOnce(std::shared_ptr<const StageModel> model) { setModel(std::move(model)); }
std::shared_ptr<const StageModel> StageView::model() const { return d_->model; }
void StageView::setClock(const StageClock& clock) { d_->clock = clock; }
void StageView::setTheatre(std::optional<TheatreState> theatre) { d_->theatre = std::move(theatre); update(); }
bool StageView::hasTheatre() const { return d_->theatre.has_value(); }
void StageView::setTheme(const style::Theme& theme) { d_->theme = theme; update(); }
const style::Theme& StageView::theme() const { return d_->theme; }
void StageView::setPresentation(bool on) {
  setTheme(style::makeTheme(d_->theme.brightness, on ? style::Contrast::Presentation : style::Contrast::Normal, d_->theme.motion));
}
bool StageView::isPresentation() const { return d_->theme.isPresentation(); }
void StageView::setOwnerPalette(std::shared_ptr<style::OwnerPalette> palette) { d_->palette = std::move(palette); }
void StageView::setGroupBy(GroupBy groupBy) { d_->groupBy = groupBy; update(); }
GroupBy StageView::groupBy() const { return d_->groupBy; }
void StageView::setMessagesVisible(bool on) { d_->messages = on; }
bool StageView::messagesVisible() const { return d_->messages; }
void StageView::showMessage(const StageMessage&) {}
void StageView::selectNode(const QString& name) { d_->selectedNode = name; }
void StageView::selectPod(const QString& key) { d_->selectedPod = key; }
QString StageView::selectedNode() const { return d_->selectedNode; }
QString StageView::selectedPod() const { return d_->selectedPod; }
void StageView::zoomIn() { setZoom(zoom() * 1.25); }
void StageView::zoomOut() { setZoom(zoom() / 1.25); }
void StageView::setZoom(double scale) { d_->zoom = scale; update(); }
double StageView::zoom() const { return d_->zoom; }
void StageView::fitAll() { setZoom(1); }
void StageView::revealNode(const QString& name) { selectNode(name); }
QImage StageView::toImage(double) { return grab().toImage(); }
bool StageView::exportPng(const QString& path, double scale) { return toImage(scale).save(path); }
QRect StageView::nodeRect(const QString&) const { return {}; }
QRect StageView::podRect(const QString&) const { return {}; }
void StageView::setTimeSource(std::function<std::int64_t()> milliseconds) { d_->now = std::move(milliseconds); }
bool StageView::isAnimating() const { return false; }
QSize StageView::sizeHint() const { return {840, 720}; }
QSize StageView::minimumSizeHint() const { return {320, 240}; }
bool StageView::event(QEvent* event) { return QWidget::event(event); }
void StageView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), d_->theme.stage);
}
void StageView::resizeEvent(QResizeEvent* event) { QWidget::resizeEvent(event); }
void StageView::mousePressEvent(QMouseEvent* event) { QWidget::mousePressEvent(event); }
void StageView::mouseMoveEvent(QMouseEvent* event) { QWidget::mouseMoveEvent(event); }
void StageView::mouseReleaseEvent(QMouseEvent* event) { QWidget::mouseReleaseEvent(event); }
void StageView::mouseDoubleClickEvent(QMouseEvent* event) { QWidget::mouseDoubleClickEvent(event); }
void StageView::leaveEvent(QEvent* event) { QWidget::leaveEvent(event); }
void StageView::wheelEvent(QWheelEvent* event) { QWidget::wheelEvent(event); }
void StageView::keyPressEvent(QKeyEvent* event) { QWidget::keyPressEvent(event); }
void StageView::contextMenuEvent(QContextMenuEvent* event) { QWidget::contextMenuEvent(event); }
void StageView::changeEvent(QEvent* event) { QWidget::changeEvent(event); }
void StageView::hideEvent(QHideEvent* event) { QWidget::hideEvent(event); }
void StageView::showEvent(QShowEvent* event) { QWidget::showEvent(event); }

}  // namespace kubarium::scene
