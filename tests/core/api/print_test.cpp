#include "core/api/print.h"

#include "tests/core/api/golden.h"

namespace kubarium::api {
namespace {

WallTime at(std::string_view text) { return *parseTime(text); }

// Times that were placeholders become a real one.
void fillTimes(json::value& value) {
    if (auto* text = value.if_string()) {
        if (*text == "${time}" || *text == "${microtime}") *text = "2026-01-01T00:00:00Z";
    } else if (auto* object = value.if_object()) {
        for (auto& member : *object) fillTimes(member.value());
    } else if (auto* array = value.if_array()) {
        for (auto& element : *array) fillTimes(element);
    }
}

void expectSameCells(const std::string& file) {
    int rows = 0;
    for (auto& line : goldenLines(file)) {
        const auto [resource, nameSpace] = resourceOfPath(std::string(line.at("path").as_string()));
        ASSERT_TRUE(resource) << toJson(line.at("path"));
        json::value object = line.at("object");
        fillTimes(object);
        const auto pointer = Object::make(object.as_object());
        const auto table = makeTable(*resource, std::span(&pointer, 1), at("2026-01-01T00:00:05Z"));
        const auto& cells = table.at("rows").at(0).at("cells");
        const auto& recorded = line.at("cells").as_array();
        ASSERT_EQ(recorded.size(), cells.as_array().size()) << toJson(line.at("path"));
        for (std::size_t i = 0; i < recorded.size(); ++i) {
            // Durations that the recording measured against its own day.
            const bool timed = recorded[i].is_string() && std::string_view(recorded[i].get_string()).find("ago)") != std::string_view::npos;
            if (timed) continue;
            EXPECT_TRUE(matchesGolden(recorded[i], cells.at(i))) << toJson(line.at("path")) << " column " << i << ": recorded " << toJson(recorded[i]) << ", here " << toJson(cells.at(i));
        }
        ++rows;
    }
    EXPECT_GT(rows, 5);
}

TEST(Tables, rowsOfEveryKindReadLikeThoseOfTheApiServer) { expectSameCells("table-rows.jsonl"); }
TEST(Tables, theStatesOfAPodReadLikeThoseOfTheApiServer) { expectSameCells("table-pods.jsonl"); }

TEST(Tables, everyResourceThatCanBeListedHasColumns) {
    for (const auto* resource : Schema::builtin().resources()) {
        if (!resource->subresource.empty() || !resource->hasVerb("list")) continue;
        const auto object = Object::make({{"apiVersion", resource->kind.apiVersion()}, {"kind", resource->kind.kind}, {"metadata", json::object{{"name", "x"}}}});
        const auto table = makeTable(*resource, std::span(&object, 1), at("2026-01-01T00:00:00Z"), IncludeObject::None);
        EXPECT_EQ(table.at("columnDefinitions").as_array().size(), table.at("rows").at(0).at("cells").as_array().size()) << resource->id.resource;
    }
}

TEST(Tables, laterEventsOfAWatchComeWithoutColumns) {
    const auto* resource = Schema::builtin().findResource("", "v1", "configmaps");
    const auto object = Object::make({{"metadata", json::object{{"name", "x"}}}});
    const auto table = makeTable(*resource, std::span(&object, 1), at("2026-01-01T00:00:00Z"), IncludeObject::Object, false);
    EXPECT_TRUE(table.at("columnDefinitions").is_null());
    EXPECT_EQ(table.at("rows").at(0).at("object").at("metadata").at("name"), "x");
}

TEST(Tables, agesAreRoundedAsKubectlRoundsThem) {
    using namespace std::chrono_literals;
    const std::pair<Duration, const char*> cases[]{{0s, "0s"}, {119s, "119s"}, {120s, "2m"}, {130s, "2m10s"}, {15min, "15m"}, {200min, "3h20m"}, {8h, "8h"}, {47h, "47h"}, {49h, "2d1h"}, {240h, "10d"}, {24h * 800, "2y70d"}, {-5s, "<invalid>"}};
    for (const auto& [duration, text] : cases) EXPECT_EQ(humanDuration(duration), text);
    EXPECT_EQ(translateTimestamp("", at("2026-01-01T00:00:00Z")), "<unknown>");
}

TEST(Tables, ourOwnKindsReadWell) {
    const auto* decisions = Schema::builtin().findResource("kubarium.dev", "v1alpha1", "schedulingdecisions");
    ASSERT_TRUE(decisions);
    const auto decision = Object::make(json::parse(R"({"metadata":{"name":"web.1","creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"podName":"web"},
        "status":{"attempt":2,"result":"Scheduled","selectedNode":"worker-b","feasibleNodes":2,"evaluatedNodes":3,"nominatedNode":"worker-c","explanation":{"en":"It had the most room."}}})").as_object());
    const auto table = makeTable(*decisions, std::span(&decision, 1), at("2026-01-01T00:01:00Z"), IncludeObject::None);
    EXPECT_EQ(toJson(table.at("rows").at(0).at("cells")), R"(["web.1","web",2,"Scheduled","worker-b","2/3","60s","worker-c","It had the most room."])");
}

}  // namespace
}  // namespace kubarium::api
