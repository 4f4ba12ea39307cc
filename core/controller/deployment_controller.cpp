#include "core/controller/deployment_controller.h"

#include "core/api/types/pod.h"
#include "core/controller/claim.h"
#include "core/controller/deployment_plan.h"
#include "core/controller/deployment_revision.h"
#include "core/controller/deployment_status.h"
#include "core/controller/indexes.h"
#include "core/controller/pods.h"
#include "core/controller/template_hash.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::controller {

namespace resources = api::resources;

namespace {

const api::ReplicaSet& setOf(const ObjectPtr& set) { return set->as<api::ReplicaSet>(); }
int replicasOf(const ObjectPtr& set) { return setOf(set).spec.replicas.value_or(1); }
int wanted(const api::Deployment& deployment) { return deployment.spec.replicas.value_or(1); }
int mostReplicas(const api::Deployment& deployment) { return wanted(deployment) + rollingBounds(deployment).surge; }

void sortByCreation(std::vector<ObjectPtr>& sets) {
    std::ranges::sort(sets, {}, [](const ObjectPtr& set) { return std::pair(setOf(set).metadata.creationTimestamp, setOf(set).metadata.name); });
}

std::vector<ObjectPtr> active(std::vector<ObjectPtr> sets) {
    std::erase_if(sets, [](const ObjectPtr& set) { return replicasOf(set) == 0; });
    return sets;
}

SetSize sizeOf(const ObjectPtr& set) {
    const auto& replicaSet = setOf(set);
    return {replicaSet.metadata.name, replicaSet.metadata.creationTimestamp, replicasOf(set), replicaSet.status.availableReplicas.value_or(0),
            intAnnotation(replicaSet.metadata, maxReplicasAnnotation).value_or(0)};
}

std::vector<SetSize> sizesOf(const std::vector<ObjectPtr>& sets) {
    std::vector<SetSize> sizes;
    for (const auto& set : sets) sizes.push_back(sizeOf(set));
    return sizes;
}

std::vector<const api::ReplicaSet*> structsOf(const std::vector<ObjectPtr>& sets) {
    std::vector<const api::ReplicaSet*> all;
    for (const auto& set : sets) all.push_back(&setOf(set));
    return all;
}

// All its Pods run the Deployment's template and are available: the old ones may go.
bool isSaturated(const api::Deployment& deployment, const ObjectPtr& set) {
    return set && intAnnotation(setOf(set).metadata, desiredReplicasAnnotation) == wanted(deployment) && replicasOf(set) == wanted(deployment) &&
           setOf(set).status.availableReplicas.value_or(0) == wanted(deployment);
}

bool isScalingEvent(const api::Deployment& deployment, const std::vector<ObjectPtr>& sets) {
    return std::ranges::any_of(active(sets), [&](const ObjectPtr& set) {
        const auto desired = intAnnotation(setOf(set).metadata, desiredReplicasAnnotation);
        return desired && *desired != wanted(deployment);
    });
}

}  // namespace

std::vector<ObjectPtr> DeploymentController::Rollout::oldSets() const {
    auto old = sets;
    std::erase_if(old, [this](const ObjectPtr& set) { return newSet && set->uid() == newSet->uid(); });
    sortByCreation(old);
    return old;
}

void DeploymentController::Rollout::replace(const ObjectPtr& set) {
    const auto it = std::ranges::find(sets, set->uid(), [](const ObjectPtr& known) { return known->uid(); });
    if (it == sets.end())
        sets.push_back(set);
    else
        *it = set;
    if (newSet && newSet->uid() == set->uid()) newSet = set;
}

DeploymentController::DeploymentController(ControllerContext context)
    : Controller(context, "deployment", "deployment-controller"),
      deployments_(informer(resources::deployments)),
      sets_(informer(resources::replicaSets)),
      pods_(informer(resources::pods)),
      queue_(addQueue([this](std::string key) { return reconcile(std::move(key)); })) {
    sets_.addIndex(byController, controllerIndex);
    sets_.addIndex(byOrphanNamespace, orphanNamespaceIndex);
    pods_.addIndex(byController, controllerIndex);
    const auto enqueue = [this](const ObjectPtr& deployment) { queue_.add(deployment->key()); };
    deployments_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, enqueue});
    const auto enqueueOwner = [this](const ObjectPtr& set) {
        if (const auto deployment = controllerOf(*set)) return queue_.add(deployment->key());
        if (api::metaOf(*set).controllerOwner() || set->deleting()) return;
        for (const auto& [key, deployment] : deployments_.all())
            if (deployment->nameSpace() == set->nameSpace() && selects(deployment->as<api::Deployment>().spec.selector, api::metaOf(*set).labels)) queue_.add(key);
    };
    sets_.addHandler({enqueueOwner,
                      [enqueueOwner](const ObjectPtr& before, const ObjectPtr& after) {
                          enqueueOwner(after);
                          const auto *was = api::metaOf(*before).controllerOwner(), *is = api::metaOf(*after).controllerOwner();
                          if (was && (!is || is->uid != was->uid)) enqueueOwner(before);
                      },
                      enqueueOwner});
    pods_.addHandler({nullptr, nullptr, [this](const ObjectPtr& pod) { onPodDeleted(pod); }});
}

ObjectPtr DeploymentController::controllerOf(const api::Object& set) const {
    const auto* owner = api::metaOf(set).controllerOwner();
    if (!owner || owner->kind != "Deployment") return nullptr;
    auto deployment = deployments_.get(std::string(set.nameSpace()), owner->name);
    return deployment && deployment->uid() == owner->uid ? deployment : nullptr;
}

void DeploymentController::onPodDeleted(const ObjectPtr& pod) {
    // Recreate waits for the last old Pod to be gone.
    const auto* owner = api::metaOf(*pod).controllerOwner();
    if (!owner || owner->kind != "ReplicaSet") return;
    const auto set = sets_.get(std::string(pod->nameSpace()), owner->name);
    const auto deployment = set ? controllerOf(*set) : nullptr;
    if (deployment && deployment->string({"spec", "strategy", "type"}) == "Recreate" && pods_.byIndex(byController, owner->uid).empty())
        queue_.add(deployment->key());
}

Async<Result<void>> DeploymentController::reconcile(std::string key) {
    const auto deployment = deployments_.get(key);
    if (!deployment) co_return Result<void>();
    const auto& selector = deployment->as<api::Deployment>().spec.selector;
    if (isEmpty(selector)) {
        events_.record(*deployment, "Warning", "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
        co_return Result<void>();
    }
    auto candidates = sets_.byIndex(byController, std::string(deployment->uid()));
    const auto orphans = sets_.byIndex(byOrphanNamespace, std::string(deployment->nameSpace()));
    candidates.insert(candidates.end(), orphans.begin(), orphans.end());
    Claimant claimant{deployment, resources::deployments, "apps/v1", "Deployment", selector};
    auto claimed = co_await claim(calls_, std::move(claimant), resources::replicaSets, std::move(candidates));
    if (!claimed) co_return claimed.error();
    Rollout rollout{deployment, std::move(*claimed), nullptr};
    auto result = co_await reconcileRollout(rollout);
    co_return result;
}

Async<Result<void>> DeploymentController::reconcileRollout(Rollout& rollout) {
    auto sets = rollout.sets;
    sortByCreation(sets);
    for (const auto& set : sets)
        if (sameTemplate(setOf(set).spec.template_, rollout.spec().spec.template_)) {
            rollout.newSet = set;
            break;
        }
    if (rollout.deployment->deleting()) co_return co_await syncStatus(rollout);
    auto noted = co_await notePaused(rollout);
    if (!noted) co_return noted.error();
    auto synced = co_await syncNewSet(rollout, false);
    if (!synced) co_return synced.error();
    if (rollout.spec().spec.paused.value_or(false) || isScalingEvent(rollout.spec(), rollout.sets)) co_return co_await scaleOnly(rollout);
    if (rollout.spec().spec.strategy && rollout.spec().spec.strategy->type == "Recreate") co_return co_await recreate(rollout);
    co_return co_await rollingUpdate(rollout);
}

Async<Result<void>> DeploymentController::notePaused(Rollout& rollout) {
    const auto& deployment = rollout.spec();
    if (!hasProgressDeadline(deployment)) co_return Result<void>();
    const auto* progressing = findCondition(deployment.status.conditions, "Progressing");
    if (progressing && progressing->reason == "ProgressDeadlineExceeded") co_return Result<void>();
    const bool paused = deployment.spec.paused.value_or(false), noted = progressing && progressing->reason == "DeploymentPaused";
    if (paused == noted) co_return Result<void>();
    auto status = deployment.status;
    setDeploymentCondition(status, paused ? deploymentCondition(clock(), "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
                                          : deploymentCondition(clock(), "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed"));
    // As in Kubernetes the round goes on with the Deployment as it was read: its next write conflicts, and the round is repeated.
    const auto asRead = rollout.deployment;
    auto written = co_await writeStatus(rollout, std::move(status));
    rollout.deployment = asRead;
    co_return written;
}

Async<Result<void>> DeploymentController::syncNewSet(Rollout& rollout, bool create) {
    std::int64_t revision = 0;
    for (const auto& set : rollout.oldSets()) revision = std::max(revision, revisionOf(setOf(set).metadata));
    if (rollout.newSet) co_return co_await refreshNewSet(rollout, revision + 1);
    if (create) co_return co_await createNewSet(rollout, revision + 1);
    co_return Result<void>();
}

// The ReplicaSet is there already: after a restart, or rolled out again.
Async<Result<void>> DeploymentController::refreshNewSet(Rollout& rollout, std::int64_t revision) {
    auto tree = rollout.newSet->tree();
    bool changed = setNewSetAnnotations(rollout.spec(), tree, revision, true);
    const auto minReady = rollout.spec().spec.minReadySeconds.value_or(0);
    if (setOf(rollout.newSet).spec.minReadySeconds.value_or(0) != minReady) {
        api::ensureObject(tree, {"spec"})["minReadySeconds"] = minReady;
        changed = true;
    }
    if (changed) {
        auto updated = co_await calls_.update(resources::replicaSets, std::move(tree));
        if (!updated) co_return updated.error();
        rollout.replace(*updated);
    }
    auto status = rollout.spec().status;
    const auto& meta = setOf(rollout.newSet).metadata;
    const auto known = meta.annotations.find(revisionAnnotation);
    const std::string number = known == meta.annotations.end() ? "" : known->second;
    bool needsUpdate = std::string(rollout.deployment->annotation(revisionAnnotation)) != number;
    if (hasProgressDeadline(rollout.spec()) && !findCondition(status.conditions, "Progressing")) {
        setDeploymentCondition(status, deploymentCondition(clock(), "Progressing", "True", "FoundNewReplicaSet",
                                                           fmt::format("Found new replica set \"{}\"", meta.name)));
        needsUpdate = true;
    }
    if (needsUpdate) co_return co_await writeStatusAndRevision(rollout, std::move(status), number);
    co_return Result<void>();
}

Async<Result<void>> DeploymentController::createNewSet(Rollout& rollout, std::int64_t revision) {
    const auto deployment = rollout.deployment;
    const auto& spec = rollout.spec();
    const auto hash = podTemplateHash(spec.spec.template_, spec.status.collisionCount);
    const auto name = spec.metadata.name + "-" + hash;
    auto podTemplate = spec.spec.template_;
    api::ensureObject(podTemplate.as_object(), {"metadata", "labels"})["pod-template-hash"] = hash;
    auto selector = *deployment->find({"spec", "selector"});
    api::ensureObject(selector.as_object(), {"matchLabels"})["pod-template-hash"] = hash;
    int all = 0;
    for (const auto& set : rollout.sets) all += replicasOf(set);
    const int size = newSetSize(spec, 0, all);
    json::object body{{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}};
    auto& metadata = api::ensureObject(body, {"metadata"});
    metadata["name"] = name;
    metadata["labels"] = podTemplate.at("metadata").at("labels");
    metadata["ownerReferences"] = json::array{controllerReference(*deployment, "apps/v1", "Deployment")};
    auto& setSpec = api::ensureObject(body, {"spec"});
    setSpec["replicas"] = size;
    if (spec.spec.minReadySeconds.value_or(0) > 0) setSpec["minReadySeconds"] = *spec.spec.minReadySeconds;
    setSpec["selector"] = std::move(selector);
    setSpec["template"] = std::move(podTemplate);
    setNewSetAnnotations(spec, body, revision, false);

    note(deployment->key(), fmt::format("creating ReplicaSet {} with {} replicas", name, size));
    auto created = co_await calls_.create(resources::replicaSets, spec.metadata.nameSpace, std::move(body));
    if (!created) co_return co_await onCreateFailed(rollout, name, created.error());
    rollout.newSet = *created;
    rollout.replace(*created);
    if (size > 0) events_.record(*deployment, "Normal", "ScalingReplicaSet", fmt::format("Scaled up replica set {} from 0 to {}", name, size));
    auto status = spec.status;
    if (hasProgressDeadline(spec))
        setDeploymentCondition(status, deploymentCondition(clock(), "Progressing", "True", "NewReplicaSetCreated",
                                                           fmt::format("Created new replica set \"{}\"", name)));
    co_return co_await writeStatusAndRevision(rollout, std::move(status), std::to_string(revision));
}

Async<Result<void>> DeploymentController::onCreateFailed(Rollout& rollout, std::string name, Error error) {
    const auto& spec = rollout.spec();
    if (error.reason == Reason::AlreadyExists) {
        auto existing = co_await calls_.get(resources::replicaSets, spec.metadata.nameSpace, name);
        if (!existing) co_return existing.error();
        const auto* owner = api::metaOf(**existing).controllerOwner();
        if (owner && owner->uid == spec.metadata.uid && sameTemplate(setOf(*existing).spec.template_, spec.spec.template_)) {
            // Ours: the cache is behind. It will come.
            rollout.newSet = *existing;
            rollout.replace(*existing);
            co_return Result<void>();
        }
        auto status = spec.status;
        status.collisionCount = status.collisionCount.value_or(0) + 1;
        auto written = co_await writeStatus(rollout, std::move(status));
        if (!written) co_return written.error();
        co_return error;
    }
    if (std::ranges::any_of(error.causes, [](const Cause& cause) { return cause.reason == "NamespaceTerminating"; })) co_return error;
    const auto message = fmt::format("Failed to create new replica set \"{}\": {}", name, error.message);
    if (hasProgressDeadline(spec)) {
        auto status = spec.status;
        setDeploymentCondition(status, deploymentCondition(clock(), "Progressing", "False", "ReplicaSetCreateError", message));
        // The write is best effort: what failed is the creation.
        (void)co_await writeStatus(rollout, std::move(status));
    }
    events_.record(*rollout.deployment, "Warning", "ReplicaSetCreateError", message);
    co_return error;
}

Async<Result<int>> DeploymentController::setReplicas(Rollout& rollout, ObjectPtr set, int replicas) {
    const int before = replicasOf(set);
    auto tree = set->tree();
    const bool annotated = setReplicasAnnotations(tree, wanted(rollout.spec()), mostReplicas(rollout.spec()));
    if (before == replicas && !annotated) co_return 0;
    api::ensureObject(tree, {"spec"})["replicas"] = replicas;
    auto updated = co_await calls_.update(resources::replicaSets, std::move(tree));
    if (!updated) co_return updated.error();
    // The rollout keeps the ReplicaSet as it was: this round's status speaks of what was seen, the next of what was done.
    if (before == replicas) co_return 0;
    const auto text = fmt::format("Scaled {} replica set {} from {} to {}", replicas > before ? "up" : "down", set->name(), before, replicas);
    events_.record(*rollout.deployment, "Normal", "ScalingReplicaSet", text);
    note(rollout.deployment->key(), text);
    co_return 1;
}

// Only sizes change: the Deployment was scaled, or is paused.
Async<Result<void>> DeploymentController::scaleOnly(Rollout& rollout) {
    auto activeSets = active(rollout.sets);
    sortByCreation(activeSets);
    if (activeSets.size() <= 1) {
        auto old = rollout.oldSets();
        const auto only = !activeSets.empty() ? activeSets[0] : rollout.newSet ? rollout.newSet : !old.empty() ? old.back() : nullptr;
        if (only && replicasOf(only) != wanted(rollout.spec())) {
            auto scaled = co_await setReplicas(rollout, only, wanted(rollout.spec()));
            if (!scaled) co_return scaled.error();
        }
    } else if (isSaturated(rollout.spec(), rollout.newSet)) {
        for (const auto& set : active(rollout.oldSets())) {
            auto scaled = co_await setReplicas(rollout, set, 0);
            if (!scaled) co_return scaled.error();
        }
    } else if (!rollout.spec().spec.strategy || rollout.spec().spec.strategy->type != "Recreate") {
        const auto sizes = proportionalSizes(rollout.spec(), sizesOf(activeSets));
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            auto scaled = co_await setReplicas(rollout, activeSets[i], sizes[i]);
            if (!scaled) co_return scaled.error();
        }
    }
    if (rollout.spec().spec.paused.value_or(false)) {
        auto cleaned = co_await cleanUp(rollout);
        if (!cleaned) co_return cleaned.error();
    }
    co_return co_await syncStatus(rollout);
}

Async<Result<void>> DeploymentController::rollingUpdate(Rollout& rollout) {
    if (!rollout.newSet) {
        auto created = co_await syncNewSet(rollout, true);
        if (!created) co_return created.error();
    }
    const int have = replicasOf(rollout.newSet), want = wanted(rollout.spec());
    int all = 0;
    for (const auto& set : rollout.sets) all += replicasOf(set);
    if (have != want) {
        const int size = have > want ? want : newSetSize(rollout.spec(), have, all);
        auto scaled = co_await setReplicas(rollout, rollout.newSet, size);
        if (!scaled) co_return scaled.error();
        if (*scaled) co_return co_await syncRolloutStatus(rollout);
    }
    const auto old = active(rollout.oldSets());
    const auto sizes = shrinkOldSets(rollout.spec(), sizesOf(old), sizeOf(rollout.newSet));
    bool any = false;
    for (std::size_t i = 0; i < old.size(); ++i) {
        if (sizes[i] == replicasOf(old[i])) continue;
        auto scaled = co_await setReplicas(rollout, old[i], sizes[i]);
        if (!scaled) co_return scaled.error();
        any = any || *scaled;
    }
    if (!any && isComplete(rollout.spec(), rollout.spec().status)) {
        auto cleaned = co_await cleanUp(rollout);
        if (!cleaned) co_return cleaned.error();
    }
    co_return co_await syncRolloutStatus(rollout);
}

bool DeploymentController::oldPodsRunning(const Rollout& rollout) const {
    for (const auto& set : rollout.oldSets()) {
        if (setOf(set).status.replicas > 0) return true;
        for (const auto& pod : pods_.byIndex(byController, std::string(set->uid())))
            if (!isPodFinished(pod->as<api::Pod>())) return true;
    }
    return false;
}

Async<Result<void>> DeploymentController::recreate(Rollout& rollout) {
    bool any = false;
    for (const auto& set : active(rollout.oldSets())) {
        auto scaled = co_await setReplicas(rollout, set, 0);
        if (!scaled) co_return scaled.error();
        any = true;
    }
    if (any || oldPodsRunning(rollout)) co_return co_await syncRolloutStatus(rollout);
    if (!rollout.newSet) {
        auto created = co_await syncNewSet(rollout, true);
        if (!created) co_return created.error();
    }
    if (replicasOf(rollout.newSet) != wanted(rollout.spec())) {
        auto scaled = co_await setReplicas(rollout, rollout.newSet, wanted(rollout.spec()));
        if (!scaled) co_return scaled.error();
    }
    if (isComplete(rollout.spec(), rollout.spec().status)) {
        auto cleaned = co_await cleanUp(rollout);
        if (!cleaned) co_return cleaned.error();
    }
    co_return co_await syncRolloutStatus(rollout);
}

// Old ReplicaSets are kept to go back to, but not more than revisionHistoryLimit.
Async<Result<void>> DeploymentController::cleanUp(Rollout& rollout) {
    const auto limit = rollout.spec().spec.revisionHistoryLimit;
    if (!limit || *limit == std::numeric_limits<std::int32_t>::max()) co_return Result<void>();
    auto cleanable = rollout.oldSets();
    std::erase_if(cleanable, [](const ObjectPtr& set) { return set->deleting(); });
    const int excess = static_cast<int>(cleanable.size()) - *limit;
    std::ranges::stable_sort(cleanable, {}, [](const ObjectPtr& set) { return revisionOf(setOf(set).metadata); });
    for (int i = 0; i < excess; ++i) {
        const auto set = cleanable[static_cast<std::size_t>(i)];
        const auto& replicaSet = setOf(set);
        if (replicaSet.status.replicas != 0 || replicasOf(set) != 0 || replicaSet.metadata.generation.value_or(0) > replicaSet.status.observedGeneration.value_or(0))
            continue;
        auto removed = co_await calls_.remove(resources::replicaSets, replicaSet.metadata.nameSpace, replicaSet.metadata.name);
        if (!removed && removed.error().reason != Reason::NotFound) co_return removed.error();
    }
    co_return Result<void>();
}

Async<Result<void>> DeploymentController::writeStatus(Rollout& rollout, api::DeploymentStatus status) {
    auto tree = rollout.deployment->tree();
    tree["status"] = api::encode(status);
    auto written = co_await calls_.update(resources::deployments, std::move(tree), "status");
    if (!written) co_return written.error();
    rollout.deployment = *written;
    co_return Result<void>();
}

Async<Result<void>> DeploymentController::writeStatusAndRevision(Rollout& rollout, api::DeploymentStatus status, std::string revision) {
    auto tree = rollout.deployment->tree();
    tree["status"] = api::encode(status);
    if (!revision.empty()) api::ensureObject(tree, {"metadata", "annotations"})[revisionAnnotation] = revision;
    auto written = co_await calls_.update(resources::deployments, std::move(tree), "status");
    if (!written) co_return written.error();
    rollout.deployment = *written;
    if (revision.empty() || (*written)->annotation(revisionAnnotation) == revision) co_return Result<void>();
    // Kubernetes takes annotations along with a Deployment's status; a server that does not needs a second write.
    auto again = (*written)->tree();
    api::ensureObject(again, {"metadata", "annotations"})[revisionAnnotation] = revision;
    auto annotated = co_await calls_.update(resources::deployments, std::move(again));
    if (!annotated) co_return annotated.error();
    rollout.deployment = *annotated;
    co_return Result<void>();
}

Async<Result<void>> DeploymentController::syncStatus(Rollout& rollout) {
    auto status = countedStatus(clock(), rollout.spec(), structsOf(rollout.sets), rollout.newSet ? &setOf(rollout.newSet) : nullptr);
    if (api::encode(status) == api::encode(rollout.spec().status)) co_return Result<void>();
    co_return co_await writeStatus(rollout, std::move(status));
}

Async<Result<void>> DeploymentController::syncRolloutStatus(Rollout& rollout) {
    auto status = rolloutStatus(clock(), rollout.spec(), structsOf(rollout.sets), rollout.newSet ? &setOf(rollout.newSet) : nullptr);
    if (api::encode(status) != api::encode(rollout.spec().status)) co_return co_await writeStatus(rollout, std::move(status));
    if (const auto wait = untilDeadline(clock(), rollout.spec(), status)) queue_.addAfter(rollout.deployment->key(), *wait);
    co_return Result<void>();
}

}  // namespace kubarium::controller
