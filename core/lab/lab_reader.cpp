#include "core/lab/lab_reader.h"

#include "core/api/quantity.h"
#include "core/lab/jq.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace kubarium::lab {

void Reader::problem(const YAML::Node& at, std::string message, std::string fix) {
    problems_.push_back({file_, at.Mark().is_null() ? 0 : at.Mark().line + 1, std::move(message), std::move(fix)});
}

bool Reader::expectMap(const YAML::Node& node, std::string_view what, std::initializer_list<std::string_view> known) {
    if (!node.IsMap()) {
        problem(node, fmt::format("{} must be a map", what), fmt::format("{{{}: ...}}", *known.begin()));
        return false;
    }
    std::vector<std::string> seen;
    for (const auto& entry : node) {
        const auto key = entry.first.Scalar();
        if (std::ranges::find(known, key) == known.end())
            problem(entry.first, fmt::format("{} has no field \"{}\"", what, key), fmt::format("one of: {}", fmt::join(known, ", ")));
        if (std::ranges::find(seen, key) != seen.end()) problem(entry.first, fmt::format("\"{}\" is given twice", key), "keep one of them");
        seen.push_back(key);
    }
    return true;
}

void Reader::list(const YAML::Node& map, const char* key, const std::function<void(const YAML::Node&)>& each) {
    const auto node = map[key];
    if (!node) return;
    if (!node.IsSequence()) return problem(node, fmt::format("\"{}\" must be a list", key), fmt::format("{}: [...], or one line that begins with '- ' for each", key));
    for (const auto& element : node) each(element);
}

std::string Reader::text(const YAML::Node& map, const char* key, bool required) {
    const auto node = map[key];
    if (!node) {
        if (required) problem(map, fmt::format("\"{}\" is missing", key), fmt::format("add {}: ...", key));
        return {};
    }
    if (!node.IsScalar()) {
        problem(node, fmt::format("\"{}\" must be a text", key), fmt::format("{}: one word, or a text in quotes", key));
        return {};
    }
    return node.Scalar();
}

int Reader::integer(const YAML::Node& map, const char* key, int fallback, int least, int most) {
    const auto node = map[key];
    if (!node) return fallback;
    int value = 0;
    const auto scalar = node.IsScalar() ? node.Scalar() : std::string();
    const auto [end, error] = std::from_chars(scalar.data(), scalar.data() + scalar.size(), value);
    if (error != std::errc{} || end != scalar.data() + scalar.size() || value < least || value > most) {
        problem(node, fmt::format("\"{}\" must be a whole number from {} to {}", key, least, most), fmt::format("{}: {}", key, fallback));
        return fallback;
    }
    return value;
}

bool Reader::boolean(const YAML::Node& map, const char* key, bool fallback) {
    const auto value = text(map, key);
    if (value.empty()) return fallback;
    if (value != "true" && value != "false") problem(map[key], fmt::format("\"{}\" must be true or false", key), fmt::format("{}: true", key));
    return value == "true";
}

std::optional<Duration> Reader::duration(const YAML::Node& map, const char* key) {
    const auto value = text(map, key);
    if (value.empty()) return std::nullopt;
    const auto parsed = parseDuration(value);
    if (!parsed) problem(map[key], fmt::format("\"{}\" is not a duration", value), "write it as 30s, 2m or 500ms");
    return parsed;
}

std::string Reader::quantity(const YAML::Node& map, const char* key, const std::string& fallback) {
    const auto value = text(map, key);
    if (value.empty()) return fallback;
    if (!api::Quantity::parse(value)) {
        problem(map[key], fmt::format("\"{}\" is not a quantity", value), fmt::format("{}: \"{}\"", key, fallback));
        return fallback;
    }
    return value;
}

LocalText Reader::localText(const YAML::Node& map, const char* key, bool required) {
    const auto node = map[key];
    if (node) return textOf(node, key);
    if (required) problem(map, fmt::format("\"{}\" is missing", key), fmt::format("{}: {{en: ..., zh_CN: ...}}", key));
    return {};
}

LocalText Reader::textOf(const YAML::Node& node, const char* what) {
    LocalText text;
    if (node.IsScalar()) {
        text.byLanguage["en"] = node.Scalar();
    } else if (node.IsMap()) {
        for (const auto& entry : node) {
            if (!entry.second.IsScalar()) problem(entry.second, fmt::format("\"{}\" must be a text in each language", what), "put a text that contains ': ' into quotes");
            else text.byLanguage[entry.first.Scalar()] = entry.second.Scalar();
        }
        if (!text.byLanguage.contains("en")) problem(node, fmt::format("\"{}\" has no English text", what), "add en: ...");
    } else {
        problem(node, fmt::format("\"{}\" must be a text or a map of language to text", what), fmt::format("{}: {{en: ..., zh_CN: ...}}", what));
    }
    return text;
}

std::string Reader::jq(const YAML::Node& map, const char* key) {
    const auto program = text(map, key, true);
    if (program.empty()) return program;
    // A lab is read several times, and each program costs some ten milliseconds, in which libjq binds its builtins.
    thread_local std::set<std::string> compiles;
    if (compiles.contains(program)) return program;
    if (const auto compiled = JqProgram::compile(program)) compiles.insert(program);
    else problem(map[key], fmt::format("the jq expression does not compile: {}", compiled.error().message), "try it with: kubectl get ... -o json | jq 'EXPRESSION'");
    return program;
}

std::map<std::string, std::string> Reader::stringMap(const YAML::Node& map, const char* key) {
    std::map<std::string, std::string> found;
    const auto node = map[key];
    if (!node) return found;
    if (!node.IsMap()) {
        problem(node, fmt::format("\"{}\" must be a map of texts", key), fmt::format("{}: {{zone: east}}", key));
        return found;
    }
    for (const auto& entry : node) {
        if (entry.second.IsScalar()) found[entry.first.Scalar()] = entry.second.Scalar();
        else problem(entry.second, fmt::format("the value of \"{}\" must be a text", entry.first.Scalar()), fmt::format("{}: east", entry.first.Scalar()));
    }
    return found;
}

}  // namespace kubarium::lab
