#include "core/apiserver/registry.h"

#include "core/api/defaults.h"
#include "core/api/strategy.h"
#include "core/api/validation.h"
#include "core/apiserver/admission.h"
#include "core/apiserver/conversion.h"
#include "core/apiserver/status.h"
#include "core/apiserver/template_memory.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kubarium::apiserver {
namespace {

constexpr int generateAttempts = 8;
constexpr std::size_t maxGeneratedPrefix = 58;

std::string metadataText(const json::object& object, std::string_view field) {
    const auto* metadata = object.if_contains("metadata");
    return metadata ? std::string(api::stringAt(*metadata, {field})) : std::string();
}

json::object& metadataOf(json::object& object) { return api::ensureObject(object, {"metadata"}); }

bool hasFinalizers(const json::object& object) {
    const auto* metadata = object.if_contains("metadata");
    const auto* list = metadata ? api::findPath(*metadata, {"finalizers"}) : nullptr;
    return list && list->is_array() && !list->get_array().empty();
}

bool hasSpecFinalizers(const json::object& object) {
    const auto* spec = object.if_contains("spec");
    const auto* list = spec ? api::findPath(*spec, {"finalizers"}) : nullptr;
    return list && list->is_array() && !list->get_array().empty();
}

// Once the last finalizer of a deleted object is gone, so is the object.
bool endsWithUpdate(const api::Resource& resource, const api::Object& existing, const json::object& object) {
    if (!existing.deleting() || hasFinalizers(object)) return false;
    if (resource.id.resource == "namespaces" && resource.id.group.empty()) return !hasSpecFinalizers(object);
    const auto* grace = existing.find({"metadata", "deletionGracePeriodSeconds"});
    return !grace || grace->is_null() || (grace->is_int64() && grace->get_int64() == 0);
}

// When a volume's phase changes, the time of it is kept (persistentvolume/strategy.go).
void stampVolumePhase(const api::Resource& resource, const api::Object& existing, json::object& object, WallTime now) {
    if (resource.kind.kind != "PersistentVolume" || api::stringAt(object, {"status", "phase"}) == existing.string({"status", "phase"})) return;
    api::ensureObject(object, {"status"})["lastPhaseTransitionTime"] = formatTime(now);
}

Error storeError(const WriteContext& context, Error error) {
    if (error.reason == Reason::Conflict) return conflict(context.resource->id, context.name, modifiedText);
    if (error.reason == Reason::NotFound) return notFound(context.resource->id, context.name);
    return error;
}

Error mustSpecifyVersion(const WriteContext& context) {
    const std::string detail = "Invalid value: 0: must be specified for an update";
    return api::invalidError(context.resource->kind, context.name, {{"FieldValueInvalid", detail, "metadata.resourceVersion"}});
}

// As etcd's client words it.
Error wrongUid(const WriteContext& context, std::string_view asked, std::string_view present) {
    const auto path = context.nameSpace.empty() ? context.name : context.nameSpace + "/" + context.name;
    return conflict(context.resource->id, context.name,
                    fmt::format("StorageError: invalid object, Code: 4, Key: /registry/{}/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in "
                                "precondition: {}, UID in object meta: {}",
                                context.resource->id.resource, path, asked, present));
}

store::Key keyOfObject(const api::Resource& resource, const api::Object& object) { return Registry::keyOf(resource, std::string(object.nameSpace()), std::string(object.name())); }

Result<ObjectPtr> written(const api::Resource& resource, const api::Object& existing, Result<ObjectPtr> stored) {
    if (stored) return fromStorage(resource, *stored);
    if (stored.error().reason == Reason::Conflict) return conflict(resource.id, existing.name(), modifiedText);
    return stored;
}

Result<std::uint64_t> parseRevision(const std::string& text) {
    std::uint64_t revision = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), revision);
    if (code != std::errc{} || end != text.data() + text.size()) {
        return makeError(Reason::Unknown, fmt::format("strconv.ParseUint: parsing \"{}\": invalid syntax", text));
    }
    return revision;
}

}  // namespace

Registry::Registry(store::Store& store, const api::Schema& schema, Clock& clock, Random& random, Admission& admission)
    : store_(store), schema_(schema), clock_(clock), random_(random), admission_(admission), templates_(std::make_unique<TemplateMemory>(store)) {}

Registry::~Registry() = default;

store::Key Registry::keyOf(const api::Resource& resource, const std::string& nameSpace, const std::string& name) {
    return {storageName(resource.id), resource.namespaced ? nameSpace : std::string(), name};
}

Result<ObjectPtr> Registry::get(const api::Resource& resource, const std::string& nameSpace, const std::string& name) const {
    const auto stored = store_.get(keyOf(resource, nameSpace, name));
    if (!stored) return notFound(resource.id, name);
    return fromStorage(resource, stored);
}

Result<ObjectPtr> Registry::create(const WriteContext& context, json::object object) {
    const auto& resource = *context.resource;
    if (!metadataText(object, "resourceVersion").empty())
        return makeError(Reason::Unknown, "resourceVersion should not be set on objects to be created");
    auto& metadata = metadataOf(object);
    for (const auto* field : {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "uid", "creationTimestamp"}) metadata.erase(field);
    if (resource.namespaced)
        metadata["namespace"] = context.nameSpace;
    else
        metadata.erase("namespace");
    if (const auto* known = templates_->find(context, object, formatTime(clock_.now())))
        if (auto created = createLike(context, *known->stored, known->tokenVolume, object)) return std::move(*created);
    if (!templates_->wants(context)) return createWhole(context, std::move(object));
    auto given = object;
    auto noted = context;
    std::vector<std::string> warnings;
    noted.warnings = &warnings;
    (void)admission_.takeRead();
    auto created = createWhole(noted, std::move(object));
    if (created && warnings.empty()) templates_->add(context, std::move(given), *created, admission_.takeRead());
    for (auto& warning : warnings) context.warn(std::move(warning));
    return created;
}

// "" without metadata.generateName.
std::string Registry::generateName(const json::object& object) {
    auto prefix = metadataText(object, "generateName");
    if (prefix.empty()) return {};
    if (prefix.size() > maxGeneratedPrefix) prefix.resize(maxGeneratedPrefix);
    return prefix + random_.suffix(5);
}

const json::object* Registry::lastGiven(const api::Resource& resource) const { return templates_->last(resource.kind); }

// Nothing: it is refused, and createWhole() tells why.
std::optional<Result<ObjectPtr>> Registry::createLike(const WriteContext& context, const api::Object& known, const std::string& tokenVolume, const json::object& given) {
    const auto& resource = *context.resource;
    auto name = metadataText(given, "name");
    if (name.empty()) name = generateName(given);
    const auto key = keyOf(resource, context.nameSpace, name);
    if (store_.get(key) || !api::isValidName(resource.kind, name)) return std::nullopt;
    const auto uid = random_.uuid();
    const auto volume = tokenVolume.empty() ? std::string() : drawTokenVolume(random_);
    auto stored = store_.putLike(key, known, tokenVolume, volume, [&](json::object& tree) {
        auto& metadata = metadataOf(tree);
        metadata["name"] = name;
        metadata["uid"] = uid;
    });
    if (!stored) return storeError(context, stored.error());
    return stored;
}

Result<ObjectPtr> Registry::createWhole(const WriteContext& context, json::object object) {
    const auto& resource = *context.resource;
    api::applyDefaults(resource.kind, object);
    api::updateManagedFields(*resource.type, resource.kind, nullptr, object, context.manager, clock_.now());
    if (!metadataText(object, "name").empty() || metadataText(object, "generateName").empty()) return finishCreate(context, std::move(object));
    for (int attempt = 1;; ++attempt) {
        auto named = object;
        metadataOf(named)["name"] = generateName(object);
        auto created = finishCreate(context, std::move(named));
        if (created || created.error().reason != Reason::AlreadyExists) return created;
        if (attempt == generateAttempts) {
            auto error = created.error();
            error.message += ", the server was not able to generate a unique name for the object";
            error.retryAfterSeconds = 1;
            return error;
        }
    }
}

Result<ObjectPtr> Registry::finishCreate(const WriteContext& given, json::object object) {
    auto context = given;
    const auto& resource = *context.resource;
    context.name = metadataText(object, "name");
    const AdmissionRequest admission{Operation::Create, context};
    TRY(admission_.admitNamespace(admission));
    auto& metadata = metadataOf(object);
    metadata["uid"] = random_.uuid();
    metadata["creationTimestamp"] = formatTime(clock_.now());
    TRY(admission_.mutate(admission, object));
    api::prepareForCreate(resource, object);
    if (auto causes = api::validateCreate(resource.kind, object); !causes.empty())
        return api::invalidError(resource.kind, context.name, std::move(causes));
    for (auto& warning : api::warningsFor(resource.kind, object)) context.warn(std::move(warning));
    const auto key = keyOf(resource, context.nameSpace, context.name);
    if (const auto present = store_.get(key)) {
        auto error = alreadyExists(resource.id, context.name);
        if (present->deleting()) error.message = "object is being deleted: " + error.message;
        return error;
    }
    TRY(admission_.validate(admission, object));
    if (context.dryRun) return api::Object::make(std::move(object));
    toStorage(resource, object);
    auto stored = store_.put(key, std::move(object), 0);
    if (!stored) return storeError(context, stored.error());
    return fromStorage(resource, *stored);
}

Result<Registry::Updated> Registry::update(const WriteContext& context, const Change& change, const UpdateSettings& settings) {
    const auto& resource = *context.resource;
    const auto stored = store_.get(keyOf(resource, context.nameSpace, context.name));
    if (!stored) {
        if (!settings.mayCreate) return notFound(resource.id, context.name);
        auto object = TRY(change(nullptr));
        metadataOf(object)["name"] = context.name;
        if (const auto uid = metadataText(object, "uid"); !uid.empty()) return wrongUid(context, uid, {});
        metadataOf(object).erase("resourceVersion");
        if (!settings.applied) return Updated{TRY(create(context, std::move(object))), true};
        // What was applied comes with its managed fields: create() would count it as an update.
        auto& metadata = metadataOf(object);
        for (const auto* field : {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"}) metadata.erase(field);
        if (resource.namespaced) metadata["namespace"] = context.nameSpace;
        api::applyDefaults(resource.kind, object);
        return Updated{TRY(finishCreate(context, std::move(object))), true};
    }
    const auto existing = fromStorage(resource, stored);
    auto object = TRY(change(&existing->tree()));
    const auto version = metadataText(object, "resourceVersion");
    if (version.empty() || version == "0") {
        if (api::requiresResourceVersion(resource) && context.subresource.empty()) return mustSpecifyVersion(context);
    } else if (version != existing->resourceVersion()) {
        TRY(parseRevision(version));
        return conflict(resource.id, context.name, modifiedText);
    }
    if (const auto uid = metadataText(object, "uid"); !uid.empty() && uid != existing->uid()) {
        if (settings.patched)
        {
            // The generic rules and those of the kind both say so.
            const Cause cause{"FieldValueInvalid", fmt::format("Invalid value: \"{}\": field is immutable", uid), "metadata.uid"};
            return api::invalidError(resource.kind, context.name, {cause, cause});
        }
        return wrongUid(context, uid, existing->uid());
    }
    return replace(context, existing, std::move(object), settings);
}

Result<Registry::Updated> Registry::replace(const WriteContext& context, const ObjectPtr& existing, json::object object, const UpdateSettings& settings) {
    const auto& resource = *context.resource;
    auto& metadata = metadataOf(object);
    metadata["name"] = existing->name();
    if (resource.namespaced) metadata["namespace"] = existing->nameSpace();
    metadata["resourceVersion"] = existing->resourceVersion();
    api::applyDefaults(resource.kind, object);
    // First what this way of writing may not change, so that nobody comes to own what was not taken over.
    api::prepareForUpdate(resource, context.subresource, existing->tree(), object);
    stampVolumePhase(resource, *existing, object, clock_.now());
    if (!settings.applied) api::updateManagedFields(*resource.type, resource.kind, &existing->tree(), object, context.manager, clock_.now());
    const AdmissionRequest admission{Operation::Update, context, &existing->tree()};
    TRY(admission_.admitNamespace(admission));
    TRY(admission_.mutate(admission, object));
    if (auto causes = api::validateUpdate(resource.kind, existing->tree(), object, context.subresource); !causes.empty())
        return api::invalidError(resource.kind, context.name, std::move(causes));
    for (auto& warning : api::warningsFor(resource.kind, object, &existing->tree())) context.warn(std::move(warning));
    TRY(admission_.validate(admission, object));
    if (endsWithUpdate(resource, *existing, object)) {
        auto last = api::Object::make(object);
        if (!context.dryRun) TRY(finishRemoval(context, existing, &object));
        return Updated{last, false};
    }
    if (api::sameButTimes(existing->tree(), object)) return Updated{existing, false};
    if (context.dryRun) return Updated{api::Object::make(std::move(object)), false};
    toStorage(resource, object);
    auto stored = store_.put(keyOf(resource, context.nameSpace, context.name), std::move(object), existing->revision());
    if (!stored) return storeError(context, stored.error());
    return Updated{fromStorage(resource, *stored), false};
}

Result<ObjectPtr> Registry::finishRemoval(const WriteContext& context, const ObjectPtr& existing, const json::object* last) {
    std::optional<json::object> tree;
    if (last) toStorage(*context.resource, tree.emplace(*last));
    auto removed = store_.remove(keyOf(*context.resource, context.nameSpace, context.name), existing->revision(), tree ? &*tree : nullptr);
    if (!removed) return storeError(context, removed.error());
    return fromStorage(*context.resource, *removed);
}

Result<ObjectPtr> Registry::replaceInternally(const api::Resource& resource, const ObjectPtr& existing, json::object tree) {
    toStorage(resource, tree);
    return written(resource, *existing, store_.put(keyOfObject(resource, *existing), std::move(tree), existing->revision()));
}

Result<ObjectPtr> Registry::changeInternally(const api::Resource& resource, const ObjectPtr& existing, const std::function<void(json::object&)>& change) {
    return written(resource, *existing, store_.change(keyOfObject(resource, *existing), *existing, [&](json::object& tree) {
        change(tree);
        toStorage(resource, tree);
    }));
}

void Registry::createInternally(json::object tree) {
    const api::Object given(tree);
    const auto [group, version] = api::splitApiVersion(given.apiVersion());
    const auto* resource = schema_.findKind({group, version, std::string(given.kind())});
    KUBARIUM_ASSERT(resource != nullptr);
    const auto key = keyOf(*resource, std::string(given.nameSpace()), std::string(given.name()));
    if (store_.get(key)) return;
    auto& metadata = metadataOf(tree);
    metadata["uid"] = random_.uuid();
    metadata["creationTimestamp"] = formatTime(clock_.now());
    api::applyDefaults(resource->kind, tree);
    auto status = tree.contains("status") ? tree["status"] : json::value();
    api::prepareForCreate(*resource, tree);
    if (!status.is_null()) tree["status"] = std::move(status);
    (void)store_.put(key, std::move(tree), 0);
}

}  // namespace kubarium::apiserver
