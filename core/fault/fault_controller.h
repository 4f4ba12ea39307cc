// Injects the faults that Fault objects describe, and undoes them for certain: when their time is up, when they are deleted (the
// finalizer kubarium.dev/undo holds the object until then), when the engine stops (revertAll) and when it starts again (what an
// earlier engine left Active is undone and marked). Two faults of one kind on one Node are undone when the last of them ends.
// Level-triggered: what should be so is kept here, and written into the object until it stands there. Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/client/event_recorder.h"
#include "core/client/informer.h"
#include "core/client/work_queue.h"
#include "core/fault/fault_target.h"

#include <map>
#include <set>
#include <string>

namespace kubarium::fault {

inline const std::string undoFinalizer = "kubarium.dev/undo";

class FaultController {
public:
    FaultController(Executor& executor, Clock& clock, client::Client& client, FaultTarget& target);
    ~FaultController();
    FaultController(const FaultController&) = delete;
    FaultController& operator=(const FaultController&) = delete;

    void start();
    // Undoes everything that is in place, at once; the objects are marked as far as the API still answers. Nothing is injected
    // afterwards.
    void revertAll();
    // Faults that are in place now.
    std::size_t activeCount() const;

private:
    enum class Kind { ContainerKill, NodePowerOff, NodePartition };
    struct Injected {
        std::string name, phase, startedAt, endsAt, message;
        Kind kind = Kind::ContainerKill;
        std::string node;
        bool inPlace = false;
        Timer expiry;
    };
    void reconcile(const std::string& name, client::WorkQueue::Done done);
    void removeFinalizer(const api::ObjectPtr& object, client::WorkQueue::Done done);
    void begin(const api::ObjectPtr& object);
    void beginKill(const api::ObjectPtr& object, Injected& injected);
    void beginOnNode(const api::ObjectPtr& object, Injected& injected);
    void expire(const std::string& uid);
    void undo(Injected& injected, const std::string& uid, std::string why);
    void undoLeftover(const api::ObjectPtr& object);
    void fail(Injected& injected, std::string message);
    void writeStatus(const api::ObjectPtr& object, const Injected& injected, client::WorkQueue::Done done);
    std::set<std::string>& holders(Kind kind, const std::string& node);

    Executor& executor_;
    Clock& clock_;
    client::Client& client_;
    FaultTarget& target_;
    client::Informer faults_;
    client::EventRecorder events_;
    client::WorkQueue queue_;
    std::map<std::string, Injected> injected_;  // by uid
    std::map<std::pair<Kind, std::string>, std::set<std::string>> holders_;
    bool stopped_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::fault
