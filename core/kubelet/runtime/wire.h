// The few structures that cross between engine and supervisor, as JSON. Absent fields are empty values.
#pragma once

#include "core/kubelet/runtime/container_runtime.h"

#include <boost/json/object.hpp>

namespace kubarium::kubelet::wire {

namespace json = boost::json;

// Stands in a container's configuration for the process namespace of another container, until the supervisor knows which that is.
inline constexpr const char* targetNamespace = "@processes-of-target";

json::object encode(const ResourceLimits& limits);
ResourceLimits decodeLimits(const json::object& from, std::string_view key);

json::object encode(const VolumePlan& plan);
VolumePlan decodePlan(const json::object& from);

std::string text(const json::object& from, std::string_view key);
std::int64_t number(const json::object& from, std::string_view key, std::int64_t otherwise = 0);
bool flag(const json::object& from, std::string_view key);
// The objects of an array; others are left out.
std::vector<const json::object*> objects(const json::object& from, std::string_view key);
std::vector<std::string> texts(const json::object& from, std::string_view key);

}  // namespace kubarium::kubelet::wire
