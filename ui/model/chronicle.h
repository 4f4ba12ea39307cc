// The recorded past: what happened (moments, for the chain "what led to what"), how each Node and workload was (bars of the
// timeline), the figures for the charts, and the pictures of the Stage for scrubbing. Kept in the window only, bounded.
// Times are real seconds (ClusterTimes::realNow), whatever the Clock's rate: the past is what the viewer saw.
// Fed with the changes of each frame; GUI thread.
#pragma once

#include "ui/model/cluster_objects.h"
#include "ui/model/pod_state.h"
#include "ui/scene/stage_model.h"

#include <QHash>
#include <QList>
#include <QSet>

#include <deque>
#include <memory>

namespace kubarium::model {

enum class MomentKind {
    FaultBegan, FaultEnded, NodeReady, NodeUnready, NodeTainted, NodeCordoned, NodeUncordoned, LeaseLate, PodCreated, PodPlaced, PodUnschedulable, PodStarted,
    PodReady, PodUnready, ContainerEnded, PodEvicted, PodDeleted, PodGone, EndpointsChanged, Scaled, TemplateChanged
};

struct Moment {
    MomentKind kind;
    double at = 0;
    WallTime wall{};
    QString name;         // of the object
    QString node, workload, detail;
    std::string podUid;
    Tone tone = Tone::Neutral;
};
// The moment's words, translated now.
QString momentTitle(const Moment& moment);
QString momentDetail(const Moment& moment);

struct Bar {
    double from = 0, to = -1;  // to below zero: still so
    Tone tone = Tone::Neutral;
    QString word;
};
struct Lane {
    QString title;      // "worker-b", "web"
    Reference reference;
    std::deque<Bar> bars;
};

struct Sample {
    double at = 0;
    QHash<QString, NodeUse> use;
    int pending = 0, running = 0, failed = 0, succeeded = 0;
    QHash<QString, int> ready;  // by "namespace/Deployment"
};
struct Latency {
    double at = 0, seconds = 0;  // from creation to the binding
};

class Chronicle {
public:
    Chronicle(const ClusterObjects& objects, const ClusterTimes& times) : objects_(objects), times_(times), began_(times.realNow()) {}

    void apply(const Changes& changes);
    // Once a second or so.
    void sample(const QHash<QString, NodeUse>& use);
    void keepPicture(std::shared_ptr<const scene::StageModel> model);
    // Of the recorded past, the picture at that time; nullptr before the first one.
    std::shared_ptr<const scene::StageModel> pictureAt(double at) const;

    double began() const { return began_; }
    const std::deque<Moment>& moments() const { return moments_; }
    // Nodes first, then workloads, each by name.
    std::vector<const Lane*> lanes() const;
    const std::deque<Sample>& samples() const { return samples_; }
    const std::deque<Latency>& latencies() const { return latencies_; }
    // For the small chart beside the Services: the workload whose ready count changed last.
    // Its times are the Stage's cluster seconds; `rate`: the Clock's.
    std::optional<scene::ReadyChart> readyChart(const QString& preferred, double rate) const;

    // What led to what, for the object: the latest disturbance that concerns it and everything that followed from it.
    QList<Moment> chainOf(const Reference& reference) const;

private:
    void applyNode(const Change& change);
    void applyPod(const Change& change);
    void applyContainers(const Change& change, const QString& workload);
    void applyDeployment(const Change& change);
    void applyFault(const Change& change);
    void applyEndpoints(const Change& change);
    void noteLateLeases();
    void thinPictures();
    void note(MomentKind kind, const QString& name, Tone tone, const QString& detail = {}, const QString& node = {}, const QString& workload = {}, std::string podUid = {});
    void setBar(const Reference& reference, const QString& title, Tone tone, const QString& word);

    const ClusterObjects& objects_;
    const ClusterTimes& times_;
    double began_;
    bool first_ = true;
    std::deque<Moment> moments_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::deque<Sample> samples_;
    std::deque<Latency> latencies_;
    struct Ready {
        int desired = 0;
        std::deque<scene::ReadyPoint> points;
    };
    QHash<QString, Ready> ready_;
    QString lastChanged_;
    struct Picture {
        double at;
        std::shared_ptr<const scene::StageModel> model;
    };
    std::deque<Picture> pictures_;
    std::size_t pictureBytes_ = 0;
    QSet<QString> lateLeases_;
};

}  // namespace kubarium::model
