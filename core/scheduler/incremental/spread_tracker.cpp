#include "core/scheduler/incremental/spread_tracker.h"

#include "core/scheduler/plugins/plugins.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kubarium::scheduler {
namespace {

constexpr std::string_view hostnameLabel = "kubernetes.io/hostname";

const Status missingLabel{Code::UnschedulableAndUnresolvable, {"node(s) didn't match pod topology spread constraints (missing required label)"}, "PodTopologySpread"};
const Status tooUneven{Code::Unschedulable, {"node(s) didn't match pod topology spread constraints"}, "PodTopologySpread"};

bool same(const std::vector<SpreadConstraint>& a, const std::vector<SpreadConstraint>& b) {
    return std::ranges::equal(a, b, [](const SpreadConstraint& x, const SpreadConstraint& y) {
        return x.topologyKey == y.topologyKey && x.selector.matchesNothing() == y.selector.matchesNothing() && x.selector.toString() == y.selector.toString();
    });
}

}  // namespace

SpreadTracker::SpreadTracker(const Cycle& cycle, std::shared_ptr<TopologyIndex> index, bool filters, bool scores)
    : nameSpace_(cycle.pod.nameSpace), index_(std::move(index)), filters_(filters), scores_(scores) {
    requireAll_ = !cycle.pod.spread.empty() || !cycle.profile.systemDefaultedSpread;
    if (filters) hardSpecs_ = spreadConstraints(cycle, true);
    if (scores) softSpecs_ = spreadConstraints(cycle, false);
    for (const auto& spec : hardSpecs_) {
        hard_.push_back(make(cycle, spec, hardSpecs_, true));
        hard_.back().host = false;
    }
    for (const auto& spec : softSpecs_) soft_.push_back(make(cycle, spec, softSpecs_, requireAll_));
    if (soft_.empty()) return;
    ignored_.resize(cycle.snapshot.nodes.size());
    for (std::size_t i = 0; requireAll_ && i < ignored_.size(); ++i) ignored_[i] = !hasAllTopologyKeys(cycle.snapshot.nodes[i]->labels, softSpecs_);
}

SpreadTracker::Constraint SpreadTracker::make(const Cycle& cycle, const SpreadConstraint& spec, const std::vector<SpreadConstraint>& all, bool requireAll) const {
    const auto& nodes = cycle.snapshot.nodes;
    Constraint made;
    made.spec = spec;
    made.host = spec.topologyKey == hostnameLabel;
    made.key = &index_->key(spec.topologyKey);
    made.self = spec.selector.matches(cycle.pod.labels) ? 1 : 0;
    made.counts.assign(made.key->domains() + 1, 0);
    made.exists.assign(made.key->domains() + 1, false);
    made.counted.resize(nodes.size());
    if (made.host) made.onNode.assign(nodes.size(), 0);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        made.counted[i] = (!requireAll || hasAllTopologyKeys(nodes[i]->labels, all)) && countsForSpread(cycle.pod, *nodes[i], spec);
        if (!made.counted[i]) continue;
        const auto domain = made.domain(static_cast<std::uint32_t>(i));
        if (!made.exists[domain]) ++made.existing;
        made.exists[domain] = true;
    }
    if (made.existing > 0) made.tally[0] = made.existing;
    made.least = made.leastNow();
    return made;
}

// A Node without the label is in the domain of the empty value, as where soft constraints of the system are counted.
std::size_t SpreadTracker::Constraint::domain(std::uint32_t node) const {
    const auto of = key->domainOf[node];
    if (of != TopologyKey::none) return static_cast<std::size_t>(of);
    return key->emptyValue != TopologyKey::none ? static_cast<std::size_t>(key->emptyValue) : key->domains();
}

std::int64_t SpreadTracker::Constraint::leastNow() const {
    if (existing < spec.minDomains) return 0;
    return tally.empty() ? std::numeric_limits<std::int32_t>::max() : tally.begin()->first;
}

bool SpreadTracker::matches(const SpreadConstraint& spec, const PodInfo& pod) const {
    return !pod.terminating && pod.nameSpace == nameSpace_ && !spec.selector.matchesEverything() && spec.selector.matches(pod.labels);
}

void SpreadTracker::countHard(Constraint& constraint, std::size_t domain, int by, Touched& touched) {
    const auto touch = [&](std::size_t each) {
        if (each < constraint.key->domains()) touched.nodes.insert(touched.nodes.end(), constraint.key->nodes[each].begin(), constraint.key->nodes[each].end());
    };
    auto& count = constraint.counts[domain];
    const bool refused = constraint.refuses(domain);
    if (--constraint.tally[count] == 0) constraint.tally.erase(count);
    count += by;
    ++constraint.tally[count];
    const auto before = std::exchange(constraint.least, constraint.leastNow());
    if (before == constraint.least) {
        if (refused != constraint.refuses(domain)) touch(domain);
        return;
    }
    for (std::size_t each = 0; each < constraint.counts.size(); ++each) {
        const bool was = each == domain ? refused : constraint.counts[each] + constraint.self - before > constraint.spec.maxSkew;
        if (was != constraint.refuses(each)) touch(each);
    }
}

void SpreadTracker::podChanged(const PodInfo& pod, std::uint32_t node, int by, Touched& touched) {
    for (auto& constraint : hard_)
        if (constraint.counted[node] && matches(constraint.spec, pod)) countHard(constraint, constraint.domain(node), by, touched);
    for (auto& constraint : soft_) {
        if (!matches(constraint.spec, pod)) continue;
        if (constraint.host) constraint.onNode[node] += by;
        else if (constraint.counted[node]) constraint.counts[constraint.domain(node)] += by;
    }
}

bool SpreadTracker::sameConstraints(const Cycle& cycle) const {
    if (!cycle.pod.spread.empty()) return true;
    return (!filters_ || same(hardSpecs_, spreadConstraints(cycle, true))) && (!scores_ || same(softSpecs_, spreadConstraints(cycle, false)));
}

bool SpreadTracker::usesTaints() const {
    const auto uses = [](const std::vector<SpreadConstraint>& specs) { return std::ranges::any_of(specs, &SpreadConstraint::honorTaints); };
    return uses(hardSpecs_) || uses(softSpecs_);
}

const Status* SpreadTracker::filter(std::uint32_t node) const {
    for (const auto& constraint : hard_) {
        const auto domain = constraint.key->domainOf[node];
        if (domain == TopologyKey::none) return &missingLabel;
        if (constraint.refuses(static_cast<std::size_t>(domain))) return &tooUneven;
    }
    return nullptr;
}

std::vector<double> SpreadTracker::weightsFor(std::span<const std::uint32_t> feasible) const {
    std::vector<double> weights;
    const auto scored = requireAll_ ? std::ranges::count_if(feasible, [&](std::uint32_t node) { return !ignored_[node]; }) : static_cast<std::ptrdiff_t>(feasible.size());
    for (const auto& constraint : soft_) {
        std::size_t domains = static_cast<std::size_t>(scored);
        if (!constraint.host) {
            domains = 0;
            ++round_;
            if (seen_.size() < constraint.counts.size()) seen_.resize(constraint.counts.size());
            for (const auto node : feasible) {
                if (ignored_[node]) continue;
                if (auto& seen = seen_[constraint.domain(node)]; seen != round_) {
                    seen = round_;
                    if (++domains == constraint.counts.size()) break;
                }
            }
        }
        weights.push_back(std::log(static_cast<double>(domains + 2)));
    }
    return weights;
}

void SpreadTracker::score(std::span<const std::uint32_t> feasible, std::vector<std::int64_t>& raw) const {
    const auto weights = weightsFor(feasible);
    raw.resize(feasible.size());
    for (std::size_t i = 0; i < feasible.size(); ++i) {
        const auto node = feasible[i];
        if (ignored_[node]) {
            raw[i] = ignoredScore;
            continue;
        }
        double sum = 0;
        for (std::size_t each = 0; each < soft_.size(); ++each) {
            const auto& constraint = soft_[each];
            const auto domain = constraint.key->domainOf[node];
            if (domain == TopologyKey::none) continue;
            const auto count = constraint.host ? constraint.onNode[node] : constraint.counts[static_cast<std::size_t>(domain)];
            sum += static_cast<double>(count) * weights[each] + static_cast<double>(constraint.spec.maxSkew - 1);
        }
        raw[i] = static_cast<std::int64_t>(std::round(sum));
    }
}

}  // namespace kubarium::scheduler
