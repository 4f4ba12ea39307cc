// Level-triggered reconciliation (client-go's workqueue): a key is in the queue at most once, is not handled by two workers
// at a time, and comes back with exponential back-off after a failure. Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/result.h"

#include <deque>
#include <map>
#include <set>
#include <string>

namespace kubarium::client {

class WorkQueue {
public:
    // Reconciles one key and calls `done` exactly once, now or later: with an error the key is retried after 5 ms x 2^n,
    // at most 1000 s of cluster time (client-go's DefaultTypedControllerRateLimiter).
    using Done = std::move_only_function<void(Result<void>)>;
    using Handler = std::function<void(const std::string& key, Done done)>;

    WorkQueue(Executor& executor, Clock& clock, Handler handler, int workers = 5)
        : executor_(executor), clock_(clock), handler_(std::move(handler)), workers_(workers) {}
    ~WorkQueue() { *alive_ = false; }
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;

    void add(const std::string& key);
    // After `wait` of cluster time; an earlier pending addAfter of the same key wins.
    void addAfter(const std::string& key, Duration wait);
    // Forgets the failures of a key.
    void forget(const std::string& key) { failures_.erase(key); }
    // While paused nothing is taken from the queue; step() lets one key through.
    void setPaused(bool paused);
    void step();
    std::size_t size() const { return queue_.size(); }
    bool idle() const { return queue_.empty() && active_.empty(); }

private:
    void pump();
    void finish(const std::string& key, const Result<void>& result);

    Executor& executor_;
    Clock& clock_;
    Handler handler_;
    int workers_;
    bool paused_ = false;
    int steps_ = 0;
    bool pumpPosted_ = false;
    std::deque<std::string> queue_;
    std::set<std::string> queued_, active_, again_;
    struct Delayed {
        ClusterTime due;
        Timer timer;
    };
    std::map<std::string, Delayed> delayed_;
    std::map<std::string, int> failures_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::client
