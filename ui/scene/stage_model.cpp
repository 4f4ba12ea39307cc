#include "ui/scene/stage_model.h"

#include <QHash>
#include <QSet>

namespace kubarium::scene {

namespace {

using Kind = Transition::Kind;

// Models share most of their strings with the model before: the same address is the same text.
bool same(const QString& a, const QString& b) { return (a.constData() == b.constData() && a.size() == b.size()) || a == b; }

// Finds the index of an item by key: most items keep their place between two models, so the same index is tried first
// and the hash is only built when that fails.
template <typename Item, typename Key>
class Finder {
 public:
  Finder(const std::vector<Item>& items, Key key) : items_(items), key_(key) {}

  int find(const QString& key, std::size_t hint) {
    if (hint < items_.size() && same(key_(items_[hint]), key)) {
      return static_cast<int>(hint);
    }
    if (index_.isEmpty() && !items_.empty()) {
      index_.reserve(static_cast<qsizetype>(items_.size()));
      for (std::size_t i = 0; i < items_.size(); ++i) {
        index_.insert(key_(items_[i]), static_cast<int>(i));
      }
    }
    return index_.value(key, -1);
  }

 private:
  const std::vector<Item>& items_;
  Key key_;
  QHash<QString, int> index_;
};

void diffNodes(const StageModel& before, const StageModel& after, std::vector<Transition>& out) {
  const auto key = [](const StageNode& node) -> const QString& { return node.name; };
  Finder old(before.nodes, key);
  Finder current(after.nodes, key);
  for (std::size_t i = 0; i < after.nodes.size(); ++i) {
    const StageNode& now = after.nodes[i];
    const int was = old.find(now.name, i);
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
  for (std::size_t i = 0; i < before.nodes.size(); ++i) {
    if (current.find(before.nodes[i].name, i) < 0) {
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
  Finder old(before.pods, key);
  std::vector<char> seen(before.pods.size(), 0);
  for (std::size_t i = 0; i < after.pods.size(); ++i) {
    const StagePod& now = after.pods[i];
    const int was = old.find(now.key, i);
    if (was < 0) {
      out.push_back({Kind::PodAppeared, now.key, now.node, -1, static_cast<int>(i)});
      continue;
    }
    seen[static_cast<std::size_t>(was)] = 1;
    diffPod(before.pods[static_cast<std::size_t>(was)], now, was, static_cast<int>(i), out);
  }
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
  Finder old(before.services, key);
  for (std::size_t i = 0; i < after.services.size(); ++i) {
    const StageService& now = after.services[i];
    const int was = old.find(key(now), i);
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
