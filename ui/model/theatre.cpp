#include "ui/model/theatre.h"

#include <boost/json/array.hpp>

#include <QHash>

#include <algorithm>

namespace kubarium::model {

using namespace scene;

QString inLanguage(const boost::json::value& value, std::initializer_list<std::string_view> path, const QString& language) {
    const auto* found = &value;
    for (const auto key : path) {
        found = found->is_object() ? found->get_object().if_contains(key) : nullptr;
        if (!found) return {};
    }
    const auto wanted = at(*found, {language.startsWith(QLatin1String("zh")) ? "zh_CN" : "en"});
    return wanted.isEmpty() ? at(*found, {"en"}) : wanted;
}

namespace {

QStringList podsOf(const boost::json::value& from) {
    QStringList pods;
    for (const auto& victim : arrayAt(from, {"victims"})) pods << at(victim, {"namespace"}) + QLatin1Char('/') + at(victim, {"name"});
    return pods;
}

void addPreemption(const api::Object& decision, const QString& language, TheatreState& state) {
    const auto* preemption = decision.find({"status", "preemption"});
    if (!preemption) return;
    state.victims = podsOf(*preemption);
    state.preemption = inLanguage(*preemption, {"explanation"}, language);
    if (state.preemption.isEmpty()) state.preemption = at(*preemption, {"message"});
    for (const auto& candidate : arrayAt(*preemption, {"candidates"})) {
        PreemptionCandidate shown;
        shown.node = at(candidate, {"node"});
        shown.victims = podsOf(candidate);
        shown.budgetViolations = static_cast<int>(numberAt(candidate, {"price", "pdbViolations"}, numberAt(candidate, {"pdbViolations"})));
        shown.highestPriority = numberAt(candidate, {"price", "highestPriority"});
        shown.sumOfPriorities = numberAt(candidate, {"price", "sumOfPriorities"});
        shown.chosen = boolAt(candidate, {"chosen"}) || shown.node == at(*preemption, {"nominatedNode"});
        shown.explanation = inLanguage(candidate, {"explanation"}, language);
        state.candidates.push_back(std::move(shown));
    }
    std::stable_sort(state.candidates.begin(), state.candidates.end(), [](const auto& a, const auto& b) { return a.chosen > b.chosen; });
}

}  // namespace

TheatreState makeTheatre(const api::Object& decision, const QString& language) {
    TheatreState state;
    const auto name = [&](std::initializer_list<std::string_view> path) { return at(decision, path); };
    state.podKey = name({"spec", "podUID"});
    state.podNamespace = text(decision.nameSpace());
    state.podName = name({"spec", "podName"});
    state.cycle = static_cast<int>(numberAt(decision, {"status", "cycle"}));
    state.attempt = static_cast<int>(numberAt(decision, {"status", "attempt"}, 1));
    const auto phase = name({"status", "phase"});
    const std::pair<const char*, TheatrePhase> phases[] = {{"Queue", TheatrePhase::Queue},   {"Filter", TheatrePhase::Filter}, {"Score", TheatrePhase::Score},
                                                           {"Select", TheatrePhase::Select}, {"Bind", TheatrePhase::Bind}};
    for (const auto& [word, value] : phases)
        if (phase == QLatin1String(word)) state.phase = value;
    state.held = state.phase != TheatrePhase::Done;
    // Held to be predicted: there is nothing to see of the phase itself, and no way on from here.
    if (state.held && boolAt(decision, {"status", "veiled"})) {
        state.held = false;
        if (state.phase > TheatrePhase::Queue) state.phase = static_cast<TheatrePhase>(static_cast<int>(state.phase) - 1);
    }
    state.result = name({"status", "result"});
    state.message = name({"status", "message"});
    state.winner = name({"status", "selectedNode"});
    state.nominatedNode = name({"status", "nominatedNode"});
    for (const auto& best : arrayAt(decision, {"status", "best"}))
        if (best.is_string()) state.best << text(best.get_string());
    if (state.winner.isEmpty() && state.phase >= TheatrePhase::Score && !state.best.isEmpty())
        state.winner = state.best.value(static_cast<int>(numberAt(decision, {"status", "draw"})));
    state.evaluatedNodes = static_cast<int>(numberAt(decision, {"status", "evaluatedNodes"}));
    state.feasibleNodes = static_cast<int>(numberAt(decision, {"status", "feasibleNodes"}));
    state.scoringSkipped = boolAt(decision, {"status", "scoringSkipped"});
    state.nominatedUsed = boolAt(decision, {"status", "nominatedNodeUsed"});
    for (const auto& skipped : arrayAt(decision, {"status", "skippedScore"}))
        if (skipped.is_string()) state.skippedScore << text(skipped.get_string());
    for (const auto& node : arrayAt(decision, {"status", "nodes"})) {
        TheatreNode shown;
        shown.name = at(node, {"name"});
        shown.feasible = boolAt(node, {"feasible"});
        shown.plugin = at(node, {"plugin"});
        shown.detail = at(node, {"detail"});
        // Of the only Node that fits the report tells what its scores would have been; the scheduler did not ask for them.
        if (!state.scoringSkipped) shown.total = numberAt(node, {"total"});
        const auto strings = [](const boost::json::value& from) {
            QStringList list;
            for (const auto& entry : arrayAt(from, {"reasons"}))
                if (entry.is_string()) list << text(entry.get_string());
            return list;
        };
        shown.reasons = strings(node);
        for (const auto& filter : arrayAt(node, {"filters"}))
            shown.filters.push_back({at(filter, {"plugin"}), at(filter, {"code"}) == QLatin1String("Success"), strings(filter)});
        for (const auto& score : arrayAt(node, {"scores"}))
            if (!state.scoringSkipped)
                shown.scores.push_back({at(score, {"plugin"}), numberAt(score, {"raw"}), numberAt(score, {"normalized"}), numberAt(score, {"weight"}, 1), numberAt(score, {"weighted"})});
        state.nodes.push_back(std::move(shown));
    }
    for (const auto& count : arrayAt(decision, {"status", "reasonCounts"})) state.reasonCounts.push_back({at(count, {"reason"}), static_cast<int>(numberAt(count, {"count"}))});
    state.explanation = inLanguage(decision.tree(), {"status", "explanation"}, language);
    addPreemption(decision, language, state);
    return state;
}

QStringList pluginsOf(const TheatreState& whole, TheatrePhase phase) {
    QStringList plugins;
    // A Node's list of filters ends with the one that refused; the longest list knows most of the order.
    const auto add = [&](const QStringList& names) {
        qsizetype place = 0;
        for (const auto& name : names) {
            if (const auto known = plugins.indexOf(name); known >= 0) place = known + 1;
            else plugins.insert(place++, name);
        }
    };
    std::vector<const TheatreNode*> nodes;
    for (const auto& node : whole.nodes) nodes.push_back(&node);
    std::stable_sort(nodes.begin(), nodes.end(), [](const auto* a, const auto* b) { return a->filters.size() > b->filters.size(); });
    for (const auto* node : nodes) {
        QStringList names;
        if (phase == TheatrePhase::Filter)
            for (const auto& filter : node->filters) names << filter.plugin;
        else if (phase == TheatrePhase::Score)
            for (const auto& score : node->scores) names << score.plugin;
        add(names);
    }
    return plugins;
}

TheatreState theatreAt(const TheatreState& whole, const TheatrePlace& place) {
    auto state = whole;
    state.phase = std::min(place.phase, whole.phase);
    state.held = whole.held && state.phase == whole.phase;
    state.plugins = pluginsOf(whole, state.phase);
    state.plugin = state.plugins.isEmpty() ? -1 : std::min(place.plugin, static_cast<int>(state.plugins.size()) - 1);
    if (state.plugin < 0) return state;
    const auto seen = [&](const QString& plugin) { return state.plugins.indexOf(plugin) <= state.plugin; };
    for (auto& node : state.nodes) {
        if (state.phase == TheatrePhase::Filter) {
            std::erase_if(node.filters, [&](const auto& filter) { return !seen(filter.plugin); });
            if (node.plugin.isEmpty() || seen(node.plugin)) continue;
            node.feasible = true;  // as far as the plugins up to here say
            node.plugin.clear();
            node.reasons.clear();
            node.detail.clear();
        } else {
            std::erase_if(node.scores, [&](const auto& score) { return !seen(score.plugin); });
            node.total = 0;
            for (const auto& score : node.scores) node.total += score.weighted;
        }
    }
    if (state.phase == TheatrePhase::Filter) {
        QHash<QString, int> counts;
        for (const auto& node : state.nodes)
            for (const auto& reason : node.reasons)
                if (!node.feasible) ++counts[reason];
        state.reasonCounts.clear();
        for (auto it = counts.cbegin(); it != counts.cend(); ++it) state.reasonCounts.push_back({it.key(), *it});
    }
    if (state.phase == TheatrePhase::Filter) state.feasibleNodes = static_cast<int>(std::count_if(state.nodes.begin(), state.nodes.end(), [](const auto& node) { return node.feasible; }));
    // Nobody has won before everything is counted.
    if (state.plugin + 1 < state.plugins.size()) state.winner.clear();
    return state;
}

std::optional<TheatrePlace> nextPlugin(const TheatreState& whole, const TheatrePlace& place) {
    const auto count = static_cast<int>(pluginsOf(whole, place.phase).size());
    if (place.plugin + 1 < count) return TheatrePlace{place.phase, place.plugin + 1};
    if (place.phase >= whole.phase) return std::nullopt;
    const auto phase = static_cast<TheatrePhase>(static_cast<int>(place.phase) + 1);
    return TheatrePlace{phase, pluginsOf(whole, phase).isEmpty() ? -1 : 0};
}

std::optional<TheatrePlace> previousPlugin(const TheatreState& whole, const TheatrePlace& place) {
    if (place.plugin > 0) return TheatrePlace{place.phase, place.plugin - 1};
    const auto count = static_cast<int>(pluginsOf(whole, place.phase).size());
    if (place.plugin < 0 && count > 1) return TheatrePlace{place.phase, count - 2};
    if (place.phase == TheatrePhase::Queue) return std::nullopt;
    const auto phase = static_cast<TheatrePhase>(static_cast<int>(place.phase) - 1);
    return TheatrePlace{phase, static_cast<int>(pluginsOf(whole, phase).size()) - 1};
}

}  // namespace kubarium::model
