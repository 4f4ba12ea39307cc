// How every component talks to the cluster: the Kubernetes API as asynchronous calls. Two implementations: HttpClient (any
// kubeconfig) and LocalClient (core/apiserver: the same request path without the socket). Components never see the store,
// so each can be exchanged for the real Kubernetes one, and the reverse.
//
// Threads: calls are made on, and callbacks and watch events arrive on, the engine thread (the Executor that the client was
// made with), never before the call returned. Callbacks are not called any more once the client is destroyed.
// Errors are the API server's Status (core/base/result.h); transport failures are Reason::ServiceUnavailable.
#pragma once

#include "core/api/object.h"
#include "core/api/resource.h"
#include "core/base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kubarium::client {

using api::GroupVersionResource;
using api::ObjectPtr;
namespace json = boost::json;

struct ObjectList {
    std::vector<ObjectPtr> items;
    std::string resourceVersion{};
    std::string continueToken{};
};

struct ListOptions {
    std::string labelSelector{};
    std::string fieldSelector{};
    int limit = 0;
    std::string continueToken{};
};

enum class WatchEventType { Added, Modified, Deleted, Bookmark, Error };

struct WatchEvent {
    WatchEventType type;
    ObjectPtr object;  // of a Bookmark: only kind and resourceVersion; null for Error
    Error error;
};

struct WatchOptions {
    std::string resourceVersion;  // "" starts with synthetic Added events of what exists
    std::string labelSelector{};
    std::string fieldSelector{};
};

enum class PatchType { Json, Merge, StrategicMerge, Apply };

struct WriteOptions {
    std::string fieldManager{};
    bool dryRun = false;
    bool force = false;           // server-side apply only
    std::string fieldValidation{};  // Ignore, Warn, Strict; "" is the server's default (Warn)
};

struct DeleteOptions {
    int gracePeriodSeconds = -1;    // -1: the object's own
    std::string propagationPolicy{};  // Background, Foreground, Orphan; "" is the resource's default
    std::string uid{};              // preconditions
    std::string resourceVersion{};
    bool dryRun = false;
};

// Destroying it ends the watch: no event arrives afterwards.
class Watch {
public:
    virtual ~Watch() = default;
};

template <class T>
using Reply = std::move_only_function<void(Result<T>)>;

class Client {
public:
    virtual ~Client() = default;

    // `nameSpace` is "" for cluster-scoped resources and, in list and watch, for all namespaces.
    virtual void get(const GroupVersionResource&, const std::string& nameSpace, const std::string& name, Reply<ObjectPtr>) = 0;
    virtual void list(const GroupVersionResource&, const std::string& nameSpace, const ListOptions&, Reply<ObjectList>) = 0;
    // After an Error event (410 Expired, connection lost) nothing follows: list again. Informer does all that.
    virtual std::unique_ptr<Watch> watch(const GroupVersionResource&, const std::string& nameSpace, const WatchOptions&,
                                         std::move_only_function<void(WatchEvent)>) = 0;
    // `subresource` is "" for the object itself: "status", "scale", "binding", "eviction".
    virtual void create(const GroupVersionResource&, const std::string& nameSpace, json::object body, const WriteOptions&, Reply<ObjectPtr>,
                        const std::string& name = {}, const std::string& subresource = {}) = 0;
    virtual void update(const GroupVersionResource&, const std::string& nameSpace, const std::string& name, json::object body,
                        const WriteOptions&, Reply<ObjectPtr>, const std::string& subresource = {}) = 0;
    virtual void patch(const GroupVersionResource&, const std::string& nameSpace, const std::string& name, PatchType, json::value body,
                       const WriteOptions&, Reply<ObjectPtr>, const std::string& subresource = {}) = 0;
    // The reply is the deleted object or a Status, as the server sends it.
    virtual void remove(const GroupVersionResource&, const std::string& nameSpace, const std::string& name, const DeleteOptions&,
                        Reply<json::value>) = 0;
    // Anything else (discovery, logs, version): GET of a raw path, the body as text.
    virtual void getRaw(const std::string& pathAndQuery, Reply<std::string>) = 0;
};

}  // namespace kubarium::client
