#include "core/kubelet/pod_volumes.h"

#include "core/api/types/config.h"
#include "core/base/log.h"
#include "core/base/base64.h"
#include "core/kubelet/container_log.h"
#include "core/kubelet/node_object.h"
#include "core/kubelet/pod_files.h"
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/sub_path.h"
#include "core/kubelet/volume_plan.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace kubarium::kubelet {

namespace fs = std::filesystem;
using namespace api::resources;

namespace {

const api::GroupVersionResource tokenResource = serviceAccounts;

// A serviceAccountToken of a projected volume, by which it is cached.
struct TokenKey {
    std::string volume, path, audience;
    std::int64_t seconds = 3600;
    friend auto operator<=>(const TokenKey&, const TokenKey&) = default;
};

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

// Plans the volumes of one Pod from what was fetched. Pure.
class Planner {
public:
    Planner(const api::Pod& pod, const FetchedObjects& objects, const std::map<TokenKey, std::string>& tokens, const PodAddresses& addresses,
            const NodeAllocatable& node, std::string directory, std::string volumesDirectory)
        : pod_(pod), objects_(objects), tokens_(tokens), addresses_(addresses), node_(node), directory_(std::move(directory)), volumesDirectory_(std::move(volumesDirectory)) {
        if (pod.spec.securityContext) group_ = pod.spec.securityContext->fsGroup;
    }

    Result<VolumePlan> plan(const api::Volume& volume) {
        VolumePlan plan;
        plan.volume = volume.name;
        plan.group = group_;
        const auto at = [&](const char* plugin) { return directory_ + "/volumes/kubernetes.io~" + plugin + "/" + volume.name; };
        if (volume.configMap || volume.secret || volume.downwardAPI || volume.projected) {
            plan.kind = VolumePlan::Kind::Files;
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
            if (volume.emptyDir) {
                plan.memory = volume.emptyDir->medium == "Memory";
                if (!volume.emptyDir->sizeLimit.empty()) plan.sizeLimit = wholeQuantity(volume.emptyDir->sizeLimit);
            }
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

    Result<void> addFiles(const api::Volume& volume, VolumePlan& plan) {
        if (volume.configMap)
            return addData(configMaps, volume.configMap->name, volume.configMap->items, volume.configMap->optional.value_or(false),
                           volume.configMap->defaultMode.value_or(0644), plan);
        if (volume.secret)
            return addData(secrets, volume.secret->secretName, volume.secret->items, volume.secret->optional.value_or(false),
                           volume.secret->defaultMode.value_or(0644), plan);
        if (volume.downwardAPI) return addDownward(volume.downwardAPI->items, volume.downwardAPI->defaultMode.value_or(0644), plan);
        const auto mode = volume.projected->defaultMode.value_or(0644);
        for (const auto& source : volume.projected->sources) {
            if (source.configMap) TRY(addData(configMaps, source.configMap->name, source.configMap->items, source.configMap->optional.value_or(false), mode, plan));
            if (source.secret) TRY(addData(secrets, source.secret->name, source.secret->items, source.secret->optional.value_or(false), mode, plan));
            if (source.downwardAPI) TRY(addDownward(source.downwardAPI->items, mode, plan));
            if (const auto& token = source.serviceAccountToken) {
                const auto it = tokens_.find({volume.name, token->path, token->audience, token->expirationSeconds.value_or(3600)});
                // A token is for its owner only; with fsGroup or a user of its own the container could not read it otherwise.
                plan.files[token->path] = {it == tokens_.end() ? std::string() : it->second, mode};
            }
        }
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
            for (auto& [key, value] : data) plan.files[key] = {std::move(value), mode};
            return {};
        }
        for (const auto& item : items) {
            const auto it = data.find(item.key);
            if (it != data.end())
                plan.files[item.path] = {it->second, item.mode.value_or(mode)};
            else if (!optional)
                return badRequest(fmt::format("{} references non-existent {} key: {}", secret ? "secret" : "configmap", secret ? "secret" : "config", item.key));
        }
        return {};
    }

    Result<void> addDownward(const std::vector<api::DownwardAPIVolumeFile>& items, int mode, VolumePlan& plan) {
        for (const auto& item : items) {
            std::string value;
            if (item.fieldRef) value = TRY(fieldValue(pod_, addresses_, item.fieldRef->fieldPath));
            if (item.resourceFieldRef) value = TRY(resourceValue(pod_, *item.resourceFieldRef, item.resourceFieldRef->containerName, node_));
            plan.files[item.path] = {std::move(value), item.mode.value_or(mode)};
        }
        return {};
    }

    Result<void> addPersistent(const api::Volume& volume, VolumePlan& plan) {
        const auto name = volume.persistentVolumeClaim ? volume.persistentVolumeClaim->claimName : pod_.metadata.name + "-" + volume.name;
        const auto claim = find(persistentVolumeClaims, name);
        if (!claim) return makeError(Reason::NotFound, fmt::format("persistentvolumeclaim \"{}\" not found", name));
        const auto volumeName = std::string(claim->string({"spec", "volumeName"}));
        if (claim->deleting()) return badRequest("PVC is being deleted");
        if (volumeName.empty() || claim->string({"status", "phase"}) != "Bound") return badRequest("PVC is not bound");
        const auto it = objects_.find({persistentVolumes, "", volumeName});
        if (it == objects_.end() || !it->second) return makeError(Reason::NotFound, fmt::format("persistentvolume \"{}\" not found", volumeName));
        const auto& pv = *it->second;
        if (const auto uid = pv.string({"spec", "claimRef", "uid"}); uid != claim->uid())
            return badRequest(fmt::format("found PV object \"{}\" but its pv.Spec.ClaimRef.UID \"{}\" does not point to claim.UID \"{}\"", volumeName, uid, claim->uid()));
        plan.readOnly = volume.persistentVolumeClaim && volume.persistentVolumeClaim->readOnly.value_or(false);
        if (pv.string({"spec", "csi", "driver"}) == hostpathDriver) return addProvisioned(pv, plan);
        for (const auto path : {pv.string({"spec", "hostPath", "path"}), pv.string({"spec", "local", "path"})})
            if (!path.empty()) plan.path = std::string(path);
        if (plan.path.empty()) return badRequest(fmt::format("persistentvolume \"{}\" has no path on a Node: only hostPath, local and kubarium.dev/hostpath volumes can be mounted", volumeName));
        const bool claimed = pv.find({"spec", "hostPath"}) == nullptr || pv.string({"spec", "hostPath", "type"}).empty() ||
                             pv.string({"spec", "hostPath", "type"}) == "DirectoryOrCreate";
        plan.kind = claimed ? VolumePlan::Kind::Directory : VolumePlan::Kind::HostPath;
        plan.hostPathType = std::string(pv.string({"spec", "hostPath", "type"}));
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
    const std::map<TokenKey, std::string>& tokens_;
    const PodAddresses& addresses_;
    const NodeAllocatable& node_;
    std::string directory_, volumesDirectory_;
    std::optional<std::int64_t> group_;
};

}  // namespace

struct PodVolumes::State : std::enable_shared_from_this<State> {
    State(const KubeletContext& kubelet, std::string podUid) : context(kubelet), uid(std::move(podUid)) {}

    struct Mounted {
        std::string path;
        bool readOnly = false;
        bool isFile = false;
    };
    using Reply = std::move_only_function<void(std::vector<VolumeError>)>;

    const KubeletContext& context;
    std::string uid;
    std::map<std::string, Mounted> mounted;
    std::map<TokenKey, std::string> tokens;
    Timer tokenTimer;
    std::set<std::string> tmpfs;
    bool removed = false;

    std::string directory() const { return context.runtime.podDirectory(uid); }

    void fetchVolumes(const api::ObjectPtr& pod, const PodAddresses& addresses, FetchedObjects objects, Reply reply) {
        std::set<ObjectId> ids;
        for (const auto& [id, object] : objects)
            if (id.resource == persistentVolumeClaims && object && !object->string({"spec", "volumeName"}).empty())
                ids.insert({persistentVolumes, "", std::string(object->string({"spec", "volumeName"}))});
        if (ids.empty()) return fetchTokens(pod, addresses, std::move(objects), std::move(reply));
        fetchObjects(context, ids, [weak = weak_from_this(), pod, addresses, objects = std::move(objects), reply = std::move(reply)](FetchedObjects more) mutable {
            objects.merge(more);
            if (const auto self = weak.lock()) self->fetchTokens(pod, addresses, std::move(objects), std::move(reply));
        });
    }

    void fetchTokens(const api::ObjectPtr& pod, const PodAddresses& addresses, FetchedObjects objects, Reply reply) {
        std::vector<TokenKey> missing;
        // Nobody could read a token where containers have no file system.
        if (!directory().empty())
            for (const auto& key : tokensOf(pod->as<api::Pod>()))
                if (!tokens.contains(key)) missing.push_back(key);
        if (missing.empty()) return prepare(pod, addresses, objects, std::move(reply));
        auto pending = std::make_shared<std::size_t>(missing.size());
        auto after = std::make_shared<std::move_only_function<void()>>(
            [weak = weak_from_this(), pod, addresses, objects = std::move(objects), reply = std::move(reply)]() mutable {
                if (const auto self = weak.lock()) self->prepare(pod, addresses, objects, std::move(reply));
            });
        for (const auto& key : missing) requestToken(pod, key, pending, after);
    }

    void requestToken(const api::ObjectPtr& pod, const TokenKey& key, const std::shared_ptr<std::size_t>& pending,
                      const std::shared_ptr<std::move_only_function<void()>>& after) {
        const auto account = pod->as<api::Pod>().spec.serviceAccountName;
        json::object tokenSpec{{"expirationSeconds", key.seconds},
                               {"boundObjectRef", {{"kind", "Pod"}, {"apiVersion", "v1"}, {"name", pod->name()}, {"uid", pod->uid()}}}};
        tokenSpec["audiences"] = key.audience.empty() ? json::array() : json::array{key.audience};
        json::object body{{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenRequest"}, {"metadata", json::object()}, {"spec", std::move(tokenSpec)}};
        context.client.create(tokenResource, std::string(pod->nameSpace()), std::move(body), {},
                              [weak = weak_from_this(), pod, key, pending, after](Result<api::ObjectPtr> result) {
                                  const auto self = weak.lock();
                                  if (!self) return;
                                  // A server without TokenRequest leaves an unusable token: the Pod runs all the same.
                                  self->tokens[key] = result ? std::string((*result)->string({"status", "token"})) : std::string();
                                  if (result) self->renewTokens(pod, key.seconds);
                                  if (--*pending == 0) (*after)();
                              },
                              account.empty() ? "default" : account, "token");
    }

    // At 80 % of its life a token is replaced. Its life is the server's and so real time.
    void renewTokens(const api::ObjectPtr& pod, std::int64_t seconds) {
        tokenTimer = context.clock.afterReal(std::chrono::seconds{seconds * 8 / 10}, [this, pod] {
            tokens.clear();
            if (!removed) setUp(pod, {}, [](std::vector<VolumeError>) {});
        });
    }

    void setUp(const api::ObjectPtr& pod, const PodAddresses& addresses, Reply reply) {
        const auto& decoded = pod->as<api::Pod>();
        if (decoded.spec.volumes.empty() && directory().empty()) return reply({});
        fetchObjects(context, volumeReferences(decoded), [weak = weak_from_this(), pod, addresses, reply = std::move(reply)](FetchedObjects objects) mutable {
            if (const auto self = weak.lock()) self->fetchVolumes(pod, addresses, std::move(objects), std::move(reply));
        });
    }

    void prepare(const api::ObjectPtr& pod, const PodAddresses& addresses, const FetchedObjects& objects, Reply reply) {
        const auto& decoded = pod->as<api::Pod>();
        const auto& options = context.options;
        const NodeAllocatable node{milliQuantity(options.cpu), wholeQuantity(options.memory), wholeQuantity(options.ephemeralStorage)};
        Planner planner(decoded, objects, tokens, addresses, node, directory(), options.volumesDirectory);
        std::vector<VolumePlan> plans;
        std::vector<VolumeError> errors;
        for (const auto& volume : decoded.spec.volumes) {
            auto plan = planner.plan(volume);
            if (plan)
                plans.push_back(std::move(*plan));
            else
                errors.push_back({volume.name, plan.error().message});
        }
        if (directory().empty() || removed) return reply(std::move(errors));
        context.executor.offload(
            [plans = std::move(plans), base = directory(), stamp = timestamp(context.clock.now())] {
                std::vector<std::pair<VolumePlan, Result<void>>> done;
                std::error_code error;
                fs::create_directories(base + "/containers", error);
                for (const auto& plan : plans) {
                    auto result = plan.memory && fs::exists(plan.path, error) ? Result<void>() : carryOut(plan, stamp);
                    done.emplace_back(plan, std::move(result));
                }
                return done;
            },
            [weak = weak_from_this(), errors = std::move(errors), reply = std::move(reply)](std::vector<std::pair<VolumePlan, Result<void>>> done) mutable {
                if (const auto self = weak.lock()) self->finish(done, std::move(errors), std::move(reply));
            });
    }

    void finish(const std::vector<std::pair<VolumePlan, Result<void>>>& done, std::vector<VolumeError> errors, Reply reply) {
        std::vector<const VolumePlan*> memory;
        for (const auto& [plan, result] : done) {
            if (!result) {
                errors.push_back({plan.volume, result.error().message});
                continue;
            }
            const bool isFile = plan.kind == VolumePlan::Kind::HostPath && !fs::is_directory(plan.path);
            mounted[plan.volume] = {plan.path, plan.kind == VolumePlan::Kind::Files || plan.readOnly, isFile};
            if (plan.memory && tmpfs.insert(plan.volume).second) memory.push_back(&plan);
        }
        if (memory.empty()) return reply(std::move(errors));
        struct Pending {
            std::size_t count;
            std::vector<VolumeError> errors;
            Reply reply;
        };
        auto pending = std::make_shared<Pending>(memory.size(), std::move(errors), std::move(reply));
        for (const auto* plan : memory)
            context.runtime.mountTmpfs(plan->path, plan->sizeLimit, [weak = weak_from_this(), pending, volume = plan->volume](Result<void> result) {
                const auto self = weak.lock();
                if (!self) return;
                if (!result) {
                    self->tmpfs.erase(volume);
                    pending->errors.push_back({volume, result.error().message});
                }
                if (--pending->count == 0) pending->reply(std::move(pending->errors));
            });
    }

    static std::string timestamp(WallTime now) {
        auto text = formatNanoTime(now);  // 2026-01-02T03:04:05.123456789Z
        std::string out;
        for (const char c : text)
            if (c == 'T' || (c >= '0' && c <= '9') || c == '.') out += c == 'T' ? '_' : c;
            else if (c == '-' || c == ':') out += '_';
        return out;
    }
};

PodVolumes::PodVolumes(const KubeletContext& context, std::string podUid) : state_(std::make_shared<State>(context, std::move(podUid))) {}
PodVolumes::~PodVolumes() { state_->tokenTimer.reset(); }

void PodVolumes::setUp(const api::ObjectPtr& pod, const PodAddresses& addresses, std::move_only_function<void(std::vector<VolumeError>)> reply) {
    state_->setUp(pod, addresses, std::move(reply));
}

bool PodVolumes::refersTo(const api::Pod& pod, const api::GroupVersionResource& resource, const std::string& key) const {
    const auto slash = key.find('/');
    if (slash == std::string::npos || key.compare(0, slash, pod.metadata.nameSpace) != 0) return false;
    return volumeReferences(pod).contains({resource, pod.metadata.nameSpace, key.substr(slash + 1)});
}

void PodVolumes::writePodFiles(const api::Pod& pod, const PodAddresses& addresses, const std::string& hostname) {
    const auto directory = state_->directory();
    if (directory.empty()) return;
    const auto write = [&](const char* name, const std::string& text) {
        std::ofstream(directory + "/" + name, std::ios::trunc) << text;
        (void)!::chmod((directory + "/" + name).c_str(), 0644);
    };
    write("etc-hosts", hostsFile(pod, addresses, hostname, state_->context.options));
    write("resolv.conf", resolvConf(pod, state_->context.options));
    write("hostname", hostname + "\n");
}

std::string PodVolumes::logDirectory(const std::string& container) const {
    const auto directory = state_->directory();
    return directory.empty() ? directory : fmt::format("{}/logs/{}", directory, container);
}

std::string PodVolumes::logPath(const std::string& container, int attempt) const {
    const auto directory = logDirectory(container);
    return directory.empty() ? directory : fmt::format("{}/{}.log", directory, attempt);
}

std::string PodVolumes::emptyDirPath(const std::string& volume) const {
    const auto it = state_->mounted.find(volume);
    return state_->directory().empty() || it == state_->mounted.end() ? std::string() : it->second.path;
}

namespace {

std::string terminationPath(const std::string& directory, const std::string& container, const std::string& containerId) {
    return fmt::format("{}/containers/{}/{}", directory, container, containerId.substr(0, 8));
}

}  // namespace

Result<std::vector<Mount>> PodVolumes::mountsOf(const api::Pod& pod, const api::Container& container, const std::string& containerId, const Environment& environment) {
    std::vector<Mount> mounts;
    const auto directory = state_->directory();
    if (directory.empty()) return mounts;
    std::error_code error;
    for (const auto& mount : container.volumeMounts) {
        const auto it = state_->mounted.find(mount.name);
        if (it == state_->mounted.end()) return badRequest(fmt::format("cannot find volume \"{}\" to mount into container \"{}\"", mount.name, container.name));
        const auto sub = TRY(subPathOf(mount, environment));
        Mount made;
        made.hostPath = sub.empty() ? it->second.path : TRY(prepareSubPath(it->second.path, sub, mount.name, container.name));
        made.containerPath = mount.mountPath.starts_with('/') ? mount.mountPath : "/" + mount.mountPath;
        made.readOnly = mount.readOnly.value_or(false) || it->second.readOnly;
        made.recursiveReadOnly = made.readOnly && (mount.recursiveReadOnly == "Enabled" || mount.recursiveReadOnly == "IfPossible");
        if (mount.mountPropagation != "None") made.propagation = mount.mountPropagation;
        mounts.push_back(std::move(made));
    }
    // A volume of the user's at such a path wins.
    for (const auto& [file, path] : {std::pair("/etc-hosts", "/etc/hosts"), std::pair("/resolv.conf", "/etc/resolv.conf"), std::pair("/hostname", "/etc/hostname")})
        if (std::ranges::find(mounts, path, &Mount::containerPath) == mounts.end()) mounts.push_back({directory + file, path, false, false, ""});
    const auto message = terminationPath(directory, container.name, containerId);
    fs::create_directories(fs::path(message).parent_path(), error);
    std::ofstream(message, std::ios::trunc).flush();
    (void)!::chmod(message.c_str(), 0666);
    mounts.push_back({message, container.terminationMessagePath.empty() ? "/dev/termination-log" : container.terminationMessagePath, false, false, ""});
    fs::create_directories(fs::path(logPath(container.name, 0)).parent_path(), error);
    (void)pod;
    return mounts;
}

std::string PodVolumes::terminationMessage(const api::PodSpec& spec, const api::Container& container, const std::string& containerId, int attempt, int exitCode) const {
    constexpr std::size_t most = 4096, mostOfPod = 12 * 1024, mostOfLog = 2048, mostLines = 80;
    const auto directory = state_->directory();
    if (directory.empty()) return {};
    const auto containers = spec.containers.size() + spec.initContainers.size();
    const auto limit = std::min(most, mostOfPod / std::max<std::size_t>(containers, 1));
    std::string text(limit, '\0');
    std::ifstream file(terminationPath(directory, container.name, containerId), std::ios::binary);
    file.read(text.data(), static_cast<std::streamsize>(limit));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    if (text.empty() && exitCode != 0 && container.terminationMessagePolicy == "FallbackToLogsOnError")
        text = logTail(logPath(container.name, attempt), std::min(mostOfLog, limit), mostLines);
    return text;
}

void PodVolumes::forgetContainer(const std::string& container, const std::string& containerId, int attempt) {
    const auto directory = state_->directory();
    if (directory.empty()) return;
    std::error_code error;
    fs::remove(terminationPath(directory, container, containerId), error);
    fs::remove(logPath(container, attempt), error);
}

void PodVolumes::remove() {
    state_->removed = true;
    state_->tokenTimer.reset();
    const auto directory = state_->directory();
    if (directory.empty()) return;
    state_->context.executor.offload(
        [directory] {
            std::error_code error;
            // Mounted tmpfs are emptied; the runtime unmounts them with the sandbox.
            fs::remove_all(directory, error);
        },
        [] {});
}

}  // namespace kubarium::kubelet
