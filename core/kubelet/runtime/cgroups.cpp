#include "core/kubelet/runtime/cgroups.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;

std::string readFile(const fs::path& path) {
    std::ifstream stream(path);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

Result<void> writeFile(const fs::path& path, const std::string& value) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) return internalError(fmt::format("open {}: {}", path.string(), std::strerror(errno)));
    const auto done = ::write(file, value.data(), value.size());
    const int failure = errno;
    ::close(file);
    if (done < 0) return internalError(fmt::format("write {} to {}: {}", value, path.string(), std::strerror(failure)));
    return {};
}

std::int64_t toNumber(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// The number after a key at the start of a line ("oom_kill 3").
std::int64_t valueOf(const std::string& text, std::string_view key) {
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const std::string_view line(text.data() + at, end - at);
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') return toNumber(line.substr(key.size() + 1));
        at = end + 1;
    }
    return 0;
}

// cpu.weight (1..10000) for cpu.shares (2..262144), as the OCI runtimes convert.
std::int64_t weightOfShares(std::int64_t shares) { return 1 + ((std::clamp<std::int64_t>(shares, 2, 262144) - 2) * 9999) / 262142; }

constexpr const char* v1Controllers[] = {"cpu", "cpuacct", "memory", "pids", "freezer"};

void killTree(const fs::path& directory, bool& any) {
    std::error_code ignored;
    std::istringstream processes(readFile(directory / "cgroup.procs"));
    for (pid_t pid = 0; processes >> pid;) {
        any = true;
        if (pid > 0) ::kill(pid, SIGKILL);
    }
    for (const auto& entry : fs::directory_iterator(directory, ignored))
        if (entry.is_directory(ignored)) killTree(entry.path(), any);
}

void removeTree(const fs::path& directory) {
    std::error_code ignored;
    std::vector<fs::path> children;
    for (const auto& entry : fs::directory_iterator(directory, ignored))
        if (entry.is_directory(ignored)) children.push_back(entry.path());
    for (const auto& child : children) removeTree(child);
    // The kernel needs a moment after the last process is gone.
    for (int i = 0; i < 50 && ::rmdir(directory.c_str()) != 0 && errno == EBUSY; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

std::string CgroupMounts::of(const std::string& controller) const {
    if (version == CgroupVersion::V2) return unified;
    for (const auto& known : controllers)
        if (known.name == controller) return known.mountPoint;
    return {};
}

CgroupMounts findCgroupMounts() {
    CgroupMounts found;
    std::istringstream mounts(readFile("/proc/self/mountinfo"));
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::vector<std::string> fields;
        for (std::string word; words >> word;) fields.push_back(word);
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        if (fields.size() < 5 || fields.end() - dash < 4) continue;
        const auto& type = *(dash + 1);
        if (type == "cgroup2") found.unified = fields[4];
        if (type != "cgroup") continue;
        found.hierarchies.push_back(fields[4]);
        std::istringstream options(*(dash + 3));
        for (std::string option; std::getline(options, option, ',');) found.controllers.push_back({option, fields[4]});
    }
    if (!found.of("memory").empty() || !found.of("cpu").empty()) {
        found.version = CgroupVersion::V1;
        found.hybrid = !found.unified.empty();
    } else if (!found.unified.empty()) {
        found.version = CgroupVersion::V2;
        found.hierarchies = {found.unified};
    }
    return found;
}

std::string ownUnifiedGroup() {
    std::istringstream groups(readFile("/proc/self/cgroup"));
    for (std::string line; std::getline(groups, line);)
        if (line.starts_with("0::")) return line.substr(3);
    return "/";
}

fs::path Cgroups::directory(const std::string& controller, const std::string& group) const {
    const auto mountPoint = mounts_.of(controller);
    if (mountPoint.empty()) return {};
    return fs::path(mountPoint + base_) / group;
}

bool Cgroups::swapLimit() const {
    if (version() == CgroupVersion::V1) return fs::exists(directory("memory", "") / "memory.memsw.limit_in_bytes");
    if (version() == CgroupVersion::V2) return fs::exists(directory("memory", "") / "memory.swap.max");
    return false;
}

Result<void> Cgroups::enableControllers(const fs::path& at) const {
    return writeFile(at / "cgroup.subtree_control", "+cpu +memory +pids");
}

Result<void> Cgroups::create(const std::string& group) {
    const auto make = [](const fs::path& at) -> Result<void> {
        std::error_code failure;
        fs::create_directories(at, failure);
        if (failure) return internalError(fmt::format("mkdir {}: {}", at.string(), failure.message()));
        return {};
    };
    if (version() == CgroupVersion::V2) {
        const auto at = directory("", group);
        TRY(make(at));
        return enableControllers(at);
    }
    if (version() == CgroupVersion::V1)
        for (const auto* controller : v1Controllers)
            if (const auto at = directory(controller, group); !at.empty()) TRY(make(at));
    return {};
}

Result<void> Cgroups::limit(const std::string& group, const ResourceLimits& limits) {
    constexpr std::int64_t period = 100'000;
    if (version() == CgroupVersion::V2) {
        const auto at = directory("", group);
        const auto number = [](const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : std::string("max"); };
        TRY(writeFile(at / "cpu.max", fmt::format("{} {}", number(limits.cpuQuotaMicroseconds), period)));
        if (limits.cpuShares) TRY(writeFile(at / "cpu.weight", std::to_string(weightOfShares(*limits.cpuShares))));
        TRY(writeFile(at / "memory.max", number(limits.memoryBytes)));
        if (limits.memoryBytes && swapLimit()) TRY(writeFile(at / "memory.swap.max", "0"));
        return writeFile(at / "pids.max", number(limits.pids));
    }
    if (version() != CgroupVersion::V1) return {};
    if (const auto at = directory("cpu", group); !at.empty()) {
        TRY(writeFile(at / "cpu.cfs_quota_us", std::to_string(limits.cpuQuotaMicroseconds.value_or(-1))));
        if (limits.cpuShares) TRY(writeFile(at / "cpu.shares", std::to_string(*limits.cpuShares)));
    }
    if (const auto at = directory("memory", group); !at.empty()) {
        // Memory may not exceed memory + swap at any moment: the order depends on the direction.
        const auto value = std::to_string(limits.memoryBytes.value_or(-1));
        const bool swap = swapLimit();
        if (swap) (void)writeFile(at / "memory.memsw.limit_in_bytes", value);
        TRY(writeFile(at / "memory.limit_in_bytes", value));
        if (swap) TRY(writeFile(at / "memory.memsw.limit_in_bytes", value));
    }
    if (const auto at = directory("pids", group); !at.empty())
        TRY(writeFile(at / "pids.max", limits.pids ? std::to_string(*limits.pids) : "max"));
    return {};
}

void Cgroups::remove(const std::string& group) {
    for (const auto& hierarchy : mounts_.hierarchies) removeTree(fs::path(hierarchy + base_) / group);
}

bool Cgroups::kill(const std::string& group, int tries) {
    if (version() == CgroupVersion::None) return true;
    for (int i = 0; i < tries; ++i) {
        bool any = false;
        if (version() == CgroupVersion::V2) {
            const auto at = directory("", group);
            (void)writeFile(at / "cgroup.kill", "1");
            any = readFile(at / "cgroup.events").find("populated 1") != std::string::npos;
        } else {
            (void)writeFile(directory("freezer", group) / "freezer.state", "THAWED");
            for (const auto& hierarchy : mounts_.hierarchies) killTree(fs::path(hierarchy + base_) / group, any);
        }
        if (!any) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
}

std::int64_t Cgroups::readNumber(const std::string& group, const std::string& controller, const std::string& file) const {
    const auto at = directory(controller, group);
    return at.empty() ? 0 : toNumber(readFile(at / file));
}

Usage Cgroups::usage(const std::string& group) const {
    Usage usage;
    if (version() == CgroupVersion::V2) {
        const auto at = directory("", group);
        usage.cpuNanoseconds = valueOf(readFile(at / "cpu.stat"), "usage_usec") * 1000;
        usage.memoryWorkingSetBytes = toNumber(readFile(at / "memory.current")) - valueOf(readFile(at / "memory.stat"), "inactive_file");
        usage.processes = toNumber(readFile(at / "pids.current"));
    } else if (version() == CgroupVersion::V1) {
        usage.cpuNanoseconds = readNumber(group, "cpuacct", "cpuacct.usage");
        const auto memory = directory("memory", group);
        usage.memoryWorkingSetBytes =
            toNumber(readFile(memory / "memory.usage_in_bytes")) - valueOf(readFile(memory / "memory.stat"), "total_inactive_file");
        usage.processes = readNumber(group, "pids", "pids.current");
    }
    usage.memoryWorkingSetBytes = std::max<std::int64_t>(usage.memoryWorkingSetBytes, 0);
    return usage;
}

std::int64_t Cgroups::oomKills(const std::string& group) const {
    if (version() == CgroupVersion::V2) return valueOf(readFile(directory("", group) / "memory.events"), "oom_kill");
    if (version() == CgroupVersion::V1) return valueOf(readFile(directory("memory", group) / "memory.oom_control"), "oom_kill");
    return 0;
}

}  // namespace kubarium::kubelet
