#include "core/api/managed_fields.h"

#include "core/api/patch.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

namespace kubarium::api {
namespace {

json::object configMap() {
    return json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1"},
        "metadata":{"name":"c","resourceVersion":"7","labels":{"l":"x"},"managedFields":[
            {"manager":"kubectl","operation":"Apply","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}}},
            {"manager":"other","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{"f:l":{}}}}}]}})")
        .as_object();
}

json::object& managed(json::object& object, std::size_t index) { return object["metadata"].at("managedFields").as_array().at(index).as_object(); }

TEST(SameButTimes, NeitherTimesNorTheRevisionNorTheOrderOfManagersMatter) {
    const auto before = configMap();
    auto after = configMap();
    EXPECT_TRUE(sameButTimes(before, after));
    managed(after, 0)["time"] = "2026-02-02T00:00:00Z";
    after["metadata"].as_object()["resourceVersion"] = "8";
    EXPECT_TRUE(sameButTimes(before, after));
    auto& list = after["metadata"].at("managedFields").as_array();
    std::swap(list[0], list[1]);
    EXPECT_TRUE(sameButTimes(before, after));
}

TEST(SameButTimes, EverythingElseMatters) {
    const auto before = configMap();
    const auto differs = [&](const std::function<void(json::object&)>& change) {
        auto after = configMap();
        change(after);
        return !sameButTimes(before, after) && !sameButTimes(after, before);
    };
    EXPECT_TRUE(differs([](json::object& object) { object["data"].as_object()["a"] = "2"; }));
    EXPECT_TRUE(differs([](json::object& object) { object["metadata"].at("labels").as_object()["l"] = "y"; }));
    EXPECT_TRUE(differs([](json::object& object) { object["metadata"].as_object()["annotations"] = json::object{{"n", "1"}}; }));
    EXPECT_TRUE(differs([](json::object& object) { object.erase("metadata"); }));
    EXPECT_TRUE(differs([](json::object& object) { managed(object, 1)["manager"] = "another"; }));
    EXPECT_TRUE(differs([](json::object& object) { managed(object, 0)["fieldsV1"] = json::object{{"f:data", json::object{{"f:b", json::object()}}}}; }));
    EXPECT_TRUE(differs([](json::object& object) { object["metadata"].at("managedFields").as_array().pop_back(); }));
}

json::object podOf(const char* changes) {
    auto pod = json::parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","creationTimestamp":null,"labels":{"app":"web"}},
        "spec":{"priority":0,"hostNetwork":false,"schedulerName":"default-scheduler","containers":[{"name":"c","image":"busybox","ports":[{"containerPort":80,"protocol":"TCP"}]}],
                "tolerations":[{"key":"k","operator":"Exists"}]}})");
    auto patch = json::parse(changes);
    for (auto& change : patch.as_array()) change.as_object()["op"] = "add";
    return applyJsonPatch(std::move(pod), patch).value().as_object();
}

std::string ownedBy(const json::object& given, const std::string& kind, const FieldManager& manager) {
    const auto* resource = Schema::builtin().findKind({"", "v1", kind});
    auto object = given;
    updateManagedFields(*resource->type, resource->kind, nullptr, object, manager, WallTime{});
    const auto* list = object["metadata"].get_object().if_contains("managedFields");
    return list ? json::serialize(*list) : "";
}

// Whoever asks first, in a thread of its own, has nothing remembered.
std::string ownedAfresh(const json::object& given, const std::string& kind, const FieldManager& manager) {
    std::string owned;
    std::jthread([&] { owned = ownedBy(given, kind, manager); }).join();
    return owned;
}

TEST(UpdateManagedFields, WhatTheMakerOwnsIsTheSameWhateverWasMadeBefore) {
    const std::vector<const char*> changes{
        "[]",
        R"([{"path":"/metadata/name","value":"b"},{"path":"/spec/priority","value":5}])",
        R"([{"path":"/metadata/labels/app","value":""}])",
        R"([{"path":"/metadata/labels/more","value":"x"}])",
        R"([{"path":"/spec/containers/0/name","value":"other"}])",
        R"([{"path":"/spec/containers/0/image","value":"nginx"}])",
        R"([{"path":"/spec/containers/0/ports/0/containerPort","value":81}])",
        R"([{"path":"/spec/containers/0/ports/0/protocol","value":"UDP"}])",
        R"([{"path":"/spec/tolerations/0/key","value":"other"}])",
        R"([{"path":"/spec/hostNetwork","value":true}])",
        R"([{"path":"/spec/containers","value":null}])",
        R"([{"path":"/spec/containers","value":[]}])",
        R"([{"path":"/spec","value":{}}])",
        R"([{"path":"/status","value":{"phase":"Running"}}])",
        R"([{"path":"/metadata/finalizers","value":["f/a","f/b"]}])",
        R"([{"path":"/metadata/finalizers","value":["f/a","f/c"]}])",
    };
    for (int round = 0; round < 2; ++round)
        for (const auto* change : changes)
            for (const auto& manager : {FieldManager{"kubectl", ""}, FieldManager{"other", ""}, FieldManager{"kubectl", "status"}}) {
                const auto pod = podOf(change);
                EXPECT_EQ(ownedBy(pod, "Pod", manager), ownedAfresh(pod, "Pod", manager)) << change << manager.name;
            }
}

// kubectl get -o yaml, an edit, kubectl apply --server-side: the status in the file is of a moment ago.
TEST(ApplyServerSide, TheStatusInAManifestIsContestedWithNobody) {
    const auto* resource = Schema::builtin().findKind({"apps", "v1", "Deployment"});
    const auto live = json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","managedFields":[
        {"manager":"controller","operation":"Update","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:replicas":{}}},"subresource":"status"}]},
        "spec":{"replicas":2},"status":{"replicas":2}})").as_object();
    const auto applied = json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":3},"status":{"replicas":1}})");
    auto written = applyServerSide(*resource->type, resource->kind, &live, applied, {{"kubectl", ""}, false, WallTime{}});
    ASSERT_TRUE(written) << written.error().message;
    std::string owned;
    for (const auto& entry : written.value()["metadata"].at("managedFields").as_array()) owned += json::serialize(entry.at("manager")) + json::serialize(entry.at("fieldsV1"));
    EXPECT_NE(owned.find(R"("controller"{"f:status":{"f:replicas":{}}})"), std::string::npos) << owned;
    EXPECT_NE(owned.find(R"("kubectl"{"f:spec":{"f:replicas":{}}})"), std::string::npos) << owned;
    // Through the subresource it is.
    EXPECT_FALSE(applyServerSide(*resource->type, resource->kind, &live, applied, {{"kubectl", "status"}, false, WallTime{}}));
}

// kubectl apply, then kubectl apply --server-side of the edited file, as kube-apiserver answers it.
TEST(ApplyServerSide, WhoChangesOverFromClientSideApplyContestsOnlyWhatOthersChanged) {
    const auto* resource = Schema::builtin().findKind({"", "v1", "ConfigMap"});
    const auto* name = "kubectl.kubernetes.io/last-applied-configuration";
    auto live = json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1","b":"2"},"metadata":{"name":"c","annotations":{},"managedFields":[
        {"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{},"f:b":{}}}}]}})").as_object();
    live["metadata"].at("annotations").as_object()[name] = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1","b":"1"}})";
    auto applied = json::parse(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"},"data":{"a":"<3","b":"2"}})");
    const auto apply = [&](const char* manager) { return applyServerSide(*resource->type, resource->kind, &live, applied, {{manager, ""}, false, WallTime{}}); };
    auto written = apply("kubectl");
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(written.value()["data"].at("a").as_string(), "<3");
    EXPECT_EQ(written.value()["metadata"].at("annotations").at(name).as_string(), "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"\\u003c3\",\"b\":\"2\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}\n");
    EXPECT_FALSE(apply("somebody"));
    // b was changed by somebody since.
    applied.as_object()["data"].as_object()["b"] = "3";
    const auto refused = apply("kubectl");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: .data.b");
}

TEST(UpdateManagedFields, AnEmptyValueThatEveryNewObjectHasIsOwnedByNobody) {
    const auto event = [](const char* component) {
        return json::object{{"apiVersion", "v1"}, {"kind", "Event"}, {"metadata", json::object{{"name", "e"}}}, {"involvedObject", json::object()}, {"reportingComponent", component}, {"reportingInstance", ""}};
    };
    const FieldManager manager{"kubelet", ""};
    EXPECT_EQ(ownedBy(event("kubelet"), "Event", manager), ownedAfresh(event("kubelet"), "Event", manager));
    EXPECT_NE(ownedBy(event("kubelet"), "Event", manager).find("f:reportingComponent"), std::string::npos);
    EXPECT_EQ(ownedBy(event(""), "Event", manager), ownedAfresh(event(""), "Event", manager));
    EXPECT_EQ(ownedBy(event(""), "Event", manager).find("f:reportingComponent"), std::string::npos);
}

}  // namespace
}  // namespace kubarium::api
