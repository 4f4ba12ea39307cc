// KubeSchedulerConfigurations from outside: refused with a sentence or accepted; with an accepted one a Pod can be decided about.
#include "core/scheduler/decision.h"
#include "tests/fuzz/mutator.h"

#include <boost/json.hpp>

using namespace kubarium;
using namespace kubarium::scheduler;

namespace {

const std::vector<std::string> corpus{
    R"({"apiVersion":"kubescheduler.config.k8s.io/v1","kind":"KubeSchedulerConfiguration","parallelism":16,"percentageOfNodesToScore":50,"podInitialBackoffSeconds":1,"podMaxBackoffSeconds":10,
        "profiles":[{"schedulerName":"a","plugins":{"multiPoint":{"enabled":[{"name":"NodeResourcesFit","weight":3}],"disabled":[{"name":"ImageLocality"}]},"score":{"disabled":[{"name":"*"}],"enabled":[{"name":"NodeAffinity","weight":2}]}},
        "pluginConfig":[{"name":"NodeResourcesFit","args":{"ignoredResources":["example.com/x"],"scoringStrategy":{"type":"RequestedToCapacityRatio","resources":[{"name":"cpu","weight":1}],"requestedToCapacityRatio":{"shape":[{"utilization":0,"score":0},{"utilization":100,"score":10}]}}}},
        {"name":"PodTopologySpread","args":{"defaultingType":"List","defaultConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"}]}},
        {"name":"NodeAffinity","args":{"addedAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}]}}}},
        {"name":"InterPodAffinity","args":{"hardPodAffinityWeight":5}},{"name":"DefaultPreemption","args":{"minCandidateNodesPercentage":10,"minCandidateNodesAbsolute":100}}]}]})",
    R"({"apiVersion":"kubescheduler.config.k8s.io/v1","kind":"KubeSchedulerConfiguration"})",
};

const Snapshot& cluster() {
    static const auto snapshot = [] {
        std::vector<ObjectPtr> nodes;
        for (const auto* name : {"a", "b", "c"})
            nodes.push_back(api::Object::make({{"metadata", {{"name", name}, {"labels", {{"zone", name}, {"a", "b"}}}}}, {"status", {{"allocatable", {{"cpu", "2"}, {"memory", "2Gi"}, {"pods", "10"}}}}}}));
        return makeSnapshot(nodes, {}, std::make_shared<const ClusterObjects>());
    }();
    return *snapshot;
}

void target(const std::string& text) {
    const auto configuration = parseConfigurationText(text);
    if (!configuration) return;
    const auto pod = PodInfo::make(api::Object::make({{"metadata", {{"name", "p"}, {"namespace", "default"}, {"labels", {{"app", "x"}}}}},
                                                      {"spec", {{"containers", {{{"name", "c"}, {"image", "i"}, {"resources", {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}}}}}}}}}));
    for (const auto& profile : configuration->profiles) static_cast<void>(decide(cluster(), *pod, *configuration, profile, {}));
}

}  // namespace

int main(int argc, char** argv) {
    static const std::vector<std::string> words{"\"weight\":", "-1", "99999999999", "\"*\"", "{}", "[]", "null", ",", "\"name\":\"NodePorts\"", "\"enabled\":", "\"disabled\":", "\"extenders\":[{}]"};
    return fuzz::run(
        "configuration", argc, argv,
        [](SeededRandom& random) {
            if (random.below(4) == 0) return fuzz::spoilText(random, corpus, words);
            return boost::json::serialize(fuzz::spoilTree(random, boost::json::parse(corpus[static_cast<std::size_t>(random.below(corpus.size()))])));
        },
        target);
}
