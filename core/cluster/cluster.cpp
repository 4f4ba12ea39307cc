#include "core/cluster/cluster.h"

#include "core/api/codec.h"
#include "core/apiserver/api_server.h"
#include "core/base/log.h"
#include "core/client/kubeconfig.h"
#include "core/cluster/clock_controller.h"
#include "core/cluster/cluster_nodes.h"
#include "core/cluster/decision_provider.h"
#include "core/cluster/default_storage.h"
#include "core/cluster/scheduling_reviewer.h"
#include "core/cluster/traffic_provider.h"
#include "core/controller/controller_manager.h"
#include "core/fault/fault_controller.h"
#include "core/kubelet/network/network_controller.h"
#include "core/pki/cluster_pki.h"
#include "core/scheduler/config/configuration_watch.h"
#include "core/store/sqlite_store.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace kubarium::cluster {

namespace fs = std::filesystem;
namespace resources = api::resources;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s;  // for the Nodes to become Ready

// The port of the last time, so that a kubeconfig that was copied stays right.
fs::path portFile(const ClusterPaths& paths) { return paths.directory / "port"; }

int portOfLastTime(const ClusterPaths& paths) {
    std::ifstream in(portFile(paths));
    int port = 0;
    in >> port;
    return in && port > 0 && port < 65536 ? port : 0;
}

bool isReady(const api::Object& node) {
    const auto* conditions = node.find({"status", "conditions"});
    return conditions && conditions->is_array() && std::ranges::any_of(conditions->get_array(), [](const auto& condition) {
               return api::stringAt(condition, {"type"}) == "Ready" && api::stringAt(condition, {"status"}) == "True";
           });
}

// The controllers have seen that it is Ready: until then no Pod goes there.
bool isOpen(const api::Object& node) {
    const auto* taints = node.find({"spec", "taints"});
    return isReady(node) && !(taints && taints->is_array() && std::ranges::any_of(taints->get_array(), [](const auto& taint) {
               return api::stringAt(taint, {"key"}) == "node.kubernetes.io/not-ready";
           }));
}

Result<scheduler::Configuration> readSchedulerConfig(const fs::path& file) {
    if (file.empty()) return scheduler::Configuration{};
    std::ifstream in(file);
    if (!in) return makeError(Reason::NotFound, fmt::format("cannot read {}", file.string()));
    std::ostringstream text;
    text << in.rdbuf();
    auto configuration = scheduler::parseConfigurationText(text.str());
    if (!configuration) return badRequest(fmt::format("{}: {}", file.string(), configuration.error().message));
    return configuration;
}

}  // namespace

// Destroyed from the bottom up: what uses something ends before it.
struct Cluster::Parts {
    Parts(EngineLoop& theLoop, ClusterPaths thePaths, ClusterOptions theOptions, std::function<void(std::string)> theProgress)
        : loop(theLoop), paths(std::move(thePaths)), options(std::move(theOptions)), progress(std::move(theProgress)) {}

    EngineLoop& loop;
    ClusterPaths paths;
    ClusterOptions options;
    std::function<void(std::string)> progress;
    Level level;
    SystemRandom random;
    std::optional<pki::ClusterPki> pki;
    std::unique_ptr<apiserver::ApiServer> api;
    std::unique_ptr<client::Client> systemClient, controllerClient, schedulerClient, kubeletClient;
    std::unique_ptr<client::InformerFactory> informers, kubeletInformers;
    std::unique_ptr<kubelet::PodSource> source;
    std::unique_ptr<KubeletHub> hub;
    std::unique_ptr<kubelet::Substrate> substrate;
    std::unique_ptr<kubelet::ImageStore> images;
    std::unique_ptr<kubelet::NetworkController> network;  // null when every Node is simulated
    std::unique_ptr<controller::ControllerManager> controllers;
    std::unique_ptr<scheduler::Scheduler> scheduler;
    std::unique_ptr<scheduler::ConfigurationWatch> schedulerConfiguration;
    std::shared_ptr<DecisionProvider> decisions;
    std::shared_ptr<TrafficProvider> traffic;
    std::unique_ptr<SchedulingReviewer> reviewer;
    std::unique_ptr<ClusterNodes> nodes;
    std::unique_ptr<fault::FaultController> faults;
    std::unique_ptr<ClockController> clock;
    std::unique_ptr<client::Informer> nodeInformer;
    std::set<std::string> openNodes;  // Ready, and known to be
    Timer readyTimeout;
    std::function<void(Result<void>)> ready;

    Result<void> startControlPlane();
    Result<void> startSubstrate();
    Result<void> startComponents();
    Result<void> startNodes();
    void removeNodesOfLastTime();
    void checkReady(const api::Object& node);
    void reportReady(Result<void> result);
};

Cluster::Cluster(EngineLoop& loop, ClusterPaths paths, ClusterOptions options, std::function<void(std::string)> progress)
    : parts_(std::make_unique<Parts>(loop, std::move(paths), std::move(options), std::move(progress))) {}

Cluster::~Cluster() = default;

Result<void> Cluster::Parts::startControlPlane() {
    progress("Making certificates");
    pki.emplace(TRY(pki::ClusterPki::ensure({paths.pki(), {}, {}}, loop.now())));
    progress("Opening the store");
    auto store = TRY(store::SqliteStore::open(paths.store(), loop, loop));
    progress("Starting the API server");
    apiserver::ApiServerOptions settings;
    settings.port = options.port != 0 ? options.port : portOfLastTime(paths);
    settings.tokenFile = options.tokenAuthFile;
    api = TRY(apiserver::ApiServer::create(loop, loop, random, std::move(store), *pki, settings));
    if (auto started = api->start(); !started) {
        // The port of last time may be taken by now; one that was asked for is not exchanged silently.
        if (options.port != 0) return started.error();
        auto again = TRY(store::SqliteStore::open(paths.store(), loop, loop));
        settings.port = 0;
        api = TRY(apiserver::ApiServer::create(loop, loop, random, std::move(again), *pki, settings));
        TRY(api->start());
    }
    std::ofstream(portFile(paths)) << api->port() << '\n';
    const auto admin = TRY(pki->authority.issue(pki::adminRequest(), loop.now()));
    const auto name = "kubarium-" + paths.name;
    client::Kubeconfig config;
    config.currentContext = name;
    config.clusters.push_back({name, api->url(), pki->authority.pem().certificate, false, ""});
    client::KubeconfigUser user;
    user.name = name;
    user.clientCertificate = admin.certificate;
    user.clientKey = admin.key;
    config.users.push_back(user);
    config.contexts.push_back({name, name, name, "default"});
    return pki::writePrivateFile(paths.kubeconfig(), config.toYaml());
}

Result<void> Cluster::Parts::startSubstrate() {
    const bool wanted = options.reality == Reality::Best && std::ranges::any_of(options.nodes, [](const auto& node) { return !node.simulated; });
    if (!wanted) {
        level = {"simulated", std::ranges::any_of(options.nodes, [](const auto& node) { return !node.simulated; }) ? "Every Node is simulated, as asked with --simulated." : ""};
        return {};
    }
    progress("Looking at what this machine allows");
    const auto capabilities = kubelet::probeSubstrate();
    level = {kubelet::toString(capabilities.level), capabilities.level == kubelet::SubstrateLevel::Full ? "" : capabilities.sentence()};
    if (capabilities.level == kubelet::SubstrateLevel::Simulated) return {};
    progress("Starting the container supervisor");
    kubelet::SubstrateOptions settings;
    settings.program = options.program;
    settings.run = paths.run();
    settings.capabilities = capabilities;
    settings.pause = kubelet::builtInImages(options.program) / "pause";
    auto started = kubelet::Substrate::start(loop, loop, std::move(settings));
    if (!started) {
        logWarn("cluster", "no real containers: {}", started.error().message);
        level = {"simulated", fmt::format("Every Node is simulated: {}", started.error().message)};
        return {};
    }
    substrate = std::move(*started);
    progress("Unpacking images");
    images = TRY(kubelet::ImageStore::open(paths.images()));
    return images->loadBuiltIn(kubelet::builtInImages(options.program));
}

Result<void> Cluster::Parts::startComponents() {
    systemClient = api->localClient("kubarium");
    controllerClient = api->localClient("kube-controller-manager", "system:kube-controller-manager");
    schedulerClient = api->localClient("kube-scheduler", "system:kube-scheduler");
    kubeletClient = api->localClient("kubelet", "system:nodes");
    informers = std::make_unique<client::InformerFactory>(*schedulerClient, loop);
    kubeletInformers = std::make_unique<client::InformerFactory>(*kubeletClient, loop);
    hub = std::make_unique<KubeletHub>(loop);
    source = std::make_unique<kubelet::PodSource>(*kubeletInformers);
    api->setKubeletConnector(hub.get());
    const auto configuration = TRY(readSchedulerConfig(options.schedulerConfig));
    for (const auto& warning : configuration.warnings) progress("Scheduler configuration: " + warning);
    scheduler = std::make_unique<scheduler::Scheduler>(loop, loop, random, *schedulerClient, *informers, configuration);
    decisions = std::make_shared<DecisionProvider>(loop, scheduler->decisions());
    api->addResourceProvider(decisions);
    if (options.scheduler) {
        scheduler->start();
        schedulerConfiguration = std::make_unique<scheduler::ConfigurationWatch>(*systemClient, loop, configuration,
                                                                                [this](scheduler::Configuration changed) { scheduler->setConfiguration(std::move(changed)); });
        schedulerConfiguration->start();
        reviewer = std::make_unique<SchedulingReviewer>(loop, *scheduler, *informers);
        api->setConfigurationSource([this]() -> boost::json::object {
            const auto inForce = scheduler->configuration();
            return {{"kubescheduler.config.k8s.io", inForce->document ? *inForce->document : scheduler::defaultConfigurationDocument()}};
        });
        api->addReviewer(schedulingReviews, [this](auto review, auto reply) { reviewer->answer(std::move(review), std::move(reply)); });
    }
    informers->start();
    controllers = std::make_unique<controller::ControllerManager>(loop, loop, random, *controllerClient,
                                                                  controller::ControllerManagerOptions{pki->authority.pem().certificate, {}, substrate ? paths.volumes().string() : std::string()});
    controllers->start();
    createDefaultStorage(*systemClient);
    if (substrate) network = std::make_unique<kubelet::NetworkController>(*substrate, *kubeletInformers, clusterDnsAddress, api->port());
    kubeletInformers->start();
    traffic = std::make_shared<TrafficProvider>(loop, loop, random, [this](auto reply) {
        if (network) network->traffic(std::move(reply));
        else loop.post([reply = std::move(reply)] { reply({}); });
    });
    api->addResourceProvider(traffic);
    clock = std::make_unique<ClockController>(loop, loop, *systemClient,
                                              ClockHooks{[this](bool paused) {
                                                             scheduler->setPaused(paused);
                                                             controllers->setPaused(paused);
                                                         },
                                                         [this] {
                                                             if (!scheduler->step()) controllers->step();
                                                         },
                                                         [this] { scheduler->back(); },
                                                         [this](const std::vector<Breakpoint>& breakpoints) {
                                                             std::vector<scheduler::HoldPoint> points;
                                                             for (const auto& [phase, pod, veil] : breakpoints) points.push_back({phase, pod, veil});
                                                             scheduler->setHoldPoints(std::move(points));
                                                         }});
    scheduler->onHeld = [this](const std::string& pod, const std::string& phase) { clock->setHeld(pod, phase); };
    loop.setRate(options.rate);
    clock->start(options.rate);
    return {};
}

Result<void> Cluster::Parts::startNodes() {
    progress("Starting the Nodes");
    nodes = std::make_unique<ClusterNodes>(loop, random, *kubeletClient, *source, *hub, substrate.get(), images.get(), network.get(), paths.run() / "pods", paths.volumes());
    for (const auto& node : expandNodes(options.nodes)) TRY(nodes->add(node));
    removeNodesOfLastTime();
    faults = std::make_unique<fault::FaultController>(loop, loop, *systemClient, *nodes);
    faults->start();
    nodeInformer = std::make_unique<client::Informer>(*systemClient, loop, resources::nodes);
    nodeInformer->addHandler({[this](const auto& node) { checkReady(*node); }, [this](const auto&, const auto& node) { checkReady(*node); }, {}});
    nodeInformer->start();
    readyTimeout = loop.afterReal(patience, [this] {
        reportReady(makeError(Reason::Timeout, fmt::format("the Nodes did not become Ready within 30 s; the log is {}", paths.log().string())));
    });
    return {};
}

// A Node that the cluster had and does not have any more would stay NotReady for ever.
void Cluster::Parts::removeNodesOfLastTime() {
    systemClient->list(resources::nodes, "", {}, [this](Result<client::ObjectList> listed) {
        if (!listed) return;
        for (const auto& node : listed->items)
            if (!nodes->contains(std::string(node->name()))) systemClient->remove(resources::nodes, "", std::string(node->name()), {}, [](auto) {});
    });
}

void Cluster::Parts::checkReady(const api::Object& node) {
    if (!ready) return;
    const std::string name(node.name());
    if (!isOpen(node)) openNodes.erase(name);
    else if (nodes->contains(name)) openNodes.insert(name);
    if (openNodes.size() == nodes->count()) reportReady({});
}

void Cluster::Parts::reportReady(Result<void> result) {
    readyTimeout.reset();
    if (auto reply = std::exchange(ready, nullptr)) loop.post([reply = std::move(reply), result = std::move(result)] { reply(result); });
}

void Cluster::start(std::function<void(Result<void>)> ready) {
    parts_->ready = std::move(ready);
    const auto started = [&]() -> Result<void> {
        TRY(parts_->startControlPlane());
        TRY(parts_->startSubstrate());
        TRY(parts_->startComponents());
        return parts_->startNodes();
    }();
    if (!started) parts_->reportReady(started.error());
}

void Cluster::stop(std::function<void()> stopped) {
    if (parts_->faults) parts_->faults->revertAll();
    parts_->ready = nullptr;
    parts_->readyTimeout.reset();
    // What revertAll wrote goes to disk with the next commits; then everything may end.
    parts_->loop.post([this, stopped = std::move(stopped)] {
        auto& parts = *parts_;
        const auto finish = [this, stopped] {
            parts_->clock.reset();
            parts_->faults.reset();
            parts_->nodeInformer.reset();
            parts_->nodes.reset();
            parts_->network.reset();
            parts_->substrate.reset();
            stopped();
        };
        if (!parts.api) return finish();
        parts.api->store().whenDurable(parts.api->store().revision(), [finish](Result<void>) { finish(); });
    });
}

int Cluster::port() const { return parts_->api ? parts_->api->port() : 0; }
const Level& Cluster::level() const { return parts_->level; }

}  // namespace kubarium::cluster
