#include "core/kubelet/pod_volumes.h"

#include "core/base/log.h"
#include "core/kubelet/container_log.h"
#include "core/kubelet/node_object.h"
#include "core/kubelet/pod_files.h"
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/sub_path.h"
#include "core/kubelet/volume_planner.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

namespace kubarium::kubelet {

namespace fs = std::filesystem;
using namespace api::resources;

namespace {

const api::GroupVersionResource tokenResource = serviceAccounts;

std::string terminationPath(const std::string& directory, const std::string& container, const std::string& containerId) {
    return fmt::format("{}/containers/{}/{}", directory, container, containerId.substr(0, 8));
}

}  // namespace

struct PodVolumes::State : std::enable_shared_from_this<State> {
    State(const KubeletContext& kubelet, std::string podUid) : context(kubelet), uid(std::move(podUid)) {}

    struct Mounted {
        std::string path;
        bool readOnly = false;
    };
    // Kubernetes: pkg/util/goroutinemap/exponentialbackoff, per volume.
    struct BackOff {
        ClusterTime failed{};
        Duration delay{};
    };
    using Reply = std::move_only_function<void(VolumeSetUp)>;

    const KubeletContext& context;
    std::string uid;
    std::map<std::string, Mounted> mounted;
    std::map<std::string, BackOff> backOffs;
    Tokens tokens;
    Timer tokenTimer;
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
                if (const auto it = tokens.find(key); it == tokens.end() || !it->second) missing.push_back(key);
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
                                  if (result) self->tokens.insert_or_assign(key, std::string((*result)->string({"status", "token"})));
                                  else self->tokens.insert_or_assign(key, internalError("failed to fetch token: " + result.error().message));
                                  self->renewTokens(pod, result.has_value());
                                  if (--*pending == 0) (*after)();
                              },
                              account.empty() ? "default" : account, "token");
    }

    // At 80 % of its life a token is replaced, or soon after that failed. Its life is the server's and so real time.
    void renewTokens(const api::ObjectPtr& pod, bool fetched) {
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        for (const auto& key : tokensOf(pod->as<api::Pod>())) least = std::min(least, key.seconds);
        tokenTimer = context.clock.afterReal(fetched ? std::chrono::seconds{least / 10 * 8} : std::chrono::seconds{60}, [this, pod] {
            tokens.clear();
            if (!removed) setUp(pod, {}, [](VolumeSetUp) {});
        });
    }

    void setUp(const api::ObjectPtr& pod, const PodAddresses& addresses, Reply reply) {
        const auto& decoded = pod->as<api::Pod>();
        if (decoded.spec.volumes.empty() && directory().empty()) return finish(decoded, {}, {}, std::move(reply));
        fetchObjects(context, volumeReferences(decoded), [weak = weak_from_this(), pod, addresses, reply = std::move(reply)](FetchedObjects objects) mutable {
            if (const auto self = weak.lock()) self->fetchVolumes(pod, addresses, std::move(objects), std::move(reply));
        });
    }

    void prepare(const api::ObjectPtr& pod, const PodAddresses& addresses, const FetchedObjects& objects, Reply reply) {
        const auto& decoded = pod->as<api::Pod>();
        const auto& options = context.options;
        const NodeAllocatable node{milliQuantity(options.cpu), wholeQuantity(options.memory), wholeQuantity(options.ephemeralStorage)};
        const VolumePlanInput input{decoded, objects, tokens, addresses, node, directory(), options.volumesDirectory};
        std::vector<VolumePlan> plans;
        VolumeSetUp outcome;
        for (const auto* volume : usedVolumes(decoded.spec)) {
            if (const auto it = backOffs.find(volume->name); it != backOffs.end() && context.clock.clusterNow() - it->second.failed < it->second.delay) continue;
            auto plan = planVolume(input, *volume);
            if (plan) plans.push_back(std::move(*plan));
            else if (plan.error().kind == unprocessedKind) outcome.unprocessed.push_back({volume->name, plan.error().message});
            else outcome.failed.push_back({volume->name, plan.error().message});
        }
        std::map<std::string, Mounted> made;
        for (const auto& plan : plans) made[plan.volume] = {plan.path, plan.kind == VolumePlan::Kind::Files || plan.readOnly};
        if (directory().empty() || removed) return finish(decoded, std::move(outcome), std::move(made), std::move(reply));
        std::error_code ignored;
        fs::create_directories(directory() + "/containers", ignored);
        if (plans.empty()) return finish(decoded, std::move(outcome), {}, std::move(reply));
        context.runtime.setUpVolumes(
            uid, std::move(plans),
            [weak = weak_from_this(), pod, made = std::move(made), outcome = std::move(outcome), reply = std::move(reply)](Result<std::vector<VolumeError>> failed) mutable {
                const auto self = weak.lock();
                if (!self) return;
                if (!failed)
                    for (const auto& [volume, place] : made) outcome.failed.push_back({volume, failed.error().message});
                else
                    outcome.failed.insert(outcome.failed.end(), failed->begin(), failed->end());
                self->finish(pod->as<api::Pod>(), std::move(outcome), std::move(made), std::move(reply));
            });
    }

    void finish(const api::Pod& pod, VolumeSetUp outcome, std::map<std::string, Mounted> made, Reply reply) {
        constexpr Duration first = std::chrono::milliseconds{500}, longest = std::chrono::seconds{122};
        const auto now = context.clock.clusterNow();
        for (const auto& error : outcome.failed) {
            made.erase(error.volume);
            auto& backOff = backOffs[error.volume];
            backOff = {now, backOff.delay == Duration{} ? first : std::min(2 * backOff.delay, longest)};
        }
        for (const auto& [volume, place] : made) backOffs.erase(volume);
        mounted.merge(made);
        outcome.complete = outcome.unprocessed.empty() && std::ranges::all_of(usedVolumes(pod.spec), [&](const auto* volume) { return mounted.contains(volume->name); });
        for (const auto& [volume, backOff] : backOffs) {
            const auto left = std::max<Duration>(backOff.failed + backOff.delay - now, Duration{});
            outcome.retryAfter = outcome.retryAfter ? std::min(*outcome.retryAfter, left) : left;
        }
        reply(std::move(outcome));
    }

    // Those of its volumes; where only a part of one is mounted, hostPath stays empty, and `parts` says which.
    Result<std::vector<Mount>> volumeMounts(const api::Container& container, const Environment& environment, std::vector<SubPath>& parts) const {
        std::vector<Mount> mounts;
        for (const auto& mount : container.volumeMounts) {
            const auto it = mounted.find(mount.name);
            if (it == mounted.end()) return badRequest(fmt::format("cannot find volume \"{}\" to mount into container \"{}\"", mount.name, container.name));
            auto sub = TRY(subPathOf(mount, environment));
            Mount made;
            if (sub.empty()) made.hostPath = it->second.path;
            else parts.push_back({it->second.path, std::move(sub), mount.name, container.name});
            made.containerPath = mount.mountPath.starts_with('/') ? mount.mountPath : "/" + mount.mountPath;
            made.readOnly = mount.readOnly.value_or(false) || it->second.readOnly;
            made.recursiveReadOnly = made.readOnly && (mount.recursiveReadOnly == "Enabled" || mount.recursiveReadOnly == "IfPossible");
            if (mount.mountPropagation != "None") made.propagation = mount.mountPropagation;
            mounts.push_back(std::move(made));
        }
        return mounts;
    }

    // What every container of the Pod has, unless a volume of the user's is at such a path; and the file for its last words.
    void addPodFiles(const api::Container& container, const std::string& containerId, std::vector<Mount>& mounts) const {
        std::error_code error;
        for (const auto& [file, path] : {std::pair("/etc-hosts", "/etc/hosts"), std::pair("/resolv.conf", "/etc/resolv.conf"), std::pair("/hostname", "/etc/hostname")})
            if (std::ranges::find(mounts, path, &Mount::containerPath) == mounts.end()) mounts.push_back({directory() + file, path, false, false, ""});
        const auto message = terminationPath(directory(), container.name, containerId);
        fs::create_directories(fs::path(message).parent_path(), error);
        std::ofstream(message, std::ios::trunc).flush();
        (void)!::chmod(message.c_str(), 0666);
        mounts.push_back({message, container.terminationMessagePath.empty() ? "/dev/termination-log" : container.terminationMessagePath, false, false, ""});
        fs::create_directories(fmt::format("{}/logs/{}", directory(), container.name), error);
    }
};

PodVolumes::PodVolumes(const KubeletContext& context, std::string podUid) : state_(std::make_shared<State>(context, std::move(podUid))) {}
PodVolumes::~PodVolumes() { state_->tokenTimer.reset(); }

void PodVolumes::setUp(const api::ObjectPtr& pod, const PodAddresses& addresses, std::move_only_function<void(VolumeSetUp)> reply) {
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

void PodVolumes::mountsOf(const api::Container& container, const std::string& containerId, const Environment& environment,
                          std::move_only_function<void(Result<std::vector<Mount>>)> reply) {
    if (state_->directory().empty()) return reply(std::vector<Mount>());
    std::vector<SubPath> parts;
    auto mounts = state_->volumeMounts(container, environment, parts);
    if (!mounts) return reply(std::move(mounts.error()));
    state_->addPodFiles(container, containerId, *mounts);
    if (parts.empty()) return reply(std::move(mounts));
    state_->context.runtime.prepareSubPaths(state_->uid, std::move(parts), [mounts = std::move(*mounts), reply = std::move(reply)](Result<std::vector<std::string>> paths) mutable {
        if (!paths) return reply(std::move(paths.error()));
        auto path = paths->begin();
        for (auto& mount : mounts)
            if (mount.hostPath.empty() && path != paths->end()) mount.hostPath = *path++;
        reply(std::move(mounts));
    });
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

void PodVolumes::tearDown(std::move_only_function<void()> done) {
    state_->removed = true;
    state_->tokenTimer.reset();
    if (state_->directory().empty()) return done();
    state_->context.runtime.removeFiles(state_->uid, state_->directory() + "/volumes", [done = std::move(done)](Result<void>) mutable { done(); });
}

void PodVolumes::remove() {
    state_->removed = true;
    state_->tokenTimer.reset();
    if (!state_->directory().empty()) state_->context.runtime.removeFiles(state_->uid, state_->directory(), [](Result<void>) {});
}

}  // namespace kubarium::kubelet
