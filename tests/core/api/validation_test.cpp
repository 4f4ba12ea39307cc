#include "core/api/validation.h"

#include "core/api/defaults.h"
#include "core/api/object_decoder.h"
#include "core/api/strategy.h"
#include "tests/core/api/golden.h"

namespace kubarium::api {
namespace {

json::array causesOf(const std::vector<Cause>& causes) {
    json::array result;
    for (const auto& cause : causes) result.push_back(json::object{{"reason", cause.reason}, {"message", cause.message}, {"field", cause.field}});
    return result;
}

// What the API server does with a POST, up to validation. The Status of the failure, or nothing.
std::optional<json::object> refusal(const GoldenExchange& exchange) {
    const auto [resource, nameSpace] = resourceOfPath(exchange.path);
    if (!resource) return json::object{{"message", "no such resource"}};
    const auto failure = [](const Error& error) {
        json::object status{{"message", error.message}, {"code", error.status()}};
        if (!error.causes.empty()) status.emplace("causes", causesOf(error.causes));
        return status;
    };
    auto decoded = decodeObject(Schema::builtin(), resource->kind, toJson(exchange.body), MediaType::Json);
    if (!decoded) return failure(decoded.error());
    auto& object = decoded->object;
    if (!nameSpace.empty()) ensureObject(object, {"metadata"})["namespace"] = nameSpace;
    ensureObject(object, {"metadata"})["uid"] = "00000000-0000-4000-8000-000000000000";
    applyDefaults(resource->kind, object);
    prepareForCreate(*resource, object);
    const auto causes = validateCreate(resource->kind, object);
    if (causes.empty()) return std::nullopt;
    return failure(invalidError(resource->kind, stringAt(object, {"metadata", "name"}), causes));
}

void expectSameVerdicts(const std::string& file) {
    int total = 0;
    for (const auto& exchange : goldenExchanges(file)) {
        ++total;
        const auto got = refusal(exchange);
        json::object expected;
        if (exchange.status >= 400) {
            expected = {{"message", exchange.answer.at("message")}, {"code", exchange.answer.at("code")}};
            const auto* details = exchange.answer.if_contains("details");
            const auto* causes = details && details->is_object() ? details->get_object().if_contains("causes") : nullptr;
            if (causes) expected.emplace("causes", *causes);
        }
        const bool equal = exchange.status < 400 ? !got : got && matchesGolden(expected, *got);
        EXPECT_TRUE(equal) << toJson(exchange.body) << "\n  recorded: " << (exchange.status < 400 ? "accepted" : toJson(expected)) << "\n  here:     " << (got ? toJson(*got) : "accepted");
    }
    EXPECT_GT(total, 0);
}

TEST(Validation, judgesPodsLikeTheApiServer) { expectSameVerdicts("validation-pod.jsonl"); }
TEST(Validation, judgesWorkloadsLikeTheApiServer) { expectSameVerdicts("validation-workloads.jsonl"); }
TEST(Validation, judgesServicesAndNetworkingLikeTheApiServer) { expectSameVerdicts("validation-services.jsonl"); }
TEST(Validation, judgesConfigurationAndStorageLikeTheApiServer) { expectSameVerdicts("validation-config.jsonl"); }
TEST(Validation, judgesPoliciesLikeTheApiServer) { expectSameVerdicts("validation-policy.jsonl"); }
TEST(Validation, acceptsTheSmallestObjectOfEachKind) { expectSameVerdicts("defaults.jsonl"); }

TEST(Validation, anIpAddressIsNamedByItselfInCanonicalForm) {
    const auto problems = [](std::string_view name) {
        const json::object object{{"apiVersion", "networking.k8s.io/v1"}, {"kind", "IPAddress"}, {"metadata", json::object{{"name", name}}}};
        return validateCreate({"networking.k8s.io", "v1", "IPAddress"}, object).size();
    };
    EXPECT_EQ(problems("10.0.0.1"), 0u);
    EXPECT_EQ(problems("fe80::42:1dff:fe84:f9e2"), 0u);
    EXPECT_EQ(problems("fe80:0::1"), 1u);
    EXPECT_EQ(problems("web"), 1u);
}

TEST(Validation, aSeccompProfileLiesInTheFolderOfTheNode) {
    const auto problems = [](std::string_view profile) {
        const json::object security{{"seccompProfile", json::object{{"type", "Localhost"}, {"localhostProfile", profile}}}};
        const json::object container{{"name", "c"}, {"image", "i"}, {"imagePullPolicy", "Always"}, {"terminationMessagePath", "/m"}, {"terminationMessagePolicy", "File"}};
        const json::object spec{{"restartPolicy", "Always"}, {"dnsPolicy", "Default"}, {"containers", json::array{container}}, {"securityContext", security}};
        const json::object object{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", json::object{{"name", "p"}, {"namespace", "default"}}}, {"spec", spec}};
        return validateCreate({"", "v1", "Pod"}, object).size();
    };
    const auto others = problems("profiles/a.json");
    EXPECT_EQ(problems("/etc/a.json"), others + 1);
    EXPECT_EQ(problems("profiles/../../a.json"), others + 1);
    EXPECT_EQ(problems("a..json"), others);
}

}  // namespace
}  // namespace kubarium::api
