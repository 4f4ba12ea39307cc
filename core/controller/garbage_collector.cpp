#include "core/controller/garbage_collector.h"

#include "core/api/schema.h"
#include "core/api/types/meta.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::controller {

namespace {

const std::string foregroundFinalizer = "foregroundDeletion", orphanFinalizer = "orphan";

bool hasFinalizer(const api::Object& object, const std::string& name) {
    const auto& finalizers = api::metaOf(object).finalizers;
    return std::ranges::find(finalizers, name) != finalizers.end();
}

json::array ownersOf(const api::Object& object) {
    const auto* owners = object.find({"metadata", "ownerReferences"});
    return owners && owners->is_array() ? owners->get_array() : json::array();
}

std::string uidOf(const json::value& reference) { return std::string(api::stringAt(reference, {"uid"})); }

bool blocks(const api::Object& dependent, const std::string& owner) {
    return std::ranges::any_of(api::metaOf(dependent).ownerReferences,
                               [&](const api::OwnerReference& reference) { return reference.uid == owner && reference.blockOwnerDeletion.value_or(false); });
}

}  // namespace

std::vector<GroupVersionResource> collectableResources() {
    const auto& schema = api::Schema::builtin();
    std::vector<GroupVersionResource> found;
    for (const auto& group : schema.groups()) {
        // One version of each resource is enough: they show the same objects.
        std::set<std::string> seen;
        for (const auto& version : group.versions)
            for (const auto* resource : schema.resources(group.name, version)) {
                if (!resource->subresource.empty() || resource->id.resource == "events" || group.name == "kubarium.dev") continue;
                if (!resource->hasVerb("list") || !resource->hasVerb("watch") || !resource->hasVerb("delete")) continue;
                if (seen.insert(resource->id.resource).second) found.push_back(resource->id);
            }
    }
    return found;
}

GarbageCollector::GarbageCollector(ControllerContext context, const std::vector<GroupVersionResource>& resources)
    : Controller(context, "garbage collector", "garbage-collector-controller"),
      deleteQueue_(addQueue([this](std::string uid) { return reconcile(std::move(uid)); }, 20)),
      orphanQueue_(addQueue([this](std::string uid) { return orphan(std::move(uid)); }, 20)) {
    for (const auto& resource : resources)
        informer(resource).addHandler({[this, resource](const ObjectPtr& object) { onAdded(resource, object); },
                                       [this, resource](const ObjectPtr& before, const ObjectPtr& after) { onUpdated(resource, before, after); },
                                       [this](const ObjectPtr& object) { onDeleted(std::string(object->uid())); }});
}

std::optional<GroupVersionResource> GarbageCollector::resourceOf(const json::value& reference) const {
    const auto [group, version] = api::splitApiVersion(api::stringAt(reference, {"apiVersion"}));
    const auto* resource = api::Schema::builtin().findKind({group, version, std::string(api::stringAt(reference, {"kind"}))});
    return resource ? std::optional(resource->id) : std::nullopt;
}

void GarbageCollector::connect(const api::Object& object, Node& node) {
    for (const auto& reference : ownersOf(object)) {
        const auto uid = uidOf(reference);
        auto [it, isNew] = graph_.try_emplace(uid);
        it->second.dependents.insert(node.uid);
        if (isNew) {
            // Known only by name so far: find out whether it exists.
            it->second.uid = uid;
            deleteQueue_.add(node.uid);
        }
        if (absent_.contains(uid) || !it->second.object) deleteQueue_.add(node.uid);
    }
}

void GarbageCollector::disconnect(const api::Object& object) {
    const std::string uid(object.uid());
    for (const auto& reference : ownersOf(object)) {
        const auto owner = graph_.find(uidOf(reference));
        if (owner == graph_.end()) continue;
        owner->second.dependents.erase(uid);
        if (owner->second.deletingDependents) deleteQueue_.add(owner->first);
        if (!owner->second.object && owner->second.dependents.empty()) graph_.erase(owner);
    }
}

void GarbageCollector::noteTransitions(Node& node) {
    if (!node.object->deleting()) return;
    node.beingDeleted = true;
    if (hasFinalizer(*node.object, orphanFinalizer)) orphanQueue_.add(node.uid);
    if (hasFinalizer(*node.object, foregroundFinalizer)) {
        if (!std::exchange(node.deletingDependents, true))
            for (const auto& dependent : node.dependents) deleteQueue_.add(dependent);
        deleteQueue_.add(node.uid);
    }
}

void GarbageCollector::onAdded(const GroupVersionResource& resource, const ObjectPtr& object) {
    const std::string uid(object->uid());
    auto& node = graph_[uid];
    node.resource = resource;
    node.nameSpace = object->nameSpace();
    node.name = object->name();
    node.uid = uid;
    node.object = object;
    absent_.erase(uid);
    connect(*object, node);
    noteTransitions(graph_[uid]);
}

void GarbageCollector::onUpdated(const GroupVersionResource& resource, const ObjectPtr& before, const ObjectPtr& after) {
    const auto it = graph_.find(std::string(after->uid()));
    if (it == graph_.end()) return onAdded(resource, after);
    auto& node = it->second;
    node.object = after;
    if (ownersOf(*before) != ownersOf(*after)) {
        disconnect(*before);
        connect(*after, graph_[std::string(after->uid())]);
        // Losing its last owner does not delete an object, but a reference that stopped blocking may free an owner.
        for (const auto& reference : ownersOf(*after))
            if (const auto owner = graph_.find(uidOf(reference)); owner != graph_.end() && owner->second.deletingDependents) deleteQueue_.add(owner->first);
    }
    noteTransitions(graph_[std::string(after->uid())]);
}

void GarbageCollector::onDeleted(const std::string& uid) {
    const auto it = graph_.find(uid);
    if (it == graph_.end()) return;
    absent_.insert(uid);
    for (const auto& dependent : it->second.dependents) deleteQueue_.add(dependent);
    const auto object = it->second.object;
    it->second.object = nullptr;
    it->second.deletingDependents = false;
    if (it->second.dependents.empty()) graph_.erase(it);
    if (object) disconnect(*object);
}

std::vector<std::string> GarbageCollector::blockingDependents(const Node& node) const {
    std::vector<std::string> blocking;
    for (const auto& uid : node.dependents) {
        const auto it = graph_.find(uid);
        if (it != graph_.end() && it->second.object && blocks(*it->second.object, node.uid)) blocking.push_back(uid);
    }
    return blocking;
}

Async<Result<void>> GarbageCollector::processDeletingDependents(std::string uid) {
    const auto it = graph_.find(uid);
    const auto blocking = blockingDependents(it->second);
    if (blocking.empty()) co_return co_await dropFinalizer(it->second.object, it->second.resource, foregroundFinalizer);
    for (const auto& dependent : blocking)
        if (const auto& node = graph_.at(dependent); !node.deletingDependents) deleteQueue_.add(dependent);
    co_return Result<void>();
}

// Which of an object's owners exist, do not, or exist and wait for their dependents.
Async<Result<GarbageCollector::Owners>> GarbageCollector::classify(ObjectPtr object) {
    Owners owners;
    const auto references = ownersOf(*object);
    for (const auto& reference : references) {
        const auto uid = uidOf(reference);
        const auto resource = resourceOf(reference);
        if (!resource) co_return badRequest(fmt::format("no resource serves the owner's kind {}", api::stringAt(reference, {"kind"})));
        if (absent_.contains(uid)) {
            owners.dangling.push_back(reference);
            continue;
        }
        const auto* served = api::Schema::builtin().findResource(*resource);
        const std::string nameSpace = served && served->namespaced ? std::string(object->nameSpace()) : "";
        const std::string name(api::stringAt(reference, {"name"}));
        auto owner = co_await calls_.get(*resource, nameSpace, name);
        if (!owner && owner.error().reason != Reason::NotFound) co_return owner.error();
        if (!owner || (*owner)->uid() != uid) {
            absent_.insert(uid);
            owners.dangling.push_back(reference);
        } else if ((*owner)->deleting() && hasFinalizer(**owner, foregroundFinalizer)) {
            owners.waiting.push_back(reference);
        } else {
            owners.solid.push_back(reference);
        }
    }
    co_return owners;
}

Async<Result<void>> GarbageCollector::reconcile(std::string uid) {
    const auto it = graph_.find(uid);
    if (it == graph_.end() || !it->second.object) co_return Result<void>();
    const auto resource = it->second.resource;
    if (it->second.beingDeleted && !it->second.deletingDependents) co_return Result<void>();
    if (it->second.deletingDependents) co_return co_await processDeletingDependents(uid);
    auto latest = co_await calls_.get(resource, it->second.nameSpace, it->second.name);
    if (!latest && latest.error().reason != Reason::NotFound) co_return latest.error();
    if (!latest || (*latest)->uid() != uid) co_return Result<void>();  // the watch will say so
    const auto object = *latest;
    if (ownersOf(*object).empty()) co_return Result<void>();
    auto owners = co_await classify(object);
    if (!owners) co_return owners.error();
    if (!owners->solid.empty()) {
        if (owners->dangling.empty() && owners->waiting.empty()) co_return Result<void>();
        co_return co_await removeOwners(object, resource, std::move(owners->solid));
    }
    if (!owners->waiting.empty() && closesCircle(uid)) {
        auto unblocked = co_await unblockOwners(object, resource);
        if (!unblocked) co_return unblocked.error();
    }
    client::DeleteOptions options;
    options.uid = uid;
    options.propagationPolicy = "Background";
    const auto node = graph_.find(uid);
    if (!owners->waiting.empty() && node != graph_.end() && !node->second.dependents.empty())
        options.propagationPolicy = "Foreground";  // the owner waits for this one's dependents, too
    else if (hasFinalizer(*object, orphanFinalizer))
        options.propagationPolicy = "Orphan";
    else if (hasFinalizer(*object, foregroundFinalizer))
        options.propagationPolicy = "Foreground";
    note(object->key(), fmt::format("deleting {}: its owner is gone", object->kind()));
    auto removed = co_await calls_.remove(resource, std::string(object->nameSpace()), std::string(object->name()), options);
    if (!removed && removed.error().reason != Reason::NotFound && removed.error().reason != Reason::Conflict) co_return removed.error();
    co_return Result<void>();
}

// Whether owners and dependents of an object wait for it both: a circle, perhaps, in which everything would wait for ever.
bool GarbageCollector::closesCircle(const std::string& uid) const {
    const auto it = graph_.find(uid);
    return it != graph_.end() && std::ranges::any_of(it->second.dependents, [&](const std::string& dependent) {
               const auto node = graph_.find(dependent);
               return node != graph_.end() && node->second.deletingDependents;
           });
}

// The owners need not wait for this one any more.
Async<Result<void>> GarbageCollector::unblockOwners(ObjectPtr object, GroupVersionResource resource) {
    json::array references = ownersOf(*object);
    bool blocking = false;
    for (auto& reference : references)
        if (auto* flag = reference.is_object() ? reference.get_object().if_contains("blockOwnerDeletion") : nullptr; flag && *flag == json::value(true)) {
            *flag = false;
            blocking = true;
        }
    if (!blocking) co_return Result<void>();
    co_return co_await removeOwners(object, resource, std::move(references));
}

Async<Result<void>> GarbageCollector::removeOwners(ObjectPtr object, GroupVersionResource resource, json::array kept) {
    json::value list(std::move(kept));
    if (list.as_array().empty()) list = nullptr;
    json::value patch = json::object{{"metadata", json::object{{"resourceVersion", object->resourceVersion()}, {"ownerReferences", std::move(list)}}}};
    auto patched = co_await calls_.patch(resource, std::string(object->nameSpace()), std::string(object->name()), client::PatchType::Merge, std::move(patch));
    if (!patched && patched.error().reason != Reason::NotFound) co_return patched.error();
    co_return Result<void>();
}

Async<Result<void>> GarbageCollector::orphan(std::string uid) {
    const auto it = graph_.find(uid);
    if (it == graph_.end() || !it->second.object) co_return Result<void>();
    const auto owner = it->second.object;
    const auto resource = it->second.resource;
    const auto dependents = it->second.dependents;
    for (const auto& dependent : dependents) {
        const auto node = graph_.find(dependent);
        if (node == graph_.end() || !node->second.object) continue;
        const auto dependentResource = node->second.resource;
        auto fresh = co_await calls_.get(dependentResource, node->second.nameSpace, node->second.name);
        if (!fresh && fresh.error().reason != Reason::NotFound) co_return fresh.error();
        if (!fresh || (*fresh)->uid() != dependent) continue;
        json::array kept;
        for (const auto& reference : ownersOf(**fresh))
            if (uidOf(reference) != uid) kept.push_back(reference);
        auto removed = co_await removeOwners(*fresh, dependentResource, std::move(kept));
        if (!removed) co_return removed.error();
    }
    co_return co_await dropFinalizer(owner, resource, orphanFinalizer);
}

Async<Result<void>> GarbageCollector::dropFinalizer(ObjectPtr object, GroupVersionResource resource, std::string finalizer) {
    auto fresh = co_await calls_.get(resource, std::string(object->nameSpace()), std::string(object->name()));
    if (!fresh && fresh.error().reason != Reason::NotFound) co_return fresh.error();
    if (!fresh || (*fresh)->uid() != object->uid() || !hasFinalizer(**fresh, finalizer)) co_return Result<void>();
    json::array kept;
    for (const auto& name : api::metaOf(**fresh).finalizers)
        if (name != finalizer) kept.push_back(json::value(name));
    json::value list(std::move(kept));
    if (list.as_array().empty()) list = nullptr;
    json::value patch = json::object{{"metadata", json::object{{"resourceVersion", (*fresh)->resourceVersion()}, {"finalizers", std::move(list)}}}};
    auto patched = co_await calls_.patch(resource, std::string(object->nameSpace()), std::string(object->name()), client::PatchType::Merge, std::move(patch));
    if (!patched && patched.error().reason != Reason::NotFound) co_return patched.error();
    co_return Result<void>();
}

}  // namespace kubarium::controller
