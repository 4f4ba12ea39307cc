#include "core/kubelet/runtime/oci_config.h"

#include "core/kubelet/runtime/seccomp.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <sstream>

#include <sys/prctl.h>

namespace kubarium::kubelet {
namespace {

namespace json = boost::json;

constexpr std::int64_t cpuPeriod = 100'000;

// What containerd gives to an unprivileged container.
const std::set<std::string> defaultCapabilities{
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
    "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"};
// By their number (capability.h).
constexpr std::array<const char*, 41> knownCapabilities{
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
    "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE"};

std::string capabilityName(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    return name.starts_with("CAP_") ? name : "CAP_" + name;
}

std::set<std::string> grantedCapabilities(const ContainerSpec& spec, std::uint64_t held) {
    std::set<std::string> known;
    for (std::size_t i = 0; i < knownCapabilities.size(); ++i)
        if ((held >> i & 1) != 0) known.insert(knownCapabilities[i]);
    const auto all = [](const std::vector<std::string>& names) {
        return std::ranges::any_of(names, [](const auto& name) { return capabilityName(name) == "CAP_ALL"; });
    };
    // In containerd's order: all or nothing first, then what is named.
    auto granted = spec.privileged || all(spec.addCapabilities) ? known : defaultCapabilities;
    if (all(spec.dropCapabilities) && !spec.privileged) granted.clear();
    for (const auto& name : spec.addCapabilities)
        if (known.contains(capabilityName(name))) granted.insert(capabilityName(name));
    for (const auto& name : spec.dropCapabilities)
        if (!spec.privileged) granted.erase(capabilityName(name));
    std::erase_if(granted, [&](const auto& name) { return !known.contains(name); });
    return granted;
}

json::object mount(std::string_view destination, std::string_view type, std::string_view source, std::initializer_list<std::string_view> options) {
    json::array words;
    for (const auto option : options) words.emplace_back(option);
    return {{"destination", destination}, {"type", type}, {"source", source}, {"options", std::move(words)}};
}

json::array mounts(const ContainerSpec& spec, const OciEnvironment& environment) {
    json::array all;
    all.push_back(mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));
    all.push_back(mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=64k"}));
    all.push_back(mount("/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}));
    if (environment.sharedMemory.empty()) all.push_back(mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=64m"}));
    else all.push_back(mount("/dev/shm", "bind", environment.sharedMemory, {"rbind", "nosuid", "noexec", "nodev", "rprivate", "rw"}));
    if (!environment.user) all.push_back(mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
    all.push_back(mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", spec.privileged ? "rw" : "ro"}));
    if (!environment.cgroup.empty())
        all.push_back(mount("/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", spec.privileged ? "rw" : "ro"}));
    // Outer directories first, so that one mount does not hide another.
    auto asked = spec.mounts;
    std::stable_sort(asked.begin(), asked.end(), [](const Mount& a, const Mount& b) {
        return std::count(a.containerPath.begin(), a.containerPath.end(), '/') < std::count(b.containerPath.begin(), b.containerPath.end(), '/');
    });
    for (const auto& one : asked) {
        const std::string_view propagation = one.propagation == "Bidirectional" ? "rshared" : one.propagation == "HostToContainer" ? "rslave" : "rprivate";
        const std::string_view writing = !one.readOnly ? "rw" : one.recursiveReadOnly ? "rro" : "ro";
        all.push_back(mount(one.containerPath, "bind", one.hostPath, {"rbind", propagation, writing}));
    }
    return all;
}

json::object resources(const ContainerSpec& spec, const OciEnvironment& environment) {
    json::object all, cpu{{"period", cpuPeriod}};
    const auto& limits = spec.limits;
    if (limits.cpuQuotaMicroseconds)
        cpu["quota"] = environment.highestCpuQuota > 0 && !environment.cgroupV2 ? std::min(*limits.cpuQuotaMicroseconds, environment.highestCpuQuota)
                                                                               : *limits.cpuQuotaMicroseconds;
    if (limits.cpuShares) cpu["shares"] = std::clamp<std::int64_t>(*limits.cpuShares, 2, 262144);
    all["cpu"] = std::move(cpu);
    if (limits.memoryBytes) {
        json::object memory{{"limit", *limits.memoryBytes}};
        if (environment.swapLimit) memory["swap"] = *limits.memoryBytes;  // memory and swap together: no swap
        all["memory"] = std::move(memory);
        if (environment.cgroupV2) all["unified"] = {{"memory.oom.group", "1"}};
    }
    if (limits.pids) all["pids"] = {{"limit", *limits.pids}};
    return all;
}

json::array namespaces(const OciEnvironment& environment) {
    json::array all;
    all.emplace_back(json::object{{"type", "mount"}});
    // Where version 1 is, containerd leaves the processes the sight of their groups.
    if (environment.cgroupV2 && !environment.cgroup.empty()) all.emplace_back(json::object{{"type", "cgroup"}});
    const auto join = [&](std::string_view type, const std::string& path) {
        json::object entry{{"type", type}};
        if (!path.empty()) entry["path"] = path;
        all.push_back(std::move(entry));
    };
    if (!environment.hostProcesses) join("pid", environment.pidNamespace);
    join("network", environment.networkNamespace);
    join("ipc", environment.ipcNamespace);
    join("uts", environment.utsNamespace);
    return all;
}

json::object process(const ContainerSpec& spec, const OciEnvironment& environment) {
    json::array arguments, variables, groups;
    for (const auto& word : spec.command) arguments.emplace_back(word);
    bool hasPath = false, hasHome = false;
    for (const auto& [name, value] : spec.environment) {
        hasPath = hasPath || name == "PATH";
        hasHome = hasHome || name == "HOME";
        variables.emplace_back(name + "=" + value);
    }
    if (!hasPath) variables.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    // runc does so by itself, crun not for an exec.
    if (!hasHome) variables.emplace_back("HOME=" + environment.as.home);
    if (spec.terminal) variables.emplace_back("TERM=xterm");
    const auto addGroup = [&](std::int64_t group) {
        if (std::ranges::find(groups, json::value(group)) == groups.end()) groups.emplace_back(group);
    };
    // containerd lists the primary group among the supplementary ones.
    addGroup(environment.as.gid);
    if (!spec.strictGroups) std::ranges::for_each(environment.as.groups, addGroup);
    std::ranges::for_each(spec.supplementalGroups, addGroup);
    json::object user{{"uid", environment.as.uid}, {"gid", environment.as.gid}};
    if (!environment.user) user["additionalGids"] = std::move(groups);
    json::array granted;
    for (const auto& name : grantedCapabilities(spec, environment.heldCapabilities)) granted.emplace_back(name);
    json::object process{{"terminal", spec.terminal},
                         {"user", std::move(user)},
                         {"args", std::move(arguments)},
                         {"env", std::move(variables)},
                         {"cwd", spec.workingDirectory.empty() ? "/" : spec.workingDirectory},
                         {"noNewPrivileges", spec.noNewPrivileges},
                         {"capabilities", {{"bounding", granted}, {"effective", granted}, {"permitted", granted}}}};
    if (!environment.user) process["oomScoreAdj"] = std::max(spec.limits.oomScoreAdj, environment.lowestOomScoreAdj);
    return process;
}

std::optional<std::int64_t> toNumber(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

// The numbers of the groups that list a user as a member.
std::vector<std::int64_t> groupsOf(const std::string& user, const std::string& table) {
    std::vector<std::int64_t> all;
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        std::vector<std::string> fields;
        std::istringstream parts(line);
        for (std::string part; std::getline(parts, part, ':');) fields.push_back(part);
        if (fields.size() < 4) continue;
        std::istringstream members(fields[3]);
        for (std::string member; std::getline(members, member, ',');)
            if (const auto number = toNumber(fields[2]); member == user && number) all.push_back(*number);
    }
    return all;
}

// The fields of the line of /etc/passwd or /etc/group whose field `column` is `value`.
std::vector<std::string> findEntry(const std::string& table, std::size_t column, const std::string& value) {
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        std::vector<std::string> fields;
        std::istringstream parts(line);
        for (std::string part; std::getline(parts, part, ':');) fields.push_back(part);
        if (fields.size() > std::max<std::size_t>(column, 2) && fields[column] == value) return fields;
    }
    return {};
}

}  // namespace

std::uint64_t heldCapabilities() {
    std::uint64_t held = 0;
    for (std::size_t i = 0; i < knownCapabilities.size(); ++i)
        if (::prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) held |= std::uint64_t{1} << i;
    return held;
}

json::object ociConfig(const ContainerSpec& spec, const OciEnvironment& environment) {
    json::object annotations;
    for (const auto& [name, value] : environment.annotations) annotations[name] = value;
    json::object host{{"namespaces", namespaces(environment)}, {"resources", resources(spec, environment)}};
    if (!environment.cgroup.empty()) host["cgroupsPath"] = environment.cgroup;
    // Kubernetes: pkg/securitycontext/util.go
    if (!spec.privileged && !spec.unmaskedProc) {
        auto& masked = host["maskedPaths"].emplace_array();
        for (const auto* path : {"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                                 "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"})
            masked.emplace_back(path);
        for (const auto& path : environment.maskedPaths) masked.emplace_back(path);
        host["readonlyPaths"] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
    }
    if (!spec.privileged && spec.seccomp != ContainerSpec::Seccomp::Unconfined)
        host["seccomp"] = spec.seccomp == ContainerSpec::Seccomp::Localhost ? environment.seccomp : defaultSeccomp(grantedCapabilities(spec, environment.heldCapabilities));
    return {{"ociVersion", "1.0.0"},
            {"process", process(spec, environment)},
            {"root", {{"path", environment.root}, {"readonly", spec.readOnlyRootFilesystem}}},
            {"mounts", mounts(spec, environment)},
            {"annotations", std::move(annotations)},
            {"linux", std::move(host)}};
}

Result<NumericUser> resolveUser(const std::string& user, const std::string& passwd, const std::string& group) {
    NumericUser resolved;
    const auto colon = user.find(':');
    const auto name = user.empty() ? "0" : user.substr(0, colon);
    if (const auto number = toNumber(name)) {
        resolved.uid = *number;
        const auto entry = findEntry(passwd, 2, name);
        if (entry.size() > 3 && !user.empty()) resolved.gid = toNumber(entry[3]).value_or(0);
        if (entry.size() > 5 && !entry[5].empty()) resolved.home = entry[5];
        if (!entry.empty()) resolved.groups = groupsOf(entry[0], group);
    } else {
        const auto entry = findEntry(passwd, 0, name);
        if (entry.size() < 4) return makeError(Reason::NotFound, "unable to find user " + name + ": no matching entries in passwd file");
        resolved.uid = toNumber(entry[2]).value_or(0);
        resolved.gid = toNumber(entry[3]).value_or(0);
        if (entry.size() > 5 && !entry[5].empty()) resolved.home = entry[5];
        resolved.groups = groupsOf(name, group);
    }
    if (colon == std::string::npos) return resolved;
    const auto groupName = user.substr(colon + 1);
    if (const auto number = toNumber(groupName)) {
        resolved.gid = *number;
        return resolved;
    }
    const auto entry = findEntry(group, 0, groupName);
    if (entry.size() < 3) return makeError(Reason::NotFound, "unable to find group " + groupName + ": no matching entries in group file");
    resolved.gid = toNumber(entry[2]).value_or(0);
    return resolved;
}

}  // namespace kubarium::kubelet
