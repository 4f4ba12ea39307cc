#include "tests/support/fake_kubelet.h"

#include "core/api/types/pod.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::testing {

namespace json = boost::json;
namespace resources = api::resources;
using namespace std::chrono_literals;

namespace {

constexpr auto reportDelay = 50ms;

client::WriteOptions byKubelet() {
    client::WriteOptions options;
    options.fieldManager = "kubelet";
    return options;
}

int number(const api::Object& pod, std::string_view annotation, int fallback) {
    const auto text = pod.annotation(annotation);
    return text.empty() ? fallback : std::atoi(std::string(text).c_str());
}

std::string containerNames(const api::Object& pod) {
    std::string names;
    for (const auto& container : pod.as<api::Pod>().spec.containers) names += (names.empty() ? "" : " ") + container.name;
    return names;
}

json::array nodeConditions(bool ready, const std::string& time) {
    const auto condition = [&](std::string_view type, std::string_view status, std::string_view reason, std::string_view message) {
        return json::object{{"type", type}, {"status", status}, {"lastHeartbeatTime", time}, {"lastTransitionTime", time}, {"reason", reason}, {"message", message}};
    };
    return {condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ready ? condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")
                  : condition("Ready", "False", "KubeletNotReady", "fake not ready")};
}

}  // namespace

FakeKubelet::FakeKubelet(client::Client& client, Clock& clock, std::function<Duration()> lag)
    : client_(client), clock_(clock), lag_(std::move(lag)), pods_(client, clock, resources::pods) {
    pods_.addHandler({[this](const auto& pod) { onPod(pod); }, [this](const auto&, const auto& pod) { onPod(pod); }, [this](const auto& pod) { onGone(pod); }});
}

FakeKubelet::~FakeKubelet() { *alive_ = false; }

void FakeKubelet::start() {
    pods_.start();
    beat();
}

void FakeKubelet::addNode(const std::string& name) { addNode(name, {}, {}); }

void FakeKubelet::addNode(const std::string& name, json::object labels, json::array taints) {
    nodes_.insert(name);
    labels["kubernetes.io/hostname"] = name;
    labels["kubernetes.io/os"] = "linux";
    json::object node{{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", json::object{{"name", name}, {"labels", std::move(labels)}}}};
    if (!taints.empty()) node["spec"] = json::object{{"taints", std::move(taints)}};
    const json::object amounts{{"cpu", "16"}, {"memory", "64Gi"}, {"pods", "200"}};
    const json::object status{{"capacity", amounts}, {"allocatable", amounts}, {"conditions", nodeConditions(true, formatTime(clock_.now()))}};
    client_.create(resources::nodes, "", std::move(node), byKubelet(), [this, alive = alive_, status](Result<client::ObjectPtr> made) {
        if (!*alive || !made) return;
        // A little later, as a real one: the controllers have seen the Node before it reports.
        reports_.push_back(clock_.after(reportDelay, [this, name = std::string((*made)->name()), status] {
            json::value patch = json::object{{"status", status}};
            client_.patch(resources::nodes, "", name, client::PatchType::Merge, std::move(patch), byKubelet(), [](Result<client::ObjectPtr>) {}, "status");
        }));
    });
    renewLease(name);
}

void FakeKubelet::removeNode(const std::string& name) {
    nodes_.erase(name);
    client_.remove(resources::nodes, "", name, {}, [](Result<json::value>) {});
    client_.remove(resources::leases, "kube-node-lease", name, {}, [](Result<json::value>) {});
}

void FakeKubelet::renewLease(const std::string& node) {
    json::value patch = json::object{{"spec", json::object{{"holderIdentity", node}, {"leaseDurationSeconds", 40}, {"renewTime", formatMicroTime(clock_.now())}}}};
    client_.patch(resources::leases, "kube-node-lease", node, client::PatchType::Merge, patch, byKubelet(), [this, alive = alive_, node, patch](Result<client::ObjectPtr> written) {
        if (!*alive || written || written.error().reason != Reason::NotFound) return;
        json::object lease = patch.get_object();
        lease["apiVersion"] = "coordination.k8s.io/v1";
        lease["kind"] = "Lease";
        lease["metadata"] = json::object{{"name", node}, {"namespace", "kube-node-lease"}};
        client_.create(resources::leases, "kube-node-lease", std::move(lease), byKubelet(), [](Result<client::ObjectPtr>) {});
    });
}

void FakeKubelet::beat() {
    for (const auto& node : nodes_)
        if (!stopped_.contains(node)) renewLease(node);
    beat_ = clock_.after(8s, [this] { beat(); });
}

void FakeKubelet::startHeartbeats(const std::string& node) {
    stopped_.erase(node);
    renewLease(node);
    setReady(node, true);
    for (auto& task : held_[node]) task();
    held_.erase(node);
}

void FakeKubelet::setReady(const std::string& node, bool ready) {
    json::value patch = json::object{{"status", json::object{{"conditions", nodeConditions(ready, formatTime(clock_.now()))}}}};
    client_.patch(resources::nodes, "", node, client::PatchType::StrategicMerge, std::move(patch), byKubelet(), [](Result<client::ObjectPtr>) {}, "status");
}

// Later, unless the Pod is gone by then; what falls due while its Node is silent happens when it comes back.
void FakeKubelet::after(const std::string& key, int milliseconds, Task task) {
    states_[key].timers.push_back(clock_.after(std::chrono::milliseconds{milliseconds} + states_[key].lag, [this, key, task = std::move(task)]() mutable {
        const auto pod = pods_.get(key);
        if (!pod) return;
        const std::string node(pod->string({"spec", "nodeName"}));
        if (stopped_.contains(node))
            held_[node].push_back(std::move(task));
        else
            task();
    }));
}

void FakeKubelet::onPod(const client::ObjectPtr& pod) {
    const std::string node(pod->string({"spec", "nodeName"}));
    if (!nodes_.contains(node)) return;
    const auto key = pod->key();
    auto& state = states_[key];
    if (state.uid != pod->uid()) {
        state = PodState{};
        state.uid = pod->uid();
        state.ip = fmt::format("10.200.{}.{}", lastIp_ / 250, lastIp_ % 250 + 1);
        if (lag_) state.lag = lag_();
        ++lastIp_;
        if (pod->annotation("fake/manual").empty() && !pod->deleting()) after(key, number(*pod, "fake/start-ms", 200), [this, key] { runPod(key); });
    }
    if (pod->deleting() && !std::exchange(state.deleting, true)) after(key, number(*pod, "fake/del-ms", 200), [this, key] { terminatePod(key); });
}

void FakeKubelet::onGone(const client::ObjectPtr& pod) {
    const auto it = states_.find(pod->key());
    if (it != states_.end() && it->second.uid == pod->uid()) states_.erase(it);
}

json::object FakeKubelet::statusOf(const api::Object& pod, const PodState& state, const std::string& phase) const {
    const auto time = formatTime(clock_.now());
    const auto old = [&](std::string_view type, const json::object& made) -> std::string {
        for (const auto& condition : pod.as<api::Pod>().status.conditions)
            if (condition.type == type && made.at("status") == json::value(condition.status)) return condition.lastTransitionTime;
        return time;
    };
    const auto condition = [&](std::string_view type, bool status) {
        // Null takes away what an earlier status said.
        json::object made{{"type", type}, {"status", status ? "True" : "False"}, {"reason", nullptr}, {"message", nullptr}};
        if (!status) {
            made["reason"] = "ContainersNotReady";
            made["message"] = fmt::format("containers with unready status: [{}]", containerNames(pod));
        }
        made["lastTransitionTime"] = old(type, made);
        return made;
    };
    json::array containers;
    for (const auto& container : pod.as<api::Pod>().spec.containers)
        containers.push_back(json::object{{"name", container.name}, {"ready", state.ready}, {"started", true}, {"restartCount", state.restarts},
                                          {"image", "i"}, {"imageID", "sha256:1"}, {"containerID", "containerd://" + std::string(pod.uid())},
                                          {"state", json::object{{"running", json::object{{"startedAt", time}}}}}});
    return {{"phase", phase}, {"podIP", state.ip}, {"hostIP", "10.0.0.1"}, {"startTime", time},
            {"podIPs", json::array{json::object{{"ip", state.ip}}}}, {"hostIPs", json::array{json::object{{"ip", "10.0.0.1"}}}},
            {"conditions", json::array{condition("PodReadyToStartContainers", true), condition("Initialized", true), condition("Ready", state.ready),
                                       condition("ContainersReady", state.ready)}},
            {"containerStatuses", std::move(containers)}};
}

void FakeKubelet::write(const std::string& key) {
    const auto pod = pods_.get(key);
    if (!pod) return;
    json::value patch = json::object{{"status", statusOf(*pod, states_[key], "Running")}};
    client_.patch(resources::pods, std::string(pod->nameSpace()), std::string(pod->name()), client::PatchType::StrategicMerge, std::move(patch), byKubelet(),
                  [](Result<client::ObjectPtr>) {}, "status");
}

void FakeKubelet::runPod(const std::string& key) {
    const auto pod = pods_.get(key);
    auto& state = states_[key];
    if (state.ended || state.deleting) return;
    state.running = true;
    const auto readyText = pod->annotation("fake/ready-ms");
    state.ready = readyText == "0";
    write(key);
    if (!state.ready && readyText != "never") after(key, number(*pod, "fake/ready-ms", 300), [this, key] { setPodReady(key, true); });
    if (!pod->annotation("fake/exit-ms").empty()) after(key, number(*pod, "fake/exit-ms", 0), [this, key] { exitPod(key); });
}

void FakeKubelet::setPodReady(const std::string& key, bool ready) {
    auto& state = states_[key];
    if (state.ended || state.deleting) return;
    state.ready = ready;
    write(key);
}

void FakeKubelet::setPodRunning(const std::string& key, bool ready, int restarts) {
    const auto pod = pods_.get(key);
    if (!pod) return;
    auto& state = states_[key];
    state.running = true;
    state.restarts = restarts;
    state.ready = ready;
    const auto send = [&](json::object status) {
        json::value patch = json::object{{"status", std::move(status)}};
        client_.patch(resources::pods, std::string(pod->nameSpace()), std::string(pod->name()), client::PatchType::StrategicMerge, std::move(patch), byKubelet(),
                      [](Result<client::ObjectPtr>) {}, "status");
    };
    send({{"phase", "Running"}});
    auto full = statusOf(*pod, state, "Running");
    auto& conditions = full["conditions"].as_array();
    conditions.erase(conditions.begin(), conditions.begin() + 2);  // Ready and ContainersReady alone
    send({{"conditions", conditions}, {"containerStatuses", full["containerStatuses"]}});
}

void FakeKubelet::exitPod(const std::string& key) {
    const auto pod = pods_.get(key);
    const int code = number(*pod, "fake/exit-code", 0);
    const auto policy = pod->string({"spec", "restartPolicy"});
    if (policy == "Never" || (policy == "OnFailure" && code == 0)) return end(key, code, code == 0 ? "Succeeded" : "Failed", false);
    after(key, 300, [this, key] {
        auto& state = states_[key];
        ++state.restarts;
        runPod(key);
    });
}

void FakeKubelet::failPod(const std::string& key, int exitCode, const std::string& reason) { end(key, exitCode, "Failed", false, reason); }

void FakeKubelet::terminatePod(const std::string& key) {
    const auto pod = pods_.get(key);
    const int code = number(*pod, "fake/del-code", 0);
    end(key, code, code == 0 ? "Succeeded" : "Failed", true);
}

void FakeKubelet::end(const std::string& key, int exitCode, const std::string& phase, bool remove, const std::string& reason) {
    const auto pod = pods_.get(key);
    if (!pod) return;
    auto& state = states_[key];
    const bool ended = std::exchange(state.ended, true);
    const auto nameSpace = std::string(pod->nameSpace()), name = std::string(pod->name()), uid = std::string(pod->uid());
    state.ready = false;
    const auto full = statusOf(*pod, state, phase);
    json::object status{{"phase", phase}, {"containerStatuses", full.at("containerStatuses")}};
    const bool done = phase == "Succeeded";
    json::array conditions;
    for (const auto& entry : full.at("conditions").as_array()) {
        auto condition = entry.as_object();
        const std::string type(condition["type"].as_string());
        if (type == "PodReadyToStartContainers") continue;
        if (type == "Initialized") condition["reason"] = done ? json::value("PodCompleted") : json::value(nullptr);
        if (type != "Initialized") condition["reason"] = done ? "PodCompleted" : "PodFailed";
        condition.erase("message");  // what an earlier status said stays
        conditions.push_back(std::move(condition));
    }
    status["conditions"] = std::move(conditions);
    for (auto& entry : status["containerStatuses"].as_array()) {
        auto& container = entry.as_object();
        container["started"] = false;
        container["state"] = json::object{{"running", nullptr}, {"terminated", json::object{{"exitCode", exitCode}, {"reason", exitCode == 0 ? "Completed" : "Error"},
                                                                                            {"finishedAt", formatTime(clock_.now())}}}};
    }
    if (!reason.empty()) status["reason"] = reason;
    const auto finish = [this, alive = alive_, nameSpace, name, uid, remove](const auto&) {
        if (!*alive || !remove) return;
        client::DeleteOptions options;
        options.gracePeriodSeconds = 0;
        options.uid = uid;
        client_.remove(resources::pods, nameSpace, name, options, [](Result<json::value>) {});
    };
    if (ended) return finish(0);
    json::value patch = json::object{{"status", std::move(status)}};
    client_.patch(resources::pods, nameSpace, name, client::PatchType::StrategicMerge, std::move(patch), byKubelet(),
                  [finish](Result<client::ObjectPtr> result) { finish(result); }, "status");
}

}  // namespace kubarium::testing
