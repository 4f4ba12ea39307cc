// Replays creations and updates as kube-apiserver answers them up to where it would store: write_vectors FILE... reads *.jsonl and
// *.jsonl.gz (a line: path, body, for an update also old, status, answer), makes of each body what core/api makes of it (decoding,
// defaults, preparation, validation; no admission, no allocators), or applies strategic merge patches (live, patch, result or error) and
// sequences of server-side apply (ops, steps), prints equal/total per file and the first differences, and exits with 1 if anything differs.
#include "core/api/defaults.h"
#include "core/api/go_text.h"
#include "core/api/managed_fields.h"
#include "core/api/object_decoder.h"
#include "core/api/patch.h"
#include "core/api/strategy.h"
#include "core/api/validation.h"
#include "tests/core/api/golden.h"
#include "tests/support/gz_text.h"

#include <fmt/format.h>

namespace kubarium::api {
namespace {

constexpr int most = 10;  // differences printed per file

Result<json::object> created(const std::string& path, const std::string& body) {
    const auto [resource, nameSpace] = resourceOfPath(path);
    if (!resource) return badRequest("no such resource");
    auto decoded = decodeObject(Schema::builtin(), resource->kind, body, MediaType::Json);
    if (!decoded) return std::move(decoded.error());
    auto& object = decoded->object;
    auto& metadata = ensureObject(object, {"metadata"});
    if (!nameSpace.empty()) {
        const auto given = stringAt(metadata, {"namespace"});
        if (!given.empty() && given != nameSpace) return badRequest("the namespace of the provided object does not match the namespace sent on the request");
        metadata["namespace"] = nameSpace;
    }
    if (!resource->namespaced) metadata.erase("namespace");
    if (const auto base = stringAt(metadata, {"generateName"}); stringAt(metadata, {"name"}).empty() && !base.empty()) metadata["name"] = std::string(base.substr(0, 58)) + "aaaaa";
    metadata["uid"] = "00000000-0000-4000-8000-000000000000";
    applyDefaults(resource->kind, object);
    prepareForCreate(*resource, object);
    if (auto causes = validateCreate(resource->kind, object); !causes.empty()) return invalidError(resource->kind, stringAt(object, {"metadata", "name"}), std::move(causes));
    return std::move(object);
}

Result<json::object> updated(const std::string& path, const std::string& body, const json::object& old) {
    const auto [resource, nameSpace] = resourceOfPath(path);
    if (!resource) return badRequest("no such resource");
    auto decoded = decodeObject(Schema::builtin(), resource->kind, body, MediaType::Json);
    if (!decoded) return std::move(decoded.error());
    auto& object = decoded->object;
    if (!nameSpace.empty()) ensureObject(object, {"metadata"})["namespace"] = nameSpace;
    applyDefaults(resource->kind, object);
    prepareForUpdate(*resource, "", old, object);
    if (auto causes = validateUpdate(resource->kind, old, object); !causes.empty()) return invalidError(resource->kind, stringAt(object, {"metadata", "name"}), std::move(causes));
    return std::move(object);
}

// Without what the server chooses anew each time, and what admission adds.
json::object comparable(json::object object) {
    if (auto* metadata = object.if_contains("metadata"); metadata && metadata->is_object())
        for (const auto* key : {"uid", "creationTimestamp", "resourceVersion", "managedFields", "name", "generateName", "finalizers"}) metadata->get_object().erase(key);
    if (auto* status = object.if_contains("status"); status && status->is_object()) {
        status->get_object().erase("lastPhaseTransitionTime");
        if (auto* conditions = status->get_object().if_contains("conditions"); conditions && conditions->is_array())
            for (auto& condition : conditions->get_array()) condition.as_object().erase("lastTransitionTime");
    }
    return object;
}

// The API server adds the difference of two objects in the words of its own tool.
std::string withoutDiff(const std::string& message) {
    for (const std::string_view end : {"(allow it to be set to 1 if it was previously negative)\n", "volumeAttributesClassName for bound claims\n", "persistentvolumesource is immutable after creation\n"})
        if (const auto at = message.find(end); at != message.npos) return message.substr(0, at + end.size());
    return message;
}

// Strategic merge patches: live, patch, and result or error.
std::string patchDifference(const json::object& line) {
    const auto& live = line.at("live");
    const auto [group, version] = splitApiVersion(stringAt(live, {"apiVersion"}));
    const auto* resource = Schema::builtin().findKind({group, version, std::string(stringAt(live, {"kind"}))});
    const auto patched = resource ? applyStrategicMergePatch(*resource->type, live, line.at("patch")) : Result<json::value>(badRequest("no such kind"));
    const auto* result = line.if_contains("result");
    if (!result && !patched) return {};
    if (result && patched && *result == *patched) return {};
    return fmt::format("    patch {}\n    real {}\n    ours {}\n", toJson(line.at("patch")), toJson(result ? *result : line.at("error")), patched ? toJson(*patched) : patched.error().message);
}

// Empty things come and go with the type; a port that is not given is 0 there.
void withoutEmpty(json::value& value) {
    if (auto* object = value.if_object()) {
        for (auto it = object->begin(); it != object->end();) {
            withoutEmpty(it->value());
            const auto& member = it->value();
            const bool empty = member.is_null() || (member.is_object() && member.get_object().empty()) || (member.is_array() && member.get_array().empty());
            const bool unset = it->key() == "targetPort" && member.is_int64() && member.get_int64() == 0;
            it = empty || unset ? object->stable_erase(it) : it + 1;
        }
    } else if (auto* array = value.if_array()) {
        for (auto& element : *array) withoutEmpty(element);
    }
}

// Without times, in a fixed order.
json::object comparableManagers(json::object object) {
    for (auto& member : object)
        if (member.key() != "metadata") withoutEmpty(member.value());
    for (auto it = object.begin(); it != object.end();) it = it->value().is_object() && it->value().get_object().empty() ? object.stable_erase(it) : it + 1;
    auto* metadata = object.if_contains("metadata");
    if (metadata && metadata->is_object()) metadata->get_object().erase("name");  // the server gives it again
    if (metadata && metadata->is_object() && metadata->get_object().empty()) object.erase("metadata"), metadata = nullptr;
    auto* fields = metadata && metadata->is_object() ? metadata->get_object().if_contains("managedFields") : nullptr;
    if (!fields || !fields->is_array()) return object;
    std::vector<json::value> sorted(fields->get_array().begin(), fields->get_array().end());
    for (auto& entry : sorted) entry.as_object().erase("time");
    std::ranges::sort(sorted, {}, [](const json::value& entry) { return toJson(entry.at("manager")) + toJson(entry.at("operation")); });
    if (sorted.empty()) metadata->get_object().erase("managedFields");
    else *fields = json::array(sorted.begin(), sorted.end());
    return object;
}

// Server-side apply by several managers: ops, and after each what is there or why not (steps).
std::string applyDifference(const json::object& line) {
    std::optional<json::object> live;
    for (std::size_t i = 0; i < line.at("ops").as_array().size(); ++i) {
        const auto& op = line.at("ops").at(i).as_object();
        const auto& step = line.at("steps").at(i).as_object();
        const auto& object = op.at("object").as_object();
        const auto [group, version] = splitApiVersion(stringAt(object, {"apiVersion"}));
        const auto* resource = Schema::builtin().findKind({group, version, std::string(stringAt(object, {"kind"}))});
        const FieldManager manager{std::string(op.at("manager").as_string()), ""};
        const WallTime now{std::chrono::seconds(1'700'000'000)};
        std::string error;
        auto applied = applyServerSide(*resource->type, resource->kind, live ? &*live : nullptr, object, {manager, op.at("force").as_bool(), now});
        if (applied) {
            live = std::move(*applied);
            ensureObject(*live, {"metadata"})["name"] = stringAt(object, {"metadata", "name"});
        } else {
            error = applied.error().message;
        }
        const auto* failed = step.if_contains("error");
        const std::string real = failed ? std::string(failed->as_string()) : "";
        if (real.empty() != error.empty() || (real.starts_with("Apply failed with") && real != error)) return fmt::format("    step {} of {}\n    real {}\n    ours {}\n", i, toJson(line.at("ops")), goQuote(real), goQuote(error));
        if (!failed && live && comparableManagers(*live) != comparableManagers(step.at("live").as_object()))
            return fmt::format("    step {} of {}\n    real {}\n    ours {}\n", i, toJson(line.at("ops")), toJson(comparableManagers(step.at("live").as_object())), toJson(comparableManagers(*live)));
    }
    return {};
}

std::string difference(const json::object& line) {
    if (line.contains("patch")) return patchDifference(line);
    if (line.contains("ops")) return applyDifference(line);
    const auto status = line.at("status").to_number<int>();
    const auto& answer = line.at("answer").as_object();
    const auto* old = line.if_contains("old");
    const std::string path(line.at("path").as_string()), body = toJson(line.at("body"));
    const auto ours = old ? updated(path, body, old->as_object()) : created(path, body);
    const auto real = status < 400 ? "accepted" : fmt::format("{} {}", status, withoutDiff(std::string(answer.at("message").as_string())));
    const auto mine = ours ? "accepted" : fmt::format("{} {}", ours.error().status(), withoutDiff(ours.error().message));
    if (real != mine) return fmt::format("    real {}\n    ours {}\n", real, mine);
    if (!ours || comparable(answer) == comparable(*ours)) return {};
    return fmt::format("    real {}\n    ours {}\n", toJson(comparable(answer)), toJson(comparable(*ours)));
}

}  // namespace
}  // namespace kubarium::api

int main(int argc, char** argv) {
    using namespace kubarium::api;
    if (argc < 2) {
        fmt::print(stderr, "usage: write_vectors FILE...\n");
        return 2;
    }
    bool allEqual = true;
    for (int i = 1; i < argc; ++i) {
        std::size_t here = 0;
        int printed = 0;
        const auto lines = kubarium::testing::gzLines(argv[i]);
        if (!lines || lines->empty()) {
            fmt::print(stderr, "{}: nothing can be read from it\n", argv[i]);
            return 2;
        }
        for (const auto& text : *lines) {
            const auto line = parseJson(text).value().value.as_object();
            const auto found = difference(line);
            if (found.empty()) ++here;
            else if (printed++ < most) fmt::print("  {} differs:\n{}", line.contains("ops") ? "a sequence" : line.contains("patch") ? toJson(line.at("live")) : fmt::format("{} {}", std::string_view(line.at("path").as_string()), toJson(line.at("body"))), found);
        }
        fmt::print("{} {}/{} equal\n", argv[i], here, lines->size());
        allEqual &= here == lines->size();
    }
    return allEqual ? 0 : 1;
}
