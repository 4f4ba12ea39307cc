#include "core/base/state_directory.h"

#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

namespace kubarium {
namespace {

namespace fs = std::filesystem;

fs::path homeDirectory() {
    if (const char* home = std::getenv("HOME"); home && *home) return home;
    const auto* entry = getpwuid(getuid());
    return entry ? entry->pw_dir : "/";
}

}  // namespace

fs::path stateDirectory(const fs::path& chosen) {
    if (!chosen.empty()) return fs::absolute(chosen);
    if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state) return fs::path(state) / "kubarium";
    return homeDirectory() / ".local/state/kubarium";
}

}  // namespace kubarium
