// From "what changed" to "what moves": plans flights, fades, rings and dots, and paints them over the layer.
#include <QPainter>

#include <algorithm>
#include <cmath>

#include "ui/scene/alignment.h"
#include "ui/scene/stage_view_private.h"
#include "ui/scene/wording.h"

namespace kubarium::scene {

using animation::Milliseconds;
using animation::RingTone;
using style::mix;

namespace {

constexpr Milliseconds kScoreStep = 450;       // raw, normalised, × weight, sum: one step each
constexpr std::size_t kMaximumPulses = 200;
constexpr double kSmallestFlight = 11;         // a flying chip is never smaller than this, or the eye loses it

Milliseconds count(std::chrono::milliseconds value) { return value.count(); }

// On a card; what the pending lane shows is repainted anyway.
bool looksTheSame(const StagePod& a, const StagePod& b) {
  return a.phase == b.phase && a.restarts == b.restarts && sameText(a.key, b.key) && sameText(a.node, b.node) && sameText(a.owner, b.owner) &&
         sameText(a.ownerName, b.ownerName);
}

}  // namespace

QColor ringColor(const style::Theme& theme, RingTone tone) {
  switch (tone) {
    case RingTone::Ok: return theme.ok;
    case RingTone::Waiting: return theme.waiting;
    case RingTone::Broken: return theme.broken;
    case RingTone::Accent: return theme.accent;
  }
  return theme.accent;
}

// A faster cluster shows faster motion, but never so fast that nobody can follow.
Milliseconds StageView::Private::scaled(std::chrono::milliseconds full) const {
  const Milliseconds base = count(theme.duration(full));
  if (base == 0) {
    return 0;
  }
  const double factor = std::sqrt(std::clamp(clock.rate, 0.25, 16.0));
  return std::max<Milliseconds>(150, std::lround(static_cast<double>(base) / factor));
}

double StageView::Private::scoreStage() const {
  if (!theatre || theatre->phase < TheatrePhase::Score) {
    return 0;
  }
  if (theme.motion == style::Motion::Reduced) {
    return 4;
  }
  return std::min(4.0, static_cast<double>(now() - scoreStarted) / static_cast<double>(kScoreStep));
}

void StageView::Private::assignColors(const StageModel* before) {
  const std::size_t known = before != nullptr ? std::min(before->pods.size(), podColor.size()) : 0;
  podColor.resize(model->pods.size());
  const QString* lastOwner = nullptr;
  int lastColor = -1;
  for (std::size_t i = 0; i < model->pods.size(); ++i) {
    const StagePod& pod = model->pods[i];
    // Most Pods are where they were, and their owner is the same text.
    if (i < known && !pod.owner.isEmpty() && pod.owner.constData() == before->pods[i].owner.constData()) {
      continue;
    }
    if (pod.owner.isEmpty()) {
      podColor[i] = static_cast<std::int8_t>(palette->indexOf(pod.name));
      continue;
    }
    if (lastOwner == nullptr || !sameText(pod.owner, *lastOwner)) {
      lastOwner = &pod.owner;
      lastColor = palette->indexOf(pod.owner);
    }
    podColor[i] = static_cast<std::int8_t>(lastColor);
  }
}

void StageView::Private::indexTheatre() {
  theatreNode.assign(model->nodes.size(), -1);
  if (!theatre) {
    return;
  }
  for (std::size_t i = 0; i < theatre->nodes.size(); ++i) {
    const int node = slots.nodeIndex(theatre->nodes[i].name);
    if (node >= 0) {
      theatreNode[static_cast<std::size_t>(node)] = static_cast<int>(i);
    }
  }
}

void StageView::Private::applyModel(std::shared_ptr<const StageModel> next, bool animated) {
  if (!next) {
    next = std::make_shared<StageModel>();
  }
  const std::shared_ptr<const StageModel> before = std::exchange(model, std::move(next));
  const bool moves = animated && view->isVisible() && theme.motion == style::Motion::Full && !before->nodes.empty();
  std::vector<Transition> transitions;
  std::vector<QRectF> goneFrom;  // where the chips of Pods that are gone were, in the order of the transitions
  if (moves) {
    transitions = diff(*before, *model);
    for (const Transition& t : transitions) {
      if (t.kind == Transition::Kind::PodGone) {
        const StageSlots::Place place = slots.placeOf(static_cast<std::size_t>(t.before));
        const bool shown = place.node >= 0 && place.slot < layout.shownSlots(place.node);
        goneFrom.push_back(shown ? layout.chipRect(place.node, place.slot) : QRectF());
      }
    }
  }
  StageLayout layoutBefore = std::move(layout);
  slots.update(*model);
  assignColors(before.get());
  indexTheatre();
  layout = StageLayout::compute(*model, slots, options(view->size()));
  hidden.assign(model->pods.size(), 0);
  for (const animation::Flight& flight : animator.flights()) {
    if (const int pod = slots.podIndex(flight.key, flight.hint); pod >= 0) {
      hidden[static_cast<std::size_t>(pod)] = 1;
    }
  }
  startingPods.clear();
  for (std::size_t i = 0; i < model->pods.size() && startingPods.size() < kMaximumPulses; ++i) {
    if (model->pods[i].phase == PodPhase::Starting && slots.placeOf(i).node >= 0) {
      startingPods.push_back(static_cast<int>(i));
    }
  }
  const bool sameGrid = layoutBefore.detail == layout.detail && layoutBefore.world == layout.world && layoutBefore.viewport == layout.viewport &&
                        layoutBefore.chipStep() == layout.chipStep() && layoutBefore.chipRows() == layout.chipRows() &&
                        before->nodes.size() == model->nodes.size() && layoutBefore.groups.size() == layout.groups.size();
  camera.setViewport(layout.viewport, view->devicePixelRatioF());
  camera.setWorld(layout.world, layout.sideMargin);
  if (autoFit && !sameGrid) {
    fit();
  }
  if (sameGrid && layerValid) {
    markChanges(*before, *model);
  } else {
    invalidate();
  }
  if (moves) {
    animate(*before, transitions, layoutBefore, goneFrom);
  }
  schedule();
}

void StageView::Private::markChanges(const StageModel& before, const StageModel& after) {
  std::vector<char> touched(after.nodes.size(), 0);
  for (std::size_t i = 0; i < after.nodes.size(); ++i) {
    touched[i] = before.nodes[i] == after.nodes[i] ? 0 : 1;
  }
  const auto touch = [&](const StagePod& pod) {
    if (const int node = slots.nodeIndex(pod.node); node >= 0) {
      touched[static_cast<std::size_t>(node)] = 1;
    }
  };
  const std::size_t common = std::min(before.pods.size(), after.pods.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!looksTheSame(before.pods[i], after.pods[i])) {
      touch(before.pods[i]);
      touch(after.pods[i]);
    }
  }
  for (std::size_t i = common; i < before.pods.size(); ++i) {
    touch(before.pods[i]);
  }
  for (std::size_t i = common; i < after.pods.size(); ++i) {
    touch(after.pods[i]);
  }
  for (std::size_t i = 0; i < touched.size(); ++i) {
    if (touched[i] != 0) {
      markNode(static_cast<int>(i));
      if (!layerValid) {
        return;
      }
    }
  }
  markDirty(layout.headline);
  markDirty(layout.strip);
  markDirty(layout.pendingLane);
  for (std::size_t i = 0; i < layout.services.size(); ++i) {
    if (i >= before.services.size() || before.services[i] != after.services[i]) {
      markDirty(camera.toWidget(layout.services[i]).adjusted(-2, -2, 2, 2) & camera.viewport());
    }
  }
  if (!layout.chart.isEmpty()) {
    markDirty(camera.toWidget(layout.chart).adjusted(-2, -2, 2, 2) & camera.viewport());
  }
}

void StageView::Private::flyTo(const StagePod& pod, int index, const QPointF& from) {
  const QPointF to = podWidgetRect(index).center();
  animation::Flight flight{pod.key, from, now(), 0, index};
  flight.duration = scaled(std::chrono::milliseconds(animation::flightDuration(from, to)));
  if (animator.fly(std::move(flight))) {
    hidden[static_cast<std::size_t>(index)] = 1;
    const int node = slots.placeOf(static_cast<std::size_t>(index)).node;
    if (node >= 0) {
      markNode(node);
    }
  } else if (!pod.node.isEmpty()) {
    animator.ring({{}, pod.node, RingTone::Accent, now(), scaled(style::motion::normal)});
  }
}

void StageView::Private::animate(const StageModel& before, const std::vector<Transition>& transitions, const StageLayout& layoutBefore,
                                 const std::vector<QRectF>& goneFrom) {
  using Kind = Transition::Kind;
  std::size_t fadeIndex = 0;
  const auto ringPod = [&](const Transition& t, RingTone tone) { animator.ring({t.key, {}, tone, now(), scaled(style::motion::slow), t.after}); };
  for (const Transition& t : transitions) {
    if (messages) {
      tell(t);
    }
    switch (t.kind) {
      case Kind::PodPlaced:
        flyTo(model->pods[static_cast<std::size_t>(t.after)], t.after, layoutBefore.pendingRect(t.before).center());
        break;
      case Kind::PodAppeared:
        // Bound before anyone saw it wait: it still came through the lane.
        if (!t.node.isEmpty()) {
          flyTo(model->pods[static_cast<std::size_t>(t.after)], t.after, layout.pendingRect(-1).center());
        }
        break;
      case Kind::PodReady: ringPod(t, RingTone::Ok); break;
      case Kind::PodRestarted: ringPod(t, RingTone::Waiting); break;
      case Kind::PodCrashLooping:
      case Kind::PodUnready:
      case Kind::PodEvicted: ringPod(t, RingTone::Broken); break;
      case Kind::PodGone: {
        const QRectF from = goneFrom[fadeIndex++];
        if (!from.isEmpty()) {
          const StagePod& gone = before.pods[static_cast<std::size_t>(t.before)];
          const QString& owner = gone.owner.isEmpty() ? gone.name : gone.owner;
          animator.fade({from, palette->indexOf(owner),
                         style::ownerLetter(gone.ownerName.isEmpty() ? gone.name : gone.ownerName), gone.evicted, now(), scaled(style::motion::slow)});
        }
        break;
      }
      case Kind::NodeReady:
      case Kind::NodePoweredOn: animator.ring({{}, t.node, RingTone::Ok, now(), scaled(style::motion::slow)}); break;
      case Kind::NodeNotReady:
      case Kind::NodePoweredOff: animator.ring({{}, t.node, RingTone::Broken, now(), scaled(style::motion::slow)}); break;
      case Kind::LeaseRenewed:
        if (layout.detail == Detail::Cards && !theme.isPresentation()) {
          sendDot({Participant::Kind::Node, t.node}, {Participant::Kind::ApiServer, {}}, {}, RingTone::Ok, 2.5);
        }
        break;
      default: break;
    }
  }
}

QPointF StageView::Private::participantPoint(const Participant& participant) const {
  const auto component = [&](ComponentKind kind) {
    for (std::size_t i = 0; i < model->components.size() && i < layout.components.size(); ++i) {
      if (model->components[i].kind == kind) {
        return QPointF(layout.components[i].left() + 16, layout.components[i].center().y());
      }
    }
    return QPointF(24, layout.strip.isEmpty() ? 0 : layout.strip.center().y());
  };
  switch (participant.kind) {
    case Participant::Kind::ApiServer: return component(ComponentKind::ApiServer);
    case Participant::Kind::Scheduler: return component(ComponentKind::Scheduler);
    case Participant::Kind::Controllers: return component(ComponentKind::Controllers);
    case Participant::Kind::Dns: return component(ComponentKind::Dns);
    case Participant::Kind::Node: break;
  }
  const int node = slots.nodeIndex(participant.node);
  if (node < 0) {
    return {};
  }
  const QRectF rect = camera.toWidget(layout.nodeRect(node));
  return {rect.left() + std::min(20.0, rect.width() / 2), rect.top() + 1};
}

void StageView::Private::sendDot(const Participant& from, const Participant& to, const QString& text, RingTone tone, double radius,
                                 Milliseconds delay) {
  const QPointF start = participantPoint(from);
  const QPointF end = participantPoint(to);
  const QRectF room(view->rect());
  if (start.isNull() || end.isNull() || !room.contains(start) || !room.contains(end)) {
    return;
  }
  animator.dot({start, end, text, tone, radius, now() + delay, scaled(style::motion::slow)});
}

// Who told whom what, as far as the change itself proves it: a binding is written by the scheduler and seen by the
// kubelet, a status comes from the kubelet, a Node's condition without a lease from the controllers.
void StageView::Private::tell(const Transition& t) {
  using Kind = Transition::Kind;
  const Participant api{Participant::Kind::ApiServer, {}};
  const Participant scheduler{Participant::Kind::Scheduler, {}};
  const Participant controllers{Participant::Kind::Controllers, {}};
  const Participant node{Participant::Kind::Node, t.node};
  const auto name = [&] { return t.after < 0 ? QString() : model->pods[static_cast<std::size_t>(t.after)].name; };
  const auto say = [&](const Participant& from, const Participant& to, const QString& text, Milliseconds delay = 0) {
    // One after the other, or their labels would cover each other; of a crowd the first speak for all.
    const auto before = static_cast<Milliseconds>(std::count_if(animator.dots().begin(), animator.dots().end(), [&](const animation::Dot& dot) {
      return !dot.text.isEmpty() && dot.from == participantPoint(from) && dot.start + dot.duration > now();
    }));
    if (before < 8) {
      sendDot(from, to, text, RingTone::Accent, 4, delay + before * 220);
    }
  };
  const Milliseconds after = scaled(style::motion::slow);
  switch (t.kind) {
    case Kind::PodAppeared:
      say(controllers, api, Stage::tr("create %1").arg(name()));
      say(api, scheduler, Stage::tr("watch: %1 is new").arg(name()), after);
      break;
    case Kind::PodPlaced:
      say(scheduler, api, Stage::tr("bind %1").arg(name()));
      say(api, node, Stage::tr("watch: run %1").arg(name()), after);
      break;
    case Kind::PodStarted:
    case Kind::PodReady:
    case Kind::PodUnready:
    case Kind::PodRestarted:
    case Kind::PodCrashLooping: say(node, api, Stage::tr("status of %1").arg(name())); break;
    case Kind::PodTerminating:
    case Kind::PodEvicted: say(api, node, Stage::tr("watch: stop %1").arg(name())); break;
    case Kind::NodeNotReady: say(controllers, api, Stage::tr("taint %1").arg(t.node)); break;
    case Kind::EndpointAdded:
    case Kind::EndpointRemoved: say(controllers, api, Stage::tr("endpoints of %1").arg(t.key)); break;
    default: break;
  }
}

int StageView::Private::idleInterval() const {
  if (!view->isVisible()) {
    return 0;
  }
  if (theatre && theatre->phase >= TheatrePhase::Score && scoreStage() < 4.0) {
    return 16;
  }
  if (now() < gestureUntil && slowFrames) {
    return 16;
  }
  const bool motion = theme.motion == style::Motion::Full && !clock.paused;
  if (motion && !startingPods.empty() && layout.chipSize() * camera.scale() >= 10) {
    return 33;
  }
  if (motion && !layout.services.empty() &&
      std::any_of(model->services.begin(), model->services.end(), [](const StageService& service) { return service.rate > 0; })) {
    return 33;
  }
  if (clock.paused || layout.detail != Detail::Cards) {
    return 0;
  }
  bool lease = false;
  for (const StageNode& node : model->nodes) {
    for (const Fuse& fuse : node.fuses) {
      if (fuse.ends > clusterNow()) {
        return 100;
      }
    }
    lease = lease || node.leaseRenewed.has_value();
  }
  for (const int pod : slots.pending()) {
    if (model->pods[static_cast<std::size_t>(pod)].retry) {
      return 500;
    }
  }
  return lease ? 1000 : 0;
}

void StageView::Private::schedule() {
  if (!view->isVisible()) {
    animator.stop();
    return;
  }
  animator.schedule(idleInterval());
}

void StageView::Private::onTick() {
  std::vector<animation::Flight> landed;
  animator.expire(now(), landed);
  for (const animation::Flight& flight : landed) {
    const int pod = slots.podIndex(flight.key, flight.hint);
    if (pod >= 0) {
      hidden[static_cast<std::size_t>(pod)] = 0;
      if (const int node = slots.placeOf(static_cast<std::size_t>(pod)).node; node >= 0) {
        markNode(node);
      }
    }
  }
  const bool growing = theatre && theatre->phase >= TheatrePhase::Score && now() - scoreStarted <= 4 * kScoreStep + 40;
  if (growing && layout.detail == Detail::Cards) {
    for (std::size_t i = 0; i < theatreNode.size(); ++i) {
      if (theatreNode[i] >= 0 && theatre->nodes[static_cast<std::size_t>(theatreNode[i])].feasible) {
        markNode(static_cast<int>(i));
      }
    }
  } else if (growing) {
    markDirty(layout.reasonPanel);
  }
  // Numbers that count down need no 60 frames a second, the age of a lease no more than one.
  if (now() - lastFrame >= 95) {
    lastFrame = now();
    const bool agesToo = now() - lastAges >= 950;
    if (agesToo) {
      lastAges = now();
    }
    if (layout.detail == Detail::Cards && !clock.paused) {
      for (std::size_t i = 0; i < model->nodes.size(); ++i) {
        if (!model->nodes[i].fuses.empty() || (agesToo && model->nodes[i].leaseRenewed)) {
          markDirty(camera.toWidget(layout.detailRect(static_cast<int>(i))).adjusted(-2, -2, 2, 2) & camera.viewport());
        }
      }
    }
    const bool retries = std::any_of(slots.pending().begin(), slots.pending().end(),
                                     [&](int pod) { return model->pods[static_cast<std::size_t>(pod)].retry.has_value(); });
    if (retries && !layout.pendingLane.isEmpty() && !clock.paused) {
      layout = StageLayout::compute(*model, slots, options(view->size()));
      markDirty(layout.pendingLane);
    }
  }
  if (slowFrames && now() >= gestureUntil) {
    slowFrames = false;
    invalidate();
  }
  updateOverlay();
  schedule();
}

// Asks for a repaint of where moving things are and where they were.
void StageView::Private::updateOverlay() {
  const QRegion next = overlayBounds();
  const QRegion all = next | overlayRegion;
  overlayRegion = next;
  if (!all.isEmpty()) {
    view->update(all);
  }
}

QRegion StageView::Private::overlayBounds() const {
  QRegion result;
  const auto add = [&](const QRectF& rect, double margin) { result += rect.adjusted(-margin, -margin, margin, margin).toAlignedRect(); };
  for (const animation::Flight& flight : animator.flights()) {
    const int pod = slots.podIndex(flight.key, flight.hint);
    if (pod < 0) {
      continue;
    }
    const QRectF target = podWidgetRect(pod);
    const double size = std::max(kSmallestFlight, target.width());
    const QPointF at = animation::alongCurve(flight.from, target.center(), animation::easeInOut(animation::progress(flight.start, flight.duration, now())));
    add(QRectF(at.x() - size / 2, at.y() - size / 2, size, size), size * 0.6 + 4);
  }
  for (const animation::Fade& fade : animator.fades()) {
    add(camera.toWidget(fade.worldRect), 10);
  }
  for (const animation::Ring& ring : animator.rings()) {
    const int pod = ring.podKey.isEmpty() ? -1 : slots.podIndex(ring.podKey, ring.hint);
    const int node = ring.node.isEmpty() ? -1 : slots.nodeIndex(ring.node);
    if (pod >= 0) {
      add(podWidgetRect(pod), 14);
    } else if (node >= 0) {
      add(camera.toWidget(layout.nodeRect(node)), 14);
    }
  }
  for (const animation::Dot& dot : animator.dots()) {
    const QPointF at = animation::alongCurve(dot.from, dot.to, animation::easeInOut(animation::progress(dot.start, dot.duration, now())));
    const double width = dot.text.isEmpty() ? 0 : 12 + Ink::width(dot.text, {11, {}, style::TextWeight::Regular, style::TextFamily::Sans, {}});
    add(QRectF(at.x() - 6, at.y() - 10, 12 + width, 20), 6);
  }
  const double chip = layout.chipSize() * camera.scale();
  if (chip >= 10 && theme.motion == style::Motion::Full) {
    for (const int pod : startingPods) {
      add(podWidgetRect(pod), 7);
    }
  }
  if (!layout.services.empty()) {
    for (const QRectF& service : layout.services) {
      add(camera.toWidget(service) & camera.viewport(), 0);
    }
  }
  return result & view->rect();
}

void StageView::Private::paintOverlay(QPainter& painter) {
  const Ink ink(painter, theme);
  painter.save();
  painter.setClipRect(camera.viewport().adjusted(0, 0, 0, 0), Qt::IntersectClip);
  paintStarting(ink);
  if (theme.motion == style::Motion::Full && !layout.services.empty()) {
    painter.save();
    painter.translate(camera.offset());
    painter.scale(camera.scale(), camera.scale());
    ScenePainter::paintTraffic(ink, scene());
    painter.restore();
  }
  painter.restore();
  paintMarks(ink);
  paintScrollHandles(ink);
  paintEffects(ink);
  if (!layout.theatreBar.isEmpty() && !animator.flights().isEmpty()) {
    // The bar floats above what flies.
    ScenePainter::paintFloating(ink, scene(), layout.theatreBar);
  }
}

// Says that there is more, and where; it is not a control.
void StageView::Private::paintScrollHandles(const Ink& ink) {
  const QRectF port = camera.viewport();
  const QRectF seen = camera.toWorld(port);
  QColor color = theme.textFaint;
  color.setAlpha(140);
  ink.painter().setPen(Qt::NoPen);
  ink.painter().setBrush(color);
  const auto handle = [&](double from, double length, double whole, double room) {
    return std::pair(room * std::clamp(from / whole, 0.0, 1.0), std::max(24.0, room * std::min(1.0, length / whole)));
  };
  if (seen.height() < layout.world.height() - 2) {
    const double room = port.height() - 12;
    const auto [at, length] = handle(seen.top(), seen.height(), layout.world.height(), room);
    ink.painter().drawRoundedRect(QRectF(port.right() - 7, port.top() + 6 + std::min(at, room - length), 4, length), 2, 2);
  }
  if (seen.width() < layout.world.width() - 2) {
    const double room = port.width() - 24;
    const auto [at, length] = handle(seen.left(), seen.width(), layout.world.width(), room);
    ink.painter().drawRoundedRect(QRectF(port.left() + 8 + std::min(at, room - length), port.bottom() - 7, length, 4), 2, 2);
  }
}

// Containers are being started: the ring breathes.
void StageView::Private::paintStarting(const Ink& ink) {
  const double chip = layout.chipSize() * camera.scale();
  if (chip < 10 || theme.motion != style::Motion::Full) {
    return;
  }
  const double wave = 0.5 - 0.5 * std::cos(static_cast<double>(now() - pulseEpoch) / 900.0 * 2 * 3.14159265358979);
  QPainter& painter = ink.painter();
  for (const int pod : startingPods) {
    if (hidden[static_cast<std::size_t>(pod)] != 0) {
      continue;
    }
    const QRectF rect = podWidgetRect(pod);
    if (!rect.intersects(camera.viewport())) {
      continue;
    }
    QColor color = theme.owner(podColor[static_cast<std::size_t>(pod)]);
    color.setAlphaF(static_cast<float>(0.75 - 0.6 * wave));
    const double grow = 1 + 3.5 * wave * std::max(0.6, chip / 24);
    painter.setPen(QPen(color, std::max(1.2, chip / 14)));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(-grow, -grow, grow, grow), chip * 0.25 + grow, chip * 0.25 + grow);
  }
}

void StageView::Private::paintEffects(const Ink& ink) {
  QPainter& painter = ink.painter();
  const Scene picture = scene();
  for (const animation::Fade& fade : animator.fades()) {
    const double t = animation::progress(fade.start, fade.duration, now());
    QRectF rect = camera.toWidget(fade.worldRect);
    const double shrink = rect.width() * 0.18 * animation::easeOut(t);
    rect.adjust(shrink, shrink, -shrink, -shrink);
    ChipLook look;
    look.color = theme.owner(fade.ownerColor);
    look.letter = fade.letter;
    look.phase = fade.evicted ? PodPhase::Failed : PodPhase::Terminating;
    look.opacity = 1 - animation::easeOut(t);
    if (rect.intersects(camera.viewport())) {
      ink.chip(rect, look);
    }
  }
  for (const animation::Ring& ring : animator.rings()) {
    const double t = animation::easeOut(animation::progress(ring.start, ring.duration, now()));
    const int pod = ring.podKey.isEmpty() ? -1 : slots.podIndex(ring.podKey, ring.hint);
    const int node = ring.node.isEmpty() ? -1 : slots.nodeIndex(ring.node);
    if (pod < 0 && node < 0) {
      continue;
    }
    const QRectF rect = pod >= 0 ? podWidgetRect(pod) : camera.toWidget(layout.nodeRect(node));
    if (!rect.intersects(camera.viewport()) && pod >= 0) {
      continue;
    }
    QColor color = ringColor(theme, ring.tone);
    color.setAlphaF(static_cast<float>(0.9 * (1 - t)));
    const double grow = (pod >= 0 ? std::min(10.0, rect.width() * 0.4) : 6.0) * t;
    const double radius = (pod >= 0 ? rect.width() * 0.25 : layout.metrics.radius * camera.scale()) + grow;
    painter.setPen(QPen(color, pod >= 0 ? std::max(1.5, rect.width() / 10) : 2.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(-grow, -grow, grow, grow), radius, radius);
  }
  for (const animation::Flight& flight : animator.flights()) {
    const int pod = slots.podIndex(flight.key, flight.hint);
    if (pod < 0) {
      continue;
    }
    const QRectF target = podWidgetRect(pod);
    const double t = animation::easeInOut(animation::progress(flight.start, flight.duration, now()));
    const QPointF at = animation::alongCurve(flight.from, target.center(), t);
    const double lift = 1 + 0.22 * std::sin(t * 3.14159265358979);
    const double size = std::max(kSmallestFlight, target.width()) * lift;
    const QRectF rect(at.x() - size / 2, at.y() - size / 2, size, size);
    painter.setPen(Qt::NoPen);
    QColor shade = theme.shadow;
    shade.setAlpha(shade.alpha() / 2);
    painter.setBrush(shade);
    painter.drawRoundedRect(rect.translated(0, 3 * lift), size * 0.25, size * 0.25);
    ChipLook look = ScenePainter::look(picture, pod);
    look.phase = PodPhase::Ready;
    look.restarts = 0;
    ink.chip(rect, look);
  }
  for (const animation::Dot& dot : animator.dots()) {
    if (now() < dot.start) {
      continue;
    }
    const double t = animation::progress(dot.start, dot.duration, now());
    const QPointF at = animation::alongCurve(dot.from, dot.to, animation::easeInOut(t));
    QColor color = ringColor(theme, dot.tone);
    QColor halo = color;
    halo.setAlpha(60);
    ink.dot(at, dot.radius * 2, halo);
    ink.dot(at, dot.radius, color);
    if (!dot.text.isEmpty()) {
      const TextStyle text{11, theme.text};
      const double width = Ink::width(dot.text, text);
      const QRectF label(at.x() + 8, at.y() - 9, width + 10, 18);
      ink.panel(label, 5, theme.card, theme.hairlineStrong);
      ink.line(label.adjusted(5, 0, 0, 0), dot.text, text);
    }
  }
}

// Hover, selection and keyboard focus.
void StageView::Private::paintMarks(const Ink& ink) {
  QPainter& painter = ink.painter();
  painter.save();
  const auto outline = [&](const QRectF& rect, double radius, const QColor& color, double width, double distance) {
    painter.setPen(QPen(color, width));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(-distance, -distance, distance, distance), radius + distance, radius + distance);
  };
  const double cardRadius = (layout.detail == Detail::Cards ? layout.metrics.radius : 8) * camera.scale();
  const auto inWorld = [&](const Hit& hit) { return hit.kind == Hit::Kind::Node || hit.kind == Hit::Kind::Pod || hit.kind == Hit::Kind::Service; };
  if (hover.kind != Hit::Kind::None && hover.kind != Hit::Kind::Bar) {
    const QRectF rect = hitRect(hover);
    QColor color = theme.textFaint;
    if (inWorld(hover) && camera.viewport().intersects(rect)) {
      const double radius = hover.kind == Hit::Kind::Pod ? rect.width() * 0.25 : cardRadius;
      outline(rect, radius, hover.kind == Hit::Kind::Pod ? theme.text : color, hover.kind == Hit::Kind::Pod ? 1.5 : 1, hover.kind == Hit::Kind::Pod ? 2 : 0);
    } else if (!inWorld(hover)) {
      outline(rect, 8, theme.hairlineStrong, 1.2, -0.5);
    }
  }
  if (const QRectF rect = hitRect(marked); !rect.isEmpty()) {
    outline(rect, marked.kind == Hit::Kind::Service ? cardRadius : 8, theme.accent, 2, 0.5);
  }
  painter.setClipRect(QRectF(view->rect()) - QMarginsF(0, 0, 0, view->height() - camera.viewport().bottom()), Qt::IntersectClip);
  if (const int node = selectedNode.isEmpty() ? -1 : slots.nodeIndex(selectedNode); node >= 0) {
    outline(camera.toWidget(layout.nodeRect(node)), cardRadius, theme.accent, view->hasFocus() ? 2 : 1.5, 0.5);
  }
  if (const int pod = selectedPod.isEmpty() ? -1 : slots.podIndex(selectedPod);
      pod >= 0 && hidden[static_cast<std::size_t>(pod)] == 0 && (slots.placeOf(static_cast<std::size_t>(pod)).node >= 0 || !layout.pendingLane.isEmpty())) {
    const QRectF rect = podWidgetRect(pod);
    outline(rect, rect.width() * 0.25, theme.accent, std::max(1.6, rect.width() / 14), std::max(2.0, rect.width() / 10));
    if (layout.detail == Detail::Cards) {
      ink.chipGlyph(rect, ScenePainter::look(scene(), pod));
    }
  }
  painter.restore();
}

QRectF StageView::Private::podWidgetRect(int pod) const {
  const StageSlots::Place place = slots.placeOf(static_cast<std::size_t>(pod));
  if (place.node < 0) {
    return layout.pendingRect(pod);
  }
  return camera.toWidget(layout.chipRect(place.node, place.slot));
}

}  // namespace kubarium::scene
