#include "core/lab/lab_safety.h"

#include "core/api/codec.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <set>

namespace kubarium::lab {
namespace {

constexpr int maxDepth = 64;
constexpr int maxNodes = 100'000;

class Search {
public:
    Search(const Manifest& manifest, std::vector<LabProblem>& problems) : manifest_(manifest), problems_(problems) {}

    void visit(const YAML::Node& node, int depth) {
        if (++visited_ > maxNodes) return;  // aliases can make a small file endless
        if (depth > maxDepth) {
            problems_.push_back({manifest_.fileName, line(node), "nested too deep", "labs are small"});
            return;
        }
        if (node.IsSequence())
            for (const auto& element : node) visit(element, depth + 1);
        if (!node.IsMap()) return;
        for (const auto& entry : node) {
            inspect(entry.first, entry.second);
            visit(entry.second, depth + 1);
        }
    }

private:
    static int line(const YAML::Node& node) { return node.Mark().is_null() ? 0 : node.Mark().line + 1; }

    void inspect(const YAML::Node& key, const YAML::Node& value) {
        static const std::set<std::string> dangerousTrue{"privileged", "hostNetwork", "hostPID", "hostIPC", "allowPrivilegeEscalation"};
        const auto name = key.Scalar();
        if (dangerousTrue.contains(name) && value.IsScalar() && value.as<bool>(false)) report(key, name + ": true");
        if (name == "hostPath") report(key, "hostPath");
        if (name == "add" && value.IsSequence() && value.size() > 0) report(key, "added capabilities");
    }

    void report(const YAML::Node& at, const std::string& what) {
        problems_.push_back({manifest_.fileName, line(at), fmt::format("{} could reach the machine that the lab runs on", what),
                             "remove it, or allow it for this lab with --allow-unsafe", true});
    }

    int visited_ = 0;
    const Manifest& manifest_;
    std::vector<LabProblem>& problems_;
};

}  // namespace

void findUnsafe(const Manifest& manifest, std::vector<LabProblem>& problems) {
    // What LoadAll() would read for ever; other mistakes are told with their line below.
    if (const auto readable = api::parseYamlDocuments(manifest.text); !readable && readable.error().message.find("<document start>") != std::string::npos) {
        problems.push_back({manifest.fileName, 0, "not valid YAML: " + readable.error().message, "begin each document with a map"});
        return;
    }
    try {
        for (const auto& document : YAML::LoadAll(manifest.text)) Search(manifest, problems).visit(document, 0);
    } catch (const YAML::Exception& error) {
        problems.push_back({manifest.fileName, error.mark.is_null() ? 0 : error.mark.line + 1, "not valid YAML: " + error.msg, "check the indentation and the quotes"});
    }
}

}  // namespace kubarium::lab
