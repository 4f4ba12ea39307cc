// What preemption weighed, for status.preemption of a SchedulingDecision: every candidate Node with its victims and its price, the
// rule by which it lost, and in words why the Pod may not preempt or why that would not help. Pure.
#pragma once

#include "core/scheduler/explanation/edit.h"

#include <boost/json/object.hpp>

namespace kubarium::scheduler {

// What choosing a Node would cost, in the order in which kube-scheduler compares (pickOneNodeForPreemption): the lower the better,
// but for the start, where the latest wins.
struct PreemptionPrice {
    int pdbViolations = 0;
    std::int32_t highestPriority = 0;
    std::int64_t sumOfPriorities = 0;  // as it is compared: each raised by 2^31, so that negative ones count too
    std::size_t victims = 0;
    std::string earliestStart;         // of the most important victims; "" is not started yet
};
PreemptionPrice priceOf(const Candidate& candidate);

// The first rule by which `loser` costs more than `winner`; empty if none does (then the name, or chance, decided).
Sentence lostBy(const PreemptionPrice& loser, const PreemptionPrice& winner);

json::object reportPreemption(const Cycle& cycle, const Decision& decision);

}  // namespace kubarium::scheduler
