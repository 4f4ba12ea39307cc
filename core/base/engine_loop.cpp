#include "core/base/engine_loop.h"

#include "core/base/cluster_timeline.h"
#include "core/base/result.h"
#include "core/base/timer_queue.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace kubarium {
namespace {

using Steady = std::chrono::steady_clock;

// Ids of cluster timers are even, of real-time timers odd, so that one id space serves both queues.
constexpr std::uint64_t clusterId(std::uint64_t id) { return id * 2; }
constexpr std::uint64_t realId(std::uint64_t id) { return id * 2 + 1; }

}  // namespace

struct EngineLoop::State {
    Steady::time_point start = Steady::now();
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Task> tasks;
    bool stopping = false;

    std::mutex workMutex;
    std::condition_variable workWake;
    std::deque<std::move_only_function<Task()>> works;
    bool workStopping = false;
    std::vector<std::jthread> workers;

    std::atomic<std::thread::id> thread;
    ClusterTimeline timeline{std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
    TimerQueue clusterTimers;
    TimerQueue realTimers;

    Duration real() const { return Steady::now() - start; }

    std::optional<Steady::time_point> nextWake() const {
        std::optional<Duration> next;
        const auto realNow = real();
        if (!realTimers.empty()) next = realTimers.nextDue();
        if (!clusterTimers.empty())
            if (const auto wait = timeline.realUntil({clusterTimers.nextDue()}, realNow))
                next = next ? std::min(*next, realNow + *wait) : realNow + *wait;
        if (!next) return std::nullopt;
        return start + *next;
    }

    bool fireOne() {
        auto task = realTimers.takeDue(real());
        if (!task && !timeline.paused()) task = clusterTimers.takeDue(timeline.at(real()).sinceStart);
        if (!task) return false;
        (*task)();
        return true;
    }
};

EngineLoop::EngineLoop(int workers) : state_(std::make_unique<State>()) {
    for (int i = 0; i < workers; ++i) {
        state_->workers.emplace_back([this] {
            for (;;) {
                std::move_only_function<Task()> work;
                {
                    std::unique_lock lock(state_->workMutex);
                    state_->workWake.wait(lock, [this] { return state_->workStopping || !state_->works.empty(); });
                    if (state_->works.empty()) return;
                    work = std::move(state_->works.front());
                    state_->works.pop_front();
                }
                if (auto task = work()) post(std::move(task));
            }
        });
    }
}

EngineLoop::~EngineLoop() {
    {
        std::lock_guard lock(state_->workMutex);
        state_->workStopping = true;
        state_->works.clear();
    }
    state_->workWake.notify_all();
    state_->workers.clear();
}

void EngineLoop::run() {
    state_->thread = std::this_thread::get_id();
    for (;;) {
        std::deque<Task> batch;
        {
            std::unique_lock lock(state_->mutex);
            const auto ready = [this] { return state_->stopping || !state_->tasks.empty(); };
            if (const auto next = state_->nextWake())
                state_->wake.wait_until(lock, *next, ready);
            else
                state_->wake.wait(lock, ready);
            if (state_->stopping) break;
            batch.swap(state_->tasks);
        }
        for (auto& task : batch) task();
        while (state_->fireOne()) {
        }
    }
    state_->thread = std::thread::id{};
    const std::lock_guard lock(state_->mutex);
    state_->stopping = false;
}

void EngineLoop::stop() {
    {
        std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake.notify_all();
}

void EngineLoop::post(Task task) {
    {
        std::lock_guard lock(state_->mutex);
        state_->tasks.push_back(std::move(task));
        if (isEngineThread()) return;
    }
    state_->wake.notify_one();
}

void EngineLoop::offloadTask(std::move_only_function<Task()> work) {
    {
        std::lock_guard lock(state_->workMutex);
        state_->works.push_back(std::move(work));
    }
    state_->workWake.notify_one();
}

bool EngineLoop::isEngineThread() const { return state_->thread.load() == std::this_thread::get_id(); }

WallTime EngineLoop::now() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
Duration EngineLoop::monotonic() const { return state_->real(); }
ClusterTime EngineLoop::clusterNow() const { return state_->timeline.at(state_->real()); }
Duration EngineLoop::clusterElapsedSince(WallTime then) const { return state_->timeline.elapsedSince(then, state_->real()); }

Timer EngineLoop::after(Duration wait, Task task) {
    return {*this, clusterId(state_->clusterTimers.add(clusterNow().sinceStart + wait, std::move(task)))};
}

Timer EngineLoop::afterReal(Duration wait, Task task) {
    return {*this, realId(state_->realTimers.add(state_->real() + wait, std::move(task)))};
}

double EngineLoop::rate() const { return state_->timeline.rate(); }
void EngineLoop::setRate(double rate) { state_->timeline.setRate(rate, state_->real(), now()); }
bool EngineLoop::paused() const { return state_->timeline.paused(); }
void EngineLoop::setPaused(bool paused) { state_->timeline.setPaused(paused, state_->real(), now()); }

void EngineLoop::cancelTimer(std::uint64_t id) { (id % 2 == 0 ? state_->clusterTimers : state_->realTimers).cancel(id / 2); }

}  // namespace kubarium
