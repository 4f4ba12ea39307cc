// Writes core/v1 Events about objects, as client-go's EventRecorder and EventCorrelator do: an Event that repeats is not
// created again but counted (count, lastTimestamp), more than ten similar ones within ten minutes are combined into one
// ("(combined from similar events): ..."), and one source may speak about one object 25 times at once and then once in
// five minutes of real time. Writing is best effort: a failure is logged and forgotten.
// Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/client/client.h"

#include <list>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

namespace kubarium::client {

class EventRecorder {
public:
    // `component` is source.component and reportingComponent ("kubelet", "default-scheduler", "deployment-controller"),
    // `host` the Node's name for kubelets.
    EventRecorder(Client& client, Clock& clock, std::string component, std::string host = {});
    ~EventRecorder();
    EventRecorder(const EventRecorder&) = delete;
    EventRecorder& operator=(const EventRecorder&) = delete;

    // `type` is "Normal" or "Warning"; `fieldPath` names a part of the object ("spec.containers{web}").
    void record(const api::Object& regarding, std::string type, std::string reason, std::string message, std::string fieldPath = {});
    // The same for something of which only the reference is known: {apiVersion, kind, namespace, name, uid, ...}.
    void record(json::object involvedObject, std::string type, std::string reason, std::string message);

private:
    struct Aggregate {
        std::set<std::string> messages;
        WallTime last;
    };
    struct Written {
        std::string nameSpace, name;
        json::object regarding;
        std::string type, reason, message, first, last;
        int count = 0;
        bool creating = false;
        bool behind = false;  // counted on while the create was under way
    };
    struct Budget {
        double tokens;
        WallTime refilled;
    };
    bool allowed(const std::string& sourceKey);
    json::object eventOf(const Written& written) const;
    void create(const std::string& key);
    void sendCount(const std::string& key);
    void forgetOldest();

    Client& client_;
    Clock& clock_;
    std::string component_, host_;
    std::unordered_map<std::string, Aggregate> aggregates_;
    std::unordered_map<std::string, Written> written_;
    std::list<std::string> writtenOrder_;
    std::unordered_map<std::string, Budget> budgets_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::client
