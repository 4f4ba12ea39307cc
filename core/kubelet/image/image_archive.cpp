#include "core/kubelet/image/image_archive.h"

#include "core/kubelet/runtime/descriptor.h"
#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <set>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct CloseArchive {
    void operator()(archive* reader) const { ::archive_read_free(reader); }
};
using ArchivePtr = std::unique_ptr<archive, CloseArchive>;

ArchivePtr openTar(const fs::path& path) {
    ArchivePtr reader(::archive_read_new());
    ::archive_read_support_filter_all(reader.get());
    ::archive_read_support_format_tar(reader.get());
    if (::archive_read_open_filename(reader.get(), path.c_str(), 65536) != ARCHIVE_OK) return nullptr;
    return reader;
}

// "./blobs/sha256/ab" as "blobs/sha256/ab"; "" for names that leave the archive.
std::string cleanName(const std::string& name) {
    std::string clean;
    for (const auto& part : fs::path(name)) {
        if (part == ".." || part == "/") return {};
        if (part == "." || part.empty()) continue;
        clean += (clean.empty() ? "" : "/") + part.string();
    }
    return clean;
}

class Digest {
public:
    Digest() : context_(::EVP_MD_CTX_new(), &::EVP_MD_CTX_free) { ::EVP_DigestInit_ex(context_.get(), ::EVP_sha256(), nullptr); }
    void add(const void* data, std::size_t size) { ::EVP_DigestUpdate(context_.get(), data, size); }
    std::string hex() {
        std::array<unsigned char, 32> bytes{};
        ::EVP_DigestFinal_ex(context_.get(), bytes.data(), nullptr);
        std::string text;
        for (const auto byte : bytes) text += fmt::format("{:02x}", byte);
        return text;
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context_;
};

bool isDigest(const std::string& text) {
    return text.size() == 71 && text.starts_with("sha256:") && text.find_first_not_of("0123456789abcdef", 7) == std::string::npos;
}

// --- finding images ---

Result<json::value> readJson(const ArchiveFiles& files, const std::string& name) {
    const auto text = TRY(files.read(name));
    boost::system::error_code failure;
    auto value = json::parse(text, failure);
    if (failure || !(value.is_object() || value.is_array())) return badRequest(name + " in the archive is not JSON");
    return value;
}

// A blob whose content must have the digest that names it.
Result<std::string> readBlob(const ArchiveFiles& files, const std::string& digest) {
    if (!isDigest(digest)) return badRequest("'" + digest + "' is not a sha256 digest");
    auto content = TRY(files.read("blobs/sha256/" + digest.substr(7)));
    if ("sha256:" + sha256Hex(content) != digest) return badRequest("the blob " + digest + " has another content than its digest says");
    return content;
}

Result<void> readConfiguration(const std::string& content, ArchivedImage& image) {
    boost::system::error_code failure;
    const auto value = json::parse(content, failure);
    if (failure || !value.is_object()) return badRequest("the image's configuration is not JSON");
    image.info.id = "sha256:" + sha256Hex(content);
    const auto& all = value.get_object();
    if (const auto* found = all.if_contains("config"); found != nullptr && found->is_object()) {
        const auto& config = found->get_object();
        image.info.entrypoint = wire::texts(config, "Entrypoint");
        image.info.command = wire::texts(config, "Cmd");
        image.info.environment = wire::texts(config, "Env");
        image.info.workingDirectory = wire::text(config, "WorkingDir");
        image.info.user = wire::text(config, "User");
        image.info.stopSignal = wire::text(config, "StopSignal");
    }
    if (const auto* found = all.if_contains("rootfs"); found != nullptr && found->is_object())
        image.diffIds = wire::texts(found->get_object(), "diff_ids");
    if (image.diffIds.size() != image.layers.size()) return badRequest("the image's configuration names another number of layers than its manifest");
    return {};
}

std::string hostArchitecture() {
#if defined(__x86_64__)
    return "amd64";
#elif defined(__aarch64__)
    return "arm64";
#else
    return "";
#endif
}

Result<void> readManifest(const ArchiveFiles& files, const std::string& digest, const std::string& name, int depth, std::vector<ArchivedImage>& images);

// One entry of index.json, or of an index that it names: images of another architecture are passed over.
Result<void> readDescriptor(const ArchiveFiles& files, const json::object& entry, std::string name, int depth, std::vector<ArchivedImage>& images) {
    if (const auto* platform = entry.if_contains("platform"); platform != nullptr && platform->is_object()) {
        const auto architecture = wire::text(platform->get_object(), "architecture");
        if (!architecture.empty() && architecture != hostArchitecture()) return {};
    }
    if (const auto* annotations = entry.if_contains("annotations"); annotations != nullptr && annotations->is_object())
        for (const auto* key : {"io.containerd.image.name", "org.opencontainers.image.ref.name"})
            if (name.empty()) name = wire::text(annotations->get_object(), key);
    return readManifest(files, wire::text(entry, "digest"), name, depth + 1, images);
}

Result<void> readManifest(const ArchiveFiles& files, const std::string& digest, const std::string& name, int depth, std::vector<ArchivedImage>& images) {
    if (depth > 4) return badRequest("the archive's indexes are nested too deeply");
    const auto content = TRY(readBlob(files, digest));
    boost::system::error_code failure;
    const auto value = json::parse(content, failure);
    if (failure || !value.is_object()) return badRequest("the manifest " + digest + " is not JSON");
    const auto& manifest = value.get_object();
    if (const auto* nested = manifest.if_contains("manifests"); nested != nullptr && nested->is_array()) {
        for (const auto& entry : nested->get_array())
            if (entry.is_object()) TRY(readDescriptor(files, entry.get_object(), name, depth, images));
        return {};
    }
    ArchivedImage image;
    if (!name.empty()) image.info.names.push_back(name);
    const auto* layers = manifest.if_contains("layers");
    const auto* config = manifest.if_contains("config");
    if (layers == nullptr || !layers->is_array() || config == nullptr || !config->is_object()) return badRequest("the manifest " + digest + " is not of an image");
    for (const auto& layer : layers->get_array()) {
        const auto layerDigest = layer.is_object() ? wire::text(layer.get_object(), "digest") : std::string();
        if (!isDigest(layerDigest)) return badRequest("a layer without a sha256 digest");
        image.layers.push_back("blobs/sha256/" + layerDigest.substr(7));
        image.digests.push_back(layerDigest);
    }
    const auto configuration = TRY(readBlob(files, wire::text(config->get_object(), "digest")));
    TRY(readConfiguration(configuration, image));
    images.push_back(std::move(image));
    return {};
}

Result<void> readDockerManifest(const ArchiveFiles& files, const json::array& entries, std::vector<ArchivedImage>& images) {
    for (const auto& entry : entries) {
        if (!entry.is_object()) continue;
        ArchivedImage image;
        image.info.names = wire::texts(entry.get_object(), "RepoTags");
        image.layers = wire::texts(entry.get_object(), "Layers");
        image.digests.resize(image.layers.size());
        const auto configuration = TRY(files.read(wire::text(entry.get_object(), "Config")));
        TRY(readConfiguration(configuration, image));
        images.push_back(std::move(image));
    }
    return {};
}

}  // namespace

std::string sha256Hex(std::string_view data) {
    Digest digest;
    digest.add(data.data(), data.size());
    return digest.hex();
}

Result<ArchiveFiles> ArchiveFiles::open(const fs::path& path, const fs::path& temporary, const UnpackLimits& limits) {
    ArchiveFiles files;
    std::error_code failure;
    if (fs::is_directory(path, failure)) {
        files.directory_ = path;
        return files;
    }
    if (!fs::is_regular_file(path, failure)) return makeError(Reason::NotFound, "there is no file or directory " + path.string());
    files.isTar_ = true;
    files.directory_ = temporary;
    const auto reader = openTar(path);
    std::map<std::string, std::string> links;
    std::int64_t bytes = 0, entries = 0;
    archive_entry* entry = nullptr;
    int status = reader ? ARCHIVE_OK : ARCHIVE_FATAL;
    while (reader && (status = ::archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
        if (++entries > limits.entries) return badRequest("the archive has too many files");
        const char* given = ::archive_entry_pathname(entry);
        const auto name = cleanName(given != nullptr ? given : "");
        if (name.empty()) continue;
        if (const char* target = ::archive_entry_symlink(entry); target != nullptr) {
            links[name] = (fs::path(name).parent_path() / target).lexically_normal().string();
            continue;
        }
        if (const char* target = ::archive_entry_hardlink(entry); target != nullptr) {
            links[name] = cleanName(target);
            continue;
        }
        if (::archive_entry_filetype(entry) != AE_IFREG) continue;
        const auto number = std::to_string(entries);
        std::ofstream out(temporary / number, std::ios::binary);
        std::array<char, 65536> block;
        for (la_ssize_t got = 0; (got = ::archive_read_data(reader.get(), block.data(), block.size())) != 0;) {
            if (got < 0) return badRequest(fmt::format("{} cannot be read: {}", path.string(), ::archive_error_string(reader.get())));
            bytes += got;
            if (bytes > limits.bytes) return badRequest("the archive is too large when unpacked");
            out.write(block.data(), got);
        }
        if (!out) return internalError("write to " + temporary.string() + " failed");
        files.files_[name] = number;
    }
    if (status != ARCHIVE_EOF) return badRequest(path.string() + " is neither an OCI layout nor an image archive");
    for (const auto& [name, target] : links)
        if (const auto it = files.files_.find(target); it != files.files_.end()) files.files_.emplace(name, it->second);
    return files;
}

Result<fs::path> ArchiveFiles::path(const std::string& name) const {
    const auto missing = [&] { return makeError(Reason::NotFound, "the archive has no file " + name); };
    const auto clean = cleanName(name);
    if (clean.empty()) return missing();
    if (isTar_) {
        const auto it = files_.find(clean);
        if (it == files_.end()) return missing();
        return directory_ / it->second;
    }
    // A directory from elsewhere may hold links that lead out of it.
    std::error_code failure;
    const auto path = fs::weakly_canonical(directory_ / clean, failure);
    const auto inside = path.lexically_relative(fs::canonical(directory_, failure));
    if (failure || inside.empty() || *inside.begin() == ".." || !fs::is_regular_file(path, failure)) return missing();
    return path;
}

Result<std::string> ArchiveFiles::read(const std::string& name, std::int64_t most) const {
    const auto file = TRY(path(name));
    std::error_code failure;
    if (static_cast<std::int64_t>(fs::file_size(file, failure)) > most) return badRequest(name + " in the archive is too large");
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

Result<std::vector<ArchivedImage>> readImages(const ArchiveFiles& files) {
    std::vector<ArchivedImage> images;
    // Newer docker archives are OCI layouts as well; their manifest.json has the better names.
    if (files.path("manifest.json")) {
        const auto manifest = TRY(readJson(files, "manifest.json"));
        if (manifest.is_array()) TRY(readDockerManifest(files, manifest.get_array(), images));
    } else if (files.path("index.json")) {
        const auto index = TRY(readJson(files, "index.json"));
        const auto* manifests = index.is_object() ? index.get_object().if_contains("manifests") : nullptr;
        if (manifests == nullptr || !manifests->is_array()) return badRequest("index.json of the archive lists no manifests");
        for (const auto& entry : manifests->get_array())
            if (entry.is_object()) TRY(readDescriptor(files, entry.get_object(), "", 0, images));
    } else {
        return badRequest("this is neither an OCI layout (index.json) nor a docker archive (manifest.json)");
    }
    if (images.empty()) return badRequest("the archive holds no image for " + hostArchitecture());
    return images;
}

std::string digestOfFile(const fs::path& path) {
    Digest digest;
    std::ifstream file(path, std::ios::binary);
    std::array<char, 65536> bytes;
    while (file.read(bytes.data(), bytes.size()) || file.gcount() > 0) digest.add(bytes.data(), static_cast<std::size_t>(file.gcount()));
    return "sha256:" + digest.hex();
}

}  // namespace kubarium::kubelet
