#include "ui/model/cluster_objects.h"

#include "core/api/quantity.h"
#include "core/api/service_traffic.h"

#include <boost/json/array.hpp>

namespace kubarium::model {
namespace {

using boost::json::value;

const value* walk(const value* from, std::initializer_list<std::string_view> path) {
    for (const auto key : path) {
        if (!from || !from->is_object()) return nullptr;
        from = from->get_object().if_contains(key);
    }
    return from;
}

double numberOf(const value* found, double fallback) {
    if (!found) return fallback;
    if (found->is_int64()) return static_cast<double>(found->get_int64());
    if (found->is_uint64()) return static_cast<double>(found->get_uint64());
    return found->is_double() ? found->get_double() : fallback;
}

const boost::json::array& arrayOf(const value* found) {
    static const boost::json::array empty;
    return found && found->is_array() ? found->get_array() : empty;
}

struct KindFacts {
    const api::GroupVersionResource* resource;
    const char* name;
    const char* kubectl;
    bool namespaced;
};

const KindFacts& factsOf(Kind kind) {
    namespace r = api::resources;
    static const std::array<KindFacts, kindCount> facts{{{&r::pods, "Pod", "pod", true},
                                                         {&r::nodes, "Node", "node", false},
                                                         {&r::deployments, "Deployment", "deployment", true},
                                                         {&r::replicaSets, "ReplicaSet", "replicaset", true},
                                                         {&r::services, "Service", "service", true},
                                                         {&r::endpointSlices, "EndpointSlice", "endpointslice", true},
                                                         {&r::events, "Event", "event", true},
                                                         {&r::leases, "Lease", "lease", true},
                                                         {&r::namespaces, "Namespace", "namespace", false},
                                                         {&r::configMaps, "ConfigMap", "configmap", true},
                                                         {&r::schedulingDecisions, "SchedulingDecision", "decision", true},
                                                         {&r::faults, "Fault", "fault", false},
                                                         {&r::clocks, "Clock", "clock", false},
                                                         {&r::serviceTraffics, "ServiceTraffic", "servicetraffic", true}}};
    return facts[static_cast<std::size_t>(kind)];
}

}  // namespace

const api::GroupVersionResource& resourceOf(Kind kind) { return *factsOf(kind).resource; }
QString kindName(Kind kind) { return QString::fromLatin1(factsOf(kind).name); }
QString kubectlName(Kind kind) { return QString::fromLatin1(factsOf(kind).kubectl); }
bool isNamespaced(Kind kind) { return factsOf(kind).namespaced; }
bool isOwnKind(Kind kind) { return kind == Kind::Decision || kind == Kind::Fault || kind == Kind::Clock || kind == Kind::Traffic; }

ObjectPtr ClusterObjects::get(Kind kind, const std::string& key) const {
    const auto& objects = all(kind);
    const auto it = objects.find(key);
    return it == objects.end() ? nullptr : it->second;
}

double ClusterTimes::at(std::string_view time) const {
    const auto parsed = parseTime(time);
    return parsed ? at(*parsed) : now();
}

Reference referenceOf(Kind kind, const api::Object& object) { return {kind, QString::fromStdString(object.key())}; }

QString text(std::string_view utf8) { return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size())); }

QString at(const api::Object& object, std::initializer_list<std::string_view> path) { return text(object.string(path)); }

QString at(const value& from, std::initializer_list<std::string_view> path) {
    const auto* found = walk(&from, path);
    return found && found->is_string() ? text(found->get_string()) : QString();
}

double numberAt(const value& from, std::initializer_list<std::string_view> path, double fallback) { return numberOf(walk(&from, path), fallback); }
double numberAt(const api::Object& object, std::initializer_list<std::string_view> path, double fallback) { return numberOf(object.find(path), fallback); }

bool boolAt(const value& from, std::initializer_list<std::string_view> path) {
    const auto* found = walk(&from, path);
    return found && found->is_bool() && found->get_bool();
}
bool boolAt(const api::Object& object, std::initializer_list<std::string_view> path) {
    const auto* found = object.find(path);
    return found && found->is_bool() && found->get_bool();
}

const boost::json::array& arrayAt(const value& from, std::initializer_list<std::string_view> path) { return arrayOf(walk(&from, path)); }
const boost::json::array& arrayAt(const api::Object& object, std::initializer_list<std::string_view> path) { return arrayOf(object.find(path)); }

double quantity(std::string_view text) {
    if (text.empty()) return 0;
    const auto parsed = api::Quantity::parse(text);
    return parsed ? parsed->toDouble() : 0;
}

const value* condition(const api::Object& object, std::string_view type) {
    for (const auto& entry : arrayAt(object, {"status", "conditions"}))
        if (api::stringAt(entry, {"type"}) == type) return &entry;
    return nullptr;
}

bool conditionIsTrue(const api::Object& object, std::string_view type) {
    const auto* found = condition(object, type);
    return found && api::stringAt(*found, {"status"}) == "True";
}

Owner controllerOf(const api::Object& object) {
    for (const auto& owner : arrayAt(object, {"metadata", "ownerReferences"}))
        if (boolAt(owner, {"controller"})) return {at(owner, {"kind"}), at(owner, {"name"}), std::string(api::stringAt(owner, {"uid"}))};
    return {};
}

Owner workloadOf(const api::Object& pod, const ClusterObjects& objects) {
    auto owner = controllerOf(pod);
    if (owner.kind == QLatin1String("ReplicaSet")) {
        const auto set = objects.get(Kind::ReplicaSet, std::string(pod.nameSpace()) + "/" + owner.name.toStdString());
        if (set)
            if (auto above = controllerOf(*set); !above.name.isEmpty()) return above;
        // The ReplicaSet of a Deployment bears the Deployment's name and a hash; it may be gone before its Pods.
        if (!set && !pod.label("pod-template-hash").empty()) {
            const auto hash = QLatin1Char('-') + text(pod.label("pod-template-hash"));
            if (owner.name.endsWith(hash)) return {QStringLiteral("Deployment"), owner.name.chopped(hash.size()), {}};
        }
    }
    if (owner.name.isEmpty()) return {QStringLiteral("Pod"), text(pod.name()), std::string(pod.uid())};
    return owner;
}

}  // namespace kubarium::model
