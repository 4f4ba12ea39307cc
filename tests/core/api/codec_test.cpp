#include "core/api/codec.h"

#include "core/api/object_decoder.h"
#include "core/api/schema.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kubarium::api {
namespace {

std::string yamlAsJson(std::string_view text) {
    const auto parsed = parseYaml(text);
    return parsed ? toJson(parsed->value) : parsed.error().message;
}

std::string jsonError(std::string_view text) {
    const auto parsed = parseJson(text);
    return parsed ? "" : parsed.error().message;
}

TEST(Json, failuresAreWordedAsGoWordsThem) {
    EXPECT_EQ(jsonError("{"), "unexpected end of JSON input");
    EXPECT_EQ(jsonError(""), "unexpected end of JSON input");
    EXPECT_EQ(jsonError("{not json"), "invalid character 'n' looking for beginning of object key string");
    EXPECT_EQ(jsonError("{} trailing"), "invalid character 't' after top-level value");
    EXPECT_EQ(jsonError("nope"), "invalid character 'o' in literal null (expecting 'u')");
    EXPECT_EQ(jsonError("[1 2]"), "invalid character '2' after array element");
    EXPECT_EQ(jsonError("{\"a\" 1}"), "invalid character '1' after object key");
    EXPECT_EQ(jsonError("\"\\x\""), "invalid character 'x' in string escape code");
}

TEST(Json, aHostileDepthIsRefusedWithoutHarm) { EXPECT_EQ(jsonError(std::string(1'000'000, '[')), "exceeded max depth"); }

TEST(Json, keysGivenTwiceAreNamedAndTheLastOneWins) {
    const auto parsed = parseJson(R"({"a":{"b":1,"b":2},"c":[{"d":1,"d":3}]})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->duplicates, (std::vector<std::string>{"a.b", "c[0].d"}));
    EXPECT_EQ(toJson(parsed->value), R"({"a":{"b":2},"c":[{"d":3}]})");
}

TEST(Json, textThatIsNoUtf8BecomesReplacementCharacters) {
    const auto parsed = parseJson("\"a\xff\"");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(std::string(parsed->value.as_string()), "a\xef\xbf\xbd");
}

TEST(Yaml, followsVersionOnePointOneLikeKubectl) {
    EXPECT_EQ(yamlAsJson("a: on\nb: no\nc: 0x1f\nd: 010\ne: 1_000\nf: ~\ng: 1.5\nh: 1e3\ni: 2001-01-01\nj: '5'"),
              R"({"a":true,"b":false,"c":31,"d":8,"e":1000,"f":null,"g":1.5,"h":1000,"i":"2001-01-01","j":"5"})");
    EXPECT_EQ(yamlAsJson("n: x"), R"({"false":"x"})");
    EXPECT_EQ(yamlAsJson("base: &b {x: 1}\nderived:\n  <<: *b\n  z: 2"), R"({"base":{"x":1},"derived":{"z":2,"x":1}})");
    const auto documents = parseYamlDocuments("---\na: 1\n---\n---\nb: 2\n");
    ASSERT_TRUE(documents);
    EXPECT_EQ(documents->size(), 2u);
}

TEST(Yaml, whatCannotBeginADocumentIsRefusedInsteadOfReadForEver) {
    EXPECT_FALSE(parseYamlDocuments(",\"kind\":\"Pod\""));
    EXPECT_FALSE(parseYamlDocuments("a: 1\n---\n]"));
}

TEST(Yaml, anAliasBombIsRefused) {
    std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i) {
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j) text += (j ? ",*a" : "*a") + std::to_string(i - 1);
        text += "]\n";
    }
    EXPECT_NE(yamlAsJson(text).find("excessive aliasing"), std::string::npos);
}

TEST(Yaml, duplicateKeysAreNamedWithTheirLine) {
    const auto parsed = parseYaml("a: 1\nb:\n  k: x\n  k: y\n");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->duplicates, std::vector<std::string>{"line 4: key \"k\" already set in map"});
}

TEST(Yaml, writesWhatKubectlPrints) {
    const json::value value = {{"b", {1, "two", {{"x", "y"}, {"z", json::array()}}}},
                               {"a", {{"empty", ""}, {"yes", "yes"}, {"number", "5"}, {"colon", "a: b"}, {"date", "2024-01-01T00:00:00Z"}, {"text", "one\ntwo\n"}, {"cut", "one\ntwo"}, {"object", json::object()}, {"flag", true}}}};
    EXPECT_EQ(toYaml(value),
              "a:\n  colon: 'a: b'\n  cut: |-\n    one\n    two\n  date: \"2024-01-01T00:00:00Z\"\n  empty: \"\"\n  flag: true\n  number: \"5\"\n  object: {}\n"
              "  text: |\n    one\n    two\n  \"yes\": \"yes\"\nb:\n- 1\n- two\n- x: \"y\"\n  z: []\n");
}

TEST(Yaml, whatIsWrittenIsReadBackTheSame) {
    const json::value value = {{"s", {"", " lead", "trail ", "a#b", "a #b", "- x", "? y", "'q'", "\"d\"", "@at", "tab\tin", "multi\n\nline\n", "%x", "0x10", "null", "~", "1.0", "é", "{a}", "*x", "&y", "!t", "|", ">"}},
                               {"deep", {{"list", {json::array{1, json::array{2, 3}}, json::object{{"k", json::array{json::object{{"m", "n"}}}}}}}}}};
    const auto parsed = parseYaml(toYaml(value));
    ASSERT_TRUE(parsed) << toYaml(value);
    EXPECT_EQ(parsed->value, value) << toYaml(value);
}

std::string decodeError(std::string_view body) {
    const auto decoded = decodeObject(Schema::builtin(), {"", "v1", "ConfigMap"}, body, MediaType::Json);
    return decoded ? "" : decoded.error().message;
}

TEST(Decoder, failuresAreThoseOfTheApiServer) {
    EXPECT_EQ(decodeError("{"), "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({)");
    EXPECT_EQ(decodeError(""), "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)");
    EXPECT_EQ(decodeError(R"({"apiVersion":1,"kind":"ConfigMap"})"),
              "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .apiVersion of type string ({\"apiVersion\":1,\"kind\":\"Config ...)");
    EXPECT_EQ(decodeError(R"({"apiVersion":"v1","kind":"configmap"})"),
              "configmap in version \"v1\" cannot be handled as a ConfigMap: no kind \"configmap\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:110\"");
    EXPECT_EQ(decodeError(R"({"metadata":{"name":5}})"), "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string");
    EXPECT_EQ(decodeError(R"({"metadata":{"labels":["a"]}})"), "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string");
    EXPECT_EQ(decodeError(R"({"data":{"a":true}})"), "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal bool into Go struct field ConfigMap.data of type string");
}

TEST(Decoder, unknownAndDuplicateFieldsAreReportedInTheOrderOfTheBody) {
    const auto decoded = decodeObject(Schema::builtin(), {"", "v1", "ConfigMap"}, R"({"metadata":{"name":"x","foo":1},"data":{"a":"1","a":"2"},"bar":1,"Data":{}})", MediaType::Json);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->strictErrors, (std::vector<std::string>{"unknown field \"metadata.foo\"", "duplicate field \"data.a\"", "unknown field \"bar\"", "unknown field \"Data\""}));
    EXPECT_EQ(toJson(decoded->object), R"({"metadata":{"name":"x"},"data":{"a":"2"},"apiVersion":"v1","kind":"ConfigMap"})");
}

// With one that went through it before, members that are as there are left as they are; the outcome is the same.
TEST(Decoder, whatIsKnownToBeNormalMakesNoDifference) {
    const GroupVersionKind pod{"", "v1", "Pod"};
    const auto known = decodeObject(Schema::builtin(), pod, R"({"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1000m"}}}]}})", MediaType::Json);
    ASSERT_TRUE(known);
    const auto normal = json::serialize(known->object.at("spec"));
    for (const auto& body : {R"({"metadata":{"name":"b"},"spec":)" + normal + "}", R"({"metadata":{"name":"b","foo":1},"spec":)" + normal + R"(,"bar":{}})",
                             R"({"metadata":{"name":"b"},"metadata":{"name":"c"},"spec":)" + normal + "}",
                             std::string(R"({"metadata":{"name":"b"},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1000m"}},"foo":1}]}})")}) {
        const auto expected = decodeObject(Schema::builtin(), pod, body, MediaType::Json);
        const auto decoded = decodeObject(Schema::builtin(), pod, body, MediaType::Json, &known->object);
        ASSERT_TRUE(expected && decoded) << body;
        EXPECT_EQ(json::serialize(decoded->object), json::serialize(expected->object)) << body;
        EXPECT_EQ(decoded->strictErrors, expected->strictErrors) << body;
    }
    // A duplicate within a member that is as known.
    auto twice = R"({"metadata":{"name":"b"},"spec":)" + normal + "}";
    twice.insert(twice.find(R"("name":"c")"), R"("name":"c",)");
    EXPECT_EQ(decodeObject(Schema::builtin(), pod, twice, MediaType::Json, &known->object)->strictErrors, std::vector<std::string>{R"(duplicate field "spec.containers[0].name")"});
}

TEST(Decoder, aTreeIsNormalisedAsIfItWentThroughGoStructs) {
    const auto decoded = decodeObject(Schema::builtin(), {"", "v1", "Pod"},
                                      R"({"metadata":{"name":"x","labels":null,"creationTimestamp":null},"spec":{"hostNetwork":false,"nodeName":"","containers":[{"name":"c","image":"i","args":[],"resources":{"limits":{"cpu":"0.5","memory":1024}}}],"priority":0},"status":{}})",
                                      MediaType::Json);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(toJson(decoded->object.at("spec")), R"({"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"500m","memory":"1024"}}}],"priority":0})");
    EXPECT_EQ(toJson(decoded->object.at("metadata")), R"({"name":"x"})");
}

TEST(Decoder, yearsThatAClockCannotHoldAreKeptAsTheyAreWritten) {
    const auto leaseSpec = [](std::string_view acquired) {
        const auto body = fmt::format(R"({{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"l","creationTimestamp":"{0}"}},"spec":{{"acquireTime":"{0}"}}}})", acquired);
        const auto decoded = decodeObject(Schema::builtin(), {"coordination.k8s.io", "v1", "Lease"}, body, MediaType::Json);
        EXPECT_TRUE(decoded);
        return std::pair(std::string(stringAt(decoded->object, {"spec", "acquireTime"})), std::string(stringAt(decoded->object, {"metadata", "creationTimestamp"})));
    };
    EXPECT_EQ(leaseSpec("0001-01-01T00:00:02Z"), std::pair(std::string("0001-01-01T00:00:02.000000Z"), std::string("0001-01-01T00:00:02Z")));
    EXPECT_EQ(leaseSpec("9999-12-31T23:59:59.25Z"), std::pair(std::string("9999-12-31T23:59:59.250000Z"), std::string("9999-12-31T23:59:59Z")));
    EXPECT_EQ(leaseSpec("2026-02-03T04:05:06.7+01:00").first, "2026-02-03T03:05:06.700000Z");
}

}  // namespace
}  // namespace kubarium::api
