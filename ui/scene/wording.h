// The Stage's sentences and number formats, in one place for painting, tooltips and accessibility. Pure functions of the
// model; translated through the context "Stage".
#pragma once

#include <QCoreApplication>
#include <QString>
#include <QStringList>

#include "ui/scene/stage_model.h"

namespace kubarium::scene {

// Makes lupdate find the strings: Stage::tr(...).
class Stage {
  Q_DECLARE_TR_FUNCTIONS(Stage)
};

QString podsText(int count);                                // 1 Pod, 4 Pods
QString nodesText(int count);                               // 1 Node, 4 Nodes
QString cpuText(double cores);                              // 880m, 2.1, 4
QString cpuOfText(const Resource& cpu);                     // 880m of 1
QString memoryOfText(const Resource& memory);               // 307 of 512Mi
QString secondsText(double seconds);                        // 0.4 s, 12 s, 3 min
QString componentName(ComponentKind kind);
QString conditionWord(const StageNode& node);               // Ready, NotReady, Unknown: the API's words
QString phaseWord(PodPhase phase);
QString podSentence(const StagePod& pod);                   // for tooltips and screen readers
QString nodeSentence(const StageNode& node, int pods);
QString shortPlugin(const QString& plugin);                 // NodeResourcesBalancedAllocation -> Balanced
QString theatrePhaseName(TheatrePhase phase);
QString theatreTitle(const TheatreState& theatre);          // CYCLE 41 · PAUSED AT SCORE
QString pointsText(double points);
QString priceText(const PreemptionCandidate& candidate);    // 2 Pods give way · highest priority 100
// Fewer words, for the last row: "Insufficient cpu" becomes "Too little CPU".
QString plainReason(const TheatreNode& node);
// The values behind a reason, in the language of the window: "500m asked, 120m free". What has no known form stays as it came.
QString detailText(const QString& detail);
// The sentence below plainReason().
QString plainDetail(const TheatreNode& node);
// Why a Node that fits has its points: "emptier, preferred by affinity" for the winner, how full it is for the others.
QString fitSentence(const TheatreState& theatre, const StageNode& node, const TheatreNode& verdict);
// "Only two Nodes can run train-0. gpu-2 wins with 687 points to 541."
struct Headline {
  QString text;
  QString pod;   // parts of the text to be coloured
  QString node;
};
Headline headline(const StageModel& model, const TheatreState* theatre);

}  // namespace kubarium::scene
