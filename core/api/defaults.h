// The values that Kubernetes fills in where the author left them out (SetDefaults_*). Pure; idempotent. Most rules are data in
// resources/api/defaults.json, those that need thought are code.
#pragma once

#include "core/api/object.h"
#include "core/api/resource.h"

namespace kubarium::api {

// `object` is normalised. Applied on create, on update and after each patch, before validation.
void applyDefaults(const GroupVersionKind&, json::object& object);

}  // namespace kubarium::api
