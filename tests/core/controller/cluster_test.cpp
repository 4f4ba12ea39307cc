// Services, accounts and ownership, on a MemoryClient in virtual time.
#include "core/api/types/service.h"
#include "core/controller/endpoint_slices.h"
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
