// Control groups: the kernel's accounting and limits for groups of processes. A cluster owns one subtree, below it a group
// per Node (its capacity), per Pod and per container, as a real kubelet has kubepods/pod<uid>/<container>. Version 1 has one
// hierarchy per controller, version 2 one for all; "hybrid" machines have both, and there version 1 has the controllers.
// Plain file work; used by the supervisor and by tests. Any thread.
#pragma once

#include "core/base/result.h"
#include "core/kubelet/runtime/container_runtime.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kubarium::kubelet {

enum class CgroupVersion { None, V1, V2 };

// What this process finds mounted.
struct CgroupMounts {
    CgroupVersion version = CgroupVersion::None;
    bool hybrid = false;                     // v1 with a v2 hierarchy beside it
    std::string unified;                     // mount point of v2, "" if none
    std::vector<std::string> hierarchies;    // v1: every mount point; v2: the one
    // The mount point that has a v1 controller ("memory"); v2: always the one. "" if absent.
    std::string of(const std::string& controller) const;
    struct Controller {
        std::string name, mountPoint;
    };
    std::vector<Controller> controllers;
};

CgroupMounts findCgroupMounts();
// The v2 group of this process ("/user.slice/...").
std::string ownUnifiedGroup();

class Cgroups {
public:
    Cgroups() = default;  // none: every call does nothing and counters are zero
    // `base` is the group of the cluster below each hierarchy, "/kubarium-1a2b3c4d".
    Cgroups(CgroupMounts mounts, std::string base) : mounts_(std::move(mounts)), base_(std::move(base)) {}

    CgroupVersion version() const { return mounts_.version; }
    const std::string& base() const { return base_; }
    // Whether a limit for memory and swap together can be set.
    bool swapLimit() const;

    // Groups are named relative to the base: "", "worker-a", "worker-a/<pod>", "worker-a/<pod>/<container>".
    Result<void> create(const std::string& group);
    Result<void> limit(const std::string& group, const ResourceLimits& limits);
    // With everything below. Its processes must be gone.
    void remove(const std::string& group);
    // Kills every process in the group and below; false if some remain after `tries` rounds.
    bool kill(const std::string& group, int tries = 100);

    Usage usage(const std::string& group) const;
    std::int64_t oomKills(const std::string& group) const;
    std::int64_t readNumber(const std::string& group, const std::string& controller, const std::string& file) const;

private:
    std::filesystem::path directory(const std::string& controller, const std::string& group) const;
    Result<void> enableControllers(const std::filesystem::path& directory) const;

    CgroupMounts mounts_;
    std::string base_;
};

}  // namespace kubarium::kubelet
