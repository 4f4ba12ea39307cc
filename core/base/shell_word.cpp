#include "core/base/shell_word.h"

#include <algorithm>

namespace kubarium {

std::string shellWord(std::string_view text) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+:@%,";
    if (!text.empty() && std::ranges::all_of(text, [&](char c) { return plain.find(c) != std::string_view::npos; })) return std::string(text);
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'') word += "'\\''";
        else word += c;
    }
    return word + "'";
}

}  // namespace kubarium
