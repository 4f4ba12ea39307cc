// DefaultPreemption: which lower-priority Pods would have to go, on which Node, so that this one fits; and which Node is the
// cheapest. Follows pkg/scheduler/framework/preemption and plugins/defaultpreemption of Kubernetes 1.34.
#include "core/scheduler/cycle.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>

namespace kubarium::scheduler {
namespace {

constexpr std::string_view nothingToDeallocate = "no new claims to deallocate";  // DynamicResources' words
constexpr std::string_view prefix = "preemption: ";
constexpr std::string_view neverPreempts = "not eligible due to preemptionPolicy=Never.";
constexpr std::string_view noVictims = "No preemption victims found for incoming pod";
constexpr std::string_view notHelpful = "Preemption is not helpful for scheduling";

struct Budget {
    std::string nameSpace;
    api::Selector selector;
    bool matchesNothing = false;
    std::set<std::string> disrupted;
    std::int64_t allowed = 0;
};

std::vector<Budget> budgetsOf(const ClusterObjects& objects) {
    std::vector<Budget> budgets;
    for (const auto& [key, object] : objects.podDisruptionBudgets) {
        Budget budget;
        budget.nameSpace = object->nameSpace();
        const auto* from = object->find({"spec", "selector"});
        api::LabelSelector selector;
        if (from && from->is_object()) {
            if (const auto* labels = api::findPath(*from, {"matchLabels"}); labels && labels->is_object())
                for (const auto& [name, value] : labels->get_object()) selector.matchLabels.emplace(name, value.as_string());
            if (const auto* expressions = api::findPath(*from, {"matchExpressions"}); expressions && expressions->is_array())
                for (const auto& entry : expressions->get_array()) {
                    api::LabelSelectorRequirement requirement{std::string(api::stringAt(entry, {"key"})), std::string(api::stringAt(entry, {"operator"})), {}};
                    if (const auto* values = api::findPath(entry, {"values"}); values && values->is_array())
                        for (const auto& value : values->get_array()) requirement.values.emplace_back(value.as_string());
                    selector.matchExpressions.push_back(std::move(requirement));
                }
        }
        const auto parsed = api::Selector::from(selector);
        // One that is empty, absent or not valid protects nothing here.
        budget.matchesNothing = !parsed || parsed->matchesEverything();
        if (parsed) budget.selector = *parsed;
        if (const auto* allowed = object->find({"status", "disruptionsAllowed"}); allowed && allowed->is_number()) budget.allowed = allowed->to_number<std::int64_t>();
        if (const auto* disrupted = object->find({"status", "disruptedPods"}); disrupted && disrupted->is_object())
            for (const auto& [name, time] : disrupted->get_object()) budget.disrupted.emplace(name);
        budgets.push_back(std::move(budget));
    }
    return budgets;
}

// A Pod that has not started counts as starting now, after all that have. RFC 3339 in UTC compares as text.
bool startsBefore(std::string_view a, std::string_view b) { return !a.empty() && (b.empty() || a < b); }

bool moreImportant(const PodInfoPtr& a, const PodInfoPtr& b) {
    return a->priority != b->priority ? a->priority > b->priority : startsBefore(a->startTime, b->startTime);
}

bool violatesBudget(const PodInfo& pod, std::vector<Budget>& budgets) {
    bool violates = false;
    if (pod.labels.empty()) return false;
    for (auto& budget : budgets) {
        if (budget.nameSpace != pod.nameSpace || budget.matchesNothing || !budget.selector.matches(pod.labels) || budget.disrupted.contains(pod.name)) continue;
        violates |= --budget.allowed < 0;
    }
    return violates;
}

Price priceOf(const Candidate& candidate) {
    const auto& first = *candidate.victims.front();
    Price price{candidate.pdbViolations, first.priority, 0, candidate.victims.size(), first.startTime};
    for (const auto& victim : candidate.victims) {
        price.sumOfPriorities += static_cast<std::int64_t>(victim->priority) + (std::int64_t{1} << 31);
        if (victim->priority == first.priority && startsBefore(victim->startTime, price.earliestStart)) price.earliestStart = victim->startTime;
    }
    return price;
}

DryRun selectVictims(const Cycle& cycle, const PluginSet& plugins, const NodeInfo& original, std::vector<Budget> budgets) {
    std::vector<PodInfoPtr> potential;
    for (const auto& pod : original.pods)
        if (pod->priority < cycle.pod.priority) potential.push_back(pod);
    if (potential.empty()) return {Status::unresolvable(std::string(noVictims)), {}, {}};
    PluginSet trial(plugins);
    NodeInfo node = original;
    for (const auto& pod : potential) {
        node.removePod(pod);
        trial.removePod(cycle, *pod, node);
    }
    if (auto status = trial.runFilterWithNominated(cycle, node); !status.success()) return {std::move(status), {}, {}};
    std::ranges::stable_sort(potential, moreImportant);
    std::vector<PodInfoPtr> violating, others;
    for (const auto& pod : potential) (violatesBudget(*pod, budgets) ? violating : others).push_back(pod);
    Candidate candidate;
    candidate.node = original.name;
    const auto reprieve = [&](const PodInfoPtr& pod) {
        node.addPod(pod);
        trial.addPod(cycle, *pod, node);
        if (trial.runFilterWithNominated(cycle, node).success()) return true;
        node.removePod(pod);
        trial.removePod(cycle, *pod, node);
        candidate.victims.push_back(pod);
        return false;
    };
    for (const auto& pod : violating) candidate.pdbViolations += !reprieve(pod);
    for (const auto& pod : others) reprieve(pod);
    std::ranges::stable_sort(candidate.victims, moreImportant);
    if (candidate.victims.empty()) return {Status::error(fmt::format("expected at least one victim pod on node \"{}\"", original.name)), {}, {}};
    const auto price = priceOf(candidate);
    return {{}, std::move(candidate), price};
}

// Keeps the dry runs with the least value of that part of the price; names the rule if it decided.
template <class Part>
void keepLeast(std::vector<const DryRun*>& left, std::string& decidedBy, const char* rule, Part Price::* part) {
    if (left.size() < 2) return;
    auto least = left.front()->price.*part;
    for (const auto* dry : left) least = std::min(least, dry->price.*part);
    if (std::erase_if(left, [&](const DryRun* dry) { return dry->price.*part != least; }) > 0) decidedBy = rule;
}

std::vector<const DryRun*> cheapest(std::vector<const DryRun*> left, std::string& decidedBy) {
    keepLeast(left, decidedBy, "fewest PodDisruptionBudget violations", &Price::pdbViolations);
    keepLeast(left, decidedBy, "lowest priority of the most important victim", &Price::highestPriority);
    keepLeast(left, decidedBy, "smallest sum of priorities", &Price::sumOfPriorities);
    keepLeast(left, decidedBy, "fewest victims", &Price::victims);
    if (left.size() < 2) return left;
    auto latest = left.front()->price.earliestStart;
    for (const auto* dry : left)
        if (startsBefore(latest, dry->price.earliestStart)) latest = dry->price.earliestStart;
    if (std::erase_if(left, [&](const DryRun* dry) { return dry->price.earliestStart != latest; }) > 0) decidedBy = "latest start of the most important victim";
    return left;
}

// Why the Pod may not preempt; "" if it may.
std::string ineligible(const Cycle& cycle, std::span<const Status* const> statuses) {
    if (cycle.pod.preemptNever) return std::string(neverPreempts);
    const auto& nominated = cycle.pod.nominatedNode;
    if (nominated.empty()) return {};
    const auto index = cycle.snapshot.index(nominated);
    if (!index || statuses[*index]->code == Code::UnschedulableAndUnresolvable) return {};
    for (const auto& pod : cycle.snapshot.nodes[*index]->pods) {
        if (pod->priority >= cycle.pod.priority || !pod->terminating) continue;
        const auto* conditions = pod->object->find({"status", "conditions"});
        if (!conditions || !conditions->is_array()) continue;
        for (const auto& condition : conditions->get_array())
            if (api::stringAt(condition, {"type"}) == "DisruptionTarget") {
                if (api::stringAt(condition, {"status"}) == "True" && api::stringAt(condition, {"reason"}) == "PreemptionByScheduler")
                    return "not eligible due to a terminating pod on the nominated node.";
                break;
            }
    }
    return {};
}

// default_preemption.go: GetOffsetAndNumCandidates. How many candidates are enough, and where to begin to look for them.
struct Scope {
    std::size_t wanted, offset = 0;

    Scope(const Profile& profile, const DecideOptions& options, std::size_t potential) : wanted(potential) {
        if (!options.sampling) return;
        const auto share = potential * static_cast<std::size_t>(std::max(0, profile.minCandidateNodesPercentage)) / 100;
        wanted = std::min(potential, std::max(share, static_cast<std::size_t>(std::max(0, profile.minCandidateNodesAbsolute))));
        if (wanted == potential) return;
        offset = options.preemptionOffset ? *options.preemptionOffset : options.draw ? options.draw(potential) : 0;
    }
};

// The dry runs of one preemption.
class Search {
public:
    Search(const Cycle& cycle, const PluginSet& plugins, const PreemptionSearch& how)
        : cycle_(cycle), plugins_(plugins), options_(how.options), kept_(how.kept), budgets_(budgetsOf(*cycle.snapshot.objects)), nodes_(cycle.snapshot.nodes.size()) {
        if (const auto own = cycle.snapshot.nominatedNodeOf.find(cycle.pod.uid); own != cycle.snapshot.nominatedNodeOf.end()) own_ = own->second;
    }

    std::vector<const DryRun*> run(std::span<const Status* const> statuses, PreemptionResult& result) {
        std::vector<std::size_t> potential;
        for (std::size_t i = 0; i < nodes_; ++i)
            if (statuses[i]->code == Code::Unschedulable) potential.push_back(i);
        const Scope scope(cycle_.profile, options_, potential.size());
        result.offset = scope.offset;
        std::vector<const DryRun*> found;
        std::size_t harmless = 0;
        for (std::size_t i = 0; i < potential.size() && (harmless == 0 || found.size() < scope.wanted); ++i) {
            const auto index = potential[(result.offset + i) % potential.size()];
            const auto& [known, dry] = dryRun(index);
            if (known == DryRuns::Known::Refused) refused_.push_back({index, dry});
            else found.push_back(dry);
            harmless += known == DryRuns::Known::Harmless;
        }
        if (!kept_)
            for (const auto& [index, dry] : refused_) result.notHelped.emplace(cycle_.snapshot.nodes[index]->name, dry->status);
        return found;
    }

    // What went wrong, each once; "" if nothing did.
    std::string errors() const {
        std::vector<std::string> messages;
        for (const auto& [index, dry] : refused_)
            if (dry->status.code == Code::Error && std::ranges::find(messages, dry->status.message()) == messages.end()) messages.push_back(dry->status.message());
        return messages.size() == 1 ? messages.front() : messages.empty() ? std::string() : fmt::format("[{}]", fmt::join(messages, ", "));
    }

    // How many Nodes said what, where there is no candidate.
    std::vector<std::pair<Status, std::size_t>> refusals() const {
        std::vector<std::pair<Status, std::size_t>> all;
        for (const auto& [index, dry] : refused_) {
            const auto& status = dry->status;
            const auto same = std::ranges::find_if(all, [&](const auto& other) { return other.first.code == status.code && other.first.reasons == status.reasons; });
            if (same == all.end()) all.emplace_back(status, 1);
            else ++same->second;
        }
        if (refused_.size() < nodes_) all.emplace_back(Status::unresolvable(std::string(notHelpful)), nodes_ - refused_.size());
        return all;
    }

private:
    std::pair<DryRuns::Known, const DryRun*> dryRun(std::size_t index) {
        if (kept_ && kept_->known(index) != DryRuns::Known::Nothing) return {kept_->known(index), &(*kept_)[index]};
        const auto& node = *cycle_.snapshot.nodes[index];
        if (kept_ && node.name != own_) {
            kept_->set(index, selectVictims(cycle_, plugins_, node, budgets_));
            return {kept_->known(index), &(*kept_)[index]};
        }
        const auto& dry = fresh_.emplace_back(selectVictims(cycle_, plugins_, node, budgets_));
        return {DryRuns::of(dry), &dry};
    }

    const Cycle& cycle_;
    const PluginSet& plugins_;
    const DecideOptions& options_;
    DryRuns* kept_;
    std::vector<Budget> budgets_;
    std::size_t nodes_;
    std::string own_;  // the Node to which the Pod itself is nominated; ""
    std::deque<DryRun> fresh_;
    std::vector<std::pair<std::size_t, const DryRun*>> refused_;  // by the Node's index
};

}  // namespace

PostFilterStatus preempt(const Cycle& cycle, const PluginSet& plugins, std::span<const Status* const> statuses, const PreemptionSearch& how, PreemptionResult& result) {
    if (const auto why = ineligible(cycle, statuses); !why.empty()) return {Code::Unschedulable, std::string(prefix) + why};
    Search search(cycle, plugins, how);
    const auto found = search.run(statuses, result);
    if (found.empty()) {
        if (const auto errors = search.errors(); !errors.empty()) return {Code::Error, std::string(prefix) + errors};
        result.clearsNomination = true;
        return {Code::Unschedulable, std::string(prefix) + fitErrorMessage(cycle.snapshot.nodes.size(), search.refusals(), "", "")};
    }
    const auto best = cheapest(found, result.decidedBy);
    const auto& chosen = (*std::ranges::min_element(best, {}, [](const DryRun* dry) -> const std::string& { return dry->candidate.node; }))->candidate;
    result.nominatedNode = chosen.node;
    result.victims = chosen.victims;
    if (how.kept) return {Code::Success, {}};
    for (const auto* dry : best) result.nominatedAnyOf.push_back(dry->candidate.node);
    std::ranges::sort(result.nominatedAnyOf);
    for (const auto* dry : found) result.candidates.push_back(dry->candidate);
    return {Code::Success, {}};
}

PreemptionResult preemptionWithoutVictims(const Cycle& cycle, const DecideOptions& options, const std::vector<std::pair<Status, std::size_t>>& refusals) {
    const auto nodes = cycle.snapshot.nodes.size();
    PreemptionResult result;
    result.tried = true;
    result.code = Code::Unschedulable;
    if (cycle.pod.preemptNever) {
        result.message = fmt::format("{}, {}{}", nothingToDeallocate, prefix, neverPreempts);
        return result;
    }
    std::size_t resolvable = 0;
    for (const auto& [status, count] : refusals)
        if (status.code == Code::Unschedulable) resolvable += count;
    result.offset = Scope(cycle.profile, options, resolvable).offset;  // drawn as if it were looked for
    std::vector<std::pair<Status, std::size_t>> statuses;
    if (resolvable > 0) statuses.emplace_back(Status::unresolvable(std::string(noVictims)), resolvable);
    if (nodes > resolvable) statuses.emplace_back(Status::unresolvable(std::string(notHelpful)), nodes - resolvable);
    result.message = fmt::format("{}, {}{}", nothingToDeallocate, prefix, fitErrorMessage(nodes, statuses, "", ""));
    result.clearsNomination = true;
    return result;
}

// RunPostFilterPlugins: until one succeeds, or fails for good; the reasons of the others add up.
void runPostFilter(const Cycle& cycle, const PluginSet& plugins, std::span<const Status* const> statuses, const PreemptionSearch& how, PreemptionResult& result) {
    std::vector<std::string> reasons;
    for (const auto& name : cycle.profile.postFilter) {
        PostFilterStatus status;
        if (name == "DefaultPreemption") status = preempt(cycle, plugins, statuses, how, result);
        else if (name != "DynamicResources") continue;
        // It looks for what its own PreFilter leaves, which may not have run.
        else if (plugins.preFilterRan(name)) status = {Code::Unschedulable, std::string(nothingToDeallocate)};
        else status = {Code::Error, "not found"};
        result.tried = true;
        result.code = status.code;
        result.message = status.message;
        if (status.code != Code::Unschedulable) return;
        reasons.push_back(std::move(status.message));
    }
    result.message = fmt::format("{}", fmt::join(reasons, ", "));
}

}  // namespace kubarium::scheduler
