// What a controller has asked for but its cache does not show yet. Without it a controller that sees its own cache lag would
// create the same Pods twice. Follows k8s.io/kubernetes/pkg/controller.ControllerExpectations: an expectation is fulfilled when
// all creations and deletions were observed, and forgotten after five minutes.
#pragma once

#include "core/base/clock.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace kubarium::controller {

class Expectations {
public:
    explicit Expectations(Clock& clock) : clock_(clock) {}

    bool satisfied(const std::string& key) const {
        const auto it = pending_.find(key);
        if (it == pending_.end()) return true;
        return (it->second.creations <= 0 && it->second.deletions.empty()) || clock_.monotonic() - it->second.since > std::chrono::minutes{5};
    }
    void expectCreations(const std::string& key, int count) { pending_[key] = {count, {}, clock_.monotonic()}; }
    // `objects`: keys or uids of what will go.
    void expectDeletions(const std::string& key, const std::vector<std::string>& objects) {
        pending_[key] = {0, {objects.begin(), objects.end()}, clock_.monotonic()};
    }
    void creationObserved(const std::string& key) {
        if (const auto it = pending_.find(key); it != pending_.end()) --it->second.creations;
    }
    void deletionObserved(const std::string& key, const std::string& object) {
        if (const auto it = pending_.find(key); it != pending_.end()) it->second.deletions.erase(object);
    }
    void forget(const std::string& key) { pending_.erase(key); }

private:
    struct Pending {
        int creations = 0;
        std::set<std::string> deletions;
        Duration since{};
    };
    Clock& clock_;
    std::map<std::string, Pending> pending_;
};

}  // namespace kubarium::controller
