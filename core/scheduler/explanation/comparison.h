// A/B: two outcomes for the same Pods on the same cluster, side by side: how many fit, how they are spread, how full the Nodes are,
// which Pods land elsewhere and why. Pure.
#pragma once

#include "core/scheduler/explanation/what_if.h"

namespace kubarium::scheduler {

// {a: figures, b: figures, differences: [{pod, a, b, explanation}], explanation}; figures: {placed, unplaced, nodesUsed, victims,
// nodes: {name: Pods}, zones: {zone: Pods}, utilization: {cpu: {mean, most, deviation}, memory: {...}}} (shares of allocatable).
json::object compareOutcomes(const Outcome& a, const Outcome& b);

}  // namespace kubarium::scheduler
