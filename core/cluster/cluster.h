// A whole cluster in one process: store, API server, scheduler, controllers, faults, and a kubelet per Node on real containers
// or simulated ones. Everything talks to the API as a client; this is the only place that knows them all.
// Made, started and stopped on the engine thread, whose loop it is given.
#pragma once

#include "core/base/engine_loop.h"
#include "core/cluster/cluster_options.h"
#include "core/cluster/cluster_paths.h"

#include <functional>
#include <memory>

namespace kubarium::cluster {

// How real the Nodes of a cluster are on this machine, in a word and in a sentence with the remedy.
struct Level {
    std::string name;      // full | unlimited | simulated
    std::string sentence;  // "" when there is nothing to say
};

class Cluster {
public:
    // `progress` is told what is under way, in words for the person who waits.
    Cluster(EngineLoop& loop, ClusterPaths paths, ClusterOptions options, std::function<void(std::string)> progress);
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    // Replies when the API answers and all Nodes are Ready, or with the first thing that went wrong.
    void start(std::function<void(Result<void>)> ready);
    // Undoes faults, ends every container and writes what is left to the store; then nothing of it runs any more.
    void stop(std::function<void()> stopped);

    int port() const;
    const Level& level() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace kubarium::cluster
