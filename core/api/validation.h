// Whether an object may be stored. The rules, paths and sentences are Kubernetes' own. `object` is normalised and defaulted and
// has its metadata (namespace, name after generateName).
#pragma once

#include "core/api/object.h"
#include "core/api/resource.h"
#include "core/base/result.h"

#include <string_view>
#include <vector>

namespace kubarium::api {

// Empty: valid.
std::vector<Cause> validateCreate(const GroupVersionKind&, const json::object& object);
// What of it depends on the name alone.
bool isValidName(const GroupVersionKind&, std::string_view name);
// `subresource`: "" or "status", "ephemeralcontainers", "resize", ... Includes immutability and the checks of the new object.
std::vector<Cause> validateUpdate(const GroupVersionKind&, const json::object& oldObject, const json::object& newObject,
                                  std::string_view subresource = {});

// The 422: `Deployment.apps "x" is invalid: [spec.replicas: Invalid value: ..., ...]`, details with kind, group, name, causes.
Error invalidError(const GroupVersionKind&, std::string_view name, std::vector<Cause> causes);

// Sentences of warnings that the server adds to its answer for an object that is valid but unwise or deprecated.
std::vector<std::string> warningsFor(const GroupVersionKind&, const json::object& object, const json::object* oldObject = nullptr);

// Syntax checks; empty if valid, else the reasons.
std::vector<std::string> checkDnsLabel(std::string_view);       // RFC 1123
std::vector<std::string> checkDnsSubdomain(std::string_view);
std::vector<std::string> checkQualifiedName(std::string_view);  // label keys
std::vector<std::string> checkLabelValue(std::string_view);

}  // namespace kubarium::api
