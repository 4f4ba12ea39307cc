#include "core/apiserver/presentation.h"

#include "core/api/codec.h"
#include "core/api/print.h"
#include "core/apiserver/status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kubarium::apiserver {
namespace {

struct MediaRange {
    std::string type;
    std::map<std::string, std::string> parameters;
    double quality = 1;
};

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(at);
        parts.push_back(trim(text.substr(0, end)));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<MediaRange> parseAccept(std::string_view accept) {
    std::vector<MediaRange> ranges;
    for (const auto part : split(accept, ',')) {
        const auto pieces = split(part, ';');
        MediaRange range;
        range.type = pieces.front();
        for (std::size_t i = 1; i < pieces.size(); ++i) {
            const auto equals = pieces[i].find('=');
            if (equals == std::string_view::npos) continue;
            range.parameters.emplace(pieces[i].substr(0, equals), pieces[i].substr(equals + 1));
        }
        if (const auto q = range.parameters.find("q"); q != range.parameters.end()) range.quality = std::strtod(q->second.c_str(), nullptr);
        ranges.push_back(std::move(range));
    }
    std::ranges::stable_sort(ranges, [](const MediaRange& a, const MediaRange& b) { return a.quality > b.quality; });
    return ranges;
}

std::string parameter(const MediaRange& range, const std::string& name) {
    const auto it = range.parameters.find(name);
    return it == range.parameters.end() ? std::string() : it->second;
}

json::object withoutType(const json::object& object) {
    json::object stripped;
    stripped.reserve(object.size());
    for (const auto& [key, value] : object)
        if (key != "kind" && key != "apiVersion") stripped.emplace(key, value);
    return stripped;
}

// {"kind":...,"apiVersion":... first, as the API server writes it; the rest in the order of the tree.
void appendObject(std::string& out, const json::object& object, bool withType) {
    out += '{';
    bool first = true;
    const auto member = [&](std::string_view key, const json::value& value) {
        if (!std::exchange(first, false)) out += ',';
        out += json::serialize(json::string(key));
        out += ':';
        out += json::serialize(value);
    };
    if (withType)
        for (const auto* key : {"kind", "apiVersion"})
            if (const auto* value = object.if_contains(key)) member(key, *value);
    for (const auto& [key, value] : object)
        if (key != "kind" && key != "apiVersion") member(key, value);
    out += '}';
}

json::object listMetadata(const ListBody& list) {
    json::object metadata;
    if (!list.resourceVersion.empty()) metadata["resourceVersion"] = list.resourceVersion;
    if (!list.continueToken.empty()) metadata["continue"] = list.continueToken;
    if (list.remaining) metadata["remainingItemCount"] = *list.remaining;
    return metadata;
}

json::object partialMetadata(const json::object& object, const std::string& version) {
    json::object partial{{"kind", "PartialObjectMetadata"}, {"apiVersion", "meta.k8s.io/" + version}};
    const auto* metadata = object.if_contains("metadata");
    partial["metadata"] = metadata ? *metadata : json::value(json::object());
    return partial;
}

api::IncludeObject includeOf(const Presentation& presentation) {
    if (presentation.includeObject == "None") return api::IncludeObject::None;
    return presentation.includeObject == "Object" ? api::IncludeObject::Object : api::IncludeObject::Metadata;
}

json::object tableOf(const Presentation& presentation, std::span<const ObjectPtr> objects, bool withColumns) {
    auto table = api::makeTable(*presentation.resource, objects, presentation.now, includeOf(presentation), withColumns);
    const auto version = "meta.k8s.io/" + presentation.metaVersion;
    table["apiVersion"] = version;
    if (presentation.metaVersion != "v1" && includeOf(presentation) == api::IncludeObject::Metadata)
        if (auto* rows = table["rows"].if_array())
            for (auto& row : *rows) row.as_object()["object"].as_object()["apiVersion"] = version;
    return table;
}

// A kind that is decoded into a Go struct writes lists whose items have no kind; custom resources keep it.
bool itemsHaveType(const api::Resource& resource) { return resource.type && resource.type->keepUnknownFields; }

json::object objectTree(const Presentation& presentation, const ObjectPtr& object) {
    if (presentation.form == Form::PartialMetadata) return partialMetadata(object->tree(), presentation.metaVersion);
    if (presentation.form == Form::Table) {
        auto table = tableOf(presentation, {&object, 1}, true);
        table["metadata"] = json::object{{"resourceVersion", object->resourceVersion()}};
        return table;
    }
    return object->tree();
}

json::object shapedList(const Presentation& presentation, const ListBody& list) {
    if (presentation.form == Form::Table) {
        auto table = tableOf(presentation, list.items, true);
        table["metadata"] = listMetadata(list);
        return table;
    }
    json::array items;
    for (const auto& item : list.items) items.push_back(partialMetadata(item->tree(), presentation.metaVersion));
    return {{"kind", "PartialObjectMetadataList"}, {"apiVersion", "meta.k8s.io/" + presentation.metaVersion}, {"metadata", listMetadata(list)}, {"items", std::move(items)}};
}

std::string plainList(const ListBody& list, const api::Resource& resource) {
    std::string out = fmt::format(R"({{"kind":"{}List","apiVersion":"{}","metadata":)", resource.kind.kind, resource.kind.apiVersion());
    out += json::serialize(listMetadata(list));
    out += ",\"items\":[";
    const bool typed = itemsHaveType(resource);
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        if (i > 0) out += ',';
        appendObject(out, list.items[i]->tree(), typed);
    }
    out += "]}\n";
    return out;
}

std::string encodeTree(const Presentation& presentation, const json::object& tree) {
    if (presentation.encoding == Encoding::Yaml) return api::toYaml(json::value(tree));
    if (presentation.pretty) return api::toPrettyJson(json::value(tree));
    std::string out;
    appendObject(out, tree, true);
    out += '\n';
    return out;
}

std::string_view eventName(client::WatchEventType type) {
    switch (type) {
        case client::WatchEventType::Added: return "ADDED";
        case client::WatchEventType::Modified: return "MODIFIED";
        case client::WatchEventType::Deleted: return "DELETED";
        case client::WatchEventType::Bookmark: return "BOOKMARK";
        case client::WatchEventType::Error: return "ERROR";
    }
    return "";
}

// A type that is served at all, but not in the form that its parameters ask for, gets a Status; anything else the words of the
// router in front of the API.
Error notAcceptable(std::string_view accept) {
    constexpr std::array<std::string_view, 4> served{"application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "*/*"};
    const auto ranges = parseAccept(accept);
    const bool parameters = std::ranges::any_of(ranges, [&](const MediaRange& range) { return std::ranges::find(served, range.type) != served.end() && !parameter(range, "as").empty(); });
    if (parameters) return makeError(Reason::NotAcceptable, "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf");
    return makeError(Reason::NotAcceptable,
                     "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, "
                     "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch");
}

// A Go type as %T prints it: *core.ServiceAccountList.
std::string internalType(const api::Resource& resource, std::string_view suffix) {
    const auto group = resource.kind.group.substr(0, resource.kind.group.find('.'));
    return fmt::format("*{}.{}{}", group.empty() ? "core" : group, resource.kind.kind, suffix);
}

}  // namespace

Result<bool> wantsAggregatedDiscovery(std::string_view accept) {
    if (trim(accept).empty()) return false;
    for (const auto& range : parseAccept(accept)) {
        if (range.type != "application/json" && range.type != "*/*" && range.type != "application/yaml") continue;
        const auto as = parameter(range, "as");
        if (as.empty()) return false;
        if (as == "APIGroupDiscoveryList" && parameter(range, "g") == "apidiscovery.k8s.io" && parameter(range, "v") == "v2") return true;
    }
    return notAcceptable(accept);
}

Result<void> checkPartialMetadata(const Presentation& presentation, const Response& response) {
    if (presentation.form != Form::PartialMetadata || !presentation.resource) return {};
    const bool list = std::holds_alternative<ListBody>(response.body), object = std::holds_alternative<ObjectPtr>(response.body);
    if (list && !presentation.partialList)
        return makeError(Reason::NotAcceptable,
                         fmt::format("you requested PartialObjectMetadata, but the requested object is a list ({})", internalType(*presentation.resource, "List")));
    if (object && presentation.partialList)
        return makeError(Reason::NotAcceptable,
                         fmt::format("you requested PartialObjectMetadataList, but the requested object is not a list ({})", internalType(*presentation.resource, "")));
    return {};
}

Result<Presentation> negotiateAccept(std::string_view accept, const api::Resource* resource) {
    Presentation presentation;
    presentation.resource = resource;
    if (trim(accept).empty()) return presentation;
    for (const auto& range : parseAccept(accept)) {
        const bool any = range.type == "*/*";
        if (!any && range.type != "application/json" && range.type != "application/yaml") continue;
        const auto as = parameter(range, "as");
        // A question that is answered and not kept has neither columns nor metadata of interest.
        const bool plainOnly = resource && resource->subresource.empty() && !resource->hasVerb("get") && !resource->hasVerb("list");
        if (!as.empty() && plainOnly) continue;
        if (!as.empty()) {
            const auto version = parameter(range, "v");
            if (parameter(range, "g") != "meta.k8s.io" || (version != "v1" && version != "v1beta1")) continue;
            if (as == "Table")
                presentation.form = Form::Table;
            else if (as == "PartialObjectMetadata" || as == "PartialObjectMetadataList")
                presentation.form = Form::PartialMetadata;
            else
                continue;
            presentation.metaVersion = version;
            presentation.partialList = as == "PartialObjectMetadataList";
        }
        presentation.encoding = range.type == "application/yaml" ? Encoding::Yaml : Encoding::Json;
        return presentation;
    }
    return notAcceptable(accept);
}

json::object listTree(const ListBody& list, const api::Resource& resource) {
    json::array items;
    const bool typed = itemsHaveType(resource);
    for (const auto& item : list.items) items.push_back(typed ? item->tree() : withoutType(item->tree()));
    return {{"kind", resource.kind.kind + "List"}, {"apiVersion", resource.kind.apiVersion()}, {"metadata", listMetadata(list)}, {"items", std::move(items)}};
}

std::string contentTypeOf(const Response& response) {
    if (!response.contentType.empty()) return response.contentType;
    return response.presentation.encoding == Encoding::Yaml && !response.watch ? "application/yaml" : "application/json";
}

std::string renderBody(const Response& response) {
    const auto& presentation = response.presentation;
    if (const auto* text = std::get_if<std::string>(&response.body)) return *text;
    if (const auto* tree = std::get_if<json::value>(&response.body))
        return tree->is_object() ? encodeTree(presentation, tree->get_object()) : json::serialize(*tree);
    if (const auto* object = std::get_if<ObjectPtr>(&response.body)) {
        if (presentation.form == Form::Object && presentation.encoding == Encoding::Json && !presentation.pretty) {
            std::string out;
            appendObject(out, (*object)->tree(), true);
            return out += '\n';
        }
        return encodeTree(presentation, objectTree(presentation, *object));
    }
    if (const auto* list = std::get_if<ListBody>(&response.body)) {
        if (presentation.form != Form::Object) return encodeTree(presentation, shapedList(presentation, *list));
        if (presentation.encoding == Encoding::Json && !presentation.pretty) return plainList(*list, *presentation.resource);
        return encodeTree(presentation, listTree(*list, *presentation.resource));
    }
    return {};
}

std::string renderFrame(const Presentation& presentation, const WatchFrame& frame, bool first) {
    std::string out = fmt::format(R"({{"type":"{}","object":)", eventName(frame.type));
    if (frame.type == client::WatchEventType::Error) {
        appendObject(out, statusOf(frame.error), true);
    } else if (frame.type == client::WatchEventType::Bookmark && presentation.form == Form::Table) {
        json::object table{{"kind", "Table"}, {"apiVersion", "meta.k8s.io/" + presentation.metaVersion}, {"metadata", json::object{{"resourceVersion", frame.object->resourceVersion()}}}};
        table["columnDefinitions"] = nullptr;
        table["rows"] = json::array();
        appendObject(out, table, true);
    } else if (presentation.form == Form::Table) {
        auto table = tableOf(presentation, {&frame.object, 1}, first);
        table["metadata"] = json::object{{"resourceVersion", frame.object->resourceVersion()}};
        appendObject(out, table, true);
    } else {
        appendObject(out, presentation.form == Form::PartialMetadata ? partialMetadata(frame.object->tree(), presentation.metaVersion) : frame.object->tree(), true);
    }
    out += "}\n";
    return out;
}

}  // namespace kubarium::apiserver
