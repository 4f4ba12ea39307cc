// Pointer, wheel, keyboard, tooltips.
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

#include "ui/scene/stage_view_private.h"
#include "ui/scene/wording.h"

namespace kubarium::scene {

namespace {

constexpr animation::Milliseconds kGestureRest = 80;

}  // namespace

Hit StageView::Private::hitAt(const QPointF& point) const {
  if (layout.closeButton.contains(point)) {
    return {Hit::Kind::Close, 0};
  }
  if (layout.nextButton.contains(point)) {
    return {Hit::Kind::Next, 0};
  }
  if (layout.backButton.contains(point)) {
    return {Hit::Kind::Back, 0};
  }
  if (layout.pluginButton.contains(point)) {
    return {Hit::Kind::Plugin, 0};
  }
  for (std::size_t i = 0; i < layout.reasonRows.size(); ++i) {
    if (layout.reasonRows[i].contains(point)) {
      return {Hit::Kind::Reason, static_cast<int>(i)};
    }
  }
  if (layout.theatreBar.contains(point) || layout.reasonPanel.contains(point)) {
    return {Hit::Kind::Bar, 0};
  }
  if (layout.groupButton.contains(point)) {
    return {Hit::Kind::GroupButton, 0};
  }
  for (std::size_t i = 0; i < layout.components.size(); ++i) {
    if (layout.components[i].contains(point)) {
      return {Hit::Kind::Component, static_cast<int>(i)};
    }
  }
  for (const PendingGroup& group : layout.pending) {
    for (std::size_t i = 0; i < group.chips.size(); ++i) {
      if (group.chips[i].adjusted(-3, -3, 3, 3).contains(point)) {
        return {Hit::Kind::Pod, group.pods[i]};
      }
    }
    if (group.rect.contains(point)) {
      return {Hit::Kind::Pod, group.pods.front()};
    }
  }
  if (!camera.viewport().contains(point)) {
    return {};
  }
  const QPointF world = camera.toWorld(point);
  if (const int node = layout.nodeAt(world); node >= 0) {
    const double chip = layout.chipSize() * camera.scale();
    const int slot = chip >= 5 ? layout.slotAt(node, world) : -1;
    if (slot >= 0) {
      if (const int pod = slots.podsOf(static_cast<std::size_t>(node))[static_cast<std::size_t>(slot)]; pod >= 0) {
        return {Hit::Kind::Pod, pod};
      }
    }
    return {Hit::Kind::Node, node};
  }
  for (std::size_t i = 0; i < layout.services.size(); ++i) {
    if (layout.services[i].contains(world)) {
      return {Hit::Kind::Service, static_cast<int>(i)};
    }
  }
  return {};
}

QRectF StageView::Private::hitRect(const Hit& hit) const {
  const auto at = static_cast<std::size_t>(std::max(0, hit.index));
  switch (hit.kind) {
    case Hit::Kind::Component: return at < layout.components.size() ? layout.components[at] : QRectF();
    case Hit::Kind::GroupButton: return layout.groupButton;
    case Hit::Kind::Back: return layout.backButton;
    case Hit::Kind::Next: return layout.nextButton;
    case Hit::Kind::Close: return layout.closeButton;
    case Hit::Kind::Plugin: return layout.pluginButton;
    case Hit::Kind::Reason: return at < layout.reasonRows.size() ? layout.reasonRows[at] : QRectF();
    case Hit::Kind::Node: return at < model->nodes.size() ? camera.toWidget(layout.nodeRect(hit.index)) : QRectF();
    case Hit::Kind::Pod: return at < model->pods.size() ? podWidgetRect(hit.index) : QRectF();
    case Hit::Kind::Service: return at < layout.services.size() ? camera.toWidget(layout.services[at]) : QRectF();
    case Hit::Kind::Bar:
    case Hit::Kind::None: break;
  }
  return {};
}

QString StageView::Private::tooltip(const Hit& hit) const {
  const auto at = static_cast<std::size_t>(std::max(0, hit.index));
  switch (hit.kind) {
    case Hit::Kind::Node: {
      const auto& pods = slots.podsOf(at);
      const int count = static_cast<int>(std::count_if(pods.begin(), pods.end(), [](int pod) { return pod >= 0; }));
      QString text = nodeSentence(model->nodes[at], count);
      const int verdict = theatre && theatre->phase > TheatrePhase::Queue ? theatreNode[at] : -1;
      if (verdict >= 0 && !theatre->nodes[static_cast<std::size_t>(verdict)].feasible) {
        const TheatreNode& node = theatre->nodes[static_cast<std::size_t>(verdict)];
        text += QLatin1Char('\n') + Stage::tr("It cannot run %1: %2 (%3).").arg(theatre->podName, node.reasons.join(QStringLiteral("; ")), node.plugin);
      }
      for (const Fuse& fuse : model->nodes[at].fuses) {
        const double left = std::max(0.0, fuse.ends - clusterNow()) / std::max(0.01, clock.rate);
        text += QLatin1Char('\n') + Stage::tr("A timer runs: %1, %2 left.").arg(fuse.label, secondsText(left));
      }
      for (const TaintFlag& taint : model->nodes[at].taints) {
        text += QLatin1Char('\n') + Stage::tr("Taint %1, effect %2.").arg(taint.text, taint.effect);
      }
      return text;
    }
    case Hit::Kind::Pod: return podSentence(model->pods[at]);
    case Hit::Kind::Service: {
      const auto& endpoints = model->services[at].endpoints;
      const auto live = std::count_if(endpoints.begin(), endpoints.end(), [](const StageEndpoint& endpoint) { return endpoint.ready && !endpoint.removed; });
      if (live == 0) {
        return Stage::tr("Service %1").arg(model->services[at].name) + QLatin1Char('\n') + Stage::tr("No Pod is ready behind this Service: requests are refused.");
      }
      return Stage::tr("Service %1 spreads its requests over %2.").arg(model->services[at].name, podsText(static_cast<int>(live)));
    }
    case Hit::Kind::Component:
      return model->components[at].detail.isEmpty()
                 ? componentName(model->components[at].kind)
                 : Stage::tr("%1: %2", "component: its state").arg(componentName(model->components[at].kind), model->components[at].detail);
    case Hit::Kind::GroupButton: return Stage::tr("Arrange the Nodes by zone, by pool or in one group (C goes here, Enter opens).");
    case Hit::Kind::Back: return Stage::tr("Go back one phase of this cycle (Backspace).");
    case Hit::Kind::Next: return Stage::tr("Let the scheduler do its next phase (Space).");
    case Hit::Kind::Close: return Stage::tr("Leave the theatre (Esc).");
    case Hit::Kind::Plugin: return Stage::tr("One plugin at a time: see what the next one says (P; Shift+P goes back).");
    case Hit::Kind::Reason: return Stage::tr("List the Nodes that were refused for this reason (C goes from reason to reason, Enter opens).");
    case Hit::Kind::Bar:
    case Hit::Kind::None: break;
  }
  return {};
}

bool StageView::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    auto* help = static_cast<QHelpEvent*>(event);
    const Hit hit = d_->hitAt(help->pos());
    const QString text = d_->tooltip(hit);
    if (text.isEmpty()) {
      QToolTip::hideText();
      event->ignore();
    } else {
      QToolTip::showText(help->globalPos(), text, this, d_->hitRect(hit).toAlignedRect());
    }
    return true;
  }
  if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) {
    update();
  }
  return QWidget::event(event);
}

void StageView::Private::select(int node, int pod) {
  if (marked.kind != Hit::Kind::None) {
    setMark({});
  }
  const QString nextNode = node < 0 ? QString() : model->nodes[static_cast<std::size_t>(node)].name;
  const QString nextPod = pod < 0 ? QString() : model->pods[static_cast<std::size_t>(pod)].key;
  const bool nodeChanged = nextNode != selectedNode;
  const bool podChanged = nextPod != selectedPod;
  selectedNode = nextNode;
  selectedPod = nextPod;
  view->update();
  if (podChanged && !nextPod.isEmpty()) {
    Q_EMIT view->podSelected(nextPod);
  } else if (nodeChanged && !nextNode.isEmpty()) {
    Q_EMIT view->nodeSelected(nextNode);
  } else if (nodeChanged || podChanged) {
    Q_EMIT view->nodeSelected(QString());
  }
}

void StageView::Private::click(const Hit& hit) {
  const auto at = static_cast<std::size_t>(std::max(0, hit.index));
  switch (hit.kind) {
    case Hit::Kind::Node: select(hit.index, -1); break;
    case Hit::Kind::Pod: select(-1, hit.index); break;
    case Hit::Kind::Service: Q_EMIT view->serviceSelected(model->services[at].ns, model->services[at].name); break;
    case Hit::Kind::Component: Q_EMIT view->componentActivated(model->components[at].kind); break;
    case Hit::Kind::GroupButton: showGroupMenu(); break;
    case Hit::Kind::Back:
      if (theatre && theatre->canGoBack) {
        Q_EMIT view->theatreBackRequested();
      }
      break;
    case Hit::Kind::Next:
      if (theatre && theatre->canGoNext) {
        Q_EMIT view->theatreNextRequested();
      }
      break;
    case Hit::Kind::Close: Q_EMIT view->theatreClosed(); break;
    case Hit::Kind::Plugin: Q_EMIT view->theatrePluginRequested(1); break;
    case Hit::Kind::Reason:
      if (theatre) {
        if (const auto reasons = sortedReasons(*theatre); at < reasons.size()) {
          Q_EMIT view->reasonActivated(reasons[at].reason);
        }
      }
      break;
    case Hit::Kind::None: select(-1, -1); break;
    case Hit::Kind::Bar: break;
  }
}

void StageView::Private::showGroupMenu() {
  auto* menu = new QMenu(view);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const std::pair<GroupBy, QString> choices[] = {{GroupBy::None, Stage::tr("Not grouped")},
                                                 {GroupBy::Zone, Stage::tr("Group by zone")},
                                                 {GroupBy::Pool, Stage::tr("Group by pool")}};
  for (const auto& [choice, text] : choices) {
    QAction* action = menu->addAction(text);
    action->setCheckable(true);
    action->setChecked(choice == groupBy);
    QObject::connect(action, &QAction::triggered, view, [this, chosen = choice] { view->setGroupBy(chosen); });
  }
  menu->popup(view->mapToGlobal(layout.groupButton.bottomLeft().toPoint() + QPoint(0, 4)));
}

void StageView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton) {
    return;
  }
  d_->pressAt = event->position();
  d_->lastDrag = event->position();
  d_->dragging = false;
  d_->pressed = d_->hitAt(event->position());
}

void StageView::mouseMoveEvent(QMouseEvent* event) {
  if (d_->pressAt) {
    const QPointF way = event->position() - *d_->pressAt;
    if (!d_->dragging && std::hypot(way.x(), way.y()) > 5 && d_->camera.viewport().contains(*d_->pressAt) && d_->pressed.kind != Hit::Kind::Bar) {
      d_->dragging = true;
      setCursor(Qt::ClosedHandCursor);
    }
    if (d_->dragging) {
      d_->autoFit = false;
      d_->camera.panBy(event->position() - d_->lastDrag);
      d_->lastDrag = event->position();
      d_->gestureUntil = d_->now() + kGestureRest;
      update();
      return;
    }
  }
  const Hit hit = d_->hitAt(event->position());
  if (hit == d_->hover) {
    return;
  }
  const auto area = [&](const Hit& of) { return d_->hitRect(of).adjusted(-6, -6, 6, 6).toAlignedRect(); };
  update(area(d_->hover));
  d_->hover = hit;
  update(area(hit));
  const bool hand = hit.kind != Hit::Kind::None && hit.kind != Hit::Kind::Bar;
  setCursor(hand ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void StageView::mouseReleaseEvent(QMouseEvent* event) {
  if (!d_->pressAt) {
    return;
  }
  const bool wasDrag = d_->dragging;
  d_->pressAt.reset();
  d_->dragging = false;
  if (wasDrag) {
    setCursor(Qt::ArrowCursor);
    d_->schedule();
    return;
  }
  const Hit hit = d_->hitAt(event->position());
  if (event->button() == Qt::LeftButton && hit == d_->pressed) {
    d_->click(hit);
  }
}

void StageView::mouseDoubleClickEvent(QMouseEvent* event) {
  const Hit hit = d_->hitAt(event->position());
  if (hit.kind == Hit::Kind::Node) {
    Q_EMIT nodeActivated(d_->model->nodes[static_cast<std::size_t>(hit.index)].name);
  } else if (hit.kind == Hit::Kind::Pod) {
    Q_EMIT podActivated(d_->model->pods[static_cast<std::size_t>(hit.index)].key);
  } else if (hit.kind == Hit::Kind::None) {
    fitAll();
  } else {
    mousePressEvent(event);
  }
}

void StageView::leaveEvent(QEvent* event) {
  QWidget::leaveEvent(event);
  d_->hover = {};
  update();
}

// A map zooms with the wheel; a page of cards scrolls with it, and zooms with Ctrl.
void StageView::wheelEvent(QWheelEvent* event) {
  const QPointF pixels = event->pixelDelta().isNull() ? QPointF(event->angleDelta()) / 2.0 : QPointF(event->pixelDelta());
  const bool zoomWanted = (event->modifiers() & Qt::ControlModifier) || (d_->layout.detail == Detail::Cells && event->modifiers() == Qt::NoModifier);
  d_->autoFit = false;
  d_->gestureUntil = d_->now() + kGestureRest;
  if (zoomWanted) {
    d_->camera.setScale(d_->camera.scale() * std::pow(1.0016, event->angleDelta().y()), event->position());
  } else if (event->modifiers() & Qt::ShiftModifier) {
    d_->camera.panBy(QPointF(pixels.y() + pixels.x(), 0));
  } else {
    d_->camera.panBy(pixels);
  }
  d_->hover = {};
  d_->schedule();
  update();
  event->accept();
}

void StageView::contextMenuEvent(QContextMenuEvent* event) {
  QPoint at = event->globalPos();
  Hit hit = d_->hitAt(event->pos());
  if (event->reason() == QContextMenuEvent::Keyboard) {
    const int node = d_->slots.nodeIndex(d_->selectedNode);
    const int pod = d_->selectedPod.isEmpty() ? -1 : d_->slots.podIndex(d_->selectedPod);
    hit = pod >= 0 ? Hit{Hit::Kind::Pod, pod} : node >= 0 ? Hit{Hit::Kind::Node, node} : Hit{};
    at = mapToGlobal(hit.kind == Hit::Kind::None ? rect().center() : d_->hitRect(hit).center().toPoint());
  }
  if (hit.kind == Hit::Kind::Node) {
    d_->select(hit.index, -1);
    Q_EMIT contextMenuRequested(d_->selectedNode, QString(), at);
  } else if (hit.kind == Hit::Kind::Pod) {
    d_->select(-1, hit.index);
    Q_EMIT contextMenuRequested(QString(), d_->selectedPod, at);
  } else {
    Q_EMIT contextMenuRequested(QString(), QString(), at);
  }
}

// Arrows go from Node to Node by what lies nearest in that direction; with Shift from Pod to Pod on the same Node.
void StageView::Private::moveSelection(int dx, int dy, bool pods) {
  if (model->nodes.empty()) {
    return;
  }
  const int pod = selectedPod.isEmpty() ? -1 : slots.podIndex(selectedPod);
  int node = selectedNode.isEmpty() ? -1 : slots.nodeIndex(selectedNode);
  if (node < 0 && pod >= 0) {
    node = slots.placeOf(static_cast<std::size_t>(pod)).node;
  }
  if (node < 0) {
    select(0, -1);
    return;
  }
  if (pods) {
    const std::vector<int>& places = slots.podsOf(static_cast<std::size_t>(node));
    const int columns = layout.chipColumns();
    int slot = pod < 0 ? -1 : slots.placeOf(static_cast<std::size_t>(pod)).slot;
    const int step = dx + dy * columns;
    for (slot = slot < 0 ? 0 : slot + step; slot >= 0 && slot < static_cast<int>(places.size()); slot += step) {
      if (places[static_cast<std::size_t>(slot)] >= 0) {
        select(-1, places[static_cast<std::size_t>(slot)]);
        return;
      }
    }
    return;
  }
  const QRectF here = layout.nodeRect(node);
  const QSizeF cell = layout.cellSize();
  int best = -1;
  double bestDistance = 1e18;
  // The neighbour in that direction; across a group's edge the nearest one counts.
  for (int reach = 1; reach <= 3 && best < 0; ++reach) {
    const QPointF middle = here.center() + QPointF(dx * (cell.width() + 12) * reach, dy * (cell.height() + 12) * reach);
    std::vector<int> found;
    layout.nodesIn(QRectF(middle.x() - cell.width() * 0.6, middle.y() - cell.height() * 0.6, cell.width() * 1.2, cell.height() * 1.2), found);
    for (const int other : found) {
      const QPointF way = layout.nodeRect(other).center() - here.center();
      if (other != node && way.x() * dx + way.y() * dy > 1) {
        const double distance = std::hypot(way.x() * (dx != 0 ? 1 : 3), way.y() * (dy != 0 ? 1 : 3));
        if (distance < bestDistance) {
          bestDistance = distance;
          best = other;
        }
      }
    }
  }
  if (best >= 0) {
    select(best, -1);
    view->revealNode(selectedNode);
  }
}

void StageView::Private::setMark(const Hit& hit) {
  marked = hit;
  view->setAccessibleDescription(hit.kind == Hit::Kind::None && theatre ? theatre->explanation : tooltip(hit));
  view->update();
}

// What can be clicked beside Nodes and Pods, one after the other: the reasons of a large theatre first.
void StageView::Private::moveMark(int direction) {
  std::vector<Hit> all;
  const auto add = [&](Hit::Kind kind, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (const Hit hit{kind, static_cast<int>(i)}; !hitRect(hit).isEmpty()) {
        all.push_back(hit);
      }
    }
  };
  add(Hit::Kind::Reason, layout.reasonRows.size());
  add(Hit::Kind::Component, layout.components.size());
  add(Hit::Kind::GroupButton, 1);
  add(Hit::Kind::Service, layout.services.size());
  if (all.empty()) {
    return;
  }
  const auto count = static_cast<std::ptrdiff_t>(all.size());
  const auto found = std::find(all.begin(), all.end(), marked);
  const std::ptrdiff_t at = found != all.end() ? found - all.begin() : direction > 0 ? -1 : count;
  const std::ptrdiff_t next = at + direction;
  setMark(next >= 0 && next < count ? all[static_cast<std::size_t>(next)] : direction > 0 ? all.front() : all.back());
}

bool StageView::Private::presentationKey(int key) {
  if (!theatre) {
    return false;
  }
  if (key == Qt::Key_Space || (theme.isPresentation() && (key == Qt::Key_Right || key == Qt::Key_PageDown))) {
    if (theatre->canGoNext) {
      Q_EMIT view->theatreNextRequested();
    }
    return true;
  }
  if (key == Qt::Key_Backspace || (theme.isPresentation() && (key == Qt::Key_Left || key == Qt::Key_PageUp))) {
    if (theatre->canGoBack) {
      Q_EMIT view->theatreBackRequested();
    }
    return true;
  }
  return false;
}

void StageView::keyPressEvent(QKeyEvent* event) {
  if (d_->presentationKey(event->key())) {
    return;
  }
  const bool pods = event->modifiers() & Qt::ShiftModifier;
  if (d_->theatre && event->key() == Qt::Key_P) {
    Q_EMIT theatrePluginRequested(pods ? -1 : 1);
    return;
  }
  if (event->key() == Qt::Key_C && !(event->modifiers() & ~Qt::ShiftModifier)) {
    d_->moveMark(pods ? -1 : 1);
    return;
  }
  const Hit marked = d_->marked;
  if (!d_->hitRect(marked).isEmpty()) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
      d_->click(marked);
      return;
    }
    if (event->key() == Qt::Key_Escape) {
      d_->setMark({});
      return;
    }
  }
  switch (event->key()) {
    case Qt::Key_Left: d_->moveSelection(-1, 0, pods); return;
    case Qt::Key_Right: d_->moveSelection(1, 0, pods); return;
    case Qt::Key_Up: d_->moveSelection(0, -1, pods); return;
    case Qt::Key_Down: d_->moveSelection(0, 1, pods); return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (!d_->selectedPod.isEmpty()) {
        Q_EMIT podActivated(d_->selectedPod);
      } else if (!d_->selectedNode.isEmpty()) {
        Q_EMIT nodeActivated(d_->selectedNode);
      }
      return;
    case Qt::Key_Home: fitAll(); return;
    case Qt::Key_Plus:
    case Qt::Key_Equal: zoomIn(); return;
    case Qt::Key_Minus: zoomOut(); return;
    case Qt::Key_PageDown: d_->camera.panBy(QPointF(0, -d_->camera.viewport().height() * 0.8)); d_->autoFit = false; update(); return;
    case Qt::Key_PageUp: d_->camera.panBy(QPointF(0, d_->camera.viewport().height() * 0.8)); d_->autoFit = false; update(); return;
    case Qt::Key_Escape:
      if (isPresentation()) {
        event->ignore();  // the window leaves the presentation, as is said at its foot
        return;
      }
      if (d_->theatre) {
        Q_EMIT theatreClosed();
        return;
      }
      if (!d_->selectedNode.isEmpty() || !d_->selectedPod.isEmpty()) {
        d_->select(-1, -1);
        return;
      }
      break;
    default: break;
  }
  QWidget::keyPressEvent(event);
}

}  // namespace kubarium::scene
