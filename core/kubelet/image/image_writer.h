// Writes image archives (OCI layouts in a tar): the built-in images at build time, and archives for tests. The same input
// gives the same bytes: owners are root, times are zero, entries keep their order.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace kubarium::kubelet {

struct TarEntry {
    enum class Type { File, Directory, SymbolicLink, HardLink, Device, Fifo } type = Type::File;
    std::string path;
    std::string content;  // of a file; the target of a link
    unsigned mode = 0755;
};

std::string writeTar(const std::vector<TarEntry>& entries);

struct ImageToWrite {
    std::vector<std::string> names;
    std::vector<std::string> entrypoint, command, environment;
    std::string workingDirectory, user;
    std::vector<std::string> layers;  // tars, each from writeTar
    std::vector<std::string> exposedPorts;  // "8080/tcp"
};

Result<void> writeImageArchive(const std::filesystem::path& file, const std::vector<ImageToWrite>& images);

}  // namespace kubarium::kubelet
