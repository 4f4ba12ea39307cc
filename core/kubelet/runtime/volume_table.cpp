#include "core/kubelet/runtime/volume_table.h"

#include "core/kubelet/runtime/wire.h"
#include "core/kubelet/sub_path.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <sys/mount.h>

namespace kubarium::kubelet {

namespace fs = std::filesystem;

Result<Answer> VolumeTable::setUp(const json::object& request) {
    Answer answer;
    for (const auto* encoded : wire::objects(request, "plans")) {
        const auto plan = wire::decodePlan(*encoded);
        if (const auto made = setUpOne(plan); !made) answer.body[plan.volume] = made.error().message;
    }
    return answer;
}

Result<void> VolumeTable::setUpOne(const VolumePlan& plan) {
    const bool ready = plan.memory && !TRY(mountMemory(plan));
    if (ready && plan.kind == VolumePlan::Kind::Directory) return {};  // what is in it is its containers'
    return carryOut(plan);
}

Result<bool> VolumeTable::mountMemory(const VolumePlan& plan) {
    {
        const std::lock_guard lock(mutex_);
        if (mounts_.contains(plan.path)) return false;
    }
    std::error_code failure;
    fs::create_directories(plan.path, failure);
    if (failure) return internalError("mkdir " + plan.path + ": " + failure.message());
    const auto data = plan.memoryBytes > 0 ? fmt::format("size={}", plan.memoryBytes) : std::string();
    const auto mounted = [&](const std::string& options) { return ::mount("tmpfs", plan.path.c_str(), "tmpfs", 0, options.c_str()) == 0; };
    // Not to be swapped out, as in Kubernetes, where the kernel knows that and lets us: Linux 6.4, and not an ordinary user.
    if (!mounted(data.empty() ? "noswap" : data + ",noswap") && !mounted(data)) return systemError("mount a tmpfs at " + plan.path);
    const std::lock_guard lock(mutex_);
    return mounts_.insert(plan.path).second;
}

Result<Answer> VolumeTable::prepareSubPaths(const json::object& request) {
    json::array paths;
    for (const auto* part : wire::objects(request, "parts"))
        paths.emplace_back(TRY(prepareSubPath({wire::text(*part, "volumePath"), wire::text(*part, "path"), wire::text(*part, "volume"), wire::text(*part, "container")})));
    Answer answer;
    answer.body["paths"] = std::move(paths);
    return answer;
}

void VolumeTable::unmountBelow(const std::string& path) {
    std::vector<std::string> below;
    {
        const std::lock_guard lock(mutex_);
        for (auto it = mounts_.lower_bound(path + "/"); it != mounts_.end() && it->starts_with(path + "/"); it = mounts_.erase(it)) below.push_back(*it);
    }
    for (const auto& mount : below) ::umount2(mount.c_str(), MNT_DETACH);
}

Result<Answer> VolumeTable::loseMemory(const json::object& request) {
    unmountBelow(wire::text(request, "path"));
    return Answer{};
}

Result<Answer> VolumeTable::removeFiles(const json::object& request) {
    const auto path = wire::text(request, "path");
    unmountBelow(path);
    std::error_code failure;
    fs::remove_all(path, failure);
    if (failure) return internalError("delete " + path + ": " + failure.message());
    return Answer{};
}

}  // namespace kubarium::kubelet
