// The engine's Executor and Clock on Qt's event loop: in the desktop the engine thread is the GUI thread. Posted tasks run in
// order, a few milliseconds at a time, so that a flood of watch events never starves the window.
// Cluster time follows the rate and pause that the cluster's Clock object reports (setRate, setPaused).
#pragma once

#include "core/base/clock.h"
#include "core/base/cluster_timeline.h"
#include "core/base/timer_queue.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <deque>
#include <mutex>

namespace kubarium::bridge {

class QtExecutor final : public QObject, public Executor, public Clock {
    Q_OBJECT

public:
    explicit QtExecutor(QObject* parent = nullptr);
    ~QtExecutor() override;

    void post(Task task) override;
    void offloadTask(std::move_only_function<Task()> work) override;
    bool isEngineThread() const override;

    WallTime now() const override;
    Duration monotonic() const override;
    ClusterTime clusterNow() const override { return timeline_.at(monotonic()); }
    Duration clusterElapsedSince(WallTime then) const override { return timeline_.elapsedSince(then, monotonic()); }
    Timer after(Duration wait, Task task) override;
    Timer afterReal(Duration wait, Task task) override;
    double rate() const override { return timeline_.rate(); }
    void setRate(double rate) override;
    bool paused() const override { return timeline_.paused(); }
    void setPaused(bool paused) override;

private:
    void cancelTimer(std::uint64_t id) override;
    void drain();
    void fireTimers();
    void schedule();

    std::mutex mutex_;  // of tasks_ and wakeSent_: post() is called from any thread
    std::deque<Task> tasks_;
    bool wakeSent_ = false;
    QElapsedTimer elapsed_;
    ClusterTimeline timeline_;
    TimerQueue real_, cluster_;  // ids of cluster timers are told apart by their lowest bit
    QTimer timer_;
};

}  // namespace kubarium::bridge
