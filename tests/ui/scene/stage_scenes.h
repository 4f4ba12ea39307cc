// Invented clusters for looking at the Stage: the scenes of the design, and large ones for measuring.
#pragma once

#include "ui/scene/stage_model.h"

namespace kubarium::scene::scenes {

StageModel theatreCluster();
TheatreState theatreDecision(TheatrePhase phase);
StageModel healingCluster();
StageModel calmCluster();
StageModel crowdedCluster();  // long names, many Pods, every state
StageModel largeCluster(int nodes, int pods);
TheatreState largeDecision(const StageModel& model, TheatrePhase phase);

}  // namespace kubarium::scene::scenes
