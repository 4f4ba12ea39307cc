#include "app/kubarium/decision_text.h"

#include "core/api/object.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::cli {
namespace {

namespace json = boost::json;

std::int64_t numberAt(const json::value& value, std::initializer_list<std::string_view> path) {
    const auto* found = api::findPath(value, path);
    return found && found->is_number() ? found->to_number<std::int64_t>() : 0;
}

const json::array& arrayAt(const json::value& value, std::initializer_list<std::string_view> path) {
    static const json::array none;
    const auto* found = api::findPath(value, path);
    return found && found->is_array() ? found->get_array() : none;
}

std::string joined(const json::array& texts) {
    std::string line;
    for (const auto& text : texts)
        if (text.is_string()) line += (line.empty() ? "" : ", ") + std::string(text.get_string());
    return line;
}

void printScores(const json::value& decision) {
    std::vector<const json::value*> nodes;
    for (const auto& node : arrayAt(decision, {"status", "nodes"}))
        if (!arrayAt(node, {"scores"}).empty()) nodes.push_back(&node);
    if (nodes.empty()) return;
    std::ranges::stable_sort(nodes, [](const auto* a, const auto* b) { return numberAt(*a, {"total"}) > numberAt(*b, {"total"}); });
    constexpr std::size_t most = 4;
    if (nodes.size() > most) {
        fmt::print("\nThe {} best of {} Nodes:\n", most, nodes.size());
        nodes.resize(most);
    }
    fmt::print("\n{:<34}", "SCORE (raw -> normalised x weight)");
    for (const auto* node : nodes) fmt::print(" {:>24}", api::stringAt(*node, {"name"}));
    fmt::print("\n");
    const auto& first = arrayAt(*nodes.front(), {"scores"});
    for (std::size_t row = 0; row < first.size(); ++row) {
        fmt::print("{:<34}", api::stringAt(first[row], {"plugin"}));
        for (const auto* node : nodes) {
            const auto& score = arrayAt(*node, {"scores"}).at(row);
            fmt::print(" {:>24}", fmt::format("{} -> {} x {} = {}", numberAt(score, {"raw"}), numberAt(score, {"normalized"}), numberAt(score, {"weight"}),
                                              numberAt(score, {"weighted"})));
        }
        fmt::print("\n");
    }
    fmt::print("{:<34}", "total");
    for (const auto* node : nodes) fmt::print(" {:>24}", numberAt(*node, {"total"}));
    fmt::print("\n");
}

void printRefusals(const json::value& decision) {
    bool any = false;
    for (const auto& node : arrayAt(decision, {"status", "nodes"})) {
        const auto* feasible = api::findPath(node, {"feasible"});
        if (!feasible || !feasible->is_bool() || feasible->get_bool()) continue;
        if (!std::exchange(any, true)) fmt::print("\nWhy not the others:\n");
        const auto detail = api::stringAt(node, {"detail"});
        fmt::print("  {:<20} {:<26} {}{}\n", api::stringAt(node, {"name"}), api::stringAt(node, {"plugin"}), joined(arrayAt(node, {"reasons"})),
                   detail.empty() ? "" : fmt::format(" ({})", detail));
    }
}

void printPreemption(const json::value& status, const std::string& language) {
    const auto* preemption = api::findPath(status, {"preemption"});
    if (!preemption) return;
    const bool chinese = language == "zh_CN";
    fmt::print("\n{}\n", sentenceOf(*preemption, language));
    for (const auto& candidate : arrayAt(*preemption, {"candidates"})) {
        std::string victims;
        for (const auto& victim : arrayAt(candidate, {"victims"}))
            victims += fmt::format("{}{}/{} ({})", victims.empty() ? "" : ", ", api::stringAt(victim, {"namespace"}), api::stringAt(victim, {"name"}), numberAt(victim, {"priority"}));
        const auto* chosen = api::findPath(candidate, {"chosen"});
        fmt::print("  {} {:<20} {}\n", chosen ? "*" : " ", api::stringAt(candidate, {"node"}), victims);
        if (const auto lost = sentenceOf(candidate, language); !lost.empty()) fmt::print("    {:<20} {}{}\n", "", chinese ? "落选原因：" : "lost by: ", lost);
    }
}

void printAlternative(const json::value& alternative, std::size_t number, const std::string& language) {
    fmt::print("  {}. {}\n", number, sentenceOf(alternative, language));
    for (const auto& operation : arrayAt(alternative, {"operations"}))
        if (const auto kubectl = api::stringAt(operation, {"kubectl"}); !kubectl.empty()) fmt::print("       {}\n", kubectl);
    if (const auto node = api::stringAt(alternative, {"node"}); !node.empty()) fmt::print("       -> {}\n", node);
}

}  // namespace

std::string sentenceOf(const json::value& explained, const std::string& language) {
    auto sentence = api::stringAt(explained, {"explanation", language});
    if (sentence.empty()) sentence = api::stringAt(explained, {"explanation", "en"});
    return std::string(sentence);
}

void printChanges(const json::value& changes, const std::string& language) {
    const bool chinese = language == "zh_CN";
    if (api::findPath(changes, {"fits"})) {
        fmt::print("\n{}\n", sentenceOf(changes, language));
        return;
    }
    const auto& alternatives = arrayAt(changes, {"alternatives"});
    fmt::print("\n{} {}\n", chinese ? "能使其放得下的最小修改：" : "Smallest change that would make it fit:", sentenceOf(changes, language));
    for (std::size_t i = 0; i < alternatives.size(); ++i) printAlternative(alternatives[i], i + 1, language);
}

void printDecision(const json::value& decision, const std::string& language) {
    const auto& status = decision.at("status");
    const auto result = api::stringAt(status, {"result"});
    fmt::print("{}/{}: {}\n{}\n", api::stringAt(decision, {"metadata", "namespace"}), api::stringAt(decision, {"spec", "podName"}), result.empty() ? "held" : result, sentenceOf(status, language));
    if (const auto message = api::stringAt(status, {"message"}); !message.empty()) fmt::print("{}\n", message);
    fmt::print("cycle {}, attempt {}, {} of {} Nodes could run it\n", numberAt(status, {"cycle"}), numberAt(status, {"attempt"}), numberAt(status, {"feasibleNodes"}),
               numberAt(status, {"evaluatedNodes"}));
    printScores(decision);
    if (const auto& best = arrayAt(status, {"best"}); best.size() > 1) fmt::print("\n{} tie; the draw fell on {}.\n", joined(best), api::stringAt(status, {"selectedNode"}));
    printRefusals(decision);
    printPreemption(status, language);
    if (const auto* changes = api::findPath(status, {"smallestChanges"})) printChanges(*changes, language);
}

}  // namespace kubarium::cli
