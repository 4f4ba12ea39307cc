// Real containers: the ContainerRuntime of one Node, carried out by the supervisor with crun or runc (OCI runtimes), as a CRI
// runtime (containerd, CRI-O) does for a real kubelet. Every Node has its own network namespace and its own control group,
// whose limits are the Node's capacity.
#pragma once

#include "core/kubelet/image/image_store.h"
#include "core/kubelet/runtime/container_runtime.h"
#include "core/kubelet/runtime/substrate.h"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace kubarium::kubelet {

struct OciNodeOptions {
    std::string node;     // DNS label
    std::string ip;       // 172.30.0.11, ...: in the switch's /24
    std::string podCidr;  // 10.244.1.0/24
    std::string dnsIp = "10.96.0.10";
    ResourceLimits capacity;  // enforced for the whole Node
    std::filesystem::path pods;  // directory of the Pods' files; made
    std::filesystem::path seccompProfiles = {};  // where seccomp profiles of the type Localhost lie
};

class OciRuntime final : public ContainerRuntime {
public:
    // Asks the supervisor to make the Node. Calls may follow at once: they wait for it.
    OciRuntime(Substrate& substrate, ImageStore& images, OciNodeOptions options);
    // Ends everything on the Node and removes it. No handler or reply is called any more.
    ~OciRuntime() override;

    std::string name() const override;
    bool hasHandler(std::string_view handler) const override;
    void createSandbox(SandboxSpec, Reply<SandboxInfo>) override;
    void removeSandbox(const std::string& sandboxId, Reply<void>) override;
    void startContainer(ContainerSpec, Reply<WallTime> startedAt) override;
    void signalContainer(const std::string& id, int signal, Reply<void>) override;
    void updateSandbox(const std::string& sandboxId, const ResourceLimits&, Reply<void>) override;
    void updateContainer(const std::string& id, const ResourceLimits&, Reply<void>) override;
    void removeContainer(const std::string& id, Reply<void>) override;
    void setExitHandler(std::function<void(const std::string& id, const ExitInfo&)>) override;
    std::unique_ptr<ExecSession> exec(const std::string& id, ExecOptions, ExecHandlers) override;
    // The container's own streams from now on, as `kubectl attach`: onExit comes when the container ends (with exit code 0).
    std::unique_ptr<ExecSession> attach(const std::string& id, ExecOptions, ExecHandlers);
    void diskUsage(std::vector<std::string> places, Reply<std::vector<std::int64_t>>) override;
    void sample(const std::string& id, Reply<Usage>) override;
    void sampleNode(Reply<Usage>) override;
    std::optional<ImageInfo> findImage(const std::string& name) const override;
    std::vector<ImageInfo> images() const override;
    std::unique_ptr<Connection> connectFromNode(const std::string& ip, int port, Duration timeout, ConnectionHandlers) override;
    std::unique_ptr<Connection> connectInSandbox(const std::string& sandboxId, int port, ConnectionHandlers) override;
    std::string podDirectory(const std::string& podUid) const override;
    void setUpVolumes(const std::string& podUid, std::vector<VolumePlan>, Reply<std::vector<VolumeError>>) override;
    void prepareSubPaths(const std::string& podUid, std::vector<SubPath>, Reply<std::vector<std::string>>) override;
    void removeFiles(const std::string& podUid, const std::string& path, Reply<void>) override;

    // Faults. Off: everything that runs on the Node is killed, its cable is out, and starts fail until it is on again.
    void setPower(bool on);
    // The Node's cable in the switch.
    void setLink(bool up);
    const std::string& node() const { return options_.node; }

private:
    struct Sandbox {
        std::string group, network, ipc, uts, pid, sharedMemory;
        bool hostProcesses = false;
        std::vector<SandboxSpec::HostPort> hostPorts;
        std::string ip;
    };
    // Asks for this Node; the reply is dropped once this is destroyed.
    void ask(json::object request, std::vector<Descriptor> descriptors, std::move_only_function<void(Result<SupervisorReply>)> reply);
    void limit(const char* operation, const std::string& id, ResourceLimits, Reply<void>);
    void askPlain(json::object request, Reply<void> reply);
    Result<json::object> startRequest(const ContainerSpec& spec) const;
    void onEvent(const json::object& event);
    std::unique_ptr<ExecSession> openStreams(const std::string& operation, const std::string& id, ExecOptions, ExecHandlers);
    void syncHostPorts();

    friend class OciExec;
    Substrate& substrate_;
    ImageStore& images_;
    OciNodeOptions options_;
    bool power_ = true;
    std::optional<Result<void>> made_;  // the Node; empty while the supervisor is at it
    std::vector<Task> pending_;         // what was asked meanwhile
    std::map<std::string, Sandbox> sandboxes_;
    std::map<std::string, std::string> groups_;  // of containers
    std::map<std::string, std::function<void(int)>> execs_;  // by session: told of the end
    std::map<std::string, std::set<std::string>> attached_;  // sessions by container
    std::function<void(const std::string&, const ExitInfo&)> onExit_;
    std::uint64_t lastSession_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::kubelet
