// The agent of one Node: registers the Node and keeps its heartbeat (a Lease every 10 s, the status every 5 min or when it
// changes, in cluster time), admits the Pods that are bound to it and runs each with a PodWorker.
//
// Engine thread only. The runtime belongs to somebody else (the cluster), who also takes it down when the Node loses power.
#pragma once

#include "core/kubelet/gated_client.h"
#include "core/kubelet/admission.h"
#include "core/kubelet/kubelet_context.h"
#include "core/kubelet/pod_stream.h"

#include <memory>
#include <unordered_map>

namespace kubarium::client {
class EventRecorder;
}

namespace kubarium::kubelet {

class PodWorker;

class Kubelet final : private PodSubscriber {
public:
    // `source` is shared by all kubelets of the process. `events` empty: Events are written through `client`.
    Kubelet(Executor&, Clock&, Random&, client::Client&, PodSource& source, ContainerRuntime&, NodeOptions, EventSink events = {});
    ~Kubelet() override;
    Kubelet(const Kubelet&) = delete;
    Kubelet& operator=(const Kubelet&) = delete;

    // Registers the Node (adopting one of that name) and takes up its Pods. Once.
    void start();
    // Off: the kubelet does nothing any more, and knows nothing when it comes back: Pods of before are started again, their
    // restartCount raised, as after a reboot.
    void setPowered(bool powered);
    bool powered() const { return powered_; }
    // Unreachable: every call to the API fails and no news arrives, while containers run on (a network partition).
    void setReachable(bool reachable);
    bool reachable() const { return client_.open(); }

    const NodeOptions& options() const { return options_; }
    ContainerRuntime& runtime() { return context_.runtime; }
    std::size_t podCount() const { return workers_.size(); }

    // The id of a running container, for faults and statistics; "" if it does not run.
    std::string containerId(const api::Object& pod, const std::string& container) const;
    std::string sandboxId(const api::Object& pod) const;

    // What the API server asks of a Node. `container` must be given where a Pod has several.
    std::unique_ptr<PodStream> logs(const api::ObjectPtr& pod, const PodLogOptions&, PodStreamHandlers);
    std::unique_ptr<PodStream> exec(const api::ObjectPtr& pod, const PodExecOptions&, PodStreamHandlers);
    std::unique_ptr<PodStream> portForward(const api::ObjectPtr& pod, int port, PodStreamHandlers);
    // "/stats/summary" as JSON.
    void statsSummary(std::move_only_function<void(Result<std::string>)> reply);

private:
    void podChanged(const api::ObjectPtr& pod) override;
    void podRemoved(const api::ObjectPtr& last) override;
    void nodeChanged(const api::ObjectPtr& node) override;
    void configurationChanged(const api::GroupVersionResource&, const std::string& key) override;

    void registerNode();
    void onRegistered(Result<api::ObjectPtr> result, const std::vector<std::string>& told);
    void onNodeKnown(const api::ObjectPtr& node, const std::vector<std::string>& told);
    void heartbeat();
    void renewLease();
    void writeNodeStatus();
    AdmissionInput admissionInput(const api::Pod& pod, const PodWorker* self) const;
    void adopt(const api::ObjectPtr& pod);
    void refuse(const api::ObjectPtr& pod, const std::string& reason, const std::string& message);
    void takeUpPods();
    PodWorker* workerOf(const api::Object& pod) const;
    void nodeEvent(std::string type, std::string reason, std::string message);
    void tellConditions(const std::vector<std::string>& reasons);  // as conditionEvents() names them

    NodeOptions options_;
    GatedClient client_;
    std::unique_ptr<client::EventRecorder> recorder_;
    EventSink events_;
    KubeletContext context_;
    std::unordered_map<std::string, std::shared_ptr<PodWorker>> workers_;  // by uid
    std::unordered_map<std::string, PodWorker*> workerOfContainer_;
    struct LastUsage {
        Duration at{};
        std::int64_t cpuNanoseconds = 0;
        double cores = 0;
    };
    std::unordered_map<std::string, LastUsage> usages_;  // by container, "" for the Node
    api::ObjectPtr node_;
    api::ObjectPtr lease_;
    Timer heartbeatTimer_, retryTimer_;
    ClusterTime statusWritten_{};
    bool started_ = false, powered_ = true, leaseBusy_ = false, statusBusy_ = false, ready_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::kubelet
