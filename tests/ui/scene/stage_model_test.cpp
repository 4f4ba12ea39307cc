#include "ui/scene/stage_model.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/ui/scene/stage_scenes.h"
#include "ui/scene/alignment.h"
#include "ui/scene/stage_slots.h"
#include "ui/scene/wording.h"

namespace kubarium::scene {
namespace {

using Kind = Transition::Kind;

int count(const std::vector<Transition>& transitions, Kind kind) {
  return static_cast<int>(std::count_if(transitions.begin(), transitions.end(), [&](const Transition& t) { return t.kind == kind; }));
}

TEST(StageDiff, EqualModelsHaveNoTransitions) {
  const StageModel model = scenes::theatreCluster();
  EXPECT_TRUE(diff(model, model).empty());
}

TEST(StageDiff, ABoundPodIsPlacedOnce) {
  const StageModel before = scenes::theatreCluster();
  StageModel after = before;
  StagePod& pod = *std::find_if(after.pods.begin(), after.pods.end(), [](const StagePod& each) { return each.node.isEmpty(); });
  pod.node = QStringLiteral("gpu-2");
  pod.phase = PodPhase::Starting;
  const auto transitions = diff(before, after);
  ASSERT_EQ(transitions.size(), 1U);
  EXPECT_EQ(transitions[0].kind, Kind::PodPlaced);
  EXPECT_EQ(transitions[0].node, QStringLiteral("gpu-2"));
  EXPECT_EQ(after.pods[static_cast<std::size_t>(transitions[0].after)].key, pod.key);
}

TEST(StageDiff, SeesStartReadyCrashEvictionAndDeletion) {
  StageModel before;
  before.nodes.resize(1);
  before.nodes[0].name = QStringLiteral("n");
  for (int i = 0; i < 5; ++i) {
    StagePod pod;
    pod.key = QString::number(i);
    pod.node = QStringLiteral("n");
    pod.phase = PodPhase::Starting;
    before.pods.push_back(pod);
  }
  StageModel after = before;
  after.pods[0].phase = PodPhase::Running;
  after.pods[1].phase = PodPhase::Ready;
  after.pods[2].phase = PodPhase::CrashLoop;
  after.pods[2].restarts = 2;
  after.pods[3].phase = PodPhase::Terminating;
  after.pods[3].evicted = true;
  after.pods.erase(after.pods.begin() + 4);
  const auto transitions = diff(before, after);
  EXPECT_EQ(count(transitions, Kind::PodStarted), 1);
  EXPECT_EQ(count(transitions, Kind::PodReady), 1);
  EXPECT_EQ(count(transitions, Kind::PodRestarted), 1);
  EXPECT_EQ(count(transitions, Kind::PodCrashLooping), 1);
  EXPECT_EQ(count(transitions, Kind::PodEvicted), 1);
  EXPECT_EQ(count(transitions, Kind::PodGone), 1);
  EXPECT_EQ(transitions.size(), 6U);
}

TEST(StageDiff, AReplacedPodIsGoneAndAppearsEvenUnderTheSameName) {
  StageModel before = scenes::theatreCluster();
  StageModel after = before;
  after.pods[3].key += QLatin1Char('2');
  const auto transitions = diff(before, after);
  EXPECT_EQ(count(transitions, Kind::PodAppeared), 1);
  EXPECT_EQ(count(transitions, Kind::PodGone), 1);
}

TEST(StageDiff, SeesNodesAndLeasesAndEndpoints) {
  const StageModel before = scenes::healingCluster();
  StageModel after = before;
  after.nodes[0].condition = NodeCondition::NotReady;
  after.nodes[1].condition = NodeCondition::Ready;
  after.nodes[2].leaseRenewed = *after.nodes[2].leaseRenewed + 10;
  after.nodes[1].poweredOff = false;
  after.services[0].endpoints[0].ready = false;
  after.services[0].endpoints[2].ready = true;
  after.services[0].endpoints[2].removed = false;
  const auto transitions = diff(before, after);
  for (const Kind kind : {Kind::NodeNotReady, Kind::NodeReady, Kind::LeaseRenewed, Kind::NodePoweredOn, Kind::EndpointAdded, Kind::EndpointRemoved}) {
    EXPECT_EQ(count(transitions, kind), 1) << static_cast<int>(kind);
  }
}

TEST(Alignment, FindsEveryKeyAfterInsertionRemovalAndShuffling) {
  QStringList before;
  for (int i = 0; i < 500; ++i) {
    before << QString::number(i);
  }
  QStringList now = before;
  now.removeAt(100);
  now.insert(7, QStringLiteral("new"));
  std::reverse(now.begin() + 200, now.begin() + 260);
  now.move(3, 400);
  const auto key = [](const QStringList& list) { return [&list](std::size_t i) -> const QString& { return list[static_cast<qsizetype>(i)]; }; };
  const std::vector<int> found = align(static_cast<std::size_t>(before.size()), key(before), static_cast<std::size_t>(now.size()), key(now));
  for (qsizetype i = 0; i < now.size(); ++i) {
    EXPECT_EQ(found[static_cast<std::size_t>(i)], static_cast<int>(before.indexOf(now[i])));
  }
}

TEST(StageSlots, PodsKeepTheirPlaceAndANewOneTakesTheFirstFree) {
  StageModel model = scenes::theatreCluster();
  StageSlots slots;
  slots.update(model);
  const QString kept = model.pods[3].key;
  const int before = slots.placeOf(3).slot;
  ASSERT_EQ(slots.placeOf(1).slot, 1);
  model.pods.erase(model.pods.begin() + 1);
  slots.update(model);
  EXPECT_EQ(slots.placeOf(static_cast<std::size_t>(slots.podIndex(kept))).slot, before);
  EXPECT_EQ(slots.podsOf(0)[1], -1);
  StagePod pod = model.pods[0];
  pod.key = QStringLiteral("late");
  model.pods.push_back(pod);
  slots.update(model);
  EXPECT_EQ(slots.placeOf(model.pods.size() - 1).slot, 1);
}

TEST(StageSlots, EveryBoundPodHasItsOwnPlace) {
  const StageModel model = scenes::largeCluster(40, 700);
  StageSlots slots;
  slots.update(model);
  slots.update(model);
  std::vector<int> seen(model.pods.size(), 0);
  for (std::size_t node = 0; node < model.nodes.size(); ++node) {
    for (const int pod : slots.podsOf(node)) {
      ASSERT_GE(pod, 0);
      ++seen[static_cast<std::size_t>(pod)];
      EXPECT_EQ(model.pods[static_cast<std::size_t>(pod)].node, model.nodes[node].name);
    }
  }
  EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
}

TEST(Wording, QuantitiesReadAsInTheApi) {
  EXPECT_EQ(cpuText(0.88), QStringLiteral("880m"));
  EXPECT_EQ(cpuText(2.1), QStringLiteral("2.1"));
  EXPECT_EQ(cpuText(4), QStringLiteral("4"));
  EXPECT_EQ(cpuText(0.1 + 0.2 - 0.3), QStringLiteral("0"));
  EXPECT_EQ(cpuText(0.3 - 0.1 - 0.2), QStringLiteral("0")) << "not -0";
  EXPECT_EQ(cpuText(0.9999), QStringLiteral("1"));
  EXPECT_EQ(memoryOfText({512.0 * 1024 * 1024, 307.0 * 1024 * 1024, 0, -1}), QStringLiteral("307 of 512Mi"));
  EXPECT_EQ(memoryOfText({8.0 * 1024 * 1024 * 1024, 3.5 * 1024 * 1024 * 1024, 0, -1}), QStringLiteral("3.5 of 8Gi"));
  EXPECT_EQ(memoryOfText({8.0 * 1024 * 1024 * 1024, 32.0 * 1024 * 1024, 0, -1}), QStringLiteral("32Mi of 8Gi")) << "little is not nothing";
}

TEST(Wording, TheHeadlineOfADecisionSaysWhoWinsAndBy) {
  const StageModel model = scenes::theatreCluster();
  const TheatreState decided = scenes::theatreDecision(TheatrePhase::Select);
  EXPECT_EQ(headline(model, &decided).text, QStringLiteral("Only two Nodes can run train-0. gpu-2 wins with 687 points to 541."));
  const TheatreState filtering = scenes::theatreDecision(TheatrePhase::Filter);
  EXPECT_EQ(headline(model, &filtering).text, QStringLiteral("Only two Nodes can run train-0."));
  const TheatreState scoring = scenes::theatreDecision(TheatrePhase::Score);
  EXPECT_EQ(headline(model, &scoring).text, QStringLiteral("Only two Nodes can run train-0. gpu-2 leads with 687 points to 541."));
  TheatreState preempting = decided;
  preempting.winner.clear();
  preempting.feasibleNodes = 0;
  preempting.phase = TheatrePhase::Done;
  preempting.nominatedNode = QStringLiteral("gpu-2");
  EXPECT_EQ(headline(model, &preempting).text, QStringLiteral("No Node can run train-0. Preemption makes room on gpu-2."));
  preempting.phase = TheatrePhase::Filter;
  EXPECT_EQ(headline(model, &preempting).text, QStringLiteral("No Node can run train-0."));
}

// No translation is loaded: what is recognised comes out as it went in, part by part, and so does the rest.
TEST(Wording, TheValuesBehindAReasonKeepTheirMeaning) {
  for (const char* detail : {"500m asked, 120m free", "cpu: 2 asked, 1 free; memory: 1Gi asked, 512Mi free", "asked: disk=ssd, the Node has no label disk", "asked: disk=ssd, the Node has disk=hdd",
                             "taint pool=gpu:NoSchedule is not tolerated", "110 Pods of 110", "something new"}) {
    EXPECT_EQ(detailText(QLatin1String(detail)), QLatin1String(detail));
  }
  TheatreNode cordoned;
  cordoned.plugin = QStringLiteral("NodeUnschedulable");
  cordoned.reasons = QStringList{QStringLiteral("node(s) were unschedulable")};
  EXPECT_EQ(plainDetail(cordoned), QStringLiteral("someone cordoned it"));
}

}  // namespace
}  // namespace kubarium::scene
