// Services, accounts and ownership, on a MemoryClient in virtual time.
#include "core/api/types/service.h"
#include "core/controller/endpoint_slices.h"
#include "core/controller/endpoints_controller.h"
#include "tests/core/controller/control_plane.h"

namespace kubarium::controller {
namespace {

class Cluster : public ControlPlane {
protected:
    Cluster() { addNodes(2); }
    void putService() {
        client.put(resources::services, testing::parseObject(R"({"metadata":{"name":"web","namespace":"default","labels":{"x":"y"}},
            "spec":{"clusterIP":"10.96.0.5","selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":8080,"protocol":"TCP"}]}})"));
    }
    std::vector<api::EndpointSlice> slices() const {
        std::vector<api::EndpointSlice> found;
        for (const auto& slice : client.all(resources::endpointSlices)) found.push_back(slice->as<api::EndpointSlice>());
        return found;
    }
    std::size_t ready() const {
        std::size_t count = 0;
        for (const auto& slice : slices())
            for (const auto& endpoint : slice.endpoints) count += endpoint.conditions->ready.value_or(false) ? 1 : 0;
        return count;
    }
};

TEST_F(Cluster, aServiceWithoutPodsHasOneEmptySliceAndThenTheReadyOnes) {
    putService();
    ASSERT_TRUE(loop.runUntil([&] { return slices().size() == 1; }, 1s));
    const auto name = slices()[0].metadata.name;
    EXPECT_TRUE(slices()[0].endpoints.empty());
    EXPECT_EQ(slices()[0].metadata.labels.at("kubernetes.io/service-name"), "web");
    EXPECT_EQ(slices()[0].metadata.labels.at("x"), "y");
    deploy(2);
    ASSERT_TRUE(loop.runUntil([&] { return ready() == 2; }, 5s));
    ASSERT_EQ(slices().size(), 1U);
    EXPECT_EQ(slices()[0].metadata.name, name);  // the empty one was filled
    EXPECT_EQ(slices()[0].ports[0].port, 8080);
}

TEST_F(Cluster, aPodOnItsWayOutIsServingButNotReady) {
    putService();
    deploy(1);
    ASSERT_TRUE(loop.runUntil([&] { return ready() == 1; }, 5s));
    const auto pod = runningPods()[0];
    client.remove(resources::pods, "default", std::string(pod->name()), {}, [](Result<json::value>) {});
    EXPECT_TRUE(loop.runUntil([&] {
        for (const auto& slice : slices())
            for (const auto& endpoint : slice.endpoints)
                if (endpoint.conditions->terminating.value_or(false)) return endpoint.conditions->serving.value_or(false) && !endpoint.conditions->ready.value_or(true);
        return false;
    }, 1s));
}

TEST_F(Cluster, aServiceHasEndpointsThatGoWithIt) {
    putService();
    const auto endpoints = [&] { return client.find(endpointsResource, "default/web"); };
    ASSERT_TRUE(loop.runUntil([&] { return endpoints() != nullptr; }, 1s));
    EXPECT_EQ(endpoints()->find({"subsets"}), nullptr);
    deploy(2);
    const auto addresses = [&]() -> std::size_t {
        const auto* subsets = endpoints() ? endpoints()->find({"subsets"}) : nullptr;
        if (!subsets || subsets->as_array().size() != 1) return 0;
        const auto* ready = subsets->as_array()[0].as_object().if_contains("addresses");
        return ready ? ready->as_array().size() : 0;
    };
    ASSERT_TRUE(loop.runUntil([&] { return addresses() == 2; }, 5s));
    EXPECT_EQ(json::serialize(endpoints()->find({"subsets"})->as_array()[0].as_object().at("ports")), R"([{"port":8080,"protocol":"TCP","name":"http"}])");
    EXPECT_EQ(endpoints()->label("x"), "y");
    EXPECT_EQ(endpoints()->label("endpoints.kubernetes.io/managed-by"), "endpoint-controller");
    client.remove(resources::services, "default", "web", {}, [](Result<json::value>) {});
    EXPECT_TRUE(loop.runUntil([&] { return !endpoints(); }, 1s));
}

// A database outside of the cluster.
TEST_F(Cluster, endpointsOfAServiceWithoutASelectorAreMirroredInSlices) {
    client.put(resources::services, testing::parseObject(R"({"metadata":{"name":"db","namespace":"default"},"spec":{"clusterIP":"10.96.0.9","ports":[{"port":5432}]}})"));
    client.put(endpointsResource, testing::parseObject(R"({"metadata":{"name":"db","namespace":"default","labels":{"tier":"data"}},
        "subsets":[{"addresses":[{"ip":"192.0.2.7"}],"notReadyAddresses":[{"ip":"192.0.2.8"}],"ports":[{"port":5432,"protocol":"TCP"}]}]})"));
    ASSERT_TRUE(loop.runUntil([&] { return slices().size() == 1; }, 1s));
    const auto slice = slices()[0];
    EXPECT_EQ(slice.metadata.labels, (std::map<std::string, std::string>{{"tier", "data"}, {"kubernetes.io/service-name", "db"}, {"endpointslice.kubernetes.io/managed-by", "endpointslicemirroring-controller.k8s.io"}}));
    EXPECT_EQ(slice.metadata.ownerReferences.at(0).kind, "Endpoints");
    EXPECT_EQ(slice.ports.at(0).port, 5432);
    ASSERT_EQ(slice.endpoints.size(), 2U);
    EXPECT_EQ(slice.endpoints[0].addresses.at(0), "192.0.2.7");
    EXPECT_TRUE(slice.endpoints[0].conditions->ready.value_or(false));
    EXPECT_FALSE(slice.endpoints[1].conditions->ready.value_or(true));
    loop.advance(1s);
    EXPECT_EQ(slices().size(), 1U);
    client.remove(endpointsResource, "default", "db", {}, [](Result<json::value>) {});
    EXPECT_TRUE(loop.runUntil([&] { return slices().empty(); }, 1s));
}

TEST(EndpointSubsets, standTogetherWhenTheirAddressesDo) {
    api::Service service;
    service.metadata.name = "web";
    for (const auto& [name, target] : {std::pair("http", "http"), std::pair("metrics", "metrics")}) {
        api::ServicePort port;
        port.name = name;
        port.port = 80;
        port.targetPort = json::value(target);
        service.spec.ports.push_back(port);
    }
    const auto pod = [](const char* ip, bool both) {
        api::Pod made;
        made.metadata.name = ip;
        made.status.podIP = ip;
        made.status.podIPs = {{ip}};
        auto& container = made.spec.containers.emplace_back();
        container.ports.emplace_back().name = "http";
        container.ports.back().containerPort = 8080;
        if (both) {
            container.ports.emplace_back().name = "metrics";
            container.ports.back().containerPort = 9090;
        }
        return made;
    };
    const auto a = pod("10.0.0.1", true);
    auto b = pod("10.0.0.2", true);
    const auto shape = [&](const std::vector<const api::Pod*>& pods) {
        std::string text;
        for (const auto& subset : endpointSubsets(service, pods))
            text += fmt::format("{}:{} ", subset.as_object().at("notReadyAddresses").as_array().size(), subset.as_object().at("ports").as_array().size());
        return text;
    };
    EXPECT_EQ(shape({&a, &b}), "2:2 ");
    const auto c = pod("10.0.0.3", false);
    EXPECT_EQ(shape({&a, &c}), "2:1 1:1 ");
    b.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    EXPECT_EQ(shape({&a, &b}), "1:2 ") << "who goes is no endpoint, ready or not";
}

TEST(Slices, holdAtMostAHundredAndAreNotEvenedOut) {
    api::Service service;
    service.metadata.name = "web";
    api::ServicePort port;
    port.port = 80;
    port.targetPort = 8080;
    service.spec.ports.push_back(port);
    std::vector<api::Pod> pods(130);
    const auto desired = [&](std::size_t count) {
        std::vector<const api::Pod*> chosen;
        for (std::size_t i = 0; i < count; ++i) {
            pods[i].metadata.name = "p" + std::to_string(i);
            pods[i].metadata.uid = "u" + std::to_string(i);
            pods[i].status.podIP = fmt::format("10.0.{}.{}", i / 200, i % 200 + 1);
            chosen.push_back(&pods[i]);
        }
        return desiredEndpoints(service, chosen, [](const std::string&) { return std::string(); });
    };
    const auto labels = sliceLabels(service);
    auto changes = reconcileSlices(service, desired(130), {}, labels);
    ASSERT_EQ(changes.create.size(), 2U);
    EXPECT_EQ(changes.create[0].endpoints.size(), 100U);
    EXPECT_EQ(changes.create[1].endpoints.size(), 30U);
    auto existing = changes.create;
    existing[0].metadata.name = "a";
    existing[1].metadata.name = "b";
    changes = reconcileSlices(service, desired(60), existing, labels);
    EXPECT_EQ(changes.update.size() + changes.remove.size(), 2U);
    EXPECT_TRUE(changes.create.empty());
    // Nothing to do is nothing done.
    EXPECT_TRUE(reconcileSlices(service, desired(130), existing, labels).update.empty());
}

TEST_F(Cluster, everyNamespaceHasItsAccountAndTheRootCertificate) {
    client.put(resources::namespaces, testing::parseObject(R"({"metadata":{"name":"extra"},"status":{"phase":"Active"}})"));
    ASSERT_TRUE(loop.runUntil([&] {
        return client.find(resources::serviceAccounts, "extra/default") && client.find(resources::configMaps, "extra/kube-root-ca.crt");
    }, 1s));
    client.erase(resources::serviceAccounts, "extra/default");
    client.erase(resources::configMaps, "extra/kube-root-ca.crt");
    EXPECT_TRUE(loop.runUntil([&] {
        return client.find(resources::serviceAccounts, "extra/default") && client.find(resources::configMaps, "extra/kube-root-ca.crt");
    }, 1s));
    auto edited = client.find(resources::configMaps, "extra/kube-root-ca.crt")->tree();
    edited["data"] = json::object{{"ca.crt", "bad"}, {"x", "y"}};
    client.put(resources::configMaps, edited);
    EXPECT_TRUE(loop.runUntil([&] {
        return client.find(resources::configMaps, "extra/kube-root-ca.crt")->find({"data"})->as_object() == json::object{{"ca.crt", "CA"}};
    }, 1s));
}

TEST_F(Cluster, whatAnOwnerLeavesBehindIsCollectedThroughTheWholeChain) {
    deploy(2);
    ASSERT_TRUE(available(2));
    client.erase(resources::deployments, "default/web");
    EXPECT_TRUE(loop.runUntil([&] { return client.all(resources::replicaSets).empty() && client.all(resources::pods).empty(); }, 10s));
}

TEST_F(Cluster, anOwnerOfAnotherUidIsNoOwner) {
    client.put(resources::configMaps, testing::parseObject(R"({"metadata":{"name":"o","namespace":"default"}})"));
    client.put(resources::configMaps, testing::parseObject(R"({"metadata":{"name":"bad","namespace":"default",
        "ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"o","uid":"someone-else"}]}})"));
    EXPECT_TRUE(loop.runUntil([&] { return !client.find(resources::configMaps, "default/bad"); }, 5s));
    EXPECT_NE(client.find(resources::configMaps, "default/o"), nullptr);
}

}  // namespace
}  // namespace kubarium::controller
