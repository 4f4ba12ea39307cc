// The real Executor and Clock: one engine thread, a small pool for offloaded work, timers in real and cluster time.
#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"

#include <memory>

namespace kubarium {

class EngineLoop final : public Executor, public Clock {
public:
    // `workers`: how many offloaded works run at once.
    explicit EngineLoop(int workers = 4);
    ~EngineLoop() override;
    EngineLoop(const EngineLoop&) = delete;
    EngineLoop& operator=(const EngineLoop&) = delete;

    // Runs tasks on the calling thread, which thereby is the engine thread, until stop(). May be run again: tasks that
    // were posted meanwhile are still there.
    void run();
    // Any thread; async-signal-unsafe.
    void stop();

    void post(Task task) override;
    void offloadTask(std::move_only_function<Task()> work) override;
    bool isEngineThread() const override;

    WallTime now() const override;
    Duration monotonic() const override;
    ClusterTime clusterNow() const override;
    Duration clusterElapsedSince(WallTime) const override;
    Timer after(Duration wait, Task) override;
    Timer afterReal(Duration wait, Task) override;
    double rate() const override;
    void setRate(double rate) override;
    bool paused() const override;
    void setPaused(bool paused) override;

private:
    void cancelTimer(std::uint64_t id) override;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace kubarium
