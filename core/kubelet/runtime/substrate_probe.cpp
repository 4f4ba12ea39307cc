#include "core/kubelet/runtime/substrate_probe.h"

#include "core/kubelet/runtime/cgroups.h"
#include "core/kubelet/runtime/descriptor.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;
using Kind = SubstrateFinding::Kind;

std::string findProgram(const std::string& name) {
    const char* path = ::getenv("PATH");
    std::istringstream directories(std::string(path != nullptr ? path : "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin");
    for (std::string directory; std::getline(directories, directory, ':');) {
        const auto candidate = directory + "/" + name;
        struct stat status{};
        if (!directory.empty() && ::access(candidate.c_str(), X_OK) == 0 && ::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode))
            return candidate;
    }
    return {};
}

// What a program prints, with its exit status; "" and -1 if it cannot be run.
std::pair<int, std::string> outputOf(std::vector<std::string> words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {-1, {}};
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int failure = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) return {-1, {}};
    writing.reset();
    std::string output;
    std::array<char, 4096> bytes;
    for (ssize_t got = 0; (got = ::read(reading.get(), bytes.data(), bytes.size())) > 0;) output.append(bytes.data(), static_cast<std::size_t>(got));
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

// Whether a child process may make the namespaces that the supervisor needs, and use them: AppArmor may allow the making alone.
bool namespacesAllowed(int flags) {
    const auto pid = ::fork();
    if (pid == 0) ::_exit(::unshare(flags) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 ? 0 : 1);
    int status = 1;
    return pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
}

bool fileHasLine(const char* path, const std::string& word) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        for (std::string part; words >> part;)
            if (part == word) return true;
    }
    return false;
}

// The user's range in /etc/subuid as "first count"; "" if there is none that can be used.
std::string subordinateRange() {
    const auto* user = ::getpwuid(::geteuid());
    if (user == nullptr || findProgram("newuidmap").empty() || findProgram("newgidmap").empty()) return {};
    const auto rangeIn = [&](const char* path) {
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);)
            if (line.starts_with(std::string(user->pw_name) + ":")) {
                const auto range = line.substr(line.find(':') + 1);
                if (const auto colon = range.find(':'); colon != std::string::npos) return range.substr(0, colon) + " " + range.substr(colon + 1);
            }
        return std::string();
    };
    const auto uids = rangeIn("/etc/subuid");
    return uids == rangeIn("/etc/subgid") ? uids : std::string();
}

void findRuntime(SubstrateCapabilities& found) {
    for (const auto* name : {"crun", "runc"}) {
        const auto path = findProgram(name);
        if (path.empty()) continue;
        const auto [status, output] = outputOf({path, "--version"});
        const auto word = output.find("version ");
        if (status != 0 || word == std::string::npos) continue;
        const auto begin = word + 8;
        found.runtimePath = path;
        found.runtimeName = name;
        found.runtimeVersion = output.substr(begin, output.find_first_of(" \n", begin) - begin);
        found.findings.push_back({Kind::Good, fmt::format("Containers are run by {} {}.", name, found.runtimeVersion), ""});
        return;
    }
    found.findings.push_back({Kind::Missing, "Neither crun nor runc is installed, so no container can be run.", "sudo apt install crun"});
}

void findNamespaces(SubstrateCapabilities& found) {
    constexpr int namespaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID;
    found.userNamespaces = namespacesAllowed(CLONE_NEWUSER | namespaces);
    if (found.root) {
        if (namespacesAllowed(namespaces)) return;
        found.findings.push_back({Kind::Missing, "This process is root but may not make namespaces: it runs inside a restricted container.",
                                  "Run Kubarium on the computer itself, or start the container with --privileged."});
        return;
    }
    if (found.userNamespaces) {
        found.subordinate = subordinateRange();
        if (found.subordinate.empty())
            found.findings.push_back({Kind::Degraded, "Containers have one user id only: images whose programs change to another user fail.",
                                      "sudo apt install uidmap, and a line for you in /etc/subuid and /etc/subgid"});
        return;
    }
    std::string remedy = "sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000";
    if (fileHasLine("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
        remedy = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (until this computer is started again)";
    found.findings.push_back({Kind::Missing, "This computer does not allow ordinary users to make user namespaces.", remedy});
}

void findCgroups(SubstrateCapabilities& found) {
    const auto mounts = findCgroupMounts();
    found.cgroups = mounts.version == CgroupVersion::V2 ? "v2" : mounts.version == CgroupVersion::None ? "none" : mounts.hybrid ? "hybrid" : "v1";
    if (found.root) {
        std::error_code failure;
        const auto at = mounts.of("memory");
        const auto trial = fs::path(at) / fmt::format("kubarium-probe-{}", ::getpid());
        found.delegation = !at.empty() && fs::create_directory(trial, failure);
        if (found.delegation) ::rmdir(trial.c_str());
    } else if (mounts.version == CgroupVersion::V2 && ::getenv("XDG_RUNTIME_DIR") != nullptr && !findProgram("systemd-run").empty()) {
        const auto [status, controllers] = outputOf({"systemctl", "--user", "show", "--property=DelegateControllers,ControlGroup", "user.slice"});
        const auto group = mounts.unified + fmt::format("/user.slice/user-{0}.slice/user@{0}.service/cgroup.controllers", ::geteuid());
        found.delegation = status == 0 && fileHasLine(group.c_str(), "memory") && fileHasLine(group.c_str(), "cpu");
    }
    if (found.delegation) {
        found.findings.push_back({Kind::Good, "CPU and memory limits are enforced by the kernel.", ""});
        return;
    }
    std::string remedy = "Use a system with cgroup version 2 and systemd, or run as root.";
    if (mounts.version == CgroupVersion::V2)
        remedy = found.root ? "Run Kubarium on the computer itself, not inside a container."
                            : "sudo apt install dbus-user-session, log in again, and start Kubarium from that session";
    found.findings.push_back({Kind::Degraded, "CPU and memory limits of containers are not enforced here: no control group may be made.", remedy});
}

void findNetwork(SubstrateCapabilities& found) {
    found.nft = !findProgram("nft").empty();
    if (!found.nft) found.findings.push_back({Kind::Degraded, "nft is not installed, so Services do not forward connections.", "sudo apt install nftables"});
    found.netem = fs::exists("/sys/module/sch_netem") || [] {
        std::ifstream release("/proc/sys/kernel/osrelease");
        std::string version;
        release >> version;
        return fs::exists("/lib/modules/" + version + "/kernel/net/sched/sch_netem.ko") ||
               fs::exists("/lib/modules/" + version + "/kernel/net/sched/sch_netem.ko.xz") ||
               fs::exists("/lib/modules/" + version + "/kernel/net/sched/sch_netem.ko.zst");
    }();
    found.overlay = fileHasLine("/proc/filesystems", "overlay") || !found.root;
    // The module is loaded at the first mount, even by a user namespace.
    if (!fileHasLine("/proc/filesystems", "overlay")) found.overlay = findProgram("modprobe").empty() || outputOf({"modprobe", "-n", "overlay"}).first == 0;
    if (!found.overlay) found.findings.push_back({Kind::Missing, "The kernel has no overlay file system.", "Use a kernel with CONFIG_OVERLAY_FS."});
}

}  // namespace

std::string toString(SubstrateLevel level) {
    switch (level) {
    case SubstrateLevel::Full: return "full";
    case SubstrateLevel::Unlimited: return "unlimited";
    case SubstrateLevel::Simulated: return "simulated";
    }
    return "simulated";
}

std::string SubstrateCapabilities::sentence() const {
    if (level == SubstrateLevel::Full) return "Containers are real, and their limits are enforced.";
    const auto wanted = level == SubstrateLevel::Unlimited ? Kind::Degraded : Kind::Missing;
    std::string sentence = level == SubstrateLevel::Unlimited ? "Containers are real, but their limits are not enforced on this computer."
                                                              : "Containers cannot be run on this computer, so they are simulated.";
    for (const auto& finding : findings)
        if (finding.kind == wanted) {
            sentence += " " + finding.sentence;
            if (!finding.remedy.empty()) sentence += " Remedy: " + finding.remedy;
            break;
        }
    return sentence;
}

SubstrateCapabilities probeSubstrate() {
    SubstrateCapabilities found;
    found.root = ::geteuid() == 0;
    findRuntime(found);
    findCgroups(found);
    findNamespaces(found);
    findNetwork(found);
    bool missing = false;
    for (const auto& finding : found.findings) missing = missing || finding.kind == Kind::Missing;
    if (!missing) found.level = found.delegation ? SubstrateLevel::Full : SubstrateLevel::Unlimited;
    return found;
}

}  // namespace kubarium::kubelet
