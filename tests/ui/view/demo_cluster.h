// A scripted cluster for tests and pictures of the window: a MemoryClient with invented objects, answers for the raw paths that the
// window asks for (discovery, version, logs, statistics), and no engine behind it. Deterministic.
#pragma once

#include "tests/support/memory_client.h"

#include <map>
#include <string>

namespace kubarium::testing {

class DemoCluster {
public:
    DemoCluster(Executor& executor, Clock& clock);
    ~DemoCluster();

    // A client of it for the window, which may outlive none of this.
    std::unique_ptr<client::Client> client();
    MemoryClient& objects() { return memory_; }
    // As a real cluster: without the kinds of kubarium.dev.
    bool ownKinds = true;
    std::map<std::string, std::string> raw;  // path prefix to body
    std::string forbidden;  // a resource that may not be listed
    // Server-side apply of a kind fails with these causes while set.
    std::vector<Cause> applyCauses;

    void addNode(const std::string& name, const std::string& cpu, const std::string& memory, bool simulated = false, const std::string& pool = {});
    void putIntoZone(const std::string& node, const std::string& zone);
    void addDeployment(const std::string& name, int replicas, int ready);
    // Returns the key. An empty node leaves it pending.
    std::string addPod(const std::string& workload, int number, const std::string& node, const std::string& cpu = "100m");
    void addService(const std::string& name);
    void removeEndpointsOf(const std::string& service, const std::string& node);
    // So many connections a second to each endpoint of the Service.
    void setTraffic(const std::string& service, double perEndpoint);
    void renewLease(const std::string& node, double secondsAgo);
    // The scenes of the design.
    void fillTheatre();
    void fillHealing();
    void fillTroubles();
    void fillLarge(int nodes, int pods);

    std::string ago(double seconds) const;
    void setClock(double rate, bool paused, const std::string& heldPod = {}, const std::string& heldPhase = {});

private:
    friend class DemoClient;
    // The scheduler itself answers, about the objects that are here.
    Result<ObjectPtr> review(json::object review) const;
    Clock& clock_;
    Executor& executor_;
    SeededRandom random_{7};
    MemoryClient memory_;
    std::map<std::string, std::vector<json::value>> endpoints_;
};

}  // namespace kubarium::testing
