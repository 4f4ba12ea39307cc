// Text as one word of a POSIX shell, for commands that people copy.
#pragma once

#include <string>
#include <string_view>

namespace kubarium {

// As it stands where no shell reads anything into it, else in single quotes.
std::string shellWord(std::string_view text);

}  // namespace kubarium
