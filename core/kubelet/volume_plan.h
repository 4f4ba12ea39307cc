// What has to be on disk for one volume, and the writing of it. The plan is made on the engine thread; carrying it out blocks
// and belongs off it. No state.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace kubarium::kubelet {

struct VolumeFile {
    std::string data;
    int mode = 0644;
};

struct VolumePlan {
    enum class Kind : std::uint8_t { Directory, Files, HostPath, Provisioned };
    std::string volume;
    Kind kind = Kind::Directory;
    std::string path;                                // on the host; Kind::Provisioned: a directory that exists already
    std::map<std::string, VolumeFile> files;         // Kind::Files: by path inside the volume
    std::string hostPathType;                        // Kind::HostPath: Directory, FileOrCreate, ...
    int directoryMode = 0777;
    std::optional<std::int64_t> group;               // fsGroup
    bool readOnly = false;                           // for every container
    bool memory = false;                             // to be mounted as tmpfs afterwards
    std::optional<std::int64_t> sizeLimit;
};

// Error: the text of FailedMount.
Result<void> carryOut(const VolumePlan&, const std::string& timestamp);

}  // namespace kubarium::kubelet
