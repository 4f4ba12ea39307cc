#include "core/controller/volume_binding_controller.h"

#include "core/controller/indexes.h"
#include "core/controller/volume_binding.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace resources = api::resources;
namespace annotations = volume_annotations;

namespace {

constexpr auto resyncPeriod = 15s;
constexpr int oneAtATime = 1;

json::object referenceTo(const api::Object& claim) {
    return {{"kind", "PersistentVolumeClaim"}, {"namespace", claim.nameSpace()}, {"name", claim.name()}, {"uid", claim.uid()}, {"apiVersion", "v1"}, {"resourceVersion", claim.resourceVersion()}};
}

std::string phaseOf(const api::Object& object) { return std::string(object.string({"status", "phase"})); }
bool isReleased(const api::Object& volume) { return phaseOf(volume) == "Released" || phaseOf(volume) == "Failed"; }
bool isInTree(std::string_view provisioner) { return provisioner.starts_with("kubernetes.io/"); }

// The claim's status for a phase: with a volume, what it got; without, nothing. False if it is that already.
bool describeBinding(json::object& status, const std::string& phase, const ObjectPtr& volume) {
    const auto before = status;
    const bool becomes = api::stringAt(status, {"phase"}) != phase;
    status["phase"] = phase;
    if (!volume) {
        for (const auto* field : {"accessModes", "capacity", "currentVolumeAttributesClassName"}) status.erase(field);
        return status != before;
    }
    if (const auto* modes = volume->find({"spec", "accessModes"})) status["accessModes"] = *modes;
    // The capacity of a bound claim may differ on purpose: a file system that has not grown yet.
    if (becomes)
        if (const auto* capacity = volume->find({"spec", "capacity"})) status["capacity"] = *capacity;
    if (becomes && phase == "Bound")
        if (const auto* name = volume->find({"spec", "volumeAttributesClassName"})) status["currentVolumeAttributesClassName"] = *name;
    return status != before;
}

// Why nothing here can delete a volume that no provisioner made; the words are those of Kubernetes' plugins.
std::string whyNotDeletable(const api::Object& volume) {
    if (const auto path = volume.string({"spec", "hostPath", "path"}); !path.empty())
        return fmt::format("host_path deleter only supports /tmp/.+ but received provided {}", path);
    return fmt::format("error getting deleter volume plugin for volume \"{}\": no deletable volume plugin matched", volume.name());
}

}  // namespace

VolumeBindingController::VolumeBindingController(ControllerContext context)
    : Controller(context, "volume binding", "persistentvolume-controller"),
      claims_(informer(resources::persistentVolumeClaims)),
      volumes_(informer(resources::persistentVolumes)),
      classes_(informer(resources::storageClasses)),
      pods_(informer(resources::pods)),
      claimQueue_(addQueue([this](std::string key) { return reconcileClaim(std::move(key)); }, oneAtATime)),
      volumeQueue_(addQueue([this](std::string name) { return reconcileVolume(std::move(name)); }, oneAtATime)) {
    pods_.addIndex(byVolumeClaim, claimsOfPod);
    const auto claimChanged = [this](const ObjectPtr& claim) { claimQueue_.add(claim->key()); };
    const auto volumeChanged = [this](const ObjectPtr& volume) { volumeQueue_.add(volume->key()); };
    claims_.addHandler({claimChanged, [claimChanged](const ObjectPtr&, const ObjectPtr& after) { claimChanged(after); }, [this](const ObjectPtr& claim) {
                            if (const auto name = claim->string({"spec", "volumeName"}); !name.empty()) volumeQueue_.add(std::string(name));
                        }});
    volumes_.addHandler({volumeChanged, [volumeChanged](const ObjectPtr&, const ObjectPtr& after) { volumeChanged(after); }, [this](const ObjectPtr& volume) {
                             if (const auto key = claimKeyOf(*volume); !key.empty()) claimQueue_.add(key);
                         }});
}

void VolumeBindingController::start() { resync(); }

void VolumeBindingController::resync() {
    resyncTimer_ = clock().after(resyncPeriod, [this] {
        for (const auto& [key, claim] : claims_.all()) claimQueue_.add(key);
        for (const auto& [name, volume] : volumes_.all()) volumeQueue_.add(name);
        resync();
    });
}

VolumeBindingController::Done VolumeBindingController::reconcileClaim(std::string key) {
    auto claim = claims_.get(key);
    if (!claim) co_return Result<void>();
    if (hasAnnotation(*claim, annotations::bindCompleted)) co_return co_await syncBoundClaim(claim);
    if (claim->string({"spec", "volumeName"}).empty()) co_return co_await syncClaimWithoutVolume(claim);
    co_return co_await syncUnboundClaim(claim);
}

// The user did not care which volume it is.
VolumeBindingController::Done VolumeBindingController::syncClaimWithoutVolume(ObjectPtr claim) {
    const auto className = classOf(*claim);
    const bool delayed = !className.empty() && waitsForFirstConsumer(classes_.get(className));
    if (auto volume = findBestMatch(volumes_.all(), *claim, delayed)) {
        note(claim->key(), fmt::format("fits volume {}: binding", volume->name()));
        co_return co_await bind(volume, claim);
    }
    if (!claimHasClass(*claim))
        if (const auto chosen = defaultClass(classes_.all())) {
            auto tree = claim->tree();
            api::ensureObject(tree, {"spec"})["storageClassName"] = chosen->name();
            auto updated = co_await calls_.update(resources::persistentVolumeClaims, std::move(tree));
            if (!updated) co_return updated.error();
            co_return Result<void>();
        }
    if (delayed && !hasAnnotation(*claim, annotations::selectedNode))
        tellWhyDelayed(claim);
    else if (!className.empty())
        co_return co_await requestProvisioning(claim);
    else
        events_.record(*claim, "Normal", "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
    co_return co_await setClaimPhase(claim, "Pending", nullptr);
}

// The user asked for a certain volume.
VolumeBindingController::Done VolumeBindingController::syncUnboundClaim(ObjectPtr claim) {
    const auto volume = volumes_.get(std::string(claim->string({"spec", "volumeName"})));
    if (!volume) co_return co_await setClaimPhase(claim, "Pending", nullptr);
    if (!volume->find({"spec", "claimRef"})) {
        const auto trouble = whyUnsuitable(*volume, *claim);
        if (!trouble) co_return co_await bind(volume, claim);
        events_.record(*claim, "Warning", "VolumeMismatch", fmt::format("Cannot bind to requested volume \"{}\": {}", volume->name(), *trouble));
        co_return co_await setClaimPhase(claim, "Pending", nullptr);
    }
    if (isBoundToClaim(*volume, *claim)) co_return co_await bind(volume, claim);
    events_.record(*claim, "Warning", "FailedBinding", fmt::format("volume \"{}\" already bound to a different claim.", volume->name()));
    co_return co_await setClaimPhase(claim, "Pending", nullptr);
}

VolumeBindingController::Done VolumeBindingController::syncBoundClaim(ObjectPtr claim) {
    const std::string name(claim->string({"spec", "volumeName"}));
    if (name.empty()) co_return co_await loseClaim(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
    auto volume = volumes_.get(name);
    if (!volume) {
        // The cache may be behind the scheduler or a provisioner: ask.
        auto read = co_await calls_.get(resources::persistentVolumes, "", name);
        if (!read && read.error().reason != Reason::NotFound) co_return read.error();
        if (!read) co_return co_await loseClaim(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
        volume = *read;
    }
    if (volume->find({"spec", "claimRef"}) && volume->string({"spec", "claimRef", "uid"}) != claim->uid())
        co_return co_await loseClaim(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
    co_return co_await bind(volume, claim);
}

VolumeBindingController::Done VolumeBindingController::reconcileVolume(std::string name) {
    auto volume = volumes_.get(name);
    if (!volume) co_return Result<void>();
    if (volume->string({"spec", "claimRef", "uid"}).empty()) {
        // Free, or reserved for a claim that has not come yet.
        auto written = co_await setVolumePhase(volume, "Available", "");
        if (!written) co_return written.error();
        co_return Result<void>();
    }
    auto claim = co_await claimOf(volume);
    if (!claim) co_return claim.error();
    if (!*claim) co_return co_await releaseVolume(volume);
    co_return co_await syncClaimedVolume(volume, *claim);
}

// Null if the claim that a volume is bound to is gone. Before that is believed of a bound volume the API server is asked: the
// cache may not know a claim yet that the scheduler has bound.
Async<Result<ObjectPtr>> VolumeBindingController::claimOf(ObjectPtr volume) {
    const std::string nameSpace(volume->string({"spec", "claimRef", "namespace"})), name(volume->string({"spec", "claimRef", "name"}));
    const auto uid = volume->string({"spec", "claimRef", "uid"});
    auto claim = claims_.get(nameSpace, name);
    if ((!claim && !isReleased(*volume)) || (claim && claim->uid() != uid)) {
        auto read = co_await calls_.get(resources::persistentVolumeClaims, nameSpace, name);
        if (!read && read.error().reason != Reason::NotFound) co_return read.error();
        claim = read ? *read : nullptr;
    }
    if (claim && claim->uid() != uid) claim = nullptr;
    co_return claim;
}

VolumeBindingController::Done VolumeBindingController::syncClaimedVolume(ObjectPtr volume, ObjectPtr claim) {
    const auto boundTo = claim->string({"spec", "volumeName"});
    if (boundTo.empty()) {
        if (modesDiffer(*volume, *claim)) {
            events_.record(*volume, "Warning", "VolumeMismatch",
                           fmt::format("Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{}\" due to incompatible volumeMode.", claim->name()));
            events_.record(*claim, "Warning", "VolumeMismatch",
                           fmt::format("Cannot bind PersistentVolume \"{}\" to requested PersistentVolumeClaim due to incompatible volumeMode.", volume->name()));
        } else {
            claimQueue_.add(claim->key());
        }
        co_return Result<void>();
    }
    if (boundTo == volume->name()) {
        auto written = co_await setVolumePhase(volume, "Bound", "");
        if (!written) co_return written.error();
        co_return Result<void>();
    }
    // The claim went elsewhere: a volume that was made for it is not needed, any other becomes free again.
    if (hasAnnotation(*volume, annotations::provisionedBy) && volume->string({"spec", "persistentVolumeReclaimPolicy"}) == "Delete") co_return co_await releaseVolume(volume);
    co_return co_await unbind(volume);
}

VolumeBindingController::Done VolumeBindingController::releaseVolume(ObjectPtr volume) {
    if (!isReleased(*volume)) {
        note(std::string(volume->name()), "its claim is gone: released");
        auto written = co_await setVolumePhase(volume, "Released", "");
        if (!written) co_return written.error();
        volume = *written;
    }
    co_return co_await reclaim(volume);
}

VolumeBindingController::Done VolumeBindingController::reclaim(ObjectPtr volume) {
    const auto policy = volume->string({"spec", "persistentVolumeReclaimPolicy"});
    std::string reason, message;
    if (policy == "Delete") {
        const auto provisioner = volume->annotation(annotations::provisionedBy);
        // Whoever made it deletes it.
        if (!provisioner.empty() && !isInTree(provisioner)) co_return Result<void>();
        reason = "VolumeFailedDelete";
        message = whyNotDeletable(*volume);
    } else if (policy == "Recycle") {
        reason = "VolumeFailedRecycle";
        message = "No recycler plugin found for the volume!";
    }
    if (reason.empty() || phaseOf(*volume) == "Failed") co_return Result<void>();
    auto written = co_await setVolumePhase(volume, "Failed", message);
    if (!written) co_return written.error();
    events_.record(**written, "Warning", reason, message);
    co_return Result<void>();
}

// Both halves and both phases. Each step is left out when it is done already.
VolumeBindingController::Done VolumeBindingController::bind(ObjectPtr volume, ObjectPtr claim) {
    if (!isBoundToClaim(*volume, *claim) || volume->string({"spec", "claimRef", "uid"}) != claim->uid()) {
        auto tree = volume->tree();
        if (!isBoundToClaim(*volume, *claim)) setAnnotation(tree, annotations::boundByController, "yes");
        api::ensureObject(tree, {"spec"})["claimRef"] = referenceTo(*claim);
        auto written = co_await calls_.update(resources::persistentVolumes, std::move(tree));
        if (!written) co_return written.error();
        volume = *written;
    }
    auto marked = co_await setVolumePhase(volume, "Bound", "");
    if (!marked) co_return marked.error();
    volume = *marked;
    if (claim->string({"spec", "volumeName"}) != volume->name() || !hasAnnotation(*claim, annotations::bindCompleted)) {
        auto tree = claim->tree();
        if (claim->string({"spec", "volumeName"}) != volume->name()) {
            api::ensureObject(tree, {"spec"})["volumeName"] = volume->name();
            setAnnotation(tree, annotations::boundByController, "yes");
        }
        setAnnotation(tree, annotations::bindCompleted, "yes");
        auto written = co_await calls_.update(resources::persistentVolumeClaims, std::move(tree));
        if (!written) co_return written.error();
        claim = *written;
        note(claim->key(), fmt::format("bound to volume {}", volume->name()));
    }
    co_return co_await setClaimPhase(claim, "Bound", volume);
}

VolumeBindingController::Done VolumeBindingController::unbind(ObjectPtr volume) {
    auto tree = volume->tree();
    if (hasAnnotation(*volume, annotations::boundByController)) {
        api::ensureObject(tree, {"spec"}).erase("claimRef");
        auto& metadata = api::ensureObject(tree, {"metadata"});
        auto& all = api::ensureObject(metadata, {"annotations"});
        all.erase(annotations::boundByController);
        if (all.empty()) metadata.erase("annotations");
    } else {
        // Reserved by a user: it stays so.
        api::ensureObject(tree, {"spec", "claimRef"}).erase("uid");
    }
    auto written = co_await calls_.update(resources::persistentVolumes, std::move(tree));
    if (!written) co_return written.error();
    auto marked = co_await setVolumePhase(*written, "Available", "");
    if (!marked) co_return marked.error();
    co_return Result<void>();
}

// Asks the class's provisioner by annotation. Once it has made the volume, the volume's claimRef brings both here again.
VolumeBindingController::Done VolumeBindingController::requestProvisioning(ObjectPtr claim) {
    const auto className = classOf(*claim);
    const auto storageClass = classes_.get(className);
    const std::string provisioner(storageClass ? storageClass->string({"provisioner"}) : "");
    if (!storageClass || isInTree(provisioner)) {
        events_.record(*claim, "Warning", "ProvisioningFailed",
                       storageClass ? fmt::format("no volume plugin matched name: {}", provisioner) : fmt::format("storageclass.storage.k8s.io \"{}\" not found", className));
        co_return Result<void>();
    }
    if (claim->annotation(annotations::storageProvisioner) != provisioner || claim->annotation(annotations::betaStorageProvisioner) != provisioner) {
        auto tree = claim->tree();
        setAnnotation(tree, annotations::betaStorageProvisioner, provisioner);
        setAnnotation(tree, annotations::storageProvisioner, provisioner);
        auto updated = co_await calls_.update(resources::persistentVolumeClaims, std::move(tree));
        if (!updated) co_return updated.error();
        claim = *updated;
    }
    events_.record(*claim, "Normal", "ExternalProvisioning",
                   fmt::format("Waiting for a volume to be created either by the external provisioner '{}' or manually by the system administrator. If volume creation is "
                               "delayed, please verify that the provisioner is running and correctly registered.",
                               provisioner));
    co_return Result<void>();
}

Async<Result<ObjectPtr>> VolumeBindingController::setVolumePhase(ObjectPtr volume, std::string phase, std::string message) {
    if (phaseOf(*volume) == phase) co_return volume;
    auto tree = volume->tree();
    auto& status = api::ensureObject(tree, {"status"});
    status["phase"] = phase;
    if (message.empty())
        status.erase("message");
    else
        status["message"] = message;
    auto written = co_await calls_.update(resources::persistentVolumes, std::move(tree), "status");
    co_return written;
}

VolumeBindingController::Done VolumeBindingController::setClaimPhase(ObjectPtr claim, std::string phase, ObjectPtr volume) {
    auto tree = claim->tree();
    if (!describeBinding(api::ensureObject(tree, {"status"}), phase, volume)) co_return Result<void>();
    auto written = co_await calls_.update(resources::persistentVolumeClaims, std::move(tree), "status");
    if (!written) co_return written.error();
    co_return Result<void>();
}

VolumeBindingController::Done VolumeBindingController::loseClaim(ObjectPtr claim, std::string reason, std::string message) {
    if (phaseOf(*claim) == "Lost") co_return Result<void>();
    auto written = co_await setClaimPhase(claim, "Lost", nullptr);
    if (written) events_.record(*claim, "Warning", reason, message);
    co_return written;
}

void VolumeBindingController::tellWhyDelayed(const ObjectPtr& claim) {
    std::string waiting;
    int count = 0;
    for (const auto& pod : pods_.byIndex(byVolumeClaim, claim->key())) {
        const auto phase = phaseOf(*pod);
        if (phase == "Succeeded" || phase == "Failed" || !pod->string({"spec", "nodeName"}).empty()) continue;
        waiting += fmt::format("{}{}", count++ == 0 ? "" : ",", pod->name());
    }
    if (count == 0) return events_.record(*claim, "Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
    events_.record(*claim, "Normal", "WaitForPodScheduled", fmt::format("waiting for {} {} to be scheduled", count == 1 ? "pod" : "pods", waiting));
}

}  // namespace kubarium::controller
