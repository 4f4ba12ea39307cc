#include "core/api/managed_fields.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace kubarium::api
