// Applying one layer of an image to a directory; see image_archive.h.
#include "core/kubelet/image/image_archive.h"
#include "core/kubelet/runtime/descriptor.h"

#include <fmt/format.h>

#include <archive.h>
#include <archive_entry.h>
#include <linux/openat2.h>
#include <openssl/evp.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

namespace kubarium::kubelet {

namespace {

namespace fs = std::filesystem;

Error systemError(const std::string& what) { return internalError(what + ": " + std::strerror(errno)); }


// Decompresses a layer as a stream: the raw bytes of the tar, for hashing and for the tar reader above.
class LayerStream {
public:
    static Result<std::unique_ptr<LayerStream>> open(const fs::path& path) {
        std::unique_ptr<LayerStream> stream(new LayerStream());
        ::archive_read_support_filter_all(stream->raw_);
        ::archive_read_support_format_raw(stream->raw_);
        ::archive_read_support_format_empty(stream->raw_);
        if (::archive_read_open_filename(stream->raw_, path.c_str(), 65536) != ARCHIVE_OK) return badRequest("a layer cannot be read");
        archive_entry* entry = nullptr;
        stream->empty_ = ::archive_read_next_header(stream->raw_, &entry) != ARCHIVE_OK;
        ::EVP_DigestInit_ex(stream->digest_, ::EVP_sha256(), nullptr);
        ::archive_read_support_format_tar(stream->tar_);
        ::archive_read_support_format_empty(stream->tar_);
        if (::archive_read_open(stream->tar_, stream.get(), nullptr, &LayerStream::read, nullptr) != ARCHIVE_OK)
            return badRequest("a layer is not a tar file");
        return stream;
    }
    ~LayerStream() {
        ::archive_read_free(tar_);
        ::archive_read_free(raw_);
        ::EVP_MD_CTX_free(digest_);
    }
    LayerStream(const LayerStream&) = delete;
    archive* tar() { return tar_; }
    // Reads what follows the end of the tar, so that the digest covers all.
    std::string finishDigest() {
        const void* block = nullptr;
        while (read(tar_, this, &block) > 0) {
        }
        std::array<unsigned char, 32> bytes{};
        ::EVP_DigestFinal_ex(digest_, bytes.data(), nullptr);
        std::string text = "sha256:";
        for (const auto byte : bytes) text += fmt::format("{:02x}", byte);
        return text;
    }
    bool failed() const { return failed_; }

private:
    LayerStream() : raw_(::archive_read_new()), tar_(::archive_read_new()), digest_(::EVP_MD_CTX_new()) {}
    static la_ssize_t read(archive*, void* self, const void** block) {
        auto& stream = *static_cast<LayerStream*>(self);
        *block = stream.block_.data();
        if (stream.empty_) return 0;
        const auto got = ::archive_read_data(stream.raw_, stream.block_.data(), stream.block_.size());
        if (got < 0) stream.failed_ = true;
        if (got > 0) ::EVP_DigestUpdate(stream.digest_, stream.block_.data(), static_cast<std::size_t>(got));
        return got;
    }
    archive *raw_, *tar_;
    EVP_MD_CTX* digest_;
    std::array<char, 65536> block_;
    bool empty_ = false, failed_ = false;
};

// A directory of files that nothing can be made to leave: every path is resolved by the kernel as if it were the root.
class Jail {
public:
    static Result<Jail> open(const fs::path& root) {
        Descriptor directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!directory) return systemError("open " + root.string());
        return Jail(std::move(directory));
    }
    Descriptor resolve(const std::string& path, std::uint64_t flags) const {
        open_how how{};
        how.flags = flags | O_CLOEXEC;
        how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
        return Descriptor(static_cast<int>(::syscall(SYS_openat2, root_.get(), path.empty() ? "." : path.c_str(), &how, sizeof how)));
    }
    // The directory at a path, made if absent (an existing link to a directory is followed, inside).
    Result<Descriptor> directory(const fs::path& path) const {
        if (auto found = resolve(path.string(), O_PATH | O_DIRECTORY)) return found;
        if (path.empty()) return systemError("open the root of an image");
        auto parent = TRY(directory(path.parent_path()));
        const auto name = path.filename().string();
        if (::mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno == EEXIST) {
            // A file, or a link that leads nowhere, is in the way.
            ::unlinkat(parent.get(), name.c_str(), 0);
            ::mkdirat(parent.get(), name.c_str(), 0755);
        }
        auto made = resolve(path.string(), O_PATH | O_DIRECTORY);
        if (!made) return systemError("mkdir " + path.string());
        return made;
    }

private:
    explicit Jail(Descriptor root) : root_(std::move(root)) {}
    Descriptor root_;
};

// Removes a name with everything below, never following a link.
void removeAt(int directory, const std::string& name) {
    if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return;
    const Descriptor inside(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (inside) {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator("/proc/self/fd/" + std::to_string(inside.get()), ignored))
            removeAt(inside.get(), entry.path().filename().string());
    }
    ::unlinkat(directory, name.c_str(), AT_REMOVEDIR);
}

class LayerWriter {
public:
    LayerWriter(const Jail& jail, UnpackLimits& budget) : jail_(jail), budget_(budget) {}

    Result<void> write(archive* tar, archive_entry* entry) {
        const char* given = ::archive_entry_pathname(entry);
        fs::path path;
        for (const auto& part : fs::path(given != nullptr ? given : "")) {
            if (part == "..") return badRequest(fmt::format("the layer has a path that leaves the image: {}", given));
            if (part != "/" && part != "." && !part.empty()) path /= part;
        }
        if (--budget_.entries < 0) return badRequest("the image has too many files");
        if (path.empty()) return {};
        const auto name = path.filename().string();
        const auto parent = TRY(jail_.directory(path.parent_path()));
        if (name == ".wh..wh..opq") return clear(parent.get(), path.parent_path());
        if (name.starts_with(".wh.")) {
            const auto hidden = name.substr(4);
            if (!hidden.empty() && hidden != "." && hidden != ".." && hidden.find('/') == std::string::npos) removeAt(parent.get(), hidden);
            return {};
        }
        written_.insert(path.string());
        return place(tar, entry, parent.get(), path, name);
    }
    // Directories' times and modes come last: writing into them changes the one and may need the other.
    void finish() {
        for (auto it = directories_.rbegin(); it != directories_.rend(); ++it)
            if (const auto directory = jail_.resolve(it->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)) {
                ::fchmod(directory.get(), it->mode);
                ::futimens(directory.get(), it->times.data());
            }
    }

private:
    struct DirectoryEnd {
        std::string path;
        mode_t mode;
        std::array<timespec, 2> times;
    };

    // An opaque directory: what lower layers had in it is gone.
    Result<void> clear(int directory, const fs::path& path) {
        const Descriptor readable(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator("/proc/self/fd/" + std::to_string(readable.get()), ignored)) {
            const auto child = (path / entry.path().filename()).string();
            const auto after = written_.lower_bound(child);
            const bool ours = after != written_.end() && (*after == child || after->starts_with(child + "/"));
            if (!ours) removeAt(readable.get(), entry.path().filename().string());
        }
        return {};
    }

    Result<void> place(archive* tar, archive_entry* entry, int parent, const fs::path& path, const std::string& name) {
        const auto mode = static_cast<mode_t>(::archive_entry_perm(entry));
        const std::array<timespec, 2> times{timespec{::archive_entry_mtime(entry), ::archive_entry_mtime_nsec(entry)},
                                            timespec{::archive_entry_mtime(entry), ::archive_entry_mtime_nsec(entry)}};
        if (const char* target = ::archive_entry_hardlink(entry); target != nullptr) return link(parent, name, target);
        const auto type = ::archive_entry_filetype(entry);
        if (type == AE_IFDIR) {
            struct stat status{};
            if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(status.st_mode)) {
                // usr-merged images: a layer may name `lib` where an earlier one has the link lib -> usr/lib.
                if (S_ISLNK(status.st_mode) && jail_.resolve(path.string(), O_PATH | O_DIRECTORY)) return {};
                removeAt(parent, name);
            }
            if (::mkdirat(parent, name.c_str(), 0755) != 0 && errno != EEXIST) return systemError("mkdir " + path.string());
            own(parent, name, entry);
            directories_.push_back({path.string(), mode, times});
            return {};
        }
        if (type == AE_IFLNK) {
            removeAt(parent, name);
            const char* target = ::archive_entry_symlink(entry);
            if (target == nullptr || ::symlinkat(target, parent, name.c_str()) != 0) return systemError("link " + path.string());
            own(parent, name, entry);
            return {};
        }
        if (type == AE_IFIFO) {
            removeAt(parent, name);
            (void)::mkfifoat(parent, name.c_str(), mode);
            return {};
        }
        if (type != AE_IFREG) return {};  // devices and sockets
        removeAt(parent, name);
        return copy(tar, entry, parent, path, name, mode, times);
    }

    Result<void> copy(archive* tar, archive_entry* entry, int parent, const fs::path& path, const std::string& name, mode_t mode,
                      const std::array<timespec, 2>& times) {
        const Descriptor file(::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file) return systemError("create " + path.string());
        std::array<char, 65536> block;
        for (;;) {
            const auto got = ::archive_read_data(tar, block.data(), block.size());
            if (got < 0) return badRequest("a layer is damaged at " + path.string());
            if (got == 0) break;
            if ((budget_.bytes -= got) < 0) return badRequest("the image is too large when unpacked");
            for (la_ssize_t done = 0; done < got;) {
                const auto written = ::write(file.get(), block.data() + done, static_cast<std::size_t>(got - done));
                if (written < 0) return systemError("write " + path.string());
                done += written;
            }
        }
        own(parent, name, entry);
        ::fchmod(file.get(), mode);
        ::futimens(file.get(), times.data());
        return {};
    }

    Result<void> link(int parent, const std::string& name, const std::string& target) {
        fs::path inside;
        for (const auto& part : fs::path(target)) {
            if (part == "..") return badRequest("the layer has a hard link that leaves the image: " + target);
            if (part != "/" && part != ".") inside /= part;
        }
        const auto from = jail_.resolve(inside.parent_path().string(), O_PATH | O_DIRECTORY);
        if (!from) return badRequest("the layer has a hard link to " + target + ", which is not there");
        removeAt(parent, name);
        if (::linkat(from.get(), inside.filename().c_str(), parent, name.c_str(), 0) != 0) return systemError("hard link to " + target);
        return {};
    }

    void own(int parent, const std::string& name, archive_entry* entry) {
        if (::geteuid() != 0) return;
        (void)!::fchownat(parent, name.c_str(), static_cast<uid_t>(::archive_entry_uid(entry)), static_cast<gid_t>(::archive_entry_gid(entry)),
                          AT_SYMLINK_NOFOLLOW);
    }

    const Jail& jail_;
    UnpackLimits& budget_;
    std::set<std::string> written_;
    std::vector<DirectoryEnd> directories_;
};

}  // namespace

Result<void> unpackLayer(const fs::path& layer, const fs::path& root, const std::string& digest, const std::string& diffId, UnpackLimits& budget) {
    if (!digest.empty() && digestOfFile(layer) != digest) return badRequest("a layer has another content than its digest says: " + digest);
    const auto jail = TRY(Jail::open(root));
    const auto stream = TRY(LayerStream::open(layer));
    LayerWriter writer(jail, budget);
    archive_entry* entry = nullptr;
    for (;;) {
        const int status = ::archive_read_next_header(stream->tar(), &entry);
        if (status == ARCHIVE_EOF) break;
        if (status < ARCHIVE_WARN || stream->failed()) return badRequest("a layer is not a tar file, or is damaged");
        TRY(writer.write(stream->tar(), entry));
    }
    writer.finish();
    if (!diffId.empty() && stream->finishDigest() != diffId) return badRequest("a layer has another content than its image's configuration says");
    return {};
}

}  // namespace kubarium::kubelet
