// Rules between a Pod and a Node alone: cordons, taints, labels.
#include "core/base/shell_word.h"
#include "core/scheduler/explanation/repairs.h"
#include "core/scheduler/plugins/plugins.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::scheduler {
namespace {

constexpr double uncordonCost = 12, tolerateCost = 10, tolerateFaultCost = 28, untaintCost = 25, untaintControlPlaneCost = 35, labelCost = 14, factCost = 24, changeSelectorCost = 15,
                 dropSelectorCost = 17, changeAffinityCost = 16, dropAffinityCost = 20;
constexpr std::string_view cordonTaint = "node.kubernetes.io/unschedulable";

// Taints that say what is so. Removing one does not help, since the controllers put it back; and a Pod that goes to a Node that is
// not there would not run.
bool isFault(const Taint& taint) { return taint.key.starts_with("node.kubernetes.io/") || taint.key.starts_with("node.cloudprovider.kubernetes.io/"); }
bool isPressure(const Taint& taint) { return taint.key.starts_with("node.kubernetes.io/") && taint.key.ends_with("-pressure"); }

std::string textOf(const Taint& taint) { return fmt::format("{}{}{}:{}", taint.key, taint.value.empty() ? "" : "=", taint.value, taint.effect); }

void eraseTaints(json::object& node, const std::function<bool(const Taint&)>& which) {
    auto* spec = node.if_contains("spec") ? node.at("spec").if_object() : nullptr;
    auto* taints = spec && spec->if_contains("taints") ? spec->at("taints").if_array() : nullptr;
    if (!taints) return;
    json::array left;
    for (const auto& entry : *taints)
        if (!which({std::string(api::stringAt(entry, {"key"})), std::string(api::stringAt(entry, {"value"})), std::string(api::stringAt(entry, {"effect"}))})) left.push_back(entry);
    if (left.empty()) spec->erase("taints");
    else *taints = std::move(left);
}

Edit tolerate(const Taint& taint) {
    Edit edit;
    edit.kind = EditKind::TolerateTaint;
    edit.cost = isPressure(taint) ? tolerateFaultCost : tolerateCost;
    edit.key = "tolerate " + textOf(taint);
    edit.text = {fmt::format("Tolerate the taint {}.", textOf(taint)), fmt::format("容忍污点 {}。", textOf(taint))};
    edit.ofPod = [taint](json::object& spec) {
        auto& list = spec["tolerations"];
        if (!list.is_array()) list = json::array();
        json::object toleration{{"key", taint.key}, {"effect", taint.effect}};
        toleration["operator"] = taint.value.empty() ? "Exists" : "Equal";
        if (!taint.value.empty()) toleration["value"] = taint.value;
        list.get_array().push_back(std::move(toleration));
    };
    return edit;
}

Edit untaint(const NodeInfo& node, const Taint& taint) {
    Edit edit;
    edit.kind = EditKind::RemoveTaint;
    edit.cost = taint.key.starts_with("node-role.kubernetes.io/") ? untaintControlPlaneCost : untaintCost;
    edit.key = fmt::format("untaint {} {}", node.name, textOf(taint));
    edit.text = {fmt::format("Remove the taint {} from Node {}.", textOf(taint), node.name), fmt::format("从 Node {} 移除污点 {}。", node.name, textOf(taint))};
    edit.node = node.name;
    edit.kubectl = fmt::format("kubectl taint nodes {} {}-", node.name, shellWord(textOf(taint)));
    edit.ofNode = [taint](json::object& object) {
        eraseTaints(object, [&](const Taint& other) { return other.key == taint.key && other.value == taint.value && other.effect == taint.effect; });
    };
    return edit;
}

json::array* termsOf(json::object& spec) {
    json::value* at = nullptr;
    for (auto* part = &spec; const auto* key : {"affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"}) {
        at = part->if_contains(key);
        if (!at) return nullptr;
        part = at->if_object();
        if (!part && std::string_view(key) != "nodeSelectorTerms") return nullptr;
    }
    return at->if_array();
}

Edit dropAffinity() {
    Edit edit;
    edit.kind = EditKind::DropNodeAffinity;
    edit.cost = dropAffinityCost;
    edit.key = "drop node affinity";
    edit.text = {"Drop the required Node affinity.", "去掉必需的 Node 亲和性。"};
    edit.ofPod = [](json::object& spec) {
        auto& affinity = api::ensureObject(spec, {"affinity"});
        auto& node = api::ensureObject(affinity, {"nodeAffinity"});
        node.erase("requiredDuringSchedulingIgnoredDuringExecution");
        if (node.empty()) affinity.erase("nodeAffinity");
        if (affinity.empty()) spec.erase("affinity");
    };
    return edit;
}

bool matches(const api::Requirement& requirement, const NodeInfo& node) {
    const auto it = node.labels.find(requirement.key);
    return requirement.matches(it == node.labels.end() ? nullptr : &it->second);
}
bool matchesField(const api::Requirement& requirement, const NodeInfo& node) { return requirement.matches(requirement.key == "metadata.name" ? &node.name : nullptr); }

// The label value that makes a requirement true: nothing if no value does, nullptr inside if the label must go.
std::optional<std::optional<std::string>> labelFor(const api::Requirement& requirement) {
    using enum api::SelectorOperator;
    switch (requirement.op) {
        case In: return requirement.values.empty() ? std::nullopt : std::optional(std::optional(requirement.values.front()));
        case Exists: return std::optional<std::string>("true");
        case NotIn:
        case DoesNotExist: return std::optional<std::string>();
        case GreaterThan:
        case LessThan: {
            const auto bound = std::strtoll(requirement.values.front().c_str(), nullptr, 10);
            return std::optional(std::to_string(requirement.op == GreaterThan ? bound + 1 : bound - 1));
        }
    }
    return std::nullopt;
}

std::size_t failures(const NodeTerm& term, const NodeInfo& node) {
    return static_cast<std::size_t>(std::ranges::count_if(term.expressions, [&](const auto& each) { return !matches(each, node); }) +
                                    std::ranges::count_if(term.fields, [&](const auto& each) { return !matchesField(each, node); }));
}

// In one term: a value list is widened by the Node's own, and what cannot be widened goes.
Edit widenTerm(const NodeInfo& node, std::size_t index, const NodeTerm& term) {
    Edit edit;
    edit.kind = EditKind::ChangeNodeAffinity;
    edit.node = node.name;
    std::vector<std::string> en, zh;
    std::string key;
    const auto note = [&](const api::Requirement& requirement, const std::string* value) {
        edit.cost += changeAffinityCost;
        key += " " + requirement.key + (value ? "+" + *value : "-");
        en.push_back(value ? fmt::format("let {} also be {}", requirement.key, *value) : fmt::format("drop the requirement on {}", requirement.key));
        zh.push_back(value ? fmt::format("允许 {} 也为 {}", requirement.key, *value) : fmt::format("去掉对 {} 的要求", requirement.key));
    };
    for (const auto& each : term.expressions)
        if (!matches(each, node)) {
            const auto label = node.labels.find(each.key);
            note(each, each.op == api::SelectorOperator::In && label != node.labels.end() ? &label->second : nullptr);
        }
    for (const auto& each : term.fields)
        if (!matchesField(each, node)) note(each, nullptr);
    edit.key = fmt::format("widen {}{}", index, key);
    edit.text = {fmt::format("In the required Node affinity, {}.", fmt::join(en, " and ")), fmt::format("在必需的 Node 亲和性中，{}。", fmt::join(zh, "，"))};
    edit.ofPod = [index, labels = node.labels, name = node.name](json::object& spec) {
        auto* terms = termsOf(spec);
        if (!terms || index >= terms->size() || !(*terms)[index].is_object()) return;
        auto& object = (*terms)[index].get_object();
        const auto parsed = NodeAffinity::parse(spec.at("affinity").as_object().if_contains("nodeAffinity")).required.at(index);
        for (const auto* list : {"matchExpressions", "matchFields"}) {
            auto* entries = object.if_contains(list) ? object.at(list).if_array() : nullptr;
            if (!entries) continue;
            const auto& requirements = std::string_view(list) == "matchFields" ? parsed.fields : parsed.expressions;
            if (requirements.size() != entries->size()) continue;
            json::array left;
            for (std::size_t i = 0; i < entries->size(); ++i) {
                auto entry = (*entries)[i];
                const auto label = labels.find(requirements[i].key);
                const bool field = std::string_view(list) == "matchFields";
                const bool holds = field ? requirements[i].matches(requirements[i].key == "metadata.name" ? &name : nullptr) : requirements[i].matches(label == labels.end() ? nullptr : &label->second);
                if (!holds && (field || requirements[i].op != api::SelectorOperator::In || label == labels.end())) continue;
                if (!holds) entry.as_object()["values"].as_array().push_back(json::value(label->second));
                left.push_back(std::move(entry));
            }
            if (left.empty()) object.erase(list);
            else *entries = std::move(left);
        }
    };
    return edit;
}

std::vector<Edits> repairSelector(const NodeInfo& node, const PodInfo& pod) {
    Edits pinned, dropped, labelled;
    bool canLabel = true;
    for (const auto& [key, value] : pod.nodeSelector) {
        const auto label = node.labels.find(key);
        if (label != node.labels.end() && label->second == value) continue;
        Edit drop;
        drop.kind = EditKind::DropNodeSelector;
        drop.cost = dropSelectorCost;
        drop.key = "drop selector " + key;
        drop.text = {fmt::format("Drop {}={} from the nodeSelector.", key, value), fmt::format("从 nodeSelector 中去掉 {}={}。", key, value)};
        drop.ofPod = [key = key](json::object& spec) {
            auto& selector = api::ensureObject(spec, {"nodeSelector"});
            selector.erase(key);
            if (selector.empty()) spec.erase("nodeSelector");
        };
        dropped.push_back(drop);
        if (label == node.labels.end()) {
            pinned.push_back(std::move(drop));
        } else {
            Edit change;
            change.kind = EditKind::ChangeNodeSelector;
            change.cost = changeSelectorCost;
            change.key = fmt::format("selector {}={}", key, label->second);
            change.text = {fmt::format("In the nodeSelector, ask for {0}={2} instead of {0}={1}.", key, value, label->second),
                           fmt::format("在 nodeSelector 中把 {0}={1} 改为 {0}={2}。", key, value, label->second)};
            change.ofPod = [key = key, to = label->second](json::object& spec) { api::ensureObject(spec, {"nodeSelector"})[key] = to; };
            pinned.push_back(std::move(change));
        }
        if (auto edits = labelsFor(node, {{key, api::SelectorOperator::In, {value}}})) labelled.insert(labelled.end(), edits->begin(), edits->end());
        else canLabel = false;
    }
    if (dropped.empty()) return {};
    std::vector<Edits> options{pinned, dropped};
    if (canLabel) options.push_back(std::move(labelled));
    return options;
}

}  // namespace

std::optional<Edits> labelsFor(const NodeInfo& node, const std::vector<api::Requirement>& requirements) {
    Edits edits;
    for (const auto& requirement : requirements) {
        if (matches(requirement, node)) continue;
        const auto value = labelFor(requirement);
        // A name, and what the kubelet says of its machine, are no choice.
        if (!value || requirement.key == "kubernetes.io/hostname" || requirement.key == "kubernetes.io/os" || requirement.key == "kubernetes.io/arch") return std::nullopt;
        edits.push_back(labelEdit(node, requirement.key, *value ? &**value : nullptr));
    }
    return edits;
}

Edit labelEdit(const NodeInfo& node, const std::string& key, const std::string* value) {
    Edit edit;
    const auto label = node.labels.find(key);
    const bool present = label != node.labels.end();
    edit.kind = value ? EditKind::LabelNode : EditKind::UnlabelNode;
    // Zones and the like are facts; to say otherwise of a Node that has one is a lie.
    const bool fact = key.find("kubernetes.io/") != std::string::npos;
    edit.cost = fact && present ? factCost : labelCost;
    edit.node = node.name;
    edit.key = value ? fmt::format("label {} {}={}", node.name, key, *value) : fmt::format("unlabel {} {}", node.name, key);
    if (value) {
        edit.text = {fmt::format("Label Node {} with {}={}{}.", node.name, key, *value, present ? fmt::format(" (now {})", label->second) : ""),
                     fmt::format("给 Node {} 打上标签 {}={}{}。", node.name, key, *value, present ? fmt::format("（现为 {}）", label->second) : "")};
        edit.kubectl = fmt::format("kubectl label nodes {} {}{}", node.name, shellWord(key + "=" + *value), present ? " --overwrite" : "");
    } else {
        edit.text = {fmt::format("Remove the label {} from Node {}.", key, node.name), fmt::format("移除 Node {} 的标签 {}。", node.name, key)};
        edit.kubectl = fmt::format("kubectl label nodes {} {}-", node.name, key);
    }
    edit.ofNode = [key, to = value ? std::optional(*value) : std::nullopt](json::object& object) {
        auto& labels = api::ensureObject(object, {"metadata", "labels"});
        if (to) labels[key] = *to;
        else labels.erase(key);
    };
    return edit;
}

std::vector<Edits> repairCordon(const Obstacle& obstacle) {
    Edit edit;
    edit.kind = EditKind::Uncordon;
    edit.cost = uncordonCost;
    edit.node = obstacle.node.name;
    edit.key = "uncordon " + edit.node;
    edit.text = {fmt::format("Uncordon Node {}.", edit.node), fmt::format("解除 Node {} 的封锁（uncordon）。", edit.node)};
    edit.kubectl = "kubectl uncordon " + edit.node;
    // The node lifecycle controller takes its taint away as soon as the Node is not cordoned any more.
    edit.ofNode = [](json::object& object) {
        api::ensureObject(object, {"spec"}).erase("unschedulable");
        eraseTaints(object, [](const Taint& taint) { return taint.key == cordonTaint; });
    };
    return {{edit}};
}

std::vector<Edits> repairTaints(const Obstacle& obstacle) {
    Edits tolerations, removals;
    bool tolerable = true, removable = true;
    for (const auto& taint : obstacle.node.taints) {
        if ((taint.effect != "NoSchedule" && taint.effect != "NoExecute") || tolerates(obstacle.world.pod->tolerations, taint)) continue;
        if (taint.key == cordonTaint) return repairCordon(obstacle);
        tolerable &= !isFault(taint) || isPressure(taint);
        removable &= !isFault(taint);
        tolerations.push_back(tolerate(taint));
        removals.push_back(untaint(obstacle.node, taint));
    }
    std::vector<Edits> options;
    if (tolerable && !tolerations.empty()) options.push_back(std::move(tolerations));
    if (removable && !removals.empty()) options.push_back(std::move(removals));
    return options;
}

std::vector<Edits> repairNodeAffinity(const Obstacle& obstacle) {
    const auto& node = obstacle.node;
    const auto& pod = *obstacle.world.pod;
    const auto& added = obstacle.profile.addedAffinity;
    if (obstacle.profile.hasAddedAffinity && added.hasRequired && std::ranges::none_of(added.required, [&](const NodeTerm& term) { return term.matches(node.labels, node.name); })) {
        // The scheduler's configuration asks for it: only the Node can change.
        std::vector<Edits> options;
        for (const auto& term : added.required)
            if (term.fields.empty() && !term.empty())
                if (auto labels = labelsFor(node, term.expressions); labels && !labels->empty()) options.push_back(std::move(*labels));
        return options;
    }
    auto options = repairSelector(node, pod);
    if (!options.empty() || !pod.nodeAffinity.hasRequired) return options;
    options.push_back({dropAffinity()});
    const auto& terms = pod.nodeAffinity.required;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const auto wrong = failures(terms[i], node);
        if (!terms[i].invalid.empty() || wrong == 0) continue;
        if (terms[i].fields.empty())
            if (auto labels = labelsFor(node, terms[i].expressions)) options.push_back(std::move(*labels));
        // A term without requirements matches nothing: something must be left.
        const bool widens = std::ranges::any_of(terms[i].expressions, [&](const auto& each) {
            return matches(each, node) || (each.op == api::SelectorOperator::In && node.labels.contains(each.key));
        });
        if (widens) options.push_back({widenTerm(node, i, terms[i])});
    }
    return options;
}

}  // namespace kubarium::scheduler
