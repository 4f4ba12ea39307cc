#include "core/api/print.h"

#include "core/api/print_cells.h"
#include "core/api/validation_report.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <map>

namespace kubarium::api {

namespace {

struct Column {
    json::object definition;
    std::string kind;      // "name", "age", "path", "fn", ...
    std::string argument;  // path, or function argument
    std::string fallback;
    CellFunction function = nullptr;
};

std::vector<Column> readColumns(const json::array& facts) {
    std::vector<Column> columns;
    for (const auto& element : facts) {
        const auto& fact = element.as_object();
        Column column;
        const auto name = textAt(fact, "name");
        column.definition = {{"name", json::string(name)},
                             {"type", fact.at("type")},
                             {"format", fact.contains("format") ? fact.at("format") : json::value(name == "Name" ? "name" : "")},
                             {"description", fact.at("description")},
                             {"priority", fact.at("priority")}};
        std::string cell(textAt(fact, "cell"));
        const auto colon = cell.find(':');
        column.kind = cell.substr(0, colon);
        if (colon != cell.npos) column.argument = cell.substr(colon + 1);
        if (column.kind == "fn") {
            const auto split = column.argument.find(':');
            column.function = cellFunction(column.argument.substr(0, split));
            KUBARIUM_ASSERT(column.function != nullptr);
            column.argument = split == std::string::npos ? "" : column.argument.substr(split + 1);
        } else if (const auto bar = column.argument.find('|'); bar != std::string::npos) {
            column.fallback = column.argument.substr(bar + 1);
            column.argument.resize(bar);
        }
        columns.push_back(std::move(column));
    }
    return columns;
}

const std::map<std::string, std::vector<Column>, std::less<>>& allColumns() {
    static const auto all = [] {
        std::map<std::string, std::vector<Column>, std::less<>> result;
        const auto facts = json::parse(embeddedResource("columns.json"));
        for (const auto& [key, columns] : facts.as_object()) result.emplace(key, readColumns(columns.as_array()));
        return result;
    }();
    return all;
}

const std::vector<Column>& defaultColumns() { return allColumns().at("*"); }

const std::vector<Column>& columnsOf(const Resource& resource) {
    const auto& all = allColumns();
    if (resource.kind.kind == "Scale") return all.at("scale.autoscaling");
    const auto it = all.find(resource.id.group.empty() ? resource.id.resource : resource.id.resource + "." + resource.id.group);
    return it == all.end() ? defaultColumns() : it->second;
}

json::value cell(const Column& column, const json::object& object, WallTime now) {
    if (column.function) return column.function({object, now, column.argument});
    const auto& metadata = objectOrEmpty(object, "metadata");
    if (column.kind == "name") return json::string(textAt(metadata, "name"));
    if (column.kind == "age") return json::string(translateTimestamp(textAt(metadata, "creationTimestamp"), now));
    if (column.kind == "created") return json::string(textAt(metadata, "creationTimestamp"));
    const auto* value = valueAtPath(object, column.argument);
    if (column.kind == "int") return value && value->is_number() ? *value : json::value(0);
    if (column.kind == "ageat") return json::string(value ? translateTimestamp(asString(*value), now) : "<none>");
    if (!value || (value->is_string() && value->get_string().empty())) return json::string(column.fallback);
    if (value->is_double()) return json::string(fmt::format("{}", value->get_double()));  // 18, not 1.8E1
    return value->is_string() ? *value : json::value(json::string(json::serialize(*value)));
}

json::object rowObject(const ObjectPtr& object, IncludeObject include) {
    if (include == IncludeObject::Object) return object->tree();
    const auto* metadata = object->tree().if_contains("metadata");
    return {{"kind", "PartialObjectMetadata"}, {"apiVersion", "meta.k8s.io/v1"}, {"metadata", metadata ? *metadata : json::value(json::object())}};
}

// A finished Pod is marked so that clients can dim it.
void addConditions(const Object& object, json::object& row) {
    const auto phase = object.kind() == "Pod" ? object.string({"status", "phase"}) : std::string_view();
    if (phase != "Succeeded" && phase != "Failed") return;
    row.emplace("conditions", json::array{json::object{{"type", "Completed"},
                                                       {"status", "True"},
                                                       {"reason", json::string(phase)},
                                                       {"message", phase == "Succeeded" ? "The pod has completed successfully." : "The pod failed."}}});
}

}  // namespace

json::object makeTable(const Resource& resource, std::span<const ObjectPtr> objects, WallTime now, IncludeObject include, bool withColumns) {
    const auto& columns = columnsOf(resource);
    json::value definitions = nullptr;
    if (withColumns) {
        auto& list = definitions.emplace_array();
        for (const auto& column : columns) list.push_back(column.definition);
    }
    json::array rows;
    rows.reserve(objects.size());
    for (const auto& object : objects) {
        json::array cells;
        cells.reserve(columns.size());
        for (const auto& column : columns) cells.push_back(cell(column, object->tree(), now));
        json::object row{{"cells", std::move(cells)}};
        addConditions(*object, row);
        if (include != IncludeObject::None) row.emplace("object", rowObject(object, include));
        else row.emplace("object", nullptr);
        rows.push_back(std::move(row));
    }
    // The converter of kinds without columns of their own writes no rows as null.
    json::value written = rows.empty() && &columns == &defaultColumns() ? json::value(nullptr) : json::value(std::move(rows));
    return {{"kind", "Table"}, {"apiVersion", "meta.k8s.io/v1"}, {"metadata", json::object()}, {"columnDefinitions", std::move(definitions)}, {"rows", std::move(written)}};
}

std::string humanDuration(Duration duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    if (seconds < -1) return "<invalid>";
    if (seconds < 0) return "0s";
    if (seconds < 120) return fmt::format("{}s", seconds);
    const auto minutes = seconds / 60;
    if (minutes < 10) return seconds % 60 == 0 ? fmt::format("{}m", minutes) : fmt::format("{}m{}s", minutes, seconds % 60);
    if (minutes < 180) return fmt::format("{}m", minutes);
    const auto hours = minutes / 60;
    if (hours < 8) return minutes % 60 == 0 ? fmt::format("{}h", hours) : fmt::format("{}h{}m", hours, minutes % 60);
    if (hours < 48) return fmt::format("{}h", hours);
    const auto days = hours / 24;
    if (hours < 192) return hours % 24 == 0 ? fmt::format("{}d", days) : fmt::format("{}d{}h", days, hours % 24);
    if (hours < 24 * 365 * 2) return fmt::format("{}d", days);
    if (hours < 24 * 365 * 8 && days % 365 != 0) return fmt::format("{}y{}d", days / 365, days % 365);
    return fmt::format("{}y", days / 365);
}

std::string translateTimestamp(std::string_view rfc3339, WallTime now) {
    const auto time = parseTime(rfc3339);
    return time ? humanDuration(now - *time) : "<unknown>";
}

}  // namespace kubarium::api
