// What the registry does to an object between decoding and validation (PrepareForCreate, PrepareForUpdate): a create has no
// status, an update through the main resource keeps the old status, one through /status keeps everything else, and
// metadata.generation counts changes of the desired state.
#pragma once

#include "core/api/object.h"
#include "core/api/schema.h"

namespace kubarium::api {

// Call after applyDefaults and before validateCreate. Sets generation, clears or sets the initial status. Leaves uid,
// creationTimestamp, resourceVersion and managedFields to the caller.
void prepareForCreate(const Resource&, json::object& object);
// Copies from `oldObject` what this way of writing may not change and what the server owns (uid, creationTimestamp,
// deletionTimestamp, deletionGracePeriodSeconds, generateName's absence ...), and raises the generation where needed.
void prepareForUpdate(const Resource&, std::string_view subresource, const json::object& oldObject, json::object& newObject);
// Whether update without resourceVersion is refused (422 "must be specified for an update").
bool requiresResourceVersion(const Resource&);
// Whether PUT to a name that does not exist creates the object (Leases, Events, ...).
bool allowsCreateOnUpdate(const Resource&);

}  // namespace kubarium::api
