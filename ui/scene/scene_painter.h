// Paints a Scene: a pure function of its arguments. The widget, the PNG export and the pixel tests call the same code.
#pragma once

#include <QPainter>
#include <QRectF>

#include <cstdint>
#include <vector>

#include "ui/scene/camera.h"
#include "ui/scene/ink.h"
#include "ui/scene/stage_layout.h"
#include "ui/scene/stage_model.h"
#include "ui/scene/stage_slots.h"
#include "ui/style/theme.h"

namespace kubarium::scene {

class CellSprites;

// Everything a picture depends on, by reference.
struct Scene {
  const StageModel* model = nullptr;
  const StageSlots* slots = nullptr;
  const StageLayout* layout = nullptr;
  const Camera* camera = nullptr;
  const style::Theme* theme = nullptr;
  const TheatreState* theatre = nullptr;       // may be null
  const std::vector<int>* theatreNode = nullptr;  // by Node: index into theatre->nodes, or -1
  const std::vector<std::int8_t>* podColor = nullptr;  // by Pod: index into Theme::owners
  const std::vector<std::uint8_t>* hidden = nullptr;   // by Pod: 1 while it flies
  CellSprites* sprites = nullptr;
  GroupBy groupBy = GroupBy::None;
  bool presentation = false;
  bool coarse = false;          // one level of detail less, during fast gestures
  ClusterSeconds now = 0;
  double rate = 1;
  double scoreStage = 4;        // theatre: 0 raw .. 1 normalised .. 2 × weight .. 3 sum .. 4 settled
  double trafficPhase = 0;      // seconds, moves the dots along the traffic curves
};

class ScenePainter {
 public:
  // Paints what touches `clip` (widget coordinates), opaque. `painter` is in widget coordinates.
  static void paint(QPainter& painter, const Scene& scene, const QRectF& clip);

  // The parts, for tests and for the layer's partial updates.
  static void paintChrome(const Ink& ink, const Scene& scene, const QRectF& clip);
  static void paintWorld(const Ink& ink, const Scene& scene, const QRectF& clip);
  static void paintFloating(const Ink& ink, const Scene& scene, const QRectF& clip);

  // Moves on top of the layer: dots of traffic along the curves of the Services.
  static void paintTraffic(const Ink& ink, const Scene& scene);

  static ChipLook look(const Scene& scene, int pod);
};

// Colour of a plugin's score bar.
QColor pluginColor(const style::Theme& theme, const QString& plugin);

void paintCard(const Ink& ink, const Scene& scene, int node);
void paintCells(const Ink& ink, const Scene& scene, const QRectF& worldClip, const std::vector<int>& nodes);
void paintService(const Ink& ink, const Scene& scene, std::size_t service);
void paintReadyChart(const Ink& ink, const Scene& scene);
void paintTheatreBar(const Ink& ink, const Scene& scene);
void paintReasonPanel(const Ink& ink, const Scene& scene);

}  // namespace kubarium::scene
