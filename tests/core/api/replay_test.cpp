// Recorded conversations replayed against the pure functions: a server of a few lines that decodes, patches, defaults, prepares,
// validates and keeps objects in a map, as core/apiserver does with a store.
#include "core/api/defaults.h"
#include "core/api/go_text.h"
#include "core/api/managed_fields.h"
#include "core/api/object_decoder.h"
#include "core/api/patch.h"
#include "core/api/strategy.h"
#include "core/api/validation.h"
#include "tests/core/api/golden.h"

#include <fmt/format.h>

namespace kubarium::api {
namespace {

struct Request {
    std::string method, path, contentType;
    std::map<std::string, std::string> query;
    std::string body;
};

class PureServer {
public:
    Result<json::object> handle(const Request& request, bool& created) {
        const auto [resource, nameSpace] = resourceOfPath(request.path);
        if (!resource) return badRequest("no such resource");
        resource_ = resource;
        nameSpace_ = nameSpace;
        const auto lastSlash = request.path.rfind('/');
        const auto last = request.path.substr(lastSlash + 1);
        name_ = last == resource->id.resource ? "" : last;
        manager_ = {request.query.contains("fieldManager") ? request.query.at("fieldManager") : "oracle", ""};
        dryRun_ = request.query.contains("dryRun");
        strict_ = request.query.contains("fieldValidation") && request.query.at("fieldValidation") == "Strict";
        created = request.method == "POST";
        if (request.method == "POST") return create(request);
        const auto it = objects_.find(key(name_));
        const auto* existing = it == objects_.end() ? nullptr : &it->second;
        if (request.method == "PATCH" && request.contentType == "application/apply-patch+yaml") return apply(request, existing, created);
        if (!existing) return makeError(Reason::NotFound, "not found");
        auto changed = request.method == "PUT" ? replaced(request) : patched(request, *existing);
        if (!changed) return std::move(changed.error());
        return update(*existing, std::move(*changed), false);
    }

private:
    std::string key(const std::string& name) const { return resource_->id.resource + "/" + nameSpace_ + "/" + name; }
    static WallTime now() { return WallTime(std::chrono::seconds(1'700'000'000)); }

    Result<json::object> create(const Request& request) {
        auto decoded = decodeObject(Schema::builtin(), resource_->kind, request.body, MediaType::Json);
        if (!decoded) return std::move(decoded.error());
        return store(nullptr, std::move(decoded->object), false);
    }
    Result<json::object> store(const json::object* live, json::object object, bool applied) {
        {
            auto& metadata = ensureObject(object, {"metadata"});
            if (!nameSpace_.empty()) metadata["namespace"] = nameSpace_;
            metadata["uid"] = fmt::format("00000000-0000-4000-8000-{:012}", ++lastUid_);
            metadata["creationTimestamp"] = formatTime(now());
        }
        applyDefaults(resource_->kind, object);
        if (!applied) updateManagedFields(*resource_->type, resource_->kind, live, object, manager_, now());
        prepareForCreate(*resource_, object);
        allocate(object);
        if (auto causes = validateCreate(resource_->kind, object); !causes.empty()) return invalidError(resource_->kind, stringAt(object, {"metadata", "name"}), std::move(causes));
        ensureObject(object, {"metadata"})["resourceVersion"] = std::to_string(++revision_);
        if (!dryRun_) objects_.insert_or_assign(key(std::string(stringAt(object, {"metadata", "name"}))), object);
        return object;
    }
    // What the server's allocators do to a Service.
    void allocate(json::object& object) const {
        if (resource_->kind.kind != "Service") return;
        auto& spec = ensureObject(object, {"spec"});
        if (!spec.contains("clusterIP")) spec["clusterIP"] = "10.96.0.1";
        spec["clusterIPs"] = json::array{spec.at("clusterIP")};
        spec["ipFamilies"] = json::array{"IPv4"};
        spec["ipFamilyPolicy"] = "SingleStack";
    }
    Result<json::object> replaced(const Request& request) {
        auto decoded = decodeObject(Schema::builtin(), resource_->kind, request.body, MediaType::Json);
        if (!decoded) return std::move(decoded.error());
        return std::move(decoded->object);
    }
    Result<json::object> patched(const Request& request, const json::object& existing) {
        auto parsed = parseJson(request.body);
        if (!parsed) return badRequest("error decoding patch: " + parsed.error().message);
        const bool strategic = request.contentType == "application/strategic-merge-patch+json";
        auto result = request.contentType == "application/json-patch+json" ? applyJsonPatch(existing, parsed->value)
                      : strategic                                          ? applyStrategicMergePatch(*resource_->type, existing, parsed->value)
                                                                           : applyMergePatch(existing, parsed->value);
        if (!result) return std::move(result.error());
        const auto shown = strategic ? goFormat(parsed->value) : toJson(*result);
        auto* object = result->if_object();
        if (!object) return badRequest("no object");
        std::vector<std::string> strictErrors;
        const auto kind = stringAt(*result, {"kind"});
        if (!kind.empty() && kind != resource_->kind.kind) return patchDecodingError(shown, "another kind");
        if (stringAt(*result, {"apiVersion"}) != resource_->kind.apiVersion() && object->contains("apiVersion")) return patchDecodingError(shown, "another version");
        if (auto normalized = normalize(*resource_->type, *object, &strictErrors); !normalized) return patchDecodingError(shown, normalized.error().message);
        if (strict_ && !strictErrors.empty()) return patchDecodingError(shown, strictDecodingReason(strictErrors));
        if (const auto name = stringAt(*result, {"metadata", "name"}); name.empty()) {
            return badRequest(fmt::format("the name of the object ({} based on URL) was undeterminable: name must be provided", name_));
        } else if (name != name_) {
            return badRequest(fmt::format("the name of the object ({}) does not match the name on the URL ({})", name, name_));
        }
        return std::move(*object);
    }
    Result<json::object> update(const json::object& existing, json::object object, bool applied) {
        {
            auto& metadata = ensureObject(object, {"metadata"});
            if (!nameSpace_.empty()) metadata["namespace"] = nameSpace_;
            const auto revision = stringAt(metadata, {"resourceVersion"});
            if (!revision.empty() && revision != stringAt(existing, {"metadata", "resourceVersion"}))
                return makeError(Reason::Conflict, fmt::format("Operation cannot be fulfilled on {} \"{}\": the object has been modified; please apply your changes to the latest version and try again", resource_->id.resource, name_));
            metadata["resourceVersion"] = existing.at("metadata").at("resourceVersion");
        }
        applyDefaults(resource_->kind, object);
        if (!applied) updateManagedFields(*resource_->type, resource_->kind, &existing, object, manager_, now());
        prepareForUpdate(*resource_, "", existing, object);
        if (resource_->kind.kind == "Service") allocateMissing(existing, object);
        if (auto causes = validateUpdate(resource_->kind, existing, object); !causes.empty()) return invalidError(resource_->kind, name_, std::move(causes));
        if (sameButTimes(existing, object)) return existing;
        ensureObject(object, {"metadata"})["resourceVersion"] = std::to_string(++revision_);
        if (!dryRun_) objects_.insert_or_assign(key(name_), object);
        return object;
    }
    static void allocateMissing(const json::object& existing, json::object& object) {
        auto& spec = ensureObject(object, {"spec"});
        for (const auto* key : {"clusterIP", "clusterIPs"})
            if (!spec.contains(key)) spec[key] = existing.at("spec").at(key);
    }
    Result<json::object> apply(const Request& request, const json::object* existing, bool& created) {
        auto parsed = parseYaml(request.body);
        if (!parsed) return badRequest("error decoding YAML: " + parsed.error().message);
        const auto apiVersion = stringAt(parsed->value, {"apiVersion"}), kind = stringAt(parsed->value, {"kind"});
        const auto [group, version] = splitApiVersion(apiVersion);
        if (apiVersion != resource_->kind.apiVersion() || kind != resource_->kind.kind) return badRequest(fmt::format("invalid object type: {}/{}, Kind={}", group, version, kind));
        const auto name = stringAt(parsed->value, {"metadata", "name"});
        if (name.empty()) return badRequest(fmt::format("the name of the object ({} based on URL) was undeterminable: name must be provided", name_));
        if (name != name_) return badRequest(fmt::format("the name of the object ({}) does not match the name on the URL ({})", name, name_));
        auto result = applyServerSide(*resource_->type, resource_->kind, existing, parsed->value, {manager_, request.query.contains("force"), now()});
        if (!result) return std::move(result.error());
        created = !existing;
        return existing ? update(*existing, std::move(*result), true) : store(nullptr, std::move(*result), true);
    }

    const Resource* resource_ = nullptr;
    std::string nameSpace_, name_;
    FieldManager manager_;
    bool dryRun_ = false, strict_ = false;
    std::map<std::string, json::object> objects_;
    int revision_ = 0, lastUid_ = 0;
};

Request requestOf(const json::object& line) {
    Request request;
    request.method = line.at("method").as_string();
    std::string path(line.at("path").as_string());
    const auto question = path.find('?');
    request.path = path.substr(0, question);
    for (std::size_t start = question; start != std::string::npos && start < path.size();) {
        const auto end = std::min(path.find('&', start + 1), path.size());
        const auto term = path.substr(start + 1, end - start - 1);
        const auto equals = term.find('=');
        request.query[term.substr(0, equals)] = equals == std::string::npos ? "" : term.substr(equals + 1);
        start = end == path.size() ? std::string::npos : end;
    }
    request.contentType = line.contains("Content-Type") ? std::string(line.at("Content-Type").as_string()) : "application/json";
    if (line.contains("bodyText")) request.body = line.at("bodyText").as_string();
    else if (line.contains("body")) request.body = toJson(line.at("body"));
    return request;
}

void withoutManagedFields(json::object& object) {
    if (auto* metadata = object.if_contains("metadata"); metadata && metadata->is_object()) metadata->get_object().erase("managedFields");
}

// The order is that of their times, which differ here.
void sortManagedFields(json::object& object) {
    auto* metadata = object.if_contains("metadata");
    auto* fields = metadata && metadata->is_object() ? metadata->get_object().if_contains("managedFields") : nullptr;
    if (!fields || !fields->is_array()) return;
    std::vector<json::value> sorted(fields->get_array().begin(), fields->get_array().end());
    for (auto& entry : sorted) entry.get_object().erase("time");
    std::ranges::sort(sorted, {}, [](const json::value& entry) { return toJson(entry.at("manager")) + toJson(entry.at("operation")); });
    *fields = json::array(sorted.begin(), sorted.end());
}

void replay(const std::string& file, bool managedFields, const std::vector<std::string>& skippedNotes = {}) {
    PureServer server;
    std::map<std::string, std::string> bound;
    for (auto& line : goldenLines(file)) {
        const std::string note = line.contains("note") ? std::string(line.at("note").as_string()) : "";
        if (std::ranges::find(skippedNotes, note) != skippedNotes.end()) continue;
        const auto request = requestOf(line);
        if (request.body.find("${") != std::string::npos) continue;  // depends on a value that the recorded server chose
        bool created = false;
        auto got = server.handle(request, created);
        auto& answer = line.at("answer").as_object();
        const auto status = line.at("status").as_int64();
        const auto where = fmt::format("{}: {} {} {}\n  {}", file, request.method, std::string(line.at("path").as_string()), note, request.body);
        if (got) {
            auto object = *got;
            if (managedFields) sortManagedFields(object), sortManagedFields(answer);
            else withoutManagedFields(object);
            EXPECT_EQ(status, created ? 201 : 200) << where;
            EXPECT_TRUE(matchesGolden(answer, object)) << where << "\n  recorded: " << toJson(answer) << "\n  here:     " << toJson(object);
        } else {
            EXPECT_EQ(status, got.error().status()) << where << "\n  here: " << got.error().message << "\n  recorded: " << toJson(answer);
            const auto message = answer.contains("message") ? std::string(answer.at("message").as_string()) : "";
            const bool comparable = message.find("${") == message.npos && message.find("yaml:") == message.npos && message.find("\n@@") == message.npos && message.find("cannot restore") == message.npos;
            if (comparable) {
                EXPECT_EQ(message, got.error().message) << where;
            }
        }
    }
}

TEST(Replay, serverSideApplyOwnsConflictsForcesAndRemovesLikeTheApiServer) { replay("ssa.jsonl", true); }
TEST(Replay, serverSideApplyMergesListsLikeTheApiServer) { replay("ssa-lists.jsonl", true); }
TEST(Replay, jsonPatchAndMergePatchWorkLikeTheApiServer) { replay("patch-json-merge.jsonl", false); }
TEST(Replay, strategicMergePatchWorksLikeTheApiServer) { replay("patch-strategic.jsonl", false); }
TEST(Replay, whatIsImmutableStaysSo) { replay("immutable.jsonl", false); }

}  // namespace
}  // namespace kubarium::api
