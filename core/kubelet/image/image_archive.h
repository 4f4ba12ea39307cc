// Image archives: finding the images inside an OCI layout or a docker archive, and unpacking their layers.
//
// A layer is a tar file applied above those before it: files replace files, and an entry ".wh.NAME" (whiteout) removes NAME.
// Archives come from anywhere, so every path is resolved inside the target (openat2 with RESOLVE_IN_ROOT), device nodes are
// left out, and sizes and counts are bounded. Blocking; any thread.
#pragma once

#include "core/base/result.h"
#include "core/kubelet/runtime/container_runtime.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kubarium::kubelet {

struct UnpackLimits {
    std::int64_t bytes = std::int64_t{8} << 30;  // of all files of an image together
    std::int64_t entries = 1'000'000;
};

// The files of an archive by name, on disk.
class ArchiveFiles {
public:
    // A directory is used where it is; a tar (compressed or not) is taken apart into `temporary`.
    static Result<ArchiveFiles> open(const std::filesystem::path& archive, const std::filesystem::path& temporary, const UnpackLimits& limits);
    // NotFound if there is no such regular file.
    Result<std::filesystem::path> path(const std::string& name) const;
    Result<std::string> read(const std::string& name, std::int64_t most = 16 << 20) const;

private:
    std::filesystem::path directory_;
    std::map<std::string, std::string> files_;  // of a tar: name to the file's number
    bool isTar_ = false;
};

struct ArchivedImage {
    ImageInfo info;                    // names as in the archive; id of the configuration
    std::vector<std::string> layers;   // names of files, in order
    std::vector<std::string> digests;  // of the layers as they are stored, "" if the archive does not say
    std::vector<std::string> diffIds;  // of the layers uncompressed
};

Result<std::vector<ArchivedImage>> readImages(const ArchiveFiles& files);

// Applies one layer. `budget` is lowered by what was written. `digest` and `diffId` are verified if not "".
Result<void> unpackLayer(const std::filesystem::path& layer, const std::filesystem::path& root, const std::string& digest,
                         const std::string& diffId, UnpackLimits& budget);

std::string sha256Hex(std::string_view data);
// "sha256:..." of a file's content; of nothing if it cannot be read.
std::string digestOfFile(const std::filesystem::path& path);

}  // namespace kubarium::kubelet
