#include "tests/ui/scene/stage_scenes.h"

namespace kubarium::scene::scenes {

namespace {

constexpr double kMebi = 1024.0 * 1024.0;

QString text(const char* value) { return QString::fromUtf8(value); }

StageNode node(const char* name, double cpu, double memoryMebi, double usedCpu, double askedCpu, double usedMemory, double askedMemory) {
  StageNode result;
  result.name = text(name);
  result.cpu = {cpu, askedCpu, 0, usedCpu};
  result.memory = {memoryMebi * kMebi, askedMemory * kMebi, 0, usedMemory * kMebi};
  result.leaseRenewed = 999.8;
  return result;
}

StagePod pod(const char* owner, int number, const char* on, PodPhase phase = PodPhase::Ready) {
  StagePod result;
  result.ns = text("lab");
  result.ownerName = text(owner);
  result.owner = QLatin1String("Deployment/") + result.ownerName;
  result.name = result.ownerName + QLatin1Char('-') + QString::number(number);
  result.key = QLatin1String("uid-") + result.name;
  result.node = text(on);
  result.phase = phase;
  return result;
}

void add(StageModel& model, const char* on, std::initializer_list<std::pair<const char*, int>> pods, PodPhase phase = PodPhase::Ready) {
  for (const auto& [owner, count] : pods) {
    for (int i = 0; i < count; ++i) {
      model.pods.push_back(pod(owner, static_cast<int>(model.pods.size()), on, phase));
    }
  }
}

std::vector<StageComponent> components(const char* revision, const char* scheduler, const char* controllers,
                                       ComponentState controllerState = ComponentState::Ok) {
  return {{ComponentKind::ApiServer, ComponentState::Ok, text(revision)},
          {ComponentKind::Scheduler, ComponentState::Ok, text(scheduler)},
          {ComponentKind::Controllers, controllerState, text(controllers)},
          {ComponentKind::Dns, ComponentState::Ok, {}}};
}

}  // namespace

StageModel theatreCluster() {
  StageModel model;
  model.clusterName = text("course-lab");
  model.components = components("rev 1 204", "1 in cycle, 3 waiting", "idle");
  model.nodes = {node("worker-a", 1, 512, 0.41, 0.88, 160, 307), node("worker-b", 1, 512, 0.23, 0.69, 108, 246), node("worker-c", 1, 512, 0.06, 0.2, 44, 92),
                 node("gpu-1", 4, 8192, -1, 2.1, -1, 3584),      node("gpu-2", 4, 8192, -1, 1.0, -1, 1638),      node("edge-1", 1, 512, -1, 0.1, -1, 60)};
  model.nodes[2].cordoned = true;
  for (const std::size_t i : {3U, 4U, 5U}) {
    model.nodes[i].simulated = true;
  }
  model.nodes[3].taints = {{text("pool=gpu"), text("NoSchedule")}};
  model.nodes[4].taints = {{text("pool=gpu"), text("NoSchedule")}};
  const char* pools[] = {"general", "general", "general", "gpu", "gpu", "edge"};
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    model.nodes[i].pool = text(pools[i]);
    model.nodes[i].zone = text(i % 2 == 0 ? "zone-1" : "zone-2");
  }
  add(model, "worker-a", {{"web", 4}, {"api", 3}, {"db", 1}});
  add(model, "worker-b", {{"web", 3}, {"dash", 2}, {"batch", 1}});
  add(model, "worker-c", {{"api", 2}});
  add(model, "gpu-1", {{"train", 3}, {"batch", 2}});
  add(model, "gpu-2", {{"train", 1}});
  add(model, "edge-1", {{"db", 1}, {"web", 1}});
  StagePod train = pod("train", 0, "", PodPhase::Pending);
  train.key = text("uid-train-0");
  model.pods.push_back(train);
  for (int i = 0; i < 3; ++i) {
    StagePod batch = pod("batch", 900 + i, "", PodPhase::Pending);
    batch.reason = text("Insufficient cpu");
    batch.retry = Fuse{FuseKind::Backoff, {}, 990, 1080};
    model.pods.push_back(batch);
  }
  return model;
}

TheatreState theatreDecision(TheatrePhase phase) {
  TheatreState state;
  state.podKey = text("uid-train-0");
  state.podNamespace = text("lab");
  state.podName = text("train-0");
  state.cycle = 41;
  state.phase = phase;
  state.held = phase != TheatrePhase::Done;
  state.evaluatedNodes = 6;
  state.feasibleNodes = 2;
  state.canGoBack = true;
  state.canGoNext = true;
  state.winner = phase >= TheatrePhase::Score ? text("gpu-2") : QString();
  const auto rejected = [](const char* name, const char* plugin, const char* reason, const char* detail) {
    TheatreNode result;
    result.name = text(name);
    result.plugin = text(plugin);
    result.reasons = QStringList{text(reason)};
    result.detail = text(detail);
    for (const char* passed : {"NodeName", "TaintToleration", "NodeAffinity"}) {
      if (text(passed) == result.plugin || result.plugin == QLatin1String("NodeUnschedulable")) {
        break;
      }
      result.filters.push_back({text(passed), true, {}});
    }
    result.filters.push_back({result.plugin, false, result.reasons});
    return result;
  };
  const auto fits = [](const char* name, double taints, double affinityRaw, double affinity, double balanced, double fit, double image) {
    TheatreNode result;
    result.name = text(name);
    result.feasible = true;
    for (const char* passed : {"NodeName", "TaintToleration", "NodeAffinity", "NodeResourcesFit"}) {
      result.filters.push_back({text(passed), true, {}});
    }
    result.scores = {{text("TaintToleration"), 0, taints, 3, taints * 3},
                     {text("NodeAffinity"), affinityRaw, affinity, 2, affinity * 2},
                     {text("NodeResourcesBalancedAllocation"), balanced, balanced, 1, balanced},
                     {text("NodeResourcesFit"), fit, fit, 1, fit},
                     {text("ImageLocality"), image, image, 1, image}};
    for (const PluginScore& score : result.scores) {
      result.total += score.weighted;
    }
    return result;
  };
  state.nodes = {rejected("worker-a", "NodeResourcesFit", "Insufficient cpu", "500m asked, 120m free"),
                 rejected("worker-b", "NodeResourcesFit", "Insufficient cpu", "500m asked, 310m free"),
                 rejected("worker-c", "NodeUnschedulable", "node(s) were unschedulable", "someone cordoned it"),
                 fits("gpu-1", 100, 10, 50, 88, 42, 11),
                 fits("gpu-2", 100, 20, 100, 91, 71, 25),
                 rejected("edge-1", "NodeAffinity", "node(s) didn't match Pod's node affinity/selector", "disk=hdd, asked: disk in (ssd)")};
  state.best = QStringList{text("gpu-2")};
  return state;
}

StageModel healingCluster() {
  StageModel model;
  model.clusterName = text("course-lab");
  model.components = components("rev 2 317", "idle", "node lifecycle: evicting 2 Pods", ComponentState::Waiting);
  model.nodes = {node("worker-a", 1, 512, 0.38, 0.66, 170, 307), node("worker-b", 1, 512, 0.2, 0.49, 100, 246), node("worker-c", 1, 512, 0.16, 0.4, 90, 194)};
  model.nodes[0].leaseRenewed = 996;
  model.nodes[1].condition = NodeCondition::Unknown;
  model.nodes[1].poweredOff = true;
  model.nodes[1].leaseRenewed = 872;
  model.nodes[1].fuses = {{FuseKind::Eviction, text("eviction of api-0 · tolerationSeconds 300"), 902, 1202},
                          {FuseKind::Eviction, text("eviction of db-0 · tolerationSeconds 300"), 902, 1202}};
  model.nodes[2].leaseRenewed = 992;
  add(model, "worker-a", {{"web", 2}});
  model.pods.push_back(pod("web", 77, "worker-a", PodPhase::Starting));
  add(model, "worker-a", {{"api", 2}, {"db", 1}});
  add(model, "worker-b", {{"web", 2}, {"api", 1}, {"db", 1}}, PodPhase::NotReady);
  add(model, "worker-c", {{"web", 1}, {"batch", 2}, {"db", 1}});
  StageService web;
  web.ns = text("lab");
  web.name = text("web");
  web.clusterIP = text("10.96.0.31");
  web.ports = QStringList{text("80")};
  web.rate = 41;
  web.endpoints = {{text("10.244.1.7"), text("worker-a"), {}, 21, true, false},
                   {text("10.244.3.4"), text("worker-c"), {}, 20, true, false},
                   {text("10.244.2.5"), text("worker-b"), {}, 0, false, true}};
  model.services = {web};
  ReadyChart chart;
  chart.workload = text("web");
  chart.desired = 4;
  chart.points = {{800, 4}, {875, 2}, {945, 3}};
  chart.marks = {{875, text("power off")}};
  model.chart = chart;
  return model;
}

StageModel calmCluster() {
  StageModel model = theatreCluster();
  std::erase_if(model.pods, [](const StagePod& each) { return each.node.isEmpty(); });
  model.components = components("rev 1 204", "idle", "idle");
  return model;
}

StageModel crowdedCluster() {
  StageModel model;
  model.clusterName = text("course-lab");
  model.components = components("rev 48 120", "2 in cycle, 41 waiting", "replicaset: creating 12 Pods of a very long name", ComponentState::Busy);
  model.nodes = {node("control-plane", 2, 4096, 0.9, 1.3, 900, 1800), node("worker-with-a-rather-long-name-1", 4, 8192, 3.2, 3.9, 3000, 7100),
                 node("worker-2", 4, 8192, 1.2, 2.2, 2400, 4100), node("worker-3", 4, 8192, 0.3, 0.6, 300, 800)};
  model.nodes[0].role = text("control plane");
  model.nodes[0].taints = {{text("control-plane"), text("NoSchedule")}};
  model.nodes[1].pressures = QStringList{text("MemoryPressure")};
  model.nodes[1].cpu.limit = 6;
  model.nodes[2].cpu.limit = 3.1;
  model.nodes[3].partitioned = true;
  model.nodes[3].condition = NodeCondition::NotReady;
  model.nodes[3].fuses = {{FuseKind::Lease, text("lease of worker-3 · grace period 50 s"), 960, 1010}};
  add(model, "control-plane", {{"coredns", 2}, {"metrics", 1}});
  add(model, "worker-with-a-rather-long-name-1", {{"web", 12}, {"api", 9}, {"cache", 7}, {"log", 6}, {"zoo", 8}});
  add(model, "worker-2", {{"web", 3}});
  for (const PodPhase phase : {PodPhase::Starting, PodPhase::Running, PodPhase::Ready, PodPhase::NotReady, PodPhase::CrashLoop, PodPhase::Terminating,
                               PodPhase::Failed, PodPhase::Succeeded}) {
    model.pods.push_back(pod("shop", static_cast<int>(model.pods.size()), "worker-2", phase));
    model.pods.back().restarts = phase == PodPhase::CrashLoop ? 7 : phase == PodPhase::Ready ? 1 : 0;
  }
  add(model, "worker-3", {{"web", 2}, {"queue", 2}}, PodPhase::NotReady);
  for (int i = 0; i < 40; ++i) {
    StagePod waiting = pod(i < 25 ? "load" : i < 38 ? "report" : "gpu-job", 500 + i, "", PodPhase::Pending);
    waiting.reason = text(i < 25 ? "Insufficient memory on 3 of 4 Nodes" : i < 38 ? "had untolerated taint" : "no Node has nvidia.com/gpu");
    model.pods.push_back(waiting);
  }
  for (const char* name : {"web", "api", "queue"}) {
    StageService service;
    service.ns = text("shop");
    service.name = text(name);
    service.clusterIP = text("10.96.14.20");
    service.ports = QStringList{text("443/TCP")};
    const int endpoints = text(name) == QLatin1String("web") ? 9 : text(name) == QLatin1String("api") ? 2 : 0;
    for (int i = 0; i < endpoints; ++i) {
      service.endpoints.push_back({QStringLiteral("10.244.1.%1").arg(i + 2), text("worker-2"), {}, -1, i != 1, false});
    }
    model.services.push_back(service);
  }
  return model;
}

StageModel largeCluster(int nodes, int pods) {
  StageModel model;
  model.clusterName = text("large");
  model.components = components("rev 91 204", "idle", "idle");
  model.nodes.reserve(static_cast<std::size_t>(nodes));
  for (int i = 0; i < nodes; ++i) {
    StageNode each = node("", 8, 16384, 1 + (i * 7) % 5, 2 + (i * 13) % 6, 4000 + (i * 37) % 4000, 6000 + (i * 91) % 9000);
    each.name = QStringLiteral("node-%1").arg(i, 4, 10, QLatin1Char('0'));
    each.zone = QStringLiteral("zone-%1").arg(i % 3 + 1);
    each.pool = text(i % 10 == 0 ? "gpu" : "general");
    each.simulated = true;
    if (i % 97 == 41) {
      each.condition = NodeCondition::Unknown;
    }
    each.cordoned = i % 53 == 9;
    each.poweredOff = i % 97 == 41 && i % 2 == 0;
    model.nodes.push_back(each);
  }
  static const char* const owners[] = {"web", "api", "cache", "db", "queue", "train", "log", "batch"};
  model.pods.reserve(static_cast<std::size_t>(pods));
  for (int i = 0; i < pods; ++i) {
    StagePod each = pod(owners[(i * 5 + i / 11) % 8], i, "");
    each.node = model.nodes[static_cast<std::size_t>((static_cast<long>(i) * 7919) % nodes)].name;
    each.phase = i % 61 == 3 ? PodPhase::CrashLoop : i % 43 == 1 ? PodPhase::Starting : PodPhase::Ready;
    model.pods.push_back(std::move(each));
  }
  return model;
}

TheatreState largeDecision(const StageModel& model, TheatrePhase phase) {
  TheatreState state = theatreDecision(phase);
  state.nodes.clear();
  state.evaluatedNodes = static_cast<int>(model.nodes.size());
  state.feasibleNodes = 0;
  int cpu = 0;
  int taint = 0;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    TheatreNode each;
    each.name = model.nodes[i].name;
    each.feasible = i % 5 == 0;
    if (each.feasible) {
      ++state.feasibleNodes;
      each.total = 400 + static_cast<double>((i * 37) % 300);
      each.scores = {{text("NodeResourcesFit"), each.total, each.total, 1, each.total}};
    } else if (i % 10 == 1) {
      ++taint;
      each.plugin = text("TaintToleration");
      each.reasons = QStringList{text("had untolerated taint {pool: gpu}")};
    } else {
      ++cpu;
      each.plugin = text("NodeResourcesFit");
      each.reasons = QStringList{text("Insufficient cpu")};
    }
    state.nodes.push_back(each);
  }
  const TheatreNode* best = nullptr;
  for (const TheatreNode& each : state.nodes) {
    if (each.feasible && (best == nullptr || each.total > best->total)) {
      best = &each;
    }
  }
  state.winner = best == nullptr ? QString() : best->name;
  state.best = QStringList{state.winner};
  state.reasonCounts = {{text("Insufficient cpu"), cpu}, {text("had untolerated taint {pool: gpu}"), taint}};
  return state;
}

}  // namespace kubarium::scene::scenes
