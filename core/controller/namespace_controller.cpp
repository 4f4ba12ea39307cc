#include "core/controller/namespace_controller.h"

#include "core/api/schema.h"
#include "core/api/types/config.h"
#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace resources = api::resources;

namespace {

constexpr auto gracePeriod = 5s;

std::string joined(const std::map<std::string, int>& counts, const char* format) {
    std::vector<std::string> parts;
    for (const auto& [name, count] : counts) parts.push_back(fmt::format(fmt::runtime(format), name, count));
    return fmt::format("{}", fmt::join(parts, ", "));
}

json::object condition(std::string_view type, bool bad, std::string_view reason, std::string_view message) {
    return {{"type", type}, {"status", bad ? "True" : "False"}, {"reason", reason}, {"message", message}};
}

}  // namespace

NamespaceController::NamespaceController(ControllerContext context, const std::vector<GroupVersionResource>& all)
    : Controller(context, "namespace", "namespace-controller"),
      namespaces_(informer(resources::namespaces)),
      queue_(addQueue([this](std::string name) { return reconcile(std::move(name)); }, 10)) {
    for (const auto& resource : all)
        if (const auto* served = api::Schema::builtin().findResource(resource); served && served->namespaced) resources_.push_back(resource);
    const auto enqueue = [this](const ObjectPtr& object) {
        if (object->deleting()) queue_.addAfter(object->key(), gracePeriod);
    };
    namespaces_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, nullptr});
}

Async<Result<void>> NamespaceController::deleteContent(std::string name, GroupVersionResource resource, Remaining& remaining) {
    auto listed = co_await calls_.list(resource, name);
    if (!listed) {
        if (listed.error().reason == Reason::NotFound || listed.error().reason == Reason::MethodNotAllowed) co_return Result<void>();
        co_return listed.error();
    }
    client::DeleteOptions options;
    options.propagationPolicy = "Background";
    for (const auto& object : listed->items) {
        if (object->deleting()) continue;
        auto removed = co_await calls_.remove(resource, name, std::string(object->name()), options);
        if (!removed && removed.error().reason != Reason::NotFound) remaining.errors.push_back(removed.error().message);
    }
    if (listed->items.empty()) co_return Result<void>();
    auto left = co_await calls_.list(resource, name);
    if (!left) co_return left.error();
    for (const auto& object : left->items) {
        ++remaining.byResource[resource.resource + "." + resource.group];
        for (const auto& finalizer : api::metaOf(*object).finalizers) ++remaining.byFinalizer[finalizer];
        const auto grace = api::metaOf(*object).deletionGracePeriodSeconds.value_or(0);
        remaining.seconds = std::max({remaining.seconds, static_cast<int>(grace), resource == resources::pods ? 0 : 15});
    }
    co_return Result<void>();
}

Async<Result<void>> NamespaceController::reconcile(std::string name) {
    auto fresh = co_await calls_.get(resources::namespaces, "", name);
    if (!fresh) {
        if (fresh.error().reason == Reason::NotFound) co_return Result<void>();
        co_return fresh.error();
    }
    const auto object = *fresh;
    if (!object->deleting() || object->as<api::Namespace>().spec.finalizers.empty()) co_return Result<void>();
    note(name, "deleting what is in the namespace");
    Remaining remaining;
    auto pods = co_await deleteContent(name, resources::pods, remaining);
    if (!pods) co_return pods.error();
    if (!remaining.byResource.empty()) {
        // Recorded as a failure of this pass, although it is only the order that is kept.
        remaining.errors.push_back(fmt::format("unexpected items still remain in namespace: {} for gvr: /v1, Resource=pods", name));
        remaining.byResource.clear();
        remaining.byFinalizer.clear();
    } else {
        for (const auto& resource : resources_) {
            if (resource == resources::pods) continue;
            auto deleted = co_await deleteContent(name, resource, remaining);
            if (!deleted) remaining.errors.push_back(deleted.error().message);
        }
    }
    auto written = co_await writeConditions(object, remaining);
    if (!written) co_return written.error();
    if (!remaining.errors.empty() || !remaining.byResource.empty()) {
        queue_.addAfter(name, std::chrono::seconds{remaining.seconds / 2 + 1});
        co_return Result<void>();
    }
    auto latest = co_await calls_.get(resources::namespaces, "", name);
    if (!latest) co_return Result<void>();
    co_return co_await finalize(*latest);
}

Async<Result<void>> NamespaceController::writeConditions(ObjectPtr object, const Remaining& remaining) {
    auto tree = object->tree();
    auto& status = api::ensureObject(tree, {"status"});
    bool changed = false;
    const auto set = [&](json::object made) { changed = setPodCondition(status, std::move(made), now()) || changed; };
    set(condition("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered"));
    set(condition("NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed"));
    if (remaining.errors.empty())
        set(condition("NamespaceDeletionContentFailure", false, "ContentDeleted", "All content successfully deleted, may be waiting on finalization"));
    else
        set(condition("NamespaceDeletionContentFailure", true, "ContentDeletionFailed",
                      fmt::format("Failed to delete all resource types, {} remaining: {}", remaining.errors.size(), fmt::join(remaining.errors, ", "))));
    if (remaining.byResource.empty())
        set(condition("NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed"));
    else
        set(condition("NamespaceContentRemaining", true, "SomeResourcesRemain",
                      fmt::format("Some resources are remaining: {}", joined(remaining.byResource, "{} has {} resource instances"))));
    if (remaining.byFinalizer.empty())
        set(condition("NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers", "All content-preserving finalizers finished"));
    else
        set(condition("NamespaceFinalizersRemaining", true, "SomeFinalizersRemain",
                      fmt::format("Some content in the namespace has finalizers remaining: {}", joined(remaining.byFinalizer, "{} in {} resource instances"))));
    if (!changed) co_return Result<void>();
    auto written = co_await calls_.update(resources::namespaces, std::move(tree), "status");
    if (!written && written.error().reason != Reason::NotFound) co_return written.error();
    co_return Result<void>();
}

Async<Result<void>> NamespaceController::finalize(ObjectPtr object) {
    auto tree = object->tree();
    auto& spec = api::ensureObject(tree, {"spec"});
    json::array kept;
    for (const auto& finalizer : object->as<api::Namespace>().spec.finalizers)
        if (finalizer != "kubernetes") kept.push_back(json::value(finalizer));
    spec["finalizers"] = std::move(kept);
    auto written = co_await calls_.update(resources::namespaces, std::move(tree), "finalize");
    if (!written && written.error().reason != Reason::NotFound) co_return written.error();
    co_return Result<void>();
}

}  // namespace kubarium::controller
