// A KubeSchedulerConfiguration is read as kube-scheduler reads it: what it makes of the defaults, and in which words it refuses.
#include "core/scheduler/config/configuration_watch.h"
#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubarium::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string document(const std::string& rest) { return "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n" + rest; }

Configuration accepted(const std::string& rest) {
    auto parsed = parseConfigurationText(document(rest));
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
    return parsed.value_or(Configuration{});
}

std::string refusal(const std::string& rest) {
    const auto parsed = parseConfigurationText(document(rest));
    return parsed ? "accepted" : parsed.error().message;
}

std::int64_t weightOf(const Profile& profile, const std::string& plugin) {
    for (const auto& [name, weight] : profile.score)
        if (name == plugin) return weight;
    return -1;
}

TEST(Configuration, TheDefaultsAreThoseOfKubernetes) {
    const auto profile = accepted("").profiles.at(0);
    EXPECT_EQ(profile.schedulerName, "default-scheduler");
    EXPECT_THAT(profile.postFilter, ElementsAre("DynamicResources", "DefaultPreemption"));
    EXPECT_THAT(profile.filter, ElementsAre("NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts", "NodeResourcesFit", "VolumeRestrictions", "NodeVolumeLimits",
                                            "VolumeBinding", "VolumeZone", "PodTopologySpread", "InterPodAffinity", "DynamicResources"));
    EXPECT_EQ(weightOf(profile, "TaintToleration"), 3);
    EXPECT_EQ(weightOf(profile, "ImageLocality"), 1);
}

TEST(Configuration, APluginThatIsNamedAgainTakesAllThatIsSaidOfIt) {
    const auto profile = accepted("profiles: [{plugins: {multiPoint: {enabled: [{name: TaintToleration}]}, score: {enabled: [{name: NodeAffinity, weight: 7}]}}}]").profiles.at(0);
    EXPECT_EQ(weightOf(profile, "TaintToleration"), 1) << "no weight is 1, not the default of 3";
    EXPECT_EQ(weightOf(profile, "NodeAffinity"), 7);
    EXPECT_EQ(profile.score.front().first, "NodeAffinity") << "what a specific list and multiPoint both name stands first";
}

TEST(Configuration, SpecificListsKeepTheirOrder) {
    const auto profile = accepted("profiles: [{plugins: {filter: {disabled: [{name: '*'}], enabled: [{name: NodePorts}, {name: NodeName}]}}}]").profiles.at(0);
    EXPECT_THAT(profile.filter, ElementsAre("NodePorts", "NodeName"));
}

struct Refused {
    const char* text;
    const char* message;
};

class RefusedConfigurations : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedConfigurations, InTheWordsOfKubeScheduler) { EXPECT_EQ(refusal(GetParam().text), GetParam().message); }

INSTANTIATE_TEST_SUITE_P(
    Configuration, RefusedConfigurations,
    ::testing::Values(
        Refused{"parallelism: 0", "parallelism: Invalid value: 0: should be an integer value greater than zero"},
        Refused{"percentageOfNodesToScore: 101", "percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]"},
        Refused{"podInitialBackoffSeconds: 20", "podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds"},
        Refused{"profilez: []", "strict decoding error: unknown field \"profilez\""},
        Refused{"profiles: [{pluginz: {}}]", "strict decoding error: unknown field \"profiles[0].pluginz\""},
        Refused{"profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeigt: 3}}]}]",
                "strict decoding error: decoding .profiles[0].pluginConfig[0]: strict decoding error: decoding args for plugin InterPodAffinity: strict decoding error: unknown field "
                "\"hardPodAffinityWeigt\""},
        Refused{"percentageOfNodesToScore: many", "json: cannot unmarshal string into Go struct field KubeSchedulerConfiguration.percentageOfNodesToScore of type int32"},
        Refused{"profiles: [{schedulerName: a}, {schedulerName: a}]", "profiles[1].schedulerName: Duplicate value: {}"},
        Refused{"profiles: [{schedulerName: a}, {}]", "profiles[1].schedulerName: Required value"},
        Refused{"profiles: [{plugins: {filter: {enabled: [{name: Nonsense}]}}}]",
                "initializing profiles: creating profile for scheduler name default-scheduler: FilterPlugin \"Nonsense\" does not exist"},
        Refused{"profiles: [{plugins: {score: {enabled: [{name: NodeName}]}}}]",
                "initializing profiles: creating profile for scheduler name default-scheduler: plugin \"NodeName\" does not extend ScorePlugin plugin"},
        Refused{"profiles: [{plugins: {bind: {disabled: [{name: '*'}]}}}]",
                "initializing profiles: creating profile for scheduler name default-scheduler: at least one bind plugin is needed for profile with scheduler name \"default-scheduler\""},
        Refused{"profiles: [{plugins: {filter: {enabled: [{name: EBSLimits}]}}}]",
                "profiles[0].plugins.filter.enabled[0]: Invalid value: \"EBSLimits\": was invalid in version \"v1\" (KubeSchedulerConfiguration is version "
                "\"kubescheduler.config.k8s.io/v1\")"},
        Refused{"profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 200}}]}]",
                "profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 200: not in valid range [0, 100]"},
        Refused{"profiles: [{pluginConfig: [{name: NodeResourcesBalancedAllocation, args: {resources: [{name: cpu, weight: 2}]}}]}]",
                "profiles[0].pluginConfig[0].args.resources[0].weight: Invalid value: 2: must be 1"},
        Refused{"profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: Best}}}]}]",
                "initializing profiles: creating profile for scheduler name default-scheduler: initializing plugin \"NodeResourcesFit\": scoringStrategy.type: Unsupported value: \"Best\": supported values: \"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\""},
        Refused{"profiles: [{pluginConfig: [{name: DefaultPreemption, args: {minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}}]}]",
                "[profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute, "
                "profiles[0].pluginConfig[0].args.minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage]"},
        Refused{"profiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: Sometimes}], defaultingType: List}}]}]",
                "[profiles[0].pluginConfig[0].args.defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf), "
                "profiles[0].pluginConfig[0].args.defaultConstraints[0].whenUnsatisfiable: Unsupported value: \"Sometimes\": supported values: \"DoNotSchedule\", \"ScheduleAnyway\"]"},
        Refused{"leaderElection: {leaseDuration: 5s}", "leaderElection.leaseDuration: Invalid value: \"10s\": must be greater than `RenewDeadline`"}));

TEST(Configuration, WhatIsAbsentIsSaid) {
    EXPECT_THAT(refusal("profiles: [{pluginConfig: [{name: DynamicResources, args: {filterTimeout: 5s}}]}]"), HasSubstr("DynamicResources is absent"));
    EXPECT_THAT(refusal("extenders: [{urlPrefix: 'http://x'}]"), HasSubstr("calls no extenders"));
    const auto configuration = accepted("profiles: [{plugins: {multiPoint: {enabled: [{name: DynamicResources}]}}}]");
    ASSERT_EQ(configuration.warnings.size(), 1u);
    EXPECT_THAT(configuration.warnings[0], HasSubstr("DynamicResources is absent"));
}

class ConfigurationAtRunTime : public ::testing::Test {
protected:
    void write(const std::string& text) {
        client.put(api::resources::configMaps, boost::json::object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "kube-scheduler"}, {"namespace", "kube-system"}}},
                                                                    {"data", {{"config.yaml", text}}}});
        loop.runReady();
    }
    std::vector<std::string> reasons() {
        loop.runReady();
        std::vector<std::string> list;
        for (const auto& event : client.all(api::resources::events)) list.emplace_back(event->string({"reason"}));
        return list;
    }

    SimulatedLoop loop;
    testing::MemoryClient client{loop, loop, loop.random()};
    std::vector<int> applied;  // percentages
    ConfigurationWatch watch{client, loop, {}, [this](Configuration configuration) { applied.push_back(configuration.percentageOfNodesToScore); }};
};

TEST_F(ConfigurationAtRunTime, AGoodOneIsAppliedABadOneKeepsTheOldAndItsEndBringsTheFirstBack) {
    watch.start();
    loop.runReady();
    write(document("percentageOfNodesToScore: 30"));
    EXPECT_THAT(applied, ElementsAre(30));
    write(document("percentageOfNodesToScore: 300"));
    EXPECT_THAT(applied, ElementsAre(30));
    EXPECT_THAT(reasons(), ::testing::UnorderedElementsAre("ConfigurationApplied", "InvalidConfiguration"));
    client.erase(api::resources::configMaps, "kube-system/kube-scheduler");
    loop.runReady();
    EXPECT_THAT(applied, ElementsAre(30, 0));
}

}  // namespace
}  // namespace kubarium::scheduler
