#include "core/scheduler/explanation/change_report.h"

#include "core/api/json_diff.h"
#include "core/base/shell_word.h"
#include "core/scheduler/explanation/repairs.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

json::object textOf(const Sentence& sentence) { return {{"en", sentence.en}, {"zh_CN", sentence.zh}}; }

json::object targetOf(std::string_view apiVersion, std::string_view kind, std::string_view nameSpace, std::string_view name) {
    json::object target{{"apiVersion", apiVersion}, {"kind", kind}};
    if (!nameSpace.empty()) target["namespace"] = nameSpace;
    target["name"] = name;
    return target;
}

json::object operation(const char* verb, json::object target, const std::string& kubectl, const Sentence& note) {
    json::object object{{"verb", verb}, {"target", std::move(target)}};
    if (!kubectl.empty()) object["kubectl"] = kubectl;
    object["explanation"] = textOf(note);
    return object;
}

void applyAll(const Edits& edits, json::object& spec) {
    for (const auto& edit : edits)
        if (edit.ofPod) edit.ofPod(spec);
}

// Where the Pod comes from: the workload whose template makes it. `template_` is nullptr if the scheduler does not know it.
struct Workload {
    std::string apiVersion, kind, name;
    const json::object* podSpec = nullptr;
};

const json::object* templateSpec(const ObjectMap& objects, const std::string& key) {
    const auto it = objects.find(key);
    const auto* spec = it == objects.end() ? nullptr : it->second->find({"spec", "template", "spec"});
    return spec ? spec->if_object() : nullptr;
}

std::optional<Workload> workloadOf(const PodInfo& pod, const ClusterObjects& objects) {
    const auto* owner = controllerOf(*pod.object);
    if (!owner) return std::nullopt;
    Workload workload{std::string(api::stringAt(*owner, {"apiVersion"})), std::string(api::stringAt(*owner, {"kind"})), std::string(api::stringAt(*owner, {"name"})), nullptr};
    const auto key = pod.nameSpace + "/" + workload.name;
    if (workload.kind == "StatefulSet") workload.podSpec = templateSpec(objects.statefulSets, key);
    if (workload.kind == "ReplicationController") workload.podSpec = templateSpec(objects.replicationControllers, key);
    if (workload.kind != "ReplicaSet") return workload;
    workload.podSpec = templateSpec(objects.replicaSets, key);
    const auto set = objects.replicaSets.find(key);
    const auto* above = set == objects.replicaSets.end() ? nullptr : controllerOf(*set->second);
    if (!above) return workload;
    // A Deployment's template is that of its ReplicaSet, but for a label.
    workload.apiVersion = api::stringAt(*above, {"apiVersion"});
    workload.kind = api::stringAt(*above, {"kind"});
    workload.name = api::stringAt(*above, {"name"});
    return workload;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

json::array templatePatch(const json::object& podSpec, const Edits& edits) {
    auto after = podSpec;
    applyAll(edits, after);
    const auto under = [](const json::object& spec) { return json::value{{"spec", {{"template", {{"spec", spec}}}}}}; };
    return api::makeJsonPatch(under(podSpec), under(after));
}

json::array podPatch(const PodInfo& pod, const Edits& edits) {
    auto after = pod.object->tree();
    applyAll(edits, api::ensureObject(after, {"spec"}));
    return api::makeJsonPatch(pod.object->tree(), after);
}

void setPatch(json::object& object, json::array patch) {
    object["patchType"] = "application/json-patch+json";
    object["patch"] = std::move(patch);
}

json::object workloadOperation(const PodInfo& pod, const Workload& workload, const Edits& edits) {
    auto target = targetOf(workload.apiVersion, workload.kind, pod.nameSpace, workload.name);
    auto patch = workload.podSpec ? templatePatch(*workload.podSpec, edits) : json::array();
    // A Job's template cannot be changed either, and an object that the scheduler does not read has no known template.
    if (patch.empty())
        return operation("Edit", std::move(target), fmt::format("kubectl edit {} {} -n {}", lower(workload.kind), workload.name, pod.nameSpace),
                         {fmt::format("Make the change in spec.template of {} {}, where its Pods come from.", workload.kind, workload.name),
                          fmt::format("在 {} {} 的 spec.template 中修改，它的 Pod 由此而来。", workload.kind, workload.name)});
    const auto kubectl = fmt::format("kubectl patch {} {} -n {} --type=json -p {}", lower(workload.kind), workload.name, pod.nameSpace, shellWord(json::serialize(patch)));
    auto result = operation("Patch", std::move(target), kubectl,
                            {fmt::format("These fields of a Pod cannot be changed: edit the template of {} {}, which then replaces its Pods.", workload.kind, workload.name),
                             fmt::format("Pod 的这些字段不能修改：编辑 {} {} 的模板，它会替换自己的 Pod。", workload.kind, workload.name)});
    if (workload.kind == "ReplicaSet" || workload.kind == "ReplicationController")
        result["explanation"] = textOf({fmt::format("Edit the template of {} {}; then delete the Pod, since a {} does not replace its Pods.", workload.kind, workload.name, workload.kind),
                                        fmt::format("编辑 {} {} 的模板，然后删除该 Pod，因为 {} 不会替换已有的 Pod。", workload.kind, workload.name, workload.kind)});
    setPatch(result, std::move(patch));
    return result;
}

json::object deletion(const PodInfo& pod) {
    return operation("Delete", targetOf("v1", "Pod", pod.nameSpace, pod.name), fmt::format("kubectl delete pod {} -n {}", pod.name, pod.nameSpace),
                     {fmt::format("Delete Pod {}.", pod.key()), fmt::format("删除 Pod {}。", pod.key())});
}

// What is left when a Pod is to be created once more.
json::object manifestOf(const PodInfo& pod, const Edits& edits) {
    auto manifest = pod.object->tree();
    applyAll(edits, api::ensureObject(manifest, {"spec"}));
    manifest.erase("status");
    api::ensureObject(manifest, {"spec"}).erase("nodeName");
    auto& meta = api::ensureObject(manifest, {"metadata"});
    for (const auto* key : {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"}) meta.erase(key);
    if (!manifest.contains("apiVersion")) manifest["apiVersion"] = "v1";
    if (!manifest.contains("kind")) manifest["kind"] = "Pod";
    return manifest;
}

void addPodOperations(const PodInfo& pod, const ClusterObjects& objects, const Edits& edits, json::array& operations) {
    const auto target = targetOf("v1", "Pod", pod.nameSpace, pod.name);
    if (const auto workload = workloadOf(pod, objects)) {
        operations.push_back(workloadOperation(pod, *workload, edits));
        if (workload->podSpec && (workload->kind == "ReplicaSet" || workload->kind == "ReplicationController")) operations.push_back(deletion(pod));
        return;
    }
    auto patch = podPatch(pod, edits);
    const auto text = shellWord(json::serialize(patch));
    const bool onlyTolerations = std::ranges::all_of(edits, [](const Edit& edit) { return !edit.editsPod() || edit.kind == EditKind::TolerateTaint; });
    if (onlyTolerations) {
        auto result = operation("Patch", target, fmt::format("kubectl patch pod {} -n {} --type=json -p {}", pod.name, pod.nameSpace, text),
                                {"Tolerations may be added to a Pod that exists.", "可以给已存在的 Pod 增加容忍。"});
        setPatch(result, std::move(patch));
        operations.push_back(std::move(result));
        return;
    }
    auto result = operation("Recreate", target,
                            fmt::format("kubectl patch pod {0} -n {1} --type=json -p {2} --dry-run=client -o json | kubectl replace --force -f -", pod.name, pod.nameSpace, text),
                            {"These fields of a Pod cannot be changed: delete it and create it again like this.", "Pod 的这些字段不能修改：删除后按此重新创建。"});
    setPatch(result, std::move(patch));
    result["manifest"] = manifestOf(pod, edits);
    operations.push_back(std::move(result));
}

void addNodeOperation(const World& world, const std::string& name, const Edits& edits, json::array& operations) {
    const auto index = world.snapshot.index(name);
    if (!index) return;
    const auto& before = world.snapshot.nodes[*index]->object->tree();
    auto after = before;
    std::string kubectl;
    Sentence text;
    for (const auto& edit : edits) {
        if (!edit.ofNode || edit.node != name) continue;
        edit.ofNode(after);
        kubectl += (kubectl.empty() ? "" : " && ") + edit.kubectl;
        text = {text.en + (text.en.empty() ? "" : " ") + edit.text.en, text.zh + edit.text.zh};
    }
    auto result = operation("Patch", targetOf("v1", "Node", "", name), kubectl, text);
    setPatch(result, api::makeJsonPatch(before, after));
    operations.push_back(std::move(result));
}

// A claim or a volume; one that is not bound holds nothing and can be made again.
json::object making(const Edit& edit) {
    const auto& object = *edit.makes;
    const bool again = edit.kind == EditKind::ChangeClaim;
    auto result = operation(again ? "Recreate" : "Create", targetOf("v1", object.kind(), object.nameSpace(), object.name()),
                            fmt::format("echo {} | kubectl {} -f -", shellWord(json::serialize(object.tree())), again ? "replace --force" : "create"), edit.text);
    result["manifest"] = object.tree();
    return result;
}

json::array operationsOf(const Alternative& alternative, const World& world) {
    json::array operations;
    std::vector<std::string> nodes;
    for (const auto& edit : alternative.edits)
        if (edit.ofNode && std::ranges::find(nodes, edit.node) == nodes.end()) nodes.push_back(edit.node);
    for (const auto& name : nodes) addNodeOperation(world, name, alternative.edits, operations);
    for (const auto& edit : alternative.edits) {
        if (edit.removes) operations.push_back(deletion(*edit.removes));
        if (edit.makes) operations.push_back(making(edit));
        if (!edit.adds) continue;
        auto result = operation("Create", targetOf("v1", "Node", "", edit.node), "", edit.text);
        result["manifest"] = edit.adds->tree();
        operations.push_back(std::move(result));
    }
    // Last, so that a Pod that is made again finds everything else done.
    if (std::ranges::any_of(alternative.edits, &Edit::editsPod)) addPodOperations(*world.pod, *world.snapshot.objects, alternative.edits, operations);
    return operations;
}

json::object reportAlternative(const Alternative& alternative, const World& world) {
    json::array edits;
    Sentence whole;
    for (const auto& edit : alternative.edits) {
        json::object entry{{"kind", toString(edit.kind)}, {"explanation", textOf(edit.text)}};
        if (!edit.editsPod() && !edit.node.empty()) entry["node"] = edit.node;
        edits.push_back(std::move(entry));
        whole = {whole.en + (whole.en.empty() ? "" : " ") + edit.text.en, whole.zh + edit.text.zh};
    }
    json::object out{{"node", alternative.node}, {"invasiveness", std::llround(costOf(alternative.edits))}, {"explanation", textOf(whole)}, {"edits", std::move(edits)}};
    if (std::ranges::any_of(alternative.edits, &Edit::editsPod)) out["podPatch"] = podPatch(*world.pod, alternative.edits);
    out["operations"] = operationsOf(alternative, world);
    return out;
}

Sentence summary(const SmallestChanges& changes, const std::string& pod) {
    if (!changes.fits.empty()) return {fmt::format("{} fits on {} as things are.", pod, changes.fits.front()), fmt::format("{} 现在就放得下，例如 {}。", pod, changes.fits.front())};
    Sentence text;
    if (!changes.alternatives.empty()) text = changes.alternatives.front().edits.size() == 1 ? Sentence{"One change is enough.", "一处修改就够了。"}
                                                                                             : Sentence{"Several changes are needed together.", "需要同时做几处修改。"};
    else if (!changes.preFilter.success())
        text = {fmt::format("No Node is the cause: {}.", changes.preFilter.message()), fmt::format("原因不在任何 Node：{}。", changes.preFilter.message())};
    else text = {"No change of requests, rules, labels, taints or other Pods was found that makes it fit.", "没有找到能使其放得下的修改（请求、规则、标签、污点或其他 Pod）。"};
    if (changes.stoppedEarly) {
        text.en += " The search stopped early: there may be more, or milder ones.";
        text.zh += "搜索提前停止：可能还有其他或更温和的修改。";
    }
    return text;
}

}  // namespace

json::object reportChanges(const SmallestChanges& changes, const Snapshot& snapshot, const PodInfoPtr& pod) {
    const auto world = waitingWorld(snapshot, pod);
    json::array alternatives;
    for (const auto& alternative : changes.alternatives) alternatives.push_back(reportAlternative(alternative, world));
    json::object out{{"explanation", textOf(summary(changes, pod->name))}, {"alternatives", std::move(alternatives)}, {"stoppedEarly", changes.stoppedEarly}, {"trials", changes.trials}};
    if (!changes.fits.empty()) out["fits"] = json::array(changes.fits.begin(), changes.fits.end());
    return out;
}

json::object findChanges(const Snapshot& snapshot, const PodInfoPtr& pod, const Profile& profile, const std::string& targetNode) {
    SearchLimits limits;
    limits.spent = spentOf(searchSeconds);
    return reportChanges(smallestChanges(snapshot, pod, profile, targetNode, limits), snapshot, pod);
}

}  // namespace kubarium::scheduler
