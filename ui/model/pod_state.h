// What kubectl's STATUS column says of a Pod, and the phase that the Stage draws. Pure functions of the object.
#pragma once

#include "ui/model/cluster_objects.h"
#include "ui/scene/stage_model.h"

namespace kubarium::model {

// Ok, waiting and broken carry the status colours; they are always shown together with the word.
enum class Tone { Neutral, Ok, Waiting, Broken };

struct PodState {
    scene::PodPhase phase = scene::PodPhase::Pending;
    QString word;       // Pending, Running, CrashLoopBackOff, OOMKilled, Evicted, Terminating ...
    QString container;  // the container that the word is about, if it is about one
    QString message;    // the API's own words
    int restarts = 0;
    bool ready = false;
    Tone tone = Tone::Neutral;
};
PodState podState(const api::Object& pod);

double requestedCores(const api::Object& pod);
double requestedBytes(const api::Object& pod);

// node-monitor-grace-period of Kubernetes 1.34, and what is normal for a lease that is renewed every ten seconds (cluster seconds).
inline constexpr double leaseGraceSeconds = 50;
inline constexpr double leaseLateSeconds = 12;

// "Ready", "NotReady", "Unknown", with SchedulingDisabled apart.
scene::NodeCondition nodeCondition(const api::Object& node);
bool isCordoned(const api::Object& node);

// The first active Fault that concerns a Node (or a Pod by "namespace/name"), or nullptr.
ObjectPtr activeFault(const ClusterObjects& objects, const QString& node, const QString& podKey = {});

// The latest SchedulingDecision of a Pod, or nullptr.
ObjectPtr latestDecision(const ClusterObjects& objects, const api::Object& pod);

}  // namespace kubarium::model
