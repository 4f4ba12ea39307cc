// The seccomp profile RuntimeDefault: which system calls a container may not make. What it is, is up to the runtime; containerd,
// Docker and podman agree in substance: nothing that reaches past the container (modules, mounts, namespaces, clocks, tracing by
// kernel programs, keys), unless a capability was granted that is for just that. Pure.
#pragma once

#include <boost/json/object.hpp>

#include <set>
#include <string>

namespace kubarium::kubelet {

// `linux.seccomp` of the OCI runtime specification for a container with these capabilities ("CAP_SYS_ADMIN", ...). Refused calls
// fail with EPERM; clone3, whose flags a filter cannot see, with ENOSYS, so that libraries fall back to clone.
boost::json::object defaultSeccomp(const std::set<std::string>& capabilities);

}  // namespace kubarium::kubelet
