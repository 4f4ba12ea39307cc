#include "core/api/object.h"

#include "core/api/changed_object.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace kubarium::api {
namespace {

// Long strings, an object with an index, empty containers, numbers of all kinds, nested arrays.
json::object everything() {
    json::object many;
    for (int i = 0; i < 40; ++i) many["key-number-" + std::to_string(i)] = std::string(static_cast<std::size_t>(i), 'x');
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", {{"name", "a-name-that-is-longer-than-what-a-string-holds-itself"}, {"namespace", "default"}, {"resourceVersion", "17"}, {"labels", std::move(many)}}},
            {"data", json::object()},
            {"list", json::array{1, -2, 3.5, true, nullptr, json::array(), json::array{json::object{{"x", UINT64_MAX}}}}}};
}

TEST(Object, ATreeIsKeptWhole) {
    const auto object = Object::make(everything());
    EXPECT_EQ(object->tree(), everything());
    EXPECT_EQ(json::serialize(object->tree()), json::serialize(everything()));
    EXPECT_EQ(object->name(), "a-name-that-is-longer-than-what-a-string-holds-itself");
    EXPECT_EQ(object->revision(), 17u);
    EXPECT_EQ(Object(json::object()).tree().size(), 0u);
}

TEST(Object, CopiesOfItsTreeOutliveItAndGrow) {
    auto object = Object::make(everything());
    auto tree = object->tree();
    auto labels = *object->find({"metadata", "labels"});
    object.reset();
    EXPECT_EQ(tree, everything());
    for (int i = 0; i < 200; ++i) labels.as_object()["more-" + std::to_string(i)] = json::object{{"y", std::string(100, 'y')}};
    tree["metadata"].as_object()["labels"] = std::move(labels);
    tree["list"].as_array().push_back(std::move(tree["data"]));
    EXPECT_EQ(tree["metadata"].as_object()["labels"].as_object().size(), 240u);
    // Into another tree and back.
    json::object other{{"tree", std::move(tree)}};
    auto back = std::move(other["tree"].as_object());
    EXPECT_EQ(back["metadata"].as_object()["labels"].as_object().at("more-7"), (json::value{{"y", std::string(100, 'y')}}));
}

TEST(Object, AChangedVersionLeavesTheOldOneAsItWas) {
    auto before = Object::make(everything());
    auto after = makeChanged(*before, [](json::object& tree) {
        tree["metadata"].as_object()["name"] = std::string(300, 'n');
        for (int i = 0; i < 50; ++i) ensureObject(tree, {"status", "conditions"})["condition-" + std::to_string(i)] = json::array{i, "text that does not fit into the value itself"};
        tree.erase("data");
        tree["list"].as_array().clear();
    });
    EXPECT_EQ(before->tree(), everything());
    before.reset();
    EXPECT_EQ(after->name(), std::string(300, 'n'));
    EXPECT_EQ(after->revision(), 17u);
    EXPECT_EQ(after->find({"data"}), nullptr);
    EXPECT_EQ(after->find({"status", "conditions"})->as_object().size(), 50u);
    // The next object has nothing to do with it.
    EXPECT_EQ(Object::make({{"kind", "Pod"}})->tree().size(), 1u);
}

// Each refers to the one before, and outlives it.
TEST(Object, AVersionOfAVersionOutlivesThemAll) {
    auto tree = everything();
    tree["spec"] = json::object{{"volumes", json::array{json::object{{"name", "a volume with a name of its own"}}, json::object{{"name", "another volume with a name"}}}},
                                {"containers", json::array{json::object{{"image", "an image with a long name"}, {"volumeMounts", json::array{json::object{{"name", "a volume with a name of its own"}}}}}}}};
    auto object = Object::make(tree);
    const auto* kept = object->find({"spec", "volumes"})->as_array()[1].as_object().begin();
    object = makeRenamed(*object, "a volume with a name of its own", "renamed", [](json::object& changed) { changed["metadata"].as_object()["name"] = "the second"; });
    EXPECT_EQ(object->find({"spec", "volumes"})->as_array()[1].as_object().begin(), kept);  // shared
    tree["metadata"].as_object()["name"] = "the second";
    tree["spec"].as_object()["volumes"].as_array()[0].as_object()["name"] = "renamed";
    tree["spec"].as_object()["containers"].as_array()[0].as_object()["volumeMounts"].as_array()[0].as_object()["name"] = "renamed";
    EXPECT_EQ(object->tree(), tree);
    for (int i = 0; i < 10; ++i) {
        const auto name = "a node with a long name and number " + std::to_string(i);
        object = makeChanged(*object, [&](json::object& changed) { changed["spec"].as_object()["nodeName"] = name; });
        tree["spec"].as_object()["nodeName"] = name;
        EXPECT_EQ(object->tree(), tree);
    }
}

// Objects that are alike share memory; each must be whole by itself, whichever of them are gone.
TEST(Object, ObjectsThatAreAlikeStayIndependent) {
    const auto treeOf = [](int i) {
        json::object container{{"name", "a container with a long name"}, {"image", "registry.example/image:" + std::to_string(i % 3)}, {"args", json::array{"one long argument of many", i % 2}}};
        json::object spec{{"containers", json::array{std::move(container)}}, {"tolerations", json::array{json::object{{"key", "node.kubernetes.io/not-ready"}}}}};
        if (i % 5 == 0) spec["nodeSelector"] = json::object{{"pool", "a pool with a long name"}};
        return json::object{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", "pod-with-a-number-" + std::to_string(i)}, {"labels", {{"app", "an application of some length"}}}}}, {"spec", std::move(spec)},
                            {"status", {{"conditions", json::array{json::object{{"type", "a condition of some length"}, {"status", "False"}}}}}}};
    };
    std::vector<ObjectPtr> made;
    for (int i = 0; i < 200; ++i) made.push_back(Object::make(treeOf(i)));
    for (std::size_t i = 0; i < made.size(); i += 2) made[i].reset();
    std::vector<ObjectPtr> bound;
    for (const auto& pod : made) {
        if (!pod) continue;
        bound.push_back(makeChanged(*pod, [](json::object& tree) {
            ensureObject(tree, {"spec"})["nodeName"] = "a-node-with-a-name-of-some-length";
            ensureObject(tree, {"metadata", "labels"})["app"] = "another application of some length";
            auto& condition = ensureObject(tree, {"status"})["conditions"].as_array()[0].as_object();
            condition["status"] = "True, and for a long time";
        }));
    }
    for (int i = 0; i < 200; ++i)
        if (const auto& pod = made[static_cast<std::size_t>(i)]) {
            EXPECT_EQ(pod->tree(), treeOf(i)) << i;
        }
    made.clear();
    for (int i = 0; i < 100; ++i) {
        auto expected = treeOf(2 * i + 1);
        ensureObject(expected, {"spec"})["nodeName"] = "a-node-with-a-name-of-some-length";
        ensureObject(expected, {"metadata", "labels"})["app"] = "another application of some length";
        expected["status"] = json::object{{"conditions", json::array{json::object{{"type", "a condition of some length"}, {"status", "True, and for a long time"}}}}};
        EXPECT_EQ(bound[static_cast<std::size_t>(i)]->tree(), expected) << i;
    }
    // Kinds of one name need not look alike.
    for (int i = 0; i < 20; ++i) {
        const json::object other{{"kind", "Pod"}, {"spec", i % 2 ? json::value{{"containers", "text that is no list, however long it is"}} : json::value(json::array{json::array{i}})}};
        EXPECT_EQ(Object::make(other)->tree(), other);
    }
    EXPECT_EQ(Object::make(treeOf(7))->tree(), treeOf(7));
}

}  // namespace
}  // namespace kubarium::api
