#include "core/cluster/cluster_options.h"

#include "core/api/quantity.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace kubarium::cluster {

Result<std::vector<lab::LabNode>> makeNodes(int real, const std::string& cpu, const std::string& memory, int simulated) {
    if (real < 0 || real > maxRealNodes) return badRequest(fmt::format("--nodes takes 0 to {}; for more, use --simulated-nodes", maxRealNodes));
    if (simulated < 0 || simulated > maxSimulatedNodes) return badRequest(fmt::format("--simulated-nodes takes 0 to {}", maxSimulatedNodes));
    if (real + simulated == 0) return badRequest("a cluster needs a Node: give --nodes or --simulated-nodes");
    for (const auto& [option, text] : {std::pair{"--node-cpu", cpu}, std::pair{"--node-memory", memory}}) {
        const auto quantity = api::Quantity::parse(text);
        if (!quantity || quantity->milliValue() <= 0) return badRequest(fmt::format("{} \"{}\" is no quantity; write it as 1, 500m, 512Mi or 2Gi", option, text));
    }
    std::vector<lab::LabNode> nodes;
    for (int i = 0; i < real; ++i) {
        lab::LabNode node;
        node.name = fmt::format("worker-{}", static_cast<char>('a' + i));
        node.cpu = cpu;
        node.memory = memory;
        nodes.push_back(node);
    }
    if (simulated > 0) {
        lab::LabNode node;
        node.namePrefix = "sim-";
        node.count = simulated;
        node.cpu = "8";
        node.memory = "16Gi";
        node.simulated = true;
        nodes.push_back(node);
    }
    return nodes;
}

Result<std::vector<lab::LabNode>> readNodesFile(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) return makeError(Reason::NotFound, fmt::format("cannot read {}", file.string()));
    std::ostringstream text;
    text << in.rdbuf();
    std::vector<lab::LabProblem> problems;
    auto nodes = lab::parseNodes(text.str(), file.string(), problems);
    if (!problems.empty()) return badRequest(fmt::format("{}:{}: {}. {}", problems[0].file, problems[0].line, problems[0].message, problems[0].fix));
    return nodes;
}

std::vector<lab::LabNode> expandNodes(const std::vector<lab::LabNode>& nodes) {
    std::vector<lab::LabNode> expanded;
    for (const auto& node : nodes) {
        const auto digits = fmt::format("{}", node.count).size();
        for (int i = 1; i <= node.count; ++i) {
            auto one = node;
            one.count = 1;
            if (one.name.empty()) one.name = fmt::format("{}{:0{}}", node.namePrefix, i, digits);
            one.namePrefix.clear();
            expanded.push_back(std::move(one));
        }
    }
    return expanded;
}

}  // namespace kubarium::cluster
