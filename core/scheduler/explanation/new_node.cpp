// The Node that is missing: of what size, with which labels.
#include "core/scheduler/explanation/repairs.h"
#include "core/scheduler/explanation/requests.h"
#include "core/scheduler/plugins/volume_claims.h"

#include "core/api/quantity.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

constexpr double newNodeCost = 60;
constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

std::int64_t roundedUp(std::int64_t amount, std::int64_t unit) { return std::max<std::int64_t>(1, (amount + unit - 1) / unit); }

std::string freeName(const Snapshot& snapshot) {
    std::string name = "new-node";
    for (int i = 2; snapshot.index(name); ++i) name = fmt::format("new-node-{}", i);
    return name;
}

json::object sizeFor(const PodInfo& pod) {
    const auto& wanted = pod.filterRequests;
    json::object size{{"cpu", std::to_string(roundedUp(wanted.milliCpu, 1000))}, {"memory", fmt::format("{}Gi", roundedUp(wanted.memory, gibibyte))}, {"pods", "110"}};
    if (wanted.ephemeralStorage > 0) size["ephemeral-storage"] = fmt::format("{}Gi", roundedUp(wanted.ephemeralStorage, gibibyte));
    for (const auto& [resource, amount] : wanted.scalar)
        if (amount > 0) size[resource] = std::to_string(amount);
    return size;
}

void setFor(Labels& labels, const api::Requirement& requirement) {
    const auto it = labels.find(requirement.key);
    if (requirement.matches(it == labels.end() ? nullptr : &it->second)) return;
    using enum api::SelectorOperator;
    if (requirement.op == In) labels[requirement.key] = requirement.values.front();
    else if (requirement.op == Exists) labels[requirement.key] = "true";
    else if (requirement.op == GreaterThan) labels[requirement.key] = std::to_string(std::strtoll(requirement.values.front().c_str(), nullptr, 10) + 1);
    else if (requirement.op == LessThan) labels[requirement.key] = std::to_string(std::strtoll(requirement.values.front().c_str(), nullptr, 10) - 1);
    else labels.erase(requirement.key);
}

}  // namespace

Edit newNode(const World& world, const NodeInfo* model) {
    const auto& pod = *world.pod;
    const auto name = freeName(world.snapshot);
    Labels labels;
    if (model) labels = model->labels;
    // What the kubelet sets, and what the Pod's own rules look at, comes from the model; the rest is its affair.
    std::set<std::string> topology{"topology.kubernetes.io/zone", "topology.kubernetes.io/region"};
    for (const auto& constraint : pod.spread) topology.insert(constraint.topologyKey);
    for (const auto* terms : {&pod.requiredAffinity, &pod.requiredAntiAffinity})
        for (const auto& term : *terms) topology.insert(term.topologyKey);
    std::erase_if(labels, [&](const auto& entry) { return !topology.contains(entry.first); });
    std::vector<std::string> asked;
    const auto before = labels;
    for (const auto& [key, value] : pod.nodeSelector) labels[key] = value;
    const auto term = std::ranges::find_if(pod.nodeAffinity.required, [](const NodeTerm& each) { return each.fields.empty() && each.invalid.empty(); });
    if (term != pod.nodeAffinity.required.end())
        for (const auto& requirement : term->expressions) setFor(labels, requirement);
    for (const auto& bound : PodClaims::of(*world.snapshot.objects, pod).bound)
        if (bound.reach.limited && !bound.reach.affinity.required.empty())
            for (const auto& requirement : bound.reach.affinity.required.front().expressions) setFor(labels, requirement);
    for (const auto& [key, value] : labels) asked.push_back(fmt::format("{}={}", key, value));
    labels["kubernetes.io/hostname"] = name;
    const auto size = sizeFor(pod);
    std::vector<std::string> amounts;
    for (const auto& [resource, amount] : size)
        if (resource != "pods") amounts.push_back(fmt::format("{} {}", std::string_view(resource.data(), resource.size()), std::string_view(amount.as_string())));
    Edit edit;
    edit.kind = EditKind::AddNode;
    edit.cost = newNodeCost;
    edit.node = name;
    edit.key = "add node";
    edit.text = {fmt::format("Add a Node with {} allocatable{}{}.", fmt::join(amounts, ", "), asked.empty() ? "" : " and the labels ", fmt::join(asked, ", ")),
                 fmt::format("增加一个可分配 {} 的 Node{}{}。", fmt::join(amounts, "、"), asked.empty() ? "" : "，标签为 ", fmt::join(asked, "、"))};
    json::object labelTree;
    for (const auto& [key, value] : labels) labelTree[key] = value;
    edit.adds = api::Object::make({{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", {{"name", name}, {"labels", std::move(labelTree)}}},
                                   {"status", {{"capacity", size}, {"allocatable", size}}}});
    return edit;
}

}  // namespace kubarium::scheduler
