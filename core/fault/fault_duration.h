// spec.duration of a Fault, in Go's notation: "60s", "1m30s", "1.5h".
#pragma once

#include "core/base/clock.h"

#include <optional>
#include <string_view>

namespace kubarium::fault {

// nullopt if it is not a duration, or negative. Zero stands for "until it is undone".
std::optional<Duration> parseDuration(std::string_view text);

}  // namespace kubarium::fault
