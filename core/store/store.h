// The state of the cluster: a map from (resource, namespace, name) to objects and the log of what happened to it, as etcd
// keeps it for Kubernetes. Every write gets the next number of one revision counter, which becomes the object's
// resourceVersion; a reader lists at a revision and then watches everything after it.
//
// A write applies in memory at once, so the next write sees it, but the world may learn of it only when it is on disk:
// whoever answers a request or reports a read waits for it with whenDurable(), and watches deliver no earlier. Writes that
// queue up while a commit is under way go to disk together in the next one (group commit), also while the engine thread is busy.
//
// Engine thread only. Handlers are called on it, never before the call returned, and may call the store.
#pragma once

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/result.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace kubarium::store {

using api::ObjectPtr;
namespace json = boost::json;

struct Key {
    std::string resource;  // "pods", "deployments.apps": without a version, since all versions are one object
    std::string nameSpace;
    std::string name;
    // "namespace/name" or "name"; lists are in the byte order of this.
    std::string path() const { return nameSpace.empty() ? name : nameSpace + "/" + name; }
};

enum class ChangeType : std::uint8_t { Added, Modified, Deleted };

struct Change {
    ChangeType type;
    std::uint64_t revision = 0;
    std::string path;
    ObjectPtr object;  // of a deletion: the last state, with the revision of the deletion
    ObjectPtr before;  // null when added
};

using ObjectMap = std::map<std::string, ObjectPtr, std::less<>>;

// Destroying it ends the watch.
class Watch {
public:
    virtual ~Watch() = default;
};

class Store {
public:
    virtual ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // The latest revision, durable or not.
    std::uint64_t revision() const { return revision_; }
    std::uint64_t durableRevision() const { return durable_; }
    // The error of the disk that keeps commits from finishing; writes are refused with it. Empty when all is well.
    const std::string& trouble() const { return trouble_; }

    // nullptr if absent.
    ObjectPtr get(const Key& key) const;
    // The revision of the last change of any object of the resource; 0 if there was none.
    std::uint64_t lastChange(const std::string& resource) const;
    const ObjectMap& all(const std::string& resource) const;
    // The resource as it was at an earlier revision. Expired if that is no longer known.
    Result<ObjectMap> at(const std::string& resource, std::uint64_t revision) const;

    // Stores the tree with metadata.resourceVersion set to the new revision. `expected` is the revision of the object that
    // is replaced, 0 if there must be none: otherwise Conflict or AlreadyExists (with an empty message: the caller words it).
    Result<ObjectPtr> put(const Key& key, json::object tree, std::uint64_t expected);
    // The same of `base` with what `change` makes of it, copied once; `base` is also what is expected to be stored.
    Result<ObjectPtr> change(const Key& key, const api::Object& base, const std::function<void(json::object&)>& change);
    // A new object like `base`, in the spec of which `renamed` takes the place of the text `old` ("" replaces nothing), and with what
    // `change` makes of it. It shares what it has in common with `base`.
    Result<ObjectPtr> putLike(const Key& key, const api::Object& base, std::string_view old, std::string_view renamed, const std::function<void(json::object&)>& change);
    // `last`, the final state, is what watchers are told; null stands for the stored object.
    Result<ObjectPtr> remove(const Key& key, std::uint64_t expected, const json::object* last = nullptr);

    // Calls back once everything up to `revision` is on disk, in the order of the calls for one revision; or with the trouble that keeps
    // it from there. What failed so is tried again all the same, and may become durable later.
    using Saved = std::move_only_function<void(Result<void>)>;
    void whenDurable(std::uint64_t revision, Saved saved);

    // Every change of the resource after `since`, in order. Expired if some of them are no longer known.
    // `since` may lie in the future.
    Result<std::unique_ptr<Watch>> watch(const std::string& resource, std::uint64_t since, std::function<void(const Change&)> handler);
    // Called whenever the durable revision has grown, after the watches were told.
    void onProgress(std::function<void()> handler) { progress_ = std::move(handler); }

    // Forgets history up to this revision: watches and lists from before it are Expired.
    void compact(std::uint64_t revision);

protected:
    Store(Executor& executor, Clock& clock) : executor_(executor), clock_(clock) {}

    // Puts the change of a resource on disk after all before it, and then has committed() called on the engine thread with its
    // revision or a later one.
    virtual void persist(const std::string& resource, const Change& change) = 0;
    void committed(std::uint64_t revision);
    void failed(std::string trouble);
    // For loading, before anything else: everything before `revision` is history that is not known.
    void restore(std::string resource, std::string path, ObjectPtr object);
    void restoreRevision(std::uint64_t revision);

    Executor& executor_;
    Clock& clock_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

private:
    struct Watcher;
    class WatchHandle;
    struct Dated {
        Change change;
        Duration at;
    };
    struct Resource {
        ObjectMap objects;
        std::deque<Dated> history;       // in order of revision
        std::uint64_t forgotten = 0;     // history up to here is gone
        std::uint64_t lastChange = 0;
        std::vector<std::weak_ptr<Watcher>> watchers;
    };
    Resource& resource(const std::string& name);
    Result<ObjectPtr> place(const Key& key, std::uint64_t expected, const std::function<ObjectPtr(const std::string& resourceVersion)>& make);
    void append(const std::string& name, Change change);
    void trim(Resource& at);
    void deliver(const std::string& name, const Change& change);

    std::map<std::string, Resource> resources_;
    std::uint64_t revision_ = 0;
    std::uint64_t durable_ = 0;
    std::uint64_t compacted_ = 0;
    std::deque<std::pair<std::string, Change>> undelivered_;
    std::multimap<std::uint64_t, Saved> waiting_;
    std::function<void()> progress_;
    std::string trouble_;
};

// Keeps nothing: for tests, simulations and clusters without a state directory.
class MemoryStore final : public Store {
public:
    MemoryStore(Executor& executor, Clock& clock);

private:
    void persist(const std::string& resource, const Change& change) override;
    void commit();

    bool committing_ = false;
};

}  // namespace kubarium::store
