#include "core/controller/hostpath_provisioner.h"

#include "core/controller/volume_binding.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace resources = api::resources;
namespace annotations = volume_annotations;

namespace {

constexpr auto resyncPeriod = 15s;
constexpr std::string_view finalizer = "external-provisioner.volume.kubernetes.io/finalizer";
constexpr std::string_view hostnameLabel = "kubernetes.io/hostname";

std::string volumeNameFor(const api::Object& claim) { return fmt::format("pvc-{}", claim.uid()); }

// Everybody may write: which user a container runs as is the Pod's affair. Error: why not.
Result<bool> makeOpenDirectory(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return internalError(fmt::format("mkdir {}: {}", path.string(), error.message()));
    constexpr mode_t everybody = 0777;
    if (::chmod(path.c_str(), everybody) != 0) return internalError(fmt::format("chmod {}: {}", path.string(), std::strerror(errno)));
    return true;
}

json::object nodeAffinity(std::string_view hostname) {
    json::object expression{{"key", hostnameLabel}, {"operator", "In"}, {"values", json::array{json::string(hostname)}}};
    json::object term{{"matchExpressions", json::array{std::move(expression)}}};
    return {{"required", json::object{{"nodeSelectorTerms", json::array{std::move(term)}}}}};
}

json::object volumeFor(const api::Object& claim, const api::Object& storageClass, const ObjectPtr& node) {
    const auto name = volumeNameFor(claim);
    const auto givenPolicy = storageClass.string({"reclaimPolicy"});
    const std::string policy(givenPolicy.empty() ? "Delete" : givenPolicy);
    json::object spec{{"capacity", json::object{{"storage", json::string(claim.string({"spec", "resources", "requests", "storage"}))}}},
                      {"csi", json::object{{"driver", hostpathDriver}, {"volumeHandle", name}}},
                      {"persistentVolumeReclaimPolicy", policy},
                      {"storageClassName", storageClass.name()},
                      {"volumeMode", "Filesystem"}};
    if (const auto* modes = claim.find({"spec", "accessModes"})) spec["accessModes"] = *modes;
    spec["claimRef"] = json::object{{"kind", "PersistentVolumeClaim"}, {"namespace", claim.nameSpace()}, {"name", claim.name()},
                                    {"uid", claim.uid()}, {"apiVersion", "v1"}, {"resourceVersion", claim.resourceVersion()}};
    if (node) {
        const auto label = node->label(hostnameLabel);
        spec["nodeAffinity"] = nodeAffinity(label.empty() ? node->name() : label);
    }
    json::object metadata{{"name", name}, {"annotations", json::object{{annotations::provisionedBy, hostpathProvisioner}}}};
    if (policy == "Delete") metadata["finalizers"] = json::array{json::string(finalizer)};
    return {{"apiVersion", "v1"}, {"kind", "PersistentVolume"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}};
}

// What no directory can be; "" if it can.
std::string whyImpossible(const api::Object& claim, const api::Object& storageClass) {
    if (claim.string({"spec", "volumeMode"}) == "Block") return "a directory is no block device: use volumeMode Filesystem";
    if (claim.find({"spec", "selector"})) return "claim Selector is not supported";
    if (claim.find({"spec", "dataSource"}) || claim.find({"spec", "dataSourceRef"})) return "a data source is not supported";
    if (const auto* options = storageClass.find({"mountOptions"}); options && options->is_array() && !options->get_array().empty()) return "mount options are not supported";
    return "";
}

bool isOurs(const api::Object& volume) { return volume.annotation(annotations::provisionedBy) == hostpathProvisioner; }

// A handle that names a directory right below ours; anything else was not made here.
bool isPlainName(std::string_view handle) { return !handle.empty() && handle != "." && handle != ".." && handle.find('/') == handle.npos && handle.find('\0') == handle.npos; }

}  // namespace

HostpathProvisioner::HostpathProvisioner(ControllerContext context, fs::path directory)
    : Controller(context, "hostpath provisioner", std::string(hostpathProvisioner)),
      directory_(std::move(directory)),
      claims_(informer(resources::persistentVolumeClaims)),
      volumes_(informer(resources::persistentVolumes)),
      classes_(informer(resources::storageClasses)),
      nodes_(informer(resources::nodes)),
      provisioning_(addQueue([this](std::string key) { return provision(std::move(key)); })),
      reclaiming_(addQueue([this](std::string name) { return reclaim(std::move(name)); })) {
    const auto claimChanged = [this](const ObjectPtr& claim) { provisioning_.add(claim->key()); };
    const auto volumeChanged = [this](const ObjectPtr& volume) { reclaiming_.add(volume->key()); };
    claims_.addHandler({claimChanged, [claimChanged](const ObjectPtr&, const ObjectPtr& after) { claimChanged(after); }, nullptr});
    volumes_.addHandler({volumeChanged, [volumeChanged](const ObjectPtr&, const ObjectPtr& after) { volumeChanged(after); }, nullptr});
}

void HostpathProvisioner::start() { retryLater(); }

void HostpathProvisioner::retryLater() {
    resyncTimer_ = clock().after(resyncPeriod, [this] {
        for (const auto& [key, claim] : claims_.all()) provisioning_.add(key);
        for (const auto& [name, volume] : volumes_.all()) reclaiming_.add(name);
        retryLater();
    });
}

Async<Result<void>> HostpathProvisioner::provision(std::string claimKey) {
    const auto claim = claims_.get(claimKey);
    if (!claim || claim->deleting() || !claim->string({"spec", "volumeName"}).empty()) co_return Result<void>();
    if (claim->annotation(annotations::storageProvisioner) != hostpathProvisioner) co_return Result<void>();
    const auto storageClass = classes_.get(classOf(*claim));
    if (!storageClass || storageClass->string({"provisioner"}) != hostpathProvisioner) co_return Result<void>();
    const std::string selected(claim->annotation(annotations::selectedNode));
    if (waitsForFirstConsumer(storageClass) && selected.empty()) co_return Result<void>();
    const auto name = volumeNameFor(*claim);
    auto present = co_await calls_.get(resources::persistentVolumes, "", name);
    if (present) co_return Result<void>();
    if (present.error().reason != Reason::NotFound) co_return present.error();

    ObjectPtr node;
    if (!selected.empty()) {
        node = nodes_.get(selected);
        if (!node) co_return co_await fail(claim, fmt::format("failed to get target node: node \"{}\" not found", selected), true);
    }
    events_.record(*claim, "Normal", "Provisioning", fmt::format("External provisioner is provisioning volume for claim \"{}\"", claimKey));
    if (const auto why = whyImpossible(*claim, *storageClass); !why.empty())
        co_return co_await fail(claim, fmt::format("failed to provision volume with StorageClass \"{}\": {}", storageClass->name(), why), false);
    auto made = co_await makeDirectory(name);
    if (!made) co_return co_await fail(claim, fmt::format("failed to provision volume with StorageClass \"{}\": {}", storageClass->name(), made.error().message), true);
    auto body = volumeFor(*claim, *storageClass, node);
    auto created = co_await calls_.create(resources::persistentVolumes, "", std::move(body));
    if (!created && created.error().reason != Reason::AlreadyExists) {
        auto error = created.error();
        (void)co_await removeDirectory(name);
        co_return error;
    }
    note(claimKey, fmt::format("volume {} made", name));
    events_.record(*claim, "Normal", "ProvisioningSucceeded", fmt::format("Successfully provisioned volume {}", name));
    co_return Result<void>();
}

// With `reschedule` the scheduler is asked for another Node: this one cannot have the volume.
Async<Result<void>> HostpathProvisioner::fail(ObjectPtr claim, std::string message, bool reschedule) {
    events_.record(*claim, "Warning", "ProvisioningFailed", message);
    if (!reschedule || !hasAnnotation(*claim, annotations::selectedNode)) co_return Result<void>();
    auto tree = claim->tree();
    api::ensureObject(tree, {"metadata", "annotations"}).erase(annotations::selectedNode);
    auto updated = co_await calls_.update(resources::persistentVolumeClaims, std::move(tree));
    if (!updated) co_return updated.error();
    co_return Result<void>();
}

Async<Result<void>> HostpathProvisioner::reclaim(std::string volumeName) {
    const auto volume = volumes_.get(volumeName);
    if (!volume || !isOurs(*volume) || volume->string({"status", "phase"}) != "Released") co_return Result<void>();
    if (volume->string({"spec", "persistentVolumeReclaimPolicy"}) != "Delete") co_return Result<void>();
    const std::string handle(volume->string({"spec", "csi", "volumeHandle"}));
    if (volume->string({"spec", "csi", "driver"}) != hostpathDriver || !isPlainName(handle)) co_return Result<void>();
    auto removed = co_await removeDirectory(handle);
    if (!removed) {
        events_.record(*volume, "Warning", "VolumeFailedDelete", removed.error().message);
        co_return removed.error();
    }
    if (!volume->deleting()) {
        auto deleted = co_await calls_.remove(resources::persistentVolumes, "", volumeName);
        if (!deleted && deleted.error().reason != Reason::NotFound) co_return deleted.error();
    }
    auto current = co_await calls_.get(resources::persistentVolumes, "", volumeName);
    if (!current) co_return current.error().reason == Reason::NotFound ? Result<void>() : Result<void>(current.error());
    auto tree = (*current)->tree();
    auto& metadata = api::ensureObject(tree, {"metadata"});
    auto* list = metadata.if_contains("finalizers");
    if (!list || !list->is_array()) co_return Result<void>();
    auto& finalizers = list->get_array();
    const auto end = std::remove_if(finalizers.begin(), finalizers.end(), [](const json::value& each) { return each.is_string() && each.get_string() == finalizer; });
    if (end == finalizers.end()) co_return Result<void>();
    finalizers.erase(end, finalizers.end());
    if (finalizers.empty()) metadata.erase("finalizers");
    auto updated = co_await calls_.update(resources::persistentVolumes, std::move(tree));
    if (!updated && updated.error().reason != Reason::NotFound) co_return updated.error();
    co_return Result<void>();
}

Call<bool> HostpathProvisioner::makeDirectory(const std::string& handle) {
    return Call<bool>([this, path = directory_.empty() ? fs::path() : directory_ / handle](client::Reply<bool> reply) {
        context_.executor.offload([path] { return path.empty() ? Result<bool>(true) : makeOpenDirectory(path); },
                                  [reply = std::move(reply)](Result<bool> result) mutable { reply(std::move(result)); });
    });
}

// Links in it are removed, not followed.
Call<bool> HostpathProvisioner::removeDirectory(const std::string& handle) {
    return Call<bool>([this, path = directory_.empty() ? fs::path() : directory_ / handle](client::Reply<bool> reply) {
        context_.executor.offload(
            [path]() -> Result<bool> {
                std::error_code error;
                if (!path.empty()) fs::remove_all(path, error);
                if (error) return internalError(fmt::format("cannot delete {}: {}", path.string(), error.message()));
                return true;
            },
            [reply = std::move(reply)](Result<bool> result) mutable { reply(std::move(result)); });
    });
}

}  // namespace kubarium::controller
