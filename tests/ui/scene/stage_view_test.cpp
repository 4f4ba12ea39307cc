#include "ui/scene/stage_view.h"

#include <QAccessible>
#include <QApplication>
#include <QImage>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QSignalSpy>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/ui/scene/stage_scenes.h"

namespace kubarium::scene {
namespace {

class StageViewTest : public testing::Test {
 protected:
  void SetUp() override {
    view.setTimeSource([this] { return now; });
    view.resize(814, 704);
    view.show();
    QApplication::processEvents();
  }

  void show(StageModel model) {
    current = std::make_shared<StageModel>(std::move(model));
    view.setModelAtOnce(current);
    QApplication::processEvents();
  }

  void change(const std::function<void(StageModel&)>& edit) {
    auto next = std::make_shared<StageModel>(*current);
    edit(*next);
    current = next;
    view.setModel(current);
    QApplication::processEvents();
  }

  void advance(int milliseconds) {
    for (int passed = 0; passed < milliseconds; passed += 16) {
      now += 16;
      view.tickForTest();
      QApplication::processEvents();
    }
  }

  QImage onScreen() { return view.grab().toImage().convertToFormat(QImage::Format_RGB32); }  // keeps the device pixel ratio
  QImage fresh() { return view.toImage(view.devicePixelRatioF()); }

  // How many pixels differ by more than antialiasing may.
  static int difference(const QImage& a, const QImage& b) {
    if (a.size() != b.size()) {
      return -1;
    }
    int count = 0;
    for (int y = 0; y < a.height(); ++y) {
      const auto* left = reinterpret_cast<const QRgb*>(a.constScanLine(y));
      const auto* right = reinterpret_cast<const QRgb*>(b.constScanLine(y));
      for (int x = 0; x < a.width(); ++x) {
        const int distance = std::abs(qRed(left[x]) - qRed(right[x])) + std::abs(qGreen(left[x]) - qGreen(right[x])) +
                             std::abs(qBlue(left[x]) - qBlue(right[x]));
        count += distance > 24 ? 1 : 0;
      }
    }
    return count;
  }

  void press(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
    QKeyEvent event(QEvent::KeyPress, key, modifiers);
    QApplication::sendEvent(&view, &event);
  }

  void click(const QPointF& at) {
    for (const QEvent::Type type : {QEvent::MouseButtonPress, QEvent::MouseButtonRelease}) {
      QMouseEvent event(type, at, view.mapToGlobal(at), Qt::LeftButton, type == QEvent::MouseButtonPress ? Qt::LeftButton : Qt::NoButton, Qt::NoModifier);
      QApplication::sendEvent(&view, &event);
    }
  }

  std::int64_t now = 1000;
  StageView view;
  std::shared_ptr<StageModel> current;
};

TEST_F(StageViewTest, LayeredPictureEqualsDirectPaintingAfterChangesPansAndZooms) {
  for (const bool large : {false, true}) {
    show(large ? scenes::largeCluster(200, 2000) : scenes::healingCluster());
    view.setClock({1000, 1, true});
    EXPECT_LE(difference(onScreen(), fresh()), 20);
    view.setZoom(large ? 0.9 : 1.3);
    QApplication::processEvents();
    EXPECT_LE(difference(onScreen(), fresh()), 20) << "zoomed";
    for (int i = 0; i < 12; ++i) {
      view.panBy(QPointF(-7.3 * (i % 4), i % 3 == 0 ? 11.0 : -9.4));
      QApplication::processEvents();
      change([i](StageModel& model) {
        model.pods[static_cast<std::size_t>(i * 3) % model.pods.size()].phase = i % 2 == 0 ? PodPhase::Failed : PodPhase::Succeeded;
        model.nodes[static_cast<std::size_t>(i) % model.nodes.size()].cpu.requested *= 0.9;
      });
      if (i == 6) {
        view.panBy(QPointF(3, -3));
        change([](StageModel& model) { model.pods.front().phase = PodPhase::CrashLoop; });
      }
    }
    advance(2000);
    ASSERT_LE(difference(onScreen(), fresh()), 20) << "panned and changed, large: " << large;
    view.fitAll();
    QApplication::processEvents();
    EXPECT_LE(difference(onScreen(), fresh()), 20) << "fitted";
  }
}

TEST_F(StageViewTest, PodsAreDrawnInTheirOwnersColourWhereTheLayoutSays) {
  show(scenes::calmCluster());
  const QImage picture = onScreen();
  const QRect chip = view.podRect(current->pods[0].key);
  ASSERT_FALSE(chip.isEmpty());
  const QColor seen = picture.pixelColor((QPointF(chip.left() + 5, chip.bottom() - 4) * picture.devicePixelRatio()).toPoint());
  const QColor wanted = view.theme().owners[0];
  EXPECT_LT(std::abs(seen.red() - wanted.red()) + std::abs(seen.green() - wanted.green()) + std::abs(seen.blue() - wanted.blue()), 30);
}

TEST_F(StageViewTest, APlacedPodFliesLandsAndThenNothingMoves) {
  StageModel model = scenes::theatreCluster();
  for (StageNode& node : model.nodes) {
    node.leaseRenewed.reset();
  }
  show(model);
  EXPECT_FALSE(view.isAnimating());
  QString key;
  change([&](StageModel& next) {
    for (StagePod& pod : next.pods) {
      if (pod.node.isEmpty()) {
        pod.node = QStringLiteral("gpu-1");
        pod.phase = PodPhase::Ready;
        key = pod.key;
        break;
      }
    }
    std::erase_if(next.pods, [](const StagePod& pod) { return pod.node.isEmpty(); });
  });
  EXPECT_TRUE(view.isAnimating());
  advance(150);
  EXPECT_TRUE(view.isAnimating());
  EXPECT_GT(difference(onScreen(), [&] {
              StageView other;
              other.resize(view.size());
              other.setModelAtOnce(current);
              return other.toImage(view.devicePixelRatioF());
            }()),
            50)
      << "in flight the picture differs from the settled one";
  advance(1500);
  EXPECT_FALSE(view.isAnimating());
  EXPECT_LE(difference(onScreen(), fresh()), 20);
}

TEST_F(StageViewTest, ReducedMotionShowsTheNewStateAtOnce) {
  show(scenes::theatreCluster());
  view.setTheme(style::makeTheme(style::Brightness::Dark, style::Contrast::Normal, style::Motion::Reduced));
  change([](StageModel& model) {
    for (StagePod& pod : model.pods) {
      pod.node = pod.node.isEmpty() ? QStringLiteral("gpu-1") : pod.node;
    }
  });
  EXPECT_FALSE(view.isAnimating());
  EXPECT_LE(difference(onScreen(), fresh()), 20);
}

TEST_F(StageViewTest, ScoresGrowAndThenRest) {
  show(scenes::theatreCluster());
  view.setTheatre(scenes::theatreDecision(TheatrePhase::Score));
  QApplication::processEvents();
  const QImage start = onScreen();
  advance(2200);
  const QImage end = onScreen();
  EXPECT_GT(difference(start, end), 300);
  EXPECT_LE(difference(end, fresh()), 20);
}

TEST_F(StageViewTest, ClicksSelectPodsNodesAndTheatreButtons) {
  show(scenes::theatreCluster());
  view.setTheatre(scenes::theatreDecision(TheatrePhase::Score));
  QApplication::processEvents();
  QSignalSpy pods(&view, &StageView::podSelected);
  QSignalSpy nodes(&view, &StageView::nodeSelected);
  QSignalSpy next(&view, &StageView::theatreNextRequested);
  click(view.podRect(current->pods[2].key).center());
  ASSERT_EQ(pods.count(), 1);
  EXPECT_EQ(pods[0][0].toString(), current->pods[2].key);
  click(view.nodeRect(QStringLiteral("edge-1")).topLeft() + QPoint(8, 8));
  ASSERT_EQ(nodes.count(), 1);
  EXPECT_EQ(view.selectedNode(), QStringLiteral("edge-1"));
  press(Qt::Key_Space);
  EXPECT_EQ(next.count(), 1);
}

TEST_F(StageViewTest, TheReasonsOfALargeTheatreOpenWithTheKeyboard) {
  show(scenes::largeCluster(1000, 2000));
  view.setTheatre(scenes::largeDecision(*current, TheatrePhase::Filter));
  QApplication::processEvents();
  QSignalSpy opened(&view, &StageView::reasonActivated);
  press(Qt::Key_Return);
  EXPECT_EQ(opened.count(), 0) << "nothing is marked yet";
  press(Qt::Key_C);
  press(Qt::Key_Return);
  press(Qt::Key_C);
  press(Qt::Key_Return);
  ASSERT_EQ(opened.count(), 2);
  EXPECT_EQ(opened[0][0].toString(), QStringLiteral("Insufficient cpu")) << "the most frequent first";
  EXPECT_EQ(opened[1][0].toString(), QStringLiteral("had untolerated taint {pool: gpu}"));
  press(Qt::Key_Escape);
  EXPECT_TRUE(view.hasTheatre()) << "the first Esc takes the mark away only";
  press(Qt::Key_Return);
  EXPECT_EQ(opened.count(), 2);
}

TEST_F(StageViewTest, ArrowsWalkTheNodesAndShiftWalksThePods) {
  show(scenes::calmCluster());
  press(Qt::Key_Right);
  EXPECT_EQ(view.selectedNode(), QStringLiteral("worker-a"));
  press(Qt::Key_Right);
  EXPECT_EQ(view.selectedNode(), QStringLiteral("worker-b"));
  press(Qt::Key_Down);
  EXPECT_EQ(view.selectedNode(), QStringLiteral("gpu-2"));
  QSignalSpy activated(&view, &StageView::nodeActivated);
  press(Qt::Key_Return);
  EXPECT_EQ(activated.count(), 1);
  press(Qt::Key_Left);
  EXPECT_EQ(view.selectedNode(), QStringLiteral("gpu-1"));
  press(Qt::Key_Right, Qt::ShiftModifier);
  const QString first = view.selectedPod();
  EXPECT_FALSE(first.isEmpty());
  press(Qt::Key_Right, Qt::ShiftModifier);
  EXPECT_NE(view.selectedPod(), first);
  press(Qt::Key_Escape);
  EXPECT_TRUE(view.selectedPod().isEmpty());
}

TEST_F(StageViewTest, AMarkDoesNotStayAtTheSamePlaceOfOtherReasons) {
  show(scenes::largeCluster(1000, 2000));
  TheatreState decision = scenes::largeDecision(*current, TheatrePhase::Filter);
  view.setTheatre(decision);
  QApplication::processEvents();
  press(Qt::Key_C);
  decision.reasonCounts = {{QStringLiteral("node(s) were unschedulable"), 800}};
  view.setTheatre(decision);
  QApplication::processEvents();
  QSignalSpy reasons(&view, &StageView::reasonActivated);
  press(Qt::Key_Return);
  EXPECT_EQ(reasons.count(), 0);
}

TEST_F(StageViewTest, ScreenReadersFindNodesAndPodsBySentence) {
  show(scenes::healingCluster());
  QAccessibleInterface* stage = QAccessible::queryAccessibleInterface(&view);
  ASSERT_NE(stage, nullptr);
  ASSERT_EQ(stage->childCount(), static_cast<int>(current->nodes.size() + current->pods.size()));
  QAccessibleInterface* dead = stage->child(1);
  ASSERT_NE(dead, nullptr);
  EXPECT_EQ(dead->text(QAccessible::Name), QStringLiteral("Node worker-b"));
  EXPECT_TRUE(dead->text(QAccessible::Description).contains(QStringLiteral("no power")));
  EXPECT_EQ(dead->rect().size(), view.nodeRect(QStringLiteral("worker-b")).size());
  QAccessibleInterface* pod = stage->child(static_cast<int>(current->nodes.size()));
  EXPECT_TRUE(pod->text(QAccessible::Name).startsWith(QStringLiteral("Pod web")));
}

TEST_F(StageViewTest, WhatThePointerWasAtLeavesNoMarkInAPresentation) {
  show(scenes::theatreCluster());
  const auto waiting = std::find_if(current->pods.begin(), current->pods.end(), [](const StagePod& pod) { return pod.node.isEmpty(); });
  ASSERT_NE(waiting, current->pods.end());
  const QPointF at = view.podRect(waiting->key).center();
  QMouseEvent move(QEvent::MouseMove, at, view.mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
  QApplication::sendEvent(&view, &move);
  QApplication::processEvents();
  view.setPresentation(true);
  StageView other;
  other.resize(view.size());
  other.setTheme(view.theme());
  other.setModelAtOnce(current);
  EXPECT_LE(difference(fresh(), other.toImage(view.devicePixelRatioF())), 20);
}

TEST_F(StageViewTest, ACardTellsItsZone) {
  StageModel model = scenes::calmCluster();
  const auto picture = [&](const char* zone) {
    model.nodes.front().zone = QString::fromLatin1(zone);
    StageView stage;
    stage.resize(900, 600);
    stage.setModelAtOnce(std::make_shared<const StageModel>(model));
    return stage.toImage(1);
  };
  const QImage east = picture("east");
  EXPECT_GT(difference(east, picture("west")), 20);
  show(model);
  EXPECT_TRUE(QAccessible::queryAccessibleInterface(&view)->child(0)->text(QAccessible::Description).contains(QStringLiteral("Its zone is west.")));
}

TEST_F(StageViewTest, EveryThemeAndModePaintsEverything) {
  for (const style::Brightness brightness : {style::Brightness::Light, style::Brightness::Dark}) {
    for (const style::Contrast contrast : {style::Contrast::Normal, style::Contrast::Presentation}) {
      view.setTheme(style::makeTheme(brightness, contrast));
      for (const StageModel& model : {scenes::theatreCluster(), scenes::crowdedCluster(), scenes::largeCluster(100, 900), StageModel{}}) {
        show(model);
        const QImage picture = fresh();
        EXPECT_EQ(picture.pixelColor(2, view.height() / 2), view.theme().stage);
        EXPECT_LE(difference(onScreen(), picture), 20);
      }
    }
  }
}

TEST_F(StageViewTest, ExportedPictureHasTheAskedResolution) {
  show(scenes::healingCluster());
  EXPECT_EQ(view.toImage(1.5).size(), QSize(1221, 1056));
}

}  // namespace
}  // namespace kubarium::scene
