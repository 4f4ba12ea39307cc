#include "core/client/work_queue.h"

#include "core/base/log.h"

#include <algorithm>

namespace kubarium::client {

using namespace std::chrono_literals;

void WorkQueue::add(const std::string& key) {
    if (active_.contains(key)) {
        again_.insert(key);
        return;
    }
    if (queued_.insert(key).second) queue_.push_back(key);
    if (!std::exchange(pumpPosted_, true))
        executor_.post([this, alive = alive_] {
            if (!*alive) return;
            pumpPosted_ = false;
            pump();
        });
}

void WorkQueue::addAfter(const std::string& key, Duration wait) {
    if (wait <= Duration{}) return add(key);
    const auto due = clock_.clusterNow() + wait;
    const auto it = delayed_.find(key);
    if (it != delayed_.end() && it->second.due <= due) return;
    delayed_[key] = {due, clock_.after(wait, [this, key] {
                         const auto copy = key;  // erasing destroys this closure
                         delayed_.erase(copy);
                         add(copy);
                     })};
}

void WorkQueue::setPaused(bool paused) {
    paused_ = paused;
    pump();
}

void WorkQueue::step() {
    ++steps_;
    pump();
}

void WorkQueue::pump() {
    while (!queue_.empty() && static_cast<int>(active_.size()) < workers_) {
        if (paused_ && steps_ == 0) return;
        if (paused_) --steps_;
        const auto key = queue_.front();
        queue_.pop_front();
        queued_.erase(key);
        active_.insert(key);
        handler_(key, [this, alive = alive_, key](Result<void> result) {
            if (*alive) finish(key, result);
        });
    }
}

void WorkQueue::finish(const std::string& key, const Result<void>& result) {
    KUBARIUM_ASSERT(active_.erase(key) == 1);
    if (again_.erase(key) > 0) add(key);
    if (result) {
        failures_.erase(key);
    } else {
        const int failures = failures_[key]++;
        logDebug("workqueue", "{}: {} (failure {})", key, result.error().message, failures + 1);
        addAfter(key, std::min<Duration>(1000s, 5ms * (1LL << std::min(failures, 18))));
    }
    if (!queue_.empty() && !std::exchange(pumpPosted_, true))
        executor_.post([this, alive = alive_] {
            if (!*alive) return;
            pumpPosted_ = false;
            pump();
        });
}

}  // namespace kubarium::client
