#include "ui/scene/scene_painter.h"

#include <algorithm>
#include <cmath>

#include "ui/scene/wording.h"
#include "ui/style/owner_palette.h"

namespace kubarium::scene {

using style::mix;
using style::TextFamily;
using style::TextWeight;

namespace {

QColor componentColor(const style::Theme& theme, ComponentState state) {
  switch (state) {
    case ComponentState::Ok: return theme.ok;
    case ComponentState::Busy: return theme.accent;
    case ComponentState::Waiting: return theme.waiting;
    case ComponentState::Broken: return theme.broken;
    case ComponentState::Unknown: return theme.textFaint;
  }
  return theme.textFaint;
}

// Never colour alone: a full dot is fine, a ring is busy, a triangle waits, a cross is broken.
void componentMark(const Ink& ink, const QPointF& center, ComponentState state) {
  const QColor color = componentColor(ink.theme(), state);
  QPainter& painter = ink.painter();
  switch (state) {
    case ComponentState::Broken: ink.cross(QRectF(center - QPointF(5, 5), QSizeF(10, 10)), color); break;
    case ComponentState::Busy:
      painter.setPen(QPen(color, 2.2));
      painter.setBrush(Qt::NoBrush);
      painter.drawEllipse(center, 3.4, 3.4);
      break;
    case ComponentState::Waiting: {
      painter.setPen(Qt::NoPen);
      painter.setBrush(color);
      const QPointF triangle[] = {center + QPointF(0, -4.6), center + QPointF(4.8, 3.6), center + QPointF(-4.8, 3.6)};
      painter.drawPolygon(triangle, 3);
      break;
    }
    case ComponentState::Unknown:
      painter.setPen(QPen(color, 1.4));
      painter.setBrush(Qt::NoBrush);
      painter.drawEllipse(center, 3.8, 3.8);
      break;
    case ComponentState::Ok: ink.dot(center, 4, color); break;
  }
}

void paintStrip(const Ink& ink, const Scene& scene) {
  const style::Theme& theme = ink.theme();
  for (std::size_t i = 0; i < scene.layout->components.size(); ++i) {
    const QRectF rect = scene.layout->components[i];
    if (rect.width() < 20) {
      continue;
    }
    const StageComponent& component = scene.model->components[i];
    const QColor fill = theme.isDark() ? theme.control : theme.card;
    ink.panel(rect, 8, fill, component.state == ComponentState::Broken ? theme.broken : theme.hairline);
    componentMark(ink, QPointF(rect.left() + 16, rect.center().y()), component.state);
    const QString name = componentName(component.kind);
    const TextStyle bold{12, theme.text, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter};
    const double used = ink.line(rect.adjusted(28, 0, -8, 0), name, bold);
    const QRectF rest = rect.adjusted(28 + used + 8, 0, -10, 0);
    if (rest.width() > 16) {
      ink.line(rest, component.detail, {12, theme.textMuted});
    }
  }
  if (!scene.layout->groupButton.isEmpty()) {
    const QRectF rect = scene.layout->groupButton;
    ink.panel(rect, 8, theme.isDark() ? theme.control : theme.card, theme.hairline);
    const QString text = scene.groupBy == GroupBy::Zone   ? Stage::tr("Group by zone")
                         : scene.groupBy == GroupBy::Pool ? Stage::tr("Group by pool")
                                                          : Stage::tr("Not grouped");
    ink.line(rect.adjusted(12, 0, -22, 0), text, {12, theme.textMuted});
    QPainter& painter = ink.painter();
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.textMuted);
    const QPointF at(rect.right() - 15, rect.center().y());
    const QPointF arrow[] = {at + QPointF(-3.6, -2), at + QPointF(3.6, -2), at + QPointF(0, 3)};
    painter.drawPolygon(arrow, 3);
  }
}

void paintPending(const Ink& ink, const Scene& scene) {
  const style::Theme& theme = ink.theme();
  const StageLayout& layout = *scene.layout;
  const QRectF lane = layout.pendingLane;
  QPainter& painter = ink.painter();
  QPen dashed(theme.hairlineStrong, 1, Qt::CustomDashLine);
  dashed.setDashPattern({3, 3});
  painter.setPen(dashed);
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(lane.adjusted(0.5, 0.5, -0.5, -0.5), 10, 10);
  const QString title = Stage::tr("Pending").toUpper();
  const TextStyle section{11, theme.textMuted, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter};
  const double used = ink.line(lane.adjusted(13, 0, 0, 0), title, section);
  if (scene.slots->pending().empty()) {
    ink.line(lane.adjusted(13 + used + 14, 0, -13, 0), Stage::tr("nothing is waiting"), {13, theme.textMuted});
    return;
  }
  for (const PendingGroup& group : layout.pending) {
    for (std::size_t i = 0; i < group.chips.size(); ++i) {
      ChipLook look = ScenePainter::look(scene, group.pods[i]);
      look.phase = PodPhase::Pending;
      ink.chip(group.chips[i], look);
    }
    QRectF text = group.textRect;
    if (!group.name.isEmpty()) {
      const TextStyle bold{12, theme.text, TextWeight::Bold, TextFamily::Mono, Qt::AlignLeft | Qt::AlignVCenter};
      text.setLeft(text.left() + ink.line(text, group.name, bold) + 6);
    }
    ink.line(text, group.text, {12, theme.textMuted});
  }
  if (layout.pendingHidden > 0) {
    const TextStyle more{12, theme.textMuted, TextWeight::Regular, TextFamily::Sans, Qt::AlignRight | Qt::AlignVCenter};
    ink.line(lane.adjusted(0, 0, -13, 0), Stage::tr("+%1 more").arg(layout.pendingHidden), more);
  }
}

// The headline with the Pod's and the Node's name in their colours, shrunk until it fits.
void paintHeadline(const Ink& ink, const Scene& scene) {
  const style::Theme& theme = ink.theme();
  const Headline words = headline(*scene.model, scene.theatre);
  const QRectF rect = scene.layout->headline;
  TextStyle type{34, theme.text, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter};
  while (type.size > 20 && Ink::width(words.text, type) > rect.width()) {
    type.size -= 1;
  }
  QColor podColor = theme.accent;
  if (scene.theatre != nullptr) {
    if (const int pod = scene.slots->podIndex(scene.theatre->podKey); pod >= 0) {
      podColor = theme.owner((*scene.podColor)[static_cast<std::size_t>(pod)]);
    }
  }
  const bool nodeIsWell = scene.theatre != nullptr;
  struct Mark {
    qsizetype from;
    qsizetype length;
    QColor color;
  };
  std::vector<Mark> marks;
  const auto mark = [&](const QString& part, const QColor& color) {
    const qsizetype at = part.isEmpty() ? -1 : words.text.indexOf(part);
    if (at >= 0) {
      marks.push_back({at, part.size(), color});
    }
  };
  mark(words.pod, podColor);
  mark(words.node, nodeIsWell ? theme.ok : theme.broken);
  std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.from < b.from; });
  QRectF rest = rect;
  qsizetype done = 0;
  const auto piece = [&](const QString& text, const QColor& color) {
    TextStyle colored = type;
    colored.color = color;
    ink.line(rest, text, colored);
    rest.setLeft(rest.left() + Ink::width(text, type));
  };
  for (const Mark& at : marks) {
    if (at.from < done) {
      continue;
    }
    piece(words.text.mid(done, at.from - done), theme.text);
    piece(words.text.mid(at.from, at.length), at.color);
    done = at.from + at.length;
  }
  piece(words.text.mid(done), theme.text);
}

void paintGroupTitles(const Ink& ink, const Scene& scene) {
  if (scene.groupBy == GroupBy::None) {
    return;
  }
  const style::Theme& theme = ink.theme();
  const Camera& camera = *scene.camera;
  const double scale = std::clamp(camera.scale(), 0.8, 1.4);
  const double size = scene.presentation ? 20 : 12 * scale;
  for (const NodeGroup& group : scene.layout->groups) {
    const QPointF at = camera.toWidget(QPointF(scene.layout->nodeRect(group.nodes.front()).left(), group.titleTop));
    const double height = (group.top - group.titleTop) * camera.scale();
    const QRectF rect(at.x(), at.y(), camera.viewport().width() - 32, height);
    if (rect.height() < 9 || !rect.intersects(camera.viewport())) {
      continue;
    }
    const TextStyle title{size, theme.textMuted, TextWeight::Bold, TextFamily::Sans, Qt::AlignLeft | Qt::AlignVCenter};
    const double used = ink.line(rect, group.title, title);
    ink.line(rect.adjusted(used + 10, 0, 0, 0), nodesText(static_cast<int>(group.nodes.size())),
             {size, theme.textFaint});
  }
}

}  // namespace

namespace {
void paintEmpty(const Ink& ink, const Scene& scene);
}

QColor pluginColor(const style::Theme& theme, const QString& plugin) {
  if (plugin == QLatin1String("TaintToleration")) {
    return theme.pink;
  }
  if (plugin == QLatin1String("NodeAffinity")) {
    return theme.violet;
  }
  if (plugin == QLatin1String("ImageLocality")) {
    return theme.sky;
  }
  if (plugin == QLatin1String("InterPodAffinity")) {
    return theme.waiting;
  }
  if (plugin == QLatin1String("PodTopologySpread")) {
    return theme.ok;
  }
  return theme.accent;
}

ChipLook ScenePainter::look(const Scene& scene, int pod) {
  const StagePod& value = scene.model->pods[static_cast<std::size_t>(pod)];
  ChipLook look;
  look.color = scene.theme->owner((*scene.podColor)[static_cast<std::size_t>(pod)]);
  look.letter = style::ownerLetter(value.ownerName.isEmpty() ? value.name : value.ownerName);
  look.phase = value.phase;
  look.restarts = value.restarts;
  return look;
}

void ScenePainter::paint(QPainter& painter, const Scene& scene, const QRectF& clip) {
  painter.save();
  painter.setClipRect(clip);
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
  painter.fillRect(clip, scene.theme->stage);
  const Ink ink(painter, *scene.theme);
  paintWorld(ink, scene, clip);
  paintChrome(ink, scene, clip);
  paintFloating(ink, scene, clip);
  painter.restore();
}

void ScenePainter::paintChrome(const Ink& ink, const Scene& scene, const QRectF& clip) {
  if (scene.presentation) {
    if (scene.layout->headline.intersects(clip)) {
      paintHeadline(ink, scene);
    }
    return;
  }
  if (scene.layout->strip.intersects(clip)) {
    paintStrip(ink, scene);
  }
  if (scene.layout->pendingLane.intersects(clip)) {
    paintPending(ink, scene);
  }
}

void ScenePainter::paintWorld(const Ink& ink, const Scene& scene, const QRectF& clip) {
  const QRectF visible = clip & scene.camera->viewport();
  if (visible.isEmpty()) {
    return;
  }
  QPainter& painter = ink.painter();
  painter.save();
  painter.setClipRect(visible, Qt::IntersectClip);
  const QRectF worldClip = scene.camera->toWorld(visible);
  if (scene.model->nodes.empty()) {
    paintEmpty(ink, scene);
  }
  std::vector<int> nodes;
  // A card's shadow, glow and badges reach a little beyond its rectangle.
  scene.layout->nodesIn(worldClip.adjusted(-8, -8, 8, 8), nodes);
  if (scene.layout->detail == Detail::Cells) {
    paintCells(ink, scene, worldClip, nodes);
  }
  painter.save();
  painter.translate(scene.camera->offset());
  painter.scale(scene.camera->scale(), scene.camera->scale());
  if (scene.layout->detail == Detail::Cards) {
    for (const int node : nodes) {
      paintCard(ink, scene, node);
    }
  }
  for (std::size_t i = 0; i < scene.layout->services.size(); ++i) {
    if (scene.layout->services[i].intersects(worldClip)) {
      paintService(ink, scene, i);
    }
  }
  if (scene.layout->chart.intersects(worldClip)) {
    paintReadyChart(ink, scene);
  }
  painter.restore();
  paintGroupTitles(ink, scene);
  painter.restore();
}

namespace {

void paintEmpty(const Ink& ink, const Scene& scene) {
  const QRectF port = scene.layout->viewport;
  const double zoom = scene.theme->scale();
  const QRectF middle(port.left() + 24, port.center().y() - 40 * zoom, port.width() - 48, 28 * zoom);
  ink.line(middle, Stage::tr("There is no Node yet."),
           {20 * zoom, scene.theme->textMuted, TextWeight::Bold, TextFamily::Sans, Qt::AlignHCenter | Qt::AlignVCenter});
  ink.line(middle.translated(0, 32 * zoom), Stage::tr("Nodes appear here as soon as their kubelets register with the API server."),
           {13 * zoom, scene.theme->textFaint, TextWeight::Regular, TextFamily::Sans, Qt::AlignHCenter | Qt::AlignVCenter});
}

}  // namespace

void ScenePainter::paintFloating(const Ink& ink, const Scene& scene, const QRectF& clip) {
  if (!scene.layout->reasonPanel.isEmpty() && scene.layout->reasonPanel.adjusted(-12, -12, 12, 14).intersects(clip)) {
    paintReasonPanel(ink, scene);
  }
  if (!scene.layout->theatreBar.isEmpty() && scene.layout->theatreBar.adjusted(-12, -12, 12, 14).intersects(clip)) {
    paintTheatreBar(ink, scene);
  }
}

}  // namespace kubarium::scene
