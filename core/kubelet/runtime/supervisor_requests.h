// What the supervisor does when the engine asks: each request is a job that ends with an answer.
// Part of the supervisor process; main thread.
#pragma once

#include "core/kubelet/runtime/container_table.h"
#include "core/kubelet/runtime/frame_channel.h"
#include "core/kubelet/runtime/keyed_jobs.h"
#include "core/kubelet/runtime/supervisor.h"
#include "core/kubelet/runtime/volume_table.h"

#include <map>
#include <memory>
#include <mutex>

namespace kubarium::kubelet {

class SupervisorRequests {
public:
    SupervisorRequests(const SupervisorConfig& config, Cgroups cgroups, std::unique_ptr<ClusterNetwork> network, int socket);

    ProcessTable& processes() { return processes_; }
    // Tells the engine that everything stands.
    void announce();
    void handle(Frame frame);

private:
    using Handler = Result<Answer> (SupervisorRequests::*)(const json::object&, std::vector<Descriptor>&);
    struct Operation {
        KeyedJobs::Lane lane;
        const char* key;  // the field of the request whose value orders it; "" for none
        std::function<Result<Answer>(const json::object&, std::vector<Descriptor>&)> handler;
    };
    void addOperations();
    void send(const json::object& message, const std::vector<Descriptor>& descriptors);

    Result<Answer> addNode(const json::object& request);
    Result<Answer> removeNode(const json::object& request);
    Result<Answer> connect(const json::object& request);
    Result<Answer> listen(const json::object& request);
    Result<Answer> filter(const json::object& request);
    Result<int> networkFor(const json::object& request);

    SupervisorConfig config_;
    int socket_;
    std::mutex sendMutex_;
    Cgroups cgroups_;
    std::unique_ptr<ClusterNetwork> network_;
    ProcessTable processes_;
    ContainerTable containers_;
    VolumeTable volumes_;
    KeyedJobs& jobs_;
    std::map<std::string, Operation> operations_;
};

}  // namespace kubarium::kubelet
