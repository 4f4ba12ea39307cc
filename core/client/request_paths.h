// URLs of the Kubernetes API, as every implementation of Client needs them.
#pragma once

#include "core/client/client.h"

#include <string>

namespace kubarium::client {

// "/apis/apps/v1/namespaces/default/deployments/web/scale"; empty parts are left out.
std::string resourcePath(const GroupVersionResource& resource, const std::string& nameSpace, const std::string& name = {}, const std::string& subresource = {});
std::string listQuery(const ListOptions& options);
std::string watchQuery(const WatchOptions& options);
std::string writeQuery(const WriteOptions& options, bool apply = false);
json::object deleteBody(const DeleteOptions& options);
std::string patchMediaType(PatchType type);
std::string escapeQuery(std::string_view text);

}  // namespace kubarium::client
