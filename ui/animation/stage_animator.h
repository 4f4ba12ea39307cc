// What moves on the Stage just now, and the one timer behind it. Plain lists of effects with a start and a duration; where
// an effect is drawn is computed by the view from `progress` at paint time, so that effects survive zooming and panning.
// The timer runs at 16 ms while Pods move, slower for small effects (lease renewals slowest) and while only numbers count down,
// and not at all otherwise.
#pragma once

#include <QChar>
#include <QColor>
#include <QHash>
#include <QObject>
#include <QPointF>
#include <QRectF>
#include <QString>
#include <QTimer>

#include <functional>
#include <vector>

#include "ui/animation/easing.h"

namespace kubarium::animation {

// A Pod on its way from the pending lane (widget coordinates) to its chip.
struct Flight {
  QString key;
  QPointF from;
  Milliseconds start = 0;
  Milliseconds duration = 0;
  int hint = -1;  // index of the Pod when it started
};

// A Pod that is gone: its chip fades where it was (world coordinates).
struct Fade {
  QRectF worldRect;
  int ownerColor = -1;
  QChar letter;
  bool evicted = false;
  Milliseconds start = 0;
  Milliseconds duration = 0;
};

// A ring around a chip or a card that opens once: settled, restarted, lost.
enum class RingTone { Ok, Waiting, Broken, Accent };
struct Ring {
  QString podKey;  // one of these two
  QString node;
  RingTone tone = RingTone::Ok;
  Milliseconds start = 0;
  Milliseconds duration = 0;
  int hint = -1;  // index of the Pod when it started
};

// A message that travels between two places, both in widget coordinates at the time of departure.
struct Dot {
  QPointF from;
  QPointF to;
  QString text;
  RingTone tone = RingTone::Accent;
  double radius = 3;
  Milliseconds start = 0;
  Milliseconds duration = 0;
};

class StageAnimator : public QObject {
  Q_OBJECT

 public:
  explicit StageAnimator(QObject* parent = nullptr);

  void setTimeSource(std::function<Milliseconds()> source);
  Milliseconds now() const { return source_(); }

  // More than this many at once would be noise: the rest lands at once.
  static constexpr int maximumFlights = 60;
  static constexpr int maximumDots = 120;

  bool fly(Flight flight);
  void fade(Fade fade);
  void ring(Ring ring);
  void dot(Dot dot);
  void clear();

  const QHash<QString, Flight>& flights() const { return flights_; }
  const std::vector<Fade>& fades() const { return fades_; }
  const std::vector<Ring>& rings() const { return rings_; }
  const std::vector<Dot>& dots() const { return dots_; }
  bool isMoving() const;

  // Drops what has ended; the flights that landed go to `landed`.
  void expire(Milliseconds now, std::vector<Flight>& landed);

  // How often the view needs to be asked: 16 to 66 milliseconds while effects run, else `otherwise` (0: never).
  void schedule(int otherwise);
  void stop() { timer_.stop(); }
  bool isTicking() const { return timer_.isActive(); }
  int interval() const { return timer_.isActive() ? timer_.interval() : 0; }

 Q_SIGNALS:
  void tick();

 private:
  QTimer timer_;
  std::function<Milliseconds()> source_;
  QHash<QString, Flight> flights_;
  std::vector<Fade> fades_;
  std::vector<Ring> rings_;
  std::vector<Dot> dots_;
};

}  // namespace kubarium::animation
