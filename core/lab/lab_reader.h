// Reads a lab's YAML and notes every mistake with its line and what would put it right. Private to the sources that read labs.
#pragma once

#include "core/lab/lab.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::lab {

class Reader {
public:
    Reader(std::string file, std::vector<LabProblem>& problems) : file_(std::move(file)), problems_(problems) {}

    void problem(const YAML::Node& at, std::string message, std::string fix);
    // Reports keys that are not among `known`.
    bool expectMap(const YAML::Node& node, std::string_view what, std::initializer_list<std::string_view> known);
    // Calls `each` for every element of map[key]; absent is empty, anything but a list is a mistake.
    void list(const YAML::Node& map, const char* key, const std::function<void(const YAML::Node&)>& each);
    std::string text(const YAML::Node& map, const char* key, bool required = false);
    int integer(const YAML::Node& map, const char* key, int fallback, int least, int most);
    bool boolean(const YAML::Node& map, const char* key, bool fallback);
    std::optional<Duration> duration(const YAML::Node& map, const char* key);
    std::string quantity(const YAML::Node& map, const char* key, const std::string& fallback);
    LocalText localText(const YAML::Node& map, const char* key, bool required = false);
    LocalText textOf(const YAML::Node& node, const char* what);
    // A jq expression that compiles.
    std::string jq(const YAML::Node& map, const char* key = "jq");
    std::map<std::string, std::string> stringMap(const YAML::Node& map, const char* key);

private:
    std::string file_;
    std::vector<LabProblem>& problems_;
};

// The parts of lab.yaml below spec (lab_steps.cpp).
LabMoment readMoment(Reader& reader, const YAML::Node& node, std::string_view what);
LabStep readStep(Reader& reader, const YAML::Node& node, const std::vector<LabNode>& nodes);
// `list` is a sequence.
std::vector<LabNode> readNodes(Reader& reader, const YAML::Node& list);

}  // namespace kubarium::lab
