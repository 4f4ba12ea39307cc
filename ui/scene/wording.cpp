#include "ui/scene/wording.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace kubarium::scene {

namespace {

QString trimmed(double value, int digits) {
  QString text = QString::number(value, 'f', digits);
  if (digits > 0) {
    while (text.endsWith(QLatin1Char('0'))) {
      text.chop(1);
    }
    if (text.endsWith(QLatin1Char('.'))) {
      text.chop(1);
    }
  }
  return text;
}

// Small numbers read better as words, up to what both languages write out.
QString countWord(int count) {
  switch (count) {
    case 1: return Stage::tr("one");
    case 2: return Stage::tr("two");
    case 3: return Stage::tr("three");
    case 4: return Stage::tr("four");
    case 5: return Stage::tr("five");
    default: return QString::number(count);
  }
}

}  // namespace

QString podsText(int count) { return count == 1 ? Stage::tr("1 Pod") : Stage::tr("%1 Pods").arg(count); }
QString nodesText(int count) { return count == 1 ? Stage::tr("1 Node") : Stage::tr("%1 Nodes").arg(count); }

QString cpuText(double cores) {
  const long milli = std::lround(cores * 1000);  // sums and differences of what was asked for leave crumbs
  if (milli > 0 && milli < 1000) {
    return QString::number(milli) + QLatin1Char('m');
  }
  return trimmed(static_cast<double>(milli) / 1000, cores < 10 ? 1 : 0);
}

QString cpuOfText(const Resource& cpu) {
  return Stage::tr("%1 of %2", "amount requested of capacity").arg(cpuText(cpu.requested), cpuText(cpu.capacity));
}

QString memoryOfText(const Resource& memory) {
  constexpr double mebi = 1024.0 * 1024.0;
  constexpr double gibi = mebi * 1024.0;
  const bool big = memory.capacity >= gibi;
  const bool little = big && memory.requested > 0 && memory.requested < gibi;  // "0 of 8Gi" would hide it
  const QString requested = little ? trimmed(memory.requested / mebi, 0) + QLatin1String("Mi") : trimmed(memory.requested / (big ? gibi : mebi), big ? 1 : 0);
  const QString capacity = big ? trimmed(memory.capacity / gibi, 1) + QLatin1String("Gi") : trimmed(memory.capacity / mebi, 0) + QLatin1String("Mi");
  return Stage::tr("%1 of %2", "amount requested of capacity").arg(requested, capacity);
}

QString secondsText(double seconds) {
  seconds = std::max(0.0, seconds);
  if (seconds < 20) {
    return Stage::tr("%1 s", "seconds").arg(QString::number(seconds, 'f', 1));
  }
  if (seconds < 120) {
    return Stage::tr("%1 s", "seconds").arg(std::lround(seconds));
  }
  if (seconds < 7200) {
    return Stage::tr("%1 min", "minutes").arg(std::lround(seconds / 60));
  }
  return Stage::tr("%1 h", "hours").arg(std::lround(seconds / 3600));
}

QString componentName(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::ApiServer: return Stage::tr("API server");
    case ComponentKind::Scheduler: return Stage::tr("Scheduler");
    case ComponentKind::Controllers: return Stage::tr("Controllers");
    case ComponentKind::Dns: return Stage::tr("DNS");
  }
  return {};
}

QString conditionWord(const StageNode& node) {
  switch (node.condition) {
    case NodeCondition::Ready: return Stage::tr("Ready");
    case NodeCondition::NotReady: return Stage::tr("NotReady");
    case NodeCondition::Unknown: return Stage::tr("NotReady");
  }
  return {};
}

QString phaseWord(PodPhase phase) {
  switch (phase) {
    case PodPhase::Pending: return Stage::tr("waits for a Node");
    case PodPhase::Starting: return Stage::tr("starts its containers");
    case PodPhase::Running: return Stage::tr("runs and is not ready yet");
    case PodPhase::Ready: return Stage::tr("is ready");
    case PodPhase::NotReady: return Stage::tr("is not ready");
    case PodPhase::CrashLoop: return Stage::tr("cannot keep its containers running");
    case PodPhase::Terminating: return Stage::tr("is being stopped");
    case PodPhase::Failed: return Stage::tr("has failed");
    case PodPhase::Succeeded: return Stage::tr("has finished its work");
  }
  return {};
}

QString podSentence(const StagePod& pod) {
  QString text = Stage::tr("Pod %1 %2.").arg(pod.name, phaseWord(pod.phase));
  if (!pod.reason.isEmpty()) {
    text += QLatin1Char(' ') + pod.reason;
  }
  if (pod.restarts > 0) {
    text += QLatin1Char(' ') + (pod.restarts == 1 ? Stage::tr("A container was restarted once.")
                                            : Stage::tr("Its containers were restarted %1 times.").arg(pod.restarts));
  }
  return text;
}

QString nodeSentence(const StageNode& node, int pods) {
  QString text;
  if (node.poweredOff) {
    text = Stage::tr("Node %1 has no power; its last state is shown.").arg(node.name);
  } else if (node.condition == NodeCondition::Ready) {
    text = Stage::tr("Node %1 is ready and runs %2.").arg(node.name, podsText(pods));
  } else {
    text = Stage::tr("Node %1 is not ready; bound to it: %2.").arg(node.name, podsText(pods));
  }
  if (!node.conditionReason.isEmpty()) {
    text += QLatin1Char(' ') + node.conditionReason;
  }
  if (!node.zone.isEmpty()) {
    text += QLatin1Char(' ') + Stage::tr("Its zone is %1.").arg(node.zone);
  }
  if (node.cordoned) {
    text += QLatin1Char(' ') + Stage::tr("It is cordoned and takes no new Pods.");
  }
  return text;
}

QString shortPlugin(const QString& plugin) {
  if (plugin == QLatin1String("NodeResourcesFit")) {
    return Stage::tr("Fit", "short name of the plugin NodeResourcesFit");
  }
  if (plugin == QLatin1String("NodeResourcesBalancedAllocation")) {
    return Stage::tr("Balanced", "short name of the plugin NodeResourcesBalancedAllocation");
  }
  if (plugin == QLatin1String("TaintToleration")) {
    return Stage::tr("Taints", "short name of the plugin TaintToleration");
  }
  if (plugin == QLatin1String("PodTopologySpread")) {
    return Stage::tr("Spread", "short name of the plugin PodTopologySpread");
  }
  if (plugin == QLatin1String("NodeUnschedulable")) {
    return Stage::tr("Cordon", "short name of the plugin NodeUnschedulable");
  }
  return plugin;
}

QString theatrePhaseName(TheatrePhase phase) {
  switch (phase) {
    case TheatrePhase::Queue: return Stage::tr("Queue");
    case TheatrePhase::Filter: return Stage::tr("Filter");
    case TheatrePhase::Score: return Stage::tr("Score");
    case TheatrePhase::Select: return Stage::tr("Select");
    case TheatrePhase::Bind: return Stage::tr("Bind");
    case TheatrePhase::Done: return Stage::tr("Done");
  }
  return {};
}

QString theatreTitle(const TheatreState& theatre) {
  if (theatre.plugin >= 0) {
    return Stage::tr("%1 · %2 of %3", "plugin: its number of all")
        .arg(shortPlugin(theatre.plugins.value(theatre.plugin)))
        .arg(theatre.plugin + 1)
        .arg(theatre.plugins.size())
        .toUpper();
  }
  if (theatre.cycle == 0) {  // of a cluster that keeps no decisions
    return (theatre.phase != TheatrePhase::Done  ? Stage::tr("Worked out now · %1").arg(theatrePhaseName(theatre.phase))
            : theatre.winner.isEmpty() ? Stage::tr("Worked out now · no Node found")
                                       : Stage::tr("Worked out now · decided"))
        .toUpper();
  }
  if (theatre.held) {
    return Stage::tr("Cycle %1 · paused at %2").arg(theatre.cycle).arg(theatrePhaseName(theatre.phase)).toUpper();
  }
  if (theatre.phase == TheatrePhase::Done) {
    return (theatre.winner.isEmpty() ? Stage::tr("Cycle %1 · no Node found") : Stage::tr("Cycle %1 · decided"))
        .arg(theatre.cycle)
        .toUpper();
  }
  return Stage::tr("Cycle %1 · %2").arg(theatre.cycle).arg(theatrePhaseName(theatre.phase)).toUpper();
}

QString priceText(const PreemptionCandidate& candidate) {
  QStringList parts{Stage::tr("%n Pod(s) give way", nullptr, static_cast<int>(candidate.victims.size())),
                    Stage::tr("highest priority %1").arg(QString::number(candidate.highestPriority, 'f', 0))};
  if (candidate.budgetViolations > 0) {
    parts << Stage::tr("%n budget(s) violated", nullptr, candidate.budgetViolations);
  }
  return parts.join(QStringLiteral(" · "));
}

QString detailText(const QString& detail) {
  static const QRegularExpression amounts(QStringLiteral("^(?:([^:]+): )?(\\S+) asked, (\\S+) free$"));
  static const QRegularExpression label(QStringLiteral("^asked: (\\S+), the Node has (no label )?(\\S+)$"));
  static const QRegularExpression taint(QStringLiteral("^taint (.+) is not tolerated$"));
  static const QRegularExpression pods(QStringLiteral("^(\\d+) Pods of (\\d+)$"));
  QStringList parts;
  for (const QString& part : detail.split(QStringLiteral("; "), Qt::SkipEmptyParts)) {
    if (const auto match = amounts.match(part); match.hasMatch()) {
      const QString text = Stage::tr("%1 asked, %2 free", "amounts of a resource").arg(match.captured(2), match.captured(3));
      parts << (match.captured(1).isEmpty() ? text : Stage::tr("%1: %2", "reason: its values").arg(match.captured(1), text));
    } else if (const auto found = label.match(part); found.hasMatch()) {
      parts << (found.captured(2).isEmpty() ? Stage::tr("asked: %1, the Node has %2", "labels") : Stage::tr("asked: %1, the Node has no label %2"))
                   .arg(found.captured(1), found.captured(3));
    } else if (const auto refused = taint.match(part); refused.hasMatch()) {
      parts << Stage::tr("taint %1 is not tolerated").arg(refused.captured(1));
    } else if (const auto full = pods.match(part); full.hasMatch()) {
      parts << Stage::tr("%1 Pods of %2", "running, allowed").arg(full.captured(1), full.captured(2));
    } else {
      parts << part;
    }
  }
  return parts.join(Stage::tr("; ", "between sentences in a list"));
}

QString plainDetail(const TheatreNode& node) {
  if (node.plugin == QLatin1String("NodeUnschedulable")) {
    return Stage::tr("someone cordoned it");
  }
  return node.detail.isEmpty() ? node.reasons.value(0) : detailText(node.detail);
}

QString pointsText(double points) { return trimmed(points, std::abs(points - std::round(points)) < 0.05 ? 0 : 1); }

QString plainReason(const TheatreNode& node) {
  const QString reason = node.reasons.isEmpty() ? QString() : node.reasons.first();
  const auto has = [&](const char* text) { return reason.contains(QLatin1String(text), Qt::CaseInsensitive); };
  if (has("Insufficient cpu")) {
    return Stage::tr("Too little CPU");
  }
  if (has("Insufficient memory")) {
    return Stage::tr("Too little memory");
  }
  if (has("Too many pods")) {
    return Stage::tr("Full: no room for another Pod");
  }
  if (has("Insufficient ")) {
    return Stage::tr("Too little %1").arg(reason.mid(13));
  }
  if (node.plugin == QLatin1String("NodeUnschedulable")) {
    return Stage::tr("Takes no new Pods");
  }
  if (node.plugin == QLatin1String("TaintToleration")) {
    return Stage::tr("Its taint is not tolerated");
  }
  if (node.plugin == QLatin1String("NodeAffinity")) {
    return Stage::tr("Has the wrong labels");
  }
  if (node.plugin == QLatin1String("NodePorts")) {
    return Stage::tr("The port is taken");
  }
  if (node.plugin == QLatin1String("NodeName")) {
    return Stage::tr("Another Node was asked for");
  }
  if (node.plugin == QLatin1String("InterPodAffinity")) {
    return Stage::tr("Wrong neighbours");
  }
  if (node.plugin == QLatin1String("PodTopologySpread")) {
    return Stage::tr("Would be uneven");
  }
  return reason.isEmpty() ? shortPlugin(node.plugin) : reason;
}

namespace {

QString merit(const QString& plugin) {
  if (plugin == QLatin1String("NodeAffinity")) {
    return Stage::tr("preferred by affinity");
  }
  if (plugin == QLatin1String("NodeResourcesFit")) {
    return Stage::tr("emptier");
  }
  if (plugin == QLatin1String("NodeResourcesBalancedAllocation")) {
    return Stage::tr("better balanced");
  }
  if (plugin == QLatin1String("ImageLocality")) {
    return Stage::tr("has more of the image");
  }
  if (plugin == QLatin1String("TaintToleration")) {
    return Stage::tr("fewer taints in the way");
  }
  if (plugin == QLatin1String("PodTopologySpread")) {
    return Stage::tr("spreads the Pods better");
  }
  if (plugin == QLatin1String("InterPodAffinity")) {
    return Stage::tr("has better neighbours");
  }
  return plugin;
}

}  // namespace

QString fitSentence(const TheatreState& theatre, const StageNode& node, const TheatreNode& verdict) {
  if (theatre.phase >= TheatrePhase::Select && theatre.best.size() > 1 && theatre.best.contains(verdict.name)) {
    return Stage::tr("in a tie of %1 Nodes; the draw decides").arg(theatre.best.size());
  }
  const TheatreNode* second = nullptr;
  for (const TheatreNode& other : theatre.nodes) {
    if (other.feasible && other.name != verdict.name && (second == nullptr || other.total > second->total)) {
      second = &other;
    }
  }
  if (theatre.phase >= TheatrePhase::Select && verdict.name == theatre.winner && second != nullptr) {
    std::vector<std::pair<double, QString>> leads;
    for (const PluginScore& score : verdict.scores) {
      for (const PluginScore& other : second->scores) {
        if (other.plugin == score.plugin && score.weighted - other.weighted >= 1) {
          leads.emplace_back(score.weighted - other.weighted, merit(score.plugin));
        }
      }
    }
    std::stable_sort(leads.begin(), leads.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    QStringList words;
    for (std::size_t i = 0; i < std::min<std::size_t>(2, leads.size()); ++i) {
      words << leads[i].second;
    }
    if (!words.isEmpty()) {
      return words.join(Stage::tr(", ", "between names in a list"));
    }
  }
  const double share = node.cpu.capacity > 0 ? node.cpu.requested / node.cpu.capacity : 0;
  return Stage::tr("%1 % of its CPU is taken").arg(std::lround(share * 100));
}

namespace {

Headline decisionHeadline(const TheatreState& theatre) {
  Headline result;
  result.pod = theatre.podName;
  const bool scored = theatre.phase >= TheatrePhase::Score && !theatre.winner.isEmpty();
  QString fit;
  if (theatre.phase <= TheatrePhase::Queue) {
    result.text = Stage::tr("%1 is the next Pod to be placed.").arg(theatre.podName);
    return result;
  }
  if (theatre.feasibleNodes == 0) {
    result.text = Stage::tr("No Node can run %1.").arg(theatre.podName);
    if (!theatre.nominatedNode.isEmpty() && theatre.endedAtFilter()) {
      result.node = theatre.nominatedNode;
      result.text = Stage::tr("%1 %2", "two sentences after each other").arg(result.text, Stage::tr("Preemption makes room on %1.").arg(result.node));
    }
    return result;
  }
  if (theatre.nominatedUsed) {
    fit = Stage::tr("An earlier preemption made room for %1, and it fits there now.").arg(theatre.podName);
  } else if (theatre.feasibleNodes == 1) {
    fit = Stage::tr("Only one Node can run %1.").arg(theatre.podName);
  } else if (theatre.feasibleNodes == theatre.evaluatedNodes) {
    fit = Stage::tr("Every Node can run %1.").arg(theatre.podName);
  } else {
    fit = Stage::tr("Only %1 Nodes can run %2.").arg(countWord(theatre.feasibleNodes), theatre.podName);
  }
  result.text = fit;
  if (!scored) {
    return result;
  }
  result.node = theatre.winner;
  double best = 0;
  double second = -1;
  for (const TheatreNode& node : theatre.nodes) {
    if (node.name == theatre.winner) {
      best = node.total;
    } else if (node.feasible) {
      second = std::max(second, node.total);
    }
  }
  QString end;
  if (theatre.feasibleNodes == 1 || second < 0) {
    end = Stage::tr("It goes to %1.").arg(theatre.winner);
  } else if (theatre.phase == TheatrePhase::Score) {
    end = theatre.best.size() > 1 ? Stage::tr("%1 of them have %2 points each.").arg(theatre.best.size()).arg(pointsText(best))
                                  : Stage::tr("%1 leads with %2 points to %3.").arg(theatre.winner, pointsText(best), pointsText(second));
  } else if (theatre.best.size() > 1) {
    end = Stage::tr("A tie at %1 points: the draw says %2.").arg(pointsText(best), theatre.winner);
  } else {
    end = Stage::tr("%1 wins with %2 points to %3.").arg(theatre.winner, pointsText(best), pointsText(second));
  }
  result.text = Stage::tr("%1 %2", "two sentences after each other").arg(fit, end);
  return result;
}

}  // namespace

Headline headline(const StageModel& model, const TheatreState* theatre) {
  if (theatre != nullptr) {
    return decisionHeadline(*theatre);
  }
  Headline result;
  QStringList dead;
  for (const StageNode& node : model.nodes) {
    if (node.condition != NodeCondition::Ready) {
      dead << node.name;
    }
  }
  if (dead.size() == 1) {
    result.node = dead.first();
    int pods = 0;
    for (const StagePod& pod : model.pods) {
      pods += pod.node == dead.first() ? 1 : 0;
    }
    result.text = Stage::tr("%1 does not answer. It was running %2.").arg(dead.first(), podsText(pods));
    return result;
  }
  if (dead.size() > 1) {
    result.text = Stage::tr("%1 do not answer.", "Nodes").arg(nodesText(static_cast<int>(dead.size())));
    return result;
  }
  int pending = 0;
  int ready = 0;
  int broken = 0;
  for (const StagePod& pod : model.pods) {
    pending += pod.phase == PodPhase::Pending ? 1 : 0;
    ready += pod.phase == PodPhase::Ready ? 1 : 0;
    broken += pod.phase == PodPhase::CrashLoop ? 1 : 0;
  }
  if (broken > 0) {
    result.text = Stage::tr("%1 cannot keep running.", "Pods").arg(podsText(broken));
  } else if (pending > 0) {
    result.text = pending == 1 ? Stage::tr("1 Pod waits for a Node.") : Stage::tr("%1 Pods wait for a Node.").arg(pending);
  } else if (ready == static_cast<int>(model.pods.size()) && ready > 0) {
    result.text = ready == 1 ? Stage::tr("The one Pod is ready.") : Stage::tr("All %1 Pods are ready.").arg(ready);
  } else if (model.pods.empty()) {
    result.text = Stage::tr("The cluster is empty and waits for work.");
  } else {
    result.text = Stage::tr("%1 of %2 are ready.", "number of Pods").arg(ready).arg(podsText(static_cast<int>(model.pods.size())));
  }
  return result;
}

}  // namespace kubarium::scene
