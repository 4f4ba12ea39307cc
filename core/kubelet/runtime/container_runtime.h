// What the kubelet asks of the machine: the seam between the Pod's life (core/kubelet) and the substrate that runs it.
// OciRuntime runs real containers through the supervisor; SimulatedRuntime pretends, for simulated Nodes and for tests.
// One runtime object serves one Node.
//
// Threads: calls are made on, and replies and handlers arrive on, the engine thread, never before the call returned. Calls
// for one container or sandbox take effect in the order they were made. Destroying the runtime ends everything it runs.
// Errors carry the sentence that a kubelet would show in an event or a container's waiting message.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/kubelet/volume_plan.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::kubelet {

template <class T>
using Reply = std::move_only_function<void(Result<T>)>;

// Limits of a cgroup; absent means unlimited. Used for Nodes, Pods and containers.
struct ResourceLimits {
    std::optional<std::int64_t> cpuQuotaMicroseconds;  // per period of 100 ms
    std::optional<std::int64_t> cpuShares;             // cgroup v1 scale, 2..262144
    std::optional<std::int64_t> memoryBytes;
    std::optional<std::int64_t> pids;
    int oomScoreAdj = 0;
    friend bool operator==(const ResourceLimits&, const ResourceLimits&) = default;
};

struct SandboxSpec {
    std::string podUid;
    std::string nameSpace;
    std::string podName;
    std::string hostname;
    bool hostNetwork = false;
    bool hostProcesses = false;  // hostPID
    bool hostIpc = false;
    bool shareProcessNamespace = false;
    std::string qosClass;   // "burstable", "besteffort", "" (Guaranteed): the group of Pods that its cgroup lies in
    ResourceLimits limits;  // of the Pod's cgroup
    std::map<std::string, std::string> sysctls;
    struct HostPort {
        int hostPort, containerPort;
        std::string protocol, hostIP;
    };
    std::vector<HostPort> hostPorts;
    std::map<std::string, std::string> annotations;  // of the Pod, those named simulated.kubarium.dev/*
};

struct SandboxInfo {
    std::string id;  // 64 hex digits
    std::string ip;
};

struct Mount {
    std::string hostPath;  // absolute
    std::string containerPath;
    bool readOnly = false;
    bool recursiveReadOnly = false;
    std::string propagation;  // "", HostToContainer, Bidirectional
};

// A part of a volume, and for whom (errors name them).
struct SubPath {
    std::string volumePath, path, volume, container;
};

struct ContainerSpec {
    std::string id;  // chosen by the caller: 64 hex digits
    std::string sandboxId;
    std::string podUid;
    std::string name;
    int attempt = 0;
    std::string image;  // an id that the image store returned
    std::vector<std::string> command;  // entrypoint and arguments, complete
    std::vector<std::pair<std::string, std::string>> environment;
    std::string workingDirectory;
    std::vector<Mount> mounts;
    ResourceLimits limits;
    std::string user;  // "uid[:gid]", numeric; "" is the image's
    std::vector<std::int64_t> supplementalGroups;
    bool readOnlyRootFilesystem = false;
    bool privileged = false;
    bool noNewPrivileges = false;
    bool strictGroups = false;  // supplementalGroupsPolicy Strict: those of the image's /etc/group do not count
    bool unmaskedProc = false;  // procMount Unmasked: nothing of /proc is hidden or read-only
    enum class Seccomp { Unconfined, RuntimeDefault, Localhost };
    Seccomp seccomp = Seccomp::Unconfined;
    std::string seccompProfile;  // of Localhost: a file below the Node's folder for profiles
    std::vector<std::string> addCapabilities, dropCapabilities;
    std::string processNamespaceOf;  // id of a running container whose processes it sees; "" for those of its own or its sandbox
    bool terminal = false;
    bool standardInput = false;
    std::string logPath;  // CRI log file on the host: "<RFC3339Nano> stdout|stderr F|P <text>"
};

struct ExitInfo {
    int exitCode = 0;  // 128 + signal when killed
    int signal = 0;
    bool oomKilled = false;  // some process of the container was killed for memory, now or earlier
    WallTime startedAt{};
    WallTime finishedAt{};
};

struct Usage {
    std::int64_t cpuNanoseconds = 0;  // since the container started
    std::int64_t memoryWorkingSetBytes = 0;
    std::int64_t processes = 0;
};

// A process inside a container (exec, attach). Destroying it closes its streams and kills it.
class ExecSession {
public:
    virtual ~ExecSession() = default;
    virtual void writeStandardInput(std::string data) = 0;
    virtual void closeStandardInput() = 0;
    virtual void resize(int columns, int rows) = 0;
};

struct ExecOptions {
    std::vector<std::string> command;
    bool terminal = false;
    bool standardInput = false;
    std::optional<Duration> timeout;  // real time; then killed and reported as Reason::Timeout
};

struct ExecHandlers {
    std::function<void(std::string data)> onStandardOutput;
    std::function<void(std::string data)> onStandardError;
    // Last call. An Error when the command could not be started (message as runc's: "exec: \"x\": executable file not found in $PATH").
    std::move_only_function<void(Result<int> exitCode)> onExit;
};

struct ImageInfo {
    std::string id;                  // sha256:...
    std::vector<std::string> names;  // docker.io/library/busybox:latest, ...
    std::int64_t sizeBytes = 0;
    std::vector<std::string> entrypoint, command, environment;
    std::string workingDirectory, user, stopSignal;
};

// A bidirectional byte stream into a Pod's network (port-forward, http checks).
class Connection {
public:
    virtual ~Connection() = default;
    virtual void write(std::string data) = 0;
    virtual void shutdownWrite() = 0;
};
struct ConnectionHandlers {
    std::function<void()> onConnect;  // once, before any data; may be empty. What is written earlier is sent then
    std::function<void(std::string data)> onData;
    // Last call. A connection that could not be made ends with an Error whose message says "connection refused",
    // "i/o timeout", "no route to host", ... (Go's words).
    std::move_only_function<void(Result<void>)> onClose;
};

constexpr const char* notCreatedKind = "CreateContainerError";

class ContainerRuntime {
public:
    virtual ~ContainerRuntime() = default;

    virtual std::string name() const = 0;  // "crun://1.8.1", "simulated://0.1.0": Node.status.nodeInfo.containerRuntimeVersion

    // Whether a RuntimeClass may name this handler.
    virtual bool hasHandler(std::string_view /*handler*/) const { return true; }

    virtual void createSandbox(SandboxSpec, Reply<SandboxInfo>) = 0;
    // Of the Pod's own control group; where there is none, there is nothing to do.
    virtual void updateSandbox(const std::string& /*sandboxId*/, const ResourceLimits&, Reply<void> reply) { reply({}); }
    // Kills what still runs in it.
    virtual void removeSandbox(const std::string& sandboxId, Reply<void>) = 0;

    // Creates and starts; replies when the process runs. A failure leaves nothing behind. An error of the kind `notCreatedKind` says
    // that the container could not even be described (its user, its seccomp profile): it is not one that failed to start.
    virtual void startContainer(ContainerSpec, Reply<WallTime> startedAt) = 0;
    virtual void signalContainer(const std::string& id, int signal, Reply<void>) = 0;
    virtual void updateContainer(const std::string& id, const ResourceLimits&, Reply<void>) = 0;
    // Of a container that has exited: frees its root file system. The log file stays.
    virtual void removeContainer(const std::string& id, Reply<void>) = 0;
    // Called once per started container, also when it was killed by a fault or with its sandbox.
    virtual void setExitHandler(std::function<void(const std::string& id, const ExitInfo&)>) = 0;

    virtual std::unique_ptr<ExecSession> exec(const std::string& id, ExecOptions, ExecHandlers) = 0;
    // Bytes on disk, one number for each of `places`: the id of a container (what it changed in its root file system) or an
    // absolute path (all files below it). What is not there counts 0.
    virtual void diskUsage(std::vector<std::string> places, Reply<std::vector<std::int64_t>> reply) { reply(std::vector<std::int64_t>(places.size())); }
    virtual void sample(const std::string& id, Reply<Usage>) = 0;
    // The whole Node's usage: its cgroup.
    virtual void sampleNode(Reply<Usage>) = 0;

    // nullopt if the image is not on the Node. Names as users write them ("busybox", "kubarium/web:1.0").
    virtual std::optional<ImageInfo> findImage(const std::string& name) const = 0;
    virtual std::vector<ImageInfo> images() const = 0;

    // TCP from the Node's network namespace, as kubelet's probes do; port-forward uses the Pod's own 127.0.0.1.
    virtual std::unique_ptr<Connection> connectFromNode(const std::string& ip, int port, Duration timeout, ConnectionHandlers) = 0;
    virtual std::unique_ptr<Connection> connectInSandbox(const std::string& sandboxId, int port, ConnectionHandlers) = 0;

    // Where the kubelet keeps a Pod's volumes and files: an absolute directory that mounts may come from. "" if containers have
    // no file system: then the kubelet prepares no files, and ContainerSpec::mounts and logPath stay empty.
    virtual std::string podDirectory(const std::string& podUid) const = 0;
    // Calls for one Pod take effect in their order. Replies with the volumes that failed.
    virtual void setUpVolumes(const std::string& podUid, std::vector<VolumePlan>, Reply<std::vector<VolumeError>>) = 0;
    // Replies with the absolute path of each part (sub_path.h).
    virtual void prepareSubPaths(const std::string& podUid, std::vector<SubPath>, Reply<std::vector<std::string>>) = 0;
    // Unmounts what is mounted there and deletes it: `path` is podDirectory or below.
    virtual void removeFiles(const std::string& podUid, const std::string& path, Reply<void>) = 0;
    // The log of a container in the format of logPath, where the runtime keeps it itself; nullopt where it is the file.
    virtual std::optional<std::string> logOf(const std::string& /*id*/) const { return std::nullopt; }
};

}  // namespace kubarium::kubelet
