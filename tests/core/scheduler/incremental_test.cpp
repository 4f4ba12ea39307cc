// Properties of deciding, on random clusters: what the incremental path keeps must never show. A failure names its seed;
// KUBARIUM_SEED replays from it and KUBARIUM_STEPS sets how many decisions are compared (KUBARIUM_STEPS=1000000 in a release build
// takes some minutes).
#include "core/scheduler/incremental/incremental_decider.h"
#include "tests/core/scheduler/simulated_cluster.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace kubarium::scheduler {
namespace {

using testing::SimulatedCluster;

std::uint64_t numberFrom(const char* variable, std::uint64_t fallback) {
    const auto* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : fallback;
}

// The configurations that a run uses in turn.
std::vector<std::shared_ptr<const Configuration>> configurations() {
    const auto parse = [](const char* text) {
        auto parsed = parseConfiguration(boost::json::parse(text));
        EXPECT_TRUE(parsed);
        return std::make_shared<const Configuration>(std::move(*parsed));
    };
    return {std::make_shared<const Configuration>(),
            parse(R"({"apiVersion":"kubescheduler.config.k8s.io/v1","kind":"KubeSchedulerConfiguration","percentageOfNodesToScore":20,"profiles":[{"pluginConfig":[
                {"name":"NodeResourcesFit","args":{"scoringStrategy":{"type":"MostAllocated","resources":[{"name":"cpu","weight":3},{"name":"memory","weight":1}]}}},
                {"name":"InterPodAffinity","args":{"hardPodAffinityWeight":7,"ignorePreferredTermsOfExistingPods":true}},
                {"name":"PodTopologySpread","args":{"defaultingType":"List","defaultConstraints":[{"maxSkew":2,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule"},
                    {"maxSkew":1,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"ScheduleAnyway"}]}}]}]})"),
            parse(R"({"apiVersion":"kubescheduler.config.k8s.io/v1","kind":"KubeSchedulerConfiguration","profiles":[{"plugins":{"score":{"disabled":[{"name":"InterPodAffinity"}],
                "enabled":[{"name":"NodeAffinity","weight":9}]},"filter":{"disabled":[{"name":"NodePorts"}]},"postFilter":{"disabled":[{"name":"*"}]}}}]})")};
}

// A draw that both ways take, and the counts that they drew from.
struct Draws {
    std::uint64_t salt = 0;
    std::vector<std::size_t> counts;
    std::function<std::size_t(std::size_t)> function() {
        return [this](std::size_t count) {
            counts.push_back(count);
            return static_cast<std::size_t>((salt * 0x9e3779b97f4a7c15ULL >> 17) % count);
        };
    }
};

std::string keysOf(const std::vector<PodInfoPtr>& pods) {
    std::string keys;
    for (const auto& pod : pods) keys += pod->key() + " ";
    return keys;
}

std::string describe(const Decision& decision, const Draws& draws) {
    std::string text = fmt::format("result {} node \"{}\" feasible {} evaluated {} next {} skipped {} nominated {} clears {} code {} message \"{}\" reason {} error \"{}\" preemption \"{}\" nominates {} victims {} by \"{}\" refusedBy [{}] draws [{}]",
                                   static_cast<int>(decision.result), decision.selectedNode, decision.feasible, decision.evaluated, decision.nextStart, decision.scoringSkipped,
                                   decision.nominatedNodeUsed, decision.preemption.clearsNomination, static_cast<int>(decision.preemption.code), decision.message, decision.reason,
                                   decision.error, decision.preemption.message, decision.preemption.nominatedNode, keysOf(decision.preemption.victims), decision.preemption.decidedBy, fmt::join(decision.refusedBy, " "), fmt::join(draws.counts, " "));
    return text;
}

class Comparison {
public:
    explicit Comparison(std::uint64_t seed) : seed_(seed), cluster_(seed, 1 + seed * 37 % 160, 3 + seed % 9) {}

    // One step; the difference, "" if there is none.
    std::string step(const std::vector<std::shared_ptr<const Configuration>>& all) {
        auto& random = cluster_.random();
        if (random.below(400) == 0) configuration_ = all[random.below(all.size())];
        if (!configuration_) configuration_ = all.front();
        for (auto changes = random.below(4); changes > 0; --changes) cluster_.change();
        while (cluster_.podCount() > 500) cluster_.removeSomePod();
        const auto snapshot = cluster_.cache().snapshot();
        const auto pod = cluster_.pendingPod();
        const auto& profile = configuration_->profiles.front();
        Draws scratchDraws{random.next(), {}}, incrementalDraws{scratchDraws.salt, {}};
        DecideOptions options;
        options.startIndex = next_ % snapshot->nodes.size();
        options.sampling = random.below(4) != 0;
        options.draw = scratchDraws.function();
        const auto expected = decide(*snapshot, *pod, *configuration_, profile, options);
        options.draw = incrementalDraws.function();
        const auto actual = decider_.decide(snapshot, pod, configuration_, profile, options);
        next_ = actual.nextStart;
        const auto a = describe(expected, scratchDraws), b = describe(actual, incrementalDraws);
        if (a != b) return fmt::format("from scratch: {}\nincremental:  {}\npod: {}\n{} Nodes", a, b, boost::json::serialize(pod->object->tree()), snapshot->nodes.size());
        for (const auto& victim : actual.preemption.victims) cluster_.evict(victim);
        if (actual.result == Decision::Result::Scheduled) cluster_.place(pod, actual.selectedNode);
        return {};
    }
    const IncrementalDecider::Statistics& statistics() const { return decider_.statistics(); }

private:
    std::uint64_t seed_;
    SimulatedCluster cluster_;
    IncrementalDecider decider_;
    std::shared_ptr<const Configuration> configuration_;
    std::size_t next_ = 0;
};

TEST(IncrementalDecider, DecidesAsFromScratchWhateverChanged) {
    constexpr std::uint64_t stepsPerCluster = 250;
    const auto steps = numberFrom("KUBARIUM_STEPS", 4000);
    auto seed = numberFrom("KUBARIUM_SEED", 1);
    const auto all = configurations();
    std::uint64_t incremental = 0, total = 0;
    for (std::uint64_t done = 0; done < steps; ++seed) {
        Comparison comparison(seed);
        for (std::uint64_t i = 0; i < stepsPerCluster && done < steps; ++i, ++done) {
            const auto difference = comparison.step(all);
            ASSERT_EQ(difference, "") << "step " << i << " of KUBARIUM_SEED=" << seed;
        }
        incremental += comparison.statistics().incremental;
        total += comparison.statistics().incremental + comparison.statistics().fromScratch;
    }
    // Otherwise nothing was compared with itself.
    EXPECT_GT(incremental * 2, total);
    if (steps > 10000) fmt::print("{} decisions were equal, {} of them incremental, up to seed {}\n", total, incremental, seed - 1);
}

// Without other hands on Pods and Nodes: what was placed fitted, so all that is placed fits together.
TEST(Deciding, NeverExceedsACapacityNorOverrulesAFilter) {
    const auto steps = numberFrom("KUBARIUM_STEPS", 1200) / 4;
    auto seed = numberFrom("KUBARIUM_SEED", 1);
    for (std::uint64_t done = 0; done < steps; ++seed) {
        SimulatedCluster cluster(seed, 1 + seed % 50, 6);
        cluster.nodesChange = false;
        IncrementalDecider decider;
        const auto configuration = std::make_shared<const Configuration>();
        const auto& profile = configuration->profiles.front();
        for (int i = 0; i < 150 && done < steps; ++i, ++done) {
            if (cluster.random().below(4) == 0) cluster.removeSomePod();
            const auto snapshot = cluster.cache().snapshot();
            const auto pod = cluster.pendingPod();
            DecideOptions options;
            options.draw = [&](std::size_t count) { return static_cast<std::size_t>(cluster.random().below(count)); };
            const auto decision = decider.decide(snapshot, pod, configuration, profile, options);
            if (decision.result != Decision::Result::Scheduled) continue;
            const auto refusals = filterAll(*snapshot, *pod, profile);
            ASSERT_FALSE(refusals.contains(decision.selectedNode)) << pod->key() << " on " << decision.selectedNode << ", KUBARIUM_SEED=" << seed;
            cluster.place(pod, decision.selectedNode);
            const auto after = cluster.cache().snapshot();
            const auto& node = *after->nodes[*after->index(decision.selectedNode)];
            ASSERT_LE(node.requested.milliCpu, node.allocatable.milliCpu) << "KUBARIUM_SEED=" << seed;
            ASSERT_LE(node.requested.memory, node.allocatable.memory) << "KUBARIUM_SEED=" << seed;
            ASSERT_LE(static_cast<std::int64_t>(node.pods.size()), node.allocatable.allowedPods) << "KUBARIUM_SEED=" << seed;
            for (const auto& [name, amount] : node.requested.scalar) ASSERT_LE(amount, node.allocatable.get(name)) << "KUBARIUM_SEED=" << seed;
        }
    }
}

// Everything but the draw and the sampling: the same verdicts and totals by name, whatever the order of the Nodes.
TEST(Deciding, DoesNotDependOnTheOrderOfTheNodes) {
    const auto steps = numberFrom("KUBARIUM_STEPS", 1200) / 10;
    auto seed = numberFrom("KUBARIUM_SEED", 1);
    const Configuration configuration;
    for (std::uint64_t done = 0; done < steps; ++seed) {
        SimulatedCluster cluster(seed, 2 + seed % 40, 6);
        for (int i = 0; i < 60 && done < steps; ++i, ++done) {
            cluster.change();
            const auto snapshot = cluster.cache().snapshot();
            const auto pod = cluster.pendingPod();
            auto turned = std::make_shared<Snapshot>(*snapshot);
            turned->nodes = {};
            auto names = std::make_shared<std::unordered_map<std::string, std::size_t>>();
            for (auto left = snapshot->nodes.size(); left > 0; --left) {
                names->emplace(snapshot->nodes[left - 1]->name, turned->nodes.size());
                turned->nodes.push_back(snapshot->nodes[left - 1]);
            }
            turned->indexOf = std::move(names);
            DecideOptions options;
            options.sampling = false;
            options.fullStory = true;
            const auto a = decide(*snapshot, *pod, configuration, configuration.profiles.front(), options);
            const auto b = decide(*turned, *pod, configuration, configuration.profiles.front(), options);
            ASSERT_EQ(a.message, b.message) << "KUBARIUM_SEED=" << seed;
            ASSERT_EQ(a.best, b.best) << "KUBARIUM_SEED=" << seed;
            ASSERT_EQ(a.preemption.nominatedAnyOf, b.preemption.nominatedAnyOf) << "KUBARIUM_SEED=" << seed;
            for (std::size_t n = 0; n < a.nodes.size(); ++n) {
                const auto& other = b.nodes[a.nodes.size() - 1 - n];
                ASSERT_EQ(a.nodes[n].total, other.total) << a.nodes[n].node << ", KUBARIUM_SEED=" << seed;
                ASSERT_EQ(a.nodes[n].filter.reasons, other.filter.reasons) << a.nodes[n].node << ", KUBARIUM_SEED=" << seed;
            }
            if (a.result == Decision::Result::Scheduled) cluster.place(pod, a.best.front());
        }
    }
}

}  // namespace
}  // namespace kubarium::scheduler
