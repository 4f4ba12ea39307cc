// What all controllers share: their seams, and how they are paused, stepped and watched at work.
#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/client/event_recorder.h"
#include "core/client/informer.h"
#include "core/client/work_queue.h"
#include "core/controller/activity_feed.h"
#include "core/controller/calls.h"

#include <memory>
#include <string>
#include <vector>

namespace kubarium::controller {

struct ControllerContext {
    Executor& executor;
    Clock& clock;
    Random& random;
    client::Client& client;
    client::InformerFactory& informers;
    ActivityFeed& activity;
};

class Controller {
public:
    // `name` as the activity feed shows it ("replicaset"); `component` is the source of its Events ("replicaset-controller").
    Controller(ControllerContext context, std::string name, const std::string& component);
    virtual ~Controller();
    Controller(const Controller&) = delete;
    Controller& operator=(const Controller&) = delete;

    const std::string& name() const { return name_; }
    // Informers have synced: timers may start. Queues are let run by setPaused(false).
    virtual void start() {}
    // While paused nothing is reconciled; step() lets one reconcile through and says whether there was one waiting.
    void setPaused(bool paused);
    bool step();
    // Nothing waits in a queue and no reconcile is under way. Timers may be pending.
    bool idle() const;

protected:
    using Reconcile = std::function<Async<Result<void>>(std::string key)>;
    // A queue whose keys are reconciled by `reconcile`. Paused until the manager lets it run.
    client::WorkQueue& addQueue(Reconcile reconcile, int workers = 5);
    void note(std::string key, std::string what) { context_.activity.note(name_, std::move(key), std::move(what)); }
    client::Informer& informer(const GroupVersionResource& resource) { return context_.informers.informer(resource); }
    Clock& clock() { return context_.clock; }
    WallTime now() const { return context_.clock.now(); }

    ControllerContext context_;
    Calls calls_;
    client::EventRecorder events_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

private:
    std::string name_;
    std::vector<std::unique_ptr<client::WorkQueue>> queues_;
};

}  // namespace kubarium::controller
