// What this computer allows: real containers with limits (full), real containers whose limits are not enforced (unlimited),
// or none (simulated). Findings say in one sentence each what is missing and what to do about it.
#pragma once

#include <string>
#include <vector>

namespace kubarium::kubelet {

enum class SubstrateLevel { Full, Unlimited, Simulated };
std::string toString(SubstrateLevel);  // "full", "unlimited", "simulated"

struct SubstrateFinding {
    enum class Kind { Good, Degraded, Missing } kind;
    std::string sentence;
    std::string remedy;  // "" when nothing need be done
};

struct SubstrateCapabilities {
    SubstrateLevel level = SubstrateLevel::Simulated;
    std::string runtimePath, runtimeName, runtimeVersion;  // "/usr/bin/crun", "crun", "1.8.1"; "" if none
    std::string cgroups = "none";                          // v2, v1, hybrid, none
    bool root = false;
    bool userNamespaces = false;  // of ordinary users
    bool overlay = false;
    bool delegation = false;      // systemd gives the user a group of their own
    bool netem = false;           // delays can be simulated
    bool nft = false;
    std::string subordinate;      // "first count" when newuidmap can be used
    std::vector<SubstrateFinding> findings;

    // One sentence for the status bar: what the level means.
    std::string sentence() const;
};

// Takes some 10 ms: asks files, and tries namespaces in a child process that ends at once. Any thread.
SubstrateCapabilities probeSubstrate();

}  // namespace kubarium::kubelet
