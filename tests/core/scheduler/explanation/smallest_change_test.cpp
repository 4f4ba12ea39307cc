#include "tests/core/scheduler/explanation/scene.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <random>

namespace kubarium::scheduler {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SmallestChange, LowersARequestToWhatIsFree) {
    Scene scene;
    scene.node("a");
    scene.pod("old", "a", "3500m", R"({"app":"old"})", "", R"("ownerReferences":[{"kind":"DaemonSet","apiVersion":"apps/v1","name":"d","controller":true}],)");
    scene.wants("2");
    const auto report = scene.report();
    EXPECT_EQ(kinds(report), (std::vector<std::string>{"LowerRequest", "AddNode"}));
    EXPECT_EQ(english(alternative(report, "LowerRequest")), "Lower the cpu request of container app from 2 to 500m.");
    EXPECT_EQ(english(alternative(report, "AddNode")), "Add a Node with cpu 2, memory 1Gi allocatable.");
    expectAllWork(scene);
}

TEST(SmallestChange, APodWithoutControllerIsMadeAgainAndOneWithADeploymentIsChangedInItsTemplate) {
    Scene scene;
    scene.node("a", "1");
    scene.wants("2");
    const auto bare = scene.report();
    const auto& again = alternative(bare, "LowerRequest").at("operations").at(0);
    EXPECT_EQ(api::stringAt(again, {"verb"}), "Recreate");
    EXPECT_EQ(api::stringAt(again, {"target", "kind"}), "Pod");
    EXPECT_FALSE(again.at("manifest").at("metadata").as_object().contains("uid"));
    EXPECT_EQ(json::serialize(again.at("manifest").at("spec").at("containers").at(0).at("resources").at("requests").at("cpu")), "\"1\"");
    const std::string owner = R"("ownerReferences":[{"kind":"ReplicaSet","apiVersion":"apps/v1","name":"web-1","controller":true}],)";
    scene.objects->replicaSets["default/web-1"] = Scene::parse(
        R"({"metadata":{"name":"web-1","namespace":"default","ownerReferences":[{"kind":"Deployment","apiVersion":"apps/v1","name":"web","controller":true}]},
            "spec":{"template":{"spec":{"containers":[{"name":"app","resources":{"requests":{"cpu":"2"}}}]}}}})");
    scene.wants("2", "", owner);
    const auto owned = scene.report();
    const auto& patch = alternative(owned, "LowerRequest").at("operations").at(0);
    EXPECT_EQ(json::serialize(patch.at("target")), R"({"apiVersion":"apps/v1","kind":"Deployment","namespace":"default","name":"web"})");
    EXPECT_EQ(json::serialize(patch.at("patch")), R"([{"op":"replace","path":"/spec/template/spec/containers/0/resources/requests/cpu","value":"1"}])");
    EXPECT_EQ(api::stringAt(patch, {"kubectl"}),
              R"(kubectl patch deployment web -n default --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/resources/requests/cpu","value":"1"}]')");
}

TEST(SmallestChange, ATaintIsToleratedOrRemoved) {
    Scene scene;
    scene.node("a", "4", "{}", R"({"taints":[{"key":"gpu","value":"yes","effect":"NoSchedule"}]})");
    scene.wants("1");
    const auto report = scene.report();
    EXPECT_EQ(kinds(report), (std::vector<std::string>{"TolerateTaint", "RemoveTaint", "AddNode"}));
    EXPECT_EQ(api::stringAt(alternative(report, "TolerateTaint").at("operations").at(0), {"verb"}), "Patch") << "tolerations may be added to a Pod";
    EXPECT_EQ(api::stringAt(alternative(report, "RemoveTaint").at("operations").at(0), {"kubectl"}), "kubectl taint nodes a 'gpu=yes:NoSchedule'-");
    expectAllWork(scene);
}

TEST(SmallestChange, ANodeThatIsNotThereIsNotOffered) {
    Scene scene;
    scene.node("dead", "4", "{}", R"({"taints":[{"key":"node.kubernetes.io/unreachable","effect":"NoSchedule"}]})");
    scene.wants("1");
    EXPECT_EQ(kinds(scene.report()), (std::vector<std::string>{"AddNode"}));
    EXPECT_TRUE(scene.report("dead").at("alternatives").as_array().empty());
}

TEST(SmallestChange, ACordonAndItsTaintGoTogether) {
    Scene scene;
    scene.node("a", "4", "{}", R"({"unschedulable":true,"taints":[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"}]})");
    scene.wants("1");
    EXPECT_EQ(kinds(scene.report("a")), (std::vector<std::string>{"Uncordon"}));
    expectAllWork(scene);
}

TEST(SmallestChange, ASelectorIsChangedOrDroppedOrTheNodeLabelled) {
    Scene scene;
    scene.node("a", "4", R"({"disk":"hdd"})");
    scene.wants("1", R"("nodeSelector":{"disk":"ssd"},)");
    EXPECT_EQ(kinds(scene.report("a")), (std::vector<std::string>{"LabelNode", "ChangeNodeSelector", "DropNodeSelector"}));
    EXPECT_EQ(api::stringAt(alternative(scene.report(), "LabelNode").at("operations").at(0), {"kubectl"}), "kubectl label nodes a 'disk=ssd' --overwrite");
    EXPECT_EQ(english(alternative(scene.report(), "AddNode")), "Add a Node with cpu 1, memory 1Gi allocatable and the labels disk=ssd.");
    expectAllWork(scene);
}

TEST(SmallestChange, ARequiredNodeAffinityIsWidenedByTheNodesOwnValue) {
    Scene scene;
    scene.node("a", "4", R"({"disk":"hdd"})");
    scene.wants("1", R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]}]}}},)");
    const auto report = scene.report("a");
    EXPECT_EQ(kinds(report), (std::vector<std::string>{"LabelNode", "ChangeNodeAffinity", "DropNodeAffinity"}));
    EXPECT_EQ(english(alternative(report, "ChangeNodeAffinity")), "In the required Node affinity, let disk also be hdd.");
    expectAllWork(scene);
}

TEST(SmallestChange, AHostPortIsFreedOrNotAskedFor) {
    Scene scene;
    scene.node("a");
    scene.pods["default/holder"] = Scene::parse(R"({"metadata":{"name":"holder","namespace":"default","uid":"holder"},"spec":{"nodeName":"a","containers":[{"name":"c","ports":[{"hostPort":80,"containerPort":80}]}]}})");
    scene.pending = Scene::parse(R"({"metadata":{"name":"wanted","namespace":"default","uid":"wanted"},"spec":{"containers":[{"name":"c","ports":[{"hostPort":80,"containerPort":80}]}]}})");
    EXPECT_EQ(kinds(scene.report("a")), (std::vector<std::string>{"DropHostPort", "DeletePod"}));
    expectAllWork(scene);
}

TEST(SmallestChange, APodIsMovedOnlyIfItFitsElsewhere) {
    const std::string owner = R"("ownerReferences":[{"kind":"ReplicaSet","apiVersion":"apps/v1","name":"rs","controller":true}],)";
    Scene scene;
    scene.node("a", "2");
    scene.node("b", "1");
    scene.pod("mover", "a", "1", "{}", "", owner);
    scene.wants("2");
    EXPECT_EQ(english(alternative(scene.report("a"), "MovePod")), "Move Pod default/mover from a to b: delete it; its ReplicaSet starts another, which fits there.");
    expectAllWork(scene, "a");
    scene.node("b", "500m");
    EXPECT_THAT(kinds(scene.report("a")), Not(Contains("MovePod")));
}

TEST(SmallestChange, AntiAffinityIsRelaxedOrItsConflictGoes) {
    Scene scene;
    scene.node("a");
    scene.pod("twin", "a", "1", R"({"app":"wanted"})");
    scene.wants("1", R"("affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchLabels":{"app":"wanted"}},"topologyKey":"kubernetes.io/hostname"}]}},)");
    const auto report = scene.report();
    EXPECT_EQ(kinds(report), (std::vector<std::string>{"RelaxPodAntiAffinity", "DeletePod", "AddNode"}));
    EXPECT_THAT(english(alternative(report, "RelaxPodAntiAffinity")), HasSubstr("app=wanted (in one kubernetes.io/hostname)"));
    expectAllWork(scene);
}

TEST(SmallestChange, AffinityToNobodyIsRelaxed) {
    Scene scene;
    scene.node("a", "4", R"({"zone":"z"})");
    scene.wants("1", R"("affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchLabels":{"app":"cache"}},"topologyKey":"zone"}]}},)");
    EXPECT_EQ(kinds(scene.report()), (std::vector<std::string>{"RelaxPodAffinity"}));
    expectAllWork(scene);
}

TEST(SmallestChange, SpreadIsRelaxedByExactlyTheSkewThatIsMissing) {
    Scene scene;
    scene.node("a", "4", R"({"zone":"a"})");
    scene.node("b", "1", R"({"zone":"b"})");
    scene.pod("one", "a", "100m", R"({"app":"wanted"})");
    scene.pod("two", "a", "100m", R"({"app":"wanted"})");
    scene.wants("2", R"("topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"wanted"}}}],)");
    const auto report = scene.report();
    EXPECT_EQ(english(alternative(report, "RaiseMaxSkew")), "Raise maxSkew of the spread over zone from 1 to 3.");
    EXPECT_THAT(kinds(report), AllOf(Contains("RelaxSpread"), Contains("LowerRequest")));
    expectAllWork(scene);
}

TEST(SmallestChange, SeveralEditsAreCombinedWhenOneIsNotEnough) {
    Scene scene;
    scene.node("a", "1", R"({"disk":"hdd"})", R"({"unschedulable":true,"taints":[{"key":"gpu","effect":"NoSchedule"}]})");
    scene.wants("2", R"("nodeSelector":{"disk":"ssd"},)");
    const auto report = scene.report("a");
    ASSERT_FALSE(report.at("alternatives").as_array().empty());
    EXPECT_EQ(kindsOf(report.at("alternatives").at(0)), "Uncordon+TolerateTaint+LabelNode+LowerRequest");
    expectAllWork(scene, "a");
}

TEST(SmallestChange, AMissingClaimIsNamedInsteadOfAnEditThatDoesNotHelp) {
    Scene scene;
    scene.node("a");
    scene.wants("1", R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}],)");
    const auto report = scene.report();
    EXPECT_TRUE(report.at("alternatives").as_array().empty());
    EXPECT_EQ(english(report), "No Node is the cause: persistentvolumeclaim \"data\" not found.");
}

TEST(SmallestChange, APodThatFitsNeedsNoChangeAndAPlacedPodIsLookedAtAsIfItWaited) {
    Scene scene;
    scene.node("a", "1");
    scene.node("b", "500m");
    scene.pod("mine", "a", "1");
    scene.pending = scene.pods.at("default/mine");
    EXPECT_EQ(scene.changes("a").fits, std::vector<std::string>{"a"});
    EXPECT_EQ(kinds(scene.report("b")), (std::vector<std::string>{"LowerRequest"}));
}

TEST(SmallestChange, SaysWhenTheTimeWasUp) {
    Scene scene;
    for (int i = 0; i < 20; ++i) scene.node("n" + std::to_string(i), "1");
    scene.wants("2");
    int asked = 0;
    SearchLimits limits;
    limits.spent = [&] { return ++asked > 5 ? 1.0 : 0.0; };
    const auto changes = smallestChanges(*scene.snapshot(), PodInfo::make(scene.pending), scene.configuration.profiles.front(), "", limits);
    EXPECT_TRUE(changes.stoppedEarly);
    EXPECT_FALSE(scene.changes().stoppedEarly);
}

// Every Node has several obstacles, so that a search by cost alone looks at all of them before it tries anything.
TEST(SmallestChange, HasAnAnswerThatWorksAlsoWhenTheTimeIsShort) {
    Scene scene;
    for (int i = 0; i < 200; ++i) scene.node("n" + std::to_string(i), "1", R"({"disk":"hdd"})", R"({"unschedulable":true,"taints":[{"key":"gpu","effect":"NoSchedule"}]})");
    scene.wants("2", R"("nodeSelector":{"disk":"ssd"},)");
    double looks = 0;
    SearchLimits limits;
    limits.spent = [&] { return ++looks / 100; };
    const auto changes = smallestChanges(*scene.snapshot(), PodInfo::make(scene.pending), scene.configuration.profiles.front(), "", limits);
    EXPECT_TRUE(changes.stoppedEarly);
    ASSERT_FALSE(changes.alternatives.empty());
    EXPECT_NE(changes.alternatives.front().edits.front().kind, EditKind::AddNode) << "a change of what there is comes first";
    const auto world = waitingWorld(*scene.snapshot(), PodInfo::make(scene.pending));
    for (const auto& each : changes.alternatives) EXPECT_TRUE(verdictOn(applied(world, each.edits), scene.configuration.profiles.front(), each.node).success());
}

// A cluster of three to eight Nodes with anything in it.
Scene randomScene(std::mt19937& random) {
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    const auto pick = [&](std::initializer_list<const char*> list) { return std::string(list.begin()[below(static_cast<unsigned>(list.size()))]); };
    const auto antiAffinity = [&](const std::string& app) {
        return R"("affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchLabels":{"app":")" + app + R"("}},"topologyKey":")" + pick({"zone", "kubernetes.io/hostname"}) +
               R"("}]}},)";
    };
    Scene scene;
    const auto nodes = 3 + below(6);
    for (unsigned i = 0; i < nodes; ++i) {
        std::string labels = R"({"zone":")" + pick({"a", "b", "c"}) + "\"", spec = "{";
        if (below(2)) labels += R"(,"disk":")" + pick({"ssd", "hdd"}) + "\"";
        if (below(3) == 0) spec += R"("taints":[{"key":")" + pick({"gpu", "db"}) + R"(","value":")" + pick({"", "x"}) + R"(","effect":")" + pick({"NoSchedule", "NoExecute", "PreferNoSchedule"}) + R"("}])";
        if (below(5) == 0) spec += std::string(spec.size() > 1 ? "," : "") + R"("unschedulable":true)";
        scene.node("n" + std::to_string(i), pick({"1", "2", "4"}), labels + "}", spec + "}", pick({"110", "2"}));
        for (unsigned j = below(4); j > 0; --j) {
            const auto name = "p" + std::to_string(i) + "-" + std::to_string(j);
            const auto owner = below(2) ? std::string() : R"("ownerReferences":[{"kind":"ReplicaSet","apiVersion":"apps/v1","name":"r","controller":true}],)";
            scene.pod(name, "n" + std::to_string(i), pick({"100m", "500m", "1"}), R"({"app":")" + pick({"wanted", "web", "db"}) + "\"}", below(5) ? "" : antiAffinity(pick({"wanted", "web"})), owner);
        }
    }
    std::string more;
    if (below(2)) more += R"("nodeSelector":{"disk":")" + pick({"ssd", "nvme"}) + R"("},)";
    if (below(3) == 0) more += R"("tolerations":[{"key":"gpu","operator":"Exists"}],)";
    if (below(3) == 0)
        more += R"("topologySpreadConstraints":[{"maxSkew":1,"topologyKey":")" + pick({"zone", "rack"}) + R"(","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"wanted"}}}],)";
    switch (below(4)) {
        case 0: more += antiAffinity(pick({"wanted", "web"})); break;
        case 1:
            more += R"("affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchLabels":{"app":")" + pick({"db", "none"}) + R"("}},"topologyKey":"zone"}]}},)";
            break;
        case 2:
            more += R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"zone","operator":"In","values":["x"]},{"key":"disk","operator":")" +
                    pick({"Exists", "DoesNotExist"}) + R"("}]},{"matchFields":[{"key":"metadata.name","operator":"In","values":["n99"]}]}]}}},)";
            break;
        default: break;
    }
    scene.wants(pick({"500m", "1500m", "3", "8"}), more);
    return scene;
}

TEST(SmallestChange, EveryChangeOfferedWorksAndHasNoEditTooManyOnRandomClusters) {
    std::mt19937 random(20240601);
    int offered = 0, unschedulable = 0, without = 0;
    for (int round = 0; round < 100 && !::testing::Test::HasFailure(); ++round) {
        SCOPED_TRACE(round);
        const auto scene = randomScene(random);
        if (scene.decided().result == Decision::Result::Scheduled) continue;
        ++unschedulable;
        const auto report = scene.report();
        const auto count = static_cast<int>(report.at("alternatives").as_array().size());
        offered += count;
        without += count == 0;
        expectAllWork(scene);
        const auto target = scene.nodes.begin()->first;
        expectAllWork(scene, target);
    }
    // The test would prove nothing if hardly anything was offered.
    EXPECT_GT(unschedulable, 40);
    EXPECT_GT(offered, 3 * unschedulable);
    EXPECT_LT(without, unschedulable / 10);
}

}  // namespace
}  // namespace kubarium::scheduler
