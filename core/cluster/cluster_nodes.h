// The Nodes of a cluster: a kubelet each, on real containers or a simulated runtime; and what a fault does to them.
// Engine thread only.
#pragma once

#include "core/base/engine_loop.h"
#include "core/cluster/kubelet_hub.h"
#include "core/fault/fault_target.h"
#include "core/kubelet/image/image_store.h"
#include "core/kubelet/network/network_controller.h"
#include "core/kubelet/runtime/oci_runtime.h"
#include "core/kubelet/runtime/simulated_runtime.h"
#include "core/lab/lab.h"

#include <map>

namespace kubarium::cluster {

inline constexpr const char* clusterDnsAddress = "10.96.0.10";

class ClusterNodes final : public fault::FaultTarget {
public:
    // `substrate`, `images` and `network` are null when every Node is simulated. All of these must outlive this.
    ClusterNodes(EngineLoop& loop, Random& random, client::Client& client, kubelet::PodSource& source, KubeletHub& hub, kubelet::Substrate* substrate,
                 kubelet::ImageStore* images, kubelet::NetworkController* network, std::filesystem::path pods, std::filesystem::path volumes);
    ~ClusterNodes() override;

    // `node` has its final name. Real if there is a substrate and it is not marked simulated. Starts at once.
    Result<void> add(const lab::LabNode& node);
    std::size_t count() const { return nodes_.size(); }
    bool contains(const std::string& name) const { return nodes_.contains(name); }

    void killContainer(const std::string& nameSpace, const std::string& pod, const std::string& container, Done done) override;
    Result<void> powerOff(const std::string& node) override;
    void powerOn(const std::string& node) override;
    Result<void> partition(const std::string& node) override;
    void heal(const std::string& node) override;

private:
    struct Node {
        std::unique_ptr<kubelet::OciRuntime> real;
        std::unique_ptr<kubelet::SimulatedRuntime> simulated;
        std::unique_ptr<kubelet::Kubelet> kubelet;  // ends before its runtime
    };
    Node* find(const std::string& name);

    EngineLoop& loop_;
    Random& random_;
    client::Client& client_;
    kubelet::PodSource& source_;
    KubeletHub& hub_;
    kubelet::Substrate* substrate_;
    kubelet::ImageStore* images_;
    kubelet::NetworkController* network_;
    std::filesystem::path pods_, volumes_;
    std::map<std::string, Node> nodes_;
    int realCount_ = 0, simulatedCount_ = 0;
};

}  // namespace kubarium::cluster
