// Jobs of the supervisor's worker threads: those with the same key run one after the other in the order they were added,
// others at the same time. Slow jobs (starting a container) and quick ones have threads of their own, so that a probe's exec
// does not wait behind a hundred starts. Part of the supervisor process.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kubarium::kubelet {

class KeyedJobs {
public:
    enum class Lane { Slow, Quick };
    using Job = std::function<void()>;

    KeyedJobs(int slowThreads, int quickThreads) {
        for (int i = 0; i < slowThreads; ++i) threads_.emplace_back([this] { work(0); });
        for (int i = 0; i < quickThreads; ++i) threads_.emplace_back([this] { work(1); });
    }
    // Threads end with the process; nobody destroys the supervisor's jobs.
    ~KeyedJobs() = delete;

    // "" is no key: the job waits for no other.
    void add(Lane lane, std::string key, Job job) {
        const std::lock_guard lock(mutex_);
        Entry entry{lane == Lane::Slow ? 0 : 1, std::move(key), std::move(job)};
        if (!entry.key.empty()) {
            const auto [waiting, isNew] = waiting_.try_emplace(entry.key);
            if (!isNew) {
                waiting->second.push_back(std::move(entry));
                return;
            }
        }
        submit(std::move(entry));
    }

private:
    struct Entry {
        int lane = 0;
        std::string key;
        Job job;
    };
    void submit(Entry entry) {
        const int lane = entry.lane;
        ready_[lane].push_back(std::move(entry));
        wake_[lane].notify_one();
    }
    void work(int lane) {
        for (;;) {
            Entry entry;
            {
                std::unique_lock lock(mutex_);
                wake_[lane].wait(lock, [&] { return !ready_[lane].empty(); });
                entry = std::move(ready_[lane].front());
                ready_[lane].pop_front();
            }
            entry.job();
            if (entry.key.empty()) continue;
            const std::lock_guard lock(mutex_);
            const auto it = waiting_.find(entry.key);
            if (it->second.empty()) {
                waiting_.erase(it);
            } else {
                auto next = std::move(it->second.front());
                it->second.pop_front();
                submit(std::move(next));
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_[2];
    std::deque<Entry> ready_[2];
    std::map<std::string, std::deque<Entry>> waiting_;  // a key is present while a job of it runs or is ready
    std::vector<std::thread> threads_;
};

}  // namespace kubarium::kubelet
