#include "core/kubelet/volume_plan.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace kubarium::kubelet {

namespace fs = std::filesystem;

namespace {

Error failed(const std::string& what, const std::string& path) {
    return internalError(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

Result<void> makeDirectory(const std::string& path, int mode) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return internalError(fmt::format("mkdir {}: {}", path, error.message()));
    // The process's umask must not decide.
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return failed("chmod", path);
    return {};
}

Result<void> writeFile(const std::string& path, const VolumeFile& file, const std::optional<std::int64_t>& group) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return failed("open", path);
    std::size_t written = 0;
    while (written < file.data.size()) {
        const auto count = ::write(fd, file.data.data() + written, file.data.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            auto error = failed("write", path);
            ::close(fd);
            return error;
        }
        written += static_cast<std::size_t>(count);
    }
    // With fsGroup the group may read what its owner may.
    const auto mode = static_cast<mode_t>(group ? file.mode | ((file.mode & 0600) >> 3) : file.mode);
    if (group) (void)!::fchown(fd, static_cast<uid_t>(-1), static_cast<gid_t>(*group));
    (void)!::fchmod(fd, mode);
    ::close(fd);
    return {};
}

std::optional<std::string> contentOf(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

bool unchanged(const VolumePlan& plan) {
    const auto data = fs::path(plan.path) / "..data";
    std::error_code error;
    if (!fs::exists(data, error)) return false;
    std::size_t present = 0;
    for (auto it = fs::recursive_directory_iterator(fs::path(data) / "", error); !error && it != fs::recursive_directory_iterator(); it.increment(error))
        if (it->is_regular_file(error)) ++present;
    if (present != plan.files.size()) return false;
    for (const auto& [name, file] : plan.files)
        if (contentOf(data / name) != file.data) return false;
    return true;
}

// Kubernetes' atomic writer: new directory, new link, rename over ..data, then the links that users see.
Result<void> writeFiles(const VolumePlan& plan, const std::string& timestamp) {
    TRY(makeDirectory(plan.path, 0777));
    if (plan.group) (void)!::chown(plan.path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(*plan.group));
    if (unchanged(plan)) return {};
    const fs::path root(plan.path);
    std::error_code error;
    const auto before = fs::read_symlink(root / "..data", error);
    auto name = ".." + timestamp;
    for (int i = 0; fs::exists(root / name, error); ++i) name = fmt::format("..{}.{}", timestamp, i);
    TRY(makeDirectory((root / name).string(), 0755));
    for (const auto& [path, file] : plan.files) {
        const auto target = root / name / path;
        if (target.parent_path() != root / name) TRY(makeDirectory(target.parent_path().string(), 0755));
        TRY(writeFile(target.string(), file, plan.group));
    }
    fs::remove(root / "..data_tmp", error);
    if (::symlink(name.c_str(), (root / "..data_tmp").c_str()) != 0) return failed("symlink", (root / "..data_tmp").string());
    if (::rename((root / "..data_tmp").c_str(), (root / "..data").c_str()) != 0) return failed("rename", (root / "..data").string());
    std::set<std::string> visible;
    for (const auto& [path, file] : plan.files) visible.insert(fs::path(path).begin()->string());
    for (const auto& entry : visible)
        if (!fs::is_symlink(root / entry, error)) (void)!::symlink(("..data/" + entry).c_str(), (root / entry).c_str());
    for (const auto& entry : fs::directory_iterator(root, error)) {
        const auto base = entry.path().filename().string();
        if (!base.starts_with("..") && !visible.contains(base)) fs::remove(entry.path(), error);
    }
    if (!before.empty()) fs::remove_all(root / before, error);
    return {};
}

Result<void> checkHostPath(const VolumePlan& plan) {
    const auto& type = plan.hostPathType;
    struct stat info {};
    const bool exists = ::stat(plan.path.c_str(), &info) == 0;
    const auto fail = [&](const char* what) {
        return badRequest(fmt::format("hostPath type check failed: {} is not a {}", plan.path, what));
    };
    if (type.empty()) {
        // As container runtimes do with a mount source that does not exist.
        if (!exists) return makeDirectory(plan.path, 0755);
        return {};
    }
    if (type == "DirectoryOrCreate" && !exists) return makeDirectory(plan.path, 0755);
    if (type == "FileOrCreate" && !exists) return writeFile(plan.path, {}, std::nullopt);
    if (type.starts_with("Directory") && !(exists && S_ISDIR(info.st_mode))) return fail("directory");
    if (type.starts_with("File") && !(exists && S_ISREG(info.st_mode))) return fail("file");
    if (type == "Socket" && !(exists && S_ISSOCK(info.st_mode))) return fail("socket file");
    if (type == "CharDevice" && !(exists && S_ISCHR(info.st_mode))) return fail("character device");
    if (type == "BlockDevice" && !(exists && S_ISBLK(info.st_mode))) return fail("block device");
    return {};
}

Result<void> giveToGroup(const VolumePlan& plan) {
    if (!plan.group) return {};
    if (::chown(plan.path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(*plan.group)) != 0) return failed("chown", plan.path);
    // New files take the group over.
    if (::chmod(plan.path.c_str(), static_cast<mode_t>(plan.directoryMode) | S_ISGID) != 0) return failed("chmod", plan.path);
    return {};
}

// Never made here: an empty directory instead of lost data would be a lie.
Result<void> checkProvisioned(const VolumePlan& plan) {
    struct stat info {};
    if (::lstat(plan.path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return badRequest(fmt::format("the directory of the volume is gone: {}", plan.path));
    return giveToGroup(plan);
}

}  // namespace

Result<void> carryOut(const VolumePlan& plan, const std::string& timestamp) {
    switch (plan.kind) {
        case VolumePlan::Kind::Files: return writeFiles(plan, timestamp);
        case VolumePlan::Kind::HostPath: return checkHostPath(plan);
        case VolumePlan::Kind::Provisioned: return checkProvisioned(plan);
        case VolumePlan::Kind::Directory: break;
    }
    std::error_code error;
    if (fs::exists(plan.path, error)) return {};
    TRY(makeDirectory(plan.path, plan.directoryMode));
    return giveToGroup(plan);
}

}  // namespace kubarium::kubelet
