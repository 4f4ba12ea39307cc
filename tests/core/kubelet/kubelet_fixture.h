// A kubelet on virtual time with a MemoryClient: what the tests of Pod behaviour share.
#pragma once

#include "core/api/types/pod.h"
#include "core/kubelet/kubelet.h"
#include "core/kubelet/runtime/simulated_runtime.h"
#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kubarium::kubelet {

using namespace std::chrono_literals;
using api::ObjectPtr;
namespace resources = api::resources;

struct RecordedEvent {
    std::string object, type, reason, message, fieldPath;
};

class KubeletFixture : public ::testing::Test {
protected:
    SimulatedLoop loop{7};
    testing::MemoryClient client{loop, loop, loop.random()};
    client::InformerFactory factory{client, loop};
    PodSource source{factory};
    std::vector<RecordedEvent> events;
    SimulatedRuntime simulated{loop, loop, loop.random()};
    std::unique_ptr<Kubelet> kubelet;

    ContainerRuntime* runtime = &simulated;
    // Every state that a watch of Pods delivered, by name.
    std::map<std::string, std::vector<ObjectPtr>> history;

    KubeletFixture() {
        const auto note = [this](const ObjectPtr& pod) { history[std::string(pod->name())].push_back(pod); };
        factory.informer(resources::pods).addHandler({note, [note](const ObjectPtr&, const ObjectPtr& after) { note(after); }, {}});
    }

    void startKubelet(NodeOptions options = {}) {
        if (options.name.empty()) options.name = "node1";
        if (options.nodeIP.empty()) options.nodeIP = "10.90.0.1";
        if (!factory.synced()) factory.start();
        loop.runReady();
        kubelet = std::make_unique<Kubelet>(loop, loop, loop.random(), client, source, *runtime, options,
                                            [this](const api::Object& object, std::string type, std::string reason, std::string message, std::string path) {
                                                events.push_back({std::string(object.name()), std::move(type), std::move(reason), std::move(message), std::move(path)});
                                            });
        kubelet->start();
        loop.advance(50ms);
    }

    // A bound Pod with one container "c"; `more` is merged into it.
    ObjectPtr createPod(const std::string& name, const std::string& container = "{}", const std::string& spec = "{}", const std::string& metadata = "{}") {
        auto pod = testing::parseObject(fmt::format(
            R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{}","namespace":"default","generation":1}},
                 "spec":{{"nodeName":"node1","restartPolicy":"Always","terminationGracePeriodSeconds":30}},"status":{{"phase":"Pending","qosClass":"BestEffort",
                 "conditions":[{{"type":"PodScheduled","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}}]}}}})", name));
        boost::json::value c = testing::parseObject(R"({"name":"c","image":"reg.local/busybox:1","command":["sh","-c","sleep 3600"],"imagePullPolicy":"IfNotPresent"})");
        testing::mergePatch(c, testing::parseObject(container));
        pod["spec"].get_object()["containers"] = boost::json::array{c};
        testing::mergePatch(pod["spec"], testing::parseObject(spec));
        testing::mergePatch(pod["metadata"], testing::parseObject(metadata));
        return client.put(resources::pods, std::move(pod));
    }

    ObjectPtr pod(const std::string& name) const { return client.find(resources::pods, "default/" + name); }
    std::string phase(const std::string& name) const {
        const auto object = pod(name);
        return object ? std::string(object->string({"status", "phase"})) : "";
    }
    const api::PodStatus& status(const std::string& name) const { return pod(name)->as<api::Pod>().status; }
    const api::ContainerStatus& container(const std::string& name, std::size_t index = 0) const { return status(name).containerStatuses.at(index); }
    std::string condition(const std::string& name, const std::string& type) const {
        for (const auto& entry : status(name).conditions)
            if (entry.type == type) return entry.status + (entry.reason.empty() ? "" : ":" + entry.reason);
        return "";
    }
    bool ready(const std::string& name) const { return pod(name) && condition(name, "Ready") == "True"; }

    void deletePod(const std::string& name, int grace = -1) {
        client::DeleteOptions options;
        options.gracePeriodSeconds = grace;
        client.remove(resources::pods, "default", name, options, [](Result<boost::json::value>) {});
    }

    // Runs virtual time until it holds.
    bool eventually(const std::function<bool()>& condition, Duration limit = 10min) { return loop.runUntil(condition, limit); }

    // The last state of a Pod that is gone.
    const api::PodStatus& lastStatus(const std::string& name) const { return history.at(name).back()->as<api::Pod>().status; }

    int eventCount(const std::string& reason) const {
        return static_cast<int>(std::count_if(events.begin(), events.end(), [&](const auto& event) { return event.reason == reason; }));
    }
    std::string eventText(const std::string& reason) const {
        for (const auto& event : events)
            if (event.reason == reason) return event.message;
        return "";
    }
};

}  // namespace kubarium::kubelet
