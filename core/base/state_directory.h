// Where this user's clusters and progress live.
#pragma once

#include <filesystem>

namespace kubarium {

// `chosen` if it is not empty, else $XDG_STATE_HOME/kubarium, else ~/.local/state/kubarium. Absolute; need not exist.
std::filesystem::path stateDirectory(const std::filesystem::path& chosen = {});

}  // namespace kubarium
