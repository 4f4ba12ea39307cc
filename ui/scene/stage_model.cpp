#include "ui/scene/stage_model.h"

#include <QSet>

#include "ui/scene/alignment.h"

namespace kubarium::scene {

namespace {

using Kind = Transition::Kind;

template <typename Item, typename Key>
std::vector<int> alignItems(const std::vector<Item>& before, const std::vector<Item>& after, const Key& key) {
  return align(
      before.size(), [&](std::size_t i) -> decltype(auto) { return key(before[i]); }, after.size(),
      [&](std::size_t i) -> decltype(auto) { return key(after[i]); });
}

std::vector<char> matched(std::size_t count, const std::vector<int>& alignment) {
  std::vector<char> result(count, 0);
  for (const int at : alignment) {
    if (at >= 0) {
      result[static_cast<std::size_t>(at)] = 1;
    }
  }
  return result;
}

void diffNodes(const StageModel& before, const StageModel& after, std::vector<Transition>& out) {
  const auto key = [](const StageNode& node) -> const QString& { return node.name; };
  const std::vector<int> old = alignItems(before.nodes, after.nodes, key);
  for (std::size_t i = 0; i < after.nodes.size(); ++i) {
    const StageNode& now = after.nodes[i];
    const int was = old[i];
    const auto add = [&](Kind kind) { out.push_back({kind, {}, now.name, was, static_cast<int>(i)}); };
    if (was < 0) {
      add(Kind::NodeAdded);
      continue;
    }
    const StageNode& then = before.nodes[static_cast<std::size_t>(was)];
    const bool wasReady = then.condition == NodeCondition::Ready;
    const bool isReady = now.condition == NodeCondition::Ready;
    if (wasReady != isReady) {
      add(isReady ? Kind::NodeReady : Kind::NodeNotReady);
    }
    if (then.poweredOff != now.poweredOff) {
      add(now.poweredOff ? Kind::NodePoweredOff : Kind::NodePoweredOn);
    }
    if (now.leaseRenewed && then.leaseRenewed && *now.leaseRenewed > *then.leaseRenewed) {
      add(Kind::LeaseRenewed);
    }
  }
  const std::vector<char> seen = matched(before.nodes.size(), old);
  for (std::size_t i = 0; i < before.nodes.size(); ++i) {
    if (seen[i] == 0) {
      out.push_back({Kind::NodeRemoved, {}, before.nodes[i].name, static_cast<int>(i), -1});
    }
  }
}

bool isBroken(PodPhase phase) { return phase == PodPhase::CrashLoop || phase == PodPhase::Failed; }
bool hasRun(PodPhase phase) {
  return phase == PodPhase::Running || phase == PodPhase::Ready || phase == PodPhase::NotReady;
}

void diffPod(const StagePod& then, const StagePod& now, int was, int is, std::vector<Transition>& out) {
  const auto add = [&](Kind kind) { out.push_back({kind, now.key, now.node, was, is}); };
  if (then.node.isEmpty() && !now.node.isEmpty()) {
    add(Kind::PodPlaced);
  }
  if (now.restarts > then.restarts) {
    add(Kind::PodRestarted);
  }
  if (then.phase == now.phase) {
    return;
  }
  if (now.phase == PodPhase::Ready) {
    add(Kind::PodReady);
  } else if (hasRun(now.phase) && !hasRun(then.phase)) {
    add(Kind::PodStarted);
  } else if (then.phase == PodPhase::Ready && hasRun(now.phase)) {
    add(Kind::PodUnready);
  } else if (now.phase == PodPhase::CrashLoop) {
    add(Kind::PodCrashLooping);
  } else if (now.phase == PodPhase::Terminating || (now.evicted && isBroken(now.phase))) {
    add(now.evicted ? Kind::PodEvicted : Kind::PodTerminating);
  }
}

void diffPods(const StageModel& before, const StageModel& after, std::vector<Transition>& out) {
  const auto key = [](const StagePod& pod) -> const QString& { return pod.key; };
  const std::vector<int> old = alignItems(before.pods, after.pods, key);
  for (std::size_t i = 0; i < after.pods.size(); ++i) {
    const StagePod& now = after.pods[i];
    const int was = old[i];
    if (was < 0) {
      out.push_back({Kind::PodAppeared, now.key, now.node, -1, static_cast<int>(i)});
      continue;
    }
    diffPod(before.pods[static_cast<std::size_t>(was)], now, was, static_cast<int>(i), out);
  }
  const std::vector<char> seen = matched(before.pods.size(), old);
  for (std::size_t i = 0; i < before.pods.size(); ++i) {
    if (seen[i] == 0) {
      out.push_back({Kind::PodGone, before.pods[i].key, before.pods[i].node, static_cast<int>(i), -1});
    }
  }
}

QSet<QString> liveAddresses(const StageService& service) {
  QSet<QString> result;
  for (const StageEndpoint& endpoint : service.endpoints) {
    if (endpoint.ready && !endpoint.removed) {
      result.insert(endpoint.address);
    }
  }
  return result;
}

void diffServices(const StageModel& before, const StageModel& after, std::vector<Transition>& out) {
  const auto key = [](const StageService& service) { return QString(service.ns + QLatin1Char('/') + service.name); };
  const std::vector<int> old = alignItems(before.services, after.services, key);
  for (std::size_t i = 0; i < after.services.size(); ++i) {
    const StageService& now = after.services[i];
    const int was = old[i];
    if (was < 0) {
      continue;
    }
    const QSet<QString> then = liveAddresses(before.services[static_cast<std::size_t>(was)]);
    const QSet<QString> live = liveAddresses(now);
    for (const StageEndpoint& endpoint : now.endpoints) {
      if (live.contains(endpoint.address) && !then.contains(endpoint.address)) {
        out.push_back({Kind::EndpointAdded, key(now), endpoint.node, was, static_cast<int>(i)});
      }
    }
    for (const StageEndpoint& endpoint : before.services[static_cast<std::size_t>(was)].endpoints) {
      if (then.contains(endpoint.address) && !live.contains(endpoint.address)) {
        out.push_back({Kind::EndpointRemoved, key(now), endpoint.node, was, static_cast<int>(i)});
      }
    }
  }
}

}  // namespace

std::vector<Transition> diff(const StageModel& before, const StageModel& after) {
  std::vector<Transition> result;
  diffNodes(before, after, result);
  diffPods(before, after, result);
  diffServices(before, after, result);
  return result;
}

}  // namespace kubarium::scene
