#include "core/controller/replica_set_controller.h"

#include "core/api/types/pod.h"
#include "core/controller/claim.h"
#include "core/controller/indexes.h"
#include "core/controller/pods.h"
#include "core/controller/replica_set_ranking.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace resources = api::resources;

namespace {

constexpr int burstReplicas = 500;

const api::ReplicaSet& specOf(const api::Object& set) { return set.as<api::ReplicaSet>(); }

bool namespaceTerminating(const Error& error) {
    return std::ranges::any_of(error.causes, [](const Cause& cause) { return cause.reason == "NamespaceTerminating"; });
}

Duration minReady(const api::ReplicaSet& set) { return std::chrono::seconds{set.spec.minReadySeconds.value_or(0)}; }

const Labels& templateLabels(const api::ReplicaSet& set, Labels& storage) {
    if (const auto* labels = api::findPath(set.spec.template_, {"metadata", "labels"}); labels && labels->is_object())
        for (const auto& [key, value] : labels->get_object())
            if (value.is_string()) storage.emplace(key, value.get_string());
    return storage;
}

}  // namespace

ReplicaSetController::ReplicaSetController(ControllerContext context)
    : Controller(context, "replicaset", "replicaset-controller"),
      sets_(informer(resources::replicaSets)),
      pods_(informer(resources::pods)),
      queue_(addQueue([this](std::string key) { return reconcile(std::move(key)); })),
      expectations_(context.clock) {
    sets_.addIndex(byController, controllerIndex);
    pods_.addIndex(byController, controllerIndex);
    pods_.addIndex(byOrphanNamespace, orphanNamespaceIndex);
    sets_.addHandler({[this](const ObjectPtr& set) { queue_.add(set->key()); },
                      [this](const ObjectPtr& before, const ObjectPtr& after) {
                          if (before->uid() != after->uid()) expectations_.forget(before->key());
                          queue_.add(after->key());
                      },
                      [this](const ObjectPtr& set) {
                          expectations_.forget(set->key());
                          queue_.add(set->key());
                      }});
    pods_.addHandler({[this](const ObjectPtr& pod) { onPodAdded(pod); },
                      [this](const ObjectPtr& before, const ObjectPtr& after) { onPodUpdated(before, after); },
                      [this](const ObjectPtr& pod) { onPodDeleted(pod); }});
}

ObjectPtr ReplicaSetController::controllerOf(const api::Object& pod) const {
    const auto* owner = api::metaOf(pod).controllerOwner();
    if (!owner || owner->kind != "ReplicaSet") return nullptr;
    auto set = sets_.get(std::string(pod.nameSpace()), owner->name);
    return set && set->uid() == owner->uid ? set : nullptr;
}

void ReplicaSetController::enqueueMatching(const api::Object& orphan) {
    const auto& labels = api::metaOf(orphan).labels;
    const auto prefix = std::string(orphan.nameSpace()) + "/";
    for (auto it = sets_.all().lower_bound(prefix); it != sets_.all().end() && it->first.starts_with(prefix); ++it) {
        const auto& selector = specOf(*it->second).spec.selector;
        if (!isEmpty(selector) && selects(selector, labels)) queue_.add(it->first);
    }
}

void ReplicaSetController::onPodAdded(const ObjectPtr& pod) {
    if (pod->deleting()) return onPodDeleted(pod);
    if (const auto set = controllerOf(*pod)) {
        expectations_.creationObserved(set->key());
        queue_.add(set->key());
    } else if (!api::metaOf(*pod).controllerOwner()) {
        enqueueMatching(*pod);
    }
}

void ReplicaSetController::onPodUpdated(const ObjectPtr& before, const ObjectPtr& after) {
    const bool labelsChanged = api::metaOf(*before).labels != api::metaOf(*after).labels;
    if (after->deleting()) {
        // On its way out counts as gone: the replacement does not wait for the end of the grace period.
        onPodDeleted(after);
        if (labelsChanged) onPodDeleted(before);
        return;
    }
    const auto *ownerBefore = api::metaOf(*before).controllerOwner(), *ownerAfter = api::metaOf(*after).controllerOwner();
    const bool ownerChanged = (ownerBefore ? ownerBefore->uid : "") != (ownerAfter ? ownerAfter->uid : "");
    if (ownerChanged)
        if (const auto set = controllerOf(*before)) queue_.add(set->key());
    if (ownerAfter) {
        if (const auto set = controllerOf(*after)) queue_.add(set->key());
        return;
    }
    if (labelsChanged || ownerChanged) enqueueMatching(*after);
}

void ReplicaSetController::onPodDeleted(const ObjectPtr& pod) {
    const auto set = controllerOf(*pod);
    if (!set) return;
    expectations_.deletionObserved(set->key(), pod->key());
    queue_.add(set->key());
}

std::vector<ObjectPtr> ReplicaSetController::candidates(const api::Object& set) const {
    auto found = pods_.byIndex(byController, std::string(set.uid()));
    const auto orphans = pods_.byIndex(byOrphanNamespace, std::string(set.nameSpace()));
    found.insert(found.end(), orphans.begin(), orphans.end());
    std::erase_if(found, [](const ObjectPtr& pod) { return !isPodActive(*pod); });
    return found;
}

Async<Result<void>> ReplicaSetController::reconcile(std::string key) {
    const auto set = sets_.get(key);
    if (!set) {
        expectations_.forget(key);
        co_return Result<void>();
    }
    const bool settled = expectations_.satisfied(key);
    Claimant claimant{set, resources::replicaSets, "apps/v1", "ReplicaSet", specOf(*set).spec.selector};
    auto claimed = co_await claim(calls_, std::move(claimant), resources::pods, candidates(*set));
    if (!claimed) co_return claimed.error();
    auto active = std::move(*claimed);

    Result<void> managed;
    if (settled && !set->deleting()) managed = co_await manageReplicas(set, active);
    // What the cache says now: the writes above are seen later and cause another round.
    std::optional<Error> failure;
    if (!managed) failure = managed.error();
    auto written = co_await updateStatus(set, active, failure);
    if (failure) co_return *failure;
    if (!written) co_return written.error();

    std::optional<Duration> next;
    for (const auto& pod : active)
        if (const auto wait = untilAvailable(pod->as<api::Pod>(), minReady(specOf(*set)), clock())) next = next ? std::min(*next, *wait) : *wait;
    if (next) queue_.addAfter(key, *next + 1ms);
    co_return Result<void>();
}

Async<Result<void>> ReplicaSetController::manageReplicas(ObjectPtr set, std::vector<ObjectPtr> active) {
    const int wanted = specOf(*set).spec.replicas.value_or(1);
    const int difference = static_cast<int>(active.size()) - wanted;
    if (difference < 0) co_return co_await createPods(set, std::min(-difference, burstReplicas));
    if (difference > 0) {
        auto chosen = podsToDelete(std::move(active), relatedPods(*set), static_cast<std::size_t>(std::min(difference, burstReplicas)), now());
        co_return co_await deletePods(set, std::move(chosen));
    }
    co_return Result<void>();
}

Async<Result<void>> ReplicaSetController::createPods(ObjectPtr set, int count) {
    const auto key = set->key();
    note(key, fmt::format("creating {} Pod{}", count, count == 1 ? "" : "s"));
    expectations_.expectCreations(key, count);
    const auto body = podFromTemplate(specOf(*set).spec.template_, set->name(), controllerReference(*set, "apps/v1", "ReplicaSet"));
    std::optional<Error> failure;
    int created = 0;
    // Slow start: a batch that fails (quota, admission) costs few requests.
    for (int left = count, batch = std::min(count, 1); batch > 0; batch = std::min(2 * batch, left)) {
        std::vector<Call<ObjectPtr>> requests;
        for (int i = 0; i < batch; ++i) requests.push_back(calls_.create(resources::pods, std::string(set->nameSpace()), body));
        CallAll<ObjectPtr> all(std::move(requests));
        const auto results = co_await std::move(all);
        for (const auto& result : results) {
            if (result) {
                ++created;
                events_.record(*set, "Normal", "SuccessfulCreate", fmt::format("Created pod: {}", (*result)->name()));
            } else if (!namespaceTerminating(result.error())) {
                failure = result.error();
                events_.record(*set, "Warning", "FailedCreate", fmt::format("Error creating: {}", result.error().message));
            } else {
                expectations_.creationObserved(key);  // nothing will come of it, and retrying would not help
                ++created;
            }
        }
        if (failure) break;
        left -= batch;
    }
    for (int i = created; i < count; ++i) expectations_.creationObserved(key);
    if (failure) co_return *failure;
    co_return Result<void>();
}

Async<Result<void>> ReplicaSetController::deletePods(ObjectPtr set, std::vector<ObjectPtr> pods) {
    const auto key = set->key();
    note(key, fmt::format("deleting {} Pod{}", pods.size(), pods.size() == 1 ? "" : "s"));
    std::vector<std::string> keys;
    std::vector<Call<json::value>> requests;
    for (const auto& pod : pods) {
        keys.push_back(pod->key());
        requests.push_back(calls_.remove(resources::pods, std::string(pod->nameSpace()), std::string(pod->name())));
    }
    expectations_.expectDeletions(key, keys);
    CallAll<json::value> all(std::move(requests));
    const auto results = co_await std::move(all);
    std::optional<Error> failure;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i]) {
            events_.record(*set, "Normal", "SuccessfulDelete", fmt::format("Deleted pod: {}", pods[i]->name()));
            continue;
        }
        expectations_.deletionObserved(key, keys[i]);
        if (results[i].error().reason == Reason::NotFound) continue;
        events_.record(*set, "Warning", "FailedDelete", fmt::format("Error deleting: {}", results[i].error().message));
        failure = results[i].error();
    }
    if (failure) co_return *failure;
    co_return Result<void>();
}

std::vector<ObjectPtr> ReplicaSetController::relatedPods(const api::Object& set) const {
    const auto* controller = api::metaOf(set).controllerOwner();
    if (!controller) return pods_.byIndex(byController, std::string(set.uid()));
    std::vector<ObjectPtr> related;
    for (const auto& sibling : sets_.byIndex(byController, controller->uid)) {
        const auto owned = pods_.byIndex(byController, std::string(sibling->uid()));
        related.insert(related.end(), owned.begin(), owned.end());
    }
    return related;
}

Async<Result<void>> ReplicaSetController::updateStatus(ObjectPtr set, std::vector<ObjectPtr> active, std::optional<Error> failure) {
    const auto& replicaSet = specOf(*set);
    Labels storage;
    const auto& wantedLabels = templateLabels(replicaSet, storage);
    auto status = replicaSet.status;
    int ready = 0, available = 0, labelled = 0;
    for (const auto& object : active) {
        const auto& pod = object->as<api::Pod>();
        if (selects(wantedLabels, pod.metadata.labels)) ++labelled;
        if (isPodReady(pod)) ++ready;
        if (isPodAvailable(pod, minReady(replicaSet), clock())) ++available;
    }
    const auto positive = [](int count) { return count > 0 ? std::optional<std::int32_t>(count) : std::nullopt; };
    status.replicas = static_cast<std::int32_t>(active.size());
    status.fullyLabeledReplicas = positive(labelled);
    status.readyReplicas = positive(ready);
    status.availableReplicas = positive(available);
    const auto* known = findCondition(status.conditions, "ReplicaFailure");
    if (failure && !known) {
        api::Condition condition;
        condition.type = "ReplicaFailure";
        condition.status = "True";
        condition.lastTransitionTime = formatTime(now());
        condition.reason = static_cast<int>(active.size()) < replicaSet.spec.replicas.value_or(1) ? "FailedCreate" : "FailedDelete";
        condition.message = failure->message;
        status.conditions.push_back(std::move(condition));
    } else if (!failure && known) {
        std::erase_if(status.conditions, [](const api::Condition& condition) { return condition.type == "ReplicaFailure"; });
    }
    status.observedGeneration = replicaSet.metadata.generation;
    auto encoded = api::encode(status);
    const auto* before = set->find({"status"});
    if (before && before->is_object() && api::encode(replicaSet.status) == encoded) co_return Result<void>();
    auto tree = set->tree();
    tree["status"] = encoded;
    auto written = co_await calls_.update(resources::replicaSets, std::move(tree), "status");
    if (!written && written.error().reason == Reason::Conflict) {
        // Once more on what is there now; the Deployment controller writes the same object.
        auto fresh = co_await calls_.get(resources::replicaSets, std::string(set->nameSpace()), std::string(set->name()));
        if (!fresh) co_return fresh.error();
        auto again = (*fresh)->tree();
        again["status"] = std::move(encoded);
        written = co_await calls_.update(resources::replicaSets, std::move(again), "status");
    }
    if (!written && written.error().reason != Reason::NotFound) co_return written.error();
    co_return Result<void>();
}

}  // namespace kubarium::controller
