// Kinds that are served in two versions but stored in one: Events (v1 and events.k8s.io/v1) and HorizontalPodAutoscalers
// (autoscaling/v1 and v2).
#pragma once

#include "core/api/object.h"
#include "core/api/schema.h"

#include <string>

namespace kubarium::apiserver {

// The store's name for a resource: "pods", "deployments.apps", and "events" for both Events.
std::string storageName(const api::GroupVersionResource& resource);
// An object of `resource` as it is stored, and a stored one as `resource` shows it.
void toStorage(const api::Resource& resource, api::json::object& object);
api::ObjectPtr fromStorage(const api::Resource& resource, const api::ObjectPtr& stored);

}  // namespace kubarium::apiserver
