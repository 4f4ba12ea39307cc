// The discovery documents, from the table of resources. Each is built on the first call and kept.
#pragma once

#include "core/api/schema.h"

#include <optional>
#include <string>

namespace kubarium::api {

json::object legacyVersions(std::string_view serverAddress);                                   // GET /api: APIVersions
json::object groupList(const Schema&);                                                         // GET /apis: APIGroupList
std::optional<json::object> groupDocument(const Schema&, std::string_view group);              // GET /apis/G: APIGroup
std::optional<json::object> resourceList(const Schema&, std::string_view group, std::string_view version);  // APIResourceList
// GET /api (core) and /apis with Accept ...;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList. `version`: v2 or v2beta1.
json::object aggregatedDiscovery(const Schema&, bool coreGroup, std::string_view version);

}  // namespace kubarium::api
