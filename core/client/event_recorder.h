// Writes core/v1 Events about objects, as client-go's EventRecorder and EventCorrelator do: an Event that repeats is not
// created again but counted (count, lastTimestamp), more than ten similar ones within ten minutes are combined into one
// ("(combined from similar events): ..."), and one source may speak about one object 25 times at once and then once in
// five minutes of real time. Writing is best effort: a failure is logged and forgotten. What Events tell of comes first: they
// are written in order and, while others write to the API as well, one after the other, as by client-go's recorder; many at once
// when nobody else does. (client-go drops what exceeds a thousand; nothing is dropped here.)
// Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/client/client.h"

#include <deque>
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
        bool exists = false;  // as an object of the API
        bool busy = false;    // waits to be written, or is being written
        bool behind = false;  // counted on while it was being written
    };
    struct Budget {
        double tokens;
        WallTime refilled;
    };
    bool allowed(const std::string& sourceKey);
    json::object eventOf(const Written& written) const;
    void enqueue(const std::string& key);
    void sendNext();
    void create(const std::string& key);
    void sendCount(const std::string& key);
    void settle(const std::string& key);
    void pace(const api::Object& written);
    void forgetOldest();

    Client& client_;
    Clock& clock_;
    std::string component_, host_;
    std::unordered_map<std::string, Aggregate> aggregates_;
    std::unordered_map<std::string, Written> written_;
    std::list<std::string> writtenOrder_;
    std::deque<std::string> waiting_;  // keys of written_
    int underWay_ = 0, limit_ = 8;     // of those that are being written
    int alone_ = 0;                    // written in a row while nobody else wrote
    std::uint64_t lastRevision_ = 0;
    std::unordered_map<std::string, Budget> budgets_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::client
