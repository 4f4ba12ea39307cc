// Curves of motion as pure functions of progress 0..1.
#pragma once

#include <QPointF>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace kubarium::animation {

// Milliseconds on a monotonic clock of any origin. Animations take the time as a parameter; only the view asks a clock.
using Milliseconds = std::int64_t;

inline double clamp01(double value) { return std::clamp(value, 0.0, 1.0); }

inline double progress(Milliseconds start, Milliseconds duration, Milliseconds now) {
  return duration <= 0 ? 1.0 : clamp01(static_cast<double>(now - start) / static_cast<double>(duration));
}

// Fast start, soft landing.
inline double easeOut(double t) {
  const double rest = 1.0 - clamp01(t);
  return 1.0 - rest * rest * rest;
}

inline double easeInOut(double t) {
  t = clamp01(t);
  return t < 0.5 ? 4 * t * t * t : 1 - std::pow(-2 * t + 2, 3) / 2;
}

// Longer ways take longer, within what the eye likes: 300 to 600 ms.
inline Milliseconds flightDuration(const QPointF& from, const QPointF& to) {
  const double distance = std::hypot(to.x() - from.x(), to.y() - from.y());
  return static_cast<Milliseconds>(std::clamp(240.0 + distance * 0.6, 300.0, 600.0));
}

// A quadratic curve that leaves upwards or sideways, so that two flights between the same places are told apart from a line.
inline QPointF alongCurve(const QPointF& from, const QPointF& to, double t) {
  const QPointF middle = (from + to) / 2.0;
  const QPointF way = to - from;
  const double length = std::hypot(way.x(), way.y());
  const double bend = std::min(120.0, length * 0.22);
  const QPointF normal = length > 0 ? QPointF(way.y(), -way.x()) / length : QPointF();
  const QPointF control = middle + normal * (way.x() >= 0 ? bend : -bend);
  const double rest = 1.0 - t;
  return from * (rest * rest) + control * (2 * rest * t) + to * (t * t);
}

}  // namespace kubarium::animation
