#include "core/kubelet/sub_path.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

namespace kubarium::kubelet {

namespace fs = std::filesystem;

Result<std::string> subPathOf(const api::VolumeMount& mount, const Environment& environment) {
    auto sub = mount.subPath;
    if (!mount.subPathExpr.empty()) {
        std::set<std::string> missing;
        sub = expand(mount.subPathExpr, environment, &missing);
        if (!missing.empty()) return badRequest(fmt::format("missing value for {}", fmt::join(missing, ", ")));
    }
    if (sub.starts_with('/')) return badRequest(fmt::format("error SubPath `{}` must not be an absolute path", sub));
    const fs::path path(sub);
    if (std::ranges::find(path, fs::path("..")) != path.end()) return badRequest(fmt::format("unable to provision SubPath `{}`: must not contain '..'", sub));
    return sub;
}

Result<std::string> prepareSubPath(const SubPath& part) {
    std::error_code failure, ignored;
    const auto root = fs::weakly_canonical(part.volumePath, failure);
    const auto wanted = fs::weakly_canonical(root / part.path, failure);
    const auto relative = wanted.lexically_relative(root);
    if (failure || relative.empty() || *relative.begin() == "..")
        return badRequest(fmt::format("failed to prepare subPath for volumeMount \"{}\" of container \"{}\"", part.volume, part.container));
    if (fs::exists(wanted, ignored)) return wanted.string();
    const auto refuse = [&] { return badRequest(fmt::format("failed to create subPath directory for volumeMount \"{}\" of container \"{}\"", part.volume, part.container)); };
    const auto permissions = fs::status(root, failure).permissions();
    if (failure || !fs::create_directories(wanted, failure)) return refuse();
    fs::permissions(wanted, permissions & fs::perms::all, failure);
    return failure ? Result<std::string>(refuse()) : wanted.string();
}

}  // namespace kubarium::kubelet
