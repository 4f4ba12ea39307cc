#include "core/scheduler/queue/queueing_hints.h"

#include "core/scheduler/plugins/in_tree_volumes.h"
#include "core/scheduler/plugins/plugins.h"

#include <algorithm>
#include <array>

namespace kubarium::scheduler {
namespace {

using Resource = EventResource;
using Action = EventAction;

struct Question {
    const ClusterEvent& event;
    const PodInfo& pod;
    const Profile& profile;
    const ClusterObjects& objects;

    bool is(Resource resource, std::initializer_list<Action> actions) const {
        return event.resource == resource && std::ranges::find(actions, event.action) != actions.end();
    }
    // Add or any kind of update.
    bool isChange(Resource resource) const { return event.resource == resource && event.action != Action::Delete; }
    bool isPod(std::initializer_list<Action> actions) const { return is(Resource::AssignedPod, actions) || is(Resource::UnscheduledPod, actions); }
    bool ofItself() const { return event.podAfter && event.podAfter->uid == pod.uid; }
};

bool nodeUnschedulable(const Question& q) {
    if (q.is(Resource::Node, {Action::Add, Action::UpdateNodeTaint}))
        return !q.event.nodeAfter->unschedulable && (!q.event.nodeBefore || q.event.nodeBefore->unschedulable);
    return q.isPod({Action::UpdatePodToleration}) && q.ofItself() && tolerates(q.event.podAfter->tolerations, {"node.kubernetes.io/unschedulable", "", "NoSchedule"});
}

bool taintToleration(const Question& q) {
    if (q.is(Resource::Node, {Action::Add, Action::UpdateNodeTaint}))
        return (!q.event.nodeBefore || untoleratedTaint(*q.event.nodeBefore, q.pod.tolerations)) && !untoleratedTaint(*q.event.nodeAfter, q.pod.tolerations);
    return q.isPod({Action::UpdatePodToleration}) && q.ofItself();
}

bool nodeAffinity(const Question& q) {
    if (!q.is(Resource::Node, {Action::Add, Action::UpdateNodeLabel})) return false;
    const auto& added = q.profile.addedAffinity;
    const auto matches = [&](const NodeTerm& term) { return term.matches(q.event.nodeAfter->labels, q.event.nodeAfter->name); };
    if (q.profile.hasAddedAffinity && added.hasRequired && std::ranges::none_of(added.required, matches)) return false;
    if (!matchesNodeSelectorAndAffinity(q.pod, *q.event.nodeAfter)) return false;
    return !q.event.nodeBefore || !matchesNodeSelectorAndAffinity(q.pod, *q.event.nodeBefore);
}

// The Pod that is gone stood somewhere, or was about to.
bool hadPlace(const PodInfo& gone) { return !gone.nodeName.empty() || !gone.nominatedNode.empty(); }

bool nodePorts(const Question& q) {
    if (q.is(Resource::Node, {Action::Add})) return true;
    if (!q.isPod({Action::Delete}) || !hadPlace(*q.event.podBefore)) return false;
    constexpr std::string_view any = "0.0.0.0";
    return std::ranges::any_of(q.pod.hostPorts, [&](const HostPort& wanted) {
        return std::ranges::any_of(q.event.podBefore->hostPorts, [&](const HostPort& freed) {
            return wanted.port == freed.port && wanted.protocol == freed.protocol && (wanted.ip == freed.ip || wanted.ip == any || freed.ip == any);
        });
    });
}

bool fitsAlone(const Question& q, const NodeInfo& node) {
    static const Snapshot nothing;
    const auto plugin = makePlugin("NodeResourcesFit", q.profile);
    const Cycle cycle{nothing, q.pod, q.profile};
    plugin->preFilter(cycle);
    return plugin->filter(cycle, node).success();
}

// Whether something that is asked for grew from `before` to `after`.
bool grew(const Resources& asked, const Resources& before, const Resources& after) {
    if ((asked.milliCpu > 0 && after.milliCpu > before.milliCpu) || (asked.memory > 0 && after.memory > before.memory) ||
        (asked.ephemeralStorage > 0 && after.ephemeralStorage > before.ephemeralStorage))
        return true;
    return std::ranges::any_of(asked.scalar, [&](const auto& entry) { return entry.second != 0 && after.get(entry.first) > before.get(entry.first); });
}

bool nodeResourcesFit(const Question& q) {
    if (q.isPod({Action::Delete})) return hadPlace(*q.event.podBefore);
    if (q.isPod({Action::UpdatePodScaleDown})) return q.ofItself() || (!q.event.podAfter->nodeName.empty() && grew(q.pod.requests, q.event.podAfter->requests, q.event.podBefore->requests));
    if (!q.is(Resource::Node, {Action::Add, Action::UpdateNodeAllocatable}) || !fitsAlone(q, *q.event.nodeAfter)) return false;
    if (!q.event.nodeBefore) return true;
    const auto &before = q.event.nodeBefore->allocatable, &after = q.event.nodeAfter->allocatable;
    return after.allowedPods > before.allowedPods || grew(q.pod.filterRequests, before, after);
}

bool podTopologySpread(const Question& q) {
    static const Snapshot nothing;
    Snapshot snapshot;
    snapshot.objects = std::shared_ptr<const ClusterObjects>(&q.objects, [](const ClusterObjects*) {});
    const auto constraints = spreadConstraints({snapshot, q.pod, q.profile}, true);
    if (q.is(Resource::Node, {Action::Add, Action::Delete, Action::UpdateNodeLabel, Action::UpdateNodeTaint})) {
        const auto *before = q.event.nodeBefore.get(), *after = q.event.nodeAfter.get();
        const bool was = before && hasAllTopologyKeys(before->labels, constraints), is = after && hasAllTopologyKeys(after->labels, constraints);
        if (!before || !after) return was || is;
        if (was != is) return true;
        const auto sameTaint = [](const Taint& a, const Taint& b) { return a.key == b.key && a.value == b.value && a.effect == b.effect; };
        const auto valueOf = [](const NodeInfo& node, const std::string& key) { const auto it = node.labels.find(key); return it == node.labels.end() ? std::string() : it->second; };
        return is && (std::ranges::any_of(constraints, [&](const auto& constraint) { return valueOf(*before, constraint.topologyKey) != valueOf(*after, constraint.topologyKey); }) ||
                      !std::ranges::equal(before->taints, after->taints, sameTaint));
    }
    if (!q.isPod({Action::Add, Action::Delete, Action::UpdatePodLabel, Action::UpdatePodToleration})) return false;
    const auto involved = [&](const PodInfo* other) { return !other || other->uid == q.pod.uid || (!other->nodeName.empty() && other->nameSpace == q.pod.nameSpace); };
    const auto *before = q.event.podBefore.get(), *after = q.event.podAfter.get();
    if (!involved(before) || !involved(after)) return false;
    if (!before || !after) {
        const auto& labels = (before ? before : after)->labels;
        return std::ranges::any_of(constraints, [&](const auto& constraint) { return constraint.selector.matches(labels); });
    }
    if (q.ofItself() && q.event.action == Action::UpdatePodToleration) return std::ranges::any_of(constraints, &SpreadConstraint::honorTaints);
    return std::ranges::any_of(constraints, [&](const auto& constraint) { return constraint.selector.matches(before->labels) != constraint.selector.matches(after->labels); });
}

bool matchesAllTerms(const std::vector<AffinityTerm>& terms, const PodInfo& pod) {
    static const Labels noLabels;
    return !terms.empty() && std::ranges::all_of(terms, [&](const AffinityTerm& term) { return term.matches(pod.nameSpace, pod.labels, noLabels); });
}

bool affinityAfterNode(const Question& q) {
    const auto *before = q.event.nodeBefore.get(), *after = q.event.nodeAfter.get();
    const auto labelOf = [](const NodeInfo* node, const std::string& key) -> const std::string* {
        const auto it = node->labels.find(key);
        return it == node->labels.end() ? nullptr : &it->second;
    };
    if (!before) {
        if (!q.pod.requiredAntiAffinity.empty()) return true;
        return std::ranges::any_of(q.pod.requiredAffinity, [&](const AffinityTerm& term) { return labelOf(after, term.topologyKey) != nullptr; });
    }
    const auto moved = [&](const AffinityTerm& term) {
        const auto *was = labelOf(before, term.topologyKey), *is = labelOf(after, term.topologyKey);
        return was && is && *was != *is;
    };
    return std::ranges::any_of(q.pod.requiredAffinity, [&](const AffinityTerm& term) { return moved(term) || (!labelOf(before, term.topologyKey) && labelOf(after, term.topologyKey)); }) ||
           std::ranges::any_of(q.pod.requiredAntiAffinity, [&](const AffinityTerm& term) { return moved(term) || (labelOf(before, term.topologyKey) && !labelOf(after, term.topologyKey)); });
}

bool interPodAffinity(const Question& q) {
    if (q.is(Resource::Node, {Action::Add, Action::UpdateNodeLabel})) return affinityAfterNode(q);
    if (!q.isPod({Action::Add, Action::Delete, Action::UpdatePodLabel})) return false;
    const auto *before = q.event.podBefore.get(), *after = q.event.podAfter.get();
    if ((after && after->nodeName.empty()) || (before && before->nodeName.empty())) return false;
    const auto terms = withSelectedNamespaces(q.pod.requiredAffinity, q.objects), anti = withSelectedNamespaces(q.pod.requiredAntiAffinity, q.objects);
    if (before && after)
        return (!matchesAllTerms(terms, *before) && matchesAllTerms(terms, *after)) || (matchesAllTerms(anti, *before) && !matchesAllTerms(anti, *after));
    // A Pod that is there may be the one to be near to; one that is gone may be the one to stay away from.
    return after ? matchesAllTerms(terms, *after) : matchesAllTerms(anti, *before);
}

bool usesClaim(const PodInfo& pod, const api::Object& claim) {
    return claim.nameSpace() == pod.nameSpace && std::ranges::find(pod.claims, std::string(claim.name())) != pod.claims.end();
}

bool volumeRestrictions(const Question& q) {
    if (q.is(Resource::Node, {Action::Add})) return true;
    if (q.is(Resource::PersistentVolumeClaim, {Action::Add})) return usesClaim(q.pod, *q.event.after);
    if (!q.isPod({Action::Delete}) || q.event.podBefore->nameSpace != q.pod.nameSpace) return false;
    return volumesConflict(q.pod, *q.event.podBefore) ||
           std::ranges::any_of(q.pod.claims, [&](const std::string& claim) { return std::ranges::find(q.event.podBefore->claims, claim) != q.event.podBefore->claims.end(); });
}

std::map<std::string, std::int64_t> limitsOf(const api::Object& csiNode) {
    std::map<std::string, std::int64_t> limits;
    if (const auto* drivers = csiNode.find({"spec", "drivers"}); drivers && drivers->is_array())
        for (const auto& driver : drivers->get_array()) {
            const auto* count = api::findPath(driver, {"allocatable", "count"});
            limits[std::string(api::stringAt(driver, {"name"}))] = count && count->is_int64() ? count->get_int64() : 0;
        }
    return limits;
}

bool nodeVolumeLimits(const Question& q) {
    if (q.is(Resource::CSINode, {Action::Add})) return true;
    if (q.is(Resource::CSINode, {Action::Update})) {
        const auto before = limitsOf(*q.event.before);
        return std::ranges::any_of(limitsOf(*q.event.after), [&](const auto& limit) { const auto was = before.find(limit.first); return limit.second > (was == before.end() ? 0 : was->second); });
    }
    if (q.isPod({Action::Delete}))
        return hadPlace(*q.event.podBefore) && std::ranges::any_of(volumesOf(*q.event.podBefore), [&](const json::value& volume) { return claimOf(*q.event.podBefore, volume) || inTreePluginOf(volume); });
    if (q.is(Resource::PersistentVolumeClaim, {Action::Add})) return usesClaim(q.pod, *q.event.after);
    if (!q.is(Resource::VolumeAttachment, {Action::Delete})) return false;
    return std::ranges::any_of(volumesOf(q.pod), [&](const json::value& volume) {
        if (volumeSource(volume, "persistentVolumeClaim")) return true;
        const auto* plugin = inTreePluginOf(volume);
        return plugin && q.event.before->string({"spec", "attacher"}) == plugin->driver;
    });
}

bool volumeBindingAfterCapacity(const Question& q) {
    if (q.event.action == Action::Add) return true;
    const auto limit = [](const api::Object& capacity) -> std::optional<std::int64_t> {
        const auto* value = capacity.find({"maximumVolumeSize"});
        if (!value) value = capacity.find({"capacity"});
        return value ? std::optional(amountOf(value).value()) : std::nullopt;
    };
    const auto before = limit(*q.event.before), after = limit(*q.event.after);
    return after && (!before || *after > *before);
}

bool volumeBinding(const Question& q) {
    const auto changed = [&](std::initializer_list<std::string_view> path) {
        const auto *before = q.event.before->find(path), *after = q.event.after->find(path);
        return (before == nullptr) != (after == nullptr) || (before && *before != *after);
    };
    if (q.is(Resource::Node, {Action::Add, Action::UpdateNodeLabel}) || q.isChange(Resource::PersistentVolume)) return true;
    if (q.isChange(Resource::StorageClass)) return !q.event.before || changed({"allowedTopologies"});
    if (q.isChange(Resource::PersistentVolumeClaim)) return usesClaim(q.pod, *q.event.after);
    if (q.isChange(Resource::CSINode)) return !q.event.before || changed({"metadata", "annotations", "storage.alpha.kubernetes.io/migrated-plugins"});
    if (q.isChange(Resource::CSIStorageCapacity)) return volumeBindingAfterCapacity(q);
    if (!q.is(Resource::CSIDriver, {Action::Update})) return false;
    const auto tracked = [](const api::Object& driver) { const auto* value = driver.find({"spec", "storageCapacity"}); return value && value->is_bool() && value->get_bool(); };
    return tracked(*q.event.before) && !tracked(*q.event.after) && std::ranges::any_of(volumesOf(q.pod), [&](const json::value& volume) {
               const auto* csi = volumeSource(volume, "csi");
               return csi && textOf(*csi, "driver") == q.event.after->name();
           });
}

bool volumeZone(const Question& q) {
    if (q.is(Resource::Node, {Action::Add, Action::UpdateNodeLabel})) return true;
    if (q.is(Resource::StorageClass, {Action::Add})) return q.event.after->string({"volumeBindingMode"}) == "WaitForFirstConsumer";
    if (q.isChange(Resource::PersistentVolumeClaim)) return usesClaim(q.pod, *q.event.after);
    if (!q.isChange(Resource::PersistentVolume)) return false;
    constexpr std::array labels{"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.kubernetes.io/region"};
    return !q.event.before || std::ranges::any_of(labels, [&](const char* label) { return q.event.before->label(label) != q.event.after->label(label); });
}

}  // namespace

bool mayHelp(std::string_view plugin, const ClusterEvent& event, const PodInfo& pod, const Profile& profile, const ClusterObjects& objects) {
    using Hint = bool (*)(const Question&);
    static constexpr std::array<std::pair<std::string_view, Hint>, 15> hints{{
        {"NodeUnschedulable", nodeUnschedulable},
        {"NodeName", [](const Question& q) { return q.is(Resource::Node, {Action::Add}); }},
        {"TaintToleration", taintToleration},
        {"NodeAffinity", nodeAffinity},
        {"NodePorts", nodePorts},
        {"NodeResourcesFit", nodeResourcesFit},
        {"VolumeRestrictions", volumeRestrictions},
        {"NodeVolumeLimits", nodeVolumeLimits},
        {"VolumeBinding", volumeBinding},
        {"VolumeZone", volumeZone},
        {"PodTopologySpread", podTopologySpread},
        {"InterPodAffinity", interPodAffinity},
        {"SchedulingGates", [](const Question& q) { return q.isPod({Action::UpdatePodSchedulingGatesEliminated}) && q.ofItself(); }},
        // Whoever refused the Pod knows better when it may be tried again.
        {"DefaultPreemption", [](const Question&) { return false; }},
        {"DynamicResources", [](const Question&) { return false; }},
    }};
    const auto hint = std::ranges::find(hints, plugin, [](const auto& entry) { return entry.first; });
    return hint == hints.end() || hint->second({event, pod, profile, objects});
}

}  // namespace kubarium::scheduler
