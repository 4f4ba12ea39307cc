#include "core/kubelet/image/image_name.h"

namespace kubarium::kubelet {

std::string fullImageName(const std::string& name) {
    auto full = name;
    // The first part is a registry only if it looks like a host, as in Docker's reference grammar.
    const auto slash = full.find('/');
    const auto first = full.substr(0, slash);
    const bool registry = slash != std::string::npos && (first.find_first_of(".:") != std::string::npos || first == "localhost");
    if (!registry) full = slash == std::string::npos ? "docker.io/library/" + full : "docker.io/" + full;
    else if (first == "index.docker.io") full = "docker.io" + full.substr(slash);
    if (full.starts_with("docker.io/") && full.find('/', 10) == std::string::npos) full.insert(10, "library/");
    const bool digest = full.find('@') != std::string::npos;
    const bool tag = full.find(':', full.rfind('/')) != std::string::npos;
    return digest || tag ? full : full + ":latest";
}

}  // namespace kubarium::kubelet
