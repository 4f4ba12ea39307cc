// A control plane for unit tests: all controllers on a MemoryClient in virtual time, fake kubelets, and the simplest scheduler.
#pragma once

#include "core/controller/controller_manager.h"
#include "core/simulation/simulated_loop.h"
#include "tests/support/fake_kubelet.h"
#include "tests/support/memory_client.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include <unistd.h>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace resources = api::resources;
namespace json = boost::json;
using api::ObjectPtr;

class ControlPlane : public ::testing::Test {
protected:
    ControlPlane() {
        pods_.addHandler({[this](const ObjectPtr& pod) { schedule(pod); }, nullptr, nullptr});
        pods_.start();
        kubelet.start();
        client.put(resources::namespaces, testing::parseObject(R"({"metadata":{"name":"default"},"status":{"phase":"Active"}})"));
        manager.start();
    }
    // Made when a volume is; whoever makes volumes removes it.
    static std::filesystem::path volumesRoot() { return std::filesystem::temp_directory_path() / fmt::format("kubarium-volumes-{}", ::getpid()); }
    static ControllerManagerOptions options() {
        ControllerManagerOptions made;
        made.rootCaPem = "CA";
        made.resources = {resources::pods, resources::replicaSets, resources::deployments, resources::configMaps, resources::services,
                          resources::endpointSlices};
        made.volumesDirectory = volumesRoot().string();
        return made;
    }
    void addNodes(int count) {
        for (int i = 1; i <= count; ++i) addNode("node-" + std::to_string(i));
    }
    void addNode(const std::string& name) {
        kubelet.addNode(name);
        nodeNames.push_back(name);
    }
    void schedule(const ObjectPtr& pod) {
        if (nodeNames.empty() || !pod->string({"spec", "nodeName"}).empty()) return;
        const auto node = nodeNames[nextNode_++ % nodeNames.size()];
        client.create(resources::pods, std::string(pod->nameSpace()), json::object{{"target", json::object{{"name", node}}}}, {}, [](Result<ObjectPtr>) {},
                      std::string(pod->name()), "binding");
    }
    ObjectPtr deploy(int replicas, const std::string& image = "web:1", const std::string& strategy = R"({"type":"RollingUpdate"})") {
        return client.put(resources::deployments, testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"web","namespace":"default","generation":1}},"spec":{{"replicas":{},"progressDeadlineSeconds":600,"revisionHistoryLimit":2,"selector":{{"matchLabels":{{"app":"web"}}}},"strategy":{},"template":{{"metadata":{{"labels":{{"app":"web"}}}},"spec":{{"containers":[{{"name":"c","image":"{}"}}]}}}}}}}})",
            replicas, strategy, image)));
    }
    void edit(const std::string& path, const json::value& value) {
        json::value patch = value;
        for (std::size_t end = path.size(); end != std::string::npos;) {
            const auto dot = path.rfind('.', end - 1);
            const auto begin = dot == std::string::npos ? 0 : dot + 1;
            patch = json::object{{path.substr(begin, end - begin), patch}};
            end = dot;
        }
        client.patch(resources::deployments, "default", "web", client::PatchType::Merge, patch, {}, [](Result<ObjectPtr> result) { ASSERT_TRUE(result); });
    }
    void setImage(const std::string& image) {
        edit("spec.template.spec.containers", json::array{json::object{{"name", "c"}, {"image", image}}});
    }
    ObjectPtr deployment() const { return client.find(resources::deployments, "default/web"); }
    int status(const char* field) const {
        const auto* value = deployment()->find({"status", field});
        return value ? value->to_number<int>() : 0;
    }
    std::string condition(const ObjectPtr& object, std::string_view type, std::string_view field = "status") const {
        if (const auto* conditions = object->find({"status", "conditions"}))
            for (const auto& entry : conditions->as_array())
                if (api::stringAt(entry, {"type"}) == type) return std::string(api::stringAt(entry, {field}));
        return "";
    }
    std::vector<ObjectPtr> runningPods() const {
        auto pods = client.all(resources::pods);
        std::erase_if(pods, [](const ObjectPtr& pod) { return pod->deleting() || pod->string({"status", "phase"}) != "Running"; });
        return pods;
    }
    bool available(int count) { return loop.runUntil([&] { return status("availableReplicas") == count && status("replicas") == count; }); }
    int events(std::string_view reason, std::string_view text = {}) const {
        int count = 0;
        for (const auto& event : client.all(resources::events))
            if (event->string({"reason"}) == reason && event->string({"message"}).find(text) != std::string_view::npos) ++count;
        return count;
    }

    SimulatedLoop loop;
    mutable testing::MemoryClient client{loop, loop, loop.random()};
    testing::FakeKubelet kubelet{client, loop};
    ControllerManager manager{loop, loop, loop.random(), client, options()};
    std::vector<std::string> nodeNames;

private:
    client::Informer pods_{client, loop, resources::pods};
    std::size_t nextNode_ = 0;
};

}  // namespace kubarium::controller
