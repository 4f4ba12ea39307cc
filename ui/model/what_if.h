// What-if and A/B: a SchedulingReview (kubarium.dev/v1alpha1) asks the scheduler without changing anything; here the question is put
// together from what the user typed, and the answer becomes pictures of the placements. Pure.
#pragma once

#include "core/base/result.h"
#include "ui/model/cluster_objects.h"
#include "ui/scene/stage_model.h"

#include <boost/json/object.hpp>

namespace kubarium::model {

struct WhatIfQuestion {
    QString manifests;       // YAML of Pods, Deployments ... and Services that do not exist; other kinds in it are left out
    QStringList drainNodes;
    QString configuration;   // YAML of a KubeSchedulerConfiguration; "" for the one in force
    QString compareWith;     // a second one; "" for none
    QStringList withoutZones{};
    int newNodes = 0;  // that many Nodes more, of this size
    double newCores = 4, newGibibytes = 8;
    // Only this is asked: what would have to change for the first Pod of the manifests to go to this Node.
    QString targetNode{};
};
// The SchedulingReview to create. BadRequest, with a sentence, if one of the texts is no YAML or nothing is asked.
Result<boost::json::object> reviewOf(const WhatIfQuestion& question);

struct PlacementSide {
    scene::StageModel picture;
    int placed = 0, unplaced = 0, nodesUsed = 0;
    double cpuMost = -1, cpuDeviation = -1;  // shares of allocatable; below zero: not told
};
struct WhatIfAnswer {
    PlacementSide a;
    std::optional<PlacementSide> b;  // only of a comparison
    QString explanation;
    QStringList differences;  // a line each
    QStringList lost;         // Pods that a drain ends and nobody starts again
    bool isChange = false;    // of targetNode: `differences` holds the smallest changes, the pictures show the cluster as supposed
};
// `now`: the picture of the cluster as it is. In the pictures the reviewed Pods carry their letter, in a colour of their own where A and B differ.
WhatIfAnswer answerOf(const boost::json::object& status, const scene::StageModel& now, const WhatIfQuestion& question, const QString& language);

}  // namespace kubarium::model
