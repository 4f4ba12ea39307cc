// Stands in for the kubelets of a test: Pods bound to one of its Nodes run, become ready and end as their annotations say.
//   fake/start-ms (200)  until Running, not ready      fake/ready-ms (300)  from there to Ready; "never"; 0: at once
//   fake/exit-ms         ends so long after the start, with fake/exit-code (0)
//   fake/del-ms (200)    from deletionTimestamp to the end, with fake/del-code (0)     fake/manual  nothing starts by itself
// Renews the Lease of each Node every 8 s, unless its heartbeats were stopped. Writes the statuses that the real kubelet would.
#pragma once

#include "core/base/clock.h"
#include "core/client/informer.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kubarium::testing {

class FakeKubelet {
public:
    // `lag` is asked once for each Pod: by so much all that it does is later.
    FakeKubelet(client::Client& client, Clock& clock, std::function<Duration()> lag = {});
    ~FakeKubelet();

    // Creates the Node object, Ready, and its Lease.
    void addNode(const std::string& name);
    void addNode(const std::string& name, boost::json::object labels, boost::json::array taints);
    void removeNode(const std::string& name);
    void start();

    // Neither Lease nor Pods of the Node move any more, or again.
    void stopHeartbeats(const std::string& node) { stopped_.insert(node); }
    void startHeartbeats(const std::string& node);
    void setReady(const std::string& node, bool ready);
    // As the scenario actions: status patches of one Pod.
    void setPodReady(const std::string& key, bool ready);
    void setPodRunning(const std::string& key, bool ready, int restarts);
    void failPod(const std::string& key, int exitCode, const std::string& reason = {});

private:
    struct PodState {
        std::string uid;
        bool running = false, ready = false, deleting = false, ended = false;
        int restarts = 0;
        std::string ip;
        Duration lag{};
        std::vector<Timer> timers;
    };
    void onPod(const client::ObjectPtr& pod);
    void onGone(const client::ObjectPtr& pod);
    void renewLease(const std::string& node);
    void beat();
    void runPod(const std::string& key);
    void exitPod(const std::string& key);
    void terminatePod(const std::string& key);
    void write(const std::string& key);
    boost::json::object statusOf(const api::Object& pod, const PodState& state, const std::string& phase) const;
    void end(const std::string& key, int exitCode, const std::string& phase, bool remove, const std::string& reason = {});
    void after(const std::string& key, int milliseconds, Task task);

    client::Client& client_;
    Clock& clock_;
    std::vector<Timer> reports_;
    std::function<Duration()> lag_;
    client::Informer pods_;
    std::map<std::string, PodState> states_;
    std::set<std::string> nodes_, stopped_;
    std::map<std::string, std::vector<Task>> held_;
    Timer beat_;
    int lastIp_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::testing
