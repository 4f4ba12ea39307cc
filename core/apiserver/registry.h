// The generic registry: what create, update and delete mean for every stored resource, whatever the kind. A write goes
// decode (by the caller) -> managed fields -> mutating admission -> prepare -> validate -> validating admission -> store.
// What differs between kinds is data (core/api) or admission.
// Engine thread only. Every call takes effect at once in the store; the caller waits for durability before it answers.
#pragma once

#include "core/api/managed_fields.h"
#include "core/api/schema.h"
#include "core/apiserver/request.h"
#include "core/base/random.h"
#include "core/store/store.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::apiserver {

class Admission;
class TemplateMemory;

struct WriteContext {
    const api::Resource* resource = nullptr;  // the main resource that is written
    std::string subresource;
    std::string nameSpace;
    std::string name;
    User user;
    api::FieldManager manager;
    bool dryRun = false;
    std::vector<std::string>* warnings = nullptr;

    void warn(std::string text) const {
        if (warnings) warnings->push_back(std::move(text));
    }
};

struct DeleteSettings {
    std::optional<std::int64_t> gracePeriodSeconds;
    std::string propagationPolicy;
    std::string uid;  // preconditions
    std::string resourceVersion;
};

struct Removed {
    ObjectPtr object;          // as it is now, or was last
    bool immediately = false;  // gone from the store
};

class Registry {
public:
    Registry(store::Store& store, const api::Schema& schema, Clock& clock, Random& random, Admission& admission);
    ~Registry();

    store::Store& store() { return store_; }
    const api::Schema& schema() const { return schema_; }
    Clock& clock() { return clock_; }
    Random& random() { return random_; }

    // The object in the version of `resource`; NotFound in the API's words.
    Result<ObjectPtr> get(const api::Resource& resource, const std::string& nameSpace, const std::string& name) const;

    // `object` is normalised, not defaulted.
    Result<ObjectPtr> create(const WriteContext& context, json::object object);
    // One that was given to create(), with which the next one of the resource may have much in common; nullptr if none is known.
    const json::object* lastGiven(const api::Resource& resource) const;

    struct Updated {
        ObjectPtr object;
        bool created = false;
    };
    // `change` makes the new object (normalised, not defaulted) from the present one; null stands for absent, which is
    // NotFound unless `mayCreate`. With `applied`, managedFields are already in the result.
    using Change = std::function<Result<json::object>(const json::object* existing)>;
    struct UpdateSettings {
        bool mayCreate = false;
        bool applied = false;
        bool patched = false;                    // the uid is a field like others, no precondition
    };
    Result<Updated> update(const WriteContext& context, const Change& change, const UpdateSettings& settings);
    Result<Updated> update(const WriteContext& context, const Change& change) { return update(context, change, UpdateSettings{}); }

    Result<Removed> remove(const WriteContext& context, const DeleteSettings& settings);

    // Writes a change of the server itself (binding, deletion): no admission, no validation, no managed fields. `change` as in
    // api::makeChanged().
    Result<ObjectPtr> replaceInternally(const api::Resource& resource, const ObjectPtr& existing, json::object tree);
    Result<ObjectPtr> changeInternally(const api::Resource& resource, const ObjectPtr& existing, const std::function<void(json::object&)>& change);
    // The same for objects that exist from the start; does nothing if it exists.
    void createInternally(json::object tree);

    static store::Key keyOf(const api::Resource& resource, const std::string& nameSpace, const std::string& name);

private:
    Result<ObjectPtr> createWhole(const WriteContext& context, json::object object);
    std::optional<Result<ObjectPtr>> createLike(const WriteContext& context, const api::Object& known, const std::string& tokenVolume, const json::object& given);
    std::string generateName(const json::object& object);
    Result<ObjectPtr> finishCreate(const WriteContext& context, json::object object);
    Result<Updated> replace(const WriteContext& context, const ObjectPtr& existing, json::object object, const UpdateSettings& settings);
    Result<ObjectPtr> finishRemoval(const WriteContext& context, const ObjectPtr& existing, const json::object* last);

    store::Store& store_;
    const api::Schema& schema_;
    Clock& clock_;
    Random& random_;
    Admission& admission_;
    std::unique_ptr<TemplateMemory> templates_;
};

}  // namespace kubarium::apiserver
