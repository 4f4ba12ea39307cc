// All controllers of the cluster, as kube-controller-manager runs them: one shared cache, started together once it is filled.
// Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/client/informer.h"
#include "core/controller/activity_feed.h"

#include <memory>
#include <string>
#include <vector>

namespace kubarium::controller {

class Controller;

struct ControllerManagerOptions {
    std::string rootCaPem;  // published as kube-root-ca.crt; empty: not published
    // What the garbage collector and a namespace's deletion look at; empty: all that collectableResources() names.
    std::vector<api::GroupVersionResource> resources;
    // Directories of kubarium.dev/hostpath volumes; "": such volumes are made without any (simulated Nodes).
    std::string volumesDirectory;
};

class ControllerManager {
public:
    // `informers` may be shared with other components of the same client; null: its own. It must outlive this.
    ControllerManager(Executor& executor, Clock& clock, Random& random, client::Client& client, ControllerManagerOptions options,
                      client::InformerFactory* informers = nullptr);
    ~ControllerManager();
    ControllerManager(const ControllerManager&) = delete;
    ControllerManager& operator=(const ControllerManager&) = delete;

    // Fills the caches, then lets the controllers run. Returns at once.
    void start();
    bool started() const { return running_; }
    // While paused no key is reconciled (timers of the cluster stand still with the Clock anyway).
    void setPaused(bool paused);
    // Lets one reconcile through, of the controllers in turn. False if none waits.
    bool step();
    // Started, and no key waits or is being reconciled.
    bool idle() const;

    const ActivityFeed& activity() const { return activity_; }
    ActivityFeed& activity() { return activity_; }
    std::vector<std::string> names() const;

private:
    void awaitCaches();

    Clock& clock_;
    ActivityFeed activity_;
    std::unique_ptr<client::InformerFactory> ownInformers_;
    client::InformerFactory& informers_;
    std::vector<std::unique_ptr<Controller>> controllers_;
    std::size_t nextToStep_ = 0;
    bool running_ = false, paused_ = false;
    Timer cacheTimer_;
};

}  // namespace kubarium::controller
