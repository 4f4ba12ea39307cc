// What the models and pages read: the cluster's objects as the informers cached them, and what changed since the last frame.
// Free of HTTP and of windows, so that everything that is shown can be tested on a handful of invented objects.
// GUI thread only; the objects themselves are immutable.
#pragma once

#include "core/api/object.h"
#include "core/api/resource.h"
#include "core/base/clock.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <array>
#include <map>
#include <string>

namespace kubarium::model {

using api::ObjectPtr;

enum class Kind : std::uint8_t {
    Pod, Node, Deployment, ReplicaSet, Service, EndpointSlice, Event, Lease, Namespace, ConfigMap, Decision, Fault, Clock, Traffic
};
inline constexpr std::size_t kindCount = 14;
inline constexpr std::array<Kind, kindCount> allKinds{Kind::Pod,   Kind::Node,      Kind::Deployment, Kind::ReplicaSet, Kind::Service,
                                                      Kind::EndpointSlice, Kind::Event, Kind::Lease,  Kind::Namespace,  Kind::ConfigMap,
                                                      Kind::Decision, Kind::Fault, Kind::Clock, Kind::Traffic};

const api::GroupVersionResource& resourceOf(Kind kind);
// "Pod", "Deployment": the API's name of the kind.
QString kindName(Kind kind);
// What kubectl calls it: "pod", "deployment".
QString kubectlName(Kind kind);
bool isNamespaced(Kind kind);
// Served by Kubarium only; a real cluster lacks them.
bool isOwnKind(Kind kind);

// By key ("namespace/name" or "name").
using Objects = std::map<std::string, ObjectPtr>;

class ClusterObjects {
public:
    virtual ~ClusterObjects() = default;
    virtual const Objects& all(Kind kind) const = 0;
    // Whether the cluster serves this kind.
    virtual bool offers(Kind kind) const = 0;
    // nullptr if absent.
    ObjectPtr get(Kind kind, const std::string& key) const;
    ObjectPtr get(Kind kind, const QString& key) const { return get(kind, key.toStdString()); }
};

// One object that appeared (before is null), changed, or went (after is null). At most one per object and frame.
struct Change {
    Kind kind;
    ObjectPtr before, after;
    const ObjectPtr& any() const { return after ? after : before; }
};
using Changes = QList<Change>;

// Cluster time in seconds (it runs at the Clock's rate and stands still while paused), with an origin of its own.
class ClusterTimes {
public:
    virtual ~ClusterTimes() = default;
    virtual double now() const = 0;
    virtual double at(WallTime wall) const = 0;
    virtual WallTime wallNow() const = 0;
    // False while the cluster does not answer: nobody knows then whether its timers run.
    virtual bool answers() const { return true; }
    // Real time in seconds, of the same origin as wallNow(): what happens before the viewer's eyes, whatever the Clock's rate.
    double realNow() const { return std::chrono::duration<double>(wallNow().time_since_epoch()).count(); }
    // Of an RFC 3339 time; now() if it is none.
    double at(std::string_view time) const;
};

// An object on the screen is named by kind and key, so that a selection survives changes of the object.
struct Reference {
    Kind kind = Kind::Pod;
    QString key;
    bool isEmpty() const { return key.isEmpty(); }
    QString name() const { return key.section(QLatin1Char('/'), -1); }
    QString nameSpace() const { return key.contains(QLatin1Char('/')) ? key.section(QLatin1Char('/'), 0, 0) : QString(); }
    friend bool operator==(const Reference&, const Reference&) = default;
};
Reference referenceOf(Kind kind, const api::Object& object);

// What a Node uses at present, as its kubelet measured it.
struct NodeUse {
    double cores = -1;  // below zero: not measured
    double bytes = -1;
};

// Text and fields of objects as Qt wants them.
QString text(std::string_view utf8);
QString at(const api::Object& object, std::initializer_list<std::string_view> path);
QString at(const boost::json::value& value, std::initializer_list<std::string_view> path);
// The number at a path, or the fallback.
double numberAt(const boost::json::value& value, std::initializer_list<std::string_view> path, double fallback = 0);
double numberAt(const api::Object& object, std::initializer_list<std::string_view> path, double fallback = 0);
bool boolAt(const boost::json::value& value, std::initializer_list<std::string_view> path);
bool boolAt(const api::Object& object, std::initializer_list<std::string_view> path);
// The array at a path, or an empty one.
const boost::json::array& arrayAt(const boost::json::value& value, std::initializer_list<std::string_view> path);
const boost::json::array& arrayAt(const api::Object& object, std::initializer_list<std::string_view> path);
// A quantity ("100m", "1Gi") in cores or bytes; 0 if it is none.
double quantity(std::string_view text);
// status.conditions[type] of an object, or nullptr.
const boost::json::value* condition(const api::Object& object, std::string_view type);
bool conditionIsTrue(const api::Object& object, std::string_view type);

// The owner with controller: true.
struct Owner {
    QString kind, name;
    std::string uid;
};
Owner controllerOf(const api::Object& object);
// The workload at the top of the chain of owners: of a Deployment's Pod the Deployment. Its own name for a bare Pod.
Owner workloadOf(const api::Object& pod, const ClusterObjects& objects);

}  // namespace kubarium::model
