#include "core/controller/claim.h"

#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::controller {
namespace {

json::value ownersPatch(const api::Object& object, json::array owners) {
    return json::object{{"metadata", json::object{{"uid", object.uid()}, {"resourceVersion", object.resourceVersion()}, {"ownerReferences", std::move(owners)}}}};
}

json::array ownersOf(const api::Object& object) {
    const auto* owners = object.find({"metadata", "ownerReferences"});
    return owners && owners->is_array() ? owners->get_array() : json::array();
}

json::value adoptPatch(const api::Object& object, const Claimant& claimant) {
    auto owners = ownersOf(object);
    owners.push_back(controllerReference(*claimant.owner, claimant.apiVersion, claimant.kind));
    return ownersPatch(object, std::move(owners));
}

json::value releasePatch(const api::Object& object, std::string_view uid) {
    json::array kept;
    for (const auto& owner : ownersOf(object))
        if (api::stringAt(owner, {"uid"}) != uid) kept.push_back(owner);
    return ownersPatch(object, std::move(kept));
}

bool gone(const Error& error) { return error.reason == Reason::NotFound; }

// Whether the owner is still the same object and not being deleted.
Async<Result<void>> canAdopt(Calls& calls, Claimant claimant) {
    auto fresh = co_await calls.get(claimant.resource, std::string(claimant.owner->nameSpace()), std::string(claimant.owner->name()));
    if (!fresh) co_return fresh.error();
    if ((*fresh)->uid() != claimant.owner->uid())
        co_return makeError(Reason::Conflict, fmt::format("original {} {} is gone: got uid {}, wanted {}", claimant.kind, claimant.owner->key(), (*fresh)->uid(),
                                                          claimant.owner->uid()));
    if ((*fresh)->deleting()) co_return makeError(Reason::Conflict, fmt::format("{} has just been deleted", claimant.owner->key()));
    co_return Result<void>();
}

}  // namespace

Async<Result<std::vector<ObjectPtr>>> claim(Calls& calls, Claimant claimant, GroupVersionResource resource, std::vector<ObjectPtr> candidates) {
    std::vector<ObjectPtr> claimed;
    std::optional<Result<void>> adoptable;
    std::optional<Error> failure;
    for (const auto& object : candidates) {
        const auto& meta = api::metaOf(*object);
        const bool match = selects(claimant.selector, meta.labels);
        const auto* controller = meta.controllerOwner();
        if (controller && controller->uid != claimant.owner->uid()) continue;
        if (controller && match) {
            claimed.push_back(object);
        } else if (controller) {
            if (claimant.owner->deleting()) continue;
            auto released = co_await calls.patch(resource, meta.nameSpace, meta.name, client::PatchType::Merge, releasePatch(*object, claimant.owner->uid()));
            // Gone already, or refused since it has another uid now: released in effect.
            if (!released && !gone(released.error()) && released.error().reason != Reason::Invalid) failure = released.error();
        } else if (match && !claimant.owner->deleting() && !object->deleting()) {
            if (!adoptable) adoptable = co_await canAdopt(calls, claimant);
            if (!*adoptable) {
                failure = adoptable->error();
                continue;
            }
            auto adopted = co_await calls.patch(resource, meta.nameSpace, meta.name, client::PatchType::Merge, adoptPatch(*object, claimant));
            if (adopted)
                claimed.push_back(*adopted);
            else if (!gone(adopted.error()))
                failure = adopted.error();
        }
    }
    if (failure) co_return *failure;
    co_return claimed;
}

}  // namespace kubarium::controller
