#include "core/kubelet/runtime/supervisor.h"

#include "core/kubelet/network/cluster_network.h"
#include "core/kubelet/runtime/cgroups.h"
#include "core/kubelet/runtime/container_table.h"
#include "core/kubelet/runtime/frame_channel.h"
#include "core/kubelet/runtime/keyed_jobs.h"
#include "core/kubelet/runtime/process_table.h"
#include "core/kubelet/runtime/supervisor_requests.h"
#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;

Result<void> writeText(const std::string& path, const std::string& text) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || ::write(file.get(), text.data(), text.size()) < 0) return systemError("write " + path);
    return {};
}

// What an earlier supervisor of this cluster left, if it could not clean up itself.
void sweep(const SupervisorConfig& config, Cgroups& cgroups) {
    std::error_code ignored;
    if (!config.delegated && config.limits && !cgroups.base().empty()) {
        (void)cgroups.kill("");
        cgroups.remove("");
    }
    fs::remove_all(config.run + "/uppers", ignored);
    fs::remove_all(config.run + "/live", ignored);
}

// The lock tells a supervisor that still ends from one that is gone.
Result<Descriptor> lock(const std::string& run) {
    Descriptor file(::open((run + "/supervisor.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return systemError("open " + run + "/supervisor.lock");
    for (int i = 0; i < 500; ++i) {
        if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return makeError(Reason::Conflict, "another supervisor is running in " + run);
}

Result<void> makeUserNamespace(const SupervisorConfig& config) {
    const auto uid = ::geteuid(), gid = ::getegid();
    // newuidmap must be run by somebody outside, on a process that is already inside: a helper waits for us to get there.
    int ready[2] = {-1, -1};
    pid_t helper = 0;
    if (!config.subordinate.empty()) {
        if (::pipe2(ready, O_CLOEXEC) != 0) return systemError("pipe");
        const auto self = std::to_string(::getpid()), space = fmt::format(" {} 1 1 {}", uid, config.subordinate);
        helper = ::fork();
        if (helper == 0) {
            char byte = 0;
            ::close(ready[1]);
            if (::read(ready[0], &byte, 1) != 1) ::_exit(1);
            const auto command = fmt::format("newuidmap {0} 0 {1} 1 1 {3} && newgidmap {0} 0 {2} 1 1 {3}", self, uid, gid, config.subordinate);
            ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
            ::_exit(1);
        }
    }
    if (::unshare(CLONE_NEWUSER) != 0) return systemError("this computer does not allow user namespaces");
    if (helper > 0) {
        const Descriptor reading(ready[0]), writing(ready[1]);
        int status = 1;
        if (::write(ready[1], "x", 1) != 1 || ::waitpid(helper, &status, 0) != helper || status != 0)
            return internalError("newuidmap failed: see /etc/subuid and /etc/subgid");
    } else {
        TRY(writeText("/proc/self/setgroups", "deny"));
        TRY(writeText("/proc/self/uid_map", fmt::format("0 {} 1", uid)));
        TRY(writeText("/proc/self/gid_map", fmt::format("0 {} 1", gid)));
    }
    return {};
}

// Version 2 forbids processes in a group that has controllers for its children: the supervisor moves into a leaf.
Result<std::string> delegatedGroup(const CgroupMounts& mounts) {
    const auto group = ownUnifiedGroup();
    const auto directory = mounts.unified + group;
    std::error_code ignored;
    fs::create_directories(directory + "/supervisor", ignored);
    TRY(writeText(directory + "/supervisor/cgroup.procs", "0"));
    TRY(writeText(directory + "/cgroup.subtree_control", "+cpu +memory +pids"));
    return group;
}

Result<Cgroups> makeCgroups(const SupervisorConfig& config) {
    if (!config.limits) return Cgroups();
    auto mounts = findCgroupMounts();
    if (mounts.version == CgroupVersion::None) return Cgroups();
    if (config.delegated && mounts.version == CgroupVersion::V2) {
        auto group = TRY(delegatedGroup(mounts));
        return Cgroups(std::move(mounts), std::move(group));
    }
    // At the root of version 2 the controllers must be on for the first level.
    if (mounts.version == CgroupVersion::V2) (void)writeText(mounts.unified + "/cgroup.subtree_control", "+cpu +memory +pids");
    return Cgroups(std::move(mounts), config.base);
}

Result<void> prepareMounts(const SupervisorConfig& config) {
    if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return systemError("make mounts private");
    if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) return systemError("mount /proc");
    if (config.hideUnified && ::mount("none", "/sys/fs/cgroup/unified", "tmpfs", 0, nullptr) != 0)
        return systemError("hide /sys/fs/cgroup/unified");
    std::error_code failure;
    for (const auto* name : {"/live", "/uppers"}) {
        fs::create_directories(config.run + name, failure);
        if (failure) return internalError("mkdir " + config.run + name + ": " + failure.message());
    }
    if (::mount("tmpfs", (config.run + "/live").c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=700") != 0)
        return systemError("mount " + config.run + "/live");
    fs::create_directories(config.run + "/live/runtime", failure);
    fs::create_directories(config.run + "/live/c", failure);
    // crun and runc run from a copy of themselves, made here rather than in /tmp: it goes with this tmpfs if they are killed meanwhile.
    if (::setenv("_LIBCONTAINER_STATEDIR", (config.run + "/live").c_str(), 1) != 0) return systemError("setenv");
    return {};
}

int fail(const Error& error) {
    sendFrame(supervisorSocket, json::serialize(json::object{{"event", "failed"}, {"error", error.message}}));
    return 1;
}

// Stage 2, PID 1: never returns to its caller's caller except at the end of the cluster.
int runCluster(const SupervisorConfig& config, Cgroups cgroups) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "kubarium-super");
    // A write to a pipe or socket whose reader is gone must be an error, not the end of the cluster.
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    const Descriptor children(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));

    if (auto prepared = prepareMounts(config); !prepared) return fail(prepared.error());
    if (auto made = cgroups.create(""); !made) return fail(made.error());
    auto network = ClusterNetwork::create(config.switchAddress);
    if (!network) return fail(network.error());

    // Never destroyed: its threads use it until the process ends, which ends them.
    auto& requests = *new SupervisorRequests(config, std::move(cgroups), std::move(*network), supervisorSocket);
    requests.announce();
    FrameReader reader;
    for (;;) {
        pollfd sources[] = {{supervisorSocket, POLLIN, 0}, {children.get(), POLLIN, 0}};
        if (::poll(sources, 2, -1) < 0 && errno != EINTR) return 1;
        if (sources[1].revents != 0) {
            signalfd_siginfo ignored;
            while (::read(children.get(), &ignored, sizeof ignored) > 0) {
            }
            requests.processes().reap();
        }
        if (sources[0].revents == 0) continue;
        // The engine is gone, or says goodbye by closing: everything ends with this process.
        if (reader.read(supervisorSocket) == FrameReader::State::Closed) return 0;
        while (auto frame = reader.next()) requests.handle(std::move(*frame));
    }
}

// Stage 1 stays outside the PID namespace until stage 2 has ended or the engine is gone, then cleans up.
void waitForEnd(pid_t cluster) {
    const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, cluster, 0)));
    for (;;) {
        pollfd sources[] = {{supervisorSocket, 0, 0}, {handle.get(), POLLIN, 0}};
        if (::poll(sources, 2, -1) < 0 && errno != EINTR) break;
        if ((sources[1].revents | (sources[0].revents & (POLLHUP | POLLERR))) != 0) break;
    }
    ::kill(cluster, SIGKILL);
    int status = 0;
    while (::waitpid(cluster, &status, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace

std::string SupervisorConfig::serialize() const {
    return json::serialize(json::object{{"run", run}, {"base", base}, {"runtime", runtime}, {"pause", pause}, {"crun", crun}, {"user", user}, {"limits", limits},
                                        {"delegated", delegated}, {"hideUnified", hideUnified}, {"switchAddress", switchAddress},
                                        {"subordinate", subordinate}, {"maxLogBytes", maxLogBytes}});
}

SupervisorConfig SupervisorConfig::parse(const std::string& text) {
    SupervisorConfig config;
    boost::system::error_code failure;
    const auto value = json::parse(text, failure);
    if (failure || !value.is_object()) return config;
    const auto& from = value.get_object();
    config.run = wire::text(from, "run");
    config.base = wire::text(from, "base");
    config.runtime = wire::text(from, "runtime");
    config.pause = wire::text(from, "pause");
    config.crun = wire::flag(from, "crun");
    config.user = wire::flag(from, "user");
    config.limits = wire::flag(from, "limits");
    config.delegated = wire::flag(from, "delegated");
    config.hideUnified = wire::flag(from, "hideUnified");
    config.switchAddress = wire::text(from, "switchAddress");
    config.subordinate = wire::text(from, "subordinate");
    config.maxLogBytes = wire::number(from, "maxLogBytes", config.maxLogBytes);
    return config;
}

int supervisorMain(int argc, char** argv) {
    const auto config = SupervisorConfig::parse(argc > 0 ? argv[argc - 1] : "");
    if (config.run.empty() || ::fcntl(supervisorSocket, F_SETFD, FD_CLOEXEC) != 0) {
        fmt::print(stderr, "kubarium supervisor is started by the engine, not by hand\n");
        return 2;
    }
    // Ctrl-C in the engine's terminal reaches the whole process group; the engine decides what ends.
    ::setsid();
    ::umask(022);
    // nft lives in sbin, which ordinary users lack.
    const char* path = ::getenv("PATH");
    ::setenv("PATH", fmt::format("{}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin", path != nullptr ? path : "").c_str(), 1);
    std::error_code failure;
    fs::create_directories(config.run, failure);
    const auto locked = lock(config.run);
    if (!locked) return fail(locked.error());
    auto cgroups = makeCgroups(config);
    if (!cgroups) return fail(cgroups.error());
    sweep(config, *cgroups);
    if (config.user)
        if (auto made = makeUserNamespace(config); !made) return fail(made.error());
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS) != 0) return fail(systemError("new namespaces"));
    const auto cluster = ::fork();
    if (cluster < 0) return fail(systemError("fork"));
    if (cluster == 0) ::_exit(runCluster(config, *cgroups));
    waitForEnd(cluster);
    ::umount2((config.run + "/live").c_str(), MNT_DETACH);
    sweep(config, *cgroups);
    return 0;
}

}  // namespace kubarium::kubelet
