#include "core/controller/volume_protection_controller.h"

#include "core/controller/indexes.h"
#include "core/controller/volume_binding.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kubarium::controller {

namespace resources = api::resources;

namespace {

constexpr std::string_view claimFinalizer = "kubernetes.io/pvc-protection";
constexpr std::string_view volumeFinalizer = "kubernetes.io/pv-protection";

json::array finalizersOf(const api::Object& object) {
    const auto* list = object.find({"metadata", "finalizers"});
    return list && list->is_array() ? list->get_array() : json::array();
}

bool has(const json::array& finalizers, std::string_view name) {
    return std::ranges::any_of(finalizers, [&](const json::value& each) { return each.is_string() && each.get_string() == name; });
}

bool isCandidate(const api::Object& object, std::string_view finalizer) { return object.deleting() && has(finalizersOf(object), finalizer); }
bool lacks(const api::Object& object, std::string_view finalizer) { return !object.deleting() && !has(finalizersOf(object), finalizer); }

json::object withFinalizer(const api::Object& object, std::string_view finalizer) {
    auto tree = object.tree();
    auto finalizers = finalizersOf(object);
    finalizers.emplace_back(finalizer);
    api::ensureObject(tree, {"metadata"})["finalizers"] = std::move(finalizers);
    return tree;
}

json::object withoutFinalizer(const api::Object& object, std::string_view finalizer) {
    auto tree = object.tree();
    json::array kept;
    for (auto& each : finalizersOf(object))
        if (!each.is_string() || each.get_string() != finalizer) kept.push_back(std::move(each));
    auto& metadata = api::ensureObject(tree, {"metadata"});
    if (kept.empty())
        metadata.erase("finalizers");
    else
        metadata["finalizers"] = std::move(kept);
    return tree;
}

// Its kubelet is done with the Pod, or it was deleted by force: only finalizers keep it.
bool isShutDown(const api::Object& pod) {
    const auto* grace = pod.find({"metadata", "deletionGracePeriodSeconds"});
    return pod.deleting() && grace && grace->is_number() && grace->to_number<std::int64_t>() == 0;
}

// A Pod without a Node does not count: a kubelet does not start a Pod whose claim is being deleted.
bool uses(const api::Object& pod, const api::Object& claim) {
    if (pod.string({"spec", "nodeName"}).empty()) return false;
    const auto* volumes = pod.find({"spec", "volumes"});
    if (!volumes || !volumes->is_array()) return false;
    const auto isOwner = [&] {
        const auto* owners = claim.find({"metadata", "ownerReferences"});
        return owners && owners->is_array() && std::ranges::any_of(owners->get_array(), [&](const json::value& owner) { return api::stringAt(owner, {"uid"}) == pod.uid(); });
    };
    for (const auto& volume : volumes->get_array()) {
        if (api::stringAt(volume, {"persistentVolumeClaim", "claimName"}) == claim.name()) return true;
        const auto ephemeral = std::string(pod.name()) + "-" + std::string(api::stringAt(volume, {"name"}));
        if (api::findPath(volume, {"ephemeral"}) && !isShutDown(pod) && ephemeral == claim.name() && isOwner()) return true;
    }
    return false;
}

}  // namespace

ClaimProtectionController::ClaimProtectionController(ControllerContext context)
    : Controller(context, "claim protection", "pvc-protection-controller"),
      claims_(informer(resources::persistentVolumeClaims)),
      pods_(informer(resources::pods)),
      queue_(addQueue([this](std::string key) { return reconcile(std::move(key)); })) {
    pods_.addIndex(byVolumeClaim, claimsOfPod);
    const auto changed = [this](const ObjectPtr& claim) {
        if (isCandidate(*claim, claimFinalizer) || lacks(*claim, claimFinalizer)) queue_.add(claim->key());
    };
    claims_.addHandler({changed, [changed](const ObjectPtr&, const ObjectPtr& after) { changed(after); }, nullptr});
    pods_.addHandler({[this](const ObjectPtr& pod) { podChanged(pod, false); }, [this](const ObjectPtr&, const ObjectPtr& after) { podChanged(after, false); },
                      [this](const ObjectPtr& pod) { podChanged(pod, true); }});
}

// Only a Pod that is gone, finished or on no Node can set a claim free.
void ClaimProtectionController::podChanged(const ObjectPtr& pod, bool gone) {
    const auto phase = pod->string({"status", "phase"});
    if (!gone && phase != "Succeeded" && phase != "Failed" && !isShutDown(*pod) && !pod->string({"spec", "nodeName"}).empty()) return;
    for (const auto& key : claimsOfPod(*pod)) queue_.add(key);
}

Async<Result<void>> ClaimProtectionController::reconcile(std::string key) {
    const auto claim = claims_.get(key);
    if (!claim) co_return Result<void>();
    if (isCandidate(*claim, claimFinalizer)) {
        for (const auto& pod : pods_.byIndex(byVolumeClaim, key))
            if (uses(*pod, *claim)) co_return Result<void>();
        // The cache may not know a Pod yet: ask before anything is lost.
        auto live = co_await calls_.list(resources::pods, std::string(claim->nameSpace()));
        if (!live) co_return live.error();
        for (const auto& pod : live->items)
            if (uses(*pod, *claim)) co_return Result<void>();
        note(key, "no Pod uses it: may be deleted");
        auto tree = withoutFinalizer(*claim, claimFinalizer);
        auto updated = co_await calls_.update(resources::persistentVolumeClaims, std::move(tree));
        if (!updated && updated.error().reason != Reason::NotFound) co_return updated.error();
    } else if (lacks(*claim, claimFinalizer)) {
        auto tree = withFinalizer(*claim, claimFinalizer);
        auto updated = co_await calls_.update(resources::persistentVolumeClaims, std::move(tree));
        if (!updated && updated.error().reason != Reason::NotFound) co_return updated.error();
    }
    co_return Result<void>();
}

VolumeProtectionController::VolumeProtectionController(ControllerContext context)
    : Controller(context, "volume protection", "pv-protection-controller"),
      volumes_(informer(resources::persistentVolumes)),
      queue_(addQueue([this](std::string name) { return reconcile(std::move(name)); })) {
    const auto changed = [this](const ObjectPtr& volume) {
        if (isCandidate(*volume, volumeFinalizer) || lacks(*volume, volumeFinalizer)) queue_.add(volume->key());
    };
    volumes_.addHandler({changed, [changed](const ObjectPtr&, const ObjectPtr& after) { changed(after); }, nullptr});
}

Async<Result<void>> VolumeProtectionController::reconcile(std::string name) {
    const auto volume = volumes_.get(name);
    if (!volume) co_return Result<void>();
    json::object tree;
    if (isCandidate(*volume, volumeFinalizer) && volume->string({"status", "phase"}) != "Bound")
        tree = withoutFinalizer(*volume, volumeFinalizer);
    else if (lacks(*volume, volumeFinalizer))
        tree = withFinalizer(*volume, volumeFinalizer);
    else
        co_return Result<void>();
    auto updated = co_await calls_.update(resources::persistentVolumes, std::move(tree));
    if (!updated && updated.error().reason != Reason::NotFound) co_return updated.error();
    co_return Result<void>();
}

}  // namespace kubarium::controller
