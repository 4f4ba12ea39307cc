#include "core/kubelet/volume_planner.h"

#include "core/api/types/config.h"
#include "core/base/base64.h"
#include "core/kubelet/node_object.h"
#include "core/kubelet/pod_resources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace kubarium::kubelet {

using namespace api::resources;

namespace {

// Go's utilerrors.NewAggregate: each text once.
class Errors {
public:
    void add(const Result<void>& result) {
        if (!result && std::ranges::find(texts_, result.error().message) == texts_.end()) texts_.push_back(result.error().message);
    }
    Result<void> aggregate() const {
        if (texts_.empty()) return {};
        return internalError(texts_.size() == 1 ? texts_.front() : fmt::format("[{}]", fmt::join(texts_, ", ")));
    }

private:
    std::vector<std::string> texts_;
};

void forEachContainer(const api::PodSpec& spec, const std::function<void(const api::Container&)>& visit) {
    for (const auto* list : {&spec.initContainers, &spec.containers, &spec.ephemeralContainers})
        for (const auto& container : *list) visit(container);
}

// The one user that all containers run as by their specification; nobody where they differ or one does not say.
std::optional<std::int64_t> commonUser(const api::PodSpec& spec) {
    std::optional<std::int64_t> common;
    bool first = true, differ = false;
    forEachContainer(spec, [&](const api::Container& container) {
        auto user = container.securityContext ? container.securityContext->runAsUser : std::nullopt;
        if (!user && spec.securityContext) user = spec.securityContext->runAsUser;
        differ = differ || !user || (!first && user != common);
        common = user;
        first = false;
    });
    return differ ? std::nullopt : common;
}

// Kubernetes: getNestedMountpoints (pkg/volume/util/nested_volumes.go): below the volume, but not below another of them.
std::vector<std::string> nestedMountPoints(const api::PodSpec& spec, const std::string& volume) {
    std::vector<std::string> found;
    forEachContainer(spec, [&](const api::Container& container) {
        std::set<std::string> all;
        std::vector<std::string> own;
        for (const auto& mount : container.volumeMounts) {
            auto path = std::filesystem::path(mount.mountPath).lexically_normal().string();
            while (path.size() > 1 && path.ends_with('/')) path.pop_back();
            if (mount.name == volume) own.push_back(path + "/");
            all.insert(std::move(path));
        }
        for (const auto& root : own) {
            std::vector<std::string> outer;
            for (const auto& path : all) {
                const auto below = [&](const std::string& other) { return path.starts_with(other); };
                if (!below(root) || std::ranges::any_of(outer, below)) continue;
                outer.push_back(path + "/");
                found.push_back(path.substr(root.size()));
            }
        }
    });
    return found;
}

class Planner {
public:
    explicit Planner(const VolumePlanInput& input)
        : pod_(input.pod), objects_(input.objects), tokens_(input.tokens), addresses_(input.addresses), node_(input.node), directory_(input.directory),
          volumesDirectory_(input.volumesDirectory), user_(commonUser(pod_.spec)) {
        if (pod_.spec.securityContext) group_ = pod_.spec.securityContext->fsGroup;
    }

    Result<VolumePlan> plan(const api::Volume& volume) {
        VolumePlan plan;
        plan.volume = volume.name;
        plan.group = group_;
        const auto at = [&](const char* plugin) { return directory_ + "/volumes/kubernetes.io~" + plugin + "/" + volume.name; };
        if (volume.configMap || volume.secret || volume.downwardAPI || volume.projected) {
            plan.kind = VolumePlan::Kind::Files;
            plan.nested = nestedMountPoints(pod_.spec, volume.name);
            if (!volume.configMap) takeMemory(plan, 0);
            TRY(addFiles(volume, plan));
            plan.path = at(volume.configMap ? "configmap" : volume.secret ? "secret" : volume.downwardAPI ? "downward-api" : "projected");
        } else if (volume.hostPath) {
            plan.kind = VolumePlan::Kind::HostPath;
            plan.path = volume.hostPath->path;
            plan.hostPathType = volume.hostPath->type;
        } else if (volume.persistentVolumeClaim || !volume.ephemeral.is_null()) {
            TRY(addPersistent(volume, plan));
        } else if (volume.emptyDir || !anySource(volume)) {
            plan.path = at("empty-dir");
            if (volume.emptyDir && volume.emptyDir->medium == "Memory")
                takeMemory(plan, volume.emptyDir->sizeLimit.empty() ? 0 : wholeQuantity(volume.emptyDir->sizeLimit));
        } else {
            return badRequest("this kind of volume is not supported here: use emptyDir, configMap, secret, downwardAPI, projected, hostPath or a PersistentVolumeClaim");
        }
        return plan;
    }

private:
    static bool anySource(const api::Volume& volume) {
        for (const auto* source : {&volume.nfs, &volume.csi, &volume.iscsi, &volume.rbd, &volume.cephfs, &volume.awsElasticBlockStore, &volume.gcePersistentDisk,
                                   &volume.azureDisk, &volume.azureFile, &volume.image, &volume.gitRepo, &volume.flexVolume, &volume.fc, &volume.glusterfs})
            if (!source->is_null()) return true;
        return false;
    }

    api::ObjectPtr find(const api::GroupVersionResource& resource, const std::string& name) const {
        const auto it = objects_.find({resource, pod_.metadata.nameSpace, name});
        return it == objects_.end() ? nullptr : it->second;
    }

    // Kubernetes: calculateEmptyDirMemorySize; no more than the Pod may use, or else the Node has.
    void takeMemory(VolumePlan& plan, std::int64_t sizeLimit) const {
        plan.memory = true;
        plan.memoryBytes = node_.memoryBytes;
        for (const auto less : {podLimits(pod_.spec).memoryBytes.value_or(0), sizeLimit})
            if (less > 0 && less <= plan.memoryBytes) plan.memoryBytes = less;
    }

    Result<void> addFiles(const api::Volume& volume, VolumePlan& plan) {
        if (volume.configMap)
            return addData(configMaps, volume.configMap->name, volume.configMap->items, volume.configMap->optional.value_or(false),
                           volume.configMap->defaultMode.value_or(0644), plan);
        if (volume.secret)
            return addData(secrets, volume.secret->secretName, volume.secret->items, volume.secret->optional.value_or(false),
                           volume.secret->defaultMode.value_or(0644), plan);
        if (volume.downwardAPI) return addDownward(volume.downwardAPI->items, volume.downwardAPI->defaultMode.value_or(0644), plan);
        const auto mode = volume.projected->defaultMode.value_or(0644);
        Errors errors;
        for (const auto& source : volume.projected->sources) {
            if (source.configMap) errors.add(addData(configMaps, source.configMap->name, source.configMap->items, source.configMap->optional.value_or(false), mode, plan));
            if (source.secret) errors.add(addData(secrets, source.secret->name, source.secret->items, source.secret->optional.value_or(false), mode, plan));
            if (source.downwardAPI) errors.add(addDownward(source.downwardAPI->items, mode, plan));
            if (source.serviceAccountToken) errors.add(addToken(volume.name, *source.serviceAccountToken, mode, plan));
        }
        return errors.aggregate();
    }

    // A token is for its owner only, or for fsGroup, where one of them is known.
    Result<void> addToken(const std::string& volume, const api::ServiceAccountTokenProjection& token, int mode, VolumePlan& plan) const {
        const auto it = tokens_.find({volume, token.path, token.audience, token.expirationSeconds.value_or(3600)});
        if (it == tokens_.end()) return {};  // where containers have no file system none is asked for
        plan.files[token.path] = {TRY(Result<std::string>(it->second)), user_ || group_ ? 0600 : mode, user_};
        return {};
    }

    Result<void> addData(const api::GroupVersionResource& resource, const std::string& name, const std::vector<api::KeyToPath>& items, bool optional,
                         int mode, VolumePlan& plan) {
        const auto object = find(resource, name);
        const bool secret = resource == secrets;
        if (!object) {
            if (optional) return {};
            return makeError(Reason::NotFound, fmt::format("{} \"{}\" not found", secret ? "secret" : "configmap", name));
        }
        std::map<std::string, std::string> data;
        if (secret) {
            for (const auto& [key, value] : object->as<api::Secret>().data) data[key] = decodeBase64(value);
        } else {
            data = object->as<api::ConfigMap>().data;
            for (const auto& [key, value] : object->as<api::ConfigMap>().binaryData) data[key] = decodeBase64(value);
        }
        if (items.empty()) {
            for (auto& [key, value] : data) plan.files[key] = {std::move(value), mode, {}};
            return {};
        }
        for (const auto& item : items) {
            const auto it = data.find(item.key);
            if (it != data.end())
                plan.files[item.path] = {it->second, item.mode.value_or(mode), {}};
            else if (!optional)
                return badRequest((secret ? "references non-existent secret key: " : "configmap references non-existent config key: ") + item.key);
        }
        return {};
    }

    Result<void> addDownward(const std::vector<api::DownwardAPIVolumeFile>& items, int mode, VolumePlan& plan) const {
        Errors errors;
        for (const auto& item : items) {
            const auto value = item.fieldRef           ? fieldValue(pod_, addresses_, item.fieldRef->fieldPath)
                               : item.resourceFieldRef ? resourceValue(pod_, *item.resourceFieldRef, item.resourceFieldRef->containerName, node_)
                                                       : Result<std::string>(std::string());
            if (value) plan.files[item.path] = {*value, item.mode.value_or(mode), {}};
            else errors.add(value.error());
        }
        return errors.aggregate();
    }

    // Kubernetes: pkg/kubelet/volumemanager/populator.
    Result<api::ObjectPtr> boundVolume(const api::Volume& volume, const std::string& name) const {
        const auto& nameSpace = pod_.metadata.nameSpace;
        const auto refuse = [&](const std::string& why) {
            auto error = badRequest(fmt::format("error processing PVC {}/{}: {}", nameSpace, name, why));
            error.kind = unprocessedKind;
            return error;
        };
        const auto claim = find(persistentVolumeClaims, name);
        if (!claim) return refuse(fmt::format("failed to fetch PVC from API server: persistentvolumeclaims \"{}\" not found", name));
        const auto& meta = claim->as<api::Metadata>().metadata;
        if (claim->deleting() && std::ranges::find(meta.finalizers, "kubernetes.io/pvc-protection") == meta.finalizers.end()) return refuse("PVC is being deleted");
        const auto volumeName = std::string(claim->string({"spec", "volumeName"}));
        if (claim->string({"status", "phase"}) != "Bound") return refuse("PVC is not bound");
        if (volumeName.empty()) return refuse("PVC has empty pvc.Spec.VolumeName");
        if (const auto* owner = meta.controllerOwner(); !volume.persistentVolumeClaim && (!owner || owner->uid != pod_.metadata.uid)) {
            auto error = badRequest(fmt::format("PVC {}/{} was not created for pod {}/{} (pod is not owner)", nameSpace, name, nameSpace, pod_.metadata.name));
            error.kind = unprocessedKind;
            return error;
        }
        const auto it = objects_.find({persistentVolumes, "", volumeName});
        if (it == objects_.end() || !it->second) return refuse(fmt::format("failed to fetch PV {0} from API server: persistentvolumes \"{0}\" not found", volumeName));
        if (!it->second->find({"spec", "claimRef"})) return refuse(fmt::format("found PV object {} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim", volumeName));
        if (const auto uid = it->second->string({"spec", "claimRef", "uid"}); uid != claim->uid())
            return refuse(fmt::format("found PV object {} but its pv.Spec.ClaimRef.UID {} does not point to claim.UID {}", volumeName, uid, claim->uid()));
        return it->second;
    }

    Result<void> addPersistent(const api::Volume& volume, VolumePlan& plan) {
        const auto name = volume.persistentVolumeClaim ? volume.persistentVolumeClaim->claimName : pod_.metadata.name + "-" + volume.name;
        const auto pv = TRY(boundVolume(volume, name));
        plan.readOnly = volume.persistentVolumeClaim && volume.persistentVolumeClaim->readOnly.value_or(false);
        if (pv->string({"spec", "csi", "driver"}) == hostpathDriver) return addProvisioned(*pv, plan);
        for (const auto path : {pv->string({"spec", "hostPath", "path"}), pv->string({"spec", "local", "path"})})
            if (!path.empty()) plan.path = std::string(path);
        if (plan.path.empty()) return badRequest(fmt::format("persistentvolume \"{}\" has no path on a Node: only hostPath, local and kubarium.dev/hostpath volumes can be mounted", pv->name()));
        const bool claimed = pv->find({"spec", "hostPath"}) == nullptr || pv->string({"spec", "hostPath", "type"}).empty() ||
                             pv->string({"spec", "hostPath", "type"}) == "DirectoryOrCreate";
        plan.kind = claimed ? VolumePlan::Kind::Directory : VolumePlan::Kind::HostPath;
        plan.hostPathType = std::string(pv->string({"spec", "hostPath", "type"}));
        return {};
    }

    // The handle is the name of a directory below the cluster's own: no object can lead elsewhere.
    Result<void> addProvisioned(const api::Object& pv, VolumePlan& plan) const {
        const std::string handle(pv.string({"spec", "csi", "volumeHandle"}));
        const bool plain = !handle.empty() && handle != "." && handle != ".." && handle.find('/') == handle.npos && handle.find('\0') == handle.npos;
        if (!plain) return badRequest(fmt::format("volumeHandle \"{}\" of persistentvolume \"{}\" is no name of a volume of {}", handle, pv.name(), hostpathDriver));
        plan.kind = VolumePlan::Kind::Provisioned;
        plan.path = volumesDirectory_ + "/" + handle;
        return {};
    }

    const api::Pod& pod_;
    const FetchedObjects& objects_;
    const Tokens& tokens_;
    const PodAddresses& addresses_;
    const NodeAllocatable& node_;
    const std::string &directory_, &volumesDirectory_;
    std::optional<std::int64_t> user_, group_;
};

}  // namespace

std::set<ObjectId> volumeReferences(const api::Pod& pod) {
    std::set<ObjectId> ids;
    const auto& nameSpace = pod.metadata.nameSpace;
    for (const auto& volume : pod.spec.volumes) {
        if (volume.configMap) ids.insert({configMaps, nameSpace, volume.configMap->name});
        if (volume.secret) ids.insert({secrets, nameSpace, volume.secret->secretName});
        if (volume.persistentVolumeClaim) ids.insert({persistentVolumeClaims, nameSpace, volume.persistentVolumeClaim->claimName});
        if (!volume.ephemeral.is_null()) ids.insert({persistentVolumeClaims, nameSpace, pod.metadata.name + "-" + volume.name});
        if (volume.projected)
            for (const auto& source : volume.projected->sources) {
                if (source.configMap) ids.insert({configMaps, nameSpace, source.configMap->name});
                if (source.secret) ids.insert({secrets, nameSpace, source.secret->name});
            }
    }
    return ids;
}

std::set<TokenKey> tokensOf(const api::Pod& pod) {
    std::set<TokenKey> keys;
    for (const auto& volume : pod.spec.volumes)
        if (volume.projected)
            for (const auto& source : volume.projected->sources)
                if (source.serviceAccountToken)
                    keys.insert({volume.name, source.serviceAccountToken->path, source.serviceAccountToken->audience,
                                 source.serviceAccountToken->expirationSeconds.value_or(3600)});
    return keys;
}

std::vector<const api::Volume*> usedVolumes(const api::PodSpec& spec) {
    std::set<std::string_view> names;
    forEachContainer(spec, [&](const api::Container& container) {
        for (const auto& mount : container.volumeMounts) names.insert(mount.name);
    });
    std::vector<const api::Volume*> used;
    for (const auto& volume : spec.volumes)
        if (names.contains(volume.name)) used.push_back(&volume);
    return used;
}

Result<VolumePlan> planVolume(const VolumePlanInput& input, const api::Volume& volume) { return Planner(input).plan(volume); }

}  // namespace kubarium::kubelet
