// Explanations are worked out off the engine thread, so that the engine goes on answering and deciding; one after the other, so that
// the other workers of the Executor are left to the disk. Engine thread only.
#pragma once

#include "core/base/executor.h"

#include <deque>

namespace kubarium::cluster {

class Background {
public:
    explicit Background(Executor& executor) : executor_(executor) {}
    ~Background() { *alive_ = false; }
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Runs `work` on another thread, after what was given before; the Task that it returns then runs on the engine thread, not any
    // more when this is gone. `work` is destroyed on the engine thread too: the last reference to a snapshot that it holds is given
    // back there.
    void run(std::move_only_function<Task()> work) {
        waiting_.push_back(std::make_unique<std::move_only_function<Task()>>(std::move(work)));
        if (waiting_.size() == 1) next();
    }

private:
    void next() {
        // It stays in the queue, empty, until it is done.
        executor_.offloadTask([this, alive = alive_, work = std::move(waiting_.front())]() mutable -> Task {
            auto then = (*work)();
            return [this, alive = std::move(alive), work = std::move(work), then = std::move(then)]() mutable {
                if (!*alive) return;
                waiting_.pop_front();
                if (!waiting_.empty()) next();
                then();
            };
        });
    }

    Executor& executor_;
    std::deque<std::unique_ptr<std::move_only_function<Task()>>> waiting_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::cluster
