// The sandboxes and containers that the supervisor has made: how one is started through crun or runc, executed in, signalled
// and freed. No process of ours stays beside a container: its first process is a child of the supervisor (PID 1), which
// learns of its end at once, its output goes through pipes into log files, and its namespaces are held open as descriptors,
// so Pods need no pause process unless they share a process namespace.
// Part of the supervisor process; any thread. Calls for one container must not overlap (see KeyedJobs).
#pragma once

#include "core/kubelet/network/cluster_network.h"
#include "core/kubelet/runtime/cgroups.h"
#include "core/kubelet/runtime/container_logs.h"
#include "core/kubelet/runtime/pause.h"
#include "core/kubelet/runtime/process_table.h"

#include <boost/json/object.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kubarium::kubelet {

namespace json = boost::json;

// What a request is answered with.
struct Answer {
    json::object body;
    std::vector<Descriptor> descriptors;
    std::function<void()> afterwards;  // runs once the answer is sent
};

struct ContainerTableOptions {
    std::string live;     // tmpfs: bundles, sockets, the runtime's own state
    std::string uppers;   // on disk: what containers write into their root file systems
    std::string pause;    // path of the program for shared process namespaces
    std::string runtime;  // path of crun or runc
    bool crun = true;
    bool user = false;    // inside a user namespace
    std::int64_t maxLogBytes = 10 << 20;
};

class ContainerTable {
public:
    using Event = std::function<void(json::object event, std::vector<Descriptor> descriptors)>;

    ContainerTable(ContainerTableOptions options, Cgroups& cgroups, ClusterNetwork& network, ProcessTable& processes, Event event);

    Result<Answer> createSandbox(const json::object& request);
    Result<Answer> removeSandbox(const json::object& request);
    Result<Answer> start(const json::object& request);
    Result<Answer> signal(const json::object& request);
    Result<Answer> limit(const json::object& request);
    // Bytes on disk of containers' changes (by id) and of paths.
    Result<Answer> diskUsage(const json::object& request);
    Result<Answer> limitSandbox(const json::object& request);
    Result<Answer> remove(const json::object& request);
    Result<Answer> sample(const json::object& request);
    Result<Answer> exec(const json::object& request, std::vector<Descriptor>& streams);
    Result<Answer> killExec(const json::object& request);
    Result<Answer> attach(const json::object& request, std::vector<Descriptor>& streams);
    // Kills everything that runs on a Node.
    Result<Answer> killNode(const json::object& request);
    // Nothing runs on the Node any more.
    void forgetNode(const std::string& node);
    // The network namespace of a sandbox.
    Result<int> networkOf(const std::string& sandbox);

private:
    struct Sandbox {
        std::string node, podUid, group, ip;
        PodNamespaces namespaces;
        std::string sharedMemory;  // mounted here for /dev/shm of its containers; "" where it is the Node's
        std::int64_t burstableShares = 0;  // what it adds to its Node's group of Burstable Pods
        bool hostNetwork = false;
        pid_t pause = 0;
        Descriptor pauseHandle;
    };
    struct Container {
        std::string id, node, sandbox, group, directory;
        Descriptor handle;  // pidfd
        pid_t pid = 0;
        std::chrono::system_clock::time_point startedAt;
        std::atomic<bool> ended = false;
        std::shared_ptr<ContainerLog> log;
        Descriptor input;     // writing end of its standard input
        Descriptor terminal;  // master of its terminal
    };
    using ContainerPtr = std::shared_ptr<Container>;

    Result<ContainerPtr> find(const std::string& id);
    std::vector<std::string> runtimeCommand(const std::string& log, std::initializer_list<std::string> words) const;
    // What the runtime said went wrong, in the words that runc and containerd use.
    Result<std::string> execProcess(const Container& container, const json::object& request) const;
    Error runtimeError(const std::string& log, const std::string& fallback) const;
    Result<void> mountRoot(const Container& container, const std::string& lower);
    Result<void> launch(Container& container, const json::object& request);
    void free(const Container& container);
    Result<void> createGroup(Sandbox& sandbox, const std::string& qosClass, const ResourceLimits& limits);
    Result<void> shareBurstable(const std::string& node, std::int64_t change);
    Result<std::string> shareMemory(Sandbox& sandbox, const std::string& id, bool hostIpc);
    void onExit(const ContainerPtr& container, const ProcessExit& exit);
    Result<void> startPause(Sandbox& sandbox);

    ContainerTableOptions options_;
    Cgroups& cgroups_;
    ClusterNetwork& network_;
    ProcessTable& processes_;
    Event event_;
    LogPump logs_;
    PauseProgram pauses_;
    std::mutex mutex_;
    std::map<std::string, Sandbox> sandboxes_;
    std::map<std::string, ContainerPtr> containers_;
    std::map<std::string, Descriptor> execs_;  // pidfds of running exec processes
    struct Host {  // what Pods of a Node have in common
        Descriptor ipc;            // of those with hostIPC, and their memory
        std::string sharedMemory;
        std::int64_t burstableShares = 0;
    };
    std::map<std::string, Host> hosts_;
};

}  // namespace kubarium::kubelet
