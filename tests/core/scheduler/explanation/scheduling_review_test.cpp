#include "core/scheduler/explanation/scheduling_review.h"
#include "tests/core/scheduler/explanation/scene.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <set>

namespace kubarium::scheduler {
namespace {

using ::testing::HasSubstr;

constexpr const char* owned = R"("ownerReferences":[{"kind":"ReplicaSet","apiVersion":"apps/v1","name":"rs","controller":true}],)";

ClusterState stateOf(const Scene& scene) {
    ClusterState state;
    for (const auto& [key, node] : scene.nodes) state.nodes.push_back(node);
    for (const auto& [key, pod] : scene.pods) state.pods.push_back(pod);
    if (scene.pending) state.pods.push_back(scene.pending);
    state.objects = scene.objects;
    return state;
}

Result<json::object> ask(const ClusterState& state, const std::string& text, std::function<bool()> givesUp = {}) {
    const auto spec = testing::parseObject(text);
    auto cluster = ReviewedCluster::of(state, spec);
    if (!cluster) return cluster.error();
    cluster->givesUp = std::move(givesUp);
    return answerSchedulingReview(spec, *cluster);
}

std::vector<std::string> nodesOf(const json::object& status) {
    std::vector<std::string> nodes;
    for (const auto& placement : status.at("placements").as_array()) nodes.emplace_back(api::stringAt(placement, {"node"}));
    return nodes;
}

std::string pod(const std::string& name, const std::string& cpu, const std::string& more = "") {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"("},"spec":{)" + more + R"("containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":")" + cpu + R"("}}}]}})";
}

TEST(SchedulingReview, PodsAreScheduledOneAfterTheOtherAndSeeEachOther) {
    Scene scene;
    scene.node("a", "1");
    scene.node("b", "1");
    const auto status = ask(stateOf(scene), R"({"manifests":[)" + pod("x", "1") + "," + pod("y", "1") + "," + pod("z", "1") + "]}");
    ASSERT_TRUE(status.has_value()) << status.error().message;
    EXPECT_EQ(nodesOf(*status), (std::vector<std::string>{"a", "b", ""}));
    EXPECT_EQ(status->at("placed").to_number<int>(), 2);
    EXPECT_EQ(api::stringAt(status->at("decisions").at(2), {"status", "result"}), "Unschedulable");
    EXPECT_FALSE(status->at("decisions").at(2).at("status").at("smallestChanges").at("alternatives").as_array().empty());
}

TEST(SchedulingReview, SaysHowFarItCameWhenItIsGivenUp) {
    Scene scene;
    scene.node("a");
    int asked = 0;
    const auto status = ask(stateOf(scene), R"({"manifests":[)" + pod("x", "1") + "," + pod("y", "1") + "," + pod("z", "1") + "]}", [&] { return ++asked > 2; });
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().reason, Reason::Timeout);
    EXPECT_THAT(status.error().message, HasSubstr("2 of 3 Pods have been scheduled"));
}

TEST(SchedulingReview, TheMostImportantGoFirstAndPriorityClassesAreResolved) {
    Scene scene;
    scene.node("a", "1");
    auto state = stateOf(scene);
    state.priorityClasses["high"] = Scene::parse(R"({"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"high"},"value":1000})");
    const auto status = ask(state, R"({"manifests":[)" + pod("low", "1") + "," + pod("important", "1", R"("priorityClassName":"high",)") + "]}");
    ASSERT_TRUE(status.has_value()) << status.error().message;
    EXPECT_EQ(api::stringAt(status->at("placements").at(0), {"pod", "name"}), "important");
    EXPECT_EQ(nodesOf(*status), (std::vector<std::string>{"a", ""}));
    EXPECT_EQ(api::stringAt(status->at("placements").at(0), {"requests", "cpu"}), "1000m");
    EXPECT_THAT(ask(state, R"({"manifests":[)" + pod("x", "1", R"("priorityClassName":"none",)") + "]}").error().message, HasSubstr("no PriorityClass with name none was found"));
}

TEST(SchedulingReview, APreemptionTakesItsVictimsAway) {
    Scene scene;
    scene.node("a", "1");
    scene.pod("old", "a", "1");
    const auto status = ask(stateOf(scene), R"({"manifests":[)" + pod("x", "1", R"("priority":10,)") + "]}");
    ASSERT_TRUE(status.has_value()) << status.error().message;
    EXPECT_EQ(nodesOf(*status), std::vector<std::string>{"a"});
    EXPECT_EQ(api::stringAt(status->at("placements").at(0).at("victims").at(0), {"name"}), "old");
}

TEST(SchedulingReview, WorkloadsStandForTheirPods) {
    Scene scene;
    scene.node("a", "1");
    const auto status = ask(stateOf(scene), R"({"manifests":[{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"400m"}}}]}}}}]})");
    ASSERT_TRUE(status.has_value()) << status.error().message;
    EXPECT_EQ(nodesOf(*status), (std::vector<std::string>{"a", "a", ""})) << "requests default to limits";
}

TEST(SchedulingReview, TheReplicasOfAWorkloadAreSpreadAsItsControllerWouldHaveThem) {
    Scene scene;
    for (const auto* name : {"a", "b", "c"}) scene.node(name);
    // Something runs on a and b, so that c is the best for each Pod by itself.
    scene.pod("busy-a", "a", "500m");
    scene.pod("busy-b", "b", "500m");
    const auto asked = [&](const std::string& kind, const std::string& spec, const std::string& more = "") {
        const auto status = ask(stateOf(scene), R"({"manifests":[{"apiVersion":"apps/v1","kind":")" + kind + R"(","metadata":{"name":"w"},"spec":{"replicas":3,)" + spec +
                                                    R"("template":{"metadata":{"labels":{"app":"w"}},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"10m"}}}]}}}})" + more + "]}");
        EXPECT_TRUE(status.has_value()) << status.error().message;
        const auto nodes = nodesOf(*status);
        return std::set<std::string>(nodes.begin(), nodes.end()).size();
    };
    for (const auto* kind : {"Deployment", "ReplicaSet", "StatefulSet"}) EXPECT_EQ(asked(kind, R"("selector":{"matchLabels":{"app":"w"}},)"), 3U) << kind;
    // What a Service selects is spread too; what nothing selects is not.
    EXPECT_EQ(asked("Job", R"("parallelism":3,)"), 1U);
    EXPECT_EQ(asked("Job", R"("parallelism":3,)", R"(,{"apiVersion":"v1","kind":"Service","metadata":{"name":"w"},"spec":{"selector":{"app":"w"}}})"), 3U);
}

TEST(SchedulingReview, AChangeOfAManifestNamesNoControllerThatIsNotThere) {
    Scene scene;
    scene.node("a", "1");
    const auto status = ask(stateOf(scene), R"({"manifests":[{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"w"},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"w"}},
        "template":{"metadata":{"labels":{"app":"w"}},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"4"}}}]}}}}]})");
    ASSERT_TRUE(status.has_value()) << status.error().message;
    const auto changes = json::serialize(status->at("decisions").at(0).at("status").at("smallestChanges"));
    EXPECT_THAT(changes, HasSubstr("alternatives"));
    EXPECT_THAT(changes, ::testing::Not(HasSubstr("ReplicaSet")));
}

TEST(SchedulingReview, ADrainCordonsAndItsPodsLookForAnotherNode) {
    Scene scene;
    scene.node("a", "1");
    scene.node("b", "1");
    scene.pod("owned", "a", "500m", "{}", "", owned);
    scene.pod("bare", "a", "100m");
    const auto status = ask(stateOf(scene), R"({"drainNodes":["a"],"manifests":[)" + pod("new", "200m") + "]}");
    ASSERT_TRUE(status.has_value()) << status.error().message;
    EXPECT_EQ(nodesOf(*status), (std::vector<std::string>{"b", "b"}));
    EXPECT_EQ(api::stringAt(status->at("displaced").at(0), {"name"}), "owned");
    EXPECT_EQ(api::stringAt(status->at("lost").at(0), {"name"}), "bare");
    EXPECT_EQ(ask(stateOf(scene), R"({"drainNodes":["nowhere"]})").error().reason, Reason::NotFound);
}

TEST(SchedulingReview, ALostZoneTakesItsNodesAndANewNodeHelps) {
    Scene scene;
    scene.node("a", "1", R"({"topology.kubernetes.io/zone":"z1"})");
    scene.node("b", "100m", R"({"topology.kubernetes.io/zone":"z2"})");
    scene.pod("owned", "a", "500m", "{}", "", owned);
    const auto without = ask(stateOf(scene), R"({"withoutZones":["z1"]})");
    ASSERT_TRUE(without.has_value()) << without.error().message;
    EXPECT_EQ(nodesOf(*without), std::vector<std::string>{""});
    const auto with = ask(stateOf(scene), R"({"withoutZones":["z1"],"addNodes":[{"apiVersion":"v1","kind":"Node","metadata":{"name":"c"},"status":{"allocatable":{"cpu":"2","memory":"1Gi","pods":"10"}}}]})");
    ASSERT_TRUE(with.has_value()) << with.error().message;
    EXPECT_EQ(nodesOf(*with), std::vector<std::string>{"c"});
    EXPECT_EQ(ask(stateOf(scene), R"({"withoutZones":["z9"]})").error().reason, Reason::NotFound);
}

TEST(SchedulingReview, ATargetNodeAsksForChangesOfAPodOfTheCluster) {
    Scene scene;
    scene.node("a", "1");
    scene.node("b", "4");
    scene.pods["default/mine"] = Scene::parse(pod("mine", "2"));
    scene.pods["default/mine"] = Scene::parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"mine","namespace":"default"},"spec":{"nodeName":"b","containers":[{"name":"c","resources":{"requests":{"cpu":"2"}}}]}})");
    const auto status = ask(stateOf(scene), R"({"pod":{"namespace":"default","name":"mine"},"targetNode":"a"})");
    ASSERT_TRUE(status.has_value()) << status.error().message;
    EXPECT_EQ(kindsOf(status->at("smallestChanges").at("alternatives").at(0)), "LowerRequest");
    EXPECT_EQ(ask(stateOf(scene), R"({"pod":{"name":"other"},"targetNode":"a"})").error().reason, Reason::NotFound);
    EXPECT_EQ(ask(stateOf(scene), R"({"pod":{"name":"mine"},"targetNode":"x"})").error().reason, Reason::NotFound);
}

constexpr const char* packing = R"({"apiVersion":"kubescheduler.config.k8s.io/v1","kind":"KubeSchedulerConfiguration","profiles":[{"schedulerName":"default-scheduler",
    "plugins":{"score":{"disabled":[{"name":"PodTopologySpread"},{"name":"NodeResourcesBalancedAllocation"}]}},
    "pluginConfig":[{"name":"NodeResourcesFit","args":{"scoringStrategy":{"type":"MostAllocated","resources":[{"name":"cpu","weight":1}]}}}]}]})";

TEST(SchedulingReview, TwoConfigurationsAreComparedPodByPod) {
    Scene scene;
    scene.node("a", "4", R"({"topology.kubernetes.io/zone":"z1"})");
    scene.node("b", "4", R"({"topology.kubernetes.io/zone":"z2"})");
    const auto status = ask(stateOf(scene), R"({"compareWith":)" + std::string(packing) + R"(,"manifests":[)" + pod("x", "1") + "," + pod("y", "1") + "]}");
    ASSERT_TRUE(status.has_value()) << status.error().message;
    const auto& comparison = status->at("comparison");
    EXPECT_EQ(json::serialize(comparison.at("a").at("zones")), R"({"z1":1,"z2":1})");
    EXPECT_EQ(json::serialize(comparison.at("b").at("zones")), R"({"z1":2})");
    EXPECT_EQ(comparison.at("b").at("nodesUsed").to_number<int>(), 1);
    EXPECT_DOUBLE_EQ(comparison.at("b").at("utilization").at("cpu").at("mean").to_number<double>(), 0.25);
    EXPECT_DOUBLE_EQ(comparison.at("b").at("utilization").at("cpu").at("deviation").to_number<double>(), 0.25);
    ASSERT_EQ(comparison.at("differences").as_array().size(), 1u);
    EXPECT_EQ(api::stringAt(comparison.at("differences").at(0), {"pod", "name"}), "y");
    EXPECT_THAT(std::string(api::stringAt(comparison.at("differences").at(0), {"explanation", "en"})), HasSubstr("NodeResourcesFit"));
}

TEST(SchedulingReview, WrongInputIsNamedAndNeverCrashes) {
    Scene scene;
    scene.node("a");
    const auto state = stateOf(scene);
    const std::vector<std::pair<std::string, std::string>> wrong{
        {R"({"manifests":["x"]})", "spec.manifests[0]: not an object"},
        {R"({"manifests":[{"kind":"ConfigMap","metadata":{"name":"s"}}]})", "no Pod comes from this kind"},
        {R"({"manifests":[{"kind":"Service","metadata":{"name":"s"},"spec":{"selector":7}}]})", "cannot unmarshal"},
        {R"({"manifests":[{"kind":"Service","metadata":{"name":"s"}}]})", "no Pod comes from a Service"},
        {R"({"manifests":[{"kind":"Service","metadata":{}}]})", "metadata.name is missing"},
        {R"({"manifests":[{"kind":"Deployment","metadata":{"name":"p"},"spec":{"selector":"x","template":{}}}]})", "cannot unmarshal"},
        {R"({"manifests":[{"kind":"Pod","metadata":{"name":"p"}}]})", "spec.containers: Required value"},
        {R"({"manifests":[{"kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}],"tolerations":["x"]}}]})", "cannot unmarshal"},
        {R"({"manifests":[{"kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}],"affinity":7}}]})", "cannot unmarshal"},
        {R"({"manifests":[{"kind":"Deployment","metadata":{"name":"p"},"spec":{}}]})", "spec.template is missing"},
        {R"({"addNodes":[{"kind":"Node","metadata":{},"spec":{}}]})", "metadata.name is missing"},
        {R"({"addNodes":[{"kind":"Node","metadata":{"name":"n"},"spec":{"taints":5}}]})", "cannot unmarshal"},
        {R"({"configuration":{"kind":"x"}})", "spec.configuration"},
        {R"({"manifests":[)" + pod("p", "1", R"("schedulerName":"other",)") + "]}", "no profile of the configuration has the schedulerName \"other\""},
        {R"({"snapshot":{"kind":"List"}})", "List without items"},
        {R"({"snapshot":{"kind":"List","items":[3]}})", "snapshot.items[0]: not an object"},
        {R"({"targetNode":"a"})", "which Pod?"}};
    for (const auto& [spec, message] : wrong) {
        const auto status = ask(state, spec);
        ASSERT_FALSE(status.has_value()) << spec;
        EXPECT_THAT(status.error().message, HasSubstr(message)) << spec;
    }
    EXPECT_TRUE(ask(state, R"({"manifests":"x","drainNodes":7,"pod":[],"addNodes":{}})").has_value());
}

TEST(ClusterState, WhatIsExportedIsReadAgainAndDecidesTheSame) {
    Scene scene;
    scene.node("a", "1", R"({"disk":"ssd"})", R"({"taints":[{"key":"k","effect":"NoSchedule"}]})");
    scene.node("b", "2");
    scene.pod("one", "b", "1", R"({"app":"wanted"})");
    scene.wants("1", R"("affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchLabels":{"app":"wanted"}},"topologyKey":"kubernetes.io/hostname"}]}},)");
    scene.objects->namespaces["default"] = {{"team", "x"}};
    scene.objects->podDisruptionBudgets["default/p"] = Scene::parse(R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"p","namespace":"default","managedFields":[{"manager":"m"}]},"spec":{}})");
    auto state = stateOf(scene);
    state.configuration = json::parse(packing);
    const auto text = toText(state);
    EXPECT_EQ(text.find("managedFields"), std::string::npos);
    const auto again = parseState(text);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(again->nodes.size(), 2u);
    EXPECT_EQ(again->objects->namespaces.at("default").at("team"), "x");
    EXPECT_TRUE(again->objects->podDisruptionBudgets.contains("default/p"));
    EXPECT_EQ(again->configuration, state.configuration);
    EXPECT_EQ(toText(*again), toText(*parseState(toText(*again))));
    const auto before = ask(state, R"({"pod":{"name":"wanted"}})"), after = ask(*again, R"({"pod":{"name":"wanted"}})");
    ASSERT_TRUE(before.has_value() && after.has_value());
    EXPECT_EQ(api::stringAt(before->at("decisions").at(0), {"status", "message"}), api::stringAt(after->at("decisions").at(0), {"status", "message"}));
}

TEST(ClusterState, AFileThatIsNoSnapshotIsRefusedWithThePlace) {
    EXPECT_THAT(parseState("- just\n- a list\n").error().message, HasSubstr("document 1: not an object"));
    EXPECT_THAT(parseState("kind: List\nitems:\n- kind: Pod\n  metadata: {name: p}\n  spec: {containers: 5}\n").error().message, HasSubstr("document 1.items[0] (Pod)"));
    EXPECT_THAT(parseState("kind: List\nitems:\n- kind: Node\n  metadata: {}\n").error().message, HasSubstr("metadata.name is missing"));
    EXPECT_FALSE(parseState("a: [").has_value());
    EXPECT_TRUE(parseState("").has_value());
}

}  // namespace
}  // namespace kubarium::scheduler
