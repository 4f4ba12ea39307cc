// The scene itself (no tests of its own).
#include "tests/core/scheduler/explanation/scene.h"

#include "core/api/patch.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

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
    if (const auto* patch = alternative.if_contains("podPatch")) scene.pending = patched(scene.pending, *patch);
    return scene;
}

std::string kindsOf(const json::value& alternative) {
    std::string kinds;
    for (const auto& edit : alternative.at("edits").as_array()) kinds += (kinds.empty() ? "" : "+") + std::string(api::stringAt(edit, {"kind"}));
    return kinds;
}

}  // namespace kubarium::scheduler
