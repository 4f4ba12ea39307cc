// The volumes of Pods as their containers will see them: made in the supervisor, since a tmpfs that is mounted here is seen by nobody
// outside and goes with the supervisor, however that ends; and since only here a file can be given to another user or group when
// the cluster belongs to an ordinary user.
// Part of the supervisor process; any thread. Calls for one Pod must not overlap (see KeyedJobs).
#pragma once

#include "core/kubelet/runtime/container_table.h"

#include <set>

namespace kubarium::kubelet {

class VolumeTable {
public:
    Result<Answer> setUp(const json::object& request);
    Result<Answer> prepareSubPaths(const json::object& request);
    Result<Answer> removeFiles(const json::object& request);
    // What is in memory below a directory is lost; files on disk stay.
    Result<Answer> loseMemory(const json::object& request);

private:
    Result<void> setUpOne(const VolumePlan& plan);
    // Whether it was not mounted before.
    Result<bool> mountMemory(const VolumePlan& plan);
    void unmountBelow(const std::string& path);

    std::mutex mutex_;
    std::set<std::string> mounts_;  // paths
};

}  // namespace kubarium::kubelet
