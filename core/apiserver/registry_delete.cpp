// Deletion has three stages. An object with finalizers is only marked (deletionTimestamp) until whoever put them there has
// taken them away; a Pod on a Node is marked with a grace period until its kubelet deletes it with period 0; everything else
// goes at once. Propagation "Orphan" and "Foreground" are finalizers that the garbage collector removes.
#include "core/apiserver/admission.h"
#include "core/apiserver/conversion.h"
#include "core/apiserver/registry.h"
#include "core/apiserver/status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::apiserver {
namespace {

using std::chrono::seconds;

constexpr std::string_view orphanFinalizer = "orphan";
constexpr std::string_view foregroundFinalizer = "foregroundDeletion";

bool isPod(const api::Resource& resource) { return resource.id.group.empty() && resource.id.resource == "pods"; }
bool isNamespace(const api::Resource& resource) { return resource.id.group.empty() && resource.id.resource == "namespaces"; }

std::vector<std::string> finalizersOf(const json::object& object) {
    std::vector<std::string> found;
    const auto* metadata = object.if_contains("metadata");
    if (const auto* list = metadata ? api::findPath(*metadata, {"finalizers"}) : nullptr; list && list->is_array())
        for (const auto& each : list->get_array())
            if (each.is_string()) found.emplace_back(each.get_string());
    return found;
}

// Whether the finalizers had to change to carry out the propagation policy.
bool setPropagation(json::object& object, const std::string& policy) {
    const auto before = finalizersOf(object);
    const auto had = [&](std::string_view name) { return std::ranges::find(before, name) != before.end(); };
    std::vector<std::string> after;
    for (const auto& each : before)
        if (each != orphanFinalizer && each != foregroundFinalizer) after.push_back(each);
    if (policy == "Orphan" || (policy.empty() && had(orphanFinalizer))) after.emplace_back(orphanFinalizer);
    if (policy == "Foreground" || (policy.empty() && had(foregroundFinalizer))) after.emplace_back(foregroundFinalizer);
    auto sortedBefore = before, sortedAfter = after;
    std::ranges::sort(sortedBefore);
    std::ranges::sort(sortedAfter);
    if (sortedBefore == sortedAfter) return false;
    auto& metadata = api::ensureObject(object, {"metadata"});
    json::array list;
    for (const auto& each : after) list.emplace_back(json::string(each));
    if (list.empty())
        metadata.erase("finalizers");
    else
        metadata["finalizers"] = std::move(list);
    return true;
}

// These kinds keep the ways of the time before the garbage collector, unless the request or the object says otherwise.
bool orphansByDefault(const api::Resource& resource) {
    return (resource.id.group == "batch" && resource.id.resource == "jobs") || (resource.id.group.empty() && resource.id.resource == "replicationcontrollers");
}

bool hasPropagation(const json::object& object) {
    const auto finalizers = finalizersOf(object);
    return std::ranges::any_of(finalizers, [](const std::string& each) { return each == orphanFinalizer || each == foregroundFinalizer; });
}

void raiseGeneration(json::object& metadata) {
    if (auto* generation = metadata.if_contains("generation"); generation && generation->is_number() && generation->to_number<std::int64_t>() > 0)
        *generation = generation->to_number<std::int64_t>() + 1;
}

enum class Grace { None, Started, Pending };

// RESTGracefulDeleteStrategy of Pods, applied to `pod`.
Grace startPodGrace(json::object& pod, std::optional<std::int64_t> asked, WallTime now) {
    auto& metadata = api::ensureObject(pod, {"metadata"});
    if (!api::stringAt(pod, {"metadata", "deletionTimestamp"}).empty()) {
        const auto* current = api::findPath(pod, {"metadata", "deletionGracePeriodSeconds"});
        if (!current || !current->is_number() || !asked || *asked >= current->to_number<std::int64_t>()) return Grace::Pending;
        const auto end = parseTime(api::stringAt(pod, {"metadata", "deletionTimestamp"})).value_or(now);
        metadata["deletionTimestamp"] = formatTime(end - seconds{current->to_number<std::int64_t>()} + seconds{*asked});
        metadata["deletionGracePeriodSeconds"] = *asked;
        return Grace::Started;
    }
    std::int64_t period = 0;
    if (const auto* own = api::findPath(pod, {"spec", "terminationGracePeriodSeconds"}); own && own->is_number()) period = own->to_number<std::int64_t>();
    if (asked) period = *asked;
    const auto phase = api::stringAt(pod, {"status", "phase"});
    if (api::stringAt(pod, {"spec", "nodeName"}).empty() || phase == "Failed" || phase == "Succeeded") period = 0;
    if (period < 0) period = 1;
    metadata["deletionTimestamp"] = formatTime(now + seconds{period});
    metadata["deletionGracePeriodSeconds"] = period;
    raiseGeneration(metadata);
    return Grace::Started;
}

void markDeleting(json::object& object, WallTime now) {
    auto& metadata = api::ensureObject(object, {"metadata"});
    if (!metadata.contains("deletionTimestamp")) {
        raiseGeneration(metadata);
        metadata["deletionTimestamp"] = formatTime(now);
    }
    metadata["deletionGracePeriodSeconds"] = 0;
}

Result<void> checkPreconditions(const WriteContext& context, const DeleteSettings& settings, const api::Object& existing) {
    auto id = context.resource->id;
    const auto fail = [&](const std::string& why) {
        id.resource = context.resource->kind.kind;
        return conflict(id, context.name, why);
    };
    if (!settings.uid.empty() && settings.uid != existing.uid())
        return fail(fmt::format("the UID in the precondition ({}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                                settings.uid, existing.uid()));
    if (!settings.resourceVersion.empty() && settings.resourceVersion != existing.resourceVersion())
        return fail(fmt::format("the ResourceVersion in the precondition ({}) does not match the ResourceVersion in record ({}). The object might have been modified",
                                settings.resourceVersion, existing.resourceVersion()));
    return {};
}

// Namespaces are emptied by their controller between Terminating and the end.
json::object startNamespaceDeletion(json::object tree, WallTime now) {
    api::ensureObject(tree, {"metadata"})["deletionTimestamp"] = formatTime(now);
    api::ensureObject(tree, {"status"})["phase"] = "Terminating";
    return tree;
}

}  // namespace

Result<Removed> Registry::remove(const WriteContext& context, const DeleteSettings& settings) {
    const auto& resource = *context.resource;
    const auto key = keyOf(resource, context.nameSpace, context.name);
    const auto stored = store_.get(key);
    if (!stored) return notFound(resource.id, context.name);
    auto existing = fromStorage(resource, stored);
    TRY(checkPreconditions(context, settings, *existing));
    const AdmissionRequest admission{Operation::Delete, context, &existing->tree()};
    TRY(admission_.admitNamespace(admission));
    const auto now = clock_.now();
    auto tree = existing->tree();
    const auto write = [&](json::object changed) -> Result<ObjectPtr> {
        if (context.dryRun) return api::Object::make(std::move(changed));
        return replaceInternally(resource, existing, std::move(changed));
    };
    if (isNamespace(resource)) {
        if (!existing->deleting()) return Removed{TRY(write(startNamespaceDeletion(std::move(tree), now))), false};
        const auto* finalizers = existing->find({"spec", "finalizers"});
        if (finalizers && finalizers->is_array() && !finalizers->get_array().empty()) return Removed{existing, false};
    }
    auto asked = settings.gracePeriodSeconds;
    if (asked && *asked < 0) asked = 1;
    const auto grace = isPod(resource) ? startPodGrace(tree, asked, now) : Grace::None;
    if (grace == Grace::Pending) return Removed{existing, false};
    auto policy = settings.propagationPolicy;
    if (policy.empty() && orphansByDefault(resource) && !hasPropagation(tree)) policy = "Orphan";
    const bool policyChanged = setPropagation(tree, policy);
    const bool finalizers = !finalizersOf(tree).empty();
    if (grace == Grace::None && finalizers) markDeleting(tree, now);
    if (grace == Grace::Started || finalizers || policyChanged) {
        if (grace == Grace::Started || tree != existing->tree()) existing = TRY(write(std::move(tree)));
        const auto* period = existing->find({"metadata", "deletionGracePeriodSeconds"});
        const bool waits = grace == Grace::Started && period && period->is_number() && period->to_number<std::int64_t>() > 0;
        if (finalizers || waits) return Removed{existing, false};
    }
    if (context.dryRun) return Removed{existing, true};
    return Removed{TRY(finishRemoval(context, existing, nullptr)), true};
}

}  // namespace kubarium::apiserver
