// Sandboxes of Pods: the part of ContainerTable that makes what the containers of a Pod have in common.
#include "core/kubelet/runtime/container_table.h"

#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>

namespace kubarium::kubelet {

namespace fs = std::filesystem;
using wire::flag;
using wire::text;

namespace {

constexpr std::int64_t leastShares = 2, mostShares = 262144;

ResourceLimits weighing(std::int64_t cpuShares) {
    ResourceLimits limits;
    limits.cpuShares = cpuShares;
    return limits;
}

void dropMemory(const std::string& path) {
    if (path.empty()) return;
    ::umount2(path.c_str(), MNT_DETACH);
    ::rmdir(path.c_str());
}

}  // namespace

Result<Answer> ContainerTable::createSandbox(const json::object& request) {
    Sandbox sandbox;
    sandbox.node = text(request, "node");
    sandbox.podUid = text(request, "podUid");
    sandbox.hostNetwork = flag(request, "hostNetwork");
    std::map<std::string, std::string> sysctls;
    if (const auto* values = request.if_contains("sysctls"); values != nullptr && values->is_object())
        for (const auto& [name, value] : values->get_object())
            if (value.is_string()) sysctls.emplace(name, value.get_string());
    const auto id = text(request, "id");
    sandbox.namespaces = TRY(network_.addPod(sandbox.node, text(request, "hostname"), sandbox.hostNetwork, sysctls));
    sandbox.ip = sandbox.namespaces.ip;
    std::string sharedMemory;
    const auto finish = [&]() -> Result<void> {
        TRY(createGroup(sandbox, text(request, "qosClass"), wire::decodeLimits(request, "limits")));
        sharedMemory = TRY(shareMemory(sandbox, id, flag(request, "hostIpc")));
        if (flag(request, "sharePid")) TRY(startPause(sandbox));
        return {};
    };
    if (auto finished = finish(); !finished) {
        network_.removePod(sandbox.node, sandbox.ip);
        if (!sandbox.group.empty()) cgroups_.remove(sandbox.group);
        if (sandbox.burstableShares > 0) (void)shareBurstable(sandbox.node, -sandbox.burstableShares);
        dropMemory(sandbox.sharedMemory);
        return std::move(finished.error());
    }
    // crun opens these while it runs as a child of ours.
    const auto path = [](const Descriptor& descriptor) { return fmt::format("/proc/1/fd/{}", descriptor.get()); };
    Answer answer;
    const int network = sandbox.hostNetwork ? TRY(network_.namespaceOf(sandbox.node)) : sandbox.namespaces.network.get();
    answer.body = {{"ip", sandbox.ip},
                   {"network", fmt::format("/proc/1/fd/{}", network)},
                   {"group", sandbox.group},
                   {"sharedMemory", sharedMemory},
                   {"ipc", path(sandbox.namespaces.ipc)},
                   {"uts", path(sandbox.namespaces.uts)}};
    if (sandbox.pause > 0) answer.body["pid"] = fmt::format("/proc/{}/ns/pid", sandbox.pause);
    const std::lock_guard lock(mutex_);
    sandboxes_.insert_or_assign(id, std::move(sandbox));
    return answer;
}

// As kubelet's: <Node>/kubepods/pod<uid>, those of lesser quality of service in a group of their class, which weighs as much as what
// its Pods request together, or next to nothing (BestEffort).
Result<void> ContainerTable::createGroup(Sandbox& sandbox, const std::string& qosClass, const ResourceLimits& limits) {
    auto parent = sandbox.node + "/kubepods";
    TRY(cgroups_.create(parent));
    if (!qosClass.empty()) {
        parent += "/" + qosClass;
        TRY(cgroups_.create(parent));
    }
    sandbox.group = parent + "/pod" + sandbox.podUid;
    TRY(cgroups_.create(sandbox.group));
    TRY(cgroups_.limit(sandbox.group, limits));
    if (qosClass == "besteffort") return cgroups_.limit(parent, weighing(leastShares));
    if (qosClass != "burstable") return {};
    sandbox.burstableShares = limits.cpuShares.value_or(leastShares);
    return shareBurstable(sandbox.node, sandbox.burstableShares);
}

Result<void> ContainerTable::shareBurstable(const std::string& node, std::int64_t change) {
    const std::lock_guard lock(mutex_);
    auto& shares = hosts_[node].burstableShares;
    shares += change;
    return cgroups_.limit(node + "/kubepods/burstable", weighing(std::clamp(shares, leastShares, mostShares)));
}

// The containers of a Pod share their memory at /dev/shm as they share their IPC namespace; so do all Pods of a Node with hostIPC.
Result<std::string> ContainerTable::shareMemory(Sandbox& sandbox, const std::string& id, bool hostIpc) {
    const std::lock_guard lock(mutex_);
    auto& host = hosts_[sandbox.node];
    const auto own = [](const Descriptor& descriptor) { return Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 3)); };
    if (hostIpc && host.ipc) {
        sandbox.namespaces.ipc = own(host.ipc);
        return host.sharedMemory;
    }
    const auto path = options_.live + "/m/" + (hostIpc ? sandbox.node : id);
    std::error_code failure;
    fs::create_directories(path, failure);
    if (failure) return internalError("mkdir " + path + ": " + failure.message());
    if (::mount("shm", path.c_str(), "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=64m") != 0) return systemError("mount " + path);
    if (!hostIpc) return sandbox.sharedMemory = path;
    host.ipc = own(sandbox.namespaces.ipc);
    return host.sharedMemory = path;
}

// A process namespace dies with its first process, so a Pod that shares one needs a process that does nothing but be first.
Result<void> ContainerTable::startPause(Sandbox& sandbox) {
    sandbox.pause = TRY(pauses_.start());
    sandbox.pauseHandle = openProcess(sandbox.pause);
    processes_.adopt(sandbox.pause, [](const ProcessExit&) {});
    return {};
}

Result<Answer> ContainerTable::removeSandbox(const json::object& request) {
    const auto id = text(request, "id");
    std::vector<ContainerPtr> running;
    Sandbox sandbox;
    {
        const std::lock_guard lock(mutex_);
        const auto it = sandboxes_.find(id);
        if (it == sandboxes_.end()) return Answer{};
        sandbox = std::move(it->second);
        sandboxes_.erase(it);
        for (const auto& [name, container] : containers_)
            if (container->sandbox == id && !container->ended) running.push_back(container);
    }
    for (const auto& container : running) sendSignal(container->handle, SIGKILL);
    for (const auto& container : running) {
        pollfd ended{container->handle.get(), POLLIN, 0};
        ::poll(&ended, 1, 2000);
    }
    sendSignal(sandbox.pauseHandle, SIGKILL);
    dropMemory(sandbox.sharedMemory);
    if (!sandbox.hostNetwork) network_.removePod(sandbox.node, sandbox.ip);
    Answer answer;
    // The groups of its containers are read when their ends are reported, which the main thread may be doing now.
    answer.afterwards = [this, group = sandbox.group, node = sandbox.node, shares = sandbox.burstableShares] {
        (void)cgroups_.kill(group, 20);
        cgroups_.remove(group);
        if (shares > 0) (void)shareBurstable(node, -shares);
    };
    return answer;
}

Result<int> ContainerTable::networkOf(const std::string& id) {
    std::string node;
    {
        const std::lock_guard lock(mutex_);
        const auto it = sandboxes_.find(id);
        if (it == sandboxes_.end()) return makeError(Reason::NotFound, "there is no sandbox " + id);
        if (!it->second.hostNetwork) return it->second.namespaces.network.get();
        node = it->second.node;
    }
    return network_.namespaceOf(node);
}

void ContainerTable::forgetNode(const std::string& node) {
    const std::lock_guard lock(mutex_);
    if (const auto host = hosts_.extract(node)) dropMemory(host.mapped().sharedMemory);
}

}  // namespace kubarium::kubelet
