// Room on a Node: ask for less, or let Pods go.
#include "core/scheduler/explanation/repairs.h"
#include "core/scheduler/explanation/requests.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

constexpr double lowerCost = 10, lowerCostOfAll = 30, removeCost = 30, bareCost = 12, systemCost = 15, importantCost = 20, sizeCost = 5;
constexpr std::size_t mostRemovals = 4, mostChoices = 3;
constexpr std::string_view insufficient = "Insufficient ";

// How much is missing, by resource; "pods" too.
std::map<std::string, std::int64_t> missing(const Obstacle& obstacle) {
    std::map<std::string, std::int64_t> amounts;
    const auto& node = obstacle.node;
    for (const auto& reason : obstacle.refusal.reasons) {
        if (reason == "Too many pods") amounts["pods"] = static_cast<std::int64_t>(node.pods.size()) + 1 - node.allocatable.allowedPods;
        if (!reason.starts_with(insufficient)) continue;
        const auto resource = reason.substr(insufficient.size());
        amounts[resource] = obstacle.world.pod->filterRequests.get(resource) - (node.allocatable.get(resource) - node.requested.get(resource));
    }
    return amounts;
}

std::int64_t shareOf(const PodInfo& pod, const std::string& resource) { return resource == "pods" ? 1 : pod.requests.get(resource); }

bool covers(const std::vector<PodInfoPtr>& pods, const std::map<std::string, std::int64_t>& amounts) {
    return std::ranges::all_of(amounts, [&](const auto& entry) {
        std::int64_t sum = 0;
        for (const auto& pod : pods) sum += shareOf(*pod, entry.first);
        return sum >= entry.second;
    });
}

std::optional<Edits> lowered(const Obstacle& obstacle, const std::map<std::string, std::int64_t>& amounts) {
    Edits edits;
    for (const auto& [resource, lack] : amounts) {
        const auto asked = obstacle.world.pod->filterRequests.get(resource);
        const auto target = asked - lack;
        if (resource == "pods" || resource.starts_with("hugepages-") || target <= 0) return std::nullopt;
        auto spec = obstacle.world.pod->object->tree().at("spec").as_object();
        const auto changes = lowerRequests(spec, resource, target);
        if (changes.empty()) return std::nullopt;
        Edit edit;
        edit.kind = EditKind::LowerRequest;
        edit.cost = lowerCost + lowerCostOfAll * static_cast<double>(lack) / static_cast<double>(asked);
        edit.key = fmt::format("lower {} to {}", resource, target);
        std::vector<std::string> en, zh;
        for (const auto& [container, from, to] : changes) {
            en.push_back(container.empty() ? fmt::format("of the Pod from {} to {}", from, to) : fmt::format("of container {} from {} to {}", container, from, to));
            zh.push_back(container.empty() ? fmt::format("整个 Pod 的 {} 请求从 {} 降到 {}", resource, from, to) : fmt::format("容器 {} 的 {} 请求从 {} 降到 {}", container, resource, from, to));
        }
        edit.text = {fmt::format("Lower the {} request {}.", resource, fmt::join(en, " and ")), fmt::format("把{}。", fmt::join(zh, "，"))};
        edit.ofPod = [resource = resource, target](json::object& podSpec) { lowerRequests(podSpec, resource, target); };
        edits.push_back(std::move(edit));
    }
    return edits;
}

// Pods that may go from the Node with their costs, the mildest first.
std::vector<std::pair<PodInfoPtr, double>> removable(const Obstacle& obstacle) {
    std::vector<std::pair<PodInfoPtr, double>> list;
    for (const auto& pod : obstacle.node.pods)
        if (const auto cost = removalCost(obstacle, *pod)) list.emplace_back(pod, *cost);
    std::ranges::stable_sort(list, {}, [](const auto& entry) { return entry.second; });
    return list;
}

void addRemovals(const Obstacle& obstacle, const std::map<std::string, std::int64_t>& amounts, std::vector<Edits>& options) {
    const auto candidates = removable(obstacle);
    std::size_t singles = 0;
    for (const auto& [pod, cost] : candidates) {
        if (singles == mostChoices) break;
        if (!covers({pod}, amounts)) continue;
        options.push_back({*removal(obstacle, pod)});
        ++singles;
    }
    if (singles > 0) return;
    // The large ones first; then each that was not needed after all stays.
    auto bySize = candidates;
    const auto& first = amounts.begin()->first;
    std::ranges::stable_sort(bySize, std::greater<>(), [&](const auto& entry) { return shareOf(*entry.first, first); });
    std::vector<PodInfoPtr> going;
    for (const auto& [pod, cost] : bySize) {
        if (covers(going, amounts) || going.size() == mostRemovals) break;
        going.push_back(pod);
    }
    if (!covers(going, amounts)) return;
    for (std::size_t i = 0; i < going.size();) {
        auto without = going;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        if (covers(without, amounts)) going = std::move(without);
        else ++i;
    }
    Edits edits;
    for (const auto& pod : going) edits.push_back(*removal(obstacle, pod));
    options.push_back(std::move(edits));
}

}  // namespace

const json::object* controllerOf(const api::Object& object) {
    const auto* owners = object.find({"metadata", "ownerReferences"});
    if (!owners || !owners->is_array()) return nullptr;
    for (const auto& owner : owners->get_array()) {
        const auto* controller = api::findPath(owner, {"controller"});
        if (controller && controller->is_bool() && controller->get_bool()) return &owner.get_object();
    }
    return nullptr;
}

std::optional<double> removalCost(const Obstacle& obstacle, const PodInfo& pod) {
    const auto* owner = controllerOf(*pod.object);
    const auto ownerKind = owner ? api::stringAt(*owner, {"kind"}) : std::string_view();
    // A DaemonSet starts another on the same Node, a kubelet its static Pods; what is terminating goes by itself.
    if (pod.terminating || ownerKind == "DaemonSet" || ownerKind == "Node") return std::nullopt;
    auto cost = removeCost + (owner ? 0 : bareCost) + (pod.nameSpace == "kube-system" ? systemCost : 0) + (pod.priority > obstacle.world.pod->priority ? importantCost : 0);
    const auto share = [](std::int64_t amount, std::int64_t of) { return of > 0 ? std::min(1.0, static_cast<double>(amount) / static_cast<double>(of)) : 0; };
    const auto& allocatable = obstacle.node.allocatable;
    return cost + sizeCost * (share(pod.requests.milliCpu, allocatable.milliCpu) + share(pod.requests.memory, allocatable.memory));
}

Sentence moveText(const PodInfo& pod, const std::string& to) {
    const auto* owner = controllerOf(*pod.object);
    const auto kind = owner ? api::stringAt(*owner, {"kind"}) : std::string_view("controller");
    return {fmt::format("Move Pod {} from {} to {}: delete it; its {} starts another, which fits there.", pod.key(), pod.nodeName, to, kind),
            fmt::format("把 Pod {} 从 {} 移到 {}：删除它，它的 {} 会另建一个，那里放得下。", pod.key(), pod.nodeName, to, kind)};
}

std::optional<Edit> removal(const Obstacle& obstacle, const PodInfoPtr& pod) {
    const auto cost = removalCost(obstacle, *pod);
    if (!cost) return std::nullopt;
    Edit edit;
    edit.kind = controllerOf(*pod->object) ? EditKind::MovePod : EditKind::DeletePod;
    edit.cost = *cost;
    edit.key = "remove " + pod->key();
    edit.node = pod->nodeName;
    edit.removes = pod;
    edit.text = {fmt::format("Delete Pod {} on {}; no controller starts it again.", pod->key(), pod->nodeName),
                 fmt::format("删除 {1} 上的 Pod {0}；没有控制器会重建它。", pod->key(), pod->nodeName)};
    edit.kubectl = fmt::format("kubectl delete pod {} -n {}", pod->name, pod->nameSpace);
    return edit;
}

std::vector<Edits> repairResources(const Obstacle& obstacle) {
    const auto amounts = missing(obstacle);
    if (amounts.empty()) return {};
    std::vector<Edits> options;
    if (auto edits = lowered(obstacle, amounts)) options.push_back(std::move(*edits));
    addRemovals(obstacle, amounts, options);
    return options;
}

}  // namespace kubarium::scheduler
