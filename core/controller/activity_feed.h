// What the controllers are doing right now, in words: "web-7d9f6: creating 3 Pods". Kept short; shown beside the cluster.
#pragma once

#include "core/base/clock.h"

#include <deque>
#include <functional>
#include <string>

namespace kubarium::controller {

struct Activity {
    std::uint64_t sequence = 0;
    WallTime at;
    std::string controller;  // "replicaset", "node lifecycle"
    std::string key;         // the object it is about: "default/web-7d9f6"
    std::string what;        // "creating 3 Pods"
};

class ActivityFeed {
public:
    explicit ActivityFeed(Clock& clock) : clock_(clock) {}

    // The same sentence about the same object is not repeated in a row.
    void note(const std::string& controller, std::string key, std::string what) {
        if (!latest_.empty() && latest_.back().controller == controller && latest_.back().key == key && latest_.back().what == what) return;
        latest_.push_back({++lastSequence_, clock_.now(), controller, std::move(key), std::move(what)});
        if (latest_.size() > 200) latest_.pop_front();
        if (onActivity) onActivity(latest_.back());
    }
    // Oldest first, at most 200.
    const std::deque<Activity>& latest() const { return latest_; }

    std::function<void(const Activity&)> onActivity;

private:
    Clock& clock_;
    std::uint64_t lastSequence_ = 0;
    std::deque<Activity> latest_;
};

}  // namespace kubarium::controller
