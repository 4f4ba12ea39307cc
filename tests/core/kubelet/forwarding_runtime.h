// The simulated runtime, to be overridden in parts.
#pragma once

#include "core/kubelet/runtime/simulated_runtime.h"

namespace kubarium::kubelet {

class ForwardingRuntime : public ContainerRuntime {
public:
    explicit ForwardingRuntime(SimulatedRuntime& inner) : inner_(inner) {}

    std::string name() const override { return inner_.name(); }
    void createSandbox(SandboxSpec spec, Reply<SandboxInfo> reply) override { inner_.createSandbox(std::move(spec), std::move(reply)); }
    void removeSandbox(const std::string& id, Reply<void> reply) override { inner_.removeSandbox(id, std::move(reply)); }
    void startContainer(ContainerSpec spec, Reply<WallTime> reply) override { inner_.startContainer(std::move(spec), std::move(reply)); }
    void signalContainer(const std::string& id, int signal, Reply<void> reply) override { inner_.signalContainer(id, signal, std::move(reply)); }
    void updateContainer(const std::string& id, const ResourceLimits& limits, Reply<void> reply) override { inner_.updateContainer(id, limits, std::move(reply)); }
    void removeContainer(const std::string& id, Reply<void> reply) override { inner_.removeContainer(id, std::move(reply)); }
    void setExitHandler(std::function<void(const std::string&, const ExitInfo&)> handler) override { inner_.setExitHandler(std::move(handler)); }
    std::unique_ptr<ExecSession> exec(const std::string& id, ExecOptions options, ExecHandlers handlers) override {
        return inner_.exec(id, std::move(options), std::move(handlers));
    }
    void sample(const std::string& id, Reply<Usage> reply) override { inner_.sample(id, std::move(reply)); }
    void sampleNode(Reply<Usage> reply) override { inner_.sampleNode(std::move(reply)); }
    std::optional<ImageInfo> findImage(const std::string& image) const override { return inner_.findImage(image); }
    std::vector<ImageInfo> images() const override { return inner_.images(); }
    std::unique_ptr<Connection> connectFromNode(const std::string& ip, int port, Duration timeout, ConnectionHandlers handlers) override {
        return inner_.connectFromNode(ip, port, timeout, std::move(handlers));
    }
    std::unique_ptr<Connection> connectInSandbox(const std::string& id, int port, ConnectionHandlers handlers) override {
        return inner_.connectInSandbox(id, port, std::move(handlers));
    }
    std::string podDirectory(const std::string& uid) const override { return inner_.podDirectory(uid); }
    void setUpVolumes(const std::string& uid, std::vector<VolumePlan> plans, Reply<std::vector<VolumeError>> reply) override {
        inner_.setUpVolumes(uid, std::move(plans), std::move(reply));
    }
    void prepareSubPaths(const std::string& uid, std::vector<SubPath> parts, Reply<std::vector<std::string>> reply) override {
        inner_.prepareSubPaths(uid, std::move(parts), std::move(reply));
    }
    void removeFiles(const std::string& uid, const std::string& path, Reply<void> reply) override { inner_.removeFiles(uid, path, std::move(reply)); }

protected:
    SimulatedRuntime& inner_;
};

}  // namespace kubarium::kubelet
