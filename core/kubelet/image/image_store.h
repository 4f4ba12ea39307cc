// The images of one cluster, shared by its real Nodes (each Node "has" every image; nothing is pulled). An image is unpacked
// once, its layers flattened into one directory that is never written again: containers get an overlay above it.
//
// On disk: <directory>/index.json, and <directory>/<hex of the image id>/rootfs. Several processes may use a directory at once
// (the engine reads, `kubarium image load` writes): writers hold a lock and replace the index at once; readers notice.
#pragma once

#include "core/base/result.h"
#include "core/kubelet/runtime/container_runtime.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::kubelet {

class ImageStore {
public:
    // Makes the directory.
    static Result<std::unique_ptr<ImageStore>> open(const std::filesystem::path& directory);

    // Any thread. Names as users write them, ids and name@digest. A name with the tag "*" stands for every tag that has no
    // image of its own (the built-in busybox is there whatever version a manifest asks for).
    std::optional<ImageInfo> find(const std::string& name) const;
    // By id, without the "*" names.
    std::vector<ImageInfo> list() const;
    // Where an image's files are.
    std::filesystem::path rootOf(const std::string& id) const;

    // Reads an OCI layout (directory or tar) or a docker archive (as from `podman save`, `docker save`), which may hold several
    // images. Blocks. Hostile archives fail or are harmless: nothing is written outside the store. `name` replaces the names in
    // the archive, if not "".
    Result<std::vector<ImageInfo>> load(const std::filesystem::path& archive, const std::string& name = {});
    // Loads every archive of a directory (*.tar) whose images are not there yet: those built in.
    Result<void> loadBuiltIn(const std::filesystem::path& directory);
    // Takes a name away; the files go with the last one.
    Result<void> remove(const std::string& name);

private:
    explicit ImageStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
    Result<std::vector<ImageInfo>> unpack(const std::filesystem::path& archive, const std::string& name, const std::filesystem::path& work);
    void refresh() const;
    Result<void> save(const std::map<std::string, ImageInfo>& images);

    std::filesystem::path directory_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, ImageInfo> images_;  // by id
    mutable std::map<std::string, std::string> idOfName_;
    mutable std::filesystem::file_time_type read_{};
};

// Where the built-in images are, beside the program: ../share/kubarium/images when installed, ../share/images in a build tree.
std::filesystem::path builtInImages(const std::filesystem::path& program);

}  // namespace kubarium::kubelet
