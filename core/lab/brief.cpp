#include "core/lab/brief.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace kubarium::lab {
namespace {

constexpr std::string_view indentation = "    ", fence = "```";

bool isContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// The code point that begins at text[at]; 0 at the end. Broken UTF-8 gives some value, never a read beyond the end.
std::uint32_t codePointAt(std::string_view text, std::size_t at) {
    if (at >= text.size()) return 0;
    const auto first = static_cast<unsigned char>(text[at]);
    std::uint32_t point = first < 0x80 ? first : first < 0xE0 ? first & 0x1FU : first < 0xF0 ? first & 0x0FU : first & 0x07U;
    for (++at; at < text.size() && isContinuation(text[at]); ++at) point = (point << 6U) | (static_cast<unsigned char>(text[at]) & 0x3FU);
    return point;
}

std::uint32_t codePointBefore(std::string_view text, std::size_t at) {
    while (at > 0 && isContinuation(text[at - 1])) --at;
    return at == 0 ? 0 : codePointAt(text, at - 1);
}

bool isPunctuation(std::uint32_t point) { return (point >= 0x3001 && point <= 0x303F) || (point >= 0xFF01 && point <= 0xFF0F) || (point >= 0xFF1A && point <= 0xFF20) || (point >= 0xFF3B && point <= 0xFF65); }
// Quotation marks, dashes and dots are used in both scripts; between Chinese characters they are Chinese.
bool isWide(std::uint32_t point) { return point >= 0x2E80 || (point >= 0x2014 && point <= 0x2026); }

}  // namespace

std::string unfolded(std::string_view markdown) {
    std::string result;
    result.reserve(markdown.size());
    for (std::size_t at = 0; at < markdown.size(); ++at) {
        if (markdown[at] == '\n') {
            const auto before = codePointBefore(markdown, at), after = codePointAt(markdown, at + 1);
            if (after != 0 && after != '\n' && (isPunctuation(before) || isPunctuation(after) || (isWide(before) && isWide(after)))) continue;
        }
        result += markdown[at];
    }
    return result;
}

std::vector<BriefPart> briefParts(std::string_view markdown) {
    std::vector<BriefPart> parts;
    BriefPart part;
    const auto finish = [&](bool nextIsCode) {
        while (part.text.ends_with('\n')) part.text.pop_back();
        if (!part.text.empty()) {
            if (!part.code) part.text = unfolded(part.text);
            parts.push_back(std::move(part));
        }
        part = {nextIsCode, {}};
    };
    bool fenced = false, afterEmptyLine = true;
    while (!markdown.empty()) {
        const auto end = std::min(markdown.find('\n'), markdown.size());
        auto line = markdown.substr(0, end);
        markdown.remove_prefix(std::min(end + 1, markdown.size()));
        if (line.starts_with(fence)) {
            fenced = !fenced;
            finish(fenced);
            afterEmptyLine = true;
            continue;
        }
        const bool empty = line.find_first_not_of(" \t\r") == std::string_view::npos;
        const bool indented = !fenced && !empty && line.starts_with(indentation) && (afterEmptyLine || part.code);
        if (!fenced && !empty && indented != part.code) finish(indented);
        if (indented || (part.code && !fenced)) line.remove_prefix(std::min(indentation.size(), line.size()));
        // An empty line before the first of a part is none of it.
        if (!empty || !part.text.empty()) part.text.append(line) += '\n';
        afterEmptyLine = empty;
    }
    finish(false);
    return parts;
}

}  // namespace kubarium::lab
