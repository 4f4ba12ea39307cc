// What controllers want to know about a Pod, and how they make and remove Pods (k8s.io/kubernetes/pkg/controller and api/v1/pod).
#pragma once

#include "core/api/types/pod.h"
#include "core/controller/controller.h"

#include <optional>
#include <string>
#include <vector>

namespace kubarium::controller {

const api::Condition* findCondition(const std::vector<api::Condition>& conditions, std::string_view type);

bool isPodReady(const api::Pod& pod);
// Neither finished nor being deleted.
bool isPodActive(const api::Object& pod);
bool isPodFinished(const api::Pod& pod);
// Ready for at least `minReady` of cluster time.
bool isPodAvailable(const api::Pod& pod, Duration minReady, const Clock& clock);
// Until a ready Pod counts as available; nullopt if it is not ready or available already.
std::optional<Duration> untilAvailable(const api::Pod& pod, Duration minReady, const Clock& clock);

// {apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true}
json::object controllerReference(const api::Object& owner, std::string_view apiVersion, std::string_view kind);

// A Pod made from a template: its labels, annotations, finalizers and spec; generateName "<owner>-".
json::object podFromTemplate(const json::value& podTemplate, std::string_view ownerName, json::object reference);

// Sets or replaces a condition in a list of conditions as JSON, as podutil.UpdatePodCondition does. False if nothing changed.
bool setPodCondition(json::object& status, json::object condition, WallTime now);

}  // namespace kubarium::controller
