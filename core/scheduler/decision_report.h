// A decision as the SchedulingDecision object of kubarium.dev/v1alpha1, with the values behind each reason and one sentence for
// people. Pure.
#pragma once

#include "core/base/clock.h"
#include "core/scheduler/decision.h"

#include <boost/json/object.hpp>

namespace kubarium::scheduler {

struct DecisionRecord {
    std::uint64_t cycle = 0, revision = 0;
    int attempt = 1;
    PodInfoPtr pod;
    SnapshotPtr snapshot;
    std::shared_ptr<const Configuration> configuration;
    std::string schedulerName;
    std::size_t startIndex = 0;         // where a sampled cycle began to look
    std::size_t preemptionOffset = 0;   // and where its preemption did
    int evaluated = 0, feasible = 0;    // Nodes
    std::string nominatedNode;          // by preemption
    std::string selectedNode;           // what was drawn, so that the story told later is the same
    bool drawn = true;                  // false: nothing is drawn (what-if), of equally good Nodes the first was taken
    std::string phase = "Done";         // or the phase before which the Clock holds it
    bool veiled = false;                // held to be predicted: what the phase and those after it found is not told
    std::string result, message;
    WallTime at{}, enqueuedAt{};
    double waitedSeconds = 0;
    std::string wokenBy;
    std::string uid;
    std::chrono::nanoseconds took{};    // the attempt

    std::string name() const { return pod->name + "." + std::to_string(cycle); }
};

// Above this number of Nodes lists leave out the detail per Node.
inline constexpr std::size_t mostNodesInLists = 100;

// Full is worked out once more from the snapshot, with the time that each extension point took in doing so. So is a Summary, without
// the Nodes of a large cluster; of a large cluster it is what the record holds: lists must not cost a decision for each entry.
enum class Detail { Summary, Full };
json::object reportDecision(const DecisionRecord& record, Detail detail);

// "500m asked, 120m free": the values behind a refusal; "" where the reason says it all.
std::string refusalDetail(const PodInfo& pod, const NodeInfo& node, const Status& status);

}  // namespace kubarium::scheduler
