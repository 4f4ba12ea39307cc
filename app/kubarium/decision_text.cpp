#include "app/kubarium/decision_text.h"

#include "core/api/object.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

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

void printScores(const json::value& decision, const std::string& language) {
    std::vector<const json::value*> nodes;
    for (const auto& node : arrayAt(decision, {"status", "nodes"}))
        if (!arrayAt(node, {"scores"}).empty()) nodes.push_back(&node);
    if (nodes.empty()) return;
    std::ranges::stable_sort(nodes, [](const auto* a, const auto* b) { return numberAt(*a, {"total"}) > numberAt(*b, {"total"}); });
    constexpr std::size_t most = 4;
    if (nodes.size() > most) {
        fmt::print("\n{}\n", inLanguage(language, fmt::format("The {} best of {} Nodes:", most, nodes.size()), fmt::format("{} 个 Node 中最好的 {} 个：", nodes.size(), most)));
        nodes.resize(most);
    }
    fmt::print("\n{:<34}", inLanguage(language, "SCORE (raw -> normalised x weight)", "得分（原始 -> 归一化 x 权重）"));
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
    fmt::print("{:<34}", inLanguage(language, "total", "总分"));
    for (const auto* node : nodes) fmt::print(" {:>24}", numberAt(*node, {"total"}));
    fmt::print("\n");
}

// One line for each Node; of many Nodes, one for each reason.
void printRefusals(const json::value& decision, const std::string& language) {
    constexpr std::size_t mostLines = 12;
    struct Group {
        std::size_t count = 0;
        std::string first;
    };
    std::vector<std::array<std::string, 3>> lines;  // Node, plugin, reasons
    std::map<std::pair<std::string, std::string>, Group> groups;
    for (const auto& node : arrayAt(decision, {"status", "nodes"})) {
        const auto* feasible = api::findPath(node, {"feasible"});
        const auto reasons = joined(arrayAt(node, {"reasons"}));
        if (!feasible || !feasible->is_bool() || feasible->get_bool() || reasons.empty()) continue;
        const auto detail = api::stringAt(node, {"detail"});
        const std::string name(api::stringAt(node, {"name"})), plugin(api::stringAt(node, {"plugin"}));
        lines.push_back({name, plugin, detail.empty() ? reasons : fmt::format("{} ({})", reasons, detail)});
        auto& group = groups[{plugin, reasons}];
        if (group.count++ == 0) group.first = name;
    }
    if (lines.empty()) return;
    const bool all = api::stringAt(decision, {"status", "selectedNode"}).empty();
    fmt::print("\n{}\n", all ? inLanguage(language, "Why not:", "原因：") : inLanguage(language, "Why not the others:", "其他 Node 为何不行："));
    if (lines.size() <= mostLines) {
        for (const auto& [node, plugin, reasons] : lines) fmt::print("  {:<20} {:<26} {}\n", node, plugin, reasons);
        return;
    }
    std::vector<std::pair<std::pair<std::string, std::string>, Group>> sorted(groups.begin(), groups.end());
    std::ranges::stable_sort(sorted, std::greater<>(), [](const auto& entry) { return entry.second.count; });
    for (const auto& [what, group] : sorted)
        fmt::print("  {:<20} {:<26} {} {}\n", inLanguage(language, fmt::format("{} {}", group.count, group.count == 1 ? "Node" : "Nodes"), fmt::format("{} 个 Node", group.count)), what.first, what.second,
                   inLanguage(language, fmt::format("({}{})", group.count == 1 ? "" : "the first: ", group.first), fmt::format("（{}{}）", group.count == 1 ? "" : "例如 ", group.first)));
}

void printPreemption(const json::value& status, const std::string& language) {
    const auto* preemption = api::findPath(status, {"preemption"});
    if (!preemption) return;
    fmt::print("\n{}\n", sentenceOf(*preemption, language));
    for (const auto& candidate : arrayAt(*preemption, {"candidates"})) {
        std::string victims;
        for (const auto& victim : arrayAt(candidate, {"victims"}))
            victims += fmt::format("{}{}/{} ({})", victims.empty() ? "" : ", ", api::stringAt(victim, {"namespace"}), api::stringAt(victim, {"name"}), numberAt(victim, {"priority"}));
        const auto* chosen = api::findPath(candidate, {"chosen"});
        fmt::print("  {} {:<20} {}\n", chosen ? "*" : " ", api::stringAt(candidate, {"node"}), victims);
        if (const auto lost = sentenceOf(candidate, language); !lost.empty()) fmt::print("    {:<20} {}{}\n", "", inLanguage(language, "lost by: ", "落选原因："), lost);
    }
}

void printAlternative(const json::value& alternative, std::size_t number, const std::string& language) {
    fmt::print("  {}. {}\n", number, sentenceOf(alternative, language));
    for (const auto& operation : arrayAt(alternative, {"operations"}))
        if (const auto kubectl = api::stringAt(operation, {"kubectl"}); !kubectl.empty()) fmt::print("       {}\n", kubectl);
    if (const auto node = api::stringAt(alternative, {"node"}); !node.empty()) fmt::print("       -> {}\n", node);
}

}  // namespace

std::string inLanguage(const std::string& language, const scheduler::Sentence& sentence) { return inLanguage(language, sentence.en, sentence.zh); }

json::array textsOf(const std::vector<scheduler::Sentence>& sentences, const std::string& language) {
    json::array texts;
    for (const auto& sentence : sentences) texts.emplace_back(inLanguage(language, sentence));
    return texts;
}

std::string inLanguage(const std::string& language, std::string english, std::string chinese) { return language == "zh_CN" ? std::move(chinese) : std::move(english); }

std::string sentenceOf(const json::value& explained, const std::string& language) {
    auto sentence = api::stringAt(explained, {"explanation", language});
    if (sentence.empty()) sentence = api::stringAt(explained, {"explanation", "en"});
    return std::string(sentence);
}

void printChanges(const json::value& changes, const std::string& language) {
    if (api::findPath(changes, {"fits"})) {
        fmt::print("\n{}\n", sentenceOf(changes, language));
        return;
    }
    const auto& alternatives = arrayAt(changes, {"alternatives"});
    fmt::print("\n{}{}\n", inLanguage(language, "Smallest change that would make it fit: ", "能使其放得下的最小修改："), sentenceOf(changes, language));
    for (std::size_t i = 0; i < alternatives.size(); ++i) printAlternative(alternatives[i], i + 1, language);
}

void printDecision(const json::value& decision, const std::string& language) {
    const auto& status = decision.at("status");
    const auto result = api::stringAt(status, {"result"});
    fmt::print("{}/{}: {}\n{}\n", api::stringAt(decision, {"metadata", "namespace"}), api::stringAt(decision, {"spec", "podName"}), result.empty() ? inLanguage(language, "held", "已暂停") : std::string(result), sentenceOf(status, language));
    if (const auto message = api::stringAt(status, {"message"}); !message.empty()) fmt::print("{}\n", message);
    if (const auto* veiled = api::findPath(status, {"veiled"}); veiled && veiled->is_bool() && veiled->get_bool() && !api::findPath(status, {"nodes"})) return;
    const auto cycle = numberAt(status, {"cycle"}), attempt = numberAt(status, {"attempt"}), feasible = numberAt(status, {"feasibleNodes"}), looked = numberAt(status, {"evaluatedNodes"});
    const auto which = cycle == 0 ? std::string() : inLanguage(language, fmt::format("Cycle {}, attempt {}: ", cycle, attempt), fmt::format("周期 {}，第 {} 次尝试：", cycle, attempt));
    fmt::print("{}{}\n", which, inLanguage(language, fmt::format("{} of the {} Nodes that were looked at could run it.", feasible, looked), fmt::format("检查了 {} 个 Node，{} 个能运行它。", looked, feasible)));
    printScores(decision, language);
    printRefusals(decision, language);
    printPreemption(status, language);
    if (const auto* changes = api::findPath(status, {"smallestChanges"})) printChanges(*changes, language);
}

}  // namespace kubarium::cli
