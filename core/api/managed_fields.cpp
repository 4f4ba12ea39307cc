#include "core/api/managed_fields.h"

#include "core/api/identical.h"
#include "core/api/json_read.h"
#include "core/api/last_applied.h"
#include "core/api/object_decoder.h"
#include "core/api/typed_value.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <optional>
#include <tuple>

namespace kubarium::api {

namespace {

// At most this many entries of updaters are kept apart; the oldest beyond that are summed up.
constexpr std::size_t maximalUpdaters = 10;
constexpr std::string_view beforeFirstApply = "before-first-apply";
constexpr std::string_view kubectl = "kubectl";

struct ManagerKey {
    std::string operation;
    std::string manager;
    std::string apiVersion;  // only for updates: an applier is one whatever version it speaks
    std::string subresource;
    friend auto operator<=>(const ManagerKey&, const ManagerKey&) = default;
};

struct Managed {
    FieldSet set;
    std::string apiVersion;
    std::string time;  // "" where the server never wrote because of it
};

using Managers = std::map<ManagerKey, Managed>;

const json::array* managedList(const json::object& object) {
    const auto* metadata = object.if_contains("metadata");
    const auto* fields = metadata && metadata->is_object() ? metadata->get_object().if_contains("managedFields") : nullptr;
    return fields ? fields->if_array() : nullptr;
}

// nullopt if an entry is not one.
std::optional<Managers> decode(const json::array* list) {
    Managers managers;
    if (!list) return managers;
    for (const auto& element : *list) {
        const auto* entry = element.if_object();
        if (!entry) return std::nullopt;
        const auto operation = textCopyAt(*entry, "operation");
        const auto apiVersion = textCopyAt(*entry, "apiVersion");
        if ((operation != "Apply" && operation != "Update") || apiVersion.empty()) return std::nullopt;
        if (const auto fieldsType = textCopyAt(*entry, "fieldsType"); fieldsType != "FieldsV1") return std::nullopt;
        Managed managed;
        managed.apiVersion = apiVersion;
        managed.time = textCopyAt(*entry, "time");
        const auto* fields = entry->if_contains("fieldsV1");
        if (fields && fields->is_object()) managed.set = FieldSet::fromJson(fields->get_object());
        managers.insert_or_assign({operation, textCopyAt(*entry, "manager"), operation == "Update" ? apiVersion : "", textCopyAt(*entry, "subresource")}, std::move(managed));
    }
    return managers;
}

json::object entryOf(const ManagerKey& key, const std::string& apiVersion, const std::string& time, json::object fields) {
    json::object entry{{"manager", key.manager}, {"operation", key.operation}, {"apiVersion", apiVersion}};
    if (!time.empty()) entry.emplace("time", time);
    entry.emplace("fieldsType", "FieldsV1");
    entry.emplace("fieldsV1", std::move(fields));
    if (!key.subresource.empty()) entry.emplace("subresource", key.subresource);
    return entry;
}

void encode(const Managers& managers, json::object& object) {
    auto& metadata = ensureObject(object, {"metadata"});
    metadata.erase("managedFields");
    std::vector<std::pair<const ManagerKey*, const Managed*>> sorted;
    for (const auto& [key, managed] : managers)
        if (!managed.set.empty()) sorted.emplace_back(&key, &managed);
    if (sorted.empty()) return;
    std::ranges::sort(sorted, [](const auto& a, const auto& b) {
        return std::tie(a.first->operation, a.second->time, a.first->manager, a.second->apiVersion, a.first->subresource) <
               std::tie(b.first->operation, b.second->time, b.first->manager, b.second->apiVersion, b.first->subresource);
    });
    json::array list;
    for (const auto& [key, managed] : sorted) list.push_back(entryOf(*key, managed->apiVersion, managed->time, managed->set.toJson()));
    metadata.emplace("managedFields", std::move(list));
}

// Nobody owns what identifies the object or what the server maintains.
const FieldSet& strippedFields() {
    static const FieldSet set = [] {
        FieldSet result;
        for (const auto* name : {"f:apiVersion", "f:kind", "f:metadata"}) result.children[name].member = true;
        for (const auto* name : {"f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:clusterName", "f:generation", "f:managedFields", "f:resourceVersion"})
            result.children["f:metadata"].children[name].member = true;
        return result;
    }();
    return set;
}

// What a write through this subresource cannot change, so that nobody comes to own it there.
void dropUnreachable(FieldSet& set, const GroupVersionKind& kind, const std::string& subresource) {
    const auto* resource = Schema::builtin().findKind(kind);
    if (subresource.empty() && resource && resource->hasStatus) set.children.erase("f:status");
    if (subresource == "status") set.children.erase("f:spec");
}

json::object withoutManaged(const json::object& object) {
    json::object copy = object;
    if (auto* metadata = copy.if_contains("metadata"); metadata && metadata->is_object()) {
        metadata->get_object().erase("managedFields");
        metadata->get_object().erase("resourceVersion");
    }
    return copy;
}

// Whether all members are equal but these.
bool equalBut(const json::object& a, const json::object& b, std::initializer_list<std::string_view> ignored) {
    const auto counts = [&](const json::object& object) {
        return object.size() - static_cast<std::size_t>(std::ranges::count_if(ignored, [&](std::string_view name) { return object.contains(name); }));
    };
    if (counts(a) != counts(b)) return false;
    // From the end, where the status is: what is written differs there most often, while the spec is long and the same.
    return std::all_of(std::make_reverse_iterator(a.end()), std::make_reverse_iterator(a.begin()), [&](const auto& member) {
        if (std::ranges::find(ignored, std::string_view(member.key())) != ignored.end()) return true;
        const auto* other = b.if_contains(member.key());
        return other && (identical(*other, member.value()) || *other == member.value());
    });
}

// The ground against which a create is compared.
json::object emptyObject(const Type& type, const GroupVersionKind& kind) {
    auto object = emptyObject(type);
    object["apiVersion"] = kind.apiVersion();
    object["kind"] = kind.kind;
    return object;
}

// Takes what changed away from everybody; returns it.
FieldSet takeChanges(Comparison&& comparison, Managers& managers) {
    auto changed = std::move(comparison.changed);
    for (auto it = managers.begin(); it != managers.end();) {
        it->second.set.subtract(changed);
        it->second.set.subtract(comparison.removed);
        it = it->second.set.empty() ? managers.erase(it) : std::next(it);
    }
    return changed;
}

void limitUpdaters(Managers& managers) {
    std::vector<Managers::iterator> updaters;
    for (auto it = managers.begin(); it != managers.end(); ++it)
        if (it->first.operation == "Update" && it->first.subresource.empty()) updaters.push_back(it);
    if (updaters.size() <= maximalUpdaters) return;
    std::ranges::sort(updaters, {}, [](const auto& it) { return it->second.time; });
    Managed ancient;
    for (std::size_t i = 0; i + maximalUpdaters <= updaters.size(); ++i) {
        ancient.set = ancient.set.unionWith(updaters[i]->second.set);
        ancient.apiVersion = updaters[i]->second.apiVersion;
        ancient.time = updaters[i]->second.time;
        managers.erase(updaters[i]);
    }
    managers[{"Update", "ancient-changes", ancient.apiVersion, ""}] = std::move(ancient);
}

void trackUpdate(const Type& type, const GroupVersionKind& kind, const json::object& before, const json::object& after, const FieldManager& manager,
                 const std::string& time, Managers& managers) {
    auto changed = takeChanges(compareTyped(type, before, after), managers);
    changed.subtract(strippedFields());
    // These never belong to anybody, whatever is below them.
    if (const auto metadata = changed.children.find("f:metadata"); metadata != changed.children.end()) {
        for (const auto* name : {"f:managedFields", "f:resourceVersion"}) metadata->second.children.erase(name);
        if (metadata->second.empty()) changed.children.erase(metadata);
    }
    dropUnreachable(changed, kind, manager.subresource);
    if (changed.empty()) return;
    auto& mine = managers[{"Update", manager.name, kind.apiVersion(), manager.subresource}];
    mine.set.add(std::move(changed));
    mine.apiVersion = kind.apiVersion();
    mine.time = time;
    limitUpdaters(managers);
}

// What a field set can tell of an object: its members and the elements of its lists. Of other values it tells only whether they are
// those of an empty object, so that 0, "" and false stand for themselves and everything else of a type for each other.
json::value outlineOf(const json::value& value, bool inList = false) {
    if (const auto* object = value.if_object()) {
        json::object outline;
        outline.reserve(object->size());
        for (const auto& [key, member] : *object) outline.emplace(key, outlineOf(member, inList));
        return outline;
    }
    if (const auto* list = value.if_array()) {
        json::array outline;
        outline.reserve(list->size());
        for (const auto& element : *list) outline.push_back(outlineOf(element, true));
        return outline;
    }
    if (inList) return value;
    switch (value.kind()) {
        case json::kind::string: return value.get_string().empty() ? "" : "x";
        case json::kind::int64: return value.get_int64() == 0 ? std::int64_t{0} : std::int64_t{1};
        case json::kind::uint64: return value.get_uint64() == 0 ? std::uint64_t{0} : std::uint64_t{1};
        case json::kind::double_: return value.get_double() == 0 ? 0.0 : 1.0;
        default: return value;
    }
}

bool hasOutline(const json::value& value, const json::value& outline, bool inList = false) {
    if (value.kind() != outline.kind()) return false;
    if (const auto* object = value.if_object()) {
        const auto& expected = outline.get_object();
        return std::equal(object->begin(), object->end(), expected.begin(), expected.end(),
                          [&](const auto& a, const auto& b) { return a.key() == b.key() && hasOutline(a.value(), b.value(), inList); });
    }
    if (const auto* list = value.if_array()) {
        const auto& expected = outline.get_array();
        return std::equal(list->begin(), list->end(), expected.begin(), expected.end(), [](const auto& a, const auto& b) { return hasOutline(a, b, true); });
    }
    if (inList) return value == outline;
    switch (value.kind()) {
        case json::kind::string: return value.get_string().empty() == outline.get_string().empty();
        case json::kind::int64: return (value.get_int64() == 0) == (outline.get_int64() == 0);
        case json::kind::uint64: return (value.get_uint64() == 0) == (outline.get_uint64() == 0);
        case json::kind::double_: return (value.get_double() == 0) == (outline.get_double() == 0);
        default: return value == outline;
    }
}

// What its maker owns of a new object. Objects are mostly made from templates: what is owned of one of the same outline is remembered.
class MakersFields {
public:
    // An empty object if nothing.
    const json::object& of(const Type& type, const GroupVersionKind& kind, const json::object& object, const FieldManager& manager) {
        const auto same = [&](const Known& each) { return each.type == &type && each.manager == manager.name && each.subresource == manager.subresource && each.kind == kind; };
        auto known = std::ranges::find_if(known_, same);
        if (known == known_.end()) {
            if (known_.size() == most) known_.pop_back();
            known_.push_front({&type, kind, manager.name, manager.subresource, nullptr, {}});
            known = known_.begin();
        } else if (hasOutline(object, known->outline)) {
            return known->fields;
        }
        Managers managers;
        trackUpdate(type, kind, emptyObject(type, kind), object, manager, {}, managers);
        known->outline = outlineOf(object);
        known->fields = managers.empty() ? json::object() : managers.begin()->second.set.toJson();
        return known->fields;
    }

private:
    static constexpr std::size_t most = 64;
    struct Known {
        const Type* type;
        GroupVersionKind kind;
        std::string manager, subresource;
        json::value outline;
        json::object fields;
    };
    std::list<Known> known_;
};

void setMaker(const Type& type, const GroupVersionKind& kind, json::object& object, const FieldManager& manager, const std::string& time) {
    thread_local MakersFields makers;
    ensureObject(object, {"metadata"}).erase("managedFields");
    const auto& fields = makers.of(type, kind, object, manager);
    if (fields.empty()) return;
    const ManagerKey key{"Update", manager.name, kind.apiVersion(), manager.subresource};
    object["metadata"].get_object().emplace("managedFields", json::array{entryOf(key, key.apiVersion, time, fields)});
}

std::string shownManager(const ManagerKey& key) {
    auto shown = fmt::format("\"{}\"", key.manager);
    if (!key.subresource.empty()) shown += fmt::format(" with subresource \"{}\"", key.subresource);
    if (key.operation == "Update") shown += " using " + key.apiVersion;
    return shown;
}

struct Conflict {
    std::string manager;  // as people read it
    std::string path;
    std::string order;  // of managers: by name, then operation, then version
};

Error conflictError(const std::vector<Conflict>& conflicts) {
    Error error = makeError(Reason::Conflict, "");
    for (const auto& conflict : conflicts) error.causes.push_back({"FieldManagerConflict", "conflict with " + conflict.manager, conflict.path});
    if (conflicts.size() == 1) {
        error.message = fmt::format("Apply failed with 1 conflict: conflict with {}: {}", conflicts.front().manager, conflicts.front().path);
        return error;
    }
    error.message = fmt::format("Apply failed with {} conflicts: ", conflicts.size());
    std::string last;
    for (std::size_t i = 0; i < conflicts.size(); ++i) {
        if (i > 0) error.message += '\n';
        if (conflicts[i].manager != last) error.message += fmt::format("conflicts with {}:\n", conflicts[i].manager);
        last = conflicts[i].manager;
        error.message += "- " + conflicts[i].path;
    }
    return error;
}

// Removes what the applier applied last time, applies no longer, and nobody owns.
json::object prune(const Type& type, const json::object& merged, const FieldSet& lastSet, const Managers& managers) {
    if (lastSet.empty()) return merged;
    const auto last = withNamedFields(type, lastSet);
    const auto mergedSet = withNamedFields(type, toFieldSet(type, merged));
    FieldSet owned;
    for (const auto& [key, managed] : managers) owned = owned.unionWith(managed.set);
    auto pruned = removeItems(type, merged, last);
    auto missing = mergedSet.minus(withNamedFields(type, toFieldSet(type, pruned))).minus(withNamedFields(type, owned));
    pruned = removeItems(type, merged, missing);
    missing = mergedSet.minus(withNamedFields(type, toFieldSet(type, pruned))).intersection(last);
    return removeItems(type, merged, missing);
}

Error typedPatchError(const GroupVersionKind& kind, const json::object& applied, const std::vector<std::string>& errors) {
    const auto* metadata = applied.if_contains("metadata");
    const auto name = metadata && metadata->is_object() ? textCopyAt(metadata->get_object(), "name") : "";
    const auto nameSpace = metadata && metadata->is_object() ? textCopyAt(metadata->get_object(), "namespace") : "";
    std::string joined = errors.front();
    if (errors.size() > 1) {
        joined = "errors:";
        for (const auto& one : errors) joined += "\n  " + one;
    }
    auto error = makeError(Reason::Unknown, fmt::format("failed to create typed patch object ({}/{}; {}/{}, Kind={}): {}", nameSpace, name, kind.group, kind.version, kind.kind, joined));
    error.code = 500;
    return error;
}

}  // namespace

std::string defaultFieldManager(std::string_view userAgent) {
    auto name = userAgent.substr(0, userAgent.find('/'));
    if (name.size() > 128) name = name.substr(0, 128);
    return name.empty() ? "unknown" : std::string(name);
}

void updateManagedFields(const Type& type, const GroupVersionKind& kind, const json::object* oldObject, json::object& newObject, const FieldManager& manager, WallTime now) {
    const auto* sent = managedList(newObject);
    if (!oldObject && !sent) return setMaker(type, kind, newObject, manager, formatTime(now));
    Managers managers;
    const bool resets = manager.subresource.empty() && sent && (sent->empty() || (sent->size() == 1 && sent->front().is_object() && sent->front().get_object().empty()));
    if (!resets) {
        auto decoded = manager.subresource.empty() ? decode(sent) : std::optional<Managers>();
        if (!decoded || decoded->empty()) decoded = decode(oldObject ? managedList(*oldObject) : nullptr);
        if (decoded) managers = std::move(*decoded);
    }
    const bool create = !oldObject;
    if (!create && managers.empty()) {
        ensureObject(newObject, {"metadata"}).erase("managedFields");
        return;
    }
    const auto ground = create ? emptyObject(type, kind) : json::object();
    trackUpdate(type, kind, create ? ground : *oldObject, newObject, manager, formatTime(now), managers);
    encode(managers, newObject);
}

Result<json::object> applyServerSide(const Type& type, const GroupVersionKind& kind, const json::object* live, const json::value& applied, const ApplyOptions& options) {
    if (!applied.is_object()) return badRequest("error decoding YAML: the patch is no object");
    const auto& config = applied.get_object();
    if (textCopyAt(config, "apiVersion") != kind.apiVersion() || textCopyAt(config, "kind") != kind.kind) {
        const auto [group, version] = splitApiVersion(textCopyAt(config, "apiVersion"));
        return badRequest(fmt::format("invalid object type: {}/{}, Kind={}", group, version, textCopyAt(config, "kind")));
    }
    if (live) {
        const auto name = stringAt(config, {"metadata", "name"}), expected = stringAt(*live, {"metadata", "name"});
        if (!name.empty() && name != expected) return badRequest(fmt::format("the name of the object ({}) does not match the name on the URL ({})", name, expected));
    }
    if (managedList(config) && !managedList(config)->empty()) return badRequest("metadata.managedFields must be nil");
    if (const auto errors = checkTyped(type, config); !errors.empty()) return typedPatchError(kind, config, errors);

    const json::object base = live ? withoutManaged(*live) : emptyObject(type, kind);
    auto managers = decode(live ? managedList(*live) : nullptr).value_or(Managers());
    const auto time = formatTime(options.now);
    if (managers.empty() && live) trackUpdate(type, kind, emptyObject(type, kind), *live, {std::string(beforeFirstApply), ""}, time, managers);

    const ManagerKey me{"Apply", options.manager.name, "", options.manager.subresource};
    const auto mine = managers.find(me);
    const FieldSet lastSet = mine == managers.end() ? FieldSet() : mine->second.set;
    const auto lastTime = mine == managers.end() ? std::string() : mine->second.time;
    auto set = toFieldSet(type, config).minus(strippedFields());
    dropUnreachable(set, kind, options.manager.subresource);
    managers[me] = {set, kind.apiVersion(), lastTime};

    auto result = prune(type, mergeTyped(type, base, config), lastSet, managers);
    if (auto* metadata = result.if_contains("metadata"); metadata && metadata->is_object()) metadata->get_object().erase("managedFields");
    // Compared as applied, before Go's encoding drops empty lists: even those can be owned and contested.
    auto comparison = compareTyped(type, base, withoutManaged(result));
    // What this way of writing cannot change is contested with nobody.
    dropUnreachable(comparison.changed, kind, options.manager.subresource);
    dropUnreachable(comparison.removed, kind, options.manager.subresource);
    if (auto normalized = normalize(type, result); !normalized) return patchDecodingError("", normalized.error().message);
    const auto& changed = comparison.changed;
    const auto given = live && options.manager.name == kubectl ? fieldsOfLastApplied(type, kind, base) : FieldSet();
    std::vector<Conflict> conflicts;
    for (const auto& [key, managed] : managers) {
        if (key == me) continue;
        for (const auto& path : pathsOf(managed.set.intersection(changed).minus(given)))
            conflicts.push_back({shownManager(key), path, fmt::format("{} {} {}", key.manager, key.operation, key.apiVersion)});
    }
    std::ranges::stable_sort(conflicts, {}, &Conflict::order);
    if (!conflicts.empty() && !options.force) return conflictError(conflicts);
    for (auto it = managers.begin(); it != managers.end();) {
        if (it->first != me) it->second.set = it->second.set.minus(changed).minus(comparison.removed);
        it = it->second.set.empty() && it->first != me ? managers.erase(it) : std::next(it);
    }
    if (!comparison.same() || !live) managers[me].time = time;
    encode(managers, result);
    if (options.manager.name == kubectl) renewLastApplied(config, result);
    // The revision is that of the object that was read, unless the applier insists on one.
    auto& metadata = ensureObject(result, {"metadata"});
    const auto* liveMetadata = live ? live->if_contains("metadata") : nullptr;
    if (const auto* revision = liveMetadata && liveMetadata->is_object() ? liveMetadata->get_object().if_contains("resourceVersion") : nullptr)
        metadata.emplace("resourceVersion", *revision);
    return result;
}

bool sameButTimes(const json::object& a, const json::object& b) {
    // What is compared in place comes first: nearly every write differs there.
    if (!equalBut(a, b, {"metadata"})) return false;
    const auto *before = a.if_contains("metadata"), *after = b.if_contains("metadata");
    if (!before || !after || !before->is_object() || !after->is_object()) return a == b;
    if (!equalBut(before->get_object(), after->get_object(), {"managedFields", "resourceVersion"})) return false;
    const auto withoutTimes = [](const json::object& object) {
        auto managers = decode(managedList(object)).value_or(Managers());
        for (auto& [key, managed] : managers) managed.time.clear();
        json::object encoded;
        encode(managers, encoded);
        return encoded;
    };
    return withoutTimes(a) == withoutTimes(b);
}

}  // namespace kubarium::api
