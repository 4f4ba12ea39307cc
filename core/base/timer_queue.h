// Pending timers of one clock, ordered by due time and then by age. Engine thread only.
#pragma once

#include "core/base/clock.h"

#include <map>
#include <unordered_map>
#include <utility>

namespace kubarium {

class TimerQueue {
public:
    std::uint64_t add(Duration due, Task task) {
        const auto id = ++lastId_;
        byDue_.emplace(std::pair{due, id}, std::move(task));
        dueOf_.emplace(id, due);
        return id;
    }
    bool cancel(std::uint64_t id) {
        const auto it = dueOf_.find(id);
        if (it == dueOf_.end()) return false;
        byDue_.erase({it->second, id});
        dueOf_.erase(it);
        return true;
    }
    bool empty() const { return byDue_.empty(); }
    Duration nextDue() const { return byDue_.begin()->first.first; }
    bool contains(std::uint64_t id) const { return dueOf_.contains(id); }
    // Takes the first timer that is due at `now`, if any.
    std::optional<Task> takeDue(Duration now) {
        if (byDue_.empty() || nextDue() > now) return std::nullopt;
        auto node = byDue_.extract(byDue_.begin());
        dueOf_.erase(node.key().second);
        return std::move(node.mapped());
    }
    std::size_t size() const { return byDue_.size(); }

private:
    std::map<std::pair<Duration, std::uint64_t>, Task> byDue_;
    std::unordered_map<std::uint64_t, Duration> dueOf_;
    std::uint64_t lastId_ = 0;
};

}  // namespace kubarium
