// Replays recorded behaviour of kube-controller-manager against this project's API server, scheduler and controllers, with fake
// kubelets and in virtual time, and compares what a watch of everything sees.
//   node_vectors [-v] FILE-OR-DIRECTORY...
// Out of scope, because their controllers are not here yet: recordings of Jobs (job-*), CronJobs (cron-*), DaemonSets (ds-*),
// StatefulSets (sts-*), HorizontalPodAutoscalers (hpa-*), PodDisruptionBudgets (pdb-*, drain) and ResourceQuota (rs-quota). The
// longest rollout (dep-roll-10-s25pct-u25pct) needs a few hundred random paces: its recorded runs differ among themselves (25, 31 and 32
// states of the Deployment).
// Recorded life of Pods: kubelet/recording_test.cpp (simulated containers) and pod_vectors.py (real ones).
// Prints a line per scenario and the differences; exits 0 if all are equal. What is compared, and how, is in node_vectors_compare.h.
#include "core/apiserver/api_server.h"
#include "core/controller/controller_manager.h"
#include "core/scheduler/scheduler.h"
#include "core/simulation/simulated_loop.h"
#include "tests/e2e/node_vectors_compare.h"
#include "tests/e2e/slow_client.h"
#include "tests/support/fake_kubelet.h"
#include "tests/support/gz_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

namespace kubarium::vectors {

namespace resources = api::resources;
using namespace std::chrono_literals;
using api::ObjectPtr;

namespace {

const std::string scenarioNamespace = "zz-scenario";

client::WriteOptions asTester() {
    client::WriteOptions options;
    options.fieldManager = "tester";
    return options;
}

// How quick everything is: that decides what a controller sees at once, and so the states in between.
struct Pace {
    Duration spread{};       // between Pods that are equally late,
    int together = 1;        // of which there are so many,
    int first = 1;           // but so many at first
    std::uint64_t seed = 0;  // not 0: Pods are late by random times up to `spread`, and writes take up to `writes`
    Duration writes{};
};

// The control plane of one scenario, from empty.
class World {
public:
    static Result<std::unique_ptr<World>> create(Pace pace) {
        auto world = std::unique_ptr<World>(new World(std::max<std::uint64_t>(pace.seed, 1)));
        auto& loop = world->loop;
        const auto pki = TRY(pki::ClusterPki::ensure({}, loop.now()));
        world->server = TRY(apiserver::ApiServer::create(loop, loop, world->random, std::make_unique<store::MemoryStore>(loop, loop), pki, {}));
        world->tester = world->server->localClient("tester");
        world->unhurried = world->server->localClient("kube-controller-manager");
        world->components = std::make_unique<testing::SlowClient>(*world->unhurried, loop, world->random, pace.writes);
        world->kubeletClient = world->server->localClient("kubelet");
        world->informers = std::make_unique<client::InformerFactory>(*world->components, loop);
        world->scheduler = std::make_unique<scheduler::Scheduler>(loop, loop, world->random, *world->components, *world->informers, scheduler::Configuration{});
        controller::ControllerManagerOptions options;
        options.rootCaPem = "<root-ca>";
        world->controllers = std::make_unique<controller::ControllerManager>(loop, loop, world->random, *world->components, options, world->informers.get());
        world->kubelet = std::make_unique<testing::FakeKubelet>(*world->kubeletClient, loop, [pace, &random = world->random, number = 0]() mutable {
            const int group = (number++ + pace.together - pace.first) / pace.together;
            return pace.seed == 0 ? pace.spread * (group % 10) : Duration(static_cast<Duration::rep>(random.unit() * static_cast<double>(pace.spread.count())));
        });
        world->scheduler->start();
        world->controllers->start();
        world->kubelet->start();
        for (int i = 1; i <= 4; ++i) world->kubelet->addNode(fmt::format("fn-{}", i));
        loop.advance(2s);
        return world;
    }

    SimulatedLoop loop;
    SeededRandom random;
    std::unique_ptr<apiserver::ApiServer> server;
    std::unique_ptr<client::Client> tester, unhurried, components, kubeletClient;
    std::unique_ptr<client::InformerFactory> informers;
    std::unique_ptr<scheduler::Scheduler> scheduler;
    std::unique_ptr<controller::ControllerManager> controllers;
    std::unique_ptr<testing::FakeKubelet> kubelet;

private:
    explicit World(std::uint64_t seed) : loop(seed), random(seed) {}
};

// Everything that happens in the scenario's namespaces, and to Nodes.
class Recorder {
public:
    Recorder(World& world, std::vector<api::GroupVersionResource> watched) : world_(world) {
        for (const auto& resource : watched) {
            auto informer = std::make_unique<client::Informer>(*world.tester, world.loop, resource);
            const auto name = resource.resource;
            informer->addHandler({[this, name](const ObjectPtr& object) { note(name, "ADDED", object); },
                                  [this, name](const ObjectPtr&, const ObjectPtr& object) { note(name, "MODIFIED", object); },
                                  [this, name](const ObjectPtr& object) { note(name, "DELETED", object); }});
            informer->start();
            informers_.push_back(std::move(informer));
        }
        world_.loop.runReady();
        start_ = world_.loop.monotonic();
        recording_ = true;
    }
    Duration sinceStart() const { return world_.loop.monotonic() - start_; }
    const Recording& recording() const { return recording_data_; }
    // The n-th object that was made with this prefix, 1 first; "" if there is none.
    std::string generated(const std::string& prefix, std::size_t n) const {
        const auto it = recording_data_.generated.find(prefix);
        return it == recording_data_.generated.end() || n == 0 || n > it->second.size() ? "" : it->second[n - 1];
    }
    std::map<std::string, ObjectPtr> live;  // "resource/name"

private:
    void note(const std::string& resource, const std::string& operation, const ObjectPtr& object) {
        const std::string nameSpace(object->nameSpace());
        const bool ours = nameSpace.starts_with(scenarioNamespace) || (nameSpace.empty() && resource == "nodes" && !object->name().starts_with("fn-")) ||
                          (resource == "namespaces" && object->name().starts_with(scenarioNamespace)) ||
                          (resource == "events" && nameSpace == "default" && !object->string({"involvedObject", "name"}).starts_with("fn-"));
        if (!ours) return;
        const auto key = resource + "/" + std::string(object->name());
        if (operation == "DELETED")
            live.erase(key);
        else
            live[key] = object;
        if (const auto prefix = std::string(object->string({"metadata", "generateName"})); operation == "ADDED" && !prefix.empty())
            recording_data_.generated[prefix].push_back(std::string(object->name()));
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(recording_ ? sinceStart() : Duration{}).count();
        if (resource == "events")
            recording_data_.events.push_back({time, operation, *object});
        else
            recording_data_.add(resource, time, operation, *object);
    }

    World& world_;
    Recording recording_data_{scenarioNamespace};
    std::vector<std::unique_ptr<client::Informer>> informers_;
    Duration start_{};
    bool recording_ = false;
};

api::GroupVersionResource resourceOf(const std::string& plural) {
    for (const auto* resource : api::Schema::builtin().resources())
        if (resource->subresource.empty() && resource->id.resource == plural && resource->id.group != "events.k8s.io") return resource->id;
    return {"", "v1", plural};
}

// Does what the recorder did.
class Player {
public:
    Player(World& world, Recorder& recorder) : world_(world), recorder_(recorder) {}
    // False if the action is unknown.
    bool play(const json::object& action) {
        const std::string kind(action.at("action").as_string());
        if (kind == "create") return create(action.at("manifest").as_object());
        if (kind == "patch") return patch(action);
        if (kind == "delete") return remove(action);
        if (kind == "scale") return scale(action);
        if (kind == "create-namespace" || kind == "delete-namespace") return onNamespace(kind, text(action, "name"));
        if (kind == "undo-by-kubectl" || kind == "kubectl rollout undo") return undo(0);
        if (kind == "kubectl rollout undo --to-revision=1") return undo(1);
        if (kind == "kubectl rollout restart") return restart();
        if (kind.starts_with("kubectl ")) return kubectl(kind.substr(8), action);
        if (kind.starts_with("pod")) return onPod(kind, action);
        if (kind.starts_with("node")) return onNode(kind, action);
        return false;
    }

    bool playSafely(const json::object& action) {
        try {
            return play(action);
        } catch (const std::exception&) {
            return false;
        }
    }

    json::array observations;  // as those of a recording

private:
    static constexpr std::string_view chosenAddress = "10.96.0.200", otherAddress = "10.96.0.201";

    // Text of the recording in the names of this run.
    std::string real(std::string value) const {
        for (std::size_t at; (at = value.find("<ns>")) != std::string::npos;) value.replace(at, 4, scenarioNamespace);
        const auto open = value.find("-<");
        if (open == std::string::npos) return value;
        const auto close = value.find('>', open);
        return recorder_.generated(value.substr(0, open + 1), static_cast<std::size_t>(std::atoi(value.substr(open + 2, close).c_str())));
    }
    // Everywhere in a manifest or patch. Placeholders of addresses: one that is free, then another when it changes.
    json::value real(const json::value& value, std::string_view address = chosenAddress) const {
        if (const auto* string = value.if_string()) return *string == "<clusterIP>" ? json::value(address) : json::value(real(std::string(*string)));
        if (const auto* list = value.if_array()) {
            json::array made;
            for (const auto& entry : *list) made.push_back(real(entry, address));
            return made;
        }
        const auto* object = value.if_object();
        if (!object) return value;
        json::object made;
        for (const auto& [key, entry] : *object) made[key] = real(entry, address);
        return made;
    }
    std::string text(const json::object& action, const char* field) const {
        const auto* value = action.if_contains(field);
        return value && value->is_string() ? real(std::string(value->get_string())) : "";
    }
    void fillUids(json::object& manifest) const {
        auto* owners = api::ensureObject(manifest, {"metadata"}).if_contains("ownerReferences");
        if (!owners) return;
        for (auto& owner : owners->as_array()) {
            const std::string name(api::stringAt(owner, {"name"}));
            const auto it = recorder_.live.find("configmaps/" + name);
            // A uid that does not fit is part of some scenarios.
            const bool fits = it != recorder_.live.end() && manifest["metadata"].at("name") != json::value("baduid");
            owner.as_object()["uid"] = fits ? std::string(it->second->uid()) : "00000000-0000-4000-8000-000000000000";
        }
    }
    bool create(json::object manifest) {
        const auto [group, version] = api::splitApiVersion(manifest.at("apiVersion").as_string());
        const auto* resource = api::Schema::builtin().findKind({group, version, std::string(manifest.at("kind").as_string())});
        if (!resource) return std::ranges::find(kindsNotServed, std::string_view(manifest.at("kind").as_string()), &KindName::kind) != kindsNotServed.end();
        fillUids(manifest);
        world_.tester->create(resource->id, resource->namespaced ? nameSpace_ : "", real(manifest).as_object(), asTester(), refusals("create-error"));
        return true;
    }
    bool patch(const json::object& action) {
        const auto resource = resourceOf(text(action, "resource"));
        const auto type = action.at("patchType") == json::value("merge") ? client::PatchType::Merge : client::PatchType::StrategicMerge;
        const bool clusterScoped = resource.resource == "nodes";
        world_.tester->patch(resource, clusterScoped ? "" : nameSpace_, text(action, "name"), type, real(action.at("patch"), otherAddress), asTester(),
                             refusals("patch-error"), text(action, "subresource"));
        return true;
    }
    bool remove(const json::object& action) {
        client::DeleteOptions options;
        options.propagationPolicy = text(action, "propagationPolicy");
        if (const auto* grace = action.if_contains("gracePeriodSeconds"); grace && grace->is_int64()) options.gracePeriodSeconds = static_cast<int>(grace->get_int64());
        world_.tester->remove(resourceOf(text(action, "resource")), nameSpace_, text(action, "name"), options, [](Result<json::value>) {});
        return true;
    }
    bool scale(const json::object& action) {
        json::value patch = json::object{{"spec", json::object{{"replicas", action.at("replicas")}}}};
        world_.tester->patch(resourceOf(text(action, "resource")), nameSpace_, text(action, "name"), client::PatchType::Merge, std::move(patch), asTester(),
                             [](Result<ObjectPtr>) {}, "scale");
        return true;
    }
    // What the recorder noted of a request that the API refused.
    client::Reply<ObjectPtr> refusals(const std::string& what) {
        return [this, what](const Result<ObjectPtr>& answer) {
            if (answer) return;
            json::object value{{"code", answer.error().status()}, {"reason", toString(answer.error().reason)}, {"message", answer.error().message}};
            observations.push_back(json::object{{"what", what}, {"value", std::move(value)}});
        };
    }
    bool setUnschedulable(const std::string& node, bool unschedulable) {
        json::value patch = json::object{{"spec", json::object{{"unschedulable", unschedulable ? json::value(true) : json::value(nullptr)}}}};
        world_.tester->patch(resources::nodes, "", node, client::PatchType::StrategicMerge, std::move(patch), asTester(), [](Result<ObjectPtr>) {});
        return true;
    }
    // cordon, uncordon, and drain: that refuses Pods without controller (--force) and with emptyDirs (--delete-emptydir-data).
    bool kubectl(const std::string& words, const json::object&) {
        const auto has = [&](std::string_view flag) { return words.find(flag) != std::string::npos; };
        const auto from = words.find(' ') + 1;
        const auto node = words.substr(from, words.find(' ', from) - from);
        if (words.starts_with("uncordon ")) return setUnschedulable(node, false);
        setUnschedulable(node, true);
        if (words.starts_with("cordon ")) return true;
        if (!words.starts_with("drain ")) return false;
        std::vector<std::string> evicted;
        for (const auto& [key, pod] : recorder_.live) {
            if (!key.starts_with("pods/") || pod->string({"spec", "nodeName"}) != node) continue;
            const bool owned = pod->find({"metadata", "ownerReferences"}) != nullptr;
            const auto* volumes = pod->find({"spec", "volumes"});
            const bool local = volumes && std::ranges::any_of(volumes->as_array(), [](const json::value& volume) { return volume.as_object().contains("emptyDir"); });
            if ((!owned && !has("--force")) || (local && !has("--delete-emptydir-data"))) return true;
            evicted.emplace_back(pod->name());
        }
        for (const auto& name : evicted)
            world_.tester->create(resources::pods, nameSpace_, {{"apiVersion", "policy/v1"}, {"kind", "Eviction"}, {"metadata", json::object{{"name", name}, {"namespace", nameSpace_}}}},
                                  asTester(), [](Result<ObjectPtr>) {}, name, "eviction");
        return true;
    }
    bool onNamespace(const std::string& kind, const std::string& name) {
        if (kind == "delete-namespace") {
            world_.tester->remove(resources::namespaces, "", name, {}, [](Result<json::value>) {});
            return true;
        }
        json::object body{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", json::object{{"name", name}}}};
        world_.tester->create(resources::namespaces, "", std::move(body), asTester(), [](Result<ObjectPtr>) {});
        nameSpace_ = name;
        return true;
    }
    bool restart() {
        json::value patch = json::object{{"kubectl.kubernetes.io/restartedAt", formatTime(world_.loop.now())}};
        for (const auto* parent : {"annotations", "metadata", "template", "spec"}) patch = json::object{{parent, patch}};
        world_.tester->patch(resources::deployments, nameSpace_, "d", client::PatchType::StrategicMerge, std::move(patch), asTester(), [](Result<ObjectPtr>) {});
        return true;
    }
    // kubectl rollout undo: the template of a revision; of the latest but one if none is named.
    bool undo(int toRevision) {
        ObjectPtr deployment, previous;
        for (const auto& [key, object] : recorder_.live)
            if (key.starts_with("deployments/")) deployment = object;
        if (!deployment) return false;
        const auto revision = [](const ObjectPtr& object) { return std::atoi(std::string(object->annotation("deployment.kubernetes.io/revision")).c_str()); };
        for (const auto& [key, object] : recorder_.live)
            if (key.starts_with("replicasets/") && (toRevision == 0 || revision(object) == toRevision) && revision(object) < revision(deployment) && (!previous || revision(object) > revision(previous))) previous = object;
        if (!previous) return false;
        auto body = deployment->tree();
        auto podTemplate = *previous->find({"spec", "template"});
        api::ensureObject(podTemplate.as_object(), {"metadata", "labels"}).erase("pod-template-hash");
        body.at("spec").as_object()["template"] = std::move(podTemplate);
        world_.tester->update(resources::deployments, nameSpace_, std::string(deployment->name()), std::move(body), asTester(), [](Result<ObjectPtr>) {});
        return true;
    }
    bool onPod(const std::string& kind, const json::object& action) {
        auto name = text(action, "name");
        if (name.empty())
            for (const auto& [key, object] : recorder_.live)
                if (key.starts_with("pods/") && !object->deleting() && object->string({"status", "phase"}) == "Running") name = object->name();
        const auto key = nameSpace_ + "/" + name;
        const auto* ready = action.if_contains("ready");
        const auto* restarts = action.if_contains("restartCount");
        if (kind == "pod-status")
            world_.kubelet->setPodRunning(key, ready && ready->is_bool() && ready->get_bool(), restarts ? restarts->to_number<int>() : 0);
        else if (kind == "pod-status Failed")
            world_.kubelet->failPod(key, 1);
        else
            world_.kubelet->setPodReady(key, false);
        return true;
    }
    bool onNode(const std::string& kind, const json::object& action) {
        const auto name = text(action, "name");
        if (kind == "nodes-created") {
            for (const auto& node : action.at("names").as_array()) {
                auto labels = action.at("labels").as_object();
                labels["fake"] = "1";
                auto taints = action.contains("taints") ? action.at("taints").as_array() : json::array();
                world_.kubelet->addNode(std::string(node.as_string()), std::move(labels), std::move(taints));
            }
        } else if (kind == "node-heartbeats-stop") {
            world_.kubelet->stopHeartbeats(name);
        } else if (kind == "node-heartbeats-start") {
            world_.kubelet->startHeartbeats(name);
        } else if (kind == "node-deleted") {
            world_.kubelet->removeNode(name);
        } else {
            world_.kubelet->setReady(name, kind.ends_with("True"));
        }
        return true;
    }

    World& world_;
    Recorder& recorder_;
    std::string nameSpace_ = scenarioNamespace;
};

Result<json::object> load(const std::filesystem::path& path) {
    const auto content = testing::gzText(path);
    if (!content) return makeError(Reason::NotFound, "cannot read " + path.string());
    boost::system::error_code error;
    auto value = json::parse(*content, error);
    if (error || !value.is_object()) return badRequest(path.string() + " is not a scenario");
    return value.as_object();
}

// The recorder took the Nodes of a scenario away at its end, without noting it among the actions.
void removeNodes(const json::object& scenario, Duration start, World& world, const Recorder& recorder) {
    std::multimap<Duration, std::string> removals;
    for (const auto& [key, states] : scenario.at("runs").as_array()[0].at("objects").as_object()) {
        if (!key.starts_with("nodes/") || states.as_array().empty()) continue;
        const auto& last = states.as_array().back();
        if (last.at("op") == json::value("DELETED")) removals.emplace(start + std::chrono::milliseconds{last.at("t_ms").to_number<int>()}, key.substr(6));
    }
    for (const auto& [due, node] : removals) {
        if (!recorder.live.contains("nodes/" + node)) continue;
        if (due > recorder.sinceStart()) world.loop.advance(due - recorder.sinceStart());
        world.kubelet->removeNode(node);
        world.loop.runReady();
    }
}

Result<Verdict> run(const json::object& scenario, Pace pace) {
    auto world = TRY(World::create(pace));
    Recorder recorder(*world, {resources::pods, resources::replicaSets, resources::deployments, resources::services, resources::endpointSlices,
                               resources::configMaps, resources::serviceAccounts, resources::persistentVolumeClaims, resources::namespaces, resources::nodes, resources::events});
    world->tester->create(resources::namespaces, "", {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", json::object{{"name", scenarioNamespace}}}}, asTester(),
                          [](Result<ObjectPtr>) {});
    world->loop.advance(10ms);
    Player player(*world, recorder);
    Verdict unknown;
    const auto start = recorder.sinceStart();
    auto actions = scenario.at("actions").as_array();
    // One step of a scenario is only among what its recorder noted.
    for (const auto& observation : scenario.at("runs").as_array()[0].at("observations").as_array())
        if (observation.at("what") == json::value("undo1"))
            actions.insert(actions.end() - 1, json::object{{"t_ms", observation.at("t_ms")}, {"action", "kubectl rollout undo --to-revision=1"}});
    for (const auto& entry : actions) {
        const auto& action = entry.as_object();
        const auto due = start + std::chrono::milliseconds{action.at("t_ms").to_number<int>()};
        // Nodes are recorded when they were all made; what follows them counts from their making.
        if (action.at("action") == json::value("nodes-created")) {
            player.play(action);
            world->loop.runReady();
            continue;
        }
        if (due > recorder.sinceStart()) world->loop.advance(due - recorder.sinceStart());
        if (!player.playSafely(action)) unknown.differ("action " + std::string(action.at("action").as_string()) + " cannot be replayed");
        world->loop.runReady();
    }
    removeNodes(scenario, start, *world, recorder);
    const auto end = start + std::chrono::milliseconds{scenario.at("runs").as_array()[0].at("end_ms").to_number<int>()};
    if (end > recorder.sinceStart()) world->loop.advance(end - recorder.sinceStart());
    auto verdict = compare(scenario, recorder.recording());
    compareObservations(scenario, player.observations, scenarioNamespace, verdict);
    verdict.append(unknown);
    return verdict;
}

// The recording machine was slow and busy: its controllers saw Pods become ready one by one or several together, and other Pods in
// each run. A scenario is equal if it is so at one of these paces; where hardly anything differs random ones are tried too (KUBARIUM_SEEDS
// of them).
Result<Verdict> runBest(const json::object& scenario) {
    constexpr std::size_t hardlyAnything = 5;
    const auto* asked = std::getenv("KUBARIUM_SEEDS");
    const auto seeds = asked ? std::strtoull(asked, nullptr, 10) : 400ULL;
    std::vector<Pace> paces{{7ms, 1}, {20ms, 1}, {20ms, 2, 2}, {20ms, 2, 1}, {20ms, 3, 3}, {0ms, 1}};
    std::optional<Verdict> best;
    for (std::size_t i = 0; i < paces.size() && !(best && best->differences.empty()); ++i) {
        auto verdict = TRY(run(scenario, paces[i]));
        if (!best || verdict.differences.size() < best->differences.size()) best = std::move(verdict);
        // What never came comes at no pace.
        const bool hopeless = best->differences.size() > hardlyAnything || std::ranges::any_of(best->differences, [](const auto& text) { return text.ends_with("was never seen"); });
        if (i + 1 < paces.size() || hopeless || paces.back().seed >= seeds) continue;
        const auto seed = paces.back().seed + 1;
        paces.push_back({std::chrono::milliseconds(std::array{50, 150, 400}[seed % 3]), 1, 1, seed, std::chrono::milliseconds(std::array{5, 30, 80, 200}[seed / 3 % 4])});
    }
    return std::move(*best);
}

int runAll(std::vector<std::filesystem::path> files, bool verbose) {
    int equal = 0;
    std::size_t checks = 0, failed = 0;
    for (const auto& file : files) {
        const auto scenario = load(file);
        const auto verdict = scenario ? runBest(*scenario) : Result<Verdict>(scenario.error());
        if (!verdict) {
            fmt::print("{:40} cannot be run: {}\n", file.filename().string(), verdict.error().message);
            continue;
        }
        checks += verdict->checks;
        failed += verdict->differences.size();
        if (verdict->differences.empty()) ++equal;
        fmt::print("{:40} {}/{}{}\n", file.filename().string(), verdict->checks - std::min(verdict->checks, verdict->differences.size()), verdict->checks,
                   verdict->differences.empty() ? "  equal" : "");
        for (std::size_t i = 0; i < verdict->differences.size() && (verbose || i < 5); ++i) fmt::print("    {}\n", verdict->differences[i]);
        std::fflush(stdout);
    }
    fmt::print("{}/{} scenarios equal, {}/{} checks\n", equal, files.size(), checks - failed, checks);
    return equal == static_cast<int>(files.size()) ? 0 : 1;
}

}  // namespace
}  // namespace kubarium::vectors

int main(int argc, char** argv) {
    std::vector<std::filesystem::path> files;
    bool verbose = false;
    for (int i = 1; i < argc; ++i) {
        const std::filesystem::path path(argv[i]);
        if (path == "-v") {
            verbose = true;
        } else if (std::filesystem::is_directory(path)) {
            for (const auto& entry : std::filesystem::directory_iterator(path))
                if (entry.path().string().find(".json") != std::string::npos) files.push_back(entry.path());
        } else {
            files.push_back(path);
        }
    }
    if (files.empty()) {
        fmt::print(stderr, "usage: node_vectors [-v] FILE-OR-DIRECTORY...\n");
        return 2;
    }
    std::ranges::sort(files);
    return kubarium::vectors::runAll(files, verbose);
}
