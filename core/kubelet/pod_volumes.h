// The files of one Pod on its Node: volumes, /etc/hosts, resolv.conf, termination messages and logs, below the runtime's
// podDirectory. Where containers have no file system (podDirectory is "") nothing is written, but what a volume refers to must
// exist all the same.
//
// ConfigMaps, Secrets, the downward API and projected volumes are written as kubelet does: the files live in a directory named
// after the time, ..data is a symbolic link to it and each file a link through ..data, so that one rename changes all of
// them at once under the eyes of the container.
#pragma once

#include "core/kubelet/container_environment.h"
#include "core/kubelet/runtime/container_runtime.h"

namespace kubarium::kubelet {

// What came of setting up the volumes of a Pod.
struct VolumeSetUp {
    bool complete = false;                 // all that its containers mount are there
    std::vector<VolumeError> failed;       // now; each is tried again after a back-off of its own
    std::vector<VolumeError> unprocessed;  // claims that lead to no volume yet
    std::optional<Duration> retryAfter;    // the end of the first back-off
};

class PodVolumes {
public:
    PodVolumes(const KubeletContext&, std::string podUid);
    ~PodVolumes();
    PodVolumes(const PodVolumes&) = delete;
    PodVolumes& operator=(const PodVolumes&) = delete;

    // Makes what is missing and refreshes contents that can change, but for volumes whose back-off is not over. The reply may
    // come at once.
    void setUp(const api::ObjectPtr& pod, const PodAddresses&, std::move_only_function<void(VolumeSetUp)> reply);
    // Writes /etc/hosts, resolv.conf and hostname once the Pod has its IP.
    void writePodFiles(const api::Pod&, const PodAddresses&, const std::string& hostname);

    // The mounts of a container; makes its termination message file (and subPath directories). The reply may come at once.
    // Error: the text of the container's CreateContainerConfigError.
    void mountsOf(const api::Container&, const std::string& containerId, const Environment&, std::move_only_function<void(Result<std::vector<Mount>>)> reply);
    // The CRI log file; "" where the runtime keeps logs itself.
    std::string logPath(const std::string& container, int attempt) const;
    // Where a container's log files are, and where an emptyDir is; "" where there are no files.
    std::string logDirectory(const std::string& container) const;
    std::string emptyDirPath(const std::string& volume) const;
    // What a container left as its last words (terminationMessagePath, or the end of its log when it failed and the policy
    // says so); "" if nothing.
    std::string terminationMessage(const api::PodSpec&, const api::Container&, const std::string& containerId, int attempt, int exitCode) const;
    void forgetContainer(const std::string& container, const std::string& containerId, int attempt);
    // Whether contents depend on this object.
    bool refersTo(const api::Pod&, const api::GroupVersionResource&, const std::string& key) const;
    // Nothing of the Pod runs any more: its volumes go, what it said stays.
    void tearDown(std::move_only_function<void()> done);
    // Deletes everything of the Pod.
    void remove();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace kubarium::kubelet
