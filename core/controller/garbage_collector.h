// Deletes what nobody owns any more (kube-controller-manager's garbage-collector-controller). It watches every kind and keeps the
// graph of ownerReferences. Deleting an owner can mean three things: Background (the owner goes, its dependents follow),
// Foreground (the owner waits, with the finalizer foregroundDeletion, until the dependents that block it are gone) and Orphan
// (the dependents lose the reference and stay). An owner reference counts only if an object with that very uid exists.
#pragma once

#include "core/controller/controller.h"

#include <map>
#include <set>

namespace kubarium::controller {

// Resources that can be listed, watched and deleted: what the collector, and a namespace's deletion, must look at.
std::vector<GroupVersionResource> collectableResources();

class GarbageCollector final : public Controller {
public:
    GarbageCollector(ControllerContext context, const std::vector<GroupVersionResource>& resources);

private:
    struct Node {
        GroupVersionResource resource;
        std::string nameSpace, name, uid;
        ObjectPtr object;                  // null while only known as somebody's owner
        std::set<std::string> dependents;  // uids
        bool deletingDependents = false;   // waits in the foreground
        bool beingDeleted = false;
    };
    struct Owners {
        json::array solid, dangling, waiting;
    };
    void onAdded(const GroupVersionResource& resource, const ObjectPtr& object);
    void onUpdated(const GroupVersionResource& resource, const ObjectPtr& before, const ObjectPtr& after);
    void onDeleted(const std::string& uid);
    void connect(const api::Object& object, Node& node);
    void disconnect(const api::Object& object);
    void noteTransitions(Node& node);
    std::vector<std::string> blockingDependents(const Node& node) const;
    std::optional<GroupVersionResource> resourceOf(const json::value& ownerReference) const;

    Async<Result<void>> reconcile(std::string uid);
    Async<Result<void>> processDeletingDependents(std::string uid);
    Async<Result<Owners>> classify(ObjectPtr object);
    bool closesCircle(const std::string& uid) const;
    Async<Result<void>> unblockOwners(ObjectPtr object, GroupVersionResource resource);
    Async<Result<void>> removeOwners(ObjectPtr object, GroupVersionResource resource, json::array kept);
    Async<Result<void>> orphan(std::string uid);
    Async<Result<void>> dropFinalizer(ObjectPtr object, GroupVersionResource resource, std::string finalizer);

    std::map<std::string, Node> graph_;  // by uid
    std::set<std::string> absent_;       // uids that were looked up and do not exist
    client::WorkQueue& deleteQueue_;
    client::WorkQueue& orphanQueue_;
};

}  // namespace kubarium::controller
