#include "core/kubelet/image/image_writer.h"

#include "core/kubelet/image/image_archive.h"

#include <boost/json.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <fstream>
#include <map>

namespace kubarium::kubelet {
namespace {

namespace json = boost::json;

la_ssize_t append(archive*, void* target, const void* data, std::size_t size) {
    static_cast<std::string*>(target)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
}

json::array toArray(const std::vector<std::string>& words) {
    json::array all;
    for (const auto& word : words) all.emplace_back(word);
    return all;
}

json::object descriptorOf(const char* type, const std::string& blob) {
    return {{"mediaType", type}, {"digest", "sha256:" + sha256Hex(blob)}, {"size", blob.size()}};
}

}  // namespace

std::string writeTar(const std::vector<TarEntry>& entries) {
    std::string bytes;
    auto* writer = ::archive_write_new();
    ::archive_write_set_format_pax_restricted(writer);
    ::archive_write_set_bytes_in_last_block(writer, 1);
    ::archive_write_open(writer, &bytes, nullptr, &append, nullptr);
    auto* header = ::archive_entry_new();
    for (const auto& entry : entries) {
        ::archive_entry_clear(header);
        ::archive_entry_set_pathname(header, entry.path.c_str());
        ::archive_entry_set_perm(header, entry.mode);
        ::archive_entry_set_mtime(header, 0, 0);
        switch (entry.type) {
        case TarEntry::Type::File:
            ::archive_entry_set_filetype(header, AE_IFREG);
            ::archive_entry_set_size(header, static_cast<la_int64_t>(entry.content.size()));
            break;
        case TarEntry::Type::Directory: ::archive_entry_set_filetype(header, AE_IFDIR); break;
        case TarEntry::Type::SymbolicLink:
            ::archive_entry_set_filetype(header, AE_IFLNK);
            ::archive_entry_set_symlink(header, entry.content.c_str());
            break;
        case TarEntry::Type::HardLink:
            ::archive_entry_set_filetype(header, AE_IFREG);
            ::archive_entry_set_hardlink(header, entry.content.c_str());
            break;
        case TarEntry::Type::Device:
            ::archive_entry_set_filetype(header, AE_IFCHR);
            ::archive_entry_set_rdev(header, 1 << 8 | 3);
            break;
        case TarEntry::Type::Fifo: ::archive_entry_set_filetype(header, AE_IFIFO); break;
        }
        ::archive_write_header(writer, header);
        if (entry.type == TarEntry::Type::File && !entry.content.empty()) ::archive_write_data(writer, entry.content.data(), entry.content.size());
    }
    ::archive_entry_free(header);
    ::archive_write_close(writer);
    ::archive_write_free(writer);
    return bytes;
}

Result<void> writeImageArchive(const std::filesystem::path& file, const std::vector<ImageToWrite>& images) {
    std::map<std::string, std::string> blobs;  // by path: sorted, each once
    const auto addBlob = [&](const std::string& content) { blobs["blobs/sha256/" + sha256Hex(content)] = content; };
    json::array manifests;
    for (const auto& image : images) {
        json::array layers, diffIds;
        for (const auto& layer : image.layers) {
            addBlob(layer);
            layers.emplace_back(descriptorOf("application/vnd.oci.image.layer.v1.tar", layer));
            diffIds.emplace_back("sha256:" + sha256Hex(layer));
        }
        json::object ports;
        for (const auto& port : image.exposedPorts) ports[port] = json::object();
        json::object settings{{"Env", toArray(image.environment)}, {"Entrypoint", toArray(image.entrypoint)}, {"Cmd", toArray(image.command)}};
        if (!image.workingDirectory.empty()) settings["WorkingDir"] = image.workingDirectory;
        if (!image.user.empty()) settings["User"] = image.user;
        if (!ports.empty()) settings["ExposedPorts"] = std::move(ports);
#if defined(__aarch64__)
        const char* architecture = "arm64";
#else
        const char* architecture = "amd64";
#endif
        const auto config = json::serialize(json::object{{"architecture", architecture},
                                                         {"os", "linux"},
                                                         {"config", std::move(settings)},
                                                         {"rootfs", {{"type", "layers"}, {"diff_ids", std::move(diffIds)}}}});
        addBlob(config);
        const auto manifest = json::serialize(json::object{{"schemaVersion", 2},
                                                           {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                                                           {"config", descriptorOf("application/vnd.oci.image.config.v1+json", config)},
                                                           {"layers", std::move(layers)}});
        addBlob(manifest);
        for (const auto& name : image.names) {
            auto entry = descriptorOf("application/vnd.oci.image.manifest.v1+json", manifest);
            entry["annotations"] = json::object{{"org.opencontainers.image.ref.name", name}};
            manifests.emplace_back(std::move(entry));
        }
    }
    std::vector<TarEntry> entries{{TarEntry::Type::File, "oci-layout", R"({"imageLayoutVersion":"1.0.0"})", 0644},
                                  {TarEntry::Type::File, "index.json",
                                   json::serialize(json::object{{"schemaVersion", 2}, {"manifests", std::move(manifests)}}), 0644}};
    for (auto& [path, content] : blobs) entries.push_back({TarEntry::Type::File, path, std::move(content), 0644});
    std::ofstream out(file, std::ios::binary);
    out << writeTar(entries);
    out.close();
    if (!out) return internalError("write " + file.string());
    return {};
}

}  // namespace kubarium::kubelet
