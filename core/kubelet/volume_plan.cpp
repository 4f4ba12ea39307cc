#include "core/kubelet/volume_plan.h"

#include "core/base/random.h"
#include "core/kubelet/runtime/descriptor.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
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

constexpr int directoryMode = 0777;

Result<void> makeDirectories(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return internalError(fmt::format("mkdir {}: {}", path, error.message()));
    return {};
}

Result<void> makeDirectory(const std::string& path, int mode) {
    TRY(makeDirectories(path));
    // The process's umask must not decide.
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return failed("chmod", path);
    return {};
}

Result<void> writeFile(const std::string& path, const VolumeFile& file) {
    const Descriptor target(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!target) return failed("open", path);
    for (std::size_t written = 0; written < file.data.size();) {
        const auto count = ::write(target.get(), file.data.data() + written, file.data.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("write", path);
        written += static_cast<std::size_t>(count);
    }
    if (file.owner && ::fchown(target.get(), static_cast<uid_t>(*file.owner), static_cast<gid_t>(-1)) != 0) return failed("chown", path);
    if (::fchmod(target.get(), static_cast<mode_t>(file.mode)) != 0) return failed("chmod", path);
    return {};
}

// Kubernetes: changeFilePermission (pkg/volume/volume_linux.go); what cannot be changed stays as it is.
void giveToGroup(const fs::path& path, std::int64_t group, bool readOnly) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return;
    (void)!::lchown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(group));
    if (S_ISLNK(info.st_mode)) return;
    const mode_t mask = (readOnly ? 0440 : 0660) | (S_ISDIR(info.st_mode) ? S_ISGID | 0110 : 0);
    (void)!::chmod(path.c_str(), (info.st_mode & 07777) | mask);
}

void giveTreeToGroup(const std::string& root, const std::optional<std::int64_t>& group, bool readOnly) {
    if (!group) return;
    std::error_code error;
    for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) giveToGroup(it->path(), *group, readOnly);
    giveToGroup(root, *group, readOnly);
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

// The directory that holds this writing of the files: "..2026_01_02_03_04_05.123456789".
Result<std::string> newTimestampDirectory(const fs::path& root) {
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto stem = fmt::format("..{:%Y_%m_%d_%H_%M_%S}.", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
    SystemRandom random;
    for (;;) {
        auto name = stem + std::to_string(random.below(10'000'000'000));
        if (::mkdir((root / name).c_str(), 0755) == 0) {
            if (::chmod((root / name).c_str(), 0755) != 0) return failed("chmod", (root / name).string());
            return name;
        }
        if (errno != EEXIST) return failed("mkdir", (root / name).string());
    }
}

// The links that users see, and no others: `..data/<first part of each path>`.
Result<void> makeVisible(const VolumePlan& plan) {
    const fs::path root(plan.path);
    std::error_code error;
    std::set<std::string> visible;
    for (const auto& [path, file] : plan.files) visible.insert(fs::path(path).begin()->string());
    for (const auto& entry : visible)
        if (!fs::exists(fs::symlink_status(root / entry, error)) && ::symlink(("..data/" + entry).c_str(), (root / entry).c_str()) != 0)
            return failed("symlink", (root / entry).string());
    for (const auto& entry : fs::directory_iterator(root, error)) {
        const auto base = entry.path().filename().string();
        if (!base.starts_with("..") && !visible.contains(base) && entry.is_symlink(error)) fs::remove(entry.path(), error);
    }
    return {};
}

// Kubernetes' atomic writer (pkg/volume/util/atomic_writer.go): new directory, new link, rename over ..data, then the links that users see.
Result<void> writeFiles(const VolumePlan& plan) {
    const fs::path root(plan.path);
    std::error_code error;
    if (!fs::exists(root, error)) TRY(makeDirectory(plan.path, directoryMode));
    for (const auto& directory : plan.nested) TRY(makeDirectories((root / directory).string()));
    if (unchanged(plan)) return {};
    const auto before = fs::read_symlink(root / "..data", error);
    const auto name = TRY(newTimestampDirectory(root));
    for (const auto& [path, file] : plan.files) {
        const auto target = root / name / path;
        if (target.parent_path() != root / name) TRY(makeDirectories(target.parent_path().string()));
        TRY(writeFile(target.string(), file));
    }
    giveTreeToGroup(plan.path, plan.group, true);
    fs::remove(root / "..data_tmp", error);
    if (::symlink(name.c_str(), (root / "..data_tmp").c_str()) != 0) return failed("symlink", (root / "..data_tmp").string());
    if (::rename((root / "..data_tmp").c_str(), (root / "..data").c_str()) != 0) return failed("rename", (root / "..data").string());
    TRY(makeVisible(plan));
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
    if (type == "FileOrCreate" && !exists) return writeFile(plan.path, {});
    if (type.starts_with("Directory") && !(exists && S_ISDIR(info.st_mode))) return fail("directory");
    if (type.starts_with("File") && !(exists && S_ISREG(info.st_mode))) return fail("file");
    if (type == "Socket" && !(exists && S_ISSOCK(info.st_mode))) return fail("socket file");
    if (type == "CharDevice" && !(exists && S_ISCHR(info.st_mode))) return fail("character device");
    if (type == "BlockDevice" && !(exists && S_ISBLK(info.st_mode))) return fail("block device");
    return {};
}

// Never made here: an empty directory instead of lost data would be a lie.
Result<void> checkProvisioned(const VolumePlan& plan) {
    struct stat info {};
    if (::lstat(plan.path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return badRequest(fmt::format("the directory of the volume is gone: {}", plan.path));
    if (plan.group) giveToGroup(plan.path, *plan.group, false);
    return {};
}

}  // namespace

Result<void> carryOut(const VolumePlan& plan) {
    switch (plan.kind) {
        case VolumePlan::Kind::Files: return writeFiles(plan);
        case VolumePlan::Kind::HostPath: return checkHostPath(plan);
        case VolumePlan::Kind::Provisioned: return checkProvisioned(plan);
        case VolumePlan::Kind::Directory: break;
    }
    std::error_code error;
    if (!plan.memory && fs::exists(plan.path, error)) return {};
    if (!plan.memory) TRY(makeDirectory(plan.path, directoryMode));
    if (plan.group) giveToGroup(plan.path, *plan.group, false);
    return {};
}

}  // namespace kubarium::kubelet
