// One plain sentence for every state that a learner can meet, with the values that caused it, and what would change it.
// Pure functions of the objects; the words are translated.
#pragma once

#include "ui/model/cluster_objects.h"
#include "ui/model/pod_state.h"

#include <QCoreApplication>
#include <QList>
#include <QPair>

namespace kubarium::model {

class Explain {
    Q_DECLARE_TR_FUNCTIONS(Explain)

public:
    // "0/3 nodes are available: 3 Insufficient cpu. preemption: ..." becomes "3 Insufficient cpu".
    static QString shortReason(const QString& message);
    static QString seconds(double seconds);   // 0.4 s, 12 s, 3 min
    static QString age(double seconds);       // "12 s ago"
    static QString cores(double cores);       // 500m, 2
    static QString bytes(double bytes);       // 64Mi, 1.5Gi
};

struct Fact {
    QString name, value;
    bool mono = false;
};

struct Explanation {
    QString title;     // the object's name
    QString word;      // its state in the API's word
    Tone tone = Tone::Neutral;
    QString subtitle;  // what it is: "Pod in default · owner Deployment/web · 50m CPU, 16Mi"
    QString sentence;  // what is going on, with its values
    QStringList remedies;  // what would change it
    QList<Fact> facts;
};

// Of any object that the window shows. An empty title when it does not exist.
Explanation explain(const Reference& reference, const ClusterObjects& objects, const ClusterTimes& times);

Explanation explainPod(const api::Object& pod, const ClusterObjects& objects, const ClusterTimes& times);
Explanation explainNode(const api::Object& node, const ClusterObjects& objects, const ClusterTimes& times);
Explanation explainWorkload(Kind kind, const api::Object& workload, const ClusterObjects& objects, const ClusterTimes& times);
Explanation explainService(const api::Object& service, const ClusterObjects& objects);

}  // namespace kubarium::model
