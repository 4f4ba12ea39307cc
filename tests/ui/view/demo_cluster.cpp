#include "tests/ui/view/demo_cluster.h"

#include "core/api/service_traffic.h"
#include "core/scheduler/explanation/scheduling_review.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::testing {

namespace r = api::resources;
using namespace std::chrono_literals;

// Hands everything on, except what a MemoryClient does not know.
class DemoClient final : public client::Client {
public:
    explicit DemoClient(DemoCluster& cluster) : cluster_(cluster), inner_(cluster.memory_) {}

    void get(const client::GroupVersionResource& gvr, const std::string& ns, const std::string& name, client::Reply<ObjectPtr> reply) override { inner_.get(gvr, ns, name, std::move(reply)); }
    void list(const client::GroupVersionResource& gvr, const std::string& ns, const client::ListOptions& options, client::Reply<client::ObjectList> reply) override {
        if (gvr.resource != cluster_.forbidden) return inner_.list(gvr, ns, options, std::move(reply));
        cluster_.executor_.post([reply = std::move(reply)]() mutable { reply(makeError(Reason::Forbidden, "may not be listed")); });
    }
    std::unique_ptr<client::Watch> watch(const client::GroupVersionResource& gvr, const std::string& ns, const client::WatchOptions& options, std::move_only_function<void(client::WatchEvent)> handler) override {
        return inner_.watch(gvr, ns, options, std::move(handler));
    }
    void create(const client::GroupVersionResource& gvr, const std::string& ns, json::object body, const client::WriteOptions& options, client::Reply<ObjectPtr> reply, const std::string& name, const std::string& sub) override {
        if (gvr.resource == "schedulingreviews") {
            cluster_.executor_.post([reply = std::move(reply), answer = cluster_.review(std::move(body))]() mutable { reply(std::move(answer)); });
            return;
        }
        inner_.create(gvr, ns, std::move(body), options, std::move(reply), name, sub);
    }
    void update(const client::GroupVersionResource& gvr, const std::string& ns, const std::string& name, json::object body, const client::WriteOptions& options, client::Reply<ObjectPtr> reply, const std::string& sub) override {
        inner_.update(gvr, ns, name, std::move(body), options, std::move(reply), sub);
    }
    void patch(const client::GroupVersionResource& gvr, const std::string& ns, const std::string& name, client::PatchType type, json::value body, const client::WriteOptions& options, client::Reply<ObjectPtr> reply,
               const std::string& sub) override {
        if (type == client::PatchType::Apply && gvr.resource == "deployments" && !cluster_.applyCauses.empty()) {
            Error error = makeError(Reason::Invalid, name + " is invalid");
            error.causes = cluster_.applyCauses;
            cluster_.executor_.post([reply = std::move(reply), error]() mutable { reply(error); });
            return;
        }
        if (type == client::PatchType::Apply) {
            cluster_.memory_.log.push_back(fmt::format("apply {} {}/{}{}", gvr.resource, ns, name, options.dryRun ? " dry-run" : ""));
            if (body.is_object() && !options.dryRun) {
                auto tree = body.get_object();
                tree["metadata"].as_object()["namespace"] = ns;
                cluster_.memory_.put(gvr, tree);
            }
            auto object = api::Object::make(body.get_object());
            cluster_.executor_.post([reply = std::move(reply), object]() mutable { reply(object); });
            return;
        }
        inner_.patch(gvr, ns, name, type, std::move(body), options, std::move(reply), sub);
    }
    void remove(const client::GroupVersionResource& gvr, const std::string& ns, const std::string& name, const client::DeleteOptions& options, client::Reply<json::value> reply) override { inner_.remove(gvr, ns, name, options, std::move(reply)); }
    void getRaw(const std::string& path, client::Reply<std::string> reply) override {
        Result<std::string> answer = makeError(Reason::NotFound, path + " is not there");
        if (path == "/version") answer = std::string("{}");
        if (path == "/apis/kubarium.dev/v1alpha1" && cluster_.ownKinds)
            answer = std::string(R"({"resources":[{"name":"clocks"},{"name":"faults"},{"name":"schedulingdecisions"},{"name":"servicetraffics"}]})");
        for (const auto& [prefix, body] : cluster_.raw)
            if (path.starts_with(prefix)) answer = body;
        cluster_.executor_.post([reply = std::move(reply), answer = std::move(answer)]() mutable { reply(std::move(answer)); });
    }

private:
    DemoCluster& cluster_;
    MemoryClient& inner_;
};

DemoCluster::DemoCluster(Executor& executor, Clock& clock) : clock_(clock), executor_(executor), memory_(executor, clock, random_) {
    memory_.put(r::namespaces, parseObject(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"},"status":{"phase":"Active"}})"));
    setClock(1, false);
}
DemoCluster::~DemoCluster() = default;

Result<ObjectPtr> DemoCluster::review(json::object review) const {
    scheduler::ClusterState state;
    for (const auto& kind : scheduler::stateKinds())
        for (const auto& object : memory_.all(kind.resource)) scheduler::add(state, kind, object);
    const auto spec = review.at("spec").as_object();
    const auto asked = TRY(scheduler::ReviewedCluster::of(state, spec));
    review["status"] = TRY(scheduler::answerSchedulingReview(spec, asked));
    return api::Object::make(std::move(review));
}

std::unique_ptr<client::Client> DemoCluster::client() { return std::make_unique<DemoClient>(*this); }

std::string DemoCluster::ago(double seconds) const { return formatMicroTime(clock_.now() - std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds))); }

void DemoCluster::setClock(double rate, bool paused, const std::string& heldPod, const std::string& heldPhase) {
    if (!ownKinds) return;
    memory_.put(r::clocks, {{"apiVersion", "kubarium.dev/v1alpha1"},
                            {"kind", "Clock"},
                            {"metadata", {{"name", "cluster"}}},
                            {"spec", {{"rate", rate}, {"paused", paused}, {"step", 0}}},
                            {"status", {{"rate", rate}, {"paused", paused}, {"heldPod", heldPod}, {"heldPhase", heldPhase}}}});
}

void DemoCluster::addNode(const std::string& name, const std::string& cpu, const std::string& memory, bool simulated, const std::string& pool) {
    json::object labels{{"kubernetes.io/hostname", name}};
    if (simulated) labels["kubarium.dev/simulated"] = "true";
    if (!pool.empty()) labels["pool"] = pool;
    json::array taints;
    if (pool == "gpu") taints.push_back({{"key", "pool"}, {"value", "gpu"}, {"effect", "NoSchedule"}});
    memory_.put(r::nodes, {{"apiVersion", "v1"},
                           {"kind", "Node"},
                           {"metadata", {{"name", name}, {"labels", labels}, {"creationTimestamp", ago(600)}}},
                           {"spec", {{"taints", taints}}},
                           {"status",
                            {{"allocatable", {{"cpu", cpu}, {"memory", memory}, {"pods", "110"}}},
                             {"capacity", {{"cpu", cpu}, {"memory", memory}, {"pods", "110"}}},
                             {"addresses", {{{"type", "InternalIP"}, {"address", "10.88.0.2"}}}},
                             {"nodeInfo", {{"kubeletVersion", "v1.34.0-kubarium"}}},
                             {"conditions", {{{"type", "Ready"}, {"status", "True"}, {"reason", "KubeletReady"}, {"message", "kubelet is posting ready status"}}}}}}});
    renewLease(name, 0.3);
}

void DemoCluster::renewLease(const std::string& node, double secondsAgo) {
    memory_.put(r::leases, {{"apiVersion", "coordination.k8s.io/v1"},
                            {"kind", "Lease"},
                            {"metadata", {{"name", node}, {"namespace", "kube-node-lease"}}},
                            {"spec", {{"holderIdentity", node}, {"leaseDurationSeconds", 40}, {"renewTime", ago(secondsAgo)}}}});
}

void DemoCluster::addDeployment(const std::string& name, int replicas, int ready) {
    const json::object selector{{"matchLabels", {{"app", name}}}};
    const json::object metadata{{"name", name}, {"namespace", "default"}, {"uid", "deployment-" + name}, {"creationTimestamp", ago(500)}};
    memory_.put(r::deployments, {{"apiVersion", "apps/v1"},
                                 {"kind", "Deployment"},
                                 {"metadata", metadata},
                                 {"spec", {{"replicas", replicas}, {"selector", selector}}},
                                 {"status", {{"replicas", replicas}, {"readyReplicas", ready}, {"updatedReplicas", replicas}}}});
    memory_.put(r::replicaSets, {{"apiVersion", "apps/v1"},
                                 {"kind", "ReplicaSet"},
                                 {"metadata",
                                  {{"name", name + "-7d9f6"},
                                   {"namespace", "default"},
                                   {"uid", "set-" + name},
                                   {"ownerReferences", {{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", name}, {"uid", "deployment-" + name}, {"controller", true}}}}}},
                                 {"spec", {{"replicas", replicas}, {"selector", selector}}},
                                 {"status", {{"replicas", replicas}, {"readyReplicas", ready}}}});
}

std::string DemoCluster::addPod(const std::string& workload, int number, const std::string& node, const std::string& cpu) {
    const auto name = fmt::format("{}-7d9f6-{}", workload, number);
    json::object status{{"phase", node.empty() ? "Pending" : "Running"}, {"qosClass", "Burstable"}};
    if (node.empty()) {
        status["conditions"] = {{{"type", "PodScheduled"}, {"status", "False"}, {"reason", "Unschedulable"},
                                 {"message", "0/6 nodes are available: 3 Insufficient cpu. preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod."}}};
    } else {
        status["podIP"] = fmt::format("10.244.{}.{}", node.size() % 4 + 1, number + 2);
        status["startTime"] = ago(200);
        status["conditions"] = {{{"type", "Ready"}, {"status", "True"}, {"lastTransitionTime", ago(190)}}, {{"type", "PodScheduled"}, {"status", "True"}, {"lastTransitionTime", ago(200)}}};
        status["containerStatuses"] = {{{"name", workload}, {"ready", true}, {"restartCount", 0}, {"containerID", "crun://" + name}, {"image", "kubarium/web:1.0"}, {"state", {{"running", {{"startedAt", ago(199)}}}}}}};
    }
    json::object spec{{"nodeName", node},
                      {"containers", {{{"name", workload}, {"image", "kubarium/web:1.0"}, {"resources", {{"requests", {{"cpu", cpu}, {"memory", "32Mi"}}}}}}}},
                      {"tolerations", {{{"key", "node.kubernetes.io/unreachable"}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}}}}};
    if (node.empty()) spec.erase("nodeName");
    memory_.put(r::pods, {{"apiVersion", "v1"},
                          {"kind", "Pod"},
                          {"metadata",
                           {{"name", name},
                            {"namespace", "default"},
                            {"uid", "pod-" + name},
                            {"creationTimestamp", ago(201)},
                            {"labels", {{"app", workload}, {"pod-template-hash", "7d9f6"}}},
                            {"ownerReferences", {{{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}, {"name", workload + "-7d9f6"}, {"uid", "set-" + workload}, {"controller", true}}}}}},
                          {"spec", spec},
                          {"status", status}});
    if (!node.empty())
        endpoints_[workload].push_back({{"addresses", {fmt::format("10.244.{}.{}", node.size() % 4 + 1, number + 2)}}, {"nodeName", node}, {"conditions", {{"ready", true}}}, {"targetRef", {{"kind", "Pod"}, {"name", name}, {"uid", "pod-" + name}}}});
    return "default/" + name;
}

void DemoCluster::addService(const std::string& name) {
    memory_.put(r::services, {{"apiVersion", "v1"}, {"kind", "Service"}, {"metadata", {{"name", name}, {"namespace", "default"}}}, {"spec", {{"clusterIP", fmt::format("10.96.0.{}", name.front() % 97 + 9)}, {"selector", {{"app", name}}}, {"ports", {{{"port", 80}, {"protocol", "TCP"}}}}}}});
    memory_.put(r::endpointSlices, {{"apiVersion", "discovery.k8s.io/v1"},
                                    {"kind", "EndpointSlice"},
                                    {"metadata", {{"name", name + "-x7k2p"}, {"namespace", "default"}, {"labels", {{"kubernetes.io/service-name", name}}}}},
                                    {"addressType", "IPv4"},
                                    {"endpoints", json::array(endpoints_[name].begin(), endpoints_[name].end())}});
}

void DemoCluster::removeEndpointsOf(const std::string& service, const std::string& node) {
    auto& endpoints = endpoints_[service];
    std::erase_if(endpoints, [&](const json::value& endpoint) { return endpoint.at("nodeName").as_string() == node; });
    addService(service);
}

void DemoCluster::setTraffic(const std::string& service, double perEndpoint) {
    json::array measured;
    for (const auto& endpoint : endpoints_[service]) measured.push_back({{"ip", endpoint.at("addresses").at(0)}, {"connectionsPerSecond", perEndpoint}});
    memory_.put(r::serviceTraffics, {{"apiVersion", "kubarium.dev/v1alpha1"},
                                     {"kind", "ServiceTraffic"},
                                     {"metadata", {{"name", service}, {"namespace", "default"}}},
                                     {"status", {{"connectionsPerSecond", perEndpoint * static_cast<double>(measured.size())}, {"endpoints", measured}}}});
}

namespace {

json::object refused(const char* node, const char* plugin, const char* reason, const char* detail) {
    json::array filters{{{"plugin", "NodeName"}, {"code", "Success"}}, {{"plugin", "TaintToleration"}, {"code", "Success"}}, {{"plugin", plugin}, {"code", "Unschedulable"}, {"reasons", {reason}}}};
    return {{"name", node}, {"feasible", false}, {"plugin", plugin}, {"code", "Unschedulable"}, {"reasons", {reason}}, {"detail", detail}, {"filters", filters}};
}

json::object feasible(const char* node, const std::vector<std::array<int, 3>>& scores) {
    const char* plugins[] = {"TaintToleration", "NodeAffinity", "NodeResourcesBalancedAllocation", "NodeResourcesFit", "ImageLocality"};
    json::array list;
    int total = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const auto [raw, normalized, weight] = scores[i];
        list.push_back({{"plugin", plugins[i]}, {"raw", raw}, {"normalized", normalized}, {"weight", weight}, {"weighted", normalized * weight}});
        total += normalized * weight;
    }
    json::array filters;
    for (const auto* plugin : {"NodeName", "TaintToleration", "NodeAffinity", "NodeResourcesFit"}) filters.push_back({{"plugin", plugin}, {"code", "Success"}});
    return {{"name", node}, {"feasible", true}, {"filters", filters}, {"scores", list}, {"total", total}};
}

}  // namespace

void DemoCluster::putIntoZone(const std::string& node, const std::string& zone) {
    auto tree = memory_.find(r::nodes, node)->tree();
    tree["metadata"].as_object()["labels"].as_object()["topology.kubernetes.io/zone"] = zone;
    memory_.put(r::nodes, std::move(tree));
}

void DemoCluster::fillTheatre() {
    for (const auto* name : {"worker-a", "worker-b", "worker-c"}) addNode(name, "1", "512Mi");
    for (const auto* name : {"gpu-1", "gpu-2"}) addNode(name, "4", "8Gi", true, "gpu");
    addNode("edge-1", "1", "512Mi", true);
    for (const auto& [name, count] : {std::pair{"web", 4}, std::pair{"api", 3}, std::pair{"db", 2}, std::pair{"train", 3}, std::pair{"batch", 2}}) addDeployment(name, count, count);
    int number = 0;
    for (const auto* node : {"worker-a", "worker-a", "worker-b", "worker-c"}) addPod("web", number++, node, "150m");
    for (const auto* node : {"worker-a", "worker-b", "worker-c"}) addPod("api", number++, node, "200m");
    for (const auto* node : {"worker-a", "edge-1"}) addPod("db", number++, node, "100m");
    for (const auto* node : {"gpu-1", "gpu-1", "gpu-2"}) addPod("train", number++, node, "500m");
    for (const auto* node : {"gpu-1", "gpu-1"}) addPod("batch", number++, node, "250m");
    for (int i = 0; i < 3; ++i) addPod("batch", 90 + i, "");
    const auto held = addPod("train", 42, "", "500m");
    addService("web");
    addService("api");
    raw["/api/v1/nodes/worker-a/"] = R"({"node":{"cpu":{"usageNanoCores":410000000},"memory":{"workingSetBytes":167772160}}})";
    raw["/api/v1/nodes/worker-b/"] = R"({"node":{"cpu":{"usageNanoCores":230000000},"memory":{"workingSetBytes":113246208}}})";
    raw["/api/v1/nodes/worker-c/"] = R"({"node":{"cpu":{"usageNanoCores":60000000},"memory":{"workingSetBytes":46137344}}})";
    raw["/api/v1/namespaces/"] = "2025-11-24 10:02:11 listening on :8080\n2025-11-24 10:02:12 GET / 200 0.4 ms from 10.244.1.7\n2025-11-24 10:02:13 GET / 200 0.3 ms from 10.244.1.7\n2025-11-24 10:02:14 GET /healthz 200\n";
    json::array nodes;
    nodes.push_back(refused("worker-a", "NodeResourcesFit", "Insufficient cpu", "500m asked, 120m free"));
    nodes.push_back(refused("worker-b", "NodeResourcesFit", "Insufficient cpu", "500m asked, 310m free"));
    nodes.push_back(refused("worker-c", "NodeUnschedulable", "node(s) were unschedulable", ""));
    nodes.push_back(feasible("gpu-1", {{{0, 100, 3}}, {{10, 50, 2}}, {{88, 88, 1}}, {{42, 42, 1}}, {{11, 11, 1}}}));
    nodes.push_back(feasible("gpu-2", {{{0, 100, 3}}, {{20, 100, 2}}, {{91, 91, 1}}, {{71, 71, 1}}, {{25, 25, 1}}}));
    nodes.push_back(refused("edge-1", "NodeAffinity", "node(s) didn't match Pod's node affinity/selector", "asked: disk=ssd, the Node has disk=hdd"));
    memory_.put(r::schedulingDecisions,
                {{"apiVersion", "kubarium.dev/v1alpha1"},
                 {"kind", "SchedulingDecision"},
                 {"metadata", {{"name", "train-7d9f6-42.41"}, {"namespace", "default"}}},
                 {"spec", {{"podName", "train-7d9f6-42"}, {"podUID", "pod-train-7d9f6-42"}}},
                 {"status",
                  {{"cycle", 41}, {"attempt", 1}, {"phase", "Score"}, {"result", ""}, {"evaluatedNodes", 6}, {"feasibleNodes", 2}, {"skippedScore", {"PodTopologySpread", "InterPodAffinity"}},
                   {"best", {"gpu-2"}}, {"draw", 0}, {"nodes", nodes},
                   {"explanation",
                    {{"en", "Two of six Nodes can run it. gpu-2 leads with 687 points against 541, because it is emptier and already has the image."},
                     {"zh_CN", "六个 Node 中有两个可以运行它。gpu-2 以 687 分对 541 分领先，因为它更空闲，并且已有该镜像。"}}}}}});
    auto node = memory_.find(r::nodes, "worker-c")->tree();
    node["spec"] = {{"unschedulable", true}};
    memory_.put(r::nodes, node);
    setClock(20, true, held, "Score");
}

void DemoCluster::fillHealing() {
    for (const auto* name : {"worker-a", "worker-b", "worker-c"}) addNode(name, "1", "512Mi");
    addDeployment("web", 4, 4);
    addDeployment("api", 3, 3);
    addDeployment("db", 2, 2);
    int number = 0;
    for (const auto* node : {"worker-a", "worker-b", "worker-b", "worker-c"}) addPod("web", number++, node, "120m");
    for (const auto* node : {"worker-a", "worker-b", "worker-c"}) addPod("api", number++, node, "90m");
    for (const auto* node : {"worker-a", "worker-b"}) addPod("db", number++, node, "100m");
    addService("web");
    raw["/api/v1/nodes/worker-a/"] = R"({"node":{"cpu":{"usageNanoCores":310000000},"memory":{"workingSetBytes":137772160}}})";
    setTraffic("web", 10.5);
    raw["/api/v1/nodes/worker-c/"] = R"({"node":{"cpu":{"usageNanoCores":110000000},"memory":{"workingSetBytes":66137344}}})";
    raw["/api/v1/namespaces/"] = "2025-11-24 10:02:11 listening on :8080\n2025-11-24 10:02:12 GET / 200 0.4 ms from 10.244.1.7\n2025-11-24 10:02:13 GET / 200 0.3 ms from 10.244.1.7\n2025-11-24 10:02:14 GET /healthz 200\n";
    setClock(5, false);
}

void DemoCluster::fillTroubles() {
    addNode("worker-a", "1", "512Mi");
    struct Trouble {
        const char *name, *waiting, *message, *ended;
        int code;
    };
    for (const auto& [name, waiting, message, ended, code] :
         {Trouble{"crashing", "CrashLoopBackOff", "back-off 40s restarting failed container=app", "Error", 1}, Trouble{"hungry", "CrashLoopBackOff", "back-off 20s restarting failed container=app", "OOMKilled", 137},
          Trouble{"nowhere", "ImagePullBackOff", "Back-off pulling image \"kubarium/wbe:1.0\"", "", 0}}) {
        json::object status{{"name", "app"}, {"ready", false}, {"restartCount", 3}, {"state", {{"waiting", {{"reason", waiting}, {"message", message}}}}}};
        if (*ended) status["lastState"] = {{"terminated", {{"reason", ended}, {"exitCode", code}, {"finishedAt", ago(5)}}}};
        memory_.put(r::pods, {{"apiVersion", "v1"},
                              {"kind", "Pod"},
                              {"metadata", {{"name", name}, {"namespace", "default"}, {"uid", std::string("pod-") + name}, {"creationTimestamp", ago(90)}}},
                              {"spec", {{"nodeName", "worker-a"}, {"containers", {{{"name", "app"}, {"image", "kubarium/wbe:1.0"}, {"resources", {{"limits", {{"memory", "64Mi"}}}}}}}}}},
                              {"status", {{"phase", "Running"}, {"startTime", ago(90)}, {"containerStatuses", json::array{status}}, {"conditions", {{{"type", "Ready"}, {"status", "False"}}}}}}});
    }
    addDeployment("web", 1, 0);
    addPod("web", 0, "");
}

void DemoCluster::fillLarge(int nodes, int pods) {
    for (int i = 0; i < nodes; ++i) addNode(fmt::format("sim-{:04}", i + 1), "8", "16Gi", true, i % 5 == 0 ? "batch" : "general");
    const char* workloads[] = {"web", "api", "db", "train", "batch", "cache", "queue", "front"};
    for (const auto* workload : workloads) addDeployment(workload, pods / 8, pods / 8);
    for (int i = 0; i < pods; ++i) addPod(workloads[i % 8], i, fmt::format("sim-{:04}", i * 7 % nodes + 1), "200m");
}

}  // namespace kubarium::testing
