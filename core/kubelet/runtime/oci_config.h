// A container in the terms of the OCI runtime specification: what crun and runc read as config.json. Pure.
#pragma once

#include "core/kubelet/runtime/container_runtime.h"

#include <boost/json/object.hpp>

namespace kubarium::kubelet {

struct NumericUser {
    std::int64_t uid = 0, gid = 0;
    std::string home = "/";
    std::vector<std::int64_t> groups;  // that list the user in the image's /etc/group
};

struct OciEnvironment {
    std::string root;     // of the mounted file system
    std::string networkNamespace, ipcNamespace, utsNamespace, pidNamespace;  // paths; pidNamespace "" for one of its own
    bool hostProcesses = false;  // no process namespace but that of whoever starts the container
    std::string sharedMemory;    // what is mounted at /dev/shm, the same for all containers of a Pod
    std::string cgroup;   // absolute below each hierarchy; "" without cgroups
    bool cgroupV2 = false;
    bool swapLimit = false;  // memory and swap can be limited together
    bool user = false;       // inside a user namespace
    NumericUser as;
    std::uint64_t heldCapabilities = ~std::uint64_t{0};  // by number; what this machine does not allow cannot be granted
    int lowestOomScoreAdj = -1000;  // lower values need CAP_SYS_RESOURCE and are raised to this one
    std::vector<std::string> maskedPaths;  // of this machine, besides those that every container has
    boost::json::object seccomp;           // of Localhost: the profile
    std::int64_t highestCpuQuota = 0;  // of the groups above: version 1 refuses more; 0 is none
    std::map<std::string, std::string> annotations;
};

// What this process could pass on (its bounding set): containers and small virtual machines often lack some.
std::uint64_t heldCapabilities();

boost::json::object ociConfig(const ContainerSpec& spec, const OciEnvironment& environment);

// "uid[:gid]", or names looked up in the texts of the image's /etc/passwd and /etc/group. NotFound for an unknown name.
Result<NumericUser> resolveUser(const std::string& user, const std::string& passwd, const std::string& group);

}  // namespace kubarium::kubelet
