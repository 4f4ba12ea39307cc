// A ContainerRuntime without processes, for simulated Nodes and for tests: containers start after a moment, "run", log a line
// or two, and end when what they were told to run would end. What it understands of a command (directly or as `sh -c`):
// sleep N, echo TEXT, exit N, true, false, and chains of these with ; and &&; loops, traps, `tail -f` and everything it does
// not know run until they are stopped. Durations are cluster time, so that simulated work keeps up with the Clock.
// TERM: what it does not know ends with 0, `trap "..." TERM` is followed, and shells and sleep ignore it, as the kernel has
// it for a process 1 without a handler (then the kubelet's KILL ends them with 137).
//
// Annotations of the Pod script it: simulated.kubarium.dev/run-seconds (the container ends after that), /exit-code,
// /start-milliseconds, /ignore-term ("true"), /ready-after-seconds (exec, HTTP and TCP checks fail before).
#pragma once

#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/kubelet/runtime/container_runtime.h"

#include <unordered_map>

namespace kubarium::kubelet {

struct SimulatedRuntimeOptions {
    std::string podCIDR = "10.99.0.0/24";
    Duration shortestStart = std::chrono::milliseconds{5}, longestStart = std::chrono::milliseconds{25};  // of cluster time
    // Which images there are; empty: every name is one (kubarium/simulated contents).
    std::function<std::optional<ImageInfo>(const std::string& name)> findImage;
    std::function<std::vector<ImageInfo>()> images;
};

class SimulatedRuntime final : public ContainerRuntime {
public:
    SimulatedRuntime(Executor&, Clock&, Random&, SimulatedRuntimeOptions = {});
    ~SimulatedRuntime() override;

    // As pulling the Node's plug: everything is gone at once. Exit handlers are not called.
    void loseEverything();
    // Test and fault side: the container's process dies.
    void killContainer(const std::string& id, int exitCode, bool oomKilled = false);
    std::size_t containerCount() const { return containers_.size(); }

    std::string name() const override { return "simulated://0.1.0"; }
    void createSandbox(SandboxSpec, Reply<SandboxInfo>) override;
    void removeSandbox(const std::string& sandboxId, Reply<void>) override;
    void startContainer(ContainerSpec, Reply<WallTime> startedAt) override;
    void signalContainer(const std::string& id, int signal, Reply<void>) override;
    void updateContainer(const std::string& id, const ResourceLimits&, Reply<void>) override;
    void removeContainer(const std::string& id, Reply<void>) override;
    void setExitHandler(std::function<void(const std::string& id, const ExitInfo&)> handler) override { onExit_ = std::move(handler); }
    std::unique_ptr<ExecSession> exec(const std::string& id, ExecOptions, ExecHandlers) override;
    void sample(const std::string& id, Reply<Usage>) override;
    void sampleNode(Reply<Usage>) override;
    std::optional<ImageInfo> findImage(const std::string& name) const override;
    std::vector<ImageInfo> images() const override;
    std::unique_ptr<Connection> connectFromNode(const std::string& ip, int port, Duration timeout, ConnectionHandlers) override;
    std::unique_ptr<Connection> connectInSandbox(const std::string& sandboxId, int port, ConnectionHandlers) override;
    std::string podDirectory(const std::string&) const override { return {}; }
    void setUpVolumes(const std::string& podUid, std::vector<VolumePlan>, Reply<std::vector<VolumeError>>) override;
    void prepareSubPaths(const std::string& podUid, std::vector<SubPath>, Reply<std::vector<std::string>>) override;
    void removeFiles(const std::string& podUid, const std::string& path, Reply<void>) override;
    std::optional<std::string> logOf(const std::string& id) const override;

private:
    struct FileChange;
    struct Script;
    struct Sandbox {
        std::string ip;
        std::string podName;
        std::shared_ptr<const std::map<std::string, std::string>> annotations;
    };
    struct Container {
        std::string sandboxId, podName;
        std::shared_ptr<const Script> script;
        WallTime startedAt{};
        ClusterTime startedCluster{};
        std::int64_t cpuShares = 2, memoryLimit = 0;
        bool running = false, stopping = false;
        Timer timer;
    };
    void launch(const std::string& id, Reply<WallTime>);
    void finish(const std::string& id, int exitCode, int signal, bool oomKilled);
    bool responds(const Container&) const;
    const Sandbox* sandboxByIp(const std::string& ip) const;
    std::unique_ptr<Connection> connectTo(const std::string& sandboxId, int port, ConnectionHandlers);
    Usage usageOf(const Container&) const;
    std::string nextAddress();
    template <class T>
    void replyLater(Reply<T>, Result<T>);

    Executor& executor_;
    Clock& clock_;
    Random& random_;
    SimulatedRuntimeOptions options_;
    std::function<void(const std::string& id, const ExitInfo&)> onExit_;
    std::unordered_map<std::string, Sandbox> sandboxes_;
    std::unordered_map<std::string, std::string> sandboxOfAddress_;
    std::unordered_map<std::string, Container> containers_;
    std::unordered_map<std::string, std::weak_ptr<const Script>> scripts_;  // Pods of one template share theirs
    std::uint32_t networkAddress_ = 0, addressCount_ = 256, lastAddress_ = 1;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::kubelet
