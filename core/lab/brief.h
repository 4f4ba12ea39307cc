// The text of a lab as its readers show it: prose to be wrapped, and code to be copied as it stands. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kubarium::lab {

struct BriefPart {
    bool code = false;
    std::string text;  // prose: Markdown without code blocks; code: its lines without the indentation that marks it. No line break at the end.
    friend bool operator==(const BriefPart&, const BriefPart&) = default;
};

// Splits Markdown (UTF-8) at its code blocks: lines indented by four spaces or more after an empty line, or between ``` fences.
std::vector<BriefPart> briefParts(std::string_view markdown);

// A line that was folded between two Chinese characters, or beside Chinese punctuation, goes on without the space that Markdown makes of a line break.
std::string unfolded(std::string_view markdown);

}  // namespace kubarium::lab
