// One of several equal components works at a time: whoever holds a Lease (client-go's tools/leaderelection of Kubernetes 1.34). Waits
// are real time: other holders do not know this cluster's clock. Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/client/client.h"

#include <chrono>
#include <functional>

namespace kubarium::client {

struct LeaseSettings {
    std::string nameSpace, name;
    std::string identity;  // unique among the candidates
    std::chrono::milliseconds leaseDuration{15'000}, renewDeadline{10'000}, retryPeriod{2'000};
};

class LeaderElector {
public:
    struct Callbacks {
        std::function<void()> onLeading;                           // from now on this one works
        std::function<void()> onLost;                              // not any more; the elector has stopped
        std::function<void(const std::string& holder)> onObserved;  // whom the Lease names, at each change
    };
    LeaderElector(Client& client, Clock& clock, Random& random, LeaseSettings settings, Callbacks callbacks);
    ~LeaderElector();
    LeaderElector(const LeaderElector&) = delete;
    LeaderElector& operator=(const LeaderElector&) = delete;

    void start() { attempt(); }
    bool leading() const { return leading_; }
    // Gives the Lease up, so that another need not wait for its end; `done` when the API has it.
    void release(std::function<void()> done);

private:
    void attempt();
    void attemptLater();
    void take(Result<ObjectPtr> found);
    void written(Result<ObjectPtr> lease);
    void observe(const ObjectPtr& lease);
    void giveUp(std::function<void()> done, int tries);
    json::object record(const ObjectPtr& before, const std::string& holder) const;

    Client& client_;
    Clock& clock_;
    Random& random_;
    LeaseSettings settings_;
    Callbacks callbacks_;
    ObjectPtr observed_;
    std::string observedRecord_;
    Duration observedAt_{}, renewedAt_{};
    bool leading_ = false, stopped_ = false;
    Timer retry_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::client
