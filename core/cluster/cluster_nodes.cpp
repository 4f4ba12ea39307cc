#include "core/cluster/cluster_nodes.h"

#include "core/api/quantity.h"

#include <fmt/format.h>

#include <csignal>

#include <sys/utsname.h>

namespace kubarium::cluster {
namespace {

constexpr int firstNodeAddress = 10;  // 172.30.0.11, .12, ...
constexpr int mostRealNodes = 200;

std::string kernelVersion() {
    utsname names{};
    return uname(&names) == 0 ? names.release : "unknown";
}

Result<kubelet::ResourceLimits> capacityOf(const lab::LabNode& node) {
    const auto cpu = TRY(api::Quantity::parse(node.cpu)), memory = TRY(api::Quantity::parse(node.memory));
    constexpr std::int64_t microsecondsPerMilli = 100, sharesPerCpu = 1024;
    kubelet::ResourceLimits limits;
    limits.cpuQuotaMicroseconds = cpu.milliValue() * microsecondsPerMilli;
    limits.cpuShares = std::max<std::int64_t>(2, cpu.milliValue() * sharesPerCpu / 1000);
    limits.memoryBytes = memory.value();
    return limits;
}

kubelet::NodeOptions optionsOf(const lab::LabNode& node) {
    kubelet::NodeOptions options;
    options.name = node.name;
    options.cpu = node.cpu;
    options.memory = node.memory;
    options.labels = node.labels;
    for (const auto& taint : node.taints) options.taints.push_back({taint.key, taint.value, taint.effect});
    if (const auto zone = node.labels.find("topology.kubernetes.io/zone"); zone != node.labels.end()) options.zone = zone->second;
    options.clusterDNS = clusterDnsAddress;
    options.kernelVersion = kernelVersion();
    return options;
}

}  // namespace

ClusterNodes::ClusterNodes(EngineLoop& loop, Random& random, client::Client& client, kubelet::PodSource& source, KubeletHub& hub, kubelet::Substrate* substrate,
                           kubelet::ImageStore* images, kubelet::NetworkController* network, std::filesystem::path pods, std::filesystem::path volumes)
    : loop_(loop), random_(random), client_(client), source_(source), hub_(hub), substrate_(substrate), images_(images), network_(network), pods_(std::move(pods)), volumes_(std::move(volumes)) {}

ClusterNodes::~ClusterNodes() {
    for (const auto& [name, node] : nodes_) hub_.remove(name);
}

ClusterNodes::Node* ClusterNodes::find(const std::string& name) {
    const auto it = nodes_.find(name);
    return it == nodes_.end() ? nullptr : &it->second;
}

Result<void> ClusterNodes::add(const lab::LabNode& declared) {
    auto options = optionsOf(declared);
    Node node;
    if (substrate_ && !declared.simulated) {
        if (++realCount_ > mostRealNodes) return badRequest(fmt::format("at most {} real Nodes", mostRealNodes));
        options.podCIDR = fmt::format("10.244.{}.0/24", realCount_);
        options.nodeIP = fmt::format("172.30.0.{}", firstNodeAddress + realCount_);
        options.osImage = "Kubarium (real containers)";
        options.volumesDirectory = volumes_.string();
        kubelet::OciNodeOptions oci{options.name, options.nodeIP, options.podCIDR, clusterDnsAddress, TRY(capacityOf(declared)), pods_ / options.name,
                                    volumes_.parent_path() / "seccomp"};
        node.real = std::make_unique<kubelet::OciRuntime>(*substrate_, *images_, std::move(oci));
        network_->addNode(options.name);
    } else {
        const auto index = simulatedCount_++;
        options.simulated = true;
        options.podCIDR = fmt::format("10.{}.{}.0/24", 64 + index / 256, index % 256);
        options.nodeIP = fmt::format("172.31.{}.{}", index / 250, 1 + index % 250);
        options.osImage = "Kubarium (simulated)";
        kubelet::SimulatedRuntimeOptions simulated;
        simulated.podCIDR = options.podCIDR;
        node.simulated = std::make_unique<kubelet::SimulatedRuntime>(loop_, loop_, random_, std::move(simulated));
    }
    kubelet::ContainerRuntime& runtime = node.real ? static_cast<kubelet::ContainerRuntime&>(*node.real) : *node.simulated;
    node.kubelet = std::make_unique<kubelet::Kubelet>(loop_, loop_, random_, client_, source_, runtime, options);
    auto& kept = nodes_[options.name] = std::move(node);
    hub_.add(*kept.kubelet);
    kept.kubelet->start();
    return {};
}

void ClusterNodes::killContainer(const std::string& nameSpace, const std::string& podName, const std::string& container, Done done) {
    const auto reply = [&](Error error) { loop_.post([done = std::move(done), error = std::move(error)]() mutable { done(std::move(error)); }); };
    const auto pod = source_.pod(nameSpace + "/" + podName);
    if (!pod) return reply(makeError(Reason::NotFound, fmt::format("there is no Pod {}/{} on a Node", nameSpace, podName)));
    auto* node = find(std::string(pod->string({"spec", "nodeName"})));
    if (!node || !node->kubelet->powered()) return reply(makeError(Reason::NotFound, fmt::format("the Node of {}/{} is off or unknown", nameSpace, podName)));
    auto name = container;
    if (name.empty())
        if (const auto* containers = pod->find({"spec", "containers"}); containers && containers->is_array() && !containers->get_array().empty())
            name = api::stringAt(containers->get_array().front(), {"name"});
    const auto id = node->kubelet->containerId(*pod, name);
    if (id.empty()) return reply(makeError(Reason::NotFound, fmt::format("container {} of {}/{} does not run", name, nameSpace, podName)));
    if (node->simulated) {
        node->simulated->killContainer(id, 128 + SIGKILL);
        loop_.post([done = std::move(done)]() mutable { done({}); });
        return;
    }
    node->real->signalContainer(id, SIGKILL, std::move(done));
}

Result<void> ClusterNodes::powerOff(const std::string& name) {
    auto* node = find(name);
    if (!node) return makeError(Reason::NotFound, fmt::format("there is no Node {} in this cluster", name));
    // The kubelet first: it must not see its containers die.
    node->kubelet->setPowered(false);
    if (node->real) node->real->setPower(false);
    else node->simulated->loseEverything();
    return {};
}

void ClusterNodes::powerOn(const std::string& name) {
    auto* node = find(name);
    if (!node || node->kubelet->powered()) return;
    if (node->real) node->real->setPower(true);
    node->kubelet->setPowered(true);
}

Result<void> ClusterNodes::partition(const std::string& name) {
    auto* node = find(name);
    if (!node) return makeError(Reason::NotFound, fmt::format("there is no Node {} in this cluster", name));
    node->kubelet->setReachable(false);
    if (node->real) node->real->setLink(false);
    return {};
}

void ClusterNodes::heal(const std::string& name) {
    auto* node = find(name);
    if (!node || node->kubelet->reachable()) return;
    if (node->real) node->real->setLink(true);
    node->kubelet->setReachable(true);
}

}  // namespace kubarium::cluster
