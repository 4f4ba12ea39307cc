#include "core/simulation/simulated_loop.h"

#include <algorithm>

namespace kubarium {

SimulatedLoop::SimulatedLoop(std::uint64_t seed)
    : random_(seed), startWall_(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}), timeline_(startWall_) {}

void SimulatedLoop::offloadTask(std::move_only_function<Task()> work) {
    // Finishing after a random delay under a millisecond makes the order of completions arbitrary but repeatable.
    const auto delay = std::chrono::microseconds{random_.below(1000)};
    realTimers_.add(real_ + delay, [this, work = std::move(work)]() mutable {
        if (auto then = work()) post(std::move(then));
    });
}

Timer SimulatedLoop::after(Duration wait, Task task) {
    return {*this, clusterTimers_.add(clusterNow().sinceStart + wait, std::move(task)) * 2};
}

Timer SimulatedLoop::afterReal(Duration wait, Task task) {
    return {*this, realTimers_.add(real_ + wait, std::move(task)) * 2 + 1};
}

void SimulatedLoop::cancelTimer(std::uint64_t id) { (id % 2 == 0 ? clusterTimers_ : realTimers_).cancel(id / 2); }

bool SimulatedLoop::fireOne() {
    auto task = realTimers_.takeDue(real_);
    if (!task && !paused()) task = clusterTimers_.takeDue(clusterNow().sinceStart);
    if (!task) return false;
    (*task)();
    return true;
}

std::optional<Duration> SimulatedLoop::nextDue() const {
    std::optional<Duration> next;
    if (!realTimers_.empty()) next = realTimers_.nextDue();
    if (!clusterTimers_.empty())
        if (const auto wait = timeline_.realUntil({clusterTimers_.nextDue()}, real_)) {
            // Rounding must not leave a timer due an instant after the time that was waited for.
            const auto due = real_ + std::max(*wait, Duration{1});
            next = next ? std::min(*next, due) : due;
        }
    return next;
}

std::size_t SimulatedLoop::runReady() {
    std::size_t count = 0;
    for (;;) {
        if (!tasks_.empty()) {
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            task();
        } else if (!fireOne()) {
            return count;
        }
        ++count;
    }
}

void SimulatedLoop::advance(Duration realTime) {
    const auto end = real_ + realTime;
    runReady();
    for (auto due = nextDue(); due && *due <= end; due = nextDue()) {
        real_ = std::max(real_, *due);
        runReady();
    }
    real_ = end;
    runReady();
}

bool SimulatedLoop::runUntil(const std::function<bool()>& condition, Duration limit) {
    const auto end = real_ + limit;
    for (;;) {
        runReady();
        if (condition()) return true;
        const auto due = nextDue();
        if (!due || *due > end) return false;
        real_ = std::max(real_, *due);
    }
}

}  // namespace kubarium
