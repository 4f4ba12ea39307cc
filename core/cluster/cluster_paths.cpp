#include "core/cluster/cluster_paths.h"

#include "core/base/shell_word.h"
#include "core/base/state_directory.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kubarium::cluster {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

bool isDnsLabel(const std::string& name) {
    constexpr std::size_t longest = 40;
    const auto inside = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= longest && std::ranges::all_of(name, inside) && name.front() != '-' && name.back() != '-';
}

struct flock wholeFile() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

}  // namespace

std::string ClusterPaths::flags() const {
    std::string text;
    if (const char* preset = std::getenv("KUBARIUM_NAME"); name != "lab" || (preset && *preset)) text += " --name " + name;
    if (const auto state = directory.parent_path(); state != stateDirectory()) text += " --state " + shellWord(state.string());
    return text;
}

Result<ClusterPaths> clusterPaths(const std::string& name, const fs::path& state) {
    if (!isDnsLabel(name))
        return badRequest(fmt::format("\"{}\" is no name for a cluster: use lower case letters, digits and '-', at most 40, as in lab or demo-2", name));
    return ClusterPaths{name, stateDirectory(state) / name};
}

std::vector<std::string> clusterNames(const fs::path& state) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(stateDirectory(state), error))
        if (entry.is_directory(error) && isDnsLabel(entry.path().filename())) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

Result<ClusterInfo> runningCluster(const ClusterPaths& paths) {
    const auto notRunning = makeError(Reason::NotFound, fmt::format("The cluster \"{0}\" does not run. Start it with: kubarium up{1} --detach", paths.name, paths.flags()));
    const int descriptor = open(paths.lock().c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return notRunning;
    // Asked, not tried: a lock taken here even for an instant would refuse an engine that starts in it.
    struct flock held = wholeFile();
    const bool free = fcntl(descriptor, F_OFD_GETLK, &held) == 0 && held.l_type == F_UNLCK;
    close(descriptor);
    if (free) return notRunning;
    std::ifstream in(paths.info());
    std::ostringstream text;
    text << in.rdbuf();
    boost::system::error_code error;
    const auto value = json::parse(text.str(), error);
    if (error || !value.is_object())
        return makeError(Reason::ServiceUnavailable, fmt::format("The cluster \"{}\" is just starting or stopping. Try again in a second.", paths.name));
    const auto& object = value.get_object();
    const auto string = [&](const char* key) {
        const auto* found = object.if_contains(key);
        return found && found->is_string() ? std::string(found->get_string()) : std::string();
    };
    const auto number = [&](const char* key) {
        const auto* found = object.if_contains(key);
        return found && found->is_int64() ? static_cast<int>(found->get_int64()) : 0;
    };
    return ClusterInfo{number("pid"), number("port"), string("level"), string("levelSentence"), string("startedAt"), string("version")};
}

Result<void> writeClusterInfo(const ClusterPaths& paths, const ClusterInfo& info) {
    const auto text = json::serialize(json::object{{"pid", info.pid}, {"port", info.port}, {"level", info.level}, {"levelSentence", info.levelSentence},
                                                   {"startedAt", info.startedAt}, {"version", info.version}});
    const auto temporary = paths.info().string() + ".new";
    {
        std::ofstream out(temporary, std::ios::trunc);
        out << text << '\n';
        if (!out.flush()) return makeError(Reason::InternalError, fmt::format("cannot write {}: {}", temporary, std::strerror(errno)));
    }
    std::error_code error;
    fs::rename(temporary, paths.info(), error);
    if (error) return makeError(Reason::InternalError, fmt::format("cannot write {}: {}", paths.info().string(), error.message()));
    return {};
}

Result<ClusterLock> ClusterLock::acquire(const ClusterPaths& paths) {
    std::error_code error;
    fs::create_directories(paths.directory, error);
    if (error) return makeError(Reason::Forbidden, fmt::format("cannot make {}: {}. Choose another folder with --state DIR.", paths.directory.string(), error.message()));
    chmod(paths.directory.c_str(), S_IRWXU);
    const int descriptor = open(paths.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return makeError(Reason::Forbidden, fmt::format("cannot open {}: {}", paths.lock().string(), std::strerror(errno)));
    struct flock wanted = wholeFile();
    if (fcntl(descriptor, F_OFD_SETLK, &wanted) != 0) {
        close(descriptor);
        return makeError(Reason::Conflict, fmt::format("The cluster \"{0}\" already runs. See it with: kubarium status{1}", paths.name, paths.flags()));
    }
    return ClusterLock(descriptor);
}

ClusterLock::~ClusterLock() {
    if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace kubarium::cluster
