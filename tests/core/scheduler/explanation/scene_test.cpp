// The scene itself (no tests of its own).
#include "tests/core/scheduler/explanation/scene.h"

#include "core/api/patch.h"

#include "core/api/quantity.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

std::vector<ObjectPtr> valuesOf(const std::map<std::string, ObjectPtr>& objects) {
    std::vector<ObjectPtr> list;
    for (const auto& [key, object] : objects) list.push_back(object);
    return list;
}

ObjectPtr patched(const ObjectPtr& object, const json::value& patch) {
    auto result = api::applyJsonPatch(object->tree(), patch);
    if (!result) {
        ADD_FAILURE() << result.error().message << "\n" << json::serialize(patch) << "\n" << json::serialize(object->tree());
        return object;
    }
    return api::Object::make(std::move(result->as_object()));
}

bool offers(const api::Object& volume, const api::Object& claim) {
    const auto amount = [](const json::value* value) { return value ? api::Quantity::parse(std::string(value->as_string()))->value() : 0; };
    const auto* wanted = claim.find({"spec", "accessModes"});
    const auto* offered = volume.find({"spec", "accessModes"});
    return !volume.find({"spec", "claimRef"}) && volume.string({"spec", "storageClassName"}) == claim.string({"spec", "storageClassName"}) &&
           amount(volume.find({"spec", "capacity", "storage"})) >= amount(claim.find({"spec", "resources", "requests", "storage"})) &&
           std::ranges::all_of(wanted->as_array(), [&](const json::value& mode) { return std::ranges::find(offered->as_array(), mode) != offered->as_array().end(); });
}

// The volume controller, in short: claims that do not wait for a consumer are bound to a volume that names them, or that suits.
void bindClaims(ClusterObjects& objects) {
    const auto claims = objects.claims;
    for (const auto& [key, claim] : claims) {
        const auto found = objects.storageClasses.find(std::string(claim->string({"spec", "storageClassName"})));
        const bool waits = found != objects.storageClasses.end() && found->second->string({"volumeBindingMode"}) == "WaitForFirstConsumer";
        const std::string asked(claim->string({"spec", "volumeName"}));
        if ((waits && asked.empty()) || claim->find({"metadata", "annotations", "pv.kubernetes.io/bind-completed"})) continue;
        const auto volumes = objects.volumes;
        for (const auto& [name, volume] : volumes) {
            const bool promised = volume->string({"spec", "claimRef", "name"}) == claim->name() && volume->string({"spec", "claimRef", "namespace"}) == claim->nameSpace();
            if ((!asked.empty() && asked != name) || (!promised && !offers(*volume, *claim))) continue;
            auto tree = claim->tree();
            api::ensureObject(tree, {"spec"})["volumeName"] = name;
            api::ensureObject(tree, {"metadata", "annotations"})["pv.kubernetes.io/bind-completed"] = "yes";
            objects.claims[key] = api::Object::make(std::move(tree));
            auto taken = volume->tree();
            api::ensureObject(taken, {"spec"})["claimRef"] = json::object{{"namespace", claim->nameSpace()}, {"name", claim->name()}};
            objects.volumes[name] = api::Object::make(std::move(taken));
            break;
        }
    }
}

}  // namespace

void Scene::node(const std::string& name, const std::string& cpu, const std::string& labels, const std::string& spec, const std::string& most) {
    auto object = testing::parseObject(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + name + R"(","labels":)" + labels + R"(},"spec":)" + spec +
                                       R"(,"status":{"allocatable":{"cpu":")" + cpu + R"(","memory":"8Gi","pods":")" + most + "\"}}}");
    api::ensureObject(object, {"metadata", "labels"})["kubernetes.io/hostname"] = name;
    nodes[name] = api::Object::make(std::move(object));
}

void Scene::pod(const std::string& name, const std::string& node, const std::string& cpu, const std::string& labels, const std::string& more, const std::string& meta) {
    pods["default/" + name] = parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","namespace":"default","uid":")" + name + R"(",)" + meta + R"("labels":)" + labels +
                                    R"(},"spec":{)" + more + R"("nodeName":")" + node + R"(","containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":")" + cpu + "\"}}}]}}");
}

void Scene::wants(const std::string& cpu, const std::string& more, const std::string& meta) {
    pending = parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"wanted","namespace":"default","uid":"wanted",)" + meta + R"("labels":{"app":"wanted"}},"spec":{)" + more +
                    R"("containers":[{"name":"app","image":"i","resources":{"requests":{"cpu":")" + cpu + R"(","memory":"64Mi"}}}]}})");
}

SnapshotPtr Scene::snapshot() const { return makeSnapshot(valuesOf(nodes), valuesOf(pods), objects); }

SmallestChanges Scene::changes(const std::string& target, std::size_t most) const {
    SearchLimits limits;
    limits.mostAlternatives = most;
    return smallestChanges(*snapshot(), PodInfo::make(pending), configuration.profiles.front(), target, limits);
}

json::object Scene::report(const std::string& target, std::size_t most) const { return reportChanges(changes(target, most), *snapshot(), PodInfo::make(pending)); }

Decision Scene::decided() const {
    DecideOptions options;
    options.preempt = false;
    options.fullStory = true;
    return decide(*snapshot(), *PodInfo::make(pending), configuration, configuration.profiles.front(), options);
}

Scene Scene::after(const json::object& alternative) const {
    Scene scene = *this;
    for (const auto& entry : alternative.at("operations").as_array()) {
        const std::string verb(api::stringAt(entry, {"verb"})), kind(api::stringAt(entry, {"target", "kind"})), name(api::stringAt(entry, {"target", "name"}));
        if (kind == "Node" && verb == "Patch") scene.nodes[name] = patched(scene.nodes.at(name), entry.at("patch"));
        if (kind == "Node" && verb == "Create") scene.nodes[name] = api::Object::make(entry.at("manifest").as_object());
        if (kind == "Pod" && verb == "Delete") scene.pods.erase(std::string(api::stringAt(entry, {"target", "namespace"})) + "/" + name);
    }
    scene.objects = std::make_shared<ClusterObjects>(*objects);
    for (const auto& entry : alternative.at("operations").as_array()) {
        const std::string kind(api::stringAt(entry, {"target", "kind"}));
        if (kind != "PersistentVolume" && kind != "PersistentVolumeClaim") continue;
        auto tree = entry.at("manifest").as_object();
        if (kind == "PersistentVolume") tree["status"] = {{"phase", "Available"}};
        const auto made = api::Object::make(std::move(tree));
        (kind == "PersistentVolume" ? scene.objects->volumes : scene.objects->claims)[made->key()] = made;
    }
    bindClaims(*scene.objects);
    if (const auto* patch = alternative.if_contains("podPatch")) scene.pending = patched(scene.pending, *patch);
    return scene;
}

std::string kindsOf(const json::value& alternative) {
    std::string kinds;
    for (const auto& edit : alternative.at("edits").as_array()) kinds += (kinds.empty() ? "" : "+") + std::string(api::stringAt(edit, {"kind"}));
    return kinds;
}

std::vector<std::string> kinds(const json::object& report) {
    std::vector<std::string> list;
    for (const auto& alternative : report.at("alternatives").as_array()) list.push_back(kindsOf(alternative));
    return list;
}

const json::object& alternative(const json::object& report, const std::string& kind) {
    static const json::object none;
    for (const auto& each : report.at("alternatives").as_array())
        if (kindsOf(each) == kind) return each.get_object();
    ADD_FAILURE() << "no " << kind << " in " << json::serialize(report);
    return none;
}

std::string english(const json::object& of) { return std::string(api::stringAt(of, {"explanation", "en"})); }

void expectAllWork(const Scene& scene, const std::string& target) {
    const auto changes = scene.changes(target);
    const auto report = scene.report(target);
    ASSERT_EQ(changes.alternatives.size(), report.at("alternatives").as_array().size());
    for (std::size_t i = 0; i < changes.alternatives.size(); ++i) {
        const auto& each = report.at("alternatives").as_array()[i].as_object();
        const std::string node(api::stringAt(each, {"node"}));
        if (!target.empty()) {
            EXPECT_EQ(node, target);
        }
        const auto decision = scene.after(each).decided();
        const auto verdict = std::ranges::find(decision.nodes, node, &NodeVerdict::node);
        ASSERT_NE(verdict, decision.nodes.end()) << decision.message << json::serialize(each);
        EXPECT_TRUE(verdict->evaluated && verdict->filter.success()) << verdict->filter.message() << "\n" << json::serialize(each) << "\n" << json::serialize(scene.pending->tree());
        for (const auto* language : {"en", "zh_CN"}) EXPECT_FALSE(api::stringAt(each, {"explanation", language}).empty());
        const World world = waitingWorld(*scene.snapshot(), PodInfo::make(scene.pending));
        const auto& edits = changes.alternatives[i].edits;
        for (std::size_t left = 0; left < edits.size() && edits.size() > 1; ++left) {
            auto without = edits;
            without.erase(without.begin() + static_cast<std::ptrdiff_t>(left));
            EXPECT_FALSE(verdictOn(applied(world, without), scene.configuration.profiles.front(), node).success()) << "superfluous: " << edits[left].text.en << "\n" << json::serialize(each);
        }
    }
}

}  // namespace kubarium::scheduler
