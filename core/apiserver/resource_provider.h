// A resource that the API server serves but does not store: its objects live in somebody's memory (SchedulingDecision: the
// ring of the scheduler). Such a resource is read-only: every writing verb answers 405. Selectors, limit, tables and
// discovery are the API server's part, as for stored resources.
// Engine thread only; handlers of watches are called on it, never before the call returned.
#pragma once

#include "core/client/client.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kubarium::apiserver {

struct ProvidedList {
    std::vector<api::ObjectPtr> items;  // in key order
    std::uint64_t revision = 0;         // a later watch from here misses nothing
};

class ResourceProvider {
public:
    virtual ~ResourceProvider() = default;

    virtual const api::GroupVersionResource& resource() const = 0;
    // `reply` is called once, on the engine thread, at once or when the object has been worked out; with nullptr if there is none.
    virtual void get(const std::string& nameSpace, const std::string& name, std::move_only_function<void(api::ObjectPtr)> reply) = 0;
    // `nameSpace` is "" for all.
    virtual ProvidedList list(const std::string& nameSpace) = 0;
    // Every change after `since`, in order; the provider's own revisions, which are increasing decimal numbers. An Error
    // event (Expired) is the last one if `since` is too old or the watcher too slow.
    virtual std::unique_ptr<client::Watch> watch(const std::string& nameSpace, std::uint64_t since,
                                                 std::function<void(client::WatchEvent)> handler) = 0;
};

// The configuration that the components of this process run with, by API group, as /configz of a Kubernetes component shows it.
// Engine thread.
using ConfigurationSource = std::function<boost::json::object()>;

// Answers a kind that is a question and not an object (SchedulingReview): it can be created, gets its answer in its status, and is
// never stored. `review` is decoded; what comes back is the whole object. `reply` is called once, on the engine thread, at once or
// when the answer has been worked out.
using ReviewReply = std::move_only_function<void(Result<boost::json::object>)>;
using Reviewer = std::function<void(boost::json::object review, ReviewReply reply)>;

}  // namespace kubarium::apiserver
