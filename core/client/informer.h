// list + watch + cache of one resource (client-go's SharedIndexInformer). Many components share one through
// InformerFactory. It re-lists by itself after 410 or a lost connection, with back-off, and then reports the difference.
// Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/client/client.h"

#include <map>
#include <unordered_map>

namespace kubarium::client {

struct InformerHandler {
    std::function<void(const ObjectPtr& added)> onAdd;
    std::function<void(const ObjectPtr& before, const ObjectPtr& after)> onUpdate;
    std::function<void(const ObjectPtr& last)> onDelete;
};

// Names of the index entries that an object belongs to (an owner's uid, a node's name).
using IndexFunction = std::function<std::vector<std::string>(const api::Object&)>;

class Informer {
public:
    Informer(Client& client, Clock& clock, GroupVersionResource resource, std::string nameSpace = {}, std::string fieldSelector = {});
    ~Informer();
    Informer(const Informer&) = delete;
    Informer& operator=(const Informer&) = delete;

    // Handlers are called in the order they were added; a handler added later is first told of everything cached.
    void addHandler(InformerHandler handler);
    // Before start().
    void addIndex(const std::string& name, IndexFunction function);
    void start();

    // True once the first list has arrived.
    bool synced() const { return synced_; }
    const GroupVersionResource& resource() const { return resource_; }

    // nullptr if absent. Key as Object::key().
    ObjectPtr get(const std::string& key) const;
    ObjectPtr get(const std::string& nameSpace, const std::string& name) const;
    // In key order.
    const std::map<std::string, ObjectPtr>& all() const { return objects_; }
    std::vector<ObjectPtr> byIndex(const std::string& index, const std::string& value) const;

private:
    struct Index {
        IndexFunction function;
        std::unordered_map<std::string, std::map<std::string, ObjectPtr>> entries;
    };
    void list();
    void onListed(ObjectList listed);
    void startWatch(const std::string& resourceVersion);
    void onEvent(WatchEvent event);
    void retry();
    void put(const ObjectPtr& object);
    void erase(const std::string& key, const ObjectPtr& last);
    void reindex(const std::string& key, const ObjectPtr& before, const ObjectPtr& after);

    Client& client_;
    Clock& clock_;
    GroupVersionResource resource_;
    std::string nameSpace_, fieldSelector_;
    std::vector<InformerHandler> handlers_;
    std::map<std::string, Index> indexes_;
    std::map<std::string, ObjectPtr> objects_;
    std::string resourceVersion_;
    std::unique_ptr<Watch> watch_;
    Timer retryTimer_;
    int failures_ = 0;
    bool synced_ = false;
    // Tells callbacks that are still under way whether this is alive.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// One informer per resource, made on demand: components ask here so that each resource is watched once.
class InformerFactory {
public:
    InformerFactory(Client& client, Clock& clock) : client_(client), clock_(clock) {}
    Informer& informer(const GroupVersionResource& resource);
    // Starts the informers made since the last call.
    void start();
    bool synced() const;
    Client& client() { return client_; }
    Clock& clock() { return clock_; }

private:
    Client& client_;
    Clock& clock_;
    std::map<GroupVersionResource, std::unique_ptr<Informer>> informers_;
    std::vector<Informer*> unstarted_;
};

}  // namespace kubarium::client
