// The seeded stand-in for EngineLoop: virtual time, one thread, offloaded work run inline after a seeded delay. A test or a
// simulation drives it: nothing happens until run*() is called, and the same seed gives the same run.
#pragma once

#include "core/base/clock.h"
#include "core/base/cluster_timeline.h"
#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/base/timer_queue.h"

#include <deque>

namespace kubarium {

class SimulatedLoop final : public Executor, public Clock {
public:
    // Wall time starts at 2026-01-01T00:00:00Z. With `shuffleOffloads`, offloaded works finish in a seeded order.
    explicit SimulatedLoop(std::uint64_t seed = 1);

    // Runs everything that is ready now; timers that are due fire. Returns how many tasks ran.
    std::size_t runReady();
    // Lets virtual (real) time pass, running whatever comes due, in order.
    void advance(Duration realTime);
    // Runs until `condition` holds; false if `limit` of virtual time passed or nothing is left that could change it.
    bool runUntil(const std::function<bool()>& condition, Duration limit = std::chrono::minutes{10});

    Random& random() { return random_; }

    void post(Task task) override { tasks_.push_back(std::move(task)); }
    void offloadTask(std::move_only_function<Task()> work) override;
    bool isEngineThread() const override { return true; }

    WallTime now() const override { return startWall_ + real_; }
    Duration monotonic() const override { return real_; }
    ClusterTime clusterNow() const override { return timeline_.at(real_); }
    Duration clusterElapsedSince(WallTime then) const override { return timeline_.elapsedSince(then, real_); }
    Timer after(Duration wait, Task) override;
    Timer afterReal(Duration wait, Task) override;
    double rate() const override { return timeline_.rate(); }
    void setRate(double rate) override { timeline_.setRate(rate, real_, now()); }
    bool paused() const override { return timeline_.paused(); }
    void setPaused(bool paused) override { timeline_.setPaused(paused, real_, now()); }

private:
    void cancelTimer(std::uint64_t id) override;
    bool fireOne();
    // Real time of the next timer, if any can fire.
    std::optional<Duration> nextDue() const;

    SeededRandom random_;
    WallTime startWall_;
    Duration real_{};
    ClusterTimeline timeline_;
    std::deque<Task> tasks_;
    TimerQueue clusterTimers_;
    TimerQueue realTimers_;
};

}  // namespace kubarium
