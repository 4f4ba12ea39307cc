// The supervisor: a small process between the engine and the containers, the same program started as `kubarium supervisor`.
//
// It is PID 1 of a PID, mount and network namespace of its own (and of a user namespace where the user is not root), and
// everything real that the cluster has lives inside them. That is what makes it safe to kill: when the supervisor ends, for
// whatever reason, the kernel ends every container, and mounts, interfaces and rules vanish with their namespaces. It ends
// when the engine does, because its control socket closes. A first stage stays outside, waits for that, and removes what the
// kernel leaves behind: empty cgroups and the directories of the run.
//
// Requests are JSON frames {"id", "op", ...} with descriptors beside them, answered by {"id", "ok": {...}} or
// {"id", "error", "reason"}; events are {"event", ...}. Requests for one container, sandbox or Node keep their order.
// This process reads the clock and has threads of its own: it runs no engine code.
#pragma once

#include <cstdint>
#include <string>

namespace kubarium::kubelet {

// The descriptor that the control socket has in the supervisor.
constexpr int supervisorSocket = 3;

// What it is started with, as JSON in the last argument.
struct SupervisorConfig {
    std::string run;      // absolute; created; everything it keeps on disk is below
    std::string base;     // its cgroup below each hierarchy; "" with `delegated`: the group it was started in
    std::string runtime;  // path of crun or runc
    std::string pause;    // path of the program for shared process namespaces
    bool crun = true;
    bool user = false;        // make a user namespace
    bool limits = true;       // use cgroups
    bool delegated = false;   // version 2: started inside a group of its own (systemd-run --scope)
    bool hideUnified = false; // crun refuses hybrid machines whose version 2 hierarchy owns a controller
    std::string switchAddress = "172.30.0.1";
    std::string subordinate;  // "first count" of /etc/subuid for newuidmap; "" maps one id
    std::int64_t maxLogBytes = 10 << 20;

    std::string serialize() const;
    static SupervisorConfig parse(const std::string& text);
};

// The cluster's control group below each hierarchy: the same for every run in the same (canonical) directory, so that a later
// run finds what was left.
inline std::string cgroupNameOf(const std::string& run) {
    std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
    for (const char letter : run) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
    std::string digits;
    for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[hash >> shift & 15];
    return "/kubarium-" + digits;
}

// argv as main() has it; the last word is the configuration.
int supervisorMain(int argc, char** argv);

}  // namespace kubarium::kubelet
