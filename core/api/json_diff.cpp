#include "core/api/json_diff.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace kubarium::api {
namespace {

namespace json = boost::json;

std::string escaped(std::string_view key) {
    std::string text;
    for (const char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return text;
}

void add(json::array& patch, const char* op, const std::string& path, const json::value* value) {
    json::object operation{{"op", op}, {"path", path}};
    if (value) operation["value"] = *value;
    patch.push_back(std::move(operation));
}

void diff(const json::value& before, const json::value& after, const std::string& path, json::array& patch);

void diffObjects(const json::object& before, const json::object& after, const std::string& path, json::array& patch) {
    for (const auto& [key, value] : before)
        if (!after.contains(key)) add(patch, "remove", path + "/" + escaped(key), nullptr);
    for (const auto& [key, value] : after) {
        const auto at = path + "/" + escaped(key);
        if (const auto* known = before.if_contains(key)) diff(*known, value, at, patch);
        else add(patch, "add", at, &value);
    }
}

void diffArrays(const json::array& before, const json::array& after, const std::string& path, json::array& patch) {
    const auto common = std::min(before.size(), after.size());
    const bool samePlaces = before.size() == after.size();
    if (!samePlaces && !std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(common), after.begin())) {
        // One element that left leaves the others as they are.
        const auto first = static_cast<std::size_t>(std::ranges::mismatch(before, after).in1 - before.begin());
        if (before.size() == after.size() + 1 && std::equal(before.begin() + static_cast<std::ptrdiff_t>(first) + 1, before.end(), after.begin() + static_cast<std::ptrdiff_t>(first)))
            return add(patch, "remove", fmt::format("{}/{}", path, first), nullptr);
        const json::value whole(after);
        return add(patch, "replace", path, &whole);
    }
    if (samePlaces)
        for (std::size_t i = 0; i < common; ++i) diff(before[i], after[i], fmt::format("{}/{}", path, i), patch);
    for (auto i = before.size(); i > common; --i) add(patch, "remove", fmt::format("{}/{}", path, i - 1), nullptr);
    for (auto i = common; i < after.size(); ++i) add(patch, "add", path + "/-", &after[i]);
}

void diff(const json::value& before, const json::value& after, const std::string& path, json::array& patch) {
    if (before == after) return;
    if (before.is_object() && after.is_object()) diffObjects(before.get_object(), after.get_object(), path, patch);
    else if (before.is_array() && after.is_array()) diffArrays(before.get_array(), after.get_array(), path, patch);
    else add(patch, "replace", path, &after);
}

}  // namespace

json::array makeJsonPatch(const json::value& before, const json::value& after) {
    json::array patch;
    diff(before, after, "", patch);
    return patch;
}

}  // namespace kubarium::api
