// metav1.Status: how the API tells of failure and of success without an object.
#pragma once

#include "core/api/resource.h"
#include "core/base/result.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace kubarium::apiserver {

boost::json::object statusOf(const Error& error);

// Failures in the words of k8s.io/apimachinery/pkg/api/errors.
Error notFound(const api::GroupVersionResource& resource, std::string_view name);
Error alreadyExists(const api::GroupVersionResource& resource, std::string_view name);
Error conflict(const api::GroupVersionResource& resource, std::string_view name, std::string_view why);
Error forbidden(const api::GroupVersionResource& resource, std::string_view name, std::string_view why);
Error methodNotAllowed();
Error noSuchPath();  // "the server could not find the requested resource"
// "pods" or "deployments.apps"
std::string qualifiedName(const api::GroupVersionResource& resource);
inline constexpr std::string_view modifiedText = "the object has been modified; please apply your changes to the latest version and try again";

}  // namespace kubarium::apiserver
