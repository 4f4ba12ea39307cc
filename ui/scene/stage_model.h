// What the Stage shows, as plain values: a reduction of API objects that the bridge fills once per frame at most.
// Nothing here knows JSON, HTTP or a window. Times are cluster seconds: seconds on the Clock object's accelerated clock
// (any fixed origin), so that a fuse burns faster when the cluster runs at ×20.
#pragma once

#include <QString>
#include <QStringList>

#include <cstdint>
#include <optional>
#include <vector>

namespace kubarium::scene {

using ClusterSeconds = double;

// How the user wants the Nodes arranged.
enum class GroupBy { None, Zone, Pool };

enum class NodeCondition { Ready, NotReady, Unknown };

// Amounts in one unit: CPU in cores, memory in bytes. `used` below zero means: not measured. `limit` 0 means: none set.
struct Resource {
  double capacity = 0;  // allocatable
  double requested = 0;
  double limit = 0;
  double used = -1;

  bool operator==(const Resource&) const = default;
};

struct TaintFlag {
  QString text;    // `pool=gpu`, or the key alone
  QString effect;  // NoSchedule, PreferNoSchedule, NoExecute

  bool operator==(const TaintFlag&) const = default;
};

// A real timer that runs. Each one is labelled with its name and its length ("eviction of api-0 · tolerationSeconds 300").
enum class FuseKind { Lease, Toleration, Eviction, Backoff, Termination, Probe, Other };
struct Fuse {
  FuseKind kind = FuseKind::Other;
  QString label;
  ClusterSeconds started = 0;
  ClusterSeconds ends = 0;

  bool operator==(const Fuse&) const = default;
};

struct StageNode {
  QString name;
  QString role;  // "control-plane" or empty
  QString zone;
  QString pool;
  bool simulated = false;
  NodeCondition condition = NodeCondition::Ready;
  QString conditionReason;  // a sentence, for the tooltip
  QStringList pressures;    // MemoryPressure, DiskPressure, PIDPressure when True
  bool cordoned = false;
  bool poweredOff = false;
  bool partitioned = false;
  std::vector<TaintFlag> taints;
  Resource cpu;
  Resource memory;
  std::optional<ClusterSeconds> leaseRenewed;
  std::vector<Fuse> fuses;

  bool operator==(const StageNode&) const = default;
};

enum class PodPhase {
  Pending,       // no Node yet
  Starting,      // bound, containers not yet running
  Running,       // runs, not (yet) Ready
  Ready,
  NotReady,      // was or should be Ready and is not
  CrashLoop,     // CrashLoopBackOff, ImagePullBackOff and their like
  Terminating,
  Failed,
  Succeeded,
};

struct StagePod {
  QString key;    // the UID: a Pod with the same name is another Pod
  QString ns;
  QString name;
  QString owner;  // "Deployment/web"; its colour. The letter is the first of ownerName.
  QString ownerName;
  PodPhase phase = PodPhase::Pending;
  QString node;   // empty: in the pending lane
  QString reason; // one sentence: why it waits, or what is wrong
  double cpu = 0;     // requested, in cores
  double memory = 0;  // requested, in bytes
  int restarts = 0;
  bool evicted = false;  // being deleted or failed by eviction, preemption or the taint manager
  std::optional<ClusterSeconds> started;
  std::optional<Fuse> retry;  // pending lane: "retry in 4 s"; crash loop: the back-off

  bool operator==(const StagePod&) const = default;
};

struct StageEndpoint {
  QString address;
  QString node;
  QString podKey;
  double rate = -1;  // requests per second; below zero: not measured
  bool ready = true;
  bool terminating = false;  // its Pod is being deleted
  bool removed = false;  // was there a moment ago

  bool operator==(const StageEndpoint&) const = default;
};

struct StageService {
  QString ns;
  QString name;
  QString clusterIP;
  QStringList ports;  // "80", "443/TCP"
  double rate = -1;   // requests per second
  double lostRate = 0;
  std::vector<StageEndpoint> endpoints;

  bool operator==(const StageService&) const = default;
};

// One component in the strip on top: API server, scheduler, controllers, DNS.
enum class ComponentKind { ApiServer, Scheduler, Controllers, Dns };
enum class ComponentState { Ok, Busy, Waiting, Broken, Unknown };
struct StageComponent {
  ComponentKind kind = ComponentKind::ApiServer;
  ComponentState state = ComponentState::Ok;
  QString detail;  // "rev 1 204", "1 in cycle, 3 waiting", "idle"

  bool operator==(const StageComponent&) const = default;
};

// A small chart beside the Services: how many Pods of a workload were ready, the latest point last.
struct ReadyPoint {
  ClusterSeconds at = 0;
  int ready = 0;

  bool operator==(const ReadyPoint&) const = default;
};
struct ReadyMark {
  ClusterSeconds at = 0;
  QString text;

  bool operator==(const ReadyMark&) const = default;
};
struct ReadyChart {
  QString workload;
  int desired = 0;
  std::vector<ReadyPoint> points;
  std::vector<ReadyMark> marks;

  bool operator==(const ReadyChart&) const = default;
};

struct StageModel {
  QString clusterName;
  std::vector<StageComponent> components;
  std::vector<StageNode> nodes;  // oldest first: a new Node is appended
  std::vector<StagePod> pods;
  std::vector<StageService> services;
  std::optional<ReadyChart> chart;

  bool operator==(const StageModel&) const = default;
};

// The accelerated clock as the view needs it: cluster time now, and how fast it goes.
struct StageClock {
  ClusterSeconds now = 0;
  double rate = 1;
  bool paused = false;
};

// The scheduling theatre: one SchedulingDecision, reduced.
enum class TheatrePhase { Queue, Filter, Score, Select, Bind, Done };

struct FilterVerdict {
  QString plugin;
  bool passed = true;
  QStringList reasons;

  bool operator==(const FilterVerdict&) const = default;
};

struct PluginScore {
  QString plugin;
  double raw = 0;
  double normalized = 0;
  double weight = 1;
  double weighted = 0;

  bool operator==(const PluginScore&) const = default;
};

struct TheatreNode {
  QString name;
  bool feasible = false;
  QString plugin;       // the first that refused
  QStringList reasons;
  QString detail;       // "500m asked, 120m free"
  std::vector<FilterVerdict> filters;
  std::vector<PluginScore> scores;
  double total = 0;

  bool operator==(const TheatreNode&) const = default;
};

// A Node on which removing Pods would make room, and what is compared between such Nodes.
struct PreemptionCandidate {
  QString node;
  QStringList victims;     // "ns/name"
  int budgetViolations = 0;
  double highestPriority = 0;
  double sumOfPriorities = 0;
  bool chosen = false;
  QString explanation;     // the rule by which it lost, in the user's language

  bool operator==(const PreemptionCandidate&) const = default;
};

struct ReasonCount {
  QString reason;
  int count = 0;

  bool operator==(const ReasonCount&) const = default;
};

struct TheatreState {
  // A refusal ends after Filter: nothing was scored, selected or bound.
  bool endedAtFilter() const { return phase == TheatrePhase::Done && winner.isEmpty() && feasibleNodes == 0; }

  QString podKey;  // UID
  QString podNamespace;
  QString podName;
  int cycle = 0;
  int attempt = 1;
  TheatrePhase phase = TheatrePhase::Done;
  bool held = false;      // the Clock holds the cycle at `phase`
  QString result;         // Scheduled, Unschedulable, Error or empty while held
  QString message;        // the FailedScheduling text
  QString winner;
  QStringList best;       // the tie; one entry when there was none
  int evaluatedNodes = 0;
  int feasibleNodes = 0;
  bool scoringSkipped = false;
  bool nominatedUsed = false;  // the nominated Node was tried first and fits; the scheduler asked no other
  QStringList skippedScore;
  std::vector<TheatreNode> nodes;
  std::vector<ReasonCount> reasonCounts;
  QString explanation;    // one sentence in the user's language
  QStringList victims;    // "ns/name" of Pods that preemption removes
  std::vector<PreemptionCandidate> candidates;  // the chosen one first
  QString preemption;     // what was weighed, or why it may not preempt, in the user's language
  QString nominatedNode;
  QStringList plugins;    // those of the phase, in order
  int plugin = -1;        // shown up to this one; -1: all of them
  bool canGoBack = false;
  bool canGoNext = false;

  bool operator==(const TheatreState&) const = default;
};

// Something that happened between two models, for the animation and the narration.
struct Transition {
  enum class Kind {
    NodeAdded, NodeRemoved, NodeReady, NodeNotReady, NodePoweredOff, NodePoweredOn, LeaseRenewed,
    PodAppeared, PodPlaced, PodStarted, PodReady, PodUnready, PodRestarted, PodCrashLooping,
    PodTerminating, PodEvicted, PodGone,
    EndpointAdded, EndpointRemoved,
  };
  Kind kind = Kind::PodAppeared;
  QString key;   // Pod key, or the Service as "ns/name", or empty
  QString node;  // the Node concerned, or empty
  int before = -1;  // index into before.pods / before.nodes / before.services, or -1
  int after = -1;   // index into after.pods / after.nodes / after.services, or -1

  bool operator==(const Transition&) const = default;
};

// Pure. Linear in the number of Pods; fast when most Pods keep their index. Order: Nodes, Pods, Services, each in the
// order of `after`, what is gone last.
std::vector<Transition> diff(const StageModel& before, const StageModel& after);

// Who tells whom what, as a moving dot. Pods are not participants: their kubelet speaks for them.
struct Participant {
  enum class Kind { ApiServer, Scheduler, Controllers, Dns, Node };
  Kind kind = Kind::ApiServer;
  QString node;

  bool operator==(const Participant&) const = default;
};
struct StageMessage {
  Participant from;
  Participant to;
  QString text;  // "bind web-1", "apply", "watch"
};

}  // namespace kubarium::scene
