// Recorded conversations with kube-apiserver v1.34, one JSON object a line: path, body, status, answer.
#pragma once

#include "core/api/codec.h"
#include "core/api/schema.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace kubarium::api {

struct GoldenExchange {
    std::string path;
    json::object body;
    int status = 0;
    json::object answer;
};

inline std::vector<json::object> goldenLines(const std::string& name) {
    std::ifstream file(std::string(KUBARIUM_SOURCE_DIR) + "/tests/golden/api/" + name);
    EXPECT_TRUE(file.is_open()) << name;
    std::vector<json::object> lines;
    for (std::string line; std::getline(file, line);)
        if (!line.empty()) lines.push_back(parseJson(line).value().value.as_object());
    return lines;
}

inline std::vector<GoldenExchange> goldenExchanges(const std::string& name) {
    std::vector<GoldenExchange> exchanges;
    for (auto& line : goldenLines(name)) {
        exchanges.push_back({std::string(line.at("path").as_string()), line.at("body").as_object(), static_cast<int>(line.at("status").as_int64()), line.at("answer").as_object()});
    }
    return exchanges;
}

// "/apis/apps/v1/namespaces/x/deployments" -> the resource and "x".
inline std::pair<const Resource*, std::string> resourceOfPath(const std::string& path) {
    std::vector<std::string> parts;
    for (std::size_t start = 1, end = 0; start < path.size(); start = end + 1) {
        end = std::min(path.find('/', start), path.size());
        parts.push_back(path.substr(start, end - start));
    }
    std::size_t next = 1;
    const std::string group = parts[0] == "apis" ? parts[next++] : "";
    const std::string version = parts[next++];
    std::string nameSpace;
    if (parts[next] == "namespaces" && parts.size() > next + 2) nameSpace = parts[next + 1], next += 2;
    return {Schema::builtin().findResource(group, version, parts[next]), nameSpace};
}

// Equal, where a string ${...} in the recording stands for anything.
inline bool matchesGolden(const json::value& recorded, const json::value& actual) {
    if (const auto* text = recorded.if_string()) {
        const auto place = std::string_view(*text).find("${");
        if (place == std::string_view::npos) return recorded == actual;
        if (place == 0 && text->back() == '}') return !actual.is_null();
        const auto* other = actual.if_string();
        return other && std::string_view(*other).substr(0, place) == std::string_view(*text).substr(0, place);
    }
    if (const auto* object = recorded.if_object()) {
        const auto* other = actual.if_object();
        if (!other || other->size() != object->size()) return false;
        for (const auto& [key, value] : *object) {
            const auto* found = other->if_contains(key);
            if (!found || !matchesGolden(value, *found)) return false;
        }
        return true;
    }
    if (const auto* array = recorded.if_array()) {
        const auto* other = actual.if_array();
        if (!other || other->size() != array->size()) return false;
        for (std::size_t i = 0; i < array->size(); ++i)
            if (!matchesGolden((*array)[i], (*other)[i])) return false;
        return true;
    }
    return recorded == actual;
}

}  // namespace kubarium::api
