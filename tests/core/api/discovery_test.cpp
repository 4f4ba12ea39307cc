#include "core/api/discovery.h"
#include "core/api/openapi.h"

#include "tests/core/api/golden.h"

#include <set>

namespace kubarium::api {
namespace {

const Schema& schema() { return Schema::builtin(); }

TEST(Discovery, theStoredVersionOfAKindHasKubernetesHash) {
    const auto list = resourceList(schema(), "", "v1");
    ASSERT_TRUE(list);
    std::map<std::string, std::string> hashes;
    for (const auto& entry : list->at("resources").as_array())
        if (entry.as_object().contains("storageVersionHash")) hashes[std::string(entry.at("name").as_string())] = entry.at("storageVersionHash").as_string();
    EXPECT_EQ(hashes["configmaps"], "qFsyl6wFWjQ=");
    EXPECT_EQ(hashes["pods"], "xPOwRZ+Yhw8=");
    EXPECT_EQ(hashes["nodes"], "XwShjMxG9Fs=");
}

TEST(Discovery, groupsNameTheirPreferredVersion) {
    const auto autoscaling = groupDocument(schema(), "autoscaling");
    ASSERT_TRUE(autoscaling);
    EXPECT_EQ(toJson(*autoscaling),
              R"({"kind":"APIGroup","apiVersion":"v1","name":"autoscaling","versions":[{"groupVersion":"autoscaling/v2","version":"v2"},{"groupVersion":"autoscaling/v1","version":"v1"}],"preferredVersion":{"groupVersion":"autoscaling/v2","version":"v2"}})");
    EXPECT_FALSE(groupDocument(schema(), "nothing.example.com"));
    EXPECT_FALSE(resourceList(schema(), "apps", "v2"));
}

TEST(Discovery, aggregatedDocumentsHoldSubresourcesBelowTheirResource) {
    const auto document = aggregatedDiscovery(schema(), true, "v2");
    for (const auto& resource : document.at("items").at(0).at("versions").at(0).at("resources").as_array()) {
        if (resource.at("resource") != "pods") continue;
        EXPECT_EQ(resource.at("scope"), "Namespaced");
        std::set<std::string> names;
        for (const auto& one : resource.at("subresources").as_array()) names.emplace(one.at("subresource").as_string());
        EXPECT_TRUE(names.contains("status") && names.contains("exec") && names.contains("eviction"));
    }
    const auto groups = aggregatedDiscovery(schema(), false, "v2");
    EXPECT_EQ(groups.at("items").at(0).at("metadata").at("name"), "apiregistration.k8s.io");
}

TEST(Discovery, ourDecisionsAreFoundByTheirShortNames) {
    const auto list = resourceList(schema(), "kubarium.dev", "v1alpha1");
    ASSERT_TRUE(list);
    bool found = false;
    for (const auto& entry : list->at("resources").as_array()) {
        if (entry.at("name") != "schedulingdecisions") continue;
        found = true;
        EXPECT_EQ(toJson(entry.at("shortNames")), R"(["decision","decisions"])");
        EXPECT_EQ(toJson(entry.at("verbs")), R"(["get","list","watch"])");
    }
    EXPECT_TRUE(found);
}

// Every $ref must lead somewhere, or kubectl refuses the document.
void collectReferences(const json::value& value, std::set<std::string>& into) {
    if (const auto* object = value.if_object()) {
        for (const auto& [key, inner] : *object) {
            if (key == "$ref" && inner.is_string()) into.emplace(inner.get_string());
            else collectReferences(inner, into);
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) collectReferences(element, into);
    }
}

TEST(OpenApi, everyReferenceOfEveryGroupLeadsToADefinition) {
    const auto index = json::parse(openApiIndex(schema()));
    for (const auto& [path, entry] : index.at("paths").as_object()) {
        const auto* text = openApiV3(schema(), path);
        ASSERT_TRUE(text) << std::string_view(path);
        const auto document = json::parse(*text);
        const auto& schemas = document.at("components").at("schemas").as_object();
        std::set<std::string> references;
        collectReferences(document, references);
        for (const auto& reference : references) EXPECT_TRUE(schemas.contains(std::string_view(reference).substr(reference.rfind('/') + 1))) << reference;
    }
    EXPECT_EQ(openApiV3(schema(), "apis/nothing/v1"), nullptr);
}

TEST(OpenApi, kubectlFindsWhatItNeedsForDryRunAndMerging) {
    const auto document = json::parse(openApiV2(schema()));
    EXPECT_EQ(document.at("swagger"), "2.0");
    const auto& containers = document.at("definitions").at("io.k8s.api.core.v1.PodSpec").at("properties").at("containers");
    EXPECT_EQ(containers.at("x-kubernetes-patch-merge-key"), "name");
    EXPECT_EQ(containers.at("x-kubernetes-patch-strategy"), "merge");
    const auto v3 = json::parse(*openApiV3(schema(), "apis/apps/v1"));
    const auto& patch = v3.at("paths").at("/apis/apps/v1/namespaces/{namespace}/deployments/{name}").at("patch");
    EXPECT_EQ(patch.at("x-kubernetes-action"), "patch");
    EXPECT_EQ(patch.at("x-kubernetes-group-version-kind").at("kind"), "Deployment");
    bool dryRun = false;
    for (const auto& parameter : patch.at("parameters").as_array()) dryRun = dryRun || parameter.at("name") == "dryRun";
    EXPECT_TRUE(dryRun);
}

// The length-delimited members of a protobuf message with one number.
std::vector<std::string_view> protobufMembers(std::string_view bytes, std::uint32_t wanted) {
    std::vector<std::string_view> found;
    const auto varint = [&] {
        std::uint64_t value = 0;
        for (int shift = 0; !bytes.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(bytes.front());
            bytes.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) break;
        }
        return value;
    };
    while (!bytes.empty()) {
        const auto tag = varint();
        if ((tag & 7) == 0) {
            varint();
            continue;
        }
        EXPECT_EQ(tag & 7, 2u);
        const auto size = varint();
        if (size > bytes.size()) {
            ADD_FAILURE() << "a member that is longer than its message";
            return found;
        }
        if (tag >> 3 == wanted) found.push_back(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    return found;
}

TEST(OpenApi, theProtobufSaysWhatTheJsonSays) {
    const auto document = json::parse(openApiV2(Schema::builtin())).as_object();
    const std::string_view bytes = openApiV2Protobuf(Schema::builtin());
    ASSERT_EQ(protobufMembers(bytes, 1).at(0), "2.0");
    const auto definitions = protobufMembers(protobufMembers(bytes, 9).at(0), 1);
    EXPECT_EQ(definitions.size(), document.at("definitions").as_object().size());
    EXPECT_EQ(protobufMembers(protobufMembers(bytes, 8).at(0), 2).size(), document.at("paths").as_object().size());
    const auto& pod = document.at("definitions").at("io.k8s.api.core.v1.PodSpec").as_object();
    bool seen = false;
    for (const auto definition : definitions) {
        if (protobufMembers(definition, 1).at(0) != "io.k8s.api.core.v1.PodSpec") continue;
        seen = true;
        const auto schema = protobufMembers(definition, 2).at(0);
        EXPECT_EQ(protobufMembers(schema, 4).at(0), std::string_view(pod.at("description").as_string()));
        EXPECT_EQ(protobufMembers(schema, 19).at(0), "containers");
        const auto properties = protobufMembers(protobufMembers(schema, 25).at(0), 1);
        EXPECT_EQ(properties.size(), pod.at("properties").as_object().size());
        for (const auto property : properties)
            if (protobufMembers(property, 1).at(0) == "containers") {
                const auto value = protobufMembers(property, 2).at(0);
                EXPECT_EQ(protobufMembers(protobufMembers(value, 22).at(0), 1).at(0), "array");
                // Extensions, as YAML: the merge key that client-side apply goes by.
                bool mergeKey = false;
                for (const auto extension : protobufMembers(value, 31))
                    mergeKey = mergeKey || (protobufMembers(extension, 1).at(0) == "x-kubernetes-patch-merge-key" && protobufMembers(protobufMembers(extension, 2).at(0), 2).at(0) == "\"name\"\n");
                EXPECT_TRUE(mergeKey);
            }
    }
    EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace kubarium::api
