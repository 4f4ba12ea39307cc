#include "ui/animation/stage_animator.h"

#include <algorithm>
#include <chrono>

namespace kubarium::animation {

namespace {

Milliseconds steadyNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

StageAnimator::StageAnimator(QObject* parent) : QObject(parent), source_(steadyNow) {
  connect(&timer_, &QTimer::timeout, this, &StageAnimator::tick);
}

void StageAnimator::setTimeSource(std::function<Milliseconds()> source) { source_ = source ? std::move(source) : steadyNow; }

bool StageAnimator::fly(Flight flight) {
  if (flights_.size() >= maximumFlights || flight.duration <= 0) {
    return false;
  }
  flights_.insert(flight.key, std::move(flight));
  return true;
}

void StageAnimator::fade(Fade fade) {
  if (fade.duration > 0 && fades_.size() < static_cast<std::size_t>(maximumDots)) {
    fades_.push_back(std::move(fade));
  }
}

void StageAnimator::ring(Ring ring) {
  if (ring.duration > 0 && rings_.size() < static_cast<std::size_t>(maximumDots)) {
    rings_.push_back(std::move(ring));
  }
}

void StageAnimator::dot(Dot dot) {
  if (dot.duration > 0 && dots_.size() < static_cast<std::size_t>(maximumDots)) {
    dots_.push_back(std::move(dot));
  }
}

void StageAnimator::clear() {
  flights_.clear();
  fades_.clear();
  rings_.clear();
  dots_.clear();
}

bool StageAnimator::isMoving() const { return !flights_.isEmpty() || !fades_.empty() || !rings_.empty() || !dots_.empty(); }

void StageAnimator::expire(Milliseconds now, std::vector<Flight>& landed) {
  for (auto flight = flights_.begin(); flight != flights_.end();) {
    if (now >= flight->start + flight->duration) {
      landed.push_back(*flight);
      flight = flights_.erase(flight);
    } else {
      ++flight;
    }
  }
  const auto over = [now](const auto& effect) { return now >= effect.start + effect.duration; };
  std::erase_if(fades_, over);
  std::erase_if(rings_, over);
  std::erase_if(dots_, over);
}

void StageAnimator::schedule(int otherwise) {
  // Pods in flight want every frame; rings and told messages are small and read as well at half of them, at half the cost.
  // Lease renewals are all that an idle cluster ever moves: a quarter is enough to see where they go.
  const bool large = !flights_.isEmpty() || !fades_.empty();
  const bool told = std::any_of(dots_.begin(), dots_.end(), [](const Dot& dot) { return !dot.text.isEmpty(); });
  const int own = large ? 16 : !rings_.empty() || told ? 33 : !dots_.empty() ? 66 : 0;
  const int wanted = own == 0 ? otherwise : otherwise > 0 ? std::min(own, otherwise) : own;
  if (wanted <= 0) {
    timer_.stop();
    return;
  }
  if (timer_.isActive() && timer_.interval() == wanted) {
    return;
  }
  timer_.setTimerType(wanted < 200 ? Qt::PreciseTimer : Qt::CoarseTimer);
  timer_.start(wanted);
}

}  // namespace kubarium::animation
