// Recordings, gzipped or plain: the one way in which the programs that replay them read a file.
#pragma once

#include <zlib.h>

#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace kubarium::testing {

// nullopt: it cannot be opened, or is damaged.
inline std::optional<std::string> gzText(const std::filesystem::path& path) {
    auto* file = gzopen(path.c_str(), "rb");
    if (!file) return std::nullopt;
    std::string content;
    char buffer[1 << 16];
    int count = 0;
    while ((count = gzread(file, buffer, sizeof buffer)) > 0) content.append(buffer, static_cast<std::size_t>(count));
    const bool whole = gzclose(file) == Z_OK && count == 0;
    return whole ? std::optional(std::move(content)) : std::nullopt;
}

// Its lines that are not empty.
inline std::optional<std::vector<std::string>> gzLines(const std::filesystem::path& path) {
    const auto content = gzText(path);
    if (!content) return std::nullopt;
    std::vector<std::string> lines;
    std::istringstream stream(*content);
    for (std::string line; std::getline(stream, line);)
        if (!line.empty()) lines.push_back(std::move(line));
    return lines;
}

}  // namespace kubarium::testing
