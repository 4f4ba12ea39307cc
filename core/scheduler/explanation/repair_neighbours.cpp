// What stands between a Pod and other Pods: ports, spread, affinity.
#include "core/scheduler/explanation/repairs.h"
#include "core/scheduler/plugins/plugins.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace kubarium::scheduler {
namespace {

constexpr double dropPortCost = 18, raiseSkewCost = 17, relaxSpreadCost = 18, relaxAffinityCost = 20, relaxAntiAffinityCost = 22;
constexpr std::size_t mostRemovals = Neighbourhood::most - 1;
constexpr std::string_view required = "requiredDuringSchedulingIgnoredDuringExecution", preferred = "preferredDuringSchedulingIgnoredDuringExecution";

bool portConflict(const HostPort& a, const HostPort& b) {
    constexpr std::string_view any = "0.0.0.0";
    return a.port == b.port && a.protocol == b.protocol && (a.ip == b.ip || a.ip == any || b.ip == any);
}

Edit dropHostPort(const HostPort& port) {
    Edit edit;
    edit.kind = EditKind::DropHostPort;
    edit.cost = dropPortCost;
    edit.key = fmt::format("drop port {}/{}/{}", port.ip, port.port, port.protocol);
    edit.text = {fmt::format("Do not ask for host port {}/{}; a Service reaches the Pod without it.", port.port, port.protocol),
                 fmt::format("不再要求主机端口 {}/{}；通过 Service 同样可以访问该 Pod。", port.port, port.protocol)};
    edit.ofPod = [port](json::object& spec) {
        for (const auto* list : {"containers", "initContainers"}) {
            auto* containers = spec.if_contains(list);
            if (!containers || !containers->is_array()) continue;
            for (auto& container : containers->get_array()) {
                auto* ports = container.as_object().if_contains("ports");
                if (!ports || !ports->is_array()) continue;
                for (auto& entry : ports->get_array()) {
                    auto& object = entry.as_object();
                    const auto* number = object.if_contains("hostPort");
                    const auto protocol = api::stringAt(object, {"protocol"});
                    if (!number || !number->is_number() || number->to_number<int>() != port.port || (protocol.empty() ? "TCP" : protocol) != port.protocol) continue;
                    object.erase("hostPort");
                    object.erase("hostIP");
                }
            }
        }
    };
    return edit;
}

Edit changeSpread(std::size_t index, const SpreadConstraint& constraint, std::optional<std::int64_t> maxSkew) {
    Edit edit;
    edit.kind = maxSkew ? EditKind::RaiseMaxSkew : EditKind::RelaxSpread;
    edit.cost = maxSkew ? raiseSkewCost + static_cast<double>(*maxSkew - constraint.maxSkew) : relaxSpreadCost;
    edit.key = maxSkew ? fmt::format("skew {} {}", index, *maxSkew) : fmt::format("relax spread {}", index);
    if (maxSkew)
        edit.text = {fmt::format("Raise maxSkew of the spread over {} from {} to {}.", constraint.topologyKey, constraint.maxSkew, *maxSkew),
                     fmt::format("把按 {} 分布的 maxSkew 从 {} 提高到 {}。", constraint.topologyKey, constraint.maxSkew, *maxSkew)};
    else
        edit.text = {fmt::format("Make the spread over {} a wish instead of a must (whenUnsatisfiable: ScheduleAnyway).", constraint.topologyKey),
                     fmt::format("把按 {} 的分布改为软约束：whenUnsatisfiable: ScheduleAnyway。", constraint.topologyKey)};
    edit.ofPod = [index, maxSkew](json::object& spec) {
        auto* list = spec.if_contains("topologySpreadConstraints");
        if (!list || !list->is_array() || index >= list->get_array().size()) return;
        auto& entry = list->get_array()[index].as_object();
        if (maxSkew) {
            entry["maxSkew"] = *maxSkew;
            return;
        }
        entry["whenUnsatisfiable"] = "ScheduleAnyway";
        entry.erase("minDomains");  // only valid with DoNotSchedule
    };
    return edit;
}

// A required term becomes the strongest preferred one.
Edit relaxTerms(const std::vector<AffinityTerm>& terms, std::vector<std::size_t> which, bool anti) {
    Edit edit;
    edit.kind = anti ? EditKind::RelaxPodAntiAffinity : EditKind::RelaxPodAffinity;
    edit.cost = (anti ? relaxAntiAffinityCost : relaxAffinityCost) * static_cast<double>(which.size());
    std::vector<std::string> names;
    std::vector<std::string> chinese;
    for (const auto index : which) {
        const auto whom = terms[index].selector.toString();
        names.push_back(fmt::format("{} (in one {})", whom.empty() ? "any labels" : whom, terms[index].topologyKey));
        chinese.push_back(fmt::format("{}（同一 {}）", whom.empty() ? "任意标签" : whom, terms[index].topologyKey));
    }
    edit.key = fmt::format("relax {} {}", anti ? "anti" : "affinity", fmt::join(which, ","));
    if (anti)
        edit.text = {fmt::format("Only prefer, instead of require, to be apart from Pods with {}.", fmt::join(names, "; ")), fmt::format("与带 {} 的 Pod 分开：从必需改为优先。", fmt::join(chinese, "；"))};
    else
        edit.text = {fmt::format("Only prefer, instead of require, to be together with Pods with {}.", fmt::join(names, "; ")), fmt::format("与带 {} 的 Pod 在一起：从必需改为优先。", fmt::join(chinese, "；"))};
    edit.ofPod = [which = std::move(which), anti](json::object& spec) {
        auto& part = api::ensureObject(spec, {"affinity", anti ? "podAntiAffinity" : "podAffinity"});
        auto* list = part.if_contains(required);
        if (!list || !list->is_array()) return;
        json::array left, moved;
        for (std::size_t i = 0; i < list->get_array().size(); ++i)
            (std::ranges::find(which, i) == which.end() ? left : moved).push_back(list->get_array()[i]);
        if (left.empty()) part.erase(required);
        else *list = std::move(left);
        auto& wishes = part[preferred];
        if (!wishes.is_array()) wishes = json::array();
        for (auto& term : moved) wishes.get_array().push_back(json::object{{"weight", 100}, {"podAffinityTerm", std::move(term)}});
    };
    return edit;
}

void repairOwnAntiAffinity(const Obstacle& obstacle, std::vector<Edits>& options) {
    const auto& terms = obstacle.world.pod->requiredAntiAffinity;
    std::vector<std::size_t> violated;
    std::vector<PodInfoPtr> conflicting;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const auto& pods = obstacle.neighbours.excluded(i, obstacle.node);
        if (!pods.empty()) violated.push_back(i);
        std::ranges::copy_if(pods, std::back_inserter(conflicting), [&](const auto& pod) { return std::ranges::find(conflicting, pod) == conflicting.end(); });
    }
    if (!violated.empty()) options.push_back({relaxTerms(terms, violated, true)});
    addRemovalOfAll(obstacle, conflicting, options);
}

void repairOwnAffinity(const Obstacle& obstacle, std::vector<Edits>& options) {
    const auto& terms = obstacle.world.pod->requiredAffinity;
    std::vector<std::size_t> all;
    Edits labels;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        all.push_back(i);
        if (terms.size() > 1) options.push_back({relaxTerms(terms, {i}, false)});
        if (obstacle.node.labels.contains(terms[i].topologyKey)) continue;
        // Not in any domain: in which one would the Pods be that it wants to be with?
        if (const auto* home = obstacle.neighbours.home(i)) labels.push_back(labelEdit(obstacle.node, terms[i].topologyKey, home));
    }
    options.push_back({relaxTerms(terms, all, false)});
    if (!labels.empty()) options.push_back(std::move(labels));
}

}  // namespace

void addRemovalOfAll(const Obstacle& obstacle, const std::vector<PodInfoPtr>& pods, std::vector<Edits>& options) {
    if (pods.empty() || pods.size() > mostRemovals) return;
    Edits edits;
    for (const auto& pod : pods) {
        auto edit = removal(obstacle, pod);
        if (!edit) return;
        edits.push_back(std::move(*edit));
    }
    options.push_back(std::move(edits));
}

std::vector<Edits> repairPorts(const Obstacle& obstacle) {
    Edits drops;
    std::vector<PodInfoPtr> holders;
    // On the host's network every port is a host port: it cannot be dropped.
    const auto* hostNetwork = obstacle.world.pod->object->find({"spec", "hostNetwork"});
    const bool droppable = !hostNetwork || !hostNetwork->is_bool() || !hostNetwork->get_bool();
    for (const auto& wanted : obstacle.world.pod->hostPorts) {
        bool taken = false;
        for (const auto& pod : obstacle.node.pods)
            if (std::ranges::any_of(pod->hostPorts, [&](const HostPort& used) { return portConflict(wanted, used); })) {
                taken = true;
                if (std::ranges::find(holders, pod) == holders.end()) holders.push_back(pod);
            }
        if (taken && droppable) drops.push_back(dropHostPort(wanted));
    }
    std::vector<Edits> options;
    if (!drops.empty()) options.push_back(std::move(drops));
    addRemovalOfAll(obstacle, holders, options);
    return options;
}

std::vector<Edits> repairSpread(const Obstacle& obstacle) {
    const auto& pod = *obstacle.world.pod;
    Edits raised, relaxed, labelled;
    for (std::size_t i = 0; i < pod.spread.size(); ++i) {
        const auto& constraint = pod.spread[i];
        if (!constraint.hard) continue;
        const auto& domains = obstacle.neighbours.spread(i);
        const auto label = obstacle.node.labels.find(constraint.topologyKey);
        if (label == obstacle.node.labels.end()) {
            relaxed.push_back(changeSpread(i, constraint, std::nullopt));
            const auto least = std::ranges::min_element(domains, {}, [](const auto& entry) { return entry.second; });
            if (least != domains.end() && constraint.topologyKey != "kubernetes.io/hostname") labelled.push_back(labelEdit(obstacle.node, constraint.topologyKey, &least->first));
            continue;
        }
        auto least = static_cast<std::int64_t>(std::numeric_limits<std::int32_t>::max());
        for (const auto& [value, count] : domains) least = std::min(least, count);
        if (static_cast<std::int64_t>(domains.size()) < constraint.minDomains) least = 0;
        const auto there = domains.find(label->second);
        const auto skew = (there == domains.end() ? 0 : there->second) + (constraint.selector.matches(pod.labels) ? 1 : 0) - least;
        if (skew <= constraint.maxSkew) continue;
        raised.push_back(changeSpread(i, constraint, skew));
        relaxed.push_back(changeSpread(i, constraint, std::nullopt));
    }
    std::vector<Edits> options;
    if (!raised.empty() && labelled.empty()) options.push_back(std::move(raised));
    if (!relaxed.empty()) options.push_back(std::move(relaxed));
    if (!labelled.empty()) options.push_back(std::move(labelled));
    return options;
}

std::vector<Edits> repairPodAffinity(const Obstacle& obstacle) {
    std::vector<Edits> options;
    const auto message = obstacle.refusal.message();
    if (message.find("existing pods anti-affinity") != std::string::npos) addRemovalOfAll(obstacle, obstacle.neighbours.excluding(obstacle.node), options);
    else if (message.find("anti-affinity") != std::string::npos) repairOwnAntiAffinity(obstacle, options);
    else if (message.find("pod affinity rules") != std::string::npos) repairOwnAffinity(obstacle, options);
    return options;
}

std::vector<Edits> repairs(const Obstacle& obstacle) {
    const auto& plugin = obstacle.refusal.plugin;
    if (plugin == "NodeUnschedulable") return repairCordon(obstacle);
    if (plugin == "TaintToleration") return repairTaints(obstacle);
    if (plugin == "NodeAffinity") return repairNodeAffinity(obstacle);
    if (plugin == "NodeResourcesFit") return repairResources(obstacle);
    if (plugin == "NodePorts") return repairPorts(obstacle);
    if (plugin == "PodTopologySpread") return repairSpread(obstacle);
    if (plugin == "InterPodAffinity") return repairPodAffinity(obstacle);
    return repairVolumes(obstacle);
}

double leastCost(std::string_view plugin) {
    if (plugin == "NodeUnschedulable") return 12;
    if (plugin == "NodeAffinity") return 14;
    if (plugin == "TaintToleration" || plugin == "NodeResourcesFit") return 10;
    if (plugin == "NodePorts" || plugin == "PodTopologySpread" || plugin == "InterPodAffinity") return 14;
    return plugin.starts_with("Volume") ? 14 : 30;
}

}  // namespace kubarium::scheduler
