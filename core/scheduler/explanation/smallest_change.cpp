#include "core/scheduler/explanation/smallest_change.h"

#include "core/scheduler/explanation/repairs.h"

#include <algorithm>
#include <chrono>

namespace kubarium::scheduler {
namespace {

struct State {
    double estimate = 0;  // cost of the edits, and at least that of what is still refused
    std::size_t order = 0, node = 0;
    Edits edits;
    std::vector<Status> refusals;  // of the world as it is, not yet dealt with
};
// Whether `a` comes after `b`: the mildest first; in a hurry, the one with the fewest refusals to deal with.
struct Later {
    bool hurry = false;
    bool operator()(const State& a, const State& b) const {
        if (hurry && a.refusals.size() != b.refusals.size()) return a.refusals.size() > b.refusals.size();
        return a.estimate != b.estimate ? a.estimate > b.estimate : a.order > b.order;
    }
};

std::set<std::string> keysOf(const Edits& edits) {
    std::set<std::string> keys;
    for (const auto& edit : edits) keys.insert(edit.key);
    return keys;
}

std::vector<EditKind> kindsOf(const Edits& edits) {
    std::vector<EditKind> kinds;
    for (const auto& edit : edits) kinds.push_back(edit.kind);
    std::ranges::sort(kinds);
    return kinds;
}

class Search {
public:
    Search(const Snapshot& snapshot, const PodInfoPtr& pod, const Profile& profile, const std::string& target, const SearchLimits& limits)
        : world_(waitingWorld(snapshot, pod)), profile_(profile), target_(target), limits_(limits) {}

    SmallestChanges run() {
        begin();
        if (!found_.fits.empty()) return std::move(found_);
        if (target_.empty()) tryAddedNodes(shareForNodes);
        while (!queue_.empty() && found_.alternatives.size() < limits_.mostAlternatives) {
            if (found_.trials >= limits_.mostTrials || spent() >= (found_.alternatives.empty() && !added_ ? 1 + graceShare : 1)) {
                found_.stoppedEarly = true;
                break;
            }
            if (!later_.hurry && found_.alternatives.empty() && spent() > calmShare) {
                later_.hurry = found_.stoppedEarly = true;  // what is found now need not be the mildest
                std::ranges::make_heap(queue_, later_);
            }
            std::ranges::pop_heap(queue_, later_);
            auto state = std::move(queue_.back());
            queue_.pop_back();
            if (!worthwhile(state.edits)) continue;
            if (state.refusals.empty()) attempt(std::move(state));
            else expand(std::move(state));
        }
        std::ranges::stable_sort(found_.alternatives, {}, [](const Alternative& each) { return costOf(each.edits); });
        if (target_.empty()) tryAddedNodes(found_.alternatives.empty() ? 1 + 2 * graceShare : 1);
        if (added_) found_.alternatives.push_back(std::move(*added_));
        return std::move(found_);
    }

private:
    // Without anything to say it goes on a little longer.
    static constexpr double calmShare = 0.5, shareForNodes = 0.25, graceShare = 1;

    double spent() const { return limits_.spent ? limits_.spent() : 0; }

    // What every plugin says of every Node, each on its own.
    void begin() {
        constexpr std::size_t nodesPerLook = 64;  // at the clock
        const Cycle cycle{world_.snapshot, *world_.pod, profile_};
        PluginSet plugins(profile_);
        Decision decision;
        found_.preFilter = plugins.runPreFilter(cycle, decision);
        if (!target_.empty()) {
            if (const auto index = world_.snapshot.index(target_)) look(cycle, plugins, decision, *index);
            return;
        }
        for (std::size_t i = 0; i < world_.snapshot.nodes.size(); ++i) {
            if (i % nodesPerLook == nodesPerLook - 1 && spent() > calmShare) {
                found_.stoppedEarly = true;
                return;
            }
            look(cycle, plugins, decision, i);
        }
    }

    void look(const Cycle& cycle, PluginSet& plugins, const Decision& decision, std::size_t index) {
        const auto& node = *world_.snapshot.nodes[index];
        State state;
        state.node = index;
        if (!found_.preFilter.success()) {
            state.refusals.push_back(found_.preFilter);
            return push(std::move(state));
        }
        state.refusals = plugins.runEveryFilter(cycle, node);
        const bool outside = decision.narrowedTo && !decision.narrowedTo->contains(node.name);
        if (outside && std::ranges::find(state.refusals, "NodeAffinity", &Status::plugin) == state.refusals.end()) {
            state.refusals.push_back(Status::unresolvable("the required Node affinity names other Nodes"));
            state.refusals.back().plugin = "NodeAffinity";
        }
        if (state.refusals.empty() && plugins.runFilterWithNominated(cycle, node).success()) found_.fits.push_back(node.name);
        push(std::move(state));
    }

    void push(State state) {
        state.estimate = costOf(state.edits);
        for (const auto& refusal : state.refusals) state.estimate += leastCost(refusal.plugin);
        state.order = ++order_;
        queue_.push_back(std::move(state));
        std::ranges::push_heap(queue_, later_);
    }

    // Not if it contains what is known to suffice, or if there are enough of its kind.
    bool worthwhile(const Edits& edits) const {
        if (edits.size() > limits_.mostEdits) return false;
        const auto keys = keysOf(edits);
        const auto kinds = kindsOf(edits);
        std::size_t alike = 0;
        for (const auto& known : found_.alternatives) {
            if (std::ranges::includes(keys, keysOf(known.edits))) return false;
            alike += kindsOf(known.edits) == kinds;
        }
        const bool oneWay = std::ranges::all_of(kinds, [](EditKind kind) { return kind == EditKind::LowerRequest; });
        return edits.empty() || alike < (oneWay ? 1 : 2);
    }

    void expand(State state) {
        const auto refusal = state.refusals.front();
        state.refusals.erase(state.refusals.begin());
        for (auto& option : repairs({world_, profile_, *world_.snapshot.nodes[state.node], refusal, neighbours_})) follow(state, std::move(option), false);
    }

    // `mustAdd`: an option whose edits are all there already has been tried.
    void follow(const State& state, Edits option, bool mustAdd) {
        State next{0, 0, state.node, state.edits, state.refusals};
        auto keys = keysOf(state.edits);
        bool news = false;
        for (auto& edit : option) {
            if (!keys.insert(edit.key).second) continue;
            news = true;
            next.edits.push_back(std::move(edit));
        }
        if ((news || !mustAdd) && worthwhile(next.edits)) push(std::move(next));
    }

    void attempt(State state) {
        const auto& name = world_.snapshot.nodes[state.node]->name;
        ++found_.trials;
        const auto after = applied(world_, state.edits);
        const auto verdict = verdictOn(after, profile_, name);
        if (verdict.success()) return accept(name, std::move(state.edits));
        if (state.edits.size() >= limits_.mostEdits) return;
        const auto index = after.snapshot.index(name);
        Neighbourhood neighbours(after);
        for (auto& option : repairs({after, profile_, *after.snapshot.nodes[*index], verdict, neighbours})) follow(state, std::move(option), true);
    }

    void accept(const std::string& node, Edits edits) {
        if (edits.empty()) return;
        for (std::size_t i = 0; edits.size() > 1 && i < edits.size();) {
            auto without = edits;
            without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
            ++found_.trials;
            if (verdictOn(applied(world_, without), profile_, node).success()) edits = std::move(without);
            else ++i;
        }
        if (!worthwhile(edits) || !movesWork(node, edits)) return;
        found_.alternatives.push_back({node, std::move(edits)});
    }

    // Each Pod that is to move has somewhere to go, with the waiting Pod in its place.
    bool movesWork(const std::string& node, Edits& edits) {
        if (std::ranges::none_of(edits, [](const Edit& edit) { return edit.kind == EditKind::MovePod; })) return true;
        auto after = applied(world_, edits);
        placePod(after.snapshot, after.pod, node);
        for (auto& edit : edits) {
            if (edit.kind != EditKind::MovePod) continue;
            after.pod = waitingWorld(after.snapshot, edit.removes).pod;
            const auto to = placeFor(after, edit.node);
            if (to.empty()) return false;
            edit.text = moveText(*edit.removes, to);
            placePod(after.snapshot, after.pod, to);
        }
        return true;
    }

    // The first Node but one where the Pod fits; "" if there is none.
    std::string placeFor(const World& world, const std::string& notHere) {
        ++found_.trials;
        const Cycle cycle{world.snapshot, *world.pod, profile_};
        PluginSet plugins(profile_);
        Decision decision;
        if (!plugins.runPreFilter(cycle, decision).success()) return {};
        for (const auto& node : world.snapshot.nodes)
            if (node->name != notHere && (!decision.narrowedTo || decision.narrowedTo->contains(node->name)) && plugins.runFilterWithNominated(cycle, *node).success()) return node->name;
        return {};
    }

    // The topologies that a new Node could have: none, and those that there are.
    std::vector<const NodeInfo*> models() const {
        constexpr std::size_t most = 12;
        std::set<std::string> keys{"topology.kubernetes.io/zone"};
        for (const auto& constraint : world_.pod->spread) keys.insert(constraint.topologyKey);
        for (const auto& term : world_.pod->requiredAffinity) keys.insert(term.topologyKey);
        keys.erase("kubernetes.io/hostname");
        std::vector<const NodeInfo*> models{nullptr};
        std::set<std::string> known;
        for (const auto& node : world_.snapshot.nodes) {
            std::string topology;
            for (const auto& key : keys)
                if (const auto it = node->labels.find(key); it != node->labels.end()) topology += key + "=" + it->second + ",";
            if (topology.empty() || !known.insert(topology).second) continue;
            models.push_back(node.get());
            if (models.size() == most) break;
        }
        return models;
    }

    // Another Node, in one of the topologies; goes on where it stopped when it was asked before.
    void tryAddedNodes(double until) {
        if (!models_) models_ = models();
        for (; !added_ && nextModel_ < models_->size(); ++nextModel_) {
            if (spent() >= until) {
                found_.stoppedEarly |= until >= 1;
                return;
            }
            Edits edits{newNode(world_, (*models_)[nextModel_])};
            ++found_.trials;
            if (verdictOn(applied(world_, edits), profile_, edits.front().node).success()) added_ = Alternative{edits.front().node, std::move(edits)};
        }
    }

    World world_;
    const Profile& profile_;
    std::string target_;
    const SearchLimits& limits_;
    SmallestChanges found_;
    Neighbourhood neighbours_{world_};
    Later later_;
    std::vector<State> queue_;  // a heap by later_
    std::size_t order_ = 0;
    std::optional<std::vector<const NodeInfo*>> models_;
    std::size_t nextModel_ = 0;
    std::optional<Alternative> added_;
};

}  // namespace

SmallestChanges smallestChanges(const Snapshot& snapshot, const PodInfoPtr& pod, const Profile& profile, const std::string& targetNode, const SearchLimits& limits) {
    return Search(snapshot, pod, profile, targetNode, limits).run();
}

std::function<double()> spentOf(double seconds) {
    return [seconds, start = std::chrono::steady_clock::now()] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / seconds; };
}

}  // namespace kubarium::scheduler
