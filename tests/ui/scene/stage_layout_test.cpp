#include "ui/scene/stage_layout.h"

#include <gtest/gtest.h>

#include "tests/ui/scene/stage_scenes.h"
#include "ui/scene/camera.h"

namespace kubarium::scene {
namespace {

struct Laid {
  StageModel model;
  StageSlots slots;
  StageLayout layout;
};

Laid lay(StageModel model, QSizeF size = {814, 704}, GroupBy groupBy = GroupBy::None, bool presentation = false) {
  Laid result;
  result.model = std::move(model);
  result.slots.update(result.model);
  LayoutOptions options;
  options.size = size;
  options.groupBy = groupBy;
  options.presentation = presentation;
  result.layout = StageLayout::compute(result.model, result.slots, options);
  return result;
}

void expectSound(const Laid& laid) {
  const StageLayout& layout = laid.layout;
  const QRectF world(QPointF(0, 0), layout.world);
  for (int node = 0; node < static_cast<int>(laid.model.nodes.size()); ++node) {
    const QRectF rect = layout.nodeRect(node);
    ASSERT_TRUE(world.contains(rect)) << node;
    ASSERT_EQ(layout.nodeAt(rect.center()), node);
    ASSERT_EQ(layout.nodeAt(rect.topLeft() - QPointF(2, 2)), -1) << node;
    for (int slot = 0; slot < layout.shownSlots(node); ++slot) {
      const QRectF chip = layout.chipRect(node, slot);
      ASSERT_TRUE(rect.contains(chip)) << node << '/' << slot;
      ASSERT_EQ(layout.slotAt(node, chip.center()), slot);
    }
  }
}

TEST(StageLayout, EveryNodeAndChipIsFoundWhereItIsDrawn) {
  expectSound(lay(scenes::theatreCluster()));
  expectSound(lay(scenes::healingCluster(), {1280, 800}));
  expectSound(lay(scenes::crowdedCluster(), {560, 700}));
  expectSound(lay(scenes::theatreCluster(), {1440, 900}, GroupBy::None, true));
  expectSound(lay(scenes::largeCluster(300, 3000), {1280, 800}));
}

TEST(StageLayout, GroupsAreFoundToo) {
  for (const GroupBy groupBy : {GroupBy::Zone, GroupBy::Pool}) {
    const Laid laid = lay(scenes::largeCluster(100, 900), {1280, 800}, groupBy);
    expectSound(laid);
    EXPECT_EQ(laid.layout.groups.size(), groupBy == GroupBy::Zone ? 3U : 2U);
  }
}

TEST(StageLayout, CardsNeverOverlap) {
  const Laid laid = lay(scenes::largeCluster(12, 200), {1000, 700});
  for (int a = 0; a < 12; ++a) {
    for (int b = a + 1; b < 12; ++b) {
      EXPECT_FALSE(laid.layout.nodeRect(a).intersects(laid.layout.nodeRect(b)));
    }
  }
}

TEST(StageLayout, ANewNodeMovesNobodyWithinTheSameGrid) {
  StageModel model = scenes::largeCluster(8, 60);
  const Laid before = lay(model, {1300, 1200});
  StageNode added = model.nodes[0];
  added.name = QStringLiteral("added");
  model.nodes.push_back(added);
  const Laid after = lay(model, {1300, 1200});
  for (int node = 0; node < 8; ++node) {
    EXPECT_EQ(before.layout.nodeRect(node).topLeft(), after.layout.nodeRect(node).topLeft());
  }
}

TEST(StageLayout, TheTheatreDoesNotResizeTheCards) {
  Laid laid = lay(scenes::theatreCluster());
  const TheatreState state = scenes::theatreDecision(TheatrePhase::Score);
  LayoutOptions options;
  options.size = {814, 704};
  options.theatre = &state;
  const StageLayout during = StageLayout::compute(laid.model, laid.slots, options);
  for (int node = 0; node < 6; ++node) {
    EXPECT_EQ(laid.layout.nodeRect(node), during.nodeRect(node));
  }
  EXPECT_FALSE(during.theatreBar.intersects(during.viewport));
}

// What a lab has, in the room that a window of 1280x800 leaves: a Node out of sight is a verdict that nobody reads.
TEST(StageLayout, ThreeNodesAreSeenWholeInASmallWindowWithAServiceOrATheatreToo) {
  const auto expectSeen = [](const StageModel& model, const StageLayout& layout) {
    for (int node = 0; node < static_cast<int>(model.nodes.size()); ++node) {
      EXPECT_LE(layout.nodeRect(node).bottom() * layout.pageScale, layout.viewport.height() + 1) << node;
    }
    EXPECT_LE(layout.world.height() * layout.pageScale, layout.viewport.height() * 1.02);
  };
  StageModel model = scenes::healingCluster();
  ASSERT_EQ(model.nodes.size(), 3U);
  ASSERT_FALSE(model.services.empty());
  Laid laid = lay(model, {650, 555});
  expectSeen(laid.model, laid.layout);
  const TheatreState state = scenes::theatreDecision(TheatrePhase::Score);
  LayoutOptions options;
  options.size = {650, 555};
  options.theatre = &state;
  expectSeen(laid.model, StageLayout::compute(laid.model, laid.slots, options));
}

TEST(StageLayout, TheTheatreMovesNoneOfAThousandNodes) {
  Laid laid = lay(scenes::largeCluster(1000, 4000));
  const TheatreState state = scenes::largeDecision(laid.model, TheatrePhase::Filter);
  LayoutOptions options;
  options.size = {814, 704};
  options.theatre = &state;
  const StageLayout during = StageLayout::compute(laid.model, laid.slots, options);
  EXPECT_FALSE(during.reasonPanel.isEmpty());
  for (int node = 0; node < 1000; ++node) {
    ASSERT_EQ(laid.layout.nodeRect(node), during.nodeRect(node)) << node;
  }
}

TEST(StageLayout, ChromeStaysInsideTheWidgetAtEverySize) {
  for (const QSizeF size : {QSizeF(360, 280), QSizeF(560, 700), QSizeF(814, 704), QSizeF(2560, 1400)}) {
    const Laid laid = lay(scenes::crowdedCluster(), size);
    const QRectF all(QPointF(0, 0), size);
    for (const QRectF& rect : laid.layout.components) {
      EXPECT_TRUE(rect.isEmpty() || all.contains(rect));
    }
    for (const PendingGroup& group : laid.layout.pending) {
      EXPECT_TRUE(laid.layout.pendingLane.contains(group.rect));
    }
  }
}

TEST(StageLayout, WaitingPodsAreGatheredByWorkloadAndReason) {
  const Laid laid = lay(scenes::crowdedCluster(), {2000, 900});
  ASSERT_EQ(laid.layout.pending.size(), 3U);
  EXPECT_EQ(laid.layout.pending[0].pods.size(), 25U);
  EXPECT_EQ(laid.layout.pending[0].chips.size(), 3U);
  EXPECT_EQ(laid.layout.pendingHidden, 0);
}

TEST(StageLayout, NodesInFindsExactlyWhatTouches) {
  const Laid laid = lay(scenes::largeCluster(200, 1000), {1280, 800});
  const QRectF area(100, 60, 700, 300);
  std::vector<int> found;
  laid.layout.nodesIn(area, found);
  for (int node = 0; node < 200; ++node) {
    if (laid.layout.nodeRect(node).intersects(area)) {
      EXPECT_NE(std::find(found.begin(), found.end(), node), found.end()) << node;
    }
  }
}

TEST(Camera, KeepsThePointUnderTheMouseAndWholeDevicePixels) {
  Camera camera;
  camera.setViewport({0, 100, 800, 600}, 1.5);
  camera.setWorld({8000, 6000});
  camera.lookAt({1000, 1000}, 1.0);
  const QPointF anchor(333, 444);
  const QPointF before = camera.toWorld(anchor);
  camera.setScale(1.7, anchor);
  const QPointF after = camera.toWorld(anchor);
  EXPECT_NEAR(before.x(), after.x(), 1.0);
  EXPECT_NEAR(before.y(), after.y(), 1.0);
  const QPointF device = camera.offset() * 1.5;
  EXPECT_NEAR(device.x(), std::round(device.x()), 1e-9);
  EXPECT_NEAR(device.y(), std::round(device.y()), 1e-9);
}

TEST(Camera, KeepsTheMarginBesideAWorldThatIsSeenWhole) {
  Camera camera;
  camera.setViewport(QRectF(0, 100, 800, 600), 1);
  camera.setWorld({7680, 1000}, 16);
  camera.lookAt({0, 0}, camera.fitScale());
  const QRectF seen = camera.toWidget(QRectF(0, 0, 7680, 1000));
  EXPECT_NEAR(seen.left(), 16, 1);
  EXPECT_NEAR(seen.right(), 784, 1);
}

TEST(Camera, NeverLeavesTheWorld) {
  Camera camera;
  camera.setViewport({0, 0, 800, 600}, 1);
  camera.setWorld({1600, 1200});
  camera.lookAt({0, 0}, 1);
  camera.panBy({5000, 5000});
  EXPECT_EQ(camera.toWorld(QPointF(0, 0)), QPointF(0, 0));
  camera.panBy({-50000, -50000});
  EXPECT_EQ(camera.toWorld(QPointF(800, 600)), QPointF(1600, 1200));
}

}  // namespace
}  // namespace kubarium::scene
