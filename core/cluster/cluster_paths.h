// Where a cluster keeps its things. Several clusters live side by side, told apart by their names.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace kubarium::cluster {

struct ClusterPaths {
    std::string name;
    std::filesystem::path directory;  // 0700

    // What a command line needs to mean this cluster, for sentences that tell the user what to type: "" for the usual one,
    // else " --name two --state '/my disk/clusters'". Holds in any terminal: what the environment says does not shorten it.
    std::string flags() const;

    std::filesystem::path kubeconfig() const { return directory / "kubeconfig"; }
    std::filesystem::path info() const { return directory / "cluster.json"; }  // pid, port, level: while it runs
    std::filesystem::path lock() const { return directory / "lock"; }          // held (flock) by the engine
    std::filesystem::path log() const { return directory / "engine.log"; }
    std::filesystem::path store() const { return directory / "store.sqlite"; }
    std::filesystem::path pki() const { return directory / "pki"; }
    std::filesystem::path run() const { return directory / "run"; }        // what the supervisor needs
    std::filesystem::path images() const { return directory / "images"; }  // unpacked, shared by the Nodes
    std::filesystem::path volumes() const { return directory / "volumes"; }  // of kubarium.dev/hostpath, kept as long as the store
};

// `state` overrides the folder of all clusters: $XDG_STATE_HOME/kubarium, else ~/.local/state/kubarium. A name has the
// form of a DNS label; anything else is refused.
Result<ClusterPaths> clusterPaths(const std::string& name, const std::filesystem::path& state = {});
// The names of all clusters that left something behind there, running or not.
std::vector<std::string> clusterNames(const std::filesystem::path& state = {});

// What a running engine says of itself in cluster.json.
struct ClusterInfo {
    int pid = 0;
    int port = 0;
    std::string level;          // full | unlimited | simulated
    std::string levelSentence;  // what that means here, and the remedy
    std::string startedAt;      // RFC 3339
    std::string version;
};
// NotFound when no engine runs under that name (the lock is free), with a sentence that says what to do.
Result<ClusterInfo> runningCluster(const ClusterPaths&);
Result<void> writeClusterInfo(const ClusterPaths&, const ClusterInfo&);

// Held for as long as it lives; Conflict when another engine has it.
class ClusterLock {
public:
    static Result<ClusterLock> acquire(const ClusterPaths&);
    ClusterLock(ClusterLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    ClusterLock& operator=(ClusterLock&&) = delete;
    ~ClusterLock();

private:
    explicit ClusterLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace kubarium::cluster
