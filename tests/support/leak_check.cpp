#include "tests/support/leak_check.h"

#include "core/kubelet/runtime/supervisor.h"

#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace kubarium::testing {
namespace {

namespace fs = std::filesystem;

// Also of files that vanish while they are read.
std::string readFile(const fs::path& path) {
    std::string content;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return content;
    char bytes[8192];
    for (ssize_t got = 0; (got = ::read(file, bytes, sizeof bytes)) > 0;) content.append(bytes, static_cast<std::size_t>(got));
    ::close(file);
    return content;
}

bool isNumber(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos; }

// The names in a directory; of one that vanishes, what was seen.
std::vector<std::string> namesIn(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code failure;
    for (fs::directory_iterator each(directory, failure), end; !failure && each != end; each.increment(failure))
        names.push_back(each->path().filename().string());
    return names;
}

}  // namespace

LeakCheck::LeakCheck(fs::path run) : run_(fs::weakly_canonical(run)), before_(look()) {}

std::set<std::string> LeakCheck::look() const {
    std::set<std::string> found;
    std::error_code ignored;
    const auto place = run_.string(), group = kubelet::cgroupNameOf(place);
    for (const auto& pid : namesIn("/proc")) {
        if (!isNumber(pid)) continue;
        const auto process = fs::path("/proc") / pid;
        auto command = readFile(process / "cmdline");
        // A supervisor names the directory; a container's root file system is written to below it.
        const bool supervisor = command.find("\"run\":\"" + place + "\"") != std::string::npos;
        if (!supervisor && readFile(process / "cgroup").find(group) == std::string::npos &&
            readFile(process / "mountinfo").find("upperdir=" + place) == std::string::npos)
            continue;
        for (auto& byte : command)
            if (byte == '\0') byte = ' ';
        found.insert("process " + pid + " " + command.substr(0, 100));
    }
    for (const auto& hierarchy : namesIn("/sys/fs/cgroup"))
        if (fs::exists("/sys/fs/cgroup/" + hierarchy + group, ignored)) found.insert("control group " + hierarchy + group);
    if (fs::exists("/sys/fs/cgroup" + group, ignored)) found.insert("control group " + group);
    for (const auto& link : namesIn("/sys/class/net")) found.insert("network link " + link);
    if (readFile("/proc/self/mountinfo").find(place) != std::string::npos) found.insert("a mount below " + place);
    for (const auto* name : {"live", "uppers"})
        if (!namesIn(run_ / name).empty()) found.insert("files in " + (run_ / name).string());
    // The runtimes' copies of themselves (crun.XXXXXX), if one was killed while it made it.
    for (const auto& name : namesIn(fs::temp_directory_path(ignored)))
        if (name.starts_with("crun.") || name.starts_with("runc.")) found.insert("temporary file " + name);
    return found;
}

std::vector<std::string> LeakCheck::leaks() const {
    std::vector<std::string> left;
    for (int i = 0; i < 300; ++i) {
        left.clear();
        for (const auto& each : look())
            if (!before_.contains(each)) left.push_back(each);
        if (left.empty()) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return left;
}

TestDirectory::TestDirectory() {
    auto pattern = (fs::temp_directory_path() / "kubarium-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
}

TestDirectory::~TestDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace kubarium::testing
