#include "core/scheduler/incremental/template_state.h"

#include <algorithm>
#include <bit>

namespace kubarium::scheduler {
namespace {

template <class Visit>
void eachBit(std::uint64_t bits, Visit visit) {
    for (; bits != 0; bits &= bits - 1) visit(static_cast<std::uint32_t>(std::countr_zero(bits)));
}

constexpr std::uint64_t lowBits(std::size_t count) { return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1; }

bool contains(const std::vector<std::string>& list, std::string_view name) { return std::ranges::find(list, name) != list.end(); }

}  // namespace

std::unique_ptr<TemplateState> TemplateState::create(const Given& given) {
    const auto unreadable = [](const SpreadConstraint& constraint) { return !constraint.error.empty(); };
    if (!given.pod->affinityErrors.empty() || std::ranges::any_of(given.pod->spread, unreadable)) return nullptr;
    std::unique_ptr<TemplateState> state(new TemplateState());
    state->given_ = given;
    state->cycleSnapshot_ = given.snapshot;
    for (const auto* list : {&given.profile->preFilter, &given.profile->filter, &given.profile->preScore})
        for (const auto& name : *list)
            if (!state->plugins_.contains(name))
                if (auto plugin = makePlugin(name, *given.profile)) state->plugins_.emplace(name, std::move(plugin));
    for (const auto& [name, weight] : given.profile->score)
        if (!state->plugins_.contains(name))
            if (auto plugin = makePlugin(name, *given.profile)) state->plugins_.emplace(name, std::move(plugin));
    std::set<std::string> skipped;
    if (!state->prepareFilters(skipped) || !state->prepareScores()) return nullptr;
    const auto nodes = given.snapshot->nodes.size(), blocks = (nodes + blockSize - 1) / blockSize;
    state->statuses_.emplace_back();
    state->refused_.push_back(0);
    state->local_.resize(nodes);
    state->combined_.resize(nodes);
    state->fixed_.resize(nodes);
    for (auto& score : state->normalized_)
        if (score.plugin) score.raw.resize(nodes);
    if (state->spread_ && state->spread_->scoreActive()) state->spreadRaw_.resize(nodes);
    state->known_.resize(blocks);
    state->feasible_.resize(blocks);
    state->blocks_.resize(blocks);
    return state;
}

bool TemplateState::prepareFilters(std::set<std::string>& skipped) {
    const auto& profile = *given_.profile;
    for (const auto& name : profile.preFilter) {
        const auto plugin = plugins_.find(name);
        if (plugin == plugins_.end() || plugin->second->reads() == Reads::Tracked) continue;
        const auto result = plugin->second->preFilter(cycle());
        if (result.status.code == Code::Skip) skipped.insert(name);
        else if (!result.status.success() || result.nodeNames) return false;
    }
    for (const auto& name : profile.filter) {
        const auto plugin = plugins_.find(name);
        if (plugin == plugins_.end() || skipped.contains(name)) continue;
        switch (plugin->second->reads()) {
            case Reads::Cluster: return false;
            case Reads::Node:
                // The first refusal counts: those that look at one Node must come first.
                if (!tracked_.empty()) return false;
                filters_.push_back(plugin->second.get());
                break;
            case Reads::Tracked:
                if (!contains(profile.preFilter, name)) return false;
                tracked_.push_back(name);
        }
    }
    return true;
}

bool TemplateState::prepareScores() {
    const auto& profile = *given_.profile;
    std::set<std::string> skipped;
    for (const auto& name : profile.preScore) {
        const auto plugin = plugins_.find(name);
        if (plugin == plugins_.end() || plugin->second->reads() == Reads::Tracked) continue;
        const auto status = plugin->second->preScore(cycle(), {});
        if (status.code == Code::Skip) skipped.insert(name);
        else if (!status.success()) return false;
    }
    bool scoresSpread = false, scoresAffinity = false;
    for (const auto& [name, weight] : profile.score) {
        const auto found = plugins_.find(name);
        if (found == plugins_.end() || skipped.contains(name)) continue;
        auto* plugin = found->second.get();
        if (plugin->reads() == Reads::Cluster) return false;
        if (plugin->reads() == Reads::Tracked) {
            if (!contains(profile.preScore, name)) return false;
            (name == "PodTopologySpread" ? scoresSpread : scoresAffinity) = true;
            if (name == "PodTopologySpread") spreadWeight_ = weight;
            else normalized_.push_back({nullptr, Normalization::Own, weight, {}});
            continue;
        }
        if (plugin->normalization() == Normalization::Own) return false;
        if (plugin->normalization() == Normalization::None) fixedScores_.emplace_back(plugin, weight);
        else normalized_.push_back({plugin, plugin->normalization(), weight, {}});
    }
    prepareTrackers(scoresSpread, scoresAffinity);
    return true;
}

void TemplateState::prepareTrackers(bool scoresSpread, bool scoresAffinity) {
    if (contains(tracked_, "PodTopologySpread") || scoresSpread) {
        spread_.emplace(cycle(), given_.index, contains(tracked_, "PodTopologySpread"), scoresSpread);
    }
    if (contains(tracked_, "InterPodAffinity") || scoresAffinity) affinity_.emplace(cycle(), given_.index, contains(tracked_, "InterPodAffinity"), scoresAffinity);
    if (affinity_ && !affinity_->weighs()) std::erase_if(normalized_, [](const NormalizedScore& score) { return !score.plugin; });
    const auto& nodes = cycleSnapshot_->nodes;
    Touched ignored;
    if (affinity_ && affinity_->onlyPodsWithAffinity()) {
        for (const auto node : *given_.nodesWithAffinity)
            for (const auto& pod : nodes[node]->podsWithAffinity) affinity_->podChanged(*pod, node, 1, ignored);
    }
    const bool affinityOfAll = affinity_ && !affinity_->onlyPodsWithAffinity(), spreads = spread_ && (spread_->filterActive() || spread_->scoreActive());
    if (affinityOfAll || spreads)
        for (std::uint32_t node = 0; node < nodes.size(); ++node)
            for (const auto& pod : nodes[node]->pods) {
                if (affinityOfAll) affinity_->podChanged(*pod, node, 1, ignored);
                if (spreads) spread_->podChanged(*pod, node, 1, ignored);
                ignored.nodes.clear();
            }
    if (affinity_) affinity_->settleScores();
}

bool TemplateState::stillTheSame(const Snapshot& next, std::span<const NodeChange> changes) const {
    if (next.objects != cycleSnapshot_->objects) {
        if (affinity_ && next.objects->namespaces != cycleSnapshot_->objects->namespaces) return false;
        if (spread_ && !spread_->sameConstraints({next, *given_.pod, *given_.profile})) return false;
    }
    if (next.images != cycleSnapshot_->images && *next.images != *cycleSnapshot_->images) return false;
    const bool taintsCount = spread_ && spread_->usesTaints();
    return std::ranges::none_of(changes, [&](const NodeChange& change) {
        if (change.before->object == change.after->object) return false;
        const auto sameTaint = [](const Taint& a, const Taint& b) { return a.key == b.key && a.value == b.value && a.effect == b.effect; };
        return change.before->labels != change.after->labels || (taintsCount && !std::ranges::equal(change.before->taints, change.after->taints, sameTaint));
    });
}

bool TemplateState::advance(const SnapshotPtr& next, std::span<const NodeChange> changes) {
    if (failed_ || !stillTheSame(*next, changes)) return false;
    if (next->objects != cycleSnapshot_->objects) dryRuns_.clear();  // disruption budgets
    Touched touched;
    const bool affinityOfAll = affinity_ && !affinity_->onlyPodsWithAffinity();
    for (const auto& change : changes) {
        forget(change.index);
        dryRuns_.forget(change.index);
        if (nominated_.contains(change.after->name)) nominatedAgain_.push_back(change.index);
        if (!affinity_ && !spread_) continue;
        eachPodChange(*change.before, *change.after, [&](const PodInfo& pod, int by) {
            if (affinity_ && (affinityOfAll || pod.hasPodAffinity())) affinity_->podChanged(pod, change.index, by, touched);
            if (spread_) spread_->podChanged(pod, change.index, by, touched);
        });
    }
    cycleSnapshot_ = next;
    settle(touched);
    return true;
}

void TemplateState::settle(const Touched& touched) {
    if (touched.all) {
        for (std::uint32_t node = 0; node < local_.size(); ++node)
            if (known(node)) combine(node);
    } else {
        for (const auto node : touched.nodes)
            if (known(node)) combine(node);
    }
    if (affinity_)
        for (const auto node : affinity_->settleScores()) blocks_[node / blockSize].stale = true;
}

TemplateState::Refusal TemplateState::intern(const Status& status) {
    const auto same = [&](const Status& other) { return other.plugin == status.plugin && other.code == status.code && other.reasons == status.reasons; };
    const auto it = std::find_if(statuses_.begin() + 1, statuses_.end(), same);
    if (it == statuses_.end()) {
        statuses_.push_back(status);
        refused_.push_back(0);
        return static_cast<Refusal>(statuses_.size() - 1);
    }
    return static_cast<Refusal>(it - statuses_.begin());
}

void TemplateState::evaluate(std::uint32_t node) {
    const auto& info = *cycleSnapshot_->nodes[node];
    auto refused = filterLocally(info);
    local_[node] = refused.success() ? Refusal{0} : intern(refused);
    failed_ |= refused.code == Code::Error;
    if (local_[node] == 0) {
        const auto now = cycle();
        const auto scoreOf = [&](Plugin& plugin) {
            const auto result = plugin.score(now, info);
            failed_ |= !result.status.success();
            return result.score;
        };
        std::int64_t sum = 0;
        for (const auto& [plugin, weight] : fixedScores_) {
            const auto score = scoreOf(*plugin);
            failed_ |= score < 0 || score > maxNodeScore;
            sum += score * weight;
        }
        fixed_[node] = sum;
        for (auto& score : normalized_)
            if (score.plugin) score.raw[node] = scoreOf(*score.plugin);
    }
    nowKnown(node);
}

void TemplateState::nowKnown(std::uint32_t node) {
    known_[node / blockSize] |= std::uint64_t{1} << node % blockSize;
    combined_[node] = 0;
    ++refused_[0];
    combine(node);
}

void TemplateState::adopt(const TemplateState& old) {
    // How much an image counts depends on the number of all Nodes.
    const auto counts = [&](const std::string& image) { return cycleSnapshot_->images->contains(image) || old.cycleSnapshot_->images->contains(image); };
    const auto sameScore = [](const NormalizedScore& a, const NormalizedScore& b) { return !a.plugin == !b.plugin && (!a.plugin || a.plugin->name() == b.plugin->name()); };
    const bool samePlugins = std::ranges::equal(filters_, old.filters_, {}, &Plugin::name, &Plugin::name) && std::ranges::equal(normalized_, old.normalized_, sameScore) &&
                             std::ranges::equal(fixedScores_, old.fixedScores_, [](const auto& a, const auto& b) { return a.first->name() == b.first->name(); });
    if (old.failed_ || !samePlugins || std::ranges::any_of(given_.pod->images, counts)) return;
    std::vector<std::optional<Refusal>> refusals(old.statuses_.size());  // here, by that of the old state
    const auto& before = old.cycleSnapshot_->nodes;
    const auto& nodes = cycleSnapshot_->nodes;
    std::uint32_t from = 0, to = 0;
    while (from < before.size() && to < nodes.size()) {
        // Those that stayed are in the same order.
        if (before[from]->name != nodes[to]->name) {
            if (cycleSnapshot_->index(before[from]->name)) ++to;
            else ++from;
            continue;
        }
        if (before[from] == nodes[to] && old.known(from)) {
            auto& refusal = refusals[old.local_[from]];
            if (!refusal) refusal = old.local_[from] == 0 ? Refusal{0} : intern(old.statuses_[old.local_[from]]);
            local_[to] = *refusal;
            fixed_[to] = old.fixed_[from];
            for (std::size_t score = 0; score < normalized_.size(); ++score)
                if (normalized_[score].plugin) normalized_[score].raw[to] = old.normalized_[score].raw[from];
            nowKnown(to);
        }
        ++from;
        ++to;
    }
}

void TemplateState::evaluateBlock(std::size_t block) {
    eachBit(validBits(block) & ~known_[block], [&](std::uint32_t bit) { evaluate(static_cast<std::uint32_t>(block * blockSize) + bit); });
}

void TemplateState::forget(std::uint32_t node) {
    if (!known(node)) return;
    const auto bit = std::uint64_t{1} << node % blockSize;
    --refused_[combined_[node]];
    known_[node / blockSize] &= ~bit;
    feasible_[node / blockSize] &= ~bit;
    blocks_[node / blockSize].stale = true;
}

void TemplateState::combine(std::uint32_t node) {
    auto refusal = local_[node];
    if (refusal == 0)
        for (const auto& name : tracked_) {
            const auto* status = name == "PodTopologySpread" ? spread_->filter(node) : affinity_->filter(node);
            if (!status) continue;
            auto known = std::ranges::find(internedTracked_, status, &std::pair<const Status*, Refusal>::first);
            if (known == internedTracked_.end()) known = internedTracked_.insert(known, {status, intern(*status)});
            refusal = known->second;
            break;
        }
    if (const auto refused = refusedWithNominated_.find(node); refused != refusedWithNominated_.end()) refusal = refused->second;
    --refused_[combined_[node]];
    ++refused_[refusal];
    combined_[node] = refusal;
    const auto bit = std::uint64_t{1} << node % blockSize;
    if (refusal == 0) feasible_[node / blockSize] |= bit;
    else feasible_[node / blockSize] &= ~bit;
    blocks_[node / blockSize].stale = true;
}

Status TemplateState::filterLocally(const NodeInfo& node) {
    const auto now = cycle();
    for (auto* plugin : filters_) {
        auto status = plugin->filter(now, node);
        if (status.success()) continue;
        status.plugin = plugin->name();
        return status;
    }
    return {};
}

// RunFilterPluginsWithNominatedPods: what is refused with the nominated Pods is refused so, else the verdict without them counts.
void TemplateState::lookAtNominated(std::uint32_t node, const PodInfo& pod) {
    const auto& info = *cycleSnapshot_->nodes[node];
    const auto nominated = cycleSnapshot_->nominated.find(info.name);
    std::optional<NodeInfo> with;
    if (nominated != cycleSnapshot_->nominated.end())
        for (const auto& other : nominated->second) {
            if (other->priority < pod.priority || other->uid == pod.uid) continue;
            if (!with) with.emplace(info);
            with->addPod(other);
        }
    const auto verdict = with ? filterLocally(*with) : Status{};
    failed_ |= verdict.code == Code::Error;
    if (verdict.success()) refusedWithNominated_.erase(node);
    else refusedWithNominated_[node] = intern(verdict);
    if (known(node)) combine(node);
}

bool TemplateState::followNominated(const PodInfo& pod) {
    const auto& nominated = cycleSnapshot_->nominated;
    const auto matters = [&](const auto& entry) {
        return cycleSnapshot_->index(entry.first) && std::ranges::any_of(entry.second, [&](const PodInfoPtr& other) { return other->priority >= pod.priority && other->uid != pod.uid; });
    };
    if (!filtersAreLocal() && std::ranges::any_of(nominated, matters)) return false;
    auto again = std::exchange(nominatedAgain_, {});
    nominated.eachDifference(nominated_, [&](const std::string& name) {
        if (const auto node = cycleSnapshot_->index(name)) again.push_back(static_cast<std::uint32_t>(*node));
    });
    nominated_ = nominated;
    // The Pod itself is among them: what is true then is true of no other one of its template.
    if (const auto own = cycleSnapshot_->nominatedNodeOf.find(pod.uid); own != cycleSnapshot_->nominatedNodeOf.end())
        if (const auto node = cycleSnapshot_->index(own->second)) {
            again.push_back(static_cast<std::uint32_t>(*node));
            nominatedAgain_.push_back(static_cast<std::uint32_t>(*node));
        }
    for (const auto node : again) {
        lookAtNominated(node, pod);
        dryRuns_.forget(node);
    }
    return true;
}

const Status& TemplateState::verdict(std::uint32_t node) {
    if (!known(node)) evaluate(node);
    return statuses_[combined_[node]];
}

std::vector<const Status*> TemplateState::verdicts() const {
    std::vector<const Status*> all(combined_.size());
    for (std::size_t node = 0; node < all.size(); ++node) all[node] = &statuses_[combined_[node]];
    return all;
}

PreemptionResult TemplateState::preempt(const PodInfo& pod, std::span<const Status* const> statuses, const DecideOptions& options) {
    const Cycle now{*cycleSnapshot_, pod, *given_.profile};
    if (!preempting_) {
        preempting_.emplace(*given_.profile);
        Decision ignored;
        preempting_->runPreFilter(now, ignored);
    }
    dryRuns_.resize(local_.size());
    PreemptionResult result;
    runPostFilter(now, *preempting_, statuses, {options, &dryRuns_}, result);
    return result;
}

std::vector<std::pair<Status, std::size_t>> TemplateState::refusals() const {
    std::vector<std::pair<Status, std::size_t>> result;
    for (std::size_t i = 1; i < statuses_.size(); ++i)
        if (refused_[i] > 0) result.emplace_back(statuses_[i], refused_[i]);
    return result;
}

std::uint64_t TemplateState::validBits(std::size_t block) const { return lowBits(local_.size() - block * blockSize); }

const TemplateState::Block& TemplateState::summary(std::size_t at) {
    auto& block = blocks_[at];
    if (!std::exchange(block.stale, false)) return block;
    block.most = INT64_MIN;
    block.count = 0;
    block.extremes.assign(normalized_.size(), {});
    eachBit(feasible_[at], [&](std::uint32_t bit) {
        const auto node = static_cast<std::uint32_t>(at * blockSize) + bit;
        if (fixed_[node] > block.most) {
            block.most = fixed_[node];
            block.count = 0;
        }
        block.count += fixed_[node] == block.most;
        for (std::size_t score = 0; score < normalized_.size(); ++score) block.extremes[score].add(raw(score, node));
    });
    return block;
}

// The Nodes of a cycle: from `start` on, round the end, until `wanted` of them are feasible. In order of their index.
std::vector<TemplateState::Part> TemplateState::window(std::size_t start, std::size_t wanted, Choice& choice) {
    std::vector<Part> parts;
    const auto nodes = local_.size(), blocks = known_.size();
    // False when enough are found.
    const auto take = [&](std::size_t block, std::uint64_t range) {
        evaluateBlock(block);
        auto members = feasible_[block] & range;
        const auto found = static_cast<std::size_t>(std::popcount(members));
        const bool enough = choice.feasible + found >= wanted;
        if (enough && found > 0) {
            auto rest = members;
            for (auto skip = wanted - choice.feasible; skip > 1; --skip) rest &= rest - 1;
            range &= lowBits(static_cast<std::size_t>(std::countr_zero(rest)) + 1);
            members &= range;
        }
        choice.feasible += static_cast<std::size_t>(std::popcount(members));
        choice.processed += static_cast<std::size_t>(std::popcount(range));
        if (members != 0) parts.push_back({block, members});
        return !enough;
    };
    const auto first = start / blockSize;
    const auto before = lowBits(start % blockSize);
    bool more = take(first, validBits(first) & ~before);
    for (auto block = first + 1; more && block < blocks; ++block) more = take(block, validBits(block));
    const auto wrapped = parts.size();
    for (std::size_t block = 0; more && block < first; ++block) more = take(block, validBits(block));
    if (more && before != 0) take(first, before);
    std::rotate(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(wrapped), parts.end());
    choice.nextStart = (start + choice.processed) % nodes;
    return parts;
}

void TemplateState::findExtremes(std::span<const Part> parts) {
    extremes_.assign(normalized_.size(), {});
    if (normalized_.empty()) return;
    for (const auto& part : parts) {
        if (part.members == feasible_[part.block]) {
            const auto& block = summary(part.block);
            for (std::size_t score = 0; score < normalized_.size(); ++score) extremes_[score].add(block.extremes[score]);
            continue;
        }
        eachBit(part.members, [&](std::uint32_t bit) {
            for (std::size_t score = 0; score < normalized_.size(); ++score) extremes_[score].add(raw(score, static_cast<std::uint32_t>(part.block * blockSize) + bit));
        });
    }
}

void TemplateState::scoreSpread(std::span<const Part> parts) {
    std::vector<std::uint32_t> nodes;
    for (const auto& part : parts) eachBit(part.members, [&](std::uint32_t bit) { nodes.push_back(static_cast<std::uint32_t>(part.block * blockSize) + bit); });
    std::vector<std::int64_t> raw;
    spread_->score(nodes, raw);
    spreadExtremes_ = {};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        spreadRaw_[nodes[i]] = raw[i];
        if (raw[i] != SpreadTracker::ignoredScore) spreadExtremes_.add(raw[i]);
    }
}

std::int64_t TemplateState::normalize(std::size_t score, std::int64_t raw) const {
    const auto& [least, most] = extremes_[score];
    switch (normalized_[score].how) {
        case Normalization::None: return raw;
        case Normalization::Default: return most <= 0 ? raw : maxNodeScore * raw / most;
        case Normalization::DefaultReversed: return most <= 0 ? maxNodeScore : maxNodeScore - maxNodeScore * raw / most;
        case Normalization::Own: break;
    }
    return most == least ? 0 : static_cast<std::int64_t>(static_cast<double>(maxNodeScore) * (static_cast<double>(raw - least) / static_cast<double>(most - least)));
}

std::int64_t TemplateState::total(std::uint32_t node) const {
    auto sum = fixed_[node];
    for (std::size_t score = 0; score < normalized_.size(); ++score)
        // What is the same for all makes no difference.
        if (extremes_[score].least != extremes_[score].most) sum += normalized_[score].weight * normalize(score, raw(score, node));
    if (spreadRaw_.empty()) return sum;
    const auto of = spreadRaw_[node];
    const auto& [least, most] = spreadExtremes_;
    if (of != SpreadTracker::ignoredScore) sum += spreadWeight_ * (most == 0 ? maxNodeScore : maxNodeScore * (most + least - of) / most);
    return sum;
}

// What a Node of the block has at most; exact: its best one has just that.
std::int64_t TemplateState::bound(const Block& block, bool& exact) const {
    exact = true;
    auto sum = block.most;
    for (std::size_t score = 0; score < normalized_.size(); ++score) {
        if (extremes_[score].least == extremes_[score].most) continue;
        const auto& [least, most] = block.extremes[score];
        exact &= least == most;
        sum += std::max(normalized_[score].weight * normalize(score, least), normalized_[score].weight * normalize(score, most));
    }
    return sum;
}

void TemplateState::rate(Part& part, std::int64_t best) {
    if (spreadRaw_.empty() && part.members == feasible_[part.block]) {
        const auto& block = summary(part.block);
        bool exact = false;
        const auto most = bound(block, exact);
        if (most < best) return;
        if (exact) {
            part.most = most;
            part.count = block.count;
            return;
        }
    }
    eachBit(part.members, [&](std::uint32_t bit) {
        const auto sum = total(static_cast<std::uint32_t>(part.block * blockSize) + bit);
        if (sum > part.most) {
            part.most = sum;
            part.count = 0;
        }
        part.count += sum == part.most;
    });
}

std::uint32_t TemplateState::pick(std::span<Part> parts, const DecideOptions& options) {
    findExtremes(parts);
    if (!spreadRaw_.empty()) scoreSpread(parts);
    std::int64_t best = INT64_MIN;
    for (auto& part : parts) {
        rate(part, best);
        best = std::max(best, part.most);
    }
    std::size_t ties = 0;
    for (const auto& part : parts)
        if (part.most == best) ties += part.count;
    auto left = options.draw && ties > 1 ? options.draw(ties) : 0;
    for (const auto& part : parts) {
        if (part.most != best) continue;
        if (left >= part.count) {
            left -= part.count;
            continue;
        }
        for (auto members = part.members;; members &= members - 1) {
            const auto node = static_cast<std::uint32_t>(part.block * blockSize) + static_cast<std::uint32_t>(std::countr_zero(members));
            if (total(node) == best && left-- == 0) return node;
        }
    }
    return 0;
}

TemplateState::Choice TemplateState::choose(const DecideOptions& options, std::size_t wanted) {
    Choice choice;
    auto parts = window(options.startIndex, wanted, choice);
    if (choice.feasible == 0 || failed_) return choice;
    if (choice.feasible == 1) {
        choice.node = static_cast<std::uint32_t>(parts.front().block * blockSize) + static_cast<std::uint32_t>(std::countr_zero(parts.front().members));
        return choice;
    }
    choice.node = pick(parts, options);
    return choice;
}

}  // namespace kubarium::scheduler
