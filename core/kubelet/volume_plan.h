// What has to be there for one volume, and the making of it. The plan is made on the engine thread; it is carried out where containers
// will see the result (for real ones in the supervisor, whose mounts nobody else has), and that blocks. No state.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::kubelet {

struct VolumeFile {
    std::string data;
    int mode = 0644;
    std::optional<std::int64_t> owner;  // root's if absent
};

struct VolumePlan {
    enum class Kind : std::uint8_t { Directory, Files, HostPath, Provisioned };
    std::string volume;
    Kind kind = Kind::Directory;
    std::string path;                         // on the host; Kind::Provisioned: a directory that exists already
    std::map<std::string, VolumeFile> files;  // Kind::Files: by path inside the volume
    std::vector<std::string> nested;          // Kind::Files: directories for what is mounted below the volume, which is read-only
    std::string hostPathType;                 // Kind::HostPath: Directory, FileOrCreate, ...
    std::optional<std::int64_t> group;        // fsGroup
    bool readOnly = false;                    // for every container
    bool memory = false;                      // Kind::Directory, Kind::Files: on a tmpfs of its own
    std::int64_t memoryBytes = 0;             // the size of that; 0 is the kernel's default
};

struct VolumeError {
    std::string volume;
    std::string message;  // of the FailedMount Event
};

// A tmpfs is mounted at `path` already. Error: the text of FailedMount.
Result<void> carryOut(const VolumePlan&);

}  // namespace kubarium::kubelet
