#include "core/scheduler/decision.h"

#include "core/scheduler/cycle.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {

PluginSet::PluginSet(const Profile& profile) : profile_(profile) {
    auto plugins = std::make_shared<Plugins>();
    const auto add = [&](const std::string& name) {
        if (!plugins->contains(name))
            if (auto plugin = makePlugin(name, profile)) plugins->emplace(name, std::move(plugin));
    };
    for (const auto& name : profile.preFilter) add(name);
    for (const auto& name : profile.filter) add(name);
    for (const auto& name : profile.preScore) add(name);
    for (const auto& [name, weight] : profile.score) add(name);
    plugins_ = std::move(plugins);
    for (const auto& name : profile.filter)
        if (auto* plugin = find(name)) filters_.push_back(plugin);
}

PluginSet::PluginSet(const PluginSet& other)
    : plugins_(other.plugins_), filters_(other.filters_), following_(other.following_), profile_(other.profile_), skippedFilters_(other.skippedFilters_),
      ranPreFilter_(other.ranPreFilter_) {
    const auto takeOwn = [&](Plugin*& plugin) {
        if (plugin->reads() == Reads::Node) return;
        auto known = std::ranges::find(own_, plugin->name(), [](const auto& own) { return own->name(); });
        if (known == own_.end()) known = own_.insert(known, plugin->clone());
        plugin = known->get();
    };
    std::ranges::for_each(filters_, takeOwn);
    std::ranges::for_each(following_, takeOwn);
}

Plugin* PluginSet::find(const std::string& name) const {
    for (const auto& own : own_)
        if (own->name() == name) return own.get();
    const auto it = plugins_->find(name);
    return it == plugins_->end() ? nullptr : it->second.get();
}

Status PluginSet::runPreFilter(const Cycle& cycle, Decision& decision) {
    Status refusal;
    for (const auto& name : profile_.preFilter) {
        auto* plugin = find(name);
        if (!plugin) continue;
        auto result = plugin->preFilter(cycle);
        ranPreFilter_.insert(name);
        if (result.status.code == Code::Skip) {
            skippedFilters_.push_back(name);
            // One that is absent here is in no list.
            if (name != "DynamicResources") decision.skippedFilter.insert(std::ranges::upper_bound(decision.skippedFilter, name), name);
            continue;
        }
        if (!result.status.success()) {
            result.status.plugin = name;
            // Preemption may help against this one, and needs what the others prepare.
            if (!result.status.rejected()) {
                result.status = Status::error(fmt::format("running PreFilter plugin \"{}\": {}", name, result.status.message()));
                result.status.plugin = name;
            }
            if (result.status.code != Code::Unschedulable) return result.status;
            refusal = std::move(result.status);
            continue;
        }
        if (!result.nodeNames) continue;
        decision.narrowedBy.push_back(name);
        if (!decision.narrowedTo) decision.narrowedTo = std::move(result.nodeNames);
        else std::erase_if(*decision.narrowedTo, [&](const auto& node) { return !result.nodeNames->contains(node); });
        if (decision.narrowedTo->empty()) {
            auto names = decision.narrowedBy;
            std::ranges::sort(names);
            return Status::unresolvable(names.size() == 1 ? fmt::format("node(s) didn't satisfy plugin {}", names.front())
                                                          : fmt::format("node(s) didn't satisfy plugin(s) [{}] simultaneously", fmt::join(names, " ")));
        }
    }
    const auto skipped = [&](std::string_view name) { return std::ranges::find(skippedFilters_, name) != skippedFilters_.end(); };
    std::erase_if(filters_, [&](const Plugin* plugin) { return skipped(plugin->name()); });
    following_.clear();
    for (const auto& name : profile_.preFilter)
        if (auto* plugin = find(name); plugin && !skipped(name) && plugin->reads() != Reads::Node) following_.push_back(plugin);
    return refusal;
}

Status PluginSet::runOneFilter(Plugin& plugin, const Cycle& cycle, const NodeInfo& node) {
    auto status = plugin.filter(cycle, node);
    if (status.success()) return status;
    if (!status.rejected()) status = Status::error(fmt::format("running \"{}\" filter plugin: {}", plugin.name(), status.message()));
    status.plugin = plugin.name();
    return status;
}

Status PluginSet::runFilter(const Cycle& cycle, const NodeInfo& node) {
    for (auto* plugin : filters_)
        if (auto status = runOneFilter(*plugin, cycle, node); !status.success()) return status;
    return {};
}

std::vector<Status> PluginSet::runEveryFilter(const Cycle& cycle, const NodeInfo& node) {
    std::vector<Status> refusals;
    for (auto* plugin : filters_)
        if (auto status = runOneFilter(*plugin, cycle, node); !status.success()) refusals.push_back(std::move(status));
    return refusals;
}

void PluginSet::addPod(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node) {
    for (auto* plugin : following_) plugin->addPod(cycle, pod, node);
}

void PluginSet::removePod(const Cycle& cycle, const PodInfo& pod, const NodeInfo& node) {
    for (auto* plugin : following_) plugin->removePod(cycle, pod, node);
}

Status PluginSet::runFilterWithNominated(const Cycle& cycle, const NodeInfo& node) {
    // What fits only because a nominated Pod is there (affinity) must also fit if it never comes: two rounds.
    if (const auto nominated = cycle.snapshot.nominated.find(node.name); nominated != cycle.snapshot.nominated.end()) {
        PluginSet with(*this);
        NodeInfo changed = node;
        bool added = false;
        for (const auto& pod : nominated->second) {
            if (pod->priority < cycle.pod.priority || pod->uid == cycle.pod.uid) continue;
            changed.addPod(pod);
            with.addPod(cycle, *pod, changed);
            added = true;
        }
        if (added)
            if (auto status = with.runFilter(cycle, changed); !status.success()) return status;
    }
    return runFilter(cycle, node);
}

Status PluginSet::runScore(const Cycle& cycle, std::span<const NodeInfo* const> feasible, std::span<NodeVerdict* const> verdicts, std::vector<std::string>& skipped) {
    for (const auto& name : profile_.preScore) {
        auto* plugin = find(name);
        if (!plugin) continue;
        auto status = plugin->preScore(cycle, feasible);
        if (status.code == Code::Skip) skipped.push_back(name);
        else if (!status.success()) return Status::error(fmt::format("running PreScore plugin \"{}\": {}", name, status.message()));
    }
    std::ranges::sort(skipped);
    std::vector<std::int64_t> scores(feasible.size());
    for (const auto& [name, weight] : profile_.score) {
        auto* plugin = find(name);
        if (!plugin || std::ranges::binary_search(skipped, name)) continue;
        for (std::size_t i = 0; i < feasible.size(); ++i) {
            const auto result = plugin->score(cycle, *feasible[i]);
            if (!result.status.success()) return Status::error(fmt::format("running Score plugins: plugin \"{}\" failed with: {}", name, result.status.message()));
            scores[i] = result.score;
        }
        for (std::size_t i = 0; i < feasible.size(); ++i) verdicts[i]->scores.push_back({name, scores[i], 0, weight, 0});
        plugin->normalize(cycle, feasible, scores);
        for (std::size_t i = 0; i < feasible.size(); ++i) {
            auto& score = verdicts[i]->scores.back();
            score.normalized = scores[i];
            if (scores[i] < 0 || scores[i] > maxNodeScore)
                return Status::error(fmt::format("applying score defaultWeights on Score plugins: plugin \"{}\" returns an invalid score {}, it should in the range of [0, {}] after normalizing", name,
                                                 scores[i], maxNodeScore));
            score.weighted = scores[i] * weight;
            verdicts[i]->total += score.weighted;
        }
    }
    return {};
}

std::string fitErrorMessage(std::size_t allNodes, const std::vector<std::pair<Status, std::size_t>>& statuses, const std::string& preFilterMessage,
                            const std::string& postFilterMessage) {
    auto message = fmt::format("0/{} nodes are available", allNodes);
    if (!preFilterMessage.empty()) {
        message += fmt::format(": {}.", preFilterMessage);
    } else {
        std::map<std::string, std::size_t> histogram;
        for (const auto& [status, count] : statuses)
            for (const auto& reason : status.reasons) histogram[reason] += count;
        std::vector<std::string> parts;
        for (const auto& [reason, count] : histogram) parts.push_back(fmt::format("{} {}", count, reason));
        std::ranges::sort(parts);
        if (!parts.empty()) message += fmt::format(": {}.", fmt::join(parts, ", "));
    }
    if (!postFilterMessage.empty()) message += " " + postFilterMessage;
    return message;
}

std::size_t numFeasibleNodesToFind(std::optional<int> profilePercentage, int percentage, std::size_t nodes) {
    constexpr std::size_t least = 100;
    constexpr int leastPercentage = 5;
    if (nodes < least) return nodes;
    auto chosen = profilePercentage.value_or(percentage);
    if (chosen == 0) chosen = std::max(leastPercentage, 50 - static_cast<int>(nodes) / 125);
    return std::max(least, nodes * static_cast<std::size_t>(chosen) / 100);
}

namespace {

class Attempt {
public:
    Attempt(const Snapshot& snapshot, const PodInfo& pod, const Configuration& configuration, const Profile& profile, const DecideOptions& options)
        : cycle_{snapshot, pod, profile}, configuration_(configuration), options_(options), plugins_(profile) {}

    Decision run() {
        const auto& snapshot = cycle_.snapshot;
        decision_.nextStart = options_.startIndex;
        if (snapshot.nodes.empty()) {
            decision_.result = Decision::Result::NoNodes;
            decision_.message = "no nodes available to schedule pods";
            decision_.reason = "Unschedulable";
            return std::move(decision_);
        }
        enter("PreFilter");
        decision_.preFilter = plugins_.runPreFilter(cycle_, decision_);
        if (!decision_.preFilter.success()) return refusedByPreFilter();
        decision_.nodes.resize(snapshot.nodes.size());
        for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) decision_.nodes[i].node = snapshot.nodes[i]->name;
        enter("Filter");
        findFeasible();
        if (!decision_.error.empty()) return failed();
        if (feasible_.empty()) return unschedulable();
        return choose();
    }

private:
    void enter(const char* point) const {
        if (options_.onPoint) options_.onPoint(point);
    }

    Decision failed() {
        decision_.result = Decision::Result::Error;
        decision_.reason = "SchedulerError";
        decision_.message = decision_.error;
        return std::move(decision_);
    }

    Decision refusedByPreFilter() {
        if (!decision_.preFilter.rejected()) {
            decision_.error = decision_.preFilter.message();
            return failed();
        }
        if (options_.preempt) runPostFilter(cycle_, plugins_, std::vector<const Status*>(cycle_.snapshot.nodes.size(), &decision_.preFilter), {options_}, decision_.preemption);
        decision_.reason = "Unschedulable";
        decision_.message = fitErrorMessage(cycle_.snapshot.nodes.size(), {}, decision_.preFilter.message(), decision_.preemption.message);
        return std::move(decision_);
    }

    bool narrowedOut(const std::string& node) const { return decision_.narrowedTo && !decision_.narrowedTo->contains(node); }

    bool evaluate(std::size_t index) {
        auto& verdict = decision_.nodes[index];
        verdict.evaluated = true;
        verdict.filter = plugins_.runFilterWithNominated(cycle_, *cycle_.snapshot.nodes[index]);
        if (verdict.filter.code == Code::Error && decision_.error.empty()) decision_.error = verdict.filter.message();
        return verdict.filter.success();
    }

    void findFeasible() {
        const auto& nodes = cycle_.snapshot.nodes;
        // The Pod's own nominated Node is tried first, and wins alone.
        if (!cycle_.pod.nominatedNode.empty())
            if (const auto index = cycle_.snapshot.index(cycle_.pod.nominatedNode)) {
                if (evaluate(*index)) {
                    feasible_.push_back(*index);
                    decision_.nominatedNodeUsed = true;
                    decision_.evaluated = 1;
                    if (!options_.fullStory) return;
                } else {
                    nominatedRefusedBy_ = decision_.nodes[*index].filter.plugin;
                }
            }
        decision_.error.clear();
        std::size_t considered = 0;
        for (const auto& node : nodes) considered += !narrowedOut(node->name);
        auto wanted = options_.sampling ? numFeasibleNodesToFind(cycle_.profile.percentageOfNodesToScore, configuration_.percentageOfNodesToScore, considered) : nodes.size();
        if (!plugins_.hasScorePlugins()) wanted = 1;  // none would be preferred
        std::size_t found = 0, processed = 0;
        for (std::size_t step = 0; step < nodes.size() && found < wanted; ++step) {
            const auto index = (options_.startIndex + step) % nodes.size();
            if (narrowedOut(nodes[index]->name)) continue;
            ++processed;
            if (!evaluate(index)) continue;
            ++found;
            if (!decision_.nominatedNodeUsed) feasible_.push_back(index);
        }
        decision_.nextStart = (options_.startIndex + processed) % nodes.size();
        if (!decision_.nominatedNodeUsed) decision_.evaluated = static_cast<int>(processed);
        std::set<std::string> narrowers(decision_.narrowedBy.begin(), decision_.narrowedBy.end());
        if (!nominatedRefusedBy_.empty()) narrowers.insert(nominatedRefusedBy_);
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (narrowedOut(nodes[i]->name) && !decision_.nodes[i].evaluated)
                decision_.nodes[i].filter = Status::unresolvable(fmt::format("node(s) didn't satisfy plugin(s) [{}]", fmt::join(narrowers, " ")));
        if (decision_.nominatedNodeUsed) decision_.error.clear();
    }

    Decision unschedulable() {
        decision_.reason = "Unschedulable";
        std::vector<std::pair<Status, std::size_t>> statuses;
        std::vector<const Status*> refusals;
        for (const auto& verdict : decision_.nodes) {
            statuses.emplace_back(verdict.filter, 1);
            refusals.push_back(&verdict.filter);
            if (!verdict.filter.plugin.empty()) decision_.refusedBy.insert(verdict.filter.plugin);
        }
        enter("PostFilter");
        if (options_.preempt) runPostFilter(cycle_, plugins_, refusals, {options_}, decision_.preemption);
        decision_.message = fitErrorMessage(cycle_.snapshot.nodes.size(), statuses, "", decision_.preemption.message);
        return std::move(decision_);
    }

    Decision choose() {
        std::ranges::sort(feasible_);
        decision_.feasible = static_cast<int>(feasible_.size());
        decision_.scoringSkipped = feasible_.size() == 1;
        std::vector<const NodeInfo*> nodes;
        std::vector<NodeVerdict*> verdicts;
        for (const auto index : feasible_) {
            nodes.push_back(cycle_.snapshot.nodes[index].get());
            verdicts.push_back(&decision_.nodes[index]);
        }
        enter("Score");
        if (!decision_.scoringSkipped || options_.fullStory) {
            const auto status = plugins_.runScore(cycle_, nodes, verdicts, decision_.skippedScore);
            if (!status.success() && !decision_.scoringSkipped) {
                decision_.error = status.message();
                return failed();
            }
        }
        enter("Select");
        if (!plugins_.hasScorePlugins())
            for (auto* verdict : verdicts) verdict->total = 1;
        std::int64_t most = INT64_MIN;
        for (const auto* verdict : verdicts) most = std::max(most, verdict->total);
        for (const auto* verdict : verdicts)
            if (verdict->total == most) decision_.best.push_back(verdict->node);
        decision_.selectedNode = decision_.best[options_.draw && decision_.best.size() > 1 ? options_.draw(decision_.best.size()) : 0];
        std::ranges::sort(decision_.best);
        decision_.result = Decision::Result::Scheduled;
        return std::move(decision_);
    }

    Cycle cycle_;
    const Configuration& configuration_;
    const DecideOptions& options_;
    PluginSet plugins_;
    Decision decision_;
    std::vector<std::size_t> feasible_;
    std::string nominatedRefusedBy_;
};

}  // namespace

Decision decide(const Snapshot& snapshot, const PodInfo& pod, const Configuration& configuration, const Profile& profile, const DecideOptions& options) {
    return Attempt(snapshot, pod, configuration, profile, options).run();
}

PreemptionResult considerPreemption(const Snapshot& snapshot, const PodInfo& pod, const Profile& profile, const Decision& decision) {
    PreemptionResult result;
    if (decision.nodes.size() != snapshot.nodes.size()) return result;
    const Cycle cycle{snapshot, pod, profile};
    PluginSet plugins(profile);
    Decision again;
    if (!plugins.runPreFilter(cycle, again).success()) return result;
    std::vector<const Status*> statuses;
    for (const auto& verdict : decision.nodes) statuses.push_back(&verdict.filter);
    DecideOptions everyCandidate;
    everyCandidate.sampling = false;
    const auto status = preempt(cycle, plugins, statuses, {everyCandidate}, result);
    result.tried = true;
    result.code = status.code;
    result.message = status.message;
    return result;
}

std::map<std::string, std::map<std::string, Status>> filterAll(const Snapshot& snapshot, const PodInfo& pod, const Profile& profile) {
    std::map<std::string, std::map<std::string, Status>> refusals;
    const Cycle cycle{snapshot, pod, profile};
    std::vector<std::unique_ptr<Plugin>> plugins;
    for (const auto& name : profile.filter)
        if (auto plugin = makePlugin(name, profile)) {
            if (std::ranges::find(profile.preFilter, name) != profile.preFilter.end() && plugin->preFilter(cycle).status.code == Code::Skip) continue;
            plugins.push_back(std::move(plugin));
        }
    for (const auto& node : snapshot.nodes)
        for (const auto& plugin : plugins)
            if (auto status = plugin->filter(cycle, *node); !status.success()) refusals[node->name][std::string(plugin->name())] = std::move(status);
    return refusals;
}

}  // namespace kubarium::scheduler
