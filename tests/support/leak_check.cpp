#include "tests/support/leak_check.h"

#include <fstream>
#include <iterator>
#include <thread>

#include <unistd.h>

namespace kubarium::testing {
namespace {

namespace fs = std::filesystem;

std::string readFile(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// Supervisors and what descends from them: everything that is not in our PID namespace, and every supervisor in it.
void addProcesses(std::set<std::string>& found) {
    std::error_code ignored;
    const auto own = fs::read_symlink("/proc/self/ns/pid", ignored);
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
        const auto pid = entry.path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
        auto command = readFile(entry.path() / "cmdline");
        for (auto& byte : command)
            if (byte == '\0') byte = ' ';
        const auto space = fs::read_symlink(entry.path() / "ns/pid", ignored);
        if ((!space.empty() && space != own) || command.find(" supervisor {") != std::string::npos)
            found.insert("process " + pid + " " + command.substr(0, 200));
    }
}

void addGroups(std::set<std::string>& found) {
    std::error_code ignored;
    std::vector<fs::path> places{"/sys/fs/cgroup"};
    for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup", ignored)) places.push_back(entry.path());
    for (const auto& place : places)
        for (const auto& entry : fs::directory_iterator(place, ignored))
            if (entry.path().filename().string().starts_with("kubarium")) found.insert("control group " + entry.path().string());
}

}  // namespace

LeakCheck::LeakCheck(fs::path directory) : directory_(std::move(directory)), before_(look()) {}

std::set<std::string> LeakCheck::look() const {
    std::set<std::string> found;
    std::error_code ignored;
    addProcesses(found);
    addGroups(found);
    for (const auto& entry : fs::directory_iterator("/sys/class/net", ignored)) found.insert("network link " + entry.path().filename().string());
    if (directory_.empty()) return found;
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);)
        if (line.find(directory_.string()) != std::string::npos) found.insert("mount " + line);
    for (const auto* name : {"live", "uppers"})
        for (const auto& entry : fs::recursive_directory_iterator(directory_ / "run" / name, fs::directory_options::skip_permission_denied, ignored))
            found.insert("file " + entry.path().string());
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
