#include "ui/animation/stage_animator.h"

#include <gtest/gtest.h>

namespace kubarium::animation {
namespace {

TEST(Easing, StartsAtZeroEndsAtOneAndNeverRunsBackwards) {
  for (double (*curve)(double) : {easeOut, easeInOut}) {
    EXPECT_DOUBLE_EQ(curve(0), 0);
    EXPECT_DOUBLE_EQ(curve(1), 1);
    double last = 0;
    for (int i = 1; i <= 100; ++i) {
      const double value = curve(i / 100.0);
      EXPECT_GE(value, last);
      last = value;
    }
  }
}

TEST(Easing, FlightsTakeLongerOverLongerWaysWithinLimits) {
  EXPECT_EQ(flightDuration({0, 0}, {10, 0}), 300);
  EXPECT_GT(flightDuration({0, 0}, {400, 0}), 300);
  EXPECT_EQ(flightDuration({0, 0}, {4000, 0}), 600);
}

TEST(Easing, CurvesBeginAndEndWhereTheyShould) {
  const QPointF from(10, 20);
  const QPointF to(300, 200);
  EXPECT_EQ(alongCurve(from, to, 0), from);
  EXPECT_EQ(alongCurve(from, to, 1), to);
}

TEST(StageAnimator, FlightsLandWhenTheirTimeIsOver) {
  StageAnimator animator;
  Milliseconds now = 100;
  animator.setTimeSource([&now] { return now; });
  ASSERT_TRUE(animator.fly({QStringLiteral("a"), {}, now, 300}));
  std::vector<Flight> landed;
  animator.expire(399, landed);
  EXPECT_TRUE(landed.empty());
  EXPECT_TRUE(animator.isMoving());
  animator.expire(400, landed);
  ASSERT_EQ(landed.size(), 1U);
  EXPECT_FALSE(animator.isMoving());
}

TEST(StageAnimator, RefusesMoreFlightsThanTheEyeCanFollow) {
  StageAnimator animator;
  for (int i = 0; i < StageAnimator::maximumFlights; ++i) {
    EXPECT_TRUE(animator.fly({QString::number(i), {}, 0, 300}));
  }
  EXPECT_FALSE(animator.fly({QStringLiteral("one more"), {}, 0, 300}));
}

TEST(StageAnimator, AFlightWithoutDurationDoesNotStart) {
  StageAnimator animator;
  EXPECT_FALSE(animator.fly({QStringLiteral("a"), {}, 0, 0}));
  EXPECT_FALSE(animator.isMoving());
}

TEST(StageAnimator, LeaseRenewalsAloneCostAQuarterOfTheFramesThatAFlightGets) {
  StageAnimator animator;
  animator.dot({QPointF(0, 0), QPointF(100, 0), {}, RingTone::Ok, 2.5, 0, 500});
  animator.schedule(1000);
  const int pulse = animator.interval();
  animator.dot({QPointF(0, 0), QPointF(100, 0), QStringLiteral("bind web"), RingTone::Accent, 4, 0, 500});
  animator.schedule(1000);
  const int told = animator.interval();
  animator.fly({QStringLiteral("a"), QPointF(0, 0), 0, 500});
  animator.schedule(1000);
  EXPECT_GE(pulse, 4 * animator.interval());
  EXPECT_LT(told, pulse) << "a label has to be read while it moves";
  animator.clear();
  animator.schedule(0);
  EXPECT_FALSE(animator.isTicking());
}

}  // namespace
}  // namespace kubarium::animation
