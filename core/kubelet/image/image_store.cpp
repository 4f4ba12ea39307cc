#include "core/kubelet/image/image_store.h"

#include "core/base/log.h"
#include "core/kubelet/image/image_archive.h"
#include "core/kubelet/image/image_name.h"
#include "core/kubelet/runtime/descriptor.h"
#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

json::array toArray(const std::vector<std::string>& words) {
    json::array all;
    for (const auto& word : words) all.emplace_back(word);
    return all;
}

json::object toJson(const ImageInfo& image) {
    return {{"id", image.id}, {"names", toArray(image.names)}, {"sizeBytes", image.sizeBytes}, {"entrypoint", toArray(image.entrypoint)},
            {"command", toArray(image.command)}, {"environment", toArray(image.environment)}, {"workingDirectory", image.workingDirectory},
            {"user", image.user}, {"stopSignal", image.stopSignal}};
}

ImageInfo fromJson(const json::object& from) {
    return {wire::text(from, "id"), wire::texts(from, "names"), wire::number(from, "sizeBytes"), wire::texts(from, "entrypoint"),
            wire::texts(from, "command"), wire::texts(from, "environment"), wire::text(from, "workingDirectory"), wire::text(from, "user"),
            wire::text(from, "stopSignal")};
}

bool isPattern(const std::string& name) { return name.ends_with(":*"); }

// Held while a writer changes the store.
class StoreLock {
public:
    explicit StoreLock(const fs::path& directory) : file_(::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        if (file_) ::flock(file_.get(), LOCK_EX);
    }

private:
    Descriptor file_;
};

// A directory that goes away with its owner.
class TemporaryDirectory {
public:
    explicit TemporaryDirectory(const fs::path& parent) {
        auto pattern = (parent / "loading-XXXXXX").string();
        if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

// What failed because there is no room left is told with what makes room; asked while everything that was written is still there.
Error withRemedy(Error error, const fs::path& directory) {
    constexpr std::uintmax_t hardlyAny = 1 << 20;
    std::error_code failure;
    const auto space = fs::space(directory, failure);
    const bool quota = error.message.ends_with(std::strerror(EDQUOT));
    if (failure || (space.available >= hardlyAny && !quota)) return error;
    error.message += fmt::format(". Images are unpacked into {}, {}: forget clusters that are not needed ('kubarium down --purge --name NAME' takes their images and volumes along), "
                                 "remove images (kubarium image list, kubarium image remove), delete other files there, or keep clusters where there is room (--state DIR)",
                                 directory.string(), quota ? "where you have used up your quota" : fmt::format("whose disk has {} KiB of {} MiB free", space.available >> 10, space.capacity >> 20));
    return error;
}

// What containers get mounted; made here, because the store is never written again.
void makeMountPoints(const fs::path& root) {
    std::error_code ignored;
    for (const auto* name : {"proc", "sys", "dev", "etc", "tmp", "run", "var"})
        if (!fs::exists(fs::symlink_status(root / name, ignored))) fs::create_directory(root / name, ignored);
    for (const auto* name : {"etc/hosts", "etc/hostname", "etc/resolv.conf"})
        if (fs::is_directory(fs::symlink_status(root / "etc", ignored)) && !fs::exists(fs::symlink_status(root / name, ignored)))
            std::ofstream(root / name).flush();
    if (fs::is_directory(fs::symlink_status(root / "tmp", ignored)))
        fs::permissions(root / "tmp", fs::perms::all | fs::perms::sticky_bit, ignored);
    fs::permissions(root, fs::perms(0755), ignored);
}

}  // namespace

Result<std::unique_ptr<ImageStore>> ImageStore::open(const fs::path& directory) {
    std::error_code failure;
    fs::create_directories(directory, failure);
    const auto canonical = fs::canonical(directory, failure);
    if (failure) return internalError(fmt::format("{}: {}", directory.string(), failure.message()));
    return std::unique_ptr<ImageStore>(new ImageStore(canonical));
}

fs::path ImageStore::rootOf(const std::string& id) const {
    return directory_ / (id.starts_with("sha256:") ? id.substr(7) : id) / "rootfs";
}

void ImageStore::refresh() const {
    std::error_code failure;
    const auto written = fs::last_write_time(directory_ / "index.json", failure);
    if (failure || written == read_) return;
    std::ifstream file(directory_ / "index.json", std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    const auto value = json::parse(content, failure);
    if (failure || !value.is_array()) return;
    read_ = written;
    images_.clear();
    idOfName_.clear();
    for (const auto& entry : value.get_array()) {
        if (!entry.is_object()) continue;
        auto image = fromJson(entry.get_object());
        for (const auto& name : image.names) idOfName_[name] = image.id;
        images_.emplace(image.id, std::move(image));
    }
}

Result<void> ImageStore::save(const std::map<std::string, ImageInfo>& images) {
    json::array all;
    for (const auto& [id, image] : images) all.emplace_back(toJson(image));
    const auto path = directory_ / "index.json", fresh = directory_ / "index.json.new";
    {
        std::ofstream file(fresh, std::ios::binary);
        file << json::serialize(all);
        file.close();
        if (!file) return internalError("write " + fresh.string() + " failed");
    }
    std::error_code failure;
    fs::rename(fresh, path, failure);
    if (failure) return internalError(fmt::format("{}: {}", path.string(), failure.message()));
    read_ = {};
    return {};
}

std::optional<ImageInfo> ImageStore::find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    refresh();
    auto id = name;
    if (!images_.contains(id)) {
        const auto full = fullImageName(name);
        auto it = idOfName_.find(full);
        if (it == idOfName_.end() && full.find('@') == std::string::npos) it = idOfName_.find(full.substr(0, full.rfind(':')) + ":*");
        if (it != idOfName_.end()) id = it->second;
        else if (const auto at = name.find('@'); at != std::string::npos) id = name.substr(at + 1);
    }
    const auto it = images_.find(id);
    if (it == images_.end()) return std::nullopt;
    auto image = it->second;
    std::erase_if(image.names, isPattern);
    return image;
}

std::vector<ImageInfo> ImageStore::list() const {
    const std::lock_guard lock(mutex_);
    refresh();
    std::vector<ImageInfo> all;
    for (auto [id, image] : images_) {
        std::erase_if(image.names, isPattern);
        all.push_back(std::move(image));
    }
    return all;
}

Result<std::vector<ImageInfo>> ImageStore::load(const fs::path& archive, const std::string& name) {
    const StoreLock store(directory_);
    const TemporaryDirectory work(directory_);
    if (work.path().empty()) return withRemedy(internalError("no directory can be made in " + directory_.string()), directory_);
    auto loaded = unpack(archive, name, work.path());
    if (!loaded) return withRemedy(std::move(loaded.error()), directory_);
    return loaded;
}

Result<std::vector<ImageInfo>> ImageStore::unpack(const fs::path& archive, const std::string& name, const fs::path& work) {
    const auto parts = work / "parts";
    std::error_code failure;
    fs::create_directory(parts, failure);
    UnpackLimits budget;
    const auto files = TRY(ArchiveFiles::open(archive, parts, budget));
    auto found = TRY(readImages(files));
    if (!name.empty() && found.size() != 1) return badRequest("the archive holds several images, so one name for it is not enough");

    std::map<std::string, ImageInfo> images;
    {
        const std::lock_guard lock(mutex_);
        read_ = {};
        refresh();
        images = images_;
    }
    std::vector<ImageInfo> loaded;
    for (auto& image : found) {
        if (!name.empty()) image.info.names = {name};
        for (auto& each : image.info.names) each = fullImageName(each);
        if (!images.contains(image.info.id)) {
            const auto root = work / image.info.id.substr(7) / "rootfs";
            fs::create_directories(root, failure);
            const auto before = budget.bytes;
            for (std::size_t i = 0; i < image.layers.size(); ++i) {
                const auto layer = TRY(files.path(image.layers[i]));
                TRY(unpackLayer(layer, root, image.digests[i], image.diffIds[i], budget));
            }
            makeMountPoints(root);
            image.info.sizeBytes = before - budget.bytes;
            fs::remove_all(rootOf(image.info.id).parent_path(), failure);
            fs::rename(root.parent_path(), rootOf(image.info.id).parent_path(), failure);
            if (failure) return internalError("rename " + root.string() + ": " + failure.message());
        } else {
            auto names = images[image.info.id].names;
            names.insert(names.end(), image.info.names.begin(), image.info.names.end());
            std::sort(names.begin(), names.end());
            names.erase(std::unique(names.begin(), names.end()), names.end());
            image.info = images[image.info.id];
            image.info.names = std::move(names);
        }
        // A name belongs to the image that was loaded last.
        for (auto& [id, other] : images)
            std::erase_if(other.names, [&](const auto& each) { return std::find(image.info.names.begin(), image.info.names.end(), each) != image.info.names.end(); });
        images.insert_or_assign(image.info.id, image.info);
        loaded.push_back(image.info);
    }
    const std::lock_guard lock(mutex_);
    TRY(save(images));
    return loaded;
}

Result<void> ImageStore::loadBuiltIn(const fs::path& directory) {
    std::error_code failure;
    std::vector<fs::path> archives;
    for (const auto& entry : fs::directory_iterator(directory, failure))
        if (entry.path().extension() == ".tar") archives.push_back(entry.path());
    if (failure) return makeError(Reason::NotFound, fmt::format("the built-in images are not in {}: the program is to stay in bin/ beside share/, as scripts/build leaves it", directory.string()));
    std::sort(archives.begin(), archives.end());
    for (const auto& archive : archives) {
        // A mark says which archive was loaded, so that a start does not unpack it to find out.
        struct stat status{};
        if (::stat(archive.c_str(), &status) != 0) continue;
        const auto mark = directory_ / ("builtin-" + archive.stem().string());
        const auto wanted = fmt::format("{} {}.{}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
        std::string present;
        std::getline(std::ifstream(mark) >> std::ws, present);
        if (present == wanted) continue;
        TRY(load(archive));
        std::ofstream(mark) << wanted;
    }
    return {};
}

Result<void> ImageStore::remove(const std::string& name) {
    const StoreLock store(directory_);
    const std::lock_guard lock(mutex_);
    read_ = {};
    refresh();
    const auto full = fullImageName(name);
    const auto it = idOfName_.find(full);
    if (it == idOfName_.end()) return makeError(Reason::NotFound, "there is no image " + full);
    auto images = images_;
    auto& image = images.at(it->second);
    std::erase(image.names, full);
    const auto id = image.id;
    const bool last = image.names.empty();
    if (last) images.erase(id);
    TRY(save(images));
    std::error_code ignored;
    if (last) fs::remove_all(rootOf(id).parent_path(), ignored);
    return {};
}

fs::path builtInImages(const fs::path& program) {
    std::error_code failure;
    const auto prefix = fs::canonical(program, failure).parent_path().parent_path();
    for (const auto* place : {"share/kubarium/images", "share/images"})
        if (fs::is_directory(prefix / place, failure)) return prefix / place;
    return prefix / "share/kubarium/images";
}

}  // namespace kubarium::kubelet
